//! Writing what one step decided: one transaction, or nothing of it.

pub(crate) mod departure;
mod version;
pub(crate) mod vouch;

use crate::sql::{self, Value};
use crate::{Store, StoreError, head, log};
use domain::statement::Life;
use domain::sync::Batch;
use domain::sync::batch::{
    AddedChanges, DocumentRow, ImportedRecord, Incident, OwnerStanding, Partner, Quarantined, Wanted,
};
use domain::{ChangeHash, DocId, NodeId, OrgId, ScopeId, Timestamp, VersionId};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// How many incidents are kept.
const INCIDENTS_KEPT: i64 = 1_000;

/// How many bytes of a name lists are sorted by.
pub(crate) const SORT_KEY_BYTES: usize = 128;

impl Store {
    /// Writes a batch in one transaction and returns when it is durable, with the scopes whose feeds grew. Partners to
    /// forget are forgotten last. A mark on the wanted list for a version that is not current is dropped.
    pub async fn commit(&self, batch: &Batch) -> Result<Vec<ScopeId>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let mut writing = self.begin().await?;
        let grew = write(writing.connection(), batch).await?;
        writing.commit().await?;
        if !batch.erased.is_empty() {
            self.scrub().await;
        }
        Ok(grew)
    }
}

async fn write(connection: &mut AnyConnection, batch: &Batch) -> Result<Vec<ScopeId>, StoreError> {
    let grew = version::enter(connection, batch).await?;
    vouch::disown(connection, batch).await?;
    write_changes(connection, &batch.changes).await?;
    write_documents(connection, &batch.documents).await?;
    write_wanted(connection, batch).await?;
    write_quarantined(connection, &batch.quarantined).await?;
    write_cursors(connection, batch).await?;
    write_keys(connection, &batch.keys).await?;
    head::write(connection, &batch.heads).await?;
    write_imported(connection, &batch.imported).await?;
    crate::import::write(connection, &batch.import_changes).await?;
    write_incidents(connection, &batch.incidents).await?;
    for org in &batch.removed_partners {
        departure::forget(connection, org, batch.at).await?;
    }
    write_partners(connection, &batch.partners).await?;
    write_owners(connection, batch).await?;
    crate::referral::write(connection, batch).await?;
    Ok(grew)
}

