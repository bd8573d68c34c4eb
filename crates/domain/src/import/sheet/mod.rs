//! A spreadsheet saved as CSV, with any headings, a listing a row. What each column holds is guessed from its heading, said by a
//! mapping, or remembered from the last time; what nothing is known of goes along under its heading. No text is lost on the way.
//!
//! Read with [`Sheet::read`]; shown to somebody ([`Sheet::assigned`], [`Sheet::told_apart`]); made into records with
//! [`Sheet::into_import`]. [`Sheet::mapping`] is what is to be remembered of it.

mod cell;
mod column;
mod listing;

pub use column::Column;

use super::{BadRow, Import, Rows, Source, Table};
use crate::Refusal;
use column::folded;
use listing::{Line, record};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// In how many of the first rows the headings are looked for: titles stand above them.
const HEADING_ROWS: usize = 10;
/// Rows with one cell are headings between rows where the others have at least this many columns that say something.
const FULL_ROW: usize = 3;
/// What tells rows apart, where no column holds an id: the first of these under which no two rows are alike.
const KEYS: [&[Column]; 3] = [
    &[Column::Name, Column::Postcode],
    &[Column::Name, Column::Postcode, Column::When],
    &[Column::Name, Column::Postcode, Column::Place, Column::When],
];

/// What columns hold, as somebody wrote it or as it was remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// By heading.
    pub columns: BTreeMap<String, Column>,
    /// What tells one row from another; empty where nothing is said.
    pub key: Vec<Column>,
}

/// One column and what it is taken to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Its heading.
    pub heading: String,
    /// What it holds.
    pub column: Column,
    /// Who says so.
    pub how: How,
    /// The first text in it.
    pub example: String,
}

/// Who says what a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The heading, as it reads.
    Guessed,
    /// A mapping.
    Given,
    /// The last import of this source.
    Remembered,
    /// Nobody.
    Unknown,
}

/// A spreadsheet with what its columns hold.
#[derive(Clone, Debug)]
pub struct Sheet {
    table: Table,
    assigned: Vec<Assigned>,
    key: Vec<Column>,
    /// What was remembered of columns that are not there this time.
    absent: BTreeMap<String, Column>,
}

impl Mapping {
    /// From the values of a mapping file: `columns`, headings to words, and `key`, a list of words.
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let hint = "write it as:\ncolumns:\n  Heading: what it holds\nkey: [name, postcode]";
        let wrong = |what: &str| Refusal::invalid(what.to_owned()).hint(hint);
        let fields = value.as_object().ok_or_else(|| wrong("a mapping is a map with columns and key"))?;
        let mut mapping = Self::default();
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("columns", Value::Object(columns)) => {
                    for (heading, word) in columns {
                        let word = word
                            .as_str()
                            .ok_or_else(|| wrong(&format!("what column {heading:?} holds is one word")))?;
                        mapping.columns.insert(heading.clone(), Column::parse(word)?);
                    }
                }
                ("key", Value::Array(words)) => {
                    let word = |word: &Value| {
                        word.as_str().map_or_else(|| Err(wrong("key is a list of words")), Column::parse)
                    };
                    mapping.key = words.iter().map(word).collect::<Result<_, _>>()?;
                }
                ("columns", _) => return Err(wrong("columns is a map from headings to what they hold")),
                ("key", _) => return Err(wrong("key is a list of words")),
                _ => return Err(wrong(&format!("{name:?} is not a part of a mapping"))),
            }
        }
        Ok(mapping)
    }

    /// The same as values.
    pub fn to_value(&self) -> Value {
        let columns = self.columns.iter().map(|(heading, column)| (heading.clone(), column.word().into()));
        let key: Vec<&str> = self.key.iter().map(|column| column.word()).collect();
        serde_json::json!({ "columns": Value::Object(columns.collect()), "key": key })
    }

    fn of(&self, heading: &str) -> Option<Column> {
        let heading = folded(heading);
        self.columns.iter().find(|(name, _)| folded(name) == heading).map(|(_, column)| *column)
    }
}

