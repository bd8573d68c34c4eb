//! Feeds of this project's own making, and those of the wider world where they are at hand.

use super::*;
use crate::document::shape::{Fit, check_value};
use crate::document::{Content, Edit, Kind};
use crate::listing::{self, Listing};
use crate::{ActorId, Incarnation, OrgId, RefusalKind, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use std::io::Read;
use std::path::PathBuf;

const SERVICES: &str = include_str!("data/services.ndjson");
const SUPPER: &str = "6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e01";

fn source() -> Source {
    Source { feed: "test".into(), publisher: Some("A council".into()), ..Source::default() }
}

fn import(lines: &str) -> Import {
    let mut import = Import::new(source());
    for (line, row) in lines.split('\n').zip(1..) {
        if let Some(record) = read_line(line.as_bytes()) {
            import.take(row, record);
        }
    }
    import
}

fn record(text: &str) -> RecordId {
    text.parse().expect("an id")
}

fn only(record: Value) -> Value {
    map(record, &source()).expect("mapped").listing.1
}

#[test]
fn a_feed_becomes_listings_and_each_organisation_once() {
    let import = import(SERVICES);
    assert_eq!(import.bad, []);
    assert_eq!(import.listings.len(), 3);
    assert_eq!(import.organisations.len(), 2);
    let shelter = &import.organisations[&record("6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e0b")];
    assert_eq!(shelter["description"], "A charity.");
    assert_eq!(shelter["email"], "office@example.org", "what the first row left out, a later one adds");
    insta::assert_json_snapshot!("supper", import.listings[&record(SUPPER)]);
}

#[test]
fn ids_that_are_no_uuids_become_the_same_uuids_every_time_and_stay_beside_them() {
    let (first, second) = (import(SERVICES), import(SERVICES));
    assert_eq!(first.listings, second.listings);
    let walk = first.listings.values().find(|listing| listing["name"] == "Carers' walk").expect("there");
    assert_eq!(walk["source"]["id"], "4711");
    let numbers: Vec<_> = walk["phones"].as_object().expect("phones").values().map(|p| p["number"].clone()).collect();
    assert_eq!(numbers.len(), 2, "two telephones with one id are two: {numbers:?}");
    let organisation = record(walk["organization_id"].as_str().expect("an id"));
    assert_eq!(first.organisations[&organisation]["name"], "Walking Together");
    let elsewhere = map(json!({ "id": 4711, "name": "x" }), &Source { feed: "other".into(), ..Source::default() });
    assert_ne!(elsewhere.expect("mapped").listing.0.to_string(), walk["source"]["id"]);
    assert!(
        !first.listings.contains_key(&map(json!({ "id": "4712", "name": "x" }), &source()).expect("mapped").listing.0)
    );
}

#[test]
fn a_feed_cannot_say_who_may_hold_its_listings_nor_what_only_we_mean() {
    let listing = only(json!({
        "id": SUPPER, "name": "x", "audience": "own", "source": { "feed": "forged" }, "kind": "walk", "sessions": "two",
        "locations": ["here"], "life": { "kind": "rolling" }, "tags": "none", "minimum_age": -1, "extra": { "vendor": 1 },
    }));
    assert_eq!(listing["source"]["feed"], "test");
    assert_eq!(listing["life"], json!({ "kind": "rolling" }), "where it is what we mean by it, it is taken");
    for ours in ["audience", "sessions", "locations", "kind", "tags", "minimum_age"] {
        assert_eq!(listing.get(ours), None, "{ours}");
    }
    let extra = json!({
        "audience": "own", "source": { "feed": "forged" }, "kind": "walk", "sessions": "two", "locations": ["here"],
        "tags": "none", "vendor": 1,
    });
    assert_eq!(listing["extra"], extra);
}

#[test]
fn every_bad_row_is_noted_with_its_line_and_the_rest_is_taken() {
    let long = "x".repeat(21 << 10);
    let deep = format!("{}1{}", "{\"a\":".repeat(12), "}".repeat(12));
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (b"{\"id\":1,\"name\":\"good\"}".to_vec(), ""),
        (b"{\"id\":2,\"name\":\"\xff\"}".to_vec(), "not UTF-8 at byte 16"),
        (b"{\"id\":3,\"name\":\"cut".to_vec(), "not JSON: EOF while parsing a string"),
        (b"{\"name\":\"none\"}".to_vec(), "the service has no id"),
        (b"{\"id\":\" \",\"name\":\"none\"}".to_vec(), "the service has no id"),
        (b"{\"id\":5}".to_vec(), "the service has no name"),
        (b"{\"id\":5,\"name\":\" \"}".to_vec(), "the service has no name"),
        (b"{\"id\":5,\"name\":7}".to_vec(), "the service's name is not text"),
        (format!("{{\"id\":6,\"name\":\"x\",\"description\":\"{long}\"}}").into_bytes(), "a text of 21504 bytes"),
        (b"{\"id\":7,\"name\":\"a\\u0000b\"}".to_vec(), "NUL"),
        (b"{\"id\":8,\"name\":\"x\",\"minimum_age\":\"old\"}".to_vec(), "minimum_age is a number, and \"old\" is not"),
        (b"{\"id\":8,\"name\":\"x\",\"phones\":\"020\"}".to_vec(), "phones is a list in HSDS, and this is not"),
        (b"{\"id\":8,\"name\":\"x\",\"phones\":[\"020\"]}".to_vec(), "an entry of phones is not a map of fields"),
        (
            b"{\"id\":8,\"name\":\"x\",\"contacts\":[{\"phones\":[{\"number\":[1]}]}]}".to_vec(),
            "contacts.phones.number is text, and [1] is not",
        ),
        (b"{\"id\":8,\"name\":\"x\",\"organization\":[]}".to_vec(), "organization is a map of fields"),
        (b"{\"id\":9,\"name\":\"x\",\"organization\":[1]}".to_vec(), "organization is a map of fields"),
        (format!("{{\"id\":10,\"name\":\"x\",\"vendor\":{deep}}}").into_bytes(), "nests deeper than 8"),
        (b"{\"id\":1,\"name\":\"again\"}".to_vec(), "stands in row 1 already"),
        (b"[]".to_vec(), "it is not a JSON object"),
        (b"7".to_vec(), "it is not a JSON object"),
        (vec![b' '; ROW_BYTES], ""),
        ([b"{\"id\":11,\"name\":\"".as_slice(), &vec![b'x'; ROW_BYTES], b"\"}"].concat(), "the most is 4194304"),
        (b"{\"id\":12,\"name\":\"good\"}\r".to_vec(), ""),
    ];
    let mut import = Import::new(source());
    for ((bytes, _), row) in rows.iter().zip(1..) {
        if let Some(record) = read_line(bytes) {
            import.take(row, record);
        }
    }
    let expected: Vec<_> = rows.iter().zip(1u64..).filter(|((_, reason), _)| !reason.is_empty()).collect();
    for (bad, ((_, reason), row)) in import.bad.iter().zip(&expected) {
        assert_eq!(bad.row, *row, "{}", bad.reason);
        assert!(bad.reason.message.contains(reason), "row {row}: {}", bad.reason);
    }
    assert_eq!(import.bad.len(), expected.len());
    assert_eq!(import.listings.len(), 2);
}

