//! Reads one Automerge change before Automerge does, and refuses what an honest Automerge would not have written.
//!
//! Format: the Automerge binary format's change chunk (<https://automerge.org/automerge-binary-format-spec/>). Nothing
//! here decodes a value into a document: run lengths are summed before they are followed, and what is walked is bounded
//! by [`limits::CHANGE_OPERATIONS`]. The encoding must be the canonical one, so that Automerge, which builds changes
//! anew from its operations when it forks or merges, comes to the same bytes and the same hash.
//!
//! Narrower than Automerge on purpose: no message, no extra bytes, no tables, no marks, no value types beyond those of
//! the format; Fingerpost writes none of them.

mod column;
mod operation;
mod reader;

pub(super) use operation::{Id, Key, Operation, Predecessors, Shape};

use super::StoredChange;
use crate::{ActorId, ChangeHash, OrgId, Refusal, limits};
use reader::Reader;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The first four bytes of every Automerge chunk.
pub const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The type byte of a plain change chunk.
pub const CHANGE_TYPE: u8 = 1;

/// Reads one plain change chunk that claims to be of a document of `owner`.
///
/// Passes only a chunk of type 1 with a right checksum and nothing behind it, in canonical encoding, within
/// [`limits`], every actor of which is the owner's, and every operation of which refers to what can have been before
/// it. Whether it fits its document is asked by [`super::History::admit`].
pub fn inspect(bytes: &[u8], owner: &OrgId) -> Result<StoredChange, Refusal> {
    if bytes.len() > limits::CHANGE_BYTES {
        return Err(Refusal::too_large(format!("a change of {} bytes", bytes.len())));
    }
    let (hash, data) = open(bytes)?;
    let header = Header::read(data)?;
    header.check_actors(owner)?;
    let operations = operation::check(&header)?;
    if header.start_op.saturating_add(operations) > limits::OPERATION_COUNTER {
        return Err(Refusal::too_large(format!("a change whose operations are counted from {}", header.start_op)));
    }
    Ok(StoredChange {
        hash,
        deps: header.deps,
        actor: header.actor,
        seq: header.seq,
        start_op: header.start_op,
        operations,
        bytes: bytes.to_vec(),
    })
}

/// What a change that passed [`inspect`] does.
pub(super) struct Contents<'a> {
    header: Header<'a>,
    pub(super) operations: Vec<Operation<'a>>,
}

impl<'a> Contents<'a> {
    pub(super) fn read(change: &'a StoredChange) -> Result<Self, Refusal> {
        let (_, data) = unframe(&change.bytes)?;
        let header = Header::read(data)?;
        let operations = operation::read_operations(&header)?;
        Ok(Self { header, operations })
    }

    /// The actors that operations name by number, from 0.
    pub(super) fn actors(&self) -> impl Iterator<Item = &ActorId> {
        self.header.actors()
    }

    /// The actor that an id names.
    pub(super) fn actor(&self, id: Id) -> Option<&ActorId> {
        self.header.actors().nth(usize::try_from(id.actor).ok()?)
    }

    pub(super) fn predecessors(&self) -> Result<Predecessors, Refusal> {
        operation::read_predecessors(&self.header, self.operations.len())
    }
}

/// Checks the frame of a chunk; gives its hash and contents.
fn open(bytes: &[u8]) -> Result<(ChangeHash, &[u8]), Refusal> {
    let (checksum, data) = unframe(bytes)?;
    let hash = hash(data);
    if !hash.as_bytes().starts_with(checksum) {
        return Err(Refusal::not_authentic("a change does not match its checksum"));
    }
    Ok((hash, data))
}

/// Takes the frame off: checksum and contents, the one not yet held against the other.
fn unframe(bytes: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    let mut reader = Reader::new(bytes, "frame");
    if reader.take(4)? != MAGIC {
        return Err(Refusal::malformed("a change does not begin like an Automerge chunk"));
    }
    let checksum = reader.take(4)?;
    match reader.byte()? {
        CHANGE_TYPE => {}
        0 => return Err(Refusal::malformed("a change is sent as a document chunk, and only plain changes are read")),
        2 => return Err(Refusal::malformed("a change is sent deflated, and only plain changes are read")),
        3 => return Err(Refusal::malformed("a change is sent as a bundle, and only plain changes are read")),
        other => return Err(Refusal::malformed(format!("a change has the unknown chunk type {other}"))),
    }
    let length = reader.unsigned()?;
    let data = reader.take(length)?;
    reader.end()?;
    Ok((checksum, data))
}

