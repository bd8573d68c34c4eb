//! What is a form, and what an author is told whose file is none.

use super::*;
use crate::limits::{FORM_BYTES, FORM_FIELDS, FORM_OPTIONS};
use proptest::prelude::*;

/// Anything, as it may stand anywhere in a file from elsewhere.
fn anything() -> impl Strategy<Value = Value> {
    let words = ["T0", "T3", "string", "array", "en", "name", "tue", "x-why", "", "\u{202e}", "ons4/happy"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        proptest::sample::select(words.to_vec()).prop_map(|word| json!(word)),
        ".{0,12}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|entries| json!(entries)),
            proptest::collection::btree_map("[a-z-]{1,8}", inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    })
}

/// Every place in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), field)).collect(),
        Value::Array(entries) => entries.iter().enumerate().map(|(place, entry)| (place.to_string(), entry)).collect(),
        _ => Vec::new(),
    };
    for (key, field) in inner {
        let at = format!("{at}/{key}");
        places(field, &at, found);
        found.push(at);
    }
}

proptest! {
    /// A file with anything anywhere is taken or refused in words; what is taken comes back from its bytes, and makes a schema.
    #[test]
    fn nothing_in_a_form_breaks_what_reads_it(changes in proptest::collection::vec((any::<usize>(), anything()), 1..4)) {
        let mut value = tea();
        for (place, other) in changes {
            let mut found = Vec::new();
            places(&value, "", &mut found);
            if found.is_empty() {
                break;
            }
            *value.pointer_mut(&found[place % found.len()]).unwrap() = other;
        }
        if let Ok(form) = Form::read(&value) {
            prop_assert_eq!(Form::parse(form.bytes()), Ok(form.clone()));
            prop_assert!(jsonschema::draft202012::meta::is_valid(&json_schema(&form, Use::Referral)));
            render::paper(&form, &render::Voice::ENGLISH);
        }
    }
}

/// What becomes of the tea form with something else in a place.
#[track_caller]
fn check(pointer: &str, other: Value, expected: &str) {
    let said = match Form::read(&with(tea(), pointer, Some(other))) {
        Ok(_) => "taken".to_owned(),
        Err(refusal) => told(&refusal),
    };
    assert!(said.contains(expected), "{pointer} said: {said}");
}

fn question(extra: Value) -> Value {
    let mut question = json!({ "type": "string", "title": "A question?", "x-tier": "T1" });
    question.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    question
}

#[test]
fn a_form_keeps_its_order_and_comes_back_from_its_bytes() {
    let form = form(&tea());
    let names: Vec<_> = form.fields().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names[..4], ["area", "name", "born", "phone"]);
    assert_eq!(form.languages().collect::<Vec<_>>(), ["en", "cy"]);
    let again = Form::parse(form.bytes()).expect("canonical");
    assert_eq!(again, form);
    assert_eq!(again.hash(), form.hash());
}

#[test]
fn the_same_form_has_one_hash_however_it_is_written() {
    let pretty = serde_json::to_string_pretty(&tea()).unwrap();
    assert_eq!(form(&serde_json::from_str(&pretty).unwrap()).hash(), form(&tea()).hash());
    let backwards: serde_json::Map<_, _> = tea().as_object().unwrap().clone().into_iter().rev().collect();
    assert_eq!(form(&Value::Object(backwards)).hash(), form(&tea()).hash());
    let other = with(tea(), "/title", Some(json!("Tea and talk")));
    assert_ne!(form(&other).hash(), form(&tea()).hash());
    // Of the questions, order is content.
    let mut order: Vec<_> = form(&tea()).fields().iter().map(|field| field.name.clone()).collect();
    order.swap(0, 1);
    assert_ne!(form(&with(tea(), "/x-order", Some(json!(order)))).hash(), form(&tea()).hash());
}

#[test]
fn the_hash_of_a_form_stays_what_it_is() {
    insta::assert_snapshot!(form(&tea()).hash(), @"c93dec600e5de201a5601afa7970dbf999c0cec3e09a19da3820aed406e40c47");
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    let bytes = form(&tea()).bytes().to_vec();
    let text = String::from_utf8(bytes).unwrap();
    for other in [text.replacen('{', "{ ", 1), format!("{text}\n"), tea().to_string(), String::new(), "[]".to_owned()] {
        assert!(Form::parse(other.as_bytes()).is_err(), "{other:.40}");
    }
    // A name that stands twice reads as its last value, which is not how it was written.
    let twice = text.replacen("\"title\":\"A", "\"title\":\"B\",\"title\":\"A", 1);
    let twice = if twice == text { text.replacen("{", "{\"$schema\":\"x\",", 1) } else { twice };
    assert!(Form::parse(twice.as_bytes()).is_err());
}

#[test]
fn canonical_json_sorts_and_writes_whole_numbers_whole() {
    let value = json!({ "b": [1.0, -0.0, 1.5, 1e300], "a": "é\n\u{1}", "\u{10000}": 1, "\u{e000}": 2 });
    let text = String::from_utf8(canonical::bytes(&value)).unwrap();
    assert_eq!(text, "{\"a\":\"é\\n\\u0001\",\"b\":[1,0,1.5,1e+300],\"\u{10000}\":1,\"\u{e000}\":2}");
}

