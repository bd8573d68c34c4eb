//! The borough on one machine: where it is, what to try, what happens.

use super::{ID_SHOWN, short, table};
use crate::demo::{Borough, Folder, Happened, Member, program};
use crate::report::Failure;
use jiff::ZonedDateTime;
use node::api::RecordId;
use std::path::Path;

/// How much of a listing's id is shown: many are made at nearly one time, with which an id begins.
const LISTING_SHOWN: usize = 18;

/// Where everything is, and what can be done with it.
pub(crate) fn ready(borough: &Borough, folder: &Folder, every_seconds: u64) -> Result<String, Failure> {
    let members = borough.members();
    let listings: usize = members.iter().map(|member| member.listings).sum();
    let public: usize = members.iter().map(|member| member.public).sum();
    let at_the_end = if folder.stays() { "keeps all of it" } else { "removes all of it" };
    let mut out = format!(
        "A borough runs on this machine: {} organisations with a node each, {listings} listings, {} referrals,\n\
         all of it made up. Ctrl-C stops the nodes and {at_the_end}.\n\nOpen in a browser:\n\n",
        members.len(),
        borough.count_referrals(),
    );
    let row = |member: &Member| {
        vec![
            format!("  {}", member.name),
            member.role.clone(),
            format!("http://{}/", member.people),
            format!("{} listings", member.listings),
        ]
    };
    out.push_str(&table(&members.iter().map(row).collect::<Vec<_>>()));
    let folders: Vec<_> = members.iter().filter_map(|member| member.data.file_name()?.to_str()).collect();
    out.push_str(&format!(
        "\nThe council is the hub: the others joined it, and it passes on what each makes public, so that every node\n\
         holds the same {public} public listings, each signed by its owner.\n\n\
         Each node has a data folder in {}: {}.\n\
         What it logs lies beside it.\n\nTry, in another terminal:\n",
        folder.path().display(),
        folders.join(", "),
    ));
    for (why, commands) in tries(borough, &command()?) {
        out.push_str(&format!("\n  {why}\n"));
        out.extend(commands.iter().map(|command| format!("    {command}\n")));
    }
    let every = if every_seconds == 1 { "second".into() } else { format!("{every_seconds} seconds") };
    out.push_str(&format!("\nEvery {every} something happens, and every node hears of it:\n\n"));
    Ok(out)
}

/// One thing that happened.
pub(crate) fn happened(happened: &Happened, at: &ZonedDateTime) -> String {
    format!("  {}  {}: {}\n", at.strftime("%H:%M:%S"), happened.organisation, happened.what)
}

/// What is left.
pub(crate) fn stopped(folder: &Folder) -> String {
    if folder.stays() {
        format!("\nStopped. The borough is kept in {}.\n", folder.path().display())
    } else {
        "\nStopped. Nothing of it is left.\n".into()
    }
}

/// What to try: why, and the commands.
fn tries(borough: &Borough, fingerpost: &str) -> Vec<(&'static str, Vec<String>)> {
    let [council, workers, age, _] = borough.members() else { return Vec::new() };
    let run = |what: &str, member: &Member| format!("{fingerpost} {what} --data {}", quoted(&member.data));
    let named = |id: Option<RecordId>| id.map(|id| id.to_string()).unwrap_or_default();
    let listing = |place: usize, name: &str| short(&named(borough.listing(place, name)), LISTING_SHOWN).to_owned();
    let referral = |name: &str| short(&named(borough.referral(name)), ID_SHOWN).to_owned();
    let (supper, lunch) = (listing(3, "Community supper"), listing(2, "Tuesday lunch club"));
    let sent = referral("lunch-2");
    let [pathway, form] =
        [borough.pathway("lunch"), borough.form("lunch")].map(|id| short(&named(id), ID_SHOWN).to_owned());
    vec![
        (
            "What waits for a link worker, of people who were referred; what is late, and whom to ring:",
            vec![run("referral list", workers), run("referral chase", workers)],
        ),
        (
            "One that waits at the charity: read it, say yes, and see at the link workers' what became of it:",
            vec![
                run(&format!("referral open {sent}"), age),
                run(&format!("referral accept {sent}"), age),
                run(&format!("referral show {sent}"), workers),
            ],
        ),
        (
            "How people are referred there, and what its form asks and why; then `referral new` refers somebody:",
            vec![run(&format!("pathway show {pathway}"), workers), run(&format!("form show {form}"), workers)],
        ),
        (
            "What a link worker would have in a charity's listing; it says how to accept or refuse it:",
            vec![run("proposal list", age)],
        ),
        (
            "A listing of a charity as the link workers have it, with who changed what and when:",
            vec![run("status", workers), run(&format!("listing show {supper}"), workers)],
        ),
        (
            "Change one at the charity that owns it, and see it there a moment later; the last is refused:",
            vec![
                run(&format!("listing edit {lunch} --set alert=\"Full today\""), age),
                run(&format!("listing show {lunch}"), workers),
                run(&format!("listing edit {lunch} --set name=\"Ours now\""), workers),
            ],
        ),
        (
            "What one charity has of the other comes by the hub: gone when that is not followed, and back when it is:",
            vec![
                run(&format!("unfollow \"{}\"", council.name), age),
                run("status", age),
                run(&format!("follow \"{}\"", council.name), age),
            ],
        ),
        ("Check every signature that the hub holds:", vec![run("verify", council)]),
    ]
}

/// How this program is called from where the person is: by its name where that finds it, else by its file.
fn command() -> Result<String, Failure> {
    let program = program()?;
    let is_program = |path: &Path| path.canonicalize().ok() == program.canonicalize().ok() && path.exists();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&paths).any(|folder| is_program(&folder.join("fingerpost"))) {
        return Ok("fingerpost".into());
    }
    let here = std::env::current_dir().ok();
    let within = here.and_then(|here| program.strip_prefix(here).ok().map(Path::to_path_buf));
    Ok(quoted(&within.unwrap_or(program)))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
