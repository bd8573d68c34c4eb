//! What a column of a spreadsheet holds: its words, and the guess from its heading.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// What tells one row from all others, and stays.
    Id,
    /// What the listing is called.
    Name,
    /// Another name of it.
    AlternateName,
    /// What it is. Several columns are put under one another.
    Description,
    /// Who runs it.
    Organisation,
    /// Days and times in words.
    When,
    /// A day of the week, or several.
    Day,
    /// The date of something that happens once.
    Date,
    /// From when to when.
    Time,
    /// When it begins.
    Starts,
    /// When it ends.
    Ends,
    /// The name of the place, with or without its address.
    Place,
    /// Its address.
    Address,
    /// Its town.
    Town,
    /// Its postcode.
    Postcode,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// How the place can be got into.
    Access,
    /// What it costs.
    Cost,
    /// Telephone numbers.
    Phone,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// A person to ask for, with or without telephone and e-mail.
    Contact,
    /// Who it is for.
    Eligibility,
    /// For which ages.
    Ages,
    /// How to come: just turn up, be referred, book.
    HowToCome,
    /// Categories, with commas between them.
    Tags,
    /// Languages, with commas between them.
    Languages,
    /// Kept with the listing under its heading.
    Extra,
    /// Left out.
    Nothing,
}

/// How a heading is read. In order: the first row that knows a heading as a whole, then the first one of whose words is in it.
const HEADINGS: &[(Column, &[&str], &[&str])] = &[
    (Column::Id, &["id", "ref", "reference", "uuid", "unique id", "record id", "listing id", "service id"], &[]),
    (
        Column::Name,
        &[
            "name",
            "group name",
            "group",
            "service name",
            "service",
            "activity",
            "activity name",
            "title",
            "event",
            "event name",
            "session name",
            "class",
            "club",
            "name of group",
            "name of service",
            "name of activity",
            "name of club",
            "programme",
            "project",
            "project name",
            "what",
            "listing",
        ],
        &[],
    ),
    (Column::AlternateName, &["alternate name", "also known as", "aka", "other name", "short name"], &[]),
    (
        Column::Organisation,
        &[
            "organisation",
            "organization",
            "organisation name",
            "organization name",
            "provider",
            "run by",
            "charity",
            "lead organisation",
            "host",
            "host organisation",
            "organiser",
            "delivered by",
        ],
        &[],
    ),
    (Column::Email, &["e mail"], &["email", "mail"]),
    (
        Column::Contact,
        &[
            "contact",
            "contacts",
            "contact name",
            "contact person",
            "contact details",
            "lead",
            "leader",
            "named contact",
            "coordinator",
        ],
        &[],
    ),
    (Column::Phone, &["tel", "phone", "number to ring"], &["tel", "telephone", "phone", "mobile", "mob", "phones"]),
    (Column::Url, &["link", "web"], &["website", "url", "web", "webpage", "facebook"]),
    (Column::Postcode, &["post code", "zip", "zip code", "venue post code"], &["postcode"]),
    (Column::Town, &["town", "city", "town city", "borough", "village"], &[]),
    (Column::Latitude, &["latitude", "lat"], &["latitude"]),
    (Column::Longitude, &["longitude", "lng", "lon", "long"], &["longitude"]),
    (
        Column::Access,
        &["access", "accessibility", "accessible"],
        &["accessibility", "accessible", "wheelchair", "step"],
    ),
    (Column::Address, &["venue address", "full address"], &["address"]),
    (
        Column::Place,
        &["where", "place", "venue", "location", "venue name", "building", "held at", "where is it"],
        &["venue", "where"],
    ),
    (
        Column::Starts,
        &["start", "starts", "start time", "opens", "opens at", "from", "time from", "begins", "opening time"],
        &[],
    ),
    (
        Column::Ends,
        &[
            "end",
            "ends",
            "end time",
            "closes",
            "closes at",
            "finish",
            "finishes",
            "to",
            "until",
            "time to",
            "closing time",
        ],
        &[],
    ),
    (Column::Date, &["date", "event date", "date of event"], &[]),
    (Column::Day, &["day", "days", "day of week", "day of the week", "weekday", "which day"], &[]),
    (Column::Time, &["time", "times", "hours", "time of day", "session time", "session times"], &[]),
    (
        Column::When,
        &[
            "when",
            "day time",
            "time day",
            "day and time",
            "time and day",
            "day and times",
            "date and time",
            "dates times",
            "days and times",
            "day s and time s",
            "when is it",
            "schedule",
            "meets",
            "opening hours",
            "opening times",
            "dates and times",
            "sessions",
            "day times",
            "days times",
            "frequency",
        ],
        &["when"],
    ),
    (
        Column::Cost,
        &["cost", "price", "fee", "how much"],
        &["cost", "costs", "price", "prices", "fee", "fees", "charge", "charges"],
    ),
    (Column::Ages, &["age", "ages", "age range", "age group"], &["ages", "age"]),
    (
        Column::Eligibility,
        &[
            "who",
            "who for",
            "who is it for",
            "for whom",
            "eligibility",
            "target group",
            "audience",
            "suitable for",
            "who can come",
            "criteria",
        ],
        &["eligibility", "eligible", "criteria"],
    ),
    (
        Column::HowToCome,
        &[
            "how to come",
            "how to join",
            "how to refer",
            "referral",
            "referrals",
            "booking",
            "how to book",
            "how to access",
            "drop in",
            "access route",
        ],
        &["referral", "referrals", "refer", "booking", "book"],
    ),
    (
        Column::Tags,
        &["category", "categories", "type", "tags", "theme", "themes", "keywords", "service type"],
        &["category", "categories"],
    ),
    (Column::Languages, &["language", "languages", "languages spoken"], &["languages"]),
    (
        Column::Description,
        &[
            "description",
            "details",
            "about",
            "notes",
            "information",
            "info",
            "summary",
            "comments",
            "other information",
            "further information",
            "more information",
            "additional information",
            "what is it",
            "what happens",
            "what we do",
            "other",
            "other info",
        ],
        &["description", "notes", "details", "information", "info", "comments"],
    ),
    // Last, so that "contact tel" and "organisation website" are what they are.
    (Column::Contact, &[], &["contact"]),
    (Column::Organisation, &[], &["organisation", "organization", "provider", "charity"]),
];

