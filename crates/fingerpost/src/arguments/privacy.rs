//! `privacy`: like those of `referral`, no argument says anything of a person.

use super::moment::{beginning_of, end_of};
use super::referral::Keeping;
use clap::Subcommand;
use node::api::Timestamp;
use std::path::PathBuf;

const PRIVACY: &str = "\
Examples:
  fingerpost privacy due                                   what is to be erased, and when
  fingerpost privacy hold 5f0c --basis legal-claim --until 2027-03-31
  fingerpost privacy access 5f0c                           who read this referral here
  fingerpost privacy subject 5f0c 7b21 --to bundle.json    for a person who asks what is held of them";

const BREACH: &str = "\
Example:
  fingerpost privacy breach --since 2026-11-01 --to breach.json

What was held here when, and who read it: for whoever has to report a breach, within 72 hours (UK
GDPR, article 33).";

const SUBJECT: &str = "\
Example:
  fingerpost privacy subject 5f0c 7b21 --to bundle.json

All that is held of a person, who is named by their referrals (UK GDPR, article 15). The file is for
its user alone (mode 0600), and that it was made is noted like a reading.";

#[derive(Debug, Subcommand)]
#[command(after_help = PRIVACY)]
pub(crate) enum Privacy {
    /// Show what is to be erased, and when: referrals that are finished, and drafts that nobody sends
    ///
    /// How long each is kept is set by `retention_days` and `draft_days`: `fingerpost config show`.
    Due,
    /// Keep a referral longer than the time for it
    Hold {
        /// The referral's id or the start of it
        id: String,
        #[command(flatten)]
        keeping: Keeping,
    },
    /// End a hold: the referral is due again by how it finished
    Release {
        /// The referral's id or the start of it
        id: String,
    },
    /// Show what was erased here, and what the other parties say of theirs
    Erasures,
    /// Show who read what; exit code 1 when the log does not hold
    Access {
        /// Of this referral alone: its id or the start of it
        id: Option<String>,
    },
    /// Write what has to be known to report a breach
    #[command(after_help = BREACH)]
    Breach {
        /// From the beginning of this day: 2026-11-01
        #[arg(long, value_name = "DATE", value_parser = beginning_of)]
        since: Option<Timestamp>,
        /// Until the end of this day
        #[arg(long, value_name = "DATE", value_parser = end_of)]
        until: Option<Timestamp>,
        /// The file to write; - writes to standard output
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Write all that is held of a person
    #[command(after_help = SUBJECT)]
    Subject {
        /// Their referrals and drafts: the id of each, or the start of it
        #[arg(required = true, value_name = "REFERRAL")]
        ids: Vec<String>,
        /// The file to write; - writes to standard output
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

impl Privacy {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::Due => "show what is to be erased".into(),
            Self::Hold { id, .. } => format!("hold referral {id:?}"),
            Self::Release { id } => format!("end the hold of referral {id:?}"),
            Self::Erasures => "show what was erased".into(),
            Self::Access { id: None } => "show who read what".into(),
            Self::Access { id: Some(id) } => format!("show who read referral {id:?}"),
            Self::Breach { .. } => "write what has to be known of a breach".into(),
            Self::Subject { .. } => "write what is held of a person".into(),
        }
    }
}
