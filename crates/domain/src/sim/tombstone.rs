//! What becomes of a referral's documents once it is erased at both parties.

use super::referral::Scene;
use crate::referral::{Basis, Body, Contact, Reason, Receipt, Side};
use crate::statement::{Life, Statement};
use crate::sync::batch::DocumentRow;
use crate::sync::effect::Command;
use crate::{DocId, limits};
use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A referral that was opened and declined.
fn declined(nodes: [usize; 3]) -> (Scene, Vec<usize>) {
    let (mut scene, receivers) = Scene::of(nodes);
    for at in receivers.iter().skip(1) {
        scene.world.link(*at, scene.receiver).link(*at, scene.sender).run_until_quiet();
    }
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.act(Side::Receiver, Body::Open { version: 1 }).expect("read");
    scene.act(Side::Receiver, Body::Decline(Reason::NoSpace)).expect("declined");
    scene.world.run_until_quiet();
    if receivers.len() > 1 {
        scene.world.pass(DAY_MS).run_until_quiet();
    }
    (scene, receivers)
}

impl Scene {
    fn erase(&mut self, side: Side) {
        let at = if side == Side::Sender { self.sender } else { self.receiver };
        let node = self.world.nodes[at].identity.node;
        self.act(side, Body::Erase { node, receipt: Receipt::Erased }).expect("erased");
        self.world.run_until_quiet();
    }

    fn said(&self, at: usize, doc: DocId) -> Vec<Statement> {
        let held = self.world.nodes[at].disk.statements.values();
        held.map(|one| one.statement()).filter(|said| said.doc_id == doc).cloned().collect()
    }

    fn row_of(&self, at: usize, doc: DocId) -> &DocumentRow {
        &self.world.nodes[at].disk.rows[&doc]
    }

    /// Whether a node keeps of a document that it is erased, and nothing else.
    fn is_buried(&self, at: usize, doc: DocId) -> bool {
        let (said, row) = (self.said(at, doc), self.row_of(at, doc));
        let lives: BTreeSet<Life> = said.iter().map(|said| said.life).collect();
        let disk = &self.world.nodes[at].disk;
        lives == [Life::Erased].into()
            && said.iter().all(|said| said.heads.is_empty())
            && disk.changes.get(&doc).is_none_or(Vec::is_empty)
            && (row.life, row.value.is_null(), row.bytes) == (Life::Erased, true, 0)
            && disk.document(doc).is_some_and(|document| document.wanted.is_empty())
    }

    fn is_all_buried(&self, at: usize) -> bool {
        self.is_buried(at, self.request()) && self.is_buried(at, self.response()) && self.held(at) == (0, false)
    }
}

#[test]
fn once_both_have_erased_nothing_is_left_but_that_it_is_erased() {
    let (mut scene, _) = declined([1, 1, 1]);
    scene.erase(Side::Receiver);
    let (request, response) = scene.events(scene.receiver);
    assert_eq!((request.len(), response.len()), (1, 3), "the other party is to see what became of it");
    assert_eq!(scene.held(scene.sender), (2, true), "and nothing is deleted there");
    scene.erase(Side::Sender);
    for at in [scene.sender, scene.receiver] {
        assert!(scene.is_all_buried(at), "{:?}", scene.said(at, scene.request()));
        assert!(scene.world.nodes[at].disk.gathering().is_empty());
        let usage = scene.world.nodes[at].disk.usage();
        assert_eq!(usage.values().map(|usage| usage.documents).sum::<u64>(), 0, "it counts no more");
    }
}

#[test]
fn what_waits_for_an_outcome_to_be_seen_keeps_its_documents() {
    let (mut scene, _) = Scene::of([1, 1, 1]);
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.act(Side::Receiver, Body::Open { version: 1 }).expect("read");
    scene.act(Side::Receiver, Body::Accept { version: 1 }).expect("accepted");
    scene.act(Side::Receiver, Body::Start).expect("started");
    scene.act(Side::Receiver, Body::End(crate::referral::Outcome::Completed)).expect("ended");
    scene.world.run_until_quiet();
    scene.erase(Side::Receiver);
    scene.erase(Side::Sender);
    assert!(!scene.is_all_buried(scene.sender), "the sender has not looked at how it ended");
    scene.act(Side::Sender, Body::Close).expect("closed");
    scene.world.run_until_quiet();
    assert!(scene.is_all_buried(scene.sender) && scene.is_all_buried(scene.receiver));
}

