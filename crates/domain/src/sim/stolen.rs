//! Stories of a stolen machine: what its key signed is nobody's word any more, unless its organisation signs it anew.

use super::{At, World};
use crate::audience::Audience;
use crate::identity::certificate::NodeState::Compromised;
use crate::identity::roster::RosterState::Listed;
use crate::sync::effect::{Answer, Command, WriteAction};
use crate::{DocId, KeyId};
use std::collections::BTreeSet;

/// An organisation with a node at home and a laptop that a thief will have, a hub and a reader.
struct Theft {
    world: World,
    home: At,
    laptop: At,
    hub: At,
    reader: At,
    supper: DocId,
}

fn theft(seed: u64) -> Theft {
    let mut world = World::seeded(seed);
    let [[home, laptop]] = world.organisations([2]).map(|nodes| [nodes[0], nodes[1]]);
    let [hub, reader] = [(); 2].map(|()| world.stranger());
    for member in [home, laptop] {
        world.pair(hub, member);
    }
    world.vouch(hub, home, Listed);
    world.pair(hub, reader).vouch(hub, reader, Listed).follow(reader, hub, true);
    let supper = world.publish(laptop, "Supper", Audience::Public);
    world.link(home, laptop).link(hub, home).link(hub, laptop).link(hub, reader).run_until_quiet();
    Theft { world, home, laptop, hub, reader, supper }
}

impl Theft {
    fn key(&self) -> KeyId {
        self.world.nodes[self.laptop].identity.author.public().id()
    }

    fn names(&self, doc: DocId) -> [Option<&str>; 3] {
        [self.home, self.hub, self.reader].map(|at| self.world.row(at, doc).map(|row| row.name.as_str()))
    }

    /// Has home sign what the laptop signed.
    fn sign_anew(&mut self, docs: Vec<DocId>) -> usize {
        let command = Command::SignAnew { docs, keys: BTreeSet::from([self.key()]) };
        let Ok(Answer::Written(written)) = self.world.ask(self.home, command) else { panic!("it is signed") };
        written.len()
    }

    fn is_held_by_its_key(&self, at: At) -> bool {
        self.world.nodes[at].disk.statements.values().any(|s| s.statement().key_id == self.key())
    }
}

#[test]
fn what_home_signs_anew_stands_when_the_laptop_is_said_to_be_stolen() {
    let mut t = theft(1);
    t.world.cut(t.home, t.laptop);
    let forged = t.world.publish(t.laptop, "Forged", Audience::Public);
    t.world.run_until_quiet();
    assert_eq!(t.names(forged)[2], Some("Forged"));
    assert_eq!(t.sign_anew(vec![t.supper]), 1);
    assert_eq!(t.sign_anew(vec![t.supper]), 0, "once is enough");
    t.world.judge_node(t.home, t.laptop, Compromised);
    for other in [t.home, t.hub] {
        t.world.cut(t.laptop, other);
    }
    // Each that hears of it cuts its links once, and links anew.
    for _ in 0..4 {
        t.world.link(t.home, t.hub).link(t.hub, t.reader).run_until_quiet();
    }
    assert_eq!(t.names(t.supper), [Some("Supper"); 3]);
    assert_eq!(t.names(forged), [None; 3]);
    for at in [t.home, t.hub, t.reader] {
        assert!(!t.is_held_by_its_key(at), "at {at}");
    }
    // The thief goes on; nobody takes it.
    t.world.edit(t.laptop, t.supper, "name", "Stolen supper").expect("edited");
    t.world.link(t.laptop, t.hub).run_until_quiet();
    assert_eq!(t.names(t.supper), [Some("Supper"); 3]);
    t.world.edit(t.home, t.supper, "name", "Late supper").expect("edited");
    t.world.link(t.home, t.hub).link(t.hub, t.reader).run_until_quiet();
    assert_eq!(t.names(t.supper), [Some("Late supper"); 3]);
    t.world.check_safety().expect("safe");
}

#[test]
fn what_is_hidden_comes_back_with_its_owners_signature() {
    let mut t = theft(2);
    // Home signs, and is away before anybody has it; the word on the thief comes round first.
    t.world.cut(t.home, t.hub).cut(t.home, t.laptop).cut(t.laptop, t.hub);
    t.world.write(t.home, t.supper, WriteAction::Edit(Vec::new())).expect("nothing to do");
    let other = t.world.publish(t.home, "Stall", Audience::Public);
    assert_eq!(t.sign_anew(vec![t.supper, other]), 1);
    t.world.judge_node(t.home, t.laptop, Compromised);
    let keys = t.world.nodes[t.home].engine.as_ref().expect("it runs").keys()[&t.world.org(t.home)].clone();
    t.world.ask(t.hub, Command::TakeKeys(keys.bytes())).expect("known");
    t.world.run_until_quiet();
    t.world.link(t.hub, t.reader).run_until_quiet();
    assert_eq!(t.names(t.supper), [Some("Supper"), None, None]);
    t.world.restart(t.hub).restart(t.reader).link(t.hub, t.reader).run_until_quiet();
    assert_eq!(t.names(t.supper), [Some("Supper"), None, None]);
    t.world.link(t.home, t.hub).run_until_quiet();
    assert_eq!(t.names(t.supper), [Some("Supper"); 3]);
    assert_eq!(t.names(other), [Some("Stall"); 3]);
    t.world.check_safety().expect("safe");
}

#[test]
fn a_stolen_hub_signs_its_roster_anew() {
    let mut world = World::seeded(3);
    let [[home, laptop]] = world.organisations([2]).map(|nodes| [nodes[0], nodes[1]]);
    let [member, reader] = [(); 2].map(|()| world.stranger());
    for node in [home, laptop] {
        world.pair(member, node).pair(reader, node);
    }
    world.vouch(laptop, member, Listed).vouch(laptop, reader, Listed);
    world.follow(reader, home, true);
    let stall = world.publish(member, "Stall", Audience::Public);
    world.link(home, laptop).link(home, member).link(home, reader).run_until_quiet();
    assert!(world.row(reader, stall).is_some());
    let docs = world.nodes[home].disk.rows.keys().copied().collect();
    let keys = BTreeSet::from([world.nodes[laptop].identity.author.public().id()]);
    world.cut(home, laptop);
    let own: Vec<DocId> = docs;
    let own = own.into_iter().filter(|d| world.nodes[home].disk.rows[d].owner == world.org(home)).collect();
    world.ask(home, Command::SignAnew { docs: own, keys }).expect("signed");
    world.judge_node(home, laptop, Compromised);
    world.run_until_quiet();
    world.link(home, member).link(home, reader).run_until_quiet();
    world.link(home, member).link(home, reader).run_until_quiet();
    assert!(world.row(reader, stall).is_some(), "the hub still vouches for it");
    world.check_safety().expect("safe");
}
