//! Writing: a value or some edits become Automerge operations, only where something differs, in changes within the limits.

use super::check::check_value;
use super::read::any_value;
use super::text;
use crate::document::shape::{self, Shape};
use crate::document::{Edit, Kind};
use crate::limits::{CHANGE_BYTES, CHANGE_OPERATIONS};
use crate::{ActorId, Refusal, Timestamp};
use automerge::hydrate;
use automerge::transaction::{CommitOptions, OwnedTransaction, Transactable};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, TextEncoding};
use serde_json::{Map, Value};

/// Operations of one change, with room for the maps on the way to a field.
const OPERATIONS: usize = CHANGE_OPERATIONS as usize - 32;
/// Bytes of text and keys of one change; its columns take less than the rest of [`CHANGE_BYTES`].
const BYTES: usize = CHANGE_BYTES / 2;

/// What was written, and the plain chunk of each change, in causal order.
pub(super) type Written = (Automerge, Vec<Vec<u8>>);

pub(super) fn create(
    doc: Automerge,
    actor: ActorId,
    at: Timestamp,
    kind: Kind,
    value: &Value,
) -> Result<Written, Refusal> {
    let (shape, value) = (shape::root(kind), &tidy(value));
    let mut writer = Writer::open(doc, actor, at)?;
    let size = size_of(value, shape);
    if size.fits() {
        writer.room(size)?;
        let hydrate::Value::Map(root) = hydrated(value, shape) else {
            return Err(Refusal::invalid(format!("a {kind} is a map of fields")));
        };
        writer.tx()?.init_root_from_hydrate(&root).map_err(failed)?;
    } else {
        for name in shape.made_with_it() {
            writer.room(Size { ops: 1, bytes: name.len() })?;
            writer.tx()?.put_object(ROOT, name, ObjType::Map).map_err(failed)?;
        }
        for (key, field) in value.as_object().into_iter().flatten() {
            writer.set(&ROOT, key, field, shape.child(key))?;
        }
    }
    writer.close()
}

pub(super) fn edit(
    doc: Automerge,
    actor: ActorId,
    at: Timestamp,
    kind: Kind,
    edits: &[Edit],
) -> Result<Written, Refusal> {
    let mut writer = Writer::open(doc, actor, at)?;
    for edit in edits {
        if let Some(value) = &edit.value {
            check_value(kind, &serde_json::json!({ "value": value }))?;
        }
        writer.apply(shape::root(kind), edit)?;
    }
    writer.close()
}

/// How much of a change something takes.
#[derive(Clone, Copy, Default)]
struct Size {
    ops: usize,
    bytes: usize,
}

impl Size {
    fn fits(self) -> bool {
        self.ops <= OPERATIONS && self.bytes <= BYTES
    }

    fn plus(self, other: Self) -> Self {
        Self { ops: self.ops + other.ops, bytes: self.bytes + other.bytes }
    }
}

struct Writer {
    // Always `Some` between calls: committing takes the document out and opens the next transaction.
    tx: Option<OwnedTransaction>,
    at: Timestamp,
    bytes: usize,
    chunks: Vec<Vec<u8>>,
}

impl Writer {
    fn open(doc: Automerge, actor: ActorId, at: Timestamp) -> Result<Self, Refusal> {
        let doc = doc.with_actor(automerge::ActorId::from(actor.as_bytes().as_slice()));
        Ok(Self { tx: Some(begin(doc)?), at, bytes: 0, chunks: Vec::new() })
    }

    fn tx(&mut self) -> Result<&mut OwnedTransaction, Refusal> {
        self.tx.as_mut().ok_or_else(|| Refusal::malformed("the document was closed while it was written"))
    }

    /// Makes room for this much: begins the next change where it does not fit into this one.
    fn room(&mut self, size: Size) -> Result<(), Refusal> {
        let pending = self.tx()?.pending_ops();
        if pending > 0 && !(Size { ops: pending, bytes: self.bytes }).plus(size).fits() {
            let doc = self.commit()?;
            self.tx = Some(begin(doc)?);
        }
        self.bytes += size.bytes;
        Ok(())
    }

