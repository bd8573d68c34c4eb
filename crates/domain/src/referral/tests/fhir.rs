//! Referrals as FHIR R4, from invented people.

mod person;
mod sound;
mod status;

use super::*;
use crate::form::{Answers, Form, Tier};
use crate::referral::fhir::{Agreed, Export, Party, export};
use crate::{OrgId, RefusalKind};
use serde_json::{Value, json};
use sound::{entries, one, sound};

const SENDER: Party<'_> = Party { organisation: OrgId::from_bytes([1; 32]), name: Some("Riverside Link Workers") };
const RECEIVER: Party<'_> = Party { organisation: OrgId::from_bytes([2; 32]), name: Some("Copper Lane Arts") };
const AGREED: Agreed<'_> = Agreed {
    given_at: Timestamp::from_ms(1_699_990_000_000),
    expires_at: Some(Timestamp::from_ms(1_730_000_000_000)),
    how: "telephone",
    language: Some("cy"),
};
const STARTED: &str = "send; by receiver: open then acknowledge then accept; contact then start";

/// A form with a question of every kind.
fn form() -> Form {
    let value = json!({
        "title": "Come and draw",
        "description": "Somebody can fill this in with you.",
        "x-language": "en",
        "required": ["name", "agrees"],
        "properties": {
            "day": {
                "type": "string", "enum": ["tue", "either day"], "title": "Which day?", "x-tier": "T0",
                "x-labels": { "tue": "Tuesday" },
            },
            "spoken": { "type": "string", "title": "Your language?", "x-tier": "T0", "x-core": "spoken_language" },
            "interpreter": { "type": "boolean", "title": "An interpreter?", "x-tier": "T0", "x-core": "interpreter" },
            "name": { "type": "string", "title": "Your name?", "x-tier": "T1", "x-core": "name" },
            "known_as": { "type": "string", "title": "And for short?", "x-tier": "T1", "x-core": "known_as" },
            "born": { "type": "string", "format": "date", "title": "Your birthday?", "x-tier": "T1", "x-fhir": "Patient.birthDate" },
            "phone": { "type": "string", "format": "phone", "title": "Your telephone?", "x-tier": "T1", "x-core": "phone" },
            "call": { "type": "boolean", "title": "Safe to ring?", "x-tier": "T1", "x-core": "safe_to_call" },
            "text": {
                "type": "boolean", "title": "Safe to text?", "x-tier": "T1", "x-core": "safe_to_text",
                "x-when": { "field": "call", "is": true, "required": true },
            },
            "email": { "type": "string", "format": "email", "title": "Your e-mail address?", "x-tier": "T1", "x-core": "email" },
            "address": { "type": "string", "title": "Your address?", "x-tier": "T1", "x-core": "address" },
            "postcode": { "type": "string", "format": "postcode", "title": "Your postcode?", "x-tier": "T1", "x-core": "postcode" },
            "post": { "type": "boolean", "title": "Safe to write?", "x-tier": "T2", "x-core": "safe_to_post", "x-why": "Some letters are read." },
            "surgery": { "type": "string", "title": "Your GP surgery?", "x-tier": "T1", "x-core": "gp_surgery" },
            "friend": { "type": "string", "title": "Whom to ring?", "x-tier": "T1", "x-core": "emergency_contact_name" },
            "friend_phone": { "type": "string", "format": "phone", "title": "Their telephone?", "x-tier": "T1", "x-core": "emergency_contact_phone" },
            "friend_is": { "type": "string", "title": "Who is that?", "x-tier": "T1", "x-core": "emergency_contact_relation" },
            "nhs_number": { "type": "integer", "title": "Your NHS number?", "x-tier": "T1" },
            "visits": { "type": "integer", "title": "How often did you come?", "x-tier": "T2", "minimum": 0, "maximum": 99, "x-why": "To plan." },
            "likes": {
                "type": "array", "items": { "type": "string", "enum": ["clay", "ink", "singing"] }, "title": "What do you like?",
                "x-tier": "T2", "x-why": "To have it ready.", "x-labels": { "clay": "Clay", "ink": "Ink" },
            },
            "colours": {
                "type": "string", "title": "Which colours?", "x-tier": "T2", "x-why": "To have them ready.", "maxLength": 800,
                "x-when": { "field": "likes", "is": "ink" },
            },
            "helps": { "type": "string", "title": "What helps?", "x-tier": "T2", "x-special-category": true, "x-why": "To be ready." },
            "at_home": { "type": "string", "title": "Is it safe at home?", "x-tier": "T3", "x-special-category": true, "x-why": "To plan with you." },
            "agrees": {
                "type": "boolean", "const": true, "title": "May we pass this on?", "x-tier": "T1", "x-core": "permission_to_refer",
                "x-fhir": "Consent.provision",
            },
        },
    });
    Form::read(&value).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn answers() -> Value {
    json!({
        "day": "either day", "spoken": "Tigrinya", "interpreter": true, "name": "Maud Example", "known_as": "Maudie",
        "born": "1948-07-30", "phone": "020 7946 0101", "call": true, "text": true, "email": "maud@example.org",
        "address": "9 Invented Street", "postcode": "ZZ1 1ZZ", "post": true, "surgery": "Millpond Surgery",
        "friend": "Hanna Example", "friend_phone": "07700 900456", "friend_is": "Sister", "nhs_number": 9_999_999_999_u64,
        "visits": 3, "likes": ["ink", "singing"], "colours": "Blue,\nand green", "helps": "A chair with arms",
        "at_home": "Only on Thursdays", "agrees": true,
    })
}

/// Some of the answers, others in their place.
fn with(others: Value) -> Value {
    let mut value = answers();
    for (name, other) in others.as_object().expect("a map") {
        value[name] = other.clone();
    }
    value
}

fn request(view: &View) -> Request {
    Request {
        referral: referral(),
        receiver: RECEIVER.organisation,
        listing: RecordId::from_bytes([5; 16]),
        form: *form().hash().as_bytes(),
        previous: Some(document::new_referral([4; 16])),
        agreement: Agreement {
            record: BlobHash::from_bytes([7; 32]),
            rests_on: RestsOn::Own,
            pass_back: PassBack::Outcome,
            expires_at: Some(Timestamp::from_ms(1_800_000_000_000)),
        },
        events: view.request.clone(),
    }
}

/// What is exported of a referral, with everything at hand.
struct Scene {
    referral: Referral,
    request: Request,
    form: Form,
    answers: Answers,
}

impl Scene {
    fn of(view: &View, answers: &Value) -> Self {
        let form = form();
        let answers = Answers::draft(&form, answers).expect("a map");
        Self { referral: view.fold(), request: request(view), form, answers }
    }

    fn told(story: &str) -> Self {
        let (view, refused) = told(story);
        assert!(refused.is_empty(), "{story}: {refused:?}");
        Self::of(&view, &answers())
    }

    fn export(&self, viewer: Side) -> Export<'_> {
        Export {
            referral: &self.referral,
            request: &self.request,
            sender: SENDER,
            receiver: RECEIVER,
            listing: Some("Drawing on Tuesdays"),
            answers: Some((&self.form, &self.answers)),
            agreement: Some(AGREED),
            exported_at: Timestamp::from_ms(1_700_100_000_000),
            viewer,
            tier: Tier::ByPhone,
        }
    }

    fn bundle(&self, viewer: Side) -> Value {
        bundle(&self.export(viewer))
    }
}

