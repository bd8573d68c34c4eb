//! When a referral has to be gone.

use super::agreements::{moment, now};
use super::properties::{play, turns};
use super::*;
use crate::limits::{RETENTION_DAYS, RETENTION_DRAFT_DAYS, RETENTION_WITHDRAWN_DAYS};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Later than all that happens in a story.
fn later() -> Timestamp {
    Timestamp::from_ms(1_900_000_000_000)
}

fn state(story: &str) -> State {
    let (view, refused) = told(story);
    assert!(refused.is_empty(), "{story}: {refused:?}");
    view.fold().state
}

/// Days from the last event of a story until each party's copy is due, and why.
fn shown(story: &str) -> String {
    let state = state(story);
    let last = state.times.values().map(|(_, last)| *last).max().expect("it has events");
    let said = Side::ALL.map(|side| match due(&state, side, later(), &Retention::default(), None) {
        None => "open".to_owned(),
        Some(due) => {
            let (days, rest) =
                ((due.at.as_ms() - last.as_ms()).div_euclid(DAY_MS), (due.at.as_ms() - last.as_ms()) % DAY_MS);
            format!("{} after {days} days and {} min", due.why, rest / 60_000)
        }
    });
    let [sender, receiver] = said;
    if sender == receiver {
        format!("{story}\n  {sender}")
    } else {
        format!("{story}\n  sender {sender}; receiver {receiver}")
    }
}

#[test]
fn how_it_finished_says_how_long_it_is_kept() {
    let stories = [
        "send",
        "send; by receiver: acknowledge then ask",
        "send; by receiver: decline(no-space)",
        "send; by receiver: decline(not-safe)",
        "send; withdraw(needs-changed)",
        "send; withdraw(not-safe)",
        "send; by receiver: acknowledge; by sender: lapse",
        "send; by receiver: accept then start",
        "send; by receiver: accept then start then end(completed)",
        "send; by receiver: accept then start then end(completed) then feedback then open",
        "send; by receiver: accept then start then end(completed); by sender: close",
        "send; by receiver: accept then end(did-not-attend)",
        "send; by receiver: accept then end(moved-away)",
        "send; by receiver: accept then end(died)",
        "send; by receiver: accept then end(not-told)",
        "send; by receiver: accept then hand-back(needs-more)",
        "send; by receiver: accept then hand-back(needs-more); by sender: take-back",
        "send; by receiver: accept then hand-back(not-safe); by sender: take-back",
        "send; by receiver: accept; by sender: withdraw",
        "send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm",
        "send; by receiver: accept; by sender: withdraw then take-back",
        "send; by receiver: accept; by sender: withdraw then take-back; by receiver: stop-confirm",
        "send; by receiver: accept then pass-on; by sender: withdraw; by receiver: stop-confirm(made, stands)",
        "send; by receiver: accept then pass-on; by sender: withdraw; by receiver: stop-confirm(made, stands); by sender: close",
        "send; by receiver: accept; ∥ by receiver 2: decline",
        "consent-withdraw",
        "send; consent-withdraw",
        "send; by receiver: decline(no-space); by sender: consent-withdraw",
        "send; by receiver: accept then start; by sender: consent-withdraw",
        "send; by receiver: accept then start; by sender: consent-withdraw; by receiver: stop-confirm(made)",
        "send; by receiver: accept then start then end(completed); by sender: consent-withdraw",
    ];
    golden("retention", &stories.map(shown).join("\n"));
}

#[test]
fn a_hold_keeps_it_longer_and_never_shorter() {
    let finished = state("send; by receiver: accept then start then end(completed)");
    let check = |state: &State, side, hold: Option<(Basis, i64)>| {
        let hold = hold.map(|(basis, ms)| Hold { basis, until: Timestamp::from_ms(ms) });
        let due = due(state, side, later(), &Retention::default(), hold.as_ref()).expect("it is finished");
        (due.at.as_ms() / DAY_MS, due.why.to_string())
    };
    let (day, long) = (1_700_000_240_000 / DAY_MS + 730, 2_000_000_000_000);
    assert_eq!(check(&finished, Side::Sender, None), (day, "helped".to_owned()));
    let held = (long / DAY_MS, "held (safeguarding)".to_owned());
    assert_eq!(check(&finished, Side::Sender, Some((Basis::Safeguarding, long))), held);
    let short = Some((Basis::LegalClaim, 1_700_000_300_000));
    assert_eq!(check(&finished, Side::Sender, short), (day, "helped".to_owned()));
    // The story's `keep` is until 2033, on a legal obligation.
    let kept = state("send; by receiver: accept then end(completed); by sender: keep");
    assert_eq!(check(&kept, Side::Sender, None), (long / DAY_MS, "held (legal-obligation)".to_owned()));
    assert_eq!(check(&kept, Side::Receiver, None).1, "helped", "each for itself");
    let further = Some((Basis::LegalClaim, long + DAY_MS));
    assert_eq!(check(&kept, Side::Sender, further), (long / DAY_MS + 1, "held (legal-claim)".to_owned()));
    let open = state("send; by receiver: accept");
    let hold = Hold { basis: Basis::LegalClaim, until: later() };
    assert_eq!(due(&open, Side::Sender, later(), &Retention::default(), Some(&hold)), None);
}

