//! A listing as somebody who wants to go there reads it; then who said so.

use super::place::{access, place, things};
use super::proposal::reports;
use super::schedule::{date, exception, scalar, session, text};
use super::{ID_SHOWN, instant, organisation, plain, short, table, thousands, wrap};
use node::api::{Conflict, DocumentView, HistoryEntry, ListingRow, OrgId, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Names = BTreeMap<OrgId, String>;
type Fields = Map<String, Value>;

/// Fields that a section below shows in words; the rest is listed as it is.
const IN_WORDS: &[&str] = &[
    "name",
    "alternate_name",
    "description",
    "kind",
    "url",
    "email",
    "phones",
    "contacts",
    "languages",
    "status",
    "alert",
    "eligibility_description",
    "minimum_age",
    "maximum_age",
    "required_documents",
    "accreditations",
    "sessions",
    "locations",
    "cost_options",
    "fees",
    "fees_description",
    "life",
    "funded_until",
    "expected_back",
    "capacities",
    "waiting_list",
    "pathway",
    "application_process",
    "source",
    "audience",
    "last_modified",
    "offered_to",
    "orphaned_since",
];

/// One listing.
pub(crate) fn listing(view: &DocumentView, names: &Names, now: Timestamp) -> String {
    let fields = &view.fields;
    let mut out = format!("{}\n", plain(text(fields, "name").unwrap_or("(no name)")));
    out.push_str(&under_title(view, names));
    out.extend(view.owner_heard.as_ref().map(|heard| wrap(&super::partner::heard(heard, &view.owner, names, now), 0)));
    out.push_str(&section("Reported, and not yet confirmed by its owner", &reports(&view.reports, names)));
    let sections = [
        ("What", what(fields)),
        ("Who for", who_for(fields)),
        ("When", when(fields)),
        ("Where", places(fields)),
        ("Cost", cost(fields)),
        ("How long", how_long(fields)),
        ("Space", space(fields)),
        ("How to come", how_to_come(fields)),
        ("Also", also(fields)),
    ];
    for (title, lines) in sections {
        out.push_str(&section(title, &lines));
    }
    out.push_str(&conflicts(&view.id.to_string(), &view.conflicts, names));
    out.push_str(&section("History", &history_lines(view.history.iter().take(10), names)));
    if view.history.len() > 10 {
        out.push_str(&format!("  all of it: fingerpost listing history {}\n", short(&view.id.to_string(), ID_SHOWN)));
    }
    out
}

/// Any other document: its fields as they are, then conflicts and history.
pub(crate) fn document(view: &DocumentView, names: &Names) -> String {
    let mut out = format!("{}\n", plain(text(&view.fields, "name").unwrap_or("(no name)")));
    out.push_str(&under_title(view, names));
    out.push_str(&section("What", &description(&view.fields)));
    let rest = view.fields.iter().filter(|(key, _)| !["name", "description", "audience"].contains(&key.as_str()));
    out.push_str(&section("Fields", &as_they_are(rest)));
    out.push_str(&conflicts(&view.id.to_string(), &view.conflicts, names));
    out.push_str(&section("History", &history_lines(view.history.iter().take(10), names)));
    out
}

/// The whole history.
pub(crate) fn history(view: &DocumentView, names: &Names) -> String {
    let title = plain(text(&view.fields, "name").unwrap_or("(no name)"));
    format!("{title}\n{}", section("History", &history_lines(view.history.iter(), names)))
}

/// Rows of a list: id, name, owner, life, last change.
pub(crate) fn rows(rows: &[ListingRow], names: &Names) -> String {
    let cells = |row: &ListingRow| {
        vec![
            row.id.to_string(),
            short_name(&row.name),
            organisation(&row.owner, names),
            row.life.clone(),
            short(&row.last_modified, 10).to_owned(),
        ]
    };
    table(&rows.iter().map(cells).collect::<Vec<_>>())
}

fn short_name(name: &str) -> String {
    if name.chars().count() <= 48 { name.to_owned() } else { name.chars().take(47).chain(['…']).collect() }
}

fn under_title(view: &DocumentView, names: &Names) -> String {
    let mut parts = vec![organisation(&view.owner, names)];
    parts.extend(text(&view.fields, "kind").map(str::to_owned));
    parts.extend(text(&view.fields, "audience").map(|audience| match audience {
        "named" => "shared with named organisations".to_owned(),
        other => format!("shared: {other}"),
    }));
    parts.extend(text(&view.fields, "status").filter(|status| *status != "active").map(|status| format!("({status})")));
    let keepers: Vec<_> = view.keepers.iter().map(|keeper| organisation(keeper, names)).collect();
    let mut out = wrap(&parts.join(" · "), 0);
    if !keepers.is_empty() {
        out.push_str(&wrap(&format!("kept by {}", keepers.join(", ")), 0));
    }
    out.push_str(&format!("id {}\n", view.id));
    out.push_str(&ownership(view, names));
    if let Some(alert) = text(&view.fields, "alert") {
        out.push_str(&wrap(&format!("! {alert}"), 0));
    }
    out
}

/// Whose it was, will be, or is no more.
fn ownership(view: &DocumentView, names: &Names) -> String {
    let mut lines = Vec::new();
    lines.extend(view.moved_from.map(|from| {
        let who = from.organisation.map_or("another organisation".to_owned(), |org| organisation(&org, names));
        if from.confirmed {
            format!("taken over from {who}")
        } else {
            format!("! claimed from {who}, who has not confirmed it")
        }
    }));
    lines.extend(match (view.withdrawn, view.moved_to) {
        (true, Some(to)) => Some(format!("! handed over to {}; this is what it last said", organisation(&to, names))),
        (true, None) => Some("! withdrawn: its owner took it back, and this is what it last said".to_owned()),
        (false, _) => None,
    });
    let claim = format!("fingerpost listing claim {}", short(&view.id.to_string(), ID_SHOWN));
    lines.extend(
        text(&view.fields, "orphaned_since").map(|day| format!("! nobody keeps it since {}: {claim}", date(day))),
    );
    lines.extend(text(&view.fields, "offered_to").map(|org| {
        let to = org.parse().map_or_else(|_| plain(org), |org| organisation(&org, names));
        format!("offered to {to}, who takes it over with: {claim}")
    }));
    lines.iter().map(|line| wrap(line, 0)).collect()
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let body: String = lines.iter().map(|line| wrap(line, 2)).collect();
    format!("\n{title}\n{body}")
}

fn description(fields: &Fields) -> Vec<String> {
    text(fields, "description").map(str::to_owned).into_iter().collect()
}

fn what(fields: &Fields) -> Vec<String> {
    let mut lines = description(fields);
    lines.extend(text(fields, "alternate_name").map(|name| format!("also called {name}")));
    let languages: Vec<_> =
        things(fields.get("languages")).into_iter().filter_map(|l| text(l, "name").or(text(l, "code"))).collect();
    if !languages.is_empty() {
        lines.push(format!("languages: {}", languages.join(", ")));
    }
    lines.extend(text(fields, "accreditations").map(|words| format!("accredited: {words}")));
    lines
}

fn who_for(fields: &Fields) -> Vec<String> {
    let mut lines: Vec<String> = text(fields, "eligibility_description").map(str::to_owned).into_iter().collect();
    let age = |key: &str| fields.get(key).and_then(scalar);
    match (age("minimum_age"), age("maximum_age")) {
        (Some(from), Some(to)) => lines.push(format!("ages {from} to {to}")),
        (Some(from), None) => lines.push(format!("age {from} and over")),
        (None, Some(to)) => lines.push(format!("age {to} and under")),
        (None, None) => {}
    }
    let bring: Vec<_> =
        things(fields.get("required_documents")).into_iter().filter_map(|d| text(d, "document")).collect();
    if !bring.is_empty() {
        lines.push(format!("bring: {}", bring.join(", ")));
    }
    lines
}

fn when(fields: &Fields) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in things(fields.get("sessions")) {
        let mut said: Vec<&str> =
            ["description", "notes", "booking"].into_iter().filter_map(|key| text(entry, key)).collect();
        let times = Some(session(entry)).filter(|times| !times.is_empty());
        // Times that only words give are those words.
        let in_words =
            || if said.is_empty() { "at times that are not given".to_owned() } else { said.remove(0).to_owned() };
        lines.push(times.unwrap_or_else(in_words));
        lines.extend(said.into_iter().map(|words| format!("  {words}")));
        lines.extend(things(entry.get("exceptions")).into_iter().map(|e| format!("  {}", exception(e))));
    }
    lines
}

