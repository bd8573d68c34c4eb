//! From signed heads and change packs to what readers see.
//!
//! What a node holds depends on signed bytes alone: a version's changes are judged against the history behind its own
//! heads, and where two current versions cannot stand together the one with the smaller id stands.

use super::batch::{AddedChanges, DocumentRow, Quarantined, Wanted};
use super::{Batch, Document, QuarantineMark, Usage};
use crate::audience::Scope;
use crate::document::crdt::Content;
use crate::document::{History, Kind, StoredChange, about, chunk};
use crate::statement::{CurrentSet, Life, Seen, SignedStatement};
use crate::{ActorId, ChangeHash, OrgId, Refusal, RefusalKind, Timestamp, VersionId};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What came of a version's changes.
#[derive(Debug)]
pub(super) enum Taken {
    /// They are in the document.
    Applied(Vec<StoredChange>),
    /// They hold by themselves and not beside what is here: to be settled when the document is brought up to date.
    Disputed,
    /// Something they rest on is not here.
    Lacking,
    /// They break a rule; not to be tried again with the same bytes.
    Refused(Refusal),
    /// They passed every rule, and failed when they were opened: likewise, and dear enough to be counted.
    Failed(Refusal),
}

/// What a document's statements say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) life: Life,
    /// The generation that counts; 0 when there is none.
    pub(super) generation: u64,
    /// Heads of the versions that count and whose content is here.
    pub(super) heads: BTreeSet<ChangeHash>,
    /// Whether the content of every version that counts is here.
    pub(super) is_whole: bool,
}

/// How a document grew by a step.
#[derive(Clone, Debug)]
pub(super) struct Growth {
    /// What it counted for.
    pub(super) before: Usage,
    /// What it counts for now.
    pub(super) now: Usage,
    /// Who made the changes that were dropped: none of them may count on from there in this document.
    pub(super) dropped: BTreeSet<ActorId>,
}

impl Document {
    /// Whether the content behind a version is here.
    pub(super) fn has_content(&self, statement: &SignedStatement) -> bool {
        let id = statement.version_id();
        !self.wanted.contains(&id)
            && !self.quarantined.contains_key(&id)
            && statement.statement().heads.iter().all(|h| self.changes.contains(h))
    }

    /// Content is the union over the live scopes, in the highest generation among them; where no scope is live, over
    /// the withdrawn ones. Within a scope the strongest word counts: erased over withdrawn over live.
    pub(super) fn standing(&self) -> Standing {
        let life = self.statements.values().filter_map(life_of).min().unwrap_or(Life::Withdrawn);
        let sets = || self.statements.values().filter(|set| life_of(set) == Some(life));
        let generation = sets().flat_map(CurrentSet::standing).map(|s| s.statement().generation).max();
        let counting =
            || sets().flat_map(CurrentSet::standing).filter(move |s| Some(s.statement().generation) == generation);
        if life == Life::Erased {
            // Whatever was said beside that is gone with the rest.
            return Standing { life, generation: generation.unwrap_or(0), heads: BTreeSet::new(), is_whole: true };
        }
        let heads = counting().filter(|s| self.has_content(s)).flat_map(|s| s.statement().heads.iter().copied());
        let heads: BTreeSet<_> = heads.collect();
        // Scopes may stand at different places of one history: what is behind another head is no head.
        let heads = if heads.len() > 1 { self.changes.behind(&heads).heads().clone() } else { heads };
        let is_whole = counting().all(|s| self.has_content(s) || self.is_disputed(&s.version_id()));
        Standing { life, generation: generation.unwrap_or(0), heads, is_whole }
    }

    /// Changes of an earlier generation that what stands neither holds nor took in: a sibling made them meanwhile.
    pub(super) fn left_behind(&self) -> BTreeSet<ChangeHash> {
        let standing = self.standing();
        if self.changes.len() == self.changes.ancestors(&standing.heads).len() {
            return BTreeSet::new();
        }
        let base = self.spoken_for();
        let held = self.changes.ancestors(&standing.heads);
        let is_left = |c: &&StoredChange| {
            !held.contains(&c.hash) && c.seq > base.get(&c.actor.incarnation()).copied().unwrap_or(0)
        };
        self.changes.changes().iter().filter(is_left).map(|c| c.hash).collect()
    }

