//! Referrals in random worlds: what people do with them while everything goes wrong, and what must hold of them.
//!
//! On the way no payload, key or document of one comes to who is no party, and nothing sealed leaves a node by whose view
//! the asker may not have it any more. In the end both parties hold the same events and fold them alike, and what is
//! sealed is where it should be, or still asked for, and nowhere else. Of who parted what was between them went with the
//! partnership, so only what holds on the way is asked of them.

use super::process::Process;
use super::watch::Watch;
use super::world::{At, World};
use crate::document::Kind;
use crate::referral::authority::possible;
use crate::referral::code::Payload;
use crate::referral::document::new_referral;
use crate::referral::{
    Action, Agreement, Basis, Blob, Body, Both, Contact, DataKey, Decision, Events, Onward, Outcome, Parties, PassBack,
    Reason, Receipt, Request, Response, RestsOn, Role, Side, Stage, State, Word, WrappedKey, detail, owed, word,
};
use crate::statement::Life;
use crate::sync::batch::{DocumentRow, Partner};
use crate::sync::effect::{Answer, Command};
use crate::sync::{Batch, Loaded, Message, Referring};
use crate::{BlobHash, DocId, OrgId, RecordId, StaffId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What brings a referral soonest to its end, the last first, and who does it.
const ENDING: [(Action, Role); 7] = [
    (Action::Erase, Role::DataProtectionLead),
    (Action::Close, Role::Caseworker),
    (Action::TakeBack, Role::Caseworker),
    (Action::ConfirmStop, Role::Caseworker),
    (Action::Decline, Role::Caseworker),
    (Action::End, Role::Caseworker),
    (Action::Withdraw, Role::Caseworker),
];

/// The referrals of a world.
#[derive(Debug, Default)]
pub(super) struct Handoffs {
    all: Vec<Handoff>,
    /// Pairs of organisations that ended their partnership once.
    parted: BTreeSet<(OrgId, OrgId)>,
}

/// One that somebody made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handoff {
    parties: Parties,
    key: [u8; 32],
}

impl Handoffs {
    pub(super) fn part(&mut self, org: OrgId, of: OrgId) {
        self.parted.extend([(org, of), (of, org)]);
    }

    fn has_parted(&self, parties: &Parties) -> bool {
        self.parted.contains(&(parties.sender, parties.receiver))
    }

    /// Those that an organisation is a party of.
    fn of(&self, org: &OrgId) -> Vec<Handoff> {
        self.all.iter().filter(|one| one.parties.side_of(org).is_some()).copied().collect()
    }
}

impl World {
    /// Both organisations' nodes say that words were compared, where they are partners and have not said so.
    pub fn compare_words(&mut self, at: At, other: At) {
        for (here, there) in [(at, other), (other, at)] {
            let org = self.org(there);
            let Some(known) = self.nodes[here].disk.partners.get(&org).filter(|p| !p.is_verified()).cloned() else {
                continue;
            };
            let partner =
                Partner { confirmed_here_at: Some(Timestamp::from_ms(1)), confirmed_there: Some(vec![1]), ..known };
            let answer = self.ask(here, Command::UpdatePartner(partner));
            self.trace.push(format!("{here} compared words with {there}: {}", answer.is_ok()));
        }
    }

    /// One organisation refers somebody to another.
    pub fn refer(&mut self, at: At, other: At) {
        let referral = new_referral(self.drawn());
        let parties = Parties { referral, sender: self.org(at), receiver: self.org(other) };
        let made = Handoff { parties, key: self.drawn() };
        self.watch.referrals.insert(parties.request(), parties);
        self.watch.referrals.insert(parties.response(), parties);
        self.handoffs.all.push(made);
        self.act(at, made, Role::Caseworker, Body::Send);
    }

