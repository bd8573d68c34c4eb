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
mod view;

pub(super) use row::{direction, row};

use super::{Application, fault};
use crate::api::{ReferralRequest, ReferralResponse, ReferralRow, Response};
use domain::referral::access::{AccessKind, Reading};
use domain::referral::{DataKey, Parties, Role};
use domain::{RecordId, Refusal, RefusalKind, StaffId, Timestamp};
use sha2::{Digest, Sha256};

/// Most referrals of one page.
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

    /// By id, whose order no change of a referral moves: so that no page passes one over.
    async fn referral_page(
        &self,
        all: bool,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<ReferralResponse, Refusal> {
        let rows = self.ranked_rows(all).await?.into_iter().map(|(_, _, row)| row);
        let mut rows: Vec<_> = rows.filter(|row| after.is_none_or(|after| row.id > after)).collect();
        rows.sort_by_key(|row| row.id);
        let limit = limit.clamp(1, PAGE);
        let is_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().map(|row| row.id).filter(|_| is_more);
        Ok(ReferralResponse::Page { rows, next, names: self.names().await? })
    }

    /// Each with its place among what is to be done, and since when it waits.
    async fn ranked_rows(&self, all: bool) -> Result<Vec<(u8, Timestamp, ReferralRow)>, Refusal> {
        let context = self.context().await?;
        let mut rows = Vec::new();
        for case in self.cases().await? {
            let (rank, since) = case.urgency(&context);
            if all || rank < row::FINISHED {
                rows.push((rank, since, row(&case, &context)));
            }
        }
        for draft in self.opened_drafts().await.unwrap_or_default() {
            rows.push((row::OURS, draft.at, draft.row(&context)));
        }
        Ok(rows)
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
