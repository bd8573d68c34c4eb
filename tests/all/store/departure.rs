//! A partner that is removed takes with it what was shared with it alone.

use super::database::check;
use super::fixture::{Author, author, together};
use domain::audience::Scope;
use domain::feed::Cursor;
use domain::sync::batch::{AddedChanges, DisownedVersion, ImportedRecord, OwnerStanding, Partner};
use domain::sync::{Batch, Needs};
use domain::{FeedId, Incarnation, KeyId, NodeId, ScopeId, Timestamp, limits};
use serde_json::json;
use store::{DocumentFilter, Organisation, Peer};

/// One version of a record in these scopes.
fn shared(author: &Author, record: u8, scopes: &[ScopeId]) -> Batch {
    Batch {
        versions: scopes.iter().map(|scope| author.entered(record, *scope, 1)).collect(),
        changes: vec![AddedChanges {
            doc_id: author.doc(record),
            added: vec![author.change(record, 1)],
            dropped: Vec::new(),
        }],
        documents: vec![author.row(record, "listing", 1)],
        ..Batch::default()
    }
}

fn organisation(own: &Author) -> Organisation {
    Organisation {
        org_id: own.org,
        node_id: NodeId::from_bytes([1; 16]),
        name: "own".to_string(),
        keys: vec![],
        created_at: Timestamp::from_ms(1),
        is_recovered: false,
        siblings: vec![],
    }
}

fn peer(node: u8) -> Peer {
    Peer {
        node_id: NodeId::from_bytes([node; 16]),
        org_id: author(node).org,
        last_heard: Timestamp::from_ms(1),
        incarnation: Incarnation::from_bytes([node; 8]),
    }
}

fn partner(author: &Author) -> Partner {
    Partner {
        org_id: author.org,
        name: "partner".to_string(),
        addresses: vec![],
        is_paused: false,
        confirmed_here_at: None,
        confirmed_there: None,
        paired_at: Timestamp::from_ms(1),
        is_shared_with: true,
        is_followed: false,
    }
}

fn pair(owner: &Author, partner: &Author) -> ScopeId {
    Scope::pair(owner.org, partner.org).id()
}

#[test]
fn both_pair_scopes_go_and_all_else_stays() {
    check("departure", async |database| {
        let store = database.open().await;
        let (own, leaving, staying) = (author(1), author(2), author(3));
        let own_scope = Scope::own(own.org).id();
        store.set_organisation(&organisation(&own)).await.expect("writes");
        store.put_peers(&[peer(2), peer(3)]).await.expect("writes");
        let mut batch = together([
            shared(&own, 1, &[own_scope, pair(&own, &leaving), pair(&own, &staying)]),
            shared(&leaving, 2, &[pair(&leaving, &own)]),
            shared(&leaving, 3, &[leaving.public()]),
            shared(&staying, 4, &[pair(&staying, &own)]),
        ]);
        batch.partners = vec![partner(&leaving), partner(&staying)];
        let cursor = Cursor { feed_id: FeedId::from_bytes([1; 16]), seq: 1, chain: [1; 32] };
        let nodes = [2, 3].map(|node: u8| NodeId::from_bytes([node; 16]));
        batch.cursors = [
            ((nodes[0], leaving.public()), cursor),
            ((nodes[0], pair(&leaving, &own)), cursor),
            ((nodes[1], staying.public()), cursor),
        ]
        .into();
        let doc_id = leaving.doc(2);
        batch.imported =
            vec![ImportedRecord { source: "s".to_string(), doc_id, value: json!(1), seen_at: Timestamp::from_ms(1) }];
        store.commit(&batch).await.expect("commits");

        let parting = [pair(&own, &leaving), pair(&leaving, &own)].into();
        let elsewhere = store.load(&Needs { parting, ..Needs::default() }).await.expect("loads").documents;
        assert_eq!(elsewhere.into_keys().collect::<Vec<_>>(), [own.doc(1)], "what is in another scope too");
        store.commit(&Batch { removed_partners: [leaving.org].into(), ..Batch::default() }).await.expect("commits");
        assert_eq!(store.partners().await.expect("reads"), [partner(&staying)]);
        assert_eq!(store.peers().await.expect("reads"), [peer(3)]);
        assert!(store.document(leaving.doc(2)).await.expect("loads").is_none());
        assert!(store.imported("s").await.expect("reads").is_empty());
        let shown = [(leaving.doc(3), 1), (staying.doc(4), 1), (own.doc(1), 2)];
        for (doc_id, scopes) in shown {
            let document = store.document(doc_id).await.expect("loads").expect("stays");
            assert_eq!((document.statements.len(), document.changes.len()), (scopes, 1), "{doc_id}");
        }
        let needs = Needs {
            scopes: [pair(&own, &leaving), pair(&leaving, &own), leaving.public(), own_scope].into(),
            cursors: nodes.into(),
            ..Needs::default()
        };
        let loaded = store.load(&needs).await.expect("loads");
        let mut kept = vec![leaving.public(), own_scope];
        kept.sort_unstable();
        assert_eq!(loaded.scopes.into_keys().collect::<Vec<_>>(), kept);
        assert_eq!(loaded.cursors.into_keys().collect::<Vec<_>>(), [(nodes[1], staying.public())]);
    });
}

