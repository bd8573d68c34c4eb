//! A folder of HSDS 1.1 tables (also 1.0, whose names differ a little): each service with what the other tables say of it becomes
//! one record of HSDS 3.0, which is then mapped like any other. A row that belongs nowhere is bad, with its file and line; columns
//! that nothing is known of go along as they are.

mod entry;
mod index;

pub(super) use entry::with_scheme;

use super::{BadRow, Import, Source, Table};
use crate::Refusal;
use entry::{Fields, fields, joined, shaped};
use index::{Ids, Index};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What each table is called here, and the names its file may have, without ending.
const TABLES: &[(&str, &[&str])] = &[
    ("services", &["services", "service"]),
    ("organizations", &["organizations", "organization", "organisations", "organisation"]),
    ("locations", &["locations", "location"]),
    (
        "services_at_location",
        &["services_at_location", "service_at_location", "service_at_locations", "services_at_locations"],
    ),
    ("programs", &["programs", "program"]),
    ("phones", &["phones", "phone"]),
    ("contacts", &["contacts", "contact"]),
    ("physical_addresses", &["physical_addresses", "physical_address", "addresses", "address"]),
    ("postal_addresses", &["postal_addresses", "postal_address", "mail_addresses"]),
    ("regular_schedules", &["regular_schedules", "regular_schedule"]),
    ("schedules", &["schedules", "schedule"]),
    ("holiday_schedules", &["holiday_schedules", "holiday_schedule"]),
    ("eligibility", &["eligibility", "eligibilities", "eligibilitys"]),
    ("languages", &["languages", "language"]),
    ("accessibility", &["accessibility_for_disabilities", "accessibility"]),
    ("service_areas", &["service_areas", "service_area"]),
    ("required_documents", &["required_documents", "required_document"]),
    ("payments_accepted", &["payments_accepted", "payment_accepted"]),
    ("funding", &["funding", "fundings"]),
    ("taxonomies", &["taxonomies", "taxonomy", "taxonomys"]),
    (
        "services_taxonomy",
        &["services_taxonomy", "service_taxonomy", "service_taxonomies", "services_taxonomies", "service_taxonomys"],
    ),
    // Nothing of a listing is in these.
    ("metadata", &["metadata", "meta_table_descriptions", "meta_table_description"]),
];

/// Tables whose rows belong to one of several: the first of these columns that is filled says to which.
const CHILDREN: &[(&str, &[&str])] = &[
    ("contacts", &["service_at_location_id", "service_id", "organization_id"]),
    ("phones", &["contact_id", "service_id", "service_at_location_id", "location_id", "organization_id"]),
    ("physical_addresses", &["location_id", "organization_id"]),
    ("postal_addresses", &["location_id", "organization_id"]),
    ("regular_schedules", &["service_at_location_id", "service_id", "location_id"]),
    ("schedules", &["service_at_location_id", "service_id", "location_id"]),
    ("holiday_schedules", &["service_at_location_id", "service_id", "location_id"]),
    ("eligibility", &["service_id"]),
    ("languages", &["service_id", "location_id"]),
    ("accessibility", &["location_id"]),
    ("service_areas", &["service_id"]),
    ("required_documents", &["service_id"]),
    ("payments_accepted", &["service_id"]),
    ("funding", &["service_id", "organization_id"]),
    ("services_taxonomy", &["service_id"]),
    ("programs", &["organization_id"]),
];

/// The name here of the table that a file of this name holds; `None` where the name says nothing.
pub fn table_name(file: &str) -> Option<&'static str> {
    let name = file.to_ascii_lowercase();
    let stem = name.strip_suffix(".csv")?;
    TABLES.iter().find(|(_, names)| names.contains(&stem)).map(|(table, _)| *table)
}

/// The tables of one folder.
#[derive(Debug)]
pub struct Package {
    tables: BTreeMap<&'static str, Table>,
}

impl Package {
    /// Of tables by the names of [`table_name`]. Refused: no services, or services without ids or names.
    pub fn new(tables: BTreeMap<&'static str, Table>) -> Result<Self, Refusal> {
        let services = tables.get("services").ok_or_else(|| {
            Refusal::invalid("there is no services.csv in it").hint(
                "a folder of HSDS 1.1 has services.csv (id, name, organization_id, …) and, where there is more to say, \
                 organizations.csv, locations.csv, services_at_location.csv, phones.csv, regular_schedules.csv, …",
            )
        })?;
        for needed in ["id", "name"] {
            needs_column(services, needed)?;
        }
        for table in ["organizations", "locations"] {
            tables.get(table).map(|table| needs_column(table, "id")).transpose()?;
        }
        Ok(Self { tables })
    }

    /// Every service as a record, mapped; every organisation too, whether or not a service is its own.
    pub fn into_import(self, source: Source) -> Import {
        let mut import = Import::new(source);
        let mut assembly = Assembly::of(&self.tables, &mut import);
        assembly.take_organisations(&mut import);
        assembly.take_services(&mut import);
        assembly.say_what_is_left(&mut import);
        import
    }
}

