//! A path as a person writes it: `sessions.<id>.opens_at`.

use super::{Shape, root};
use crate::document::Kind;
use crate::{RecordId, Refusal};
use serde_json::Value;

/// Reads a dotted path. An entry of a list of things is named by its id or by a beginning of it that no other entry shares;
/// `+` names a new entry, which gets the id given here.
pub fn parse_path(kind: Kind, text: &str, now: &Value, new_id: RecordId) -> Result<Vec<String>, Refusal> {
    if text.is_empty() || text.split('.').any(str::is_empty) {
        return Err(Refusal::invalid(format!("{text:?} is not a path of a field"))
            .hint("write names with dots between, as in `name` or `sessions.+.opens_at`"));
    }
    let mut path: Vec<String> = Vec::new();
    let (mut shape, mut now) = (root(kind), Some(now));
    for key in text.split('.') {
        let key = match shape {
            Shape::Things(_) | Shape::RareThings(_) => entry(key, &path, now, new_id)?,
            _ => key.to_owned(),
        };
        shape = shape.child(&key);
        now = now.and_then(|now| now.as_object()?.get(&key));
        path.push(key);
    }
    Ok(path)
}

fn entry(key: &str, path: &[String], now: Option<&Value>, new_id: RecordId) -> Result<String, Refusal> {
    let list = path.join(".");
    if key == "+" {
        return Ok(new_id.to_string());
    }
    let held: Vec<&String> = now.and_then(Value::as_object).into_iter().flat_map(|held| held.keys()).collect();
    let wanted = key.to_ascii_lowercase();
    let mut matching = held.iter().filter(|id| id.starts_with(&wanted));
    match (matching.next(), matching.next()) {
        (Some(id), None) => Ok((*id).clone()),
        (Some(_), Some(_)) => Err(Refusal::invalid(format!("{key:?} begins the ids of several entries of {list}"))
            .hint("write more of the id")),
        (None, _) if held.is_empty() => {
            Err(Refusal::not_found(format!("{list} has no entries yet")).hint(format!("{list}.+ adds one")))
        }
        (None, _) => Err(Refusal::not_found(format!("{list} has no entry {key:?}"))
            .hint(format!("{list}.+ adds one; there are {}", shortened(&held)))),
    }
}

fn shortened(ids: &[&String]) -> String {
    let shown: Vec<&str> = ids.iter().take(8).map(|id| id.as_str()).collect();
    let more = if ids.len() > 8 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
