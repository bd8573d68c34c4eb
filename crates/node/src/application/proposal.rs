//! Proposals and keepers: asking an owner for other words, answering what was asked, and what shows meanwhile.

use super::document::{edits_of, new_record};
use super::view::Beside;
use super::{Application, fault, find};
use crate::api::{PathEdit, ProposalRow, ProposalState, ProposedEdit, Report, Response, Written};
use crate::clock::now;
use domain::document::Kind;
use domain::proposal::{Answer, Proposal, Verdict, answer_document, keeper_edit, keepers};
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::effect::{Answer as Done, Command, Write, WriteAction};
use domain::sync::{Document, Proposing};
use domain::{DocId, OrgId, Refusal, RefusalKind};
use std::collections::{BTreeMap, BTreeSet};
use store::{DocumentFilter, DocumentPlace};

/// Proposals read at once.
const PAGE: usize = 500;
/// How long what became of an own proposal is told without being asked for.
const TOLD_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Whether a keepership begins or ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    Begin,
    End,
}

/// A proposal as its document says it, and what its owner said to it.
struct Told {
    row: DocumentRow,
    proposal: Proposal,
    verdict: Option<Verdict>,
}

impl Application {
    /// Proposes edits of another organisation's listing.
    pub(super) async fn propose(&self, id: &str, edits: &[PathEdit], note: String) -> Result<Response, Refusal> {
        let row = self.find_listing(id).await?;
        if row.owner == self.0.org {
            return Err(Refusal::new(RefusalKind::NotAllowed, format!("{:?} is your own listing", row.name))
                .hint("`fingerpost listing edit` changes it at once"));
        }
        let edits = edits_of(Kind::LISTING, &row.value, edits)?;
        if edits.is_empty() {
            return Err(Refusal::invalid("it is not said what should change").hint("for example: --set fees=free"));
        }
        let id = DocId::new(new_record(now())?, Kind::PROPOSAL, &self.0.org);
        let proposing = Proposing { id, target: row.doc_id, edits, note };
        match self.engine()?.ask(Command::Propose(proposing)).await? {
            Done::Written(written) => Ok(Response::Written(Written {
                id: row.doc_id.record(),
                version: written.first().map_or(domain::VersionId::from_bytes([0; 32]), |one| one.version_id),
                changed: true,
                proposal: Some(id.record()),
            })),
            Done::Done => Ok(Response::Done),
        }
    }

    /// Makes an organisation a keeper of an own listing, or ends that.
    pub(super) async fn keep(&self, id: &str, organisation: &str, keeping: Keeping) -> Result<Response, Refusal> {
        let row = self.find_own_listing(id, "given a keeper").await?;
        let org = match keeping {
            Keeping::Begin => self.find_organisation(organisation).await?,
            Keeping::End => self.find_keeper(&row, organisation).await?,
        };
        if org == self.0.org {
            return Err(Refusal::invalid("an organisation is no keeper of its own listing: it owns it"));
        }
        let is_keeper = keepers(&row.value).contains(&org);
        let edit = match keeping {
            Keeping::Begin if is_keeper => {
                return self.write(row.doc_id, Kind::LISTING, WriteAction::Edit(vec![])).await;
            }
            Keeping::Begin if !self.is_known(&org).await? => {
                return Err(Refusal::not_found(format!("{org} is not known here"))
                    .hint("pair with it, or follow a hub that vouches for it: what it says has to reach this node"));
            }
            Keeping::Begin => keeper_edit(&org, Some(now())),
            Keeping::End => keeper_edit(&org, None),
        };
        self.write(row.doc_id, Kind::LISTING, WriteAction::Edit(vec![edit])).await
    }

    /// A keeper by its id or name, also one that is not known here any more.
    async fn find_keeper(&self, listing: &DocumentRow, text: &str) -> Result<OrgId, Refusal> {
        let all = keepers(&listing.value);
        let named = self.find_organisation(text).await.ok().filter(|org| all.contains(org));
        let mut begun = all.iter().filter(|org| org.to_string().to_lowercase().starts_with(&text.to_lowercase()));
        match (named, begun.next(), begun.next()) {
            (Some(org), ..) => Ok(org),
            (None, Some(org), None) => Ok(*org),
            _ => Err(Refusal::not_found(format!("{text:?} is no keeper of {:?}", listing.name))
                .hint("`fingerpost listing show` names its keepers")),
        }
    }

