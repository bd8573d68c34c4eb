//! Listings and the organisation's own document: reading, making, editing, sharing, withdrawing.

use super::{Application, audience, fault, find, view};
use crate::api::{ListingPage, ListingRow, PathEdit, Response, Written};
use crate::clock::now;
use crate::secret::random;
use domain::document::shape::{check_edit, keyed, parse_path};
use domain::document::{Edit, Kind, at};
use domain::proposal::keepers;
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::effect::{Answer, Command, Write, WriteAction};
use domain::{DocId, OrgId, RecordId, Refusal, RefusalKind, Timestamp, limits};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use store::{DocumentFilter, DocumentPlace, PageBound};

/// Listings of one page.
const PAGE: usize = 1_000;
/// Candidates looked at when the start of an id is resolved.
const CANDIDATES: usize = 16;

impl Application {
    /// The document of this organisation itself: its record follows from the organisation's id, so that every node of
    /// it finds the same.
    pub(super) fn organisation_id(&self) -> DocId {
        organisation_document(&self.0.org)
    }

    pub(super) async fn show_organisation(&self) -> Result<Response, Refusal> {
        self.shown(self.organisation_id()).await
    }

    pub(super) async fn edit_organisation(&self, edits: &[PathEdit]) -> Result<Response, Refusal> {
        let doc_id = self.organisation_id();
        let row = self.row(doc_id).await?;
        let now = row.map(|row| row.value).unwrap_or_else(|| Value::Object(Map::new()));
        let edits = edits_of(Kind::ORGANISATION, &now, edits)?;
        named(&applied(&now, &edits), "an organisation")?;
        self.write(doc_id, Kind::ORGANISATION, WriteAction::Edit(edits)).await
    }

    /// Live listings by name and then id, a page at a time.
    pub(super) async fn list_listings(&self, owner: Option<&str>, after: Option<&str>) -> Result<Response, Refusal> {
        let owner = match owner {
            Some(text) => Some(self.find_organisation(text).await?),
            None => None,
        };
        let page = self.page(Kind::LISTING, owner, after, bound(PAGE)).await?;
        Ok(Response::Listings(ListingPage {
            listings: page.rows.iter().map(listing_row).collect(),
            names: self.names().await?,
            next: page.next,
        }))
    }

    pub(super) async fn show_listing(&self, id: &str) -> Result<Response, Refusal> {
        let row = self.find_listing(id).await?;
        self.shown(row.doc_id).await
    }

    pub(super) async fn add_listing(&self, edits: &[PathEdit], audience: Option<&str>) -> Result<Response, Refusal> {
        let audience = self.audience(audience.unwrap_or("public")).await?;
        let nothing = Value::Object(Map::new());
        let edits = edits_of(Kind::LISTING, &nothing, edits)?;
        let value = domain::listing::check(&applied(&nothing, &edits))?;
        let record = new_record(now())?;
        let doc_id = DocId::new(record, Kind::LISTING, &self.0.org);
        self.write(doc_id, Kind::LISTING, WriteAction::Create { value, audience }).await
    }

    pub(super) async fn edit_listing(&self, id: &str, edits: &[PathEdit]) -> Result<Response, Refusal> {
        let row = self.find_listing(id).await?;
        if row.owner != self.0.org && keepers(&row.value).contains(&self.0.org) {
            return self.propose(id, edits, String::new()).await;
        }
        let row = self.own_listing(row, "edited").await?;
        let edits = edits_of(Kind::LISTING, &row.value, edits)?;
        named(&applied(&row.value, &edits), "a listing")?;
        self.write(row.doc_id, Kind::LISTING, WriteAction::Edit(edits)).await
    }

    pub(super) async fn withdraw_listing(&self, id: &str) -> Result<Response, Refusal> {
        let row = self.find_own_listing(id, "withdrawn").await?;
        self.write(row.doc_id, Kind::LISTING, WriteAction::Withdraw).await
    }

    pub(super) async fn share_listing(&self, id: &str, audience: &str) -> Result<Response, Refusal> {
        let row = self.find_own_listing(id, "shared").await?;
        let audience = self.audience(audience).await?;
        self.write(row.doc_id, Kind::LISTING, WriteAction::Share(audience)).await
    }

    /// Who may hold a listing, from what a person wrote.
    pub(super) async fn audience(&self, text: &str) -> Result<domain::audience::Audience, Refusal> {
        let known = self.known().await?;
        let own_name = self.own_name().await?;
        audience::parse(text, |name| find::organisation((self.0.org, &own_name), &known, name))
    }

    /// The organisation that a person named.
    pub(super) async fn find_organisation(&self, text: &str) -> Result<OrgId, Refusal> {
        let known = self.known().await?;
        let own_name = self.own_name().await?;
        find::organisation((self.0.org, &own_name), &known, text)
    }

