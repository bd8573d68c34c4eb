//! Which content is being applied, so that content which takes the process down is found at the next start: tried
//! once more alone, and never again after a second crash.
//!
//! The file holds a line for each item, SHA-256 of its statement and pack, and how often the process ended while it
//! was applied. It is written plainly: a process that dies leaves it, and after a power cut a damaged line is passed
//! over, so that no power cut condemns an honest change.

use crate::Error;
use domain::sync::Message;
use domain::sync::message::{Item, Versions};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How often a process may end over one item before it is given up.
pub const CRASHES: u32 = 2;

/// The name of an item in the journal: SHA-256 of its statement and pack.
type ItemHash = [u8; 32];

/// The journal of one data folder.
///
/// Protocol of use: [`Journal::open`] at start; for each frame [`Journal::suspects`], each of them tried alone or
/// given up; [`Journal::begin`] before the step that applies it, [`Journal::end`] after.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    suspects: BTreeMap<ItemHash, u32>,
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
    pub fn suspects(&self, message: &Message) -> Vec<(Item, u32)> {
        if self.suspects.is_empty() {
            return Vec::new();
        }
        items(message)
            .iter()
            .filter_map(|item| self.suspects.get(&hash(item)).map(|crashes| (item.clone(), *crashes)))
            .collect()
    }

    /// Notes the items of a frame before it is applied. `false` when there is nothing to apply in it.
    pub fn begin(&self, message: &Message) -> Result<bool, Error> {
        let items = items(message);
        if items.is_empty() {
            return Ok(false);
        }
        let mut noted = self.suspects.clone();
        for item in items {
            *noted.entry(hash(item)).or_default() += 1;
        }
        self.write(&noted)?;
        Ok(true)
    }

    /// The frame was applied, and this process still runs: its items are suspect no longer.
    pub fn end(&mut self, message: &Message) -> Result<(), Error> {
        for item in items(message) {
            self.suspects.remove(&hash(item));
        }
        self.write(&self.suspects)
    }

    fn write(&self, noted: &BTreeMap<ItemHash, u32>) -> Result<(), Error> {
        let text: String = noted
            .iter()
            .map(|(hash, crashes)| format!("{} {crashes}\n", data_encoding::HEXLOWER.encode(hash)))
            .collect();
        std::fs::write(&self.path, text)
            .map_err(|e| Error::fault(format!("cannot write \"{}\"", self.path.display()), e))
    }
}

/// The frame that tries one item of a frame alone: it moves no cursor.
pub fn alone(message: &Message, item: Item) -> Option<Message> {
    let scope = match message {
        Message::Rows(rows) => rows.scope,
        Message::Versions(versions) => versions.scope,
        _ => return None,
    };
    Some(Message::Versions(Versions { scope, items: vec![item], absent: Vec::new(), absent_versions: Vec::new() }))
}

/// Takes the content of an item out of a frame; its statement stays.
pub fn strip(message: &mut Message, item: &Item) {
    let items = match message {
        Message::Rows(rows) => &mut rows.items,
        Message::Versions(versions) => &mut versions.items,
        _ => return,
    };
    for found in items.iter_mut().filter(|found| *found == item) {
        found.pack.clear();
    }
}

fn items(message: &Message) -> &[Item] {
    match message {
        Message::Rows(rows) => &rows.items,
        Message::Versions(versions) => &versions.items,
        _ => &[],
    }
}

fn hash(item: &Item) -> ItemHash {
    let statement: [u8; 32] = Sha256::digest(&item.statement).into();
    Sha256::new().chain_update(statement).chain_update(&item.pack).finalize().into()
}

fn read_line(line: &str) -> Option<(ItemHash, u32)> {
    let (hash, crashes) = line.split_once(' ')?;
    let hash = data_encoding::HEXLOWER.decode(hash.as_bytes()).ok()?;
    Some((hash.try_into().ok()?, crashes.trim().parse().ok()?))
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
