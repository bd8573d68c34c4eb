//! A world: nodes, the links between them, time, and chance from one seed.

use super::Faults;
use super::byzantine::Byzantine;
use super::handoff::Handoffs;
use super::ledger::Ledger;
use super::process::{Process, judged, organisation, partner};
use super::watch::Watch;
use super::wires::OnItsWay;
use crate::audience::Audience;
use crate::document::{Edit, Kind};
use crate::identity::certificate::NodeState;
use crate::identity::keys::KeysObject;
use crate::identity::roster::RosterState;
use crate::proposal::keeper_edit;
use crate::statement::Life;
use crate::sync::batch::{DocumentRow, Partner};
use crate::sync::effect::{Answer, AskId, Command, Write, WriteAction};
use crate::sync::{Effect, Input, Planted, Proposing};
use crate::{DocId, NodeId, OrgId, RecordId, Refusal, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Nodes by name, and what flows between them.
#[derive(Debug)]
pub struct World {
    /// The nodes, in the order they were made.
    pub nodes: Vec<Process>,
    /// What happened so far, a line each; equal seeds give equal traces.
    pub trace: Vec<String>,
    /// What was acknowledged to people.
    pub ledger: Ledger,
    /// Referrals that people made.
    pub(super) handoffs: Handoffs,
    /// What no node may ever do.
    pub(super) watch: Watch,
    /// What a partner's keys are.
    pub(super) keys: Vec<KeysObject>,
    pub(super) now: Timestamp,
    rng: ChaCha8Rng,
    pub(super) wires: BTreeMap<(At, At), VecDeque<OnItsWay>>,
    pub(super) linked: BTreeSet<(At, At)>,
    /// Links that a node ended by itself.
    pub(super) ended: BTreeSet<(At, NodeId)>,
    /// Where nothing gets through, though nobody has noticed.
    pub(super) one_way: BTreeSet<(At, At)>,
    pub(super) faults: Faults,
    /// Nodes that do as they like.
    pub(super) byzantine: BTreeMap<At, Byzantine>,
    /// Whether a partnership was ended.
    pub(super) has_parted: bool,
    /// A bug that all of them have.
    pub(super) planted: Option<Planted>,
    answers: BTreeMap<u64, Result<Answer, Refusal>>,
    asks: u64,
}

/// How one organisation stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They have not met.
    Strangers,
    /// They are partners.
    Paired,
    /// They are partners, and it follows the other as a hub.
    Following,
}

/// Index of a node in its world.
pub type At = usize;