    /// The listing that an id, or the start of one, names. An own one goes before another's with the same record.
    pub(super) async fn find_listing(&self, text: &str) -> Result<DocumentRow, Refusal> {
        find::only(Kind::LISTING, text, self.listings_of(text).await?)
    }

    /// The listings whose record an id, or the start of one, names, whoever owns them, as many as are looked at: the own one
    /// first, then those that stand, claims last.
    pub(super) async fn listings_of(&self, text: &str) -> Result<Vec<DocumentRow>, Refusal> {
        let record = Some(find::record(text, "listing list")?);
        let filter = DocumentFilter { kind: Some(Kind::LISTING), record, ..DocumentFilter::default() };
        let mut rows = self.0.store.documents(&filter, None, CANDIDATES).await.map_err(fault)?;
        // However many others have a listing of this record: the own one, and those that the others go on from, are here.
        let own = text.trim().parse::<RecordId>().ok().map(|record| DocId::new(record, Kind::LISTING, &self.0.org));
        let wanted = rows.iter().filter_map(|row| row.about).chain(own);
        let here: BTreeSet<_> = rows.iter().map(|row| row.doc_id).collect();
        let ids: BTreeSet<_> = wanted.filter(|doc_id| !here.contains(doc_id)).collect();
        if !ids.is_empty() {
            let of = DocumentFilter { ids, ..filter };
            rows.extend(self.0.store.documents(&of, None, CANDIDATES + 1).await.map_err(fault)?);
        }
        // A claim that its old owner has not confirmed does not take the old listing's place.
        let live: BTreeSet<_> = rows.iter().filter(|row| row.life == Life::Live).map(|row| row.doc_id).collect();
        let is_claim = |row: &DocumentRow| row.about.is_some_and(|from| live.contains(&from));
        rows.sort_by_key(|row| (row.life, row.owner != self.0.org, is_claim(row)));
        Ok(rows)
    }

    pub(super) async fn find_own_listing(&self, text: &str, done: &str) -> Result<DocumentRow, Refusal> {
        self.own_listing(self.find_listing(text).await?, done).await
    }

    /// A listing that was found, where it is this organisation's own.
    async fn own_listing(&self, row: DocumentRow, done: &str) -> Result<DocumentRow, Refusal> {
        if row.owner == self.0.org {
            return Ok(row);
        }
        let names = self.names().await?;
        let owner = names.get(&row.owner).cloned().unwrap_or_else(|| row.owner.to_string());
        Err(Refusal::new(RefusalKind::NotAllowed, format!("{:?} cannot be {done} here: it is {owner:?}'s", row.name))
            .hint("`fingerpost listing propose` asks its owner: only the owner's own nodes write a listing"))
    }

    /// A page of live documents of a kind, by name and then id, after the place that the page before ended at.
    pub(super) async fn page(
        &self,
        kind: Kind,
        owner: Option<OrgId>,
        after: Option<&str>,
        bound: PageBound,
    ) -> Result<Page, Refusal> {
        let filter = DocumentFilter {
            kind: Some(kind),
            owners: owner.into_iter().collect(),
            life: Some(Life::Live),
            ..DocumentFilter::default()
        };
        let place: Option<DocumentPlace> = after.map(str::parse).transpose()?;
        let page = self.0.store.document_page(&filter, place.as_ref(), bound).await.map_err(fault)?;
        let next = page.rows.last().filter(|_| !page.is_end).map(|row| DocumentPlace::of(row).to_string());
        Ok(Page { rows: page.rows, next })
    }

    /// What readers see of one document.
    pub(super) async fn row(&self, doc_id: DocId) -> Result<Option<DocumentRow>, Refusal> {
        let filter = DocumentFilter { ids: [doc_id].into(), ..DocumentFilter::default() };
        Ok(self.0.store.documents(&filter, None, 1).await.map_err(fault)?.pop())
    }

    async fn shown(&self, doc_id: DocId) -> Result<Response, Refusal> {
        let document = self.0.store.document(doc_id).await.map_err(fault)?;
        let document = document.ok_or_else(|| Refusal::not_found(format!("{} is not here", doc_id.record())))?;
        let beside = self.beside(&document).await?;
        let view = tokio::task::spawn_blocking(move || view::view(&document, beside))
            .await
            .map_err(|_| Refusal::malformed("this document's content cannot be opened"))??;
        Ok(Response::Document { view: Box::new(view), names: self.names().await? })
    }

