//! How much is held of each owner, for the limits that hold one owner's flood off the others.

use crate::sql;
use crate::{Store, StoreError};
use domain::OrgId;
use domain::sync::Usage;
use std::collections::BTreeMap;

impl Store {
    /// Documents and bytes of changes held of each owner, whatever became of them.
    pub async fn usage(&self) -> Result<BTreeMap<OrgId, Usage>, StoreError> {
        let select = "select owner, count(*), cast(coalesce(sum(bytes), 0) as bigint) from document group by owner";
        let rows = self.read(select, vec![]).await?;
        rows.iter()
            .map(|row| {
                let usage = Usage { documents: sql::count(row, 1)?, bytes: sql::count(row, 2)? };
                Ok((sql::id(row, 0, "organisation id")?, usage))
            })
            .collect()
    }
}
