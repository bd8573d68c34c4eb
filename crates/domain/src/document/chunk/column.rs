//! Columns: run lengths, differences and truth values, expanded only as far as there are operations.
//!
//! Every column must be packed as Automerge packs it: the shortest way, and absent when it says nothing.

use super::reader::Reader;
use crate::{Refusal, limits};

/// Which object an operation is in: its actor, then its counter; both null for the root.
pub(super) const OBJECT_ACTOR: u32 = 0x01;
pub(super) const OBJECT_COUNTER: u32 = 0x02;
/// Which element of a sequence; both null for a map, a counter of 0 alone for the head.
pub(super) const KEY_ACTOR: u32 = 0x11;
pub(super) const KEY_COUNTER: u32 = 0x13;
/// Which key of a map.
pub(super) const KEY_TEXT: u32 = 0x15;
pub(super) const INSERT: u32 = 0x34;
pub(super) const ACTION: u32 = 0x42;
/// Length and type of each value; the values themselves.
pub(super) const VALUE_METADATA: u32 = 0x56;
pub(super) const VALUE: u32 = 0x57;
/// The operations each operation takes the place of: how many, then their ids.
pub(super) const PREDECESSOR_COUNT: u32 = 0x70;
pub(super) const PREDECESSOR_ACTOR: u32 = 0x71;
pub(super) const PREDECESSOR_COUNTER: u32 = 0x73;

/// The columns a change may have, in their order.
pub(super) const KNOWN: [u32; 12] = [
    OBJECT_ACTOR,
    OBJECT_COUNTER,
    KEY_ACTOR,
    KEY_COUNTER,
    KEY_TEXT,
    INSERT,
    ACTION,
    VALUE_METADATA,
    VALUE,
    PREDECESSOR_COUNT,
    PREDECESSOR_ACTOR,
    PREDECESSOR_COUNTER,
];

/// Refuses a column specification that no change has.
pub(super) fn known(specification: u64) -> Result<u32, Refusal> {
    let known = u32::try_from(specification).ok().filter(|s| KNOWN.contains(s));
    known.ok_or_else(|| {
        Refusal::malformed(match specification {
            s if s & 8 != 0 => format!("a change has the deflated column {s:#x}"),
            0x94 | 0xa5 => "a change marks text, and changes mark none".to_owned(),
            s => format!("a change has the unknown column {s:#x}"),
        })
    })
}

/// A column to expand: its data, what it is called, and how many entries there may be.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) data: &'a [u8],
    pub(super) name: &'static str,
    pub(super) entries: usize,
}

/// What stood before in a run-length column, to tell the shortest packing from longer ones.
enum Before<T> {
    Start,
    Null,
    Run(T),
    Literal(T),
}

