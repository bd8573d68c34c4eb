//! `token`.

use super::partner::milliseconds;
use clap::{Subcommand, ValueEnum};

const TOKEN: &str = "\
An API token lets software of your own in on the port of --admin-listen. What it may ask is in
proto/fingerpost/admin/v1, and told by gRPC reflection. On this machine, the node's own
user needs none: the same is served on admin.sock in the data folder.";

const ADD: &str = "\
Examples:
  fingerpost token add website                       may read, until it is revoked
  fingerpost token add case-system --scope write --expires 90d
  fingerpost token add board --scope referral        how referrals stand, and nothing of the people
  fingerpost token add case-system --scope read,client

It is shown once, and kept as a hash only.";

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// List, get and watch listings
    Read,
    /// That, and write this organisation's own listings
    Write,
    /// See how referrals stand and move them on, without what is said of people
    Referral,
    /// That, and read, write, send and erase what is said of people
    Client,
}

#[derive(Debug, Subcommand)]
#[command(after_help = TOKEN)]
pub(crate) enum Token {
    /// Make a token
    #[command(after_help = ADD)]
    Add {
        /// What to call it: after the software that gets it
        name: String,
        /// What it is good for; several with commas between
        #[arg(long, value_enum, default_value = "read", value_delimiter = ',')]
        scope: Vec<Scope>,
        /// How long it is good: 12h, 90d [default: until it is revoked]
        #[arg(long, value_name = "TIME", value_parser = milliseconds)]
        expires: Option<i64>,
    },
    /// List the tokens: what each is good for, and when it was last used
    List,
    /// End a token, and at once every watch that it opened
    Revoke {
        /// The token's id, the start of it, or its name
        id: String,
    },
}

impl Token {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::Add { name, .. } => format!("make an API token for {name:?}"),
            Self::List => "list the API tokens".into(),
            Self::Revoke { id } => format!("revoke API token {id:?}"),
        }
    }
}
