//! Forms as people write, publish, fill in and print them.

mod answering;
mod carrying;
mod measuring;
mod printing;
mod publishing;
mod reading;
mod shipping;

use super::*;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// The day on which the tests are.
pub(super) fn today() -> Date {
    date(2026, 11, 30)
}

/// A form with one question of most types.
pub(super) fn tea() -> Value {
    json!({
        "title": "Tea & talk",
        "x-language": "en",
        "x-i18n": { "cy": { "title": "Te a sgwrs" } },
        "required": ["name", "agrees"],
        "properties": {
            "area": { "type": "string", "title": "Which part of town?", "x-tier": "T0", "x-core": "area" },
            "name": {
                "type": "string", "title": "What is your name?", "x-tier": "T1", "x-core": "name", "maxLength": 20,
                "x-i18n": { "cy": { "title": "Beth yw eich enw?" } },
            },
            "born": { "type": "string", "format": "date", "title": "When were you born?", "x-tier": "T1", "x-core": "date_of_birth" },
            "phone": { "type": "string", "format": "phone", "title": "Your telephone?", "x-tier": "T1", "x-core": "phone" },
            "postcode": { "type": "string", "format": "postcode", "title": "Your postcode?", "x-tier": "T1", "x-core": "postcode" },
            "email": { "type": "string", "format": "email", "title": "Your e-mail address?", "x-tier": "T1", "x-core": "email" },
            "first_came": { "type": "string", "format": "date", "title": "When did you first come?", "x-tier": "T1" },
            "interpreter": { "type": "boolean", "title": "An interpreter?", "x-tier": "T1", "x-core": "interpreter" },
            "spoken": {
                "type": "string", "title": "Into which language?", "x-tier": "T1", "x-core": "spoken_language",
                "x-when": { "field": "interpreter", "is": true, "required": true },
            },
            "cups": { "type": "integer", "title": "How many cups?", "x-tier": "T2", "minimum": 0, "maximum": 9, "x-why": "To have enough." },
            "cake": {
                "type": "string", "enum": ["plain", "fruit"], "title": "Which cake?", "x-tier": "T2", "x-why": "To bake it.",
                "x-labels": { "plain": "Plain cake", "fruit": "Fruit cake" },
            },
            "days": {
                "type": "array", "items": { "type": "string", "enum": ["tue", "thu", "sat"] }, "maxItems": 2,
                "title": "Which days?", "x-tier": "T1", "x-labels": { "tue": "Tuesday", "thu": "Thursday", "sat": "Saturday" },
            },
            "thursday_bus": {
                "type": "boolean", "title": "The bus on Thursday?", "x-tier": "T1", "x-when": { "field": "days", "is": "thu" },
            },
            "safe": { "type": "string", "title": "Are you safe?", "x-tier": "T3", "x-why": "To plan with you.", "x-special-category": true },
            "agrees": { "type": "boolean", "const": true, "title": "May we pass this on?", "x-tier": "T1", "x-core": "permission_to_refer" },
        },
    })
}

pub(super) fn form(value: &Value) -> Form {
    Form::read(value).unwrap_or_else(|refusal| panic!("{refusal}; {}", refusal.hint.clone().unwrap_or_default()))
}

/// The value with something else in a place, or nothing there.
pub(super) fn with(mut value: Value, pointer: &str, other: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match other {
        Some(other) => parent.insert(key.to_owned(), other),
        None => parent.shift_remove(key),
    };
    value
}

/// A refusal with its hint.
pub(super) fn told(refusal: &Refusal) -> String {
    format!("{:?}: {refusal}; {}", refusal.kind, refusal.hint.clone().unwrap_or_default())
}

pub(super) fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