fn places(fields: &Fields) -> Vec<String> {
    let mut lines = Vec::new();
    for location in things(fields.get("locations")) {
        lines.push(place(location));
        lines.extend(access(location).map(|words| format!("  {words}")));
    }
    lines
}

fn cost(fields: &Fields) -> Vec<String> {
    let mut lines: Vec<String> = things(fields.get("cost_options")).into_iter().map(cost_option).collect();
    lines.extend(["fees", "fees_description"].into_iter().filter_map(|key| text(fields, key)).map(str::to_owned));
    lines
}

fn cost_option(option: &Fields) -> String {
    let amount = option.get("amount").and_then(Value::as_f64).map(|amount| match text(option, "currency") {
        _ if amount == 0.0 => "free".to_owned(),
        None | Some("GBP") => format!("£{amount:.2}"),
        Some(currency) => format!("{amount:.2} {currency}"),
    });
    let mut parts: Vec<String> = text(option, "option").map(str::to_owned).into_iter().collect();
    parts.extend(amount.filter(|amount| !parts.iter().any(|p| p.eq_ignore_ascii_case(amount))));
    parts.extend(text(option, "amount_description").map(str::to_owned));
    parts.join(", ")
}

fn how_long(fields: &Fields) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(life) = fields.get("life").and_then(Value::as_object) {
        let weeks = life.get("weeks").and_then(Value::as_u64).map(|weeks| format!(" of {weeks} weeks"));
        lines.extend(text(life, "kind").map(|kind| format!("{kind}{}", weeks.unwrap_or_default())));
    }
    lines.extend(text(fields, "funded_until").map(|day| format!("funded until {}", date(day))));
    lines.extend(text(fields, "expected_back").map(|day| format!("expected back {}", date(day))));
    lines
}

