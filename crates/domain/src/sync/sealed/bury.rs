//! Giving a referral's documents up once it is erased at both parties ([`Tombstone`]): each owner signs that its own is erased, in every
//! scope that it stands in, and that statement alone is kept.
//!
//! Of the other party's document a party goes on showing what it last said until its own part is erased too: nobody deletes anything at
//! another. Once its own is given up, by whichever node and however an old copy of the node came to hold more again, all that is left
//! here of the referral goes.

use super::Held;
use crate::audience::Scope;
use crate::document::Kind;
use crate::referral::document::mark_given_up;
use crate::referral::{Both, Parties, Side, Tombstone, wrap};
use crate::statement::Life;
use crate::sync::batch::DocumentRow;
use crate::sync::engine::{Engine, Outcome};
use crate::sync::sign::Said;
use crate::sync::{Document, Loaded};
use crate::{DocId, NodeId, OrgId, Refusal, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;

impl DocumentRow {
    /// What is shown of a document that was given up: of a referral of this organisation's what was shown before, until [`Engine::bury`].
    pub(in crate::sync) fn until_buried(&self, own: &OrgId) -> Option<Self> {
        Parties::of(self)?.side_of(own)?;
        let mut kept = Self { heads: Vec::new(), bytes: 0, ..self.clone() };
        mark_given_up(&mut kept.value);
        Some(kept)
    }
}

impl Engine {
    /// Whether this organisation gave its document up, here or elsewhere.
    pub(super) fn is_given_up(&self, parties: &Parties, side: Side, loaded: &Loaded) -> bool {
        loaded.documents.get(&parties.document(side)).is_some_and(Document::is_given_up)
    }

    /// Whether the home node is to give this organisation's document up now. Of one that waits for the other party it is asked again
    /// when that says more, when one of its nodes goes, and when its time is over.
    pub(super) fn is_over(&mut self, now: Timestamp, parties: Parties, side: Side, both: &Both) -> bool {
        if !self.own.is_home {
            return false;
        }
        let given = Side::ALL.map(|side| self.given_keys(&parties.party(side)));
        let [sender, receiver] = &given;
        let of = |side| if side == Side::Sender { sender } else { receiver };
        let until = match Tombstone::of(&both.referral.state, side, of, now) {
            Tombstone::Due => return true,
            Tombstone::At(until) => Some(until),
            Tombstone::Waits => None,
        };
        self.sealed.outstanding.insert(parties, until);
        false
    }

    /// The nodes of an organisation that may have been given a referral's key, and are in use.
    fn given_keys(&self, org: &OrgId) -> BTreeSet<NodeId> {
        let keys = self.keys.get(org).into_iter().flat_map(|keys| keys.certificates());
        let given = keys.map(crate::identity::Signed::content).filter(|one| wrap::is_given_keys(one));
        given.map(|one| one.node_id).collect()
    }

    /// Gives up what this organisation holds of a referral: its own document, where that is not done yet, and all that is shown of both.
    pub(super) fn bury(
        &mut self,
        now: Timestamp,
        parties: Parties,
        side: Side,
        held: &Held,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) {
        if held.has_anything() || !held.is_erased {
            self.destroy(parties.request(), held, out);
        }
        self.sealed.outstanding.remove(&parties);
        if self.own.is_home
            && let Some(own) = loaded.documents.get_mut(&parties.document(side))
            && let Err(refusal) = self.give_up(now, own, out)
        {
            let message = format!("{} was not given up: {refusal}", own.id);
            out.incident(None, Some(self.own.org), Some(parties.document(side)), "unsigned", message);
        }
        self.forget(parties.document(side), loaded, out);
        self.forget(parties.document(side.other()), loaded, out);
        self.looked(&parties, out);
    }

    /// A document that was shared with one partner alone, who goes: the home node gives up its own of a referral, which nobody could
    /// answer any more.
    pub(in crate::sync) fn part_with(&self, now: Timestamp, doc_id: DocId, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(document) = loaded.documents.get_mut(&doc_id) else { return };
        let is_of_referral = document.kind == Kind::REQUEST || document.kind == Kind::RESPONSE;
        // Where it cannot be signed, it stays as it stands.
        if is_of_referral
            && document.owner == self.own.org
            && self.own.is_home
            && self.give_up(now, document, out).is_ok()
            && let Some(row) = &mut document.row
        {
            row.value = Value::Null;
        }
    }

    /// Signs that an own document is erased, wherever something else stands of it. Whether there was anything to sign.
    pub(in crate::sync) fn give_up(
        &self,
        now: Timestamp,
        document: &mut Document,
        out: &mut Outcome,
    ) -> Result<bool, Refusal> {
        let is_more = |set: &crate::statement::CurrentSet| set.iter().any(|one| one.statement().life != Life::Erased);
        let stands = |scope: &Scope| document.statements.get(&scope.id()).is_some_and(is_more);
        let scopes: Vec<_> = self.own_scopes().filter(stands).collect();
        scopes.iter().try_for_each(|scope| self.give_up_in(now, document, scope, out))?;
        Ok(!scopes.is_empty())
    }

    /// Signs that an own document is erased in one scope.
    pub(in crate::sync) fn give_up_in(
        &self,
        now: Timestamp,
        document: &mut Document,
        scope: &Scope,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let (generation, none) = (document.generation_in(scope), BTreeSet::new());
        self.sign(now, document, scope, &Said { life: Life::Erased, ..Said::live(generation, &none) }, out)
    }

    /// Shows nothing more of a document that was given up.
    fn forget(&mut self, doc_id: DocId, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(document) = loaded.documents.get_mut(&doc_id) else { return };
        // Some of its scopes may not have heard yet, or it is the other party's to give up.
        let is_given_up = document.standing().life == Life::Erased;
        if let Some(row) = document.row.as_mut().filter(|row| is_given_up && !row.value.is_null()) {
            row.value = Value::Null;
            self.refresh(doc_id, loaded, out);
        }
    }

    /// Referrals of an organisation that wait for it are looked at again: one of its nodes may have gone for good.
    pub(super) fn look_at_outstanding_of(&mut self, org: &OrgId) {
        let of = |parties: &&Parties| parties.side_of(org).is_some();
        let all: Vec<Parties> = self.sealed.outstanding.keys().filter(of).copied().collect();
        all.into_iter().for_each(|parties| self.look_again(parties));
    }

    /// Those of which the time is over for which the other party keeps them.
    pub(super) fn look_at_outlived(&mut self, now: Timestamp) {
        let is_over = |until: &Option<Timestamp>| until.is_some_and(|until| until <= now);
        let outlived = self.sealed.outstanding.iter().filter(|(_, until)| is_over(until));
        let outlived: Vec<Parties> = outlived.map(|(parties, _)| *parties).collect();
        outlived.into_iter().for_each(|parties| self.look_again(parties));
    }

    fn look_again(&mut self, parties: Parties) {
        self.sealed.outstanding.remove(&parties);
        self.sealed.look_at(parties);
    }
}