    async fn is_known(&self, org: &OrgId) -> Result<bool, Refusal> {
        let known = self.known().await?;
        Ok(known.partners.contains_key(org) || known.vouched().any(|(vouched, _)| vouched == org))
    }

    /// Proposals that wait, and what became of own ones lately; or all.
    pub(super) async fn proposals(&self, all: bool) -> Result<Response, Refusal> {
        let told = self.told(DocumentFilter { kind: Some(Kind::PROPOSAL), ..DocumentFilter::default() }).await?;
        let since = now().plus_ms(-TOLD_MS);
        let is_due = |told: &Told| {
            let is_own = told.row.owner == self.0.org;
            all || told.state() == ProposalState::Waiting || (is_own && told.proposal.made_at > since)
        };
        let told: Vec<_> = told.into_iter().filter(is_due).collect();
        let ids = told.iter().map(|told| told.proposal.target).collect();
        let listings: BTreeMap<_, _> = self.rows(ids).await?.into_iter().map(|row| (row.doc_id, row)).collect();
        let mut proposals: Vec<_> = told.iter().map(|told| told.shown(listings.get(&told.proposal.target))).collect();
        proposals.sort_by_key(|row| (row.at_ms, row.id));
        Ok(Response::Proposals { proposals, names: self.names().await? })
    }

    /// Says yes or no to a proposal to an own listing.
    pub(super) async fn answer_proposal(&self, id: &str, verdict: Verdict) -> Result<Response, Refusal> {
        let told = self.find_proposal(id).await?;
        if told.proposal.owner != self.0.org {
            let refusal = format!("proposal {} is about another organisation's listing", told.row.doc_id.record());
            return Err(Refusal::new(RefusalKind::NotAllowed, refusal).hint("only the listing's owner answers it"));
        }
        let (proposal, target) = (told.row.doc_id, told.proposal.target);
        match self.engine()?.ask(Command::AnswerProposal { proposal, target, verdict }).await? {
            Done::Written(written) => Ok(Response::Written(Written {
                id: target.record(),
                version: written.first().map_or(domain::VersionId::from_bytes([0; 32]), |one| one.version_id),
                changed: true,
                proposal: None,
            })),
            Done::Done => Ok(Response::Done),
        }
    }

    /// Takes an own proposal back.
    pub(super) async fn withdraw_proposal(&self, id: &str) -> Result<Response, Refusal> {
        let told = self.find_proposal(id).await?;
        if told.row.owner != self.0.org {
            let refusal = format!("proposal {} is another organisation's", told.row.doc_id.record());
            return Err(Refusal::new(RefusalKind::NotAllowed, refusal)
                .hint("`fingerpost proposal refuse` answers one that is for you"));
        }
        let (doc_id, kind, action) = (told.row.doc_id, Kind::PROPOSAL, WriteAction::Withdraw);
        let write = Write { doc_id, kind, action, imported: None, change: None };
        self.engine()?.ask(Command::Write(vec![write])).await?;
        Ok(Response::Done)
    }

    /// The proposal that an id, or the start of one, names.
    async fn find_proposal(&self, text: &str) -> Result<Told, Refusal> {
        let hint = "`fingerpost proposal list` shows the proposals and their ids";
        let record = find::record(text).map_err(|refusal| refusal.hint(hint))?;
        let filter = DocumentFilter { kind: Some(Kind::PROPOSAL), record: Some(record), ..DocumentFilter::default() };
        let mut told = self.told(filter).await?;
        match told.len() {
            0 => Err(Refusal::not_found(format!("there is no proposal {text:?}")).hint(hint)),
            1 => Ok(told.swap_remove(0)),
            _ => {
                let candidates = told.iter().map(|told| (told.row.doc_id.record().to_string(), "proposal"));
                Err(find::ambiguous("proposal", text, candidates))
            }
        }
    }

