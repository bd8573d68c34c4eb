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
    pub(in super::super) counter: u32,
    pub(in super::super) actor: u32,
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

/// Where one operation is and what it does, its references as they stand in the change.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Operation<'a> {
    /// `None` for the root.
    pub(in super::super) object: Option<Id>,
    pub(in super::super) key: Key<'a>,
    pub(in super::super) insert: bool,
    action: u64,
}

/// For each operation, what it takes the place of.
pub(in super::super) struct Predecessors {
    counts: Vec<u64>,
    ids: Vec<Id>,
}

impl Predecessors {
    /// One slice an operation, in order.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = &[Id]> {
        let mut rest = self.ids.as_slice();
        self.counts.iter().map(move |count| {
            let (own, others) = rest.split_at_checked(usize::try_from(*count).unwrap_or(0)).unwrap_or_default();
            rest = others;
            own
        })
    }
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

/// Checks every column and operation; gives how many operations there are.
pub(super) fn check(header: &Header<'_>) -> Result<u64, Refusal> {
    let operations = read_operations(header)?;
    if operations.is_empty() {
        return if header.columns.is_empty() && header.others.is_empty() {
            Ok(0)
        } else {
            Err(Refusal::malformed("a change has columns or other actors and no operations"))
        };
    }
    let entries = operations.len();
    let data = header.column(column::VALUE_METADATA);
    let metadata = Column { data, name: "value metadata", entries }.required(Reader::unsigned)?;
    let values = read_values(&metadata, header.column(column::VALUE))?;
    let predecessors = read_predecessors(header, entries)?;
    let actors: Vec<_> = header.actors().collect();
    let mut walk = Walk {
        start_op: u32::try_from(header.start_op)
            .map_err(|_| Refusal::too_large("a change that counts over 32 bits"))?,
        actors: &actors,
        used: vec![false; actors.len()],
        shapes: BTreeMap::new(),
        last: None,
        before: &[],
    };
    for (place, ((operation, value), predecessors)) in
        operations.iter().zip(values).zip(predecessors.iter()).enumerate()
    {
        walk.before = operations.get(..place).unwrap_or_default();
        walk.check(operation, value, predecessors)?;
    }
    if walk.used.iter().skip(1).any(|used| !used) {
        return Err(Refusal::malformed("a change lists an actor that it does not refer to"));
    }
    Ok(entries as u64)
}

/// Reads where every operation is and what it does; not its value, nor what it replaces.
pub(super) fn read_operations<'a>(header: &Header<'a>) -> Result<Vec<Operation<'a>>, Refusal> {
    let entries = column::count_operations(header.column(column::ACTION))?;
    if entries == 0 {
        return Ok(Vec::new());
    }
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
    let mut operations = Vec::with_capacity(entries);
    for (((action, object), (key, text)), insert) in actions.into_iter().zip(objects).zip(keys.zip(texts)).zip(inserts)
    {
        operations.push(Operation { object: read_object(object)?, key: join_key(key, text)?, insert, action });
    }
    Ok(operations)
}

/// An actor and a counter of one operation, either of which its column may leave out.
type Pair = (Option<u64>, Option<u64>);

fn pairs(actors: Vec<Option<u64>>, counters: Vec<Option<u64>>) -> impl Iterator<Item = Pair> {
    actors.into_iter().zip(counters)
}

fn read_id(actor: u64, counter: u64) -> Result<Id, Refusal> {
    match (u32::try_from(actor), u32::try_from(counter)) {
        (Ok(actor), Ok(counter)) => Ok(Id { counter, actor }),
        _ => Err(Refusal::malformed("an operation refers to an actor or a counter over 32 bits")),
    }
}

fn read_object(object: Pair) -> Result<Option<Id>, Refusal> {
    match object {
        (None, None) => Ok(None),
        (Some(actor), Some(counter)) if counter > 0 => read_id(actor, counter).map(Some),
        _ => Err(Refusal::malformed("an operation is in an object that is half an id")),
    }
}

fn join_key<'a>(key: Pair, text: Option<&'a str>) -> Result<Key<'a>, Refusal> {
    match (key, text) {
        ((None, None), Some(text)) => Ok(Key::Map(text)),
        ((None, Some(0)), None) => Ok(Key::Head),
        ((Some(actor), Some(counter)), None) if counter > 0 => read_id(actor, counter).map(Key::Element),
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

/// Reads what every operation takes the place of.
pub(super) fn read_predecessors(header: &Header<'_>, entries: usize) -> Result<Predecessors, Refusal> {
    if entries == 0 {
        return Ok(Predecessors { counts: Vec::new(), ids: Vec::new() });
    }
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
    let ids =
        actors.into_iter().zip(counters).map(|(actor, counter)| read_id(actor, counter)).collect::<Result<_, _>>()?;
    Ok(Predecessors { counts, ids })
}

/// The state of a walk over one change's operations.
struct Walk<'o, 'a> {
    start_op: u32,
    actors: &'o [&'o ActorId],
    used: Vec<bool>,
    shapes: BTreeMap<Id, Shape>,
    /// The object of the operation before: most texts are one run of operations in one object.
    last: Option<(Id, Shape)>,
    before: &'o [Operation<'a>],
}

impl<'o, 'a> Walk<'o, 'a> {
    fn check(&mut self, operation: &Operation<'a>, value: Value, predecessors: &[Id]) -> Result<(), Refusal> {
        self.check_object(operation)?;
        self.check_key(operation)?;
        check_action(operation, value)?;
        self.check_predecessors(operation, predecessors)?;
        if let Some(shape) = operation.makes() {
            self.shapes.insert(self.next_id(), shape);
        }
        Ok(())
    }

    /// The id of the operation that is being checked.
    fn next_id(&self) -> Id {
        let before = u32::try_from(self.before.len()).unwrap_or(u32::MAX);
        Id { counter: self.start_op.saturating_add(before), actor: 0 }
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
            Some(id) if self.last.is_some_and(|(last, _)| last == id) => self.last.map_or(shape, |(_, shape)| shape),
            Some(id) => {
                let is_made_here = self.resolve(id)?.is_some();
                if is_made_here && !self.shapes.contains_key(&id) {
                    return Err(Refusal::malformed("an operation is in an object that is none"));
                }
                let known = *self.shapes.entry(id).or_insert(shape);
                self.last = Some((id, known));
                known
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

    fn check_predecessors(&mut self, operation: &Operation<'a>, predecessors: &[Id]) -> Result<(), Refusal> {
        if operation.insert && !predecessors.is_empty() {
            return Err(Refusal::malformed("an operation inserts what stands already"));
        }
        if matches!(operation.action, action::DELETE | action::INCREMENT) && predecessors.is_empty() {
            return Err(Refusal::malformed("an operation deletes or counts on nothing"));
        }
        let mut last = None;
        for id in predecessors {
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

fn check_action(operation: &Operation<'_>, value: Value) -> Result<(), Refusal> {
    let is_fitting = match operation.action {
        action::SET => true,
        action::MAKE_MAP | action::MAKE_LIST | action::MAKE_TEXT => value == Value::Null,
        action::DELETE => value == Value::Null && !operation.insert,
        action::INCREMENT => value == Value::Whole && !operation.insert,
        other => return Err(Refusal::malformed(format!("an operation has the unknown action {other}"))),
    };
    if is_fitting { Ok(()) } else { Err(Refusal::malformed("an operation has a value that its action has no use for")) }
}