    fn commit(&mut self) -> Result<Automerge, Refusal> {
        let tx = self.tx.take().ok_or_else(|| Refusal::malformed("the document was closed while it was written"))?;
        let (doc, hash, _) = tx.commit_with(CommitOptions::default().with_time(self.at.as_ms()));
        if let Some(change) = hash.and_then(|hash| doc.get_change_by_hash(&hash)) {
            let bytes = change.raw_bytes();
            if bytes.len() > CHANGE_BYTES || change.len() as u64 > CHANGE_OPERATIONS {
                return Err(
                    Refusal::too_large("the edit is larger than one change may be").hint("make it in smaller steps")
                );
            }
            self.chunks.push(bytes.to_vec());
        }
        self.bytes = 0;
        Ok(doc)
    }

    fn close(mut self) -> Result<Written, Refusal> {
        let doc = self.commit()?;
        Ok((doc, self.chunks))
    }

    /// One edit: maps on the way are made where there are none.
    fn apply(&mut self, root: Shape, edit: &Edit) -> Result<(), Refusal> {
        let Some((last, way)) = edit.path.split_last() else {
            return self.set_root(root, edit);
        };
        let (mut object, mut shape) = (ROOT, root);
        for key in way {
            let inner = shape.child(key);
            let found = self.tx()?.get(&object, key.as_str()).map_err(failed)?;
            object = match found {
                Some((automerge::Value::Object(ObjType::Map | ObjType::Table), id)) => id,
                _ if edit.value.is_none() => return Ok(()),
                _ => self.put_map(&object, key, inner)?,
            };
            shape = inner;
        }
        let value = edit.value.as_ref().map_or(Value::Null, tidy);
        self.set(&object, last, &value, shape.child(last))
    }

    fn set_root(&mut self, root: Shape, edit: &Edit) -> Result<(), Refusal> {
        match &edit.value {
            Some(value @ Value::Object(_)) => self.set_fields(&ROOT, &tidy(value), root),
            _ => Err(Refusal::invalid("a document as a whole can only become another map of fields")),
        }
    }

    fn put_map(&mut self, object: &ObjId, key: &str, shape: Shape) -> Result<ObjId, Refusal> {
        self.create(object, key, &Value::Object(Map::new()), shape)?;
        match self.tx()?.get(object, key).map_err(failed)? {
            Some((_, id)) => Ok(id),
            None => Err(Refusal::malformed(format!("{key:?} could not be made"))),
        }
    }

    /// Makes the field hold this value, touching only what differs. Of a map that was made before it holds anything only what it
    /// holds is removed.
    fn set(&mut self, object: &ObjId, key: &str, value: &Value, shape: Shape) -> Result<(), Refusal> {
        let all = self.tx()?.get_all(object, key).map_err(failed)?;
        let settled = all.len() == 1;
        let standing = all.last().map(|(value, id)| (value.to_owned().into_owned(), id.clone()));
        match (value, standing) {
            (Value::Null, None) => Ok(()),
            (Value::Object(fields), None) if fields.is_empty() => Ok(()),
            (Value::Null, Some(_)) if matches!(shape, Shape::Things(_)) => {
                self.set(object, key, &Value::Object(Map::new()), shape)
            }
            (Value::Null, Some(_)) => {
                self.room(Size { ops: 1, bytes: key.len() })?;
                self.tx()?.delete(object, key).map_err(failed)
            }
            (Value::Object(_), Some((automerge::Value::Object(ObjType::Map | ObjType::Table), id))) if settled => {
                self.set_fields(&id, value, shape)
            }
            (Value::Array(entries), Some((automerge::Value::Object(ObjType::List), id))) if settled => {
                self.set_entries(&id, entries)
            }
            (Value::String(text), Some((automerge::Value::Object(ObjType::Text), id))) if settled => {
                self.set_text(&id, text)
            }
            (_, Some((now, id))) if settled && any_value(self.tx()?, &now, &id, 0) == *value => Ok(()),
            _ => self.create(object, key, value, shape),
        }
    }

