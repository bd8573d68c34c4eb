//! Reading a file of records: streamed, inflated under a hard limit, a row at a time.

use crate::api::ProgressSender;
use domain::import::{Form, Import, ROW_BYTES, Source, read_document, read_line};
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

/// Reads a file into rows, good and bad. Refused as a whole when it cannot be read to its end.
pub(super) fn read(path: &Path, source: Source, progress: &ProgressSender) -> Result<Import, Refusal> {
    let file = open(path)?;
    let mut raw = BufReader::with_capacity(BEGINNING_BYTES, file);
    let is_deflated = raw.fill_buf().map_err(|e| unreadable(path, &e))?.starts_with(&[0x1f, 0x8b]);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if is_deflated { name.strip_suffix(".gz").unwrap_or(&name).to_owned() } else { name };
    let inflated: Box<dyn Read> = if is_deflated { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let mut reader = BufReader::with_capacity(BEGINNING_BYTES, inflated.take(FILE_BYTES + 1));
    let form = Form::of(&name, reader.fill_buf().map_err(|e| unreadable(path, &e))?);
    let mut import = Import::new(source);
    match form {
        Form::Lines => read_lines(path, &mut reader, &mut import, progress)?,
        Form::Document => read_whole(path, reader, &mut import)?,
    }
    Ok(import)
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

fn open(path: &Path) -> Result<File, Refusal> {
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if metadata.is_dir() {
        return Err(Refusal::invalid(format!("\"{}\" is a folder", path.display()))
            .hint("name the file itself: HSDS-UK 3.0 as JSON or NDJSON, .gz or not"));
    }
    File::open(path).map_err(|e| unreadable(path, &e))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
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

fn too_large(path: &Path, bytes: u64) -> Refusal {
    Refusal::too_large(format!("\"{}\" holds more than {} MiB", path.display(), bytes >> 20))
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
