//! A volunteer's spreadsheet, and a folder of HSDS 1.1, become listings here and at a partner.

use super::{Node, check, expect_clean, expect_listings};
use serde_json::{Value, json};

/// A spreadsheet as it is saved by one of many programs: a title, headings of somebody's own, semicolons, `\r\n`.
const GROUPS: &str = "\u{feff}Our groups 2026;;;;;\r\n\
    Group name;When;Where;Cost;Contact tel;Door\r\n\
    Tea & Chat;Tuesdays 10-12;\"St Mary's Hall, High Street, E17 9PQ\";Free;020 8000 0001;red\r\n\
    Knitting;\"Every other Thursday,\r\n2-4\";Library E17 4JN;£2.50;;\r\n\
    ;Saturdays;Library;;;\r\n";

pub(super) fn named(node: &Node, name: &str) -> Value {
    let row = node.lines(&["listing", "list"]).into_iter().find(|row| row["name"] == name);
    let id = row.unwrap_or_else(|| panic!("there is no {name}"))["id"].as_str().expect("an id").to_owned();
    node.json(&["listing", "show", &id])
}

fn counts(imported: &Value) -> [u64; 5] {
    ["new", "changed", "same", "failed", "gone"].map(|count| imported[count].as_u64().expect("a count"))
}

fn only(things: &Value) -> Value {
    things.as_object().and_then(|things| things.values().next()).cloned().unwrap_or_default()
}

#[test]
fn a_spreadsheet_with_any_headings_is_taken_in_and_its_mapping_remembered() {
    check("spreadsheet", |shelter, council| {
        let path = shelter.folder.file("groups.csv", GROUPS);
        let path = path.to_str().expect("a plain path");
        let dry = shelter.run(&["import", path, "--dry-run"]);
        dry.expect_done();
        for says in
            ["headings in line 2", "-> when", "kept under its heading", "by its name and postcode", "groups.csv line 6"]
        {
            assert!(dry.out.contains(says), "{says:?} is not in:\n{}", dry.out);
        }
        assert_eq!(counts(&shelter.json(&["import", path, "--yes"])), [2, 0, 0, 1, 0]);
        expect_listings(council, 2);
        let tea = named(council, "Tea & Chat");
        let session = only(&tea["sessions"]);
        assert_eq!((&session["byday"], &session["opens_at"]), (&json!("TU"), &json!("10:00")), "{session}");
        assert_eq!(only(&tea["cost_options"])["amount"], 0);
        assert_eq!(only(&named(council, "Knitting")["sessions"])["description"], "Every other Thursday,\r\n2-4");
        assert_eq!(counts(&shelter.json(&["import", path, "--yes"])), [0, 0, 2, 1, 0]);

        let mapping = shelter.folder.file("columns.yaml", "columns:\n  Door: tags\n");
        let mapping = mapping.to_str().expect("a plain path");
        assert_eq!(counts(&shelter.json(&["import", path, "--mapping", mapping, "--yes"])), [0, 1, 1, 1, 0]);
        assert_eq!(named(shelter, "Tea & Chat")["tags"], json!(["red"]));
        let again = shelter.run(&["import", path, "--dry-run"]);
        assert!(again.out.contains("-> tags") && again.out.contains("as last time"), "{}", again.out);
        assert_eq!(counts(&shelter.json(&["import", path, "--yes"])), [0, 0, 2, 1, 0], "it is remembered");

        let id = tea["id"].as_str().expect("an id");
        shelter.json(&["listing", "edit", id, "--set", "url=https://example.org/tea"]);
        shelter.folder.file("groups.csv", GROUPS.replace("Tuesdays 10-12", "Tuesdays 10-1"));
        assert_eq!(counts(&shelter.json(&["import", path, "--yes"])), [0, 1, 1, 1, 0]);
        let tea = named(shelter, "Tea & Chat");
        assert_eq!(
            (&only(&tea["sessions"])["closes_at"], &tea["url"]),
            (&json!("13:00"), &json!("https://example.org/tea"))
        );
        expect_clean(shelter);
    });
}

#[test]
fn a_folder_of_hsds_is_taken_in() {
    check("folder", |shelter, council| {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        write("services.csv", "id,organization_id,name\ns1,o1,Supper\ns2,o1,Walk\ns3,o1,\n");
        write("organizations.csv", "id,name\no1,The Hall\n");
        write("phones.csv", "service_id,number\ns1,020 8000 0001\ns9,020 8000 0009\n");
        write("regular_schedules.csv", "service_id,weekday,opens_at,closes_at\ns1,Monday,9:00am,noon\n");
        let path = folder.path().to_str().expect("a plain path");
        let ran = shelter.run(&["import", path, "--yes", "--source-name", "hall"]);
        ran.expect_done();
        for says in ["services.csv line 4", "phones.csv line 3"] {
            assert!(ran.out.contains(says), "{says:?} is not in:\n{}", ran.out);
        }
        expect_listings(council, 2);
        let supper = named(council, "Supper");
        assert_eq!(only(&supper["sessions"])["closes_at"], "12:00");
        assert_eq!(only(&supper["phones"])["number"], "020 8000 0001");
        assert_eq!(council.json(&["status"])["documents"]["organisation"], 3, "the two of these nodes, and the hall");
        let again = shelter.json(&["import", path, "--yes", "--source-name", "hall"]);
        assert_eq!(counts(&again), [0, 0, 2, 2, 0]);
        write("services.csv", "id,organization_id,name\ns1,o1,Supper\n");
        let fewer = shelter.json(&["import", path, "--yes", "--source-name", "hall"]);
        assert_eq!(counts(&fewer), [0, 0, 1, 1, 1], "what is missing is not deleted");
        assert_eq!(shelter.lines(&["listing", "list"]).len(), 2);
    });
}

/// 429 real services with their 33 organisations. One node.
#[test]
fn a_real_folder_of_hsds_is_taken_in() {
    let Some(path) = tests::shared("corpus/us-illinois-legal-aid-hsds11") else { return };
    let path = path.to_str().expect("a plain path");
    let mut node = Node::init("Hoe Street Council", None);
    node.up();
    let dry = node.run(&["import", path, "--dry-run"]);
    dry.expect_done();
    assert!(dry.out.contains("services_at_location.csv is not there"), "{}", dry.out);
    assert_eq!(counts(&node.json(&["import", path, "--yes"])), [429, 0, 0, 449, 0]);
    assert_eq!(counts(&node.json(&["import", path, "--yes"])), [0, 0, 429, 449, 0]);
    let undone = node.json(&["import", "undo", "--yes"]);
    assert_eq!(undone, json!({"withdrawn": 429, "reverted": 0, "left": 0, "failed": 0}));
    assert_eq!(node.json(&["status"])["documents"]["organisation"], 1, "its own");
    expect_clean(&node);
}
