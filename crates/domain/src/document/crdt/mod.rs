//! A document's content in Automerge: the only module of the product that touches it.
//!
//! Changes go in and out as plain chunks (type 1, never deflated); values go in and out as JSON. `Automerge` and never
//! `AutoCommit`, one text encoding (Unicode code points), no message and no author in a commit. Whatever sees bytes of others runs
//! inside `catch_unwind`, on a copy, so that what Automerge cannot stand is a refusal and leaves nothing half done. What it never
//! does: decide whether the bytes may be looked at at all (`chunk` did, before).

mod additive;
mod check;
mod history;
mod read;
mod text;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use check::check_value;
pub use history::Revision;
pub use read::{Conflict, Standing};
pub(crate) use write::tidy;

use super::{Edit, Kind};
use crate::{ActorId, ChangeHash, Refusal, Timestamp};
use automerge::{Automerge, Change, TextEncoding};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The content of one document at some heads.
#[derive(Clone, Debug)]
pub struct Content {
    doc: Automerge,
}

impl Content {
    /// Nothing yet.
    pub fn empty() -> Self {
        Self { doc: Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint) }
    }

    /// From plain change chunks in causal order. Refused when one does not parse, depends on one that is not there, or cannot stand
    /// with the others.
    pub fn open<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        Self::empty().apply(changes)
    }

    /// What the content becomes with these plain chunks, in causal order; changes already here are passed over. `self` is untouched.
    pub fn apply<'a>(&self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        let chunks: Vec<&[u8]> = changes.into_iter().collect();
        guarded("the changes", || self.apply_parsed(&chunks))
    }

    fn apply_parsed(&self, chunks: &[&[u8]]) -> Result<Self, Refusal> {
        let changes = chunks.iter().map(|chunk| parse(chunk)).collect::<Result<Vec<_>, _>>()?;
        let hashes: Vec<_> = changes.iter().map(Change::hash).collect();
        let mut doc = self.doc.clone();
        doc.apply_changes(changes).map_err(|e| Refusal::malformed(format!("the changes cannot be applied: {e}")))?;
        for hash in hashes {
            if doc.get_change_meta_by_hash(&hash).is_none() {
                return Err(Refusal::malformed(format!("change {hash} depends on one that is not here")));
            }
        }
        Ok(Self { doc })
    }

    /// The hashes of the changes that no other depends on, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.doc.get_heads().into_iter().map(|hash| ChangeHash::from_bytes(hash.0)).collect()
    }

    /// Whether the change is part of this content.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.doc.get_change_meta_by_hash(&automerge::ChangeHash(*hash.as_bytes())).is_some()
    }

    /// The content made of these heads and everything before them, and of nothing else.
    pub fn at(&self, heads: &[ChangeHash]) -> Result<Self, Refusal> {
        let mut heads: Vec<_> = heads.iter().map(|hash| automerge::ChangeHash(*hash.as_bytes())).collect();
        heads.sort_unstable();
        if heads == self.doc.get_heads() {
            return Ok(self.clone());
        }
        guarded("these heads", || {
            let doc =
                self.doc.fork_at(&heads).map_err(|e| Refusal::not_found(format!("the heads are not all here: {e}")))?;
            Ok(Self { doc })
        })
    }

    /// Refuses what may not stand in a document of this kind: nesting, keys of a map, length of a text, NUL; in the documents of a
    /// referral anything but growth. An unknown kind or field is no error.
    pub fn check(&self, kind: Kind) -> Result<(), Refusal> {
        guarded("the document", || check::check(&self.doc, kind))?;
        match kind {
            Kind::REQUEST | Kind::RESPONSE => guarded("the referral", || additive::check(&self.doc)),
            _ => Ok(()),
        }
    }

    /// A new document that holds this value, and its plain chunks in causal order: one, unless the value is larger than one change
    /// may be. The maps of things its kind has are made with it, so that entries added apart merge.
    pub fn create(
        actor: ActorId,
        at: Timestamp,
        kind: Kind,
        value: &serde_json::Value,
    ) -> Result<(Self, Vec<Vec<u8>>), Refusal> {
        check::check_value(kind, value)?;
        let (doc, chunks) = write::create(Self::empty().doc, actor, at, kind, value)?;
        Ok((Self { doc }, chunks))
    }

    /// The root of a new generation: the present value without the history it came by. Of a field with several values the one that
    /// stands goes along.
    pub fn root(&self, actor: ActorId, at: Timestamp, kind: Kind) -> Result<(Self, Vec<Vec<u8>>), Refusal> {
        Self::create(actor, at, kind, &self.value())
    }

    /// Makes these edits as this actor, which goes on with its own numbering where it has written before. Gives the plain chunks in
    /// causal order, none when nothing differs. Only what differs is touched; a field with several values is settled by naming it.
    /// On a refusal nothing has changed.
    pub fn edit(&mut self, actor: ActorId, at: Timestamp, kind: Kind, edits: &[Edit]) -> Result<Vec<Vec<u8>>, Refusal> {
        let (doc, chunks) = guarded("the edit", || {
            let (doc, chunks) = write::edit(self.doc.clone(), actor, at, kind, edits)?;
            if !chunks.is_empty() {
                check::check(&doc, kind)?;
            }
            Ok((doc, chunks))
        })?;
        self.doc = doc;
        Ok(chunks)
    }

    /// The value that stands: keys sorted, empty maps left out.
    pub fn value(&self) -> serde_json::Value {
        guarded("the value", || Ok(read::value(&self.doc)))
            .unwrap_or_else(|_| serde_json::Value::Object(Default::default()))
    }

    /// The fields with more than one value.
    pub fn conflicts(&self) -> Vec<Conflict> {
        guarded("the values", || Ok(read::conflicts(&self.doc))).unwrap_or_default()
    }

    /// Its changes, newest first, each with the fields it touched.
    pub fn history(&self) -> Vec<Revision> {
        guarded("the history", || Ok(history::history(&self.doc))).unwrap_or_default()
    }

    /// When its newest change was made, by the clock of who made it.
    pub fn last_modified(&self) -> Option<Timestamp> {
        let times = self.doc.get_heads().into_iter().filter_map(|head| self.doc.get_change_meta_by_hash(&head));
        times.map(|meta| Timestamp::from_ms(meta.timestamp)).max()
    }
}

/// A plain chunk, whose checksum holds: Automerge itself would take a deflated one, and does not look at the checksum here.
fn parse(chunk: &[u8]) -> Result<Change, Refusal> {
    let change = Change::try_from(chunk).map_err(|e| Refusal::malformed(format!("a change does not parse: {e}")))?;
    if change.raw_bytes() != chunk || chunk.get(4..8) != change.hash().0.get(..4) {
        return Err(Refusal::malformed("a change is not a plain chunk with its own checksum"));
    }
    Ok(change)
}

/// Runs what sees bytes of others: a panic in Automerge becomes a refusal.
fn guarded<T>(what: &str, work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Refusal::malformed(format!("{what} break the rules of a document"))))
}

fn actor_of(actor: &automerge::ActorId) -> ActorId {
    ActorId::try_from(actor.to_bytes()).unwrap_or(ActorId::from_bytes([0; 24]))
}
