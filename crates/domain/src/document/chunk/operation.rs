//! Walks a change's operations: what each refers to must be able to stand before it.
//!
//! What a change refers to within itself is checked in full. What it refers to in earlier changes is checked by
//! counter and actor alone here, and in full by the document's history ([`super::super::History::check_references`]).

use super::Header;
use super::column::{self, Column};
use super::reader::Reader;
use crate::{ActorId, Refusal, limits};
use std::collections::BTreeMap;

/// Automerge's action numbers.
mod action {
    pub(super) const MAKE_MAP: u64 = 0;
    pub(super) const SET: u64 = 1;
    pub(super) const MAKE_LIST: u64 = 2;
    pub(super) const DELETE: u64 = 3;
    pub(super) const MAKE_TEXT: u64 = 4;
    pub(super) const INCREMENT: u64 = 5;
}

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Shape {
    /// Keys.
    Map,
    /// Elements: a list or a text.
    Sequence,
}

/// An operation's id: its counter, then its actor's place among the change's actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Id {
    pub(in super::super) counter: u64,
    pub(in super::super) actor: u64,
}

/// Where in its object an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Key<'a> {
    /// A key of a map.
    Map(&'a str),
    /// Before the first element of a sequence.
    Head,
    /// An element of a sequence, or for an insertion the one it goes behind.
    Element(Id),
}

/// The shape of a value; what it holds was checked while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Null,
    Whole,
    Other,
}

/// One operation, its references as they stand in the change.
#[derive(Debug)]
pub(in super::super) struct Operation<'a> {
    /// `None` for the root.
    pub(in super::super) object: Option<Id>,
    pub(in super::super) key: Key<'a>,
    pub(in super::super) insert: bool,
    action: u64,
    value: Value,
    pub(in super::super) predecessors: Vec<Id>,
}

impl Operation<'_> {
    /// The shape of the object it makes, when it makes one.
    pub(in super::super) fn makes(&self) -> Option<Shape> {
        match self.action {
            action::MAKE_MAP => Some(Shape::Map),
            action::MAKE_LIST | action::MAKE_TEXT => Some(Shape::Sequence),
            _ => None,
        }
    }

    /// The shape that its object must have.
    pub(in super::super) fn is_on(&self) -> Shape {
        match self.key {
            Key::Map(_) => Shape::Map,
            Key::Head | Key::Element(_) => Shape::Sequence,
        }
    }

    /// Whether it only takes away: nothing stands where it was.
    pub(in super::super) fn is_deletion(&self) -> bool {
        self.action == action::DELETE
    }
}

/// The operations of a change that passed [`super::inspect`].
pub(super) fn read_all<'a>(header: &Header<'a>) -> Result<Vec<Operation<'a>>, Refusal> {
    let entries = column::count_operations(header.column(column::ACTION))?;
    if entries == 0 { Ok(Vec::new()) } else { read(header, entries) }
}

/// Checks every column and operation; gives how many operations there are.
pub(super) fn check(header: &Header<'_>) -> Result<u64, Refusal> {
    let entries = column::count_operations(header.column(column::ACTION))?;
    if entries == 0 && !header.columns.is_empty() {
        return Err(Refusal::malformed("a change has columns and no operations"));
    }
    if entries > 0 {
        let operations = read(header, entries)?;
        let actors: Vec<_> = header.actors().collect();
        let mut walk = Walk {
            start_op: header.start_op,
            actors: &actors,
            used: vec![false; actors.len()],
            shapes: BTreeMap::new(),
            before: Vec::with_capacity(entries),
        };
        for operation in &operations {
            walk.check(operation)?;
        }
        if walk.used.iter().skip(1).any(|used| !used) {
            return Err(Refusal::malformed("a change lists an actor that it does not refer to"));
        }
    } else if !header.others.is_empty() {
        return Err(Refusal::malformed("a change lists an actor that it does not refer to"));
    }
    Ok(entries as u64)
}

/// Reads every operation from the columns.
fn read<'a>(header: &Header<'a>, entries: usize) -> Result<Vec<Operation<'a>>, Refusal> {
    let column = |specification, name| Column { data: header.column(specification), name, entries };
    let actions = column(column::ACTION, "action").required(Reader::unsigned)?;
    let objects = pairs(
        column(column::OBJECT_ACTOR, "object actor").optional(Reader::unsigned)?,
        column(column::OBJECT_COUNTER, "object counter").optional(Reader::unsigned)?,
    );
    let keys = pairs(
        column(column::KEY_ACTOR, "key actor").optional(Reader::unsigned)?,
        column(column::KEY_COUNTER, "key counter").optional_deltas()?,
    );
    let texts = column(column::KEY_TEXT, "key text").optional(read_key)?;
    let inserts = column(column::INSERT, "insert").booleans()?;
    let metadata = column(column::VALUE_METADATA, "value metadata").required(Reader::unsigned)?;
    let values = read_values(&metadata, header.column(column::VALUE))?;
    let predecessors = read_predecessors(header, entries)?;

    let rows = actions.into_iter().zip(objects).zip(keys.zip(texts)).zip(inserts.into_iter().zip(values));
    rows.zip(predecessors)
        .map(|((((action, object), (key, text)), (insert, value)), predecessors)| {
            let (object, key) = (read_object(object)?, join_key(key, text)?);
            Ok(Operation { object, key, insert, action, value, predecessors })
        })
        .collect()
}

