//! Published forms and pathways.

use domain::{OrgId, RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One form or pathway in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationRow {
    /// Its record.
    pub id: RecordId,
    /// What it is called, in its own language.
    pub name: String,
    /// The language that it was written in (BCP 47).
    pub language: String,
    /// Who offers it.
    pub owner: OrgId,
    /// Who signed it: another organisation, where a form was taken over as it is.
    pub published_by: OrgId,
    /// Whether that signature holds by the keys that are known here.
    pub verified: bool,
    /// When it was signed.
    pub at_ms: Timestamp,
    /// What it is addressed by: a hash, in hex.
    pub hash: String,
    /// The listing that a pathway leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<RecordId>,
}

/// One of them in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicationView {
    /// As in the list.
    #[serde(flatten)]
    pub row: PublicationRow,
    /// The form or the pathway itself, as JSON.
    pub content: Value,
}
