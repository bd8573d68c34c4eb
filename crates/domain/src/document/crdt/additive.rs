//! Documents that only grow: the two of a referral. Nothing in them is ever overwritten or deleted, and an event fits its key.
//!
//! Asked of every operation of every change, so it is a property of signed bytes: a deletion that a later change made good again, or
//! one made apart from the value it takes away, is found like any other.

use super::read::any_value;
use crate::Refusal;
use crate::limits::REFERRAL_EVENTS;
use crate::referral::document::{EVENTS, check_event};
use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{Automerge, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue, ValueRef};
use std::collections::BTreeSet;

/// An object by the operation that made it.
type Made = (u64, automerge::ActorId);

/// Refuses a document in which something was overwritten or deleted, in which a key of `events` is not the id of what stands there,
/// which has more events than a party may have, or whose other fields two of its processes began differently.
pub(super) fn check(doc: &Automerge) -> Result<(), Refusal> {
    let mut maps: BTreeSet<Made> = BTreeSet::new();
    let mut events: BTreeSet<String> = BTreeSet::new();
    for change in doc.get_changes(&[]) {
        check_change(&change.decode(), &mut maps, &mut events)?;
    }
    if events.len() > REFERRAL_EVENTS {
        return Err(Refusal::too_large(format!("a referral with over {REFERRAL_EVENTS} events of one side")));
    }
    check_beginnings(doc)
}

fn check_change(
    change: &ExpandedChange,
    maps: &mut BTreeSet<Made>,
    events: &mut BTreeSet<String>,
) -> Result<(), Refusal> {
    for (op, counter) in change.operations.iter().zip(change.start_op.get()..) {
        if op.pred.iter().next().is_some() {
            return Err(Refusal::malformed("something in a referral was overwritten or deleted"));
        }
        let made = (counter, change.actor_id.clone());
        let in_events = match &op.obj {
            ObjectId::Root => false,
            ObjectId::Id(id) => maps.contains(&(id.counter(), id.actor().clone())),
        };
        match (&op.key, &op.action) {
            (Key::Map(key), OpType::Put(ScalarValue::Str(written))) if in_events => {
                check_event(key, written)?;
                events.insert(key.to_string());
            }
            _ if in_events => return Err(Refusal::malformed("an event of a referral that is no text")),
            (Key::Map(key), OpType::Make(ObjType::Map)) if op.obj == ObjectId::Root && key == EVENTS => {
                maps.insert(made);
            }
            (Key::Map(key), _) if op.obj == ObjectId::Root && key == EVENTS => {
                return Err(Refusal::malformed("a referral whose events are no map"));
            }
            (Key::Map(_), OpType::Put(_) | OpType::Make(ObjType::Map)) => {}
            _ => return Err(Refusal::malformed("something in a referral that is neither a field nor an event")),
        }
    }
    Ok(())
}

/// Two processes may have begun one document apart; then all but the events, and who may hold it, is the same.
fn check_beginnings(doc: &Automerge) -> Result<(), Refusal> {
    for item in doc.map_range(ROOT, ..).filter(|item| item.conflict && item.key != EVENTS && item.key != "audience") {
        let all = doc.get_all(ROOT, item.key.as_ref());
        let all = all.map_err(|e| Refusal::malformed(format!("the document cannot be read: {e}")))?;
        let mut values = all.iter().map(|(value, id)| any_value(doc, value, id, 0));
        let first = values.next();
        if values.any(|value| Some(value) != first) {
            return Err(Refusal::malformed("a referral that was begun twice, with different fields"));
        }
    }
    Ok(())
}

/// Whether a field of the root is one whose values, where there are several, stand together: the events of two that began a document
/// apart.
pub(super) fn stand_together(key: &str, value: &ValueRef<'_>) -> bool {
    key == EVENTS && matches!(value, ValueRef::Object(ObjType::Map))
}
