//! Folders of HSDS 1.1: one of this project's own making, and those of the wider world where they are at hand.

use super::*;
use crate::RecordId;
use crate::import::{
    Rows,
    tests::{only_in, shared},
};
use serde_json::json;

const HALL: &[(&str, &str)] = &[
    (
        "services.csv",
        "id,organization_id,name,description,url,email,status,fees,colour\n\
         s1,o1,Supper,\"A hot meal\nand company\",www.example.org/supper,hello@example.org,active,Free,blue\n\
         6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e01,o9,Walk,,,,,,\n\
         s1,o1,Supper again,,,,,,\n\
         ,o1,No id,,,,,,\n\
         s3,o1,,,,,,,\n",
    ),
    (
        "organizations.csv",
        "id,name,url,year_incorporated,tax_id\no1,The Hall,hall.example.org,1998,7\no2,No services,,about 1900,\no2,Twice,,,\n",
    ),
    (
        "locations.csv",
        "id,organization_id,name,latitude,longitude\nl1,o1,The Hall,51.58,-0.02\nl2,o1,The Annexe,north,\nl3,,Nowhere,,\n",
    ),
    ("services_at_location.csv", "id,service_id,location_id\nsl1,s1,l1\n,s1,l7\n"),
    (
        "phones.csv",
        "id,location_id,service_id,organization_id,number,extension,language\n\
        ,,s1,,020 8000 0001,12,\"English, Polish\"\n\
        ,l1,,,020 8000 0002,ask for Ann,\n\
        ,,,o1,020 8000 0003,,\n\
        ,,s9,,020 8000 0009,,\n\
        ,,,,020 8000 0000,,\n",
    ),
    (
        "regular_schedules.csv",
        "service_id,location_id,weekday,opens_at,closes_at\n\
        s1,,Monday,9:00am,5:00pm\ns1,,Tuesday,9:00am,5:00pm\ns1,l1,Friday,18:00,late\n",
    ),
    (
        "physical_addresses.csv",
        "id,location_id,organization_id,address_1,address_2,address_3,city,postal_code\n,l1,,1 High Street,Back room,First floor,London,E17 9PQ\n,,o1,PO Box 1,,,London,E17 9XX\n",
    ),
    ("eligibility.csv", "id,service_id,eligibility\n,s1,Over 18s\n,s1,Local\n"),
    ("languages.csv", "id,service_id,language\n,s1,Polish\n"),
    ("taxonomy.csv", "id,name,parent_id,vocabulary\n11,Food,,esd\n"),
    ("service_taxonomy.csv", "id,service_id,taxonomy_id,taxonomy_detail\n1,s1,11,hot\n"),
    ("holiday_schedules.csv", "service_id,closed,start_date,end_date\ns1,true,2026-12-24,2026-12-27\n"),
    ("contacts.csv", "id,service_id,name,email\nc1,s1,Ann,ann@example.org\n"),
];

fn package(files: &[(&str, &str)]) -> Result<Package, Refusal> {
    let mut tables = BTreeMap::new();
    for (file, text) in files {
        let table = Table::under(Rows::read(file, text.as_bytes())?, 0)?;
        tables.insert(table_name(file).expect("a table of HSDS"), table);
    }
    Package::new(tables)
}

fn source() -> Source {
    Source { feed: "hall".into(), ..Source::default() }
}

fn import(files: &[(&str, &str)]) -> Import {
    package(files).expect("a package").into_import(source())
}

#[test]
fn a_folder_becomes_listings_with_what_all_its_tables_say() {
    let import = import(HALL);
    let supper = import.listings.values().find(|listing| listing["name"] == "Supper").expect("there");
    insta::assert_json_snapshot!("hall_supper", supper);
    let hall = import.organisations.values().find(|organisation| organisation["name"] == "The Hall").expect("there");
    insta::assert_json_snapshot!("hall_organisation", hall);
    assert_eq!(import.organisations.len(), 2, "one that has no services, too");
    let walk: RecordId = "6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e01".parse().expect("an id");
    assert_eq!(import.listings[&walk]["name"], "Walk", "a UUID of the source is kept");
    assert_eq!(self::import(HALL).listings, import.listings, "the same ids every time");
}

