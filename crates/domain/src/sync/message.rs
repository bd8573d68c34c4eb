//! What two linked nodes say to each other on a sync stream. `wire` carries these as `fingerpost.sync.v1`.
//!
//! Symmetric: whoever dialled, either side opens the scopes it wants from the other and serves what the other opens.

use super::sealed::{FetchPayloads, Payloads};
use crate::feed::Cursor;
use crate::{ChangeHash, DocId, OrgId, ScopeId, Sum, VersionId};

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What I want from you: one entry a scope, and the keys objects I know. Sent first, and again for scopes that may be
    /// read since: each scope once a link.
    Open(Vec<Opening>),
    /// What you get: an answer to each opening. After it, rows follow unasked until the link ends.
    Opened(Vec<Opened>),
    /// Feed rows in order, and where the receiver's cursor stands once it has stored them.
    Rows(Rows),
    /// The receiver stored everything up to here.
    Stored {
        /// The scope.
        scope: ScopeId,
        /// The last row stored.
        seq: u64,
    },
    /// Versions that were asked for, or that the other side was found to lack. They move no cursor.
    Versions(Versions),
    /// Asks for documents by name, with what is here already.
    Fetch {
        /// The scope they are wanted in.
        scope: ScopeId,
        /// Which.
        wants: Vec<Want>,
    },
    /// Asks for versions by id, as a reconciliation found them lacking here.
    FetchVersions {
        /// The scope.
        scope: ScopeId,
        /// Which.
        version_ids: Vec<VersionId>,
    },
    /// Part of a history too large for one frame; the statement it belongs to follows.
    Part {
        /// The scope.
        scope: ScopeId,
        /// The document.
        doc_id: DocId,
        /// A change pack.
        pack: Vec<u8>,
    },
    /// One frame of a reconciliation. An initiator's first frame starts one.
    Reconcile {
        /// The scope.
        scope: ScopeId,
        /// Whether the side that opened the scope sends it.
        from_initiator: bool,
        /// A negentropy message; empty from the initiator when it is done.
        frame: Vec<u8>,
    },
    /// An organisation's keys object, as its root and nodes signed it.
    Keys(Vec<u8>),
    /// A node's signed word on the set it holds of a scope.
    Head(Vec<u8>),
    /// A signed confirmation that the sender's organisation compared the receiver's words.
    Confirmation(Vec<u8>),
    /// Asks for sealed payloads of a referral, and for its key.
    FetchPayloads(FetchPayloads),
    /// Sealed payloads that were asked for.
    Payloads(Payloads),
    /// A referral's key that was asked for, wrapped for the receiving node.
    DataKey(Vec<u8>),
}

/// What one side wants of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The scope.
    pub scope: ScopeId,
    /// Where the asker stands in the other's feed; `None` when it never read it.
    pub cursor: Option<Cursor>,
    /// What the asker holds in this scope.
    pub sum: Sum,
    /// Hash of the keys object of the scope's owner, as the asker knows it; zeroes when it does not.
    pub keys: [u8; 32],
    /// The number of the newest head of this scope that the asker knows; 0 when it knows none.
    pub head: u64,
}

/// What the other side answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The scope.
    pub scope: ScopeId,
    /// How it goes on.
    pub answer: OpenAnswer,
}

/// How an opening goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenAnswer {
    /// Rows follow from the asker's cursor.
    Follows {
        /// The end of the feed now.
        tail: Cursor,
        /// What the feed's side holds.
        sum: Sum,
    },
    /// The asker's cursor means nothing here. When the sums are equal it takes the tail as its cursor, otherwise it
    /// reconciles first; rows follow from the tail.
    CursorInvalid {
        /// The end of the feed now.
        tail: Cursor,
        /// What the feed's side holds.
        sum: Sum,
    },
    /// No such scope, or not for the asker: both read alike.
    Unknown,
    /// Rows follow from the asker's cursor, which is the end of the feed now, and both sides hold the same.
    InStep,
}

/// A run of feed rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The scope.
    pub scope: ScopeId,
    /// The versions, oldest first; rows without a version are passed over.
    pub items: Vec<Item>,
    /// Where the cursor stands after them.
    pub cursor: Cursor,
    /// What the sender holds in this scope when this run reaches the end of the feed.
    pub sum: Option<Sum>,
    /// How many versions at most still follow, as the feed stands now. For people only: nothing is decided by it.
    pub left: u64,
}

/// Versions outside the feed's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The scope.
    pub scope: ScopeId,
    /// The versions.
    pub items: Vec<Item>,
    /// Documents that were asked for and are not here, or not for the asker.
    pub absent: Vec<DocId>,
    /// Versions that were asked for and are not current here any more, or not for the asker.
    pub absent_versions: Vec<VersionId>,
}

/// A version with as much of its history as the sender thinks the receiver lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A signed statement.
    pub statement: Vec<u8>,
    /// A change pack; empty when it is to be fetched.
    pub pack: Vec<u8>,
}

/// A document that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Which.
    pub doc_id: DocId,
    /// The heads that are here already.
    pub have: Vec<ChangeHash>,
}

/// The name a keys object goes by in an opening.
pub fn keys_hash(owner: &OrgId, bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::new().chain_update(b"fingerpost keys").chain_update(owner.as_bytes()).chain_update(bytes).finalize().into()
}
