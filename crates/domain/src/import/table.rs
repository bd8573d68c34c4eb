//! Bytes of a CSV file to rows of cells, each with the line it begins in. Separators are found out, quoted line breaks and `\r\n`
//! are read as they are meant; bytes that are no UTF-8 are refused with the way to mend them, and never guessed at.

use super::BadRow;
use crate::Refusal;
use crate::limits::TEXT_BYTES;
use csv::{ReaderBuilder, StringRecord};
use std::collections::BTreeSet;

/// Largest CSV file, in bytes.
pub const TABLE_BYTES: usize = 64 << 20;
/// Most rows of one table.
pub const TABLE_ROWS: usize = 200_000;
/// Most columns of one table.
pub const TABLE_COLUMNS: usize = 200;
/// Longest cell, in bytes: what a document takes as one text.
pub const CELL_BYTES: usize = TEXT_BYTES;

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// What is looked at to find the separator out.
const BEGINNING_BYTES: usize = 64 << 10;
const BEGINNING_ROWS: usize = 32;
const SAVE_AS: &str =
    "save it again as \"CSV UTF-8\" (in LibreOffice: Save As, Text CSV, character set Unicode (UTF-8))";

/// Rows of cells, before anything is known of headings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The file's name, for people.
    pub file: String,
    /// What separates cells.
    pub separator: char,
    /// The rows in order. Those without any text are left out.
    pub rows: Vec<Cells>,
    /// Rows that cannot be cells.
    pub bad: Vec<BadRow>,
}

/// The cells of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// The line it begins in, from 1.
    pub line: u64,
    /// Without the blanks around them.
    pub cells: Vec<String>,
}

/// Rows under headings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The file's name, for people.
    pub file: String,
    /// The line of the headings.
    pub heading_line: u64,
    /// Each once: a heading that comes again has its number behind it, one that is blank is called by its place.
    pub headings: Vec<String>,
    /// The rows below them.
    pub rows: Vec<Cells>,
    /// Rows that were not taken.
    pub bad: Vec<BadRow>,
}

impl Rows {
    /// Reads a whole file. Refused: too large, no UTF-8, too many rows or columns, nothing in it.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > TABLE_BYTES {
            return Err(Refusal::too_large(format!("\"{file}\" holds more than {} MiB", TABLE_BYTES >> 20))
                .hint("divide it into several files"));
        }
        let text = text(file, bytes)?;
        let (separator, text, skipped_lines) = separator(text);
        let mut read = Self { file: file.to_owned(), separator: char::from(separator), rows: vec![], bad: vec![] };
        read.fill(separator, text, skipped_lines)?;
        if read.rows.is_empty() && read.bad.is_empty() {
            return Err(Refusal::invalid(format!("there is nothing in \"{file}\"")));
        }
        Ok(read)
    }

    fn fill(&mut self, separator: u8, text: &str, skipped_lines: u64) -> Result<(), Refusal> {
        let bytes = text.as_bytes();
        let mut reader = reader(separator, bytes);
        let mut record = StringRecord::new();
        let (mut line, mut counted) = (1 + skipped_lines, 0);
        loop {
            let before = offset(&reader);
            let is_read = reader
                .read_record(&mut record)
                .map_err(|e| Refusal::invalid(format!("\"{}\" is not CSV: {e}", self.file)))?;
            if !is_read {
                return Ok(());
            }
            // The reader passes over line ends before a row without saying so.
            let raw = bytes.get(before..offset(&reader)).unwrap_or_default();
            let blank = raw.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let start = before.saturating_add(blank);
            line += lines_in(bytes.get(counted..start).unwrap_or_default());
            counted = start;
            let is_last = offset(&reader) >= bytes.len();
            self.take(line, &record, is_last && never_closes(raw))?;
        }
    }

    fn take(&mut self, line: u64, record: &StringRecord, never_closes: bool) -> Result<(), Refusal> {
        let mut cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        cells.truncate(used);
        if used == 0 {
            return Ok(());
        }
        if self.rows.len() >= TABLE_ROWS {
            return Err(Refusal::too_large(format!("\"{}\" has more than {TABLE_ROWS} rows", self.file))
                .hint("divide it into several files"));
        }
        if used > TABLE_COLUMNS {
            return Err(Refusal::too_large(format!(
                "\"{}\" has {used} columns in line {line}; the most is {TABLE_COLUMNS}",
                self.file
            )));
        }
        let reason = if never_closes {
            Some(
                Refusal::invalid(
                    "a quotation mark opens in this row and never closes, so the rest of the file is inside it",
                )
                .hint("close it, or write it twice where it is part of the text"),
            )
        } else {
            let long = cells.iter().map(String::len).find(|bytes| *bytes > CELL_BYTES);
            long.map(|bytes| Refusal::too_large(format!("a cell has {bytes} bytes; the most is {CELL_BYTES}")))
        };
        match reason {
            Some(reason) => self.bad.push(BadRow { file: Some(self.file.clone()), row: line, reason }),
            None => self.rows.push(Cells { line, cells }),
        }
        Ok(())
    }
}

