//! Who changed which fields when: read from the operations of each change, so that a field that was removed again shows too.

use super::actor_of;
use crate::{ActorId, ChangeHash, Timestamp};
use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{Automerge, ExpandedChange, ObjType};
use std::collections::{BTreeMap, BTreeSet};

/// One change, for the person who reads the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The change.
    pub hash: ChangeHash,
    /// Who made it.
    pub actor: ActorId,
    /// When, by that one's clock.
    pub at: Timestamp,
    /// The fields it touched, dotted and sorted. Where it made a whole entry or map the map is named, not each field within.
    pub paths: Vec<String>,
}

// Made by which operation (its counter and actor), an object stands at this path; a text or list is named as a whole.
type Paths = BTreeMap<(u64, automerge::ActorId), Vec<String>>;

/// Newest first; changes made apart in Automerge's order.
pub(super) fn history(doc: &Automerge) -> Vec<Revision> {
    let mut paths = Paths::new();
    let mut revisions: Vec<Revision> = doc
        .get_changes(&[])
        .iter()
        .map(|change| Revision {
            hash: ChangeHash::from_bytes(change.hash().0),
            actor: actor_of(change.actor_id()),
            at: Timestamp::from_ms(change.timestamp()),
            paths: touched(&change.decode(), &mut paths),
        })
        .collect();
    revisions.reverse();
    revisions
}

fn touched(change: &ExpandedChange, paths: &mut Paths) -> Vec<String> {
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    // Maps of things are made empty with their document: nobody wrote anything there until something is in them.
    let mut empty = Paths::new();
    for (op, counter) in change.operations.iter().zip(change.start_op.get()..) {
        let mut path = match &op.obj {
            ObjectId::Root => Vec::new(),
            ObjectId::Id(id) => match paths.get(&(id.counter(), id.actor().clone())) {
                Some(path) => path.clone(),
                None => continue,
            },
        };
        if let Key::Map(key) = &op.key {
            path.push(key.to_string());
        }
        if let ObjectId::Id(id) = &op.obj
            && let Some(path) = empty.remove(&(id.counter(), id.actor().clone()))
        {
            found.insert(path);
        }
        if let OpType::Make(kind) = &op.action {
            paths.insert((counter, change.actor_id.clone()), path.clone());
            if *kind == ObjType::Map {
                empty.insert((counter, change.actor_id.clone()), path);
                continue;
            }
        }
        found.insert(path);
    }
    outermost(&found)
}

/// Without those that lie within another.
fn outermost(found: &BTreeSet<Vec<String>>) -> Vec<String> {
    let mut kept: Vec<&Vec<String>> = Vec::new();
    for path in found {
        if !kept.last().is_some_and(|last| path.starts_with(last)) {
            kept.push(path);
        }
    }
    kept.into_iter().map(|path| path.join(".")).collect()
}
