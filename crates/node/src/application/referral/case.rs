//! A referral as this node holds it: both documents, folded.
//!
//! Whoever asks of one is answered from that one and what it rests on, however many there are: its documents by its id, the pathway by
//! the listing that it asks for, what goes on from it by what that is about.

use super::super::{Application, fault, find};
use super::row;
use domain::document::Kind;
use domain::identity::KeysObject;
use domain::limits::{PATHWAYS_OF_LISTING, REFERRALS_ONWARD};
use domain::pathway::{Pathway, PathwayDocument};
use domain::referral::{
    Action, AnswerTimes, Both, Decision, Overdue, Parties, Referral, Request, Response, Side, overdue,
};
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::sealed::homes_of;
use domain::{DocId, OrgId, RecordId, Refusal, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::{DocumentFilter, RecordRange};

/// Documents read at once.
const PAGE: usize = 500;
/// Referrals of which is asked at once what goes on from them.
const CHAINS: usize = 32;

/// Pathways, by publisher and the listing that they lead to.
type Pathways = BTreeMap<(OrgId, RecordId), Vec<Pathway>>;

/// One referral.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) parties: Parties,
    pub(crate) side: Side,
    pub(crate) request: Request,
    pub(crate) referral: Referral,
    /// Decisions on it that have no effect yet, each with its document.
    pub(crate) drafted: Vec<(DocId, Decision)>,
}

/// What referrals are looked at with.
pub(crate) struct Context {
    pub(crate) own: OrgId,
    pub(crate) now: Timestamp,
    /// Pathways to what they ask for.
    pub(crate) pathways: Pathways,
    /// Referrals that this organisation sent on from one that it received, by that; in each the first sent first.
    pub(crate) onward: BTreeMap<RecordId, Vec<Case>>,
}

impl Case {
    /// The other party.
    pub(crate) fn partner(&self) -> OrgId {
        self.parties.party(self.side.other())
    }

    /// The referral that this one goes on from, where this organisation received that. What others go on from is none of its business.
    pub(crate) fn previous(&self) -> Option<RecordId> {
        self.request.previous.filter(|_| self.side == Side::Sender)
    }

    /// Refused while somebody who came here, as one of these others says, counts as passed on by this one.
    pub(crate) fn may_be_lost<'c>(&self, others: impl IntoIterator<Item = &'c Self>) -> Result<(), Refusal> {
        let Some(previous) = self.previous() else { return Ok(()) };
        let mut received = others.into_iter().filter(|one| one.received() == Some(previous));
        received.try_for_each(|received| row::link(received, self).permit_losing_next(self.parties.referral))
    }

    /// Which it is, where it came here.
    fn received(&self) -> Option<RecordId> {
        (self.side == Side::Receiver).then_some(self.parties.referral)
    }

    /// Whether this organisation is in it already. A partner that learned of a referral's id can write another under it: the one that we
    /// are in already goes first.
    fn is_ours(&self) -> bool {
        self.referral.events.iter().any(|told| told.side == self.side)
    }

    /// The pathway's publisher and the listing that it leads to.
    fn place(&self) -> (OrgId, RecordId) {
        (self.parties.receiver, self.request.listing)
    }

    fn sent_at(&self) -> Timestamp {
        self.referral.state.times.get(&Action::Send).map(|(first, _)| *first).unwrap_or_default()
    }

    /// What is late in it.
    pub(crate) fn overdue(&self, context: &Context) -> Vec<Overdue> {
        overdue(&self.referral.state, &context.answer_times(self), context.now)
    }
}

impl Context {
    /// The pathway by which a referral came, where it is known here.
    pub(crate) fn pathway(&self, case: &Case) -> Option<&Pathway> {
        let published = self.pathways.get(&case.place())?;
        published.iter().find(|pathway| pathway.form().as_bytes() == &case.request.form).or_else(|| published.first())
    }

