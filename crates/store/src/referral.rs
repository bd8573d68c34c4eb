//! Referrals beside their documents: sealed payloads, locked keys, drafts, and which are still to be looked at. Nothing here opens any
//! of it.

use crate::document::{HAS_CONTENT, IS_SHOWN, RecordRange, rows_of};
use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::document::Kind;
use domain::referral::Parties;
use domain::sync::batch::DocumentRow;
use domain::sync::sealed::{Gather, Held, LockedKey};
use domain::sync::{Batch, Loaded, Needs};
use domain::{BlobHash, DocId, NodeId, OrgId, RecordId, ScopeId, Timestamp};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// What a referral is kept as.
const KINDS: [Kind; 2] = [Kind::REQUEST, Kind::RESPONSE];

/// A referral that was not sent yet, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The document that it will be, and what it says, locked.
    pub key: LockedKey,
    /// When it was last changed.
    pub at: Timestamp,
}

/// Documents of referrals, those of one together.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferralPage {
    /// Requests and responses, by the ids of the referrals.
    pub rows: Vec<DocumentRow>,
    /// The last referral of them, where more come behind it.
    pub next: Option<RecordId>,
}

/// A referral whose document an organisation gave up: that it is erased is all that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The document.
    pub doc_id: DocId,
    /// Whether it is a request or a response.
    pub kind: Kind,
    /// When that was signed.
    pub at: Timestamp,
    /// The scopes that it was signed for: the one with the other party among them.
    pub scopes: BTreeSet<ScopeId>,
}

/// Everything that only the node's lock opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locked {
    /// Keys of referrals.
    pub keys: Vec<LockedKey>,
    /// Drafts.
    pub drafts: Vec<LockedKey>,
}

