//! What a person writes becomes edits of a document.

use super::*;
use serde_json::json;

fn written(edits: &[(&str, Option<Value>)]) -> Vec<PathEdit> {
    edits.iter().map(|(path, value)| PathEdit { path: (*path).to_owned(), value: value.clone() }).collect()
}

#[test]
fn a_new_entry_is_one_entry_throughout_and_another_when_written_again() {
    let edits = edits_of(
        Kind::LISTING,
        &json!({}),
        &written(&[
            ("sessions.+.opens_at", Some(json!("18:00"))),
            ("sessions.+.closes_at", Some(json!("20:00"))),
            ("sessions.+.opens_at", Some(json!("10:00"))),
        ]),
    )
    .unwrap();
    let entry = |i: usize| edits[i].path[1].clone();
    assert_eq!(entry(0), entry(1));
    assert_ne!(entry(0), entry(2));
    let value = applied(&json!({"name": "x"}), &edits);
    assert_eq!(value["sessions"].as_object().unwrap().len(), 2);
    assert_eq!(value["sessions"][entry(0)], json!({"opens_at": "18:00", "closes_at": "20:00"}));
}

#[test]
fn a_list_of_things_gets_ids_and_a_removal_removes() {
    let edits = edits_of(Kind::LISTING, &json!({}), &written(&[("phones", Some(json!([{"number": "1"}])))])).unwrap();
    let value = applied(&json!({"name": "x", "url": "https://a.example"}), &edits);
    let phones = value["phones"].as_object().unwrap();
    assert_eq!(phones.values().collect::<Vec<_>>(), [&json!({"number": "1"})]);

    let edits = edits_of(Kind::LISTING, &value, &written(&[("url", None)])).unwrap();
    assert!(applied(&value, &edits).get("url").is_none());
}

#[test]
fn an_unknown_path_is_refused_with_the_nearest() {
    let refusal = edits_of(Kind::LISTING, &json!({}), &written(&[("nmae", Some(json!("x")))])).unwrap_err();
    assert!(refusal.hint.unwrap().contains("name"));
}
