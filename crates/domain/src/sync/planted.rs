//! Bugs that the simulator plants, one at a time, to show that it would find them. Never part of the product: this module
//! and every line that asks it stand behind the feature `sim`.

use super::Engine;
use super::engine::Outcome;
use super::{Effect, Message};
use crate::OrgId;
use crate::audience::Scope;
use crate::statement::{Order, SignedStatement, replaces};

/// A bug, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planted {
    /// A statement's signature is not checked (`receive`).
    SkipSignature,
    /// Rows are acknowledged before they are stored (`engine`).
    AcknowledgeEarly,
    /// Which of two statements stands is decided by their heads (`statement::order`).
    OrderByHeads,
    /// A cursor that the other side calls invalid is kept, and nothing is compared (`open`).
    KeepCursor,
    /// What is shared with this organisation alone is handed on to others who ask (`engine`).
    RelayPair,
    /// A withdrawal that a new generation knew nothing of is not said again (`tend`).
    ForgetWithdrawal,
    /// A version whose content is set aside does not enter the version set (`receive`).
    QuarantinedNotHeld,
    /// A process that starts again writes as the one before it (`sim::process`: the shell draws incarnations).
    ReuseActor,
    /// What is sealed is handed on once a referral is over (`sealed::hand`).
    HandAfterWithdrawal,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SkipSignature,
        Self::AcknowledgeEarly,
        Self::OrderByHeads,
        Self::KeepCursor,
        Self::RelayPair,
        Self::ForgetWithdrawal,
        Self::QuarantinedNotHeld,
        Self::ReuseActor,
        Self::HandAfterWithdrawal,
    ];

    /// By its name, as `Debug` writes it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|planted| format!("{planted:?}") == name)
    }

    /// By what statements are ordered.
    pub(super) fn order(self) -> Order {
        match self {
            Self::OrderByHeads => by_heads,
            _ => replaces,
        }
    }
}

fn by_heads(t: &SignedStatement, s: &SignedStatement) -> bool {
    let (new, old) = (t.statement(), s.statement());
    let by_heads = (new.generation, &new.heads).cmp(&(old.generation, &old.heads));
    by_heads.is_gt() || (by_heads.is_eq() && replaces(t, s))
}

impl Engine {
    /// Plants a bug.
    pub fn plant(&mut self, planted: Planted) {
        self.planted = Some(planted);
    }

    pub(super) fn has(&self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }

    /// What others share with this organisation alone, and it with them, whoever asks.
    pub(super) fn pairs_of_others(&self, asker: OrgId) -> impl Iterator<Item = Scope> {
        let own = self.own.org;
        self.partners.keys().filter(move |p| **p != asker).map(move |p| Scope::pair(*p, own))
    }
}

impl Outcome {
    /// The effects with acknowledgements before the commit.
    pub(super) fn acknowledging_early(mut self) -> Vec<Effect> {
        self.planted = None;
        let is_early = |effect: &Effect| matches!(effect, Effect::Send(_, Message::Stored { .. }));
        let (early, others): (Vec<_>, Vec<_>) = self.into_effects().into_iter().partition(is_early);
        early.into_iter().chain(others).collect()
    }
}
