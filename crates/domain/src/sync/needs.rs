//! What an input needs loaded, and what the shell loads for it. The shell loads exactly this, so the engine has no
//! loading states.

use crate::document::crdt::Content;
use crate::document::{History, Kind};
use crate::feed::{Cursor, FeedRow, ScopeState};
use crate::statement::{CurrentSet, SignedStatement};
use crate::sync::batch::DocumentRow;
use crate::sync::sealed::Held;
use crate::{BlobHash, DocId, NodeId, OrgId, ScopeId, Timestamp, VersionId};
use std::collections::{BTreeMap, BTreeSet};

/// What to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Documents, with statements of every scope and all changes. Absent ones are loaded as absent.
    pub documents: BTreeSet<DocId>,
    /// Documents that these versions belong to, where they are current here.
    pub versions: BTreeSet<VersionId>,
    /// States of scopes.
    pub scopes: BTreeSet<ScopeId>,
    /// Own cursors in a node's feeds: all of them for that node.
    pub cursors: BTreeSet<NodeId>,
    /// Runs of feed rows, with the documents of the versions in them.
    pub feeds: Vec<FeedRange>,
    /// Whether a seq and chain stand in a scope's feed.
    pub positions: BTreeMap<ScopeId, Cursor>,
    /// The `(signed_at, version_id)` of every current version in these scopes, from one read.
    pub id_sets: BTreeSet<ScopeId>,
    /// The wanted list of these scopes.
    pub wanted: BTreeSet<ScopeId>,
    /// Documents in these scopes that are in another one too: the scopes are about to be deleted.
    pub parting: BTreeSet<ScopeId>,
    /// Every document of these owners, by id only (an audience of partners meets a new partner).
    pub owned: BTreeSet<OrgId>,
    /// What is held of these referrals beside their documents, by name only; each by the sender's document.
    pub referrals: BTreeSet<DocId>,
    /// Sealed payloads of referrals.
    pub payloads: BTreeSet<(DocId, BlobHash)>,
}

/// A run of feed rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedRange {
    /// The scope.
    pub scope: ScopeId,
    /// Rows after this one.
    pub after: u64,
    /// No more rows than this.
    pub rows: usize,
    /// Stop after the row whose documents bring the bytes of changes past this.
    pub bytes: usize,
}

/// What was loaded. Documents are changed in place by a step; the shell may keep them, bounded, for the next.
#[derive(Debug, Default)]
pub struct Loaded {
    /// By id; a document asked for and not here is absent.
    pub documents: BTreeMap<DocId, Document>,
    /// Documents that the needs come to and that the shell has kept since an earlier step: it puts them into `documents`.
    pub kept: BTreeSet<DocId>,
    /// Which document a current version belongs to.
    pub versions: BTreeMap<VersionId, DocId>,
    /// Scopes with something in them.
    pub scopes: BTreeMap<ScopeId, ScopeState>,
    /// Own cursors.
    pub cursors: BTreeMap<(NodeId, ScopeId), Cursor>,
    /// Feed rows in order, by scope.
    pub feeds: BTreeMap<ScopeId, Vec<FeedRow>>,
    /// The positions asked for that stand.
    pub positions: BTreeSet<ScopeId>,
    /// Current versions by scope.
    pub id_sets: BTreeMap<ScopeId, Vec<(Timestamp, VersionId)>>,
    /// What is wanted, by scope.
    pub wanted: BTreeMap<ScopeId, Vec<(VersionId, DocId)>>,
    /// Documents by owner: an empty list where nothing of one that was asked for is held.
    pub owned: BTreeMap<OrgId, Vec<DocId>>,
    /// What is held of referrals beside their documents; one of which nothing is held is absent.
    pub referrals: BTreeMap<DocId, Held>,
    /// The sealed payloads asked for that are here.
    pub payloads: BTreeMap<BlobHash, Vec<u8>>,
    /// What was stored of the documents asked for and cannot be read any more. It is left out of them; all else is whole.
    pub corrupt: Vec<Corrupt>,
}

/// Something stored that is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// The document.
    pub doc_id: DocId,
    /// The version, when it is a statement: it is in the scope's sum and feed all the same.
    pub version_id: Option<VersionId>,
    /// The stored bytes of the statement or change; empty when it is something else.
    pub bytes: Vec<u8>,
    /// What is wrong with it, for people.
    pub reason: String,
}

/// What a document remembers of refused content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineMark {
    /// Why, for people.
    pub reason: String,
    /// SHA-256 of the pack that was refused.
    pub pack_hash: [u8; 32],
    /// The pack: it is handed on with its version.
    pub pack: Vec<u8>,
}

/// A document as it is held.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its id.
    pub id: DocId,
    /// What it is about.
    pub kind: Kind,
    /// Whose it is.
    pub owner: OrgId,
    /// Current statements, by scope.
    pub statements: BTreeMap<ScopeId, CurrentSet>,
    /// Every stored change.
    pub changes: History,
    /// Current versions whose content was asked for and is not here.
    pub wanted: BTreeSet<VersionId>,
    /// Current versions whose content was refused.
    pub quarantined: BTreeMap<VersionId, QuarantineMark>,
    /// What readers see.
    pub row: Option<DocumentRow>,
    /// The whole history opened, when a step needed it; never loaded, only kept with the document.
    pub content: Option<Content>,
}

impl Document {
    /// A document nothing is known of yet.
    pub fn new(id: DocId, kind: Kind, owner: OrgId) -> Self {
        Self {
            id,
            kind,
            owner,
            statements: BTreeMap::new(),
            changes: History::default(),
            wanted: BTreeSet::new(),
            quarantined: BTreeMap::new(),
            row: None,
            content: None,
        }
    }

    /// Every current statement, over all scopes.
    pub fn current(&self) -> impl Iterator<Item = &SignedStatement> {
        self.statements.values().flat_map(CurrentSet::iter)
    }
}
