//! Documents as people see them: fields, values that stand side by side, and who changed what.

use crate::api::{Conflict, ConflictValue, DocumentView, Heard, HistoryEntry, MovedFrom, Report};
use domain::document::crdt::{Content, Revision};
use domain::identity::KeysObject;
use domain::proposal::keepers;
use domain::statement::Life;
use domain::sync::Document;
use domain::{ActorId, OrgId, Refusal, VersionId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most changes that a document's history shows.
const HISTORY_SHOWN: usize = 200;

/// What others have said of a document.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// What keepers have said and the owner has not confirmed yet.
    pub(super) reports: Vec<Report>,
    /// Whose proposal each of these actors wrote down, for the owner.
    pub(super) makers: BTreeMap<ActorId, OrgId>,
    /// Whose it was.
    pub(super) moved_from: Option<MovedFrom>,
    /// When its owner was last heard of.
    pub(super) owner_heard: Option<Heard>,
}

/// A document in full. Opens its content, so it may take a millisecond; run it where that holds nobody up.
pub(super) fn view(document: &Document, beside: Beside) -> Result<DocumentView, Refusal> {
    let row = document.row.as_ref().ok_or_else(|| {
        Refusal::not_found(format!("the content of {} has not come yet", document.id.record()))
            .hint("`fingerpost status` says how much is still wanted, and from whom")
    })?;
    let content = content(document)?;
    Ok(DocumentView {
        id: document.id.record(),
        fields: fields(&row.value),
        owner: document.owner,
        withdrawn: row.life != Life::Live,
        keepers: keepers(&row.value).into_iter().collect(),
        moved_to: document.went_to().map(|(org, _)| org),
        moved_from: beside.moved_from,
        owner_heard: beside.owner_heard,
        reports: beside.reports,
        conflicts: content.conflicts().into_iter().map(|c| conflict(c, document.owner, &beside.makers)).collect(),
        history: content
            .history()
            .into_iter()
            .take(HISTORY_SHOWN)
            .map(|revision| entry(revision, document, &beside.makers))
            .collect(),
    })
}

/// The content that readers see: everything behind the heads of the document's row.
pub(super) fn content(document: &Document) -> Result<Content, Refusal> {
    let heads = document.row.as_ref().map(|row| row.heads.clone()).unwrap_or_default();
    let chunks = document.changes.changes().iter().map(|change| change.bytes.as_slice());
    Content::open(chunks)?.at(&heads)
}

/// The fields without those that the view adds itself.
pub(super) fn fields(value: &Value) -> Map<String, Value> {
    let own = [
        "id",
        "owner",
        "owner_heard",
        "withdrawn",
        "moved_to",
        "moved_from",
        "keepers",
        "reports",
        "conflicts",
        "history",
    ];
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !own.contains(&name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Only the owner writes a document: what it wrote on somebody's proposal is that one's word.
fn conflict(conflict: domain::document::crdt::Conflict, owner: OrgId, makers: &BTreeMap<ActorId, OrgId>) -> Conflict {
    let values = conflict.values.into_iter().map(|v| ConflictValue {
        value: v.value,
        organisation: makers.get(&v.actor).copied().unwrap_or(owner),
        at_ms: v.at,
        stands: v.stands,
    });
    Conflict { field: conflict.path.join("."), values: values.collect() }
}

/// A change that a current statement names alone is that version; of an earlier one the change's own hash is left.
fn entry(revision: Revision, document: &Document, makers: &BTreeMap<ActorId, OrgId>) -> HistoryEntry {
    let named = document.current().find(|s| s.statement().heads.iter().eq([&revision.hash]));
    let mut fields: Vec<String> =
        revision.paths.iter().map(|path| path.split('.').next().unwrap_or(path).to_owned()).collect();
    fields.dedup();
    HistoryEntry {
        version: named.map_or(VersionId::from_bytes(*revision.hash.as_bytes()), |s| s.version_id()),
        organisation: document.owner,
        proposed_by: makers.get(&revision.actor).copied(),
        at_ms: revision.at,
        fields,
    }
}

/// The safety words of an organisation, from the root that is pinned for it.
pub(super) fn words(keys: &BTreeMap<OrgId, KeysObject>, org: &OrgId) -> String {
    keys.get(org).map(|k| domain::identity::words::safety_words(k.root())).unwrap_or_default()
}
