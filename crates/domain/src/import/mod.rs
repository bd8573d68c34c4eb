//! Import: records of another form become listings and organisations, and a plan of what would change here; and the way back.
//!
//! Pure: the caller reads (and inflates) the bytes. It asks [`Form::of`] what they are. HSDS-UK 3.0 is read row by row with
//! [`read_line`] or at once with [`read_document`], and every row handed to [`Import::take`], good or bad; a folder of HSDS 1.1
//! goes through a [`Package`], a spreadsheet saved as CSV through a [`Sheet`], and both come out as an [`Import`]. What came of it
//! is laid beside what stands here with [`plan`]. A bad row is noted with its place and reason, and the others go on.
//! What a run did is kept as [`Change`]s, from which [`undo`] says how to take it back.

mod change;
mod map;
mod package;
mod plan;
mod record;
mod row;
mod sheet;
mod table;
mod when;

#[cfg(test)]
mod tests;

pub use change::{Change, Done, FieldChange, State, Undo, undo};
pub use map::{Mapped, map};
pub use package::{Package, table_name};
pub use plan::{Known, Plan, plan};
pub use row::{Form, ROW_BYTES, read_document, read_line};
pub use sheet::{Assigned, Column, How, Mapping, Sheet};
pub use table::{CELL_BYTES, Cells, Rows, TABLE_BYTES, TABLE_COLUMNS, TABLE_ROWS, Table};

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
    /// Its file, where there is more than one, or could be.
    pub file: Option<String>,
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
    /// What else somebody should know before it is written.
    pub notes: Vec<String>,
}

impl Import {
    /// Of this source, with no rows yet.
    pub fn new(source: Source) -> Self {
        Self { source, ..Self::default() }
    }

    /// Takes one row, or notes why not.
    pub fn take(&mut self, row: u64, record: Result<Value, Refusal>) {
        self.take_from(None, row, record);
    }

    /// The same of a row of a file with this name.
    fn take_from(&mut self, file: Option<&str>, row: u64, record: Result<Value, Refusal>) {
        let mapped = record.and_then(|record| map(record, &self.source)).and_then(|mapped| self.enter(row, mapped));
        if let Err(reason) = mapped {
            self.bad.push(BadRow { file: file.map(str::to_owned), row, reason });
        }
    }

    /// Takes an organisation that is described by itself, not within a service.
    fn take_organisation(&mut self, file: &str, row: u64, record: Value) {
        match map::map_organisation(record, &self.source) {
            Ok((id, value)) => fill(self.organisations.entry(id).or_insert_with(|| Value::Object(Map::new())), value),
            Err(reason) => self.bad.push(BadRow { file: Some(file.to_owned()), row, reason }),
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
