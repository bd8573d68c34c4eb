//! Who may do what when, and the states a referral goes through, as files to read and to compare.

use super::authority::{TABLE, possible, roles};
use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Roles across, actions down: at how many of the stages; and stages across, with who may.
#[test]
fn the_matrix() {
    let mut out = String::from("by role: home = on the home node alone\n\n");
    let _ = write!(out, "{:<18}{:<10}", "action", "side");
    for role in Role::ALL {
        let _ = write!(out, "{:<22}", role.word());
    }
    for action in Action::ALL {
        let side = match Side::ALL.map(|side| action.is_of(side)) {
            [true, true] => "both",
            [true, false] => "sender",
            _ => "receiver",
        };
        let _ = write!(out, "\n{:<18}{side:<10}", action.word());
        for role in Role::ALL {
            let may = Stage::ALL.iter().any(|stage| roles(*action, *stage).any(|one| one == *role));
            let mark = match (may, action.is_decision()) {
                (true, true) => "✓ home",
                (true, false) => "✓",
                (false, _) => "✗",
            };
            let _ = write!(out, "{mark:<22}");
        }
    }
    out.push_str("\n\nby stage: c caseworker, l data-protection lead, n the node itself\n");
    for action in Action::ALL {
        let _ = write!(out, "\n{}\n", action.word());
        for stage in Stage::ALL {
            let who: String = roles(*action, *stage).filter_map(|role| role.word().chars().next()).collect();
            let mark = if who.is_empty() { "✗".to_owned() } else { who.replace('d', "l") };
            let _ = writeln!(out, "  {mark:<4}a referral that {stage}");
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    golden("authority", &lines.join("\n"));
}

#[test]
fn every_action_is_somewhere_in_the_table_and_every_row_can_be_met() {
    let listed: BTreeSet<Action> = TABLE.iter().map(|(action, _, _)| *action).collect();
    assert_eq!(listed, Action::ALL.iter().copied().collect());
    for action in Action::ALL {
        let stages = TABLE.iter().filter(|(of, _, _)| of == action).flat_map(|(_, _, stages)| stages.iter());
        let stages: Vec<_> = stages.collect();
        let different: BTreeSet<_> = stages.iter().collect();
        assert_eq!(stages.len(), different.len(), "{action} stands twice for one stage");
    }
    for role in [Role::Viewer, Role::DirectoryEditor, Role::Administrator] {
        let able = Side::ALL.iter().flat_map(|side| Stage::ALL.iter().flat_map(move |s| possible(*side, role, *s)));
        assert_eq!(able.count(), 0, "{role} has no part in referrals");
    }
}

/// Where each action leads from each stage, found by playing every one of them on one node a side.
fn edges() -> BTreeMap<(Stage, Stage), BTreeSet<(Side, Action)>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![View::default()];
    // Two answers made apart, which one node a side does not make.
    open.push(told("send; by receiver: accept; ∥ by receiver 2: decline").0);
    open.push(told("send; by receiver: wait; ∥ by receiver 2: decline").0);
    while let Some(view) = open.pop() {
        let seen = view.fold();
        if !known.insert(format!("{:?}", State { times: BTreeMap::new(), ..seen.state.clone() })) {
            continue;
        }
        let from = Stage::of(&seen.state);
        for (side, event) in next(&seen) {
            let mut after = view.clone();
            after.put(&event);
            let to = Stage::of(&after.fold().state);
            if from != to {
                found.entry((from, to)).or_default().insert((side, event.body.action()));
            }
            open.push(after);
        }
    }
    found
}

/// What changes where a referral stands; what is only noted is left out.
fn next(seen: &Referral) -> Vec<(Side, Event)> {
    let mut found = Vec::new();
    for body in super::events::bodies() {
        let onward = if seen.state.next.is_some() { Onward::Stands } else { Onward::None };
        let body = match body {
            Body::Accept { .. } => Body::Accept { version: seen.state.version },
            Body::Acknowledge { .. } => Body::Acknowledge { version: seen.state.version },
            Body::ConfirmStop { contact, .. } => Body::ConfirmStop { contact, onward },
            Body::Amend { .. } | Body::Open { .. } | Body::Feedback | Body::Contact(_) => continue,
            Body::Erase { .. } | Body::Keep { .. } => continue,
            body => body,
        };
        for side in Side::ALL {
            for role in [Role::Caseworker, Role::DataProtectionLead] {
                let author = Actor { side, number: 1, role: Some(role) }.author(body.action(), 1_700_000_000_000);
                let written = seen.write(&author, body, payload(body.action(), 1));
                found.extend(written.ok().map(|event| (side, event)));
            }
        }
    }
    found
}

#[test]
fn the_diagram() {
    let mut out = String::from("stateDiagram-v2\n    [*] --> Draft\n");
    for ((from, to), by) in edges() {
        let mut labels: Vec<String> = Vec::new();
        for side in Side::ALL {
            let actions: Vec<_> = by.iter().filter(|(of, _)| *of == side).map(|(_, action)| action.word()).collect();
            if !actions.is_empty() {
                labels.push(format!("{side} {}", actions.join(", ")));
            }
        }
        let _ = writeln!(out, "    {from:?} --> {to:?}: {}", labels.join(" / "));
    }
    out.push_str("    Closed --> [*]\n");
    golden("states", &out);
    let reached: BTreeSet<Stage> = edges().keys().flat_map(|(from, to)| [*from, *to]).collect();
    assert_eq!(reached, Stage::ALL.iter().copied().collect(), "every stage is reached");
}
