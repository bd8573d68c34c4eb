//! One row of a table of HSDS 1.1 as fields of HSDS 3.0.

use crate::import::when;
use crate::import::{Cells, Table};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The cells of a row that are not empty, by their headings in small letters.
pub(super) type Fields = Map<String, Value>;

/// Columns that only say to what a row belongs.
const LINKS: &[&str] =
    &["service_id", "organization_id", "location_id", "contact_id", "service_at_location_id", "program_id"];

pub(super) fn fields(table: &Table, row: &Cells) -> Fields {
    let cells = table.headings.iter().enumerate().map(|(column, heading)| (heading, row.cell(column)));
    cells.filter(|(_, cell)| !cell.is_empty()).map(|(heading, cell)| (heading.to_lowercase(), cell.into())).collect()
}

/// Under which name HSDS 3.0 lists the rows of a table in what they belong to.
pub(super) fn list_of(table: &'static str) -> &'static str {
    match table {
        "physical_addresses" | "postal_addresses" => "addresses",
        "regular_schedules" => "schedules",
        other => other,
    }
}

/// The fields under the names and in the types of HSDS 3.0. What has no number where one is asked for is kept as text.
pub(super) fn shaped(table: &str, mut row: Fields) -> Fields {
    let kept: &[&str] = match table {
        "services" => &["organization_id", "program_id"],
        "services_at_location" => &["location_id"],
        _ => &[],
    };
    row.retain(|name, _| !LINKS.contains(&name.as_str()) || kept.contains(&name.as_str()));
    match table {
        "services" => addressed(&mut row, "url", "url"),
        "organizations" => {
            addressed(&mut row, "url", "website");
            number(&mut row, "year_incorporated");
        }
        "locations" => {
            for name in ["latitude", "longitude"] {
                number(&mut row, name);
            }
        }
        "phones" => {
            number(&mut row, "extension");
            if let Some(Value::String(language)) = row.remove("language") {
                let spoken = language.split([',', ';']).map(str::trim).filter(|name| !name.is_empty());
                let spoken = spoken.map(|name| Value::Object(Map::from_iter([("name".to_owned(), name.into())])));
                row.insert("languages".into(), spoken.collect());
            }
        }
        "physical_addresses" => address(&mut row, "physical"),
        "postal_addresses" => address(&mut row, "postal"),
        "languages" => renamed(&mut row, "language", "name"),
        "service_areas" => renamed(&mut row, "service_area", "name"),
        "funding" | "programs" | "required_documents" | "accessibility" | "contacts" => {}
        "taxonomies" => {
            renamed(&mut row, "vocabulary", "taxonomy");
            row.remove("parent_name");
        }
        "regular_schedules" => weekly(&mut row),
        "schedules" => {
            for name in ["opens_at", "closes_at"] {
                timed(&mut row, name);
            }
            for name in ["interval", "count"] {
                number(&mut row, name);
            }
        }
        _ => {}
    }
    row
}

fn renamed(row: &mut Fields, from: &str, to: &str) {
    if !row.contains_key(to)
        && let Some(value) = row.remove(from)
    {
        row.insert(to.to_owned(), value);
    }
}

/// A web address that only lacks its scheme gets one, so that it can be a link.
fn addressed(row: &mut Fields, from: &str, to: &str) {
    if let Some(Value::String(url)) = row.remove(from) {
        row.insert(to.to_owned(), with_scheme(&url).into());
    }
}

/// `http` where no scheme is said: a server that has more says so itself.
pub(in crate::import) fn with_scheme(url: &str) -> String {
    let host = url.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    let is_bare =
        is_host && url.chars().all(|c| c.is_ascii_graphic()) && !url.contains("://") && !host.contains(['@', ':']);
    if is_bare { format!("http://{url}") } else { url.to_owned() }
}

fn number(row: &mut Fields, name: &str) {
    let Some(Value::String(text)) = row.get(name) else { return };
    let number = serde_json::from_str::<Value>(text).ok().filter(Value::is_number);
    // "007" and "+1" are numbers too, to people.
    let number = number.or_else(|| text.parse::<u32>().ok().map(Value::from));
    match number {
        Some(number) => drop(row.insert(name.to_owned(), number)),
        None => {
            let text = row.remove(name).unwrap_or_default();
            put_extra(row, name, text);
        }
    }
}

/// Keeps a value beside the fields that have names.
pub(super) fn put_extra(row: &mut Fields, name: &str, value: Value) {
    let extra = row.entry("extra").or_insert_with(|| Value::Object(Map::new()));
    if let Some(extra) = extra.as_object_mut() {
        extra.insert(name.to_owned(), value);
    }
}

fn address(row: &mut Fields, address_type: &str) {
    let more: Vec<String> = ["address_2", "address_3", "address_4"]
        .iter()
        .filter_map(|name| row.remove(*name))
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect();
    if !more.is_empty() {
        row.insert("address_2".into(), more.join(", ").into());
    }
    row.insert("address_type".into(), address_type.into());
}

/// A time as HSDS 3.0 has it; one that cannot be read goes into the description as it was.
fn timed(row: &mut Fields, name: &str) {
    let Some(Value::String(text)) = row.remove(name) else { return };
    match when::time(&text) {
        Some(time) => drop(row.insert(name.to_owned(), time.into())),
        None => describe(row, &format!("{}: {text}", name.replace('_', " "))),
    }
}

fn weekly(row: &mut Fields) {
    for name in ["opens_at", "closes_at"] {
        timed(row, name);
    }
    if let Some(Value::String(weekday)) = row.remove("weekday") {
        match when::weekday(&weekday) {
            Some(day) => row.extend([("freq".into(), "WEEKLY".into()), ("byday".into(), day.into())]),
            None => describe(row, &weekday),
        }
    }
    // Not of HSDS, but in real directories: the times as somebody wrote them.
    if let Some(Value::String(original)) = row.remove("original_text") {
        describe(row, &original);
    }
}

fn describe(row: &mut Fields, words: &str) {
    let before = row.get("description").and_then(Value::as_str).map(|before| format!("{before}; ")).unwrap_or_default();
    row.insert("description".into(), format!("{before}{words}").into());
}

/// Weekly times that differ in nothing but the day are one. Those with ids of their own stay as they are.
pub(super) fn joined(schedules: Vec<Value>) -> Vec<Value> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut out: Vec<Value> = Vec::new();
    for schedule in schedules {
        let day = schedule.get("byday").and_then(Value::as_str).map(str::to_owned);
        let is_weekly = schedule.get("freq").is_some_and(|freq| freq == "WEEKLY") && schedule.get("id").is_none();
        let (Some(day), true) = (day, is_weekly) else {
            out.push(schedule);
            continue;
        };
        let mut alike = schedule.clone();
        if let Some(fields) = alike.as_object_mut() {
            fields.remove("byday");
        }
        match places.get(&alike.to_string()).and_then(|place| out.get_mut(*place)) {
            Some(first) => {
                let days = first.get("byday").and_then(Value::as_str).unwrap_or_default();
                let has_it = days.split(',').any(|before| before == day);
                let days = if has_it { days.to_owned() } else { format!("{days},{day}") };
                if let Some(first) = first.as_object_mut() {
                    first.insert("byday".into(), days.into());
                }
            }
            None => {
                places.insert(alike.to_string(), out.len());
                out.push(schedule);
            }
        }
    }
    out
}