fn needs_column(table: &Table, column: &str) -> Result<(), Refusal> {
    if table.headings.iter().any(|heading| heading.eq_ignore_ascii_case(column)) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("\"{}\" has no column \"{column}\"", table.file))
        .hint(format!("its columns are {}", table.headings.join(", "))))
}

/// The tables by id, and what belongs to what.
struct Assembly<'t> {
    services: Index<'t>,
    organisations: Index<'t>,
    locations: Index<'t>,
    places: Index<'t>,
    terms: Index<'t>,
    /// Rows of the other tables, by the column and id that they belong to, and their table.
    children: BTreeMap<(&'static str, String), Vec<(&'static str, Fields)>>,
    /// Services by the ids of organisations that are not there.
    without_organisation: BTreeSet<String>,
}

impl<'t> Assembly<'t> {
    fn of(tables: &'t BTreeMap<&'static str, Table>, import: &mut Import) -> Self {
        let bad: Vec<BadRow> = tables.values().flat_map(|table| table.bad.clone()).collect();
        import.bad.extend(bad);
        let mut index = |name| Index::of(tables.get(name), Ids::Needed, import);
        let [services, organisations, locations, terms] =
            ["services", "organizations", "locations", "taxonomies"].map(&mut index);
        let mut places = Index::of(tables.get("services_at_location"), Ids::Optional, import);
        places.keep_linked(&[("service_id", &services), ("location_id", &locations)], import);
        let contacts = tables.get("contacts").map(ids_in).unwrap_or_default();
        let children = BTreeMap::new();
        let without_organisation = BTreeSet::new();
        let mut assembly = Self { services, organisations, locations, places, terms, children, without_organisation };
        for (table, keys) in CHILDREN {
            if let Some(rows) = tables.get(table) {
                assembly.add_children(table, keys, rows, &contacts, import);
            }
        }
        assembly
    }

