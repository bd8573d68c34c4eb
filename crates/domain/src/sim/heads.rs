//! Stories of scope heads: how old what a reader holds is, and who holds something back.

use super::{At, World};
use crate::audience::{Audience, Scope};
use crate::identity::certificate::NodeCertificate;
use crate::identity::certificate::NodeState::{Compromised, Retired};
use crate::identity::keys::KeysObject;
use crate::identity::object::Signed;
use crate::identity::root::Root;
use crate::identity::scope_head::ScopeHead;
use crate::sync::Message;
use crate::sync::effect::Command;
use crate::sync::head::HeldHead;
use crate::{DocId, NodeId, Sum, Timestamp, limits};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// A hub, and a charity and a reader on its roster; the charity has a listing.
struct Read {
    world: World,
    hub: At,
    charity: At,
    reader: At,
    supper: DocId,
}

fn read(seed: u64) -> Read {
    let mut world = World::seeded(seed);
    let [hub, charity, reader] = [(); 3].map(|()| world.stranger());
    world.join(hub, charity).join(hub, reader);
    let supper = world.publish(charity, "Supper", Audience::Public);
    world.link(hub, charity).link(hub, reader).run_until_quiet();
    Read { world, hub, charity, reader, supper }
}

impl Read {
    /// What a node knows of when the charity held what.
    fn head(&self, at: At) -> HeldHead {
        let engine = self.world.nodes[at].engine.as_ref().expect("it runs");
        engine.head(&self.world.org(self.charity)).expect("it was heard").clone()
    }

    fn is_withheld(&self, at: At) -> bool {
        self.head(at).is_withheld(self.world.now())
    }

    /// A head as the charity's node would sign it, with something else in it.
    fn altered(&self, alter: impl FnOnce(&mut ScopeHead)) -> Vec<u8> {
        let mut head = self.head(self.charity).signed.content().clone();
        head.n += DAY as u64;
        alter(&mut head);
        Signed::sign(head, &self.world.nodes[self.charity].identity.author).bytes().to_vec()
    }

    /// What becomes of a head that the hub sends the reader: whether it is taken, and what the reader's people are told.
    fn told(&mut self, bytes: Vec<u8>) -> (bool, Option<String>) {
        let before = (self.head(self.reader), self.incidents());
        self.world.inject(self.hub, self.reader, Message::Head(bytes)).run_until_quiet();
        let incidents = &self.world.nodes[self.reader].disk.incidents;
        let told = incidents.get(before.1).map(|incident| incident.message.clone());
        (self.head(self.reader) != before.0, told)
    }

    fn incidents(&self) -> usize {
        self.world.nodes[self.reader].disk.incidents.len()
    }
}

#[test]
fn a_reader_knows_by_the_hub_when_an_owner_was_last_heard() {
    let mut r = read(1);
    let first = r.head(r.reader);
    assert_eq!((first.by, first.differs_since), (r.world.org(r.hub), None));
    assert_eq!(first.signed, r.head(r.charity).signed);

    // The charity is away for four days, and what the reader hears of it grows old.
    r.world.cut(r.hub, r.charity).pass(4 * DAY).run_until_quiet();
    r.world.cut(r.hub, r.reader).link(r.hub, r.reader).run_until_quiet();
    assert_eq!(r.head(r.reader).heard_at(), first.heard_at());

    r.world.edit(r.charity, r.supper, "fees", "free").expect("edited");
    r.world.link(r.hub, r.charity).run_until_quiet();
    let second = r.head(r.reader);
    assert!(second.heard_at() >= first.heard_at().plus_ms(4 * DAY));
    assert_eq!((second.by, second.differs_since), (r.world.org(r.hub), None));
    r.world.restart(r.reader);
    assert_eq!(r.head(r.reader), second, "it is kept");
}

#[test]
fn while_it_is_read_a_node_says_every_hour_what_it_holds_and_not_more_often() {
    let mut r = read(2);
    let first = r.head(r.reader);
    r.world.pass(HOUR / 2).run_until_quiet();
    assert_eq!(r.head(r.reader), first);
    // A reader that comes within minutes of the last word gets that one.
    r.world.pass(HOUR / 2).run_until_quiet();
    let second = r.head(r.reader);
    assert!(second.heard_at() >= first.heard_at().plus_ms(HOUR));
    let late = r.world.stranger();
    r.world.join(r.hub, late).link(r.hub, late).run_until_quiet();
    r.world.cut(r.hub, r.charity).link(r.hub, r.charity).run_until_quiet();
    assert_eq!(r.head(late).signed, second.signed);
    assert_eq!(r.head(r.charity).signed, second.signed);
}

#[test]
fn what_a_hub_holds_back_is_told_after_a_day_and_no_longer_once_it_is_here() {
    let mut r = read(3);
    r.world.cut(r.hub, r.reader);
    r.world.edit(r.charity, r.supper, "fees", "free").expect("edited");
    r.world.pass(HOUR).run_until_quiet();
    // The hub links again and hands on the head without what it speaks of.
    let sent = Message::Head(r.head(r.charity).signed.bytes().to_vec());
    r.world.link(r.hub, r.reader).one_way.insert((r.hub, r.reader));
    r.world.inject(r.hub, r.reader, sent).run_until_quiet();
    let since = r.head(r.reader).differs_since;
    assert!(since.is_some() && !r.is_withheld(r.reader));

    r.world.restart(r.reader);
    r.world.pass(limits::WITHHELD_AFTER_MS - HOUR);
    assert!(!r.is_withheld(r.reader));
    r.world.pass(HOUR);
    assert!(r.is_withheld(r.reader));
    assert_eq!(r.head(r.reader).differs_since, since);

    r.world.link(r.hub, r.reader).run_until_quiet();
    assert!(!r.is_withheld(r.reader));
    assert_eq!(r.head(r.reader).differs_since, None);
    r.world.check_safety().expect("safe");
}

