//! Who read what: a log in which every row holds a hash over itself and all rows before it, so that one that was changed, taken out or
//! moved is found at its place.
//!
//! A log that was cut at its end, or written anew from some row on, hangs together. That is found by a [`Head`] that somebody else has
//! kept: [`verify`] the rows up to its number and compare what comes out with it. Rows that are pruned leave the head before the first
//! that stays, from which the rest is verified.

use super::code::{Role, codes};
use crate::identity::signing::Tag;
use crate::{NodeId, RecordId, Refusal, StaffId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

codes! {
    /// What somebody did with what is said of a person.
    AccessKind, "a way to read" {
        /// Opened it.
        Opened = 1, "opened";
        /// Saw it in a list.
        Listed = 2, "listed";
        /// Printed it.
        Printed = 3, "printed";
        /// Took it out as a file.
        Exported = 4, "exported";
        /// Gathered it for the person, who asked what is held of them.
        ListedForSubject = 5, "listed-for-subject";
        /// Looked who read it.
        LogRead = 6, "log-read";
        /// Asked to, and was refused.
        Refused = 99, "refused";
    }
}

/// A reading, before it stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When, by the node's clock.
    pub at: Timestamp,
    /// On which node.
    pub node: NodeId,
    /// As what.
    pub role: Role,
    /// Who.
    pub staff: StaffId,
    /// Of which referral.
    pub referral: RecordId,
    /// What was done.
    pub what: AccessKind,
}

/// A row of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its place, from 1, without gaps.
    pub number: u64,
    /// What was read.
    pub reading: Reading,
    /// SHA-256 over the tag "fingerpost access v1", the chain of the row before, and this row's [`bytes`](Self::bytes).
    pub chain: [u8; 32],
}

/// The end of a log: what the next row is chained to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last row; 0 before the first.
    pub number: u64,
    /// Its chain; zeros before the first.
    pub chain: [u8; 32],
}

/// A row at which a log does not hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its place among the rows that were looked at, from 0.
    pub at: usize,
    /// What is wrong with it.
    pub reason: Break,
}

/// How a log is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Another row belongs here: some were taken out, or put in, or moved.
    Number {
        /// The number that belongs here.
        expected: u64,
        /// The number of the row.
        found: u64,
    },
    /// The row, or one before it, is not as it was written.
    Chain {
        /// Its number.
        number: u64,
    },
}

/// Bytes of a row: number, moment, node, role, staff, referral, kind.
const ROW_BYTES: usize = 8 + 8 + 16 + 4 + 16 + 16 + 4;

impl Head {
    /// Of a log without rows.
    pub const START: Self = Self { number: 0, chain: [0; 32] };

    /// The row that comes next.
    pub fn next(&self, reading: Reading) -> Access {
        let number = self.number.saturating_add(1);
        Access { number, reading, chain: chained(&self.chain, &bytes(number, &reading)) }
    }
}

impl Access {
    /// The end of the log with this row as its last.
    pub const fn head(&self) -> Head {
        Head { number: self.number, chain: self.chain }
    }

    /// Its bytes, without the chain: numbers big-endian, in the order of the fields.
    pub fn bytes(&self) -> [u8; ROW_BYTES] {
        bytes(self.number, &self.reading)
    }

    /// From its bytes and its chain, as they were kept. Whether they fit is asked by [`verify`].
    pub fn parse(bytes: &[u8], chain: [u8; 32]) -> Result<Self, Refusal> {
        let wrong = || Refusal::malformed("a row of the log of who read what that does not parse");
        let (number, rest) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (at, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (node, rest) = rest.split_first_chunk::<16>().ok_or_else(wrong)?;
        let (role, rest) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (staff, rest) = rest.split_first_chunk::<16>().ok_or_else(wrong)?;
        let (referral, what) = rest.split_first_chunk::<16>().ok_or_else(wrong)?;
        let what: [u8; 4] = what.try_into().map_err(|_| wrong())?;
        let reading = Reading {
            at: Timestamp::from_ms(i64::from_be_bytes(*at)),
            node: NodeId::from_bytes(*node),
            role: Role::from_number(u32::from_be_bytes(*role))?,
            staff: StaffId::from_bytes(*staff),
            referral: RecordId::from_bytes(*referral),
            what: AccessKind::from_number(u32::from_be_bytes(what))?,
        };
        Ok(Self { number: u64::from_be_bytes(*number), reading, chain })
    }
}

/// Whether these rows hang together and follow what ended there; the head that they come to, or the first that does not fit.
pub fn verify<'a>(from: Head, rows: impl IntoIterator<Item = &'a Access>) -> Result<Head, BadRow> {
    rows.into_iter().enumerate().try_fold(from, |head, (at, row)| {
        let wanted = head.next(row.reading);
        if row.number != wanted.number {
            return Err(BadRow { at, reason: Break::Number { expected: wanted.number, found: row.number } });
        }
        if row.chain != wanted.chain {
            return Err(BadRow { at, reason: Break::Chain { number: row.number } });
        }
        Ok(row.head())
    })
}

fn bytes(number: u64, reading: &Reading) -> [u8; ROW_BYTES] {
    let parts = [
        number.to_be_bytes().as_slice(),
        &reading.at.as_ms().to_be_bytes(),
        reading.node.as_bytes(),
        &reading.role.number().to_be_bytes(),
        reading.staff.as_bytes(),
        reading.referral.as_bytes(),
        &reading.what.number().to_be_bytes(),
    ]
    .concat();
    let mut bytes = [0; ROW_BYTES];
    bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    bytes
}

fn chained(before: &[u8; 32], row: &[u8; ROW_BYTES]) -> [u8; 32] {
    Tag::ACCESS.digest(&[before.as_slice(), row.as_slice()].concat())
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Break::Number { expected, found } => {
                write!(f, "row {expected} of the log is missing or not in its place: row {found} stands there")
            }
            Break::Chain { number } => write!(f, "row {number} of the log is not as it was written"),
        }
    }
}
