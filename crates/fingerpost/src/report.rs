//! How what went wrong is told: once, on stderr, with cause and hint, and as an exit code.

use node::api::{Refusal, RefusalKind};
use std::fmt::Write as _;
use std::io;

/// Done.
pub(crate) const DONE: u8 = 0;
/// Refused or failed.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage.
pub(crate) const USAGE: u8 = 2;

/// Why a command did not do what it is for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An expected "no".
    Refused(Refusal),
    /// The command line makes no sense; the hint says how it would.
    Usage { cause: String, hint: String },
    /// What was to be told has been told: only the exit code is left.
    Told(u8),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<node::Error> for Failure {
    fn from(error: node::Error) -> Self {
        Self::Refused(error.into_refusal())
    }
}

/// Of standard output only: whoever read it has gone, as `head` does, and that is no fault.
impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::BrokenPipe {
            Self::Told(DONE)
        } else {
            Self::Refused(Refusal::new(RefusalKind::WrongState, format!("cannot write the output: {e}")))
        }
    }
}

impl Failure {
    /// A file or folder that cannot be used as the person asked.
    pub(crate) fn file(doing: &str, path: &std::path::Path, e: &io::Error) -> Self {
        let hint = match e.kind() {
            io::ErrorKind::NotFound => "look at how it is written, and from which folder",
            io::ErrorKind::PermissionDenied => "it has to be open to the user that runs the command",
            _ => "try another file",
        };
        Self::Refused(Refusal::new(RefusalKind::NotFound, format!("cannot {doing} {}: {e}", path.display())).hint(hint))
    }

    /// The lines for stderr, and the exit code. `aim` is what the command is for.
    pub(crate) fn report(&self, aim: &str) -> (String, u8) {
        match self {
            Self::Refused(refusal) => {
                let hint = refusal.hint.as_deref().unwrap_or_else(|| usual_hint(refusal.kind));
                (lines(&format!("cannot {aim}"), &refusal.message, hint), FAILED)
            }
            Self::Usage { cause, hint } => (lines(&format!("cannot {aim}"), cause, hint), USAGE),
            Self::Told(code) => (String::new(), *code),
        }
    }
}

/// What clap found wrong, in the same three lines.
pub(crate) fn usage(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (mut cause, mut hints, mut usage) = (Vec::new(), Vec::new(), None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if let Some(line) = line.strip_prefix("Usage: ") {
            usage = Some(line.to_owned());
        } else if !line.starts_with("For more information") {
            cause.push(line.to_owned());
        }
    }
    hints.push("add --help to read more".to_owned());
    let mut told = lines("cannot understand the command line", &cause.join(" "), &hints.join("; "));
    if let Some(usage) = usage {
        told.push_str(&format!("Usage: {usage}\n"));
    }
    told
}

fn lines(error: &str, cause: &str, hint: &str) -> String {
    let mut out = String::new();
    for (label, text) in [("error", error), ("cause", cause), ("hint", hint)] {
        // What others wrote may stand in it.
        let _ = writeln!(out, "{label}: {}", crate::show::plain(text).replace('\n', "\n       "));
    }
    out
}

fn usual_hint(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Invalid => "correct it and try again; add --help to read what is expected",
        RefusalKind::TooLarge => "make it smaller and try again",
        RefusalKind::NotFound => "`fingerpost listing list` and `fingerpost partner list` show what there is",
        RefusalKind::NotAllowed => "only its owner may; `fingerpost status` says who this node acts for",
        RefusalKind::AlreadyDone => "there is nothing more to do",
        RefusalKind::Expired => "ask for a new one",
        RefusalKind::WrongState => "`fingerpost doctor` looks for what is wrong",
        RefusalKind::NotAuthentic => "ask whoever sent it to send it again; nothing was changed",
        RefusalKind::Malformed => "it cannot be read; nothing was changed",
        RefusalKind::Equivocation => "tell its author: their node may run twice",
        RefusalKind::Busy => "try again in a minute",
    }
}

#[cfg(test)]
mod tests;