impl Sheet {
    /// Reads a file and finds out what its columns hold: as `given`, else as `remembered`, else as the headings read. Refused: what
    /// [`Rows::read`] refuses, a mapping that names a column which is not there, no column for the name.
    pub fn read(
        file: &str,
        bytes: &[u8],
        given: Option<&Mapping>,
        remembered: Option<&Mapping>,
    ) -> Result<Self, Refusal> {
        let rows = Rows::read(file, bytes)?;
        let nothing = Mapping::default();
        let (given, remembered) = (given.unwrap_or(&nothing), remembered.unwrap_or(&nothing));
        let heading = heading_row(&rows, given, remembered);
        let table = Table::under(rows, heading)?;
        for heading in given.columns.keys() {
            if !table.headings.iter().any(|name| folded(name) == folded(heading)) {
                return Err(no_such_column(heading, &table));
            }
        }
        let assigned = assign(&table, given, remembered);
        if !assigned.iter().any(|assigned| assigned.column == Column::Name) {
            return Err(Refusal::invalid(format!("no column of \"{}\" reads like the name of a listing", table.file))
                .hint(format!(
                    "say which in a file given with --mapping, as in `columns: {{\"{}\": name}}`; the columns are {}",
                    table.headings.first().map_or("Heading", String::as_str),
                    table.headings.join(", ")
                )));
        }
        let is_here = |name: &String| table.headings.iter().any(|heading| folded(heading) == folded(name));
        let absent =
            remembered.columns.iter().filter(|(name, _)| !is_here(name)).map(|(n, c)| (n.clone(), *c)).collect();
        let mut sheet = Self { table, assigned, key: Vec::new(), absent };
        sheet.key = sheet.chosen_key(given, remembered)?;
        Ok(sheet)
    }

    /// What each column is taken to hold, in their order.
    pub fn assigned(&self) -> impl Iterator<Item = &Assigned> {
        self.assigned.iter().filter(|assigned| (assigned.column, assigned.how) != (Column::Nothing, How::Unknown))
    }

    /// The line of the headings.
    pub fn heading_line(&self) -> u64 {
        self.table.heading_line
    }

