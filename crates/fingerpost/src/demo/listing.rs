//! A listing in full, from the few words that the borough's data has for it.

use super::data::{Contact, Funding, Group, Organisation, Row, Venue, unreadable};
use super::schedule::{financial_year_end, schedule};
use jiff::ToSpan;
use jiff::civil::Date;
use node::api::{PathEdit, Refusal};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the borough's own areas are called.
const BOROUGH: &str = "Larkmere";
/// Capacities were looked at this many days ago at most: some of them are out of date, as they are elsewhere.
const CAPACITY_AGE_DAYS: usize = 24;

const LANGUAGES: [(&str, &str); 18] = [
    ("ar", "Arabic"),
    ("bfi", "British Sign Language"),
    ("bn", "Bengali"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fa", "Persian"),
    ("gu", "Gujarati"),
    ("hi", "Hindi"),
    ("pa", "Punjabi"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("so", "Somali"),
    ("ta", "Tamil"),
    ("ti", "Tigrinya"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
];

/// The fields of a listing as it is added on this day.
pub(super) fn listing(
    (group, row): (&Group, &Row),
    venues: &BTreeMap<String, Venue>,
    today: Date,
) -> Result<Map<String, Value>, Refusal> {
    let wrong = |why: &str| unreadable(&format!("{}: {why}", row.name));
    let mut when = schedule(&row.when, today)?;
    let place = place(&row.at, venues).ok_or_else(|| wrong("its place is none"))?;
    if let Some(id) = place.get("id") {
        when.session.insert("location".into(), id.clone());
    }
    let status = match (when.is_over, row.paused) {
        (true, _) => "ended",
        (false, Some(_)) => "paused",
        (false, None) => "active",
    };
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| drop(out.insert(key.to_owned(), value));
    put("name", row.name.clone().into());
    put("description", row.about.clone().into());
    put("kind", row.kind.clone().into());
    put("status", status.into());
    put("life", when.life);
    put("sessions", json!([when.session]));
    put("locations", json!([place]));
    put("cost_options", costs(row.cost.as_deref()).ok_or_else(|| wrong("its cost is none"))?);
    put("languages", languages(&row.speaks).ok_or_else(|| wrong("a language is not known"))?);
    if !place.contains_key("id") {
        put("service_areas", json!([{"name": BOROUGH}]));
    }
    put("contacts", json!([{"name": group.by}]));
    let desk = Contact { email: group.email.clone(), phone: Some(group.phone.clone()) };
    let contact = row.contact.as_ref().unwrap_or(&desk);
    put("email", contact.email.clone().into());
    put("phones", contact.phone.iter().map(|number| json!({"number": number})).collect());
    let texts = [("eligibility_description", &row.eligibility), ("alert", &row.alert), ("url", &row.url)];
    for (key, text) in texts {
        if let Some(text) = text {
            put(key, text.clone().into());
        }
    }
    for (key, age) in ages(row.ages.as_deref()).ok_or_else(|| wrong("its ages are none"))? {
        put(key, age.into());
    }
    if let Some(bring) = &row.bring {
        put("required_documents", bring.split(", ").map(|document| json!({"document": document})).collect());
    }
    if let Some(space) = &row.space {
        put("capacities", capacity(space, &row.name, today).ok_or_else(|| wrong("its space is none"))?);
    }
    if let Some(wait) = &row.wait {
        put("waiting_list", waiting(wait, today).ok_or_else(|| wrong("its wait is none"))?);
    }
    put("pathway", pathway(row));
    if let Some(funding) = &row.funded {
        put("funded_until", funded_until(funding, today).ok_or_else(|| wrong("its funding is none"))?.into());
    }
    if let Some(days) = row.paused {
        put("expected_back", today.saturating_add(days.days()).to_string().into());
    }
    Ok(out)
}

/// What an organisation says of itself.
pub(super) fn organisation(organisation: &Organisation) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("description".into(), organisation.about.clone().into());
    out.insert("email".into(), organisation.email.clone().into());
    out.insert("website".into(), organisation.website.clone().into());
    out.insert("phones".into(), json!([{"number": organisation.phone}]));
    if !organisation.teams.is_empty() {
        out.insert("teams".into(), organisation.teams.clone().into());
    }
    out
}

/// Fields as a person would set them, one by one.
pub(super) fn edits(fields: Map<String, Value>) -> Vec<PathEdit> {
    fields.into_iter().map(|(path, value)| PathEdit { path, value: Some(value) }).collect()
}

/// A capacity's moment: the morning of this day.
pub(super) fn morning(day: Date) -> String {
    format!("{day}T09:00:00Z")
}

fn place(at: &str, venues: &BTreeMap<String, Venue>) -> Option<Map<String, Value>> {
    let place = match at {
        "home" => json!({"location_type": "physical", "name": "Your own home", "description": "anywhere in Larkmere"}),
        "telephone" => json!({"location_type": "virtual", "name": "By telephone"}),
        "online" => json!({"location_type": "virtual", "name": "Online"}),
        at => {
            let venue = venues.get(at)?;
            let [latitude, longitude] = venue.at;
            json!({
                "id": venue.id,
                "location_type": "physical",
                "name": venue.name,
                "latitude": latitude,
                "longitude": longitude,
                "addresses": [{
                    "address_1": venue.street,
                    "city": BOROUGH,
                    "state_province": "London",
                    "postal_code": venue.postcode,
                    "country": "GB",
                    "address_type": "physical",
                }],
                "accessibility": [access(venue)],
            })
        }
    };
    place.as_object().cloned()
}

fn access(venue: &Venue) -> Value {
    let has = |word: &str| venue.access.split(' ').any(|said| said == word);
    let mut access = json!({
        "step_free": has("step-free"),
        "hearing_loop": has("loop"),
        "accessible_toilet": has("toilet"),
    });
    for (key, said) in
        [("parking", &venue.parking), ("public_transport", &venue.transport), ("description", &venue.note)]
    {
        if let (Some(said), Some(access)) = (said, access.as_object_mut()) {
            access.insert(key.into(), said.clone().into());
        }
    }
    access
}

/// Free is a cost of 0; a donation has no amount.
fn costs(text: Option<&str>) -> Option<Value> {
    let Some(text) = text else {
        return Some(json!([{"option": "Everyone", "amount": 0, "currency": "GBP"}]));
    };
    if text == "donation" {
        return Some(json!([{"option": "Donation", "amount_description": "give what you can; nobody is turned away"}]));
    }
    let option = |text: &str| {
        let (amount, option) = text.trim().strip_prefix('£')?.split_once(' ')?;
        Some(json!({"option": capitalised(option), "amount": amount.parse::<f64>().ok()?, "currency": "GBP"}))
    };
    text.split(';').map(option).collect()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn languages(codes: &[String]) -> Option<Value> {
    let language = |code: &str| {
        let (code, name) = LANGUAGES.into_iter().find(|(known, _)| *known == code)?;
        Some(json!({"code": code, "name": name}))
    };
    std::iter::once("en").chain(codes.iter().map(String::as_str)).map(language).collect()
}

/// `60+` or `5-11`.
fn ages(text: Option<&str>) -> Option<Vec<(&'static str, u64)>> {
    let Some(text) = text else { return Some(Vec::new()) };
    match text.split_once('-') {
        Some((from, to)) => Some(vec![("minimum_age", from.parse().ok()?), ("maximum_age", to.parse().ok()?)]),
        None => Some(vec![("minimum_age", text.strip_suffix('+')?.parse().ok()?)]),
    }
}

fn capacity(text: &str, name: &str, today: Date) -> Option<Value> {
    let (available, maximum) = text.split_once('/')?;
    let age = i64::try_from(name.len() % CAPACITY_AGE_DAYS).ok()?;
    Some(json!([{
        "unit": "places",
        "available": available.parse::<u64>().ok()?,
        "maximum": maximum.parse::<u64>().ok()?,
        "updated": morning(today.saturating_sub(age.days())),
    }]))
}

/// `9 people 2 weeks`.
fn waiting(text: &str, today: Date) -> Option<Value> {
    let mut numbers = text.split(' ').filter_map(|word| word.parse::<u64>().ok());
    let (length, weeks) = (numbers.next()?, numbers.next()?);
    let on = today.saturating_sub(6.days()).to_string();
    Some(json!({"length": length, "length_on": on, "wait_weeks": weeks, "wait_on": on}))
}

fn pathway(row: &Row) -> Value {
    let how = row.how.as_deref().unwrap_or("self");
    let mut pathway = json!({"how": how});
    if let (Some(fields), "referral") = (pathway.as_object_mut(), how) {
        fields.insert("answers_within_days".into(), 5.into());
        fields.insert("comes_back".into(), "whether there is a place, and whether the person came".into());
    }
    if let (Some(who), Some(fields)) = (&row.who, pathway.as_object_mut()) {
        fields.insert("who_may_refer".into(), who.clone().into());
    }
    pathway
}

fn funded_until(funding: &Funding, today: Date) -> Option<String> {
    match funding {
        Funding::Days(days) => Some(today.saturating_add(days.days()).to_string()),
        Funding::Word(word) if word == "march" => Some(financial_year_end(today).to_string()),
        Funding::Word(_) => None,
    }
}
