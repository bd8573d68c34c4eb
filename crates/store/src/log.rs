//! The order in which documents changed for readers, and reading on in it from a cursor.
//!
//! A document has one place, that of its last change, so the log is as long as there are documents. What is deleted
//! leaves a row of its own for a while.

use crate::commit::positions;
use crate::load::{COLUMNS, read_row};
use crate::sql::{self, Value};
use crate::{Store, StoreError, StoreErrorKind};
use domain::document::Kind;
use domain::log::{LAST_DOCUMENT, LogCursor};
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::{DocId, OrgId, Timestamp, limits};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// What comes next in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPage {
    /// In order; each document once.
    pub entries: Vec<LogEntry>,
    /// Where to read on: behind these, and behind all that is of another kind or owner or was passed over.
    pub next: LogCursor,
    /// Whether this was all there is now.
    pub is_end: bool,
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Where to read on behind it.
    pub cursor: LogCursor,
    /// Whose it is.
    pub owner: OrgId,
    /// The document that it is about, also where it does not stand any more; unknown of one that was deleted.
    pub about: Option<DocId>,
    /// How it stands for readers; nothing where it does not stand any more: it was withdrawn, deleted or hidden.
    pub stands: Option<DocumentRow>,
}

/// A place in the log before what is there is read.
struct Place {
    position: u64,
    doc_id: DocId,
    bytes: u64,
    /// Of one that was deleted.
    gone: Option<OrgId>,
}

/// How the log stands.
struct State {
    epoch: [u8; 8],
    head: u64,
    /// Positions up to this one may have been forgotten of what is gone.
    forgotten: u64,
}

impl Store {
    /// Begins another life of the log; call it once at every start, before it is read. Without one there are no cursors.
    pub async fn begin_log_epoch(&self) -> Result<(), StoreError> {
        let mut epoch = [0; 8];
        getrandom::fill(&mut epoch).map_err(|e| {
            StoreError::new(StoreErrorKind::Unavailable, format!("the system gives no random numbers: {e}"))
        })?;
        let mut writing = self.begin().await?;
        let connection = writing.connection();
        let rows = sql::fetch(connection, "select coalesce(max(number), 0) from log_epoch", vec![]).await?;
        let number = rows.first().map_or(Ok(0), |row| sql::int(row, 0))?.saturating_add(1);
        let head = counter(connection, "document").await?.saturating_sub(1);
        let row = [Value::Int(number), (&epoch).into(), Value::count(head)?];
        sql::insert(connection, "log_epoch (number, epoch, position)", "", vec![row]).await?;
        let oldest = Value::Int(number.saturating_sub(limits::LOG_EPOCHS));
        sql::execute(connection, "delete from log_epoch where number <= $1", vec![oldest]).await?;
        writing.commit().await
    }

    /// Where the log ends now.
    pub async fn log_end(&self) -> Result<LogCursor, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let state = state(&mut snapshot).await?;
        snapshot.commit().await?;
        Ok(LogCursor { epoch: state.epoch, position: state.head, doc_id: LAST_DOCUMENT, quiet_until: 0 })
    }

    /// The next documents of these kinds, of one owner or of all, that changed behind a cursor: at most
    /// [`limits::LOG_PAGE_ROWS`], and past the first no more than [`limits::LOG_PAGE_BYTES`] of changes. `None` when the
    /// cursor is of no use: it is from a later state of this database than the one that is here, or from so long ago
    /// that what was deleted since is forgotten.
    pub async fn log_page(
        &self,
        kinds: &[Kind],
        owner: Option<OrgId>,
        after: &LogCursor,
    ) -> Result<Option<LogPage>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let connection = &mut *snapshot;
        let state = state(connection).await?;
        if !is_usable(connection, &state, after).await? {
            return Ok(None);
        }
        let (mut places, mut is_full) = (Vec::new(), false);
        for kind in kinds {
            let standing = documents(connection, *kind, owner, after).await?;
            let gone = gone(connection, *kind, owner, after).await?;
            is_full |= standing.len() == limits::LOG_PAGE_ROWS || gone.len() == limits::LOG_PAGE_ROWS;
            places.extend(standing.into_iter().chain(gone));
        }
        places.sort_by_key(|place| (place.position, place.doc_id));
        let taken = fitting(&places);
        let is_end = !is_full && taken == places.len();
        places.truncate(taken);
        let rows = rows(connection, &places).await?;
        snapshot.commit().await?;

        let cursor = |(position, doc_id)| LogCursor { epoch: state.epoch, position, doc_id, ..*after };
        let last = places.last().map_or(after.place(), |place| (place.position, place.doc_id));
        let next = cursor(if is_end { (state.head, LAST_DOCUMENT) } else { last });
        let entries = places.into_iter().filter_map(|place| {
            let cursor = cursor((place.position, place.doc_id));
            entry(&place, rows.get(&place.doc_id), cursor)
        });
        Ok(Some(LogPage { entries: entries.collect(), next, is_end }))
    }
}

