//! The engine's state and its one entrance.

use super::docket::Proposals;
use super::head::{Heads, HeldHead};
use super::link::Link;
use super::roster::Rosters;
use super::sealed::Gatherings;
use super::vouch::Disowning;
use super::{Batch, Effect, Input, Loaded, Message, Needs, Notice, serve};
use crate::audience::{Scope, scopes_between};
use crate::identity::keys::KeysObject;
use crate::identity::signing::SecretKey;
use crate::referral::Parties;
use crate::sync::batch::{DocumentRow, Incident, Partner};
use crate::{DocId, Incarnation, KeyId, NodeId, OrgId, Refusal, ScopeId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who this process is.
#[derive(Clone, Debug)]
pub struct Own {
    /// The organisation.
    pub org: OrgId,
    /// The node.
    pub node: NodeId,
    /// This start of the process; never the same twice.
    pub incarnation: Incarnation,
    /// Signs statements.
    pub author: SecretKey,
    /// Whether it is the organisation's home node: only that one begins new generations.
    pub is_home: bool,
}

/// What a node knew when it started, from its store.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Partners.
    pub partners: Vec<Partner>,
    /// Keys objects, the own one among them.
    pub keys: BTreeMap<OrgId, KeysObject>,
    /// Keys objects of others that do not parse as they are stored: handed on as they are, so that whoever reads them here
    /// tells their own people, until the organisation itself is met again.
    pub damaged_keys: BTreeMap<OrgId, Vec<u8>>,
    /// Scope heads, the own node's among them.
    pub heads: Vec<HeldHead>,
    /// How much is held of each owner.
    pub usage: BTreeMap<OrgId, Usage>,
    /// Roster documents, the own ones among them.
    pub rosters: Vec<DocumentRow>,
    /// Proposals and claims that concern this organisation: those that are live, and of those to its listings also those
    /// that were taken back while its answer stands.
    pub proposals: Vec<DocumentRow>,
    /// Stolen keys that nothing is held of any more.
    pub disowned_keys: BTreeSet<KeyId>,
    /// Owners that nobody stood for.
    pub hidden: BTreeSet<OrgId>,
    /// Referrals that are still to be looked at.
    pub gathering: Vec<Parties>,
    /// Decisions of this organisation's on referrals that are live.
    pub decisions: Vec<DocumentRow>,
    /// Every node that was ever an organisation's home.
    pub homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
}

/// How much is held of one owner: its documents as they count (`DocumentRow::usage`), and what is sealed beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Documents.
    pub documents: u64,
    /// Bytes of changes.
    pub bytes: u64,
    /// Bytes of sealed payloads of referrals that its events name.
    pub sealed_bytes: u64,
}

impl Usage {
    /// Of its documents a part counts for something else now.
    pub(super) fn change(&mut self, before: &Self, now: &Self) {
        self.documents = self.documents.saturating_sub(before.documents).saturating_add(now.documents);
        self.bytes = self.bytes.saturating_sub(before.bytes).saturating_add(now.bytes);
    }
}

/// The engine of one node. Protocol of use: `needs` an input, load that, `step` it, do the effects in order.
#[derive(Debug)]
pub struct Engine {
    pub(super) own: Own,
    pub(super) partners: BTreeMap<OrgId, Partner>,
    pub(super) keys: BTreeMap<OrgId, KeysObject>,
    pub(super) usage: BTreeMap<OrgId, Usage>,
    /// The sum of it over owners who are here through hubs alone.
    pub(super) relayed: Usage,
    pub(super) full: BTreeSet<OrgId>,
    pub(super) damaged_keys: BTreeMap<OrgId, Vec<u8>>,
    pub(super) heads: Heads,
    pub(super) rosters: Rosters,
    pub(super) proposals: Proposals,
    pub(super) disowning: Disowning,
    pub(super) sealed: Gatherings,
    /// Owners whose public documents are held, as the store knows it.
    pub(super) holds: BTreeSet<OrgId>,
    /// Whether partners, rosters or what is followed changed in this step.
    pub(super) is_regrouping: bool,
    pub(super) quarantines: BTreeMap<OrgId, VecDeque<Timestamp>>,
    pub(super) links: BTreeMap<NodeId, Link>,
    /// Own documents whose audience may have grown by a new partner.
    pub(super) to_share: VecDeque<crate::DocId>,
    /// Partners whose arrival is still to be worked into `to_share`.
    pub(super) to_list: BTreeSet<OrgId>,
    /// Partners whose arrival `to_share` is about.
    pub(super) sharing_with: BTreeSet<OrgId>,
    /// Own documents that came from elsewhere, and when they are to be tended.
    pub(super) to_tend: BTreeMap<crate::DocId, Timestamp>,
    /// Own documents to tend now.
    pub(super) tending: VecDeque<crate::DocId>,
    /// Whether every own document is to be looked at once: what was to be tended when the process ended is not known.
    pub(super) tends_all: bool,
    /// The incarnation that this process started as, and how many it has taken since.
    pub(super) first_incarnation: Incarnation,
    pub(super) renewals: u64,
    #[cfg(any(test, feature = "sim"))]
    pub(super) planted: Option<super::planted::Planted>,
}

