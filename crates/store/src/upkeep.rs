//! What an operator and the node's own jobs ask: what is wanted, refused, went wrong, was imported, is over.

use crate::commit::{departure, vouch};
use crate::sql::{self, Value};
use crate::{Store, StoreError, log};
use domain::sync::batch::{ImportedRecord, Incident};
use domain::{DocId, NodeId, OrgId, Timestamp, VersionId, limits};
use std::collections::BTreeMap;

/// Content that was refused, without the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedVersion {
    /// The version whose content it is.
    pub version_id: VersionId,
    /// Its document.
    pub doc_id: DocId,
    /// Its owner.
    pub owner: OrgId,
    /// Which node it came from.
    pub from: NodeId,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Over all scopes, how many current versions lack their content; not of owners that are hidden.
    pub async fn wanted_count(&self) -> Result<u64, StoreError> {
        let select = "select count(*) from statement s left join document d on d.doc_id = s.doc_id \
                      where s.is_wanted = 1 \
                      and (d.owner is null or d.owner not in (select org_id from hidden_owner))";
        let rows = self.read(select, vec![]).await?;
        rows.first().map_or(Ok(0), |row| sql::count(row, 0))
    }

    /// What content is refused, the newest first, at most `limit`.
    pub async fn quarantined(&self, limit: usize) -> Result<Vec<QuarantinedVersion>, StoreError> {
        let select = "select version_id, doc_id, owner, from_node, reason, at from quarantine \
                      order by at desc, version_id limit $1";
        let rows = self.read(select, vec![Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))]).await?;
        rows.iter()
            .map(|row| {
                Ok(QuarantinedVersion {
                    version_id: sql::id(row, 0, "version id")?,
                    doc_id: sql::id(row, 1, "document id")?,
                    owner: sql::id(row, 2, "organisation id")?,
                    from: sql::id(row, 3, "node id")?,
                    reason: sql::string(row, 4)?,
                    at: Timestamp::from_ms(sql::int(row, 5)?),
                })
            })
            .collect()
    }

    /// The pack that was refused with a version, as it was received.
    pub async fn quarantined_pack(&self, version_id: VersionId) -> Result<Option<Vec<u8>>, StoreError> {
        let select = "select pack from quarantine where version_id = $1";
        let rows = self.read(select, vec![version_id.as_bytes().into()]).await?;
        rows.first().map(|row| sql::bytes(row, 0).map(<[u8]>::to_vec)).transpose()
    }

    /// What an operator should know, the newest first, at most `limit`.
    pub async fn incidents(&self, limit: usize) -> Result<Vec<Incident>, StoreError> {
        let select = "select at, from_node, owner, kind, message, doc_id from incident order by position desc limit $1";
        let rows = self.read(select, vec![Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))]).await?;
        rows.iter()
            .map(|row| {
                Ok(Incident {
                    at: Timestamp::from_ms(sql::int(row, 0)?),
                    from: sql::id_or_none(row, 1, "node id")?,
                    owner: sql::id_or_none(row, 2, "organisation id")?,
                    doc_id: sql::id_or_none(row, 5, "document id")?,
                    kind: sql::string(row, 3)?,
                    message: sql::string(row, 4)?,
                })
            })
            .collect()
    }

    /// The record each document last had in a source, by document.
    pub async fn imported(&self, source: &str) -> Result<BTreeMap<DocId, ImportedRecord>, StoreError> {
        let select = "select doc_id, value, seen_at from imported where source = $1";
        let rows = self.read(select, vec![sql::text(source, "the name of an import's source")?]).await?;
        rows.iter()
            .map(|row| {
                let doc_id: DocId = sql::id(row, 0, "document id")?;
                let value = serde_json::from_str(&sql::string(row, 1)?)
                    .map_err(|e| StoreError::corrupt(format!("the imported record of {doc_id} is no JSON: {e}")))?;
                let seen_at = Timestamp::from_ms(sql::int(row, 2)?);
                Ok((doc_id, ImportedRecord { source: source.to_string(), doc_id, value, seen_at }))
            })
            .collect()
    }

    /// Deletes feed rows that were superseded longer ago than [`limits::FEED_ROW_KEPT_MS`]; gives how many. A cursor
    /// on one of them is invalid from then on. What was deleted longer ago than [`limits::GONE_KEPT_MS`] is forgotten.
    pub async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = Value::Int(now.plus_ms(-limits::FEED_ROW_KEPT_MS).as_ms());
        let delete = "delete from feed where superseded_at is not null and superseded_at < $1";
        let mut writing = self.begin().await?;
        let gone = sql::execute(writing.connection(), delete, vec![before]).await?;
        log::forget_gone(writing.connection(), now.plus_ms(-limits::GONE_KEPT_MS)).await?;
        writing.commit().await?;
        self.scrub_if_due().await;
        Ok(gone)
    }

    /// Deletes the public documents and keys of owners that nobody has stood for, and documents that nobody has vouched for,
    /// longer than [`limits::HIDDEN_KEPT_MS`]; gives how many owners and documents.
    pub async fn prune_hidden(&self, now: Timestamp) -> Result<usize, StoreError> {
        let before = Value::Int(now.plus_ms(-limits::HIDDEN_KEPT_MS).as_ms());
        let mut writing = self.begin().await?;
        let select = "select org_id from hidden_owner where since < $1";
        let rows = sql::fetch(writing.connection(), select, vec![before]).await?;
        let owners = rows.iter().map(|row| sql::id(row, 0, "organisation id")).collect::<Result<Vec<OrgId>, _>>()?;
        for owner in &owners {
            departure::purge(writing.connection(), owner, now).await?;
        }
        let documents = vouch::purge(writing.connection(), now.plus_ms(-limits::HIDDEN_KEPT_MS), now).await?;
        writing.commit().await?;
        Ok(owners.len().saturating_add(documents))
    }
}
