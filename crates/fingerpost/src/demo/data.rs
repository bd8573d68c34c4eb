//! What the borough's organisations say, read from the files that the program carries.

use super::course::Person;
use super::pathway::{Way, Ways};
use super::proposal::Wishes;
use node::api::Refusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

const VENUES: &str = include_str!("venues.yaml");
const WAYS: &str = include_str!("pathways.yaml");
const PEOPLE: &str = include_str!("people.yaml");
const WISHES: &str = include_str!("proposals.yaml");
const EVENTS: &str = include_str!("live.yaml");
/// The hub first: it invites the others.
const ORGANISATIONS: [&str; 4] = [
    include_str!("council.yaml"),
    include_str!("link-workers.yaml"),
    include_str!("older-people.yaml"),
    include_str!("willow-street.yaml"),
];

/// Everything that is known of the borough before it runs.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) venues: BTreeMap<String, Venue>,
    /// The hub first.
    pub(super) organisations: Vec<Organisation>,
    /// How people can be referred, and between whom.
    pub(super) ways: Ways,
    /// Who is referred.
    pub(super) people: Vec<Person>,
    /// What organisations would have in each other's listings.
    pub(super) wishes: Wishes,
    pub(super) events: Vec<Event>,
}

/// One organisation with its listings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organisation {
    pub(super) name: String,
    /// What its data folder is called; other files name it by this.
    pub(super) folder: String,
    pub(super) role: String,
    pub(super) about: String,
    pub(super) email: String,
    pub(super) website: String,
    pub(super) phone: String,
    #[serde(default)]
    pub(super) teams: Vec<serde_json::Value>,
    pub(super) groups: Vec<Group>,
}

/// Listings that one desk of an organisation answers for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) by: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) listings: Vec<Row>,
}

/// A listing in few words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) about: String,
    #[serde(default = "group")]
    pub(super) kind: String,
    /// A venue, or `home`, `telephone`, `online`.
    pub(super) at: String,
    /// As `schedule` reads it.
    pub(super) when: String,
    #[serde(rename = "for")]
    pub(super) eligibility: Option<String>,
    /// `60+`, or `5-11`.
    pub(super) ages: Option<String>,
    /// Free where nothing is said; `donation`; else `£2 a class`, several with a semicolon between.
    pub(super) cost: Option<String>,
    /// `march` for the end of the financial year, else days from today.
    pub(super) funded: Option<Funding>,
    /// Languages besides English, by their codes.
    #[serde(default)]
    pub(super) speaks: Vec<String>,
    /// `4/12`: free, and in all.
    pub(super) space: Option<String>,
    /// `9 people 2 weeks`.
    pub(super) wait: Option<String>,
    pub(super) how: Option<String>,
    pub(super) who: Option<String>,
    pub(super) bring: Option<String>,
    pub(super) alert: Option<String>,
    pub(super) url: Option<String>,
    /// Days until it is back.
    pub(super) paused: Option<i64>,
    pub(super) audience: Option<String>,
    /// Whom to ask, where it is not the desk that lists it.
    pub(super) contact: Option<Contact>,
}

/// Until when something is paid for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Funding {
    Days(i64),
    Word(String),
}

/// Whom to ask.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) email: String,
    pub(super) phone: Option<String>,
}

/// A place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Venue {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) street: String,
    pub(super) postcode: String,
    /// Degrees north and east.
    pub(super) at: [f64; 2],
    /// Of the words `step-free`, `loop` and `toilet` those that are true.
    pub(super) access: String,
    pub(super) parking: Option<String>,
    pub(super) transport: Option<String>,
    pub(super) note: Option<String>,
}

/// Something that happens while the borough runs.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    /// Whose node it happens at, by its folder.
    pub(super) node: String,
    #[serde(flatten)]
    pub(super) what: What,
}

/// What happens to which listing, or to which referral.
#[derive(Debug, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub(super) enum What {
    /// Its next session does not take place.
    Cancel { listing: String, reason: String },
    /// It takes place after all.
    Resume { listing: String },
    /// There is more or less room.
    Space { listing: String, available: u64 },
    /// Something has to be known before all else, or no more.
    Alert { listing: String, alert: Option<String> },
    /// There is something new.
    Add { listing: Box<Row> },
    /// What was new is over.
    Withdraw { listing: String },
    /// The next of what comes later in a referral's course, while there is any: it does not come again in the next round.
    Referral { name: String },
}

impl Data {
    /// Reads all of it. Refused only when the files themselves are wrong, which the tests of this module hold not to be.
    pub(super) fn read() -> Result<Self, Refusal> {
        Ok(Self {
            venues: parsed(VENUES)?,
            organisations: ORGANISATIONS.into_iter().map(parsed).collect::<Result<_, _>>()?,
            ways: parsed(WAYS)?,
            people: parsed(PEOPLE)?,
            wishes: parsed(WISHES)?,
            events: parsed(EVENTS)?,
        })
    }

    /// The place of the organisation whose data folder has this name.
    pub(super) fn place(&self, folder: &str) -> Result<usize, Refusal> {
        let place = self.organisations.iter().position(|organisation| organisation.folder == folder);
        place.ok_or_else(|| unreadable(&format!("no organisation has the folder {folder:?}")))
    }

    /// The pathway of this name.
    pub(super) fn way(&self, name: &str) -> Result<&Way, Refusal> {
        let way = self.ways.pathways.iter().find(|way| way.name == name);
        way.ok_or_else(|| unreadable(&format!("no pathway is called {name:?}")))
    }

    /// The person whose referral has this name.
    pub(super) fn person(&self, name: &str) -> Result<&Person, Refusal> {
        let person = self.people.iter().find(|person| person.name == name);
        person.ok_or_else(|| unreadable(&format!("no referral is called {name:?}")))
    }
}

impl Organisation {
    /// Its listings, each with the desk that answers for it.
    pub(super) fn listings(&self) -> impl Iterator<Item = (&Group, &Row)> {
        self.groups.iter().flat_map(|group| group.listings.iter().map(move |row| (group, row)))
    }

    /// The desk under which something new is listed.
    pub(super) fn first_desk(&self) -> Result<&Group, Refusal> {
        self.groups.first().ok_or_else(|| unreadable(&format!("{} has no desk", self.name)))
    }
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_yaml_ng::from_str(text).map_err(|e| unreadable(&e.to_string()))
}

/// What the files say and the program does not understand.
pub(super) fn unreadable(why: &str) -> Refusal {
    Refusal::invalid(format!("the borough's own data cannot be read: {why}"))
        .hint("this is a fault of the program, and no setting mends it: another version may")
}

fn group() -> String {
    "group".into()
}
