//! Which proposals and claims concern this organisation, and which of them are to be looked at.
//!
//! Those of others are bounded for each maker, and for each maker and listing, far below what is looked at in all: a
//! flood of one leaves the room of the rest. Own ones are known by this organisation alone and are not counted. One that is
//! passed over waits for a person, who answers it like any other, or for the next start. Which those are may follow from
//! what came first, and so differ between the nodes of an owner: that is harmless, since what one of them takes it writes
//! in the very words that any other would have, and the others get it as they get everything.

use crate::document::Kind;
use crate::proposal::Proposal;
use crate::statement::Life;
use crate::sync::batch::DocumentRow;
use crate::{DocId, OrgId, Timestamp, limits};
use std::collections::{BTreeMap, BTreeSet};

/// Live proposals that concern this organisation.
#[derive(Clone, Debug, Default)]
pub(super) struct Proposals {
    /// Those that are not known to be answered, by the listing they are about and their maker.
    open: BTreeMap<(DocId, OrgId), BTreeSet<DocId>>,
    /// What each is about. One that was answered stays here until its maker takes it back, so that it is counted.
    about: BTreeMap<DocId, Concern>,
    /// Those to look at.
    due: BTreeSet<DocId>,
    /// Proposals to own listings that their makers took back, or made into something else: an answer to them is done with.
    ended: BTreeSet<DocId>,
    /// Others, by what they have here.
    makers: BTreeMap<OrgId, Maker>,
    /// How many of all others are here.
    of_others: usize,
    /// Makers of whom something was passed over, and nobody has been told.
    to_tell: BTreeSet<OrgId>,
}

/// Whom a proposal concerns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Concern {
    /// The listing that it is about.
    pub(super) target: DocId,
    /// Whose that is.
    pub(super) owner: OrgId,
    /// Whose the proposal is.
    pub(super) maker: OrgId,
}

/// What another organisation has here.
#[derive(Clone, Copy, Debug, Default)]
struct Maker {
    held: usize,
    was_told_of: bool,
    /// When the day began in which so many of its proposals were taken without asking.
    day: Timestamp,
    taken: usize,
}

/// Whether one more proposal of a keeper is taken without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// It is.
    Left,
    /// It is not, for the first time today.
    UsedUp,
    /// It is not, and that has been said.
    Over,
}

impl Proposals {
    /// From proposal documents as readers see them.
    pub(super) fn read(rows: &[DocumentRow], own: &OrgId) -> Self {
        let mut proposals = Self::default();
        rows.iter().for_each(|row| proposals.note(row, own));
        proposals
    }

    /// Takes in a proposal, an answer or a listing as readers see it now.
    pub(super) fn note(&mut self, row: &DocumentRow, own: &OrgId) {
        match row.kind {
            Kind::PROPOSAL => {
                let proposal = Proposal::read(&row.value);
                let was_here = self.about.contains_key(&row.doc_id);
                let (is_read, proposal) = (proposal.is_ok(), proposal.ok());
                let concerns = proposal.filter(|p| (p.owner == *own) != (row.owner == *own));
                let stands = row.life == Life::Live && concerns.is_some();
                if row.owner != *own && !stands && (was_here || concerns.is_some() || !is_read) {
                    self.ended.insert(row.doc_id);
                }
                self.put(row, own, concerns.map(|proposal| (proposal.target, proposal.owner)));
            }
            Kind::LISTING if row.owner != *own => {
                let claimed = row.about.filter(|target| target.is_of(Kind::LISTING, own));
                self.put(row, own, claimed.map(|target| (target, *own)));
            }
            Kind::ANSWER => self.due.extend(row.about.filter(|proposal| self.is_open(proposal))),
            Kind::LISTING => {
                let open: Vec<_> = self.on(&row.doc_id).collect();
                self.due.extend(open);
            }
            _ => {}
        }
    }

    fn put(&mut self, row: &DocumentRow, own: &OrgId, about: Option<(DocId, OrgId)>) {
        self.forget(&row.doc_id);
        let Some((target, owner)) = about.filter(|_| row.life == Life::Live) else { return };
        let concern = Concern { target, owner, maker: row.owner };
        if row.owner != *own {
            let has_room = self.has_room(&concern);
            let maker = self.makers.entry(row.owner).or_default();
            if !has_room {
                if !std::mem::replace(&mut maker.was_told_of, true) {
                    self.to_tell.insert(row.owner);
                }
                return;
            }
            maker.held = maker.held.saturating_add(1);
            self.of_others = self.of_others.saturating_add(1);
        }
        self.about.insert(row.doc_id, concern);
        self.open.entry((target, row.owner)).or_default().insert(row.doc_id);
        self.due.insert(row.doc_id);
    }

