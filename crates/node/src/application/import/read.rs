//! Reading what is to be imported: files of records are streamed, inflated under a hard limit, a row at a time; spreadsheets, and
//! folders of tables, are small enough to be read as a whole.

mod folder;

use crate::api::ProgressSender;
use domain::import::{
    Assigned, Form, Import, Mapping, ROW_BYTES, Sheet, Source, TABLE_BYTES, read_document, read_line,
};
use domain::{Refusal, RefusalKind};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// Most bytes of a file, inflated.
const FILE_BYTES: u64 = 2 << 30;
/// Most bytes of a single JSON document, which is read as a whole.
const DOCUMENT_BYTES: u64 = 256 << 20;
/// What is looked at to tell lines from one document.
const BEGINNING_BYTES: usize = 64 << 10;
/// Rows between two words of progress.
const ROWS_TOLD: u64 = 500;

/// What a source held.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its records.
    pub(super) import: Import,
    /// What its columns were taken to hold, where it is a spreadsheet.
    pub(super) columns: Option<Columns>,
}

/// What the columns of a spreadsheet were taken to hold.
#[derive(Debug)]
pub(super) struct Columns {
    /// Each, in their order.
    pub(super) assigned: Vec<Assigned>,
    /// The line of the headings.
    pub(super) heading_line: u64,
    /// What is to be remembered of it.
    pub(super) mapping: Mapping,
}

/// What is known beforehand of the columns of a spreadsheet.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    /// What a person says now.
    pub(super) given: Option<Mapping>,
    /// What was applied the last time.
    pub(super) remembered: Option<Mapping>,
}

/// Reads a file, or a folder, into records, good and bad. Refused as a whole when it cannot be read to its end.
pub(super) fn read(
    path: &Path,
    source: Source,
    mappings: &Mappings,
    progress: &ProgressSender,
) -> Result<Reading, Refusal> {
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if metadata.is_dir() {
        return no_columns(mappings, folder::read(path, source, progress)?);
    }
    let mut raw = BufReader::with_capacity(BEGINNING_BYTES, File::open(path).map_err(|e| unreadable(path, &e))?);
    let is_deflated = raw.fill_buf().map_err(|e| unreadable(path, &e))?.starts_with(&[0x1f, 0x8b]);
    let name = file_name(path);
    let name = if is_deflated { name.strip_suffix(".gz").unwrap_or(&name).to_owned() } else { name };
    let inflated: Box<dyn Read> = if is_deflated { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let mut reader = BufReader::with_capacity(BEGINNING_BYTES, inflated.take(FILE_BYTES + 1));
    let form = Form::of(&name, reader.fill_buf().map_err(|e| unreadable(path, &e))?);
    let mut import = Import::new(source.clone());
    match form {
        Form::Lines => read_lines(path, &mut reader, &mut import, progress)?,
        Form::Document => read_whole(path, reader, &mut import)?,
        Form::Table => return read_sheet(path, &name, reader, source, mappings, progress),
    }
    no_columns(mappings, import)
}

/// A mapping says what columns hold, so it is no use where there are none.
fn no_columns(mappings: &Mappings, import: Import) -> Result<Reading, Refusal> {
    if mappings.given.is_some() {
        return Err(Refusal::invalid("a mapping is for a spreadsheet saved as CSV, and this is not one")
            .hint("import it without --mapping"));
    }
    Ok(Reading { import, columns: None })
}

fn read_sheet(
    path: &Path,
    name: &str,
    reader: impl Read,
    source: Source,
    mappings: &Mappings,
    progress: &ProgressSender,
) -> Result<Reading, Refusal> {
    let mut bytes = Vec::new();
    // One byte more than there may be, so that what is too large is told and not cut.
    let most = u64::try_from(TABLE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
    progress.tell("reading", 0, None);
    let sheet = Sheet::read(name, &bytes, mappings.given.as_ref(), mappings.remembered.as_ref())?;
    let assigned = sheet.assigned().cloned().collect();
    let columns = Columns { assigned, heading_line: sheet.heading_line(), mapping: sheet.mapping() };
    let is_table_of_folder = domain::import::table_name(name).is_some()
        && path.parent().is_some_and(|folder| folder.join("services.csv").is_file())
        && sheet.assigned().any(|column| column.heading == "organization_id");
    let mut import = sheet.into_import(source);
    if is_table_of_folder {
        let note =
            "this is one table of a folder of HSDS 1.1: import the folder, and places, times and telephones come too";
        import.notes.insert(0, note.to_owned());
    }
    Ok(Reading { import, columns: Some(columns) })
}

/// A file's name without its folder.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read_lines(
    path: &Path,
    reader: &mut impl BufRead,
    import: &mut Import,
    progress: &ProgressSender,
) -> Result<(), Refusal> {
    let (mut line, mut row, mut total) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let read = read_row(reader, &mut line).map_err(|e| unreadable(path, &e))?;
        if read == 0 {
            return Ok(());
        }
        row += 1;
        total = total.saturating_add(read);
        if total > FILE_BYTES {
            return Err(too_large(path, FILE_BYTES));
        }
        if let Some(record) = read_line(&line) {
            import.take(row, record);
        }
        if row.is_multiple_of(ROWS_TOLD) {
            progress.tell("reading", row, None);
        }
    }
}

/// One line into `line`, cut one byte past the longest row there may be, so that no line can fill the memory; how many bytes
/// were read in all.
fn read_row(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<u64> {
    let mut read = 0_u64;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(read);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |at| at + 1);
        let room = (ROW_BYTES + 1).saturating_sub(line.len());
        line.extend(bytes.iter().take(taken.min(room)));
        reader.consume(taken);
        read = read.saturating_add(taken as u64);
        if end.is_some() {
            return Ok(read);
        }
    }
}

fn read_whole(path: &Path, reader: impl Read, import: &mut Import) -> Result<(), Refusal> {
    let mut bytes = Vec::new();
    reader.take(DOCUMENT_BYTES + 1).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
    if bytes.len() as u64 > DOCUMENT_BYTES {
        return Err(too_large(path, DOCUMENT_BYTES).hint("write it as NDJSON, a record a line: that has no such limit"));
    }
    let records = read_document(&bytes).map_err(|refusal| Refusal {
        message: format!("\"{}\" is not HSDS-UK: {}", path.display(), refusal.message),
        ..refusal
    })?;
    for (row, record) in (1..).zip(records) {
        import.take(row, Ok(record));
    }
    Ok(())
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => {
            Refusal::not_found(format!("there is no file \"{shown}\"")).hint("check its name and place")
        }
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Refusal::malformed(format!("\"{shown}\" is damaged: {error}"))
                .hint("it was cut short or altered on its way here: fetch it again")
        }
        ErrorKind::PermissionDenied => Refusal::new(
            RefusalKind::NotAllowed,
            format!("\"{shown}\" may not be read by the user that runs this node"),
        ),
        _ => Refusal::new(RefusalKind::WrongState, format!("\"{shown}\" cannot be read: {error}")),
    }
}

pub(super) fn too_large(path: &Path, bytes: u64) -> Refusal {
    Refusal::too_large(format!("\"{}\" holds more than {} MiB", path.display(), bytes >> 20))
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
