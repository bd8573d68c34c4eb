//! An edit: a path and what to put there.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One change to a document's value. It touches only what it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// From the root: map keys. Lists of things are maps keyed by UUID, so an entry is named by its id.
    pub path: Vec<String>,
    /// What to put there; `None` removes it. Text fields are spliced, not replaced.
    pub value: Option<Value>,
}

/// The edits that turn the old value into the new one, each as deep as maps go on both sides. Values that are no maps differ from
/// anything as a whole; so do lists. Fields in order of their names.
pub fn diff(old: &Value, new: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    let nothing = Map::new();
    let fields = |value: &'_ Value| value.as_object().unwrap_or(&nothing).clone();
    collect(&fields(old), &fields(new), &mut Vec::new(), &mut edits);
    edits.sort_by(|a, b| a.path.cmp(&b.path));
    edits
}

fn collect(old: &Map<String, Value>, new: &Map<String, Value>, path: &mut Vec<String>, edits: &mut Vec<Edit>) {
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        edits.push(Edit { path: path.iter().chain([key]).cloned().collect(), value: None });
    }
    for (key, value) in new {
        path.push(key.clone());
        match (old.get(key), value) {
            (Some(before), after) if before == after => {}
            (Some(Value::Object(before)), Value::Object(after)) => collect(before, after, path, edits),
            _ => edits.push(Edit { path: path.clone(), value: Some(value.clone()) }),
        }
        path.pop();
    }
}

/// What stands at a path of a value; nothing where the path does not lead anywhere.
pub fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.as_object()?.get(key))
}