#[test]
fn a_document_is_one_service_or_many_or_a_page() {
    let read = |text: &str| read_document(text.as_bytes()).map(|records| records.len());
    assert_eq!(read(r#"{"id":1,"name":"x"}"#), Ok(1));
    assert_eq!(read(r#"[{"id":1},{"id":2}]"#), Ok(2));
    assert_eq!(read("\u{feff}{\"total_items\":3,\"contents\":[{},{},{}]}"), Ok(3));
    assert_eq!(read(r#"{"contents":[],"empty":true}"#), Ok(0));
    let refused = |text: &[u8]| read_document(text).expect_err("refused").to_string();
    assert_eq!(refused(b"  \n"), "there is nothing in it");
    assert!(refused(b"{\"a\":").starts_with("not JSON: EOF while parsing a value at line 1"));
    assert!(refused(b"\xff").starts_with("not UTF-8"));
    assert!(refused(br#"{"totalElements":1,"content":[{}]}"#).contains("another form"));
    assert!(refused(b"7").contains("neither a service"));
}

#[test]
fn the_form_is_told_by_name_or_by_the_first_lines() {
    let cases = [
        ("feed.ndjson", "garbage", Form::Lines),
        ("feed.json", "{\"id\":1}\n{\"id\":2}\n", Form::Lines),
        ("feed.json", "not json\n{\"id\":2}\n", Form::Lines),
        ("feed.json", "{\n  \"id\": 1,\n  \"a\": [\n", Form::Document),
        ("feed", "[{\"id\":1},\n{\"id\":2}\n]\n", Form::Document),
        ("feed", "{\"contents\":[{\"id\":1}]}\n", Form::Document),
        ("feed", "{\"id\":1}", Form::Document),
        ("feed", "", Form::Document),
        ("groups.csv", "", Form::Table),
        ("groups.CSV", "{\"id\":1}\n", Form::Table),
        ("groups.txt", "\u{feff}Name;When\nTea;Tuesdays\n", Form::Table),
        ("standard input", "\nName,When\n", Form::Table),
        ("feed.json", "Name,When\n", Form::Document),
        ("feed", "{\"id\":1,\n\"name\":2}", Form::Document),
    ];
    for (name, beginning, form) in cases {
        assert_eq!(Form::of(name, beginning.as_bytes()), form, "{name}: {beginning}");
    }
}

/// One record as it stands in each of the three places; what the plan does with it.
fn check_plan(last: Option<Value>, existing: Option<Value>, now: Value, expected: &str) {
    let id = record(SUPPER);
    let known = BTreeMap::from([(id, Known { existing: existing.clone(), last_imported: last })]);
    let plan = plan(&known, &BTreeMap::from([(id, now)]), Timestamp::from_ms(0));
    let mut said: Vec<String> = plan.new.values().map(|value| format!("new {value}")).collect();
    for edits in plan.changed.values() {
        let edits: Vec<_> = edits
            .iter()
            .filter(|edit| edit.path != ["source", "fetched_at"])
            .map(|Edit { path, value }| match value {
                Some(value) => format!("{}={value}", path.join(".")),
                None => format!("-{}", path.join(".")),
            })
            .collect();
        said.push(format!("changed {}", edits.join(" ")));
    }
    said.extend(plan.same.iter().map(|_| "same".to_owned()));
    said.extend(plan.gone.iter().map(|_| "gone".to_owned()));
    if plan.kept > 0 {
        said.push(format!("kept {}", plan.kept));
    }
    assert_eq!(said.join("; "), expected);
}

#[test]
fn a_plan_compares_three_ways() {
    let v = |name: &str, age: u32| Some(json!({ "name": name, "minimum_age": age }));
    let now = |name: &str, age: u32| json!({ "name": name, "minimum_age": age });
    check_plan(None, None, json!({ "name": "a" }), r#"new {"name":"a"}"#);
    check_plan(v("a", 1), v("a", 1), now("a", 1), "same");
    check_plan(v("a", 1), v("a", 1), now("b", 1), r#"changed name="b""#);
    check_plan(v("a", 1), v("ours", 1), now("a", 1), "same");
    check_plan(v("a", 1), v("ours", 1), now("a", 2), "changed minimum_age=2");
    check_plan(v("a", 1), v("ours", 1), now("b", 2), "changed minimum_age=2; kept 1");
    check_plan(v("a", 1), v("b", 1), now("b", 1), "same");
    check_plan(v("a", 1), v("a", 1), json!({ "name": "a" }), "changed -minimum_age");
    check_plan(v("a", 1), v("a", 7), json!({ "name": "a" }), "same; kept 1");
    check_plan(v("a", 1), None, now("b", 2), "same");
    check_plan(None, v("a", 1), now("b", 2), "same");
    check_plan(None, Some(json!({ "name": "a" })), now("b", 2), "changed minimum_age=2");
}

#[test]
fn entries_are_compared_by_their_ids() {
    let one = json!({ "sessions": { "x": { "byday": "MO", "notes": "a" } } });
    let ours = json!({ "sessions": { "x": { "byday": "TU", "notes": "a" }, "ours": { "byday": "SU" } } });
    let now = json!({ "sessions": { "x": { "byday": "MO", "notes": "b" }, "y": { "byday": "WE" } } });
    check_plan(Some(one.clone()), Some(ours.clone()), now, r#"changed sessions.x.notes="b" sessions.y={"byday":"WE"}"#);
    check_plan(Some(one.clone()), Some(ours), json!({}), "same; kept 1");
    check_plan(Some(one.clone()), Some(one), json!({}), "changed -sessions");
}

#[test]
fn what_is_no_longer_in_the_feed_is_gone_and_nothing_happens_to_it() {
    let known = BTreeMap::from([
        (record(SUPPER), Known { existing: Some(json!({})), last_imported: Some(json!({})) }),
        (RecordId::from_bytes([1; 16]), Known { existing: Some(json!({})), last_imported: None }),
    ]);
    let plan = plan(&known, &BTreeMap::new(), Timestamp::from_ms(0));
    assert_eq!(plan, Plan { gone: vec![record(SUPPER)], ..Plan::default() });
}

/// Imports into documents as a node would, edits one here, and imports again, the same and changed.
#[test]
fn a_second_import_changes_nothing_and_local_edits_survive_a_changed_one() {
    let owner = OrgId::from_bytes([3; 32]);
    let actor = ActorId::new(&owner, Incarnation::from_bytes([1; 8]));
    let (kind, at) = (Kind::LISTING, Timestamp::from_ms(1_790_000_000_000));
    let first = import(SERVICES);
    let made = plan(&BTreeMap::new(), &first.listings, at);
    assert_eq!(made.new.len(), 3);
    let mut documents: BTreeMap<RecordId, Content> = BTreeMap::new();
    for (id, value) in &made.new {
        documents.insert(*id, Content::create(actor, at, kind, value).expect("created").0);
    }
    let known = |documents: &BTreeMap<RecordId, Content>| -> BTreeMap<RecordId, Known> {
        documents
            .iter()
            .map(|(id, content)| {
                let last_imported = first.listings.get(id).cloned();
                (*id, Known { existing: Some(content.value()), last_imported })
            })
            .collect()
    };
    let again = plan(&known(&documents), &import(SERVICES).listings, at);
    assert_eq!(again.same.len(), 3);
    assert!(again.new.is_empty() && again.changed.is_empty() && again.gone.is_empty());

    let supper = documents.get_mut(&record(SUPPER)).expect("there");
    let edit = Edit { path: vec!["email".into()], value: Some(json!("ours@example.org")) };
    supper.edit(actor, at, kind, &[edit]).expect("edited");
    let changed =
        SERVICES.replace("hello@example.org", "theirs@example.org").replace("No need to book.", "Please book.");
    let plan = plan(&known(&documents), &import(&changed).listings, at);
    assert_eq!((plan.changed.len(), plan.same.len(), plan.kept), (1, 2, 1));
    let supper = documents.get_mut(&record(SUPPER)).expect("there");
    supper.edit(actor, at, kind, &plan.changed[&record(SUPPER)]).expect("edited");
    assert_eq!(supper.value()["email"], "ours@example.org");
    assert_eq!(supper.value()["description"], "A hot meal and company.\nPlease book.");
}

/// JSON with the names of HSDS in likely and unlikely places.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9\u{0}é,:-]{0,6}".prop_map(Value::from),
        Just(json!(SUPPER)),
    ];
    let names = [
        "id",
        "name",
        "description",
        "schedules",
        "service_at_locations",
        "location",
        "contacts",
        "phones",
        "languages",
        "extra",
        "organization",
        "organization_id",
        "attributes",
        "taxonomy_term",
        "minimum_age",
        "freq",
        "audience",
        "vendor",
        "service_id",
    ];
    leaf.prop_recursive(7, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(names.to_vec()), inner), 0..7)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_row_holds_it_is_refused_or_becomes_a_document_that_reads_back(row in any_json(), named in any::<bool>()) {
        let mut row = row;
        if let Some(fields) = row.as_object_mut().filter(|_| named) {
            fields.insert("id".into(), json!(1));
            fields.insert("name".into(), json!("x"));
        }
        if let Ok(Mapped { listing: (id, listing), organisation }) = map(row, &source()) {
            let fitted = check_value(Kind::LISTING, &listing, Fit::Typed).expect("fits");
            prop_assert_eq!(&fitted, &listing);
            let actor = ActorId::new(&OrgId::from_bytes([3; 32]), Incarnation::from_bytes([1; 8]));
            let (content, _) = Content::create(actor, Timestamp::from_ms(1), Kind::LISTING, &listing).expect("created");
            content.check(Kind::LISTING).expect("within the limits");
            prop_assert_eq!(content.value(), listing.clone());
            Listing::read(&listing);
            let served = listing::to_hsds(id, &listing, organisation.as_ref().map(|(id, value)| (*id, value)));
            prop_assert!(!served.to_string().contains("null"));
        }
    }
}

/// A file of a folder of that data; `None` where the folder lacks it.
#[expect(clippy::disallowed_methods, reason = "data of the wider world, which is not ours to keep here")]
pub(super) fn only_in(folder: &str, file: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    std::fs::read(folder.join(file)).ok()
}

/// The file of that name beside the workspace, where this machine has it.
#[expect(clippy::disallowed_methods, reason = "data of the wider world, which is not ours to keep here")]
pub(super) fn shared(path: &str) -> Option<Vec<u8>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: no {path} here\n").as_bytes())
            .expect("noted");
    }
    bytes
}

/// Everything a mapped listing has to be: within the limits, of the right types, and the same again when served and imported.
fn check_mapped(record: &Value) {
    let Mapped { listing: (id, value), organisation } = map(record.clone(), &source()).expect("mapped");
    check_value(Kind::LISTING, &value, Fit::Typed).expect("fits");
    let organisation = organisation.as_ref().map(|(id, value)| (*id, value));
    let served = listing::to_hsds(id, &value, organisation);
    let again = map(served.clone(), &source()).expect("mapped again");
    let mut expected = value.clone();
    if let Some(last) = served.get("last_modified").filter(|_| expected.get("last_modified").is_some()) {
        expected["last_modified"] = last.clone();
    }
    if expected.get("status").is_none() {
        expected["status"] = json!("active");
    }
    assert_eq!(again.listing.1["name"], expected["name"]);
    assert_eq!(Listing::read(&again.listing.1).sessions.len(), Listing::read(&value).sessions.len());
}

#[test]
fn the_whole_of_a_real_directory_maps_and_comes_back_as_it_was() {
    let Some(bytes) = shared("corpus/us-miami-211.hsds-uk-3.0.ndjson.gz") else {
        return;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("inflates");
    let import = import(&text);
    assert_eq!(import.bad, []);
    assert_eq!(import.listings.len(), 4_082);
    let schemas =
        shared("oruk/hsds-uk-3.0/bundle.schema.json").and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let mut largest = 0;
    for (line, number) in text.lines().zip(1..) {
        let record: Value = serde_json::from_str(line).expect("json");
        let Mapped { listing: (id, listing), organisation } = map(record.clone(), &source()).expect("mapped");
        check_value(Kind::LISTING, &listing, Fit::Typed).expect("fits");
        largest = largest.max(listing.to_string().len());
        let served = listing::to_hsds(id, &listing, organisation.as_ref().map(|(id, value)| (*id, value)));
        if let Some(schemas) = &schemas {
            check_schema(&schemas["$defs"], &schemas["$defs"]["service"], &served, "service");
        }
        let mut served = served;
        served.as_object_mut().expect("a service").remove("source");
        served.get_mut("organization").and_then(Value::as_object_mut).map(|organisation| organisation.remove("source"));
        assert_eq!(sorted(&served), sorted(&record), "line {number}");
    }
    assert!(largest < 8 << 10, "{largest}");
}

/// A walk over the published schema that knows what its files use: `$ref`, `type`, `required`, `properties`, `items`, `enum`.
fn check_schema(schemas: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
        return check_schema(schemas, &schemas[name], value, path);
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.as_str().is_some_and(|text| !text.is_empty()),
        Some("number") => value.is_number(),
        _ => !value.is_null(),
    };
    assert!(fits, "{path}: {value}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{path}: {value}");
    }
    if schema["format"] == "uuid" {
        assert!(value.as_str().is_some_and(|id| id.parse::<RecordId>().is_ok()), "{path}: {value}");
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(value.get(name).is_some(), "{path} has no {name}: {value}");
    }
    for (key, field) in value.as_object().into_iter().flatten() {
        if let Some(schema) = schema["properties"].get(key) {
            check_schema(schemas, schema, field, &format!("{path}.{key}"));
        }
    }
    for entry in value.as_array().into_iter().flatten() {
        check_schema(schemas, &schema["items"], entry, path);
    }
}

/// With every list in the order of its entries' text.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(entries) => {
            let mut entries: Vec<_> = entries.iter().map(sorted).collect();
            entries.sort_by_key(|entry| entry["id"].to_string());
            entries.into()
        }
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), sorted(field))).collect(),
        scalar => scalar.clone(),
    }
}

