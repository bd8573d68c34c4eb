//! Writers at once take turns: a feed has no gap, no doubled place, and one chain.

use super::database::{Database, check};
use super::fixture::author;
use domain::feed::chain;
use domain::sync::Needs;
use domain::sync::needs::FeedRange;
use store::Store;

const WRITERS: u8 = 4;
const EDITS: u64 = 12;

#[test]
fn writers_on_one_store_make_one_dense_feed() {
    check("one_store", async |database| {
        let store = database.open().await;
        write_at_once(vec![store; usize::from(WRITERS)], database).await;
    });
}

#[test]
fn writers_on_stores_of_their_own_make_one_dense_feed() {
    check("own_stores", async |database| {
        let mut stores = Vec::new();
        for _ in 0..WRITERS {
            stores.push(database.open().await);
        }
        write_at_once(stores, database).await;
    });
}

async fn write_at_once(stores: Vec<Store>, database: &Database) {
    let writing: Vec<_> = (1..)
        .zip(stores)
        .map(|(record, store)| {
            tokio::spawn(async move {
                for rev in 1..=EDITS {
                    store.commit(&author(1).edit(record, rev)).await.expect("commits");
                }
            })
        })
        .collect();
    for writer in writing {
        writer.await.expect("runs");
    }

    let scope = author(1).public();
    let feeds = vec![FeedRange { scope, after: 0, rows: 1_000, bytes: 1 << 20 }];
    let needs = Needs { feeds, scopes: [scope].into(), ..Needs::default() };
    let loaded = database.open().await.load(&needs).await.expect("loads");
    let rows = &loaded.feeds[&scope];
    let total = u64::from(WRITERS) * EDITS;
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), (1..=total).collect::<Vec<_>>());
    for pair in rows.windows(2) {
        if let Some(version) = pair[1].version {
            assert_eq!(pair[1].chain, chain(&pair[0].chain, &version));
        }
    }
    let state = &loaded.scopes[&scope];
    assert_eq!((state.tail.seq, state.tail.chain), (total, rows.last().expect("rows").chain));
    assert_eq!(state.sum.count(), u64::from(WRITERS));
}
