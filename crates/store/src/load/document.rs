//! Documents put together from their rows: statements, changes, what readers see.

use crate::StoreError;
use crate::sql;
use domain::document::{Kind, StoredChange};
use domain::statement::{Entered, Life, SignedStatement};
use domain::sync::batch::DocumentRow;
use domain::sync::needs::Corrupt;
use domain::sync::{Document, Loaded, QuarantineMark};
use domain::{DocId, ScopeId, Timestamp, VersionId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that [`read_row`] reads.
pub(crate) const COLUMNS: &str =
    "doc_id, kind, owner, life, is_public, name, value, heads, conflicts, last_modified, bytes, about";

/// Loads documents into `loaded`. Rows and statements say what a document is, so they go first.
pub(super) async fn load(
    connection: &mut AnyConnection,
    documents: &BTreeSet<DocId>,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    if documents.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = documents.iter().map(DocId::as_bytes).collect();
    let select = format!("select {COLUMNS} from document where doc_id in (#)");
    for row in sql::fetch_for(connection, &select, &[], &keys).await? {
        add_row(&row, loaded)?;
    }
    let select = "select s.doc_id, s.scope_id, s.version_id, s.is_wanted, s.bytes, q.reason, q.pack_hash, q.pack \
                  from statement s left join quarantine q on q.version_id = s.version_id where s.doc_id in (#)";
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        add_statement(&row, loaded)?;
    }
    let select = "select doc_id, position, hash, deps, actor, seq, start_op, operations, bytes \
                  from change where doc_id in (#)";
    let mut changes: BTreeMap<DocId, BTreeMap<i64, AnyRow>> = BTreeMap::new();
    for row in sql::fetch_for(connection, select, &[], &keys).await? {
        changes.entry(sql::id(&row, 0, "document id")?).or_default().insert(sql::int(&row, 1)?, row);
    }
    for (doc_id, rows) in changes {
        add_changes(doc_id, rows.values(), loaded);
    }
    Ok(())
}

fn add_row(row: &AnyRow, loaded: &mut Loaded) -> Result<(), StoreError> {
    let doc_id = sql::id(row, 0, "document id")?;
    match read_row(row) {
        Ok(row) => {
            let (kind, owner) = (row.kind, row.owner);
            let document = loaded.documents.entry(doc_id).or_insert_with(|| Document::new(doc_id, kind, owner));
            document.row = Some(row);
        }
        Err(e) => loaded.corrupt.push(damaged(doc_id, format!("what readers see cannot be read: {e}"))),
    }
    Ok(())
}

/// A document as readers see it, from [`COLUMNS`].
pub(crate) fn read_row(row: &AnyRow) -> Result<DocumentRow, StoreError> {
    Ok(DocumentRow {
        doc_id: sql::id(row, 0, "document id")?,
        kind: Kind::from_number(sql::small(row, 1)?),
        owner: sql::id(row, 2, "organisation id")?,
        life: match sql::int(row, 3)? {
            1 => Life::Live,
            2 => Life::Withdrawn,
            3 => Life::Erased,
            other => return Err(StoreError::corrupt(format!("a stored document has life {other}"))),
        },
        is_public: sql::flag(row, 4)?,
        name: sql::string(row, 5)?,
        value: serde_json::from_str(&sql::string(row, 6)?)
            .map_err(|e| StoreError::corrupt(format!("a stored value is no JSON: {e}")))?,
        heads: sql::hashes(row, 7)?,
        conflicts: sql::small(row, 8)?,
        last_modified: Timestamp::from_ms(sql::int(row, 9)?),
        bytes: sql::count(row, 10)?,
        about: sql::id_or_none(row, 11, "document id")?,
    })
}

fn add_statement(row: &AnyRow, loaded: &mut Loaded) -> Result<(), StoreError> {
    let doc_id: DocId = sql::id(row, 0, "document id")?;
    let scope: ScopeId = sql::id(row, 1, "scope id")?;
    let version: VersionId = sql::id(row, 2, "version id")?;
    let bytes = sql::bytes(row, 4)?;
    let mut refuse = |reason: String| {
        let bytes = bytes.to_vec();
        loaded.corrupt.push(Corrupt { doc_id, version_id: Some(version), bytes, reason });
    };
    let signed = match SignedStatement::parse(bytes) {
        Ok(signed) => signed,
        Err(refusal) => {
            refuse(refusal.message);
            return Ok(());
        }
    };
    let statement = signed.statement();
    if signed.version_id() != version || statement.doc_id != doc_id || statement.scope_id != scope {
        refuse("the stored statement is not the one it is stored as".to_string());
        return Ok(());
    }
    let (kind, owner) = (statement.kind, statement.org_id);
    let document = loaded.documents.entry(doc_id).or_insert_with(|| Document::new(doc_id, kind, owner));
    match document.statements.entry(scope).or_default().enter(signed) {
        Ok(Entered::Current { replaced, .. }) if replaced.is_empty() => {}
        Ok(_) => refuse("two stored statements of which one replaces the other".to_string()),
        Err(refusal) => refuse(refusal.message),
    }
    if sql::flag(row, 3)? {
        document.wanted.insert(version);
    }
    if let Some(pack_hash) = sql::id_or_none(row, 6, "hash of a pack")? {
        document.quarantined.insert(
            version,
            QuarantineMark { reason: sql::string(row, 5)?, pack_hash, pack: sql::bytes(row, 7)?.to_vec() },
        );
    }
    Ok(())
}

/// Adds changes in the order they were stored. One that does not follow from those before it is left out, and so are
/// those made upon it.
fn add_changes<'a>(doc_id: DocId, rows: impl Iterator<Item = &'a AnyRow>, loaded: &mut Loaded) {
    let Some(document) = loaded.documents.get_mut(&doc_id) else { return };
    for row in rows {
        let bytes = sql::bytes(row, 8).map(<[u8]>::to_vec).unwrap_or_default();
        let added = read_change(row)
            .map_err(|e| e.to_string())
            .and_then(|change| document.changes.append(change).map_err(|refusal| refusal.message));
        if let Err(reason) = added {
            loaded.corrupt.push(Corrupt { doc_id, version_id: None, bytes, reason });
        }
    }
}

fn read_change(row: &AnyRow) -> Result<StoredChange, StoreError> {
    Ok(StoredChange {
        hash: sql::id(row, 2, "change hash")?,
        deps: sql::hashes(row, 3)?,
        actor: sql::id(row, 4, "actor id")?,
        seq: sql::count(row, 5)?,
        start_op: sql::count(row, 6)?,
        operations: sql::count(row, 7)?,
        bytes: sql::bytes(row, 8)?.to_vec(),
    })
}

fn damaged(doc_id: DocId, reason: String) -> Corrupt {
    Corrupt { doc_id, version_id: None, bytes: Vec::new(), reason }
}
