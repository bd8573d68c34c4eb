//! A charity refers to link workers, who pass the person on to a surgery: two referrals, and who stands in both.

use super::chain::{Between, Link, permit_onward};
use super::*;
use crate::limits::REFERRALS_ONWARD;

/// What the link workers hold of both referrals, and have to do.
#[track_caller]
fn check_chain(received: &str, sent: &str, (rests_on, pass_back): (RestsOn, PassBack), expected: &[Between]) -> bool {
    let (received, sent) = (told(received).0.fold().state, told(sent).0.fold().state);
    let link = Link { received: &received, pass_back, sent: &sent, rests_on };
    assert_eq!(link.owed(), expected);
    link.holds()
}

const OWN: (RestsOn, PassBack) = (RestsOn::Own, PassBack::Outcome);
const SHARED: (RestsOn, PassBack) = (RestsOn::Previous, PassBack::Outcome);
const TAKEN: &str = "send; by receiver: open then accept";
const PASSED: &str = "send; by receiver: open then accept; pass-on";

#[test]
fn so_many_referrals_go_on_from_one_and_no_more() {
    assert_eq!(permit_onward(REFERRALS_ONWARD - 1), Ok(()));
    let refusal = permit_onward(REFERRALS_ONWARD).unwrap_err();
    assert_eq!((refusal.kind, refusal.hint.is_some()), (crate::RefusalKind::TooLarge, true));
}

#[test]
fn the_person_is_passed_on_when_the_next_has_accepted_and_not_before() {
    assert!(check_chain(TAKEN, "send", OWN, &[]));
    let (received, sent) = (told(TAKEN).0.fold().state, told("send; by receiver: wait").0.fold().state);
    let link = Link { received: &received, pass_back: PassBack::Outcome, sent: &sent, rests_on: RestsOn::Own };
    assert_eq!(link.permit_pass_on().unwrap_err().message, "the next organisation has not accepted yet");
    assert!(check_chain(TAKEN, "send; by receiver: accept", OWN, &[Between::PassOn]), "until it is said");
    assert!(!check_chain(PASSED, "send; by receiver: accept", OWN, &[]));
}

#[test]
fn the_first_sender_learns_the_end_and_no_more_than_the_person_allows() {
    let ended = "send; by receiver: accept then start then end(partly-completed)";
    assert!(!check_chain(PASSED, ended, OWN, &[Between::CarryEnd(Outcome::PartlyCompleted)]));
    check_chain(PASSED, ended, (RestsOn::Own, PassBack::Nothing), &[Between::CarryEnd(Outcome::NotTold)]);
    let carried = "send; by receiver: open then accept; pass-on; end(partly-completed)";
    check_chain(carried, ended, OWN, &[]);
    check(carried, "finished: ended (partly-completed); held by next; owed by sender: see how it ended and close");
    // One hop more: the surgery passed the person on, and was told the end itself.
    check_chain(PASSED, carried, OWN, &[Between::CarryEnd(Outcome::PartlyCompleted)]);
}

#[test]
fn what_is_passed_on_stops_with_the_agreement_it_rests_on() {
    let withdrawn = "send; by receiver: open then accept; pass-on; by sender: withdraw";
    check_chain(withdrawn, "send; by receiver: accept", SHARED, &[Between::StopNext]);
    check_chain(withdrawn, "send; by receiver: accept", OWN, &[]);
    check_chain(withdrawn, "send; by receiver: accept; by sender: withdraw", SHARED, &[]);
    let stopped = "send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm";
    assert!(!check_chain(withdrawn, stopped, SHARED, &[Between::TakeBack]));
    let back = "send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm; by sender: take-back";
    assert!(check_chain(withdrawn, back, SHARED, &[]), "the person is here until the first sender takes them back");
    let (received, sent) = (told(withdrawn).0.fold().state, told(back).0.fold().state);
    for (rests_on, onward) in [(RestsOn::Own, Onward::Stands), (RestsOn::Previous, Onward::Stops)] {
        let link = Link { received: &received, pass_back: PassBack::Outcome, sent: &sent, rests_on };
        assert_eq!(link.onward(), onward);
    }
}

#[test]
fn who_comes_back_from_the_next_is_held_here_again() {
    let returned = "send; by receiver: accept then hand-back(no-space); by sender: take-back";
    assert!(!check_chain(PASSED, "send; by receiver: accept then hand-back(no-space)", OWN, &[Between::TakeBack]));
    assert!(check_chain(PASSED, returned, OWN, &[Between::HoldAgain]));
    let again = "send; by receiver: open then accept; pass-on; accept";
    assert!(check_chain(again, returned, OWN, &[]));
    check(again, "active: accepted; held by receiver");
    check(
        "send; by receiver: open then accept; pass-on; hand-back(no-space); by sender: take-back",
        "finished: handed back (no-space), taken back; held by sender",
    );
}

/// Whether the link workers may lose the next referral, and what they are told to do first.
#[track_caller]
fn check_loss(received: &str, sent: &str, hint: Option<&str>) {
    let (received, sent) = (told(received).0.fold().state, told(sent).0.fold().state);
    let link = Link { received: &received, pass_back: PassBack::Outcome, sent: &sent, rests_on: RestsOn::Own };
    if let Some(next) = received.next {
        let another = crate::RecordId::from_bytes([0xee; 16]);
        assert_eq!(link.permit_losing_next(another), Ok(()), "the person was not passed on by that one");
        let said = link.permit_losing_next(next).err().map(|refusal| refusal.hint.unwrap_or_default());
        assert_eq!(said.is_some(), hint.is_some(), "{said:?}");
        assert!(said.unwrap_or_default().contains(hint.unwrap_or_default()), "{hint:?}");
    } else {
        assert_eq!(link.permit_losing_next(referral()), Ok(()));
    }
}

#[test]
fn the_next_referral_is_not_lost_while_the_person_counts_as_passed_on_by_it() {
    let ended = "send; by receiver: accept then start then end; by sender: close";
    check_loss(PASSED, ended, Some("--outcome completed"));
    check_loss(PASSED, "send; by receiver: accept", Some("end the referral that came here first"));
    let stands = "send; by receiver: accept then pass-on; by sender: withdraw";
    check_loss(PASSED, stands, Some("end the referral that came here first"));
    let returned = "send; by receiver: accept then hand-back(no-space); by sender: take-back";
    check_loss(PASSED, returned, Some("the person is here again"));
    check_loss("send; by receiver: open then accept; pass-on; accept", returned, None);
    check_loss("send; by receiver: open then accept; pass-on; end", ended, None);
    check_loss("send; by receiver: open then accept; pass-on; by sender: withdraw", returned, None);
    check_loss(TAKEN, "send", None);
}