    /// Somebody at a node does one of the things that its role may do to one of its organisation's referrals as it stands
    /// there.
    pub fn act_at_random(&mut self, at: At) {
        self.catch_up(at);
        let own = self.handoffs.of(&self.org(at));
        if own.is_empty() {
            return;
        }
        let made = own[self.below(own.len())];
        let side = made.parties.side_of(&self.org(at)).expect("a party");
        let Some(Both { referral, request: Some(_), .. }) = self.both(at, &made.parties) else { return };
        if self.below(4) == 0 {
            self.bring_to_an_end(at, made);
            return;
        }
        let role = if self.below(4) == 0 { Role::DataProtectionLead } else { Role::Caseworker };
        let may: Vec<Action> = possible(side, role, Stage::of(&referral.state)).collect();
        if may.is_empty() {
            return;
        }
        let action = may[self.below(may.len())];
        let body = self.body(at, action, &referral.state);
        self.act(at, made, role, body);
    }

    /// Somebody does at a node what brings a referral soonest to where nothing of it is left.
    fn bring_to_an_end(&mut self, at: At, made: Handoff) -> bool {
        let side = made.parties.side_of(&self.org(at)).expect("a party");
        let Some(Both { referral, request: Some(_), .. }) = self.both(at, &made.parties) else { return false };
        let stage = Stage::of(&referral.state);
        let has_erased = referral.state.erasure(side).nodes.contains_key(&self.nodes[at].identity.node);
        let next = ENDING.iter().filter(|(action, _)| !(has_erased && *action == Action::Erase));
        let next = next.copied().find(|(action, role)| possible(side, *role, stage).any(|one| one == *action));
        if let Some((action, role)) = next {
            let body = self.body(at, action, &referral.state);
            self.act(at, made, role, body);
        }
        next.is_some()
    }

    /// The same at every node that may decide, of every referral. Whether there was anything to do.
    pub(super) fn act_towards_the_end(&mut self) -> bool {
        let mut has_acted = false;
        for made in self.handoffs.all.clone() {
            for at in 0..self.nodes.len() {
                let is_party = made.parties.side_of(&self.org(at)).is_some();
                if is_party && self.nodes[at].identity.is_home && !self.is_byzantine(at) {
                    has_acted |= self.bring_to_an_end(at, made);
                }
            }
        }
        has_acted
    }

    /// Notes which referrals nothing is left of at one of the parties.
    pub(super) fn note_buried(&mut self) {
        for made in &self.handoffs.all {
            let docs = [made.parties.request(), made.parties.response()];
            if (0..self.nodes.len()).any(|at| docs.iter().all(|doc| self.is_given_up(at, *doc))) {
                self.trace.push(format!("{:?} is buried", made.parties));
            }
        }
    }

    fn body(&mut self, at: At, action: Action, state: &State) -> Body {
        let version = state.version;
        match action {
            Action::Send => Body::Send,
            Action::Amend => Body::Amend { version: version + 1 },
            Action::Answer => Body::Answer,
            Action::Withdraw => Body::Withdraw(Reason::NeedsChanged),
            Action::Lapse => Body::Lapse,
            Action::TakeBack => Body::TakeBack,
            Action::Close => Body::Close,
            Action::Acknowledge => Body::Acknowledge { version },
            Action::Open => Body::Open { version },
            Action::Ask => Body::Ask,
            Action::Wait => Body::Wait,
            Action::Accept => Body::Accept { version },
            Action::Decline => Body::Decline(Reason::NoSpace),
            Action::Contact => Body::Contact(Contact::Made),
            Action::Start => Body::Start,
            Action::Pause => Body::Pause(Reason::Illness),
            Action::Resume => Body::Resume,
            Action::Feedback => Body::Feedback,
            Action::HandBack => Body::HandBack(Reason::NeedsMore),
            Action::End => Body::End(Outcome::Completed),
            Action::PassOn => Body::PassOn { next: new_referral(self.drawn()) },
            Action::ConfirmStop => {
                let onward = if state.next.is_none() { Onward::None } else { Onward::Stands };
                Body::ConfirmStop { contact: Contact::Made, onward }
            }
            Action::WithdrawAgreement => Body::WithdrawAgreement,
            Action::Erase => Body::Erase { node: self.nodes[at].identity.node, receipt: Receipt::Erased },
            Action::Keep => Body::Keep { basis: Basis::LegalClaim, until: self.now().plus_ms(60_000) },
        }
    }

