//! What is damaged is named, left out, and stops nobody.

use super::database::{Database, check};
use super::fixture::{author, together};
use domain::sync::Needs;
use domain::sync::needs::FeedRange;
use sqlx::{AnyConnection, Connection};
use std::collections::BTreeSet;

/// Changes what is stored behind the store's back.
async fn meddle(database: &Database, sql: &'static str, values: &[&[u8]]) {
    let mut connection = AnyConnection::connect(database.url()).await.expect("connects");
    let query = values.iter().fold(sqlx::query(sql), |query, value| query.bind(value.to_vec()));
    let touched = query.execute(&mut connection).await.expect("runs").rows_affected();
    assert_eq!(touched, 1, "{sql}");
    connection.close().await.expect("closes");
}

#[test]
fn a_damaged_statement_change_or_row_is_left_out_and_named() {
    check("damage", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let scope = shelter.public();
        store.commit(&together((1..=6).map(|record| shelter.edit(record, 1)))).await.expect("commits");
        store.commit(&together([shelter.edit(5, 2)])).await.expect("commits");

        // 1: no statement at all. 2: another statement. 3: a change that follows from nothing. 4: no JSON.
        let version = |record| shelter.statement(record, scope, 1).version_id();
        let bytes = "update statement set bytes = $1 where version_id = $2";
        let mut flipped = shelter.statement(1, scope, 1).bytes().to_vec();
        flipped[9] ^= 1;
        meddle(database, bytes, &[&flipped, version(1).as_bytes()]).await;
        meddle(database, bytes, &[shelter.statement(6, scope, 1).bytes(), version(2).as_bytes()]).await;
        meddle(database, "update change set deps = $1 where doc_id = $2", &[&[9; 32], shelter.doc(3).as_bytes()]).await;
        meddle(database, "update document set value = 'x' where doc_id = $1", &[shelter.doc(4).as_bytes()]).await;
        // 5: the first of two changes, so that the second follows from nothing either.
        let change = "update change set hash = $1 where doc_id = $2 and hash = $3";
        let hash = shelter.change(5, 1).hash;
        meddle(database, change, &[&[7; 32], shelter.doc(5).as_bytes(), hash.as_bytes()]).await;

        let feeds = vec![FeedRange { scope, after: 0, rows: 100, bytes: 1 << 20 }];
        let loaded = store.load(&Needs { feeds, ..Needs::default() }).await.expect("loads all the same");
        let named: BTreeSet<_> = loaded.corrupt.iter().map(|corrupt| (corrupt.doc_id, corrupt.version_id)).collect();
        let expected = [
            (shelter.doc(1), Some(version(1))),
            (shelter.doc(2), Some(version(2))),
            (shelter.doc(3), None),
            (shelter.doc(4), None),
            (shelter.doc(5), None),
        ];
        assert_eq!(named, expected.into(), "{:?}", loaded.corrupt);
        assert!(loaded.corrupt.iter().all(|corrupt| !corrupt.reason.is_empty()));
        assert!(loaded.corrupt.iter().any(|corrupt| corrupt.bytes == flipped));

        let whole = |record: u8| &loaded.documents[&shelter.doc(record)];
        assert_eq!((whole(1).current().count(), whole(1).changes.len()), (0, 1));
        assert_eq!((whole(2).current().count(), whole(2).changes.len()), (0, 1));
        assert_eq!((whole(3).current().count(), whole(3).changes.len()), (1, 0));
        assert!((whole(4).current().count(), whole(4).changes.len()) == (1, 1) && whole(4).row.is_none());
        assert_eq!(whole(6).changes.changes(), [shelter.change(6, 1)]);
        assert_eq!(loaded.feeds[&scope].len(), 7);
    });
}