    /// The referral that goes on from one that came here: the one that the person was passed on by, else the last that was taken on,
    /// else the last. None goes on from one that was sent, so what goes on from the next is another organisation's to know.
    pub(crate) fn next(&self, case: &Case) -> Option<&Case> {
        let all = self.onward.get(&case.parties.referral).filter(|_| case.side == Side::Receiver)?;
        let told = case.referral.state.next;
        let passed_on = all.iter().find(|next| Some(next.parties.referral) == told);
        passed_on.or_else(|| all.iter().rev().find(|next| next.referral.state.was_taken_on())).or_else(|| all.last())
    }

    fn answer_times(&self, case: &Case) -> AnswerTimes {
        self.pathway(case).map(Pathway::answer_times).unwrap_or_default()
    }
}

impl Application {
    /// Every referral that this organisation is a party to.
    pub(crate) async fn cases(&self) -> Result<Vec<Case>, Refusal> {
        let (mut cases, mut range) = (Vec::new(), RecordRange::default());
        loop {
            let page = self.0.store.referral_page(&range, PAGE).await.map_err(fault)?;
            cases.extend(self.folded(&page.rows).await?);
            match page.next {
                Some(last) => range = range.after(&last),
                None => return Ok(cases),
            }
        }
    }

    /// These referrals, those of them that are here.
    pub(crate) async fn cases_of(&self, referrals: &BTreeSet<RecordId>) -> Result<BTreeMap<RecordId, Case>, Refusal> {
        let rows = self.0.store.referral_documents(referrals).await.map_err(fault)?;
        self.foremost(&rows).await
    }

    /// Of documents of whole referrals the one referral that each id stands for.
    pub(super) async fn foremost(&self, rows: &[DocumentRow]) -> Result<BTreeMap<RecordId, Case>, Refusal> {
        let mut cases: BTreeMap<RecordId, Case> = BTreeMap::new();
        for case in self.folded(rows).await? {
            let id = case.parties.referral;
            if cases.get(&id).is_none_or(|before| !before.is_ours() && case.is_ours()) {
                cases.insert(id, case);
            }
        }
        Ok(cases)
    }

    async fn folded(&self, rows: &[DocumentRow]) -> Result<Vec<Case>, Refusal> {
        let known = self.known().await?;
        let mut parties: BTreeSet<Parties> = rows.iter().filter_map(Parties::of).collect();
        self.leave_out_given_up(&mut parties, rows).await?;
        let mut drafted = self.drafted(&parties).await?;
        let by_id: BTreeMap<_, _> = rows.iter().map(|row| (row.doc_id, row)).collect();
        let mut case = |parties: Parties| {
            let side = parties.side_of(&self.0.org)?;
            let shown = |id: &DocId| by_id.get(id).copied();
            let Both { request, referral, .. } = Both::of(&parties, shown, &homes_of(&known.homes, &parties));
            // Anybody can write a response, and one is left for a while where the request was given up.
            let request = request?;
            Some(Case { parties, side, request, referral, drafted: drafted.remove(&parties).unwrap_or_default() })
        };
        Ok(parties.into_iter().filter_map(&mut case).collect())
    }

    /// Leaves out what this organisation gave up and the sender has not yet: its request stands a while longer.
    async fn leave_out_given_up(&self, all: &mut BTreeSet<Parties>, rows: &[DocumentRow]) -> Result<(), Refusal> {
        let is_here = |id: &DocId| rows.iter().any(|row| row.doc_id == *id);
        let received = all.iter().filter(|parties| parties.receiver == self.0.org).map(Parties::response);
        let unanswered: Vec<DocId> = received.filter(|id| !is_here(id)).collect();
        for ids in unanswered.chunks(PAGE) {
            let ids = ids.iter().copied().collect();
            let filter = DocumentFilter { ids, life: Some(Life::Erased), ..DocumentFilter::default() };
            for row in self.0.store.documents(&filter, None, PAGE).await.map_err(fault)? {
                all.retain(|parties| parties.response() != row.doc_id);
            }
        }
        Ok(())
    }

