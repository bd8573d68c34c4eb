//! When a session is, in plain words.

use serde_json::{Map, Value};

/// One session in a line: "every Tuesday, 18:00 to 20:00, until 31 March 2026".
pub(super) fn session(session: &Map<String, Value>) -> String {
    let mut parts = vec![rhythm(session)];
    parts.extend(hours(session));
    parts.extend(bounds(session));
    parts.extend(text(session, "timezone").filter(|zone| *zone != "Europe/London").map(|zone| format!("{zone} time")));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// "cancelled on 24 Dec 2026: holiday".
pub(super) fn exception(exception: &Map<String, Value>) -> String {
    let on = text(exception, "date").map_or_else(|| "one day".to_owned(), date);
    let mut line = match (text(exception, "state"), text(exception, "moved_to")) {
        (_, Some(to)) => format!("{on} is moved to {}", date(to)),
        (Some("moved"), None) => format!("{on} is moved"),
        _ => format!("not on {on}"),
    };
    if let Some(hours) = hours(exception) {
        line.push_str(&format!(", {hours}"));
    }
    if let Some(reason) = text(exception, "reason") {
        line.push_str(&format!(": {reason}"));
    }
    line
}

/// `2026-03-31` as "31 March 2026"; anything else as it is.
pub(super) fn date(text: &str) -> String {
    let day = text.get(..10).unwrap_or(text);
    day.parse::<jiff::civil::Date>().map_or_else(|_| text.to_owned(), |d| d.strftime("%-d %B %Y").to_string())
}

fn rhythm(session: &Map<String, Value>) -> String {
    let interval = session.get("interval").and_then(Value::as_u64).unwrap_or(1);
    let days = text(session, "byday").map(days).unwrap_or_default();
    let of_month = session.get("bymonthday").and_then(scalar).map(|day| format!(" on day {day}")).unwrap_or_default();
    match (text(session, "freq"), interval) {
        (Some("WEEKLY"), 0 | 1) if !days.is_empty() => format!("every {days}"),
        (Some("WEEKLY"), 0 | 1) => "every week".into(),
        (Some("WEEKLY"), n) if !days.is_empty() => format!("every {n} weeks on {days}"),
        (Some("WEEKLY"), n) => format!("every {n} weeks"),
        (Some("MONTHLY"), 0 | 1) if !days.is_empty() => format!("the {days} of every month"),
        (Some("MONTHLY"), n) => {
            let on = if days.is_empty() { of_month } else { format!(" on the {days}") };
            if n > 1 { format!("every {n} months{on}") } else { format!("every month{on}") }
        }
        _ => match (text(session, "dtstart").or(text(session, "valid_from")), days.is_empty()) {
            (Some(day), _) if one_day(session) => format!("on {}", date(day)),
            (_, false) => days,
            _ => String::new(),
        },
    }
}

fn one_day(session: &Map<String, Value>) -> bool {
    let (from, to) = (text(session, "valid_from"), text(session, "valid_to"));
    text(session, "freq").is_none() && (to.is_none() || from == to)
}

fn hours(session: &Map<String, Value>) -> Option<String> {
    let clock = |text: &str| text.get(..5).unwrap_or(text).to_owned();
    match (text(session, "opens_at").map(clock), text(session, "closes_at").map(clock)) {
        (Some(from), Some(to)) => Some(format!("{from} to {to}")),
        (Some(from), None) => Some(format!("from {from}")),
        (None, Some(to)) => Some(format!("until {to}")),
        (None, None) => None,
    }
}

fn bounds(session: &Map<String, Value>) -> Vec<String> {
    if one_day(session) && text(session, "dtstart").or(text(session, "valid_from")).is_some() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    parts.extend(text(session, "valid_from").or(text(session, "dtstart")).map(|day| format!("from {}", date(day))));
    parts.extend(text(session, "until").or(text(session, "valid_to")).map(|day| format!("until {}", date(day))));
    parts.extend(session.get("count").and_then(Value::as_u64).map(|times| format!("{times} times")));
    parts
}

/// `TU,TH` as "Tuesday and Thursday", `2WE` as "second Wednesday".
fn days(byday: &str) -> String {
    let words: Vec<String> = byday.split(',').map(|day| day_word(day.trim())).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

fn day_word(day: &str) -> String {
    let at = day.len().saturating_sub(2);
    let (nth, code) = if day.is_char_boundary(at) { day.split_at(at) } else { ("", day) };
    let name = match code {
        "MO" => "Monday",
        "TU" => "Tuesday",
        "WE" => "Wednesday",
        "TH" => "Thursday",
        "FR" => "Friday",
        "SA" => "Saturday",
        "SU" => "Sunday",
        other => other,
    };
    match nth {
        "" => name.to_owned(),
        "1" => format!("first {name}"),
        "2" => format!("second {name}"),
        "3" => format!("third {name}"),
        "4" => format!("fourth {name}"),
        "-1" => format!("last {name}"),
        other => format!("{other}. {name}"),
    }
}

pub(super) fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A scalar as a person writes it.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("yes".into()),
        Value::Bool(false) => Some("no".into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
