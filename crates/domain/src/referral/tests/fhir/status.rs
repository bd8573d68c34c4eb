//! The tables of statuses, to be read, and that nothing is missing from them.

use super::*;
use crate::referral::fhir::TaskStatus;
use crate::referral::fhir::status::{business_status, outcome_status, request_status, status_reason, task_status};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Every stage at least once, and what R4's statuses do not show of them.
const STORIES: &[&str] = &[
    "",
    "send",
    "send; by receiver: acknowledge",
    "send; by receiver: ask",
    "send; by receiver: ask; by sender: answer",
    "send; by receiver: wait",
    "send; by receiver: accept",
    "send; by receiver: accept; by sender: amend",
    "send; by receiver: accept then start",
    "send; by receiver: accept then start then pause(illness)",
    "send; by receiver: accept; ∥ by receiver 2: decline",
    "send; by receiver: accept then start; ∥ by receiver 2: decline",
    "send; by receiver: accept then end(completed); ∥ by receiver 2: decline",
    "send; by receiver: wait; ∥ by receiver 2: decline",
    "send; by receiver: acknowledge then accept then pass-on",
    "send; by receiver: accept then hand-back(needs-more)",
    "send; by receiver: accept then hand-back(needs-more); by sender: take-back",
    "send; by receiver: accept; ∥ by receiver 2: decline(no-space); by receiver's lead: decline(no-space)",
    "send; by receiver: accept then start then end(completed)",
    "send; by receiver: accept then end(did-not-attend)",
    "send; by receiver: accept then end(not-told)",
    "send; by receiver: decline(no-space)",
    "send; by receiver: decline(no-space); ∥ by sender: withdraw(person-asked)",
    "send; by receiver: accept; by sender: withdraw(needs-changed)",
    "send; by receiver: accept; ∥ by sender: lapse",
    "send; by receiver: accept then start; by sender: consent-withdraw",
    "send; by receiver: accept; by sender: withdraw(needs-changed); by receiver: end(partly-completed)",
    "send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm(made)",
    "send; by receiver: accept; by sender: withdraw; by receiver: stop-confirm(made); by sender: take-back",
    "send; by receiver: accept then end(went-elsewhere); by sender: take-back",
    "send; withdraw(made-in-error)",
    "send; by receiver: acknowledge; by sender: lapse",
    "send; by receiver: acknowledge; by sender: consent-withdraw",
    "send; by receiver: decline(no-space); by sender: consent-withdraw",
    "consent-withdraw",
    "send; by receiver: accept then end(completed); by sender: close",
    "send; by receiver: decline(no-space); by sender: close",
    "send; withdraw; close",
];

fn state(story: &str) -> State {
    if story.is_empty() {
        return State::new();
    }
    let (view, refused) = told(story);
    assert!(refused.is_empty(), "{story}: {refused:?}");
    view.fold().state
}

#[test]
fn the_table_of_statuses() {
    let mut out =
        String::from("stage, then Task.status / ServiceRequest.status, Task.statusReason; Task.businessStatus\n");
    let mut rows: Vec<_> = STORIES.iter().map(|story| (Stage::of(&state(story)), story)).collect();
    rows.sort_by_key(|(stage, _)| *stage);
    let stages: BTreeSet<Stage> = rows.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(stages, Stage::ALL.iter().copied().collect(), "every stage is in the table");
    let mut last = None;
    for (stage, story) in rows {
        let state = state(story);
        if last.replace(stage) != Some(stage) {
            let _ = writeln!(out, "\n{stage:?}");
        }
        let reason = status_reason(&state).unwrap_or("-");
        let (task, request) = (task_status(&state), request_status(&state));
        let _ = writeln!(out, "  {:<12} / {:<10} {reason:<16} {story}", said(&task), said(&request));
        for side in Side::ALL {
            let _ = writeln!(out, "      {:<10} {}", side.word(), business_status(&state, side));
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    golden("fhir_status", &lines.join("\n"));
}

#[test]
fn the_table_of_outcomes() {
    let mut out = String::new();
    for outcome in Outcome::ALL {
        let _ = writeln!(out, "{:<18} {}", outcome.word(), said(&outcome_status(*outcome)));
    }
    golden("fhir_outcome", &out);
}

fn said(status: &impl serde::Serialize) -> String {
    serde_json::to_value(status).expect("JSON").as_str().expect("a code").to_owned()
}

/// Nothing says that it is over while the person is held by the receiver and nobody has called it off, but the receiver's own word.
#[test]
fn what_goes_on_is_not_over() {
    for story in STORIES {
        let state = state(story);
        let over = matches!(
            task_status(&state),
            TaskStatus::Completed | TaskStatus::Failed | TaskStatus::Rejected | TaskStatus::Cancelled
        );
        let word = word(&state, Side::Sender);
        let is_handed_back = Stage::of(&state) == Stage::HandedBack;
        assert_eq!(over, matches!(word, Word::Finished | Word::Stopping), "{story}: {word}");
        assert!(!is_handed_back || said(&request_status(&state)) == "active", "{story}");
    }
}

#[test]
fn a_bundle_says_what_the_table_says() {
    for story in STORIES.iter().filter(|story| !story.is_empty()) {
        let scene = Scene::told(story);
        for viewer in Side::ALL {
            let bundle = scene.bundle(viewer);
            let (state, task) = (&scene.referral.state, one(&bundle, "Task"));
            assert_eq!(task["status"], said(&task_status(state)));
            assert_eq!(one(&bundle, "ServiceRequest")["status"], said(&request_status(state)));
            assert_eq!(task["businessStatus"]["text"], business_status(state, viewer));
        }
    }
}
