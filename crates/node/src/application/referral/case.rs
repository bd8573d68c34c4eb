//! A referral as this node holds it: both documents, folded.

use super::super::{Application, fault, find};
use domain::document::Kind;
use domain::identity::KeysObject;
use domain::pathway::{Pathway, PathwayDocument};
use domain::referral::document::Events;
use domain::referral::{AnswerTimes, Decision, Overdue, Parties, Referral, Request, Response, Side, fold, overdue};
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::sealed::homes_of;
use domain::{DocId, OrgId, RecordId, Refusal, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::{DocumentFilter, DocumentPlace};

/// Documents read at once.
const PAGE: usize = 500;

/// One referral.
pub(crate) struct Case {
    pub(crate) parties: Parties,
    pub(crate) side: Side,
    pub(crate) request: Option<Request>,
    pub(crate) referral: Referral,
    /// Decisions on it that have no effect yet, each with its document.
    pub(crate) drafted: Vec<(DocId, Decision)>,
}

/// What referrals are looked at with.
pub(crate) struct Context {
    pub(crate) own: OrgId,
    pub(crate) now: Timestamp,
    /// Pathways that are published here or at partners, by publisher and listing.
    pub(crate) pathways: BTreeMap<(OrgId, RecordId), Vec<Pathway>>,
    /// Referrals that this organisation sent on from one that it received, by that.
    pub(crate) onward: BTreeMap<RecordId, Vec<Case>>,
}

impl Case {
    /// The other party.
    pub(crate) fn partner(&self) -> OrgId {
        self.parties.party(self.side.other())
    }

    /// What is late in it.
    pub(crate) fn overdue(&self, context: &Context) -> Vec<Overdue> {
        overdue(&self.referral.state, &context.answer_times(self), context.now)
    }
}

impl Context {
    /// The pathway by which a referral came, where it is known here.
    pub(crate) fn pathway(&self, case: &Case) -> Option<&Pathway> {
        let request = case.request.as_ref()?;
        let published = self.pathways.get(&(case.parties.receiver, request.listing))?;
        published.iter().find(|pathway| pathway.form().as_bytes() == &request.form).or_else(|| published.first())
    }

    /// The referral that goes on from one that came here: the one that the person was passed on by, else one that was taken on.
    pub(crate) fn next(&self, case: &Case) -> Option<&Case> {
        let all = self.onward.get(&case.parties.referral).filter(|_| case.side == Side::Receiver)?;
        let told = case.referral.state.next;
        let passed_on = all.iter().find(|next| Some(next.parties.referral) == told);
        passed_on.or_else(|| all.iter().find(|next| next.referral.state.was_taken_on())).or_else(|| all.last())
    }

    fn answer_times(&self, case: &Case) -> AnswerTimes {
        self.pathway(case).map(Pathway::answer_times).unwrap_or_default()
    }
}

impl Application {
    /// Every referral that this organisation is a party to.
    pub(crate) async fn cases(&self) -> Result<Vec<Case>, Refusal> {
        let mut rows = self.rows_of(Kind::REQUEST, None, None).await?;
        rows.extend(self.rows_of(Kind::RESPONSE, None, None).await?);
        self.folded(&rows).await
    }

    async fn rows_of(
        &self,
        kind: Kind,
        record: Option<&str>,
        owner: Option<OrgId>,
    ) -> Result<Vec<DocumentRow>, Refusal> {
        let owners = owner.into_iter().collect();
        let record = record.map(find::record).transpose()?;
        let filter =
            DocumentFilter { kind: Some(kind), record, owners, life: Some(Life::Live), ..DocumentFilter::default() };
        let mut rows: Vec<DocumentRow> = Vec::new();
        loop {
            let after = rows.last().map(DocumentPlace::of);
            let page = self.0.store.documents(&filter, after.as_ref(), PAGE).await.map_err(fault)?;
            if page.is_empty() {
                return Ok(rows);
            }
            rows.extend(page);
        }
    }

    async fn folded(&self, rows: &[DocumentRow]) -> Result<Vec<Case>, Refusal> {
        let known = self.known().await?;
        let parties: BTreeSet<Parties> = rows.iter().filter_map(Parties::of).collect();
        let mut drafted = self.drafted(&parties).await?;
        let by_id: BTreeMap<_, _> = rows.iter().map(|row| (row.doc_id, row)).collect();
        let none = Events::new();
        let mut case = |parties: Parties| {
            let side = parties.side_of(&self.0.org)?;
            let value = |side| by_id.get(&parties.document(side)).map(|row| (row.doc_id, &row.value));
            let request = value(Side::Sender).and_then(|(id, value)| Request::read(&id, value).ok());
            let response = value(Side::Receiver).and_then(|(id, value)| Response::read(&id, value).ok());
            let request = request.filter(|said| said.receiver == parties.receiver);
            let response = response.filter(|said| said.sender == parties.sender);
            let sent = request.as_ref().map_or(&none, |said| &said.events);
            let answered = response.as_ref().map_or(&none, |said| &said.events);
            let referral = fold(parties.referral, sent, answered, &homes_of(&known.homes, &parties));
            Some(Case { parties, side, request, referral, drafted: drafted.remove(&parties).unwrap_or_default() })
        };
        Ok(parties.into_iter().filter_map(&mut case).collect())
    }

    /// Decisions on referrals that wait for the home node, or that it refused.
    async fn drafted(&self, on: &BTreeSet<Parties>) -> Result<BTreeMap<Parties, Vec<(DocId, Decision)>>, Refusal> {
        let about: BTreeSet<DocId> = on.iter().map(Parties::request).collect();
        // There are few: of many referrals all are read rather than each referral's.
        let about = if about.len() > PAGE { BTreeSet::new() } else { about };
        let mut drafted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in self.decisions(about).await? {
            if let Ok(decision) = Decision::read(&row.owner, &row.value) {
                drafted.entry(decision.parties).or_default().push((row.doc_id, decision));
            }
        }
        Ok(drafted)
    }

    async fn decisions(&self, about: BTreeSet<DocId>) -> Result<Vec<DocumentRow>, Refusal> {
        let (owners, kind) = ([self.0.org].into(), Some(Kind::DECISION));
        let filter = DocumentFilter { kind, owners, about, life: Some(Life::Live), ..DocumentFilter::default() };
        let mut rows: Vec<DocumentRow> = Vec::new();
        loop {
            let after = rows.last().map(DocumentPlace::of);
            let page = self.0.store.documents(&filter, after.as_ref(), PAGE).await.map_err(fault)?;
            if page.is_empty() {
                return Ok(rows);
            }
            rows.extend(page);
        }
    }

    /// The referral that the start of an id names.
    pub(crate) async fn case(&self, id: &str) -> Result<Case, Refusal> {
        let mut rows = self.rows_of(Kind::REQUEST, Some(id), None).await?;
        rows.extend(self.rows_of(Kind::RESPONSE, Some(id), None).await?);
        let mut cases = self.folded(&rows).await?;
        // A partner that learned of a referral's id can write another under it: the one that we are in already goes first, and what
        // is a response alone is none.
        cases.retain(|case| case.request.is_some());
        let is_ours = |case: &Case| case.referral.events.iter().any(|told| told.side == case.side);
        let ids: BTreeSet<_> = cases.iter().map(|case| case.parties.referral).collect();
        if ids.len() == 1 && cases.iter().any(is_ours) {
            cases.retain(is_ours);
        }
        match cases.len() {
            0 => Err(Refusal::not_found(format!("there is no referral {id:?}"))
                .hint("`fingerpost referral list --all` shows the referrals and their ids")),
            1 => Ok(cases.swap_remove(0)),
            _ => {
                let candidates = cases.iter().map(|case| (case.parties.referral.to_string(), case.side.word()));
                Err(find::ambiguous("referral", id, candidates))
            }
        }
    }

    /// What all referrals are looked at with.
    pub(crate) async fn context(&self) -> Result<Context, Refusal> {
        self.context_with(None).await
    }

    /// What one is looked at with.
    pub(crate) async fn context_of(&self, case: &Case) -> Result<Context, Refusal> {
        self.context_with(Some(case.parties.receiver)).await
    }

    /// A referral between these.
    pub(crate) async fn case_of(&self, parties: &Parties) -> Result<Case, Refusal> {
        let id = parties.referral.to_string();
        let mut rows = self.rows_of(Kind::REQUEST, Some(&id), Some(parties.sender)).await?;
        rows.extend(self.rows_of(Kind::RESPONSE, Some(&id), Some(parties.receiver)).await?);
        let found = self.folded(&rows).await?.into_iter().find(|case| case.parties == *parties);
        found.ok_or_else(|| Refusal::not_found(format!("there is no referral {id}")))
    }

    async fn context_with(&self, of: Option<OrgId>) -> Result<Context, Refusal> {
        let mut pathways: BTreeMap<_, Vec<Pathway>> = BTreeMap::new();
        let keys = &self.known().await?.keys;
        for row in self.rows_of(Kind::PATHWAY, None, of).await? {
            let Some(pathway) = published(&row, keys) else { continue };
            let Some(listing) = pathway.listing() else { continue };
            pathways.entry((row.owner, listing)).or_default().push(pathway);
        }
        let mut onward: BTreeMap<_, Vec<Case>> = BTreeMap::new();
        let mut rows = self.rows_of(Kind::REQUEST, None, Some(self.0.org)).await?;
        rows.retain(|row| row.value.get("previous").is_some());
        let answers: Vec<DocId> = rows.iter().filter_map(Parties::of).map(|parties| parties.response()).collect();
        for ids in answers.chunks(PAGE) {
            let filter = DocumentFilter { ids: ids.iter().copied().collect(), ..DocumentFilter::default() };
            rows.extend(self.0.store.documents(&filter, None, PAGE).await.map_err(fault)?);
        }
        for case in self.folded(&rows).await? {
            if let Some(previous) = case.request.as_ref().and_then(|request| request.previous) {
                onward.entry(previous).or_default().push(case);
            }
        }
        Ok(Context { own: self.0.org, now: crate::clock::now(), pathways, onward })
    }
}

/// A pathway whose signature holds, signed by who offers it.
pub(super) fn published(row: &DocumentRow, keys: &BTreeMap<OrgId, KeysObject>) -> Option<Pathway> {
    let document = PathwayDocument::read(&row.owner, &row.value).ok()?;
    keys.get(&row.owner)?.verify(document.signed()).ok()?;
    Some(document.signed().content().pathway.clone())
}