/// SHA-256 over chunk type, length and contents: Automerge's change hash, whose first four bytes are the checksum.
pub fn hash(data: &[u8]) -> ChangeHash {
    let mut length = Vec::with_capacity(10);
    prost::encoding::encode_varint(data.len() as u64, &mut length);
    let digest = Sha256::new().chain_update([CHANGE_TYPE]).chain_update(length).chain_update(data).finalize();
    ChangeHash::from_bytes(digest.into())
}

/// A change's contents with its columns still packed.
struct Header<'a> {
    deps: Vec<ChangeHash>,
    actor: ActorId,
    seq: u64,
    start_op: u64,
    /// Actors that operations refer to besides the author, in order.
    others: Vec<ActorId>,
    /// Column data by column specification.
    columns: BTreeMap<u32, &'a [u8]>,
}

impl<'a> Header<'a> {
    fn read(data: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(data, "dependencies");
        let deps = read_deps(&mut reader)?;
        reader.now_in("actor");
        let actor = read_actor(&mut reader)?;
        reader.now_in("numbers");
        let seq = reader.unsigned()?;
        let start_op = reader.unsigned()?;
        let _signed_at = reader.signed()?;
        if seq == 0 || start_op == 0 {
            return Err(Refusal::malformed("a change counts from 0, and counting starts at 1"));
        }
        if start_op >= limits::OPERATION_COUNTER {
            return Err(Refusal::too_large(format!("a change whose operations are counted from {start_op}")));
        }
        reader.now_in("message");
        if reader.unsigned()? != 0 {
            return Err(Refusal::malformed("a change carries a message, and changes carry none"));
        }
        reader.now_in("other actors");
        let others = read_others(&mut reader)?;
        reader.now_in("columns");
        let columns = read_columns(&mut reader)?;
        reader.end()?;
        Ok(Self { deps, actor, seq, start_op, others, columns })
    }

    /// Every actor is the owner's, in the order Automerge writes them.
    fn check_actors(&self, owner: &OrgId) -> Result<(), Refusal> {
        let prefix = owner.actor_prefix();
        if let Some(foreign) = self.actors().find(|a| !a.is_under(&prefix)) {
            return Err(Refusal::not_authentic(format!(
                "a change names the actor {foreign}, who is not of the document's owner"
            )));
        }
        if !self.others.is_sorted_by(|a, b| a < b) || self.others.contains(&self.actor) {
            return Err(Refusal::malformed("a change lists its actors out of order or twice"));
        }
        Ok(())
    }

    /// The author, then the others: operations name actors by their place in this list.
    fn actors(&self) -> impl Iterator<Item = &ActorId> {
        std::iter::once(&self.actor).chain(&self.others)
    }

    /// A column's data; empty when the change has no such column.
    fn column(&self, specification: u32) -> &'a [u8] {
        self.columns.get(&specification).copied().unwrap_or_default()
    }
}

fn read_deps(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, Refusal> {
    let count = reader.unsigned()?;
    if count > limits::CHANGE_DEPENDENCIES as u64 {
        return Err(Refusal::too_large(format!("a change with {count} dependencies")));
    }
    let deps = (0..count).map(|_| reader.take(32).and_then(ChangeHash::try_from)).collect::<Result<Vec<_>, _>>()?;
    if !deps.is_sorted_by(|a, b| a < b) {
        return Err(Refusal::malformed("a change lists its dependencies out of order or twice"));
    }
    Ok(deps)
}

fn read_actor(reader: &mut Reader<'_>) -> Result<ActorId, Refusal> {
    let length = reader.unsigned()?;
    ActorId::try_from(reader.take(length)?)
}

fn read_others(reader: &mut Reader<'_>) -> Result<Vec<ActorId>, Refusal> {
    let count = reader.unsigned()?;
    if count >= limits::CHANGE_ACTORS as u64 {
        return Err(Refusal::too_large(format!("a change that names {count} actors besides its own")));
    }
    (0..count).map(|_| read_actor(reader)).collect()
}

fn read_columns<'a>(reader: &mut Reader<'a>) -> Result<BTreeMap<u32, &'a [u8]>, Refusal> {
    let count = reader.unsigned()?;
    if count > column::KNOWN.len() as u64 {
        return Err(Refusal::malformed(format!("a change has {count} columns")));
    }
    let mut lengths = Vec::new();
    let mut previous = None;
    for _ in 0..count {
        let specification = column::known(reader.unsigned()?)?;
        if previous >= Some(specification) {
            return Err(Refusal::malformed("a change lists its columns out of order or twice"));
        }
        previous = Some(specification);
        let length = reader.unsigned()?;
        if length == 0 {
            return Err(Refusal::malformed("a change lists an empty column"));
        }
        lengths.push((specification, length));
    }
    lengths.into_iter().map(|(specification, length)| Ok((specification, reader.take(length)?))).collect()
}

#[cfg(test)]
#[path = "chunk_tests.rs"]
mod tests;
