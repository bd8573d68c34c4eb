//! When two organisations may part.

use super::parting::check_parting;
use super::*;
use crate::OrgId;

/// Who may let the other go at the end of a story.
#[track_caller]
fn check_free(story: &str, expected: &[Side]) {
    let referral_of = told(story).0.fold();
    let [sender, receiver] = [1, 2].map(|n| OrgId::from_bytes([n; 32]));
    let parties = Parties { referral: referral(), sender, receiver };
    let free: Vec<_> =
        Side::ALL.into_iter().filter(|side| check_parting(&parties, &referral_of, *side).is_ok()).collect();
    assert_eq!(free, expected, "{story}");
}

#[test]
fn nobody_lets_a_partner_go_while_a_person_is_helped_between_them_or_anything_is_kept_of_one() {
    let (both, receiver) = (&Side::ALL, &[Side::Receiver]);
    check_free("send", receiver);
    check_free("send; withdraw then erase", both);
    check_free("send; by receiver: acknowledge then wait", &[]);
    check_free("send; by receiver: decline(no-space)", &[]);
    check_free("send; by receiver: decline(no-space) then erase", receiver);
    check_free("send; by receiver: decline(no-space) then erase; by sender: erase", both);
    check_free("send; by receiver: accept", &[]);
    check_free("send; by receiver: accept then start then pause", &[]);
    check_free("send; by receiver: open then accept; pass-on", &[]);
    check_free("send; by receiver: accept then hand-back(no-space)", &[]);
    check_free(
        "send; by receiver: accept then hand-back(no-space); by sender: take-back then erase; by receiver: erase",
        both,
    );
    check_free("send; by receiver: accept; by sender: withdraw", &[]);
    check_free("send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm", &[]);
    check_free("send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm; by sender: take-back", &[]);
    check_free("send; by receiver: accept then start then end", &[]);
    check_free("send; by receiver: accept then start then end then erase; by sender: close then erase", both);
}

#[test]
fn it_says_which_referral_is_to_be_ended_first() {
    let [accepted, declined] =
        ["send; by receiver: accept", "send; by receiver: decline"].map(|story| told(story).0.fold());
    let parties =
        Parties { referral: referral(), sender: OrgId::from_bytes([1; 32]), receiver: OrgId::from_bytes([2; 32]) };
    let said = refused(&check_parting(&parties, &accepted, Side::Sender).unwrap_err());
    let expected = format!(
        "WrongState: somebody is being helped through a referral with this partner (bring it to its end first: \
         `fingerpost referral show {}` says how)",
        referral()
    );
    assert_eq!(said, expected);
    let said = refused(&check_parting(&parties, &declined, Side::Sender).unwrap_err());
    assert!(said.contains("is kept here") && said.contains("fingerpost partner pause"), "{said}");
}
