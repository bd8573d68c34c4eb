//! Versions entering scopes: statements, feed rows, sums.

use crate::load::scope_states;
use crate::sql::{self, Value};
use crate::{StoreError, StoreErrorKind};
use domain::feed::{FeedRow, ScopeState};
use domain::sync::Batch;
use domain::sync::batch::{EnteredVersion, Wanted};
use domain::{FeedId, ScopeId, VersionId};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// What entering a batch's versions comes to, before it is written.
struct Entry<'a> {
    rows: Vec<(ScopeId, FeedRow)>,
    statements: BTreeMap<VersionId, &'a EnteredVersion>,
    replaced: BTreeSet<VersionId>,
}

/// Enters a batch's versions in order; gives the scopes that grew.
pub(crate) async fn enter(connection: &mut AnyConnection, batch: &Batch) -> Result<Vec<ScopeId>, StoreError> {
    if batch.versions.is_empty() {
        return Ok(Vec::new());
    }
    let grew: BTreeSet<_> = batch.versions.iter().map(|v| v.statement.statement().scope_id).collect();
    let mut states = scope_states(connection, &grew).await?;
    for scope in &grew {
        if !states.contains_key(scope) {
            states.insert(*scope, ScopeState::empty(draw_feed_id()?));
        }
    }
    let entry = enter_all(&batch.versions, &mut states);
    supersede(connection, &entry.replaced, batch).await?;
    write_statements(connection, &entry, batch).await?;
    write_feed(connection, entry.rows, batch).await?;
    write_scopes(connection, &states).await?;
    Ok(grew.into_iter().collect())
}

/// Random, so that a feed made anew after a loss is known for another one.
fn draw_feed_id() -> Result<FeedId, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| {
        StoreError::new(StoreErrorKind::Unavailable, format!("the system gives no random numbers: {e}"))
    })?;
    Ok(FeedId::from_bytes(bytes))
}

fn enter_all<'a>(versions: &'a [EnteredVersion], states: &mut BTreeMap<ScopeId, ScopeState>) -> Entry<'a> {
    let mut entry = Entry { rows: Vec::new(), statements: BTreeMap::new(), replaced: BTreeSet::new() };
    for version in versions {
        let scope = version.statement.statement().scope_id;
        let id = version.statement.version_id();
        if let Some(state) = states.get_mut(&scope) {
            entry.rows.push((scope, state.enter(id, &version.replaced, version.since.clone())));
        }
        entry.statements.insert(id, version);
        for old in &version.replaced {
            if entry.statements.remove(old).is_none() {
                entry.replaced.insert(*old);
            }
        }
    }
    // A version that was replaced within the batch keeps its place only.
    for (_, row) in &mut entry.rows {
        if row.version.is_some_and(|id| !entry.statements.contains_key(&id)) {
            row.version = None;
            row.since.clear();
        }
    }
    entry
}

async fn supersede(
    connection: &mut AnyConnection,
    replaced: &BTreeSet<VersionId>,
    batch: &Batch,
) -> Result<(), StoreError> {
    let keys: Vec<_> = replaced.iter().map(VersionId::as_bytes).collect();
    let vacate = "update feed set version_id = null, since = $1, superseded_at = $2 where version_id in (#)";
    let values = [Value::Bytes(Vec::new()), Value::Int(batch.at.as_ms())];
    sql::execute_for(connection, vacate, &values, &keys).await?;
    sql::execute_for(connection, "delete from statement where version_id in (#)", &[], &keys).await?;
    sql::execute_for(connection, "delete from quarantine where version_id in (#)", &[], &keys).await
}

async fn write_statements(connection: &mut AnyConnection, entry: &Entry<'_>, batch: &Batch) -> Result<(), StoreError> {
    let rows = entry
        .statements
        .iter()
        .map(|(id, version)| {
            let statement = version.statement.statement();
            [
                id.as_bytes().into(),
                statement.doc_id.as_bytes().into(),
                statement.scope_id.as_bytes().into(),
                Value::Int(statement.signed_at.as_ms()),
                Value::flag(matches!(batch.wanted.get(id), Some(Wanted::Yes { .. }))),
                version.statement.bytes().into(),
            ]
        })
        .collect();
    sql::insert(connection, "statement (version_id, doc_id, scope_id, signed_at, is_wanted, bytes)", "", rows).await
}

async fn write_feed(
    connection: &mut AnyConnection,
    rows: Vec<(ScopeId, FeedRow)>,
    batch: &Batch,
) -> Result<(), StoreError> {
    let rows = rows
        .into_iter()
        .map(|(scope, row)| {
            Ok([
                scope.as_bytes().into(),
                Value::count(row.seq)?,
                (&row.chain).into(),
                Value::bytes_or_none(row.version.as_ref().map(|id| id.as_bytes().as_slice())),
                sql::joined(&row.since),
                Value::int_or_none(row.version.is_none().then_some(batch.at.as_ms())),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    sql::insert(connection, "feed (scope_id, seq, chain, version_id, since, superseded_at)", "", rows).await
}

pub(super) async fn write_scopes(
    connection: &mut AnyConnection,
    states: &BTreeMap<ScopeId, ScopeState>,
) -> Result<(), StoreError> {
    let rows = states
        .iter()
        .map(|(scope, state)| {
            Ok([
                scope.as_bytes().into(),
                state.tail.feed_id.as_bytes().into(),
                Value::count(state.tail.seq)?,
                (&state.tail.chain).into(),
                Value::count(state.sum.count())?,
                state.sum.as_bytes().into(),
            ])
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let then = "on conflict (scope_id) do update set seq = excluded.seq, chain = excluded.chain, \
                count = excluded.count, sum = excluded.sum";
    sql::insert(connection, "scope (scope_id, feed_id, seq, chain, count, sum)", then, rows).await
}
