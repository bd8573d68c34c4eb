//! What a person may write where, and what they are told otherwise.

use super::*;
use crate::RecordId;
use crate::document::Edit;
use serde_json::{Value, json};

const ID: &str = "3f7b145d-84af-42d7-8fae-eaca714b02b2";
const OTHER: &str = "3f7b145d-0000-42d7-8fae-eaca714b02b2";

fn new_id() -> RecordId {
    "48102e86-bb50-41c4-8f1e-e269368c41d1".parse().expect("an id")
}

/// What becomes of `PATH=VALUE` on a listing with two sessions: the value, or the refusal with its hint.
fn check(path: &str, value: Value) -> String {
    let now = json!({ "sessions": { ID: {}, OTHER: {} } });
    let edit = parse_path(Kind::LISTING, path, &now, new_id()).map(|path| Edit { path, value: Some(value) });
    match edit.and_then(|edit| check_edit(Kind::LISTING, &edit)) {
        Ok(edit) => format!("{}={}", edit.path.join("."), edit.value.unwrap_or_default()),
        Err(refusal) => format!("{refusal}; {}", refusal.hint.clone().unwrap_or_default()),
    }
}

#[test]
fn what_fits_is_taken() {
    assert_eq!(check("name", json!("Supper")), r#"name="Supper""#);
    assert_eq!(check("fees", json!(10)), r#"fees="10""#);
    assert_eq!(check("minimum_age", json!("18")), "minimum_age=18");
    assert_eq!(check("tags", json!(["food", 5])), r#"tags=["food","5"]"#);
    assert_eq!(check("extra.anything.at_all", json!({ "x": [1] })), r#"extra.anything.at_all={"x":[1]}"#);
    assert_eq!(check("sessions.+.opens_at", json!("19:30")), format!(r#"sessions.{}.opens_at="19:30""#, new_id()));
    assert_eq!(check("sessions.3f7b145d-8.byday", json!("MO,2TU")), format!(r#"sessions.{ID}.byday="MO,2TU""#));
    assert_eq!(check("pathway.how", json!("referral")), r#"pathway.how="referral""#);
    assert_eq!(
        check("cost_options.+", json!({ "option": "Everyone", "amount": 0 })),
        format!(r#"cost_options.{}={{"option":"Everyone","amount":0}}"#, new_id())
    );
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    let cases = [
        ("nmae", json!("x"), r#""nmae" is not a field of listing; did you mean "name"?"#),
        ("sessions.+.opnes_at", json!("x"), "is not a field of sessions."),
        ("audience", json!("own"), "the audience is not a field to be edited; `fingerpost listing share"),
        ("qqqqq", json!("x"), r#""qqqqq" is not a field of listing; its fields are name, "#),
        ("name.first", json!("x"), r#"name has no fields of its own, so no "first""#),
        ("name", json!(["x"]), r#"name is text, and ["x"] is not; for example: Ask for Ann"#),
        ("minimum_age", json!("eighteen"), r#"minimum_age is a number, and "eighteen" is not; for example: 18"#),
        ("funded_until", json!("31/03/2026"), r#"is not; for example: 2026-03-31"#),
        ("funded_until", json!("2026-02-30"), "funded_until is a date"),
        ("sessions.+.opens_at", json!("25:00"), "is a time of day"),
        ("url", json!("javascript:alert(1)"), "url is a web address"),
        ("url", json!("example.org"), "for example: https://example.org/supper"),
        ("email", json!("ann at example"), "email is an e-mail address"),
        ("status", json!("open"), "status is one of active, inactive, defunct, temporarily closed, paused, ended, and"),
        ("waiting_list.length", json!(-1), "a whole number from 0"),
        ("organization_id", json!("12"), "organization_id is a UUID"),
        ("tags", json!("food"), "tags is a list"),
        ("sessions", json!([{}]), "sessions is a map from ids to entries"),
        ("sessions", json!({ "1": {} }), "sessions.1 is not named by a UUID"),
        ("pathway", json!({ "hwo": "self" }), r#"did you mean "how"?"#),
        ("sessions.3f7b.notes", json!("x"), r#""3f7b" begins the ids of several entries of sessions; write more"#),
        ("sessions.9.notes", json!("x"), r#"sessions has no entry "9"; sessions.+ adds one; there are "#),
        ("phones.9.number", json!("x"), "phones has no entries yet; phones.+ adds one"),
        ("", json!("x"), "is not a path of a field"),
        ("sessions..notes", json!("x"), "is not a path of a field"),
    ];
    for (path, value, expected) in cases {
        let said = check(path, value.clone());
        assert!(said.contains(expected), "{path}={value} said: {said}");
    }
}

#[test]
fn a_feed_may_hold_what_a_person_may_not_write_if_the_type_is_right() {
    let feed = json!({ "name": "x", "url": "www.example.org", "assured_date": "last spring", "vendor": 1, "minimum_age": "18" });
    assert!(check_value(Kind::LISTING, &feed, Fit::Exact).is_err());
    let taken = check_value(Kind::LISTING, &feed, Fit::Typed).expect("taken");
    assert_eq!(taken["minimum_age"], 18);
    assert_eq!(taken["url"], "www.example.org");
    for wrong in
        [json!({ "name": {} }), json!({ "phones": [] }), json!({ "minimum_age": "old" }), json!({ "name": "\0" })]
    {
        assert!(check_value(Kind::LISTING, &wrong, Fit::Typed).is_err(), "{wrong}");
    }
}

#[test]
fn no_name_stands_twice_in_one_record() {
    fn walk(shape: Shape) {
        let (Shape::Record(fields) | Shape::Things(fields) | Shape::RareThings(fields)) = shape else {
            return;
        };
        let names: std::collections::BTreeSet<_> = fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), fields.len(), "{fields:?}");
        fields.iter().for_each(|(_, shape)| walk(*shape));
    }
    walk(root(Kind::LISTING));
    walk(root(Kind::ORGANISATION));
    assert!(fields(Kind::from_number(77)).is_none());
    assert!(matches!(root(Kind::from_number(77)), Shape::Open));
}