/// A bundle that is sound in itself.
#[track_caller]
fn bundle(of: &Export<'_>) -> Value {
    let bundle = export(of).unwrap_or_else(|refusal| panic!("{refusal}"));
    sound(&bundle);
    bundle
}

#[test]
fn a_whole_bundle() {
    let scene = Scene::told(STARTED);
    golden("fhir_bundle", &serde_json::to_string_pretty(&scene.bundle(Side::Receiver)).expect("JSON"));
}

#[test]
fn what_breaks_a_bundle_is_found_here() {
    let whole = Scene::told(STARTED).bundle(Side::Receiver);
    let place = |kind: &str| {
        let mut entries = whole["entry"].as_array().expect("entries").iter();
        let place = entries.position(|entry| entry["resource"]["resourceType"] == kind).expect("there");
        format!("/entry/{place}")
    };
    let broken = [
        (format!("{}/resource/policyRule", place("Consent")), None),
        (format!("{}/resource/patient", place("Consent")), None),
        (format!("{}/resource/owner/reference", place("Task")), Some(json!("urn:uuid:0"))),
        (format!("{}/resource/owner/type", place("Task")), Some(json!("Patient"))),
        (format!("{}/resource/lastModified", place("Task")), Some(json!("2001-01-01T00:00:00.000Z"))),
        (format!("{}/resource/name", place("Patient")), Some(json!([]))),
        (format!("{}/resource/birthDate", place("Patient")), Some(Value::Null)),
        (format!("{}/resource/name", place("HealthcareService")), Some(json!("\u{0}"))),
        (format!("{}/resource/item/0/linkId", place("QuestionnaireResponse")), Some(json!("unasked"))),
        (format!("{}/resource/item/0/answer/0", place("QuestionnaireResponse")), Some(json!({ "valueString": "tue" }))),
        (place("Patient"), whole.pointer(&place("Task")).cloned()),
    ];
    for (path, other) in broken {
        let mut bundle = whole.clone();
        let (parent, name) = path.rsplit_once('/').expect("a path");
        match (bundle.pointer_mut(parent).expect("there"), other) {
            (Value::Array(all), Some(other)) => all.push(other),
            (parent, Some(other)) => parent[name] = other,
            (parent, None) => drop(parent.as_object_mut().expect("a map").remove(name).expect("there")),
        }
        assert!(std::panic::catch_unwind(|| sound(&bundle)).is_err(), "{path}");
    }
}

