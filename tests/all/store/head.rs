//! Scope heads: the newest of each node, until nobody stands for its organisation any more.

use super::database::check;
use super::fixture::author;
use domain::audience::Scope;
use domain::identity::object::Signed;
use domain::identity::scope_head::ScopeHead;
use domain::identity::signing::SecretKey;
use domain::sync::Batch;
use domain::sync::batch::OwnerStanding;
use domain::sync::head::HeldHead;
use domain::{NodeId, OrgId, Sum, Timestamp, limits};

fn head(org: OrgId, node: u8, n: u64, differs_since: Option<i64>) -> HeldHead {
    let head = ScopeHead {
        org_id: org,
        node_id: NodeId::from_bytes([node; 16]),
        scope_id: Scope::public(org).id(),
        n,
        sum: Sum::default(),
        as_of: Timestamp::from_ms(5),
    };
    HeldHead {
        signed: Signed::sign(head, &SecretKey::from_seed(&[node; 32])),
        came_at: Timestamp::from_ms(7),
        by: author(9).org,
        differs_since: differs_since.map(Timestamp::from_ms),
    }
}

fn batch(heads: &[HeldHead]) -> Batch {
    let mut batch = Batch::default();
    for held in heads {
        batch.heads.entry(held.signed.content().org_id).or_default().push(held.clone());
    }
    batch
}

#[test]
fn the_newest_head_of_each_node_is_kept_while_somebody_stands_for_its_owner() {
    check("heads", async |database| {
        let store = database.open().await;
        let [charity, other] = [1, 2].map(|n| author(n).org);
        let held = [head(charity, 1, 3, None), head(charity, 2, 4, Some(6)), head(other, 3, u64::MAX >> 1, None)];
        store.commit(&batch(&held)).await.expect("commits");
        assert_eq!(store.heads_of(&charity).await.expect("reads"), held[..2]);
        let newer = [head(charity, 2, 5, None), head(charity, 4, 6, None)];
        store.commit(&batch(&newer)).await.expect("commits");
        let mut all = store.heads().await.expect("reads");
        all.sort_by_key(|held| (held.signed.content().org_id != charity, held.signed.content().node_id));
        assert_eq!(all, [newer[0].clone(), newer[1].clone(), held[2].clone()], "the first node is known no more");

        let at = Timestamp::from_ms(1_000);
        let hidden = Batch { at, owners: [(charity, OwnerStanding::Hidden)].into(), ..Batch::default() };
        store.commit(&hidden).await.expect("commits");
        store.prune_hidden(at.plus_ms(limits::HIDDEN_KEPT_MS + 1)).await.expect("prunes");
        assert_eq!(store.heads().await.expect("reads"), held[2..]);
    });
}
