//! What a `listing` document says, typed for reading; what a new one has to hold; and the listing as HSDS-UK 3.0 has it.
//!
//! Reading never fails: what is missing, unknown or of another type is absent. Dates and times are as written, for a feed may hold
//! words there.

mod hsds;
mod read;
mod template;
mod when;

#[cfg(test)]
mod tests;

pub use hsds::to_hsds;
pub(crate) use hsds::{flatten, outward, pruned};
pub(crate) use read::phones_of;
pub use template::template;

use crate::document::Kind;
use crate::document::shape::{Fit, check_value};
use crate::{RecordId, Refusal};
use serde::Serialize;
use serde_json::Value;

/// A listing as readers see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Listing {
    /// Its name; empty where a document has none.
    pub name: String,
    /// Another name.
    pub alternate_name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// service, group, event, outreach.
    pub kind: Option<String>,
    /// Whether it runs.
    pub status: Status,
    /// What has to be known before all else.
    pub alert: Option<String>,
    /// The record of the organisation that provides it.
    pub organisation: Option<RecordId>,
    /// Its page; only ever http or https.
    pub url: Option<String>,
    /// Where to write.
    pub email: Option<String>,
    /// Its telephones: its own, its contacts', its places'.
    pub phones: Vec<Phone>,
    /// Languages spoken, by name, else by code.
    pub languages: Vec<String>,
    /// Who it is for, in words.
    pub eligibility: Option<String>,
    /// Youngest, in years.
    pub minimum_age: Option<f64>,
    /// Oldest, in years.
    pub maximum_age: Option<f64>,
    /// When it takes place.
    pub sessions: Vec<Session>,
    /// Where.
    pub places: Vec<Place>,
    /// What it costs; free is a cost of 0.
    pub costs: Vec<Cost>,
    /// What it costs, in words.
    pub fees: Option<String>,
    /// one-off, short course, rolling.
    pub life: Option<String>,
    /// Until when it is paid for.
    pub funded_until: Option<String>,
    /// When it is expected back, if it is paused.
    pub expected_back: Option<String>,
    /// How much room there is.
    pub space: Vec<Space>,
    /// How long people wait, in words.
    pub waiting: Option<String>,
    /// How people come: self, signpost, referral.
    pub pathway: Option<String>,
    /// How to apply, in words.
    pub application: Option<String>,
    /// What to bring.
    pub required_documents: Vec<String>,
    /// For imported ones: where from.
    pub source: Option<Origin>,
    /// Who may hold it, in one word: public, partners, named, own.
    pub audience: Option<String>,
    /// When its source last changed it, as the source says; the document's own history knows when it changed here.
    pub last_modified: Option<String>,
}

/// Whether a listing runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It runs; also where nothing is said.
    #[default]
    Active,
    /// It is to come back.
    Paused,
    /// It is over.
    Ended,
}

/// A telephone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Phone {
    /// As people dial it.
    pub number: String,
    /// What it is for.
    pub description: Option<String>,
}

/// One dated or recurring time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Session {
    /// Its id among the sessions.
    pub id: String,
    /// When, in words: "Tuesdays 18:00 to 20:00".
    pub when: String,
    /// The place it is held at: its id among the places.
    pub place: Option<String>,
    /// How to book, and whatever else is said.
    pub notes: Option<String>,
}

/// Where a listing takes place.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Place {
    /// Its id among the locations.
    pub id: String,
    /// physical, postal, virtual.
    pub kind: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// The address on one line.
    pub address: Option<String>,
    /// The postcode.
    pub postcode: Option<String>,
    /// Degrees north and east (WGS 84).
    pub position: Option<(f64, f64)>,
    /// What is said of getting in and about.
    pub accessibility: Vec<String>,
}

/// One price.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// For whom or what.
    pub option: Option<String>,
    /// How much; 0 is free.
    pub amount: Option<f64>,
    /// Of what.
    pub currency: Option<String>,
    /// Per what.
    pub description: Option<String>,
}

/// Room, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Space {
    /// Places, beds, hours.
    pub unit: Option<String>,
    /// How many are free.
    pub available: Option<u64>,
    /// How many there are.
    pub maximum: Option<u64>,
    /// When that was so.
    pub updated: Option<String>,
}

/// Where an imported listing came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Origin {
    /// Who publishes the feed.
    pub publisher: Option<String>,
    /// The feed.
    pub feed: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// What has to be shown with it.
    pub attribution: Option<String>,
    /// When it was last taken from there.
    pub fetched_at: Option<String>,
}

/// A new listing's value as it is to be written: it has a name, every field fits, and what it says can be true together.
pub fn check(value: &Value) -> Result<Value, Refusal> {
    let value = check_value(Kind::LISTING, value, Fit::Exact)?;
    if value.get("name").and_then(Value::as_str).is_none_or(|name| name.trim().is_empty()) {
        return Err(Refusal::invalid("a listing needs a name").hint("set it with `--set name=…`"));
    }
    let listing = Listing::read(&value);
    if let (Some(youngest), Some(oldest)) = (listing.minimum_age, listing.maximum_age)
        && youngest > oldest
    {
        return Err(Refusal::invalid(format!("minimum_age is {youngest} and maximum_age {oldest}: nobody may come")));
    }
    for session in listing.sessions.iter().filter(|session| session.place.is_some()) {
        if !listing.places.iter().any(|place| Some(&place.id) == session.place.as_ref()) {
            return Err(Refusal::invalid(format!(
                "session {} is at a place that the listing does not have",
                session.id
            ))
            .hint("its `location` is the id of an entry of `locations`"));
        }
    }
    Ok(value)
}
