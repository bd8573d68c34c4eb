//! What may stand in a document, counted and never timed: in Automerge for what came from others, in JSON before it is written.

use crate::document::Kind;
use crate::limits::{MAP_KEYS, NESTING, TEXT_BYTES};
use crate::{Refusal, RefusalKind};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValueRef, ValueRef};
use serde_json::Value;

/// Walks every value, those that do not stand too, without recursion.
pub(super) fn check(doc: &Automerge, kind: Kind) -> Result<(), Refusal> {
    let mut open: Vec<(ObjId, ObjType, usize)> = vec![(ROOT, ObjType::Map, 0)];
    while let Some((object, object_type, depth)) = open.pop() {
        check_depth(kind, depth)?;
        match object_type {
            ObjType::Text => check_text(kind, &doc.text(&object).map_err(unreadable)?)?,
            ObjType::Map | ObjType::Table => {
                let mut keys = 0;
                for item in doc.map_range(&object, ..) {
                    keys += 1;
                    check_count(kind, keys)?;
                    check_text(kind, &item.key)?;
                    check_item(kind, &item.value)?;
                    if item.conflict {
                        push_all(doc, &object, item.key.as_ref(), depth, kind, &mut open)?;
                    } else if let ValueRef::Object(inner) = item.value {
                        open.push((item.id(), inner, depth + 1));
                    }
                }
            }
            ObjType::List => {
                let mut entries = 0;
                for item in doc.list_range(&object, ..) {
                    entries += 1;
                    check_count(kind, entries)?;
                    check_item(kind, &item.value)?;
                    if item.conflict {
                        push_all(doc, &object, item.index, depth, kind, &mut open)?;
                    } else if let ValueRef::Object(inner) = item.value {
                        open.push((item.id(), inner, depth + 1));
                    }
                }
            }
        }
    }
    Ok(())
}

fn push_all<P: Into<automerge::Prop>>(
    doc: &Automerge,
    object: &ObjId,
    at: P,
    depth: usize,
    kind: Kind,
    open: &mut Vec<(ObjId, ObjType, usize)>,
) -> Result<(), Refusal> {
    for (value, id) in doc.get_all(object, at).map_err(unreadable)? {
        match value {
            automerge::Value::Object(inner) => open.push((id, inner, depth + 1)),
            automerge::Value::Scalar(scalar) => {
                if let automerge::ScalarValue::Str(text) = scalar.as_ref() {
                    check_text(kind, text)?;
                }
            }
        }
    }
    Ok(())
}

fn check_item(kind: Kind, value: &ValueRef<'_>) -> Result<(), Refusal> {
    match value {
        ValueRef::Scalar(ScalarValueRef::Str(text)) => check_text(kind, text),
        ValueRef::Scalar(ScalarValueRef::Bytes(bytes)) if bytes.len() > TEXT_BYTES => {
            Err(text_too_long(kind, bytes.len()))
        }
        _ => Ok(()),
    }
}

/// The same limits on a value that is to be written. The root has to be a map.
pub(crate) fn check_value(kind: Kind, value: &Value) -> Result<(), Refusal> {
    if !value.is_object() {
        return Err(Refusal::invalid(format!("a {kind} is a map of fields, and this is not a map")));
    }
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        match value {
            Value::String(text) => check_text(kind, text)?,
            Value::Array(entries) => {
                check_depth(kind, depth)?;
                check_count(kind, entries.len())?;
                open.extend(entries.iter().map(|entry| (entry, depth + 1)));
            }
            Value::Object(fields) => {
                check_depth(kind, depth)?;
                check_count(kind, fields.len())?;
                for (key, field) in fields {
                    check_text(kind, key)?;
                    open.push((field, depth + 1));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Ok(())
}

fn check_depth(kind: Kind, depth: usize) -> Result<(), Refusal> {
    if depth <= NESTING {
        return Ok(());
    }
    Err(Refusal::too_large(format!("a {kind} nests deeper than {NESTING} maps and lists")))
}

fn check_count(kind: Kind, count: usize) -> Result<(), Refusal> {
    if count <= MAP_KEYS {
        return Ok(());
    }
    Err(Refusal::too_large(format!("a {kind} has a map or list of more than {MAP_KEYS} entries")))
}

fn check_text(kind: Kind, text: &str) -> Result<(), Refusal> {
    if text.len() > TEXT_BYTES {
        return Err(text_too_long(kind, text.len()));
    }
    if text.contains('\0') {
        return Err(Refusal::invalid(format!("a {kind} has a NUL character in a text"))
            .hint("remove the character; some databases cannot keep it"));
    }
    Ok(())
}

fn text_too_long(kind: Kind, bytes: usize) -> Refusal {
    Refusal::new(RefusalKind::TooLarge, format!("a {kind} has a text of {bytes} bytes; the most is {TEXT_BYTES}"))
}

fn unreadable(error: automerge::AutomergeError) -> Refusal {
    Refusal::malformed(format!("the document cannot be read: {error}"))
}
