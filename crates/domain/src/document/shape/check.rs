//! Whether a value fits a field: what a person wrote has to, to the letter; what a feed holds has to be of the right JSON type.

use super::{Fields, Scalar, Shape, root};
use crate::document::{Edit, Kind};
use crate::{Refusal, RefusalKind};
use jiff::civil::{Date, Time};
use serde_json::{Map, Value};

/// How exactly a value has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As a person writes it: known fields, dates that are dates, one of the known words.
    Exact,
    /// As feeds hold it: the JSON type is right; a field this version does not know, a date in words or an unknown word pass.
    Typed,
}

/// The edit as it is to be made: the path is known to this kind and the value fits, a number written where words are expected turned
/// into words. An unknown path is refused with the nearest known one; so is what decides who holds, edits and owns a listing: that has
/// commands of its own.
pub fn check_edit(kind: Kind, edit: &Edit) -> Result<Edit, Refusal> {
    let refused = |what: &str, hint: &str| {
        Err(Refusal::new(RefusalKind::NotAllowed, format!("{what} not a field to be edited")).hint(hint))
    };
    match edit.path.first().map(String::as_str) {
        None => return refused("a document as a whole is", "name the fields that change"),
        Some("audience") => {
            return refused("the audience is", "`fingerpost listing share ID --audience …` changes who may hold it");
        }
        Some("keepers") => {
            return refused("the keepers are", "`fingerpost listing keeper add|remove ID ORGANISATION` changes them");
        }
        Some("offered_to" | "moved_from") => {
            return refused("who owns it is", "`fingerpost listing transfer` and `listing claim` change that");
        }
        Some("orphaned_since") => {
            return refused(
                "whether anybody keeps it is",
                "`fingerpost listing orphan ID` says so, with --undo no longer",
            );
        }
        Some(_) => {}
    }
    let mut shape = root(kind);
    for (depth, key) in edit.path.iter().enumerate() {
        shape = step(shape, key, edit.path.get(..depth).unwrap_or_default(), kind)?;
    }
    let value = match &edit.value {
        Some(value) => Some(fitted(shape, value, &edit.path, Fit::Exact)?),
        None => None,
    };
    Ok(Edit { path: edit.path.clone(), value })
}

/// A whole value of this kind, as it is to be written.
pub fn check_value(kind: Kind, value: &Value, fit: Fit) -> Result<Value, Refusal> {
    crate::document::crdt::check_value(kind, value)?;
    fitted(root(kind), value, &[], fit)
}

fn step(shape: Shape, key: &str, way: &[String], kind: Kind) -> Result<Shape, Refusal> {
    match shape {
        Shape::Record(fields) if fields.iter().any(|(name, _)| *name == key) => Ok(shape.child(key)),
        Shape::Record(fields) => Err(unknown(key, fields, way, kind)),
        Shape::Things(_) | Shape::RareThings(_) => {
            if uuid::Uuid::parse_str(key).is_err() {
                let list = way.join(".");
                return Err(Refusal::invalid(format!("{key:?} is not the id of an entry of {list}"))
                    .hint(format!("entries are named by their ids; {list}.+ adds one")));
            }
            Ok(shape.child(key))
        }
        Shape::Open => Ok(Shape::Open),
        Shape::Text | Shape::One(_) | Shape::Many(_) => {
            Err(Refusal::invalid(format!("{} has no fields of its own, so no {key:?}", way.join("."))))
        }
    }
}

fn unknown(key: &str, fields: &Fields, way: &[String], kind: Kind) -> Refusal {
    let within = if way.is_empty() { kind.to_string() } else { way.join(".") };
    let refusal = Refusal::invalid(format!("{key:?} is not a field of {within}"));
    match nearest(key, fields) {
        Some(name) => {
            let path = way.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".");
            refusal.hint(format!("did you mean {path:?}?"))
        }
        None => {
            let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
            refusal.hint(format!("its fields are {}", names.join(", ")))
        }
    }
}

/// The known name most like a mistyped one: a beginning in common counts, and so do letters that changed places.
fn nearest(key: &str, fields: &Fields) -> Option<&'static str> {
    let key = key.to_lowercase();
    let likeness =
        |name: &str| strsim::jaro_winkler(&key, name).max(strsim::normalized_damerau_levenshtein(&key, name));
    let best = fields.iter().map(|(name, _)| *name).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    let slip = strsim::damerau_levenshtein(&key, best) == 1;
    (slip || likeness(best) > 0.75).then_some(best)
}