#[test]
fn a_row_that_belongs_nowhere_is_bad_with_its_file_and_line() {
    let mut said: Vec<String> = import(HALL)
        .bad
        .iter()
        .map(|bad| format!("{}:{} {}", bad.file.as_deref().unwrap_or_default(), bad.row, bad.reason))
        .collect();
    said.sort();
    let expected = [
        "locations.csv:4 no service is held there, and it belongs to no organisation that is there",
        "organizations.csv:4 id \"o2\" stands in line 3 already",
        "phones.csv:5 it belongs to service_id \"s9\", which is not there",
        "phones.csv:6 it does not say what it belongs to: contact_id, service_id, service_at_location_id, location_id, \
         organization_id is empty",
        "services.csv:5 id \"s1\" stands in line 2 already",
        "services.csv:6 it has no id",
        "services.csv:7 the service has no name",
        "services_at_location.csv:3 it belongs to location_id \"l7\", which is not there",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_cannot_be_a_folder_of_hsds_says_what_it_lacks() {
    let check = |files: &[(&str, &str)], says: &str| {
        let refusal = package(files).expect_err("refused");
        assert!(refusal.message.contains(says) && refusal.hint.is_some(), "{refusal}");
    };
    check(&[("organizations.csv", "id,name\n1,x\n")], "there is no services.csv in it");
    check(&[("services.csv", "name,url\nx,y\n")], "\"services.csv\" has no column \"id\"");
    check(&[("services.csv", "id,title\n1,y\n")], "\"services.csv\" has no column \"name\"");
    check(
        &[("services.csv", "id,name\n1,y\n"), ("locations.csv", "name\nx\n")],
        "\"locations.csv\" has no column \"id\"",
    );
}

#[test]
fn tables_go_by_the_names_of_either_version() {
    let cases = [
        ("services.csv", Some("services")),
        ("Services.CSV", Some("services")),
        ("service_at_locations.csv", Some("services_at_location")),
        ("addresses.csv", Some("physical_addresses")),
        ("taxonomy.csv", Some("taxonomies")),
        ("notes.csv", None),
        ("services.txt", None),
    ];
    for (file, table) in cases {
        assert_eq!(table_name(file), table, "{file}");
    }
}

#[test]
fn times_that_differ_only_in_the_day_are_one_and_those_with_ids_stay_apart() {
    let times = |rows: &str| {
        let services = ("services.csv", "id,name\ns,x\n");
        let import = import(&[services, ("regular_schedules.csv", rows)]);
        let listing = import.listings.into_values().next().expect("a listing");
        let sessions = listing["sessions"].as_object().cloned().unwrap_or_default();
        let said =
            sessions.values().map(|s| format!("{} {}-{}", s["byday"], s["opens_at"], s["closes_at"]).replace('"', ""));
        let mut said: Vec<String> = said.collect();
        said.sort();
        said.join("; ")
    };
    let head = "service_id,weekday,opens_at,closes_at\n";
    assert_eq!(
        times(&format!("{head}s,Mon,9:00,12:00\ns,Tue,9:00,12:00\ns,Tue,9:00,12:00\ns,Wed,13:00,14:00\n")),
        "MO,TU 09:00-12:00; WE 13:00-14:00"
    );
    let head = "id,service_id,weekday,opens_at,closes_at\n";
    assert_eq!(times(&format!("{head}1,s,1,9:00,12:00\n2,s,2,9:00,12:00\n")), "MO 09:00-12:00; TU 09:00-12:00");
}

#[test]
fn many_services_of_one_organisation_are_put_together_once() {
    let services: String = (0..3_000).map(|n| format!("s{n},o,Service {n}\n")).collect();
    let locations: String = (0..200).map(|n| format!("l{n},o,Place {n}\n")).collect();
    let import = import(&[
        ("services.csv", &format!("id,organization_id,name\n{services}")),
        ("organizations.csv", "id,name\no,Hall\n"),
        ("locations.csv", &format!("id,organization_id,name\n{locations}")),
    ]);
    assert_eq!((import.listings.len(), import.organisations.len(), import.bad.len()), (3_000, 1, 0));
    let hall = import.organisations.values().next().expect("there");
    assert_eq!(hall["locations"].as_object().map(serde_json::Map::len), Some(200));
}

/// A real folder, where it is at hand.
fn real(folder: &str) -> Option<Import> {
    let mut tables = BTreeMap::new();
    for (table, names) in TABLES {
        for name in *names {
            let file = format!("{name}.csv");
            if let Some(bytes) = only_in(folder, &file) {
                tables.insert(*table, Table::under(Rows::read(&file, &bytes).expect("CSV"), 0).expect("a table"));
            }
        }
    }
    (!tables.is_empty()).then(|| Package::new(tables).expect("a package").into_import(source()))
}

#[test]
fn a_real_directory_comes_whole() {
    if shared("corpus/us-miami-211-hsds11/services.csv").is_none() {
        return;
    }
    let import = real("corpus/us-miami-211-hsds11").expect("a folder");
    assert_eq!((import.listings.len(), import.organisations.len()), (4_082, 1_069));
    // Its eligibility rows do not say whose they are.
    assert!(import.bad.iter().all(|bad| bad.file.as_deref() == Some("eligibility.csv")), "{:?}", import.bad.first());
    assert_eq!(import.bad.len(), 2_244);
    assert!(import.notes.iter().any(|note| note.starts_with("82 organisations")), "{:?}", import.notes);
    let scouts = import.listings.values().find(|l| l["source"]["id"] == "136").expect("there");
    let session = scouts["sessions"].as_object().and_then(|s| s.values().next()).expect("a session");
    assert_eq!((&session["byday"], &session["opens_at"]), (&json!("MO,TU,WE,TH,FR"), &json!("09:00")));
}

#[test]
fn a_real_folder_that_does_not_say_where_services_are_says_so() {
    if shared("corpus/us-illinois-legal-aid-hsds11/services.csv").is_none() {
        return;
    }
    let import = real("corpus/us-illinois-legal-aid-hsds11").expect("a folder");
    assert_eq!((import.listings.len(), import.organisations.len()), (429, 33));
    assert!(import.notes.iter().any(|note| note.starts_with("services_at_location.csv is not there")));
    // Most of its organisations are not in the folder, nor anything that says which service is where.
    let of = |file: &str| import.bad.iter().filter(|bad| bad.file.as_deref() == Some(file)).count();
    assert_eq!((of("services.csv"), of("locations.csv"), import.bad.len()), (1, 448, 1 + 448));
}
