//! Proposals: those that the engine looks at, and those that an owner answered.

use crate::document::{DocumentPage, PageBound};
use crate::load::{COLUMNS, read_row};
use crate::sql::Value;
use crate::{Store, StoreError};
use domain::document::Kind;
use domain::sync::batch::DocumentRow;
use domain::{DocId, OrgId};

impl Store {
    /// The proposals and claims that concern an organisation: its own live proposals, those to its listings that are live or
    /// were taken back while its answer stands, and claims on its listings that stand.
    pub async fn open_proposals(&self, own: &OrgId) -> Result<Vec<DocumentRow>, StoreError> {
        let select = format!(
            "select {COLUMNS} from document where about is not null and (\
             (kind = $1 and life = 1 and (owner = $4 or about in (select doc_id from document where owner = $4))) \
             or (kind = $1 and life <> 1 and owner <> $4 and exists (select 1 from document answer \
             where answer.about = document.doc_id and answer.kind = $2 and answer.owner = $4 and answer.life = 1)) \
             or (kind = $3 and life = 1 and owner <> $4 and about in (select doc_id from document where owner = $4 and life = 1))\
             ) order by doc_id"
        );
        let kinds = [Kind::PROPOSAL, Kind::ANSWER, Kind::LISTING].map(|kind| Value::Int(kind.number().into()));
        let values = kinds.into_iter().chain([own.as_bytes().into()]).collect();
        self.read(select, values).await?.iter().map(read_row).collect()
    }

    /// The proposals about a document that its owner answered, those first that changed here last.
    pub async fn answered_proposals(
        &self,
        target: &DocId,
        owner: &OrgId,
        bound: PageBound,
    ) -> Result<DocumentPage, StoreError> {
        let select = "select doc_id, bytes from document where about = $1 and kind = $2 and exists \
                      (select 1 from document answer where answer.about = document.doc_id and answer.kind = $3 \
                      and answer.owner = $4) order by position desc, doc_id limit $5";
        let [proposal, answer] = [Kind::PROPOSAL, Kind::ANSWER].map(|kind| Value::Int(kind.number().into()));
        let most = Value::Int(i64::try_from(bound.rows).unwrap_or(i64::MAX));
        let values = vec![target.as_bytes().into(), proposal, answer, owner.as_bytes().into(), most];
        self.page(select, values, bound).await
    }
}
