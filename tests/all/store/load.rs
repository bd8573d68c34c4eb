//! Exactly what is needed is loaded.

use super::database::check;
use super::fixture::{author, head, together};
use domain::feed::{Cursor, chain};
use domain::sync::batch::{AddedChanges, Quarantined, Wanted};
use domain::sync::needs::FeedRange;
use domain::sync::{Batch, Needs, QuarantineMark};
use domain::{FeedId, NodeId, Timestamp};
use std::collections::BTreeMap;

#[test]
fn nothing_is_loaded_that_was_not_asked_for() {
    check("nothing", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        store.commit(&shelter.edit(1, 1)).await.expect("commits");
        let loaded = store.load(&Needs::default()).await.expect("loads");
        assert_eq!(format!("{loaded:?}"), format!("{:?}", domain::sync::Loaded::default()));
        let elsewhere = Needs {
            documents: [shelter.doc(2)].into(),
            versions: [shelter.statement(1, shelter.public(), 2).version_id()].into(),
            scopes: [author(2).public()].into(),
            owned: [author(2).org].into(),
            ..Needs::default()
        };
        let loaded = store.load(&elsewhere).await.expect("loads");
        let none = domain::sync::Loaded { owned: [(author(2).org, vec![])].into(), ..domain::sync::Loaded::default() };
        assert_eq!(format!("{loaded:?}"), format!("{none:?}"), "that nothing of an owner is held is an answer");
    });
}

#[test]
fn documents_are_found_by_id_by_version_and_by_owner() {
    check("by_version", async |database| {
        let store = database.open().await;
        let (shelter, council) = (author(1), author(2));
        let edits = (1..=3).flat_map(|record| [shelter.edit(record, 1), council.edit(record, 1)]);
        store.commit(&together(edits)).await.expect("commits");
        store.commit(&shelter.edit(2, 2)).await.expect("commits");

        let version = |rev| shelter.statement(2, shelter.public(), rev).version_id();
        let needs = Needs {
            documents: [council.doc(1)].into(),
            versions: [version(1), version(2)].into(),
            owned: [council.org].into(),
            ..Needs::default()
        };
        let loaded = store.load(&needs).await.expect("loads");
        assert_eq!(loaded.versions, BTreeMap::from([(version(2), shelter.doc(2))]));
        let mut expected = vec![council.doc(1), shelter.doc(2)];
        expected.sort_unstable();
        assert_eq!(loaded.documents.into_keys().collect::<Vec<_>>(), expected);
        let mut owned: Vec<_> = (1..=3).map(|record| council.doc(record)).collect();
        owned.sort_unstable();
        assert_eq!(loaded.owned, BTreeMap::from([(council.org, owned)]));
    });
}

#[test]
fn changes_come_in_the_order_they_were_stored_and_dropped_ones_not_at_all() {
    check("changes", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let changes = |added: std::ops::Range<u64>, dropped| Batch {
            changes: vec![AddedChanges {
                doc_id: shelter.doc(1),
                added: added.map(|number| shelter.change(1, number)).collect(),
                dropped,
            }],
            ..Batch::default()
        };
        store.commit(&shelter.edit(1, 1)).await.expect("commits");
        store.commit(&changes(2..301, vec![])).await.expect("commits");
        // What is held already is not doubled.
        store.commit(&changes(299..302, vec![])).await.expect("commits");
        let document = store.document(shelter.doc(1)).await.expect("loads").expect("is here");
        let expected: Vec<_> = (1..=301).map(|number| shelter.change(1, number)).collect();
        assert_eq!(document.changes.changes(), expected);

        store.commit(&changes(1..1, vec![head(1, 300), head(1, 301)])).await.expect("commits");
        let document = store.document(shelter.doc(1)).await.expect("loads").expect("is here");
        assert_eq!(document.changes.changes(), &expected[..299]);
    });
}