#[test]
fn an_author_is_told_what_to_write_instead() {
    let at = "/properties/other";
    check("/x-langauge", json!("en"), "the form has \"x-langauge\", which forms do not know");
    check("/x-language", json!("English"), "a language is not written as a language tag; write `en`");
    check("/title", json!(" "), "`title` of the form is words");
    check("/properties", json!({}), "a form asks nothing");
    check("/required", json!(["nmae"]), "names \"nmae\", which it does not ask");
    check("/required", json!(["name", "name"]), "names a question twice");
    check("/x-order", json!(["name"]), "does not name every question once");
    check("/additionalProperties", json!(true), "is not false; leave it out");
    check("/x-origin", json!({ "organisation": "x", "form": "y" }), "is not an organisation id");
    check("/properties/Name of person", question(json!({})), "is no name for a question; use small letters");
    check(at, json!({ "type": "string", "title": "A?" }), "does not say how close it goes; write \"x-tier\"");
    check(at, json!({ "type": "string", "x-tier": "T1" }), "other has no `title`");
    check(at, question(json!({ "pattern": "(a+)+$" })), "other has \"pattern\", which forms do not know");
    check(at, question(json!({ "type": "object" })), "a type that forms do not know; write \"type\": \"string\"");
    check(at, question(json!({ "format": "uri" })), "a format that forms do not know; the formats are date");
    check(at, question(json!({ "maxLength": 100_000 })), "TooLarge: other may have 100000 characters");
    check(at, question(json!({ "minLength": 9, "maxLength": 3 })), "nobody can answer");
    check(at, question(json!({ "type": "integer", "minimum": 2, "maximum": 1 })), "nobody can answer");
    check(at, question(json!({ "enum": [] })), "has no list of options");
    check(at, question(json!({ "enum": ["a", "a"] })), "has an option twice: \"a\"");
    check(at, question(json!({ "enum": ["a"], "x-labels": { "b": "B" } })), "\"b\", which is no option");
    check(at, question(json!({ "x-tier": "T2" })), "does not say why it is asked");
    check(at, question(json!({ "x-special-category": true })), "does not say why it is asked");
    check(
        at,
        question(json!({ "x-core": "shoe_size" })),
        "none of the fields that forms share; they are name, known_as",
    );
    check(at, question(json!({ "x-core": "name" })), "other is another name: a form asks it once");
    check(at, question(json!({ "x-core": "safe_to_call" })), "write \"type\": \"boolean\"");
    check("/properties/name/x-tier", json!("T0"), "tells who somebody is: not T0");
    check(at, question(json!({ "x-i18n": { "pl": { "title": "Tak?" } } })), "other is in pl, and the form is not");
    check(at, question(json!({ "title": "Pay\u{202e}pal?" })), "characters that hide or turn others");
    check(at, question(json!({ "x-when": { "field": "later", "is": true } })), "which is no earlier question");
    check(at, question(json!({ "x-when": { "field": "safe", "is": true } })), "asked by telephone alone");
    check(
        at,
        question(json!({ "x-when": { "field": "cake", "is": "plain" } })),
        "other is T1 and depends on \"cake\", which is T2",
    );
    check(at, question(json!({ "x-when": { "field": "days", "is": "mon" } })), "that this cannot have");
    check(at, question(json!({ "x-when": { "field": "name", "is": "Ann" } })), "that this cannot have");
    check("/required", json!(["spoken"]), "not always asked");
    check("/required", json!(["safe"]), "cannot be required in writing");
    check("/required", json!(["name"]), "agrees is the permission to refer, and a referral could go without it");
    check(at, question(json!({})), "taken");
}

#[test]
fn what_is_too_much_is_refused() {
    let many: serde_json::Map<String, Value> =
        (0..=FORM_FIELDS).map(|n| (format!("q{n}"), question(json!({})))).collect();
    check("/properties", json!(many), "TooLarge: a form of 101 questions");
    let options: Vec<String> = (0..=FORM_OPTIONS).map(|n| n.to_string()).collect();
    check("/properties/other", question(json!({ "enum": options })), "TooLarge: other has 51 options");
    check(
        "/properties/other",
        question(json!({ "title": "x".repeat(2_000) })),
        "TooLarge: `title` of other has 2000 bytes",
    );
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!({ "en": deep });
    }
    check("/x-i18n", deep, "TooLarge: a form nests deeper");
    let wordy: serde_json::Map<String, Value> =
        (0..FORM_FIELDS).map(|n| (format!("q{n}"), question(json!({ "title": "x".repeat(400) })))).collect();
    check("/properties", json!(wordy), "`required` of the form names");
    let wordy = json!({ "title": "x", "x-language": "en", "properties": wordy });
    assert!(told(&Form::read(&wordy).unwrap_err()).contains("TooLarge: a form of "));
    assert!(told(&Form::parse(&vec![b' '; FORM_BYTES + 1]).unwrap_err()).contains("TooLarge"));
}

#[test]
fn every_core_field_can_be_asked() {
    for core in CoreField::ALL {
        let mut question: Value = serde_json::from_str(&match core.kind() {
            core_field::Type::One(words) => json!({ "type": "string", "enum": words }).to_string(),
            kind => format!("{{{}}}", kind.written()),
        })
        .unwrap();
        let said = json!({ "title": "?", "x-tier": core.widest().word(), "x-why": "Because.", "x-core": core.word() });
        question.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let form =
            form(&json!({ "title": "x", "x-language": "en", "required": ["it"], "properties": { "it": question } }));
        assert_eq!(form.fields()[0].core, Some(*core));
        assert_eq!(CoreField::from_word(core.word()), Some(*core));
    }
}
