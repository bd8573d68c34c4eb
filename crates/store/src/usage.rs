//! How much is held of each owner, for the limits that hold one owner's flood off the others.

use crate::sql;
use crate::{Store, StoreError};
use domain::sync::Usage;
use domain::sync::batch::DocumentRow;
use domain::{OrgId, limits};
use std::collections::BTreeMap;

impl Store {
    /// Documents and bytes of changes held of each owner, as each document counts (`DocumentRow::usage`), and bytes of what is sealed.
    pub async fn usage(&self) -> Result<BTreeMap<OrgId, Usage>, StoreError> {
        let ever_more = DocumentRow::EVER_MORE.map(|kind| kind.number().to_string()).join(", ");
        let least = limits::ENDED_BYTES;
        let select = format!(
            "select owner, cast(sum(case when ended = 1 then 0 else 1 end) as bigint), \
             cast(sum(case when ended = 1 and bytes < {least} then {least} else bytes end) as bigint) \
             from (select owner, bytes, case when life <> 1 and kind in ({ever_more}) then 1 else 0 end \
             as ended from document) as counted group by owner"
        );
        let mut usage: BTreeMap<OrgId, Usage> = BTreeMap::new();
        for row in self.read(select, vec![]).await? {
            let of_owner = usage.entry(sql::id(&row, 0, "organisation id")?).or_default();
            (of_owner.documents, of_owner.bytes) = (sql::count(&row, 1)?, sql::count(&row, 2)?);
        }
        let select = "select coalesce(owner, request), cast(sum(length(bytes)) as bigint) from payload group by coalesce(owner, request)";
        for row in self.read(select, vec![]).await? {
            let of_owner = usage.entry(sql::id(&row, 0, "organisation id")?).or_default();
            of_owner.sealed_bytes = sql::count(&row, 1)?;
        }
        Ok(usage)
    }
}
