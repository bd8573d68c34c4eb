//! Proposals as people read them: who would have what changed, and what the owner said.

use super::listing::compact;
use super::{ID_SHOWN, instant, organisation, plain, short, wrap};
use node::api::{OrgId, ProposalKind, ProposalRow, ProposalState, ProposedEdit, Report};
use serde_json::Value;
use std::collections::BTreeMap;

type Names = BTreeMap<OrgId, String>;

/// Characters of an old or new value that a line shows.
const SHOWN: usize = 200;

/// Proposals one under another, each with what this organisation can do about it.
pub(crate) fn rows(rows: &[ProposalRow], own: &OrgId, names: &Names) -> String {
    if rows.is_empty() {
        return "No proposals wait. `fingerpost listing propose` makes one.\n".into();
    }
    rows.iter().map(|row| proposal(row, own, names)).collect::<Vec<_>>().join("\n")
}

/// One proposal, with what it would have and where it stands.
pub(crate) fn proposal(row: &ProposalRow, own: &OrgId, names: &Names) -> String {
    let listing = if row.listing_name.is_empty() { "a listing that is not here" } else { &row.listing_name };
    let keeper = if row.by_keeper { ", who keeps it" } else { "" };
    let mut out = wrap(&format!("{} ({})", plain(listing), organisation(&row.owner, names)), 0);
    let who = format!("{}{keeper}, {}", organisation(&row.organisation, names), instant(row.at_ms));
    let what = match row.kind {
        ProposalKind::Change => "proposed by",
        ProposalKind::Claim => "claimed, as a listing of its own that goes on from it, by",
    };
    out.push_str(&wrap(&format!("{what} {who}"), 2));
    out.extend(row.edits.iter().map(|edit| wrap(&change(edit), 2)));
    if !row.note.is_empty() {
        let seen = if row.is_public { " (all who see the listing see this note)" } else { "" };
        out.push_str(&wrap(&format!("\"{}\"{seen}", row.note), 2));
    }
    let state = match row.state {
        ProposalState::Waiting => return out + &waiting(row, own),
        ProposalState::Accepted => "accepted".into(),
        ProposalState::Refused if row.reason.is_empty() => "refused".into(),
        ProposalState::Refused => format!("refused: {}", row.reason),
        ProposalState::Withdrawn => "taken back by its maker".into(),
    };
    out + &wrap(&state, 2)
}

/// What can be done about one that waits, as it is typed.
fn waiting(row: &ProposalRow, own: &OrgId) -> String {
    let id = row.id.to_string();
    let id = short(&id, ID_SHOWN);
    if row.owner == *own {
        let (accept, refuse) = (format!("accept {id} --seen {}", row.version), format!("refuse {id} --reason \"…\""));
        format!("  waits for you:\n    fingerpost proposal {accept}\n    fingerpost proposal {refuse}\n")
    } else if row.organisation == *own {
        format!("  waits for its owner; to take it back: fingerpost proposal withdraw {id}\n")
    } else {
        "  waits for its owner\n".into()
    }
}

/// What keepers have said of a listing and its owner has not confirmed, a line or more each.
pub(super) fn reports(reports: &[Report], names: &Names) -> Vec<String> {
    let mut lines = Vec::new();
    for report in reports {
        lines.push(format!("{}, {}:", organisation(&report.organisation, names), instant(report.at_ms)));
        lines.extend(report.edits.iter().map(|edit| format!("  {}", change(edit))));
        if !report.note.is_empty() {
            lines.push(format!("  \"{}\"", report.note));
        }
    }
    lines
}

fn change(edit: &ProposedEdit) -> String {
    match (&edit.value, &edit.was) {
        (Some(value), Some(was)) => format!("{}: {} (it was {})", edit.field, said(value), said(was)),
        (Some(value), None) => format!("{}: {}", edit.field, said(value)),
        (None, Some(was)) => format!("{}: nothing (it was {})", edit.field, said(was)),
        (None, None) => format!("{}: nothing", edit.field),
    }
}

fn said(value: &Value) -> String {
    let words = compact(value);
    match words.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("\"{}…\"", words.get(..cut).unwrap_or(&words)),
        None => format!("\"{words}\""),
    }
}

#[cfg(test)]
#[path = "proposal_tests.rs"]
mod tests;