    fn act(&mut self, at: At, made: Handoff, role: Role, body: Body) {
        let parties = made.parties;
        let side = parties.side_of(&self.org(at)).expect("a party");
        let has_words = match body.action().payload() {
            Payload::Required => true,
            Payload::Allowed => self.below(3) == 0,
            Payload::Forbidden => false,
        };
        let key = DataKey::from_random(made.key);
        let mut seal = |doc: &DocId, words: &[u8]| key.seal(doc, words, self.drawn()).expect("sealed");
        let payload = has_words.then(|| seal(&parties.document(side), b"a name, and what is needed"));
        let record = (body == Body::Send).then(|| seal(&parties.request(), b"agreed"));
        let sealed: Vec<_> = payload.iter().chain(&record).map(Blob::hash).collect();
        self.watch.payloads.extend(sealed.iter().map(|hash| (*hash, parties)));
        let nonce = self.drawn();
        let referring = Referring {
            parties,
            role,
            staff: StaffId::from_bytes([4; 16]),
            occurred_at: self.nodes[at].clock(self.now()),
            body,
            payload,
            first: record.as_ref().map(|record| Box::new(first(&parties, record.hash()))),
            key: record.as_ref().map(|_| self.nodes[at].lock().keep(&parties, &key, nonce).expect("locked")),
            beside: record.into_iter().collect(),
        };
        let answer = self.ask(at, Command::Refer(Box::new(referring)));
        let said = answer.as_ref().map_or_else(|r| r.message.clone(), |_| "done".to_owned());
        self.trace.push(format!("{at} does {body:?} to {} of {parties:?}: {said}", parties.document(side)));
        match answer {
            Ok(Answer::Referred(event)) => self.ledger.referred(at, parties.document(side), event),
            Ok(Answer::Drafted(decision, said)) => self.ledger.referred(at, decision, said.event.id()),
            _ => {}
        }
    }

    fn drawn<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.draw().to_be_bytes()[..chunk.len()]);
        }
        bytes
    }

    /// A referral as it stands at a node that runs.
    pub(super) fn both(&self, at: At, parties: &Parties) -> Option<Both> {
        view(&self.nodes[at], parties)
    }
}

/// A referral as it stands at a node that runs.
fn view(node: &Process, parties: &Parties) -> Option<Both> {
    let documents = [parties.request(), parties.response()];
    let documents = documents.into_iter().filter_map(|id| Some((id, node.disk.document(id)?))).collect();
    Some(node.engine.as_ref()?.both(parties, &Loaded { documents, ..Loaded::default() }))
}

fn first(parties: &Parties, record: BlobHash) -> Request {
    Request {
        referral: parties.referral,
        receiver: parties.receiver,
        listing: RecordId::from_bytes([6; 16]),
        form: [7; 32],
        previous: None,
        agreement: Agreement { record, rests_on: RestsOn::Own, pass_back: PassBack::Outcome, expires_at: None },
        events: Events::new(),
    }
}

/// The events of a referral's document, as a node shows it.
pub(super) fn events_in(row: &DocumentRow) -> Events {
    match row.kind {
        Kind::REQUEST => Request::read(&row.doc_id, &row.value).map(|said| said.events).unwrap_or_default(),
        Kind::RESPONSE => Response::read(&row.doc_id, &row.value).map(|said| said.events).unwrap_or_default(),
        Kind::DECISION => {
            let decision = Decision::read(&row.owner, &row.value).map(|said| said.event);
            decision.map(|event| [(event.id(), event.encode())].into()).unwrap_or_default()
        }
        _ => Events::new(),
    }
}