#[test]
fn no_wrong_clock_has_anything_erased_early() {
    let mut finished = state("send; by receiver: accept then start then end(completed)");
    let end = finished.last(Action::End).expect("it ended");
    let at = |state: &State, side, now: Timestamp| {
        due(state, side, now, &Retention::default(), None).expect("it is finished").at.plus_ms(-730 * DAY_MS)
    };
    assert_eq!(at(&finished, Side::Sender, later()), end);
    assert_eq!(at(&finished, Side::Sender, Timestamp::from_ms(0)), Timestamp::from_ms(0), "by a clock that is behind");
    let started = finished.last(Action::Start).expect("it began");
    finished.times.insert(Action::End, (Timestamp::from_ms(946_684_800_000), Timestamp::from_ms(946_684_800_000)));
    assert_eq!(at(&finished, Side::Sender, later()), started, "an end before the beginning");
    let far = Timestamp::from_ms(7_000_000_000_000);
    finished.times.insert(Action::End, (far, far));
    assert_eq!(at(&finished, Side::Sender, later()), later(), "an end to come");
    let closed = end.plus_ms(DAY_MS);
    finished.closed = true;
    finished.times.insert(Action::Close, (closed, closed));
    assert_eq!(at(&finished, Side::Sender, later()), closed, "which is over once it is seen");
    assert_eq!(at(&finished, Side::Receiver, later()), later(), "by who saw it");
}

#[test]
fn an_organisation_sets_its_own_days_within_bounds() {
    let read = |value: Value| serde_json::from_value::<Retention>(value);
    let own = read(json!({ "helped": 30, "agreement-withdrawn": 30 })).expect("a rule");
    assert_eq!(
        (own.days(Finish::Helped), own.days(Finish::AgreementWithdrawn), own.days(Finish::Declined)),
        (30, 30, 90)
    );
    let written = serde_json::to_value(&own).expect("JSON");
    assert_eq!(written.as_object().expect("a map").len(), Finish::ALL.len());
    assert_eq!(read(written).expect("a rule"), own);
    assert_eq!(read(json!({})).expect("a rule"), Retention::default());
    let check = |value: Value, expected: &str| {
        let said = read(value).expect_err("refused").to_string();
        assert!(said.contains(expected), "{said}");
    };
    check(json!({ "helped": RETENTION_DAYS + 1 }), "helped would be kept for 9151 days; the most is 9150");
    check(json!({ "agreement-withdrawn": RETENTION_WITHDRAWN_DAYS + 1 }), "the most is 30");
    check(json!({ "for-ever": 1 }), "is not a way to finish");
    check(json!({ "helped": -1 }), "invalid value");
    let mut own = Retention::default();
    insta::assert_snapshot!(refused(&own.set(Finish::NotSafe, u32::MAX).expect_err("too long")), @"Invalid: not-safe would be kept for 4294967295 days; the most is 9150 (what the law demands for longer is kept one by one: `fingerpost privacy hold ID`)");
    assert_eq!(own, Retention::default());
}

#[test]
fn a_draft_is_due_when_nobody_touched_it_for_long() {
    let changed = Timestamp::from_ms(1_700_000_000_000);
    let check = |days, now: Timestamp| {
        let due = draft_due(changed, now, DraftDays::new(days).expect("within bounds"));
        ((due.at.as_ms() - changed.as_ms()) / DAY_MS, due.why.to_string())
    };
    assert_eq!(DraftDays::default().get(), 30);
    assert_eq!(check(30, later()), (30, "draft that nobody changed".to_owned()));
    assert_eq!(check(0, later()).0, 0);
    assert_eq!(check(30, changed.plus_ms(-DAY_MS)).0, 29, "by a clock that is behind");
    assert_eq!(DraftDays::new(RETENTION_DRAFT_DAYS).map(DraftDays::get), Ok(RETENTION_DRAFT_DAYS));
    insta::assert_snapshot!(outcome(DraftDays::new(RETENTION_DRAFT_DAYS + 1)), @"Invalid: a draft would be kept for 367 days; the most is 366 (a draft that somebody changes is kept as long again)");
}

#[test]
fn a_hold_ends() {
    let check = |until: &str| outcome(Hold::new(Basis::LegalClaim, moment(until), now()));
    assert_eq!(check("2027-11-30T00:00:00Z"), "taken");
    insta::assert_snapshot!(check("2026-11-30T12:00:00Z"), @"Invalid: a hold that ended on 2026-11-30 (give the day until which it is kept; look at the year)");
    insta::assert_snapshot!(check("2062-11-30T12:00:00Z"), @"Invalid: a hold for more than 25 years (give an earlier day: it is looked at again and renewed by then)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_due_may_be_erased_and_what_is_finished_is_due(turns in turns()) {
        let mut wrong = Vec::new();
        play(&turns, |views| {
            for state in views.iter().map(|view| view.fold().state) {
                for side in Side::ALL {
                    let due = due(&state, side, later(), &Retention::default(), None);
                    let body = Body::Erase { node: node(side, 2), receipt: Receipt::Erased };
                    let deed = Deed { side, role: Role::Node, is_home: false, body };
                    let word = word(&state, side);
                    let is_right = match due {
                        Some(_) => permit(&state, &deed).is_ok() && (word == Word::Finished || state.agreement_withdrawn),
                        None => word != Word::Finished,
                    };
                    if !is_right {
                        wrong.push((side, word, due, Stage::of(&state)));
                    }
                }
            }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn no_rule_is_longer_than_it_may_be(days in proptest::collection::btree_map(proptest::sample::select(Finish::ALL), any::<u32>(), 0..5)) {
        let fits = days.iter().all(|(finish, days)| *days <= if *finish == Finish::AgreementWithdrawn { 30 } else { 9_150 });
        let written: BTreeMap<Finish, u32> = days.clone();
        match Retention::try_from(written) {
            Ok(rule) => prop_assert!(fits && days.iter().all(|(finish, days)| rule.days(*finish) == *days)),
            Err(_) => prop_assert!(!fits),
        }
    }
}