impl World {
    /// An empty world.
    pub fn seeded(seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            trace: Vec::new(),
            ledger: Ledger::default(),
            handoffs: Handoffs::default(),
            watch: Watch::default(),
            keys: Vec::new(),
            one_way: BTreeSet::new(),
            ended: BTreeSet::new(),
            now: Timestamp::from_ms(1_780_000_000_000),
            rng: ChaCha8Rng::seed_from_u64(seed),
            wires: BTreeMap::new(),
            linked: BTreeSet::new(),
            faults: Faults::default(),
            byzantine: BTreeMap::new(),
            has_parted: false,
            planted: None,
            answers: BTreeMap::new(),
            asks: 0,
        }
    }

    /// A world whose nodes all have a bug.
    pub fn with_bug(self, planted: Option<Planted>) -> Self {
        Self { planted, ..self }
    }

    /// Makes organisations with so many nodes each, all paired with one another, and starts every node.
    pub fn organisations<const N: usize>(&mut self, nodes: [usize; N]) -> [Vec<At>; N] {
        self.related(nodes, |_, _| Relation::Paired)
    }

    /// The same where how two organisations stand, by their places, is as it is told: the first of two is asked about the
    /// second.
    pub fn related<const N: usize>(
        &mut self,
        nodes: [usize; N],
        relation: impl Fn(usize, usize) -> Relation,
    ) -> [Vec<At>; N] {
        let seed = self.rng.next_u64();
        let made: Vec<_> = (0_u64..).zip(nodes).map(|(n, count)| organisation(seed ^ n, count)).collect();
        let mut places = Vec::new();
        for (place, (identities, keys)) in made.iter().enumerate() {
            self.keys.push(keys.clone());
            let mut own = Vec::new();
            for identity in identities {
                let mut process = Process::new(identity.clone(), keys, self.draw());
                for (other_place, (_, other)) in made.iter().enumerate().filter(|(other, _)| *other != place) {
                    match relation(place, other_place) {
                        Relation::Strangers => {}
                        related => process.pair(other, related == Relation::Following),
                    }
                }
                process.start(self.draw(), self.planted);
                self.nodes.push(process);
                own.push(self.nodes.len() - 1);
            }
            places.push(own);
        }
        self.watch.learn(&self.keys);
        places.try_into().expect("as many as were asked for")
    }

    /// Makes an organisation of one node that is paired with nobody yet.
    pub fn stranger(&mut self) -> At {
        let (identities, keys) = organisation(self.draw(), 1);
        let draw = self.draw();
        let mut process = Process::new(identities[0].clone(), &keys, draw);
        process.start(draw.rotate_left(7), self.planted);
        self.nodes.push(process);
        self.keys.push(keys);
        self.watch.learn(&self.keys);
        self.nodes.len() - 1
    }

    /// Pairs two nodes of different organisations, each of which takes the other's organisation in.
    pub fn pair(&mut self, a: At, b: At) -> &mut Self {
        self.take_in(a, b);
        self.take_in(b, a);
        self
    }

    /// One node takes another's organisation in as a partner.
    pub fn take_in(&mut self, at: At, other: At) {
        let org = self.org(other);
        let keys = self.keys.iter().find(|k| k.org_id() == org).expect("an organisation of this world").bytes();
        let answer = self.ask(at, Command::AddPartner { partner: partner(org), keys });
        self.trace.push(format!("{at} takes {org} in: {}", answer.is_ok()));
    }

    /// One node ends its organisation's partnership with another's. The other side is not told.
    pub fn part(&mut self, at: At, other: At) -> &mut Self {
        let org = self.org(other);
        self.has_parted = true;
        self.handoffs.part(self.org(at), org);
        let answer = self.ask(at, Command::RemovePartner(org));
        self.trace.push(format!("{at} parts from {org}: {}", answer.map_or_else(|r| r.message, |_| "done".into())));
        self
    }

    /// Puts the organisation of one node on the roster of another's, or takes it off.
    pub fn vouch(&mut self, hub: At, member: At, state: RosterState) -> &mut Self {
        let org = self.org(member);
        let command = Command::SetListed { org, name: format!("organisation {member}"), state };
        let answer = self.ask(hub, command);
        self.trace.push(format!("{hub} has {org} {state:?}: {}", answer.map_or_else(|r| r.message, |_| "done".into())));
        self
    }

    /// Follows a hub, or stops.
    pub fn follow(&mut self, at: At, hub: At, is_followed: bool) -> &mut Self {
        if let Some(known) = self.nodes[at].disk.partners.get(&self.org(hub)).cloned() {
            let answer = self.ask(at, Command::UpdatePartner(Partner { is_followed, ..known }));
            self.trace.push(format!("{at} follows {hub} {is_followed}: {}", answer.is_ok()));
        }
        self
    }

    /// Has a node's organisation become a member of a hub's: paired, on its roster, and following it.
    pub fn join(&mut self, hub: At, member: At) -> &mut Self {
        self.pair(hub, member).vouch(hub, member, RosterState::Listed).follow(member, hub, true)
    }

    /// What goes wrong from now on.
    pub fn faults(&mut self, faults: Faults) -> &mut Self {
        self.faults = faults;
        self
    }

    /// Kills a process and starts it again from its disk.
    pub fn restart(&mut self, at: At) -> &mut Self {
        self.nodes[at].crash();
        for other in 0..self.nodes.len() {
            self.cut(at, other);
        }
        self.lose_unsynced(at);
        let draw = self.rng.next_u64();
        self.nodes[at].start(draw, self.planted);
        self
    }

    /// Asks a node for something, and runs that node until it has answered or died.
    pub fn ask(&mut self, at: At, command: Command) -> Result<Answer, Refusal> {
        self.asks += 1;
        let id = self.asks;
        self.nodes[at].inbox.push_back(Input::Ask(AskId(id), command));
        while !self.answers.contains_key(&id) {
            if !self.step_node(at) {
                return Err(Refusal::new(crate::RefusalKind::Busy, "the process died"));
            }
        }
        self.answers.remove(&id).expect("it is there")
    }

    /// Lets a node take everything that has reached it: what it is asked next stands upon that.
    pub fn catch_up(&mut self, at: At) {
        while !self.nodes[at].inbox.is_empty() {
            self.step_node(at);
        }
    }

    /// Publishes a listing.
    pub fn publish(&mut self, at: At, name: &str, audience: Audience) -> DocId {
        let record = RecordId::from_bytes(
            ((u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64())).to_be_bytes(),
        );
        let doc_id = DocId::new(record, Kind::LISTING, &self.nodes[at].identity.org);
        let value = serde_json::json!({ "name": name, "description": "A warm room. Come as you are." });
        let action = WriteAction::Create { value, audience };
        let _ = self.write(at, doc_id, action);
        doc_id
    }

    /// Edits one field.
    pub fn edit(
        &mut self,
        at: At,
        doc_id: DocId,
        path: &str,
        value: impl Into<serde_json::Value>,
    ) -> Result<Answer, Refusal> {
        let path = path.split('.').map(str::to_owned).collect();
        self.write(at, doc_id, WriteAction::Edit(vec![Edit { path, value: Some(value.into()) }]))
    }

    /// Does anything to one own document.
    pub fn write(&mut self, at: At, doc_id: DocId, action: WriteAction) -> Result<Answer, Refusal> {
        let what = format!("{action:?}");
        let answer = self
            .ask(at, Command::Write(vec![Write { doc_id, kind: Kind::LISTING, action, imported: None, change: None }]));
        let said = match &answer {
            Ok(Answer::Written(written)) if written.iter().any(|w| w.changed) => "done".to_owned(),
            Ok(_) => "nothing to do".to_owned(),
            Err(refusal) => refusal.message.clone(),
        };
        self.trace.push(format!("{at} writes {doc_id}: {what}: {said}"));
        answer
    }

    /// Proposes another value for one field of somebody else's listing. Gives the proposal's document.
    pub fn propose(
        &mut self,
        at: At,
        target: DocId,
        path: &str,
        value: impl Into<serde_json::Value>,
    ) -> Result<DocId, Refusal> {
        let record = (u128::from(self.draw()) << 64) | u128::from(self.draw());
        let id = DocId::new(RecordId::from_bytes(record.to_be_bytes()), Kind::PROPOSAL, &self.org(at));
        let path = path.split('.').map(str::to_owned).collect();
        let edits = vec![Edit { path, value: Some(value.into()) }];
        let answer = self.ask(at, Command::Propose(Proposing { id, target, edits, note: String::new() }));
        let said = answer.as_ref().map_or_else(|r| r.message.clone(), |_| "done".to_owned());
        self.trace.push(format!("{at} proposes {id} to {target}: {said}"));
        answer.map(|_| id)
    }

    /// Makes the organisation of a node a keeper of a listing, or ends that.
    pub fn keep(&mut self, at: At, doc_id: DocId, keeper: At, is_keeper: bool) -> Result<Answer, Refusal> {
        let edit = keeper_edit(&self.org(keeper), is_keeper.then_some(self.now));
        self.write(at, doc_id, WriteAction::Edit(vec![edit]))
    }

    /// Says of a node that it is retired, or that its keys were stolen, at another node of its organisation.
    pub fn judge_node(&mut self, at: At, node: At, state: NodeState) -> &mut Self {
        let org = self.org(at);
        let known = self.nodes[at].engine.as_ref().expect("it runs").keys()[&org].clone();
        let judged = judged(&known, &self.nodes[node].identity, state);
        self.ask(at, Command::TakeKeys(judged.bytes())).expect("the root says so");
        self
    }

    /// Runs until nothing is left to do but wait for a time that is over a minute away.
    pub fn run_until_quiet(&mut self) -> &mut Self {
        assert!(self.comes_to_rest(), "not quiet:\n{}", self.trace[self.trace.len().saturating_sub(30)..].join("\n"));
        self
    }

    /// Runs until quiet; `false` when that takes more steps than it ever should.
    pub fn comes_to_rest(&mut self) -> bool {
        (0..60_000).any(|_| !self.step())
    }

    /// Does one thing, drawn by chance. Gives whether there was one.
    pub fn step(&mut self) -> bool {
        let things = match self.things() {
            things if things.is_empty() => {
                // Nothing but what is still on its way.
                let Some(due) = self.next_due() else { return false };
                self.now = self.now.max(due);
                self.things()
            }
            things => things,
        };
        self.now = self.now.plus_ms(1);
        match things[self.below(things.len())] {
            (at, None) => {
                self.step_node(at);
            }
            (at, Some(from)) => self.deliver(from, at),
        }
        true
    }

    /// What could happen next: a node takes an input, or a frame from another reaches it.
    fn things(&self) -> Vec<(At, Option<At>)> {
        let mut things = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let soon = node.clock(self.now).plus_ms(60_000);
            if node.engine.is_some() && (!node.inbox.is_empty() || node.wake_at.is_some_and(|t| t <= soon)) {
                things.push((at, None));
            }
        }
        things.extend(self.due().map(|(from, to)| (to, Some(from))));
        things
    }

    /// Lets a node take its next input; `false` when it has none, or died over it.
    fn step_node(&mut self, at: At) -> bool {
        let (now, node) = (self.now, &mut self.nodes[at]);
        let input = match (node.inbox.pop_front(), node.wake_at) {
            (Some(input), _) => input,
            (None, Some(due)) => {
                node.wake_at = None;
                self.now = now.max(due.plus_ms(-node.clock_ahead_ms));
                Input::Wake
            }
            (None, None) => return false,
        };
        if node.engine.is_none() {
            return false;
        }
        let crashes = self.chance(self.faults.crash);
        let effects = self.nodes[at].step(self.now, input);
        let survives = if crashes { self.below(effects.len() + 1) } else { usize::MAX };
        for (done, effect) in effects.into_iter().enumerate() {
            let fails = matches!(effect, Effect::Commit(_)) && self.is_disk_full(at);
            if done == survives || fails {
                self.trace.push(format!("{at} {}", if fails { "has a full disk" } else { "crashed" }));
                self.restart(at);
                return false;
            }
            self.do_effect(at, effect);
        }
        true
    }

    fn do_effect(&mut self, at: At, effect: Effect) {
        match effect {
            Effect::Commit(batch) => {
                for version in &batch.versions {
                    let said = version.statement.statement();
                    let (generation, rev, life) = (said.generation, said.rev, said.life);
                    let line = format!("generation {generation} {} rev {rev} {life:?}", said.incarnation);
                    let (doc, heads) = (said.doc_id, &said.heads);
                    self.trace.push(format!("{at} stores {doc} {line} {heads:?} in {}", said.scope_id));
                }
                for changes in &batch.changes {
                    let (added, dropped) = (changes.added.len(), changes.dropped.len());
                    self.trace.push(format!("{at} stores {}: {added} changes, less {dropped}", changes.doc_id));
                }
                self.sync_later(at);
                let mut batch = batch;
                self.nodes[at].lock_keys(&mut batch);
                self.nodes[at].commit(&batch);
                if !self.is_byzantine(at) {
                    self.watch.commits(at, &self.nodes[at], &batch);
                }
            }
            Effect::Send(node, message) => {
                let Some(to) = self.place(at, node) else { return };
                if !self.is_byzantine(at) {
                    self.watch.sends((at, &self.nodes[at]), (to, &self.nodes[to]), &message);
                }
                for message in self.tampered(at, to, message) {
                    self.post(at, to, message);
                }
            }
            Effect::HandKey { node, parties, wrapping, recipient } => {
                if let Some(wrapped) = self.nodes[at].wrapped(&parties, wrapping, &recipient) {
                    self.do_effect(at, Effect::Send(node, crate::sync::Message::DataKey(wrapped.encode())));
                }
            }
            Effect::Unlink(node, refusal) => {
                self.ended.insert((at, node));
                let Some(to) = self.place(at, node) else { return };
                self.trace.push(format!("{at} unlinks {to}: {refusal}"));
                self.cut(at, to);
            }
            Effect::WakeAt(time) => self.nodes[at].wake_at = Some(time),
            Effect::Answer(AskId(id), answer) => {
                self.answers.insert(id, answer);
            }
            Effect::Notify(_) => {}
        }
    }

    /// A number drawn by chance.
    pub fn draw(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.rng.next_u64() % n.max(1) as u64).expect("below n")
    }

    pub(super) fn chance(&mut self, of_1000: u32) -> bool {
        of_1000 > 0 && self.rng.next_u64() % 1000 < u64::from(of_1000)
    }

    /// What readers at a node see of a document.
    pub fn row(&self, at: At, doc_id: DocId) -> Option<&DocumentRow> {
        let disk = &self.nodes[at].disk;
        disk.rows.get(&doc_id).filter(|r| r.life == Life::Live && !disk.hidden.contains(&r.owner))
    }

    /// The organisation of a node.
    pub fn org(&self, at: At) -> OrgId {
        self.nodes[at].identity.org
    }

    /// Lets time pass.
    pub fn pass(&mut self, ms: i64) -> &mut Self {
        self.now = self.now.plus_ms(ms);
        self
    }

    /// The clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
