//! Which document each is about, made anew where an older version of this software wrote the row.

use crate::StoreError;
use crate::sql::{self, Value};
use domain::document::{Kind, about};
use domain::{DocId, OrgId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// Counted up whenever [`about`] says it of one more kind.
const VERSION: i64 = 1;
/// The kinds of which it is said since that version, and was not before.
const KINDS: [Kind; 3] = [Kind::PATHWAY, Kind::REQUEST, Kind::DECISION];
/// Rows read at once.
const PAGE: i64 = 200;

/// Makes it anew, once. Readers of the log see nothing of it: what the documents say is as it was.
pub(crate) async fn renew(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let made_by = sql::fetch(connection, "select next from counter where name = 'about'", vec![]).await?;
    let made_by = made_by.first().ok_or_else(|| StoreError::corrupt("the counter \"about\" is gone"))?;
    if sql::int(made_by, 0)? >= VERSION {
        return Ok(());
    }
    for kind in KINDS {
        renew_kind(connection, kind).await?;
    }
    let update = "update counter set next = $1 where name = 'about'";
    sql::execute(connection, update, vec![Value::Int(VERSION)]).await.map(drop)
}

async fn renew_kind(connection: &mut AnyConnection, kind: Kind) -> Result<(), StoreError> {
    let select = "select doc_id, owner, value from document where kind = $1 and doc_id > $2 order by doc_id limit $3";
    let mut after = Value::Bytes(Vec::new());
    loop {
        let values = vec![Value::Int(kind.number().into()), after, Value::Int(PAGE)];
        let rows = sql::fetch(connection, select, values).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = sql::bytes(last, 0)?.into();
        for row in &rows {
            // What is damaged is `verify`'s to tell.
            let Some((doc_id, about)) = about_of(kind, row) else { continue };
            let update = "update document set about = $1 where doc_id = $2";
            sql::execute(connection, update, vec![about.as_bytes().into(), doc_id.as_bytes().into()]).await?;
        }
    }
}

fn about_of(kind: Kind, row: &AnyRow) -> Option<(DocId, DocId)> {
    let owner: OrgId = sql::id(row, 1, "organisation id").ok()?;
    let value = serde_json::from_str(&sql::string(row, 2).ok()?).ok()?;
    Some((sql::id(row, 0, "document id").ok()?, about(kind, &owner, &value)?))
}
