//! An owner's signed word on a document's heads in one scope.
//!
//! A change hash covers its content and its dependencies, so a signature over heads vouches for the whole history
//! behind them. Bytes are kept as received and must be canonical: what parses encodes to the same bytes again.

mod order;
mod signed;

pub use order::{CurrentSet, Entered, Order, replaces};
pub use signed::SignedStatement;
#[cfg(any(test, feature = "sim"))]
pub(crate) use signed::v1;

use crate::document::Kind;
use crate::{ChangeHash, DocId, Incarnation, KeyId, OrgId, ScopeId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// For each incarnation that wrote a document in one scope and generation, the highest `rev` known.
pub type Seen = BTreeMap<Incarnation, u64>;

/// Whether what a statement speaks of still stands. Ordered: erased over withdrawn over live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Life {
    /// It stands.
    Live,
    /// The owner took it back; its history stays.
    Withdrawn,
    /// Its content is gone and must not come back.
    Erased,
}

/// What a statement says. Times are for order and display; they never decide what stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Who says it; owns the document.
    pub org_id: OrgId,
    /// The document.
    pub doc_id: DocId,
    /// What it is about; bound into the document id.
    pub kind: Kind,
    /// The scope it says it in.
    pub scope_id: ScopeId,
    /// Which root of the document this history grows from.
    pub generation: u64,
    /// The author key that signed.
    pub key_id: KeyId,
    /// The process that signed.
    pub incarnation: Incarnation,
    /// Its number from this incarnation for this document, scope and generation, from 1.
    pub rev: u64,
    /// What its signer held, its own `rev` included.
    pub seen: Seen,
    /// After a reset: the `seen` that this generation and those before it in this scope were made from. Every statement of
    /// the generation carries it on, so that a withdrawal it did not know of can be said again.
    pub base: Seen,
    /// After a reset: for each incarnation the number (`seq`) of its last change that this generation took in, so that
    /// what a sibling wrote meanwhile can be written again.
    pub base_changes: Seen,
    /// The Automerge heads.
    pub heads: BTreeSet<ChangeHash>,
    /// Whether it stands.
    pub life: Life,
    /// Where the record went, when it has a new owner.
    pub moved_to: Option<(OrgId, DocId)>,
    /// When it was signed, by the signer's clock.
    pub signed_at: Timestamp,
}

#[cfg(test)]
mod tests;
