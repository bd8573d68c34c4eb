//! Development commands: `cargo xtask help`. On std alone, so that it builds in a second on a fresh machine.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]

mod contract;
mod install;
mod npm;
mod step;
mod test;

use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask test                              installs what is missing and runs everything CI runs
cargo xtask contract [--renew]                checks proto/ against what was agreed; renews that, on purpose
cargo xtask simulate [--seeds N] [--from S]   runs the engine in N seeded worlds, from seed S
               [--plant BUG]                  the same with a bug in every node, until one shows it
cargo xtask bench [NAME…] [--json]            measures a release build, beside a floor: all runs, or these
                  [--listings N]              (import first-sync reconnect apart relay edits reconnect-100000)";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match (command.as_deref(), rest.as_slice()) {
        (Some("test"), []) => test::run(),
        (Some("contract"), []) => contract::command(false),
        (Some("contract"), [flag]) if flag == "--renew" => contract::command(true),
        (Some("simulate"), _) => cargo("run --quiet -p domain --features sim --example simulate --", &rest),
        (Some("bench"), _) => match cargo("build --release --workspace --bins", &[]) {
            // What was built with all packages, as it is: by itself it would be built again with other features.
            status if status == ExitCode::SUCCESS => end_as(built_for_release("bench").args(&rest)),
            failed => failed,
        },
        (None | Some("help" | "--help" | "-h"), _) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("error: there is no such command\nhint: one of these\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// Runs cargo with these words and then the caller's, and ends as it ended.
fn cargo(words: &str, rest: &[String]) -> ExitCode {
    end_as(Command::new(step::cargo()).args(words.split_whitespace()).args(rest))
}

fn built_for_release(name: &str) -> Command {
    Command::new(step::target().join("release").join(name))
}

/// Runs a command in the workspace, and ends as it ended.
fn end_as(command: &mut Command) -> ExitCode {
    match command.current_dir(step::workspace()).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("error: cannot start {:?}: {error}", command.get_program());
            ExitCode::FAILURE
        }
    }
}
