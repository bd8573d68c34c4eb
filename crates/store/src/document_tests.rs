//! How SQLite goes about finding documents.

use super::*;
use crate::sqlite_url;
use sqlx::Row;

/// The steps in which SQLite finds what a filter asks for.
async fn steps(filter: &DocumentFilter) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_url(&folder.path().join("documents.db"))).await.unwrap();
    let (conditions, values) = conditions(filter, None).unwrap();
    let explain = format!("explain query plan {}", select(&conditions, 16));
    let rows = store.read(explain, values).await.unwrap();
    store.close().await;
    rows.iter().map(|row| row.try_get::<String, _>("detail").unwrap()).collect::<Vec<_>>().join("; ")
}

async fn check(filter: DocumentFilter, step: &str) {
    let steps = steps(&filter).await;
    assert!(steps.contains(step), "{filter:?} goes by {steps}");
}

/// What it costs to find a few documents must not grow with how many there are.
#[tokio::test]
async fn documents_are_found_by_what_names_them_and_a_list_by_name() {
    let record: RecordPrefix = "00000001-0000-4000-8000-000000000007".parse().unwrap();
    let found = DocumentFilter { record: Some(record), ..DocumentFilter::default() };
    check(found.clone(), "(doc_id>? AND doc_id<?)").await;
    check(DocumentFilter { kind: Some(Kind::LISTING), ..found.clone() }, "(doc_id>? AND doc_id<?)").await;
    check(DocumentFilter { is_proposal: true, ..found }, "(doc_id>? AND doc_id<?)").await;
    let two: BTreeSet<_> = [1, 2].map(|n| DocId::from_bytes([n; 32])).into();
    let named = DocumentFilter { kind: Some(Kind::LISTING), ids: two.clone(), ..DocumentFilter::default() };
    check(named, "(doc_id=?)").await;
    let about = DocumentFilter { kind: Some(Kind::PROPOSAL), about: two, ..DocumentFilter::default() };
    check(about, "(about=?)").await;
    check(DocumentFilter { kind: Some(Kind::LISTING), ..DocumentFilter::default() }, "document_by_name (kind=?)").await;
}
