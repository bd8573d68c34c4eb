//! The binary: the command line, and the place where node and pages are put together.
//!
//! It decides nothing about listings or partners: it asks a node and shows what the node answers.

mod arguments;
mod command;
mod demo;
mod edit;
mod log;
mod node_of;
mod output;
mod report;
mod show;

use arguments::Arguments;
use clap::Parser;
use clap::error::ErrorKind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(e) => return explain(&e),
    };
    let aim = arguments.command.aim();
    match run(arguments) {
        Ok(()) => ExitCode::from(report::DONE),
        Err(failure) => {
            let (text, code) = failure.report(&aim);
            output::tell(&text);
            ExitCode::from(code)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), report::Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| node::Error::fault("cannot start the threads of this program", e))?;
    runtime.block_on(command::run(arguments))
}

/// Help and version are asked for; the rest is wrong usage.
fn explain(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::from(report::DONE)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(report::USAGE)
        }
        _ => {
            output::tell(&report::usage(error));
            ExitCode::from(report::USAGE)
        }
    }
}
