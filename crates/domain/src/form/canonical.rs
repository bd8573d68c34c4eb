//! One way to write a JSON value, as RFC 8785 has it: no blanks, keys sorted by UTF-16, whole numbers without a fraction.

use serde_json::{Map, Number, Value};

/// The largest whole number that every reader of JSON keeps exactly: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The canonical bytes of a value.
pub fn bytes(value: &Value) -> Vec<u8> {
    sorted(value).to_string().into_bytes()
}

/// Whether maps and lists nest deeper than this; a value that is neither nests 0 deep.
pub fn nests_deeper_than(value: &Value, most: usize) -> bool {
    let inner: Vec<&Value> = match value {
        Value::Array(entries) => entries.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return false,
    };
    most == 0 || inner.into_iter().any(|value| nests_deeper_than(value, most - 1))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(entries) => Value::Array(entries.iter().map(sorted).collect()),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            Value::Object(fields.into_iter().map(|(key, field)| (key.clone(), sorted(field))).collect::<Map<_, _>>())
        }
        Value::Number(number) => Value::Number(whole(number)),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

fn whole(number: &Number) -> Number {
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is within 2^53")]
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT => Number::from(float as i64),
        _ => number.clone(),
    }
}
