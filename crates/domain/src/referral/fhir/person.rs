//! The person as a FHIR `Patient`: from the questions that the form marks as core fields, or by `x-fhir`, and from no others.
//!
//! A form is its publisher's, and may be a partner's: a path that is not in the list here, or that the question's type does not fit,
//! leads nowhere, and a core field goes where all forms have it, whatever its `x-fhir` says. All answers are in the questionnaire's
//! response as well, as far as they go along.
//!
//! Who takes a `Patient` in will ring, text and write to it. So a telephone that it is not safe to ring is no `phone` here, nor an
//! address one to which it is not safe to post; they stand in the response beside the answer that says so.

use super::Said;
use super::datatype::{Address, Concept, ContactPoint, Extension, HumanName, Identifier, Reference, date, words};
use super::resource::{Communication, Contact, Patient};
use crate::RecordId;
use crate::form::{CoreField, Field, Kind, Tier};
use serde_json::Value;

/// R4's own extension.
const INTERPRETER: &str = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired";

/// Where in a `Patient` an answer goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Name,
    KnownAs,
    BirthDate,
    Telephone,
    Email,
    Address,
    Postcode,
    Language,
    Interpreter,
    Surgery,
    ContactName,
    ContactTelephone,
    ContactRelation,
}

/// The person of a referral. Without answers that go along, somebody who is in this referral and no more.
pub(super) fn patient(id: String, referral: RecordId, said: Option<&Said<'_>>) -> Patient {
    let word = |place: Place| said.and_then(|said| words(answer(said, place)?.as_str()?));
    let telephone = word(Place::Telephone).map(|number| telephone(said, &number));
    let email = word(Place::Email).map(|value| ContactPoint { system: "email", value });
    let names = [(Place::Name, "official"), (Place::KnownAs, "usual")];
    let language =
        word(Place::Language).map(|language| Communication { language: Concept::said(language), preferred: true });
    let interpreter = said.and_then(|said| answer(said, Place::Interpreter)?.as_bool());
    Patient {
        id,
        extension: interpreter.map(|is| Extension { url: INTERPRETER, value_boolean: is }).into_iter().collect(),
        identifier: vec![Identifier::uuid(referral.as_bytes()).of("referral")],
        name: names
            .iter()
            .filter_map(|(place, usage)| Some(HumanName { usage: Some(usage), text: word(*place)? }))
            .collect(),
        telecom: telephone.into_iter().flatten().chain(email).collect(),
        birth_date: said.and_then(|said| date(answer(said, Place::BirthDate)?.as_str()?)),
        address: address(said, word(Place::Address), word(Place::Postcode)).into_iter().collect(),
        contact: contact(&word).into_iter().collect(),
        communication: language.into_iter().collect(),
        general_practitioner: word(Place::Surgery).map(Reference::named).into_iter().collect(),
    }
}

/// The first answer that goes to a place, of those that go along.
fn answer<'a>(said: &Said<'a>, wanted: Place) -> Option<&'a Value> {
    said.answered().find(|(field, _)| place(field) == Some(wanted)).map(|(_, answer)| answer)
}

/// Whether something is safe, where that was answered: asked of all written answers, since one that stays behind holds as well.
fn is_safe(said: Option<&Said<'_>>, core: CoreField) -> Option<bool> {
    let said = said?;
    let field = said.form.fields().iter().find(|field| field.core == Some(core) && field.tier != Tier::ByPhone)?;
    said.answers.value(&field.name)?.as_bool()
}

fn telephone(said: Option<&Said<'_>>, number: &str) -> Vec<ContactPoint> {
    let point = |system| ContactPoint { system, value: number.to_owned() };
    let phone = is_safe(said, CoreField::SafeToCall).unwrap_or(true).then(|| point("phone"));
    let text = is_safe(said, CoreField::SafeToText).unwrap_or(false).then(|| point("sms"));
    phone.into_iter().chain(text).collect()
}

fn address(said: Option<&Said<'_>>, text: Option<String>, postal_code: Option<String>) -> Option<Address> {
    let text = text.filter(|_| is_safe(said, CoreField::SafeToPost).unwrap_or(true));
    (text.is_some() || postal_code.is_some()).then_some(Address { text, postal_code })
}

/// Whom to ring in an emergency. FHIR takes nobody there of whom only is known who they are to the person.
fn contact(word: &impl Fn(Place) -> Option<String>) -> Option<Contact> {
    let name = word(Place::ContactName).map(|text| HumanName { usage: None, text });
    let telecom: Vec<_> =
        word(Place::ContactTelephone).map(|value| ContactPoint { system: "phone", value }).into_iter().collect();
    (name.is_some() || !telecom.is_empty()).then(|| Contact {
        relationship: word(Place::ContactRelation).map(Concept::said).into_iter().collect(),
        name,
        telecom,
    })
}

fn place(field: &Field) -> Option<Place> {
    match field.core {
        Some(core) => of_core(core),
        None => of_path(field.fhir.as_deref()?, &field.kind),
    }
}

const fn of_core(core: CoreField) -> Option<Place> {
    Some(match core {
        CoreField::Name => Place::Name,
        CoreField::KnownAs => Place::KnownAs,
        CoreField::DateOfBirth => Place::BirthDate,
        CoreField::Phone => Place::Telephone,
        CoreField::Email => Place::Email,
        CoreField::Address => Place::Address,
        CoreField::Postcode => Place::Postcode,
        CoreField::SpokenLanguage => Place::Language,
        CoreField::Interpreter => Place::Interpreter,
        CoreField::GpSurgery => Place::Surgery,
        CoreField::EmergencyContactName => Place::ContactName,
        CoreField::EmergencyContactPhone => Place::ContactTelephone,
        CoreField::EmergencyContactRelation => Place::ContactRelation,
        _ => return None,
    })
}

fn of_path(path: &str, kind: &Kind) -> Option<Place> {
    Some(match (path, kind) {
        ("Patient.name" | "Patient.name.text", Kind::Text { .. }) => Place::Name,
        ("Patient.birthDate", Kind::Date) => Place::BirthDate,
        ("Patient.telecom", Kind::Phone) => Place::Telephone,
        ("Patient.telecom", Kind::Email) => Place::Email,
        ("Patient.address" | "Patient.address.text", Kind::Text { .. }) => Place::Address,
        ("Patient.address.postalCode", Kind::Text { .. } | Kind::Postcode) => Place::Postcode,
        ("Patient.communication" | "Patient.communication.language", Kind::Text { .. }) => Place::Language,
        ("Patient.generalPractitioner", Kind::Text { .. }) => Place::Surgery,
        ("Patient.contact.name" | "Patient.contact.name.text", Kind::Text { .. }) => Place::ContactName,
        ("Patient.contact.telecom", Kind::Phone) => Place::ContactTelephone,
        ("Patient.contact.relationship", Kind::Text { .. }) => Place::ContactRelation,
        _ => return None,
    })
}
