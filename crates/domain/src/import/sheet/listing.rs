//! One row of a spreadsheet as one record of HSDS 3.0. Its lists have ids made of the row's, so that a cell that changes edits what
//! is there, instead of taking it away and adding another.

use super::Assigned;
use super::cell;
use super::column::{Column, folded};
use crate::Refusal;
use crate::import::package::with_scheme;
use crate::import::record::made_of;
use serde_json::{Map, Value, json};

/// Words that say there is no place.
const ONLINE: &[&str] = &[
    "online",
    "on line",
    "virtual",
    "zoom",
    "via zoom",
    "on zoom",
    "online via zoom",
    "telephone",
    "by phone",
    "phone",
];

/// One row: its cells that are not empty, and what each holds.
pub(super) struct Line<'s> {
    pub(super) number: u64,
    pub(super) cells: Vec<(&'s Assigned, &'s str)>,
}

impl<'s> Line<'s> {
    pub(super) fn all(&self, column: Column) -> impl Iterator<Item = &'s str> {
        self.cells.iter().filter(move |(assigned, _)| assigned.column == column).map(|(_, cell)| *cell)
    }

    fn joined(&self, column: Column, between: &str) -> Option<String> {
        let cells: Vec<&str> = self.all(column).collect();
        (!cells.is_empty()).then(|| cells.join(between))
    }

    /// What tells this row from others; `None` where the first part of the key is empty.
    pub(super) fn key(&self, key: &[Column]) -> Option<String> {
        let part = |column: &Column| match column {
            Column::Id => self.joined(Column::Id, " ").unwrap_or_default(),
            Column::Postcode => self.postcode().unwrap_or_default(),
            Column::When => {
                let columns = [Column::When, Column::Day, Column::Date, Column::Time, Column::Starts];
                folded(&columns.iter().filter_map(|c| self.joined(*c, " ")).collect::<Vec<_>>().join(" "))
            }
            // The postcode is compared by itself, however it is written.
            Column::Place => {
                let cells = self.all(Column::Place).chain(self.all(Column::Address));
                let words = cells.map(|text| cell::postcode(text).map_or_else(|| text.to_owned(), |(_, rest)| rest));
                folded(&words.collect::<Vec<_>>().join(" "))
            }
            other => folded(&self.joined(*other, " ").unwrap_or_default()),
        };
        let parts: Vec<String> = key.iter().map(part).collect();
        let is_there = parts.first().is_some_and(|first| !first.is_empty());
        is_there.then(|| parts.join(" | "))
    }

    /// Its postcode: of its own column, else within the place or the address.
    pub(super) fn postcode(&self) -> Option<String> {
        if let Some(own) = self.joined(Column::Postcode, " ") {
            return Some(
                cell::postcode(&own).filter(|(_, rest)| rest.is_empty()).map_or(own, |(postcode, _)| postcode),
            );
        }
        let mut cells = self.all(Column::Address).chain(self.all(Column::Place));
        cells.find_map(cell::postcode).map(|(postcode, _)| postcode)
    }
}

/// Ids of what belongs to one row.
struct Ids<'k> {
    feed: &'k str,
    key: &'k str,
}

impl Ids<'_> {
    fn of(&self, list: &str, place: usize) -> Value {
        made_of(&[self.feed, self.key, list, &place.to_string()]).to_string().into()
    }

    fn list(&self, list: &str, entries: Vec<Map<String, Value>>) -> Value {
        let with_id = |(place, mut entry): (usize, Map<String, Value>)| {
            entry.insert("id".into(), self.of(list, place));
            Value::Object(entry)
        };
        entries.into_iter().enumerate().map(with_id).collect()
    }
}

