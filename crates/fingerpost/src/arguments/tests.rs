use super::*;
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
