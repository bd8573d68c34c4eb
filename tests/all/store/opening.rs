//! Opening: what is refused, in which words, and what is kept from them.

use super::database::check;
use super::fixture::author;
use domain::document::Kind;
use domain::sync::Batch;
use domain::sync::batch::DocumentRow;
use domain::{DocId, RecordId};
use serde_json::json;
use sqlx::{AnyConnection, Connection};
use std::error::Error;
use store::{DocumentFilter, Store, StoreError, StoreErrorKind};

async fn refusal(url: &str) -> StoreError {
    Store::open(url).await.expect_err("does not open")
}

/// Everything that may be printed of an error.
fn printed(error: &StoreError) -> String {
    let mut all = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        all += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    all
}

#[test]
fn a_url_that_leads_nowhere_is_refused_with_its_reason() {
    check("wrong_url", async |database| {
        let folder = database.folder().display().to_string();
        let garbage = database.folder().join("garbage.db");
        std::fs::write(&garbage, "this is no database at all, and long enough to be looked at".repeat(40))
            .expect("writes");
        for (url, kind) in [
            ("nonsense".to_string(), StoreErrorKind::WrongUrl),
            ("mysql://localhost/x".to_string(), StoreErrorKind::WrongUrl),
            ("sqlite://relative.db".to_string(), StoreErrorKind::WrongUrl),
            ("sqlite://".to_string(), StoreErrorKind::WrongUrl),
            (format!("sqlite://{folder}/"), StoreErrorKind::WrongUrl),
            (format!("sqlite://{folder}/absent/x.db"), StoreErrorKind::Unavailable),
            (format!("sqlite://{folder}"), StoreErrorKind::Unavailable),
            (store::sqlite_url(&garbage), StoreErrorKind::Corrupt),
            ("postgres://user:hunter2@localhost:notaport/x".to_string(), StoreErrorKind::WrongUrl),
            ("postgres://user:hunter2@127.0.0.1:1/x".to_string(), StoreErrorKind::Unavailable),
            ("postgres://user:hunter2@127.0.0.1:1/x?sslmode=often".to_string(), StoreErrorKind::WrongUrl),
        ] {
            let error = refusal(&url).await;
            assert_eq!(error.kind(), kind, "{url}: {}", printed(&error));
            assert!(error.hint().is_some(), "{url}");
            assert!(!printed(&error).contains("hunter2"), "{}", printed(&error));
        }
    });
}

#[test]
fn a_database_that_is_not_there_is_a_wrong_url() {
    check("absent", async |database| {
        if database.file().is_none() {
            let url = database.url().replace("/absent_", "/no_such_");
            let error = refusal(&url).await;
            assert_eq!(error.kind(), StoreErrorKind::WrongUrl, "{}", printed(&error));
            assert!(error.to_string().contains("no_such_"), "{error}");
        }
    });
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    check("too_new", async |database| {
        database.open().await.close().await;
        let mut connection = AnyConnection::connect(database.url()).await.expect("connects");
        let copy = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                    select 9999, description, success, checksum, execution_time from _sqlx_migrations \
                    where version = 1";
        sqlx::query(copy).execute(&mut connection).await.expect("writes");
        connection.close().await.expect("closes");
        for _ in 0..2 {
            let error = refusal(database.url()).await;
            assert_eq!(error.kind(), StoreErrorKind::TooNew, "{}", printed(&error));
            assert!(error.to_string().contains("9999"), "{error}");
        }
    });
}

/// A row that was written before requests and pathways were found by what they are about.
#[test]
fn what_an_older_version_wrote_is_found_by_what_it_is_about() {
    check("about_again", async |database| {
        let store = database.open().await;
        let (own, record) = (author(1), RecordId::from_bytes([9; 16]));
        let of = |number: u8, kind: Kind, value| {
            let doc_id = DocId::new(RecordId::from_bytes([number; 16]), kind, &own.org);
            DocumentRow { doc_id, kind, value, ..own.row(number, "", 1) }
        };
        let onward = of(1, Kind::REQUEST, json!({ "previous": record.to_string() }));
        let pathway = of(2, Kind::PATHWAY, json!({ "listing": record.to_string() }));
        let first = of(3, Kind::REQUEST, json!({ "to": "somebody" }));
        let documents = vec![onward.clone(), pathway.clone(), first];
        store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
        let found = async |store: &Store, about| {
            let filter = DocumentFilter { about: [about].into(), ..DocumentFilter::default() };
            let rows = store.documents(&filter, None, 9).await.expect("reads");
            rows.into_iter().map(|row| row.doc_id).collect::<Vec<_>>()
        };
        let answer = DocId::new(record, Kind::RESPONSE, &own.org);
        let listing = DocId::new(record, Kind::LISTING, &own.org);
        assert_eq!(found(&store, answer).await, [], "they were written without");
        store.close().await;

        let mut connection = AnyConnection::connect(database.url()).await.expect("connects");
        let before = "update counter set next = 0 where name = 'about'";
        sqlx::query(before).execute(&mut connection).await.expect("writes");
        connection.close().await.expect("closes");
        for _ in 0..2 {
            let store = database.open().await;
            assert_eq!(found(&store, answer).await, [onward.doc_id]);
            assert_eq!(found(&store, listing).await, [pathway.doc_id]);
            store.close().await;
        }
    });
}

#[test]
fn two_who_open_an_empty_database_at_once_both_find_it_ready() {
    check("both_open", async |database| {
        let [one, two] = [database.url().to_string(), database.url().to_string()];
        let one = tokio::spawn(async move { Store::open(&one).await });
        let two = tokio::spawn(async move { Store::open(&two).await });
        for opened in [one.await, two.await] {
            opened.expect("runs").expect("opens");
        }
    });
}
