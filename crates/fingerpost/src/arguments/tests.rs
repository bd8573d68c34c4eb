use super::*;
use crate::report::usage;
use crate::show;
use ::node::api::{Action, Timestamp};
use clap::CommandFactory;

/// The long help of a command and of all below it.
fn help(command: &mut clap::Command, path: &str, out: &mut String) {
    if !path.is_empty() {
        out.push_str(&format!("$ {path} --help\n{}\n\n", command.render_long_help().to_string().trim_end()));
    }
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        help(below, &path, out);
    }
}

/// A change of the command line is a change of this golden file: scripts rely on it.
#[test]
fn the_help_of_every_command() {
    let mut command = Arguments::command().term_width(100).mut_args(|arg| arg.hide_env(true));
    command.build();
    let mut out = String::new();
    help(&mut command, "fingerpost", &mut out);
    insta::assert_snapshot!(out);
}

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn how_long_an_invitation_stands_is_a_number_and_a_unit() {
    fn check(text: &str, hours: Option<f64>) {
        let arguments = Arguments::try_parse_from(["fingerpost", "invite", "--expires", text]);
        let ms = arguments.ok().map(|a| match a.command {
            Command::Invite(invite) => invite.expires,
            _ => unreachable!(),
        });
        assert_eq!(ms.map(|ms| ms as f64 / 3_600_000.0), hours, "{text}");
    }
    check("72h", Some(72.0));
    check("30m", Some(0.5));
    check("3d", Some(72.0));
    check("3", None);
    check("0h", None);
    check("-3h", None);
    check("h", None);
    check("99999999999999999h", None);
}

/// Arguments are seen by whoever lists processes, and kept by shells: of a person they say nothing. An argument of these commands is
/// an id, a file, a day or one of a closed list; a new one has to be put among them here.
#[test]
fn no_argument_says_anything_of_a_person() {
    const IDS: [&str; 5] = ["id", "ids", "pathway", "previous", "next"];
    const FILES: [&str; 5] = ["answers", "agreement", "words_from", "fhir", "to"];
    const DAYS: [&str; 3] = ["at", "since", "until"];
    const CLOSED: [&str; 4] = ["reason", "outcome", "contact", "basis"];
    fn walk(command: &clap::Command, seen: &mut Vec<String>) {
        for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
            let name = argument.get_id().as_str();
            let place = format!("{} {name}", command.get_name());
            let is_closed = !argument.get_possible_values().is_empty();
            let is_day = argument.get_value_parser().type_id() == std::any::TypeId::of::<Timestamp>();
            let is_file = argument.get_value_parser().type_id() == std::any::TypeId::of::<PathBuf>();
            let is_known = match (is_closed, is_day, is_file) {
                (true, ..) => CLOSED.contains(&name),
                (_, true, _) => DAYS.contains(&name),
                (_, _, true) => FILES.contains(&name),
                _ => IDS.contains(&name),
            };
            assert!(is_known, "{place} could say something of a person");
            seen.push(name.to_owned());
        }
        command.get_subcommands().for_each(|below| walk(below, seen));
    }
    let command = Arguments::command();
    let mut seen = Vec::new();
    for noun in ["referral", "privacy"] {
        walk(command.find_subcommand(noun).unwrap(), &mut seen);
    }
    for name in [&IDS[..], &FILES, &DAYS, &CLOSED].concat() {
        assert!(seen.iter().any(|one| one == name), "{name} is no argument any more: take it off the list");
    }
}

/// What `referral show` says can be done is a command as it stands there, once what is in capitals is put in.
#[test]
fn what_can_be_done_is_a_command() {
    for action in Action::ALL {
        let line = show::referral::command(*action, "5f0c")
            .replace("REASON", "no-space")
            .replace("OUTCOME", "completed")
            .replace("CONTACT", "made")
            .replace("REFERRAL", "7b21")
            .replace("BASIS", "legal-claim")
            .replace("DATE", "2027-03-31");
        let parsed = Arguments::try_parse_from(format!("fingerpost referral {line}").split(' '));
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
}

#[test]
fn a_day_and_a_moment_are_read_by_the_clock_here() {
    assert_eq!(end_of("2027-03-31"), beginning_of("2027-04-01"));
    let noon = read_moment("2026-11-03 12:00").unwrap();
    let midnight = beginning_of("2026-11-03").unwrap();
    assert_eq!(noon.as_ms() - midnight.as_ms(), 12 * 3_600_000);
    assert_eq!(read_moment("2026-11-03T14:00:00Z").unwrap().as_ms(), 1_793_714_400_000);
    assert_eq!(read_moment("2026-11-03T14:00"), read_moment("2026-11-03 14:00:00"));
}

#[test]
fn a_day_that_cannot_be_meant_is_refused_with_cause_and_hint() {
    fn check(line: &str, cause: &str, hint: &str) {
        let words = line.split('|');
        let error = Arguments::try_parse_from(words.clone()).map(|_| ()).unwrap_err();
        let text = usage(&error);
        let (causes, hints) = text.split_once("\nhint: ").unwrap();
        assert!(causes.contains(cause) && !causes.contains(hint) && hints.contains(hint), "{line}:\n{text}");
    }
    let year = "look at the year: it is from 2000 to 2199";
    check("fingerpost|referral|accept|5f|--at|1026-11-03 14:00", "the year 1026 cannot be meant", year);
    check("fingerpost|referral|accept|5f|--at|1026-11-03T14:00:00Z", "the year 1026 cannot be meant", year);
    check("fingerpost|partner|agreement|k3|--reference|DSA 12|--expires|1027-03-31", "the year 1027", year);
    check("fingerpost|referral|keep|5f|--basis|legal-claim|--until|2927-03-31", "the year 2927", year);
    check("fingerpost|privacy|breach|--since|1026-11-01|--to|x", "the year 1026", year);
    check("fingerpost|referral|accept|5f|--at|2026-11-03", "the time of day is missing", "\"2026-11-03 14:00\"");
    check("fingerpost|referral|accept|5f|--at|yesterday", "it is no moment", "\"2026-11-03 14:00\"");
    check("fingerpost|referral|accept|5f|--at|2026-11-31 14:00", "it is no moment", "\"2026-11-03 14:00\"");
    check("fingerpost|privacy|hold|5f|--basis|other|--until|31/03/2027", "it is no day", "2027-03-31");
    check("fingerpost|privacy|hold|5f|--basis|other|--until|2027-03-31 14:00", "it is no day", "year first");
}

#[test]
fn an_agreement_with_a_partner_is_noted_whole_or_not_at_all() {
    fn check(line: &str, is_sound: bool) {
        assert_eq!(Arguments::try_parse_from(line.split(' ')).is_ok(), is_sound, "{line}");
    }
    check("fingerpost partner agreement", true);
    check("fingerpost partner agreement k3", true);
    check("fingerpost partner agreement k3 --end", true);
    check("fingerpost partner agreement k3 --reference DSA --expires 2027-03-31", true);
    check("fingerpost partner agreement --end", false);
    check("fingerpost partner agreement k3 --reference DSA", false);
    check("fingerpost partner agreement k3 --expires 2027-03-31", false);
    check("fingerpost partner agreement --reference DSA --expires 2027-03-31", false);
    check("fingerpost partner agreement k3 --reference DSA --expires 2027-03-31 --end", false);
}
