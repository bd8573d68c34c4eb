//! What is logged: to standard error, and of fields only those on a list. What a field that is not on it says is left out, whoever
//! logs it: nothing about a person gets into a log because somebody, here or in a library, thought it useful.

use node::api::Refusal;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// Fields that are logged: names of organisations, nodes and documents, which tell nothing of a person; counts; and why something
/// failed, in words that by the rules of this project repeat nothing that was said of anybody.
const FIELDS: [&str; 13] = [
    "address",
    "code",
    "document",
    "error",
    "from",
    "node",
    "org",
    "organisation",
    "owners",
    "reason",
    "referrals",
    "refusal",
    "rows",
];

/// Logs to standard error what a filter lets through. Refused where the filter does not parse.
pub(crate) fn to_stderr(filter: &str) -> Result<(), Refusal> {
    let filter = EnvFilter::try_new(filter).map_err(|e| {
        Refusal::invalid(format!("{filter:?} does not say what to log: {e}"))
            .hint("for example: info, or node=debug,warn")
    })?;
    // Fails only where a subscriber is set already, and then that one serves.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .fmt_fields(debug_fn(write_field).delimited(" "))
        .try_init();
    std::panic::set_hook(Box::new(told_of_panic));
    Ok(())
}

/// Says where the program fell, and nothing of what it held.
fn told_of_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    tracing::error!("a fault in the program{place}; please report it with this line");
}

fn write_field(to: &mut Writer<'_>, field: &tracing::field::Field, value: &dyn std::fmt::Debug) -> std::fmt::Result {
    match field.name() {
        "message" => write!(to, "{value:?}"),
        name if FIELDS.contains(&name) => write!(to, "{name}={value:?}"),
        name => write!(to, "{name}=[not logged]"),
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