/// Notes that documents are being deleted, those of these ids that nothing stands for.
pub(crate) async fn note_gone(
    connection: &mut AnyConnection,
    doc_ids: &[&[u8; 32]],
    at: Timestamp,
) -> Result<(), StoreError> {
    if doc_ids.is_empty() {
        return Ok(());
    }
    let position = positions(connection, "document", 1).await?;
    let insert = "insert into gone (doc_id, kind, owner, position, at) \
                  select doc_id, kind, owner, cast($1 as bigint), cast($2 as bigint) from document where doc_id in (#) \
                  and not exists (select 1 from statement where statement.doc_id = document.doc_id) \
                  on conflict (doc_id) do update set position = excluded.position, at = excluded.at";
    sql::execute_for(connection, insert, &[Value::Int(position), Value::Int(at.as_ms())], doc_ids).await
}

/// Moves the documents of owners to the end: readers see them otherwise than before.
pub(crate) async fn touch(
    connection: &mut AnyConnection,
    owners: &[&[u8; 32]],
    condition: &str,
) -> Result<(), StoreError> {
    if owners.is_empty() {
        return Ok(());
    }
    let position = Value::Int(positions(connection, "document", 1).await?);
    let update = format!("update document set position = $1 where owner in (#) and {condition}");
    sql::execute_for(connection, &update, &[position], owners).await
}

/// Forgets what was deleted before a time; gives how many.
pub(crate) async fn forget_gone(connection: &mut AnyConnection, before: Timestamp) -> Result<u64, StoreError> {
    let before = || vec![Value::Int(before.as_ms())];
    let note = "update counter set next = (select max(position) from gone where at < $1) \
                where name = 'gone' and next < (select max(position) from gone where at < $1)";
    sql::execute(connection, note, before()).await?;
    sql::execute(connection, "delete from gone where at < $1", before()).await
}

async fn counter(connection: &mut AnyConnection, name: &str) -> Result<u64, StoreError> {
    let rows = sql::fetch(connection, "select next from counter where name = $1", vec![Value::Text(name.into())]);
    let rows = rows.await?;
    let row = rows.first().ok_or_else(|| StoreError::corrupt(format!("the counter {name:?} is gone")))?;
    sql::count(row, 0)
}

async fn state(connection: &mut AnyConnection) -> Result<State, StoreError> {
    let select = "select epoch from log_epoch order by number desc limit 1";
    let rows = sql::fetch(connection, select, vec![]).await?;
    let row = rows.first().ok_or_else(|| StoreError::invalid("the log is read before a life of it was begun"))?;
    Ok(State {
        epoch: sql::id(row, 0, "epoch of the log")?,
        head: counter(connection, "document").await?.saturating_sub(1),
        forgotten: counter(connection, "gone").await?,
    })
}