impl<'a> Column<'a> {
    /// Run lengths over values that may be null: `entries` of them, or an absent column for all null.
    pub(super) fn optional<T: Copy + PartialEq>(
        self,
        read: impl Fn(&mut Reader<'a>) -> Result<T, Refusal>,
    ) -> Result<Vec<Option<T>>, Refusal> {
        if self.data.is_empty() {
            return Ok(vec![None; self.entries]);
        }
        let values = self.runs(read)?;
        if values.iter().all(Option::is_none) {
            return Err(self.refuse("says nothing and should be absent"));
        }
        Ok(values)
    }

    /// Run lengths over values none of which is null: exactly `entries` of them.
    pub(super) fn required<T: Copy + PartialEq>(
        self,
        read: impl Fn(&mut Reader<'a>) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        self.runs(read)?.into_iter().collect::<Option<_>>().ok_or_else(|| self.refuse("has a null"))
    }

    /// Counters, each packed as its difference to the one before.
    pub(super) fn optional_deltas(self) -> Result<Vec<Option<u64>>, Refusal> {
        let deltas = self.optional(Reader::signed)?;
        let mut absolute = 0_i64;
        deltas.into_iter().map(|d| d.map(|d| self.counter(&mut absolute, d)).transpose()).collect()
    }

    /// Counters none of which is null, each packed as its difference to the one before.
    pub(super) fn required_deltas(self) -> Result<Vec<u64>, Refusal> {
        let deltas = self.required(Reader::signed)?;
        let mut absolute = 0_i64;
        deltas.into_iter().map(|d| self.counter(&mut absolute, d)).collect()
    }

    /// Truth values: runs that alternate, the first of them false.
    pub(super) fn booleans(self) -> Result<Vec<bool>, Refusal> {
        let mut reader = Reader::new(self.data, self.name);
        let mut values = Vec::new();
        let mut value = false;
        while !reader.is_empty() {
            let count = reader.unsigned()?;
            if count == 0 && (value || !values.is_empty() || reader.is_empty()) {
                return Err(self.refuse("has an empty run"));
            }
            self.extend(&mut values, value, count)?;
            value = !value;
        }
        self.complete(values)
    }

    fn runs<T: Copy + PartialEq>(
        self,
        read: impl Fn(&mut Reader<'a>) -> Result<T, Refusal>,
    ) -> Result<Vec<Option<T>>, Refusal> {
        let mut reader = Reader::new(self.data, self.name);
        let mut values = Vec::new();
        let mut before = Before::Start;
        while !reader.is_empty() {
            before = match reader.signed()? {
                0 => {
                    let count = reader.unsigned()?;
                    if count == 0 || matches!(before, Before::Null) {
                        return Err(self.refuse("has a split or empty run"));
                    }
                    self.extend(&mut values, None, count)?;
                    Before::Null
                }
                1 => return Err(self.refuse("has a run of one")),
                count if count > 0 => {
                    let value = read(&mut reader)?;
                    if matches!(before, Before::Run(b) | Before::Literal(b) if b == value) {
                        return Err(self.refuse("has a split or empty run"));
                    }
                    self.extend(&mut values, Some(value), count.unsigned_abs())?;
                    Before::Run(value)
                }
                count => self.literal(&mut reader, &mut values, &before, count.unsigned_abs(), &read)?,
            };
        }
        self.complete(values)
    }

    /// A run of values each unlike the one before it.
    fn literal<T: Copy + PartialEq>(
        self,
        reader: &mut Reader<'a>,
        values: &mut Vec<Option<T>>,
        before: &Before<T>,
        count: u64,
        read: impl Fn(&mut Reader<'a>) -> Result<T, Refusal>,
    ) -> Result<Before<T>, Refusal> {
        let mut last = match before {
            Before::Literal(_) => return Err(self.refuse("has a split or empty run")),
            Before::Run(value) => Some(*value),
            Before::Start | Before::Null => None,
        };
        for _ in 0..count {
            let value = read(reader)?;
            if last == Some(value) {
                return Err(self.refuse("spells out what is a run"));
            }
            self.extend(values, Some(value), 1)?;
            last = Some(value);
        }
        last.map(Before::Literal).ok_or_else(|| self.refuse("has a split or empty run"))
    }

    /// Adds a run, unless it goes past the entries there are: decided before anything is allocated.
    fn extend<T: Copy>(self, values: &mut Vec<T>, value: T, count: u64) -> Result<(), Refusal> {
        let room = self.entries.saturating_sub(values.len());
        match usize::try_from(count) {
            Ok(count) if count <= room => {
                values.extend(std::iter::repeat_n(value, count));
                Ok(())
            }
            _ => Err(self.refuse("has more entries than there are operations for")),
        }
    }

    fn complete<T>(self, values: Vec<T>) -> Result<Vec<T>, Refusal> {
        if values.len() == self.entries { Ok(values) } else { Err(self.refuse("has fewer entries than operations")) }
    }

    fn counter(self, absolute: &mut i64, delta: i64) -> Result<u64, Refusal> {
        *absolute = absolute.saturating_add(delta);
        u64::try_from(*absolute)
            .ok()
            .filter(|c| *c < limits::OPERATION_COUNTER)
            .ok_or_else(|| self.refuse("has a counter out of range"))
    }

    fn refuse(self, what: &str) -> Refusal {
        Refusal::malformed(format!("the {} column of a change {what}", self.name))
    }
}

/// How many operations a change holds: its action column's run lengths, summed without following any.
pub(super) fn count_operations(data: &[u8]) -> Result<usize, Refusal> {
    let mut reader = Reader::new(data, "action");
    let mut total = 0_u64;
    while !reader.is_empty() {
        let count = reader.signed()?;
        let values = match count {
            0 => return Err(Refusal::malformed("the action column of a change has a null")),
            1.. => 1,
            _ => count.unsigned_abs(),
        };
        total = total.saturating_add(count.unsigned_abs());
        if total > limits::CHANGE_OPERATIONS {
            return Err(Refusal::too_large(format!("a change of more than {} operations", limits::CHANGE_OPERATIONS)));
        }
        for _ in 0..values {
            reader.unsigned()?;
        }
    }
    usize::try_from(total).map_err(|_| Refusal::too_large("a change of too many operations"))
}
