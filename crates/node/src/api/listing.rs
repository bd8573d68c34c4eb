//! Listings and other documents as they are read and written.

use domain::{OrgId, RecordId, Timestamp, VersionId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One change to a document, as a person wrote it: `domain::document::shape` says what the path means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathEdit {
    /// Dotted; list entries by id (`sessions.<id>.opens_at`), `sessions.+` for a new one.
    pub path: String,
    /// What to put there; nothing takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// One listing in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingRow {
    /// Its record.
    pub id: RecordId,
    /// Whose it is.
    pub owner: OrgId,
    /// Its name.
    pub name: String,
    /// When it last changed: RFC 3339.
    pub last_modified: String,
    /// How long it runs: `one-off`, `short course`, `rolling`; empty where nobody said.
    pub life: String,
}

/// A page of listings: at most 1,000, by name and then id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingPage {
    /// The rows.
    pub listings: Vec<ListingRow>,
    /// The owners' names, where they are known.
    pub names: BTreeMap<OrgId, String>,
    /// Where to go on, when there is more.
    pub next: Option<String>,
}

/// A document in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentView {
    /// Its record.
    pub id: RecordId,
    /// Its own fields.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
    /// Whose it is.
    pub owner: OrgId,
    /// Whether its owner took it back; its content is what it last said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// Whose proposals the owner's node takes without asking.
    pub keepers: Vec<OrgId>,
    /// Fields with more than one value.
    pub conflicts: Vec<Conflict>,
    /// Who changed what and when, newest first, at most 200.
    pub history: Vec<HistoryEntry>,
}

/// A field with more than one value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its dotted path.
    pub field: String,
    /// Each value that somebody wrote and nobody has replaced.
    pub values: Vec<ConflictValue>,
}

/// One of several values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConflictValue {
    /// The value.
    pub value: Value,
    /// Who wrote it.
    pub organisation: OrgId,
    /// When its writer says.
    pub at_ms: Timestamp,
    /// Whether it is the one that is shown.
    pub stands: bool,
}

/// One version of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The statement's hash.
    pub version: VersionId,
    /// Who made it.
    pub organisation: OrgId,
    /// When its maker says.
    pub at_ms: Timestamp,
    /// The top-level fields that it changed.
    pub fields: Vec<String>,
}

/// What became of one document that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its record.
    pub id: RecordId,
    /// The version that stands now.
    pub version: VersionId,
    /// Whether there was anything to change.
    pub changed: bool,
}
