//! Versions that cannot stand together, because their owner's processes numbered changes twice.
//!
//! Each version is judged by the history behind its own heads alone. Of those that hold by themselves, in one order that
//! follows from signed bytes, each is applied unless it conflicts with those before it; the others are *disputed*: set
//! aside with their whole history, so that the choice is made anew whenever the current versions change. So every node
//! that holds the same versions shows the same, in whatever order they came. The owner answers with a reset.
//!
//! A disputed version is quarantined and not wanted: its content is here. What was refused for good is both.

use super::batch::{Quarantined, Wanted};
use super::content::hash_pack;
use super::{Batch, Document, QuarantineMark};
use crate::document::crdt::Content;
use crate::document::{History, StoredChange, chunk, pack};
use crate::statement::{CurrentSet, SignedStatement};
use crate::{ChangeHash, NodeId, Refusal, VersionId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

const REASON: &str = "it cannot stand beside another version: one of its actors made two changes of one number";

/// Changes by hash, whichever version they came with.
type Pool = BTreeMap<ChangeHash, StoredChange>;

impl Document {
    /// Whether a version's content is here and cannot stand with the others.
    pub(super) fn is_disputed(&self, version: &VersionId) -> bool {
        self.quarantined.contains_key(version) && !self.wanted.contains(version)
    }

    /// How many versions are disputed.
    pub(super) fn disputes(&self) -> usize {
        self.quarantined.keys().filter(|version| !self.wanted.contains(version)).count()
    }

    /// Judges a version alone, with what is here and what was offered, and sets it aside to be settled. `None` when
    /// something it rests on is not here.
    pub(super) fn set_aside(
        &mut self,
        statement: &SignedStatement,
        offered: &[StoredChange],
    ) -> Result<Option<()>, Refusal> {
        let mut pool = self.pool();
        pool.extend(offered.iter().map(|c| (c.hash, c.clone())));
        let Some(line) = line_of(&pool, statement) else { return Ok(None) };
        let alone = History::new(line.iter().map(|c| (*c).clone()))?;
        if let Some(stray) = offered.iter().find(|c| !alone.contains(&c.hash)) {
            return Err(Refusal::not_authentic(format!("change {} is not behind the signed heads", stray.hash)));
        }
        alone.check_references(line.iter().map(|c| &c.hash))?;
        Content::open(line.iter().map(|c| c.bytes.as_slice()))?.check(self.kind)?;
        self.wanted.remove(&statement.version_id());
        self.quarantined.insert(statement.version_id(), mark_of(&line));
        Ok(Some(()))
    }

    /// Chooses anew among all versions whose content is here, when some are disputed.
    pub(super) fn settle(&mut self, batch: &mut Batch) {
        if self.disputes() == 0 {
            return;
        }
        let pool = self.pool();
        let mut union = (History::default(), Content::empty());
        let mut lost = BTreeMap::new();
        for statement in self.in_order() {
            let Some(line) = line_of(&pool, statement) else { continue };
            match joined(&union, &line).and_then(|(history, content)| {
                content.check(self.kind)?;
                Ok((history, content))
            }) {
                Ok(next) => union = next,
                Err(_) => {
                    lost.insert(statement.version_id(), mark_of(&line));
                }
            }
        }
        let mut history = union.0;
        // What no current version rests on stays where it can: it is shown until newer content is here.
        for change in self.changes.changes() {
            let _ = history.append(change.clone());
        }
        self.keep(history, batch);
        self.mark(lost, batch);
    }

    fn keep(&mut self, history: History, batch: &mut Batch) {
        let is_new = |c: &&StoredChange| !self.changes.contains(&c.hash);
        let added: Vec<_> = history.changes().iter().filter(is_new).cloned().collect();
        let gone: Vec<_> = self.changes.changes().iter().map(|c| c.hash).filter(|h| !history.contains(h)).collect();
        batch.add_changes(self.id, added);
        if !gone.is_empty() {
            batch.drop_changes(self.id, gone);
        }
        self.changes = history;
        self.content = None;
    }

    fn mark(&mut self, lost: BTreeMap<VersionId, QuarantineMark>, batch: &mut Batch) {
        let before: BTreeSet<_> = self.quarantined.keys().filter(|v| self.is_disputed(v)).copied().collect();
        for version in before.iter().filter(|v| !lost.contains_key(v)) {
            self.quarantined.remove(version);
        }
        for version in before {
            batch.release(&version);
            batch.want(version, Wanted::No);
        }
        for (version_id, mark) in lost {
            batch.quarantined.push(Quarantined {
                version_id,
                doc_id: self.id,
                owner: self.owner,
                // Several may have brought parts of it.
                from: NodeId::from_bytes([0; 16]),
                reason: mark.reason.clone(),
                pack: mark.pack.clone(),
                pack_hash: mark.pack_hash,
                at: batch.at,
            });
            self.quarantined.insert(version_id, mark);
        }
    }

    /// The history of a disputed version, dependencies first; empty when it is not disputed.
    pub(super) fn disputed_changes(&self, version: &VersionId) -> Vec<StoredChange> {
        let mark = self.quarantined.get(version).filter(|_| self.is_disputed(version));
        let chunks = mark.and_then(|m| pack::decode(&m.pack, pack::INFLATED_BYTES).ok()).unwrap_or_default();
        // It passed this when it was set aside.
        chunks.iter().filter_map(|bytes| chunk::inspect(bytes, &self.owner).ok()).collect()
    }

    fn pool(&self) -> Pool {
        let disputed = self.quarantined.keys().flat_map(|version| self.disputed_changes(version));
        self.changes.changes().iter().cloned().chain(disputed).map(|c| (c.hash, c)).collect()
    }

    /// Versions whose content is here, in the order in which they have their turn: those that count before the others,
    /// newer generations first, then by id.
    fn in_order(&self) -> Vec<&SignedStatement> {
        let counting: BTreeSet<_> =
            self.statements.values().flat_map(CurrentSet::standing).map(SignedStatement::version_id).collect();
        let is_here = |s: &&SignedStatement| self.has_content(s) || self.is_disputed(&s.version_id());
        let mut here: Vec<_> = self.current().filter(is_here).collect();
        here.sort_by_key(|s| {
            let id = s.version_id();
            (!counting.contains(&id), Reverse(s.statement().generation), id)
        });
        here
    }
}

/// The history behind a version's heads, dependencies first; `None` when it is not all there.
fn line_of<'p>(pool: &'p Pool, statement: &SignedStatement) -> Option<Vec<&'p StoredChange>> {
    let mut line = Vec::new();
    let mut done = BTreeSet::new();
    let mut open: Vec<(ChangeHash, bool)> = statement.statement().heads.iter().map(|h| (*h, false)).collect();
    while let Some((hash, are_deps_done)) = open.pop() {
        let change = pool.get(&hash)?;
        if are_deps_done {
            line.push(change);
        } else if done.insert(hash) {
            open.push((hash, true));
            open.extend(change.deps.iter().map(|dep| (*dep, false)));
        }
    }
    Some(line)
}

fn joined(union: &(History, Content), line: &[&StoredChange]) -> Result<(History, Content), Refusal> {
    let mut history = union.0.clone();
    let new: Vec<_> = line.iter().filter(|c| !history.contains(&c.hash)).copied().collect();
    new.iter().try_for_each(|change| history.append((*change).clone()))?;
    Ok((history, union.1.apply(new.iter().map(|c| c.bytes.as_slice()))?))
}

fn mark_of(line: &[&StoredChange]) -> QuarantineMark {
    let pack = pack::encode(line);
    QuarantineMark { reason: REASON.to_owned(), pack_hash: hash_pack(&pack), pack }
}
