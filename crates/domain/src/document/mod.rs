//! Documents: one Automerge document each, of one kind, with one owner.
//!
//! `chunk`, `pack` and `history` know changes as bytes and never decode them; `crdt` is the only module that
//! touches Automerge.

mod about;
pub mod chunk;
pub mod crdt;
mod edit;
pub mod history;
#[cfg(any(test, feature = "sim"))]
pub mod hostile;
mod kind;
mod outline;
pub mod pack;
pub mod shape;

pub use about::about;
pub use crdt::Content;
pub use edit::{Edit, at, diff};
pub use history::History;
pub use kind::Kind;

use crate::{ActorId, ChangeHash};

/// One Automerge change (chunk type 1, never deflated) as it is stored, with what was read from its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChange {
    /// Its Automerge hash: SHA-256 of the chunk's type, length and contents.
    pub hash: ChangeHash,
    /// The changes it was made upon.
    pub deps: Vec<ChangeHash>,
    /// Who made it.
    pub actor: ActorId,
    /// Its number among the actor's changes, from 1.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// How many operations it holds.
    pub operations: u64,
    /// The chunk itself.
    pub bytes: Vec<u8>,
}

impl StoredChange {
    /// The counter of its last operation; one below `start_op` when it has none.
    pub fn max_op(&self) -> u64 {
        self.start_op.saturating_add(self.operations).saturating_sub(1)
    }
}