/// What one step gathers: one batch, then what goes out behind it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) batch: Batch,
    pub(super) after: Vec<Effect>,
    pub(super) is_unfinished: bool,
    pub(super) wake_at: Option<Timestamp>,
    #[cfg(any(test, feature = "sim"))]
    pub(super) planted: Option<super::planted::Planted>,
}

/// How a partner's link stands, for `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether a link is open.
    pub is_linked: bool,
    /// Whether every scope read from it is at the end of its feed, with equal sums.
    pub is_in_step: bool,
    /// Versions known to exist there and not yet here, at most; 1 until the other side has said what it holds.
    pub behind: u64,
}

impl Engine {
    /// An engine that knows this and has no links yet.
    pub fn new(own: Own, known: Known) -> Self {
        let has_siblings = known.keys.get(&own.org).is_some_and(|k| k.certificates().count() > 1);
        let rosters = Rosters::read(&known.rosters, &known.keys);
        let decisions = known.decisions;
        let mut engine = Self {
            rosters,
            heads: Heads::read(known.heads),
            proposals: Proposals::read(&known.proposals, &own.org),
            disowning: Disowning::read(known.disowned_keys),
            sealed: Gatherings::read(known.gathering, known.homes),
            relayed: Usage::default(),
            damaged_keys: known.damaged_keys,
            holds: BTreeSet::new(),
            is_regrouping: true,
            to_tend: BTreeMap::new(),
            tending: VecDeque::new(),
            tends_all: has_siblings,
            first_incarnation: own.incarnation,
            renewals: 0,
            sharing_with: BTreeSet::new(),
            own,
            to_list: known.partners.iter().filter(|p| !p.is_shared_with).map(|p| p.org_id).collect(),
            partners: known.partners.into_iter().map(|p| (p.org_id, p)).collect(),
            keys: known.keys,
            usage: known.usage,
            full: BTreeSet::new(),
            quarantines: BTreeMap::new(),
            links: BTreeMap::new(),
            to_share: VecDeque::new(),
            #[cfg(any(test, feature = "sim"))]
            planted: None,
        };
        // What the store has hidden and somebody stands for again is found, and the other way round, by the first step.
        engine.holds = engine.held().difference(&known.hidden).copied().collect();
        let is_orphaned = |org: &&OrgId| !known.hidden.contains(org) && !engine.is_held(org);
        let orphans: Vec<_> = engine.usage.keys().filter(is_orphaned).copied().collect();
        engine.holds.extend(orphans);
        let known: Vec<_> = engine.keys.keys().copied().collect();
        for org in known {
            engine.note_stolen(org);
            engine.note_homes(&org);
        }
        engine.begin_deciding(&decisions);
        engine
    }

    /// The organisation this engine acts for.
    pub fn org(&self) -> OrgId {
        self.own.org
    }

