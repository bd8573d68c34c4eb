//! Writers at once take turns: a feed has no gap, no doubled place, and one chain.

use super::database::{Database, check};
use super::fixture::author;
use domain::feed::chain;
use domain::sync::Needs;
use domain::sync::needs::FeedRange;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
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

#[test]
fn a_reader_who_goes_away_leaves_nothing_begun() {
    check("gone_reader", async |database| {
        let store = database.open().await;
        store.begin_log_epoch().await.expect("begins");
        for polls in 1..=10 {
            if let Some(read) = polled(store.log_end(), polls).await {
                read.expect("reads");
            }
            // One after another on each connection that there may be.
            for rev in 1..=8 {
                let edit = author(1).edit(1, (polls - 1) * 8 + rev);
                store.commit(&edit).await.expect("a writer after it commits");
            }
        }
        let other = database.open().await;
        let loaded = other.document(author(1).doc(1)).await.expect("loads").expect("it is here");
        assert_eq!(loaded.changes.changes().len(), 80, "and what it committed is there for others");
    });
}

/// A future that is dropped when it is not done after so many polls.
async fn polled<T>(future: impl Future<Output = T>, times: u64) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
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
