//! When two organisations may part.

use super::parting::check_parting;
use super::*;
use crate::OrgId;

/// Who may let the other go at the end of a story.
#[track_caller]
fn check_free(story: &str, expected: &[Side]) {
    let state = told(story).0.fold().state;
    let [sender, receiver] = [1, 2].map(|n| OrgId::from_bytes([n; 32]));
    let parties = Parties { referral: referral(), sender, receiver };
    let free: Vec<_> = Side::ALL.into_iter().filter(|side| check_parting(&parties, &state, *side).is_ok()).collect();
    assert_eq!(free, expected, "{story}");
}

#[test]
fn nobody_lets_a_partner_go_while_a_person_is_helped_between_them() {
    let both = &Side::ALL;
    check_free("send", both);
    check_free("send; by receiver: acknowledge then wait", both);
    check_free("send; by receiver: decline(no-space)", both);
    check_free("send; by receiver: accept", &[]);
    check_free("send; by receiver: accept then start then pause", &[]);
    check_free("send; by receiver: open then accept; pass-on", &[]);
    check_free("send; by receiver: accept then hand-back(no-space)", &[]);
    check_free("send; by receiver: accept then hand-back(no-space); by sender: take-back", both);
    check_free("send; by receiver: accept; by sender: withdraw", &[]);
    check_free("send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm", &[]);
    check_free("send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm; by sender: take-back", both);
    check_free("send; by receiver: accept then start then end", both);
}

#[test]
fn it_says_which_referral_is_to_be_ended_first() {
    let state = told("send; by receiver: accept").0.fold().state;
    let parties =
        Parties { referral: referral(), sender: OrgId::from_bytes([1; 32]), receiver: OrgId::from_bytes([2; 32]) };
    let said = refused(&check_parting(&parties, &state, Side::Sender).unwrap_err());
    let expected = format!(
        "WrongState: somebody is being helped through a referral with this partner (bring it to its end first: \
         `fingerpost referral show {}` says how)",
        referral()
    );
    assert_eq!(said, expected);
}
