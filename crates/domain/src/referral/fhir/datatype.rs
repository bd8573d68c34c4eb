//! Data types of FHIR R4, as far as a referral's resources have them, and the rules of its words, codes and moments.
//!
//! None of them can be printed: they hold what is said of a person.

use crate::{EventId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// The system of identifiers that are URIs.
const URI: &str = "urn:ietf:rfc:3986";

/// What stands above a resource.
#[derive(Serialize)]
pub(super) struct Meta {
    security: Vec<Coding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tag: Vec<Coding>,
}

/// A code of a system.
#[derive(Clone, Serialize)]
pub(super) struct Coding {
    system: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
}

/// FHIR's `CodeableConcept`: a code, words, or both.
#[derive(Clone, Serialize)]
pub(super) struct Concept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coding: Vec<Coding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// What something is known by elsewhere.
#[derive(Clone, Serialize)]
pub(super) struct Identifier {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<Concept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'static str>,
    value: String,
}

/// To another resource: one of the bundle, or one that is only known by an identifier or by name.
#[derive(Clone, Default, Serialize)]
pub(super) struct Reference {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
}

/// From when until when, either of them open.
#[derive(Serialize)]
pub(super) struct Period {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

/// A name of a person.
#[derive(Serialize)]
pub(super) struct HumanName {
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<&'static str>,
    pub(super) text: String,
}

/// A way to reach somebody.
#[derive(Serialize)]
pub(super) struct ContactPoint {
    pub(super) system: &'static str,
    pub(super) value: String,
}

/// An address by post.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) postal_code: Option<String>,
}

/// A paper or a recording, of which only is said what it is.
#[derive(Serialize)]
pub(super) struct Attachment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    pub(super) title: String,
    pub(super) creation: String,
}

/// An extension of FHIR's own with a yes or a no.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extension {
    pub(super) url: &'static str,
    pub(super) value_boolean: bool,
}

/// What a resource of the bundle is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ResourceId(Uuid);

impl Meta {
    pub(super) fn labelled(label: Coding) -> Self {
        Self { security: vec![label], tag: Vec::new() }
    }

    /// Says that the resource has less in it than there is.
    pub(super) fn cut(mut self, is_cut: bool) -> Self {
        let tag = Coding::new("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED");
        self.tag.extend(is_cut.then_some(tag));
        self
    }
}

impl Coding {
    /// A code of HL7's, LOINC's or another's system.
    pub(super) fn new(system: &str, code: &str) -> Self {
        Self { system: system.to_owned(), code: Some(code.to_owned()), display: None }
    }

    /// A code that somebody wrote. Where FHIR does not take it as one there are only its words.
    pub(super) fn written(system: String, code: &str, display: &str) -> Self {
        Self { system, code: is_code(code).then(|| code.to_owned()), display: words(display) }
    }

    pub(super) fn shown(mut self, display: &str) -> Self {
        self.display = Some(display.to_owned());
        self
    }
}

impl Concept {
    pub(super) fn of(coding: Coding) -> Self {
        Self { coding: vec![coding], text: None }
    }

    /// In words that are ours.
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self { coding: Vec::new(), text: Some(text.into()) }
    }
}

impl Identifier {
    /// A UUID of ours.
    pub(super) fn uuid(bytes: &[u8; 16]) -> Self {
        Self::uri(Uuid::from_bytes(*bytes).urn().to_string())
    }

    pub(super) fn uri(value: String) -> Self {
        Self { r#type: None, system: Some(URI), value }
    }

    /// As people copy it, which no registry of systems knows.
    pub(super) fn plain(value: String) -> Self {
        Self { r#type: None, system: None, value }
    }

    /// With what it is, in words.
    pub(super) fn of(mut self, what: &str) -> Self {
        self.r#type = Some(Concept::said(what));
        self
    }
}

impl Reference {
    /// To what is known by an identifier alone.
    pub(super) fn identified(r#type: &'static str, identifier: Identifier) -> Self {
        Self { r#type: Some(r#type), identifier: Some(identifier), ..Self::default() }
    }

    /// To what is known by its name alone.
    pub(super) fn named(name: String) -> Self {
        Self { display: Some(name), ..Self::default() }
    }
}

impl Period {
    /// None where both ends are open. An end before the start is left out: clocks differ, and FHIR takes no such period.
    pub(super) fn new(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<Self> {
        let end = end.filter(|end| start.is_none_or(|start| start <= *end));
        (start.is_some() || end.is_some()).then(|| Self { start: start.map(instant), end: end.map(instant) })
    }
}

impl ResourceId {
    /// Of a thing that is in other bundles, too: an organisation, a listing, a form.
    pub(super) fn of(what: &str, bytes: &[u8]) -> Self {
        const NAMESPACE: Uuid = uuid::uuid!("0f1d5c3a-9a5e-4f0e-8a55-666869722e72");
        Self(Uuid::new_v5(&NAMESPACE, &[what.as_bytes(), b" ", bytes].concat()))
    }

    /// Of what belongs to this referral alone.
    pub(super) fn within(referral: &[u8; 16], name: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::from_bytes(*referral), name.as_bytes()))
    }

    /// Of what came of an event.
    pub(super) fn of_event(referral: &[u8; 16], event: &EventId) -> Self {
        Self::within(referral, &format!("event {event}"))
    }

    /// As the resource has it.
    pub(super) fn id(self) -> String {
        self.0.to_string()
    }

    /// As the bundle has it.
    pub(super) fn url(self) -> String {
        self.0.urn().to_string()
    }

    /// To the resource, which is of this type.
    pub(super) fn reference(self, r#type: &'static str) -> Reference {
        Reference { reference: Some(self.url()), r#type: Some(r#type), ..Reference::default() }
    }
}

/// A moment as FHIR writes one (`instant`, `dateTime`), in UTC. It knows the years 1 to 9999: what is beyond stands at their ends.
pub(super) fn instant(at: Timestamp) -> String {
    /// 0001-01-01.
    const FIRST_MS: i64 = -62_135_596_800_000;
    let last_ms = jiff::Timestamp::MAX.as_second().saturating_mul(1_000);
    let at = jiff::Timestamp::from_millisecond(at.as_ms().clamp(FIRST_MS, last_ms));
    format!("{:.3}", at.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

/// A date as FHIR writes one, from an answer. `None` where it is none.
pub(super) fn date(text: &str) -> Option<String> {
    let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
    (date.year() >= 1).then(|| date.to_string())
}

/// Words as a FHIR `string` may have them: something is said, no character controls anything but a line, and every space is plain.
pub(super) fn words(text: &str) -> Option<String> {
    let plain = |c: char| match c {
        '\t' | '\n' | '\r' => c,
        c if c.is_control() || c.is_whitespace() => ' ',
        c => c,
    };
    let text: String = text.chars().map(plain).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A language tag (BCP 47) as a FHIR `code`.
pub(super) fn language(tag: &str) -> Option<String> {
    crate::form::check_language(tag).is_ok().then(|| tag.to_owned())
}

/// Whether FHIR takes it as a `code`: words with single spaces between them and none around.
fn is_code(text: &str) -> bool {
    !text.chars().any(char::is_control) && text.split(char::is_whitespace).all(|word| !word.is_empty())
}
