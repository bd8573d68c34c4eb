//! From one form to the next.

use super::*;

fn next() -> Value {
    json!({
        "title": "The next form", "x-language": "en", "required": ["full_name", "agrees"],
        "properties": {
            "full_name": { "type": "string", "title": "Name?", "x-tier": "T1", "x-core": "name", "maxLength": 10 },
            "ring": { "type": "string", "format": "phone", "title": "Telephone?", "x-tier": "T1", "x-core": "phone" },
            "interpreter": { "type": "boolean", "title": "Interpreter?", "x-tier": "T1", "x-core": "interpreter" },
            "language": {
                "type": "string", "title": "Which?", "x-tier": "T1", "x-core": "spoken_language",
                "x-when": { "field": "interpreter", "is": true },
            },
            "car": { "type": "boolean", "title": "A car?", "x-tier": "T1" },
            "number_plate": { "type": "string", "title": "Number plate?", "x-tier": "T1", "x-when": { "field": "car", "is": true } },
            "fear": { "type": "string", "title": "Fear?", "x-tier": "T3", "x-why": "To plan.", "x-core": "what_matters" },
            "agrees": { "type": "boolean", "const": true, "title": "Agreed?", "x-tier": "T1", "x-core": "permission_to_refer" },
        },
    })
}

/// What the answers to the tea form leave to ask in the next.
#[track_caller]
fn check(answers: Value, carried_over: Value, to_ask: &[&str]) {
    let (from, to) = (form(&tea()), form(&next()));
    let answers = Answers::draft(&from, &answers).unwrap();
    let carried = carried(&from, &answers, &to, Use::Referral, today());
    assert_eq!(Value::Object(carried.answers.values().clone()), carried_over);
    assert_eq!(carried.answers.form(), to.hash());
    assert_eq!(carried.to_ask.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), to_ask);
    assert_eq!(carried.by_phone.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["fear"]);
}

#[test]
fn shared_fields_are_filled_and_the_rest_is_asked() {
    check(
        json!({ "name": "Ann", "phone": "020 7946 0000", "interpreter": true, "spoken": "Polish", "agrees": true }),
        json!({ "full_name": "Ann", "ring": "020 7946 0000", "interpreter": true, "language": "Polish" }),
        &["car", "number_plate", "agrees"],
    );
}

#[test]
fn a_permission_is_asked_anew() {
    check(
        json!({ "agrees": true }),
        json!({}),
        &["full_name", "ring", "interpreter", "language", "car", "number_plate", "agrees"],
    );
}

#[test]
fn what_does_not_fit_the_other_form_is_asked() {
    check(
        json!({ "name": "Ann-Margarethe", "phone": "020 7946 0000", "interpreter": false }),
        json!({ "ring": "020 7946 0000", "interpreter": false }),
        &["full_name", "car", "number_plate", "agrees"],
    );
}

#[test]
fn another_organisations_form_costs_only_its_extra_questions() {
    let shipped = |name| shipped::by_name(name).unwrap().form().unwrap();
    let example = |name| serde_yaml_ng::from_str::<Value>(shipped::by_name(name).unwrap().example).unwrap();
    let (charity, surgery) = (shipped("refer-back"), shipped("bridge-note"));
    let answers = Answers::read(&charity, &example("refer-back"), Use::Referral, today()).unwrap();
    let carried = carried(&charity, &answers, &surgery, Use::Referral, today());
    for known in ["name", "date_of_birth", "gp_surgery", "spoken_language", "interpreter", "what_matters", "what_helps"]
    {
        assert!(carried.answers.value(known).is_some(), "{known}");
        assert!(!carried.to_ask.iter().any(|field| field.name == known), "{known}");
    }
    assert!(carried.to_ask.iter().any(|field| field.name == "asks"));
    assert!(carried.answers.value("agrees").is_none());
}
