//! Hostile inputs, each made by code from honest ones with its checksums computed anew, as any partner could.
//!
//! For tests and the simulator; never part of the product. Every input says what it is and where it must be stopped.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "builds inputs for tests; a fault here is a fault of the test"
)]

mod admit;
mod column;
pub mod draft;
mod frame;
pub mod honest;
#[cfg(test)]
mod meter;
mod operation;
mod pack;
mod statement;

use super::{Kind, StoredChange, chunk};
use crate::identity::signing::SecretKey;
use crate::{ActorId, DocId, Incarnation, OrgId, RecordId, ScopeId};
use draft::{Draft, column as specification, run};

/// Where an input must be stopped, in the order of receiving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// A pack that does not unpack (`pack::decode`).
    Parse,
    /// A statement that does not parse, or whose signature does not hold (`SignedStatement::parse`, `verify`).
    Statement,
    /// A change that is not one (`chunk::inspect`).
    Inspect,
    /// A change that does not fit its document (`History::append`, `History::check_references`).
    Admit,
    /// Changes that make what a document may not be (`Content::check`), or that no signed head has behind it.
    Apply,
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Input {
    /// A change pack.
    Pack(Vec<u8>),
    /// A signed statement.
    Statement(Vec<u8>),
    /// Plain changes in order, upon the honest history. All but the last may be honest in themselves.
    Changes(Vec<Vec<u8>>),
}

/// One hostile input.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is.
    pub name: String,
    /// Where it must be stopped.
    pub stop: Stop,
    /// What is sent.
    pub input: Input,
}

/// An owner's document, and everything that somebody could send for it and should not.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Whose document it is.
    pub owner: OrgId,
    /// The document.
    pub doc_id: DocId,
    /// What it is about.
    pub kind: Kind,
    /// Its changes, in causal order.
    pub history: Vec<Vec<u8>>,
    /// An honest change upon them, to be taken before and after every hostile input.
    pub next: Vec<u8>,
    /// The hostile inputs.
    pub cases: Vec<Case>,
}

impl Corpus {
    /// For an owner that signs with this key, in this scope of its own.
    pub fn new(owner: OrgId, key: &SecretKey, scope: ScopeId) -> Self {
        let ground = Ground::new(owner);
        let kind = Kind::LISTING;
        let doc_id = DocId::new(RecordId::from_bytes([4; 16]), kind, &owner);
        let mut cases = Vec::new();
        cases.extend(frame::cases(&ground));
        cases.extend(column::cases(&ground));
        cases.extend(operation::cases(&ground));
        cases.extend(admit::cases(&ground));
        cases.extend(pack::cases(&ground));
        cases.extend(statement::cases(&ground, doc_id, key, scope));
        Self { owner, doc_id, kind, history: ground.history.clone(), next: ground.put().chunk(), cases }
    }
}

/// The honest document that hostile changes are made upon.
struct Ground {
    owner: OrgId,
    history: Vec<Vec<u8>>,
    stored: Vec<StoredChange>,
    heads: Vec<[u8; 32]>,
    max_op: u64,
}

impl Ground {
    fn new(owner: OrgId) -> Self {
        let document = honest::document(&owner, 1, 12);
        let history: Vec<_> = document.get_changes(&[]).iter().map(|c| c.raw_bytes().to_vec()).collect();
        let stored: Vec<_> = history.iter().map(|c| chunk::inspect(c, &owner).expect("honest")).collect();
        let heads = document.get_heads().iter().map(|h| h.0).collect();
        let max_op = stored.iter().map(StoredChange::max_op).max().expect("honest documents have changes");
        Self { owner, history, stored, heads, max_op }
    }

    /// The actor of an incarnation of the owner; those of honest changes are below 4.
    fn actor(&self, incarnation: u8) -> Vec<u8> {
        ActorId::new(&self.owner, Incarnation::from_bytes([incarnation; 8])).as_bytes().to_vec()
    }

    /// An honest change upon the history: puts a text at a key of the root.
    fn put(&self) -> Draft {
        Draft {
            deps: self.heads.clone(),
            actor: self.actor(9),
            seq: 1,
            start_op: self.max_op + 1,
            time: 1_800_000_000,
            message: Vec::new(),
            others: Vec::new(),
            columns: [
                (specification::KEY_TEXT, run(-1, b"\x05night")),
                (specification::INSERT, vec![1]),
                (specification::ACTION, run(-1, &[1])),
                (specification::VALUE_METADATA, run(-1, &[3 << 4 | 6])),
                (specification::VALUE, b"tea".to_vec()),
                (specification::PREDECESSOR_COUNT, run(-1, &[0])),
            ]
            .into(),
            extra: Vec::new(),
        }
    }

    /// An honest change of `count` puts at keys of the root that differ.
    fn puts(&self, count: i64) -> Draft {
        let keys: Vec<_> = (0..count).flat_map(|n| draft::prefixed(format!("k{n}").as_bytes())).collect();
        self.put()
            .with_column(specification::KEY_TEXT, &run(-count, &keys))
            .with_column(specification::INSERT, &draft::number(count.unsigned_abs()))
            .with_column(specification::ACTION, &run(count, &[1]))
            .with_column(specification::VALUE_METADATA, &run(count, &[0]))
            .with_column(specification::VALUE, &[])
            .with_column(specification::PREDECESSOR_COUNT, &run(count, &[0]))
    }

    /// The change that comes after one by the same actor.
    fn after(&self, before: &Draft, operations: u64) -> Draft {
        Draft {
            deps: vec![before.hash()],
            seq: before.seq + 1,
            start_op: before.start_op + operations,
            ..before.clone()
        }
    }
}

fn change(name: &str, stop: Stop, chunk: Vec<u8>) -> Case {
    changes(name, stop, vec![chunk])
}

fn changes(name: &str, stop: Stop, chunks: Vec<Vec<u8>>) -> Case {
    Case { name: name.to_owned(), stop, input: Input::Changes(chunks) }
}

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod tests;