#[test]
fn a_run_of_a_feed_ends_with_its_rows_or_its_bytes() {
    check("feed_range", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let scope = shelter.public();
        // Every document is 100 bytes of changes.
        store.commit(&together((1..=9).map(|record| shelter.edit(record, 1)))).await.expect("commits");
        for (after, rows, bytes, expected) in [
            (0, 100, 1 << 20, 1..10),
            (0, 3, 1 << 20, 1..4),
            (4, 3, 1 << 20, 5..8),
            (8, 3, 1 << 20, 9..10),
            (9, 3, 1 << 20, 10..10),
            // The row that passes the limit is the last.
            (2, 100, 250, 3..6),
            (2, 100, 0, 3..4),
        ] {
            let feeds = vec![FeedRange { scope, after, rows, bytes }];
            let loaded = store.load(&Needs { feeds, ..Needs::default() }).await.expect("loads");
            let seqs: Vec<_> = loaded.feeds[&scope].iter().map(|row| row.seq).collect();
            assert_eq!(seqs, expected.collect::<Vec<u64>>(), "after {after}, {rows} rows, {bytes} bytes");
            assert_eq!((loaded.documents.len(), loaded.versions.len()), (seqs.len(), seqs.len()));
        }
    });
}

#[test]
fn a_position_stands_only_in_its_own_feed_at_its_own_chain() {
    check("positions", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let scope = shelter.public();
        for batch in [shelter.edit(1, 1), shelter.edit(1, 2), shelter.edit(2, 1)] {
            store.commit(&batch).await.expect("commits");
        }
        let loaded = store.load(&Needs { scopes: [scope].into(), ..Needs::default() }).await.expect("loads");
        let tail = loaded.scopes[&scope].tail;
        let first = chain(&[0; 32], &shelter.statement(1, scope, 1).version_id());
        let start = Cursor { seq: 0, chain: [0; 32], ..tail };
        for (cursor, stands) in [
            (tail, true),
            (start, true),
            (Cursor { seq: 1, chain: first, ..tail }, true),
            (Cursor { seq: 1, ..tail }, false),
            (Cursor { seq: 2, chain: first, ..tail }, false),
            (Cursor { seq: 4, ..tail }, false),
            (Cursor { seq: u64::MAX, ..tail }, false),
            (Cursor { chain: first, ..start }, false),
            (Cursor { feed_id: FeedId::from_bytes([0; 16]), ..tail }, false),
            (Cursor { feed_id: FeedId::from_bytes([0; 16]), ..start }, false),
        ] {
            let needs = Needs { positions: [(scope, cursor)].into(), ..Needs::default() };
            let loaded = store.load(&needs).await.expect("loads");
            assert_eq!(loaded.positions.contains(&scope), stands, "{cursor:?}");
        }
        let needs = Needs { positions: [(author(2).public(), tail)].into(), ..Needs::default() };
        assert!(store.load(&needs).await.expect("loads").positions.is_empty());
    });
}

#[test]
fn cursors_are_kept_for_each_node_and_scope() {
    check("cursors", async |database| {
        let store = database.open().await;
        let [a, b] = [1, 2].map(|node: u8| NodeId::from_bytes([node; 16]));
        let scope = author(1).public();
        let at = |seq| Cursor { feed_id: FeedId::from_bytes([3; 16]), seq, chain: [4; 32] };
        let batch = |cursors: &[_]| Batch { cursors: cursors.iter().copied().collect(), ..Batch::default() };
        store.commit(&batch(&[((a, scope), at(1)), ((b, scope), at(2))])).await.expect("commits");
        store.commit(&batch(&[((a, scope), at(9)), ((a, author(2).public()), at(0))])).await.expect("commits");
        let loaded = store.load(&Needs { cursors: [a].into(), ..Needs::default() }).await.expect("loads");
        assert_eq!(loaded.cursors, BTreeMap::from([((a, scope), at(9)), ((a, author(2).public()), at(0))]));
    });
}

