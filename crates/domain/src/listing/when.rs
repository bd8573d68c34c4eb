//! A session's time in words, from the subset of RFC 5545 that HSDS uses.

use super::read::text;
use serde_json::Value;

const DAYS: [(&str, &str); 7] = [
    ("MO", "Monday"),
    ("TU", "Tuesday"),
    ("WE", "Wednesday"),
    ("TH", "Thursday"),
    ("FR", "Friday"),
    ("SA", "Saturday"),
    ("SU", "Sunday"),
];

/// "Tuesdays and Thursdays 18:00 to 20:00", "2nd Monday of the month", "2026-03-31 10:00"; what the session says of itself where its
/// parts say nothing.
pub(super) fn in_words(session: &Value) -> String {
    let said: Vec<String> = [days(session), hours(session), term(session)].into_iter().flatten().collect();
    if said.is_empty() { text(session, "description").unwrap_or_default() } else { said.join(" ") }
}

fn days(session: &Value) -> Option<String> {
    let monthly = session.get("freq").and_then(Value::as_str) == Some("MONTHLY");
    let every = session.get("interval").and_then(Value::as_u64).filter(|every| *every > 1);
    let unit = if monthly { "month" } else { "week" };
    let Some(days) = text(session, "byday") else {
        let on = text(session, "bymonthday").map(|days| format!("day {days} of the month"));
        return on.or_else(|| once(session));
    };
    let plural = if monthly { "" } else { "s" };
    let days: Vec<String> = days.split(',').map(|day| day_name(day.trim(), plural)).collect();
    let mut words = match days.as_slice() {
        [] => return None,
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    match every {
        Some(every) => words.push_str(&format!(" every {every} {unit}s")),
        None if monthly => words.push_str(" of the month"),
        None => {}
    }
    Some(words)
}

/// A session that does not recur is on its one day.
fn once(session: &Value) -> Option<String> {
    if session.get("freq").is_some() {
        return None;
    }
    text(session, "dtstart")
        .or_else(|| text(session, "valid_from").filter(|from| text(session, "valid_to").as_ref() == Some(from)))
}

fn day_name(day: &str, plural: &str) -> String {
    let split = day.len().saturating_sub(2);
    let (number, letters) = day.split_at_checked(split).unwrap_or(("", day));
    let Some((_, name)) = DAYS.iter().find(|(short, _)| *short == letters) else {
        return day.to_owned();
    };
    match number.trim_start_matches('+') {
        "" => format!("{name}{plural}"),
        "1" => format!("1st {name}"),
        "2" => format!("2nd {name}"),
        "3" => format!("3rd {name}"),
        "-1" => format!("last {name}"),
        other => format!("{other}th {name}"),
    }
}

fn hours(session: &Value) -> Option<String> {
    let time = |key: &str| text(session, key).map(|time| time.get(..5).map_or(time.clone(), str::to_owned));
    match (time("opens_at"), time("closes_at")) {
        (Some(opens), Some(closes)) => Some(format!("{opens} to {closes}")),
        (Some(opens), None) => Some(format!("from {opens}")),
        (None, Some(closes)) => Some(format!("until {closes}")),
        (None, None) => None,
    }
}

fn term(session: &Value) -> Option<String> {
    let (from, to) = (text(session, "valid_from"), text(session, "valid_to").or_else(|| text(session, "until")));
    match (from, to) {
        (Some(from), Some(to)) if from == to => None,
        (Some(from), Some(to)) => Some(format!("({from} to {to})")),
        (Some(from), None) => Some(format!("(from {from})")),
        (None, Some(to)) => Some(format!("(until {to})")),
        (None, None) => None,
    }
}