impl Column {
    /// Every one of them.
    pub const ALL: [Self; 30] = [
        Self::Id,
        Self::Name,
        Self::AlternateName,
        Self::Description,
        Self::Organisation,
        Self::When,
        Self::Day,
        Self::Date,
        Self::Time,
        Self::Starts,
        Self::Ends,
        Self::Place,
        Self::Address,
        Self::Town,
        Self::Postcode,
        Self::Latitude,
        Self::Longitude,
        Self::Access,
        Self::Cost,
        Self::Phone,
        Self::Email,
        Self::Url,
        Self::Contact,
        Self::Eligibility,
        Self::Ages,
        Self::HowToCome,
        Self::Tags,
        Self::Languages,
        Self::Extra,
        Self::Nothing,
    ];

    /// The word for it in a mapping.
    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::AlternateName => "alternate_name",
            Self::Description => "description",
            Self::Organisation => "organisation",
            Self::When => "when",
            Self::Day => "day",
            Self::Date => "date",
            Self::Time => "time",
            Self::Starts => "starts",
            Self::Ends => "ends",
            Self::Place => "place",
            Self::Address => "address",
            Self::Town => "town",
            Self::Postcode => "postcode",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Access => "access",
            Self::Cost => "cost",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Url => "url",
            Self::Contact => "contact",
            Self::Eligibility => "eligibility",
            Self::Ages => "ages",
            Self::HowToCome => "how_to_come",
            Self::Tags => "tags",
            Self::Languages => "languages",
            Self::Extra => "extra",
            Self::Nothing => "nothing",
        }
    }

    /// What a word in a mapping means.
    pub fn parse(word: &str) -> Result<Self, Refusal> {
        let folded = folded(word).replace(' ', "_");
        if let Some(column) = Self::ALL.into_iter().find(|column| column.word() == folded) {
            return Ok(column);
        }
        let refusal = Refusal::invalid(format!("{word:?} is nothing that a column can hold"));
        let likeness = |column: &Self| strsim::jaro_winkler(&folded, column.word());
        let nearest = Self::ALL.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        match nearest.filter(|column| likeness(column) > 0.8) {
            Some(nearest) => Err(refusal.hint(format!("did you mean {nearest:?}?", nearest = nearest.word()))),
            None => Err(refusal.hint(format!("a column holds one of {}", Self::ALL.map(Self::word).join(", ")))),
        }
    }

    /// What a column with this heading holds, as far as the heading says.
    pub(super) fn guess(heading: &str) -> Option<Self> {
        let heading = folded(heading);
        let whole = HEADINGS.iter().find(|(_, names, _)| names.contains(&heading.as_str()));
        let by_word = || {
            let words: Vec<&str> = heading.split(' ').collect();
            // "organization_id" names another table's row, and is nothing to people.
            if words.last() == Some(&"id") {
                return None;
            }
            HEADINGS.iter().find(|(_, _, parts)| parts.iter().any(|part| words.contains(part)))
        };
        whole.or_else(by_word).map(|(column, _, _)| *column)
    }

    /// Whether two columns cannot both be it.
    pub(super) fn is_single(self) -> bool {
        matches!(self, Self::Id | Self::Name | Self::Latitude | Self::Longitude)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text as it is compared: small letters and digits, one blank between words.
pub(super) fn folded(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    plain.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
