//! Following what becomes of referrals.
//!
//! The log tells which documents changed; what is told of them is how the referral stands in both, without what is said of the
//! person. A referral that another goes on from is told of with every change of that: what is owed in it and who holds the person
//! rests on both. Nothing of other referrals is read for a page.

use super::super::Application;
use super::case::Case;
use super::row;
use crate::api::{ReferralChange, ReferralChanges, ReferralResponse, WatchFrom};
use domain::document::Kind;
use domain::log::LogCursor;
use domain::{RecordId, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use store::{LogEntry, LogPage};

/// What referrals are kept as, and decisions on them that wait.
const REFERRALS: &[Kind] = &[Kind::REQUEST, Kind::RESPONSE, Kind::DECISION];

impl Application {
    /// What became of referrals since a place, as far as one answer holds.
    pub(super) async fn referral_changes(&self, from: WatchFrom) -> Result<ReferralResponse, Refusal> {
        let cursor = self.log_cursor(from).await?;
        let page = self.log_page(REFERRALS, None, &cursor).await?;
        self.changes_of_referrals(&cursor, page).await
    }

    /// The same, once there is more.
    pub(super) async fn await_referral_changes(&self, after: &str) -> Result<ReferralResponse, Refusal> {
        let cursor = after.parse()?;
        let page = self.await_log_page(REFERRALS, None, &cursor).await?;
        self.changes_of_referrals(&cursor, page).await
    }

    /// Read after the page: what is told is at least as new as what the log says.
    async fn changes_of_referrals(&self, before: &LogCursor, page: LogPage) -> Result<ReferralResponse, Refusal> {
        let (next, is_end) = (page.next.to_string(), page.is_end);
        if page.entries.is_empty() {
            let (changes, names) = (Vec::new(), BTreeMap::new());
            return Ok(ReferralResponse::Changes(ReferralChanges { changes, names, next, is_end }));
        }
        let about: Vec<_> = page.entries.iter().map(|entry| (entry, about(entry))).collect();
        let told: BTreeSet<_> = about.iter().filter_map(|(_, id)| *id).collect();
        let mut cases = self.cases_of(&told).await?;
        let previous = cases.values().filter_map(Case::previous).filter(|id| !told.contains(id)).collect();
        cases.extend(self.cases_of(&previous).await?);
        let context = self.context_for(cases.values()).await?;
        let places = places(before, &about, |id| cases.get(id)?.previous().filter(|id| cases.contains_key(id)));
        let changes = places.into_iter().map(|(id, cursor)| ReferralChange {
            cursor,
            id,
            row: cases.get(&id).map(|case| row(case, &context)),
        });
        let changes: Vec<_> = changes.collect();
        let names = self.names_in(changes.iter().filter_map(|change| change.row.as_ref())).await?;
        Ok(ReferralResponse::Changes(ReferralChanges { changes, names, next, is_end }))
    }
}

/// Which referral an entry is about: both documents of one have its id, and a decision is about the request.
fn about(entry: &LogEntry) -> Option<RecordId> {
    let doc_id = &entry.cursor.doc_id;
    if !doc_id.is_of(Kind::DECISION, &entry.owner) {
        return Some(doc_id.record());
    }
    entry.about.map(|request| request.record())
}

/// The referrals that a page is about, each with the place to go on behind it. One whose two documents changed comes once, at the
/// later. One that another goes on from comes before that, and what is kept of it is the place before: so that whoever comes back
/// with it is told of both.
fn places(
    before: &LogCursor,
    entries: &[(&LogEntry, Option<RecordId>)],
    previous: impl Fn(&RecordId) -> Option<RecordId>,
) -> Vec<(RecordId, String)> {
    let mut places = Vec::new();
    let mut passed = *before;
    for (at, (entry, about)) in entries.iter().enumerate() {
        let comes_again = entries.iter().skip(at.saturating_add(1)).any(|(_, later)| later == about);
        if let Some(id) = about.filter(|_| !comes_again) {
            if let Some(previous) = previous(&id) {
                places.push((previous, passed.to_string()));
            }
            places.push((id, entry.cursor.to_string()));
        }
        passed = entry.cursor;
    }
    places
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
