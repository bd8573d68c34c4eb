//! Referrals: drafts, sending, what is done to them, and how they are shown. Whether something may be done is asked of
//! `domain::referral`; what is said of a person is opened here, for who asked, and nowhere kept in the open.

mod act;
mod case;
mod change;
mod chase;
mod decision;
mod draft;
mod export;
mod open;
mod row;
mod tombstone;
mod view;

pub(super) use case::Case;
pub(super) use draft::Draft;
pub(super) use row::{direction, row};
pub(super) use tombstone::GivenUp;

use super::{Application, fault};
use crate::api::{ReferralRequest, ReferralResponse, ReferralRow, Response};
use domain::referral::access::{AccessKind, Reading};
use domain::referral::{DataKey, Parties, Role};
use domain::{OrgId, RecordId, Refusal, RefusalKind, StaffId, Timestamp};
use draft::DRAFTS;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::RecordRange;

/// Most referrals of one page, and documents past which a page reads no further.
const PAGE: usize = 500;

impl Application {
    pub(super) async fn answer_referral(&self, request: ReferralRequest) -> Result<Response, Refusal> {
        let response = match request {
            ReferralRequest::New(new) => self.new_referral(*new).await?,
            ReferralRequest::Edit { id, draft } => self.edit_draft(&id, *draft).await?,
            ReferralRequest::Discard { id } => {
                self.discard_draft(&id).await?;
                return Ok(Response::Done);
            }
            ReferralRequest::Send { id } => self.send_referral(&id).await?,
            ReferralRequest::List { all } => self.referral_rows(all).await?,
            ReferralRequest::Page { all, after, limit } => self.referral_page(all, after, limit).await?,
            ReferralRequest::Changes { from } => self.referral_changes(from).await?,
            ReferralRequest::Await { after } => self.await_referral_changes(&after).await?,
            ReferralRequest::Show { id } => self.show_referral(&id).await?,
            ReferralRequest::Open { id } => self.open_referral(&id).await?,
            ReferralRequest::Act { id, act } => self.act_on(&id, &act).await?,
            ReferralRequest::Chase => self.chase().await?,
            ReferralRequest::Export { id } => self.export_referral(&id).await?,
        };
        Ok(Response::Referral(response))
    }

    async fn referral_rows(&self, all: bool) -> Result<ReferralResponse, Refusal> {
        let mut rows = self.ranked_rows(all).await?;
        rows.sort_by_key(|(rank, since, row)| (*rank, *since, row.id));
        let rows = rows.into_iter().map(|(_, _, row)| row).collect();
        Ok(ReferralResponse::List { rows, names: self.names().await? })
    }

    /// By id, whose order no change of a referral moves: so that no page passes one over. Of two that go by one id it is the one that
    /// the id stands for. Where many are passed over since they are finished, a page ends early.
    async fn referral_page(
        &self,
        all: bool,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<ReferralResponse, Refusal> {
        let limit = limit.clamp(1, PAGE);
        let behind = after.map_or_else(RecordRange::default, |after| RecordRange::default().after(&after));
        let (mut rows, mut range, mut read) = (BTreeMap::new(), behind, 0);
        let mut documents = limit.saturating_mul(2);
        let until = loop {
            let page = self.0.store.referral_page(&range, documents).await.map_err(fault)?;
            let cases = self.foremost(&page.rows).await?;
            let context = self.context_for(cases.values()).await?;
            let shown = cases.iter().filter(|(_, case)| all || case.urgency(&context).0 < row::FINISHED);
            rows.extend(shown.map(|(id, case)| (*id, row(case, &context))));
            read += page.rows.len();
            // Where all were passed over, more are looked at next.
            documents = documents.saturating_mul(2).min(PAGE);
            match page.next {
                Some(last) if rows.len() < limit && read < PAGE => range = range.after(&last),
                until => break until,
            }
        };
        let range = until.map_or(behind, |until| behind.up_to(&until));
        // One more than there is room for tells whether there are more.
        if all {
            let given_up = self.given_up_in(&range, limit.saturating_add(1)).await?;
            rows.extend(given_up.iter().map(|one| (one.id, one.row())));
        }
        let drafts = self.0.store.drafts(&range, limit.saturating_add(1)).await.map_err(fault)?;
        rows.extend(drafts.iter().map(|kept| (kept.key.request.record(), self.draft_row(kept))));
        let is_cut = rows.len() > limit;
        let rows: Vec<_> = rows.into_values().take(limit).collect();
        let next = if is_cut { rows.last().map(|row| row.id) } else { until };
        let names = self.names_in(&rows).await?;
        Ok(ReferralResponse::Page { rows, next, names })
    }

    /// Each with its place among what is to be done, and since when it waits.
    async fn ranked_rows(&self, all: bool) -> Result<Vec<(u8, Timestamp, ReferralRow)>, Refusal> {
        let cases = self.cases().await?;
        let context = self.context_among(&cases).await?;
        let mut rows = Vec::new();
        for case in &cases {
            let (rank, since) = case.urgency(&context);
            if all || rank < row::FINISHED {
                rows.push((rank, since, row(case, &context)));
            }
        }
        if all {
            let given_up = self.all_given_up().await?;
            rows.extend(given_up.iter().map(|one| (row::FINISHED, one.here_at, one.row())));
        }
        for kept in self.0.store.drafts(&RecordRange::default(), DRAFTS).await.map_err(fault)? {
            rows.push((row::OURS, kept.at, self.draft_row(&kept)));
        }
        Ok(rows)
    }

    /// The names of the organisations in rows, where they are known.
    async fn names_in<'r>(
        &self,
        rows: impl IntoIterator<Item = &'r ReferralRow>,
    ) -> Result<BTreeMap<OrgId, String>, Refusal> {
        let orgs = rows.into_iter().flat_map(|row| row.partner.into_iter().chain(row.holder));
        self.names_of(orgs.collect()).await
    }

    /// Who asks: there are no staff accounts yet, so it is whoever may speak to this node at its own machine.
    pub(super) fn staff(&self) -> StaffId {
        let digest = Sha256::new()
            .chain_update(b"fingerpost staff at the machine")
            .chain_update(self.0.org.as_bytes())
            .chain_update(self.0.node.as_bytes())
            .finalize();
        StaffId::from_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// Notes who reads what is said of people, before it is shown.
    pub(super) async fn note_reading(
        &self,
        role: Role,
        referrals: &[RecordId],
        what: AccessKind,
    ) -> Result<(), Refusal> {
        let at = crate::clock::now();
        let (node, staff) = (self.0.node, self.staff());
        let readings: Vec<_> =
            referrals.iter().map(|referral| Reading { at, node, role, staff, referral: *referral, what }).collect();
        self.0.store.note_reading(&readings).await.map_err(fault)
    }

    /// A referral's key.
    pub(super) async fn key_of(&self, parties: &Parties) -> Result<DataKey, Refusal> {
        let locked = self.0.store.data_key(&parties.request()).await.map_err(fault)?;
        let Some(locked) = locked else {
            let held = self.0.store.held(&parties.request()).await.map_err(fault)?;
            return Err(if held.is_erased {
                Refusal::new(RefusalKind::NotFound, "what this referral said of the person was erased here")
                    .hint("nothing brings it back; the other party has what it kept")
            } else {
                Refusal::new(RefusalKind::Busy, "the key to this referral is not here yet").hint(
                    "it comes from the other party with the next link; `fingerpost status` shows whether there is one",
                )
            });
        };
        self.running()?.vault.key(parties, &locked)
    }
}