#[test]
fn an_old_copy_of_either_side_is_told_again_that_it_is_erased() {
    for side in Side::ALL {
        for restored_before in [false, true] {
            let (mut scene, _) = declined([1, 1, 1]);
            let at = if side == Side::Sender { scene.sender } else { scene.receiver };
            if restored_before {
                scene.erase(side.other());
            }
            let old = scene.world.nodes[at].disk.clone();
            if !restored_before {
                scene.erase(side.other());
            }
            scene.erase(side);
            assert!(scene.is_all_buried(scene.sender), "{side:?}");
            scene.world.cut(scene.sender, scene.receiver).cut(at, scene.other);
            scene.world.nodes[at].disk = old;
            scene.world.restart(at).run_until_quiet();
            assert_eq!(scene.held(at), (2, true), "the copy has it");
            scene.world.link(scene.sender, scene.receiver).run_until_quiet();
            assert_eq!(scene.held(at), (0, false), "{side:?}");
            assert!(scene.is_all_buried(scene.sender) && scene.is_all_buried(scene.receiver), "{side:?}");
            // It is there for good, whatever starts again.
            scene.world.restart(at).link(scene.sender, scene.receiver).run_until_quiet();
            assert!(scene.is_all_buried(at));
        }
    }
}

#[test]
fn who_keeps_it_for_a_time_goes_on_seeing_what_the_other_said() {
    let (mut scene, _) = declined([1, 1, 1]);
    let until = scene.world.now().plus_ms(90 * DAY_MS);
    scene.act(Side::Receiver, Body::Keep { basis: Basis::LegalClaim, until }).expect("kept");
    scene.world.run_until_quiet();
    scene.erase(Side::Sender);
    assert!(!scene.is_buried(scene.sender, scene.request()), "it waits");
    // It is not forgotten over a start.
    scene.world.restart(scene.sender).link(scene.sender, scene.receiver).run_until_quiet();
    scene.world.pass(91 * DAY_MS).run_until_quiet();
    assert!(scene.is_buried(scene.sender, scene.request()), "its time is over");
    assert_eq!(scene.row_of(scene.sender, scene.response()).life, Life::Live, "that is the other's to give up");
    assert_eq!(scene.held(scene.receiver), (2, true));
    let (request, _) = scene.events(scene.receiver);
    assert_eq!(request.len(), 2, "the other party has all that it kept");
    assert!(scene.said(scene.receiver, scene.request()).iter().all(|said| said.life == Life::Erased));
    scene.world.restart(scene.receiver).link(scene.sender, scene.receiver).run_until_quiet();
    scene.erase(Side::Receiver);
    assert!(scene.is_all_buried(scene.sender) && scene.is_all_buried(scene.receiver));
}

#[test]
fn every_node_of_an_organisation_lets_go_and_one_that_was_away_brings_nothing_back() {
    let (mut scene, receivers) = declined([1, 2, 1]);
    let (laptop, home, sender) = (receivers[1], scene.receiver, scene.sender);
    assert_eq!(scene.held(laptop), (2, true));
    scene.world.cut(laptop, home).cut(laptop, sender);
    scene.erase(Side::Receiver);
    scene.erase(Side::Sender);
    assert!(!scene.is_buried(home, scene.response()), "the laptop has not erased");
    let until = scene.world.now().plus_ms(DAY_MS);
    let keep = Body::Keep { basis: Basis::LegalClaim, until };
    scene.act_in(scene.parties(), laptop, Side::Receiver, keep).expect("kept there, as it thought");
    scene.world.link(laptop, home).link(laptop, sender).run_until_quiet();
    scene.world.pass(DAY_MS).run_until_quiet();
    for at in [laptop, home, sender] {
        assert!(scene.is_all_buried(at), "{at}: {:?}", scene.said(at, scene.response()));
    }
}

#[test]
fn an_event_written_beside_the_tombstone_goes_with_it() {
    let (mut scene, receivers) = declined([1, 2, 1]);
    let (laptop, home, sender) = (receivers[1], scene.receiver, scene.sender);
    scene.erase(Side::Receiver);
    let node = scene.world.nodes[laptop].identity.node;
    assert_eq!(scene.held(laptop), (0, false), "it heard, and said so");
    scene.world.cut(laptop, home).cut(laptop, sender);
    scene.erase(Side::Sender);
    assert!(scene.is_all_buried(home) && scene.is_all_buried(sender));
    scene
        .act_in(scene.parties(), laptop, Side::Receiver, Body::Erase { node, receipt: Receipt::Erased })
        .expect("said");
    scene.world.link(laptop, home).link(laptop, sender).run_until_quiet();
    scene.world.pass(DAY_MS).run_until_quiet();
    for at in [laptop, home, sender] {
        assert!(scene.is_all_buried(at), "{at}: {:?}", scene.said(at, scene.response()));
    }
}

