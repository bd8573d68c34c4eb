//! `demo`.

use clap::Args;
use std::path::PathBuf;

const DEMO: &str = "\
Examples:
  fingerpost demo
  fingerpost demo --every 5           something happens every five seconds
  fingerpost demo --keep ./borough    stays after Ctrl-C; the same again goes on with it

Everybody in it is made up. It listens on this machine only, on ports that the
system picks, and touches no node of yours: --data means nothing to it.";

/// `fingerpost demo`
#[derive(Debug, Args)]
#[command(after_help = DEMO)]
pub(crate) struct Demo {
    /// Make the borough in this folder, or go on with the one that is there, and leave it when it stops
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// How often something happens
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) every: u64,
}
