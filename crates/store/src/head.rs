//! Scope heads: the newest of each node, as it was signed.

use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::identity::object::Signed;
use domain::sync::head::HeldHead;
use domain::{OrgId, Timestamp};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

impl Store {
    /// Every head that is held. One whose stored bytes do not parse is left out: its node's next one takes its place.
    pub async fn heads(&self) -> Result<Vec<HeldHead>, StoreError> {
        read_all(&self.read(&format!("{SELECT} order by org_id, node_id"), vec![]).await?)
    }

    /// The heads of one organisation's nodes.
    pub async fn heads_of(&self, org: &OrgId) -> Result<Vec<HeldHead>, StoreError> {
        read_all(&self.read(&format!("{SELECT} where org_id = $1"), vec![org.as_bytes().into()]).await?)
    }
}

const SELECT: &str = "select bytes, came_at, by_org, differs_since from scope_head";

fn read_all(rows: &[AnyRow]) -> Result<Vec<HeldHead>, StoreError> {
    let mut heads = Vec::new();
    for row in rows {
        let Ok(signed) = Signed::parse(sql::bytes(row, 0)?) else { continue };
        heads.push(HeldHead {
            signed,
            came_at: Timestamp::from_ms(sql::int(row, 1)?),
            by: sql::id(row, 2, "organisation id")?,
            differs_since: sql::int_or_none(row, 3)?.map(Timestamp::from_ms),
        });
    }
    Ok(heads)
}

/// Writes the heads of each of these organisations in place of those that are there.
pub(crate) async fn write(
    connection: &mut AnyConnection,
    heads: &BTreeMap<OrgId, Vec<HeldHead>>,
) -> Result<(), StoreError> {
    if heads.is_empty() {
        return Ok(());
    }
    let orgs: Vec<_> = heads.keys().map(OrgId::as_bytes).collect();
    sql::execute_for(connection, "delete from scope_head where org_id in (#)", &[], &orgs).await?;
    let rows = heads
        .values()
        .flatten()
        .map(|held| {
            let said = held.signed.content();
            [
                said.org_id.as_bytes().into(),
                said.node_id.as_bytes().into(),
                held.signed.bytes().into(),
                Value::Int(held.came_at.as_ms()),
                held.by.as_bytes().into(),
                Value::int_or_none(held.differs_since.map(Timestamp::as_ms)),
            ]
        })
        .collect();
    let into = "scope_head (org_id, node_id, bytes, came_at, by_org, differs_since)";
    sql::insert(connection, into, "", rows).await
}