/// The value as this field holds it.
pub(crate) fn fitted(shape: Shape, value: &Value, path: &[String], fit: Fit) -> Result<Value, Refusal> {
    let wrong = |expected: &str, example: &str| Err(mismatch(path, value, expected, example));
    match (shape, value) {
        (Shape::Open, _) => Ok(value.clone()),
        (Shape::Text, _) => scalar(Scalar::String, value, path, fit),
        (Shape::One(kind), _) => scalar(kind, value, path, fit),
        (Shape::Many(kind), Value::Array(entries)) => {
            entries.iter().map(|entry| scalar(kind, entry, path, fit)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Shape::Many(_), _) => wrong("a list", "[one, two]"),
        (Shape::Record(fields), Value::Object(held)) => record(fields, shape, held, path, fit),
        (Shape::Record(_), _) => wrong("a map of fields", "{ name: Ann }"),
        (Shape::Things(_) | Shape::RareThings(_), Value::Object(held)) => things(shape, held, path, fit),
        (Shape::Things(_) | Shape::RareThings(_), _) => wrong("a map from ids to entries", "{ <id>: { … } }"),
    }
}

fn record(
    fields: &Fields,
    shape: Shape,
    held: &Map<String, Value>,
    path: &[String],
    fit: Fit,
) -> Result<Value, Refusal> {
    let mut out = Map::new();
    for (key, value) in held {
        let known = fields.iter().any(|(name, _)| name == key);
        if !known && fit == Fit::Exact {
            return Err(unknown_in_value(key, fields, path));
        }
        let inner = [path, std::slice::from_ref(key)].concat();
        out.insert(key.clone(), fitted(shape.child(key), value, &inner, fit)?);
    }
    Ok(Value::Object(out))
}

fn unknown_in_value(key: &str, fields: &Fields, path: &[String]) -> Refusal {
    let within = if path.is_empty() { "it".to_owned() } else { path.join(".") };
    let refusal = Refusal::invalid(format!("{key:?} is not a field of {within}"));
    match nearest(key, fields) {
        Some(name) => refusal.hint(format!("did you mean {name:?}? What has no field of its own goes under \"extra\"")),
        None => refusal.hint("what has no field of its own goes under \"extra\""),
    }
}

fn things(shape: Shape, held: &Map<String, Value>, path: &[String], fit: Fit) -> Result<Value, Refusal> {
    let mut out = Map::new();
    for (key, value) in held {
        let inner = [path, std::slice::from_ref(key)].concat();
        if uuid::Uuid::parse_str(key).is_err() {
            return Err(Refusal::invalid(format!("{} is not named by a UUID", inner.join("."))));
        }
        out.insert(key.clone(), fitted(shape.child(key), value, &inner, fit)?);
    }
    Ok(Value::Object(out))
}

fn scalar(kind: Scalar, value: &Value, path: &[String], fit: Fit) -> Result<Value, Refusal> {
    let (expected, example) = kind.described();
    let wrong = || mismatch(path, value, &expected, example);
    let value = match (kind, value) {
        (Scalar::Number | Scalar::Count, Value::Number(_)) | (Scalar::Boolean, Value::Bool(_)) => value.clone(),
        (Scalar::Number | Scalar::Count, Value::String(text)) => parsed_number(text).ok_or_else(wrong)?,
        (Scalar::Boolean, Value::String(text)) => match text.trim() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        (Scalar::Number | Scalar::Count | Scalar::Boolean, _) => return Err(wrong()),
        (_, Value::String(_)) => value.clone(),
        (_, Value::Number(_) | Value::Bool(_)) => Value::String(value.to_string()),
        _ => return Err(wrong()),
    };
    if fit == Fit::Typed || kind.admits(&value) { Ok(value) } else { Err(wrong()) }
}

fn parsed_number(text: &str) -> Option<Value> {
    serde_json::from_str(text.trim()).ok().filter(Value::is_number)
}

fn mismatch(path: &[String], value: &Value, expected: &str, example: &str) -> Refusal {
    let name = if path.is_empty() { "the value".to_owned() } else { path.join(".") };
    let mut shown = value.to_string();
    if let Some((cut, _)) = shown.char_indices().nth(60) {
        shown.truncate(cut);
        shown.push('…');
    }
    Refusal::new(RefusalKind::Invalid, format!("{name} is {expected}, and {shown} is not"))
        .hint(format!("for example: {example}"))
}

impl Scalar {
    /// What it is, in words, and an example.
    fn described(self) -> (String, &'static str) {
        let (words, example) = match self {
            Self::String => ("text", "Ask for Ann"),
            Self::Number => ("a number", "18"),
            Self::Count => ("a whole number from 0", "12"),
            Self::Boolean => ("true or false", "true"),
            Self::Date => ("a date", "2026-03-31"),
            Self::Time => ("a time of day", "19:30"),
            Self::Instant => ("a moment with its offset", "2026-03-31T19:30:00Z"),
            Self::Url => ("a web address", "https://example.org/supper"),
            Self::Email => ("an e-mail address", "hello@example.org"),
            Self::Uuid => ("a UUID", "3f7b145d-84af-42d7-8fae-eaca714b02b2"),
            Self::Days => ("days of the week by two letters", "MO,TH"),
            Self::Word(words) => return (format!("one of {}", words.join(", ")), words.first().copied().unwrap_or("")),
        };
        (words.to_owned(), example)
    }

    /// Whether a value of the right JSON type is one of these.
    fn admits(self, value: &Value) -> bool {
        let text = value.as_str().unwrap_or_default();
        match self {
            Self::String | Self::Number | Self::Boolean => true,
            Self::Count => value.as_u64().is_some(),
            Self::Date => text.parse::<Date>().is_ok() && text.len() == 10,
            Self::Time => text.parse::<Time>().is_ok() && matches!(text.len(), 5 | 8),
            Self::Instant => text.parse::<jiff::Timestamp>().is_ok(),
            Self::Url => is_url(text),
            Self::Email => is_email(text),
            Self::Uuid => uuid::Uuid::parse_str(text).is_ok(),
            Self::Days => text.split(',').all(is_day),
            Self::Word(words) => words.contains(&text),
        }
    }
}

/// An absolute http or https address with a host and no blanks. Nothing else may become a link on a page.
pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    host.is_some_and(|host| !host.is_empty()) && !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '<')
}

pub(crate) fn is_email(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ','));
    plain
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

fn is_day(text: &str) -> bool {
    let day = text.trim().trim_start_matches(['+', '-']).trim_start_matches(|c: char| c.is_ascii_digit());
    matches!(day, "MO" | "TU" | "WE" | "TH" | "FR" | "SA" | "SU")
}
