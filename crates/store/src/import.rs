//! What imports did, so that the last of a source can be taken back, and how its spreadsheet is read.

use crate::commit::json_text;
use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::import::{Change, Done, State};
use domain::{DocId, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// Of which source something was imported last; the changes stay known after they were taken back.
    pub async fn last_import(&self) -> Result<Option<String>, StoreError> {
        let select = "select source from import_change order by at desc, source limit 1";
        let rows = self.read(select, vec![]).await?;
        rows.first().map(|row| sql::string(row, 0)).transpose()
    }

    /// What the last import of a source did, by document. What was made and taken back in imports before is among them.
    pub async fn import_changes(&self, source: &str) -> Result<Vec<Change>, StoreError> {
        let select =
            "select source, doc_id, run, at, state, change from import_change where source = $1 order by doc_id";
        let rows = self.read(select, vec![sql::text(source, "the name of an import's source")?]).await?;
        rows.iter().map(read_change).collect()
    }

    /// Documents that an import of any source made, and that were withdrawn when it was taken back.
    pub async fn undone_imports(&self) -> Result<BTreeSet<DocId>, StoreError> {
        let select = "select distinct doc_id from import_change where is_made = 1 and state = $1";
        let rows = self.read(select, vec![Value::Int(state_number(State::Undone))]).await?;
        rows.iter().map(|row| sql::id(row, 0, "document id")).collect()
    }

    /// How the columns of a source's spreadsheet are read, as it was last kept.
    pub async fn import_mapping(&self, source: &str) -> Result<Option<Json>, StoreError> {
        let select = "select mapping from import_mapping where source = $1";
        let rows = self.read(select, vec![sql::text(source, "the name of an import's source")?]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let text = sql::string(row, 0)?;
        let mapping = serde_json::from_str(&text)
            .map_err(|e| StoreError::corrupt(format!("the mapping of {source:?} is no JSON: {e}")))?;
        Ok(Some(mapping))
    }

    /// Keeps how the columns of a source's spreadsheet are read, in place of what was kept before.
    pub async fn put_import_mapping(&self, source: &str, mapping: &Json) -> Result<(), StoreError> {
        let row = [sql::text(source, "the name of an import's source")?, Value::Text(json_text(mapping)?)];
        let then = "on conflict (source) do update set mapping = excluded.mapping";
        let mut writing = self.begin().await?;
        sql::insert(writing.connection(), "import_mapping (source, mapping)", then, vec![row]).await?;
        writing.commit().await
    }
}

/// Writes changes. The first of a new run takes the place of its source's run before, except what was made and taken back; what
/// is taken back makes the record before it the base of the next comparison again.
pub(crate) async fn write(connection: &mut AnyConnection, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let undone = Value::Int(state_number(State::Undone));
    let runs: BTreeSet<_> =
        changes.iter().filter(|c| c.state == State::Done).map(|c| (c.source.as_str(), c.run.as_str())).collect();
    for (source, run) in runs {
        let delete = "delete from import_change where source = $1 and run <> $2 and not (is_made = 1 and state = $3)";
        let values = vec![
            sql::text(source, "the name of an import's source")?,
            sql::text(run, "the name of an import")?,
            undone.clone(),
        ];
        sql::execute(connection, delete, values).await?;
    }
    // What stands again by another source's import is no longer a withdrawn one of the first's.
    let made: Vec<_> = changes.iter().filter(|c| c.state == State::Done).map(|c| c.doc_id.as_bytes()).collect();
    let delete = "delete from import_change where state = $1 and doc_id in (#)";
    sql::execute_for(connection, delete, &[undone], &made).await?;

    let newest: BTreeMap<_, _> = changes.iter().map(|c| ((c.source.as_str(), c.doc_id), c)).collect();
    let rows = newest.into_values().map(change_values).collect::<Result<Vec<_>, _>>()?;
    let then = "on conflict (source, doc_id) do update set run = excluded.run, at = excluded.at, state = excluded.state, \
                is_made = excluded.is_made, change = excluded.change";
    sql::insert(connection, "import_change (source, doc_id, run, at, state, is_made, change)", then, rows).await?;
    for change in changes.iter().filter(|change| change.state == State::Undone) {
        put_back(connection, change).await?;
    }
    Ok(())
}

/// The base of the next comparison is what it was before the run.
async fn put_back(connection: &mut AnyConnection, change: &Change) -> Result<(), StoreError> {
    let key = [sql::text(&change.source, "the name of an import's source")?, change.doc_id.as_bytes().into()];
    match &change.before {
        Some(before) => {
            let update = "update imported set value = $3 where source = $1 and doc_id = $2";
            let values = key.into_iter().chain([Value::Text(json_text(before)?)]).collect();
            sql::execute(connection, update, values).await?;
        }
        None => {
            sql::execute(connection, "delete from imported where source = $1 and doc_id = $2", key.to_vec()).await?;
        }
    }
    Ok(())
}

fn change_values(change: &Change) -> Result<[Value; 7], StoreError> {
    let text = json!({ "before": change.before, "done": change.done });
    Ok([
        sql::text(&change.source, "the name of an import's source")?,
        change.doc_id.as_bytes().into(),
        sql::text(&change.run, "the name of an import")?,
        Value::Int(change.at.as_ms()),
        Value::Int(state_number(change.state)),
        Value::flag(matches!(change.done, Done::Made(_))),
        Value::Text(json_text(&text)?),
    ])
}

fn read_change(row: &AnyRow) -> Result<Change, StoreError> {
    let doc_id: DocId = sql::id(row, 1, "document id")?;
    let corrupt = |what: String| StoreError::corrupt(format!("the change of an import to {doc_id} {what}"));
    let mut text: Json =
        serde_json::from_str(&sql::string(row, 5)?).map_err(|e| corrupt(format!("is no JSON: {e}")))?;
    let done = text.get_mut("done").map(Json::take).unwrap_or_default();
    Ok(Change {
        source: sql::string(row, 0)?,
        doc_id,
        run: sql::string(row, 2)?,
        at: Timestamp::from_ms(sql::int(row, 3)?),
        state: match sql::int(row, 4)? {
            1 => State::Done,
            2 => State::Undone,
            3 => State::Left,
            other => return Err(corrupt(format!("is in state {other}"))),
        },
        before: text.get_mut("before").map(Json::take).filter(|before| !before.is_null()),
        done: serde_json::from_value(done).map_err(|e| corrupt(format!("cannot be read: {e}")))?,
    })
}

fn state_number(state: State) -> i64 {
    match state {
        State::Done => 1,
        State::Undone => 2,
        State::Left => 3,
    }
}