    /// How one row is told from another, in words.
    pub fn told_apart(&self) -> String {
        if self.key == [Column::Id] {
            let heading = self.assigned.iter().find(|a| a.column == Column::Id).map_or("", |a| a.heading.as_str());
            return format!("one listing is told from another by the column \"{heading}\"");
        }
        let words: Vec<&str> = self.key.iter().map(|column| column.word()).collect();
        let words = match words.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => words.join(""),
        };
        format!(
            "no column holds an id, so one listing is told from another by its {words}: \
             where that changes in the file, it becomes another listing"
        )
    }

    /// What is to be remembered.
    pub fn mapping(&self) -> Mapping {
        let here = self.assigned().map(|assigned| (assigned.heading.clone(), assigned.column));
        Mapping { columns: self.absent.clone().into_iter().chain(here).collect(), key: self.key.clone() }
    }

    /// Every row as a record, mapped.
    pub fn into_import(self, source: Source) -> Import {
        let mut import = Import::new(source);
        import.notes.push(self.told_apart());
        if !self.absent.is_empty() {
            let names: Vec<_> = self.absent.keys().map(|name| format!("\"{name}\"")).collect();
            import.notes.push(format!("not in the file any more: the columns {}", names.join(", ")));
        }
        let mut bad = self.table.bad.clone();
        let (mut rounded, mut first_rounded) = (0_u64, 0);
        let known = self.assigned.iter().filter(|a| a.column != Column::Nothing).count();
        let mut seen = BTreeMap::new();
        for line in self.lines() {
            if let Some(reason) = self.heading_between(&line, known) {
                bad.push(BadRow { file: Some(self.table.file.clone()), row: line.number, reason });
                continue;
            }
            if line.all(Column::Phone).any(cell::is_rounded) {
                first_rounded = if rounded == 0 { line.number } else { first_rounded };
                rounded += 1;
            }
            let record = self.key_of(&line, &mut seen).and_then(|key| record(&line, &key, &import.source.feed));
            import.take_from(Some(&self.table.file), line.number, record);
        }
        import.bad.extend(bad);
        import.bad.sort_by_key(|bad| bad.row);
        if rounded > 0 {
            import.notes.push(format!(
                "telephone numbers that the spreadsheet has rounded: {rounded} (the first in line {first_rounded}); \
                 set that column to text there, write them again, and import again"
            ));
        }
        import
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.table.rows.iter().map(|row| {
            let cells = self.assigned.iter().enumerate().map(|(place, assigned)| (assigned, row.cell(place)));
            Line { number: row.line, cells: cells.filter(|(_, cell)| !cell.is_empty()).collect() }
        })
    }

    fn key_of(&self, line: &Line<'_>, seen: &mut BTreeMap<String, u64>) -> Result<String, Refusal> {
        let words = || self.key.iter().map(|column| column.word()).collect::<Vec<_>>().join(" and ");
        let key = line.key(&self.key).ok_or_else(|| {
            Refusal::invalid(format!("its {} is empty", self.key.first().map_or("id", |column| column.word())))
        })?;
        match seen.insert(key.clone(), line.number) {
            None => Ok(key),
            Some(first) => {
                seen.insert(key, first);
                Err(Refusal::invalid(format!("it has the same {} as line {first}", words())).hint(
                    "where they are two listings, name what differs in the `key` of a mapping file, or give them a column of ids",
                ))
            }
        }
    }

    fn heading_between(&self, line: &Line<'_>, known: usize) -> Option<Refusal> {
        let is_alone = line.cells.len() == 1 && known >= FULL_ROW;
        is_alone.then(|| {
            Refusal::invalid("only one of its cells is filled, so it reads like a heading between rows")
                .hint("fill in more of it where it is a listing")
        })
    }

    /// As given, else as remembered, else the id, else the first of [`KEYS`] that tells all rows apart; the first of them where none does.
    fn chosen_key(&self, given: &Mapping, remembered: &Mapping) -> Result<Vec<Column>, Refusal> {
        let held: BTreeSet<Column> = self.assigned.iter().map(|assigned| assigned.column).collect();
        let usable = |column: &Column| {
            held.contains(column) || matches!(column, Column::Postcode | Column::Place | Column::When)
        };
        if let Some(missing) = given.key.iter().find(|column| !usable(column)) {
            return Err(Refusal::invalid(format!("the key names {missing}, and no column holds that")));
        }
        for key in [&given.key, &remembered.key] {
            // An id that is given later tells better than what was made do with before.
            let is_outdone = given.key.is_empty() && held.contains(&Column::Id);
            if !key.is_empty() && !is_outdone && key.iter().all(usable) {
                return Ok(key.clone());
            }
        }
        if held.contains(&Column::Id) {
            return Ok(vec![Column::Id]);
        }
        let has_postcodes = self.lines().any(|line| line.postcode().is_some());
        let part = |column: Column| match column {
            // Without postcodes the place stands for them.
            Column::Postcode if has_postcodes => Some(Column::Postcode),
            Column::Postcode | Column::Place => {
                [Column::Place, Column::Address].iter().any(|c| held.contains(c)).then_some(Column::Place)
            }
            Column::When => {
                [Column::When, Column::Day, Column::Date].iter().any(|c| held.contains(c)).then_some(Column::When)
            }
            other => Some(other),
        };
        let keys = KEYS.map(|key| {
            let mut parts: Vec<Column> = key.iter().copied().filter_map(part).collect();
            parts.dedup();
            parts
        });
        let tells_apart = |key: &&Vec<Column>| {
            let mut seen = BTreeSet::new();
            self.lines().filter_map(|line| line.key(key)).all(|key| seen.insert(key))
        };
        let first = keys.first().cloned().unwrap_or_else(|| vec![Column::Name]);
        Ok(keys.iter().find(tells_apart).cloned().unwrap_or(first))
    }
}