    /// Decisions on referrals that wait for the home node, or that it refused.
    async fn drafted(&self, on: &BTreeSet<Parties>) -> Result<BTreeMap<Parties, Vec<(DocId, Decision)>>, Refusal> {
        let requests: Vec<DocId> = on.iter().map(Parties::request).collect();
        let mut drafted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for about in requests.chunks(PAGE) {
            let most = about.len().saturating_mul(row::DRAFTED);
            let about = about.iter().copied().collect();
            let filter = DocumentFilter { about, owners: [self.0.org].into(), ..standing(Kind::DECISION) };
            for row in self.0.store.documents(&filter, None, most).await.map_err(fault)? {
                if let Ok(decision) = Decision::read(&row.owner, &row.value) {
                    drafted.entry(decision.parties).or_default().push((row.doc_id, decision));
                }
            }
        }
        Ok(drafted)
    }

    /// The referral that the start of an id names.
    pub(crate) async fn case(&self, id: &str) -> Result<Case, Refusal> {
        let mut range = RecordRange::from(find::record(id, "referral list --all")?);
        let (mut cases, mut ids) = (Vec::new(), BTreeSet::new());
        loop {
            let page = self.0.store.referral_page(&range, find::CANDIDATES_SHOWN).await.map_err(fault)?;
            cases.extend(self.folded(&page.rows).await?);
            ids.extend(cases.iter().map(|case: &Case| case.parties.referral));
            match page.next {
                Some(last) if ids.len() <= find::CANDIDATES_SHOWN => range = range.after(&last),
                Some(_) | None => break,
            }
        }
        if ids.len() == 1 && cases.iter().any(Case::is_ours) {
            cases.retain(Case::is_ours);
        }
        match cases.len() {
            0 if self.given_up(id).await?.is_some() => {
                Err(Refusal::not_found(format!("referral {id:?} is erased, and nothing of it is kept but that"))
                    .hint("`fingerpost privacy erasures` shows who signed that, and when"))
            }
            0 => Err(Refusal::not_found(format!("there is no referral {id:?}"))
                .hint("`fingerpost referral list --all` shows the referrals and their ids")),
            1 => Ok(cases.swap_remove(0)),
            _ => {
                let candidates = cases.iter().map(|case| (case.parties.referral.to_string(), case.side.word()));
                Err(find::ambiguous("referral", id, candidates))
            }
        }
    }

    /// A referral between these.
    pub(crate) async fn case_of(&self, parties: &Parties) -> Result<Case, Refusal> {
        let rows = self.standing_of(&[parties.request(), parties.response()]).await?;
        let found = self.folded(&rows).await?.into_iter().find(|case| case.parties == *parties);
        found.ok_or_else(|| Refusal::not_found(format!("there is no referral {}", parties.referral)))
    }

    /// What one is looked at with.
    pub(crate) async fn context_of(&self, case: &Case) -> Result<Context, Refusal> {
        self.context_for([case]).await
    }

