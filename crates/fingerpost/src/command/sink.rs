//! A file being written: plain, or deflated where its name ends in `.gz`.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

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
