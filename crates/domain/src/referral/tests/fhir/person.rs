//! What goes along of the person, and to whom.

use super::*;
use crate::referral::tests::properties::{hostile, hostile_view, play, turns};
use proptest::prelude::*;

/// Words that only the answers have.
const CANARIES: [&str; 9] =
    ["Maud", "1948", "7946", "maud@", "Invented", "Hanna", "Tigrinya", "9999999999", "(telephone)"];

fn names_nobody(bundle: &Value) -> bool {
    let text = bundle.to_string();
    !CANARIES.iter().any(|canary| text.contains(canary))
}

fn patient(answers: &Value, tier: Tier) -> Value {
    let mut scene = Scene::told(STARTED);
    scene.answers = Answers::draft(&scene.form, answers).expect("a map");
    one(&bundle(&Export { tier, ..scene.export(Side::Receiver) }), "Patient").clone()
}

#[test]
fn who_has_not_opened_it_or_erased_it_exports_nobody() {
    let stories = [
        ("send", Side::Receiver),
        ("send; by receiver: acknowledge", Side::Receiver),
        ("send; by receiver: acknowledge; by sender: consent-withdraw", Side::Receiver),
        ("send; withdraw; erase", Side::Sender),
        ("send; by receiver: open then decline then erase", Side::Receiver),
    ];
    for (story, viewer) in stories {
        let bundle = Scene::told(story).bundle(viewer);
        assert!(names_nobody(&bundle), "{story}: {bundle}");
        let patient = one(&bundle, "Patient");
        let fields: Vec<_> = patient.as_object().expect("a map").keys().map(String::as_str).collect();
        assert_eq!(fields, ["resourceType", "id", "identifier"]);
        assert_eq!(patient["identifier"][0]["value"], format!("urn:uuid:{}", referral()));
        assert!(entries(&bundle, "QuestionnaireResponse").is_empty(), "{story}");
        assert_eq!(bundle["meta"]["security"][0]["code"], "N");
    }
    for (story, viewer) in [("send", Side::Sender), ("send; by receiver: open", Side::Receiver)] {
        let bundle = Scene::told(story).bundle(viewer);
        assert!(!names_nobody(&bundle), "{story}");
        assert_eq!(bundle["meta"]["security"][0]["code"], "R", "the law guards one of the answers");
    }
    // The other party's erasing takes nothing from what is here.
    let kept = Scene::told("send; by receiver: open then decline then erase").bundle(Side::Sender);
    assert_eq!(one(&kept, "Patient")["name"][0]["text"], "Maud Example");
}

#[test]
fn a_tier_lets_nothing_closer_along_and_the_telephone_s_never() {
    let scene = Scene::told(STARTED);
    let expected = [
        (Tier::Enquiry, 3, false, false),
        (Tier::Contact, 18, true, false),
        (Tier::Context, 23, true, true),
        (Tier::ByPhone, 23, true, true),
    ];
    for (tier, count, has_name, has_context) in expected {
        let bundle = bundle(&Export { tier, ..scene.export(Side::Receiver) });
        let text = bundle.to_string();
        assert_eq!(text.contains("Maud"), has_name, "{tier:?}");
        assert_eq!(text.contains("A chair with arms"), has_context, "{tier:?}");
        assert!(!text.contains("Only on Thursdays") && !text.contains("at_home"), "{tier:?}");
        let response = one(&bundle, "QuestionnaireResponse");
        assert_eq!(response["item"].as_array().expect("items").len(), count, "{tier:?}");
        let tag = response["meta"].get("tag").map(|tag| tag[0]["code"].clone());
        assert_eq!(tag, (tier < Tier::Context).then(|| "SUBSETTED".into()), "{tier:?}");
        assert_eq!(bundle["meta"]["security"][0]["code"], if has_context { "R" } else { "N" });
    }
}

#[test]
fn what_is_not_safe_is_no_way_to_reach_somebody() {
    let systems = |answers: &Value, tier: Tier| -> Vec<String> {
        let patient = patient(answers, tier);
        let points = patient["telecom"].as_array().into_iter().flatten();
        points.map(|point| point["system"].as_str().expect("a system").to_owned()).collect()
    };
    assert_eq!(systems(&answers(), Tier::Contact), ["phone", "sms", "email"]);
    assert_eq!(systems(&with(json!({ "text": false })), Tier::Contact), ["phone", "email"]);
    assert_eq!(systems(&with(json!({ "call": false })), Tier::Contact), ["sms", "email"]);
    assert_eq!(systems(&with(json!({ "call": false, "text": null, "email": null })), Tier::Contact), [""; 0]);
    assert_eq!(systems(&with(json!({ "call": null, "text": null })), Tier::Contact), ["phone", "email"]);
    // Whether it is safe to write stays behind at this tier, and holds.
    let unsafe_to_write = with(json!({ "post": false }));
    for tier in [Tier::Contact, Tier::Context] {
        assert_eq!(patient(&unsafe_to_write, tier)["address"], json!([{ "postalCode": "ZZ1 1ZZ" }]));
    }
    assert_eq!(patient(&answers(), Tier::Contact)["address"][0]["text"], "9 Invented Street");
}

