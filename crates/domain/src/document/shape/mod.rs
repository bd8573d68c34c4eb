//! What fields a kind of document has: names of HSDS-UK 3.0 (and, where the UK profile dropped one that link workers ask for,
//! of international HSDS), and the types of what they hold.
//!
//! A document's value differs from an HSDS record in three things. Lists of things (telephones, sessions, costs) are maps keyed
//! by the thing's UUID, so that entries added apart merge. `schedules`, wherever they stand in a record, are `sessions`, with the
//! place in `location`. `service_at_locations` are `locations`, each with its location's own fields in place. A field that is not
//! in the tree is no error in a document: it is kept and served; only an edit by a person has to name a known one.

mod check;
mod fields;
mod path;

#[cfg(test)]
mod tests;

pub use check::{Fit, check_edit, check_value};
pub(crate) use check::{fitted, is_email, is_url};
pub use fields::{FORM, LISTING, ORGANISATION, PATHWAY_DOCUMENT};
pub(crate) use fields::{LOCATION, SERVICE_AT_LOCATION};
pub use path::parse_path;

use super::Kind;
use crate::RecordId;
use serde_json::{Map, Value};

/// What one field holds.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Prose: an Automerge text, in which edits made apart merge by character.
    Text,
    /// One scalar.
    One(Scalar),
    /// A list of scalars, in order.
    Many(Scalar),
    /// A map with fields of its own.
    Record(&'static Fields),
    /// Things keyed by UUID. The map is made with its parent, so that first entries added apart merge too.
    Things(&'static Fields),
    /// Things keyed by UUID that few have: the map is made with its first entry.
    RareThings(&'static Fields),
    /// Anything: what this version does not know by name.
    Open,
}

/// The fields of a record, by name.
pub type Fields = [(&'static str, Shape)];

/// The type of a scalar. Dates, times and the like are strings in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// One line or more, replaced as a whole.
    String,
    /// A JSON number.
    Number,
    /// A whole number of 0 or more.
    Count,
    /// True or false.
    Boolean,
    /// `2026-03-31`.
    Date,
    /// `19:30` or `19:30:00`, local.
    Time,
    /// RFC 3339 with offset.
    Instant,
    /// An absolute address, `https://…`.
    Url,
    /// `name@example.org`.
    Email,
    /// A UUID.
    Uuid,
    /// Days of a week, RFC 5545: `MO,TU` or `2WE`.
    Days,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// The fields of a kind; none for a kind this version has no tree for.
pub fn fields(kind: Kind) -> Option<&'static Fields> {
    match kind {
        Kind::LISTING => Some(LISTING),
        Kind::ORGANISATION => Some(ORGANISATION),
        Kind::PATHWAY => Some(PATHWAY_DOCUMENT),
        Kind::FORM => Some(FORM),
        _ => None,
    }
}

/// What a document of this kind holds as a whole.
pub fn root(kind: Kind) -> Shape {
    fields(kind).map_or(Shape::Open, Shape::Record)
}

/// The value with every list of things that is written as a list turned into a map: each entry under its `id`, where it has a UUID
/// there, else under a new one.
pub fn keyed(kind: Kind, value: &Value, new_id: &mut impl FnMut() -> RecordId) -> Value {
    keyed_within(root(kind), value, new_id)
}

fn keyed_within(shape: Shape, value: &Value, new_id: &mut impl FnMut() -> RecordId) -> Value {
    match (shape, value) {
        (Shape::Things(_) | Shape::RareThings(_), Value::Array(entries)) => {
            let mut map = Map::new();
            for entry in entries {
                let mut entry = keyed_within(shape.child(""), entry, new_id);
                let written: Option<RecordId> = entry.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
                if let (Some(_), Some(fields)) = (written, entry.as_object_mut()) {
                    fields.remove("id");
                }
                let key = written.filter(|id| !map.contains_key(&id.to_string())).unwrap_or_else(&mut *new_id);
                map.insert(key.to_string(), entry);
            }
            Value::Object(map)
        }
        (Shape::Record(_) | Shape::Things(_) | Shape::RareThings(_), Value::Object(fields)) => {
            let keyed = fields.iter().map(|(key, field)| (key.clone(), keyed_within(shape.child(key), field, new_id)));
            Value::Object(keyed.collect())
        }
        _ => value.clone(),
    }
}

impl Shape {
    /// What stands under a key of it: of a record the field by that name, of things any entry.
    pub fn child(self, key: &str) -> Self {
        match self {
            Self::Record(fields) => {
                fields.iter().find(|(name, _)| *name == key).map_or(Self::Open, |(_, shape)| *shape)
            }
            Self::Things(fields) | Self::RareThings(fields) => Self::Record(fields),
            Self::Text | Self::One(_) | Self::Many(_) | Self::Open => Self::Open,
        }
    }

    /// The names of the maps of things that are made together with it.
    pub(crate) fn made_with_it(self) -> impl Iterator<Item = &'static str> {
        let fields: &'static Fields = match self {
            Self::Record(fields) => fields,
            _ => &[],
        };
        fields.iter().filter(|(_, shape)| matches!(shape, Self::Things(_))).map(|(name, _)| *name)
    }
}