#[test]
fn who_lets_a_partner_go_gives_up_what_was_said_to_it_and_it_hears_of_that_by_a_node_that_is_linked_still() {
    let (mut scene, receivers) = declined([1, 2, 1]);
    let (laptop, home, sender) = (receivers[1], scene.receiver, scene.sender);
    let org = scene.world.org(sender);
    scene.world.ask(home, Command::RemovePartner(org)).expect("removed");
    // What the link carried is less now, so it is made anew.
    scene.world.link(home, laptop).run_until_quiet();
    assert_eq!((scene.held(home), scene.held(laptop)), ((0, false), (0, false)));
    scene.world.pass(DAY_MS).run_until_quiet();
    let lives = |at: usize| scene.said(at, scene.response()).iter().map(|said| said.life).collect::<BTreeSet<_>>();
    assert_eq!(lives(laptop), [Life::Erased].into());
    assert_eq!(lives(sender), [Life::Erased].into(), "nobody there waits for an answer");
    assert_eq!(scene.held(sender), (2, true), "and nothing is deleted there");
}

#[test]
fn a_node_that_never_saw_what_the_other_gave_up_keeps_nothing_of_it() {
    let (mut scene, receivers) = declined([1, 2, 1]);
    let (laptop, home, sender) = (receivers[1], scene.receiver, scene.sender);
    let until = scene.world.now().plus_ms(90 * DAY_MS);
    scene.act(Side::Receiver, Body::Keep { basis: Basis::LegalClaim, until }).expect("kept");
    scene.world.run_until_quiet();
    scene.erase(Side::Sender);
    scene.world.pass(91 * DAY_MS).run_until_quiet();
    assert!(scene.is_buried(sender, scene.request()), "its time is over");
    // The home node comes back with nothing but what others have, while the laptop keeps the referral.
    let request = scene.request();
    let disk = &mut scene.world.nodes[home].disk;
    let row = disk.rows.get_mut(&request).expect("it was here");
    (row.value, row.life, row.bytes) = (serde_json::Value::Null, Life::Erased, 0);
    disk.payloads.remove(&request);
    disk.data_keys.remove(&request);
    scene.world.restart(home).link(home, laptop).link(home, sender).run_until_quiet();
    assert_eq!(scene.held(laptop), (2, true));
    assert!(!scene.is_buried(home, scene.response()), "the laptop has it");
    let node = scene.world.nodes[laptop].identity.node;
    let erase = Body::Erase { node, receipt: Receipt::Erased };
    scene.act_in(scene.parties(), laptop, Side::Receiver, erase).expect("erased");
    scene.world.run_until_quiet();
    assert!(scene.is_all_buried(home) && scene.is_all_buried(laptop) && scene.is_all_buried(sender));
}

#[test]
fn as_many_processes_as_can_be_told_apart_do_not_hinder_that_it_is_given_up() {
    // The event that erases is an edit, and begins a new history where there is no room: one of these counts leaves none for the end.
    for starts in limits::SEEN_ENTRIES - 4..limits::SEEN_ENTRIES + 2 {
        let (mut scene, _) = Scene::of([1, 1, 1]);
        scene.act(Side::Sender, Body::Send).expect("sent");
        scene.world.run_until_quiet();
        scene.act(Side::Receiver, Body::Open { version: 1 }).expect("read");
        scene.act(Side::Receiver, Body::Accept { version: 1 }).expect("accepted");
        for _ in 0..starts {
            scene.world.restart(scene.receiver).link(scene.sender, scene.receiver).run_until_quiet();
            scene.act(Side::Receiver, Body::Contact(Contact::Made)).expect("rung");
            scene.world.run_until_quiet();
        }
        scene.act(Side::Receiver, Body::HandBack(Reason::NoSpace)).expect("handed back");
        scene.world.run_until_quiet();
        scene.act(Side::Sender, Body::TakeBack).expect("taken back");
        scene.world.run_until_quiet();
        scene.world.restart(scene.receiver).link(scene.sender, scene.receiver).run_until_quiet();
        scene.erase(Side::Receiver);
        scene.world.restart(scene.receiver).link(scene.sender, scene.receiver).run_until_quiet();
        scene.erase(Side::Sender);
        assert!(scene.is_all_buried(scene.receiver) && scene.is_all_buried(scene.sender), "after {starts} starts");
    }
}
