//! Versions leaving scopes, since a stolen key had signed them.

use super::departure::forget_documents;
use super::version::write_scopes;
use crate::StoreError;
use crate::load::scope_states;
use crate::sql::{self, Value};
use domain::sync::Batch;
use domain::{DocId, Timestamp, VersionId};
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Takes a batch's disowned versions out: statements, sums; their feed rows keep their places. Documents that have no other
/// version are noted with the time.
pub(super) async fn disown(connection: &mut AnyConnection, batch: &Batch) -> Result<(), StoreError> {
    if let Some(keys) = &batch.disowned_keys {
        sql::execute(connection, "delete from disowned_key", vec![]).await?;
        let keys = keys.iter().map(|key| [key.as_bytes().into()]).collect();
        sql::insert(connection, "disowned_key (key_id)", "", keys).await?;
    }
    if batch.disowned.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = batch.disowned.iter().map(|gone| *VersionId::as_bytes(&gone.version_id)).collect();
    let held = "select version_id from statement where version_id in (#)";
    let held = sql::fetch_for(connection, held, &[], &ids).await?;
    let held = held.iter().map(|row| sql::id(row, 0, "version id")).collect::<Result<BTreeSet<VersionId>, _>>()?;
    let scopes = batch.disowned.iter().map(|gone| gone.scope).collect();
    let mut states = scope_states(connection, &scopes).await?;
    for gone in batch.disowned.iter().filter(|gone| held.contains(&gone.version_id)) {
        if let Some(state) = states.get_mut(&gone.scope) {
            state.sum.remove(&gone.version_id);
        }
    }
    write_scopes(connection, &states).await?;
    let vacate = "update feed set version_id = null, since = $1, superseded_at = $2 where version_id in (#)";
    let values = [Value::Bytes(Vec::new()), Value::Int(batch.at.as_ms())];
    sql::execute_for(connection, vacate, &values, &ids).await?;
    sql::execute_for(connection, "delete from statement where version_id in (#)", &[], &ids).await?;
    sql::execute_for(connection, "delete from quarantine where version_id in (#)", &[], &ids).await?;
    let documents: BTreeSet<_> = batch.disowned.iter().map(|gone| gone.doc_id).collect();
    let since = documents.iter().map(|doc_id| [doc_id.as_bytes().into(), Value::Int(batch.at.as_ms())]).collect();
    sql::insert(connection, "unvouched (doc_id, since)", "on conflict (doc_id) do nothing", since).await?;
    still_unvouched(connection).await
}

/// Forgets the notes on documents that somebody vouches for.
async fn still_unvouched(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let vouched =
        "delete from unvouched where exists (select 1 from statement where statement.doc_id = unvouched.doc_id)";
    sql::execute(connection, vouched, vec![]).await.map(drop)
}

/// Deletes documents that nobody has vouched for since before a time; gives how many. This organisation's own stay: they
/// are its to sign anew, however late.
pub(crate) async fn purge(
    connection: &mut AnyConnection,
    before: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    still_unvouched(connection).await?;
    let due = "delete from unvouched where since < $1 and doc_id not in \
               (select doc_id from document where owner in (select org_id from node)) returning doc_id";
    let rows = sql::fetch(connection, due, vec![Value::Int(before.as_ms())]).await?;
    let documents = rows.iter().map(|row| sql::id(row, 0, "document id")).collect::<Result<BTreeSet<DocId>, _>>()?;
    forget_documents(connection, &documents, now).await?;
    Ok(documents.len())
}
