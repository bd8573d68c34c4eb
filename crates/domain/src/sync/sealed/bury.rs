//! Giving a referral's documents up once it is erased at both parties ([`Tombstone`]): each owner signs that its own is erased, in every
//! scope that it stands in, and that statement alone is kept.
//!
//! Of the other party's document a party goes on showing what it last said until its own part is erased too: nobody deletes anything at
//! another. Once its own is given up, by whichever node and however an old copy of the node came to hold more again, all that is left
//! here of the referral goes.

use super::{Gatherings, Held, Stage};
use crate::audience::Scope;
use crate::document::Kind;
use crate::referral::{Body, Both, Parties, Side, Tombstone, wrap};
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
        // What is shown goes on counting for its owner.
        Some(Self { heads: Vec::new(), life: Life::Live, ..self.clone() })
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
        self.sealed.no_longer_outstanding(&parties);
        let until = match Tombstone::of(&both.referral.state, side, of, now) {
            Tombstone::Due => return true,
            Tombstone::At(until) => Some(until),
            Tombstone::Waits => None,
        };
        self.sealed.outlived.extend(until.map(|until| (until, parties)));
        self.sealed.outstanding.insert(parties, until);
        false
    }

    /// The nodes of an organisation that may have been given a referral's key, and are in use.
    fn given_keys(&self, org: &OrgId) -> BTreeSet<NodeId> {
        self.keys.get(org).map(wrap::given_keys).unwrap_or_default()
    }

    /// What the other party gave up before any of it came here cannot be joined with what this organisation said, nor be shown to
    /// anybody. The home node gives its own up too, once no other own node that was given the key is without having erased.
    pub(super) fn look_at_unread(
        &mut self,
        now: Timestamp,
        parties: Parties,
        side: Side,
        (both, held): (&Both, &Held),
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) {
        let mut others = self.given_keys(&self.own.org);
        others.remove(&self.own.node);
        for told in both.referral.events.iter().filter(|told| told.side == side) {
            if let Some(Body::Erase { node, .. }) = told.event.as_ref().map(|event| event.body) {
                others.remove(&node);
            }
        }
        if self.own.is_home && others.is_empty() {
            self.bury(now, parties, side, held, loaded, out);
        } else {
            self.sealed.wait_alone(&parties);
        }
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
        self.sealed.no_longer_outstanding(&parties);
        if self.own.is_home
            && let Err(refusal) = self.decide_no_more(now, &parties, loaded, out)
        {
            self.not_given_up(parties.document(side), &refusal, out);
        }
        if self.own.is_home
            && let Some(own) = loaded.documents.get_mut(&parties.document(side))
            && let Err(refusal) = self.give_up(now, own, out)
        {
            self.not_given_up(parties.document(side), &refusal, out);
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
        if !is_of_referral || document.owner != self.own.org || !self.own.is_home {
            return;
        }
        match self.give_up(now, document, out) {
            Ok(_) => {
                if let Some(row) = &mut document.row {
                    row.value = Value::Null;
                }
            }
            Err(refusal) => self.not_given_up(doc_id, &refusal, out),
        }
    }

    fn not_given_up(&self, doc_id: DocId, refusal: &Refusal, out: &mut Outcome) {
        let message = format!("{doc_id} was not given up: {refusal}");
        out.incident(None, Some(self.own.org), Some(doc_id), "unsigned", message);
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
        // Where as many processes wrote it as are told apart, a new history has room for the word of one more.
        let is_new = self.own.is_home && self.is_crowded(document);
        let generation = document.generation_in(scope).saturating_add(u64::from(is_new));
        let none = BTreeSet::new();
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
        all.into_iter().for_each(|parties| self.sealed.look_again(parties));
    }

    /// Those of which the time is over for which the other party keeps them.
    pub(super) fn look_at_outlived(&mut self, now: Timestamp) {
        while let Some((_, parties)) = self.sealed.outlived.first().filter(|(until, _)| *until <= now).copied() {
            self.sealed.look_again(parties);
        }
    }
}

/// Whether a document was given up, and nothing that it said is here.
pub(super) fn is_unread(doc_id: &DocId, loaded: &Loaded) -> bool {
    let is_empty = |document: &Document| document.row.as_ref().is_none_or(|row| row.value.is_null());
    loaded.documents.get(doc_id).is_some_and(|document| document.is_given_up() && is_empty(document))
}

impl Gatherings {
    /// Until somebody is linked who may change it, or it changes.
    fn wait_alone(&mut self, parties: &Parties) {
        if let Some(one) = self.due.get_mut(parties) {
            one.stage = Stage::Alone;
        }
    }

    fn no_longer_outstanding(&mut self, parties: &Parties) {
        if let Some(until) = self.outstanding.remove(parties).flatten() {
            self.outlived.remove(&(until, *parties));
        }
    }

    fn look_again(&mut self, parties: Parties) {
        self.no_longer_outstanding(&parties);
        self.look_at(parties);
    }
}