#[test]
fn id_sets_are_ordered_by_time_and_id() {
    check("id_sets", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let scope = shelter.public();
        store.commit(&together((1..=20).rev().map(|record| shelter.edit(record, 1)))).await.expect("commits");
        store.commit(&shelter.edit(3, 2)).await.expect("commits");
        let needs = Needs { id_sets: [scope, author(2).public()].into(), ..Needs::default() };
        let loaded = store.load(&needs).await.expect("loads");
        let mut expected: Vec<_> = (1..=20)
            .map(|record| shelter.statement(record, scope, if record == 3 { 2 } else { 1 }))
            .map(|s| (s.statement().signed_at, s.version_id()))
            .collect();
        expected.sort_unstable();
        assert_eq!(loaded.id_sets[&scope], expected);
        assert_eq!(loaded.id_sets[&author(2).public()], []);
    });
}

#[test]
fn what_is_wanted_or_refused_of_a_version_ends_with_it() {
    check("wanted", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let scope = shelter.public();
        let version = |record, rev| shelter.statement(record, scope, rev).version_id();
        let yes = |record| Wanted::Yes { doc_id: shelter.doc(record), scope };
        let mut batch = together((1..=3).map(|record| shelter.edit(record, 1)));
        batch.wanted = [(version(1, 1), yes(1)), (version(2, 1), yes(2))].into();
        store.commit(&batch).await.expect("commits");
        assert_eq!(store.wanted_count().await.expect("counts"), 2);

        // The third later, the second no more, and one that is not current is dropped.
        let marks = [(version(3, 1), yes(3)), (version(2, 1), Wanted::No), (version(9, 9), yes(9))].into();
        let refused = Quarantined {
            version_id: version(2, 1),
            doc_id: shelter.doc(2),
            owner: shelter.org,
            from: NodeId::from_bytes([7; 16]),
            reason: "change 3 leaves a gap \0 here".to_string(),
            pack: vec![1; 1000],
            pack_hash: [6; 32],
            at: Timestamp::from_ms(99),
        };
        let batch = Batch { wanted: marks, quarantined: vec![refused.clone()], ..Batch::default() };
        store.commit(&batch).await.expect("commits");
        let needs = Needs { wanted: [scope, author(2).public()].into(), ..Needs::default() };
        let loaded = store.load(&needs).await.expect("loads");
        let mut expected = vec![(version(1, 1), shelter.doc(1)), (version(3, 1), shelter.doc(3))];
        expected.sort_unstable();
        assert_eq!(loaded.wanted, BTreeMap::from([(scope, expected)]));

        let document = store.document(shelter.doc(2)).await.expect("loads").expect("is here");
        let reason = "change 3 leaves a gap \u{fffd} here".to_string();
        let mark = QuarantineMark { reason: reason.clone(), pack_hash: [6; 32], pack: refused.pack.clone() };
        assert_eq!(document.quarantined, BTreeMap::from([(version(2, 1), mark)]));
        let listed = store.quarantined(10).await.expect("reads");
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].reason, listed[0].from, listed[0].owner), (&reason, refused.from, shelter.org));
        assert_eq!(store.quarantined_pack(version(2, 1)).await.expect("reads"), Some(refused.pack));

        store.commit(&together((1..=2).map(|record| shelter.edit(record, 2)))).await.expect("commits");
        assert_eq!(store.wanted_count().await.expect("counts"), 1);
        assert_eq!(store.quarantined(10).await.expect("reads"), []);
        assert_eq!(store.quarantined_pack(version(2, 1)).await.expect("reads"), None);
        let document = store.document(shelter.doc(1)).await.expect("loads").expect("is here");
        assert!(document.wanted.is_empty());
        let document = store.document(shelter.doc(3)).await.expect("loads").expect("is here");
        assert_eq!(document.wanted, [version(3, 1)].into());
    });
}
