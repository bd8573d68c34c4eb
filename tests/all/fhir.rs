//! Referrals as FHIR R4, before a validator that is not ours.

use domain::form::shipped::SHIPPED;
use domain::form::{Answers, Field, Form, Kind, Tier};
use domain::referral::document::new_referral;
use domain::referral::fhir::{Agreed, Export, Party, export};
use domain::referral::{
    Action, Agreement, Author, Body, Contact, Events, Homes, Onward, Outcome, PassBack, Reason, Receipt, Referral,
    Request, RestsOn, Role, Side, Stage, fold,
};
use domain::{BlobHash, NodeId, OrgId, RecordId, StaffId, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::fhir::Validator;

const RECEIVER: OrgId = OrgId::from_bytes([2; 32]);
const WITHDRAW: Body = Body::Withdraw(Reason::NeedsChanged);
const ACCEPT: Body = Body::Accept { version: 1 };
const OPEN: Body = Body::Open { version: 1 };
const DECLINE: Body = Body::Decline(Reason::NoSpace);
const STOPPED: Body = Body::ConfirmStop { contact: Contact::Made, onward: Onward::None };

/// Every stage, as turns in which each party's home node writes on what there was before.
fn stories() -> Vec<Vec<(Side, u8, Body)>> {
    let by = |side: Side, bodies: &[Body]| bodies.iter().map(|body| (side, 1, *body)).collect::<Vec<_>>();
    let sent = by(Side::Sender, &[Body::Send]);
    let opened = [sent.clone(), by(Side::Receiver, &[OPEN])].concat();
    let accepted = [opened.clone(), by(Side::Receiver, &[Body::Acknowledge { version: 1 }, ACCEPT])].concat();
    let started = [accepted.clone(), by(Side::Receiver, &[Body::Contact(Contact::Made), Body::Start])].concat();
    let then = |before: &Vec<_>, side: Side, bodies: &[Body]| [before.clone(), by(side, bodies)].concat();
    let apart = |body: Body| [opened.clone(), vec![(Side::Receiver, 1, body), (Side::Receiver, 2, DECLINE)]].concat();
    let stopping = then(&started, Side::Sender, &[WITHDRAW]);
    let erased = Body::Erase { node: node(Side::Sender, 1), receipt: Receipt::Erased };
    vec![
        Vec::new(),
        sent.clone(),
        then(&opened, Side::Receiver, &[Body::Acknowledge { version: 1 }]),
        then(&opened, Side::Receiver, &[Body::Ask]),
        then(&opened, Side::Receiver, &[Body::Wait]),
        accepted.clone(),
        started.clone(),
        then(&started, Side::Receiver, &[Body::Pause(Reason::Illness)]),
        apart(ACCEPT),
        apart(Body::Wait),
        then(&accepted, Side::Receiver, &[Body::PassOn { next: new_referral([8; 16]) }]),
        then(&started, Side::Receiver, &[Body::HandBack(Reason::NeedsMore)]),
        then(&started, Side::Receiver, &[Body::End(Outcome::Completed)]),
        then(&accepted, Side::Receiver, &[Body::End(Outcome::DidNotAttend)]),
        then(&opened, Side::Receiver, &[DECLINE]),
        stopping.clone(),
        then(&stopping, Side::Receiver, &[STOPPED]),
        then(&then(&stopping, Side::Receiver, &[STOPPED]), Side::Sender, &[Body::TakeBack]),
        then(&sent, Side::Sender, &[WITHDRAW]),
        then(&sent, Side::Sender, &[Body::Lapse]),
        then(&opened, Side::Sender, &[Body::WithdrawAgreement, erased]),
        then(&then(&opened, Side::Receiver, &[DECLINE]), Side::Sender, &[Body::Close]),
    ]
}

fn node(side: Side, number: u8) -> NodeId {
    NodeId::from_bytes([if side == Side::Sender { 10 } else { 20 } + number; 16])
}

/// What the turns come to. What the receiver's second node writes knows nothing of the event before it.
fn told(story: &[(Side, u8, Body)]) -> (Referral, Events) {
    let homes = Homes {
        sender: [node(Side::Sender, 1)].into(),
        receiver: [node(Side::Receiver, 1), node(Side::Receiver, 2)].into(),
    };
    let (mut request, mut response) = (Events::new(), Events::new());
    let id = new_referral([7; 16]);
    let mut before = fold(id, &request, &response, &homes);
    for ((side, number, body), at_ms) in story.iter().zip((1_700_000_000_000..).step_by(60_000)) {
        let now = fold(id, &request, &response, &homes);
        let seen = if *number == 2 { &before } else { &now };
        let action = body.action();
        let is_keeping = matches!(action, Action::Erase | Action::Keep);
        let author = Author {
            side: *side,
            node: node(*side, *number),
            role: if is_keeping { Role::DataProtectionLead } else { Role::Caseworker },
            staff: StaffId::from_bytes([3; 16]),
            occurred_at: Timestamp::from_ms(at_ms),
            now: Timestamp::from_ms(at_ms),
        };
        let is_sealed = matches!(action, Action::Send | Action::Ask);
        let payload = is_sealed.then(|| BlobHash::from_bytes([5; 32]));
        let event = seen.write(&author, *body, payload).unwrap_or_else(|refusal| panic!("{story:?}: {refusal}"));
        let own = if *side == Side::Sender { &mut request } else { &mut response };
        own.insert(event.id(), event.encode());
        before = now;
    }
    (fold(id, &request, &response, &homes), request)
}

/// An answer to each question that is asked in writing.
fn answers(form: &Form) -> Answers {
    let answer = |field: &Field| match &field.kind {
        Kind::Text { .. } => json!("Words of\nMaud Example"),
        Kind::Date => json!("1948-07-30"),
        Kind::Email => json!("maud@example.org"),
        Kind::Phone => json!("020 7946 0101"),
        Kind::Postcode => json!("ZZ1 1ZZ"),
        Kind::Whole { least, .. } => json!(least.unwrap_or(0)),
        Kind::YesNo | Kind::MustAgree => json!(true),
        Kind::One(choices) => json!(choices[0].value),
        Kind::Several { choices, .. } => json!([choices[0].value]),
    };
    let all: serde_json::Map<_, _> = form.fields().iter().map(|field| (field.name.clone(), answer(field))).collect();
    Answers::draft(form, &Value::Object(all)).expect("a map")
}

fn bundle(story: &[(Side, u8, Body)], viewer: Side, form: Option<&Form>) -> (Stage, Value) {
    let (referral, events) = told(story);
    let request = Request {
        referral: referral.id,
        receiver: RECEIVER,
        listing: RecordId::from_bytes([5; 16]),
        form: form.map_or([6; 32], |form| *form.hash().as_bytes()),
        previous: form.is_some().then(|| new_referral([4; 16])),
        agreement: Agreement {
            record: BlobHash::from_bytes([7; 32]),
            rests_on: RestsOn::Own,
            pass_back: if viewer == Side::Sender { PassBack::Progress } else { PassBack::Nothing },
            expires_at: form.map(|_| Timestamp::from_ms(1_800_000_000_000)),
        },
        events,
    };
    let answers = form.map(answers);
    let given_at = Timestamp::from_ms(1_699_990_000_000);
    let bundle = export(&Export {
        referral: &referral,
        request: &request,
        sender: Party { organisation: OrgId::from_bytes([1; 32]), name: Some("Riverside Link Workers") },
        receiver: Party { organisation: RECEIVER, name: form.map(|_| "Copper Lane Arts") },
        listing: form.map(|_| "Drawing on Tuesdays"),
        answers: form.zip(answers.as_ref()),
        agreement: form.map(|_| Agreed { given_at, expires_at: None, how: "telephone", language: Some("cy") }),
        exported_at: Timestamp::from_ms(1_700_100_000_000),
        viewer,
        tier: Tier::Context,
    });
    (Stage::of(&referral.state), bundle.expect("exported"))
}

#[test]
fn a_validator_of_r4_has_nothing_to_say_of_any_bundle() {
    let Some(validator) = Validator::find() else { return };
    let forms: Vec<Form> = SHIPPED.iter().map(|shipped| shipped.form().expect("a form")).collect();
    let (mut stages, mut bundles) = (BTreeSet::new(), Vec::new());
    for (number, story) in stories().iter().enumerate() {
        for viewer in Side::ALL {
            for form in [None, forms.get(number % forms.len())] {
                let (stage, bundle) = bundle(story, viewer, form);
                stages.insert(stage);
                bundles.push(bundle);
            }
        }
    }
    assert_eq!(stages, Stage::ALL.iter().copied().collect());
    let tells = |bundle: &&Value| bundle.to_string().contains("\"resourceType\":\"QuestionnaireResponse\"");
    assert!(bundles.iter().filter(tells).count() > 30);
    for (bundle, told) in bundles.iter().zip(validator.told(&bundles)) {
        let wrong: Vec<_> =
            told.iter().filter(|words| !words.starts_with("info ") && !EXPECTED.contains(&words.as_str())).collect();
        assert!(wrong.is_empty(), "{wrong:#?} of {}", bundle["entry"][1]["resource"]);
    }
}

/// What it says of codes from outside value sets that R4 leaves open: R4 lists no policies but those of a few countries, and Welsh is
/// none of its common languages.
const EXPECTED: [&str; 2] = [
    "warning Consent.policyRule: Code \"OPTIN\" (http://terminology.hl7.org/CodeSystem/v3-ActCode) not found in value set",
    "warning Consent.sourceAttachment.language: Code \"cy\" not found in value set",
];

#[test]
fn what_is_broken_is_found() {
    let Some(validator) = Validator::find() else { return };
    let form = SHIPPED[1].form().expect("a form");
    let story = &stories()[6];
    let whole = bundle(story, Side::Receiver, Some(&form)).1;
    let place = |resource: &str| {
        let entries = whole["entry"].as_array().expect("entries").iter();
        let place =
            entries.enumerate().find(|(_, entry)| entry["resource"]["resourceType"] == resource).expect("there");
        format!("/entry/{}/resource", place.0)
    };
    let without = [
        ("ServiceRequest", "status"),
        ("ServiceRequest", "intent"),
        ("ServiceRequest", "subject"),
        ("Task", "status"),
        ("Task", "intent"),
        ("Consent", "scope"),
        ("Consent", "category"),
        ("Questionnaire", "status"),
        ("QuestionnaireResponse", "status"),
        ("Provenance", "target"),
        ("Provenance", "recorded"),
        ("Provenance", "agent"),
    ];
    let mut broken: Vec<(Value, String)> = Vec::new();
    for (of, field) in without {
        let mut bundle = whole.clone();
        let resource = bundle.pointer_mut(&place(of)).and_then(Value::as_object_mut).expect("a resource");
        assert!(resource.remove(field).is_some(), "{of}.{field}");
        broken.push((bundle, format!("error {of}.{field}: Missing property")));
    }
    let others = [
        ("Task", "status", json!("waitlisted"), "error Task.status: Code \"waitlisted\" not found in value set"),
        ("Patient", "name", json!({ "text": "Maud" }), "error Patient.name: Property is not an array"),
        ("Patient", "nickname", json!("Maud"), "error Patient.nickname: Unexpected property"),
        (
            "Task",
            "owner",
            json!({ "reference": "urn:uuid:1", "type": "Consent" }),
            "error Task.owner: Invalid type for reference",
        ),
    ];
    for (of, field, value, words) in others {
        let mut bundle = whole.clone();
        let resource = bundle.pointer_mut(&place(of)).and_then(Value::as_object_mut).expect("a resource");
        resource.insert(field.to_owned(), value);
        broken.push((bundle, words.to_owned()));
    }
    let bundles: Vec<Value> = broken.iter().map(|(bundle, _)| bundle.clone()).collect();
    for ((_, words), told) in broken.iter().zip(validator.told(&bundles)) {
        assert!(told.iter().any(|said| said.starts_with(words)), "{words} is not among {told:#?}");
    }
}
