//! Forgetting a partner: what was shared with it alone goes with it.

use crate::sql::{self, Value};
use crate::{StoreError, log};
use domain::audience::Scope;
use domain::{DocId, OrgId, Timestamp};
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Deletes the partner, both scopes shared with it alone (statements, feeds, cursors), the documents that were in no
/// other scope, and what is known of its nodes. Its public documents stay until nobody vouches for them.
pub(crate) async fn forget(connection: &mut AnyConnection, org: &OrgId, at: Timestamp) -> Result<(), StoreError> {
    let partner = || vec![Value::from(org.as_bytes())];
    let rows = sql::fetch(connection, "select org_id from node", vec![]).await?;
    if let Some(own) = rows.first().map(|row| sql::id::<OrgId>(row, 0, "organisation id")).transpose()? {
        forget_scopes(connection, [Scope::pair(own, *org), Scope::pair(*org, own)], at).await?;
    }
    let cursors = "delete from cursor where node_id in (select node_id from peer where org_id = $1)";
    sql::execute(connection, cursors, partner()).await?;
    sql::execute(connection, "delete from peer where org_id = $1", partner()).await?;
    sql::execute(connection, "delete from gathering where sender = $1 or receiver = $1", partner()).await?;
    sql::execute(connection, "delete from partner where org_id = $1", partner()).await?;
    Ok(())
}

/// Deletes what an owner made public, its keys, and the mark that it was hidden. Nothing vouches for it any more.
pub(crate) async fn purge(connection: &mut AnyConnection, owner: &OrgId, at: Timestamp) -> Result<(), StoreError> {
    forget_scopes(connection, [Scope::public(*owner)], at).await?;
    for table in ["keys", "scope_head", "hidden_owner"] {
        let delete = format!("delete from {table} where org_id = $1");
        sql::execute(connection, &delete, vec![owner.as_bytes().into()]).await?;
    }
    Ok(())
}

async fn forget_scopes<const N: usize>(
    connection: &mut AnyConnection,
    scopes: [Scope; N],
    at: Timestamp,
) -> Result<(), StoreError> {
    let ids = scopes.map(|scope| *scope.id().as_bytes());
    let inside = sql::fetch_for(connection, "select doc_id from statement where scope_id in (#)", &[], &ids).await?;
    let inside = inside.iter().map(|row| sql::id(row, 0, "document id")).collect::<Result<BTreeSet<DocId>, _>>()?;
    for delete in [
        "delete from quarantine where version_id in (select version_id from statement where scope_id in (#))",
        "delete from statement where scope_id in (#)",
        "delete from feed where scope_id in (#)",
        "delete from scope where scope_id in (#)",
        "delete from cursor where scope_id in (#)",
    ] {
        sql::execute_for(connection, delete, &[], &ids).await?;
    }
    forget_documents(connection, &inside, at).await
}

/// Deletes those of these documents of which no version is held.
pub(super) async fn forget_documents(
    connection: &mut AnyConnection,
    documents: &BTreeSet<DocId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let documents: Vec<_> = documents.iter().map(DocId::as_bytes).collect();
    log::note_gone(connection, &documents, at).await?;
    // What is sealed of a referral goes with the sender's document.
    crate::referral::destroy(connection, &documents).await?;
    for table in ["change", "document", "imported"] {
        let delete = format!(
            "delete from {table} where doc_id in (#) \
             and not exists (select 1 from statement where statement.doc_id = {table}.doc_id)"
        );
        sql::execute_for(connection, &delete, &[], &documents).await?;
    }
    Ok(())
}
