//! The changes of one document as a graph: who made which, upon what, and what may come next.
//!
//! Changes stand in a causal order (dependencies first) and are never decoded here. Every change passed
//! [`History::admit`], so Automerge never sees a gap, an orphan or an equivocation.

use super::StoredChange;
use super::outline::Outline;
use crate::{ActorId, ChangeHash, Refusal, RefusalKind, limits};
use std::collections::{BTreeMap, BTreeSet};

/// The changes of one document.
///
/// Protocol: [`History::new`] over what is stored; then for each change that came, in causal order, skip it when
/// [`History::contains`] it, and [`History::append`] it otherwise. A history is cheap to make and to clone, so a batch
/// that may fail half-way is appended to a clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    changes: Vec<StoredChange>,
    places: BTreeMap<ChangeHash, usize>,
    actors: BTreeMap<ActorId, Line>,
    /// For each change, how many changes of each actor (by number) are behind it, itself counted.
    clocks: Vec<Vec<u32>>,
    heads: BTreeSet<ChangeHash>,
    bytes: usize,
    operations: u64,
}

/// An actor's changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    /// The actor's place in clocks.
    number: usize,
    /// The places of its changes, by `seq` from 1.
    places: Vec<usize>,
}

impl History {
    /// Over changes in causal order. Refuses what [`History::append`] refuses.
    pub fn new(changes: impl IntoIterator<Item = StoredChange>) -> Result<Self, Refusal> {
        let mut history = Self::default();
        for change in changes {
            history.append(change)?;
        }
        Ok(history)
    }

    /// Adds one change behind those that are here. Refused by [`History::admit`], the history is as it was.
    pub fn append(&mut self, change: StoredChange) -> Result<(), Refusal> {
        self.admit(&change)?;
        for dep in &change.deps {
            self.heads.remove(dep);
        }
        self.heads.insert(change.hash);
        let place = self.changes.len();
        self.places.insert(change.hash, place);
        let number = self.actors.len();
        let line = self.actors.entry(change.actor).or_insert_with(|| Line { number, places: Vec::new() });
        line.places.push(place);
        let number = line.number;
        self.clocks.push(self.clock_of(&change, number));
        self.bytes = self.bytes.saturating_add(change.bytes.len());
        self.operations = self.operations.saturating_add(change.operations);
        self.changes.push(change);
        Ok(())
    }

