//! A file being written: plain, or deflated where its name ends in `.gz`; and one that its user alone may read.

use crate::output::{Reader, print};
use crate::report::Failure;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes what only its user may read (mode 0600), or prints it where the file is `-`. `note` is told with it.
pub(super) fn write_private(reader: Reader, file: &Path, value: &Value, note: &str) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::from)? + "\n";
    if file == Path::new("-") {
        return print(&text);
    }
    let failed = |e: io::Error| Failure::file("write", file, &e);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // It is made with that mode, beside its place, and then moved there: at no time can anybody else read it.
    let mut writing = tempfile::Builder::new().prefix(".fingerpost-").tempfile_in(folder).map_err(failed)?;
    writing.write_all(text.as_bytes()).and_then(|()| writing.as_file().sync_all()).map_err(failed)?;
    writing.persist(file).map_err(|e| failed(e.error))?;
    reader.show(&json!({ "file": file }), || format!("Written to {}, for you alone. {note}\n", file.display()))
}

pub(super) enum Sink {
    Plain(BufWriter<NamedTempFile>),
    Deflated(Box<GzEncoder<BufWriter<NamedTempFile>>>),
}

impl Sink {
    /// Into this file, which will be called so.
    pub(super) fn new(file: NamedTempFile, name: &Path) -> Self {
        let file = BufWriter::new(file);
        match name.extension() {
            Some(ending) if ending.eq_ignore_ascii_case("gz") => {
                Self::Deflated(Box::new(GzEncoder::new(file, Compression::default())))
            }
            _ => Self::Plain(file),
        }
    }

    /// Everything is in the file.
    pub(super) fn finish(self) -> io::Result<NamedTempFile> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Deflated(file) => file.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Deflated(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Deflated(file) => file.flush(),
        }
    }
}

#[cfg(test)]
#[path = "sink_tests.rs"]
mod tests;