    fn set_fields(&mut self, object: &ObjId, value: &Value, shape: Shape) -> Result<(), Refusal> {
        let fields = value.as_object();
        let gone: Vec<String> =
            self.tx()?.keys(object).filter(|key| !fields.is_some_and(|fields| fields.contains_key(key))).collect();
        for key in gone {
            self.set(object, &key, &Value::Null, shape.child(&key))?;
        }
        for (key, field) in fields.into_iter().flatten() {
            self.set(object, key, field, shape.child(key))?;
        }
        Ok(())
    }

    /// Lists have no names for their entries: what lies between the common start and end is replaced.
    fn set_entries(&mut self, list: &ObjId, entries: &[Value]) -> Result<(), Refusal> {
        let tx = self.tx()?;
        let length = tx.length(list);
        let mut now = Vec::with_capacity(length);
        for index in 0..length {
            let found = tx.get(list, index).map_err(failed)?;
            now.push(found.map(|(value, id)| any_value(tx, &value, &id, 0)));
        }
        let same = |(now, new): &(&Option<Value>, &Value)| now.as_ref() == Some(*new);
        let start = now.iter().zip(entries).take_while(same).count();
        let rest = now.len().min(entries.len()) - start;
        let end = now.iter().rev().zip(entries.iter().rev()).take(rest).take_while(same).count();
        let (removed, added) = (now.len() - start - end, entries.get(start..entries.len() - end).unwrap_or_default());
        self.room(Size { ops: removed, bytes: 0 })?;
        self.tx()?.splice(list, start, removed as isize, Vec::<hydrate::Value>::new()).map_err(failed)?;
        for (offset, entry) in added.iter().enumerate() {
            self.room(size_of(entry, Shape::Open))?;
            self.tx()?.splice(list, start + offset, 0, [hydrated(entry, Shape::Open)]).map_err(failed)?;
        }
        Ok(())
    }

    fn set_text(&mut self, text: &ObjId, new: &str) -> Result<(), Refusal> {
        let now = self.tx()?.text(text).map_err(failed)?;
        // From the end, so that the positions before stay what they were.
        for hunk in text::hunks(&now, new).iter().rev() {
            self.splice(text, hunk.start, hunk.removed, &hunk.added)?;
        }
        Ok(())
    }

    fn splice(&mut self, object: &ObjId, start: usize, removed: usize, added: &[char]) -> Result<(), Refusal> {
        let mut left = removed;
        while left > 0 {
            let part = left.min(OPERATIONS);
            self.room(Size { ops: part, bytes: 0 })?;
            self.tx()?.splice_text(object, start, part as isize, "").map_err(failed)?;
            left -= part;
        }
        let mut position = start;
        for part in added.chunks(OPERATIONS.min(BYTES / 4)) {
            let part_text: String = part.iter().collect();
            self.room(Size { ops: part.len(), bytes: part_text.len() })?;
            self.tx()?.splice_text(object, position, 0, &part_text).map_err(failed)?;
            position += part.len();
        }
        Ok(())
    }

    /// Puts the value there as something new, in place of all that stands there.
    fn create(&mut self, object: &ObjId, key: &str, value: &Value, shape: Shape) -> Result<(), Refusal> {
        let size = size_of(value, shape).plus(Size { ops: 1, bytes: key.len() });
        if size.fits() {
            self.room(size)?;
            return match hydrated(value, shape) {
                hydrate::Value::Scalar(scalar) => self.tx()?.put(object, key, scalar).map_err(failed),
                whole => self.tx()?.batch_create_object(object, key, &whole, false).map(drop).map_err(failed),
            };
        }
        self.room(Size { ops: 1, bytes: key.len() })?;
        match value {
            Value::Object(fields) => {
                let map = self.put_map(object, key, shape)?;
                for (key, field) in fields {
                    self.set(&map, key, field, shape.child(key))?;
                }
                Ok(())
            }
            Value::Array(entries) => {
                let list = self.tx()?.put_object(object, key, ObjType::List).map_err(failed)?;
                self.set_entries(&list, entries)
            }
            Value::String(text) => {
                let made = self.tx()?.put_object(object, key, ObjType::Text).map_err(failed)?;
                self.splice(&made, 0, 0, &text.chars().collect::<Vec<_>>())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                self.tx()?.put(object, key, scalar(value)).map_err(failed)
            }
        }
    }
}

