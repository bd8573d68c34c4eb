//! What an `organisation` document says, typed for reading, and as HSDS-UK 3.0 has it.
//!
//! A body described, whoever describes it; the node's own carries its organisation id in `organisation`. Reading never fails: what is
//! missing or of another type is absent.

#[cfg(test)]
mod tests;

use crate::document::Kind;
use crate::document::shape::{Fit, ORGANISATION, Shape, check_value};
use crate::listing::{Phone, flatten, outward, phones_of, pruned};
use crate::{OrgId, RecordId, Refusal};
use serde::Serialize;
use serde_json::{Map, Value};

/// An organisation as readers see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Organisation {
    /// Its name; empty where a document has none.
    pub name: String,
    /// Another name.
    pub alternate_name: Option<String>,
    /// What it is and does.
    pub description: Option<String>,
    /// Its address for letters of the electronic kind.
    pub email: Option<String>,
    /// Its pages.
    pub website: Option<String>,
    /// Its telephones, those of its contacts too.
    pub phones: Vec<Phone>,
    /// Registered numbers: scheme or type, and number.
    pub identifiers: Vec<(String, String)>,
    /// The organisation of this federation that it is, where it says so.
    pub organisation: Option<OrgId>,
    /// For imported ones: who published it.
    pub publisher: Option<String>,
}

impl Organisation {
    /// Reads what is there.
    pub fn read(value: &Value) -> Self {
        let text =
            |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let identifiers = value.get("organization_identifiers").and_then(Value::as_object).into_iter().flatten();
        let identifier = |(_, entry): (&String, &Value)| {
            let part = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
            Some((
                part("identifier_type").or_else(|| part("identifier_scheme")).unwrap_or_default(),
                part("identifier")?,
            ))
        };
        Self {
            name: text("name").unwrap_or_default(),
            alternate_name: text("alternate_name"),
            description: text("description"),
            email: text("email"),
            website: text("website"),
            phones: phones_of(value),
            identifiers: identifiers.filter_map(identifier).collect(),
            organisation: text("organisation").and_then(|id| id.parse().ok()),
            publisher: value.get("source").and_then(|source| source.get("publisher")?.as_str()).map(str::to_owned),
        }
    }
}

/// A new organisation's value as it is to be written: it has a name, and every field fits.
pub fn check(value: &Value) -> Result<Value, Refusal> {
    let value = check_value(Kind::ORGANISATION, value, Fit::Exact)?;
    match value.get("name").and_then(Value::as_str) {
        Some(name) if !name.trim().is_empty() => Ok(value),
        _ => Err(Refusal::invalid("an organisation needs a name").hint("set it with `name: …`")),
    }
}

/// The organisation object that HSDS-UK 3.0 knows. Nothing empty, never null; without a description, which HSDS requires, the name.
pub fn to_hsds(record: RecordId, value: &Value) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), record.to_string().into());
    let fields = value.as_object().into_iter().flatten();
    for (key, field) in fields.filter(|(key, _)| !matches!(key.as_str(), "audience" | "extra" | "organisation")) {
        out.insert(key.clone(), outward(Shape::Record(ORGANISATION).child(key), field));
    }
    if let Some(name) = out.get("name").cloned() {
        out.entry("description").or_insert(name);
    }
    flatten(&mut out, value.get("extra"));
    pruned(Value::Object(out)).unwrap_or_default()
}
