//! Referrals of which nothing is kept but that they are erased: their documents were given up, and what each owner signed stands for them.

use super::super::{Application, fault, find};
use super::row::direction;
use crate::api::{GIVEN_UP, KeyState, Payloads, ReferralRow, ReferralView};
use domain::audience::Scope;
use domain::document::Kind;
use domain::referral::{Parties, Side, Word};
use domain::statement::Life;
use domain::{OrgId, RecordId, Refusal, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::{DocumentFilter, RecordRange, Tombstone};

/// Tombstones read at once.
const PAGE: usize = 500;

/// A referral that this organisation gave up.
pub(crate) struct GivenUp {
    pub(crate) id: RecordId,
    pub(crate) side: Side,
    /// The other party; none where that is no partner any more.
    pub(crate) partner: Option<OrgId>,
    /// When this organisation signed that it is erased.
    pub(crate) here_at: Timestamp,
    /// When the other party did.
    pub(crate) there_at: Option<Timestamp>,
}

impl GivenUp {
    /// Between whom it was.
    pub(crate) fn parties(&self, own: OrgId) -> Option<Parties> {
        let partner = self.partner?;
        let (sender, receiver) = if self.side == Side::Sender { (own, partner) } else { (partner, own) };
        Some(Parties { referral: self.id, sender, receiver })
    }

    /// What each party says of it, this one first.
    pub(crate) fn told(&self) -> [String; 2] {
        let there = match self.there_at {
            Some(at) => signed(at),
            None => "has not signed yet that it is erased".to_owned(),
        };
        [signed(self.here_at), there]
    }

    /// As a row of a list.
    pub(crate) fn row(&self) -> ReferralRow {
        let (side, other) = (self.side, self.side.other());
        let detail = match self.there_at {
            // In one order, so that both parties tell the same.
            Some(there) => {
                let at = |of: Side| if of == side { self.here_at } else { there }.day();
                format!("erased by both, by sender on {}, by receiver on {}", at(Side::Sender), at(Side::Receiver))
            }
            None => format!("erased by {side} on {}, not yet signed by {other}", self.here_at.day()),
        };
        ReferralRow {
            id: self.id,
            direction: direction(self.side),
            partner: self.partner,
            request: GIVEN_UP.to_owned(),
            response: GIVEN_UP.to_owned(),
            shown: Word::Finished.word().to_owned(),
            detail,
            holder: None,
            owed: Vec::new(),
            overdue: Vec::new(),
            drafted: Vec::new(),
        }
    }

    /// All that there is to show of it.
    pub(super) fn view(&self) -> ReferralView {
        ReferralView {
            row: self.row(),
            listing: RecordId::from_bytes([0; 16]),
            listing_name: None,
            form: String::new(),
            version: 0,
            previous: None,
            next: None,
            pass_back: None,
            agreement_expires_at_ms: None,
            possible: Vec::new(),
            events: Vec::new(),
            payloads: Payloads { named: 0, held: 0, key: KeyState::Erased },
            pathway: None,
            opened: None,
            remarks: Vec::new(),
        }
    }
}

fn signed(at: Timestamp) -> String {
    format!("erased, signed on {}", at.day())
}

impl Application {
    /// Every referral that this organisation gave up, by id.
    pub(crate) async fn all_given_up(&self) -> Result<Vec<GivenUp>, Refusal> {
        let (mut all, mut range) = (Vec::new(), RecordRange::default());
        loop {
            let page = self.given_up_in(&range, PAGE).await?;
            let last = page.last().map(|one| one.id).filter(|_| page.len() == PAGE);
            all.extend(page);
            match last {
                Some(last) => range = range.after(&last),
                None => return Ok(all),
            }
        }
    }

    /// The one whose id begins so, where there is exactly one.
    pub(crate) async fn given_up(&self, id: &str) -> Result<Option<GivenUp>, Refusal> {
        let mut found = self.given_up_in(&RecordRange::from(find::record(id, "referral list --all")?), 2).await?;
        Ok(found.pop().filter(|_| found.is_empty()))
    }

    /// Those in a range, by id; at most `limit`.
    pub(super) async fn given_up_in(&self, range: &RecordRange, limit: usize) -> Result<Vec<GivenUp>, Refusal> {
        let stones = self.0.store.tombstones(&self.0.org, range, limit).await.map_err(fault)?;
        let partners: Vec<OrgId> = self.known().await?.partners.keys().copied().collect();
        let mut all: Vec<GivenUp> = stones.iter().map(|stone| self.read_stone(stone, &partners)).collect();
        let other = |one: &GivenUp| Some(one.parties(self.0.org)?.document(one.side.other()));
        let ids: BTreeSet<_> = all.iter().filter_map(other).collect();
        if ids.is_empty() {
            return Ok(all);
        }
        let filter = DocumentFilter { ids, life: Some(Life::Erased), ..DocumentFilter::default() };
        let theirs = self.0.store.documents(&filter, None, limit).await.map_err(fault)?;
        let theirs: BTreeMap<_, _> = theirs.iter().map(|row| (row.doc_id, row.last_modified)).collect();
        for one in &mut all {
            one.there_at = other(one).and_then(|id| theirs.get(&id).copied());
        }
        Ok(all)
    }

    fn read_stone(&self, stone: &Tombstone, partners: &[OrgId]) -> GivenUp {
        let is_with = |partner: &&OrgId| stone.scopes.contains(&Scope::pair(self.0.org, **partner).id());
        GivenUp {
            id: stone.doc_id.record(),
            side: if stone.kind == Kind::REQUEST { Side::Sender } else { Side::Receiver },
            partner: partners.iter().find(is_with).copied(),
            here_at: stone.at,
            there_at: None,
        }
    }
}