impl Table {
    /// The rows below the row of this place, which holds the headings. A row with more cells than there are headings is bad.
    pub fn under(rows: Rows, heading: usize) -> Result<Self, Refusal> {
        let Rows { file, rows, mut bad, .. } = rows;
        let mut rows = rows.into_iter().skip(heading);
        let first = rows.next().ok_or_else(|| Refusal::invalid(format!("\"{file}\" has no headings")))?;
        let headings = named_once(first.cells);
        let mut taken = Vec::new();
        for row in rows {
            if row.cells.len() <= headings.len() {
                taken.push(row);
                continue;
            }
            let reason =
                Refusal::invalid(format!("it has {} cells under {} headings", row.cells.len(), headings.len()))
                    .hint("put a text that holds the separator in quotation marks");
            bad.push(BadRow { file: Some(file.clone()), row: row.line, reason });
        }
        Ok(Self { file, heading_line: first.line, headings, rows: taken, bad })
    }
}

impl Cells {
    /// The text in a column; empty where the row ends before it.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Refusal> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Refusal::invalid(format!("\"{file}\" is UTF-16, not UTF-8")).hint(SAVE_AS));
    }
    if file.to_ascii_lowercase().ends_with(".zip") {
        return Err(Refusal::invalid(format!("\"{file}\" is packed"))
            .hint("unpack it; a folder of HSDS 1.1 tables is imported as the folder"));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(
            Refusal::invalid(format!("\"{file}\" is a spreadsheet's own file or an archive, not CSV")).hint(SAVE_AS)
        );
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = 1 + lines_in(bytes.get(..e.valid_up_to()).unwrap_or_default());
        Refusal::invalid(format!("\"{file}\" is not UTF-8 in line {line}")).hint(SAVE_AS)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// What separates cells: as a first line `sep=;` says, else what makes the most of the first rows equally long. The text
/// behind such a line, and how many lines it took.
fn separator(text: &str) -> (u8, &str, u64) {
    if let Some(rest) = text.strip_prefix("sep=")
        && let Some((first, rest)) = rest.split_once('\n')
        && let [separator] = first.trim_end_matches('\r').as_bytes()
    {
        return (*separator, rest, 1);
    }
    let mut end = text.len().min(BEGINNING_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let beginning = text.get(..end).unwrap_or_default().as_bytes();
    let score = |separator: u8| {
        let mut records = reader(separator, beginning).into_records();
        let widths: Vec<usize> = records.by_ref().take(BEGINNING_ROWS).flatten().map(|r| r.len()).collect();
        let alike = |width: usize| widths.iter().filter(|w| **w == width).count();
        let common = widths.iter().copied().filter(|w| *w > 1).max_by_key(|w| (alike(*w), *w));
        common.map_or((0, 0), |width| (alike(width), width))
    };
    // Of equals the first.
    let best = SEPARATORS.into_iter().rev().max_by_key(|separator| score(*separator));
    (best.unwrap_or(b','), text, 0)
}

fn reader(separator: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(bytes)
}

fn offset(reader: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

fn lines_in(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Of the last row: whether a quotation mark in it swallowed lines up to the end of the file.
fn never_closes(raw: &[u8]) -> bool {
    raw.trim_ascii().contains(&b'\n') && raw.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

fn named_once(headings: Vec<String>) -> Vec<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut named = Vec::new();
    for (heading, place) in headings.into_iter().zip(1..) {
        let heading = heading.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = if heading.is_empty() { format!("Column {place}") } else { heading };
        let mut name = first.clone();
        let mut times = 1;
        while !seen.insert(name.to_lowercase()) {
            times += 1;
            name = format!("{first} ({times})");
        }
        named.push(name);
    }
    named
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
