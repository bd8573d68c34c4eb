//! The resources of a bundle, with the elements of FHIR R4 (4.0.1) that a referral fills, in R4's order. Whatever is required there is no
//! `Option` here. None of them can be printed: they hold what is said of a person.

use super::datatype::{
    Address, Attachment, Coding, Concept, ContactPoint, Extension, HumanName, Identifier, Meta, Period, Reference,
};
use super::status::{RequestStatus, TaskStatus};
use serde::Serialize;

/// The whole.
#[derive(Serialize)]
#[serde(tag = "resourceType")]
pub(super) struct Bundle {
    pub(super) id: String,
    pub(super) meta: Meta,
    pub(super) r#type: &'static str,
    pub(super) timestamp: String,
    pub(super) entry: Vec<Entry>,
}

/// One resource of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) full_url: String,
    pub(super) resource: Resource,
}

#[derive(Serialize)]
#[serde(tag = "resourceType")]
pub(super) enum Resource {
    ServiceRequest(Box<ServiceRequest>),
    Task(Box<Task>),
    Patient(Box<Patient>),
    Consent(Box<Consent>),
    Questionnaire(Box<Questionnaire>),
    QuestionnaireResponse(Box<QuestionnaireResponse>),
    Organization(Organization),
    HealthcareService(HealthcareService),
    Provenance(Provenance),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceRequest {
    pub(super) id: String,
    pub(super) identifier: Vec<Identifier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) based_on: Vec<Reference>,
    pub(super) status: RequestStatus,
    pub(super) intent: &'static str,
    pub(super) category: Vec<Concept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<Concept>,
    pub(super) subject: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authored_on: Option<String>,
    pub(super) requester: Reference,
    pub(super) performer: Vec<Reference>,
    pub(super) supporting_info: Vec<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) based_on: Vec<Reference>,
    pub(super) status: TaskStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_reason: Option<Concept>,
    pub(super) business_status: Concept,
    pub(super) intent: &'static str,
    pub(super) code: Concept,
    pub(super) focus: Reference,
    pub(super) r#for: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) execution_period: Option<Period>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authored_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_modified: Option<String>,
    pub(super) requester: Reference,
    pub(super) owner: Reference,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patient {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extension: Vec<Extension>,
    pub(super) identifier: Vec<Identifier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) name: Vec<HumanName>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) telecom: Vec<ContactPoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) birth_date: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) address: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) contact: Vec<Contact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) communication: Vec<Communication>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) general_practitioner: Vec<Reference>,
}

#[derive(Serialize)]
pub(super) struct Contact {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) relationship: Vec<Concept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<HumanName>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) telecom: Vec<ContactPoint>,
}

#[derive(Serialize)]
pub(super) struct Communication {
    pub(super) language: Concept,
    pub(super) preferred: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consent {
    pub(super) id: String,
    pub(super) identifier: Vec<Identifier>,
    pub(super) status: &'static str,
    pub(super) scope: Concept,
    pub(super) category: Vec<Concept>,
    pub(super) patient: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date_time: Option<String>,
    pub(super) organization: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_attachment: Option<Attachment>,
    pub(super) policy_rule: Concept,
    pub(super) provision: Provision,
}

#[derive(Serialize)]
pub(super) struct Provision {
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) period: Option<Period>,
    pub(super) actor: Vec<Actor>,
    pub(super) action: Vec<Concept>,
    pub(super) code: Vec<Concept>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) provision: Vec<Self>,
}

#[derive(Serialize)]
pub(super) struct Actor {
    pub(super) role: Concept,
    pub(super) reference: Reference,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Questionnaire {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    pub(super) url: String,
    pub(super) identifier: Vec<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    pub(super) status: &'static str,
    pub(super) subject_type: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) item: Vec<Question>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question {
    pub(super) link_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) enable_when: Vec<Condition>,
    pub(super) required: bool,
    pub(super) repeats: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) answer_option: Vec<AnswerOption>,
}

#[derive(Serialize)]
pub(super) struct Condition {
    pub(super) question: String,
    pub(super) operator: &'static str,
    #[serde(flatten)]
    pub(super) answer: ConditionAnswer,
}

/// FHIR's `answer[x]`.
#[derive(Serialize)]
pub(super) enum ConditionAnswer {
    #[serde(rename = "answerBoolean")]
    Boolean(bool),
    #[serde(rename = "answerCoding")]
    Coding(Coding),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerOption {
    pub(super) value_coding: Coding,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuestionnaireResponse {
    pub(super) id: String,
    pub(super) meta: Meta,
    pub(super) based_on: Vec<Reference>,
    pub(super) questionnaire: String,
    pub(super) status: &'static str,
    pub(super) subject: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authored: Option<String>,
    pub(super) author: Reference,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) item: Vec<Answered>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answered {
    pub(super) link_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    pub(super) answer: Vec<Answer>,
}

/// FHIR's `value[x]`.
#[derive(Serialize)]
pub(super) enum Answer {
    #[serde(rename = "valueString")]
    String(String),
    #[serde(rename = "valueBoolean")]
    Boolean(bool),
    #[serde(rename = "valueDate")]
    Date(String),
    #[serde(rename = "valueInteger")]
    Integer(i32),
    #[serde(rename = "valueDecimal")]
    Decimal(i64),
    #[serde(rename = "valueCoding")]
    Coding(Coding),
}

#[derive(Serialize)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) identifier: Vec<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HealthcareService {
    pub(super) id: String,
    pub(super) identifier: Vec<Identifier>,
    pub(super) provided_by: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance {
    pub(super) id: String,
    pub(super) target: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) occurred_date_time: Option<String>,
    pub(super) recorded: String,
    pub(super) activity: Concept,
    pub(super) agent: Vec<Agent>,
}

#[derive(Serialize)]
pub(super) struct Agent {
    pub(super) r#type: Concept,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) role: Vec<Concept>,
    pub(super) who: Reference,
}
