//! What this node is, and what it knows of other organisations and their nodes.

use crate::commit::json_text;
use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::sync::batch::Partner;
use domain::{Incarnation, KeyId, NodeId, OrgId, Timestamp};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// What this node is: written once by `init`, and again when its name or its certificates change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Whose node this is.
    pub org_id: OrgId,
    /// Which of its nodes.
    pub node_id: NodeId,
    /// What the organisation calls itself.
    pub name: String,
    /// Its own keys object, as signed.
    pub keys: Vec<u8>,
    /// When the node was made.
    pub created_at: Timestamp,
    /// Whether it was made with the recovery words of an organisation that was there before: what that had is somewhere
    /// else and comes back.
    pub is_recovered: bool,
    /// Where other nodes of the organisation can be reached, each `host:port`.
    pub siblings: Vec<String>,
}

/// Another node, as it was last heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Which.
    pub node_id: NodeId,
    /// Whose.
    pub org_id: OrgId,
    /// When something last came from it.
    pub last_heard: Timestamp,
    /// The start of its process that was last heard.
    pub incarnation: Incarnation,
}

impl Store {
    /// What this node is; `None` before `init`.
    pub async fn organisation(&self) -> Result<Option<Organisation>, StoreError> {
        let rows = self
            .read("select org_id, node_id, name, keys, created_at, is_recovered, siblings from node", vec![])
            .await?;
        let read = |row: &AnyRow| {
            Ok(Organisation {
                org_id: sql::id(row, 0, "organisation id")?,
                node_id: sql::id(row, 1, "node id")?,
                name: sql::string(row, 2)?,
                keys: sql::bytes(row, 3)?.to_vec(),
                created_at: Timestamp::from_ms(sql::int(row, 4)?),
                is_recovered: sql::flag(row, 5)?,
                siblings: addresses(&sql::string(row, 6)?)?,
            })
        };
        rows.first().map(read).transpose()
    }

    /// Says what this node is.
    pub async fn set_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let row = [
            Value::Int(1),
            organisation.org_id.as_bytes().into(),
            organisation.node_id.as_bytes().into(),
            sql::text(&organisation.name, "an organisation's name")?,
            organisation.keys.as_slice().into(),
            Value::Int(organisation.created_at.as_ms()),
            Value::flag(organisation.is_recovered),
            Value::Text(json_text(&organisation.siblings.clone().into())?),
        ];
        let then = "on conflict (one) do update set org_id = excluded.org_id, node_id = excluded.node_id, \
                    name = excluded.name, keys = excluded.keys, created_at = excluded.created_at, \
                    is_recovered = excluded.is_recovered, siblings = excluded.siblings";
        let mut writing = self.begin().await?;
        let into = "node (one, org_id, node_id, name, keys, created_at, is_recovered, siblings)";
        sql::insert(writing.connection(), into, then, vec![row]).await?;
        writing.commit().await
    }

    /// Every keys object, by organisation.
    pub async fn keys(&self) -> Result<BTreeMap<OrgId, Vec<u8>>, StoreError> {
        let rows = self.read("select org_id, bytes from keys", vec![]).await?;
        rows.iter().map(|row| Ok((sql::id(row, 0, "organisation id")?, sql::bytes(row, 1)?.to_vec()))).collect()
    }

    /// Every partner, in order of organisation id.
    pub async fn partners(&self) -> Result<Vec<Partner>, StoreError> {
        let select = "select org_id, name, addresses, is_paused, confirmed_here_at, confirmed_there, paired_at, \
                      is_shared_with, is_followed from partner order by org_id";
        let rows = self.read(select, vec![]).await?;
        rows.iter().map(read_partner).collect()
    }

    /// Stolen keys of which nothing is held any more.
    pub async fn disowned_keys(&self) -> Result<BTreeSet<KeyId>, StoreError> {
        let rows = self.read("select key_id from disowned_key", vec![]).await?;
        rows.iter().map(|row| sql::id(row, 0, "key id")).collect()
    }

    /// Owners whose public documents are hidden, since nobody stands for them.
    pub async fn hidden_owners(&self) -> Result<BTreeSet<OrgId>, StoreError> {
        let rows = self.read("select org_id from hidden_owner", vec![]).await?;
        rows.iter().map(|row| sql::id(row, 0, "organisation id")).collect()
    }

    /// Every node that was heard from.
    pub async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        let rows = self.read("select node_id, org_id, last_heard, incarnation from peer order by node_id", vec![]);
        let read = |row: &AnyRow| {
            Ok(Peer {
                node_id: sql::id(row, 0, "node id")?,
                org_id: sql::id(row, 1, "organisation id")?,
                last_heard: Timestamp::from_ms(sql::int(row, 2)?),
                incarnation: sql::id(row, 3, "incarnation")?,
            })
        };
        rows.await?.iter().map(read).collect()
    }

    /// Notes nodes that were heard from, each in place of what was known of it.
    pub async fn put_peers(&self, peers: &[Peer]) -> Result<(), StoreError> {
        let newest: BTreeMap<_, _> = peers.iter().map(|peer| (peer.node_id, peer)).collect();
        if newest.is_empty() {
            return Ok(());
        }
        let rows = newest
            .into_values()
            .map(|peer| {
                [
                    peer.node_id.as_bytes().into(),
                    peer.org_id.as_bytes().into(),
                    Value::Int(peer.last_heard.as_ms()),
                    peer.incarnation.as_bytes().into(),
                ]
            })
            .collect();
        let then = "on conflict (node_id) do update set org_id = excluded.org_id, last_heard = excluded.last_heard, \
                    incarnation = excluded.incarnation";
        let mut writing = self.begin().await?;
        sql::insert(writing.connection(), "peer (node_id, org_id, last_heard, incarnation)", then, rows).await?;
        writing.commit().await
    }
}

fn addresses(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|e| StoreError::corrupt(format!("stored addresses are no list: {e}")))
}

fn read_partner(row: &AnyRow) -> Result<Partner, StoreError> {
    Ok(Partner {
        org_id: sql::id(row, 0, "organisation id")?,
        name: sql::string(row, 1)?,
        addresses: addresses(&sql::string(row, 2)?)?,
        is_paused: sql::flag(row, 3)?,
        confirmed_here_at: sql::int_or_none(row, 4)?.map(Timestamp::from_ms),
        confirmed_there: sql::bytes_or_none(row, 5)?.map(<[u8]>::to_vec),
        paired_at: Timestamp::from_ms(sql::int(row, 6)?),
        is_shared_with: sql::flag(row, 7)?,
        is_followed: sql::flag(row, 8)?,
    })
}
