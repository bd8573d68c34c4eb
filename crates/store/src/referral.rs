//! Referrals beside their documents: sealed payloads, locked keys, drafts, and which are still to be looked at. Nothing here opens any
//! of it.

use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::referral::Parties;
use domain::sync::sealed::{Held, LockedKey};
use domain::sync::{Batch, Loaded, Needs};
use domain::{BlobHash, NodeId, OrgId, RecordId, Timestamp};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// A referral that was not sent yet, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id, with the key that it will have.
    pub key: LockedKey,
    /// When it was last changed.
    pub at: Timestamp,
}

impl Store {
    /// Referrals that are still to be looked at.
    pub async fn gathering(&self) -> Result<Vec<Parties>, StoreError> {
        let rows = self.read("select referral, sender, receiver from gathering", vec![]).await?;
        let parties = |row| {
            Ok(Parties {
                referral: sql::id(row, 0, "referral")?,
                sender: sql::id(row, 1, "organisation id")?,
                receiver: sql::id(row, 2, "organisation id")?,
            })
        };
        rows.iter().map(parties).collect()
    }

    /// Every node that was ever known as an organisation's home.
    pub async fn homes(&self) -> Result<BTreeMap<OrgId, BTreeSet<NodeId>>, StoreError> {
        let mut homes: BTreeMap<OrgId, BTreeSet<NodeId>> = BTreeMap::new();
        for row in self.read("select org_id, node_id from home_node", vec![]).await? {
            let node = sql::id(&row, 1, "node id")?;
            homes.entry(sql::id(&row, 0, "organisation id")?).or_default().insert(node);
        }
        Ok(homes)
    }

    /// A referral's key as it is kept; `None` when it is not here, or not any more.
    pub async fn data_key(&self, referral: &RecordId) -> Result<Option<LockedKey>, StoreError> {
        let rows = self.read("select key_id, locked from data_key where referral = $1", vec![id(referral)]).await?;
        rows.first().map(|row| locked(*referral, row)).transpose()
    }

    /// The sealed payloads of a referral that are here.
    pub async fn payloads(&self, referral: &RecordId) -> Result<BTreeMap<BlobHash, Vec<u8>>, StoreError> {
        let rows = self.read("select hash, bytes from payload where referral = $1", vec![id(referral)]).await?;
        rows.iter().map(|row| Ok((sql::id(row, 0, "payload hash")?, sql::bytes(row, 1)?.to_vec()))).collect()
    }

    /// Which sealed payloads of a referral are here, and whether its key is.
    pub async fn held(&self, referral: &RecordId) -> Result<Held, StoreError> {
        let mut loaded = self.load(&Needs { referrals: [*referral].into(), ..Needs::default() }).await?;
        Ok(loaded.referrals.remove(referral).unwrap_or_default())
    }

    /// Keeps a draft, in place of what it was before.
    pub async fn put_draft(&self, draft: &Draft) -> Result<(), StoreError> {
        let values = vec![
            id(&draft.key.referral),
            draft.key.key_id.as_bytes().into(),
            draft.key.locked.as_slice().into(),
            Value::Int(draft.at.as_ms()),
        ];
        let insert = "insert into draft (referral, key_id, locked, at) values ($1, $2, $3, $4) on conflict (referral) \
                      do update set key_id = excluded.key_id, locked = excluded.locked, at = excluded.at";
        let mut writing = self.begin().await?;
        sql::execute(writing.connection(), insert, values).await?;
        writing.commit().await
    }

    /// Throws a draft away; gives whether there was one.
    pub async fn delete_draft(&self, referral: &RecordId) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let deleted =
            sql::execute(writing.connection(), "delete from draft where referral = $1", vec![id(referral)]).await?;
        writing.commit().await?;
        self.scrub().await?;
        Ok(deleted > 0)
    }

    /// Every draft, the oldest first.
    pub async fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let rows = self.read("select referral, key_id, locked, at from draft order by at, referral", vec![]).await?;
        rows.iter()
            .map(|row| {
                let key_id = sql::id(row, 1, "key id")?;
                let (referral, locked) = (sql::id(row, 0, "referral")?, sql::bytes(row, 2)?.to_vec());
                Ok(Draft { key: LockedKey { referral, key_id, locked }, at: Timestamp::from_ms(sql::int(row, 3)?) })
            })
            .collect()
    }

    /// What was erased here, with when.
    pub async fn erased(&self) -> Result<BTreeMap<RecordId, Timestamp>, StoreError> {
        let rows = self.read("select referral, at from erased", vec![]).await?;
        rows.iter().map(|row| Ok((sql::id(row, 0, "referral")?, Timestamp::from_ms(sql::int(row, 1)?)))).collect()
    }

    /// Destroys keys and payloads of referrals that were erased once; gives of how many there were any. For a database that was put
    /// back from before.
    pub async fn erase(&self, referrals: &BTreeSet<RecordId>, at: Timestamp) -> Result<u64, StoreError> {
        let mut writing = self.begin().await?;
        let gone = erase(writing.connection(), referrals, at).await?;
        writing.commit().await?;
        if gone > 0 {
            self.scrub().await?;
        }
        Ok(gone)
    }
}