async fn write_changes(connection: &mut AnyConnection, changes: &[AddedChanges]) -> Result<(), StoreError> {
    for dropping in changes.iter().filter(|c| !c.dropped.is_empty()) {
        let doc = [Value::from(dropping.doc_id.as_bytes())];
        let hashes: Vec<_> = dropping.dropped.iter().map(ChangeHash::as_bytes).collect();
        sql::execute_for(connection, "delete from change where doc_id = $1 and hash in (#)", &doc, &hashes).await?;
    }
    let added: Vec<_> = changes.iter().flat_map(|c| c.added.iter().map(|change| (c.doc_id, change))).collect();
    let first = positions(connection, "change", added.len()).await?;
    let rows = added
        .into_iter()
        .zip(first..)
        .map(|((doc_id, change), position)| {
            Ok([
                doc_id.as_bytes().into(),
                change.hash.as_bytes().into(),
                Value::Int(position),
                sql::joined(&change.deps),
                change.actor.as_bytes().into(),
                Value::count(change.seq)?,
                Value::count(change.start_op)?,
                Value::count(change.operations)?,
                change.bytes.as_slice().into(),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let into = "change (doc_id, hash, position, deps, actor, seq, start_op, operations, bytes)";
    sql::insert(connection, into, "on conflict (doc_id, hash) do nothing", rows).await
}

/// Takes `count` numbers from a counter and gives the first.
pub(crate) async fn positions(connection: &mut AnyConnection, counter: &str, count: usize) -> Result<i64, StoreError> {
    if count == 0 {
        return Ok(0);
    }
    let count = i64::try_from(count).map_err(|_| StoreError::invalid("a batch is too large to number"))?;
    let values = vec![Value::Int(count), Value::Text(counter.to_string())];
    let rows =
        sql::fetch(connection, "update counter set next = next + $1 where name = $2 returning next", values).await?;
    let row = rows.first().ok_or_else(|| StoreError::corrupt(format!("the counter {counter:?} is gone")))?;
    Ok(sql::int(row, 0)?.saturating_sub(count))
}

async fn write_documents(connection: &mut AnyConnection, documents: &[DocumentRow]) -> Result<(), StoreError> {
    if documents.is_empty() {
        return Ok(());
    }
    let position = positions(connection, "document", 1).await?;
    // One statement may not touch a row twice: the last row of a document counts.
    let newest: BTreeMap<_, _> = documents.iter().map(|row| (row.doc_id, row)).collect();
    let rows = newest.into_values().map(|row| document_values(row, position)).collect::<Result<Vec<_>, _>>()?;
    let into = "document (doc_id, kind, owner, life, is_public, name, folded, sort_key, value, heads, conflicts, \
                last_modified, bytes, about, position)";
    let then = "on conflict (doc_id) do update set kind = excluded.kind, owner = excluded.owner, \
                life = excluded.life, is_public = excluded.is_public, name = excluded.name, \
                folded = excluded.folded, sort_key = excluded.sort_key, value = excluded.value, \
                heads = excluded.heads, conflicts = excluded.conflicts, last_modified = excluded.last_modified, \
                bytes = excluded.bytes, about = excluded.about, position = excluded.position";
    sql::insert(connection, into, then, rows).await
}

fn document_values(row: &DocumentRow, position: i64) -> Result<[Value; 15], StoreError> {
    Ok([
        row.doc_id.as_bytes().into(),
        Value::Int(row.kind.number().into()),
        row.owner.as_bytes().into(),
        Value::Int(life_number(row.life)),
        Value::flag(row.is_public),
        sql::text(&row.name, "a document's name")?,
        Value::Text(folded(&row.name)),
        Value::Bytes(sort_key(&row.name)),
        Value::Text(json_text(&row.value)?),
        sql::joined(&row.heads),
        Value::Int(row.conflicts.into()),
        Value::Int(row.last_modified.as_ms()),
        Value::count(row.bytes)?,
        Value::bytes_or_none(row.about.as_ref().map(|about| about.as_bytes().as_slice())),
        Value::Int(position),
    ])
}

/// A name as it is searched: without case.
pub(crate) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A name as it is sorted: its first bytes without case, so that both databases sort alike and an index holds it.
pub(crate) fn sort_key(name: &str) -> Vec<u8> {
    let mut key = folded(name).into_bytes();
    key.truncate(SORT_KEY_BYTES);
    key
}

pub(crate) fn life_number(life: Life) -> i64 {
    match life {
        Life::Live => 1,
        Life::Withdrawn => 2,
        Life::Erased => 3,
    }
}

/// JSON as text. A NUL character inside is refused, as the schema check of documents refuses it.
pub(crate) fn json_text(value: &serde_json::Value) -> Result<String, StoreError> {
    if holds_nul(value) {
        return Err(StoreError::invalid("a document's value holds a NUL character"));
    }
    Ok(value.to_string())
}

fn holds_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(holds_nul),
        serde_json::Value::Object(entries) => entries.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
    }
}

/// Marks what entered before; what entered with this batch carries its mark already.
async fn write_wanted(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    let entered: BTreeSet<_> = batch.versions.iter().map(|v| v.statement.version_id()).collect();
    let earlier = batch.wanted.iter().filter(|(version, _)| !entered.contains(version));
    let (wanted, settled): (Vec<_>, Vec<_>) = earlier.partition(|(_, mark)| matches!(mark, Wanted::Yes { .. }));
    for (mark, versions) in [(1, wanted), (0, settled)] {
        let keys: Vec<_> = versions.into_iter().map(|(version, _)| version.as_bytes()).collect();
        let update = "update statement set is_wanted = $1 where version_id in (#)";
        sql::execute_for(connection, update, &[Value::Int(mark)], &keys).await?;
        if mark == 0 {
            sql::execute_for(connection, "delete from quarantine where version_id in (#)", &[], &keys).await?;
        }
    }
    Ok(())
}

async fn write_quarantined(connection: &mut AnyConnection, refused: &[Quarantined]) -> Result<(), StoreError> {
    let newest: BTreeMap<VersionId, _> = refused.iter().map(|q| (q.version_id, q)).collect();
    let rows = newest
        .into_values()
        .map(|q| {
            [
                q.version_id.as_bytes().into(),
                q.doc_id.as_bytes().into(),
                q.owner.as_bytes().into(),
                q.from.as_bytes().into(),
                sql::words(&q.reason),
                q.pack.as_slice().into(),
                (&q.pack_hash).into(),
                Value::Int(q.at.as_ms()),
            ]
        })
        .collect();
    let into = "quarantine (version_id, doc_id, owner, from_node, reason, pack, pack_hash, at)";
    let then = "on conflict (version_id) do update set from_node = excluded.from_node, reason = excluded.reason, \
                pack = excluded.pack, pack_hash = excluded.pack_hash, at = excluded.at";
    sql::insert(connection, into, then, rows).await
}

async fn write_cursors(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    let rows = batch
        .cursors
        .iter()
        .map(|((node, scope), cursor)| {
            Ok([
                node.as_bytes().into(),
                scope.as_bytes().into(),
                cursor.feed_id.as_bytes().into(),
                Value::count(cursor.seq)?,
                (&cursor.chain).into(),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let then = "on conflict (node_id, scope_id) do update set feed_id = excluded.feed_id, seq = excluded.seq, \
                chain = excluded.chain";
    sql::insert(connection, "cursor (node_id, scope_id, feed_id, seq, chain)", then, rows).await
}

async fn write_keys(connection: &mut AnyConnection, keys: &BTreeMap<OrgId, Vec<u8>>) -> Result<(), StoreError> {
    let rows = keys.iter().map(|(org, bytes)| [org.as_bytes().into(), bytes.as_slice().into()]).collect();
    let then = "on conflict (org_id) do update set bytes = excluded.bytes";
    sql::insert(connection, "keys (org_id, bytes)", then, rows).await
}

async fn write_partners(connection: &mut AnyConnection, partners: &[Partner]) -> Result<(), StoreError> {
    let newest: BTreeMap<_, _> = partners.iter().map(|partner| (partner.org_id, partner)).collect();
    let rows = newest
        .into_values()
        .map(|partner| {
            Ok([
                partner.org_id.as_bytes().into(),
                sql::text(&partner.name, "a partner's name")?,
                Value::Text(json_text(&partner.addresses.clone().into())?),
                Value::flag(partner.is_paused),
                Value::int_or_none(partner.confirmed_here_at.map(Timestamp::as_ms)),
                Value::bytes_or_none(partner.confirmed_there.as_deref()),
                Value::Int(partner.paired_at.as_ms()),
                Value::flag(partner.is_shared_with),
                Value::flag(partner.is_followed),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let into = "partner (org_id, name, addresses, is_paused, confirmed_here_at, confirmed_there, paired_at, \
                is_shared_with, is_followed)";
    let then = "on conflict (org_id) do update set name = excluded.name, addresses = excluded.addresses, \
                is_paused = excluded.is_paused, confirmed_here_at = excluded.confirmed_here_at, \
                confirmed_there = excluded.confirmed_there, paired_at = excluded.paired_at, \
                is_shared_with = excluded.is_shared_with, is_followed = excluded.is_followed";
    sql::insert(connection, into, then, rows).await
}

async fn write_owners(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    let of = |standing| batch.owners.iter().filter(move |(_, s)| **s == standing).map(|(org, _)| org.as_bytes());
    let held: Vec<_> = of(OwnerStanding::Held).collect();
    let hidden: Vec<_> = of(OwnerStanding::Hidden).collect();
    log::touch(connection, &held, "owner in (select org_id from hidden_owner)").await?;
    log::touch(connection, &hidden, "owner not in (select org_id from hidden_owner)").await?;
    sql::execute_for(connection, "delete from hidden_owner where org_id in (#)", &[], &held).await?;
    let hidden = hidden.into_iter().map(|org| [org.into(), Value::Int(batch.at.as_ms())]).collect();
    sql::insert(connection, "hidden_owner (org_id, since)", "on conflict (org_id) do nothing", hidden).await
}

async fn write_imported(connection: &mut AnyConnection, records: &[ImportedRecord]) -> Result<(), StoreError> {
    let newest: BTreeMap<(&str, DocId), _> = records.iter().map(|r| ((r.source.as_str(), r.doc_id), r)).collect();
    let rows = newest
        .into_values()
        .map(|record| {
            Ok([
                sql::text(&record.source, "the name of an import's source")?,
                record.doc_id.as_bytes().into(),
                Value::Text(json_text(&record.value)?),
                Value::Int(record.seen_at.as_ms()),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let then = "on conflict (source, doc_id) do update set value = excluded.value, seen_at = excluded.seen_at";
    sql::insert(connection, "imported (source, doc_id, value, seen_at)", then, rows).await
}

async fn write_incidents(connection: &mut AnyConnection, incidents: &[Incident]) -> Result<(), StoreError> {
    if incidents.is_empty() {
        return Ok(());
    }
    let first = positions(connection, "incident", incidents.len()).await?;
    let rows: Vec<_> = incidents
        .iter()
        .zip(first..)
        .map(|(incident, position)| {
            [
                Value::Int(position),
                Value::Int(incident.at.as_ms()),
                Value::bytes_or_none(incident.from.as_ref().map(NodeId::as_bytes).map(<[u8; 16]>::as_slice)),
                Value::bytes_or_none(incident.owner.as_ref().map(OrgId::as_bytes).map(<[u8; 32]>::as_slice)),
                sql::words(&incident.kind),
                sql::words(&incident.message),
                Value::bytes_or_none(incident.doc_id.as_ref().map(DocId::as_bytes).map(<[u8; 32]>::as_slice)),
            ]
        })
        .collect();
    let last = first.saturating_add(i64::try_from(rows.len()).unwrap_or(i64::MAX)).saturating_sub(1);
    sql::insert(connection, "incident (position, at, from_node, owner, kind, message, doc_id)", "", rows).await?;
    let oldest_kept = Value::Int(last.saturating_sub(INCIDENTS_KEPT));
    sql::execute(connection, "delete from incident where position <= $1", vec![oldest_kept]).await?;
    Ok(())
}