fn space(fields: &Fields) -> Vec<String> {
    let mut lines = Vec::new();
    for capacity in things(fields.get("capacities")) {
        let number = |key: &str| capacity.get(key).and_then(Value::as_u64).map(thousands);
        let unit = text(capacity, "unit").unwrap_or("places");
        let said = match (number("available"), number("maximum")) {
            (Some(free), Some(all)) => format!("{free} of {all} {unit} free"),
            (Some(free), None) => format!("{free} {unit} free"),
            (None, Some(all)) => format!("{all} {unit}"),
            (None, None) => unit.to_owned(),
        };
        let dated = text(capacity, "updated").map(|day| format!(" (as of {})", date(day))).unwrap_or_default();
        lines.push(format!("{said}{dated}"));
    }
    if let Some(waiting) = fields.get("waiting_list").and_then(Value::as_object) {
        let number = |key: &str| waiting.get(key).and_then(Value::as_u64).map(thousands);
        lines.extend(number("length").map(|length| format!("{length} people wait")));
        lines.extend(number("wait_weeks").map(|weeks| format!("the wait is {weeks} weeks")));
        lines.extend(text(waiting, "description").map(str::to_owned));
    }
    lines.extend(text(fields, "wait_time").map(|words| format!("wait: {words}")));
    lines
}

