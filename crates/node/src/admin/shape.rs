//! The application API's answers as messages, each within the size of one message; and edits the other way.

use crate::api::{self, DocumentView, ListingState, PathEdit};
use domain::{Refusal, Timestamp};
use serde_json::Value;
use wire::proto::admin as proto;

/// Most bytes of values in one answer: of a message of 1 MiB the rest is for everything around them.
pub(super) const VALUE_BYTES: usize = 768 << 10;

/// Room in one answer.
pub(super) struct Room(usize);

impl Room {
    pub(super) fn new() -> Self {
        Self(VALUE_BYTES)
    }

    /// Whether so many bytes still fit; they are taken then.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// A listing as it stands.
pub(super) fn listing(state: ListingState) -> proto::Listing {
    let value_json = Value::Object(state.fields).to_string();
    let fits = value_json.len() <= VALUE_BYTES;
    proto::Listing {
        id: state.row.id.to_string(),
        owner: state.row.owner.to_string(),
        owner_name: state.owner_name,
        name: state.row.name,
        life: state.row.life,
        last_modified: state.row.last_modified,
        value_json: if fits { value_json } else { String::new() },
        value_left_out: !fits,
        conflicts: state.conflicts,
        withdrawn: false,
    }
}

/// One listing in full. Older history and further conflicts go where there is no room for them.
pub(super) fn document(view: DocumentView, owner_name: String) -> proto::GetListingResponse {
    let value = Value::Object(view.fields);
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let life = value.get("life").and_then(|life| life.get("kind").or(Some(life))).and_then(Value::as_str);
    let newest = view.history.iter().map(|entry| entry.at_ms).max().unwrap_or_default();
    let (name, life) = (text("name"), life.unwrap_or_default().to_owned());
    let value_json = value.to_string();
    let mut room = Room::new();
    let fits = room.take(value_json.len());
    let (all_conflicts, all_history) = (view.conflicts.len(), view.history.len());
    let conflicts: Vec<_> = view.conflicts.into_iter().map(conflict).take_while(|c| room.take(size(c))).collect();
    let history: Vec<_> = view.history.into_iter().map(entry).take_while(|e| room.take(size(e))).collect();
    proto::GetListingResponse {
        is_cut: conflicts.len() < all_conflicts || history.len() < all_history,
        listing: Some(proto::Listing {
            id: view.id.to_string(),
            owner: view.owner.to_string(),
            owner_name,
            name,
            life,
            last_modified: rfc3339(newest),
            value_json: if fits { value_json } else { String::new() },
            value_left_out: !fits,
            conflicts: u32::try_from(all_conflicts).unwrap_or(u32::MAX),
            withdrawn: view.withdrawn,
        }),
        conflicts,
        history,
        keepers: view.keepers.iter().map(ToString::to_string).collect(),
    }
}

/// What became of a listing that was written.
pub(super) fn written(written: &api::Written) -> proto::Written {
    proto::Written { id: written.id.to_string(), version: written.version.to_string(), changed: written.changed }
}

/// Edits as the application takes them. Refused where one says nothing to do, or what is no JSON.
pub(super) fn edits(edits: Vec<proto::Edit>) -> Result<Vec<PathEdit>, Refusal> {
    let one = |edit: proto::Edit| {
        let path = edit.path;
        let value = match edit.change {
            Some(proto::edit::Change::ValueJson(text)) => Some(serde_json::from_str(&text).map_err(|e| {
                Refusal::invalid(format!("the value for {path:?} is not JSON: {e}"))
                    .hint("a text is written with its quotes: \"Tuesday supper\"")
            })?),
            Some(proto::edit::Change::Unset(true)) => None,
            Some(proto::edit::Change::Unset(false)) | None => {
                return Err(Refusal::invalid(format!("the edit of {path:?} says nothing to do"))
                    .hint("set value_json, or unset to true"));
            }
        };
        Ok(PathEdit { path, value })
    };
    edits.into_iter().map(one).collect()
}

/// What is left empty was not said.
pub(super) fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn conflict(conflict: api::Conflict) -> proto::Conflict {
    let values = conflict.values.into_iter().map(|value| proto::ConflictValue {
        value_json: value.value.to_string(),
        organisation: value.organisation.to_string(),
        at_ms: value.at_ms.as_ms(),
        stands: value.stands,
    });
    proto::Conflict { field: conflict.field, values: values.collect() }
}

fn entry(entry: api::HistoryEntry) -> proto::HistoryEntry {
    proto::HistoryEntry {
        version: entry.version.to_string(),
        organisation: entry.organisation.to_string(),
        at_ms: entry.at_ms.as_ms(),
        fields: entry.fields,
    }
}

fn size(message: &impl prost::Message) -> usize {
    message.encoded_len()
}

fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string()
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