    pub(super) async fn write(&self, doc_id: DocId, kind: Kind, action: WriteAction) -> Result<Response, Refusal> {
        let writes = vec![Write { doc_id, kind, action, imported: None, change: None }];
        match self.engine()?.ask(Command::Write(writes)).await? {
            Answer::Written(written) => match written.first() {
                Some(one) => Ok(Response::Written(Written {
                    id: one.doc_id.record(),
                    version: one.version_id,
                    changed: one.changed,
                    proposal: None,
                    is_public: false,
                })),
                None => Ok(Response::Done),
            },
            Answer::Done | Answer::Referred(_) | Answer::Drafted(..) => Ok(Response::Done),
        }
    }
}

/// A page of documents, and where to go on.
pub(super) struct Page {
    pub(super) rows: Vec<DocumentRow>,
    pub(super) next: Option<String>,
}

/// So many documents of a page, and no more than a reader should have in memory.
pub(super) fn bound(rows: usize) -> PageBound {
    PageBound { rows, bytes: limits::DOCUMENT_PAGE_BYTES }
}

/// The document of an organisation itself.
pub(crate) fn organisation_document(org: &OrgId) -> DocId {
    // A UUIDv5 (RFC 9562) of the organisation's id.
    let record = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, org.as_bytes());
    DocId::new(RecordId::from_bytes(record.into_bytes()), Kind::ORGANISATION, org)
}

/// A new record's id: a UUIDv7 (RFC 9562).
pub(super) fn new_record(at: Timestamp) -> Result<RecordId, Refusal> {
    let chance = random::<10>().map_err(crate::Error::into_refusal)?;
    let ms = u64::try_from(at.as_ms()).unwrap_or(0);
    Ok(RecordId::from_bytes(uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid().into_bytes()))
}

pub(super) fn listing_row(row: &DocumentRow) -> ListingRow {
    let life = row.value.get("life").and_then(|life| life.get("kind").or(Some(life))).and_then(Value::as_str);
    ListingRow {
        id: row.doc_id.record(),
        owner: row.owner,
        name: row.name.clone(),
        last_modified: rfc3339(row.last_modified),
        life: life.unwrap_or_default().to_owned(),
    }
}

fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string()
}

/// What a person wrote, as edits of a document that stands so now. `+` names one new entry throughout, and another one
/// where the very same path is written again.
pub(super) fn edits_of(kind: Kind, value: &Value, written: &[PathEdit]) -> Result<Vec<Edit>, Refusal> {
    let mut new_ids: Vec<RecordId> = Vec::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut edits = Vec::new();
    for edit in written {
        let time = times.entry(&edit.path).or_default();
        while new_ids.len() <= *time {
            new_ids.push(new_record(now())?);
        }
        let new_id = new_ids.get(*time).copied().unwrap_or(RecordId::from_bytes([0; 16]));
        *time += 1;
        let path = parse_path(kind, &edit.path, value, new_id)?;
        let value = edit.value.as_ref().map(|value| with_ids(kind, &path, value)).transpose()?;
        edits.push(check_edit(kind, &Edit { path, value })?);
    }
    Ok(edits)
}

/// The value with the lists of things in it turned into maps by id, as the shape at its path asks.
fn with_ids(kind: Kind, path: &[String], value: &Value) -> Result<Value, Refusal> {
    let nested =
        path.iter().rev().fold(value.clone(), |inner, key| Value::Object(Map::from_iter([(key.clone(), inner)])));
    let mut failed = None;
    let keyed = keyed(kind, &nested, &mut || {
        new_record(now()).unwrap_or_else(|refusal| {
            failed = Some(refusal);
            RecordId::from_bytes([0; 16])
        })
    });
    match failed {
        Some(refusal) => Err(refusal),
        None => Ok(at(&keyed, path).cloned().unwrap_or(Value::Null)),
    }
}

/// The value after these edits.
fn applied(value: &Value, edits: &[Edit]) -> Value {
    let mut value = value.clone();
    for edit in edits {
        put(&mut value, &edit.path, edit.value.clone());
    }
    value
}

fn put(value: &mut Value, path: &[String], new: Option<Value>) {
    let Some((key, rest)) = path.split_first() else { return };
    let Some(fields) = value.as_object_mut() else { return };
    match (rest.is_empty(), new) {
        (true, Some(new)) => drop(fields.insert(key.clone(), new)),
        (true, None) => drop(fields.remove(key)),
        (false, new) => {
            if new.is_some() || fields.contains_key(key) {
                put(fields.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), rest, new);
            }
        }
    }
}

fn named(value: &Value, what: &str) -> Result<(), Refusal> {
    match value.get("name").and_then(Value::as_str) {
        Some(name) if !name.trim().is_empty() => Ok(()),
        _ => Err(Refusal::invalid(format!("{what} needs a name"))),
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
