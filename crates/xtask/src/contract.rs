//! The contract in `proto/`: its form, and that nothing in it breaks who speaks an earlier state of it. By buf, whose program
//! comes inside its npm package and is kept under `target/`.

use crate::npm;
use crate::step::{self, Outcome};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// The package, to the version.
const BUF: &str = "@bufbuild/buf@1.75.0";
/// What was agreed last, as a descriptor set without comments. `cargo xtask contract --renew` writes it anew.
const AGREED: &str = "proto/.agreed.binpb";

/// The form of every file: the rules that `proto/buf.yaml` names.
pub(crate) fn lint() -> Outcome {
    run("contract: form", &["lint", "proto"])
}

/// What was agreed still holds.
pub(crate) fn breaking() -> Outcome {
    run("contract: breaking", &["breaking", "proto", "--against", AGREED])
}

/// `cargo xtask contract`: both; with `--renew` what is there now is what was agreed from then on.
pub(crate) fn command(renew: bool) -> ExitCode {
    let outcomes = if renew {
        vec![lint(), run("contract: renew", &["build", "proto", "--exclude-source-info", "-o", AGREED])]
    } else {
        vec![lint(), breaking()]
    };
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_good).collect();
    for outcome in &failed {
        eprintln!("error: {} failed {}", outcome.name, outcome.closing.as_deref().unwrap_or_default());
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(name: &'static str, words: &[&str]) -> Outcome {
    match program() {
        Ok(buf) => step::run(name, Command::new(buf).args(words)),
        Err(why) => {
            eprintln!("error: {why}\nhint: npm brings buf; install Debian's package npm, or another Node.js");
            Outcome { name, is_good: false, took: Duration::ZERO, closing: Some(why) }
        }
    }
}

fn program() -> Result<PathBuf, String> {
    Ok(npm::package("buf", BUF)?.join(".bin/buf"))
}