/// The value without fields that say nothing (null, an empty map): a document reads the same without them.
pub(crate) fn tidy(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let held = fields.iter().map(|(key, field)| (key.clone(), tidy(field)));
            Value::Object(
                held.filter(|(_, field)| !field.is_null() && !field.as_object().is_some_and(Map::is_empty)).collect(),
            )
        }
        Value::Array(entries) => Value::Array(entries.iter().map(tidy).collect()),
        scalar => scalar.clone(),
    }
}

fn begin(doc: Automerge) -> Result<OwnedTransaction, Refusal> {
    doc.into_transaction(None, None).map_err(|e| Refusal::malformed(format!("the document cannot be written: {e}")))
}

fn size_of(value: &Value, shape: Shape) -> Size {
    match value {
        Value::Null => Size::default(),
        Value::Bool(_) | Value::Number(_) => Size { ops: 1, bytes: 9 },
        Value::String(text) if matches!(shape, Shape::Text) => {
            Size { ops: 1 + text.chars().count(), bytes: text.len() }
        }
        Value::String(text) => Size { ops: 1, bytes: text.len() },
        Value::Array(entries) => {
            entries.iter().map(|entry| size_of(entry, Shape::Open)).fold(Size { ops: 1, bytes: 0 }, Size::plus)
        }
        Value::Object(fields) => {
            let made = shape.made_with_it().map(|name| Size { ops: 1, bytes: name.len() });
            let held = fields
                .iter()
                .map(|(key, field)| size_of(field, shape.child(key)).plus(Size { ops: 0, bytes: key.len() }));
            made.chain(held).fold(Size { ops: 1, bytes: 0 }, Size::plus)
        }
    }
}

#[expect(clippy::disallowed_types, reason = "Automerge takes its maps from no other, and sorts the keys itself")]
fn hydrated(value: &Value, shape: Shape) -> hydrate::Value {
    match value {
        Value::String(text) if matches!(shape, Shape::Text) => {
            hydrate::Value::text(TextEncoding::UnicodeCodePoint, text)
        }
        Value::Array(entries) => {
            hydrate::Value::from(entries.iter().map(|entry| hydrated(entry, Shape::Open)).collect::<Vec<_>>())
        }
        Value::Object(fields) => {
            let mut map: std::collections::HashMap<String, hydrate::Value> =
                shape.made_with_it().map(|name| (name.to_owned(), hydrate::Value::map())).collect();
            let held = fields.iter().filter(|(_, field)| !field.is_null());
            map.extend(held.map(|(key, field)| (key.clone(), hydrated(field, shape.child(key)))));
            hydrate::Value::Map(hydrate::Map::from(map))
        }
        scalar_value => hydrate::Value::Scalar(scalar(scalar_value)),
    }
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Bool(b) => ScalarValue::Boolean(*b),
        Value::String(text) => ScalarValue::Str(text.as_str().into()),
        Value::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => ScalarValue::Int(n),
            (None, Some(n)) => ScalarValue::Uint(n),
            (None, None) => n.as_f64().map_or(ScalarValue::Null, ScalarValue::F64),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => ScalarValue::Null,
    }
}

fn failed(error: automerge::AutomergeError) -> Refusal {
    Refusal::malformed(format!("the document cannot be written: {error}"))
}
