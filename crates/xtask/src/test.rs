//! `cargo xtask test`: everything CI runs, each step with its time.

use crate::step::{self, Outcome};
use crate::{contract, install, npm};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Runs every step, also after one that failed, and closes with a table.
pub(crate) fn run() -> ExitCode {
    let outcomes = [
        install::missing(),
        npm::fhir(),
        step::run("format", &mut cargo("fmt --all --check")),
        contract::lint(),
        contract::breaking(),
        step::run("lint", &mut cargo("clippy --workspace --all-targets --locked -- -D warnings")),
        step::run("docs", cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings")),
        supply(),
        // All targets at once, so that the binaries have the features of the tests, and nothing is built twice.
        step::run("build", &mut cargo("build --workspace --all-targets --locked")),
        tests(),
    ];
    report(&outcomes)
}

fn supply() -> Outcome {
    if !step::is_present("cargo-deny", &["--version"]) {
        return step::passed_over("supply", "passed over: cargo-deny is not here");
    }
    step::run("supply", &mut cargo("deny --locked --offline check licenses bans sources"))
}

fn tests() -> Outcome {
    let mut command = if step::is_present("cargo-nextest", &["nextest", "--version"]) {
        cargo("nextest run --workspace --locked --profile ci")
    } else {
        cargo("test --workspace --locked --no-fail-fast")
    };
    command.env("FINGERPOST_BINARY", built("fingerpost"));
    // Everywhere the same cases. Whoever looks for others runs `cargo test`, which draws them anew each time.
    command.env("PROPTEST_RNG_SEED", "20260704");
    let mut server = server();
    if let Some((_, url)) = &server {
        command.env("FINGERPOST_TEST_POSTGRES", url);
    }
    let outcome = step::run("tests", &mut command);
    if let Some((keeper, _)) = &mut server {
        drop(keeper.stdin.take());
        // It ends with its input; how it ends changes nothing of what the tests found.
        let _ = keeper.wait();
    }
    outcome
}

/// One PostgreSQL for all test processes, which would otherwise each start their own. It lives as long as its input.
fn server() -> Option<(Child, String)> {
    let mut keeper = Command::new(built("postgres"));
    keeper.current_dir(step::workspace()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = keeper.spawn().ok()?;
    let mut url = String::new();
    BufReader::new(keeper.stdout.take()?).read_line(&mut url).ok()?;
    let url = url.trim().to_owned();
    (!url.is_empty()).then_some((keeper, url))
}

/// A binary that the build step made.
fn built(name: &str) -> PathBuf {
    step::target().join("debug").join(name)
}

fn cargo(words: &str) -> Command {
    let mut command = Command::new(step::cargo());
    command.args(words.split_whitespace());
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

fn report(outcomes: &[Outcome]) -> ExitCode {
    println!("──");
    for outcome in outcomes {
        let word = if outcome.is_good { "good" } else { "FAILED" };
        println!("{word:>6} {:>7} {}", shown(outcome.took), outcome.name);
        if let Some(closing) = &outcome.closing {
            println!("  {closing}");
        }
    }
    let total: Duration = outcomes.iter().map(|o| o.took).sum();
    let failed: Vec<_> = outcomes.iter().filter(|o| !o.is_good).map(|o| o.name).collect();
    if failed.is_empty() {
        println!("all good in {}", shown(total));
        ExitCode::SUCCESS
    } else {
        println!("failed after {}: {}", shown(total), failed.join(", "));
        ExitCode::FAILURE
    }
}

fn shown(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}
