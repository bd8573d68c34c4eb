//! A place in the order in which documents changed for readers at one node, for whoever follows them and comes back.
//!
//! Documents that changed in one transaction share a log position and go by id. A document has one place only, that of
//! its last change: who reads on from a cursor sees the newest state of everything that changed behind it, once.

use crate::{DocId, Refusal};
use std::fmt;
use std::str::FromStr;

/// Bytes of a cursor as text says them, before hex.
const BYTES: usize = 1 + 8 + 8 + 8 + 32;
/// The form of this version.
const VERSION: u8 = 1;

/// Everything up to and including one place was seen. Opaque to those who keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCursor {
    /// The life of the log that gave it: a new one begins at each start of the node, so that a database that was put
    /// back to an earlier state is noticed.
    pub epoch: [u8; 8],
    /// The last log position that was seen.
    pub position: u64,
    /// The last document of that position.
    pub doc_id: DocId,
    /// Up to this position only what stands is of interest: the reader began with what stood then, and knows of nothing
    /// that was gone before.
    pub quiet_until: u64,
}

impl LogCursor {
    /// Before everything; `end` is where the log ends now.
    pub fn before_all(end: &Self) -> Self {
        Self { epoch: end.epoch, position: 0, doc_id: DocId::from_bytes([0; 32]), quiet_until: end.position }
    }

    /// The place, as it is sorted.
    pub fn place(&self) -> (u64, DocId) {
        (self.position, self.doc_id)
    }
}

/// The last possible document: behind all of a position.
pub const LAST_DOCUMENT: DocId = DocId::from_bytes([0xff; 32]);

impl fmt::Display for LogCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.epoch);
        bytes.extend_from_slice(&self.position.to_be_bytes());
        bytes.extend_from_slice(&self.quiet_until.to_be_bytes());
        bytes.extend_from_slice(self.doc_id.as_bytes());
        f.write_str(&data_encoding::HEXLOWER.encode(&bytes))
    }
}

impl FromStr for LogCursor {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || {
            Refusal::invalid("this does not name a place in the log")
                .hint("give back what came with the last change, as it was, or nothing to begin anew")
        };
        if text.len() != BYTES * 2 {
            return Err(wrong());
        }
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| wrong())?;
        let (Some((&[VERSION], rest)), true) = (bytes.split_first_chunk::<1>(), bytes.len() == BYTES) else {
            return Err(wrong());
        };
        let (epoch, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (position, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (quiet_until, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        Ok(Self {
            epoch: *epoch,
            position: u64::from_be_bytes(*position),
            quiet_until: u64::from_be_bytes(*quiet_until),
            doc_id: DocId::try_from(rest)?,
        })
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