    fn add_children(
        &mut self,
        table: &'static str,
        keys: &[&'static str],
        rows: &Table,
        contacts: &BTreeSet<String>,
        import: &mut Import,
    ) {
        for row in &rows.rows {
            let fields = fields(rows, row);
            let named: Vec<(&'static str, String)> =
                keys.iter().filter_map(|key| Some((*key, text_of(&fields, key)?.to_owned()))).collect();
            let known = named.iter().find(|(key, id)| match *key {
                "service_id" => self.services.has(id),
                "organization_id" => self.organisations.has(id),
                "location_id" => self.locations.has(id),
                "contact_id" => contacts.contains(id),
                _ => self.places.has(id),
            });
            // A time of a service at one of its places belongs to both.
            let known = known.map(|(key, id)| self.narrowed(table, key, id, &named));
            match (known, named.first()) {
                (Some(owner), _) => self.children.entry(owner).or_default().push((table, fields)),
                (None, first) => {
                    let reason = match first {
                        Some((key, id)) => Refusal::invalid(format!("it belongs to {key} {id:?}, which is not there")),
                        None => Refusal::invalid(format!(
                            "it does not say what it belongs to: {} is empty",
                            keys.join(", ")
                        )),
                    };
                    import.bad.push(BadRow { file: Some(rows.file.clone()), row: row.line, reason });
                }
            }
        }
    }

    fn narrowed(&self, table: &str, key: &'static str, id: &str, named: &[(&str, String)]) -> (&'static str, String) {
        let location = named.iter().find(|(other, _)| *other == "location_id");
        if let (true, "service_id", Some((_, location))) = (table.ends_with("schedules"), key, location) {
            let place = self.places.of_service(id);
            let place = place.filter(|(_, fields)| text_of(fields, "location_id") == Some(location.as_str()));
            if let Some((place, _)) = place.into_iter().next() {
                return ("service_at_location_id", place.to_owned());
            }
        }
        (key, id.to_owned())
    }

    /// What belongs to this one, shaped and under the names of HSDS 3.0.
    fn give_children(&self, key: &'static str, id: &str, out: &mut Map<String, Value>) {
        let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        let mut extra: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        let mut eligibility: Vec<String> =
            text_of(out, "eligibility_description").map(str::to_owned).into_iter().collect();
        for (table, fields) in self.children.get(&(key, id.to_owned())).into_iter().flatten() {
            match *table {
                "eligibility" => eligibility.extend(text_of(fields, "eligibility").map(str::to_owned)),
                "holiday_schedules" | "payments_accepted" => {
                    extra.entry(table).or_default().push(Value::Object(shaped(table, fields.clone())));
                }
                "services_taxonomy" => lists.entry("attributes").or_default().push(self.attribute(fields)),
                _ => {
                    let mut entry = shaped(table, fields.clone());
                    if let ("contacts", Some(contact)) = (*table, text_of(fields, "id")) {
                        self.give_children("contact_id", contact, &mut entry);
                    }
                    lists.entry(entry::list_of(table)).or_default().push(Value::Object(entry));
                }
            }
        }
        for (list, entries) in lists {
            let entries = if list == "schedules" { joined(entries) } else { entries };
            out.insert(list.to_owned(), Value::Array(entries));
        }
        out.extend(
            (!eligibility.is_empty()).then(|| ("eligibility_description".into(), eligibility.join("\n").into())),
        );
        for (table, rows) in extra {
            entry::put_extra(out, table, Value::Array(rows));
        }
    }

    fn attribute(&self, fields: &Fields) -> Value {
        let mut link = shaped("services_taxonomy", fields.clone());
        let mut term = Map::new();
        if let Some(id) = link.remove("taxonomy_id") {
            let known = id.as_str().and_then(|id| self.terms.row(id));
            term = known.map(|(_, fields)| shaped("taxonomies", fields.clone())).unwrap_or_default();
            term.insert("id".into(), id);
        }
        term.extend(link.remove("taxonomy_detail").map(|detail| ("taxonomy_detail".to_owned(), detail)));
        if !term.is_empty() {
            link.insert("taxonomy_term".into(), Value::Object(term));
        }
        Value::Object(link)
    }

    fn location(&self, id: &str) -> Option<Map<String, Value>> {
        let (_, fields) = self.locations.row(id)?;
        let mut location = shaped("locations", fields.clone());
        self.give_children("location_id", id, &mut location);
        Some(location)
    }

    fn take_organisations(&mut self, import: &mut Import) {
        let placed: BTreeSet<&str> =
            self.places.rows().filter_map(|(_, _, fields)| text_of(fields, "location_id")).collect();
        let mut unplaced: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        let mut kept = 0_u64;
        for (id, line, fields) in self.locations.rows().filter(|(id, _, _)| !placed.contains(id)) {
            match text_of(fields, "organization_id").filter(|organisation| self.organisations.has(organisation)) {
                Some(organisation) => {
                    kept += 1;
                    unplaced.entry(organisation).or_default().extend(self.location(id).map(Value::Object));
                }
                None => import.bad.push(BadRow {
                    file: Some(self.locations.file().to_owned()),
                    row: line,
                    reason: Refusal::invalid(
                        "no service is held there, and it belongs to no organisation that is there",
                    ),
                }),
            }
        }
        for (id, line, fields) in self.organisations.rows() {
            let mut organisation = shaped("organizations", fields.clone());
            self.give_children("organization_id", id, &mut organisation);
            // Addresses of an organisation itself are at a place without a name.
            if let Some(addresses) = organisation.remove("addresses") {
                let place = Map::from_iter([("addresses".to_owned(), addresses)]);
                unplaced.entry(id).or_default().push(Value::Object(place));
            }
            if let Some(places) = unplaced.remove(id) {
                organisation.insert("locations".into(), Value::Array(places));
            }
            import.take_organisation(self.organisations.file(), line, Value::Object(organisation));
        }
        if self.places.is_absent() && kept > 0 {
            import.notes.push(format!(
                "services_at_location.csv is not there, so nothing says which service is where: {kept} places go with their organisations"
            ));
        }
    }

    fn take_services(&mut self, import: &mut Import) {
        let mut without = BTreeSet::new();
        for (id, line, fields) in self.services.rows() {
            let organisation = text_of(fields, "organization_id");
            without.extend(organisation.filter(|id| !self.organisations.has(id)).map(str::to_owned));
            let mut service = shaped("services", fields.clone());
            self.give_children("service_id", id, &mut service);
            let places: Vec<Value> = self.places.of_service(id).map(|(id, fields)| self.place(id, fields)).collect();
            if !places.is_empty() {
                service.insert("service_at_locations".into(), Value::Array(places));
            }
            import.take_from(Some(self.services.file()), line, Ok(Value::Object(service)));
        }
        self.without_organisation = without;
    }

    fn place(&self, id: &str, fields: &Fields) -> Value {
        let mut place = shaped("services_at_location", fields.clone());
        let location = place.remove("location_id");
        self.give_children("service_at_location_id", id, &mut place);
        let location = location.as_ref().and_then(Value::as_str).and_then(|id| self.location(id));
        place.extend(location.map(|location| ("location".to_owned(), Value::Object(location))));
        Value::Object(place)
    }

    fn say_what_is_left(&self, import: &mut Import) {
        if !self.without_organisation.is_empty() {
            import.notes.push(format!(
                "{} organisations that services name are not in organizations.csv: those services are taken without them",
                self.without_organisation.len()
            ));
        }
    }
}

fn ids_in(table: &Table) -> BTreeSet<String> {
    table.rows.iter().filter_map(|row| text_of(&fields(table, row), "id").map(str::to_owned)).collect()
}

fn text_of<'f>(fields: &'f Map<String, Value>, key: &str) -> Option<&'f str> {
    fields.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