fn how_to_come(fields: &Fields) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(pathway) = fields.get("pathway").and_then(Value::as_object) {
        lines.extend(text(pathway, "how").map(|how| match how {
            "self" => "come or call yourself".to_owned(),
            "signpost" => "somebody may point you there".to_owned(),
            "referral" => "by referral".to_owned(),
            other => other.to_owned(),
        }));
        lines.extend(text(pathway, "who_may_refer").map(|who| format!("who may refer: {who}")));
        let days = pathway.get("answers_within_days").and_then(Value::as_u64);
        lines.extend(days.map(|days| format!("answers within {days} days")));
        lines.extend(text(pathway, "comes_back").map(|what| format!("the referrer hears: {what}")));
    }
    lines.extend(text(fields, "application_process").map(str::to_owned));
    lines.extend(things(fields.get("phones")).into_iter().filter_map(phone));
    lines.extend(["email", "url"].into_iter().filter_map(|key| text(fields, key)).map(str::to_owned));
    for contact in things(fields.get("contacts")) {
        let mut parts: Vec<String> =
            ["name", "title", "email"].into_iter().filter_map(|key| text(contact, key)).map(str::to_owned).collect();
        parts.extend(things(contact.get("phones")).into_iter().filter_map(phone));
        lines.extend((!parts.is_empty()).then(|| parts.join(", ")));
    }
    lines
}

fn phone(phone: &Fields) -> Option<String> {
    let number = text(phone, "number")?;
    let said = text(phone, "description").or(text(phone, "type")).map(|words| format!(" ({words})"));
    Some(format!("{number}{}", said.unwrap_or_default()))
}

fn also(fields: &Fields) -> Vec<String> {
    let mut lines = as_they_are(fields.iter().filter(|(key, _)| !IN_WORDS.contains(&key.as_str())));
    if let Some(source) = fields.get("source").and_then(Value::as_object) {
        let parts: Vec<_> =
            ["publisher", "feed", "licence", "attribution"].into_iter().filter_map(|key| text(source, key)).collect();
        lines.extend((!parts.is_empty()).then(|| format!("from {}", parts.join(", "))));
        lines.extend(text(source, "not_seen_since").map(|day| format!("not in its source since {}", date(day))));
    }
    lines
}

fn as_they_are<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>) -> Vec<String> {
    fields.filter(|(_, value)| !is_empty(value)).map(|(key, value)| format!("{key}: {}", compact(value))).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value in few words; a map of things by what its entries say.
pub(super) fn compact(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(compact).collect::<Vec<_>>().join(", "),
        Value::Object(map) if map.values().all(Value::is_object) => {
            map.values().map(compact).collect::<Vec<_>>().join("; ")
        }
        Value::Object(map) => {
            let shown = map.iter().filter(|(_, value)| !is_empty(value));
            shown.map(|(key, value)| format!("{key} {}", compact(value))).collect::<Vec<_>>().join(", ")
        }
        other => scalar(other).unwrap_or_default(),
    }
}

fn conflicts(id: &str, conflicts: &[Conflict], names: &Names) -> String {
    let mut lines = Vec::new();
    for conflict in conflicts {
        lines.push(format!("{}:", conflict.field));
        for value in &conflict.values {
            let who = organisation(&value.organisation, names);
            let stands = if value.stands { " (this one is shown)" } else { "" };
            let said = Some(compact(&value.value)).filter(|v| !v.is_empty()).unwrap_or_else(|| "nothing".into());
            lines.push(format!("  \"{said}\", written by {who} on {}{stands}", instant(value.at_ms)));
        }
        lines.push(format!(
            "  to settle it: fingerpost listing edit {} --set {}=…",
            short(id, ID_SHOWN),
            conflict.field
        ));
    }
    section("Two answers stand", &lines)
}

fn history_lines<'a>(entries: impl Iterator<Item = &'a HistoryEntry>, names: &Names) -> Vec<String> {
    let line = |entry: &HistoryEntry| {
        let what = if entry.fields.is_empty() { "nothing that is shown".to_owned() } else { entry.fields.join(", ") };
        let proposed = entry.proposed_by.map(|maker| format!(", as {} proposed", organisation(&maker, names)));
        let who = organisation(&entry.organisation, names);
        format!("{}, {who}{}: {what}", instant(entry.at_ms), proposed.unwrap_or_default())
    };
    entries.map(line).collect()
}