impl Store {
    /// The documents that stand of referrals in a range, by id: at most `limit`, and with the last of them all others of the same
    /// referral.
    pub async fn referral_page(&self, range: &RecordRange, limit: usize) -> Result<ReferralPage, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let mut ids = ids_in(&mut snapshot, range, limit).await?;
        let mut next = ids.last().map(DocId::record).filter(|_| ids.len() >= limit);
        if let Some(last) = next {
            // There are no more under one id than parties that write one.
            let whole = ids_in(&mut snapshot, &last.into(), usize::MAX).await?;
            ids.retain(|doc_id| doc_id.record() != last);
            ids.extend(whole);
            let is_end = ids_in(&mut snapshot, &range.after(&last), 1).await?.is_empty();
            next = next.filter(|_| !is_end);
        }
        let rows = rows_of(&mut snapshot, ids.into_iter()).await?;
        snapshot.commit().await?;
        Ok(ReferralPage { rows, next })
    }

    /// The documents that stand of these referrals, whoever wrote them, by the ids of the referrals.
    pub async fn referral_documents(&self, referrals: &BTreeSet<RecordId>) -> Result<Vec<DocumentRow>, StoreError> {
        if referrals.is_empty() {
            return Ok(Vec::new());
        }
        // One after another: a range among many others SQLite looks for in all that there is.
        let mut snapshot = self.snapshot().await?;
        let mut ids = Vec::new();
        for referral in referrals {
            ids.extend(ids_in(&mut snapshot, &(*referral).into(), usize::MAX).await?);
        }
        let rows = rows_of(&mut snapshot, ids.into_iter()).await?;
        snapshot.commit().await?;
        Ok(rows)
    }

    /// The documents of referrals in a range that an organisation gave up, by id; at most `limit`.
    pub async fn tombstones(
        &self,
        owner: &OrgId,
        range: &RecordRange,
        limit: usize,
    ) -> Result<Vec<Tombstone>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let [request, response] = KINDS.map(Kind::number);
        let mut found = BTreeMap::new();
        for kind in KINDS {
            let select = format!(
                "select doc_id, last_modified from document where kind in ({request}, {response}) and kind = $1 \
                 and life = 3 and doc_id between $2 and $3 and owner = $4 order by doc_id limit $5"
            );
            let [low, high] = range.bounds();
            let most = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
            let values = vec![Value::Int(kind.number().into()), low, high, owner.as_bytes().into(), most];
            for row in sql::fetch(&mut snapshot, select, values).await? {
                let (doc_id, at) = (sql::id(&row, 0, "document id")?, Timestamp::from_ms(sql::int(&row, 1)?));
                found.insert(doc_id, Tombstone { doc_id, kind, at, scopes: BTreeSet::new() });
            }
        }
        let ids: Vec<DocId> = found.keys().take(limit).copied().collect();
        let ids: Vec<_> = ids.iter().map(DocId::as_bytes).collect();
        let select = "select doc_id, scope_id from statement where doc_id in (#)";
        for row in sql::fetch_for(&mut snapshot, select, &[], &ids).await? {
            if let Some(one) = found.get_mut(&sql::id(&row, 0, "document id")?) {
                one.scopes.insert(sql::id(&row, 1, "scope id")?);
            }
        }
        snapshot.commit().await?;
        Ok(found.into_values().take(limit).collect())
    }

    /// Referrals that are to be looked at when a node starts: those that are noted as such, and those that were erased here and are
    /// shown still, since they wait for the other party.
    pub async fn gathering(&self) -> Result<Vec<Parties>, StoreError> {
        let rows = self.read("select referral, sender, receiver from gathering", vec![]).await?;
        let select =
            format!("select doc_id from document join erased on request = doc_id where life = 1 and {HAS_CONTENT}");
        let erased = self.read(select, vec![]).await?;
        let erased = erased.iter().map(|row| sql::id(row, 0, "document id")).collect::<Result<Vec<_>, StoreError>>()?;
        let mut snapshot = self.snapshot().await?;
        let shown = rows_of(&mut snapshot, erased.into_iter()).await?;
        snapshot.commit().await?;
        let parties = |row: &AnyRow| -> Result<Parties, StoreError> {
            Ok(Parties {
                referral: sql::id(row, 0, "referral")?,
                sender: sql::id(row, 1, "organisation id")?,
                receiver: sql::id(row, 2, "organisation id")?,
            })
        };
        let mut all: BTreeSet<Parties> = shown.iter().filter_map(Parties::of).collect();
        for row in &rows {
            all.insert(parties(row)?);
        }
        Ok(all.into_iter().collect())
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
    pub async fn data_key(&self, request: &DocId) -> Result<Option<LockedKey>, StoreError> {
        let rows = self.read("select key_id, locked from data_key where request = $1", vec![id(request)]).await?;
        rows.first().map(|row| locked(*request, row)).transpose()
    }

    /// The sealed payloads of a referral that are here.
    pub async fn payloads(&self, request: &DocId) -> Result<BTreeMap<BlobHash, Vec<u8>>, StoreError> {
        let rows = self.read("select hash, bytes from payload where request = $1", vec![id(request)]).await?;
        rows.iter().map(|row| Ok((sql::id(row, 0, "payload hash")?, sql::bytes(row, 1)?.to_vec()))).collect()
    }

    /// Which sealed payloads of a referral are here, and whether its key is.
    pub async fn held(&self, request: &DocId) -> Result<Held, StoreError> {
        let mut loaded = self.load(&Needs { referrals: [*request].into(), ..Needs::default() }).await?;
        Ok(loaded.referrals.remove(request).unwrap_or_default())
    }

    /// Keeps a draft, in place of what it was before.
    pub async fn put_draft(&self, draft: &Draft) -> Result<(), StoreError> {
        let values = vec![
            id(&draft.key.request),
            draft.key.key_id.as_bytes().into(),
            draft.key.locked.as_slice().into(),
            Value::Int(draft.at.as_ms()),
        ];
        let insert = "insert into draft (request, key_id, locked, at) values ($1, $2, $3, $4) on conflict (request) \
                      do update set key_id = excluded.key_id, locked = excluded.locked, at = excluded.at";
        let mut writing = self.begin().await?;
        sql::execute(writing.connection(), insert, values).await?;
        writing.commit().await
    }

    /// Throws a draft away; gives whether there was one.
    pub async fn delete_draft(&self, request: &DocId) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let deleted =
            sql::execute(writing.connection(), "delete from draft where request = $1", vec![id(request)]).await?;
        writing.commit().await?;
        self.scrub().await;
        Ok(deleted > 0)
    }

    /// The drafts in a range, by id; at most `limit`.
    pub async fn drafts(&self, range: &RecordRange, limit: usize) -> Result<Vec<Draft>, StoreError> {
        let select = "select request, key_id, locked, at from draft where request between $1 and $2 \
                      order by request limit $3";
        let values = range.bounds().into_iter().chain([Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))]);
        self.read(select, values.collect()).await?.iter().map(draft).collect()
    }

    /// How many drafts there are.
    pub async fn draft_count(&self) -> Result<u64, StoreError> {
        let rows = self.read("select count(*) from draft", vec![]).await?;
        rows.first().map_or(Ok(0), |row| sql::count(row, 0))
    }

    /// Whether there is anything that only the node's lock opens.
    pub async fn has_locked(&self) -> Result<bool, StoreError> {
        for table in ["data_key", "draft"] {
            if !self.read(format!("select request from {table} limit 1"), vec![]).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All of it, by the sender's documents.
    pub async fn locked(&self) -> Result<Locked, StoreError> {
        let read = async |table: &str| {
            let rows =
                self.read(format!("select key_id, locked, request from {table} order by request"), vec![]).await?;
            rows.iter().map(|row| locked(sql::id(row, 2, "document id")?, row)).collect::<Result<_, StoreError>>()
        };
        Ok(Locked { keys: read("data_key").await?, drafts: read("draft").await? })
    }

    /// Puts what was locked anew in the place of what was there, all of it in one transaction; what is not there is passed over.
    pub async fn relock(&self, anew: &Locked) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        for (table, all) in [("data_key", &anew.keys), ("draft", &anew.drafts)] {
            let update = format!("update {table} set locked = $1 where request = $2 and key_id = $3");
            for one in all {
                let values = vec![one.locked.as_slice().into(), id(&one.request), one.key_id.as_bytes().into()];
                sql::execute(writing.connection(), &update, values).await?;
            }
        }
        writing.commit().await?;
        self.scrub().await;
        Ok(())
    }

    /// What was erased here, with when.
    pub async fn erased(&self) -> Result<BTreeMap<DocId, Timestamp>, StoreError> {
        let rows = self.read("select request, at from erased", vec![]).await?;
        rows.iter().map(|row| Ok((sql::id(row, 0, "document id")?, Timestamp::from_ms(sql::int(row, 1)?)))).collect()
    }

    /// Destroys keys and payloads of referrals that were erased once; gives of how many there were any. For a database that was put
    /// back from before.
    pub async fn erase(&self, requests: &BTreeSet<DocId>, at: Timestamp) -> Result<u64, StoreError> {
        let mut writing = self.begin().await?;
        let gone = erase(writing.connection(), requests, at).await?;
        writing.commit().await?;
        if gone > 0 {
            self.scrub().await;
        }
        Ok(gone)
    }
}

