//! A form as a plain JSON Schema that any validator knows what to do with: what may be answered in writing, and nothing more.

use super::check::Use;
use super::field::{Choice, Field, Kind, Requirement};
use super::read::DIALECT;
use super::{CoreField, Form};
use serde_json::{Map, Value, json};

/// Formats of our own, as [`check`](super::check) tests them; a validator that does not know them passes them over.
pub(super) const WORDS: &str = "words";
pub(super) const DATE: &str = "date";
pub(super) const BIRTH: &str = "date-of-birth";
pub(super) const EMAIL: &str = "email-address";
pub(super) const PHONE: &str = "phone";
pub(super) const POSTCODE: &str = "postcode";

/// The schema that answers for this use of a form have to meet. A condition becomes `if`, `then`, `else`; what is asked by
/// telephone, or belongs to another use, is no property at all.
pub fn json_schema(form: &Form, purpose: Use) -> Value {
    let asked: Vec<&Field> = form.written(purpose).collect();
    let properties: Map<String, Value> = asked.iter().map(|field| (field.name.clone(), property(field))).collect();
    let required: Vec<&str> = asked
        .iter()
        .filter(|field| field.requirement == Requirement::Required && field.when.is_none())
        .map(|field| field.name.as_str())
        .collect();
    let conditions: Vec<Value> = asked.iter().filter_map(|field| condition(form, field)).collect();
    let mut schema = json!({
        "$schema": DIALECT,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    });
    if let (Some(fields), false) = (schema.as_object_mut(), conditions.is_empty()) {
        fields.insert("allOf".to_owned(), Value::Array(conditions));
    }
    schema
}

/// What one answer has to meet.
pub(super) fn property(field: &Field) -> Value {
    match &field.kind {
        Kind::Text { least, most } => {
            json!({ "type": "string", "minLength": least, "maxLength": most, "format": WORDS })
        }
        Kind::Date if field.core == Some(CoreField::DateOfBirth) => json!({ "type": "string", "format": BIRTH }),
        Kind::Date => json!({ "type": "string", "format": DATE }),
        Kind::Email => json!({ "type": "string", "format": EMAIL }),
        Kind::Phone => json!({ "type": "string", "format": PHONE }),
        Kind::Postcode => json!({ "type": "string", "format": POSTCODE }),
        Kind::Whole { least, most } => {
            let mut property = json!({ "type": "integer" });
            let bounds = [("minimum", least), ("maximum", most)];
            for (word, bound) in bounds {
                if let (Some(property), Some(bound)) = (property.as_object_mut(), bound) {
                    property.insert(word.to_owned(), json!(bound));
                }
            }
            property
        }
        Kind::YesNo => json!({ "type": "boolean" }),
        Kind::MustAgree => json!({ "type": "boolean", "const": true }),
        Kind::One(choices) => json!({ "type": "string", "enum": values(choices) }),
        Kind::Several { choices, least, most } => json!({
            "type": "array",
            "items": { "type": "string", "enum": values(choices) },
            "minItems": least,
            "maxItems": most,
            "uniqueItems": true,
        }),
    }
}

fn values(choices: &[Choice]) -> Vec<&str> {
    choices.iter().map(|choice| choice.value.as_str()).collect()
}

fn condition(form: &Form, field: &Field) -> Option<Value> {
    let when = field.when.as_ref()?;
    let on = match form.field(&when.field)?.kind {
        Kind::Several { .. } => json!({ "contains": { "const": when.is } }),
        _ => json!({ "const": when.is }),
    };
    let then = match field.requirement {
        Requirement::Required => json!({ "required": [field.name] }),
        Requirement::Optional => json!(true),
    };
    Some(json!({
        "if": { "properties": { (when.field.as_str()): on }, "required": [when.field] },
        "then": then,
        "else": { "properties": { (field.name.as_str()): false } },
    }))
}
