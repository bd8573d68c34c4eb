//! Listings and other documents as they are read and written.

use super::Heard;
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

/// A page of listings: at most 1,000, fewer where they say much, by name and then id.
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
    /// When its owner was last heard of, where it is another organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_heard: Option<Heard>,
    /// Whether its owner took it back; its content is what it last said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// Who has it now, where its old owner handed it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<OrgId>,
    /// Whose it was, where it goes on from another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<MovedFrom>,
    /// Whose proposals the owner's node takes without asking.
    pub keepers: Vec<OrgId>,
    /// What keepers have said and the owner has not confirmed yet, oldest first: of at most 16 keepers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
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
    /// On whose proposal, where it was not the owner's own idea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<OrgId>,
}

/// Where a listing comes from that somebody else had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedFrom {
    /// Whose it was; nothing where that one's listing is not here.
    pub organisation: Option<OrgId>,
    /// Whether the old owner says so too. Until it does, this is a claim, and the old one stands.
    pub confirmed: bool,
}

/// What a keeper has said of a listing, and its owner has not confirmed yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The proposal's record.
    pub proposal: RecordId,
    /// The keeper.
    pub organisation: OrgId,
    /// When it says that it said so.
    pub at_ms: Timestamp,
    /// What it would have.
    pub edits: Vec<ProposedEdit>,
    /// In its words.
    pub note: String,
}

/// One field as somebody would have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposedEdit {
    /// Its dotted path.
    pub field: String,
    /// What it should say; nothing where it should go.
    pub value: Option<Value>,
    /// What it said then.
    pub was: Option<Value>,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// The owner has not answered.
    Waiting,
    /// The owner took it.
    Accepted,
    /// The owner did not.
    Refused,
    /// Its maker took it back.
    Withdrawn,
}

/// What is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// Edits of a listing.
    Change,
    /// To take a listing over: its maker has a listing that goes on from it.
    Claim,
}

/// One proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// Its record.
    pub id: RecordId,
    /// Names what it says: another one when its maker changes it.
    pub version: String,
    /// What it is for.
    pub kind: ProposalKind,
    /// The listing that it is about.
    pub listing: RecordId,
    /// What the listing is called; empty where it is not here.
    pub listing_name: String,
    /// Whose the listing is.
    pub owner: OrgId,
    /// Whose proposal it is.
    pub organisation: OrgId,
    /// When it was made, as its maker says.
    pub at_ms: Timestamp,
    /// Where it stands.
    pub state: ProposalState,
    /// Why it was refused, in the owner's words; empty where nothing was said.
    pub reason: String,
    /// Whether its maker is a keeper of the listing.
    pub by_keeper: bool,
    /// Whether all who may read what is public see it, and its note.
    pub is_public: bool,
    /// What it would have.
    pub edits: Vec<ProposedEdit>,
    /// In its maker's words.
    pub note: String,
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
    /// The proposal that was made instead, where the document is another organisation's; `version` is then the proposal's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<RecordId>,
    /// Whether all who see the listing see that proposal, and its note, until its owner answers: a keeper's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_public: bool,
}
