//! Decisions that are made on a node that is not the home node: kept in a document that the organisation's nodes alone hold, and
//! written by the home node once it knows all that was known there.

use super::Held;
use super::act::event_to_write;
use crate::audience::Audience;
use crate::document::Kind;
use crate::referral::{Author, Both, Decision, Event, Parties, Side};
use crate::statement::Life;
use crate::sync::batch::DocumentRow;
use crate::sync::effect::{Answer, Write, WriteAction};
use crate::sync::engine::{Engine, Outcome};
use crate::sync::{Loaded, Needs};
use crate::{BlobHash, DocId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::BTreeSet;

impl Engine {
    /// Takes in a decision's document as it stands here. Gives the referral that the home node is to look at.
    pub(in crate::sync) fn note_decision(&mut self, row: &DocumentRow) -> Option<Parties> {
        if row.kind != Kind::DECISION || row.owner != self.own.org {
            return None;
        }
        for of in [&mut self.sealed.decisions, &mut self.sealed.refused] {
            of.retain(|(_, id)| *id != row.doc_id);
        }
        let decision = Decision::read(&row.owner, &row.value).ok().filter(|_| row.life == Life::Live)?;
        if decision.refused.is_some() {
            self.sealed.refused.insert((decision.parties, row.doc_id));
            return None;
        }
        self.sealed.decisions.insert((decision.parties, row.doc_id));
        Some(decision.parties).filter(|_| self.own.is_home)
    }

    /// Takes in the decisions that stood when this process started.
    pub(in crate::sync) fn begin_deciding(&mut self, rows: &[DocumentRow]) {
        for row in rows {
            if let Some(parties) = self.note_decision(row) {
                self.sealed.look_at(parties);
            }
        }
    }

    /// Decisions on a referral that wait for the home node, as many as are looked at in one step.
    fn waiting(&self, parties: &Parties) -> impl Iterator<Item = DocId> {
        on(&self.sealed.decisions, parties)
    }

    pub(in crate::sync) fn needs_to_decide(&self, parties: &Parties, needs: &mut Needs) {
        needs.documents.extend(self.waiting(parties).chain(on(&self.sealed.refused, parties)));
    }

    /// Gives up the decisions on a referral that have no effect: of what is given up there is nothing to decide, and nothing is kept.
    pub(super) fn decide_no_more(
        &mut self,
        now: Timestamp,
        parties: &Parties,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let left: Vec<DocId> = self.waiting(parties).chain(on(&self.sealed.refused, parties)).collect();
        left.into_iter().try_for_each(|id| self.withdraw(now, id, None, loaded, out).map(drop))
    }

    /// Puts a decision where the home node takes it.
    pub(super) fn leave_to_home(
        &mut self,
        now: Timestamp,
        parties: Parties,
        event: Event,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Answer, Refusal> {
        if self.waiting(&parties).next().is_some() {
            return Err(Refusal::new(
                RefusalKind::WrongState,
                "a decision on this referral waits for the home node already",
            )
            .hint("take it back first if it is another one that you want: `fingerpost referral discard`"));
        }
        let doc_id = Decision::document(&event, &self.own.org);
        let decision = Decision { parties, event, refused: None };
        self.create(now, doc_id, Kind::DECISION, decision.value(), &Audience::Own, loaded, out)?;
        Ok(Answer::Drafted(doc_id, Box::new(decision)))
    }

    /// What was sealed for decisions that are not written yet, and is to be here before they are.
    pub(super) fn decided_payloads(&self, parties: &Parties, loaded: &Loaded) -> BTreeSet<BlobHash> {
        let decisions = self.waiting(parties).filter_map(|id| decision_in(loaded, &id));
        decisions.filter(|_| self.own.is_home).filter_map(|decision| decision.event.payload).collect()
    }

    /// Writes the first of the decisions that can be: whether it did. One that the referral does not admit is answered; one that rests
    /// on what is not here yet waits for it.
    #[expect(clippy::too_many_arguments, reason = "a step's arguments, and a referral with what is held of it")]
    pub(super) fn decide(
        &mut self,
        now: Timestamp,
        parties: Parties,
        side: Side,
        both: &Both,
        held: &Held,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> bool {
        if !self.own.is_home {
            return false;
        }
        let waiting: Vec<DocId> = self.waiting(&parties).collect();
        for id in waiting {
            let Some(Decision { event, .. }) = decision_in(loaded, &id) else { continue };
            let has_words = event.payload.is_none_or(|payload| held.payloads.contains_key(&payload));
            let is_dropped = held.is_erased || !both.referral.dropped(side).is_empty();
            let never_has = !has_words && (is_dropped || !self.may_keep(held));
            if !both.referral.reaches(&event) || !(has_words || never_has) {
                continue;
            }
            let written = if never_has { Err(no_words()) } else { self.as_written_here(now, side, both, &event) };
            if self.answer_decision(now, (parties, side), both, (id, written), loaded, out).is_ok() {
                return true;
            }
        }
        false
    }

    /// A decision as this node writes it, if the referral admits it as it stands here.
    fn as_written_here(&self, now: Timestamp, side: Side, both: &Both, drafted: &Event) -> Result<Event, Refusal> {
        let author = Author {
            side,
            node: self.own.node,
            role: drafted.role,
            staff: drafted.staff,
            occurred_at: drafted.occurred_at,
            now,
        };
        both.referral.write(&author, drafted.body, drafted.payload)
    }

    fn answer_decision(
        &mut self,
        now: Timestamp,
        (parties, side): (Parties, Side),
        both: &Both,
        (id, written): (DocId, Result<Event, Refusal>),
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let decision = |action| Write { doc_id: id, kind: Kind::DECISION, action, imported: None, change: None };
        let writes = match written {
            Ok(event) => {
                vec![event_to_write(&parties, side, both, &event, None)?, decision(WriteAction::Withdraw)]
            }
            Err(refusal) => vec![decision(WriteAction::Edit(vec![Decision::refuse(&refusal)]))],
        };
        self.write(now, writes, loaded, out).map(drop)
    }
}

/// Decisions on a referral, as many as are looked at in one step.
fn on(decisions: &BTreeSet<(Parties, DocId)>, parties: &Parties) -> impl Iterator<Item = DocId> {
    let [first, last] = [[0; 32], [0xff; 32]].map(|bytes| (*parties, DocId::from_bytes(bytes)));
    decisions.range(first..=last).map(|(_, id)| *id).take(limits::DECISIONS_OPEN)
}

fn no_words() -> Refusal {
    Refusal::new(RefusalKind::WrongState, "the words that belong to it cannot come to the home node any more")
        .hint("decide again, without words or on the home node")
}

fn decision_in(loaded: &Loaded, id: &DocId) -> Option<Decision> {
    let row = loaded.documents.get(id)?.row.as_ref()?;
    Decision::read(&row.owner, &row.value).ok().filter(|decision| decision.refused.is_none())
}
