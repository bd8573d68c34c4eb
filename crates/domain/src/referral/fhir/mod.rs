//! One referral as FHIR R4, for systems that know nothing of this one: a `Bundle` of type `collection` in which every reference leads to
//! an entry.
//!
//! What goes along: a `ServiceRequest` and its `Task` with the statuses of [`status`], the `Patient`, the `Consent`, the answers as a
//! `QuestionnaireResponse` beside its `Questionnaire`, an `Organization` for each party, the listing as a `HealthcareService`, and a
//! `Provenance` for the export and for each event that moved something. It is structurally valid FHIR, and no profile is claimed.
//!
//! Of the person there is only what the exporting party may read: nothing where nobody there has opened the payload or its node erased
//! it, nothing beyond the tier that was asked for, and never what is asked by telephone alone. Nobody of the staff is named.
//!
//! The same referral gives the same ids: version 5 UUIDs of the referral's id, or of the organisation's, listing's or form's, which are
//! the same in other bundles.

mod consent;
mod datatype;
mod entry;
mod form;
mod person;
mod provenance;
mod resource;
pub mod status;

pub use status::{RequestStatus, TaskStatus};

use super::document::Request;
use super::fold::Referral;
use super::{Side, State};
use crate::form::{Answers, Field, Form, Sensitivity, Tier};
use crate::{OrgId, Refusal, Timestamp};
use datatype::{Coding, Meta};
use entry::Ids;
use serde_json::Value;

/// A referral and what goes into its export. Not printable: it holds what somebody said of themselves.
#[derive(Clone, Copy)]
pub struct Export<'a> {
    /// The referral, folded.
    pub referral: &'a Referral,
    /// The sender's document.
    pub request: &'a Request,
    /// Who refers.
    pub sender: Party<'a>,
    /// Who is asked.
    pub receiver: Party<'a>,
    /// What the listing that is asked for is called, where it is here.
    pub listing: Option<&'a str>,
    /// The newest answers with the form that they are to, where they could be opened here.
    pub answers: Option<(&'a Form, &'a Answers)>,
    /// What the sealed record of the agreement says, where it could be opened here.
    pub agreement: Option<Agreed<'a>>,
    /// Now.
    pub exported_at: Timestamp,
    /// The party that exports.
    pub viewer: Side,
    /// The closest tier that goes along; [`Tier::ByPhone`] means no more than [`Tier::Context`].
    pub tier: Tier,
}

/// An organisation in a referral.
#[derive(Clone, Copy)]
pub struct Party<'a> {
    /// Which.
    pub organisation: OrgId,
    /// What it is called, where that is known.
    pub name: Option<&'a str>,
}

/// What the record of an agreement says, as far as an export needs it.
#[derive(Clone, Copy)]
pub struct Agreed<'a> {
    /// When it was given.
    pub given_at: Timestamp,
    /// When it ends, where it does.
    pub expires_at: Option<Timestamp>,
    /// How it was given, in a word: `face-to-face`, `telephone`, `writing`.
    pub how: &'a str,
    /// The language that it was explained in (BCP 47).
    pub language: Option<&'a str>,
}

/// The bundle. Refused when what was handed in does not belong together; total otherwise, whatever a partner wrote.
pub fn export(export: &Export<'_>) -> Result<Value, Refusal> {
    check(export)?;
    let ids = Ids::new(export);
    let said = export.said();
    let bundle = resource::Bundle {
        id: ids.bundle.id(),
        meta: Meta::labelled(confidentiality(said.as_ref())),
        r#type: "collection",
        timestamp: datatype::instant(export.exported_at),
        entry: entry::all(export, &ids, said.as_ref()),
    };
    serde_json::to_value(bundle).map_err(|_| Refusal::malformed("a referral cannot be written as FHIR"))
}

fn check(export: &Export<'_>) -> Result<(), Refusal> {
    if export.request.referral != export.referral.id || export.request.receiver != export.receiver.organisation {
        return Err(Refusal::invalid("the request, the events and the receiver are not of one referral"));
    }
    if export.answers.is_some_and(|(form, answers)| answers.form() != form.hash()) {
        return Err(Refusal::invalid("the answers are to another form than the one beside them")
            .hint("hand in the form that the answers name by its hash"));
    }
    Ok(())
}

/// Answers that go along.
struct Said<'a> {
    form: &'a Form,
    answers: &'a Answers,
    tier: Tier,
}

impl<'a> Export<'a> {
    fn state(&self) -> &'a State {
        &self.referral.state
    }

    fn said(&self) -> Option<Said<'a>> {
        let (form, answers) = self.answers.filter(|_| self.may_read())?;
        Some(Said { form, answers, tier: self.tier })
    }

    fn agreed(&self) -> Option<Agreed<'a>> {
        self.agreement.filter(|_| self.may_read())
    }

    /// Whether what is sealed may be read where this is exported: somebody there opened it, and none of its nodes erased it.
    fn may_read(&self) -> bool {
        let has_opened = self.viewer == Side::Sender || self.state().was_opened;
        has_opened && self.state().erasure(self.viewer).nodes.is_empty()
    }
}

impl<'a> Said<'a> {
    /// Whether an answer to this question goes along.
    fn admits(&self, field: &Field) -> bool {
        field.tier != Tier::ByPhone && field.tier <= self.tier
    }

    /// Questions with the answers that go along, in the order of the form.
    fn answered(&self) -> impl Iterator<Item = (&'a Field, &'a Value)> {
        let (form, answers) = (self.form, self.answers);
        let answered = form.fields().iter().filter_map(|field| Some((field, answers.value(&field.name)?)));
        answered.filter(|(field, _)| self.admits(field))
    }

    /// Whether an answer that was given in writing stays behind.
    fn is_cut(&self) -> bool {
        let given = self.form.fields().iter().filter(|field| self.answers.value(&field.name).is_some());
        given.into_iter().any(|field| field.tier != Tier::ByPhone && !self.admits(field))
    }
}

/// HL7's label for what a bundle tells: restricted where the law guards an answer in it more than others.
fn confidentiality(said: Option<&Said<'_>>) -> Coding {
    let is_special =
        said.is_some_and(|said| said.answered().any(|(field, _)| field.sensitivity == Sensitivity::Special));
    let (code, display) = if is_special { ("R", "restricted") } else { ("N", "normal") };
    Coding::new("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code).shown(display)
}