impl Watch {
    /// A node sends something of a referral: only to a party, and what is sealed only while the party may have it.
    pub(super) fn hands(&mut self, (from, sender): (At, &Process), (to, receiver): (At, &Process), message: &Message) {
        let (org, node) = (receiver.identity.org, receiver.identity.node);
        let said = match message {
            Message::Payloads(said) if !said.blobs.is_empty() => {
                let known = said.blobs.iter().filter_map(|blob| self.payloads.get(&Blob::hash_of(blob)));
                known.copied().collect()
            }
            Message::DataKey(bytes) => {
                let wrapping = WrappedKey::parse(bytes).ok().map(|wrapped| wrapped.wrapping);
                if wrapping.as_ref().is_some_and(|w| (w.to, w.node) != (org, node)) {
                    self.faults.push(format!("{from} sent {to} a key that is wrapped for another"));
                }
                let of = |p: &&Parties| wrapping.as_ref().is_some_and(|w| w.referral == p.referral);
                self.referrals.values().filter(of).copied().collect()
            }
            _ => BTreeSet::new(),
        };
        for parties in said {
            let Some(side) = parties.side_of(&org) else {
                self.faults.push(format!("{from} sent {to} what is sealed of a referral that it is no party of"));
                continue;
            };
            // Own nodes hand on what belongs to a decision whatever became of the referral.
            if sender.identity.org != org && view(sender, &parties).is_some_and(|both| !both.is_open_to(side)) {
                self.faults.push(format!("{from} sent {to} what is sealed, though it is not open to it any more"));
            }
        }
    }

    /// A node wrote something of a referral: only a party has any.
    pub(super) fn keeps(&mut self, at: At, node: &Process, batch: &Batch) {
        let org = node.identity.org;
        let documents = batch.documents.iter().map(|row| row.doc_id);
        let sealed =
            batch.payloads.iter().map(|one| one.request).chain(batch.locked_keys.iter().map(|key| key.request));
        for doc in documents.chain(sealed) {
            if self.referrals.get(&doc).is_some_and(|parties| parties.side_of(&org).is_none()) {
                self.faults.push(format!("{at} holds something of {doc}, a referral that it is no party of"));
            }
        }
        for payload in &batch.payloads {
            if self.payloads.get(&payload.hash).is_some_and(|parties| parties.side_of(&org).is_none()) {
                self.faults.push(format!("{at} holds a payload of a referral that it is no party of"));
            }
        }
        for row in batch.documents.iter().filter(|row| row.owner == org && row.kind != Kind::DECISION) {
            self.written.entry(row.doc_id).or_default().extend(events_in(row).into_keys());
        }
    }
}

impl World {
    /// Whether an honest node is still to look at a referral.
    pub(super) fn is_anything_gathered(&self) -> bool {
        let mut honest = (0..self.nodes.len()).filter(|at| !self.is_byzantine(*at));
        honest.any(|at| !self.nodes[at].disk.gathering.is_empty())
    }

    /// What must hold of all referrals between honest organisations once everything has healed and come to rest.
    pub(super) fn check_referrals(&self) -> Result<(), String> {
        for made in &self.handoffs.all {
            let parties = &made.parties;
            if !self.is_suspect(&parties.sender) && !self.is_suspect(&parties.receiver) {
                self.check_referral(parties).map_err(|fault| format!("{parties:?}: {fault}"))?;
            }
        }
        (0..self.nodes.len()).try_for_each(|at| self.check_decisions(at))
    }

    /// A home node has every decision that another node of its organisation heard was kept, and wrote or answered all that it can.
    fn check_decisions(&self, at: At) -> Result<(), String> {
        let node = &self.nodes[at];
        let twins = self.nodes.iter().filter(|other| other.identity.node == node.identity.node).count();
        if !node.identity.is_home || twins > 1 || self.is_suspect(&self.org(at)) {
            return Ok(());
        }
        let org = self.org(at);
        for (doc, event) in self.ledger.decisions_of(org) {
            // One that was written is taken back, and its content may be gone where it was taken back elsewhere.
            let came = |row: &DocumentRow| row.life != Life::Live || events_in(row).contains_key(&event);
            if !node.disk.rows.get(&doc).is_some_and(came) {
                return Err(format!("the decision {event}, which was acknowledged, never came to {at}"));
            }
        }
        for row in node.disk.rows.values().filter(|row| row.kind == Kind::DECISION && row.life == Life::Live) {
            let Ok(decision) = Decision::read(&row.owner, &row.value) else { continue };
            let both = self.both(at, &decision.parties).ok_or("a node does not run")?;
            let held = node.disk.payloads.get(&decision.parties.request());
            let is_held = |payload: BlobHash| held.is_some_and(|of| of.contains_key(&payload));
            let can_be = both.request.is_some() && both.referral.reaches(&decision.event);
            if decision.refused.is_none() && can_be && decision.event.payload.is_none_or(is_held) {
                return Err(format!("{at} has not decided {}, though it could", row.doc_id));
            }
        }
        Ok(())
    }

