//! Loading what a step needs: exactly that, in a few queries however much it is.

mod document;

pub(crate) use document::{COLUMNS, read_row};

use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::feed::{Cursor, FeedRow, ScopeState};
use domain::sync::needs::FeedRange;
use domain::sync::{Document, Loaded, Needs};
use domain::{DocId, NodeId, OrgId, ScopeId, Sum, Timestamp, VersionId};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// Loads what is needed and nothing else, from one state of the database. A document is here when a statement of it
    /// or its row is. What is damaged is left out and named in `corrupt`.
    pub async fn load(&self, needs: &Needs) -> Result<Loaded, StoreError> {
        self.load_beside(needs, &|_| false).await
    }

    /// The same, but for documents that the caller has: those that the needs come to are named in `kept` and not read.
    pub async fn load_beside(
        &self,
        needs: &Needs,
        has: &(dyn Fn(&DocId) -> bool + Sync),
    ) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        match parts(needs) {
            0 => {}
            1 => load_parts(&mut *self.pool.acquire().await?, needs, has, &mut loaded).await?,
            _ => {
                let mut snapshot = self.snapshot().await?;
                load_parts(&mut snapshot, needs, has, &mut loaded).await?;
                snapshot.commit().await?;
            }
        }
        Ok(loaded)
    }

    /// One document, whole; `None` when nothing of it is here. See [`Store::load`] for what is damaged.
    pub async fn document(&self, doc_id: DocId) -> Result<Option<Document>, StoreError> {
        let mut loaded = self.load(&Needs { documents: [doc_id].into(), ..Needs::default() }).await?;
        Ok(loaded.documents.remove(&doc_id))
    }
}

/// How many queries it comes to, at least: one needs no transaction.
fn parts(needs: &Needs) -> usize {
    let documents = needs.documents.len() + needs.versions.len() + needs.feeds.len();
    let single = [
        needs.scopes.is_empty(),
        needs.cursors.is_empty(),
        needs.positions.is_empty(),
        needs.wanted.is_empty(),
        needs.owned.is_empty(),
        needs.parting.is_empty(),
        needs.referrals.is_empty(),
        needs.payloads.is_empty(),
    ];
    2 * documents + needs.id_sets.len() + single.into_iter().filter(|is_empty| !is_empty).count()
}

async fn load_parts(
    connection: &mut AnyConnection,
    needs: &Needs,
    has: &(dyn Fn(&DocId) -> bool + Sync),
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let mut documents = needs.documents.clone();
    load_versions(connection, &needs.versions, &mut documents, loaded).await?;
    for range in &needs.feeds {
        load_feed(connection, range, &mut documents, loaded).await?;
    }
    load_parting(connection, &needs.parting, &mut documents).await?;
    let (kept, documents) = documents.into_iter().partition(has);
    loaded.kept = kept;
    document::load(connection, &documents, loaded).await?;
    loaded.scopes = scope_states(connection, &needs.scopes).await?;
    load_cursors(connection, &needs.cursors, loaded).await?;
    load_positions(connection, &needs.positions, loaded).await?;
    for scope in &needs.id_sets {
        loaded.id_sets.insert(*scope, id_set(connection, scope).await?);
    }
    load_wanted(connection, &needs.wanted, loaded).await?;
    load_owned(connection, &needs.owned, loaded).await?;
    crate::referral::load(connection, needs, loaded).await
}

async fn load_versions(
    connection: &mut AnyConnection,
    versions: &BTreeSet<VersionId>,
    documents: &mut BTreeSet<DocId>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let keys: Vec<_> = versions.iter().map(VersionId::as_bytes).collect();
    let select = "select version_id, doc_id from statement where version_id in (#)";
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        let doc_id = sql::id(&row, 1, "document id")?;
        loaded.versions.insert(sql::id(&row, 0, "version id")?, doc_id);
        documents.insert(doc_id);
    }
    Ok(())
}

async fn load_parting(
    connection: &mut AnyConnection,
    parting: &BTreeSet<ScopeId>,
    documents: &mut BTreeSet<DocId>,
) -> Result<(), StoreError> {
    let keys: Vec<_> = parting.iter().map(ScopeId::as_bytes).collect();
    let select = "select doc_id, scope_id from statement where doc_id in \
                  (select doc_id from statement where scope_id in (#))";
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        if !parting.contains(&sql::id(&row, 1, "scope id")?) {
            documents.insert(sql::id(&row, 0, "document id")?);
        }
    }
    Ok(())
}

