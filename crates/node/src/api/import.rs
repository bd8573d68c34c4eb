//! Import: a preview, and then what was previewed; and the same to take the last one back.

use domain::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// What to import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSource {
    /// A file that the node can read: HSDS-UK 3.0 as JSON or NDJSON, or a spreadsheet as CSV, `.gz` or not; or a folder of
    /// HSDS 1.1 tables as CSV. Absolute: the command line and the node may stand in different folders.
    pub path: PathBuf,
    /// What this source is called from one import to the next; the file's name without its endings when nothing is said.
    pub source: Option<String>,
    /// Who may hold the new listings, as in `Request::ListingAdd`; `public` when nothing is said.
    pub audience: Option<String>,
    /// What the columns of a spreadsheet hold, where a person says so: `columns`, a map from headings to words, and `key`, a
    /// list of words. Remembered for the source once the import is applied.
    pub mapping: Option<Value>,
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
    /// What the columns of a spreadsheet are taken to hold, in their order; empty for anything else.
    pub columns: Vec<ColumnReading>,
    /// The line in which the headings of a spreadsheet are.
    pub heading_line: Option<u64>,
    /// What else a person should know before it is written.
    pub notes: Vec<String>,
}

/// What one column of a spreadsheet is taken to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReading {
    /// Its heading.
    pub heading: String,
    /// What it holds, in the words of a mapping.
    pub holds: String,
    /// Who says so.
    pub by: SaidBy,
    /// The first text in it.
    pub example: String,
}

/// Who says what a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidBy {
    /// Its heading, as it reads.
    Heading,
    /// The mapping of this import.
    Mapping,
    /// What was applied at the last import of this source.
    LastImport,
    /// Nobody: it goes along under its heading.
    Nobody,
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

/// What becomes of a record here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Novelty {
    /// It is not here yet, and will be.
    New,
    /// It is here with other content.
    Changed,
    /// It is here, and will be taken back.
    Withdrawn,
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
    /// Its file, where the source is a folder or a spreadsheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line in the file (NDJSON, CSV) or its place in the list (JSON), from 1.
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

/// How many listings taking an import back touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoCounts {
    /// The import made them: withdrawn.
    pub withdrawn: u64,
    /// The import changed them: fields go back to what they were.
    pub reverted: u64,
    /// Somebody has edited them since, so something stays as it is. One of these may be among `reverted` too.
    pub left: u64,
    /// Could not be written.
    pub failed: u64,
}

/// What taking an import back would do, or did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoPreview {
    /// Names this preview to `Request::ImportUndo`.
    pub plan: String,
    /// Whose last import it is.
    pub source: String,
    /// When that was.
    pub imported_at: Timestamp,
    /// How many of what. All 0 where it was taken back already.
    pub counts: UndoCounts,
    /// Some of what would be written: at most 20.
    pub sample: Vec<ImportDifference>,
    /// What stays because somebody has edited it since: at most 100.
    pub left: Vec<UndoLeft>,
}

/// What stays of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoLeft {
    /// The listing.
    pub id: RecordId,
    /// Its name.
    pub name: String,
    /// Dotted paths of the fields that somebody has edited since.
    pub fields: Vec<String>,
    /// Whether the import made it: then the whole of it stays.
    pub is_whole: bool,
}

/// What taking an import back did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// How many of what.
    pub counts: UndoCounts,
    /// What stays: at most 100.
    pub left: Vec<UndoLeft>,
    /// What could not be written, in words: at most 100.
    pub failed: Vec<String>,
}
