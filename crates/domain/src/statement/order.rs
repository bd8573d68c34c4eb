//! Which statement stands: an order that follows from signed bytes alone, never from arrival.
//!
//! For one document and scope, T *replaces* S when T's generation is higher; or generations are equal, no entry of
//! S's `seen` is above T's, and one is below. Equal `seen` and other bytes: the smaller `version_id` replaces the
//! larger. This is a strict partial order, so the current set (what no held statement replaces) is the same for
//! every order of arrival and every repetition.

use super::{Seen, SignedStatement};
use crate::{Refusal, VersionId, limits};
use std::cmp::Ordering;

/// Whether T replaces S. Both are of one document and scope.
pub fn replaces(t: &SignedStatement, s: &SignedStatement) -> bool {
    let (new, old) = (t.statement(), s.statement());
    match new.generation.cmp(&old.generation) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => match compare(&old.seen, &new.seen) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => t.version_id() < s.version_id(),
            Some(Ordering::Greater) | None => false,
        },
    }
}

/// A strict partial order of statements of one document and scope: whether the first replaces the second.
pub type Order = fn(&SignedStatement, &SignedStatement) -> bool;

/// The pointwise order of two `seen`, absent entries counting 0; `None` when each is above the other somewhere.
fn compare(a: &Seen, b: &Seen) -> Option<Ordering> {
    let above = |x: &Seen, y: &Seen| x.iter().any(|(i, rev)| *rev > y.get(i).copied().unwrap_or(0));
    match (above(a, b), above(b, a)) {
        (false, false) => Some(Ordering::Equal),
        (false, true) => Some(Ordering::Less),
        (true, false) => Some(Ordering::Greater),
        (true, true) => None,
    }
}

/// What became of a statement that was offered to a current set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is current now, and these are not any more.
    Current {
        /// What it replaced, by id.
        replaced: Vec<VersionId>,
        /// Of those, one with an equal `seen`: somebody signed twice at one point.
        twin: Option<VersionId>,
    },
    /// It was held already.
    Held,
    /// A held statement replaces it; the second says that one has an equal `seen`.
    Replaced(Option<VersionId>),
}

/// The statements of one document in one scope that no held one replaces, in order of `version_id`.
///
/// All of them are held, counted and compared; the content of the first [`limits::STANDING_STATEMENTS`] counts. Were
/// only those held, which ones they are would depend on arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentSet(Vec<SignedStatement>);

impl CurrentSet {
    /// Offers a statement. Refused only when the set is full ([`limits::CURRENT_STATEMENTS`]), and then unchanged.
    pub fn enter(&mut self, offered: SignedStatement) -> Result<Entered, Refusal> {
        self.enter_by(replaces, offered)
    }

    /// The same by a given order: [`replaces`] everywhere but in the simulator.
    pub(crate) fn enter_by(&mut self, replaces: Order, offered: SignedStatement) -> Result<Entered, Refusal> {
        let twin_of = |s: &SignedStatement| {
            s.statement().generation == offered.statement().generation && s.statement().seen == offered.statement().seen
        };
        if self.0.iter().any(|s| s.version_id() == offered.version_id()) {
            return Ok(Entered::Held);
        }
        if let Some(stands) = self.0.iter().find(|s| replaces(s, &offered)) {
            return Ok(Entered::Replaced(twin_of(stands).then(|| stands.version_id())));
        }
        let replaced: Vec<_> = self.0.iter().filter(|s| replaces(&offered, s)).collect();
        if self.0.len() - replaced.len() >= limits::CURRENT_STATEMENTS {
            return Err(Refusal::too_large(format!(
                "document {} has {} statements that stand apart",
                offered.statement().doc_id,
                self.0.len()
            )));
        }
        let twin = replaced.iter().find(|s| twin_of(s)).map(|s| s.version_id());
        let replaced: Vec<_> = replaced.iter().map(|s| s.version_id()).collect();
        self.0.retain(|s| !replaced.contains(&s.version_id()));
        let place = self.0.partition_point(|s| s.version_id() < offered.version_id());
        self.0.insert(place, offered);
        Ok(Entered::Current { replaced, twin })
    }

    /// Takes statements out; gives their ids.
    pub fn take_out(&mut self, which: impl Fn(&SignedStatement) -> bool) -> Vec<VersionId> {
        let gone = self.0.iter().filter(|s| which(s)).map(SignedStatement::version_id).collect();
        self.0.retain(|s| !which(s));
        gone
    }

    /// All current statements.
    pub fn iter(&self) -> impl Iterator<Item = &SignedStatement> {
        self.0.iter()
    }

    /// Those whose content counts.
    pub fn standing(&self) -> impl Iterator<Item = &SignedStatement> {
        self.0.iter().take(limits::STANDING_STATEMENTS)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `seen` of whoever holds all of these: the highest of each entry in the highest generation.
    pub fn seen(&self) -> (u64, Seen) {
        let generation = self.0.iter().map(|s| s.statement().generation).max().unwrap_or(0);
        let mut seen = Seen::new();
        for s in self.0.iter().map(SignedStatement::statement).filter(|s| s.generation == generation) {
            for (incarnation, rev) in &s.seen {
                let entry = seen.entry(*incarnation).or_default();
                *entry = (*entry).max(*rev);
            }
        }
        (generation, seen)
    }
}
