//! What is held of people and how long, who read it, and with whom there is an agreement. Names nobody.

use super::{ID_SHOWN, instant, last_day, organisation, plain, short, table, wrap};
use node::api::{AccessRow, AgreementRow, Direction, DueRow, ErasureRow, OrgId, RecordId, Timestamp};
use std::collections::BTreeMap;

type Names = BTreeMap<OrgId, String>;

/// What is to be erased: id, whose, when, why, what keeps it.
pub(crate) fn due(rows: &[DueRow], names: &Names, now: Timestamp) -> String {
    if rows.is_empty() {
        return "Nothing is to be erased.\n".to_owned();
    }
    let cells = |row: &DueRow| {
        let due = if row.due_at_ms <= now { "since" } else { "on" };
        let basis = row.basis.map(|basis| format!(" ({basis})")).unwrap_or_default();
        let held = row.held_until_ms.map(|until| format!("held until {}{basis}", last_day(until)));
        vec![
            shown_id(&row.id),
            row.partner.map(|partner| way(row.direction, &partner, names)).unwrap_or_default(),
            format!("due {due} {}", instant(row.due_at_ms)),
            row.why.clone(),
            held.unwrap_or_default(),
        ]
    };
    let ready = rows.iter().filter(|row| row.due_at_ms <= now && row.held_until_ms.is_none_or(|until| until <= now));
    let verb = |row: &DueRow| if row.is_draft { "discard" } else { "erase" };
    let lines: String =
        ready.map(|row| format!("  fingerpost referral {} {}\n", verb(row), shown_id(&row.id))).collect();
    let table = table(&rows.iter().map(cells).collect::<Vec<_>>());
    if lines.is_empty() { table } else { format!("{table}\nWhat is due now:\n{lines}") }
}

/// What was erased here or is to be there.
pub(crate) fn erasures(rows: &[ErasureRow], names: &Names) -> String {
    if rows.is_empty() {
        return "Nothing was erased yet.\n".to_owned();
    }
    rows.iter().map(|row| erasure(row, names)).collect::<Vec<_>>().join("\n")
}

fn erasure(row: &ErasureRow, names: &Names) -> String {
    let partner = row.partner.map_or_else(|| "the other party".to_owned(), |partner| organisation(&partner, names));
    let way = row.partner.map(|partner| way(row.direction, &partner, names)).unwrap_or_default();
    let mark = if row.outstanding { ": outstanding" } else { "" };
    let mut out = wrap(&format!("{} {way}{mark}", shown_id(&row.id)), 0);
    out.extend(row.here.iter().map(|said| wrap(&format!("here: {said}"), 2)));
    if row.here.is_empty() {
        out.push_str(&wrap("not erased here: `fingerpost referral erase`, or `keep` says why not", 2));
    }
    if row.there.is_empty() {
        out.push_str(&wrap(&format!("{partner} has not answered"), 2));
    }
    out.extend(row.there.iter().map(|said| wrap(&format!("{partner}: {said}"), 2)));
    out
}

/// Who read what: place, time, who, as what, which referral, what.
pub(crate) fn access(rows: &[AccessRow]) -> String {
    if rows.is_empty() {
        return "Nobody has read anything.\n".to_owned();
    }
    let cells = |row: &AccessRow| {
        vec![
            row.seq.to_string(),
            instant(row.at_ms),
            format!("{} ({})", short(&row.staff.to_string(), ID_SHOWN), row.role),
            format!("referral {}", shown_id(&row.referral)),
            row.what.clone(),
        ]
    };
    table(&rows.iter().map(cells).collect::<Vec<_>>())
}

/// Agreements with partners to share personal data.
pub(crate) fn agreements(rows: &[AgreementRow], names: &Names) -> String {
    if rows.is_empty() {
        return "No agreement to share personal data is on record, so no referral leaves. To note one:\n  \
                fingerpost partner agreement PARTNER --reference \"…\" --expires 2027-03-31\n"
            .to_owned();
    }
    let cells = |row: &AgreementRow| {
        let until = last_day(row.expires_at_ms);
        vec![
            organisation(&row.partner, names),
            plain(&row.reference),
            if row.expired { format!("! ended {until}") } else { format!("stands until {until}") },
            format!("noted {}", instant(row.noted_at_ms)),
        ]
    };
    table(&rows.iter().map(cells).collect::<Vec<_>>())
}

fn way(direction: Direction, partner: &OrgId, names: &Names) -> String {
    let partner = organisation(partner, names);
    match direction {
        Direction::Sent => format!("to {partner}"),
        Direction::Received => format!("from {partner}"),
    }
}

fn shown_id(id: &RecordId) -> String {
    short(&id.to_string(), ID_SHOWN).to_owned()
}

#[cfg(test)]
#[path = "privacy_tests.rs"]
mod tests;
