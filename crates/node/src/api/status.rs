//! How a node stands: for `status`, `doctor`, `verify`, `config show` and the first page.

use super::{Named, PartnerRow, Withheld};
use domain::{NodeId, OrgId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `init` gives, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initialised {
    /// The new organisation.
    pub organisation: Named,
    /// Its first node.
    pub node_id: NodeId,
    /// 24 BIP39 words with single spaces: the organisation's root. Shown once.
    pub recovery_words: String,
}

/// How things stand. The first five fields are the fixed form; the rest may grow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whose node this is.
    pub organisation: Named,
    /// Live documents of all owners, by the word of their kind.
    pub documents: BTreeMap<String, u64>,
    /// By name.
    pub partners: Vec<PartnerRow>,
    /// How many pieces of content are quarantined.
    pub quarantined: u64,
    /// How many documents are known of and not yet here.
    pub wanted: u64,
    /// Content that was refused, newest first, at most 50.
    pub refused: Vec<RefusedContent>,
    /// Owners of whom not all has come here for over a day, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Withheld>,
    /// This node itself.
    pub node: NodeDetail,
}

/// Content of a partner that this node did not take, or took and set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedContent {
    /// The document it was about, in hex; nothing where it was about none, or what came was too broken to tell.
    pub id: Option<String>,
    /// What sort: `quarantined`, `refused`, `disputed`, `twin`, `link`, …
    pub kind: String,
    /// Whose it claims to be, where that is known.
    pub organisation: Option<OrgId>,
    /// Why it was refused.
    pub reason: String,
    /// When.
    pub at_ms: Timestamp,
}

/// A document that a node signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRow {
    /// Its record.
    pub id: domain::RecordId,
    /// What it is: `listing`, `organisation`, …
    pub kind: String,
    /// Its name, where it has one.
    pub name: String,
    /// When it was signed, by that node's clock.
    pub at_ms: Timestamp,
}

/// One node of the own organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeKeys {
    /// Its id.
    pub node_id: NodeId,
    /// Counts its certificates.
    pub serial: u64,
    /// `active`, `retired`, `compromised`.
    pub state: String,
    /// Whether it begins new generations.
    pub is_home: bool,
    /// What it may hold: `all`, or the `directory` alone.
    pub holds: String,
    /// Whether it is the node that answers.
    pub is_this: bool,
}

/// The node itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDetail {
    /// Its id.
    pub id: NodeId,
    /// The version of the program.
    pub version: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// When this process began to serve; nothing when the folder is read without a running node.
    pub started_at_ms: Option<Timestamp>,
    /// Where it listens for nodes (`host:port`), while it runs.
    pub node_listen: Option<String>,
    /// Where it listens for people (`host:port`), while it runs.
    pub people_listen: Option<String>,
    /// Where it listens for the organisation's own software (`host:port`), while it runs and was told to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_listen: Option<String>,
    /// Where others may reach it, as its invitations say.
    pub addresses: Vec<String>,
    /// Whether the recovery words still lie in the data folder.
    pub recovery_words_kept: bool,
    /// Open invitations.
    pub invitations: u64,
    /// Bytes free on the disk that holds the data folder, where the system says.
    pub disk_free_bytes: Option<u64>,
}

/// What the first page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// How things stand.
    pub status: Status,
    /// Live listings by owner: the own first, then by name.
    pub listings: Vec<OwnerCount>,
    /// How many organisations are on the own roster: above 0 the node is a hub.
    pub vouches_for: u64,
}

/// How many listings one organisation owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerCount {
    /// The owner.
    pub owner: Named,
    /// Live listings.
    pub listings: u64,
}

/// How bad a check's outcome is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Good,
    /// Works, and somebody should look.
    Warning,
    /// Something does not work.
    Problem,
}

/// One named check of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: `database`, `disk`, `clock`, `reachable`, `recovery words`, …
    pub name: String,
    /// The outcome.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// One setting of the merged configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its dotted name in the file.
    pub name: String,
    /// Its value as TOML would write it; `[secret]` for a secret.
    pub value: String,
    /// Where it came from: `default`, the file's path, the environment variable, or the flag.
    pub origin: String,
}

/// What `verify` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Documents looked at.
    pub documents: u64,
    /// Statements whose signature was checked.
    pub statements: u64,
    /// What does not hold.
    pub bad: Vec<VerifiedBad>,
}

/// One thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedBad {
    /// What: a document, version or change id in hex.
    pub id: String,
    /// Why.
    pub reason: String,
}
