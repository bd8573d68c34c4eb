//! `cargo xtask bench [NAME…] [--json] [--listings N]`: what nodes cost, beside the floor measured in the same run.
//!
//! Real processes of the release build on loopback. The floor is what cannot be left out: the same documents' change bytes
//! over tonic and TLS, each opened by Automerge and written to SQLite (WAL, synchronous FULL), with no signatures, no order
//! and no feeds. Figures are medians; regressions are read as ratios to the floor, never asserted. What is started here
//! ends with this program, whichever way that ends.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]

mod ask;
mod borough;
mod data;
mod edits;
mod floor;
mod follow;
mod machine;
mod pair;
mod process;
mod proxy;
mod reconnect;
mod relay;
mod report;

use report::Report;
use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// What can go wrong in a benchmark ends it.
type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How large the first of the two pairs is; the second holds ten times as many.
const LISTINGS: usize = 1_000;

const IMPORT: &str = "import";
const FIRST_SYNC: &str = "first-sync";
const RECONNECT: &str = "reconnect";
const APART: &str = "apart";
const RELAY: &str = "relay";
const EDITS: &str = "edits";
/// Minutes of it are making the borough, so it runs by name only.
const BOROUGH: &str = "reconnect-100000";

const HELP: &str = "\
names of runs, all but the last when none is given:
  import            listings from a file, and the same file again
  first-sync        all listings to a new partner, at 1,000 and 10,000
  reconnect         the same pairs link again, nothing changed
  apart             the same pairs link again after 100 edits
  relay             a live edit until it is shown: linked with its owner, and through one and two relays
  edits             single-field edits a second over 5,000 listings
  reconnect-100000  a hub of ten owners and who follows it: first sync, linking again, memory (takes minutes)
--json              as JSON
--listings N        other sizes of the pairs: N and ten times N";

/// Samples of one figure, where they take no time to speak of.
const ROUNDS: usize = 5;

/// Whether a figure wants one more sample: five, fewer once they took this long together, and three at least.
fn wants_more(samples: usize, since: Instant, long: Duration) -> bool {
    samples < 3 || (samples < ROUNDS && since.elapsed() < long)
}

/// The words of the command line.
struct Asked {
    is_json: bool,
    listings: usize,
    names: BTreeSet<String>,
}

impl Asked {
    fn parse(words: impl IntoIterator<Item = String>) -> Fallible<Self> {
        let mut asked = Self { is_json: false, listings: LISTINGS, names: BTreeSet::new() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--json" => asked.is_json = true,
                "--listings" => {
                    let number = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                    asked.listings = number.ok_or_else(|| format!("--listings takes a number\n{HELP}"))?;
                }
                IMPORT | FIRST_SYNC | RECONNECT | APART | RELAY | EDITS | BOROUGH => drop(asked.names.insert(word)),
                _ => return Err(format!("there is no run {word:?}\n{HELP}").into()),
            }
        }
        Ok(asked)
    }

    fn wants(&self, run: &str) -> bool {
        if self.names.is_empty() { run != BOROUGH } else { self.names.contains(run) }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Fallible<()> {
    let asked = Asked::parse(std::env::args().skip(1))?;
    let mut report = Report::default();
    report.note(machine::words()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        let mut told_to_end = signal(SignalKind::terminate())?;
        tokio::select! {
            measured = measure(&asked, &mut report) => measured,
            _ = tokio::signal::ctrl_c() => Err("stopped before its end".into()),
            _ = told_to_end.recv() => Err("stopped before its end".into()),
        }
    });
    report.note(format!("when it was through, {}", machine::load()));
    // What was measured before a run failed is worth having.
    print!("{}", if asked.is_json { report.json() } else { report.text() });
    measured
}

async fn measure(asked: &Asked, report: &mut Report) -> Fallible<()> {
    if [IMPORT, FIRST_SYNC, RECONNECT, APART].into_iter().any(|run| asked.wants(run)) {
        for listings in [asked.listings, 10 * asked.listings] {
            pair::run(listings, asked, report).await?;
        }
    }
    if asked.wants(RELAY) {
        within(RELAY, relay::PATIENCE, relay::run(report)).await?;
    }
    if asked.wants(EDITS) {
        within(EDITS, edits::PATIENCE, edits::run(report)).await?;
    }
    if asked.wants(BOROUGH) {
        within(BOROUGH, borough::PATIENCE, borough::run(10 * asked.listings, report)).await?;
    }
    Ok(())
}

/// Does a part of the work, says how long it took, and gives up on one that does not end.
async fn within<T>(what: &str, patience: Duration, work: impl Future<Output = Fallible<T>>) -> Fallible<T> {
    let started = Instant::now();
    let done = tokio::time::timeout(patience, work).await;
    let done = done.map_err(|_| format!("{what} took over {patience:?}"))?.map_err(|e| format!("{what}: {e}"))?;
    eprintln!("{what}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(done)
}
