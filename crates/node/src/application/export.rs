//! The own listings as HSDS-UK 3.0 services.

use super::Application;
use super::document::bound;
use crate::api::Response;
use domain::document::Kind;
use domain::{DocId, RecordId, Refusal};
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Services of one page.
const PAGE: usize = 200;

impl Application {
    /// A page of the own live listings, each with the organisation it belongs to nested in it.
    pub(super) async fn export(&self, after: Option<&str>) -> Result<Response, Refusal> {
        let page = self.page(Kind::LISTING, Some(self.0.org), after, bound(PAGE)).await?;
        let mut organisations: BTreeMap<RecordId, Option<Value>> = BTreeMap::new();
        let mut services = Vec::new();
        for row in &page.rows {
            let record = row.value.get("organization_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            let record = record.unwrap_or_else(|| self.organisation_id().record());
            if let Entry::Vacant(place) = organisations.entry(record) {
                let doc_id = DocId::new(record, Kind::ORGANISATION, &self.0.org);
                place.insert(self.row(doc_id).await?.map(|row| row.value));
            }
            let organisation = organisations.get(&record).and_then(Option::as_ref).map(|value| (record, value));
            services.push(domain::listing::to_hsds(row.doc_id.record(), &row.value, organisation));
        }
        Ok(Response::Exported { services, next: page.next })
    }
}
