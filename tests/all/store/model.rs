//! Any history of commits leaves what a few maps in memory say it should.

use super::database::{Database, check};
use super::fixture::author;
use domain::feed::{Cursor, FeedRow, ScopeState};
use domain::sync::needs::FeedRange;
use domain::sync::{Batch, Needs};
use domain::{FeedId, NodeId, ScopeId, Timestamp, VersionId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

/// One batch: edits of (record, scope) in order, a cursor to set, and what becomes of it.
#[derive(Clone, Debug)]
struct Planned {
    edits: Vec<(u8, u8)>,
    cursor: Option<(u8, u8, u64)>,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Commits,
    Fails,
    CommitsBeforeReopening,
}

fn planned() -> impl Strategy<Value = Vec<Planned>> {
    let edits = prop::collection::vec((1..5_u8, 1..4_u8), 0..9);
    let cursor = prop::option::of((1..3_u8, 1..4_u8, 0..100_u64));
    let fate = prop_oneof![
        6 => Just(Fate::Commits),
        1 => Just(Fate::Fails),
        1 => Just(Fate::CommitsBeforeReopening),
    ];
    let batch = (edits, cursor, fate).prop_map(|(edits, cursor, fate)| Planned { edits, cursor, fate });
    prop::collection::vec(batch, 1..12)
}

/// What should stand.
#[derive(Clone, Default)]
struct Model {
    revs: BTreeMap<(u8, u8), u64>,
    states: BTreeMap<ScopeId, ScopeState>,
    rows: BTreeMap<ScopeId, Vec<FeedRow>>,
    current: BTreeMap<ScopeId, BTreeMap<VersionId, Timestamp>>,
    cursors: BTreeMap<(NodeId, ScopeId), Cursor>,
}

fn scope(number: u8) -> ScopeId {
    ScopeId::from_bytes([number; 16])
}

impl Model {
    /// Takes a batch in and gives it as the store gets it.
    fn enter(&mut self, plan: &Planned) -> Batch {
        let mut batch = Batch { at: Timestamp::from_ms(1), ..Batch::default() };
        for (record, number) in &plan.edits {
            let scope = scope(*number);
            let rev = self.revs.entry((*record, *number)).or_default();
            *rev += 1;
            let entered = author(1).entered(*record, scope, *rev);
            let state = self.states.entry(scope).or_insert(ScopeState::empty(FeedId::from_bytes([0; 16])));
            let row = state.enter(entered.statement.version_id(), &entered.replaced, entered.since.clone());
            let (rows, current) = (self.rows.entry(scope).or_default(), self.current.entry(scope).or_default());
            for old in &entered.replaced {
                current.remove(old);
                for row in rows.iter_mut().filter(|row| row.version == Some(*old)) {
                    row.version = None;
                    row.since.clear();
                }
            }
            rows.push(row);
            current.insert(entered.statement.version_id(), entered.statement.statement().signed_at);
            batch.versions.push(entered);
        }
        if let Some((node, number, seq)) = plan.cursor {
            let cursor = Cursor { feed_id: FeedId::from_bytes([9; 16]), seq, chain: [8; 32] };
            let place = (NodeId::from_bytes([node; 16]), scope(number));
            self.cursors.insert(place, cursor);
            batch.cursors.insert(place, cursor);
        }
        batch
    }
}

async fn run(database: &Database, plans: &[Planned]) {
    let mut store = database.open().await;
    let mut model = Model::default();
    for plan in plans {
        let mut next = model.clone();
        let mut batch = next.enter(plan);
        if plan.fate == Fate::Fails {
            batch.documents.push(author(1).row(1, "\0", 1));
            store.commit(&batch).await.expect_err("a NUL is refused");
            continue;
        }
        let grew = store.commit(&batch).await.expect("commits");
        let mut expected: Vec<_> = plan.edits.iter().map(|(_, number)| scope(*number)).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(grew, expected);
        model = next;
        if plan.fate == Fate::CommitsBeforeReopening {
            store.close().await;
            store = database.open().await;
        }
    }

    let scopes: Vec<_> = (1..4).map(scope).collect();
    let range = |scope: &ScopeId| FeedRange { scope: *scope, after: 0, rows: 1_000, bytes: 1 << 20 };
    let needs = Needs {
        scopes: scopes.iter().copied().collect(),
        id_sets: scopes.iter().copied().collect(),
        feeds: scopes.iter().map(range).collect(),
        cursors: (1..3).map(|node: u8| NodeId::from_bytes([node; 16])).collect(),
        ..Needs::default()
    };
    let loaded = store.load(&needs).await.expect("loads");
    assert_eq!(loaded.cursors, model.cursors);
    assert_eq!(loaded.corrupt, []);
    for scope in &scopes {
        let feed_id = loaded.scopes.get(scope).map(|state| state.tail.feed_id);
        let state = model.states.remove(scope).map(|mut state| {
            state.tail.feed_id = feed_id.expect("a feed that grew has an id");
            state
        });
        assert_eq!(loaded.scopes.get(scope), state.as_ref());
        assert_eq!(loaded.feeds[scope], model.rows.remove(scope).unwrap_or_default());
        let mut current: Vec<_> =
            model.current.remove(scope).unwrap_or_default().into_iter().map(|(id, at)| (at, id)).collect();
        current.sort_unstable();
        assert_eq!(loaded.id_sets[scope], current);
        let standing = loaded.documents.values().filter_map(|document| document.statements.get(scope));
        let mut standing: Vec<_> = standing.flat_map(|set| set.iter().map(|s| s.version_id())).collect();
        standing.sort_unstable();
        let mut expected: Vec<_> = current.into_iter().map(|(_, id)| id).collect();
        expected.sort_unstable();
        assert_eq!(standing, expected);
    }
}

#[test]
fn any_history_leaves_what_the_model_says() {
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let told = TestRunner::new(config).run(&planned(), |plans| {
        check("model", async |database| run(database, &plans).await);
        Ok(())
    });
    told.expect("every history");
}
