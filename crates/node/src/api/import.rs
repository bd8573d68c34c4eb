//! Import: a preview, and then what was previewed.

use domain::RecordId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// What to import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSource {
    /// A file that the node can read: HSDS-UK 3.0 as JSON or NDJSON, `.gz` or not. Absolute: the command line and the
    /// node may stand in different folders.
    pub path: PathBuf,
    /// What this source is called from one import to the next; the file's name without its endings when nothing is said.
    pub source: Option<String>,
    /// Who may hold the new listings, as in `Request::ListingAdd`; `public` when nothing is said.
    pub audience: Option<String>,
}

/// How many records became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Not here before.
    pub new: u64,
    /// Here, and the source changed.
    pub changed: u64,
    /// Here already, as the source has it.
    pub same: u64,
    /// Rows that could not be read.
    pub failed: u64,
    /// Seen at an earlier import of this source and no longer in it. They stay.
    pub gone: u64,
}

/// What an import would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportPreview {
    /// Names this preview to `Request::ImportApply`.
    pub plan: String,
    /// How many of what.
    pub counts: ImportCounts,
    /// Some of the differences: at most 20.
    pub sample: Vec<ImportDifference>,
    /// Rows that could not be read: at most 100, `counts.failed` says how many there are.
    pub bad: Vec<BadRow>,
}

/// One record that an import would write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportDifference {
    /// The record.
    pub id: RecordId,
    /// Its name in the source.
    pub name: String,
    /// Whether it is here.
    pub novelty: Novelty,
    /// What would change; empty for a new one.
    pub fields: Vec<FieldDifference>,
}

/// Whether a record of a source is here already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Novelty {
    /// Not yet.
    New,
    /// With other content.
    Changed,
}

/// One field that an import would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// Its dotted path.
    pub field: String,
    /// What is here.
    pub before: Option<Value>,
    /// What the source has.
    pub after: Option<Value>,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Its line in the file (NDJSON) or its place in the list (JSON), from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The fixed form.
    pub counts: ImportCounts,
    /// Rows that could not be read: at most 100.
    pub bad: Vec<BadRow>,
}
