//! `cargo xtask simulate [--seeds N] [--from S] [--plant BUG]`: lives through seeded worlds until one fails.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]
#![allow(clippy::disallowed_methods, reason = "its arguments and its own time")]

use domain::sim::{Planted, life};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "simulate [--seeds N] [--from S] [--plant BUG]: lives through N worlds (1,000) from seed S (0); \
                     with a bug in every node, such as SkipSignature, until one shows it";

fn main() -> ExitCode {
    let (mut seeds, mut from, mut planted) = (1_000, 0, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match (word.as_str(), value.parse(), Planted::named(&value)) {
            ("--seeds", Ok(n), _) => seeds = n,
            ("--from", Ok(n), _) => from = n,
            ("--plant", _, Some(bug)) => planted = Some(bug),
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let began = Instant::now();
    match life::live_all(from, seeds, planted) {
        Ok(()) => {
            println!("{seeds} worlds from seed {from} went well in {:.1} s", began.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