/// An actor and a counter of one operation, either of which its column may leave out.
type Pair = (Option<u64>, Option<u64>);

fn pairs(actors: Vec<Option<u64>>, counters: Vec<Option<u64>>) -> impl Iterator<Item = Pair> {
    actors.into_iter().zip(counters)
}

fn read_object(object: Pair) -> Result<Option<Id>, Refusal> {
    match object {
        (None, None) => Ok(None),
        (Some(actor), Some(counter)) if counter > 0 => Ok(Some(Id { counter, actor })),
        _ => Err(Refusal::malformed("an operation is in an object that is half an id")),
    }
}

fn join_key<'a>(key: Pair, text: Option<&'a str>) -> Result<Key<'a>, Refusal> {
    match (key, text) {
        ((None, None), Some(text)) => Ok(Key::Map(text)),
        ((None, Some(0)), None) => Ok(Key::Head),
        ((Some(actor), Some(counter)), None) if counter > 0 => Ok(Key::Element(Id { counter, actor })),
        _ => Err(Refusal::malformed("an operation has no key, half a key or two keys")),
    }
}

fn read_key<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Refusal> {
    let key = reader.text()?;
    if key.len() > limits::KEY_BYTES {
        return Err(Refusal::too_large(format!("a change has a key of {} bytes", key.len())));
    }
    if key.contains('\0') {
        return Err(Refusal::malformed("a change has a key with a NUL character"));
    }
    Ok(key)
}

fn read_values(metadata: &[u64], data: &[u8]) -> Result<Vec<Value>, Refusal> {
    let mut reader = Reader::new(data, "values");
    let values = metadata
        .iter()
        .map(|meta| {
            let bytes = reader.take(meta >> 4)?;
            read_value(meta & 0xf, bytes)
        })
        .collect::<Result<_, Refusal>>()?;
    reader.end()?;
    Ok(values)
}

/// One value of a type of the format's section on value columns.
fn read_value(value_type: u64, bytes: &[u8]) -> Result<Value, Refusal> {
    let mut reader = Reader::new(bytes, "values");
    let value = match value_type {
        0 => Value::Null,
        1 | 2 => Value::Other,
        3 => reader.unsigned().map(|_| Value::Whole)?,
        4 => reader.signed().map(|_| Value::Whole)?,
        8 | 9 => reader.signed().map(|_| Value::Other)?,
        5 => read_float(&mut reader)?,
        6 => read_text(&mut reader, bytes)?,
        7 => read_bytes(&mut reader, bytes)?,
        other => return Err(Refusal::malformed(format!("a change has a value of the unknown type {other}"))),
    };
    reader.end()?;
    Ok(value)
}

fn read_float(reader: &mut Reader<'_>) -> Result<Value, Refusal> {
    let bytes = reader.take(8)?.first_chunk::<8>().copied().unwrap_or_default();
    if f64::from_le_bytes(bytes).is_finite() {
        Ok(Value::Other)
    } else {
        Err(Refusal::malformed("a change has a number that is not finite"))
    }
}

fn read_text(reader: &mut Reader<'_>, bytes: &[u8]) -> Result<Value, Refusal> {
    read_bytes(reader, bytes)?;
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err(Refusal::malformed("a change has text with a NUL character")),
        Ok(_) => Ok(Value::Other),
        Err(_) => Err(Refusal::malformed("a change has text that is not UTF-8")),
    }
}

fn read_bytes(reader: &mut Reader<'_>, bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.len() > limits::TEXT_BYTES {
        return Err(Refusal::too_large(format!("a change has a text of {} bytes", bytes.len())));
    }
    reader.take(bytes.len() as u64)?;
    Ok(Value::Other)
}

fn read_predecessors(header: &Header<'_>, entries: usize) -> Result<Vec<Vec<Id>>, Refusal> {
    let data = header.column(column::PREDECESSOR_COUNT);
    let counts = Column { data, name: "predecessor count", entries }.required(Reader::unsigned)?;
    let total = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    if total > limits::CHANGE_PREDECESSORS {
        return Err(Refusal::too_large(format!("a change whose operations replace {total} others")));
    }
    let entries = usize::try_from(total).unwrap_or(usize::MAX);
    let column = |specification, name| Column { data: header.column(specification), name, entries };
    let actors = column(column::PREDECESSOR_ACTOR, "predecessor actor").required(Reader::unsigned)?;
    let counters = column(column::PREDECESSOR_COUNTER, "predecessor counter").required_deltas()?;
    let mut ids = actors.into_iter().zip(counters).map(|(actor, counter)| Id { counter, actor });
    Ok(counts.into_iter().map(|count| ids.by_ref().take(usize::try_from(count).unwrap_or(0)).collect()).collect())
}