#[test]
fn a_draft_is_one_in_both_and_names_no_time() {
    let scene = Scene::of(&View::default(), &answers());
    let bundle = scene.bundle(Side::Sender);
    assert_eq!([&one(&bundle, "Task")["status"], &one(&bundle, "ServiceRequest")["status"]], ["draft", "draft"]);
    assert!(one(&bundle, "Task").get("authoredOn").is_none());
    assert_eq!(entries(&bundle, "Provenance").len(), 1, "the export's own");
}

#[test]
fn the_same_things_have_the_same_ids_in_other_bundles() {
    let scene = Scene::told(STARTED);
    let bundle = scene.bundle(Side::Receiver);
    assert_eq!(bundle, scene.bundle(Side::Receiver));
    let mut other = Scene::told("send; by receiver: open");
    let elsewhere = document::new_referral([9; 16]);
    other.request.referral = elsewhere;
    other.referral.id = elsewhere;
    let other = other.bundle(Side::Sender);
    for kind in ["Organization", "Questionnaire", "HealthcareService"] {
        assert_eq!(entries(&bundle, kind), entries(&other, kind));
    }
    for kind in ["ServiceRequest", "Task", "Patient", "Consent", "QuestionnaireResponse"] {
        assert_ne!(one(&bundle, kind)["id"], one(&other, kind)["id"], "{kind}");
    }
}

