//! A batch is written whole and stays.

use super::database::check;
use super::fixture::{author, head, together};
use domain::feed::{ScopeState, chain};
use domain::sync::needs::FeedRange;
use domain::sync::{Batch, Needs};

#[test]
fn what_was_committed_is_found_after_opening_again() {
    check("reopen", async |database| {
        let shelter = author(1);
        let scope = shelter.public();
        let store = database.open().await;
        let grew = store.commit(&together((1..=40).map(|record| shelter.edit(record, 1)))).await.expect("commits");
        assert_eq!(grew, [scope]);
        store.commit(&shelter.edit(7, 2)).await.expect("commits");
        store.close().await;

        let store = database.open().await;
        let document = store.document(shelter.doc(7)).await.expect("loads").expect("is here");
        assert_eq!((document.id, document.owner), (shelter.doc(7), shelter.org));
        assert_eq!(document.current().collect::<Vec<_>>(), [&shelter.statement(7, scope, 2)]);
        assert_eq!(document.changes.changes(), [shelter.change(7, 1), shelter.change(7, 2)]);
        assert_eq!(document.row, Some(shelter.row(7, "Listing 7", 2)));
        assert_eq!(store.document(shelter.doc(99)).await.expect("loads").map(|d| d.id), None);
    });
}

#[test]
fn a_feed_is_dense_and_a_superseded_row_keeps_its_place() {
    check("feed", async |database| {
        let shelter = author(1);
        let scope = shelter.public();
        let store = database.open().await;
        for batch in [shelter.edit(1, 1), shelter.edit(2, 1), shelter.edit(1, 2)] {
            store.commit(&batch).await.expect("commits");
        }
        let feeds = vec![FeedRange { scope, after: 0, rows: 10, bytes: 1 << 20 }];
        let needs = Needs { feeds, scopes: [scope].into(), ..Needs::default() };
        let loaded = store.load(&needs).await.expect("loads");
        let versions = [(1, 1), (2, 1), (1, 2)].map(|(record, rev)| shelter.statement(record, scope, rev).version_id());
        let rows = &loaded.feeds[&scope];
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(
            rows.iter().map(|row| row.version).collect::<Vec<_>>(),
            [None, Some(versions[1]), Some(versions[2])]
        );
        assert_eq!(rows[2].since, [head(1, 1)]);
        assert_eq!(rows[2].chain, chain(&rows[1].chain, &versions[2]));

        let feed_id = loaded.scopes[&scope].tail.feed_id;
        let mut state = ScopeState::empty(feed_id);
        state.enter(versions[0], &[], vec![]);
        state.enter(versions[1], &[], vec![]);
        state.enter(versions[2], &versions[..1], vec![]);
        assert_eq!(loaded.scopes[&scope], state);
        assert_eq!(loaded.documents.keys().copied().collect::<Vec<_>>(), [shelter.doc(1), shelter.doc(2)]);
        assert_eq!(loaded.versions.len(), 2);
    });
}

#[test]
fn a_batch_that_fails_late_leaves_nothing() {
    check("atomic", async |database| {
        let shelter = author(1);
        let store = database.open().await;
        store.commit(&shelter.edit(1, 1)).await.expect("commits");
        let mut failing = shelter.edit(1, 2);
        failing.documents[0].value = serde_json::json!({"name": "supper\0"});
        let refused = store.commit(&failing).await.expect_err("a NUL is refused");
        assert_eq!(refused.kind(), store::StoreErrorKind::Invalid);
        let document = store.document(shelter.doc(1)).await.expect("loads").expect("is here");
        assert_eq!(document.changes.changes(), [shelter.change(1, 1)]);
        assert_eq!(document.current().collect::<Vec<_>>(), [&shelter.statement(1, shelter.public(), 1)]);
        assert_eq!(store.commit(&Batch::default()).await.expect("nothing to do"), []);
    });
}
