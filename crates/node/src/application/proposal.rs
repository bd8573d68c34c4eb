//! Proposals, claims and keepers: asking an owner for other words, answering what was asked, and what shows meanwhile.

use super::document::{bound, edits_of, new_record};
use super::view::Beside;
use super::{Application, fault, find};
use crate::api::{PathEdit, ProposalKind, ProposalRow, ProposalState, ProposedEdit, Report, Response, Written};
use crate::clock::now;
use domain::document::Kind;
use domain::proposal::{Answer, Proposal, Verdict, answer_document, keeper_edit, keepers, version};
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::effect::{Answer as Done, Command, Write, WriteAction};
use domain::sync::{Answering, Document, Proposing};
use domain::{DocId, OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::{BTreeMap, BTreeSet};
use store::{DocumentFilter, DocumentPlace, PageBound};

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

/// A proposal or claim as its document says it, and what the listing's owner said to it.
struct Told {
    row: DocumentRow,
    /// The listing that it is about.
    target: DocId,
    /// The edits; of a claim there are none.
    proposal: Option<Proposal>,
    verdict: Option<Verdict>,
    /// Of a claim: whether the listing it is about stands, so that what was said to an earlier claim is not the last word.
    target_stands: bool,
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
        // As the engine sends it: a keeper's to whoever has the listing.
        let is_public = row.is_public && keepers(&row.value).contains(&self.0.org);
        let proposing = Proposing { id, target: row.doc_id, edits, note };
        match self.engine()?.ask(Command::Propose(proposing)).await? {
            Done::Written(written) => Ok(Response::Written(Written {
                id: row.doc_id.record(),
                version: written.first().map_or(domain::VersionId::from_bytes([0; 32]), |one| one.version_id),
                changed: true,
                proposal: Some(id.record()),
                is_public,
            })),
            Done::Done | Done::Referred(_) | Done::Drafted(..) => Ok(Response::Done),
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
        let told = self.told(DocumentFilter { is_proposal: true, ..DocumentFilter::default() }).await?;
        let since = now().plus_ms(-TOLD_MS);
        let is_due = |told: &Told| {
            let is_own = told.row.owner == self.0.org;
            all || told.state() == ProposalState::Waiting || (is_own && told.at() > since)
        };
        let told: Vec<_> = told.into_iter().filter(is_due).collect();
        let ids = told.iter().map(|told| told.target).collect();
        let listings: BTreeMap<_, _> = self.rows(ids).await?.into_iter().map(|row| (row.doc_id, row)).collect();
        let mut proposals: Vec<_> = told.iter().filter_map(|told| told.shown(listings.get(&told.target))).collect();
        proposals.sort_by_key(|row| (row.at_ms, row.id));
        Ok(Response::Proposals { proposals, names: self.names().await? })
    }

    /// One proposal, as its owner is shown it before it is answered.
    pub(super) async fn show_proposal(&self, id: &str) -> Result<Response, Refusal> {
        let told = self.find_proposal(id).await?;
        let listing = self.row(told.target).await?;
        let proposals = told.shown(listing.as_ref()).into_iter().collect();
        Ok(Response::Proposals { proposals, names: self.names().await? })
    }

    /// Says yes or no to a proposal to an own listing, as it was shown to whoever says so.
    pub(super) async fn answer_proposal(&self, id: &str, seen: &str, verdict: Verdict) -> Result<Response, Refusal> {
        let told = self.find_proposal(id).await?;
        if !told.target.is_of(Kind::LISTING, &self.0.org) {
            let refusal = format!("proposal {} is about another organisation's listing", told.row.doc_id.record());
            return Err(Refusal::new(RefusalKind::NotAllowed, refusal).hint("only the listing's owner answers it"));
        }
        if seen != version(&told.row.heads) {
            let refusal = format!("proposal {} does not say what was seen any more", told.row.doc_id.record());
            return Err(Refusal::new(RefusalKind::WrongState, refusal)
                .hint("its maker changed it: `fingerpost proposal list` shows what it says now"));
        }
        let (proposal, target, seen) = (told.row.doc_id, told.target, told.row.heads);
        let answering = Answering { proposal, target, seen, verdict };
        match self.engine()?.ask(Command::AnswerProposal(answering)).await? {
            Done::Written(written) => Ok(Response::Written(Written {
                id: target.record(),
                version: written.first().map_or(domain::VersionId::from_bytes([0; 32]), |one| one.version_id),
                changed: true,
                proposal: None,
                is_public: false,
            })),
            Done::Done | Done::Referred(_) | Done::Drafted(..) => Ok(Response::Done),
        }
    }

    /// Takes an own proposal back, or a claim that was not accepted.
    pub(super) async fn withdraw_proposal(&self, id: &str) -> Result<Response, Refusal> {
        let told = self.find_proposal(id).await?;
        if told.row.owner != self.0.org {
            let refusal = format!("proposal {} is another organisation's", told.row.doc_id.record());
            return Err(Refusal::new(RefusalKind::NotAllowed, refusal)
                .hint("`fingerpost proposal refuse` answers one that is for you"));
        }
        match (&told.verdict, &told.proposal) {
            (Some(Verdict::Accepted), None) => {
                let refusal = "the claim was accepted: the listing is this organisation's own";
                return Err(Refusal::new(RefusalKind::AlreadyDone, refusal)
                    .hint("`fingerpost listing withdraw` takes the listing back, everywhere"));
            }
            (Some(_), Some(_)) => {
                return Err(Refusal::new(RefusalKind::AlreadyDone, "it was answered already")
                    .hint("`fingerpost proposal list` tells what its owner said"));
            }
            (Some(Verdict::Refused { .. }), None) | (None, _) => {}
        }
        let (doc_id, kind, action) = (told.row.doc_id, told.row.kind, WriteAction::Withdraw);
        let write = Write { doc_id, kind, action, imported: None, change: None };
        self.engine()?.ask(Command::Write(vec![write])).await?;
        Ok(Response::Done)
    }

    /// The proposal that an id, or the start of one, names.
    async fn find_proposal(&self, text: &str) -> Result<Told, Refusal> {
        let hint = "`fingerpost proposal list` shows the proposals and their ids";
        let record = find::record(text, "proposal list")?;
        let filter = DocumentFilter { is_proposal: true, record: Some(record), ..DocumentFilter::default() };
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
        let mut reports = Vec::new();
        // Each keeper has room of its own, so that none crowds out what another says.
        for keeper in keepers(&row.value).into_iter().take(limits::KEEPERS_SHOWN) {
            let filter = DocumentFilter {
                kind: Some(Kind::PROPOSAL),
                owners: [keeper].into(),
                life: Some(Life::Live),
                about: [row.doc_id].into(),
                ..DocumentFilter::default()
            };
            let bound = PageBound { rows: limits::PROPOSALS_OPEN, bytes: limits::REPORTS_BYTES };
            let page = self.0.store.document_page(&filter, None, bound).await.map_err(fault)?;
            let told = self.told_of(page.rows).await?;
            let waiting = told.iter().filter(|told| told.state() == ProposalState::Waiting);
            reports.extend(waiting.filter_map(Told::report));
        }
        reports.sort_by_key(|report| (report.at_ms, report.proposal));
        let bound = PageBound { rows: limits::PROPOSALS_RECALLED, bytes: limits::PROPOSALS_RECALLED_BYTES };
        let answered = self.0.store.answered_proposals(&row.doc_id, &row.owner, bound).await.map_err(fault)?;
        let maker = |row: &DocumentRow| Some((Proposal::read(&row.value).ok()?.actor(row.doc_id), row.owner));
        let makers = answered.rows.iter().filter_map(maker).collect();
        let (moved_from, owner_heard) = (self.moved_from(row).await?, self.heard(row.owner).await?);
        Ok(Beside { reports, makers, moved_from, owner_heard })
    }

    /// Proposals with what was said to them.
    async fn told(&self, filter: DocumentFilter) -> Result<Vec<Told>, Refusal> {
        let mut told: Vec<Told> = Vec::new();
        let mut after: Option<DocumentPlace> = None;
        loop {
            let page = self.0.store.document_page(&filter, after.as_ref(), bound(PAGE)).await.map_err(fault)?;
            after = page.rows.last().map(DocumentPlace::of);
            told.extend(self.told_of(page.rows).await?);
            if page.is_end || after.is_none() {
                return Ok(told);
            }
        }
    }

    /// These proposals with what was said to them. One that says nothing a proposal can say is passed over.
    async fn told_of(&self, page: Vec<DocumentRow>) -> Result<Vec<Told>, Refusal> {
        if page.is_empty() {
            return Ok(Vec::new());
        }
        let about = page.iter().map(|row| row.doc_id).collect();
        let of = DocumentFilter { kind: Some(Kind::ANSWER), about, with_hidden: true, ..DocumentFilter::default() };
        let answers = self.0.store.documents(&of, None, usize::MAX).await.map_err(fault)?;
        let answers: BTreeMap<_, _> = answers.into_iter().map(|answer| (answer.doc_id, answer)).collect();
        let owners = self.owners(page.iter().filter(|row| row.kind == Kind::LISTING)).await?;
        let told = page.into_iter().filter_map(|row| {
            let proposal = match row.kind {
                Kind::PROPOSAL => Some(Proposal::read(&row.value).ok()?),
                Kind::LISTING => None,
                _ => return None,
            };
            let target = row.about?;
            let claimed = owners.get(&target).copied();
            let owner = proposal.as_ref().map(|proposal| proposal.owner).or(claimed.map(|(owner, _)| owner))?;
            let answer = answers.get(&answer_document(&owner, &row.doc_id));
            let verdict = answer.and_then(|answer| Answer::read(&answer.value).ok()).map(|answer| answer.verdict);
            let target_stands = claimed.is_some_and(|(_, life)| life == Life::Live);
            Some(Told { row, target, proposal, verdict, target_stands })
        });
        Ok(told.collect())
    }

    /// Whose the listings are that these go on from, where they are here, and whether they stand.
    async fn owners(
        &self,
        claims: impl Iterator<Item = &DocumentRow>,
    ) -> Result<BTreeMap<DocId, (OrgId, Life)>, Refusal> {
        let rows = self.rows(claims.filter_map(|row| row.about).collect()).await?;
        Ok(rows.into_iter().map(|row| (row.doc_id, (row.owner, row.life))).collect())
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
            // The listing went over and came back since, and is claimed again.
            (Some(Verdict::Accepted), Life::Live) if self.proposal.is_none() && self.target_stands => {
                ProposalState::Waiting
            }
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
        self.proposal.iter().flat_map(|proposal| &proposal.edits).map(edit).collect()
    }

    fn at(&self) -> Timestamp {
        self.proposal.as_ref().map_or(self.row.last_modified, |proposal| proposal.made_at)
    }

    fn note(&self) -> String {
        self.proposal.as_ref().map(|proposal| proposal.note.clone()).unwrap_or_default()
    }

    fn report(&self) -> Option<Report> {
        self.proposal.as_ref()?;
        Some(Report {
            proposal: self.row.doc_id.record(),
            organisation: self.row.owner,
            at_ms: self.at(),
            edits: self.edits(),
            note: self.note(),
        })
    }

    /// For a list; nothing where it is not known whose listing it is about.
    fn shown(&self, listing: Option<&DocumentRow>) -> Option<ProposalRow> {
        let owner = self.proposal.as_ref().map(|proposal| proposal.owner).or(listing.map(|row| row.owner))?;
        Some(ProposalRow {
            id: self.row.doc_id.record(),
            version: version(&self.row.heads),
            kind: if self.proposal.is_some() { ProposalKind::Change } else { ProposalKind::Claim },
            listing: self.target.record(),
            listing_name: listing.map(|row| row.name.clone()).unwrap_or_default(),
            owner,
            organisation: self.row.owner,
            at_ms: self.at(),
            state: self.state(),
            reason: match &self.verdict {
                Some(Verdict::Refused { reason }) => reason.clone(),
                _ => String::new(),
            },
            by_keeper: listing.is_some_and(|row| keepers(&row.value).contains(&self.row.owner)),
            is_public: self.row.is_public,
            edits: self.edits(),
            note: self.note(),
        })
    }
}