fn id(referral: &RecordId) -> Value {
    referral.as_bytes().into()
}

fn locked(referral: RecordId, row: &sqlx::any::AnyRow) -> Result<LockedKey, StoreError> {
    Ok(LockedKey { referral, key_id: sql::id(row, 0, "key id")?, locked: sql::bytes(row, 1)?.to_vec() })
}

pub(crate) async fn load(connection: &mut AnyConnection, needs: &Needs, loaded: &mut Loaded) -> Result<(), StoreError> {
    let referrals: Vec<_> = needs.referrals.iter().map(RecordId::as_bytes).collect();
    let select = "select referral, key_id from data_key where referral in (#)";
    for row in sql::fetch_for(connection, select, &[], &referrals).await? {
        let held: &mut Held = loaded.referrals.entry(sql::id(&row, 0, "referral")?).or_default();
        held.key = Some(sql::id(&row, 1, "key id")?);
    }
    let select = "select referral, hash, key_id from payload where referral in (#)";
    for row in sql::fetch_for(connection, select, &[], &referrals).await? {
        let held = loaded.referrals.entry(sql::id(&row, 0, "referral")?).or_default();
        held.payloads.insert(sql::id(&row, 1, "payload hash")?, sql::id(&row, 2, "key id")?);
    }
    for (referral, hash) in &needs.payloads {
        let values = vec![id(referral), hash.as_bytes().into()];
        let select = "select bytes from payload where referral = $1 and hash = $2";
        if let Some(row) = sql::fetch(connection, select, values).await?.first() {
            loaded.payloads.insert(*hash, sql::bytes(row, 0)?.to_vec());
        }
    }
    Ok(())
}

pub(crate) async fn write(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    write_gathering(connection, batch).await?;
    let payloads = batch.payloads.iter().map(|one| {
        [id(&one.referral), one.hash.as_bytes().into(), one.key_id.as_bytes().into(), one.bytes.as_slice().into()]
    });
    let into = "payload (referral, hash, key_id, bytes)";
    sql::insert(connection, into, "on conflict (referral, hash) do nothing", payloads.collect()).await?;
    let keys = batch
        .locked_keys
        .iter()
        .map(|one| [id(&one.referral), one.key_id.as_bytes().into(), one.locked.as_slice().into()]);
    let into = "data_key (referral, key_id, locked)";
    sql::insert(connection, into, "on conflict (referral) do nothing", keys.collect()).await?;
    let sent: Vec<_> = batch.sent_drafts.iter().map(RecordId::as_bytes).collect();
    sql::execute_for(connection, "delete from draft where referral in (#)", &[], &sent).await?;
    let nodes = batch.homes.iter().flat_map(|(org, nodes)| nodes.iter().map(move |node| (org, node)));
    let nodes = nodes.map(|(org, node)| [org.as_bytes().into(), node.as_bytes().into()]).collect();
    sql::insert(connection, "home_node (org_id, node_id)", "on conflict (org_id, node_id) do nothing", nodes).await?;
    erase(connection, &batch.erased, batch.at).await.map(drop)
}

async fn write_gathering(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    let of = |is_due: bool| batch.gathering.iter().filter(move |(_, parties)| parties.is_some() == is_due);
    let looked: Vec<_> = of(false).map(|(referral, _)| referral.as_bytes()).collect();
    sql::execute_for(connection, "delete from gathering where referral in (#)", &[], &looked).await?;
    let due = of(true)
        .filter_map(|(_, parties)| parties.as_ref())
        .map(|parties| [id(&parties.referral), parties.sender.as_bytes().into(), parties.receiver.as_bytes().into()]);
    let then = "on conflict (referral) do update set sender = excluded.sender, receiver = excluded.receiver";
    sql::insert(connection, "gathering (referral, sender, receiver)", then, due.collect()).await
}

async fn erase(
    connection: &mut AnyConnection,
    referrals: &BTreeSet<RecordId>,
    at: Timestamp,
) -> Result<u64, StoreError> {
    if referrals.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = referrals.iter().map(RecordId::as_bytes).collect();
    let mut gone = BTreeSet::new();
    for table in ["data_key", "payload", "draft"] {
        let select = format!("select distinct referral from {table} where referral in (#)");
        for row in sql::fetch_for(connection, &select, &[], &ids).await? {
            gone.insert(sql::id::<RecordId>(&row, 0, "referral")?);
        }
        sql::execute_for(connection, &format!("delete from {table} where referral in (#)"), &[], &ids).await?;
    }
    let rows = referrals.iter().map(|referral| [id(referral), Value::Int(at.as_ms())]).collect();
    sql::insert(connection, "erased (referral, at)", "on conflict (referral) do nothing", rows).await?;
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}