    fn check_referral(&self, parties: &Parties) -> Result<(), String> {
        if self.handoffs.has_parted(parties) {
            return Ok(());
        }
        let at_parties: Vec<At> =
            (0..self.nodes.len()).filter(|at| parties.side_of(&self.org(*at)).is_some()).collect();
        let given_up =
            [parties.request(), parties.response()].map(|doc| at_parties.iter().any(|at| self.is_given_up(*at, doc)));
        if given_up != [false, false] {
            return at_parties.iter().try_for_each(|at| self.check_buried(*at, parties, given_up));
        }
        let mut shown: Option<(At, [Events; 2], State)> = None;
        for at in at_parties.iter().copied() {
            let both = self.both(at, parties).ok_or("a node does not run")?;
            let events = [parties.request(), parties.response()].map(|doc| self.events(at, doc));
            let (first, there, state) = shown.get_or_insert_with(|| (at, events.clone(), both.referral.state.clone()));
            if events != *there {
                let [ours, theirs] = [&events, &*there].map(|of| of.each_ref().map(BTreeMap::len));
                return Err(format!("the events differ at {at} and {first}: {ours:?} and {theirs:?}"));
            }
            if both.referral.state != *state || both.referral.state.holder != state.holder {
                return Err(format!("it stands differently at {at} and {first}"));
            }
        }
        for doc in [parties.request(), parties.response()] {
            let held = at_parties.first().map(|at| self.events(*at, doc)).unwrap_or_default();
            if let Some(lost) = self.ledger.events_of(doc).find(|event| !held.contains_key(event)) {
                return Err(format!("{lost}, which was acknowledged, is not in {doc}"));
            }
            let written = self.watch.written.get(&doc);
            if held.keys().any(|event| !written.is_some_and(|of| of.contains(event))) {
                return Err(format!("{doc} has an event that its owner never wrote"));
            }
        }
        at_parties.iter().try_for_each(|at| self.check_sealed(*at, parties, &at_parties))
    }

    /// Whether a node holds that a document was given up.
    pub(super) fn is_given_up(&self, at: At, doc: DocId) -> bool {
        self.nodes[at].disk.document(doc).is_some_and(|document| document.is_given_up())
    }

    /// Of a referral that one of the parties gave up, or both: who did has nothing of it, and who did not is not left waiting.
    fn check_buried(&self, at: At, parties: &Parties, given_up: [bool; 2]) -> Result<(), String> {
        let disk = &self.nodes[at].disk;
        let side = parties.side_of(&self.org(at)).expect("a party");
        let (own, other) = if side == Side::Sender { (0, 1) } else { (1, 0) };
        let docs = [parties.request(), parties.response()];
        if !given_up[own] {
            let both = self.both(at, parties).ok_or("a node does not run")?;
            let state = &both.referral.state;
            let waits = match word(state, side) {
                Word::WaitingForThem => true,
                Word::Stopping => owed(state, side).is_empty(),
                Word::WaitingForUs | Word::Active | Word::Finished => false,
            };
            if both.request.is_some() && waits {
                return Err(format!("{at} is left waiting: {}", detail(state)));
            }
            return Ok(());
        }
        if disk.payloads.get(&docs[0]).is_some_and(|of| !of.is_empty()) || disk.data_keys.contains_key(&docs[0]) {
            return Err(format!("{at} holds what is sealed of what it gave up"));
        }
        for place in [own, other].into_iter().filter(|place| given_up[*place]) {
            let is_shown = disk.rows.get(&docs[place]).is_some_and(|row| !row.value.is_null());
            if is_shown || disk.changes.get(&docs[place]).is_some_and(|changes| !changes.is_empty()) {
                return Err(format!("{at} has something left of {}", docs[place]));
            }
        }
        Ok(())
    }