/// Whether nothing behind the cursor was lost, and the cursor is of this state of the database: no life of the log that
/// began after the cursor's began before its position.
async fn is_usable(connection: &mut AnyConnection, state: &State, cursor: &LogCursor) -> Result<bool, StoreError> {
    let select = "select (select min(later.position) from log_epoch later where later.number > own.number) \
                  from log_epoch own where own.epoch = $1";
    let rows = sql::fetch(connection, select, vec![(&cursor.epoch).into()]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let until = match sql::int_or_none(row, 0)? {
        Some(position) => u64::try_from(position).unwrap_or(0),
        None => state.head,
    };
    Ok(cursor.position <= until && cursor.position.max(cursor.quiet_until) >= state.forgotten)
}

async fn documents(
    connection: &mut AnyConnection,
    kind: Kind,
    owner: Option<OrgId>,
    after: &LogCursor,
) -> Result<Vec<Place>, StoreError> {
    let rows = behind(connection, "bytes from document", kind, owner, after.place()).await?;
    rows.iter()
        .map(|row| {
            Ok(Place {
                position: sql::count(row, 0)?,
                doc_id: sql::id(row, 1, "document id")?,
                bytes: sql::count(row, 2)?,
                gone: None,
            })
        })
        .collect()
}

async fn gone(
    connection: &mut AnyConnection,
    kind: Kind,
    owner: Option<OrgId>,
    after: &LogCursor,
) -> Result<Vec<Place>, StoreError> {
    let place = after.place().max((after.quiet_until, LAST_DOCUMENT));
    let place = if after.quiet_until == 0 { after.place() } else { place };
    let from = "owner from (select * from gone where not exists \
                (select 1 from document where document.doc_id = gone.doc_id)) as gone";
    let rows = behind(connection, from, kind, owner, place).await?;
    rows.iter()
        .map(|row| {
            Ok(Place {
                position: sql::count(row, 0)?,
                doc_id: sql::id(row, 1, "document id")?,
                bytes: 0,
                gone: Some(sql::id(row, 2, "organisation id")?),
            })
        })
        .collect()
}

async fn behind(
    connection: &mut AnyConnection,
    from: &str,
    kind: Kind,
    owner: Option<OrgId>,
    (position, doc_id): (u64, DocId),
) -> Result<Vec<sqlx::any::AnyRow>, StoreError> {
    let rows = i64::try_from(limits::LOG_PAGE_ROWS).unwrap_or(i64::MAX);
    let mut values =
        vec![Value::Int(kind.number().into()), Value::count(position)?, doc_id.as_bytes().into(), Value::Int(rows)];
    let mut of_owner = "";
    if let Some(owner) = owner {
        of_owner = "and owner = $5";
        values.push(owner.as_bytes().into());
    }
    let select = format!(
        "select position, doc_id, {from} where kind = $1 and (position, doc_id) > ($2, $3) {of_owner} \
         order by position, doc_id limit $4"
    );
    sql::fetch(connection, select, values).await
}

/// How many of these go into one page.
fn fitting(places: &[Place]) -> usize {
    let mut bytes = 0_u64;
    let fit = places.iter().take(limits::LOG_PAGE_ROWS).take_while(|place| {
        let is_first = bytes == 0;
        bytes = bytes.saturating_add(place.bytes.max(1));
        is_first || bytes <= limits::LOG_PAGE_BYTES
    });
    fit.count()
}

/// The rows of these, and whether each is hidden.
async fn rows(
    connection: &mut AnyConnection,
    places: &[Place],
) -> Result<BTreeMap<DocId, (DocumentRow, bool)>, StoreError> {
    let keys: BTreeSet<_> = places.iter().filter(|p| p.gone.is_none()).map(|p| *p.doc_id.as_bytes()).collect();
    let select = format!(
        "select {COLUMNS}, case when owner in (select org_id from hidden_owner) then 1 else 0 end \
         from document where doc_id in (#)"
    );
    let keys: Vec<_> = keys.into_iter().collect();
    let rows = sql::fetch_for(connection, &select, &[], &keys).await?;
    let read = rows.iter().map(|row| {
        let is_hidden = sql::flag(row, COLUMNS.split(',').count())?;
        let row = read_row(row)?;
        Ok((row.doc_id, (row, is_hidden)))
    });
    read.collect()
}

/// What a reader hears of one document; nothing where there is nothing to show yet, or where it was gone before the
/// reader began.
fn entry(place: &Place, row: Option<&(DocumentRow, bool)>, cursor: LogCursor) -> Option<LogEntry> {
    if let Some(owner) = place.gone {
        return Some(LogEntry { cursor, owner, about: None, stands: None });
    }
    let (row, is_hidden) = row?;
    if row.life == Life::Live && !is_hidden {
        let is_here = !row.value.is_null();
        return is_here.then(|| LogEntry { cursor, owner: row.owner, about: row.about, stands: Some(row.clone()) });
    }
    (place.position > cursor.quiet_until).then_some(LogEntry {
        cursor,
        owner: row.owner,
        about: row.about,
        stands: None,
    })
}