    /// The life of this document in one scope; `None` when it was never there.
    pub(super) fn life_in(&self, scope: &Scope) -> Option<Life> {
        self.statements.get(&scope.id()).and_then(life_of)
    }

    /// Whether it was given up for good, though some of its scopes may not have heard yet.
    pub fn is_given_up(&self) -> bool {
        self.statements.values().any(|set| life_of(set) == Some(Life::Erased))
    }

    /// Whether it stands in a scope.
    #[cfg(any(test, feature = "sim"))]
    pub fn is_live_in(&self, scope: &Scope) -> bool {
        self.life_in(scope) == Some(Life::Live)
    }

    /// The document opened as readers see it.
    #[cfg(any(test, feature = "sim"))]
    pub fn open_at_row(&mut self) -> Result<Content, Refusal> {
        let heads = self.row.iter().flat_map(|r| r.heads.iter().copied()).collect();
        self.open_at(&heads)
    }

    /// The document opened at these heads.
    pub(super) fn open_at(&mut self, heads: &BTreeSet<ChangeHash>) -> Result<Content, Refusal> {
        let is_whole = self.changes.heads() == heads;
        let whole = self.open_whole()?;
        if is_whole {
            return Ok(whole.clone());
        }
        whole.at(&heads.iter().copied().collect::<Vec<_>>())
    }

    /// The document opened with all that is stored of it; kept with it from then on.
    pub(super) fn open_whole(&mut self) -> Result<&Content, Refusal> {
        let content = match self.content.take() {
            Some(content) => content,
            None => Content::open(self.changes.changes().iter().map(|c| c.bytes.as_slice()))?,
        };
        Ok(self.content.insert(content))
    }

    /// Judges a version's changes and, when they hold, adds them. On anything but `Applied` the document is unchanged.
    pub(super) fn take(&mut self, statement: &SignedStatement, chunks: &[Vec<u8>]) -> Taken {
        let new = match self.inspect(statement, chunks) {
            Ok(new) => new,
            Err(refusal) => return Taken::Refused(refusal),
        };
        let fitted = match self.fit(statement, &new) {
            Ok(Some(fitted)) => fitted,
            Ok(None) if self.disputes() == 0 => return Taken::Lacking,
            Ok(None) | Err(_) => return self.take_apart(statement, &new),
        };
        match self.apply(&fitted.0, &fitted.1) {
            Ok(content) => {
                self.changes = fitted.0;
                self.content = Some(content);
                Taken::Applied(fitted.1)
            }
            Err(refusal) => match self.take_apart(statement, &new) {
                Taken::Refused(_) => Taken::Failed(refusal),
                taken => taken,
            },
        }
    }

    /// What does not fit to what is here may hold by itself.
    fn take_apart(&mut self, statement: &SignedStatement, offered: &[StoredChange]) -> Taken {
        match self.set_aside(statement, offered) {
            Ok(Some(())) => Taken::Disputed,
            Ok(None) => Taken::Lacking,
            Err(refusal) => Taken::Refused(refusal),
        }
    }

    fn inspect(&self, statement: &SignedStatement, chunks: &[Vec<u8>]) -> Result<Vec<StoredChange>, Refusal> {
        chunks.iter().map(|bytes| chunk::inspect(bytes, &statement.statement().org_id)).collect()
    }

    /// The document's history with the new changes; `None` when something they rest on is not here.
    fn fit(
        &self,
        statement: &SignedStatement,
        offered: &[StoredChange],
    ) -> Result<Option<(History, Vec<StoredChange>)>, Refusal> {
        let heads = &statement.statement().heads;
        let mut history = self.changes.clone();
        let mut new = Vec::new();
        for change in offered {
            match history.append(change.clone()) {
                Ok(()) => new.push(change.clone()),
                Err(refusal) if refusal.kind == RefusalKind::AlreadyDone => {}
                Err(refusal) if refusal.kind == RefusalKind::NotFound => return Ok(None),
                Err(refusal) => return Err(refusal),
            }
        }
        if !history.missing(heads).is_empty() {
            return Ok(None);
        }
        let behind = history.ancestors(heads);
        if let Some(stray) = new.iter().find(|c| !behind.contains(&c.hash)) {
            return Err(Refusal::not_authentic(format!("change {} is not behind the signed heads", stray.hash)));
        }
        history.check_references(new.iter().map(|c| &c.hash))?;
        Ok(Some((history, new)))
    }

