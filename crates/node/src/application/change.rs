//! Listings with all they say, and following what becomes of documents.

use super::document::listing_row;
use super::{Application, fault, view};
use crate::api::{ListedState, ListingChange, ListingChanges, ListingState, ListingStates, Response, WatchFrom};
use domain::document::Kind;
use domain::log::LogCursor;
use domain::sync::batch::DocumentRow;
use domain::{OrgId, Refusal, RefusalKind};
use std::collections::BTreeMap;
use store::{DocumentPlace, LogPage, PageBound};

/// Most listings of one page.
const PAGE: usize = 500;
/// Bytes of their changes, past the first: what one answer to an organisation's own software has room for.
const PAGE_BYTES: u64 = 768 << 10;
/// What listings are kept as.
const LISTINGS: &[Kind] = &[Kind::LISTING];

impl Application {
    /// Live listings with all they say, by name and then id.
    pub(super) async fn listing_states(
        &self,
        owner: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Response, Refusal> {
        let owner = self.owner(owner).await?;
        let bound = PageBound { rows: limit.clamp(1, PAGE), bytes: PAGE_BYTES };
        let page = self.page(Kind::LISTING, owner, after, bound).await?;
        let names = self.names().await?;
        let listed = |row| ListedState { place: DocumentPlace::of(row).to_string(), listing: state(row, &names) };
        let listings = page.rows.iter().map(listed).collect();
        Ok(Response::ListingStates(ListingStates { listings, next: page.next }))
    }

    /// What became of listings since a place, as far as one answer holds.
    pub(super) async fn listing_changes(&self, owner: Option<&str>, from: WatchFrom) -> Result<Response, Refusal> {
        let owner = self.owner(owner).await?;
        let page = self.log_page(LISTINGS, owner, &self.log_cursor(from).await?).await?;
        self.changes(page).await
    }

    /// The same, once there is more.
    pub(super) async fn await_listing_changes(&self, owner: Option<&str>, after: &str) -> Result<Response, Refusal> {
        let owner = self.owner(owner).await?;
        let page = self.await_log_page(LISTINGS, owner, &after.parse()?).await?;
        self.changes(page).await
    }

    /// The place in the log at which somebody begins to follow. Refused where no node runs.
    pub(super) async fn log_cursor(&self, from: WatchFrom) -> Result<LogCursor, Refusal> {
        // Only a running node has a life of the log that cursors are of.
        self.running()?;
        match from {
            WatchFrom::After(cursor) => cursor.parse(),
            WatchFrom::Standing => Ok(LogCursor::before_all(&self.0.store.log_end().await.map_err(fault)?)),
            WatchFrom::Now => self.0.store.log_end().await.map_err(fault),
        }
    }

    /// What comes next of documents of these kinds. Refused as expired where that cannot be told.
    pub(super) async fn log_page(
        &self,
        kinds: &[Kind],
        owner: Option<OrgId>,
        cursor: &LogCursor,
    ) -> Result<LogPage, Refusal> {
        let page = self.0.store.log_page(kinds, owner, cursor).await.map_err(fault)?;
        page.ok_or_else(|| {
            Refusal::new(RefusalKind::Expired, "what happened since that place cannot be told any more")
                .hint("begin anew with what stands, and drop what is not among it")
        })
    }

    /// The same, once there is more; also where that is of other kinds, and the page is empty.
    pub(super) async fn await_log_page(
        &self,
        kinds: &[Kind],
        owner: Option<OrgId>,
        cursor: &LogCursor,
    ) -> Result<LogPage, Refusal> {
        let mut log = self.engine()?.log();
        loop {
            // What is committed from here on is heard of below, so nothing falls in between.
            log.borrow_and_update();
            let page = self.log_page(kinds, owner, cursor).await?;
            if page.next.place() != cursor.place() {
                return Ok(page);
            }
            log.changed().await.map_err(|_| {
                Refusal::new(RefusalKind::Busy, "this node is stopping").hint("come back once it runs again")
            })?;
        }
    }

    async fn owner(&self, owner: Option<&str>) -> Result<Option<OrgId>, Refusal> {
        match owner {
            Some(text) => Ok(Some(self.find_organisation(text).await?)),
            None => Ok(None),
        }
    }

    async fn changes(&self, page: LogPage) -> Result<Response, Refusal> {
        let names = if page.entries.is_empty() { BTreeMap::new() } else { self.names().await? };
        let changes = page.entries.iter().map(|entry| ListingChange {
            cursor: entry.cursor.to_string(),
            id: entry.cursor.doc_id.record(),
            owner: entry.owner,
            listing: entry.stands.as_ref().map(|row| state(row, &names)),
        });
        Ok(Response::ListingChanges(ListingChanges {
            changes: changes.collect(),
            next: page.next.to_string(),
            is_end: page.is_end,
        }))
    }
}

fn state(row: &DocumentRow, names: &BTreeMap<OrgId, String>) -> ListingState {
    ListingState {
        row: listing_row(row),
        owner_name: names.get(&row.owner).cloned().unwrap_or_default(),
        conflicts: row.conflicts,
        fields: view::fields(&row.value),
    }
}
