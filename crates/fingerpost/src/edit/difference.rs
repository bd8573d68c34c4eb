//! The difference between a document as it was shown and as it came back, so that nothing else is written.

use node::api::PathEdit;
use serde_json::{Map, Value};

/// The edits that make `after` out of `before`.
pub(super) fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<PathEdit> {
    let mut edits = Vec::new();
    between(before, after, "", &mut edits);
    edits
}

fn between(before: &Map<String, Value>, after: &Map<String, Value>, prefix: &str, edits: &mut Vec<PathEdit>) {
    for (key, old) in before {
        let path = format!("{prefix}{key}");
        match (old, after.get(key)) {
            (_, None | Some(Value::Null)) => edits.push(PathEdit { path, value: None }),
            (old, Some(new)) if old == new => {}
            (Value::Object(old), Some(Value::Object(new))) if addressable(old, new) => {
                between(old, new, &format!("{path}."), edits);
            }
            (_, Some(new)) => edits.push(PathEdit { path, value: Some(new.clone()) }),
        }
    }
    for (key, new) in after.iter().filter(|(key, new)| !before.contains_key(*key) && !new.is_null()) {
        edits.push(PathEdit { path: format!("{prefix}{key}"), value: Some(new.clone()) });
    }
}

/// A key with a dot in it cannot stand in a path: such a map is written whole.
fn addressable(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    old.keys().chain(new.keys()).all(|key| !key.contains('.'))
}
