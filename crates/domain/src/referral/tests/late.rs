//! What is late, at moments that the test names.

use super::overdue::{AnswerTimes, overdue};
use super::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is late some days after a story, whose events are a minute apart.
#[track_caller]
fn check_late(story: &str, days: i64, expected: &[&str]) {
    let times = AnswerTimes {
        acknowledge_ms: Some(2 * DAY_MS),
        decide_ms: Some(14 * DAY_MS),
        answer_ms: Some(7 * DAY_MS),
        contact_ms: Some(5 * DAY_MS),
        start_ms: Some(28 * DAY_MS),
        place_ms: Some(90 * DAY_MS),
        stop_ms: Some(DAY_MS),
    };
    let now = Timestamp::from_ms(1_700_000_000_000 + days * DAY_MS + DAY_MS / 2);
    let state = told(story).0.fold().state;
    let late: Vec<_> = overdue(&state, &times, now).iter().map(|o| format!("{}: {}", o.side, o.late.words())).collect();
    assert_eq!(late, expected, "{story} after {days} days");
    assert!(overdue(&state, &AnswerTimes::default(), now).is_empty(), "nothing declared, nothing late");
}

#[test]
fn no_answer_shows_as_late_and_stays_what_it_is() {
    check_late("send", 1, &[]);
    check_late("send", 2, &["receiver: acknowledge it"]);
    check_late("send; by receiver: acknowledge", 13, &[]);
    check_late("send; by receiver: acknowledge", 14, &["receiver: decide"]);
    check_late("send; by receiver: open then ask", 8, &["sender: answer the question"]);
    check_late("send; by receiver: open then ask; by sender: answer", 14, &["receiver: decide"]);
    check_late("send; by receiver: wait", 60, &[]);
    check_late("send; by receiver: wait", 91, &["receiver: decide"]);
    check_late("send; by receiver: accept", 6, &["receiver: contact the person"]);
    check_late("send; by receiver: accept", 30, &["receiver: contact the person", "receiver: start"]);
    check_late("send; by receiver: accept then contact then start", 300, &[]);
    check_late("send; by receiver: accept; ∥ by sender: withdraw", 2, &["receiver: confirm the stop"]);
    check_late(
        "send; by receiver: accept; ∥ by sender: withdraw; by receiver: stop-confirm",
        2,
        &["sender: take the person back"],
    );
    check_late("send; by receiver: accept then hand-back(no-space)", 2, &["sender: take the person back"]);
    check_late("send; by receiver: accept; ∥ by sender: consent-withdraw", 2, &["receiver: confirm the stop"]);
    check_late("send; by receiver: decline(no-space)", 300, &[]);
}
