//! `cargo xtask bench [NAME…] [--json] [--listings N]`: what two nodes cost, beside the floor measured in the same run.
//!
//! Real processes of the release build on loopback, over a proxy that counts bytes and can cut. The floor is the same
//! documents' change bytes over tonic and TLS, each opened by Automerge and written to SQLite (WAL, synchronous FULL, in
//! batches). Figures are medians; regressions are read as ratios to the floor, never asserted.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

mod data;
mod floor;
mod journey;
mod process;
mod proxy;
mod report;

use report::Report;
use std::error::Error;

/// What can go wrong in a benchmark ends it.
type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How large the first of the two worlds is; the second holds ten times as many.
const LISTINGS: usize = 408;

fn main() -> Fallible<()> {
    let mut is_json = false;
    let mut listings = LISTINGS;
    let mut names = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => is_json = true,
            "--listings" => listings = words.next().ok_or("--listings takes a number")?.parse()?,
            name => names.push(name.to_owned()),
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::new(names);
    for size in [listings, 10 * listings] {
        runtime.block_on(journey::run(size, &mut report))?;
    }
    print!("{}", if is_json { report.json() } else { report.text() });
    Ok(())
}