/// The record of a row. Refused: no name.
pub(super) fn record(line: &Line<'_>, key: &str, feed: &str) -> Result<Value, Refusal> {
    let ids = Ids { feed, key };
    let name = line.joined(Column::Name, " ").ok_or_else(|| Refusal::invalid("it has no name"))?;
    let mut out = Map::from_iter([("id".to_owned(), json!(key)), ("name".to_owned(), json!(name))]);
    let mut put = |field: &str, value: Option<Value>| out.extend(value.map(|value| (field.to_owned(), value)));
    put("alternate_name", line.joined(Column::AlternateName, ", ").map(Value::from));
    put("description", line.joined(Column::Description, "\n\n").map(Value::from));
    put("application_process", line.joined(Column::HowToCome, "\n").map(Value::from));
    put("url", line.all(Column::Url).next().map(|url| with_scheme(url).into()));
    let more = line.all(Column::Url).skip(1).map(|url| Map::from_iter([("url".to_owned(), json!(with_scheme(url)))]));
    let more: Vec<_> = more.collect();
    put("additional_urls", (!more.is_empty()).then(|| ids.list("url", more)));
    put("organization", line.joined(Column::Organisation, ", ").map(|name| json!({ "name": name })));
    let words = |column| {
        line.all(column).flat_map(|cell| cell.split([',', ';', '\n'])).map(str::trim).filter(|w| !w.is_empty())
    };
    let tags: Vec<&str> = words(Column::Tags).collect();
    put("tags", (!tags.is_empty()).then(|| json!(tags)));
    let languages: Vec<_> =
        words(Column::Languages).map(|name| Map::from_iter([("name".to_owned(), json!(name))])).collect();
    put("languages", (!languages.is_empty()).then(|| ids.list("language", languages)));
    let costs: Vec<_> = line.all(Column::Cost).map(cell::cost).collect();
    put("cost_options", (!costs.is_empty()).then(|| ids.list("cost", costs)));
    who_for(line, &mut out);
    reach(line, &ids, &mut out);
    when_and_where(line, &ids, &mut out);
    let extra = line.cells.iter().filter(|(assigned, _)| assigned.column == Column::Extra);
    for (assigned, cell) in extra {
        keep(&mut out, &assigned.heading, cell);
    }
    Ok(Value::Object(out))
}

fn keep(out: &mut Map<String, Value>, heading: &str, text: &str) {
    let extra = out.entry("extra").or_insert_with(|| json!({}));
    if let Some(extra) = extra.as_object_mut() {
        extra.insert(heading.to_owned(), text.into());
    }
}

fn who_for(line: &Line<'_>, out: &mut Map<String, Value>) {
    let mut words: Vec<String> = line.all(Column::Eligibility).map(str::to_owned).collect();
    for cell in line.all(Column::Ages) {
        match cell::ages(cell) {
            Some((from, to)) => {
                out.extend(from.map(|age| ("minimum_age".to_owned(), json!(age))));
                out.extend(to.map(|age| ("maximum_age".to_owned(), json!(age))));
            }
            None => words.push(format!("Ages: {cell}")),
        }
    }
    out.extend((!words.is_empty()).then(|| ("eligibility_description".to_owned(), words.join("\n").into())));
}

/// Telephones, e-mail addresses and people, whichever column they were written in.
fn reach(line: &Line<'_>, ids: &Ids<'_>, out: &mut Map<String, Value>) {
    let (mut phones, mut emails, mut contacts) = (Vec::new(), Vec::new(), Vec::new());
    for (assigned, text) in &line.cells {
        let is_person = assigned.column == Column::Contact;
        if !is_person && !matches!(assigned.column, Column::Phone | Column::Email) {
            continue;
        }
        let found = cell::reach(text);
        if !is_person && found.phones.is_empty() && found.emails.is_empty() {
            keep(out, &assigned.heading, text);
            continue;
        }
        let phone = |number: &String| Map::from_iter([("number".to_owned(), json!(number))]);
        if is_person && !found.rest.is_empty() {
            let mut contact = Map::from_iter([("name".to_owned(), json!(found.rest))]);
            contact.extend(found.emails.first().map(|email| ("email".to_owned(), json!(email))));
            emails.extend(found.emails.into_iter().skip(1));
            let own: Vec<_> = found.phones.iter().map(phone).collect();
            if !own.is_empty() {
                contact.insert("phones".into(), ids.list(&format!("contact {} phone", contacts.len()), own));
            }
            contacts.push(contact);
            continue;
        }
        let described = phones.len();
        phones.extend(found.phones.iter().map(phone));
        emails.extend(found.emails);
        if !found.rest.is_empty() {
            match phones.get_mut(described) {
                Some(first) => drop(first.insert("description".into(), found.rest.into())),
                None => keep(out, &assigned.heading, text),
            }
        }
    }
    let mut emails = emails.into_iter();
    out.extend(emails.next().map(|email| ("email".to_owned(), json!(email))));
    contacts.extend(emails.map(|email| Map::from_iter([("email".to_owned(), json!(email))])));
    out.extend((!phones.is_empty()).then(|| ("phones".to_owned(), ids.list("phone", phones))));
    out.extend((!contacts.is_empty()).then(|| ("contacts".to_owned(), ids.list("contact", contacts))));
}