    /// What others have said of a document, for who reads it.
    pub(super) async fn beside(&self, document: &Document) -> Result<Beside, Refusal> {
        let Some(row) = document.row.as_ref().filter(|row| row.kind == Kind::LISTING) else {
            return Ok(Beside::default());
        };
        let filter = DocumentFilter {
            kind: Some(Kind::PROPOSAL),
            about: [row.doc_id].into(),
            with_hidden: true,
            ..DocumentFilter::default()
        };
        let told = self.told(filter).await?;
        let kept = keepers(&row.value);
        let waits = |told: &&Told| told.state() == ProposalState::Waiting && kept.contains(&told.row.owner);
        let mut reports: Vec<_> = told.iter().filter(waits).map(Told::report).collect();
        reports.sort_by_key(|report| (report.at_ms, report.proposal));
        let makers = told.iter().map(|told| (told.proposal.actor(told.row.doc_id), told.row.owner)).collect();
        Ok(Beside { reports, makers })
    }

    /// Proposals with what was said to them. One that says nothing a proposal can say is passed over.
    async fn told(&self, filter: DocumentFilter) -> Result<Vec<Told>, Refusal> {
        let mut told: Vec<Told> = Vec::new();
        let mut after: Option<DocumentPlace> = None;
        loop {
            let page = self.0.store.documents(&filter, after.as_ref(), PAGE).await.map_err(fault)?;
            let Some(last) = page.last() else { return Ok(told) };
            after = Some(DocumentPlace::of(last));
            let about = page.iter().map(|row| row.doc_id).collect();
            let of = DocumentFilter { kind: Some(Kind::ANSWER), about, with_hidden: true, ..DocumentFilter::default() };
            let answers = self.0.store.documents(&of, None, usize::MAX).await.map_err(fault)?;
            let answers: BTreeMap<_, _> = answers.into_iter().map(|answer| (answer.doc_id, answer)).collect();
            told.extend(page.into_iter().filter_map(|row| {
                let proposal = Proposal::read(&row.value).ok()?;
                let answer = answers.get(&answer_document(&proposal.owner, &row.doc_id));
                let verdict = answer.and_then(|answer| Answer::read(&answer.value).ok()).map(|answer| answer.verdict);
                Some(Told { row, proposal, verdict })
            }));
        }
    }

    async fn rows(&self, ids: BTreeSet<DocId>) -> Result<Vec<DocumentRow>, Refusal> {
        let ids: Vec<_> = ids.into_iter().collect();
        let mut rows = Vec::new();
        for page in ids.chunks(PAGE) {
            let filter =
                DocumentFilter { ids: page.iter().copied().collect(), with_hidden: true, ..DocumentFilter::default() };
            rows.extend(self.0.store.documents(&filter, None, PAGE).await.map_err(fault)?);
        }
        Ok(rows)
    }
}

impl Told {
    fn state(&self) -> ProposalState {
        match (&self.verdict, self.row.life) {
            (Some(Verdict::Accepted), _) => ProposalState::Accepted,
            (Some(Verdict::Refused { .. }), _) => ProposalState::Refused,
            (None, Life::Live) => ProposalState::Waiting,
            (None, Life::Withdrawn | Life::Erased) => ProposalState::Withdrawn,
        }
    }

    fn edits(&self) -> Vec<ProposedEdit> {
        let edit = |proposed: &domain::proposal::ProposedEdit| ProposedEdit {
            field: proposed.edit.path.join("."),
            value: proposed.edit.value.clone(),
            was: proposed.was.clone(),
        };
        self.proposal.edits.iter().map(edit).collect()
    }

    fn report(&self) -> Report {
        Report {
            proposal: self.row.doc_id.record(),
            organisation: self.row.owner,
            at_ms: self.proposal.made_at,
            edits: self.edits(),
            note: self.proposal.note.clone(),
        }
    }

    fn shown(&self, listing: Option<&DocumentRow>) -> ProposalRow {
        ProposalRow {
            id: self.row.doc_id.record(),
            listing: self.proposal.target.record(),
            listing_name: listing.map(|row| row.name.clone()).unwrap_or_default(),
            owner: self.proposal.owner,
            organisation: self.row.owner,
            at_ms: self.proposal.made_at,
            state: self.state(),
            reason: match &self.verdict {
                Some(Verdict::Refused { reason }) => reason.clone(),
                _ => String::new(),
            },
            by_keeper: listing.is_some_and(|row| keepers(&row.value).contains(&self.row.owner)),
            edits: self.edits(),
            note: self.proposal.note.clone(),
        }
    }
}