/// The documents that stand of referrals in a range, in order; at most `limit`.
async fn ids_in(connection: &mut AnyConnection, range: &RecordRange, limit: usize) -> Result<Vec<DocId>, StoreError> {
    let mut ids = Vec::new();
    for kind in KINDS {
        let (select, values) = of_kind(kind, range, limit);
        for row in sql::fetch(connection, select, values).await? {
            ids.push(sql::id(&row, 0, "document id")?);
        }
    }
    ids.sort_unstable();
    ids.truncate(limit);
    Ok(ids)
}

/// One kind at a time: both at once are not in the order of any index.
fn of_kind(kind: Kind, range: &RecordRange, limit: usize) -> (String, Vec<Value>) {
    let [request, response] = KINDS.map(Kind::number);
    // The index is named by its condition.
    let select = format!(
        "select doc_id from document where kind in ({request}, {response}) and kind = $1 and doc_id between $2 and $3 \
         and life = 1 and {HAS_CONTENT} and {IS_SHOWN} order by doc_id limit $4"
    );
    let [low, high] = range.bounds();
    let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
    (select, vec![Value::Int(kind.number().into()), low, high, limit])
}

fn draft(row: &AnyRow) -> Result<Draft, StoreError> {
    let key_id = sql::id(row, 1, "key id")?;
    let (request, locked) = (sql::id(row, 0, "document id")?, sql::bytes(row, 2)?.to_vec());
    Ok(Draft { key: LockedKey { request, key_id, locked }, at: Timestamp::from_ms(sql::int(row, 3)?) })
}

fn id(request: &DocId) -> Value {
    request.as_bytes().into()
}

fn locked(request: DocId, row: &AnyRow) -> Result<LockedKey, StoreError> {
    Ok(LockedKey { request, key_id: sql::id(row, 0, "key id")?, locked: sql::bytes(row, 1)?.to_vec() })
}