/// The row that reads most like headings, among the first; where none does, the first with two cells.
fn heading_row(rows: &Rows, given: &Mapping, remembered: &Mapping) -> usize {
    let known = |cell: &String| {
        let said = given.of(cell).or_else(|| remembered.of(cell));
        !cell.is_empty() && (said.is_some() || Column::guess(cell).is_some())
    };
    let score = |cells: &Vec<String>| cells.iter().filter(|cell| known(cell)).count();
    let first = rows.rows.iter().take(HEADING_ROWS).enumerate();
    // Of equals the first.
    let best = first.clone().rev().max_by_key(|(_, row)| score(&row.cells)).filter(|(_, row)| score(&row.cells) > 0);
    let wide = || first.clone().find(|(_, row)| row.cells.iter().filter(|cell| !cell.is_empty()).count() > 1);
    best.or_else(wide).map_or(0, |(place, _)| place)
}

fn assign(table: &Table, given: &Mapping, remembered: &Mapping) -> Vec<Assigned> {
    let said = |heading: &String| {
        let given = given.of(heading).map(|column| (column, How::Given));
        given.or_else(|| remembered.of(heading).map(|column| (column, How::Remembered)))
    };
    let mut taken: BTreeSet<Column> = table.headings.iter().filter_map(said).map(|(column, _)| column).collect();
    let example =
        |place: usize| table.rows.iter().map(|row| row.cell(place)).find(|cell| !cell.is_empty()).unwrap_or_default();
    let mut assigned = Vec::new();
    for (place, heading) in table.headings.iter().enumerate() {
        let (column, how) = said(heading).unwrap_or_else(|| match Column::guess(heading) {
            Some(column) if !column.is_single() || taken.insert(column) => (column, How::Guessed),
            // A blank heading over blank cells is no column.
            _ if example(place).is_empty() && heading.starts_with("Column ") => (Column::Nothing, How::Unknown),
            _ => (Column::Extra, How::Unknown),
        });
        let example = example(place);
        assigned.push(Assigned { heading: heading.clone(), column, how, example: example.to_owned() });
    }
    name_one(&mut assigned);
    assigned
}

fn no_such_column(heading: &str, table: &Table) -> Refusal {
    let wanted = folded(heading);
    let likeness = |name: &String| strsim::jaro_winkler(&wanted, &folded(name));
    let nearest = table.headings.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let refusal = Refusal::invalid(format!("\"{}\" has no column {heading:?}", table.file));
    match nearest.filter(|name| likeness(name) > 0.8) {
        Some(nearest) => refusal.hint(format!("did you mean {nearest:?}?")),
        None => refusal.hint(format!("its columns are {}", table.headings.join(", "))),
    }
}

/// Where no heading reads like a name: the organisation's, else the first that speaks of a name, group, service or activity.
fn name_one(assigned: &mut [Assigned]) {
    if assigned.iter().any(|a| a.column == Column::Name) {
        return;
    }
    let names = |a: &Assigned| {
        let heading = folded(&a.heading);
        a.how == How::Unknown
            && ["name", "group", "service", "activity", "club", "class"]
                .iter()
                .any(|w| heading.split(' ').any(|h| h == *w))
    };
    let place = assigned
        .iter()
        .position(|a| a.column == Column::Organisation && a.how == How::Guessed)
        .or_else(|| assigned.iter().position(names));
    if let Some(one) = place.and_then(|place| assigned.get_mut(place)) {
        (one.column, one.how) = (Column::Name, How::Guessed);
    }
}

#[cfg(test)]
mod tests;
