//! Proposals in the engine: making one, taking one, and taking a keeper's without asking; claims likewise.
//!
//! Those that concern this organisation are known by what they are about: proposals to its listings and claims on them,
//! which wait for a person unless their maker is a keeper, or the listing is free to be had; and its own proposals to
//! others' listings, which are withdrawn once they are answered. They are looked at again whenever they, their answer or
//! their listing change.

use super::batch::DocumentRow;
use super::docket::{Allowance, Concern};
use super::effect::{Answer as Done, Written};
use super::engine::{Engine, Outcome};
use super::sign::Said;
use super::write::{append, own};
use super::{Document, Loaded, Needs};
use crate::audience::Audience;
use crate::document::crdt::Content;
use crate::document::{Edit, Kind, at};
use crate::proposal::{Answer, Proposal, ProposedEdit, Verdict, answer_document, keepers};
use crate::statement::{Life, SignedStatement};
use crate::transfer::is_free_for;
use crate::{ChangeHash, DocId, OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::BTreeSet;

/// Proposals looked at in one step.
const PROPOSALS_PAGE: usize = 20;

impl Engine {
    pub(super) fn note_proposal(&mut self, row: &DocumentRow) {
        self.proposals.note(row, &self.own.org);
    }

    pub(super) fn has_proposals_due(&self) -> bool {
        self.proposals.has_due()
    }

    pub(super) fn needs_to_propose(&self, target: DocId, needs: &mut Needs) {
        needs.documents.insert(target);
        needs.documents.extend(self.proposals.on(&target));
    }

    pub(super) fn needs_to_look_at_proposals(&self, needs: &mut Needs) {
        for proposal in self.proposals.due(PROPOSALS_PAGE) {
            if let Some(Concern { target, owner, .. }) = self.proposals.concern(&proposal) {
                needs.documents.extend([proposal, target, answer_document(&owner, &proposal)]);
            }
        }
        for proposal in self.proposals.ended(PROPOSALS_PAGE) {
            needs.documents.extend([proposal, answer_document(&self.own.org, &proposal)]);
        }
    }

    /// Takes what keepers propose and what is free to be had, withdraws own proposals that were answered, and own answers
    /// whose proposals were withdrawn.
    pub(super) fn look_at_proposals(&mut self, now: Timestamp, loaded: &mut Loaded, out: &mut Outcome) {
        let (due, ended) = (self.proposals.due(PROPOSALS_PAGE), self.proposals.ended(PROPOSALS_PAGE));
        for id in due {
            self.proposals.looked_at(&id);
            let Some(concern) = self.proposals.concern(&id) else { continue };
            match self.look_at(now, id, concern, loaded, out) {
                // What it rests on is on its way: it is looked at again when that has come.
                Err(refusal) if refusal.kind == RefusalKind::Busy => {}
                Err(refusal) => {
                    let what = format!("a keeper's proposal {} waits for somebody here: {refusal}", id.record());
                    out.incident(None, Some(concern.maker), Some(id), "proposal", what);
                }
                Ok(()) => {}
            }
        }
        for id in ended {
            self.proposals.looked_at(&id);
            if let Err(refusal) = self.end_answer(now, id, loaded, out) {
                let what = format!("the answer to proposal {} stands on: {refusal}", id.record());
                out.incident(None, Some(self.own.org), Some(id), "proposal", what);
            }
        }
        for maker in self.proposals.passed_over() {
            let what = format!("{maker} has more proposals here than are looked at: the rest wait for somebody here");
            out.incident(None, Some(maker), None, "proposal", what);
        }
    }

    fn look_at(
        &mut self,
        now: Timestamp,
        id: DocId,
        Concern { target, owner, maker }: Concern,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        if !loaded.documents.contains_key(&id) {
            return Ok(());
        }
        let is_answered = is_answered(loaded, &answer_document(&owner, &id));
        if maker == self.own.org {
            return if is_answered { self.withdraw(now, id, None, loaded, out).map(drop) } else { Ok(()) };
        }
        // A claim's document is the same however often its maker claims the listing, and so is the answer's: what was
        // said to an earlier one does not stand in the way of what the owner offers now.
        if is_claim(loaded, &id) {
            if loaded.documents.get(&target).and_then(Document::went_to) == Some((maker, id)) {
                self.proposals.forget(&id);
            } else if self.takes_from(&maker, &id, target, loaded) {
                return self.accept_or_leave(now, id, target, loaded, out);
            }
            return Ok(());
        }
        if is_answered {
            self.proposals.close(&id);
            return Ok(());
        }
        if !self.takes_from(&maker, &id, target, loaded) {
            return Ok(());
        }
        match self.proposals.allowance(maker, now) {
            Allowance::Left => {
                self.accept_or_leave(now, id, target, loaded, out)?;
                self.proposals.count_taken(maker);
            }
            Allowance::UsedUp => {
                let most = limits::PROPOSALS_TAKEN_A_DAY;
                let what = format!("{maker} proposed more than {most} edits today: the rest wait for somebody here");
                out.incident(None, Some(maker), Some(id), "proposal", what);
            }
            Allowance::Over => {}
        }
        Ok(())
    }

    /// Takes back the answer to a proposal that its maker took back: all who were to hear of it have, and a document that
    /// stands counts. It is an answer all the same: what was answered stays answered.
    fn end_answer(
        &mut self,
        now: Timestamp,
        proposal: DocId,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let row = |id| loaded.documents.get(id).and_then(|d| d.row.as_ref());
        let answer = answer_document(&self.own.org, &proposal);
        let stands = |row: &DocumentRow| row.life == Life::Live;
        let is_of_own = |row: &DocumentRow| Proposal::read(&row.value).is_ok_and(|p| p.owner == self.own.org);
        // One node is enough to say so.
        if self.own.is_home
            && row(&answer).is_some_and(stands)
            && row(&proposal).is_some_and(|row| !stands(row) || !is_of_own(row))
        {
            self.withdraw(now, answer, None, loaded, out)?;
        }
        Ok(())
    }

    /// Takes a keeper's proposal, or leaves everything as it was.
    fn accept_or_leave(
        &mut self,
        now: Timestamp,
        id: DocId,
        target: DocId,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let (batch, sent, document) = (out.batch.clone(), out.after.len(), loaded.documents.get(&target).cloned());
        let done = self.accept(now, id, target, Asked::Nobody, loaded, out).map(drop);
        if done.is_err() {
            out.batch = batch;
            out.after.truncate(sent);
            loaded.documents.extend(document.map(|document| (target, document)));
        }
        done
    }

    /// Whether what an organisation would have of an own listing is taken without asking: its edits where it is a keeper,
    /// the listing itself where that is free for it.
    fn takes_from(&self, maker: &OrgId, id: &DocId, target: DocId, loaded: &Loaded) -> bool {
        let row = loaded.documents.get(&target).filter(|d| d.owner == self.own.org).and_then(|d| d.row.as_ref());
        let Some(row) = row.filter(|row| row.life == Life::Live && self.is_held(maker)) else { return false };
        if is_claim(loaded, id) { is_free_for(&row.value, maker) } else { keepers(&row.value).contains(maker) }
    }

    /// Proposes edits of another organisation's listing, at the heads that stand here with what this organisation has
    /// proposed before and is still open.
    pub(super) fn propose(
        &mut self,
        now: Timestamp,
        asked: Proposing,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Done, Refusal> {
        let Proposing { id, target, edits, note } = asked;
        let open: Vec<_> = self.proposals.on(&target).collect();
        if open.len() >= limits::PROPOSALS_OPEN {
            let refusal = format!("{} proposals to this listing wait for its owner already", open.len());
            return Err(Refusal::new(RefusalKind::Busy, refusal).hint("`fingerpost proposal list` shows them"));
        }
        let before: Vec<_> = open.iter().filter_map(|id| Some((*id, proposal_in(loaded, id)?))).collect();
        let document = loaded.documents.get_mut(&target).filter(|d| d.row.is_some());
        let document = document.ok_or_else(|| Refusal::not_found("the listing is not here"))?;
        let owner = document.owner;
        let audience = self.audience_of_proposal(document)?;
        let standing = document.standing();
        if standing.life != Life::Live || standing.heads.is_empty() {
            return Err(Refusal::new(RefusalKind::WrongState, "its owner has taken the listing back"));
        }
        let mut content = document.ahead(&standing.heads, before)?;
        let heads = content.heads().into_iter().collect();
        let value = content.value();
        let was = |edit: &Edit| at(&value, &edit.path).cloned();
        let edits = edits.into_iter().map(|edit| ProposedEdit { was: was(&edit), edit }).collect();
        let generation = standing.generation;
        let proposal = Proposal { target, owner, generation, at_heads: heads, edits, note, made_at: now };
        // As the owner will read it: what it would refuse is refused here.
        let proposal = Proposal::read(&proposal.value())?;
        let edits: Vec<_> = proposal.edits.iter().map(|proposed| proposed.edit.clone()).collect();
        if content.edit(proposal.actor(id), now, Kind::LISTING, &edits)?.is_empty() {
            return Err(Refusal::new(RefusalKind::AlreadyDone, "the listing says so already, or you have proposed it"));
        }
        self.create(now, id, Kind::PROPOSAL, proposal.value(), &audience, loaded, out)?;
        written(loaded, id)
    }

    /// Whom a proposal goes to: a keeper's goes where a public listing goes, since readers are to see it meanwhile; any
    /// other goes to the owner alone.
    fn audience_of_proposal(&self, document: &Document) -> Result<Audience, Refusal> {
        let row = document.row.as_ref();
        let is_keeper = row.is_some_and(|row| row.is_public && keepers(&row.value).contains(&self.own.org));
        match document.owner {
            owner if owner == self.own.org => {
                let refusal = Refusal::new(RefusalKind::NotAllowed, "an organisation makes no proposals to itself");
                Err(refusal.hint("edit the listing"))
            }
            _ if is_keeper => Ok(Audience::Public),
            owner if self.partners.contains_key(&owner) => Ok(Audience::Named([owner].into())),
            _ => Err(Refusal::new(RefusalKind::NotAllowed, "its owner is no partner of this organisation")
                .hint("pair with it first (`fingerpost invite`), or ask the hub that relays it to pass your words on")),
        }
    }

    /// What somebody here says to a proposal. What a proposal says has to be what they saw; of a claim it does not matter,
    /// as it is the claimant's own listing that goes on from this one, and never this one's content.
    pub(super) fn answer_proposal(
        &mut self,
        now: Timestamp,
        asked: Answering,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Done, Refusal> {
        let Answering { proposal: id, target, seen, verdict } = asked;
        if about_in(loaded, &id) != Some(target) {
            return Err(Refusal::not_found("there is no such proposal any more")
                .hint("its maker may have taken it back: `fingerpost proposal list` shows what waits"));
        }
        if !target.is_of(Kind::LISTING, &self.own.org) {
            return Err(Refusal::new(
                RefusalKind::NotAllowed,
                "only the owner of a listing answers what is proposed for it",
            ));
        }
        let row = loaded.documents.get(&id).and_then(|d| d.row.as_ref());
        let (maker, is_claim) = (row.map(|row| row.owner), is_claim(loaded, &id));
        let was_answered = is_answered(loaded, &answer_document(&self.own.org, &id));
        let went_to = loaded.documents.get(&target).and_then(Document::went_to);
        let is_done =
            if is_claim { went_to.is_some() && went_to == maker.map(|maker| (maker, id)) } else { was_answered };
        if is_done {
            return Err(Refusal::new(RefusalKind::AlreadyDone, "it was answered already"));
        }
        if !is_claim && row.is_none_or(|row| row.heads != seen) {
            let refusal = "the proposal says something else by now than what was shown";
            return Err(Refusal::new(RefusalKind::WrongState, refusal)
                .hint("its maker changed it: `fingerpost proposal list` shows what it says now"));
        }
        match verdict {
            Verdict::Accepted => self.accept(now, id, target, Asked::Person, loaded, out),
            Verdict::Refused { .. } if was_answered => {
                self.answer_again(now, Answer { proposal: id, verdict }, loaded, out)?;
                Ok(Done::Done)
            }
            Verdict::Refused { .. } => {
                let value = Answer { proposal: id, verdict }.value()?;
                let audience = self.audience_of_answer(&id, loaded);
                let answer = answer_document(&self.own.org, &id);
                self.create(now, answer, Kind::ANSWER, value, &audience, loaded, out)?;
                Ok(Done::Done)
            }
        }
    }

    /// Where an answer goes: where the proposal came from.
    fn audience_of_answer(&self, proposal: &DocId, loaded: &Loaded) -> Audience {
        match loaded.documents.get(proposal) {
            Some(d) if d.row.as_ref().is_some_and(|row| row.is_public) => Audience::Public,
            Some(d) if self.partners.contains_key(&d.owner) => Audience::Named([d.owner].into()),
            _ => Audience::Own,
        }
    }

    /// Takes a proposal: its edits at its own heads, beside what stands, and the answer with it.
    fn accept(
        &mut self,
        now: Timestamp,
        id: DocId,
        target: DocId,
        asked: Asked,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Done, Refusal> {
        if is_claim(loaded, &id) {
            return self.hand_over(now, id, target, loaded, out);
        }
        let proposal = loaded.documents.get(&id).and_then(|d| d.row.as_ref()).map(|row| Proposal::read(&row.value));
        let proposal = proposal.ok_or_else(|| Refusal::not_found("the proposal is not here"))??;
        if proposal.made_at > now.plus_ms(CLOCKS_APART_MS) {
            return Err(Refusal::invalid("the proposal says that it was made after today")
                .hint("its maker's clock is wrong, or this machine's: `fingerpost doctor` looks at the latter"));
        }
        let document = own(loaded, target)?;
        if document.owner != self.own.org || self.is_taken_back(document) {
            return Err(Refusal::new(RefusalKind::WrongState, "the listing was withdrawn"));
        }
        let (standing, rests_on) = (document.standing(), document.changes.ancestors(&proposal.at_heads));
        let is_of_its_history = !rests_on.is_disjoint(&document.changes.ancestors(&standing.heads));
        let is_before = proposal.generation < standing.generation;
        if is_of_its_history && document.changes.missing(&proposal.at_heads).is_empty() {
            self.merge(now, id, &proposal, loaded, out)?;
        } else if is_before && (self.own.is_home || asked == Asked::Person) {
            let value = document.open_at(&standing.heads)?.value();
            self.edit(now, target, &proposal.rebased(&value)?, loaded, out)?;
        } else {
            return Err(Refusal::new(RefusalKind::Busy, "it was made on a version of the listing that is not here")
                .hint("it rests on a proposal that is not accepted, or on a version that is on its way here"));
        }
        self.answer_yes(now, id, proposal.made_at, loaded, out)?;
        written(loaded, target)
    }

    /// Withdraws a listing in favour of a claim on it.
    fn hand_over(
        &mut self,
        now: Timestamp,
        id: DocId,
        target: DocId,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Done, Refusal> {
        let maker = loaded.documents.get(&id).map(|d| d.owner);
        let maker = maker.ok_or_else(|| Refusal::not_found("the claim is not here"))?;
        let document = own(loaded, target)?;
        if let Some((other, _)) = document.went_to().filter(|moved| *moved != (maker, id)) {
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("the listing went to {other} already")));
        }
        self.withdraw(now, target, Some((maker, id)), loaded, out)?;
        if is_answered(loaded, &answer_document(&self.own.org, &id)) {
            self.answer_again(now, Answer { proposal: id, verdict: Verdict::Accepted }, loaded, out)?;
        } else {
            self.answer_yes(now, id, Timestamp::default(), loaded, out)?;
        }
        written(loaded, target)
    }

    /// Another word to a claim than was said to an earlier one, in the same document.
    fn answer_again(
        &mut self,
        now: Timestamp,
        answer: Answer,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let id = answer_document(&self.own.org, &answer.proposal);
        let value = answer.value()?;
        let said = |field: &str| Edit { path: vec![field.to_owned()], value: value.get(field).cloned() };
        self.edit(now, id, &["answer", "reason"].map(said), loaded, out).map(drop)
    }

    fn merge(
        &mut self,
        now: Timestamp,
        id: DocId,
        proposal: &Proposal,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let document = own(loaded, proposal.target)?;
        let taken = proposal.take(id, document.open_whole()?)?;
        let new: Vec<_> = taken.chunks.iter().filter(|chunk| !document.holds_change(chunk)).cloned().collect();
        let whole = document.open_whole()?.apply(new.iter().map(Vec::as_slice))?;
        append(document, whole, &new, out)?;
        let standing = document.standing();
        let edited = taken.content.heads();
        let heads = document.changes.behind(standing.heads.iter().chain(&edited)).heads().clone();
        if heads != standing.heads {
            for scope in self.scopes_to_sign(document) {
                self.sign(now, document, &scope, &Said::live(standing.generation, &heads), out)?;
            }
        }
        if self.own.is_home && self.is_outgrown(document, 0) {
            let value = document.open_at(&heads)?.value();
            let scopes = self.scopes_to_sign(document);
            return self.renew(now, proposal.target, value, scopes, loaded, out);
        }
        self.refresh(proposal.target, loaded, out);
        Ok(())
    }

    /// The answer to a proposal that was taken, in the same words by every node.
    fn answer_yes(
        &mut self,
        now: Timestamp,
        proposal: DocId,
        made_at: Timestamp,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let (owner, id) = (self.own.org, answer_document(&self.own.org, &proposal));
        if is_answered(loaded, &id) {
            return Ok(());
        }
        let audience = self.audience_of_answer(&proposal, loaded);
        let answer = Answer { proposal, verdict: Verdict::Accepted };
        let mut value = answer.value()?;
        super::write::set_audience(&mut value, &audience);
        let (content, chunks) = Content::create(answer.actor(&owner), made_at, Kind::ANSWER, &value)?;
        let heads = content.heads().into_iter().collect();
        let mut document = Document::new(id, Kind::ANSWER, owner);
        append(&mut document, content, &chunks, out)?;
        for scope in self.scopes_of(&audience)? {
            self.sign(now, &mut document, &scope, &Said::live(1, &heads), out)?;
        }
        loaded.documents.insert(id, document);
        self.refresh(id, loaded, out);
        Ok(())
    }
}

/// A clock may be this far ahead before what it says is doubted.
const CLOCKS_APART_MS: i64 = 24 * 60 * 60 * 1000;

/// Edits to propose, and under which id.
#[derive(Clone, Debug)]
pub struct Proposing {
    /// The new proposal's document.
    pub id: DocId,
    /// The listing to change.
    pub target: DocId,
    /// What to change.
    pub edits: Vec<Edit>,
    /// For the owner, in words.
    pub note: String,
}

/// An answer to a proposal or claim.
#[derive(Clone, Debug)]
pub struct Answering {
    /// The proposal's document.
    pub proposal: DocId,
    /// The listing that it is about.
    pub target: DocId,
    /// The heads that the proposal's document was read at, as its row has them, when whoever answers was shown it.
    pub seen: Vec<ChangeHash>,
    /// What is said to it.
    pub verdict: Verdict,
}

/// On whose word a proposal is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nobody,
    Person,
}

/// A live proposal that was loaded.
fn proposal_in(loaded: &Loaded, id: &DocId) -> Option<Proposal> {
    let row = loaded.documents.get(id)?.row.as_ref().filter(|row| row.life == Life::Live)?;
    Proposal::read(&row.value).ok()
}

/// Whether this is no proposal but another organisation's listing that goes on from one here.
fn is_claim(loaded: &Loaded, id: &DocId) -> bool {
    loaded.documents.get(id).is_some_and(|d| d.kind == Kind::LISTING)
}

/// What a live proposal or claim that was loaded is about.
fn about_in(loaded: &Loaded, id: &DocId) -> Option<DocId> {
    let row = loaded.documents.get(id)?.row.as_ref().filter(|row| row.life == Life::Live)?;
    if row.kind == Kind::LISTING { row.about } else { Proposal::read(&row.value).ok().map(|proposal| proposal.target) }
}

/// Whether the answer document is here, whatever became of it since: what was answered once is answered.
fn is_answered(loaded: &Loaded, answer: &DocId) -> bool {
    loaded.documents.get(answer).is_some_and(|d| !d.statements.is_empty())
}

fn written(loaded: &Loaded, doc_id: DocId) -> Result<Done, Refusal> {
    let version_id = loaded.documents.get(&doc_id).and_then(|d| d.current().next()).map(SignedStatement::version_id);
    let version_id = version_id.ok_or_else(|| Refusal::not_found("what was written is not there"))?;
    Ok(Done::Written(vec![Written { doc_id, version_id, changed: true }]))
}

impl Document {
    /// Where the record went, while it does not stand here: a listing that came back may still say so in scopes that it
    /// did not come back to. Its newest word counts.
    pub fn went_to(&self) -> Option<(OrgId, DocId)> {
        if self.standing().life == Life::Live {
            return None;
        }
        let newest = self.generation();
        let newest = self.current().map(SignedStatement::statement).filter(|said| said.generation == newest);
        newest.filter(|said| said.life != Life::Live).filter_map(|said| said.moved_to).min()
    }

    /// The content at these heads with what these proposals would make of it, each upon those before it.
    fn ahead(&mut self, heads: &BTreeSet<ChangeHash>, mut open: Vec<(DocId, Proposal)>) -> Result<Content, Refusal> {
        let mut whole = self.open_whole()?.clone();
        let mut reached: BTreeSet<_> = heads.clone();
        loop {
            let rests = |proposal: &Proposal| proposal.at_heads.iter().all(|head| whole.has(head));
            let Some(next) = open.iter().position(|(_, proposal)| rests(proposal)) else { break };
            let (id, proposal) = open.swap_remove(next);
            let taken = proposal.take(id, &whole)?;
            whole = whole.apply(taken.chunks.iter().map(Vec::as_slice))?;
            reached.extend(taken.content.heads());
        }
        whole.at(&reached.into_iter().collect::<Vec<_>>())
    }

    fn holds_change(&self, chunk: &[u8]) -> bool {
        crate::document::chunk::inspect(chunk, &self.owner).is_ok_and(|change| self.changes.contains(&change.hash))
    }
}
