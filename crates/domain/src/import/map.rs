//! One HSDS-UK 3.0 service to a listing, and the organisation nested in it to another document. Nothing that says something is lost:
//! what has no field of its own goes under `extra`; ids that are no UUIDs stay beside the UUIDs made from them.

use super::Source;
use super::record::{Mapper, made_of, raw_id, raw_id_text};
use crate::document::Kind;
use crate::document::crdt::{check_value, tidy};
use crate::document::shape::ORGANISATION;
use crate::limits::GENERATION_BYTES;
use crate::{RecordId, Refusal};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What one row became.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// The service.
    pub listing: (RecordId, Value),
    /// The organisation it belongs to, where the row described it.
    pub organisation: Option<(RecordId, Value)>,
}

/// Maps one record. Refused: no object, no id, no name, a type that is wrong, a limit of a document passed.
pub fn map(record: Value, source: &Source) -> Result<Mapped, Refusal> {
    let Value::Object(mut raw) = tidy(&record) else {
        return Err(Refusal::invalid("the row is not a service: it is not a JSON object"));
    };
    let raw_id = raw_id(raw.remove("id").as_ref()).ok_or_else(|| {
        Refusal::invalid("the service has no id").hint("each service needs an `id`, best a UUID, that stays the same")
    })?;
    named("service", &raw)?;
    let record = record_id(source, "", &raw_id);
    let mapper = Mapper { record };
    let organisation = match raw.remove("organization") {
        Some(raw) => organisation(raw, Some(record), source)?,
        None => None,
    };
    if let Some(id) = raw.get("organization_id").and_then(raw_id_text) {
        raw.insert("organization_id".into(), record_id(source, "organization", &id).to_string().into());
    }
    let mut value = mapper.service(raw, &raw_id)?;
    if let Some((id, _)) = &organisation {
        value.insert("organization_id".into(), id.to_string().into());
    }
    value.insert("source".into(), described(source, &raw_id, record));
    let listing = (record, within_limits(Kind::LISTING, value)?);
    let organisation = match organisation {
        Some((id, Some(value))) => Some((id, within_limits(Kind::ORGANISATION, value)?)),
        _ => None,
    };
    Ok(Mapped { listing, organisation })
}

/// Maps an organisation that stands by itself. Refused: no id and no name, a type that is wrong, a limit of a document passed.
pub(super) fn map_organisation(record: Value, source: &Source) -> Result<(RecordId, Value), Refusal> {
    match organisation(tidy(&record), None, source)? {
        Some((id, Some(value))) => Ok((id, within_limits(Kind::ORGANISATION, value)?)),
        _ => Err(Refusal::invalid("the organisation has no name")),
    }
}

/// The record of an organisation that a service names; what it says of it, where it says more than the id.
type Organisation = (RecordId, Option<Map<String, Value>>);

fn organisation(raw: Value, service: Option<RecordId>, source: &Source) -> Result<Option<Organisation>, Refusal> {
    let Value::Object(mut raw) = raw else {
        return Err(Refusal::invalid("organization is a map of fields, and this is not"));
    };
    let id = raw.remove("id");
    let Some(raw_id) = raw_id(id.as_ref()).or_else(|| raw.get("name").and_then(raw_id_text)) else {
        return Ok(None);
    };
    let record = record_id(source, "organization", &raw_id);
    if raw.get("name").and_then(Value::as_str).is_none_or(|name| name.trim().is_empty()) {
        return Ok(Some((record, None)));
    }
    // The organisation's services are rows of their own.
    raw.remove("services");
    let service = service.map(|service| service.to_string());
    let above: Vec<&str> = [raw_id.as_str()].into_iter().chain(service.as_deref()).collect();
    let mut value = Mapper { record }.fields(raw, ORGANISATION, &["organization"], &above)?;
    value.insert("source".into(), described(source, &raw_id, record));
    Ok(Some((record, Some(value))))
}

fn named(what: &str, raw: &Map<String, Value>) -> Result<(), Refusal> {
    match raw.get("name") {
        Some(Value::String(name)) if !name.trim().is_empty() => Ok(()),
        Some(Value::String(_)) | None => Err(Refusal::invalid(format!("the {what} has no name"))),
        Some(_) => Err(Refusal::invalid(format!("the {what}'s name is not text"))),
    }
}

fn within_limits(kind: Kind, value: Map<String, Value>) -> Result<Value, Refusal> {
    let value = tidy(&Value::Object(value));
    check_value(kind, &value)?;
    let bytes = value.to_string().len();
    if bytes > GENERATION_BYTES {
        return Err(Refusal::too_large(format!("the {kind} has {bytes} bytes; the most is {GENERATION_BYTES}")));
    }
    Ok(value)
}

fn described(source: &Source, raw_id: &str, record: RecordId) -> Value {
    let fields = [
        ("feed", Some(source.feed.clone())),
        ("publisher", source.publisher.clone()),
        ("licence", source.licence.clone()),
        ("attribution", source.attribution.clone()),
        ("id", (raw_id != record.to_string()).then(|| raw_id.to_owned())),
    ];
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?)))).collect()
}

/// The record's own UUID, else one made of source and id, the same at every import.
fn record_id(source: &Source, what: &str, raw_id: &str) -> RecordId {
    let id = match Uuid::parse_str(raw_id) {
        Ok(id) if !id.is_nil() => id,
        _ => made_of(&[&source.feed, what, raw_id]),
    };
    RecordId::from_bytes(id.into_bytes())
}
