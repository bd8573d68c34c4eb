//! When nothing of a referral is needed any more: each party then gives its own document up, and signs that it is erased. That statement
//! stays, without content, and whoever held the document drops what it said.

use super::Side;
use super::shown::{Word, owed, word};
use super::state::State;
use crate::{NodeId, Timestamp};
use std::collections::BTreeSet;

/// Whether a party gives its document up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tombstone {
    /// Now.
    Due,
    /// When the time is over for which the other party keeps it, unless that erases it before.
    At(Timestamp),
    /// Not as it stands.
    Waits,
}

impl Tombstone {
    /// Of one party's document. `given` are the nodes of each party that may have been given the key, and are in use.
    ///
    /// A party's own copy has to be erased, however long it wanted to keep it. Of the other's it is enough that the time is over for
    /// which it said that it keeps it: it may never say more. Nothing may be owed, so that nobody is left waiting for a word that the
    /// document could not hold any more; unless the other has given its own up already, which hears nothing more.
    pub fn of<'g>(state: &State, own: Side, given: impl Fn(Side) -> &'g BTreeSet<NodeId>, now: Timestamp) -> Self {
        let is_owed = Side::ALL.iter().any(|side| !owed(state, *side).is_empty());
        let is_gone = |side: Side, at: Timestamp| state.erasure(side).is_over(given(side).iter(), at);
        let is_erased_here = !state.erasure(own).nodes.is_empty() && is_gone(own, now);
        let other = own.other();
        let is_over = state.erasure(other).is_given_up || (word(state, own) == Word::Finished && !is_owed);
        if !is_erased_here || !is_over {
            return Self::Waits;
        }
        match state.erasure(other).kept {
            _ if is_gone(other, now) => Self::Due,
            Some((_, until)) if is_gone(other, until) => Self::At(until),
            _ => Self::Waits,
        }
    }
}
