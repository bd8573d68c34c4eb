//! A seed's world from its beginning to its end.
//!
//! By the seed, either two organisations, one of them with two nodes, in every other such world with a third that is a
//! byzantine author; or a borough: two hubs and six organisations, one of them with two nodes, that are on the rosters of
//! one hub or both and follow it, some of them partners besides, in every other one with a byzantine author, a byzantine
//! hub, or both. People write, share and withdraw at every node, change rosters and whom they follow, end partnerships and
//! begin them again, while everything goes wrong ([`Faults::MANY`]): frames are late, cut off, lost, repeated and overtake
//! each other, processes crash between any two effects, disks are full or have not written what they said, an old copy of
//! a disk is put back, a disk is cloned, clocks are years apart.
//!
//! Then all heals but the byzantine hub, which goes on as it was; partnerships that one side ended are over or begin
//! again, a new organisation pairs with the first, and all honest nodes must come to hold the same.

use super::Faults;
use super::byzantine::Role;
use super::process::Process;
use super::world::{At, Relation, World};
use crate::audience::Audience;
use crate::document::{Edit, Kind};
use crate::identity::roster::RosterState::{Listed, Removed};
use crate::sync::Planted;
use crate::sync::effect::{Answer, WriteAction};
use crate::{DocId, OrgId};
use serde_json::json;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How much of a trace goes with a failure.
const TRACE_LINES: usize = 200;

/// Turns in which a referral comes to its end, whatever was done to it before.
const TURNS: usize = 6;

/// How often, at least, whoever lacks something sealed has asked for it in the end: more often than it has links.
const ASKS: usize = 12;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A world that failed its seed.
#[derive(Debug)]
pub struct Failure {
    /// What did not hold.
    pub what: String,
    /// The last things that happened.
    pub trace: Vec<String>,
}

/// Lives through a seed's world and gives its trace.
pub fn live(seed: u64) -> Result<Vec<String>, Failure> {
    live_with(seed, None)
}

/// The same where every node has a bug.
pub fn live_with(seed: u64, planted: Option<Planted>) -> Result<Vec<String>, Failure> {
    let mut life = Life::begin(seed, planted);
    let lived = catch_unwind(AssertUnwindSafe(|| life.run()));
    let what = match lived {
        Ok(Ok(())) => return Ok(life.world.trace),
        Ok(Err(what)) => what,
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            format!("a panic: {}", words.unwrap_or_default())
        }
    };
    let from = life.world.trace.len().saturating_sub(TRACE_LINES);
    Err(Failure { what, trace: life.world.trace.split_off(from) })
}

/// Lives through seeds from one on; the first that fails ends it, with the command that does it again. One in a hundred
/// is lived twice and has to go the same way.
pub fn live_all(from: u64, seeds: u64, planted: Option<Planted>) -> Result<(), String> {
    for seed in from..from.saturating_add(seeds) {
        let bug = planted.map(|bug| format!(" --plant {bug:?}")).unwrap_or_default();
        let again = format!("replay it: cargo xtask simulate --seeds 1 --from {seed}{bug}");
        let trace = live_with(seed, planted)
            .map_err(|f| format!("seed {seed}: {}\n{}\n{again}", f.what, f.trace.join("\n")))?;
        if seed % 100 == 0 {
            let second = live_with(seed, planted).map_err(|f| f.what)?;
            if let Some((first, second)) = trace.iter().zip(&second).find(|(a, b)| a != b) {
                return Err(format!("seed {seed} does not go the same way twice:\n{first}\n{second}\n{again}"));
            }
        }
    }
    Ok(())
}

/// How the organisations of a borough stand, by their places: two nodes of a shelter, two hubs, five others.
fn standing(own: usize, other: usize) -> Relation {
    const HUBS: [usize; 2] = [1, 2];
    match (HUBS.contains(&own), HUBS.contains(&other)) {
        (false, true) if other == 1 || own < 5 => Relation::Following,
        (true, false) if own == 1 || other < 5 => Relation::Paired,
        // Neighbours know each other.
        (false, false) if own + 1 == other || other + 1 == own => Relation::Paired,
        _ => Relation::Strangers,
    }
}