    /// Whether this change may come next. What the change says by itself was checked when it was read
    /// ([`super::chunk::inspect`]); this is what it must keep towards those before it:
    ///
    /// - it is new, else [`RefusalKind::AlreadyDone`];
    /// - everything it depends on is here, else [`RefusalKind::NotFound`]: fetch that first;
    /// - it is its actor's next by `seq` and depends on its actor's last one directly (Automerge 0.12 makes a local
    ///   change depend on all heads and on the actor's last), else [`RefusalKind::Equivocation`] for a number that is
    ///   taken and [`RefusalKind::Malformed`] otherwise;
    /// - its operations are counted from one above the highest of its dependencies;
    /// - the document with it is within the limits, else [`RefusalKind::TooLarge`].
    pub fn admit(&self, change: &StoredChange) -> Result<(), Refusal> {
        if self.contains(&change.hash) {
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("change {} is here already", change.hash)));
        }
        let base = self.base_of(change)?;
        self.admit_seq(change)?;
        if change.start_op != base.saturating_add(1) {
            return Err(Refusal::malformed(format!(
                "change {} counts its operations from {}, and its dependencies end at {base}",
                change.hash, change.start_op
            )));
        }
        self.admit_size(change)
    }

    /// The clock of a change: the highest of its dependencies' clocks, and itself.
    fn clock_of(&self, change: &StoredChange, number: usize) -> Vec<u32> {
        let mut clock: Vec<u32> = Vec::new();
        for place in change.deps.iter().filter_map(|dep| self.places.get(dep)) {
            let behind = self.clocks.get(*place).map(Vec::as_slice).unwrap_or_default();
            clock.resize(clock.len().max(behind.len()), 0);
            clock.iter_mut().zip(behind).for_each(|(own, theirs)| *own = (*own).max(*theirs));
        }
        clock.resize(clock.len().max(number + 1), 0);
        if let Some(own) = clock.get_mut(number) {
            *own = u32::try_from(change.seq).unwrap_or(u32::MAX);
        }
        clock
    }

    /// The highest operation counter among the dependencies; 0 for a root.
    fn base_of(&self, change: &StoredChange) -> Result<u64, Refusal> {
        let mut base = 0;
        for dep in &change.deps {
            let Some(found) = self.change(dep) else {
                return Err(Refusal::not_found(format!("change {} depends on {dep}, which is not here", change.hash)));
            };
            base = base.max(found.max_op());
        }
        Ok(base)
    }

    fn admit_seq(&self, change: &StoredChange) -> Result<(), Refusal> {
        let last = self.last_of(&change.actor);
        let last_seq = last.map_or(0, |l| l.seq);
        if change.seq <= last_seq {
            return Err(Refusal::new(
                RefusalKind::Equivocation,
                format!("actor {} made two changes of number {}", change.actor, change.seq),
            )
            .hint("the owner's home node answers this with a generation reset"));
        }
        if change.seq != last_seq.saturating_add(1) {
            return Err(Refusal::malformed(format!(
                "actor {} made change {} after {last_seq}, which leaves a gap",
                change.actor, change.seq
            )));
        }
        match last {
            Some(last) if !change.deps.contains(&last.hash) => Err(Refusal::malformed(format!(
                "change {} does not depend on its actor's last change {}",
                change.hash, last.hash
            ))),
            _ => Ok(()),
        }
    }

    fn admit_size(&self, change: &StoredChange) -> Result<(), Refusal> {
        let refuse = |what: &str, limit: u64| {
            Err(Refusal::too_large(format!("with change {} the document has over {limit} {what}", change.hash)))
        };
        if self.changes.len() >= limits::DOCUMENT_CHANGES {
            return refuse("changes", limits::DOCUMENT_CHANGES as u64);
        }
        if self.actors.len() >= limits::DOCUMENT_ACTORS && !self.actors.contains_key(&change.actor) {
            return refuse("actors", limits::DOCUMENT_ACTORS as u64);
        }
        if self.bytes.saturating_add(change.bytes.len()) > limits::DOCUMENT_BYTES {
            return refuse("bytes", limits::DOCUMENT_BYTES as u64);
        }
        if self.operations.saturating_add(change.operations) > limits::DOCUMENT_OPERATIONS {
            return refuse("operations", limits::DOCUMENT_OPERATIONS);
        }
        Ok(())
    }

    /// All changes, dependencies first.
    pub fn changes(&self) -> &[StoredChange] {
        &self.changes
    }

    /// How many changes.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Bytes of all chunks.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Operations of all changes.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The highest operation counter; 0 when there is none.
    pub fn max_op(&self) -> u64 {
        self.heads.iter().filter_map(|h| self.change(h)).map(StoredChange::max_op).max().unwrap_or(0)
    }

    /// One change by its hash.
    pub fn change(&self, hash: &ChangeHash) -> Option<&StoredChange> {
        self.places.get(hash).and_then(|place| self.changes.get(*place))
    }

    /// Whether this change is here.
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.places.contains_key(hash)
    }

    /// The changes nothing here depends on.
    pub fn heads(&self) -> &BTreeSet<ChangeHash> {
        &self.heads
    }

    /// How many actors wrote it.
    pub fn actors(&self) -> usize {
        self.actors.len()
    }

    /// The number of an actor's newest change; 0 when it made none.
    pub fn last_seq(&self, actor: &ActorId) -> u64 {
        self.last_of(actor).map_or(0, |c| c.seq)
    }

    fn last_of(&self, actor: &ActorId) -> Option<&StoredChange> {
        self.actors.get(actor).and_then(|l| l.places.last()).and_then(|place| self.changes.get(*place))
    }

    /// Refuses those of these changes whose operations refer to an object, an element or a value that is not behind
    /// them. Automerge panics on such a change, or takes it and cannot write it again.
    ///
    /// Ask it once of changes from others, after they were appended to a copy and before Automerge sees them. It opens
    /// only the changes referred to.
    pub fn check_references<'a>(&self, of: impl IntoIterator<Item = &'a ChangeHash>) -> Result<(), Refusal> {
        let mut outline = Outline::new(self);
        of.into_iter().filter_map(|hash| self.places.get(hash)).try_for_each(|place| outline.check(*place))
    }

    /// The place of a change that holds an actor's operation of this counter and is behind the change at `from`.
    pub(super) fn behind_with(&self, from: usize, actor: &ActorId, counter: u64) -> Option<usize> {
        let line = self.actors.get(actor)?;
        let start = |place: &usize| self.changes.get(*place).map_or(u64::MAX, |c| c.start_op);
        let upto = line.places.partition_point(|place| start(place) <= counter);
        let place = *line.places.get(upto.checked_sub(1)?)?;
        let seen = self.clocks.get(from).and_then(|clock| clock.get(line.number)).copied().unwrap_or(0);
        let change = self.changes.get(place)?;
        (counter <= change.max_op() && change.seq <= u64::from(seen)).then_some(place)
    }

    /// The number this history knows an actor by.
    pub(super) fn actor_number(&self, actor: &ActorId) -> Option<usize> {
        self.actors.get(actor).map(|l| l.number)
    }

    /// Of these heads, those that are not here.
    pub fn missing<'a>(&self, heads: impl IntoIterator<Item = &'a ChangeHash>) -> BTreeSet<ChangeHash> {
        heads.into_iter().filter(|h| !self.contains(h)).copied().collect()
    }

    /// These heads and everything behind them. Heads that are not here are passed over: ask [`History::missing`].
    pub fn ancestors<'a>(&self, heads: impl IntoIterator<Item = &'a ChangeHash>) -> BTreeSet<ChangeHash> {
        let marks = self.marks(heads);
        self.changes.iter().zip(marks).filter(|(_, marked)| *marked).map(|(c, _)| c.hash).collect()
    }

    /// What somebody who has `have` lacks of `heads`: the ancestors of `heads` without the ancestors of those of `have`
    /// that are here. In causal order.
    pub fn since<'a, 'b>(
        &self,
        heads: impl IntoIterator<Item = &'a ChangeHash>,
        have: impl IntoIterator<Item = &'b ChangeHash>,
    ) -> Vec<&StoredChange> {
        let (wanted, held) = (self.marks(heads), self.marks(have));
        self.changes
            .iter()
            .zip(wanted.into_iter().zip(held))
            .filter(|(_, (wanted, held))| *wanted && !*held)
            .map(|(change, _)| change)
            .collect()
    }

    /// The changes that are no ancestor of these heads (nor one of them), in causal order.
    pub fn unreachable<'a>(&self, heads: impl IntoIterator<Item = &'a ChangeHash>) -> Vec<ChangeHash> {
        let marks = self.marks(heads);
        self.changes.iter().zip(marks).filter(|(_, marked)| !*marked).map(|(c, _)| c.hash).collect()
    }

    /// The history behind these heads alone: what a new change must be admitted to, where other generations or
    /// statements have changes here too. Whether a change fits then depends on signed heads, not on what else is stored.
    #[must_use]
    pub fn behind<'a>(&self, heads: impl IntoIterator<Item = &'a ChangeHash>) -> Self {
        let mut out = Self::default();
        for change in self.since(heads, []) {
            // Cannot be refused: an ancestor-closed part of what was admitted is admitted.
            let _ = out.append(change.clone());
        }
        out
    }

    /// The newest of these changes, apart by history: two stand together when a root is behind both.
    pub fn lines<'a>(&self, hashes: impl IntoIterator<Item = &'a ChangeHash>) -> Vec<BTreeSet<ChangeHash>> {
        let mut lines: Vec<(BTreeSet<ChangeHash>, BTreeSet<ChangeHash>)> = Vec::new();
        for head in self.behind(hashes).heads() {
            let is_root = |hash: &ChangeHash| self.change(hash).is_some_and(|c| c.deps.is_empty());
            let mut joined = (BTreeSet::from([*head]), self.ancestors([head]).into_iter().filter(is_root).collect());
            lines.retain(|(heads, roots)| {
                let is_apart = roots.is_disjoint(&joined.1);
                if !is_apart {
                    joined.0.extend(heads);
                    joined.1.extend(roots);
                }
                is_apart
            });
            lines.push(joined);
        }
        lines.into_iter().map(|(heads, _)| heads).collect()
    }

    /// Takes changes out; what depends on them must go too.
    #[must_use]
    pub fn without(&self, dropped: &BTreeSet<ChangeHash>) -> Self {
        let mut out = Self::default();
        for change in self.changes.iter().filter(|c| !dropped.contains(&c.hash)) {
            // A change whose dependency went is refused, and so goes with it.
            let _ = out.append(change.clone());
        }
        out
    }

    /// For each change, whether it is one of these heads or behind one. Linear: dependencies stand before.
    fn marks<'a>(&self, heads: impl IntoIterator<Item = &'a ChangeHash>) -> Vec<bool> {
        let mut marks = vec![false; self.changes.len()];
        let mark = |marks: &mut Vec<bool>, hash: &ChangeHash| {
            if let Some(slot) = self.places.get(hash).and_then(|place| marks.get_mut(*place)) {
                *slot = true;
            }
        };
        for head in heads {
            mark(&mut marks, head);
        }
        for (place, change) in self.changes.iter().enumerate().rev() {
            if marks.get(place).copied().unwrap_or(false) {
                for dep in &change.deps {
                    mark(&mut marks, dep);
                }
            }
        }
        marks
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
