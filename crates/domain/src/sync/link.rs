//! What the engine keeps of one link: what it reads from the other side and what it serves to it. Gone when the link is.

use super::message::Want;
use super::reconcile::Session;
use crate::audience::Scope;
use crate::feed::Cursor;
use crate::{DocId, OrgId, ScopeId, Sum, Timestamp, VersionId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One link.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) org: OrgId,
    /// Scopes opened at the other side.
    pub(super) reading: BTreeMap<ScopeId, Reading>,
    /// Scopes that the other side opened here.
    pub(super) serving: BTreeMap<ScopeId, Serving>,
    /// Whether scopes may be read by now that are not open yet.
    pub(super) opens_more: bool,
    /// What the other side asked for and has not got yet.
    pub(super) owed: VecDeque<Owed>,
    /// Parts of large histories whose statement has not come yet.
    pub(super) parts: BTreeMap<(ScopeId, DocId), Vec<Vec<u8>>>,
    /// Bytes in `parts`.
    pub(super) part_bytes: usize,
    /// Documents asked for and not answered.
    pub(super) fetching: BTreeMap<(ScopeId, DocId), Fetching>,
}

/// When a document was asked for, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetching {
    pub(super) again_at: Timestamp,
    pub(super) tries: u32,
}

/// Something to send when there is room.
#[derive(Clone, Debug)]
pub(super) enum Owed {
    /// A document in a scope, less what the asker has.
    Document(ScopeId, Want),
    /// A version in a scope.
    Version(ScopeId, VersionId),
}

/// A scope read from the other side.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) scope: Scope,
    pub(super) cursor: Option<Cursor>,
    /// What the other side holds, when it last said so.
    pub(super) theirs: Option<Sum>,
    /// What this side held when it last compared.
    pub(super) ours: Sum,
    /// Whether the end of the other's feed was reached.
    pub(super) is_at_end: bool,
    /// How many versions at most are still to come before the end of the other's feed.
    pub(super) left: u64,
    /// Whether documents of this scope are on the wanted list and not asked for on this link.
    pub(super) has_wanted: bool,
    /// A reconciliation is due, and the cursor stands here once it is through.
    pub(super) wants_reconcile: Option<Cursor>,
    pub(super) reconcile: Option<Reconcile>,
    /// When it is compared in full though nothing seems to differ; never before it was opened.
    pub(super) compare_at: Option<Timestamp>,
    /// When a reconciliation may start again.
    pub(super) next_reconcile: Timestamp,
}

/// A reconciliation that this side began.
#[derive(Debug)]
pub(super) struct Reconcile {
    pub(super) session: Session,
    /// Where the cursor stands once all differences are here.
    pub(super) tail: Cursor,
    /// Versions asked for and not here yet.
    pub(super) missing: BTreeSet<VersionId>,
    /// Versions found and not asked for yet.
    pub(super) to_ask: VecDeque<VersionId>,
    /// Whether all differences are known.
    pub(super) is_done: bool,
}

/// A scope served to the other side.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) scope: Scope,
    /// The last row sent.
    pub(super) sent: u64,
    /// The last rows of the frames that are not acknowledged yet.
    pub(super) in_flight: VecDeque<u64>,
    /// Whether the feed goes on past `sent`.
    pub(super) has_more: bool,
    /// Versions that the other side gave here: they are not sent back.
    pub(super) given: BTreeSet<VersionId>,
    /// A reconciliation that the other side began.
    pub(super) reconcile: Option<Session>,
    /// Whether own documents of this scope, lost here and given back, may lack content that was not asked for yet.
    pub(super) has_wanted: bool,
}

impl Link {
    pub(super) fn new(org: OrgId) -> Self {
        Self {
            org,
            reading: BTreeMap::new(),
            serving: BTreeMap::new(),
            opens_more: false,
            owed: VecDeque::new(),
            parts: BTreeMap::new(),
            part_bytes: 0,
            fetching: BTreeMap::new(),
        }
    }

    /// Whether everything read here is at the end of its feed with equal sums.
    pub(super) fn is_in_step(&self) -> bool {
        self.reading.values().all(|r| r.is_at_end && r.theirs == Some(r.ours)) && self.fetching.is_empty()
    }

    /// Versions known to exist there and not here yet, at most.
    pub(super) fn behind(&self) -> u64 {
        // The other side says how many: the sum may not run over.
        let missing = self.reading.values().map(Reading::behind).fold(0, u64::saturating_add);
        // Until the other side has said what it holds, nobody may call that being in step.
        let has_not_said = self.reading.values().any(|r| r.theirs.is_none());
        missing.max(count(self.fetching.len())).max(u64::from(has_not_said))
    }
}

impl Reading {
    /// What the other side held when it last said so is old news while it writes; what it says with each run of rows is
    /// not.
    fn behind(&self) -> u64 {
        let Some(theirs) = self.theirs else { return 0 };
        let fewer = theirs.count().saturating_sub(self.ours.count());
        let found = match &self.reconcile {
            Some(r) => count(r.missing.len()).saturating_add(count(r.to_ask.len())).max(1),
            None => u64::from(self.wants_reconcile.is_some()),
        };
        self.left.max(fewer).max(found)
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