pub(crate) async fn load(connection: &mut AnyConnection, needs: &Needs, loaded: &mut Loaded) -> Result<(), StoreError> {
    let requests: Vec<_> = needs.referrals.iter().map(DocId::as_bytes).collect();
    let select = "select request, key_id from data_key where request in (#)";
    for row in sql::fetch_for(connection, select, &[], &requests).await? {
        held(loaded, &row)?.key = Some(sql::id(&row, 1, "key id")?);
    }
    let select = "select request, hash, key_id, coalesce(owner, request), cast(length(bytes) as bigint) from payload where request in (#)";
    for row in sql::fetch_for(connection, select, &[], &requests).await? {
        let (hash, owner) = (sql::id(&row, 1, "payload hash")?, sql::id(&row, 3, "organisation id")?);
        let (key_id, bytes) = (sql::id(&row, 2, "key id")?, sql::count(&row, 4)?);
        let held = held(loaded, &row)?;
        held.payloads.insert(hash, key_id);
        *held.bytes.entry(owner).or_default() += bytes;
    }
    let select = "select request from erased where request in (#)";
    for row in sql::fetch_for(connection, select, &[], &requests).await? {
        held(loaded, &row)?.is_erased = true;
    }
    for request in &needs.referrals {
        // The log of who read what goes by the referral alone.
        let select = "select number from access where referral = $1 limit 1";
        if !sql::fetch(connection, select, vec![request.record().as_bytes().into()]).await?.is_empty() {
            loaded.referrals.entry(*request).or_default().was_read = true;
        }
    }
    for (request, hash) in &needs.payloads {
        let values = vec![id(request), hash.as_bytes().into()];
        let select = "select bytes from payload where request = $1 and hash = $2";
        if let Some(row) = sql::fetch(connection, select, values).await?.first() {
            loaded.payloads.insert(*hash, sql::bytes(row, 0)?.to_vec());
        }
    }
    Ok(())
}

/// What is held of the referral that a row is about.
fn held<'l>(loaded: &'l mut Loaded, row: &AnyRow) -> Result<&'l mut Held, StoreError> {
    Ok(loaded.referrals.entry(sql::id(row, 0, "document id")?).or_default())
}

pub(crate) async fn write(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    write_gathering(connection, batch).await?;
    let payloads = batch.payloads.iter().map(|one| {
        let (hash, owner, key_id) = (one.hash.as_bytes(), one.owner.as_bytes(), one.key_id.as_bytes());
        [id(&one.request), hash.into(), owner.into(), key_id.into(), one.bytes.as_slice().into()]
    });
    let into = "payload (request, hash, owner, key_id, bytes)";
    sql::insert(connection, into, "on conflict (request, hash) do nothing", payloads.collect()).await?;
    let keys = batch
        .locked_keys
        .iter()
        .map(|one| [id(&one.request), one.key_id.as_bytes().into(), one.locked.as_slice().into()]);
    let into = "data_key (request, key_id, locked)";
    sql::insert(connection, into, "on conflict (request) do nothing", keys.collect()).await?;
    let sent: Vec<_> = batch.sent_drafts.iter().map(DocId::as_bytes).collect();
    sql::execute_for(connection, "delete from draft where request in (#)", &[], &sent).await?;
    let nodes = batch.homes.iter().flat_map(|(org, nodes)| nodes.iter().map(move |node| (org, node)));
    let nodes = nodes.map(|(org, node)| [org.as_bytes().into(), node.as_bytes().into()]).collect();
    sql::insert(connection, "home_node (org_id, node_id)", "on conflict (org_id, node_id) do nothing", nodes).await?;
    erase(connection, &batch.erased, batch.at).await.map(drop)
}

async fn write_gathering(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    let named = |parties: &Parties| {
        [parties.referral.as_bytes().into(), parties.sender.as_bytes().into(), parties.receiver.as_bytes().into()]
    };
    let of = |wanted: Gather| batch.gathering.iter().filter(move |(_, gather)| **gather == wanted).map(|(of, _)| of);
    for parties in of(Gather::Done) {
        let delete = "delete from gathering where referral = $1 and sender = $2 and receiver = $3";
        sql::execute(connection, delete, named(parties).to_vec()).await?;
    }
    let then = "on conflict (referral, sender, receiver) do nothing";
    sql::insert(connection, "gathering (referral, sender, receiver)", then, of(Gather::Due).map(named).collect()).await
}

async fn erase(connection: &mut AnyConnection, requests: &BTreeSet<DocId>, at: Timestamp) -> Result<u64, StoreError> {
    if requests.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = requests.iter().map(DocId::as_bytes).collect();
    let gone = destroy(connection, &ids).await?;
    let rows = requests.iter().map(|request| [id(request), Value::Int(at.as_ms())]).collect();
    sql::insert(connection, "erased (request, at)", "on conflict (request) do nothing", rows).await?;
    Ok(gone)
}

/// Deletes keys and payloads; gives of how many referrals there were any.
pub(crate) async fn destroy(connection: &mut AnyConnection, requests: &[&[u8; 32]]) -> Result<u64, StoreError> {
    let mut gone = BTreeSet::new();
    for table in ["data_key", "payload"] {
        let select = format!("select distinct request from {table} where request in (#)");
        for row in sql::fetch_for(connection, &select, &[], requests).await? {
            gone.insert(sql::id::<DocId>(&row, 0, "document id")?);
        }
        sql::execute_for(connection, &format!("delete from {table} where request in (#)"), &[], requests).await?;
    }
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}

#[cfg(test)]
#[path = "referral_tests.rs"]
mod tests;
