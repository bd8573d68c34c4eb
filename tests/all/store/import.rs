//! What imports did, and how spreadsheets are read.

use super::database::check;
use super::fixture::author;
use domain::document::Kind;
use domain::import::{Change, Done, FieldChange, State};
use domain::sync::Batch;
use domain::sync::batch::ImportedRecord;
use domain::{DocId, Timestamp};
use serde_json::json;
use std::collections::BTreeSet;
use store::Store;

fn change(source: &str, run: &str, number: u8, done: Done) -> Change {
    let at = Timestamp::from_ms(i64::from(run.as_bytes()[0]));
    let (source, run) = (source.to_owned(), run.to_owned());
    Change { source, run, at, doc_id: doc(number), before: None, done, state: State::Done }
}

fn doc(number: u8) -> DocId {
    let doc = author(1).doc(number);
    assert!(doc.is_of(Kind::LISTING, &author(1).org));
    doc
}

fn made(source: &str, run: &str, number: u8) -> Change {
    change(source, run, number, Done::Made(json!({"name": "Tea"})))
}

fn edited(source: &str, run: &str, number: u8) -> Change {
    let field = FieldChange { path: vec!["name".into()], before: None, after: Some(json!("Tea")) };
    Change { before: Some(json!({"name": "Coffee"})), ..change(source, run, number, Done::Edited(vec![field])) }
}

async fn commit(store: &Store, import_changes: Vec<Change>) {
    store.commit(&Batch { import_changes, ..Batch::default() }).await.expect("commits");
}

#[test]
fn the_last_run_of_each_source_is_kept_over_several_batches() {
    check("runs", async |database| {
        let store = database.open().await;
        assert_eq!(store.last_import().await.expect("reads"), None);
        let (one, two) = (vec![made("groups", "a", 1), edited("groups", "a", 2)], vec![made("groups", "a", 3)]);
        commit(&store, one.clone()).await;
        commit(&store, two.clone()).await;
        let other = made("classes", "b", 4);
        commit(&store, vec![other.clone()]).await;
        let by_document = |mut changes: Vec<Change>| {
            changes.sort_by_key(|change| change.doc_id);
            changes
        };
        assert_eq!(store.import_changes("groups").await.expect("reads"), by_document([one, two].concat()));
        assert_eq!(store.last_import().await.expect("reads").as_deref(), Some("classes"));
        let next = change("groups", "c", 1, Done::Noted);
        commit(&store, vec![next.clone()]).await;
        assert_eq!(store.import_changes("groups").await.expect("reads"), [next]);
        assert_eq!(store.import_changes("classes").await.expect("reads"), [other]);
        assert_eq!(store.last_import().await.expect("reads").as_deref(), Some("groups"));
        assert_eq!(store.import_changes("none").await.expect("reads"), []);
    });
}

#[test]
fn what_is_taken_back_makes_the_record_before_it_the_base_again() {
    check("undone", async |database| {
        let store = database.open().await;
        let record = |number, name: &str| ImportedRecord {
            source: "groups".into(),
            doc_id: doc(number),
            value: json!({"name": name}),
            seen_at: Timestamp::from_ms(1),
        };
        let first = vec![made("groups", "a", 1), edited("groups", "a", 2), made("groups", "a", 3)];
        let imported = (1..=3).map(|number| record(number, "Tea")).collect();
        let batch = Batch { import_changes: first.clone(), imported, ..Batch::default() };
        store.commit(&batch).await.expect("commits");
        let state = |number: usize, state| Change { state, ..first[number].clone() };
        commit(&store, vec![state(0, State::Undone), state(1, State::Undone), state(2, State::Left)]).await;
        let base = store.imported("groups").await.expect("reads");
        assert_eq!(base.get(&doc(1)), None);
        assert_eq!(base.get(&doc(2)), Some(&record(2, "Coffee")));
        assert_eq!(base.get(&doc(3)), Some(&record(3, "Tea")), "what stays is compared with what was imported");
        assert_eq!(store.undone_imports().await.expect("reads"), BTreeSet::from([doc(1)]));

        commit(&store, vec![made("groups", "b", 5)]).await;
        assert_eq!(store.undone_imports().await.expect("reads"), BTreeSet::from([doc(1)]), "it may still come back");
        commit(&store, vec![made("classes", "c", 1)]).await;
        assert_eq!(store.undone_imports().await.expect("reads"), BTreeSet::new(), "it stands again");
        let left: Vec<_> = store.import_changes("groups").await.expect("reads").iter().map(|c| c.doc_id).collect();
        assert_eq!(left, [doc(5)]);
    });
}

#[test]
fn how_a_spreadsheet_is_read_is_kept_by_source() {
    check("mapping", async |database| {
        let store = database.open().await;
        assert_eq!(store.import_mapping("groups").await.expect("reads"), None);
        for mapping in [json!({"columns": {"When": "day"}}), json!({"columns": {"When": "when"}, "key": ["name"]})] {
            store.put_import_mapping("groups", &mapping).await.expect("writes");
            assert_eq!(store.import_mapping("groups").await.expect("reads"), Some(mapping));
        }
        assert_eq!(store.import_mapping("classes").await.expect("reads"), None);
        store.put_import_mapping("a\0b", &json!({})).await.expect_err("only one database would take it");
    });
}