#[test]
fn only_the_owners_own_newer_word_is_taken() {
    let mut r = read(4);
    let elsewhere = Scope::public(r.world.org(r.reader)).id();
    let newer = r.altered(|_| {});
    for at in 0..newer.len() {
        let mut bytes = newer.clone();
        bytes[at] ^= 1;
        let (is_taken, told) = r.told(bytes);
        assert!(!is_taken && told.is_some_and(|told| told.contains("was refused")), "byte {at}");
    }
    let other = r.world.nodes[r.hub].identity.clone();
    let forged = Signed::sign(r.head(r.charity).signed.content().clone(), &other.author).bytes().to_vec();
    let refused = [
        (forged, "does not fit"),
        (r.altered(|head| head.scope_id = elsewhere), "does not carry"),
        (r.altered(|head| head.node_id = other.node), "no node"),
        (r.altered(|head| head.org_id = other.org), "does not carry"),
        (r.altered(|head| head.n = 0), "the number 0"),
        (r.altered(|head| head.n = u64::MAX), "the number"),
    ];
    for (bytes, words) in refused {
        let (is_taken, told) = r.told(bytes);
        assert!(!is_taken && told.as_ref().is_some_and(|told| told.contains(words)), "{words}: {told:?}");
    }
    let older = r.altered(|head| head.n = 1);
    assert_eq!(r.told(older), (false, None), "no news, and no harm");
    assert_eq!(r.told(newer.clone()), (true, None));
    assert_eq!(r.told(newer), (false, None));
}

#[test]
fn a_clock_that_is_ahead_makes_nobody_seem_nearer() {
    let mut r = read(5);
    let ahead = r.altered(|head| head.as_of = Timestamp::from_ms(i64::MAX));
    assert_eq!(r.told(ahead), (true, None));
    let held = r.head(r.reader);
    assert!(held.heard_at() <= r.world.now());
    assert_eq!(held.signed.content().as_of, Timestamp::from_ms(i64::MAX));
}

#[test]
fn a_node_put_back_to_an_old_copy_is_heard_all_the_same() {
    let mut r = read(6);
    r.world.back_up(r.charity);
    for _ in 0..3 {
        r.world.pass(HOUR).run_until_quiet();
    }
    let before = r.head(r.reader);
    r.world.restore(r.charity);
    r.world.pass(HOUR).link(r.hub, r.charity).run_until_quiet();
    assert!(r.head(r.reader).signed.content().n > before.signed.content().n);
}

#[test]
fn the_word_of_a_node_that_is_gone_counts_no_more() {
    for state in [Retired, Compromised] {
        let mut world = World::seeded(7);
        let [[home, laptop]] = world.organisations([2]).map(|nodes| [nodes[0], nodes[1]]);
        let reader = world.stranger();
        world.pair(home, reader).pair(laptop, reader);
        world.publish(home, "Supper", Audience::Public);
        world.link(home, reader).run_until_quiet();
        world.cut(home, reader).pass(HOUR / 2).link(laptop, reader).run_until_quiet();
        let org = world.org(home);
        let speaks = |world: &World| {
            let engine = world.nodes[reader].engine.as_ref().expect("it runs");
            engine.head(&org).map(|head| head.signed.content().node_id)
        };
        assert_eq!(speaks(&world), Some(world.nodes[laptop].identity.node));
        world.judge_node(home, laptop, state);
        let keys = world.nodes[home].engine.as_ref().expect("it runs").keys()[&org].bytes();
        world.ask(reader, Command::TakeKeys(keys)).expect("known");
        assert_eq!(speaks(&world), Some(world.nodes[home].identity.node), "{state:?}");
    }
}

#[test]
fn what_a_head_says_is_what_is_held() {
    let r = read(8);
    let scope = Scope::public(r.world.org(r.charity)).id();
    let held = r.world.nodes[r.reader].disk.scopes.get(&scope).map(|state| state.sum);
    assert_eq!(held, Some(r.head(r.reader).signed.content().sum));
    assert_ne!(held, Some(Sum::default()));
}

#[test]
fn an_owner_that_names_ever_new_nodes_takes_no_more_room_for_their_words() {
    let mut r = read(9);
    let org = r.world.org(r.charity);
    let identity = r.world.nodes[r.charity].identity.clone();
    let root = Root::from_entropy(&identity.root);
    let mut keys = r.world.nodes[r.reader].engine.as_ref().expect("it runs").keys()[&org].clone();
    for n in 1..=20 {
        let node_id = NodeId::from_bytes([n; 16]);
        let known = keys.certificates().next().expect("a node").content().clone();
        let certificate = root.certify(NodeCertificate { node_id, serial: keys.next_serial(), ..known });
        keys = KeysObject::new(root.public(), [certificate]).expect("keys");
        r.world.ask(r.reader, Command::TakeKeys(keys.bytes())).expect("known");
        let word = r.altered(|head| head.node_id = node_id);
        r.world.inject(r.hub, r.reader, Message::Head(word)).run_until_quiet();
        let held = &r.world.nodes[r.reader].disk.heads[&org];
        assert!(held.iter().any(|held| held.signed.content().node_id == node_id), "the newest is taken");
        assert!(held.len() <= limits::ORGANISATION_NODES, "{n}: {}", held.len());
    }
}
