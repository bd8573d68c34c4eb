//! How long referrals took, beside what was declared. Counts and times: nothing of one person.

use super::{ID_SHOWN, count, organisation, short, table, thousands};
use node::api::{Direction, OrgId, PathwayTimes, SMALL_NUMBER, StepTimes};
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

type Names = BTreeMap<OrgId, String>;

/// Each pathway with its steps below it.
pub(crate) fn times(rows: &[PathwayTimes], names: &Names) -> String {
    if rows.is_empty() {
        return "No referral was sent or received by it yet. `fingerpost pathway show` has what is declared.\n"
            .to_owned();
    }
    let each = rows.iter().map(|row| pathway(row, names)).collect::<Vec<_>>().join("\n");
    let is_across = rows.iter().any(|row| row.referrals.is_some() && row.steps.iter().any(|step| step.across_clocks));
    let note = if is_across { "\n* by the clocks of two organisations, which may differ\n" } else { "" };
    format!("{each}{note}")
}

fn pathway(row: &PathwayTimes, names: &Names) -> String {
    let name = match (&row.name, &row.id) {
        (Some(name), Some(id)) => format!("{name} ({})", short(&id.to_string(), ID_SHOWN)),
        _ => "By a pathway that is not published any more".to_owned(),
    };
    let way = match row.direction {
        Direction::Received => "received".to_owned(),
        Direction::Sent => format!("sent to {}", organisation(&row.receiver, names)),
    };
    let Some(referrals) = row.referrals else {
        return table(&[vec![format!("{name}: {} referrals {way}, so no times are shown", few())]]);
    };
    let mut lines =
        vec![["", "half within", "nine in ten", "declared", "took it", "at it still"].map(str::to_owned).into()];
    lines.extend(row.steps.iter().map(step));
    format!("{name}: {} {way}\n{}{}\n", count(referrals, "referral"), table(&lines), closed(row))
}

fn step(step: &StepTimes) -> Vec<String> {
    let mark = if step.across_clocks { " *" } else { "" };
    let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), span);
    vec![
        format!("  {}{mark}", step.step.words()),
        time(step.median_ms),
        time(step.ninetieth_ms),
        time(step.declared_ms),
        number(step.referrals),
        number(step.underway),
    ]
}

fn closed(row: &PathwayTimes) -> String {
    match (row.over, row.with_outcome_percent) {
        (Some(over), Some(percent)) => {
            format!(
                "  {percent} % of the {} that were taken on and are over were closed with an outcome",
                thousands(over)
            )
        }
        (Some(_), None) => "  none of them was taken on and is over".to_owned(),
        (None, _) => format!("  {} of them were taken on and are over", few()),
    }
}

fn number(count: Option<u64>) -> String {
    count.map_or_else(few, thousands)
}

fn few() -> String {
    format!("fewer than {SMALL_NUMBER}")
}

/// A length of time in the largest unit of which it has two, to a tenth.
fn span(ms: i64) -> String {
    let (unit, unit_ms) = match ms {
        ..=MINUTE_MS => return "a minute".to_owned(),
        _ if ms < 2 * HOUR_MS => ("minute", MINUTE_MS),
        _ if ms < 2 * DAY_MS => ("hour", HOUR_MS),
        _ => ("day", DAY_MS),
    };
    let tenths = (ms.saturating_mul(10).saturating_add(unit_ms / 2)) / unit_ms;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {unit}{}", if whole == 1 { "" } else { "s" }),
        (whole, tenth) => format!("{whole}.{tenth} {unit}s"),
    }
}

#[cfg(test)]
#[path = "timescale_tests.rs"]
mod tests;
