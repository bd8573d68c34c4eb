//! A feed: the order in which versions arrived in one scope at one node.
//!
//! A row keeps its place when a newer version supersedes it, and loses its version. The receiver owns the cursor and
//! stores it with what it applied, so a restore on either side shows: an unknown feed, a `seq` ahead of the feed, or
//! another `chain` at that `seq`.

use crate::{ChangeHash, FeedId, Sum, VersionId};
use sha2::{Digest, Sha256};

/// Where a receiver stands in one feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which life of the feed.
    pub feed_id: FeedId,
    /// The last row it has; 0 before the first.
    pub seq: u64,
    /// The chain at that row; zeroes before the first.
    pub chain: [u8; 32],
}

impl Cursor {
    /// In a scope that nothing was ever in: its feed has no name yet.
    pub const BEFORE_ANY: Self = Self { feed_id: FeedId::from_bytes([0; 16]), seq: 0, chain: [0; 32] };

    /// Whether the feed had no name yet.
    pub fn is_before_any(&self) -> bool {
        *self == Self::BEFORE_ANY
    }
}

/// What a node keeps of one scope it holds: the end of its feed and the sum of its current versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeState {
    /// The end of this node's feed for the scope.
    pub tail: Cursor,
    /// Count and sum of the scope's current versions.
    pub sum: Sum,
}

/// One row of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// `chain(previous chain, version_id)`.
    pub chain: [u8; 32],
    /// The version, unless a newer one superseded it.
    pub version: Option<VersionId>,
    /// The heads of the versions that this one replaced in this feed: what a receiver up to date before it has.
    pub since: Vec<ChangeHash>,
}

impl ScopeState {
    /// A scope that nothing is in yet, with a feed id drawn at random by the caller.
    pub fn empty(feed_id: FeedId) -> Self {
        Self { tail: Cursor { feed_id, seq: 0, chain: [0; 32] }, sum: Sum::default() }
    }

    /// Enters one version in place of those it replaces, and gives its row.
    pub fn enter(&mut self, version: VersionId, replaced: &[VersionId], since: Vec<ChangeHash>) -> FeedRow {
        for old in replaced {
            self.sum.remove(old);
        }
        self.sum.add(&version);
        self.tail.seq = self.tail.seq.saturating_add(1);
        self.tail.chain = chain(&self.tail.chain, &version);
        FeedRow { seq: self.tail.seq, chain: self.tail.chain, version: Some(version), since }
    }
}

/// SHA-256("fingerpost feed chain" ‖ previous chain ‖ version id).
pub fn chain(previous: &[u8; 32], version: &VersionId) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"fingerpost feed chain")
        .chain_update(previous)
        .chain_update(version.as_bytes())
        .finalize()
        .into()
}
