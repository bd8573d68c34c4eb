//! Which packs are being applied, so that content which takes the process down is found at the next start: tried
//! once more alone, and never again after a second crash.
//!
//! The file holds a line for each pack, its SHA-256 and how often the process ended while it was applied. It is
//! written plainly: a process that dies leaves it, and after a power cut a damaged line is passed over, so that no
//! power cut condemns an honest change.

use crate::Error;
use domain::sync::Message;
use domain::sync::message::Item;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How often a process may end over one pack before it is given up.
pub const CRASHES: u32 = 2;

/// The name of a pack in the journal: its SHA-256.
pub type PackHash = [u8; 32];

/// The journal of one data folder.
///
/// Protocol of use: [`Journal::open`] at start; for each foreign frame [`Journal::suspects`], each of them alone or
/// given up; [`Journal::begin`] before the step that applies it, [`Journal::end`] after.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    suspects: BTreeMap<PackHash, u32>,
}

impl Journal {
    /// Reads what the process before left behind.
    pub fn open(path: PathBuf) -> Result<Self, Error> {
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(Error::fault(format!("cannot read \"{}\"", path.display()), e)),
        };
        Ok(Self { path, suspects: text.lines().filter_map(read_line).collect() })
    }

    /// The items of a frame that a process ended over, with how often.
    pub fn suspects<'m>(&self, message: &'m Message) -> Vec<(&'m Item, u32)> {
        if self.suspects.is_empty() {
            return Vec::new();
        }
        items(message).iter().filter_map(|item| Some((item, *self.suspects.get(&hash(&item.pack))?))).collect()
    }

    /// Notes the packs of a frame before it is applied. `false` when there is nothing to apply in it.
    pub fn begin(&self, message: &Message) -> Result<bool, Error> {
        let packs: Vec<_> = packs(message).map(hash).collect();
        if packs.is_empty() {
            return Ok(false);
        }
        let mut noted = self.suspects.clone();
        for pack in packs {
            *noted.entry(pack).or_default() += 1;
        }
        self.write(&noted)?;
        Ok(true)
    }

    /// The frame was applied, and this process still runs: its packs are suspect no longer.
    pub fn end(&mut self, message: &Message) -> Result<(), Error> {
        for pack in packs(message) {
            self.suspects.remove(&hash(pack));
        }
        self.write(&self.suspects)
    }

    /// A pack was given up: it needs no more watching.
    pub fn forget(&mut self, pack: &[u8]) -> Result<(), Error> {
        self.suspects.remove(&hash(pack));
        self.write(&self.suspects)
    }

    fn write(&self, noted: &BTreeMap<PackHash, u32>) -> Result<(), Error> {
        let text: String = noted
            .iter()
            .map(|(hash, crashes)| format!("{} {crashes}\n", data_encoding::HEXLOWER.encode(hash)))
            .collect();
        std::fs::write(&self.path, text)
            .map_err(|e| Error::fault(format!("cannot write \"{}\"", self.path.display()), e))
    }
}

/// The frame that tries one item alone: it moves no cursor.
pub fn alone(message: &Message, item: &Item) -> Option<Message> {
    let scope = match message {
        Message::Rows(rows) => rows.scope,
        Message::Versions(versions) => versions.scope,
        _ => return None,
    };
    Some(Message::Versions(domain::sync::message::Versions {
        scope,
        items: vec![item.clone()],
        absent: Vec::new(),
        absent_versions: Vec::new(),
    }))
}

fn items(message: &Message) -> &[Item] {
    match message {
        Message::Rows(rows) => &rows.items,
        Message::Versions(versions) => &versions.items,
        _ => &[],
    }
}

fn packs(message: &Message) -> impl Iterator<Item = &[u8]> {
    let part = match message {
        Message::Part { pack, .. } => Some(pack.as_slice()),
        _ => None,
    };
    items(message).iter().map(|item| item.pack.as_slice()).chain(part).filter(|pack| !pack.is_empty())
}

fn hash(pack: &[u8]) -> PackHash {
    Sha256::digest(pack).into()
}

fn read_line(line: &str) -> Option<(PackHash, u32)> {
    let (hash, crashes) = line.split_once(' ')?;
    let hash = data_encoding::HEXLOWER.decode(hash.as_bytes()).ok()?;
    Some((hash.try_into().ok()?, crashes.trim().parse().ok()?))
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