    /// Whether one more of its maker is looked at.
    fn has_room(&self, concern: &Concern) -> bool {
        let held = self.makers.get(&concern.maker).map_or(0, |maker| maker.held);
        let on_listing = self.open.get(&(concern.target, concern.maker)).map_or(0, BTreeSet::len);
        self.of_others < limits::PROPOSALS_WAITING
            && held < limits::PROPOSALS_OF_MAKER
            && on_listing < limits::PROPOSALS_OPEN
    }

    /// Those about a listing that are not known to be answered.
    pub(super) fn on(&self, target: &DocId) -> impl Iterator<Item = DocId> {
        let makers = [[0; 32], [0xff; 32]].map(|bytes| (*target, OrgId::from_bytes(bytes)));
        let [first, last] = makers;
        self.open.range(first..=last).flat_map(|(_, open)| open).copied()
    }

    /// What a proposal is about.
    pub(super) fn concern(&self, proposal: &DocId) -> Option<Concern> {
        self.about.get(proposal).copied()
    }

    /// Whether there is something to look at, or to tell.
    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty() || !self.ended.is_empty() || !self.to_tell.is_empty()
    }

    /// The next of those to look at.
    pub(super) fn due(&self, most: usize) -> Vec<DocId> {
        self.due.iter().take(most).copied().collect()
    }

    /// The next of those that their makers took back.
    pub(super) fn ended(&self, most: usize) -> Vec<DocId> {
        self.ended.iter().take(most).copied().collect()
    }

    /// It is being looked at.
    pub(super) fn looked_at(&mut self, proposal: &DocId) {
        self.due.remove(proposal);
        self.ended.remove(proposal);
    }

    /// It was answered: there is nothing more to do about it here, and it counts until its maker takes it back.
    pub(super) fn close(&mut self, proposal: &DocId) {
        self.due.remove(proposal);
        if let Some(concern) = self.concern(proposal) {
            self.take_off(proposal, &concern);
        }
    }

    /// It concerns nobody here any more.
    pub(super) fn forget(&mut self, proposal: &DocId) {
        self.due.remove(proposal);
        let Some(concern) = self.about.remove(proposal) else { return };
        self.take_off(proposal, &concern);
        if let Some(maker) = self.makers.get_mut(&concern.maker) {
            maker.held = maker.held.saturating_sub(1);
            self.of_others = self.of_others.saturating_sub(1);
        }
    }

    fn take_off(&mut self, proposal: &DocId, concern: &Concern) {
        let key = (concern.target, concern.maker);
        if let Some(open) = self.open.get_mut(&key) {
            open.remove(proposal);
            if open.is_empty() {
                self.open.remove(&key);
            }
        }
    }

    fn is_open(&self, proposal: &DocId) -> bool {
        let of = |concern: &Concern| self.open.get(&(concern.target, concern.maker));
        self.about.get(proposal).and_then(of).is_some_and(|open| open.contains(proposal))
    }

    /// Makers of whom something is passed over from now on; each is given once.
    pub(super) fn passed_over(&mut self) -> BTreeSet<OrgId> {
        std::mem::take(&mut self.to_tell)
    }

    /// Whether one more proposal of a keeper may be taken without asking today.
    pub(super) fn allowance(&mut self, keeper: OrgId, now: Timestamp) -> Allowance {
        let maker = self.makers.entry(keeper).or_default();
        // A clock that was put back begins a day as well.
        if now < maker.day || now >= maker.day.plus_ms(DAY_MS) {
            (maker.day, maker.taken) = (now, 0);
        }
        match maker.taken.cmp(&limits::PROPOSALS_TAKEN_A_DAY) {
            std::cmp::Ordering::Less => Allowance::Left,
            std::cmp::Ordering::Equal => {
                maker.taken = maker.taken.saturating_add(1);
                Allowance::UsedUp
            }
            std::cmp::Ordering::Greater => Allowance::Over,
        }
    }

    /// One was taken.
    pub(super) fn count_taken(&mut self, keeper: OrgId) {
        let maker = self.makers.entry(keeper).or_default();
        maker.taken = maker.taken.saturating_add(1);
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[cfg(test)]
#[path = "docket_tests.rs"]
mod tests;