#[test]
fn a_form_sends_answers_to_known_places_only() {
    let field = |fhir: &str, extra: Value| {
        let mut field = json!({ "type": "string", "title": "?", "x-tier": "T1", "x-fhir": fhir });
        field.as_object_mut().expect("a map").extend(extra.as_object().expect("a map").clone());
        field
    };
    let form = Form::read(&json!({
        "title": "Strange", "x-language": "en",
        "properties": {
            "neighbour": field("Patient.deceasedBoolean", json!({})),
            "date": field("Patient.birthDate", json!({})),
            "number": field("Patient.telecom", json!({ "format": "phone" })),
            "second": field("Patient.telecom", json!({ "format": "phone" })),
            "referrer": field("Patient.name.text", json!({ "x-core": "referrer_name" })),
            "nick": field("Patient.name.text", json!({})),
            "code": field("Patient.address.postalCode", json!({ "format": "postcode" })),
            "friend_is": field("Patient.contact.relationship", json!({})),
        },
    }));
    let form = form.expect("a form");
    let said = json!({
        "neighbour": "Ann", "date": "yesterday", "number": "020 7946 0001", "second": "020 7946 0002", "referrer": "Noor",
        "nick": "Bo", "code": "E17", "friend_is": "Sister",
    });
    let answers = Answers::draft(&form, &said).expect("a map");
    let scene = Scene::told(STARTED);
    let bundle = bundle(&Export { answers: Some((&form, &answers)), ..scene.export(Side::Sender) });
    let mut patient = one(&bundle, "Patient").clone();
    ["resourceType", "id", "identifier"].iter().for_each(|name| drop(patient.as_object_mut().unwrap().remove(*name)));
    assert_eq!(
        patient,
        json!({
            "name": [{ "use": "official", "text": "Bo" }],
            "telecom": [{ "system": "phone", "value": "020 7946 0001" }],
            "address": [{ "postalCode": "E17" }],
        })
    );
}

#[test]
fn options_that_are_no_codes_are_told_apart_by_their_words() {
    let form = Form::read(&json!({
        "title": "Spaces", "x-language": "en",
        "properties": {
            "one": { "type": "string", "enum": ["a  b", " c", "d e"], "title": "Which?", "x-tier": "T0" },
        },
    }));
    let form = form.expect("a form");
    let scene = Scene::told(STARTED);
    let coding = |value: &str| {
        let answers = Answers::draft(&form, &json!({ "one": value })).expect("a map");
        let bundle = bundle(&Export { answers: Some((&form, &answers)), ..scene.export(Side::Sender) });
        let coding = one(&bundle, "QuestionnaireResponse")["item"][0]["answer"][0]["valueCoding"].clone();
        (coding.get("code").cloned(), coding["display"].clone())
    };
    assert_eq!(coding("a  b"), (None, json!("a  b")));
    assert_eq!(coding(" c"), (None, json!("c")));
    assert_eq!(coding("d e"), (Some(json!("d e")), json!("d e")));
}

#[test]
fn an_answer_that_is_none_to_its_question_is_left_out() {
    let scene = Scene::told(STARTED);
    let wrong = with(json!({
        "day": "friday", "interpreter": "yes", "born": "0000-01-01", "visits": 4_000_000_000_u64, "nhs_number": 1.5,
        "likes": "ink", "name": ["Maud"], "colours": "\u{0}\u{a0}", "phone": { "a": 1 }, "agrees": 1, "unasked": "Maud",
    }));
    let answers = Answers::draft(&scene.form, &wrong).expect("a map");
    let bundle = bundle(&Export { answers: Some((&scene.form, &answers)), ..scene.export(Side::Receiver) });
    let items = one(&bundle, "QuestionnaireResponse")["item"].as_array().expect("items").clone();
    let names: Vec<_> = items.iter().filter_map(|item| item["linkId"].as_str()).collect();
    for name in wrong.as_object().expect("a map").keys() {
        let is_left = !["day", "interpreter", "born", "visits", "nhs_number", "likes", "name", "colours", "phone"]
            .iter()
            .chain(&["agrees", "unasked", "at_home"])
            .any(|wrong| wrong == name);
        assert_eq!(names.contains(&name.as_str()), is_left, "{name}");
    }
    assert!(one(&bundle, "Patient").get("birthDate").is_none());
}

/// Any JSON, as a partner may seal it under the name of a question.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::sample::select(vec!["tue", "ink", "1948-07-30", "0000-01-01", "\u{0}", " ", "020 7946 0101"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| proptest::collection::vec(inner, 0..3).prop_map(Value::from))
}

fn sealed() -> impl Strategy<Value = Value> {
    let names: Vec<String> =
        form().fields().iter().map(|field| field.name.clone()).chain(["other".to_owned()]).collect();
    let name = proptest::sample::select(names);
    proptest::collection::btree_map(name, json_value(), 0..20)
        .prop_map(|map| Value::Object(map.into_iter().collect::<serde_json::Map<_, _>>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_referral_that_can_be_has_a_sound_bundle(turns in turns(), sealed in sealed(), tier in 0..4_usize) {
        for view in play(&turns, |_| {}) {
            let scene = Scene::of(&view, &sealed);
            for viewer in Side::ALL {
                let export = Export { tier: Tier::ALL[tier], ..scene.export(viewer) };
                bundle(&export);
                bundle(&Export { answers: None, agreement: None, listing: None, ..export });
            }
        }
    }

    #[test]
    fn whatever_a_party_writes_there_is_a_bundle(written in hostile(), at in any::<i64>(), name in ".*") {
        let scene = Scene::of(&hostile_view(&written).0, &answers());
        let party = Party { name: Some(&name), ..SENDER };
        let at = Timestamp::from_ms(at);
        let agreed = Agreed { given_at: at, expires_at: Some(at), how: &name, language: Some(&name) };
        for viewer in Side::ALL {
            let export = Export { sender: party, listing: Some(&name), ..scene.export(viewer) };
            bundle(&Export { agreement: Some(agreed), exported_at: at, ..export });
        }
    }
}