fn when_and_where(line: &Line<'_>, ids: &Ids<'_>, out: &mut Map<String, Value>) {
    let said = |column| line.joined(column, " ").unwrap_or_default();
    let times = [line.joined(Column::Time, " "), line.joined(Column::Starts, " ")].into_iter().flatten();
    let mut times = times.collect::<Vec<_>>().join(" ");
    if let Some(ends) = line.joined(Column::Ends, " ") {
        times = if times.is_empty() { format!("until {ends}") } else { format!("{times}-{ends}") };
    }
    let sessions = cell::sessions(&said(Column::When), &said(Column::Day), &said(Column::Date), &times);
    let schedules = (!sessions.is_empty()).then(|| ids.list("session", sessions));
    match (place(line, ids, out), schedules) {
        (Some(mut place), schedules) => {
            place.extend(schedules.map(|schedules| ("schedules".to_owned(), schedules)));
            out.insert("service_at_locations".into(), json!([place]));
        }
        (None, Some(schedules)) => drop(out.insert("schedules".into(), schedules)),
        (None, None) => {}
    }
}

/// Where it is, if anything is said of that.
fn place(line: &Line<'_>, ids: &Ids<'_>, out: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let mut location = Map::new();
    let mut address = Map::new();
    let mut lines: Vec<String> = Vec::new();
    let own_postcode = line.joined(Column::Postcode, " ").is_some();
    for (column, text) in [Column::Place, Column::Address].into_iter().filter_map(|c| Some((c, line.joined(c, ", ")?)))
    {
        // The postcode has a field of its own; where it has a column too, the words stay as they are.
        let text = if own_postcode { text } else { cell::postcode(&text).map_or(text.clone(), |(_, rest)| rest) };
        let text = text.replace("\r\n", "\n").replace('\n', ", ");
        if column == Column::Place && line.all(Column::Address).next().is_none() {
            let (name, street) = named_apart(&text);
            location.extend(name.map(|name| ("name".to_owned(), json!(name))));
            lines.extend(street.map(str::to_owned));
        } else if column == Column::Place {
            location.insert("name".into(), text.into());
        } else if !text.is_empty() {
            lines.push(text);
        }
    }
    if ONLINE.contains(&folded(location.get("name").and_then(Value::as_str).unwrap_or_default()).as_str()) {
        location.insert("location_type".into(), "virtual".into());
    } else if !location.is_empty() || !lines.is_empty() {
        location.insert("location_type".into(), "physical".into());
    }
    address.extend((!lines.is_empty()).then(|| ("address_1".to_owned(), lines.join(", ").into())));
    address.extend(line.joined(Column::Town, ", ").map(|town| ("city".to_owned(), town.into())));
    address.extend(line.postcode().map(|postcode| ("postal_code".to_owned(), postcode.into())));
    if !address.is_empty() {
        address.insert("address_type".into(), "physical".into());
        location.insert("addresses".into(), ids.list("address", vec![address]));
    }
    for (column, field) in [(Column::Latitude, "latitude"), (Column::Longitude, "longitude")] {
        for (assigned, text) in line.cells.iter().filter(|(assigned, _)| assigned.column == column) {
            match text.parse::<f64>().ok().filter(|degrees| degrees.abs() <= 180.0) {
                Some(degrees) => drop(location.insert(field.into(), json!(degrees))),
                None => keep(out, &assigned.heading, text),
            }
        }
    }
    let access = line.joined(Column::Access, "\n");
    let access = access.map(|text| vec![Map::from_iter([("description".to_owned(), json!(text))])]);
    location.extend(access.map(|access| ("accessibility".to_owned(), ids.list("access", access))));
    if location.is_empty() {
        return None;
    }
    Some(Map::from_iter([("id".to_owned(), ids.of("place", 0)), ("location".to_owned(), Value::Object(location))]))
}

/// "St Mary's Hall, High Street" is a name and a street; "12 High Street" has no name.
fn named_apart(text: &str) -> (Option<&str>, Option<&str>) {
    if text.is_empty() {
        return (None, None);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return (None, Some(text));
    }
    match text.split_once(',') {
        Some((name, street)) => (Some(name.trim()), Some(street.trim()).filter(|street| !street.is_empty())),
        None => (Some(text), None),
    }
}