    /// Partners as they stand.
    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values()
    }

    /// Keys objects as they stand.
    pub fn keys(&self) -> &BTreeMap<OrgId, KeysObject> {
        &self.keys
    }

    /// Owners of whom no more is taken until there is room.
    pub fn full(&self) -> &BTreeSet<OrgId> {
        &self.full
    }

    /// How much is held of each owner.
    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn usage(&self) -> &BTreeMap<OrgId, Usage> {
        &self.usage
    }

    /// How the links with an organisation stand.
    pub fn standing(&self, org: &OrgId) -> Standing {
        let links: Vec<_> = self.links.values().filter(|l| l.org == *org).collect();
        Standing {
            is_linked: !links.is_empty(),
            is_in_step: !links.is_empty() && links.iter().all(|l| l.is_in_step()),
            behind: links.iter().map(|l| l.behind()).max().unwrap_or(0),
        }
    }

    /// What has to be loaded before `input` is stepped.
    pub fn needs(&self, input: &Input) -> Needs {
        let mut needs = Needs::default();
        match input {
            Input::Linked { node, org } => self.needs_to_open(*node, *org, &mut needs),
            Input::Received { node, message } => self.needs_to_receive(*node, message, &mut needs),
            Input::Ask(_, command) => self.needs_to_do(command, &mut needs),
            Input::Wake => {
                self.needs_to_answer(&mut needs);
                self.needs_to_share(&mut needs);
                self.needs_to_tend(&mut needs);
                self.needs_to_look_at_proposals(&mut needs);
                self.needs_to_disown(&mut needs);
                self.needs_to_open_more(&mut needs);
                self.needs_to_sign_head(&mut needs);
                self.needs_to_gather(&mut needs);
                self.needs_to_serve(None, &mut needs);
            }
            Input::Grew(scopes) => self.needs_to_serve(Some(scopes), &mut needs),
            Input::Unlinked { .. } => {}
        }
        needs
    }

    /// Takes one input, with what it needs loaded, and says what has to happen.
    pub fn step(&mut self, now: Timestamp, input: Input, loaded: &mut Loaded) -> Vec<Effect> {
        let mut out = Outcome::default();
        out.batch.at = now;
        #[cfg(any(test, feature = "sim"))]
        {
            out.planted = self.planted;
        }
        match input {
            Input::Linked { node, org } => {
                self.open(node, org, loaded, &mut out);
                self.gather_from(&org);
            }
            Input::Unlinked { node } => self.unlinked(node, &mut out),
            Input::Received { node, message } => {
                if let Err(refusal) = self.receive(now, node, message, loaded, &mut out) {
                    self.end_link(node, refusal, &mut out);
                }
            }
            Input::Ask(id, command) => {
                let answer = self.act(now, command, loaded, &mut out);
                // The answer comes before what else goes out, and after the commit.
                out.after.insert(0, Effect::Answer(id, answer));
            }
            Input::Grew(scopes) => {
                for serving in self.links.values_mut().flat_map(|l| l.serving.values_mut()) {
                    serving.has_more |= scopes.contains(&serving.scope.id());
                }
                self.serve(Some(&scopes), loaded, &mut out);
            }
            Input::Wake => {
                self.open_more(loaded, &mut out);
                self.answer(loaded, &mut out);
                self.share_with_new_partners(now, loaded, &mut out);
                self.tend_due(now, loaded, &mut out);
                self.look_at_proposals(now, loaded, &mut out);
                self.disown_due(loaded, &mut out);
                self.sign_head_due(now, loaded, &mut out);
                self.gather(now, loaded, &mut out);
                self.serve(None, loaded, &mut out);
                self.ask_again(now, &mut out);
                self.compare_due(now);
            }
        }
        self.regroup(&mut out);
        self.note_referrals(&mut out);
        self.arm(now, &mut out);
        out.into_effects()
    }

    /// The scopes that this node and another may exchange whichever of them serves. Nodes of one organisation carry all
    /// that the organisation holds.
    fn scopes_with(&self, other: OrgId) -> BTreeSet<Scope> {
        let partners = self.partners.keys().copied().collect();
        if other != self.own.org && !self.partners.contains_key(&other) {
            return BTreeSet::new();
        }
        let mut scopes = scopes_between(self.own.org, other, &partners);
        if other == self.own.org {
            scopes.extend(self.held().into_iter().map(Scope::public));
        }
        scopes
    }

    /// The scopes that a node of an organisation may open here: with a hub, those it relays too.
    pub(super) fn scopes_served_to(&self, other: OrgId) -> BTreeMap<ScopeId, Scope> {
        let mut scopes = self.scopes_with(other);
        if !scopes.is_empty() {
            scopes.extend(self.relayed_to(other));
            #[cfg(any(test, feature = "sim"))]
            if self.has(super::planted::Planted::RelayPair) {
                scopes.extend(self.pairs_of_others(other));
            }
        }
        scopes.into_iter().map(|s| (s.id(), s)).collect()
    }

    /// The scopes to open at a node of an organisation: the other's own ones, what it relays, and this organisation's own
    /// where another of its nodes may have written what is not here yet.
    pub(super) fn scopes_to_read(&self, other: OrgId) -> BTreeMap<ScopeId, Scope> {
        let has_siblings = self.keys.get(&self.own.org).is_some_and(|k| k.certificates().count() > 1);
        let mut scopes = self.scopes_with(other);
        scopes.retain(|s| s.owner != self.own.org || has_siblings);
        if !scopes.is_empty() {
            scopes.extend(self.relayed_by(&other).map(Scope::public));
        }
        scopes.into_iter().map(|s| (s.id(), s)).collect()
    }

    /// Ends a link and says why; what the other side did is kept as an incident.
    pub(super) fn end_link(&mut self, node: NodeId, refusal: Refusal, out: &mut Outcome) {
        out.incident(Some(node), None, None, "link", refusal.message.clone());
        self.cut(node, refusal, out);
    }

    /// Ends a link for a reason of this side's. What was asked for on it is asked for elsewhere.
    pub(super) fn cut(&mut self, node: NodeId, refusal: Refusal, out: &mut Outcome) {
        self.unlinked(node, out);
        out.after.push(Effect::Unlink(node, refusal));
    }

    fn unlinked(&mut self, node: NodeId, out: &mut Outcome) {
        if let Some(link) = self.links.remove(&node) {
            self.gather_elsewhere(node);
            out.after.push(Effect::Notify(Notice::Partner(link.org)));
        }
    }

    fn arm(&self, now: Timestamp, out: &mut Outcome) {
        if self.has_work() || out.is_unfinished {
            out.wake_at = Some(now);
        } else if let Some(at) = self.next_due() {
            out.wake_at = Some(out.wake_at.map_or(at, |w| w.min(at)));
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        let others = [self.next_head(), self.next_gathering(), self.to_tend.values().copied().min()];
        self.next_retry().into_iter().chain(others.into_iter().flatten()).min()
    }

    fn has_work(&self) -> bool {
        !self.to_list.is_empty()
            || self.tends_all
            || !self.tending.is_empty()
            || !self.sharing_with.is_empty()
            || !self.to_share.is_empty()
            || self.has_proposals_due()
            || self.is_disowning()
            || self.has_head_due()
            || self.has_referrals_due()
            || self.links.values().any(|l| {
                !l.owed.is_empty()
                    || l.opens_more
                    || l.serving.values().any(|s| serve::may_send(s) || s.has_wanted)
                    || l.reading.values().any(|r| r.has_wanted || r.wants_reconcile.is_some())
            })
    }
}

impl Outcome {
    pub(super) fn send(&mut self, node: NodeId, message: Message) {
        self.after.push(Effect::Send(node, message));
    }

    pub(super) fn incident(
        &mut self,
        from: Option<NodeId>,
        owner: Option<OrgId>,
        doc_id: Option<DocId>,
        kind: &str,
        message: String,
    ) {
        self.after.push(Effect::Notify(Notice::Incident(message.clone())));
        self.batch.incidents.push(Incident { at: self.batch.at, from, owner, doc_id, kind: kind.to_owned(), message });
    }

    pub(super) fn into_effects(self) -> Vec<Effect> {
        let mut effects = Vec::new();
        #[cfg(any(test, feature = "sim"))]
        if self.planted == Some(super::planted::Planted::AcknowledgeEarly) {
            return self.acknowledging_early();
        }
        if !self.batch.is_empty() {
            effects.push(Effect::Commit(Box::new(self.batch)));
        }
        effects.extend(self.after);
        effects.extend(self.wake_at.map(Effect::WakeAt));
        effects
    }
}
