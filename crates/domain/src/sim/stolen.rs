//! Stories of a stolen machine: what its key signed is nobody's word any more, unless its organisation signs it anew.

use super::{At, World};
use crate::audience::{Audience, Scope};
use crate::identity::certificate::NodeState::Compromised;
use crate::identity::roster::RosterState::Listed;
use crate::statement::{Seen, SignedStatement, Statement};
use crate::sync::Message;
use crate::sync::effect::{Answer, Command, WriteAction};
use crate::sync::message::{Item, Versions};
use crate::{ChangeHash, DocId, Incarnation, KeyId, limits};
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
    world.join(hub, reader);
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

impl Theft {
    /// What the thief signs over the supper's public word, as it likes.
    fn forge(&self, forge: impl FnOnce(&mut Statement)) -> Message {
        let scope = Scope::public(self.world.org(self.home)).id();
        let document = self.world.nodes[self.home].disk.document(self.supper).expect("held");
        let mut said = document.statements[&scope].iter().next().expect("it stands").statement().clone();
        said.incarnation = Incarnation::from_bytes([66; 8]);
        said.rev = 1;
        said.seen.insert(said.incarnation, 1);
        forge(&mut said);
        let signed = SignedStatement::sign(said, &self.world.nodes[self.laptop].identity.author);
        let items = vec![Item { statement: signed.bytes().to_vec(), pack: Vec::new() }];
        Message::Versions(Versions { scope, items, absent: Vec::new(), absent_versions: Vec::new() })
    }

    /// Says that the laptop was stolen, as the application does: signed anew before and after.
    fn tell_of_it(&mut self) {
        let docs = vec![self.supper];
        self.sign_anew(docs.clone());
        self.world.judge_node(self.home, self.laptop, Compromised);
        self.sign_anew(docs);
        for other in [self.home, self.hub] {
            self.world.cut(self.laptop, other);
        }
        for _ in 0..4 {
            self.world.link(self.home, self.hub).link(self.hub, self.reader).run_until_quiet();
        }
    }
}

/// Makes of a statement what a thief would, with heads that nobody has and a crowd of processes at hand.
type Forge = fn(&mut Statement, ChangeHash, Seen);

#[test]
fn whatever_the_thief_signed_over_a_listing_it_stands_and_goes_on() {
    let nobodys = ChangeHash::from_bytes([9; 32]);
    let crowd = || (0..31).map(|n| (Incarnation::from_bytes([100 + n; 8]), 1));
    let forgeries: [(&str, Forge); 4] = [
        ("heads that nobody has", |said, nobodys, _| said.heads = [nobodys].into()),
        ("a history that cannot be followed", |said, _, _| said.generation = limits::GENERATION),
        ("more processes than may be named beside another", |said, _, crowd| said.seen.extend(crowd)),
        ("all of it", |said, nobodys, crowd| {
            said.heads = [nobodys].into();
            said.generation = limits::GENERATION;
            said.seen.extend(crowd);
        }),
    ];
    for (n, (what, forge)) in forgeries.into_iter().enumerate() {
        let mut t = theft(20 + n as u64);
        let crowd: Seen = crowd().collect();
        let message = t.forge(|said| forge(said, nobodys, crowd));
        t.world.inject(t.laptop, t.home, message).run_until_quiet();
        t.tell_of_it();
        assert_eq!(t.names(t.supper), [Some("Supper"); 3], "{what}");
        for at in [t.home, t.hub, t.reader] {
            assert!(!t.is_held_by_its_key(at), "{what}: at {at}");
        }
        t.world.edit(t.home, t.supper, "name", "Late supper").expect(what);
        t.world.run_until_quiet();
        assert_eq!(t.names(t.supper), [Some("Late supper"); 3], "{what}");
        t.world.write(t.home, t.supper, WriteAction::Share(Audience::Own)).expect(what);
        t.world.write(t.home, t.supper, WriteAction::Share(Audience::Public)).expect("a new history follows");
        t.world.run_until_quiet();
        assert_eq!(t.names(t.supper), [Some("Late supper"); 3], "{what}");
        t.world.check_safety().expect("safe");
    }
}

#[test]
fn of_two_thefts_told_at_once_both_are_looked_through() {
    for seed in 30..38 {
        let mut world = World::seeded(seed);
        let orgs = world.organisations([2, 2]);
        let reader = world.stranger();
        let mut listings = Vec::new();
        for [home, laptop] in orgs.iter().map(|nodes| [nodes[0], nodes[1]]) {
            world.pair(home, reader).pair(laptop, reader);
            listings.extend(["Supper", "Stall"].map(|name| world.publish(laptop, name, Audience::Public)));
            world.link(laptop, reader).run_until_quiet();
            world.cut(laptop, reader);
        }
        assert!(listings.iter().all(|doc| world.row(reader, *doc).is_some()));
        for [home, laptop] in orgs.iter().map(|nodes| [nodes[0], nodes[1]]) {
            world.judge_node(home, laptop, Compromised).link(home, reader);
        }
        world.run_until_quiet();
        for doc in listings {
            assert!(world.row(reader, doc).is_none(), "seed {seed}");
        }
    }
}

#[test]
fn a_theft_at_somebody_of_whom_nothing_is_held_changes_nothing() {
    let mut world = World::seeded(40);
    let [[home, laptop]] = world.organisations([2]).map(|nodes| [nodes[0], nodes[1]]);
    let reader = world.stranger();
    world.pair(home, reader).link(home, reader).run_until_quiet();
    world.judge_node(home, laptop, Compromised).run_until_quiet();
    assert!(world.is_linked(home, reader), "nothing was taken out, so the link goes on");
    assert_eq!(world.nodes[reader].disk.disowned_keys.len(), 1);
    world.restart(reader).link(home, reader).run_until_quiet();
    world.check_safety().expect("safe");
}