    fn apply(&self, history: &History, new: &[StoredChange]) -> Result<Content, Refusal> {
        let content = match &self.content {
            Some(content) => content.apply(new.iter().map(|c| c.bytes.as_slice()))?,
            None => Content::open(history.changes().iter().map(|c| c.bytes.as_slice()))?,
        };
        content.check(self.kind)?;
        Ok(content)
    }

    /// Brings the row that readers see up to date, and drops what no current version rests on any more.
    /// Gives how the document grew, in documents and bytes. Of this organisation's own documents what a reset left
    /// behind is kept until it is written again.
    pub(super) fn refresh(&mut self, own: &OrgId, batch: &mut Batch) -> Result<Growth, Refusal> {
        let before = self.row.as_ref().map(DocumentRow::usage).unwrap_or_default();
        if self.is_disowned() {
            return Ok(self.hide(batch));
        }
        self.take_what_is_here(batch);
        self.settle(batch);
        let standing = self.standing();
        if standing.life == Life::Erased {
            self.want_nothing(batch);
        }
        let dropped = self.drop_unreachable(own, &standing, batch);
        let kept = self.row.as_ref().filter(|_| standing.life == Life::Erased).and_then(|row| row.until_buried(own));
        let row = if let Some(kept) = kept {
            kept
        } else if standing.is_whole || !standing.heads.is_empty() || self.row.is_none() {
            self.read(&standing)?
        } else {
            // The newest content is not here yet: the last applied one is shown until it is.
            let is_public = self.is_public();
            self.row
                .clone()
                .map(|row| DocumentRow { life: standing.life, is_public, ..row })
                .unwrap_or(self.read(&standing)?)
        };
        let growth = Growth { before, now: row.usage(), dropped };
        batch.put_row(row.clone());
        self.row = Some(row);
        Ok(growth)
    }

    /// Nobody vouches for it: readers do not see it, and its changes stay for whoever does again.
    fn hide(&mut self, batch: &mut Batch) -> Growth {
        let usage = |row: &Option<DocumentRow>| row.as_ref().map(DocumentRow::usage).unwrap_or_default();
        let before = usage(&self.row);
        if let Some(row) = &mut self.row {
            row.life = Life::Withdrawn;
            row.is_public = false;
            batch.put_row(row.clone());
        }
        Growth { before, now: usage(&self.row), dropped: BTreeSet::new() }
    }

    /// Versions whose content came with another's have it, whatever came with themselves: that depends on the road they
    /// took, and what a node shows must not.
    fn take_what_is_here(&mut self, batch: &mut Batch) {
        let is_here = |s: &&SignedStatement| self.changes.missing(&s.statement().heads).is_empty();
        let wanted = self.current().filter(|s| self.wanted.contains(&s.version_id()));
        let here: Vec<_> = wanted.filter(is_here).map(SignedStatement::version_id).collect();
        for version in here {
            self.wanted.remove(&version);
            self.quarantined.remove(&version);
            batch.release(&version);
            batch.want(version, Wanted::No);
        }
    }

    /// Of what is erased no content is asked for any more, nor kept.
    fn want_nothing(&mut self, batch: &mut Batch) {
        let unread = std::mem::take(&mut self.quarantined).into_keys();
        for version in unread.chain(std::mem::take(&mut self.wanted)) {
            batch.release(&version);
            batch.want(version, Wanted::No);
        }
    }

    fn read(&mut self, standing: &Standing) -> Result<DocumentRow, Refusal> {
        let mut row = DocumentRow {
            doc_id: self.id,
            kind: self.kind,
            owner: self.owner,
            life: standing.life,
            is_public: self.is_public(),
            name: String::new(),
            // Who follows a referral hears that a decision on it is gone.
            about: self.row.as_ref().filter(|row| row.kind == Kind::DECISION).and_then(|row| row.about),
            value: serde_json::Value::Null,
            heads: standing.heads.iter().copied().collect(),
            conflicts: 0,
            last_modified: self.newest_signature(),
            bytes: u64::try_from(self.bytes()).unwrap_or(u64::MAX),
        };
        if standing.life != Life::Erased && !standing.heads.is_empty() {
            let apart;
            let content = match self.changes.heads() == &standing.heads {
                true => self.open_whole()?,
                false => {
                    apart = self.open_at(&standing.heads)?;
                    &apart
                }
            };
            row.value = content.value();
            row.about = about(row.kind, &row.owner, &row.value);
            row.name = row.value.get("name").and_then(|n| n.as_str()).unwrap_or_default().to_owned();
            let conflicts = content.conflicts().len();
            row.last_modified = content.last_modified().unwrap_or(row.last_modified);
            row.conflicts = u32::try_from(conflicts.saturating_add(self.disputes())).unwrap_or(u32::MAX);
        }
        Ok(row)
    }

