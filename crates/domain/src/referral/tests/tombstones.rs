//! When nothing of a referral is needed any more.

use super::*;
use std::collections::BTreeSet;

/// One node of each party was given the key, and two of the receiver's in the second case.
fn given(receivers: u8) -> [BTreeSet<NodeId>; 2] {
    [[node(Side::Sender, 1)].into(), (1..=receivers).map(|number| node(Side::Receiver, number)).collect()]
}

fn of(state: &State, own: Side, receivers: u8, at_ms: i64) -> Tombstone {
    let [sender, receiver] = given(receivers);
    Tombstone::of(state, own, |side| if side == Side::Sender { &sender } else { &receiver }, Timestamp::from_ms(at_ms))
}

fn shown(story: &str) -> String {
    let (view, refused) = told(story);
    assert!(refused.is_empty(), "{story}: {refused:?}");
    let state = view.fold().state;
    let word = |side| match of(&state, side, 1, 1_900_000_000_000) {
        Tombstone::Due => "due",
        Tombstone::At(_) => "later",
        Tombstone::Waits => "waits",
    };
    format!("{story}\n  sender {}, receiver {}", word(Side::Sender), word(Side::Receiver))
}

#[test]
fn a_document_is_given_up_once_it_is_erased_at_both_and_nothing_is_owed() {
    let stories = [
        "send; by receiver: decline(no-space)",
        "send; by receiver: decline(no-space) then erase",
        "send; by receiver: decline(no-space); by sender: erase",
        "send; by receiver: decline(no-space) then erase; by sender: erase",
        "send; by receiver: decline(no-space) then erase; by sender: keep",
        "send; by receiver: decline(no-space) then keep; by sender: erase",
        "send; by receiver: accept then start then end(completed) then erase; by sender: erase",
        "send; by receiver: accept then start then end(completed) then erase; by sender: close then erase",
        "send; by receiver: accept then start then end(completed) then erase; ∥ by sender: consent-withdraw then erase",
        "send; withdraw; by receiver: erase(never-opened); by sender: erase",
        "send; by receiver: accept; by sender: consent-withdraw then erase; by receiver: erase",
        "send; by receiver: accept; by sender: consent-withdraw then erase; by receiver: stop-confirm(none) then erase",
        "send; by receiver: accept; by sender: consent-withdraw then erase; by receiver: stop-confirm(none) then erase; \
         by sender: take-back",
    ];
    golden("tombstones", &stories.map(shown).join("\n"));
}

#[test]
fn every_node_that_was_given_the_key_is_waited_for() {
    let (view, _) = told("send; by receiver: decline(no-space) then erase; by sender: erase");
    let state = view.fold().state;
    for side in Side::ALL {
        assert_eq!(of(&state, side, 1, 0), Tombstone::Due);
        assert_eq!(of(&state, side, 2, 0), Tombstone::Waits);
    }
}

#[test]
fn a_time_to_keep_is_waited_for_to_its_end() {
    let (view, _) = told("send; by receiver: decline(no-space) then keep; by sender: erase");
    let state = view.fold().state;
    let until = Timestamp::from_ms(2_000_000_000_000);
    assert_eq!(of(&state, Side::Sender, 1, until.as_ms() - 1), Tombstone::At(until));
    assert_eq!(of(&state, Side::Sender, 1, until.as_ms()), Tombstone::Due);
    assert_eq!(of(&state, Side::Receiver, 1, until.as_ms()), Tombstone::Waits, "what is here is to be erased first");
}

#[test]
fn once_the_other_gave_up_its_document_it_is_waited_for_no_more() {
    let (view, _) = told("send; by receiver: accept then start then end(completed)");
    let mut state = view.fold().state;
    state.sender.is_given_up = true;
    assert_eq!(of(&state, Side::Receiver, 1, 0), Tombstone::Waits, "it is here still");
    assert_eq!(owed(&state, Side::Sender), []);
    assert_eq!(owed(&state, Side::Receiver), [Duty::AnswerErasure]);
    let (view, _) = told("send; by receiver: accept then start then end(completed) then erase");
    let mut state = view.fold().state;
    state.sender.is_given_up = true;
    assert_eq!(of(&state, Side::Receiver, 1, 0), Tombstone::Due);
    assert!(detail(&state).ends_with("erased for good by sender, erased by receiver"), "{}", detail(&state));
}
