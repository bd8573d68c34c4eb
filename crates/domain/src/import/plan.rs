//! What an import would do here: three ways compared, what the feed said last, what it says now, and what stands here.

use crate::document::{Edit, at, diff};
use crate::{RecordId, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known here of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The value of its document, where it stands and is live.
    pub existing: Option<Value>,
    /// What the last import of this source mapped it to.
    pub last_imported: Option<Value>,
}

/// What would change, of one kind of document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Not here yet: to be made.
    pub new: BTreeMap<RecordId, Value>,
    /// To be edited. What was edited here since the last import is not among the edits.
    pub changed: BTreeMap<RecordId, Vec<Edit>>,
    /// Nothing to do; those that were taken back here, and stay so, too.
    pub same: Vec<RecordId>,
    /// In the last import and not in this one: not seen since. Never a deletion.
    pub gone: Vec<RecordId>,
    /// Fields that both the feed and this organisation changed; what was written here stays.
    pub kept: usize,
}

/// Compares. `known` holds every record of this kind that a document stands for or that this source imported before; `mapped` is what
/// the feed says now; `at` is when it was fetched, noted in `source.fetched_at` of what is new or changed.
pub fn plan(known: &BTreeMap<RecordId, Known>, mapped: &BTreeMap<RecordId, Value>, at: Timestamp) -> Plan {
    let fetched_at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string();
    let nothing = Known::default();
    let mut plan = Plan::default();
    for (id, now) in mapped {
        let known = known.get(id).unwrap_or(&nothing);
        match (&known.existing, &known.last_imported) {
            (None, None) => drop(plan.new.insert(*id, fetched(now, &fetched_at))),
            // Taken back here.
            (None, Some(_)) => plan.same.push(*id),
            (Some(existing), last) => {
                let mut edits = merge(last.as_ref(), now, existing, &mut plan.kept);
                if edits.is_empty() {
                    plan.same.push(*id);
                } else {
                    let path = ["source", "fetched_at"].map(str::to_owned).to_vec();
                    edits.push(Edit { path, value: Some(fetched_at.clone().into()) });
                    plan.changed.insert(*id, edits);
                }
            }
        }
    }
    let gone = known.iter().filter(|(id, known)| known.last_imported.is_some() && !mapped.contains_key(id));
    plan.gone = gone.map(|(id, _)| *id).collect();
    plan
}

/// The feed's edits since its last import, without those of fields that were edited here. Where the last import is not known (a
/// document that came back from partners after a loss) what stands here stays, and what is missing is added.
fn merge(last: Option<&Value>, now: &Value, existing: &Value, kept: &mut usize) -> Vec<Edit> {
    let edits = diff(last.unwrap_or(existing), now);
    let mut taken = Vec::new();
    for edit in edits {
        let here = at(existing, &edit.path);
        if here == edit.value.as_ref() {
            continue;
        }
        let before = match last {
            Some(last) => at(last, &edit.path),
            None => None,
        };
        if here == before {
            taken.push(edit);
        } else if last.is_some() {
            *kept += 1;
        }
    }
    taken
}

fn fetched(value: &Value, fetched_at: &str) -> Value {
    let mut value = value.clone();
    if let Some(source) = value.get_mut("source").and_then(Value::as_object_mut) {
        source.insert("fetched_at".into(), fetched_at.into());
    }
    value
}