/// Reads rows up to the one whose document brings the bytes of changes past the range's; a document counts once.
async fn load_feed(
    connection: &mut AnyConnection,
    range: &FeedRange,
    documents: &mut BTreeSet<DocId>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let select = "select f.seq, f.chain, f.version_id, f.since, s.doc_id, d.bytes from feed f \
                  left join statement s on s.version_id = f.version_id left join document d on d.doc_id = s.doc_id \
                  where f.scope_id = $1 and f.seq > $2 order by f.seq limit $3";
    let limit = i64::try_from(range.rows).unwrap_or(i64::MAX);
    let values = vec![range.scope.as_bytes().into(), Value::count(range.after)?, Value::Int(limit)];
    let (mut counted, mut bytes) = (BTreeSet::new(), 0_u64);
    let rows = loaded.feeds.entry(range.scope).or_default();
    for row in sql::fetch(connection, select, values).await? {
        let version: Option<VersionId> = sql::id_or_none(&row, 2, "version id")?;
        rows.push(FeedRow {
            seq: sql::count(&row, 0)?,
            chain: sql::id(&row, 1, "chain")?,
            version,
            since: sql::hashes(&row, 3)?,
        });
        if let (Some(version), Some(doc_id)) = (version, sql::id_or_none(&row, 4, "document id")?) {
            loaded.versions.insert(version, doc_id);
            documents.insert(doc_id);
            if counted.insert(doc_id) {
                let size = sql::int_or_none(&row, 5)?.and_then(|size| u64::try_from(size).ok());
                bytes = bytes.saturating_add(size.unwrap_or(0));
            }
        }
        if bytes > range.bytes as u64 {
            break;
        }
    }
    Ok(())
}

/// What is kept of these scopes; a scope nothing was ever in is absent.
pub(crate) async fn scope_states(
    connection: &mut AnyConnection,
    scopes: &BTreeSet<ScopeId>,
) -> Result<BTreeMap<ScopeId, ScopeState>, StoreError> {
    let keys: Vec<_> = scopes.iter().map(ScopeId::as_bytes).collect();
    let select = "select scope_id, feed_id, seq, chain, count, sum from scope where scope_id in (#)";
    let rows = sql::fetch_for(connection, select, &[], &keys).await?;
    rows.iter()
        .map(|row| {
            let tail = Cursor {
                feed_id: sql::id(row, 1, "feed id")?,
                seq: sql::count(row, 2)?,
                chain: sql::id(row, 3, "chain")?,
            };
            let sum = Sum::from_parts(sql::count(row, 4)?, sql::id(row, 5, "sum")?);
            Ok((sql::id(row, 0, "scope id")?, ScopeState { tail, sum }))
        })
        .collect()
}

async fn load_cursors(
    connection: &mut AnyConnection,
    nodes: &BTreeSet<NodeId>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let keys: Vec<_> = nodes.iter().map(NodeId::as_bytes).collect();
    let select = "select node_id, scope_id, feed_id, seq, chain from cursor where node_id in (#)";
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        let cursor = Cursor {
            feed_id: sql::id(&row, 2, "feed id")?,
            seq: sql::count(&row, 3)?,
            chain: sql::id(&row, 4, "chain")?,
        };
        loaded.cursors.insert((sql::id(&row, 0, "node id")?, sql::id(&row, 1, "scope id")?), cursor);
    }
    Ok(())
}

/// A position stands when this life of the feed has this chain at this row. Before the first row, chains are zeroes.
async fn load_positions(
    connection: &mut AnyConnection,
    positions: &BTreeMap<ScopeId, Cursor>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let stands = "select s.scope_id from scope s where s.scope_id in (#) and s.feed_id = $1 and ($2 = 0 or exists \
                  (select 1 from feed f where f.scope_id = s.scope_id and f.seq = $2 and f.chain = $3))";
    for (scope, cursor) in positions {
        let Ok(seq) = Value::count(cursor.seq) else { continue };
        if cursor.seq == 0 && cursor.chain != [0; 32] {
            continue;
        }
        let values = [cursor.feed_id.as_bytes().into(), seq, (&cursor.chain).into()];
        let found = sql::fetch_for(connection, stands, &values, &[scope.as_bytes()]).await?;
        if !found.is_empty() {
            loaded.positions.insert(*scope);
        }
    }
    Ok(())
}

async fn id_set(connection: &mut AnyConnection, scope: &ScopeId) -> Result<Vec<(Timestamp, VersionId)>, StoreError> {
    let select = "select signed_at, version_id from statement where scope_id = $1 order by signed_at, version_id";
    let rows = sql::fetch(connection, select, vec![scope.as_bytes().into()]).await?;
    rows.iter().map(|row| Ok((Timestamp::from_ms(sql::int(row, 0)?), sql::id(row, 1, "version id")?))).collect()
}

async fn load_wanted(
    connection: &mut AnyConnection,
    scopes: &BTreeSet<ScopeId>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let keys: Vec<_> = scopes.iter().map(ScopeId::as_bytes).collect();
    let select = "select scope_id, version_id, doc_id from statement where is_wanted = 1 and scope_id in (#)";
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        let wanted = (sql::id(&row, 1, "version id")?, sql::id(&row, 2, "document id")?);
        loaded.wanted.entry(sql::id(&row, 0, "scope id")?).or_default().push(wanted);
    }
    loaded.wanted.values_mut().for_each(|wanted| wanted.sort_unstable());
    Ok(())
}

async fn load_owned(
    connection: &mut AnyConnection,
    owners: &BTreeSet<OrgId>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    // Of whom nothing is held, that is known too.
    loaded.owned.extend(owners.iter().map(|owner| (*owner, Vec::new())));
    let keys: Vec<_> = owners.iter().map(OrgId::as_bytes).collect();
    let select = "select owner, doc_id from document where owner in (#)";
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        loaded.owned.entry(sql::id(&row, 0, "organisation id")?).or_default().push(sql::id(&row, 1, "document id")?);
    }
    loaded.owned.values_mut().for_each(|owned| owned.sort_unstable());
    Ok(())
}