    fn events(&self, at: At, doc: DocId) -> Events {
        self.row(at, doc).map(events_in).unwrap_or_default()
    }

    /// A node holds all that is sealed for it and that anybody may hand it, and nothing that is to be dropped.
    fn check_sealed(&self, at: At, parties: &Parties, at_parties: &[At]) -> Result<(), String> {
        let (node, both) = (&self.nodes[at], self.both(at, parties).ok_or("a node does not run")?);
        let (request, side) = (parties.request(), parties.side_of(&self.org(at)).expect("a party"));
        let payloads = node.disk.payloads.get(&request).map(|of| of.keys().copied().collect()).unwrap_or_default();
        let has_key = node.disk.data_keys.contains_key(&request);
        let Some(said) = &both.request else {
            return if has_key || !BTreeSet::is_empty(&payloads) {
                Err(format!("{at} holds what nobody sent"))
            } else {
                Ok(())
            };
        };
        if !node.counts_sealed() {
            return Err(format!("{at} counts something else than it holds of others"));
        }
        let is_dropped = !both.referral.dropped(side).is_empty() || node.disk.erased.contains(&request);
        if is_dropped && (has_key || !payloads.is_empty()) {
            return Err(format!("{at} holds what is to be dropped"));
        }
        let engine = node.engine.as_ref().ok_or("a node does not run")?;
        let may_hold = engine.is_given_keys(&self.org(at), &node.identity.node) && both.is_open_to(side) && !is_dropped;
        // Of two processes under one name others are linked with one at a time.
        let twins = self.nodes.iter().filter(|other| other.identity.node == node.identity.node).count();
        let may_hold = may_hold && twins == 1;
        let mut lacking = if may_hold { both.referral.payloads(side) } else { BTreeSet::new() };
        lacking.extend(may_hold.then_some(said.agreement.record));
        lacking.retain(|hash| !payloads.contains(hash));
        let givers: Vec<_> =
            at_parties.iter().filter(|other| **other != at && self.may_give(**other, at, parties, side)).collect();
        let is_held = |hash: &BlobHash| {
            givers
                .iter()
                .any(|other| self.nodes[**other].disk.payloads.get(&request).is_some_and(|of| of.contains_key(hash)))
        };
        // Who still asks has not given up: how soon somebody's turn comes who has it is not judged here.
        let asks_on = node.disk.gathering.contains(parties);
        if !asks_on && lacking.iter().any(is_held) {
            return Err(format!("{at} lacks a payload that another has"));
        }
        let lacks_key = may_hold && !has_key;
        let is_key_held = givers.iter().any(|other| self.nodes[**other].disk.data_keys.contains_key(&request));
        if !asks_on && lacks_key && is_key_held && !lacking.contains(&said.agreement.record) {
            return Err(format!("{at} lacks the key that another has"));
        }
        // What was lost for good is asked for as long as there is anybody to ask.
        let is_whole = lacking.is_empty() && !lacks_key;
        if is_whole && twins == 1 && asks_on {
            return Err(format!("{at} still looks at a referral of which nothing is lacking"));
        }
        Ok(())
    }

    /// Whether a node may hand another what is sealed for its side.
    fn may_give(&self, from: At, to: At, parties: &Parties, side: Side) -> bool {
        let trusts = |here: At, there: At| {
            self.nodes[here].disk.partners.get(&self.org(there)).is_some_and(Partner::is_verified)
        };
        let is_between = self.org(from) == self.org(to) || (trusts(from, to) && trusts(to, from));
        is_between && self.both(from, parties).is_some_and(|both| both.request.is_some() && both.is_open_to(side))
    }
}
