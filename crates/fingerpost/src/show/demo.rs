//! The borough on one machine: where it is, what to try, what happens.

use super::table;
use crate::demo::{Borough, Folder, Happened, Member, program};
use crate::report::Failure;
use jiff::ZonedDateTime;
use std::path::Path;

/// Where everything is, and what can be done with it.
pub(crate) fn ready(borough: &Borough, folder: &Folder, every_seconds: u64) -> Result<String, Failure> {
    let members = borough.members();
    let listings: usize = members.iter().map(|member| member.listings).sum();
    let public: usize = members.iter().map(|member| member.public).sum();
    let at_the_end = if folder.stays() { "keeps all of it" } else { "removes all of it" };
    let mut out = format!(
        "A borough runs on this machine: {} organisations with a node each, {listings} listings, all of it made up.\n\
         Ctrl-C stops the nodes and {at_the_end}.\n\nOpen in a browser:\n\n",
        members.len()
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
    let [council, workers, age, willow] = borough.members() else { return Vec::new() };
    let run = |what: &str, member: &Member| format!("{fingerpost} {what} --data {}", quoted(&member.data));
    let id = |place: usize, name: &str| borough.listing(place, name).map(|id| id.to_string()).unwrap_or_default();
    let (supper, lunch) = (id(3, "Community supper"), id(2, "Tuesday lunch club"));
    vec![
        (
            "What a link worker's node holds, and how it stands with the hub:",
            vec![run("status", workers), run(&format!("listing list --owner \"{}\"", willow.name), workers)],
        ),
        (
            "One listing of a charity as the link workers have it, with who changed what and when:",
            vec![run(&format!("listing show {supper}"), workers)],
        ),
        (
            "Change a listing at the charity that owns it, and see it at the link workers' a moment later:",
            vec![
                run(&format!("listing edit {lunch} --set alert=\"Full today\""), age),
                run(&format!("listing show {lunch}"), workers),
            ],
        ),
        (
            "Nobody changes what is another's; this is refused:",
            vec![run(&format!("listing edit {lunch} --set name=\"Ours now\""), workers)],
        ),
        (
            "Whom the hub vouches for; what is gone when it is not followed, and back when it is:",
            vec![
                run("roster list", council),
                run(&format!("unfollow \"{}\"", council.name), workers),
                run("status", workers),
                run(&format!("follow \"{}\"", council.name), workers),
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
