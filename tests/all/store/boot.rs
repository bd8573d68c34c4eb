//! What a node finds when it starts: what it is, whom it knows, whom it invited.

use super::database::check;
use super::fixture::author;
use domain::identity::InvitedAs;
use domain::sync::Batch;
use domain::sync::batch::Partner;
use domain::{Incarnation, NodeId, Timestamp};
use std::collections::BTreeMap;
use store::{Invitation, Organisation, Peer, StoreErrorKind};

#[test]
fn a_node_is_nothing_until_it_is_told_what_it_is() {
    check("organisation", async |database| {
        let store = database.open().await;
        assert_eq!(store.organisation().await.expect("reads"), None);
        let mut council = Organisation {
            org_id: author(1).org,
            node_id: NodeId::from_bytes([2; 16]),
            name: "Waltham Forest – Zażółć".to_string(),
            keys: vec![1, 2, 3],
            created_at: Timestamp::from_ms(1_700_000_000_000),
            is_recovered: false,
            siblings: vec![],
        };
        store.set_organisation(&council).await.expect("writes");
        council.name = "Walthamstow".to_string();
        store.set_organisation(&council).await.expect("writes again");
        assert_eq!(store.organisation().await.expect("reads"), Some(council.clone()));

        council.name = "\0".to_string();
        let refused = store.set_organisation(&council).await.expect_err("a NUL is refused");
        assert_eq!(refused.kind(), StoreErrorKind::Invalid);
    });
}

#[test]
fn partners_and_keys_are_replaced_by_newer_ones() {
    check("partners", async |database| {
        let store = database.open().await;
        let mut partner = Partner {
            org_id: author(2).org,
            name: "Night shelter".to_string(),
            addresses: vec!["shelter.example:4433".to_string(), "[::1]:4433".to_string()],
            is_paused: false,
            confirmed_here_at: None,
            confirmed_there: None,
            paired_at: Timestamp::from_ms(7),
            is_shared_with: false,
            is_followed: false,
        };
        let keys = BTreeMap::from([(author(2).org, vec![9; 300]), (author(3).org, vec![8])]);
        let batch = Batch { partners: vec![partner.clone()], keys, ..Batch::default() };
        store.commit(&batch).await.expect("commits");
        assert_eq!(store.partners().await.expect("reads"), [partner.clone()]);

        partner.confirmed_here_at = Some(Timestamp::from_ms(8));
        partner.confirmed_there = Some(vec![5; 64]);
        partner.is_paused = true;
        partner.is_shared_with = true;
        let keys = BTreeMap::from([(author(3).org, vec![7])]);
        let batch = Batch { partners: vec![partner.clone()], keys, ..Batch::default() };
        store.commit(&batch).await.expect("commits");
        assert_eq!(store.partners().await.expect("reads"), [partner]);
        let keys = store.keys().await.expect("reads");
        assert_eq!(keys, BTreeMap::from([(author(2).org, vec![9; 300]), (author(3).org, vec![7])]));
    });
}

#[test]
fn nodes_are_known_as_they_were_last_heard() {
    check("peers", async |database| {
        let store = database.open().await;
        let peer = |node: u8, heard: i64| Peer {
            node_id: NodeId::from_bytes([node; 16]),
            org_id: author(node).org,
            last_heard: Timestamp::from_ms(heard),
            incarnation: Incarnation::from_bytes([node; 8]),
        };
        store.put_peers(&[]).await.expect("nothing to write");
        store.put_peers(&[peer(1, 10), peer(2, 10), peer(1, 20)]).await.expect("writes");
        store.put_peers(&[peer(2, 30)]).await.expect("writes");
        assert_eq!(store.peers().await.expect("reads"), [peer(1, 20), peer(2, 30)]);
    });
}

#[test]
fn an_invitation_goes_to_the_first_who_asks() {
    check("invitations", async |database| {
        let store = database.open().await;
        let invitation = |number: u8| Invitation {
            id: [number; 16],
            sealed: vec![number; 80],
            role: if number == 1 { InvitedAs::Member } else { InvitedAs::Partner },
            expires_at: Timestamp::from_ms(number.into()),
            bound_org: None,
            wrong_codes: 0,
        };
        for number in [2, 1] {
            store.put_invitation(&invitation(number)).await.expect("writes");
        }
        assert_eq!(store.invitations().await.expect("reads"), [invitation(1), invitation(2)]);

        let (shelter, stranger) = (author(3).org, author(4).org);
        for (id, org, expected) in
            [([1; 16], shelter, true), ([1; 16], stranger, false), ([1; 16], shelter, true), ([9; 16], shelter, false)]
        {
            assert_eq!(store.bind_invitation(&id, &org).await.expect("binds"), expected, "{id:?} to {org}");
        }
        assert_eq!(store.count_wrong_code(&[2; 16]).await.expect("counts"), Some(1));
        assert_eq!(store.count_wrong_code(&[2; 16]).await.expect("counts"), Some(2));
        assert_eq!(store.count_wrong_code(&[9; 16]).await.expect("counts"), None);

        store.delete_invitation(&[9; 16]).await.expect("is not here already");
        store.delete_invitation(&[2; 16]).await.expect("deletes");
        let bound = Invitation { bound_org: Some(shelter), ..invitation(1) };
        assert_eq!(store.invitations().await.expect("reads"), [bound]);
    });
}

#[test]
fn of_many_who_ask_at_once_one_gets_an_invitation() {
    check("invitation_race", async |database| {
        let store = database.open().await;
        let invitation = Invitation {
            id: [1; 16],
            sealed: vec![1],
            role: InvitedAs::Partner,
            expires_at: Timestamp::from_ms(1),
            bound_org: None,
            wrong_codes: 0,
        };
        store.put_invitation(&invitation).await.expect("writes");
        let asking: Vec<_> = (1..=20_u8)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.bind_invitation(&[1; 16], &author(number).org).await.expect("binds") })
            })
            .collect();
        let mut served = 0;
        for asked in asking {
            served += usize::from(asked.await.expect("runs"));
        }
        assert_eq!(served, 1);
    });
}
