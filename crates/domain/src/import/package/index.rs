//! The rows of one table by their ids.

use super::entry::{Fields, fields};
use super::text_of;
use crate::Refusal;
use crate::import::{BadRow, Import, Table};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Whether rows of a table have ids of their own. Links between tables are often written without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// A row without one is bad.
    Needed,
    /// It gets one by its line.
    Optional,
}

/// A table whose rows other rows name.
pub(super) struct Index<'t> {
    table: Option<&'t Table>,
    rows: BTreeMap<String, (u64, Fields)>,
    /// Ids in the order of the file.
    order: Vec<String>,
    /// Ids by the service that the row names, for the table between services and locations.
    by_service: BTreeMap<String, Vec<String>>,
}

impl<'t> Index<'t> {
    /// Of a table, or of none. A second row with the same id is bad.
    pub(super) fn of(table: Option<&'t Table>, ids: Ids, import: &mut Import) -> Self {
        let mut index = Self { table, rows: BTreeMap::new(), order: vec![], by_service: BTreeMap::new() };
        let Some(table) = table else { return index };
        for row in &table.rows {
            let fields = fields(table, row);
            let id = match (text_of(&fields, "id"), ids) {
                (Some(id), _) => id.to_owned(),
                (None, Ids::Optional) => format!("line {}", row.line),
                (None, Ids::Needed) => {
                    index.refuse(row.line, Refusal::invalid("it has no id"), import);
                    continue;
                }
            };
            match index.rows.entry(id) {
                Entry::Occupied(taken) => {
                    let first = taken.get().0;
                    let reason = Refusal::invalid(format!("id {:?} stands in line {first} already", taken.key()))
                        .hint("each row has an id of its own; the first was taken");
                    index.refuse(row.line, reason, import);
                }
                Entry::Vacant(place) => {
                    index.order.push(place.key().clone());
                    place.insert((row.line, fields));
                }
            }
        }
        index
    }

    /// Drops rows that name a row of another table which is not there.
    pub(super) fn keep_linked(&mut self, links: &[(&str, &Index<'_>)], import: &mut Import) {
        let mut dropped = Vec::new();
        for id in &self.order {
            let Some((line, fields)) = self.rows.get(id) else { continue };
            for (column, other) in links {
                let named = text_of(fields, column);
                if !named.is_some_and(|named| other.has(named)) {
                    let named = named.unwrap_or_default();
                    dropped.push((id.clone(), *line, format!("it belongs to {column} {named:?}, which is not there")));
                    break;
                }
            }
        }
        for (id, line, reason) in dropped {
            self.rows.remove(&id);
            self.refuse(line, Refusal::invalid(reason), import);
        }
        self.order.retain(|id| self.rows.contains_key(id));
        for id in &self.order {
            if let Some(service) = self.rows.get(id).and_then(|(_, fields)| text_of(fields, "service_id")) {
                self.by_service.entry(service.to_owned()).or_default().push(id.clone());
            }
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.table.is_none()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    pub(super) fn row(&self, id: &str) -> Option<&(u64, Fields)> {
        self.rows.get(id)
    }

    /// Id, line and fields of each row, in the order of the file.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, u64, &Fields)> {
        self.order.iter().filter_map(|id| self.rows.get(id).map(|(line, fields)| (id.as_str(), *line, fields)))
    }

    /// Those that belong to a service.
    pub(super) fn of_service(&self, service: &str) -> impl Iterator<Item = (&str, &Fields)> {
        let ids = self.by_service.get(service).into_iter().flatten();
        ids.filter_map(|id| self.rows.get(id).map(|(_, fields)| (id.as_str(), fields)))
    }

    pub(super) fn file(&self) -> &str {
        self.table.map_or("", |table| table.file.as_str())
    }

    fn refuse(&self, row: u64, reason: Refusal, import: &mut Import) {
        import.bad.push(BadRow { file: Some(self.file().to_owned()), row, reason });
    }
}