#[test]
fn consent_says_what_was_agreed_and_whether_it_stands() {
    let scene = Scene::told(STARTED);
    let consent = one(&scene.bundle(Side::Sender), "Consent").clone();
    assert_eq!(consent["status"], "active");
    assert_eq!(consent["provision"]["period"]["end"], "2024-10-27T03:33:20.000Z", "the record's word");
    assert_eq!(consent["provision"]["provision"][0]["type"], "permit");
    assert_eq!(consent["sourceAttachment"]["title"], "agreement (telephone)");
    let later = Export { exported_at: Timestamp::from_ms(1_730_000_000_000), ..scene.export(Side::Sender) };
    assert_eq!(one(&bundle(&later), "Consent")["status"], "inactive");
    let withdrawn = Scene::told("send; by receiver: open; by sender: consent-withdraw");
    let bundle_withdrawn = withdrawn.bundle(Side::Sender);
    let consent = one(&bundle_withdrawn, "Consent");
    assert_eq!(consent["status"], "inactive");
    let withdrawals = entries(&bundle_withdrawn, "Provenance").into_iter();
    let targets: Vec<_> = withdrawals.filter(|p| p["activity"]["text"] == "consent-withdraw").collect();
    assert_eq!(targets[0]["target"][0]["reference"], format!("urn:uuid:{}", consent["id"].as_str().expect("an id")));
    let mut silent = Scene::told("send");
    silent.request.agreement.pass_back = PassBack::Nothing;
    let unread = Export { agreement: None, ..silent.export(Side::Receiver) };
    let unread = bundle(&unread);
    let consent = one(&unread, "Consent");
    assert_eq!(consent["provision"]["provision"][0]["type"], "deny");
    assert_eq!(consent["provision"]["period"], json!({ "end": "2027-01-15T08:00:00.000Z" }), "the request's word");
    assert!(consent.get("dateTime").is_none() && consent.get("sourceAttachment").is_none());
}

#[test]
fn provenance_is_of_what_took_effect() {
    let (view, refused) = told("send; by receiver: open then accept; ∥ by receiver 3: !decline");
    assert_eq!(refused.len(), 1);
    let bundle = Scene::of(&view, &answers()).bundle(Side::Receiver);
    let told: Vec<_> = entries(&bundle, "Provenance").into_iter().map(|p| p["activity"]["text"].clone()).collect();
    assert_eq!(told, ["export", "send", "accept"]);
    assert_eq!(one(&bundle, "Task")["lastModified"], "2023-11-14T22:16:20.000Z");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let scene = Scene::told("send");
    let refused = |export_: Export<'_>| {
        let refusal = export(&export_).expect_err("refused");
        assert_eq!(refusal.kind, RefusalKind::Invalid);
        refusal.message
    };
    let other = Form::read(&json!({
        "title": "Another", "x-language": "en",
        "properties": { "name": { "type": "string", "title": "Maud?", "x-tier": "T1" } },
    }));
    let other = other.expect("a form");
    let answers = Some((&other, &scene.answers));
    assert!(refused(Export { answers, ..scene.export(Side::Sender) }).contains("another form"));
    assert!(refused(Export { receiver: SENDER, ..scene.export(Side::Sender) }).contains("one referral"));
    let request = Request { referral: document::new_referral([9; 16]), ..scene.request.clone() };
    assert!(refused(Export { request: &request, ..scene.export(Side::Sender) }).contains("one referral"));
}

#[test]
fn one_organisation_that_refers_to_itself_stands_there_once() {
    let scene = Scene::told("send");
    let export = Export { sender: RECEIVER, ..scene.export(Side::Sender) };
    assert_eq!(entries(&bundle(&export), "Organization").len(), 1);
}

#[test]
fn whatever_is_at_the_end_of_time_or_of_writing_fhir_can_read() {
    let scene = Scene::told(STARTED);
    for (ms, year) in [(i64::MIN, "0001-01-01T"), (i64::MAX, "9999-12-30T"), (-62_200_000_000_000, "0001-01-01T")] {
        let at = Timestamp::from_ms(ms);
        let how = "\u{0}by\u{85}hand\u{2028}";
        let agreed = Agreed { given_at: at, expires_at: Some(at), how, language: Some("Wel sh") };
        let nameless = Party { name: Some(" \u{a0}\u{1}"), ..SENDER };
        let export =
            Export { exported_at: at, agreement: Some(agreed), sender: nameless, ..scene.export(Side::Sender) };
        let bundle = bundle(&Export { listing: Some("\u{7}"), ..export });
        assert!(bundle["timestamp"].as_str().expect("a moment").starts_with(year), "{bundle}");
        let source = one(&bundle, "Consent")["sourceAttachment"].clone();
        assert_eq!((source["title"].clone(), source.get("language")), (json!("agreement (by hand)"), None));
        assert!(one(&bundle, "ServiceRequest").get("code").is_none());
        assert!(entries(&bundle, "Organization")[0].get("name").is_none());
    }
}