#[test]
fn what_nobody_stands_for_is_hidden_and_deleted_after_a_while() {
    check("hidden", async |database| {
        let store = database.open().await;
        let (own, stray) = (author(1), author(2));
        store.set_organisation(&organisation(&own)).await.expect("writes");
        let mut batch =
            together([shared(&own, 1, &[Scope::public(own.org).id()]), shared(&stray, 2, &[stray.public()])]);
        batch.keys = [(stray.org, vec![1, 2]), (own.org, vec![3])].into();
        batch.partners = vec![Partner { is_followed: true, ..partner(&author(3)) }];
        store.commit(&batch).await.expect("commits");
        assert!(store.partners().await.expect("reads")[0].is_followed);
        let shown = async || {
            let rows = store.documents(&DocumentFilter::default(), None, 10).await.expect("reads");
            let counts = store.counts().await.expect("reads").len();
            let found = store.find(&"".parse().expect("a prefix"), 10).await.expect("reads").len();
            assert_eq!((counts, found), (rows.len(), rows.len()));
            rows.len()
        };
        let turn = async |standing, at: i64| {
            let owners = [(stray.org, standing)].into();
            let batch = Batch { owners, at: Timestamp::from_ms(at), ..Batch::default() };
            store.commit(&batch).await.expect("commits");
        };
        assert_eq!(shown().await, 2);
        turn(OwnerStanding::Hidden, 1_000).await;
        assert_eq!(shown().await, 1);
        assert_eq!(store.hidden_owners().await.expect("reads"), [stray.org].into());
        let all = DocumentFilter { with_hidden: true, ..DocumentFilter::default() };
        assert_eq!(store.documents(&all, None, 10).await.expect("reads").len(), 2);
        turn(OwnerStanding::Held, 2_000).await;
        assert_eq!(shown().await, 2);
        turn(OwnerStanding::Hidden, 3_000).await;
        // The first mark counts.
        turn(OwnerStanding::Hidden, 4_000).await;
        let due = Timestamp::from_ms(3_000).plus_ms(limits::HIDDEN_KEPT_MS);
        assert_eq!(store.prune_hidden(due).await.expect("prunes"), 0);
        assert_eq!(store.prune_hidden(due.plus_ms(1)).await.expect("prunes"), 1);
        assert!(store.document(stray.doc(2)).await.expect("loads").is_none());
        assert_eq!(store.keys().await.expect("reads").into_keys().collect::<Vec<_>>(), [own.org]);
        assert!(store.hidden_owners().await.expect("reads").is_empty());
        assert_eq!(shown().await, 1);
    });
}

#[test]
fn what_a_stolen_key_signed_leaves_the_set_and_is_deleted_after_a_while() {
    check("disowned", async |database| {
        let store = database.open().await;
        let author = author(1);
        let scope = author.public();
        let all = together([1, 2, 3].map(|record| shared(&author, record, &[scope])));
        store.commit(&all).await.expect("commits");
        let gone = [1, 2].map(|record| DisownedVersion {
            scope,
            version_id: author.entered(record, scope, 1).statement.version_id(),
            doc_id: author.doc(record),
        });
        let key = KeyId::from_bytes([7; 16]);
        let at = Timestamp::from_ms(1_000);
        let batch = Batch { at, disowned: gone.to_vec(), disowned_keys: Some([key].into()), ..Batch::default() };
        for _ in 0..2 {
            store.commit(&batch).await.expect("commits");
            assert_eq!(store.disowned_keys().await.expect("reads"), [key].into());
        }
        let none = Batch { at, disowned_keys: Some([].into()), ..Batch::default() };
        store.commit(&none).await.expect("commits");
        assert!(store.disowned_keys().await.expect("reads").is_empty(), "a key that nobody names is forgotten");
        let needs = Needs { scopes: [scope].into(), ..Needs::default() };
        let state = store.load(&needs).await.expect("loads").scopes[&scope].clone();
        assert_eq!((state.sum.count(), state.tail.seq), (1, 3), "rows keep their places");
        let document = store.document(author.doc(1)).await.expect("loads").expect("kept");
        assert_eq!((document.is_disowned(), document.changes.len()), (true, 1));

        // The first is signed anew; the second is not.
        store.commit(&together([shared(&author, 1, &[scope])])).await.expect("commits");
        let due = at.plus_ms(limits::HIDDEN_KEPT_MS);
        assert_eq!(store.prune_hidden(due).await.expect("prunes"), 0);
        assert_eq!(store.prune_hidden(due.plus_ms(1)).await.expect("prunes"), 1);
        for (record, stands) in [(1, true), (2, false), (3, true)] {
            assert_eq!(store.document(author.doc(record)).await.expect("loads").is_some(), stands, "{record}");
        }

        // What is this organisation's own stays, for it to sign anew.
        store.set_organisation(&organisation(&author)).await.expect("writes");
        let own = DisownedVersion {
            scope,
            version_id: author.entered(3, scope, 1).statement.version_id(),
            doc_id: author.doc(3),
        };
        store.commit(&Batch { at, disowned: vec![own], ..Batch::default() }).await.expect("commits");
        assert_eq!(store.prune_hidden(due.plus_ms(2)).await.expect("prunes"), 0);
        assert!(store.document(author.doc(3)).await.expect("loads").expect("kept").is_disowned());
    });
}
