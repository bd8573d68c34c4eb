//! Reading a document: the value that stands, and the fields where several do.

use super::actor_of;
use super::additive::stand_together;
use crate::limits::NESTING;
use crate::{ActorId, Timestamp};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValueRef, ValueRef};
use serde_json::{Map, Number, Value};

/// A field with more than one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The field; an entry of a list by its position.
    pub path: Vec<String>,
    /// Its values: first the one that stands, then the others in Automerge's order.
    pub values: Vec<Standing>,
}

/// One of a field's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What was put there.
    pub value: Value,
    /// Who put it.
    pub actor: ActorId,
    /// When, by that one's clock.
    pub at: Timestamp,
    /// Whether it is the one that readers see.
    pub stands: bool,
}

/// The value that stands, keys sorted. Empty maps are left out: those of a kind are made before they hold anything.
pub(super) fn value(doc: &Automerge) -> Value {
    let mut fields = map(doc, &ROOT, 0);
    for item in doc.map_range(&ROOT, ..).filter(|item| item.conflict && stand_together(&item.key, &item.value)) {
        let all = doc.get_all(&ROOT, item.key.as_ref()).unwrap_or_default();
        let mut united = Map::new();
        for (value, id) in &all {
            if let Value::Object(held) = any_value(doc, value, id, 0) {
                united.extend(held);
            }
        }
        united.sort_keys();
        fields.insert(item.key.into_owned(), Value::Object(united));
    }
    Value::Object(fields)
}

fn map(doc: &impl ReadDoc, object: &ObjId, depth: usize) -> Map<String, Value> {
    let mut fields: Vec<(String, Value)> = doc
        .map_range(object, ..)
        .map(|item| {
            let value = item_value(doc, &item.value, || item.id(), depth);
            (item.key.into_owned(), value)
        })
        .filter(|(_, value)| !value.is_null() && !value.as_object().is_some_and(Map::is_empty))
        .collect();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fields.into_iter().collect()
}

fn item_value(doc: &impl ReadDoc, value: &ValueRef<'_>, id: impl FnOnce() -> ObjId, depth: usize) -> Value {
    match value {
        ValueRef::Object(object_type) => object(doc, &id(), *object_type, depth),
        ValueRef::Scalar(scalar) => scalar_value(scalar),
    }
}

/// Deeper than a document may nest, nothing is shown: such a document is not taken in the first place.
fn object(doc: &impl ReadDoc, id: &ObjId, object_type: ObjType, depth: usize) -> Value {
    if depth > NESTING {
        return Value::Null;
    }
    match object_type {
        ObjType::Text => Value::String(doc.text(id).unwrap_or_default()),
        ObjType::Map | ObjType::Table => Value::Object(map(doc, id, depth + 1)),
        ObjType::List => {
            doc.list_range(id, ..).map(|item| item_value(doc, &item.value, || item.id(), depth + 1)).collect()
        }
    }
}

fn scalar_value(scalar: &ScalarValueRef<'_>) -> Value {
    match scalar {
        ScalarValueRef::Str(text) => Value::String(text.to_string()),
        ScalarValueRef::Int(n) => Value::from(*n),
        ScalarValueRef::Uint(n) => Value::from(*n),
        ScalarValueRef::F64(n) => Number::from_f64(*n).map_or(Value::Null, Value::Number),
        ScalarValueRef::Boolean(b) => Value::Bool(*b),
        ScalarValueRef::Timestamp(n) => Value::from(*n),
        ScalarValueRef::Counter(n) => Value::from(*n),
        ScalarValueRef::Bytes(bytes) => Value::String(data_encoding::HEXLOWER.encode(bytes)),
        ScalarValueRef::Null | ScalarValueRef::Unknown { .. } => Value::Null,
    }
}

/// The JSON of an owned Automerge value.
pub(super) fn any_value(doc: &impl ReadDoc, value: &automerge::Value<'_>, id: &ObjId, depth: usize) -> Value {
    match value {
        automerge::Value::Object(object_type) => object(doc, id, *object_type, depth),
        automerge::Value::Scalar(scalar) => match scalar.as_ref() {
            automerge::ScalarValue::Str(text) => Value::String(text.to_string()),
            automerge::ScalarValue::Int(n) => Value::from(*n),
            automerge::ScalarValue::Uint(n) => Value::from(*n),
            automerge::ScalarValue::F64(n) => Number::from_f64(*n).map_or(Value::Null, Value::Number),
            automerge::ScalarValue::Boolean(b) => Value::Bool(*b),
            automerge::ScalarValue::Timestamp(n) => Value::from(*n),
            automerge::ScalarValue::Counter(n) => Value::from(i64::from(n)),
            automerge::ScalarValue::Bytes(bytes) => Value::String(data_encoding::HEXLOWER.encode(bytes)),
            automerge::ScalarValue::Null | automerge::ScalarValue::Unknown { .. } => Value::Null,
        },
    }
}

/// Every field of the standing value that has more values than that, by path.
pub(super) fn conflicts(doc: &Automerge) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut open: Vec<(ObjId, ObjType, Vec<String>)> = vec![(ROOT, ObjType::Map, Vec::new())];
    while let Some((object, object_type, path)) = open.pop() {
        let here = |key: String| path.iter().cloned().chain([key]).collect::<Vec<_>>();
        if path.len() > NESTING {
            continue;
        }
        match object_type {
            ObjType::Text => {}
            ObjType::Map | ObjType::Table => {
                for item in doc.map_range(&object, ..) {
                    let stands = path.is_empty() && stand_together(&item.key, &item.value);
                    if item.conflict && !stands {
                        found.extend(conflict(doc, &object, item.key.as_ref(), here(item.key.to_string())));
                    }
                    if let ValueRef::Object(inner) = item.value {
                        open.push((item.id(), inner, here(item.key.to_string())));
                    }
                }
            }
            ObjType::List => {
                for item in doc.list_range(&object, ..) {
                    if item.conflict {
                        found.extend(conflict(doc, &object, item.index, here(item.index.to_string())));
                    }
                    if let ValueRef::Object(inner) = item.value {
                        open.push((item.id(), inner, here(item.index.to_string())));
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn conflict<P: Into<automerge::Prop>>(
    doc: &Automerge,
    object_id: &ObjId,
    at: P,
    path: Vec<String>,
) -> Option<Conflict> {
    let all = doc.get_all(object_id, at).ok().filter(|all| all.len() > 1)?;
    let depth = path.len();
    let mut values: Vec<Standing> = all
        .iter()
        .rev()
        .map(|(value, id)| Standing {
            value: any_value(doc, value, id, depth),
            actor: actor(id),
            at: made_at(doc, id),
            stands: false,
        })
        .collect();
    if let Some(first) = values.first_mut() {
        first.stands = true;
    }
    Some(Conflict { path, values })
}

fn actor(id: &ObjId) -> ActorId {
    match id {
        ObjId::Id(_, actor, _) => actor_of(actor),
        ObjId::Root => ActorId::from_bytes([0; 24]),
    }
}

fn made_at(doc: &Automerge, id: &ObjId) -> Timestamp {
    let meta = doc.hash_for_opid(id).and_then(|hash| doc.get_change_meta_by_hash(&hash));
    meta.map_or(Timestamp::default(), |meta| Timestamp::from_ms(meta.timestamp))
}
