//! A listing as an HSDS-UK 3.0 service: the way back from the shape that documents have. Nothing empty, never null.

use crate::RecordId;
use crate::document::shape::{LISTING, Shape};
use crate::organisation;
use crate::transfer::OWNERS_OWN;
use serde_json::{Map, Value, json};

/// Lists that an HSDS service has of its own and at each of its places, by our name and by HSDS's.
const LIFTED: [(&str, &str); 4] =
    [("sessions", "schedules"), ("contacts", "contacts"), ("phones", "phones"), ("service_areas", "service_areas")];

/// The service object that HSDS-UK 3.0 knows, with what UK 3.0 dropped under its international name, and what no HSDS knows under our
/// own. `organisation` is the value of the organisation's document, where it is here. What is ours alone (who holds, keeps and owns it) stays out.
pub fn to_hsds(record: RecordId, value: &Value, organisation: Option<(RecordId, &Value)>) -> Value {
    let nothing = Map::new();
    let held = value.as_object().unwrap_or(&nothing);
    let places = held.get("locations").and_then(Value::as_object).unwrap_or(&nothing);
    let mut out = Map::new();
    out.insert("id".into(), record.to_string().into());
    let special = |key: &str| {
        (key == "locations" || key == "extra" || OWNERS_OWN.contains(&key))
            || LIFTED.iter().any(|(ours, _)| *ours == key)
    };
    for (key, field) in held.iter().filter(|(key, _)| !special(key)) {
        out.insert(key.clone(), outward(Shape::Record(LISTING).child(key), field));
    }
    for (ours, theirs) in LIFTED {
        out.insert(theirs.into(), at_place(held, ours, |place| !places.contains_key(place)));
    }
    let places = places.iter().map(|(key, place)| service_at_location(key, place, held)).collect();
    out.insert("service_at_locations".into(), Value::Array(places));
    if let Some((record, value)) = organisation {
        out.insert("organization".into(), organisation::to_hsds(record, value));
    }
    settle(&mut out);
    flatten(&mut out, held.get("extra"));
    pruned(Value::Object(out)).unwrap_or_default()
}

/// The words and forms that HSDS-UK asks for.
fn settle(out: &mut Map<String, Value>) {
    let status = match out.get("status").and_then(Value::as_str) {
        Some("paused") => "temporarily closed",
        Some("ended") => "defunct",
        Some(other) => other,
        None => "active",
    };
    out.insert("status".into(), status.to_owned().into());
    if let Some(modified) = out.get("last_modified").and_then(Value::as_str).and_then(with_offset) {
        out.insert("last_modified".into(), modified.into());
    }
}

/// A moment that says no offset is taken for UTC.
fn with_offset(text: &str) -> Option<String> {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return None;
    }
    text.parse::<jiff::civil::DateTime>().ok().map(|moment| format!("{moment}Z"))
}

/// The entries of a list of ours whose `location` is one of these, as HSDS has them; those without one have "".
fn at_place(held: &Map<String, Value>, list: &str, which: impl Fn(&str) -> bool) -> Value {
    let Some(Value::Object(entries)) = held.get(list) else {
        return Value::Null;
    };
    let here = |entry: &Value| which(entry.get("location").and_then(Value::as_str).unwrap_or_default());
    let entries =
        entries.iter().filter(|(_, entry)| here(entry)).map(|(key, entry)| (key.clone(), entry.clone())).collect();
    let mut made = outward(Shape::Record(LISTING).child(list), &Value::Object(entries));
    for entry in made.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        entry.remove("location");
    }
    made
}

fn service_at_location(key: &str, place: &Value, held: &Map<String, Value>) -> Value {
    let shape = Shape::Record(LISTING).child("locations").child(key);
    let mut location = as_map(outward(shape, place));
    let id = location.remove("id");
    let mut out = match location.remove("service_at_location") {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    let location_id = location.remove("location_id").filter(is_uuid).unwrap_or_else(|| key.into());
    location.insert("id".into(), location_id);
    location.entry("location_type").or_insert_with(|| "physical".into());
    for address in location.get_mut("addresses").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(address) = address.as_object_mut() {
            address.entry("address_type").or_insert_with(|| "physical".into());
        }
    }
    out.insert("id".into(), id.filter(is_uuid).unwrap_or_else(|| key.into()));
    out.insert("location".into(), Value::Object(location));
    for (ours, theirs) in LIFTED {
        out.insert(theirs.into(), at_place(held, ours, |place| place == key));
    }
    Value::Object(out)
}

/// A value as HSDS has it: things become a list, in the order of their ids, each with its id; extras stand beside the known fields.
pub(crate) fn outward(shape: Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Things(_) | Shape::RareThings(_), Value::Object(entries)) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            sorted.into_iter().map(|(key, entry)| thing(shape.child(key), key, entry)).collect()
        }
        (Shape::Record(_), Value::Object(fields)) => {
            let known = fields.iter().filter(|(key, _)| *key != "extra");
            let mut out: Map<_, _> =
                known.map(|(key, field)| (key.clone(), outward(shape.child(key), field))).collect();
            if let Some(Value::Object(term)) = out.get_mut("taxonomy_term")
                && let Some(name) = term.get("name").cloned()
            {
                term.entry("description").or_insert(name);
            }
            flatten(&mut out, fields.get("extra"));
            Value::Object(out)
        }
        _ => value.clone(),
    }
}

/// The entry's own id where it is a UUID that is not its key, else its key.
fn thing(shape: Shape, key: &str, entry: &Value) -> Value {
    let mut fields = as_map(outward(shape, entry));
    let id = fields.remove("id").filter(is_uuid).unwrap_or_else(|| key.into());
    let mut out = Map::new();
    out.insert("id".into(), id);
    out.append(&mut fields);
    Value::Object(out)
}

/// Extras go beside the known fields, where no known field has the name.
pub(crate) fn flatten(out: &mut Map<String, Value>, extra: Option<&Value>) {
    let mut hidden = Map::new();
    for (key, value) in extra.and_then(Value::as_object).into_iter().flatten() {
        if out.get(key).is_none_or(Value::is_null) {
            out.insert(key.clone(), value.clone());
        } else {
            hidden.insert(key.clone(), value.clone());
        }
    }
    if !hidden.is_empty() {
        out.insert("extra".into(), json!(hidden));
    }
}

/// Without null, "", empty lists and empty maps, at any depth.
pub(crate) fn pruned(value: Value) -> Option<Value> {
    let value = match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().filter_map(|(key, field)| Some((key, pruned(field)?))).collect())
        }
        Value::Array(entries) => Value::Array(entries.into_iter().filter_map(pruned).collect()),
        scalar => scalar,
    };
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    (!empty).then_some(value)
}

fn as_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok())
}
