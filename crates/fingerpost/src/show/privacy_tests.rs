use super::*;
use crate::arguments::end_of;
use node::api::{Basis, Role};

/// A moment to look from, far from where a date has one digit.
const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const DAY_MS: i64 = 24 * 3_600_000;

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn names() -> Names {
    [(org(1), "Copper Lane Arts".to_owned()), (org(2), "Eastside Link Workers".to_owned())].into()
}

fn days_off(days: i64) -> Timestamp {
    NOW.plus_ms(days * DAY_MS)
}

/// The text with the times of this machine's zone by how many days off they are.
fn settled(text: &str) -> String {
    (-3..=3)
        .fold(text.to_owned(), |text, days| text.replace(&instant(days_off(days)), &format!("[{days:>12} days off]")))
}

#[test]
fn what_is_due_says_why_and_what_keeps_it() {
    let row = |n: u8, days: i64| DueRow {
        id: id(n),
        direction: Direction::Received,
        partner: Some(org(2)),
        due_at_ms: days_off(days),
        why: "ended (completed)".into(),
        held_until_ms: None,
        basis: None,
        is_draft: false,
    };
    let held = DueRow {
        held_until_ms: Some(end_of("2027-03-31").unwrap()),
        basis: Some(Basis::LegalClaim),
        direction: Direction::Sent,
        ..row(3, -1)
    };
    let draft = |n: u8, partner, days| DueRow {
        direction: Direction::Sent,
        partner,
        why: "draft that nobody changed".into(),
        is_draft: true,
        ..row(n, days)
    };
    let rows = [row(1, -3), draft(4, Some(org(1)), -2), held, draft(5, None, 1), row(2, 2)];
    insta::assert_snapshot!(settled(&due(&rows, &names(), NOW)));
    assert_eq!(due(&[], &names(), NOW), "Nothing is to be erased.\n");
}

#[test]
fn an_erasure_says_what_is_still_outstanding() {
    let row = |n: u8, there: &[&str], outstanding: bool| ErasureRow {
        id: id(n),
        direction: Direction::Sent,
        partner: Some(org(1)),
        here: vec!["erased by this node".into()],
        there: there.iter().map(|said| (*said).to_owned()).collect(),
        outstanding,
    };
    let text = erasures(&[row(1, &[], true), row(2, &["kept until 31 March 2027, legal-claim"], false)], &names());
    insta::assert_snapshot!(text);
}

#[test]
fn the_log_of_readings_says_who_read_what() {
    let row = |seq: u64, days: i64| AccessRow {
        seq,
        at_ms: days_off(days),
        staff: "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a".parse().unwrap(),
        role: Role::Caseworker,
        referral: id(1),
        what: "opened".into(),
    };
    insta::assert_snapshot!(settled(&access(&[row(9, -2), row(10, -1)])));
    assert_eq!(access(&[]), "Nobody has read anything.\n");
}

#[test]
fn agreements_say_how_long_they_stand() {
    let row = |n: u8, expires: &str, expired: bool| AgreementRow {
        partner: org(n),
        reference: "DSA 12\u{1b}[2J".into(),
        expires_at_ms: end_of(expires).unwrap(),
        noted_at_ms: days_off(-1),
        expired,
    };
    let text = settled(&agreements(&[row(1, "2027-03-31", false), row(2, "2022-03-31", true)], &names()));
    insta::assert_snapshot!(text);
    assert!(agreements(&[], &names()).contains("fingerpost partner agreement PARTNER"));
}
