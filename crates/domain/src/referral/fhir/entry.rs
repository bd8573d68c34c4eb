//! What stands in the bundle, and under which ids.

use super::datatype::{Coding, Concept, Identifier, Period, Reference, ResourceId, instant, words};
use super::resource::{Entry, HealthcareService, Organization, Resource, ServiceRequest, Task};
use super::status::{TaskStatus, business_status, request_status, status_reason, task_status};
use super::{Export, Party, Said, confidentiality, consent, form, person, provenance};
use crate::Timestamp;
use crate::referral::code::Action;
use crate::referral::fold::Standing;
use crate::referral::{Side, State};
use data_encoding::BASE64URL_NOPAD;

/// The ids of what is in every bundle.
pub(super) struct Ids {
    pub(super) bundle: ResourceId,
    pub(super) patient: ResourceId,
    pub(super) consent: ResourceId,
    pub(super) answers: ResourceId,
    pub(super) exported: ResourceId,
    request: ResourceId,
    task: ResourceId,
    sender: ResourceId,
    receiver: ResourceId,
    listing: ResourceId,
}

impl Ids {
    pub(super) fn new(export: &Export<'_>) -> Self {
        let within = |name: &str| ResourceId::within(export.referral.id.as_bytes(), name);
        let organisation = |party: Party<'_>| ResourceId::of("organisation", party.organisation.as_bytes());
        Self {
            bundle: within("bundle"),
            patient: within("patient"),
            consent: within("consent"),
            answers: within("answers"),
            exported: within("export"),
            request: within("request"),
            task: within("task"),
            sender: organisation(export.sender),
            receiver: organisation(export.receiver),
            listing: ResourceId::of("listing", export.request.listing.as_bytes()),
        }
    }

    pub(super) fn request(&self) -> Reference {
        self.request.reference("ServiceRequest")
    }

    pub(super) fn task(&self) -> Reference {
        self.task.reference("Task")
    }

    pub(super) fn patient(&self) -> Reference {
        self.patient.reference("Patient")
    }

    pub(super) fn consent(&self) -> Reference {
        self.consent.reference("Consent")
    }

    pub(super) fn sender(&self) -> Reference {
        self.sender.reference("Organization")
    }

    pub(super) fn receiver(&self) -> Reference {
        self.receiver.reference("Organization")
    }

    pub(super) fn party(&self, side: Side) -> Reference {
        match side {
            Side::Sender => self.sender(),
            Side::Receiver => self.receiver(),
        }
    }
}

/// All of them, what the bundle is about first.
pub(super) fn all(export: &Export<'_>, ids: &Ids, said: Option<&Said<'_>>) -> Vec<Entry> {
    let patient = person::patient(ids.patient.id(), export.referral.id, said);
    let mut entries = vec![
        entry(ids.request, Resource::ServiceRequest(Box::new(service_request(export, ids, said)))),
        entry(ids.task, Resource::Task(Box::new(task(export, ids)))),
        entry(ids.patient, Resource::Patient(Box::new(patient))),
        entry(ids.consent, Resource::Consent(Box::new(consent::consent(export, ids)))),
    ];
    if let Some(said) = said {
        let authored = newest_version(export.state());
        let response = form::response(said, ids, confidentiality(Some(said)), authored);
        entries.push(entry(ids.answers, Resource::QuestionnaireResponse(Box::new(response))));
        let questionnaire = form::questionnaire(said.form);
        entries.push(entry(form::id(said.form.hash()), Resource::Questionnaire(Box::new(questionnaire))));
    }
    entries.push(entry(ids.sender, Resource::Organization(organization(ids.sender, export.sender))));
    // Who refers to itself is one organisation.
    if ids.receiver != ids.sender {
        entries.push(entry(ids.receiver, Resource::Organization(organization(ids.receiver, export.receiver))));
    }
    entries.push(entry(ids.listing, Resource::HealthcareService(healthcare_service(export, ids))));
    let provenance = provenance::all(export, ids).into_iter();
    entries.extend(provenance.map(|(id, one)| entry(id, Resource::Provenance(one))));
    entries
}

fn entry(id: ResourceId, resource: Resource) -> Entry {
    Entry { full_url: id.url(), resource }
}

fn service_request(export: &Export<'_>, ids: &Ids, said: Option<&Said<'_>>) -> ServiceRequest {
    let previous = export.request.previous.as_ref();
    let previous = previous.map(|id| Reference::identified("ServiceRequest", Identifier::uuid(id.as_bytes())));
    let answers = said.map(|_| ids.answers.reference("QuestionnaireResponse"));
    ServiceRequest {
        id: ids.request.id(),
        identifier: vec![Identifier::uuid(export.referral.id.as_bytes()).of("referral")],
        based_on: previous.into_iter().collect(),
        status: request_status(export.state()),
        intent: "order",
        category: vec![Concept::said("referral")],
        code: export.listing.and_then(words).map(Concept::said),
        subject: ids.patient(),
        authored_on: export.state().first(Action::Send).map(instant),
        requester: ids.sender(),
        performer: vec![ids.receiver(), ids.listing.reference("HealthcareService")],
        supporting_info: answers.into_iter().chain([ids.consent()]).collect(),
    }
}

fn task(export: &Export<'_>, ids: &Ids) -> Task {
    let state = export.state();
    let status = task_status(state);
    let authored = state.first(Action::Send);
    Task {
        id: ids.task.id(),
        based_on: vec![ids.request()],
        status,
        status_reason: status_reason(state).map(Concept::said),
        business_status: Concept::said(business_status(state, export.viewer)),
        intent: "order",
        code: Concept::of(Coding::new("http://hl7.org/fhir/CodeSystem/task-code", "fulfill")),
        focus: ids.request(),
        r#for: ids.patient(),
        execution_period: execution(state, status),
        authored_on: authored.map(instant),
        last_modified: last_modified(export).max(authored).map(instant),
        requester: ids.sender(),
        owner: ids.receiver(),
    }
}

/// From the first start to the end, where there was one.
fn execution(state: &State, status: TaskStatus) -> Option<Period> {
    let is_over = matches!(status, TaskStatus::Completed | TaskStatus::Failed);
    let end = state.last(Action::End).or(state.last(Action::HandBack)).filter(|_| is_over);
    Period::new(state.first(Action::Start), end)
}

/// When anything that counts was written last.
fn last_modified(export: &Export<'_>) -> Option<Timestamp> {
    let effective = export.referral.events.iter().filter(|told| told.standing == Standing::Effective);
    effective.filter_map(|told| told.event.as_ref()).map(|event| event.recorded_at).max()
}

/// When the answers were given in their newest version.
fn newest_version(state: &State) -> Option<Timestamp> {
    state.last(Action::Amend).max(state.first(Action::Send))
}

fn organization(id: ResourceId, party: Party<'_>) -> Organization {
    let organisation = party.organisation;
    // RFC 6920: an organisation's id is the SHA-256 of its root public key.
    let named = format!("ni:///sha-256;{}", BASE64URL_NOPAD.encode(organisation.as_bytes()));
    Organization {
        id: id.id(),
        identifier: vec![Identifier::uri(named), Identifier::plain(organisation.to_string()).of("organisation id")],
        name: party.name.and_then(words),
    }
}

fn healthcare_service(export: &Export<'_>, ids: &Ids) -> HealthcareService {
    HealthcareService {
        id: ids.listing.id(),
        identifier: vec![Identifier::uuid(export.request.listing.as_bytes()).of("listing")],
        provided_by: ids.receiver(),
        name: export.listing.and_then(words),
    }
}