struct Life {
    world: World,
    shelter: [At; 2],
    /// The hubs' nodes; none in a world of two organisations.
    hubs: Vec<At>,
    /// Who were partners when it began.
    partners: BTreeSet<(OrgId, OrgId)>,
    documents: Vec<DocId>,
    tokens: u64,
    /// Pairs of nodes whose organisations have compared words.
    compared: BTreeSet<(OrgId, OrgId)>,
}

impl Life {
    fn begin(seed: u64, planted: Option<Planted>) -> Self {
        let mut world = World::seeded(seed).with_bug(planted);
        let (shelter, hubs) = match seed % 4 {
            0 => {
                let [shelter, _] = world.organisations([2, 1]);
                (shelter, Vec::new())
            }
            2 => {
                let [shelter, _, hostile] = world.organisations([2, 1, 1]);
                world.corrupt(hostile[0], Role::Author);
                (shelter, Vec::new())
            }
            other => {
                let [shelter, first, second, _, hostile, ..] = world.related([2, 1, 1, 1, 1, 1, 1, 1], standing);
                let who = if other == 3 { 1 + world.below(3) } else { 0 };
                if who & 1 > 0 {
                    world.corrupt(second[0], Role::Relay);
                }
                if who & 2 > 0 {
                    world.corrupt(hostile[0], Role::Author);
                }
                (shelter, vec![first[0], second[0]])
            }
        };
        let known = |node: &Process| -> Vec<_> {
            node.disk.partners.keys().map(|partner| (node.identity.org, *partner)).collect()
        };
        let partners = world.nodes.iter().flat_map(known).collect();
        let shelter = [shelter[0], shelter[1]];
        let mut life =
            Self { world, shelter, hubs, partners, documents: Vec::new(), tokens: 0, compared: BTreeSet::new() };
        for hub in life.hubs.clone() {
            for member in 0..life.world.nodes.len() {
                if member != hub && life.world.may_link(hub, member) {
                    life.world.vouch(hub, member, Listed);
                }
            }
        }
        for (org, of) in life.partners.clone().into_iter().filter(|(org, of)| org < of) {
            if life.world.below(4) > 0 {
                life.compared.insert((org, of));
            }
        }
        life.compare_words();
        life
    }

    fn run(&mut self) -> Result<(), String> {
        self.world.faults(Faults::MANY);
        for _ in 0..40 {
            self.happen();
            self.world.misbehave();
            for _ in 0..self.world.below(40) {
                self.world.step();
            }
            self.world.check_watch()?;
        }
        self.world.check_safety()?;
        self.world.faults(Faults::default());
        for node in 0..self.world.nodes.len() {
            self.world.restart(node);
        }
        let library = self.world.stranger();
        let _ = self.world.comes_to_rest();
        self.agree();
        self.compare_words();
        for node in 0..self.world.nodes.len() {
            if self.world.org(node) == self.world.org(self.shelter[0]) {
                self.world.pair(library, node);
            }
        }
        if let Some(hub) = self.hubs.first() {
            self.world.pair(library, *hub).vouch(*hub, library, Listed).follow(library, *hub, true);
        }
        let nodes: Vec<At> = (0..self.world.nodes.len()).collect();
        // Whatever is found out on one link has to get round to every other node. The last time it goes round among the
        // honest alone: what a byzantine node gives away at the very end has to reach the others too.
        for round in 0..4 {
            if nodes.iter().any(|at| self.world.is_byzantine(*at)) {
                // What failed too often is opened again.
                self.world.pass(2 * HOUR_MS);
            }
            self.meet(round < 3)?;
        }
        self.wait_for_what_is_gathered()?;
        self.world.check_safety()?;
        self.world.check_converged()?;
        self.see_through()?;
        self.world.note_incidents();
        Ok(())
    }

