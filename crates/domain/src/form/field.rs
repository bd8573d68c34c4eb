//! One question of a form.

use super::{CoreField, Item};
use serde_json::Value;
use std::collections::BTreeMap;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in answers: `a-z`, `0-9`, `_`.
    pub name: String,
    /// The question.
    pub title: String,
    /// What helps to answer it.
    pub description: Option<String>,
    /// Why it is asked, in words for the person.
    pub why: Option<String>,
    /// The heading that it stands first under.
    pub section: Option<String>,
    /// How close it goes.
    pub tier: Tier,
    /// Whether the law guards the answer more than others (UK GDPR, articles 9 and 10).
    pub sensitivity: Sensitivity,
    /// Whether it has to be answered.
    pub requirement: Requirement,
    /// The answer to an earlier question without which it is not asked.
    pub when: Option<When>,
    /// The field that forms share.
    pub core: Option<CoreField>,
    /// The published question that it is.
    pub measure: Option<Item>,
    /// Where the answer goes in FHIR R4, such as `Patient.name.text`.
    pub fhir: Option<String>,
    /// What can be answered.
    pub kind: Kind,
    /// The same in other languages.
    pub translations: BTreeMap<String, Translation>,
}

/// A question in another language; what it lacks is shown in the form's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translation {
    /// The question.
    pub title: Option<String>,
    /// What helps to answer it.
    pub description: Option<String>,
    /// Why it is asked.
    pub why: Option<String>,
    /// The heading.
    pub section: Option<String>,
    /// Options, by the value that stands in answers.
    pub labels: BTreeMap<String, String>,
}

/// How close a question goes: what an enquiry may carry, what a referral, and what is never written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// T0: names nobody; may be asked of many.
    Enquiry,
    /// T1: who it is and how to reach them.
    Contact,
    /// T2: what has to be understood.
    Context,
    /// T3: asked by telephone alone.
    ByPhone,
}

/// How much the law guards an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// As personal data.
    Personal,
    /// As special category or criminal offence data.
    Special,
}

/// Whether a question has to be answered, when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// It may stay empty.
    Optional,
    /// It may not.
    Required,
}

/// The condition of a question: an earlier one has this answer, or has it among its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The earlier question.
    pub field: String,
    /// The answer: true, false, or one of its options.
    pub is: Value,
}

/// What can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text {
        /// Fewest characters.
        least: u64,
        /// Most characters.
        most: u64,
    },
    /// `1987-03-31`.
    Date,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postcode of the United Kingdom, or its first half.
    Postcode,
    /// A whole number.
    Whole {
        /// The smallest.
        least: Option<i64>,
        /// The largest.
        most: Option<i64>,
    },
    /// Yes or no.
    YesNo,
    /// A box to be ticked: yes, or the form does not go.
    MustAgree,
    /// One of some options.
    One(Vec<Choice>),
    /// Some of some options.
    Several {
        /// Which.
        choices: Vec<Choice>,
        /// Fewest.
        least: u64,
        /// Most.
        most: u64,
    },
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it stands in answers.
    pub value: String,
    /// As people read it.
    pub label: String,
}

impl Tier {
    /// All, from the widest to the closest.
    pub const ALL: [Self; 4] = [Self::Enquiry, Self::Contact, Self::Context, Self::ByPhone];

    /// Its word in a form.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enquiry => "T0",
            Self::Contact => "T1",
            Self::Context => "T2",
            Self::ByPhone => "T3",
        }
    }
}

impl Kind {
    /// What can be answered, in words, to whom something else was refused.
    pub fn expected(&self) -> String {
        match self {
            Self::Text { least: 0 | 1, most } => format!("words, at most {most} characters"),
            Self::Text { least, most } => format!("words, from {least} to {most} characters"),
            Self::Date => "a date, year first, such as 1987-03-31".to_owned(),
            Self::Email => "an e-mail address, such as ann@example.org".to_owned(),
            Self::Phone => "a telephone number, such as 020 7946 0000".to_owned(),
            Self::Postcode => "a postcode, such as E17 4QH or E17".to_owned(),
            Self::Whole { least: Some(least), most: Some(most) } => format!("a whole number from {least} to {most}"),
            Self::Whole { least: Some(least), most: None } => format!("a whole number from {least}"),
            Self::Whole { least: None, most: Some(most) } => format!("a whole number up to {most}"),
            Self::Whole { least: None, most: None } => "a whole number".to_owned(),
            Self::YesNo => "true or false".to_owned(),
            Self::MustAgree => "true; without it the form cannot be sent".to_owned(),
            Self::One(choices) => format!("one of {}", listed(choices)),
            Self::Several { choices, least, most } => {
                format!("a list of {least} to {most} of {}", listed(choices))
            }
        }
    }

    /// The options, where there are some.
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::One(choices) | Self::Several { choices, .. } => choices,
            _ => &[],
        }
    }
}

fn listed(choices: &[Choice]) -> String {
    choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ")
}
