//! The fields of one HSDS record to those of a document.

use crate::document::shape::{Fields, Fit, LISTING, LOCATION, SERVICE_AT_LOCATION, Shape, fitted};
use crate::{RecordId, Refusal};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Fields of ours that are not in HSDS: taken where they are what we mean by them (another Fingerpost's export), else kept as extra.
const OWN: &[&str] = &[
    "kind",
    "life",
    "funded_until",
    "expected_back",
    "waiting_list",
    "pathway",
    "tags",
    "venue",
    "confidential",
    "step_free",
    "hearing_loop",
    "accessible_toilet",
    "parking",
    "public_transport",
    "booking",
    "exceptions",
];
/// Fields whose meaning here no feed may set.
const NEVER: &[&str] = &[
    "audience",
    "keepers",
    "offered_to",
    "orphaned_since",
    "moved_from",
    "source",
    "sessions",
    "organisation",
    "teams",
    "location",
    "location_id",
    "service_at_location",
    "extra",
];

/// Lists that a service has of its own and at each of its places: HSDS's name, and ours.
const LIFTED: [(&str, &str); 4] =
    [("schedules", "sessions"), ("contacts", "contacts"), ("phones", "phones"), ("service_areas", "service_areas")];

/// Maps what belongs to one record.
pub(super) struct Mapper {
    pub(super) record: RecordId,
}

impl Mapper {
    pub(super) fn service(&self, mut raw: Map<String, Value>, raw_id: &str) -> Result<Map<String, Value>, Refusal> {
        let schedules = raw.remove("schedules");
        let places = raw.remove("service_at_locations");
        // No HSDS name for a service's field, so it cannot be ours.
        let other_locations = raw.remove("locations");
        let mut out = self.fields(raw, LISTING, &[], &[raw_id])?;
        if let Some(other) = other_locations {
            within(&mut out, "extra", |extra| extra.insert("locations".into(), other));
        }
        for age in ["minimum_age", "maximum_age"] {
            // Feeds write -1 for "not known".
            if out.get(age).and_then(Value::as_f64).is_some_and(|age| age < 0.0) {
                out.remove(age);
            }
        }
        self.lift(&mut out, ("schedules", "sessions"), schedules, &[raw_id], None)?;
        for place in entries(places, "service_at_locations")? {
            self.place(&mut out, place, raw_id)?;
        }
        Ok(out)
    }

    /// One `service_at_location`: its location's fields in place, its own lists beside those of the service, each with `location`.
    fn place(&self, out: &mut Map<String, Value>, mut raw: Map<String, Value>, raw_id: &str) -> Result<(), Refusal> {
        let (key, kept) = within(out, "locations", |held| {
            let (key, kept) = self.key(held, "service_at_locations", &mut raw);
            held.insert(key.clone(), Value::Object(Map::new()));
            (key, kept)
        });
        for names in LIFTED {
            let list = raw.remove(names.0);
            self.lift(out, names, list, &[raw_id, &key], Some(&key))?;
        }
        let location_id = raw.remove("location_id");
        let mut location = match raw.remove("location") {
            Some(Value::Object(location)) => location,
            Some(_) => {
                return Err(Refusal::invalid("service_at_locations.location is a map of fields, and this is not"));
            }
            None => Map::new(),
        };
        let inner_id = location.remove("id").or(location_id);
        let inner = inner_id.as_ref().and_then(raw_id_text).unwrap_or_default();
        let above = [raw_id, &key, &inner];
        let mut value = self.fields(location, LOCATION, &["service_at_locations", "location"], &above)?;
        let own = self.fields(raw, SERVICE_AT_LOCATION, &["service_at_locations"], &above)?;
        value.extend(inner_id.map(|id| ("location_id".to_owned(), id)));
        value.extend((!own.is_empty()).then(|| ("service_at_location".to_owned(), Value::Object(own))));
        value.extend(kept.map(|id| ("id".to_owned(), id)));
        within(out, "locations", |held| held.insert(key, Value::Object(value)));
        Ok(())
    }

    /// A list of the service or of one of its places, under HSDS's name, becomes entries of a field of the listing, under ours.
    fn lift(
        &self,
        out: &mut Map<String, Value>,
        (theirs, ours): (&str, &str),
        raw: Option<Value>,
        above: &[&str],
        location: Option<&str>,
    ) -> Result<(), Refusal> {
        let (Shape::Things(fields) | Shape::RareThings(fields)) = Shape::Record(LISTING).child(ours) else {
            return Ok(());
        };
        within(out, ours, |held| {
            let before: BTreeSet<String> = held.keys().cloned().collect();
            self.things(held, raw, fields, &[theirs], above)?;
            let new = held.iter_mut().filter(|(key, _)| !before.contains(*key));
            for entry in new.filter_map(|(_, entry)| entry.as_object_mut()) {
                entry.extend(location.map(|location| ("location".to_owned(), Value::from(location))));
            }
            Ok(())
        })
    }

    /// Adds a list of things to those held already, each under its UUID.
    fn things(
        &self,
        held: &mut Map<String, Value>,
        raw: Option<Value>,
        fields: &Fields,
        path: &[&str],
        above: &[&str],
    ) -> Result<(), Refusal> {
        for mut entry in entries(raw, &path.join("."))? {
            let raw_id = raw_id(entry.get("id")).unwrap_or_default();
            let (key, kept) = self.key(held, &path.join("."), &mut entry);
            let mut value = self.fields(entry, fields, path, &[above, &[&raw_id]].concat())?;
            value.extend(kept.map(|id| ("id".to_owned(), id)));
            held.insert(key, Value::Object(value));
        }
        Ok(())
    }

    /// The key of an entry: its own UUID, else one made of the record, the list and the entry. Its id goes along where the key
    /// does not say it.
    fn key(&self, held: &Map<String, Value>, list: &str, entry: &mut Map<String, Value>) -> (String, Option<Value>) {
        let id = entry.remove("id");
        let raw_id = raw_id(id.as_ref());
        if let Some(uuid) = raw_id.as_deref().and_then(|id| Uuid::parse_str(id).ok()) {
            let key = uuid.to_string();
            if !held.contains_key(&key) {
                return (key, None);
            }
        }
        let name = raw_id.unwrap_or_else(|| canonical(&Value::Object(entry.clone())));
        let record = self.record.to_string();
        let mut keys = (0u32..).map(|times| made_of(&[&record, list, &name, &times.to_string()]).to_string());
        (keys.find(|key| !held.contains_key(key)).unwrap_or_default(), id)
    }

    pub(super) fn fields(
        &self,
        raw: Map<String, Value>,
        fields: &Fields,
        path: &[&str],
        above: &[&str],
    ) -> Result<Map<String, Value>, Refusal> {
        let mut out = Map::new();
        let mut left = Map::new();
        for (name, value) in raw {
            let shape = fields.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape);
            let shape = shape.filter(|_| !NEVER.contains(&name.as_str()));
            let here = [path, &[name.as_str()]].concat();
            let Some(shape) = shape else {
                let points_up =
                    name.ends_with("_id") && raw_id_text(&value).is_some_and(|id| above.contains(&id.as_str()));
                if !points_up {
                    left.insert(name, value);
                }
                continue;
            };
            match self.field(shape, &value, &here, above) {
                Ok(fits) => drop(out.insert(name, fits)),
                Err(_) if OWN.contains(&name.as_str()) => drop(left.insert(name, value)),
                Err(refusal) => return Err(refusal),
            }
        }
        keep(&mut out, left, fields);
        Ok(out)
    }

    fn field(&self, shape: Shape, value: &Value, path: &[&str], above: &[&str]) -> Result<Value, Refusal> {
        let own = path.last().is_some_and(|name| OWN.contains(name));
        match (shape, value) {
            (Shape::Record(fields), Value::Object(raw)) if !own => {
                self.fields(raw.clone(), fields, path, above).map(Value::Object)
            }
            (Shape::Things(fields) | Shape::RareThings(fields), _) => {
                let mut held = Map::new();
                self.things(&mut held, Some(value.clone()), fields, path, above)?;
                Ok(Value::Object(held))
            }
            _ => {
                let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
                fitted(shape, value, &path, if own { Fit::Exact } else { Fit::Typed })
            }
        }
    }
}

