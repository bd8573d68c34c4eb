//! Import of HSDS-UK 3.0: rows of a feed become listings and organisations, and a plan of what would change here.
//!
//! Pure: the caller reads (and inflates) the bytes. It asks [`Form::of`] how the rows stand in them, reads each row with
//! [`read_line`] or all with [`read_document`], hands every row to [`Import::take`], good or bad, and lays what came of it beside
//! what stands here with [`plan`]. A bad row is noted with its number and reason, and the others go on.

mod map;
mod plan;
mod record;
mod row;

#[cfg(test)]
mod tests;

pub use map::{Mapped, map};
pub use plan::{Known, Plan, plan};
pub use row::{Form, ROW_BYTES, read_document, read_line};

use crate::{RecordId, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Where records come from, as the listing will say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The feed's lasting name: the base of ids that are no UUIDs, and of the comparison with the last import.
    pub feed: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// What has to be shown with it.
    pub attribution: Option<String>,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Its line in a file of lines, else its place in the document, from 1.
    pub row: u64,
    /// Why not.
    pub reason: Refusal,
}

/// The rows of one run, as they become documents.
#[derive(Clone, Debug, Default)]
pub struct Import {
    source: Source,
    rows: BTreeMap<RecordId, u64>,
    /// Listings by record, in order of their ids.
    pub listings: BTreeMap<RecordId, Value>,
    /// The organisations that the listings named, each once.
    pub organisations: BTreeMap<RecordId, Value>,
    /// Rows that were not taken, in the order they came.
    pub bad: Vec<BadRow>,
}

impl Import {
    /// Of this source, with no rows yet.
    pub fn new(source: Source) -> Self {
        Self { source, ..Self::default() }
    }

    /// Takes one row, or notes why not.
    pub fn take(&mut self, row: u64, record: Result<Value, Refusal>) {
        let mapped = record.and_then(|record| map(record, &self.source)).and_then(|mapped| self.enter(row, mapped));
        if let Err(reason) = mapped {
            self.bad.push(BadRow { row, reason });
        }
    }

    fn enter(&mut self, row: u64, mapped: Mapped) -> Result<(), Refusal> {
        let (id, listing) = mapped.listing;
        match self.rows.entry(id) {
            Entry::Occupied(first) => {
                return Err(Refusal::invalid(format!("record {id} stands in row {} already", first.get()))
                    .hint("each service has an id of its own; the first row was taken"));
            }
            Entry::Vacant(place) => place.insert(row),
        };
        self.listings.insert(id, listing);
        if let Some((id, organisation)) = mapped.organisation {
            fill(self.organisations.entry(id).or_insert_with(|| Value::Object(Map::new())), organisation);
        }
        Ok(())
    }
}

/// An organisation that several rows describe has what the first said, and from the others what the first left out.
fn fill(held: &mut Value, more: Value) {
    if let (Some(held), Value::Object(more)) = (held.as_object_mut(), more) {
        for (key, value) in more {
            held.entry(key).or_insert(value);
        }
    }
}