    /// What its content takes, with what was set aside of it.
    fn bytes(&self) -> usize {
        self.quarantined.values().fold(self.changes.bytes(), |bytes, mark| bytes.saturating_add(mark.pack.len()))
    }

    fn newest_signature(&self) -> Timestamp {
        self.current().map(|s| s.statement().signed_at).max().unwrap_or_default()
    }

    fn is_public(&self) -> bool {
        self.life_in(&Scope::public(self.owner)) == Some(Life::Live)
    }

    fn drop_unreachable(&mut self, own: &OrgId, standing: &Standing, batch: &mut Batch) -> BTreeSet<ActorId> {
        if !standing.is_whole {
            return BTreeSet::new();
        }
        let mut heads = BTreeSet::new();
        if standing.life != Life::Erased {
            heads.extend(self.current().flat_map(|s| s.statement().heads.iter().copied()));
            if self.owner == *own {
                heads.extend(self.left_behind());
            }
        }
        let dropped = self.changes.unreachable(&heads);
        if dropped.is_empty() {
            return BTreeSet::new();
        }
        let actors = dropped.iter().filter_map(|hash| self.changes.change(hash)).map(|c| c.actor).collect();
        self.changes = self.changes.without(&dropped.iter().copied().collect());
        self.content = None;
        batch.drop_changes(self.id, dropped);
        actors
    }

    /// Marks a version's content as refused: kept, visible, and not tried again from the same bytes.
    pub(super) fn quarantine(
        &mut self,
        version_id: VersionId,
        from: crate::NodeId,
        refusal: &Refusal,
        pack: &[u8],
        batch: &mut Batch,
    ) {
        let pack_hash = hash_pack(pack);
        let reason = refusal.message.clone();
        self.wanted.insert(version_id);
        self.quarantined.insert(version_id, QuarantineMark { reason: reason.clone(), pack_hash, pack: pack.to_vec() });
        batch.quarantined.push(Quarantined {
            version_id,
            doc_id: self.id,
            owner: self.owner,
            from,
            reason,
            pack: pack.to_vec(),
            pack_hash,
            at: batch.at,
        });
    }
}

/// The highest number each incarnation reached in these changes.
pub(super) fn clock<'a>(changes: impl Iterator<Item = &'a StoredChange>) -> Seen {
    let mut clock = Seen::new();
    for change in changes {
        let last = clock.entry(change.actor.incarnation()).or_default();
        *last = (*last).max(change.seq);
    }
    clock
}

/// The strongest word among a scope's standing statements.
fn life_of(set: &CurrentSet) -> Option<Life> {
    set.standing().map(|s| s.statement().life).max()
}

/// The name that a pack's bytes go by.
pub(super) fn hash_pack(pack: &[u8]) -> [u8; 32] {
    Sha256::digest(pack).into()
}

impl Batch {
    pub(super) fn put_row(&mut self, row: DocumentRow) {
        // The last row of a document counts.
        self.documents.push(row);
    }

    pub(super) fn add_changes(&mut self, doc_id: crate::DocId, added: Vec<StoredChange>) {
        if !added.is_empty() {
            self.changes.push(AddedChanges { doc_id, added, dropped: Vec::new() });
        }
    }

    pub(super) fn drop_changes(&mut self, doc_id: crate::DocId, dropped: Vec<ChangeHash>) {
        // What was added by the same step goes with it: it was never stored.
        for changes in self.changes.iter_mut().filter(|c| c.doc_id == doc_id) {
            changes.added.retain(|c| !dropped.contains(&c.hash));
        }
        self.changes.push(AddedChanges { doc_id, added: Vec::new(), dropped });
    }

    /// What was set aside earlier in this step is not any more.
    pub(super) fn release(&mut self, version: &VersionId) {
        self.quarantined.retain(|q| q.version_id != *version);
    }

    pub(super) fn want(&mut self, version_id: VersionId, wanted: Wanted) {
        self.wanted.insert(version_id, wanted);
    }
}