    /// Every two nodes are linked for a while, one link after another.
    fn meet(&mut self, with_byzantine: bool) -> Result<(), String> {
        let count = self.world.nodes.len();
        for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
            let is_left_out = !with_byzantine && (self.world.is_byzantine(a) || self.world.is_byzantine(b));
            if !self.world.may_link(a, b) || is_left_out {
                continue;
            }
            self.world.link(a, b);
            let rests = self.world.comes_to_rest();
            self.world.check_watch()?;
            if !rests {
                return Err("it does not come to rest".to_owned());
            }
        }
        Ok(())
    }

    /// People bring their referrals to where nothing of them is left, which holds good as well.
    fn see_through(&mut self) -> Result<(), String> {
        for _ in 0..TURNS {
            if !self.world.act_towards_the_end() {
                break;
            }
            self.meet(false)?;
        }
        // What was found out last has to get round as well.
        for _ in 0..2 {
            self.meet(false)?;
        }
        self.wait_for_what_is_gathered()?;
        self.world.note_buried();
        self.world.check_safety()?;
        self.world.check_converged()
    }

    fn wait_for_what_is_gathered(&mut self) -> Result<(), String> {
        // What could not be had of one is asked for of the others in turn, each time later than before.
        for _ in 0..ASKS {
            if !self.world.is_anything_gathered() {
                break;
            }
            self.world.pass(2 * HOUR_MS);
            if !self.world.comes_to_rest() {
                return Err("it does not come to rest".to_owned());
            }
        }
        Ok(())
    }

    /// One thing that people or nature do.
    fn happen(&mut self) {
        let at = self.somebody();
        match self.world.below(44) {
            0..=7 => self.publish(at),
            8..=21 => self.edit(at),
            22..=24 => self.share(at),
            25 => self.withdraw(at),
            26 => self.world.back_up(at),
            27 => self.world.restore(at),
            28 if self.world.nodes.len() < 10 && self.world.below(3) == 0 => {
                let twin = self.shelter[self.world.below(2)];
                self.world.clone_node(twin);
            }
            29 => self.world.set_clock(at),
            30 if !self.hubs.is_empty() => self.regroup(at),
            31 => self.part_or_pair(at),
            32 => self.refer(at),
            33..=35 => self.world.act_at_random(at),
            _ => {
                for _ in 0..self.world.nodes.len().div_ceil(4) {
                    let (here, there) = (self.somebody(), self.somebody());
                    if self.world.may_link(here, there) {
                        self.world.link(here, there);
                    }
                }
            }
        }
    }

    /// Somebody ends a partnership at one node, or takes the partner in again.
    fn part_or_pair(&mut self, at: At) {
        let other = self.somebody();
        if self.partners.contains(&(self.world.org(at), self.world.org(other))) && self.world.below(2) == 0 {
            self.world.part(at, other);
        } else {
            self.pair_again(at, other);
        }
    }

    /// Where one side or node ended a partnership and others did not, all do, or all are partners again.
    fn agree(&mut self) {
        let nodes = self.world.nodes.len();
        for (org, of) in self.partners.clone().into_iter().filter(|(org, of)| org < of) {
            let sides = |a: &OrgId, b: &OrgId| [(*a, *b) == (org, of), (*a, *b) == (of, org)].contains(&true);
            let all: Vec<(At, At)> = (0..nodes).flat_map(|at| (0..nodes).map(move |other| (at, other))).collect();
            let between: Vec<_> =
                all.into_iter().filter(|(a, b)| sides(&self.world.org(*a), &self.world.org(*b))).collect();
            let is_partner = |(a, b): &(At, At)| self.world.nodes[*a].disk.partners.contains_key(&self.world.org(*b));
            if between.iter().all(is_partner) {
                continue;
            }
            let is_over = self.world.below(3) == 0;
            for (at, other) in between {
                match is_over {
                    true if self.world.nodes[at].disk.partners.contains_key(&self.world.org(other)) => {
                        self.world.part(at, other);
                    }
                    true => {}
                    false => self.pair_again(at, other),
                }
            }
        }
    }

    /// Takes back in whom this organisation was a partner of when the world began.
    fn pair_again(&mut self, at: At, other: At) {
        let (org, of) = (self.world.org(at), self.world.org(other));
        if self.partners.contains(&(org, of)) && !self.world.nodes[at].disk.partners.contains_key(&of) {
            self.world.take_in(at, other);
        }
    }

    /// All whose words were compared say so, where they are partners.
    fn compare_words(&mut self) {
        let nodes = self.world.nodes.len();
        for (at, other) in (0..nodes).flat_map(|at| (at + 1..nodes).map(move |other| (at, other))) {
            if self.has_compared(at, other) {
                self.world.compare_words(at, other);
            }
        }
    }

    fn has_compared(&self, at: At, other: At) -> bool {
        let (org, of) = (self.world.org(at), self.world.org(other));
        self.compared.contains(&(org.min(of), org.max(of)))
    }

    fn refer(&mut self, at: At) {
        let others: Vec<At> = (0..self.world.nodes.len()).filter(|other| self.has_compared(at, *other)).collect();
        if !others.is_empty() {
            let other = others[self.world.below(others.len())];
            self.world.refer(at, other);
        }
    }

    /// Somebody changes a roster, or whom they follow.
    fn regroup(&mut self, at: At) {
        let hub = self.hubs[self.world.below(self.hubs.len())];
        let is_now = self.world.below(3) > 0;
        if !self.world.may_link(hub, at) || hub == at {
            return;
        }
        match self.world.below(2) {
            0 => self.world.vouch(hub, at, if is_now { Listed } else { Removed }),
            _ => self.world.follow(at, hub, is_now),
        };
    }

    fn somebody(&mut self) -> At {
        self.world.below(self.world.nodes.len())
    }

    fn audience(&mut self) -> Audience {
        [Audience::Public, Audience::Partners, Audience::Own][self.world.below(3)].clone()
    }

    fn publish(&mut self, at: At) {
        let audience = self.audience();
        let doc = self.world.publish(at, "Supper", audience);
        self.documents.push(doc);
    }

    /// An own document that the node holds, if there is one.
    fn own_document(&mut self, at: At) -> Option<DocId> {
        let own: Vec<_> =
            self.documents.iter().copied().filter(|d| d.is_of(Kind::LISTING, &self.world.org(at))).collect();
        (!own.is_empty()).then(|| own[self.world.below(own.len())])
    }

    fn edit(&mut self, at: At) {
        let Some(doc) = self.own_document(at) else { return };
        self.tokens += 1;
        let token = format!("token-{}-", self.tokens);
        let (path, value) = match self.world.below(4) {
            0 => {
                let id = uuid::Uuid::from_u64_pair(1, self.tokens);
                (format!("sessions.{id}.description"), json!(token))
            }
            1 => ("description".to_owned(), json!(format!("A warm room. {token}"))),
            _ => (["fees", "wait_time"][self.world.below(2)].to_owned(), json!(token)),
        };
        self.world.catch_up(at);
        let over = self.world.shown(at, doc, &path);
        let keys = path.split('.').map(str::to_owned).collect();
        let edit = WriteAction::Edit(vec![Edit { path: keys, value: Some(value) }]);
        let was_told = self.world.write(at, doc, edit).is_ok();
        if path != "description" {
            // Of a text edited apart the pieces merge, so that no whole may be asked for.
            self.world.ledger.edited(at, (doc, &path), &token, over, was_told);
        }
    }

    fn share(&mut self, at: At) {
        let Some(doc) = self.own_document(at) else { return };
        let audience = self.audience();
        self.world.ledger.shared(at, doc);
        let _ = self.world.write(at, doc, WriteAction::Share(audience));
    }

    fn withdraw(&mut self, at: At) {
        let Some(doc) = self.own_document(at) else { return };
        self.world.catch_up(at);
        let answer = self.world.write(at, doc, WriteAction::Withdraw);
        let was_told = matches!(answer, Ok(Answer::Written(written)) if written.iter().all(|w| w.changed));
        // Somebody who shares anew elsewhere at the same time knows no better, and what they say stands.
        let knows_all = self.generations(doc).len() == 1;
        self.world.ledger.withdrawn(at, doc, was_told && knows_all);
    }

    fn generations(&self, doc: DocId) -> BTreeSet<u64> {
        let held = self.world.nodes.iter().filter_map(|n| n.disk.document(doc));
        held.map(|d| d.current().map(|s| s.statement().generation).max().unwrap_or(0)).collect()
    }
}
