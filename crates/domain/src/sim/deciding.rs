//! Decisions on referrals that are made on a node that is not the home node.

use super::referral::Scene;
use crate::document::Kind;
use crate::referral::{Body, Decision, Outcome, Reason, Side, Word};
use crate::statement::Life;
use crate::sync::effect::Answer;
use crate::{DocId, RefusalKind};

/// A receiver with a laptop, which is linked with the sender and with its home node.
fn scene() -> (Scene, usize) {
    let (mut scene, receivers) = Scene::of([1, 2, 1]);
    let laptop = receivers[1];
    scene.world.link(laptop, scene.receiver).link(laptop, scene.sender).run_until_quiet();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    (scene, laptop)
}

fn decide(scene: &mut Scene, at: usize, body: Body) -> DocId {
    match scene.act_in(scene.parties(), at, Side::Receiver, body) {
        Ok(Answer::Drafted(decision, _)) => decision,
        other => panic!("not left to the home node: {other:?}"),
    }
}

/// A decision as a node holds it, while it stands.
fn decision(scene: &Scene, at: usize, id: DocId) -> Option<Decision> {
    let row = scene.world.row(at, id).filter(|row| row.life == Life::Live)?;
    Some(Decision::read(&row.owner, &row.value).expect("a decision"))
}

#[test]
fn a_decision_made_away_from_home_is_written_by_the_home_node() {
    let (mut scene, laptop) = scene();
    let id = decide(&mut scene, laptop, Body::Accept { version: 1 });
    assert_eq!(scene.shown(laptop, Side::Receiver), Word::WaitingForUs, "it has no effect yet");
    scene.world.run_until_quiet();
    let (_, response) = scene.events(scene.sender);
    assert_eq!(response.len(), 1);
    for at in [laptop, scene.receiver, scene.sender] {
        assert_eq!(scene.shown(at, Side::Receiver), Word::Active);
        assert!(decision(&scene, at, id).is_none());
    }
    assert!(scene.world.row(scene.sender, id).is_none(), "it is nobody else's");
}

#[test]
fn a_decision_waits_while_the_home_node_is_away_and_what_is_sealed_for_it_goes_along() {
    let (mut scene, laptop) = scene();
    let home = scene.receiver;
    scene.world.cut(laptop, home);
    let id = decide(&mut scene, laptop, Body::Decline(Reason::Other));
    scene.world.run_until_quiet();
    assert!(decision(&scene, laptop, id).is_some_and(|one| one.refused.is_none() && one.event.payload.is_some()));
    let second = scene.act_in(scene.parties(), laptop, Side::Receiver, Body::Accept { version: 1 }).unwrap_err();
    assert_eq!(second.kind, RefusalKind::WrongState, "{second}");
    scene.world.restart(laptop);
    scene.world.restart(home);
    scene.world.link(laptop, home).link(scene.sender, home).link(laptop, scene.sender).run_until_quiet();
    assert!(decision(&scene, laptop, id).is_none());
    assert_eq!(scene.shown(scene.sender, Side::Sender), Word::Finished);
    assert_eq!((scene.held(home), scene.held(scene.sender)), ((3, true), (3, true)), "the words with it");
}

#[test]
fn the_home_node_waits_for_what_was_known_where_it_was_decided() {
    let (mut scene, laptop) = scene();
    let home = scene.receiver;
    scene.world.cut(scene.sender, home).cut(laptop, home).run_until_quiet();
    scene.act(Side::Sender, Body::Amend { version: 2 }).expect("amended");
    scene.world.run_until_quiet();
    let id = decide(&mut scene, laptop, Body::Accept { version: 2 });
    // Its own scope alone comes to the home node, the sender's not.
    scene.world.run_until_quiet();
    assert!(decision(&scene, laptop, id).is_some());
    scene.world.link(laptop, home).run_until_quiet();
    assert!(decision(&scene, laptop, id).is_none());
    assert_eq!(scene.shown(scene.sender, Side::Sender), Word::Active);
}

#[test]
fn what_the_home_node_cannot_write_any_more_is_answered_with_why() {
    let (mut scene, laptop) = scene();
    let home = scene.receiver;
    scene.world.cut(laptop, home).cut(laptop, scene.sender).run_until_quiet();
    let id = decide(&mut scene, laptop, Body::Accept { version: 1 });
    scene.act(Side::Receiver, Body::Decline(Reason::NoSpace)).expect("declined at home");
    scene.world.run_until_quiet();
    scene.world.link(laptop, home).run_until_quiet();
    let refused = decision(&scene, laptop, id).and_then(|one| one.refused).expect("answered");
    assert!(refused.why.contains("cannot accept"), "{refused:?}");
    assert_eq!(scene.shown(laptop, Side::Receiver), Word::Finished);
    // Another decision may be made now, and the answer stands until somebody takes it back.
    let refusal = scene.act_in(scene.parties(), laptop, Side::Receiver, Body::Accept { version: 1 }).unwrap_err();
    assert!(refusal.message.contains("cannot accept"), "{refusal}");
    assert!(id.is_of(Kind::DECISION, &scene.world.org(laptop)));
}

#[test]
fn two_decisions_made_apart_are_written_once_and_the_other_is_refused() {
    let (mut scene, receivers) = Scene::of([1, 3, 1]);
    let [home, one, other] = receivers[..] else { panic!("three nodes") };
    scene.world.link(one, home).link(other, home).run_until_quiet();
    scene.act(Side::Sender, Body::Send).expect("sent");
    scene.world.run_until_quiet();
    scene.world.cut(one, home).cut(other, home).run_until_quiet();
    let accept = decide(&mut scene, one, Body::Accept { version: 1 });
    let decline = decide(&mut scene, other, Body::Decline(Reason::NoSpace));
    scene.world.link(one, home).run_until_quiet();
    scene.world.link(other, home).run_until_quiet();
    assert!(decision(&scene, home, accept).is_none());
    assert!(decision(&scene, other, decline).is_some_and(|one| one.refused.is_some()));
    assert_eq!(scene.shown(scene.sender, Side::Sender), Word::Active);
}

#[test]
fn how_it_ended_comes_though_the_agreement_ended_meanwhile() {
    let (mut scene, laptop) = scene();
    let home = scene.receiver;
    scene.act(Side::Receiver, Body::Open { version: 1 }).expect("read");
    scene.act(Side::Receiver, Body::Accept { version: 1 }).expect("accepted");
    scene.world.run_until_quiet();
    scene.world.cut(laptop, home).run_until_quiet();
    let id = decide(&mut scene, laptop, Body::End(Outcome::PartlyCompleted));
    scene.act(Side::Sender, Body::WithdrawAgreement).expect("withdrawn");
    scene.world.run_until_quiet();
    scene.world.link(laptop, home).run_until_quiet();
    assert!(decision(&scene, laptop, id).is_none(), "it does not wait for words that nobody hands on");
    let (_, response) = scene.events(scene.sender);
    assert_eq!(response.len(), 3, "read, accepted, ended");
}
