//! Where something is, in plain words.

use super::schedule::text;
use serde_json::{Map, Value};

/// A place in a line: "Hoe Street Hall, 12 Hoe Street, Walthamstow, E17 4SA".
pub(super) fn place(location: &Map<String, Value>) -> String {
    let mut parts: Vec<String> = text(location, "name").map(str::to_owned).into_iter().collect();
    for address in things(location.get("addresses")).into_iter().take(1) {
        for key in ["address_1", "address_2", "city", "region", "state_province", "postal_code"] {
            let part = text(address, key).map(str::trim);
            parts.extend(part.filter(|part| !parts.iter().any(|p| p == part)).map(str::to_owned));
        }
    }
    if parts.is_empty() {
        parts.extend(text(location, "description").map(str::to_owned));
    }
    match text(location, "location_type") {
        Some("virtual") if parts.is_empty() => "online".into(),
        Some("virtual") => format!("online: {}", parts.join(", ")),
        _ if parts.is_empty() => "a place that is not named".into(),
        _ => parts.join(", "),
    }
}

/// What is said about getting in: "step-free, hearing loop".
pub(super) fn access(location: &Map<String, Value>) -> Option<String> {
    let mut parts = Vec::new();
    for access in things(location.get("accessibility")) {
        for (key, yes, no) in [
            ("step_free", "step-free", "not step-free"),
            ("hearing_loop", "hearing loop", "no hearing loop"),
            ("accessible_toilet", "accessible toilet", "no accessible toilet"),
        ] {
            parts.extend(access.get(key).and_then(Value::as_bool).map(|has| if has { yes } else { no }.to_owned()));
        }
        for (key, label) in
            [("parking", "parking: "), ("public_transport", "by "), ("description", ""), ("details", "")]
        {
            parts.extend(text(access, key).map(|words| format!("{label}{words}")));
        }
    }
    parts.extend(text(location, "transportation").map(str::to_owned));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The entries of a map of things, or of a list of them.
pub(super) fn things(value: Option<&Value>) -> Vec<&Map<String, Value>> {
    match value {
        Some(Value::Object(things)) => things.values().filter_map(Value::as_object).collect(),
        Some(Value::Array(things)) => things.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}