#[test]
fn published_examples_and_fixtures_map() {
    for path in [
        "oruk/hsds-uk-3.0/examples/service_full.json",
        "oruk/hsds-uk-3.0/examples/service_list.json",
        "oruk/hsds-3.0-international/examples/service_full.json",
        "oruk/hsds-3.0-international/examples/service_list.json",
        "oruk/validator-fixtures/Default/service_full.json",
        "oruk/validator-fixtures/Default/service_list.json",
        "oruk/validator-fixtures/Warn/service_full.json",
        "oruk/validator-fixtures/Fail/service_full.json",
        "oruk/live-feed-dialects/bristol-service-nested.redacted.json",
        "oruk/live-feed-dialects/bristol-services-page1.redacted.json",
    ] {
        for record in shared(path).map(|bytes| read_document(&bytes).expect("read")).into_iter().flatten() {
            check_mapped(&record);
        }
    }
}

#[test]
fn what_a_page_of_another_dialect_holds_is_refused_by_name() {
    for path in ["bucks-outpost-services-page1.rewritten.json", "cqc-services-page1.json", "hull-services-page1.json"] {
        if let Some(bytes) = shared(&format!("oruk/live-feed-dialects/{path}")) {
            let refusal = read_document(&bytes).expect_err("another form");
            assert_eq!(refusal.kind, RefusalKind::Invalid);
        }
    }
}