/// The state of a walk over one change's operations.
struct Walk<'o, 'a> {
    start_op: u64,
    actors: &'o [&'o ActorId],
    used: Vec<bool>,
    shapes: BTreeMap<Id, Shape>,
    before: Vec<&'o Operation<'a>>,
}

impl<'o, 'a> Walk<'o, 'a> {
    fn check(&mut self, operation: &'o Operation<'a>) -> Result<(), Refusal> {
        self.check_object(operation)?;
        self.check_key(operation)?;
        check_action(operation)?;
        self.check_predecessors(operation)?;
        if let Some(shape) = operation.makes() {
            self.shapes.insert(self.next_id(), shape);
        }
        self.before.push(operation);
        Ok(())
    }

    /// The id of the operation that is being checked.
    fn next_id(&self) -> Id {
        Id { counter: self.start_op.saturating_add(self.before.len() as u64), actor: 0 }
    }

    /// An id must name a listed actor and an operation before this one. Gives that operation where it is of this
    /// change; anyone else's must be from before the change began.
    fn resolve(&mut self, id: Id) -> Result<Option<&'o Operation<'a>>, Refusal> {
        let used = usize::try_from(id.actor).ok().and_then(|place| self.used.get_mut(place));
        *used.ok_or_else(|| Refusal::malformed("an operation names an actor that the change does not list"))? = true;
        if id.counter == 0 {
            return Err(Refusal::malformed("an operation refers to operation 0"));
        }
        if id.counter < self.start_op {
            return Ok(None);
        }
        let place = usize::try_from(id.counter - self.start_op).unwrap_or(usize::MAX);
        match self.before.get(place) {
            Some(operation) if id.actor == 0 => Ok(Some(operation)),
            _ => Err(Refusal::malformed("an operation refers to one that comes after it")),
        }
    }

    fn check_object(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        let shape = operation.is_on();
        let known = match operation.object {
            None => Shape::Map,
            Some(id) => {
                let is_made_here = self.resolve(id)?.is_some();
                if is_made_here && !self.shapes.contains_key(&id) {
                    return Err(Refusal::malformed("an operation is in an object that is none"));
                }
                *self.shapes.entry(id).or_insert(shape)
            }
        };
        if known == shape { Ok(()) } else { Err(Refusal::malformed("an operation has the wrong sort of key")) }
    }

    fn check_key(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        match operation.key {
            Key::Map(_) if operation.insert => Err(Refusal::malformed("an operation inserts into a map")),
            Key::Head if !operation.insert => Err(Refusal::malformed("an operation changes the head of a sequence")),
            Key::Map(_) | Key::Head => Ok(()),
            Key::Element(id) => match self.resolve(id)? {
                Some(element) if !element.insert || element.object != operation.object => {
                    Err(Refusal::malformed("an operation refers to an element that is none"))
                }
                _ => Ok(()),
            },
        }
    }

    fn check_predecessors(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        if operation.insert && !operation.predecessors.is_empty() {
            return Err(Refusal::malformed("an operation inserts what stands already"));
        }
        if matches!(operation.action, action::DELETE | action::INCREMENT) && operation.predecessors.is_empty() {
            return Err(Refusal::malformed("an operation deletes or counts on nothing"));
        }
        let mut last = None;
        for id in &operation.predecessors {
            if let Some(replaced) = self.resolve(*id)? {
                let is_same_place = replaced.object == operation.object && place(replaced, *id) == operation.key;
                if !is_same_place || replaced.is_deletion() {
                    return Err(Refusal::malformed("an operation replaces one in another place"));
                }
            }
            let order = (id.counter, usize::try_from(id.actor).ok().and_then(|a| self.actors.get(a)));
            if last.is_some_and(|last| last >= order) {
                return Err(Refusal::malformed("an operation lists what it replaces out of order or twice"));
            }
            last = Some(order);
        }
        Ok(())
    }
}

/// The key that later operations on the same place have.
fn place<'a>(operation: &Operation<'a>, id: Id) -> Key<'a> {
    if operation.insert { Key::Element(id) } else { operation.key }
}

fn check_action(operation: &Operation<'_>) -> Result<(), Refusal> {
    let is_fitting = match operation.action {
        action::SET => true,
        action::MAKE_MAP | action::MAKE_LIST | action::MAKE_TEXT => operation.value == Value::Null,
        action::DELETE => operation.value == Value::Null && !operation.insert,
        action::INCREMENT => operation.value == Value::Whole && !operation.insert,
        other => return Err(Refusal::malformed(format!("an operation has the unknown action {other}"))),
    };
    if is_fitting { Ok(()) } else { Err(Refusal::malformed("an operation has a value that its action has no use for")) }
}
