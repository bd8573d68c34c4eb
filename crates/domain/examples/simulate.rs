//! `cargo xtask simulate [--seeds N] [--from S]`: lives through seeded worlds until one fails.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]
#![allow(clippy::disallowed_methods, reason = "its arguments and its own time")]

use domain::sim::life;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "simulate [--seeds N] [--from S]: lives through N worlds (1,000) from seed S (0)";

fn main() -> ExitCode {
    let (mut seeds, mut from) = (1_000, 0);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let number = words.next().and_then(|n| n.parse().ok());
        match (word.as_str(), number) {
            ("--seeds", Some(n)) => seeds = n,
            ("--from", Some(n)) => from = n,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let began = Instant::now();
    match life::live_all(from, seeds) {
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