    /// What these are looked at with.
    pub(crate) async fn context_for<'c>(&self, cases: impl IntoIterator<Item = &'c Case>) -> Result<Context, Refusal> {
        let cases: Vec<_> = cases.into_iter().collect();
        let received: BTreeSet<_> = cases.iter().filter_map(|case| case.received()).collect();
        let mut rows = self.onward(&received).await?;
        // Where more go on from one than are looked at, the one that the person was passed on by is among them all the same.
        let told = cases.iter().filter_map(|case| case.received().and(case.referral.state.next));
        let told = told.map(|next| Request::document(next, &self.0.org));
        let told: BTreeSet<_> = told.filter(|told| rows.iter().all(|row| row.doc_id != *told)).collect();
        rows.extend(self.standing_of(&told.into_iter().collect::<Vec<_>>()).await?);
        let answers: Vec<_> = rows.iter().filter_map(Parties::of).map(|parties| parties.response()).collect();
        rows.extend(self.standing_of(&answers).await?);
        let onward = self.folded(&rows).await?;
        let places = cases.into_iter().chain(&onward).map(Case::place).collect();
        Ok(self.context(self.pathways(places).await?, onward))
    }

    /// What all are looked at with, of which these are all: what goes on from another is among them.
    pub(crate) async fn context_among(&self, all: &[Case]) -> Result<Context, Refusal> {
        let onward = all.iter().filter(|case| case.previous().is_some()).cloned().collect();
        let places = all.iter().map(Case::place).collect();
        Ok(self.context(self.pathways(places).await?, onward))
    }

    /// How many referrals go on from one that came here.
    pub(super) async fn onward_count(&self, previous: RecordId) -> Result<usize, Refusal> {
        Ok(self.onward(&[previous].into()).await?.len())
    }

    /// The requests that go on from these. What they are about is this organisation's own answers, so none is a partner's.
    async fn onward(&self, received: &BTreeSet<RecordId>) -> Result<Vec<DocumentRow>, Refusal> {
        let mut rows = Vec::new();
        let answers: Vec<_> = received.iter().map(|id| Response::document(*id, &self.0.org)).collect();
        for about in answers.chunks(CHAINS) {
            let filter = DocumentFilter { about: about.iter().copied().collect(), ..standing(Kind::REQUEST) };
            let most = about.len().saturating_mul(REFERRALS_ONWARD);
            rows.extend(self.0.store.documents(&filter, None, most).await.map_err(fault)?);
        }
        Ok(rows)
    }

    /// The pathways of an organisation to a listing, of each of these.
    async fn pathways(&self, places: BTreeSet<(OrgId, RecordId)>) -> Result<Pathways, Refusal> {
        let keys = &self.known().await?.keys;
        let mut pathways = BTreeMap::new();
        for (owner, listing) in places {
            let about = [DocId::new(listing, Kind::LISTING, &owner)].into();
            let filter = DocumentFilter { about, ..standing(Kind::PATHWAY) };
            let rows = self.0.store.documents(&filter, None, PATHWAYS_OF_LISTING).await.map_err(fault)?;
            let published = rows.iter().filter_map(|row| published(row, keys));
            let leading: Vec<_> = published.filter(|pathway| pathway.listing() == Some(listing)).collect();
            pathways.insert((owner, listing), leading);
        }
        Ok(pathways)
    }

    fn context(&self, pathways: Pathways, mut onward: Vec<Case>) -> Context {
        onward.sort_by_key(|case| (case.sent_at(), case.parties));
        let mut by_previous: BTreeMap<_, Vec<Case>> = BTreeMap::new();
        for case in onward {
            if let Some(previous) = case.previous() {
                by_previous.entry(previous).or_default().push(case);
            }
        }
        Context { own: self.0.org, now: crate::clock::now(), pathways, onward: by_previous }
    }

    /// Those of these documents that stand.
    async fn standing_of(&self, ids: &[DocId]) -> Result<Vec<DocumentRow>, Refusal> {
        let mut rows = Vec::new();
        for ids in ids.chunks(PAGE) {
            let ids = ids.iter().copied().collect();
            let filter = DocumentFilter { ids, life: Some(Life::Live), ..DocumentFilter::default() };
            rows.extend(self.0.store.documents(&filter, None, PAGE).await.map_err(fault)?);
        }
        Ok(rows)
    }
}

fn standing(kind: Kind) -> DocumentFilter {
    DocumentFilter { kind: Some(kind), life: Some(Life::Live), ..DocumentFilter::default() }
}

/// A pathway whose signature holds, signed by who offers it.
pub(super) fn published(row: &DocumentRow, keys: &BTreeMap<OrgId, KeysObject>) -> Option<Pathway> {
    let document = PathwayDocument::read(&row.owner, &row.value).ok()?;
    keys.get(&row.owner)?.verify(document.signed()).ok()?;
    Some(document.signed().content().pathway.clone())
}
