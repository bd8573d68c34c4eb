//! Reading a listing's value: every accessor is tolerant.

use super::{Cost, Listing, Origin, Phone, Place, Session, Space, Status, when};
use crate::document::shape::is_url;
use serde_json::Value;

impl Listing {
    /// Reads what is there.
    pub fn read(value: &Value) -> Self {
        Self {
            name: text(value, "name").unwrap_or_default(),
            alternate_name: text(value, "alternate_name"),
            description: text(value, "description"),
            kind: text(value, "kind"),
            status: Status::read(value),
            alert: text(value, "alert"),
            organisation: text(value, "organization_id").and_then(|id| id.parse().ok()),
            url: text(value, "url").filter(|url| is_url(url)),
            email: text(value, "email"),
            phones: phones_of(value),
            languages: things(value, "languages")
                .filter_map(|(_, l)| text(l, "name").or_else(|| text(l, "code")))
                .collect(),
            eligibility: text(value, "eligibility_description"),
            minimum_age: number(value, "minimum_age"),
            maximum_age: number(value, "maximum_age"),
            sessions: things(value, "sessions").map(|(id, session)| Session::read(id, session)).collect(),
            places: things(value, "locations").map(|(id, place)| Place::read(id, place)).collect(),
            costs: things(value, "cost_options").map(|(_, cost)| Cost::read(cost)).collect(),
            fees: text(value, "fees").or_else(|| text(value, "fees_description")),
            life: value.get("life").and_then(|life| text(life, "kind")),
            funded_until: text(value, "funded_until"),
            expected_back: text(value, "expected_back"),
            space: things(value, "capacities").map(|(_, space)| Space::read(space)).collect(),
            waiting: waiting(value),
            pathway: value.get("pathway").and_then(|pathway| text(pathway, "how")),
            application: text(value, "application_process"),
            required_documents: things(value, "required_documents").filter_map(|(_, d)| text(d, "document")).collect(),
            source: value.get("source").filter(|source| source.is_object()).map(Origin::read),
            audience: text(value, "audience"),
            last_modified: text(value, "last_modified"),
        }
    }
}

impl Status {
    fn read(value: &Value) -> Self {
        match value.get("status").and_then(Value::as_str) {
            Some("paused" | "inactive" | "temporarily closed") => Self::Paused,
            Some("ended" | "defunct") => Self::Ended,
            _ => Self::Active,
        }
    }
}

impl Session {
    fn read(id: &str, value: &Value) -> Self {
        let notes: Vec<String> = ["booking", "notes"].iter().filter_map(|key| text(value, key)).collect();
        Self {
            id: id.to_owned(),
            when: when::in_words(value),
            place: text(value, "location"),
            notes: (!notes.is_empty()).then(|| notes.join(" ")),
        }
    }
}

impl Place {
    fn read(id: &str, value: &Value) -> Self {
        let address = things(value, "addresses").map(|(_, address)| address).next();
        let parts = ["attention", "address_1", "address_2", "city", "region", "state_province", "postal_code"];
        let line: Vec<String> = parts.iter().filter_map(|part| text(address?, part)).collect();
        Self {
            id: id.to_owned(),
            kind: text(value, "location_type"),
            name: text(value, "name"),
            address: (!line.is_empty()).then(|| line.join(", ")),
            postcode: address.and_then(|address| text(address, "postal_code")),
            position: number(value, "latitude").zip(number(value, "longitude")),
            accessibility: things(value, "accessibility")
                .filter_map(|(_, a)| text(a, "description").or_else(|| text(a, "accessibility")))
                .collect(),
        }
    }
}

impl Cost {
    fn read(value: &Value) -> Self {
        Self {
            option: text(value, "option"),
            amount: number(value, "amount"),
            currency: text(value, "currency"),
            description: text(value, "amount_description"),
        }
    }
}

impl Space {
    fn read(value: &Value) -> Self {
        Self {
            unit: text(value, "unit").or_else(|| value.get("unit").and_then(|unit| text(unit, "name"))),
            available: value.get("available").and_then(Value::as_u64),
            maximum: value.get("maximum").and_then(Value::as_u64),
            updated: text(value, "updated"),
        }
    }
}

impl Origin {
    fn read(value: &Value) -> Self {
        Self {
            publisher: text(value, "publisher"),
            feed: text(value, "feed"),
            licence: text(value, "licence"),
            attribution: text(value, "attribution"),
            fetched_at: text(value, "fetched_at"),
        }
    }
}

/// Every telephone of a listing or an organisation, each number once: its own, its contacts', its places' and theirs.
pub(crate) fn phones_of(value: &Value) -> Vec<Phone> {
    let mut found: Vec<Phone> = Vec::new();
    let places = things(value, "locations").map(|(_, place)| place);
    for holder in std::iter::once(value).chain(places) {
        let contacts = things(holder, "contacts").map(|(_, contact)| contact);
        for (_, phone) in std::iter::once(holder).chain(contacts).flat_map(|holder| things(holder, "phones")) {
            if let Some(number) = text(phone, "number")
                && !found.iter().any(|held| held.number == number)
            {
                found.push(Phone { number, description: text(phone, "description") });
            }
        }
    }
    found
}

fn waiting(value: &Value) -> Option<String> {
    let Some(list) = value.get("waiting_list") else {
        return text(value, "wait_time");
    };
    let count = |key: &str, words: &str| list.get(key).and_then(Value::as_u64).map(|n| format!("{n} {words}"));
    let said: Vec<String> = [count("length", "waiting"), count("wait_weeks", "weeks"), text(list, "description")]
        .into_iter()
        .flatten()
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number(value: &Value, key: &str) -> Option<f64> {
    value.get(key).and_then(Value::as_f64)
}

/// The entries of a list of things in the order of their ids.
fn things<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    let mut entries: Vec<_> = value.get(key).and_then(Value::as_object).into_iter().flatten().collect();
    entries.sort_by_key(|(id, _)| id.as_str());
    entries.into_iter().filter(|(_, entry)| entry.is_object()).map(|(id, entry)| (id.as_str(), entry))
}
