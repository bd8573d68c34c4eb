//! Forms: what a receiver has to know of a person before it can say yes, as data that any organisation can publish, copy and fill in.
//!
//! A form is JSON Schema 2020-12, cut down to what fits on paper, with a few words more: `x-tier` how close a question goes, `x-why`
//! the reason that is shown to the person, `x-special-category`, `x-core` the field that forms share, `x-when` the one condition,
//! `x-measure`, `x-i18n`, `x-fhir`. [`Form::read`] takes an author's file, [`Form::parse`] the canonical bytes, and nothing else makes a
//! [`Form`], so what is held is always within the limits. A form is addressed by the hash of those bytes ([`Form::hash`]); [`Answers`]
//! carry it and are never migrated. [`published`] signs a form and reads its document, [`carried`] fills one form from the answers to
//! another, [`measure`] has the questions whose wording is not ours to change, and [`render`] gives text and paper.
//!
//! Nothing here reads a file or a clock, and no refusal repeats what somebody answered.

pub mod answer;
pub mod canonical;
mod carry;
mod check;
pub mod core_field;
mod field;
pub mod measure;
pub mod publication;
pub mod published;
mod read;
pub mod render;
mod schema;
pub mod shipped;
mod typed;

#[cfg(test)]
mod tests;

pub use answer::Answers;
pub use carry::{Carried, carried, is_asked};
pub(crate) use check::is_words;
pub use check::{Problem, Problems, Use};
pub use core_field::CoreField;
pub use field::{Choice, Field, Kind, Requirement, Sensitivity, Tier, Translation, When};
pub use measure::{Item, Measure, Score};
pub use publication::check_audience;
pub use published::{FormDocument, PublishedForm};
pub(crate) use read::{check_language, check_plain};
pub use schema::json_schema;
pub use typed::read_typed;

use crate::identity::signing::Tag;
use crate::{FormHash, OrgId, Refusal};
use serde_json::Value;
use std::collections::BTreeMap;

/// A form, as its organisation wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    language: String,
    heading: Heading,
    translations: BTreeMap<String, Heading>,
    origin: Option<Origin>,
    fields: Vec<Field>,
    canonical: Vec<u8>,
}

/// What stands above a form, in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// What it is called; in a translation, empty where that has none.
    pub title: String,
    /// What the person is told before the first question.
    pub description: Option<String>,
}

/// The form that another was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who published it.
    pub organisation: OrgId,
    /// Which it was.
    pub form: FormHash,
}

impl Form {
    /// From an author's file, once it is JSON. The questions stand in the order of `x-order`, else of the file. Refused with the
    /// question and what to write instead.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        read::form(value)
    }

    /// From canonical bytes, such as a partner published. Refused when they are no form or not canonical.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > crate::limits::FORM_BYTES {
            return Err(Refusal::too_large(format!("a form of {} bytes", bytes.len())));
        }
        let value = serde_json::from_slice(bytes).map_err(|_| Refusal::malformed("a form does not parse"))?;
        let form = Self::read(&value)?;
        if form.canonical == bytes { Ok(form) } else { Err(Refusal::malformed("a form is not in canonical form")) }
    }

    /// Its canonical JSON.
    pub fn bytes(&self) -> &[u8] {
        &self.canonical
    }

    /// What it is addressed by.
    pub fn hash(&self) -> FormHash {
        FormHash::from_bytes(Tag::FORM.digest(&self.canonical))
    }

    /// The language it was written in (BCP 47).
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The languages that it can be shown in, its own first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.language.as_str()).chain(self.translations.keys().map(String::as_str))
    }

    /// What stands above it, in its own language.
    pub const fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The form that it was made from.
    pub const fn origin(&self) -> Option<Origin> {
        self.origin
    }

    /// Its questions, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The question by this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The questions that may be answered in writing for this use of it.
    pub fn written(&self, purpose: Use) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| purpose.asks(field.tier))
    }

    /// The questions that are asked by telephone alone.
    pub fn by_phone(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.tier == Tier::ByPhone)
    }
}