/// What had no field of its own: under `extra`, where the record has that; else in place.
fn keep(out: &mut Map<String, Value>, mut left: Map<String, Value>, fields: &Fields) {
    if left.is_empty() {
        return;
    }
    if !fields.iter().any(|(name, _)| *name == "extra") {
        out.append(&mut left);
        return;
    }
    // The extra of another Fingerpost's export is this one's.
    if let Some(Value::Object(more)) = left.remove("extra") {
        for (name, value) in more {
            left.entry(name).or_insert(value);
        }
    }
    within(out, "extra", |extra| extra.append(&mut left));
}

/// Works on the map under a key, made where there is none; anything else there is replaced.
fn within<T>(out: &mut Map<String, Value>, key: &str, work: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
    let mut held = match out.remove(key) {
        Some(Value::Object(held)) => held,
        _ => Map::new(),
    };
    let done = work(&mut held);
    if !held.is_empty() {
        out.insert(key.to_owned(), Value::Object(held));
    }
    done
}

fn entries(raw: Option<Value>, path: &str) -> Result<Vec<Map<String, Value>>, Refusal> {
    let Some(raw) = raw else {
        return Ok(Vec::new());
    };
    let Value::Array(entries) = raw else {
        return Err(Refusal::invalid(format!("{path} is a list in HSDS, and this is not")));
    };
    entries
        .into_iter()
        .filter(|entry| !entry.is_null())
        .map(|entry| match entry {
            Value::Object(entry) => Ok(entry),
            _ => Err(Refusal::invalid(format!("an entry of {path} is not a map of fields"))),
        })
        .collect()
}

/// The same text for the same value, whatever the order of its fields.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key:?}:{}", canonical(value))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(entries) => format!("[{}]", entries.iter().map(canonical).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

pub(super) fn raw_id(id: Option<&Value>) -> Option<String> {
    id.and_then(raw_id_text)
}

pub(super) fn raw_id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(id) if !id.trim().is_empty() => Some(id.trim().to_owned()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

pub(super) fn made_of(parts: &[&str]) -> Uuid {
    let mut name = b"fingerpost import".to_vec();
    for part in parts {
        name.extend((part.len() as u64).to_be_bytes());
        name.extend(part.as_bytes());
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &name)
}
