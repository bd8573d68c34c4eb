//! What a node can be asked, and what it answers: the one application API that the command line, the local control
//! socket and the pages share.
//!
//! Values only, with serde; nothing here knows a transport, a store or a key. An expected "no" is a [`Refusal`].
//! The structs that make up the fixed `--json` forms hold exactly those fields; what only people read beside them
//! travels in the [`Response`] variant, next to the struct.

mod change;
mod import;
mod listing;
mod partner;
mod privacy;
mod publication;
mod referral;
mod status;
mod timescale;
mod token;

pub use change::{ListedState, ListingChange, ListingChanges, ListingState, ListingStates, WatchFrom};
pub use domain::pii::Pii;
pub use domain::referral::{Action, Basis, Contact, Outcome, PassBack, Reason, Role, SMALL_NUMBER, Step};
pub use domain::{NodeId, OrgId, RecordId, Refusal, RefusalKind, Timestamp, VersionId};
pub use domain::{form, pathway};
pub use import::{
    BadRow, ColumnReading, FieldDifference, ImportCounts, ImportDifference, ImportPreview, ImportSource, Imported,
    Novelty, SaidBy, UndoCounts, UndoLeft, UndoPreview, Undone,
};
pub use listing::{
    Conflict, ConflictValue, DocumentView, HistoryEntry, ListingPage, ListingRow, MovedFrom, PathEdit, ProposalKind,
    ProposalRow, ProposalState, ProposedEdit, Report, Written,
};
pub use partner::{
    Heard, InviteRole, Invited, Joined, PartnerRow, PartnerState, PartnerView, RosterRow, Trust, Withheld, Words,
};
pub use privacy::{AccessRow, AgreementRow, DueRow, ErasureRow, PrivacyRequest, PrivacyResponse};
pub use publication::{PublicationRequest, PublicationRow, PublicationView};
pub use referral::{
    ChaseRow, Direction, DraftChange, DraftedRow, EventRow, GIVEN_UP, KeyState, NewReferral, Opened, OverdueRow, Owed,
    Payloads, ReferralAct, ReferralChange, ReferralChanges, ReferralDone, ReferralRequest, ReferralResponse,
    ReferralRow, ReferralView,
};
pub use status::{
    Check, Initialised, NodeDetail, NodeKeys, Overview, OwnerCount, RefusedContent, Setting, Severity, SignedRow,
    Status, Verified, VerifiedBad,
};
pub use timescale::{PathwayTimes, StepTimes};
pub use token::{AdminPort, TokenAdded, TokenRow, TokenScope, TokenScopes};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What may be asked. `id` fields take a whole id or the start of one, as long as it names one thing only;
/// a partner may also be named by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
pub enum Request {
    /// How things stand. Answered by [`Response::Status`].
    Status,
    /// The named checks. Answered by [`Response::Doctor`].
    Doctor,
    /// What the first page shows. Answered by [`Response::Overview`].
    Overview,
    /// Whether the store answers. Answered by [`Response::Done`] or a refusal of kind `Busy` that says why not.
    Ready,
    /// The merged configuration. Answered by [`Response::Configuration`].
    Configuration,
    /// The metrics as Prometheus text. Answered by [`Response::Metrics`].
    Metrics,
    /// Opens an invitation. Answered by [`Response::Invited`].
    Invite {
        /// What the joiner becomes.
        role: InviteRole,
        /// How long it stands, in milliseconds; `limits::INVITATION_MS` when nothing is said.
        expires_in_ms: Option<i64>,
    },
    /// Joins by another's invitation. Answered by [`Response::Joined`].
    Join {
        /// The code as it was given: white space around it and line breaks inside it do not matter.
        code: String,
    },
    /// All partners. Answered by [`Response::Partners`].
    PartnerList,
    /// One partner. Answered by [`Response::Partner`].
    PartnerShow {
        /// Which.
        id: String,
    },
    /// A person compared the partner's words. Answered by [`Response::Partner`].
    PartnerConfirm {
        /// Which.
        id: String,
        /// The eight words that the partner read aloud.
        words: String,
    },
    /// Sends nothing and takes nothing until resumed. Answered by [`Response::Partner`].
    PartnerPause {
        /// Which.
        id: String,
    },
    /// Ends a pause. Answered by [`Response::Partner`].
    PartnerResume {
        /// Which.
        id: String,
    },
    /// Ends the partnership and cuts its links. Answered by [`Response::Done`].
    PartnerRemove {
        /// Which.
        id: String,
    },
    /// The nodes of this organisation. Answered by [`Response::Nodes`].
    KeyList,
    /// Retires a node that was lost. Answered by [`Response::Nodes`].
    KeyRetire {
        /// Which: its id, or the start of it.
        node: String,
        /// The organisation's recovery words.
        words: Words,
    },
    /// What a node of this organisation signed last of what stands. Answered by [`Response::Signed`].
    KeySigned {
        /// Which: its id, or the start of it.
        node: String,
    },
    /// Says that a node's keys were stolen: what it signed is nobody's word any more. What stands of it is signed anew by
    /// this node first. Answered by [`Response::Nodes`].
    KeyCompromised {
        /// Which: its id, or the start of it.
        node: String,
        /// The organisation's recovery words.
        words: Words,
    },
    /// The organisations that this one vouches for. Answered by [`Response::Roster`].
    RosterList,
    /// Puts one on it. Answered by [`Response::Roster`].
    RosterAdd {
        /// Which: a partner, or one that a followed hub vouches for.
        id: String,
    },
    /// Takes one off it. Answered by [`Response::Roster`].
    RosterRemove {
        /// Which.
        id: String,
    },
    /// Holds what a partner relays as a hub. Answered by [`Response::Partner`].
    Follow {
        /// Which.
        id: String,
    },
    /// Ends that; what came through it alone is hidden at once. Answered by [`Response::Partner`].
    Unfollow {
        /// Which.
        id: String,
    },
    /// This node's own organisation document. Answered by [`Response::Document`].
    OrganisationShow,
    /// Edits it. Answered by [`Response::Written`].
    OrganisationEdit {
        /// What to change.
        edits: Vec<PathEdit>,
    },
    /// Listings, a page at a time. Answered by [`Response::Listings`].
    ListingList {
        /// Only those of this organisation (its id, the start of it, or a partner's name).
        owner: Option<String>,
        /// Where the page before ended ([`ListingPage::next`]).
        after: Option<String>,
    },
    /// One listing with its conflicts and history. Answered by [`Response::Document`].
    ListingShow {
        /// Which.
        id: String,
    },
    /// A new listing. Answered by [`Response::Written`].
    ListingAdd {
        /// What it says: at least a name.
        edits: Vec<PathEdit>,
        /// Who may hold it: `public`, `partners`, `own`, or organisations with commas between; `public` when nothing is said.
        audience: Option<String>,
    },
    /// Edits an own listing, or proposes the same for one that this organisation keeps. Answered by [`Response::Written`].
    ListingEdit {
        /// Which.
        id: String,
        /// What to change.
        edits: Vec<PathEdit>,
    },
    /// Takes an own listing back. Answered by [`Response::Written`].
    ListingWithdraw {
        /// Which.
        id: String,
    },
    /// Changes who may hold an own listing. Answered by [`Response::Written`].
    ListingShare {
        /// Which.
        id: String,
        /// As in [`Request::ListingAdd`].
        audience: String,
    },
    /// Proposes to the owner of a listing what it should say. Answered by [`Response::Written`], with the proposal.
    ListingPropose {
        /// Which.
        id: String,
        /// What to change.
        edits: Vec<PathEdit>,
        /// For the owner, in words.
        note: String,
    },
    /// Takes the proposals of an organisation on an own listing without asking from now on. Answered by [`Response::Written`].
    ListingKeeperAdd {
        /// Which listing.
        id: String,
        /// Which organisation: its id, the start of it, or its name.
        organisation: String,
    },
    /// Ends that. Answered by [`Response::Written`].
    ListingKeeperRemove {
        /// Which listing.
        id: String,
        /// Which organisation.
        organisation: String,
    },
    /// Offers an own listing to another organisation, which takes it over by claiming it. Answered by [`Response::Written`].
    ListingTransfer {
        /// Which listing.
        id: String,
        /// To whom; to nobody any more when nothing is said.
        organisation: Option<String>,
    },
    /// Says that nobody keeps an own listing, so that whoever claims it has it. Answered by [`Response::Written`].
    ListingOrphan {
        /// Which listing.
        id: String,
        /// That somebody keeps it after all.
        undo: bool,
    },
    /// Takes over another organisation's listing, by a listing of this one's that goes on from it. The old owner confirms it:
    /// at once where it was offered or is nobody's, else when a person there says so. Answered by [`Response::Written`].
    ListingClaim {
        /// Which listing.
        id: String,
        /// As in [`Request::ListingAdd`]; it has to be said where the listing is not public.
        audience: Option<String>,
    },
    /// Forms and pathways.
    Publication(PublicationRequest),
    /// Referrals.
    Referral(ReferralRequest),
    /// Personal data that is held here.
    Privacy(PrivacyRequest),
    /// Proposals. Answered by [`Response::Proposals`].
    ProposalList {
        /// Those that were answered or taken back long ago as well.
        all: bool,
    },
    /// One proposal. Answered by [`Response::Proposals`], with that alone.
    ProposalShow {
        /// Which proposal.
        id: String,
    },
    /// Takes what was proposed for an own listing. Refused where the proposal says something else than what was shown.
    /// Answered by [`Response::Written`].
    ProposalAccept {
        /// Which proposal.
        id: String,
        /// [`ProposalRow::version`] as it was shown to whoever accepts it.
        seen: String,
    },
    /// Does not. Answered by [`Response::Done`].
    ProposalRefuse {
        /// Which proposal.
        id: String,
        /// As in [`Request::ProposalAccept`].
        seen: String,
        /// Why, for its maker: as public as the proposal.
        reason: String,
    },
    /// Takes an own proposal back. Answered by [`Response::Done`].
    ProposalWithdraw {
        /// Which proposal.
        id: String,
    },
    /// Live listings with all they say, a page at a time. Answered by [`Response::ListingStates`].
    ListingStates {
        /// As in [`Request::ListingList`].
        owner: Option<String>,
        /// Where the page before ended ([`ListingStates::next`]).
        after: Option<String>,
        /// How many at most, up to 500.
        limit: usize,
    },
    /// What became of listings since a place. Answered at once by [`Response::ListingChanges`]; refused as expired when
    /// the place is of no use any more.
    ListingChanges {
        /// As in [`Request::ListingList`].
        owner: Option<String>,
        /// The place.
        from: WatchFrom,
    },
    /// The same, answered once something happened here since, not necessarily to a listing of this owner.
    ListingAwait {
        /// As in [`Request::ListingList`].
        owner: Option<String>,
        /// [`ListingChanges::next`] of an answer that was the end.
        after: String,
    },
    /// The API tokens. Answered by [`Response::Tokens`].
    TokenList,
    /// A new API token. Answered by [`Response::TokenAdded`].
    TokenAdd {
        /// What to call it.
        name: String,
        /// What it is good for.
        scope: TokenScopes,
        /// How long, in milliseconds; for ever when nothing is said.
        expires_in_ms: Option<i64>,
    },
    /// Ends an API token and every watch that it opened. Answered by [`Response::Tokens`].
    TokenRevoke {
        /// Which: its id, the start of it, or its name.
        id: String,
    },
    /// Reads a file and says what importing it would do. Answered by [`Response::ImportPreview`].
    ImportPreview(ImportSource),
    /// Does what a preview showed. Answered by [`Response::Imported`].
    ImportApply {
        /// [`ImportPreview::plan`]. A node keeps the newest plan only, and forgets it when it stops.
        plan: String,
    },
    /// Says what taking back the last import would do. Answered by [`Response::UndoPreview`]; refused where nothing was imported.
    ImportUndoPreview {
        /// Of this source; of whichever was imported last when nothing is said.
        source: Option<String>,
    },
    /// Takes back what a preview showed. Answered by [`Response::ImportUndone`].
    ImportUndo {
        /// [`UndoPreview::plan`]. A node keeps the newest only, as with [`Request::ImportApply`].
        plan: String,
    },
    /// The own listings as HSDS-UK 3.0 services, a page at a time. Answered by [`Response::Exported`].
    Export {
        /// Where the page before ended.
        after: Option<String>,
    },
    /// Checks every hash and signature held. Answered by [`Response::Verified`].
    Verify,
}

/// What the node answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Response {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Doctor`], worst first.
    Doctor {
        /// Each check that was made.
        checks: Vec<Check>,
    },
    /// To [`Request::Overview`].
    Overview(Box<Overview>),
    /// To [`Request::Configuration`].
    Configuration {
        /// Each setting, by name. Secrets are shown as `[secret]`.
        settings: Vec<Setting>,
    },
    /// To [`Request::Metrics`].
    Metrics {
        /// Prometheus text format 0.0.4. It names no partner and no document.
        text: String,
    },
    /// To [`Request::Invite`].
    Invited {
        /// The code.
        invited: Invited,
        /// When it ends.
        expires_at_ms: Timestamp,
        /// Where the invitation says this node can be reached (`host:port`); empty when others cannot reach it.
        addresses: Vec<String>,
    },
    /// To [`Request::Join`].
    Joined {
        /// The partner and its words.
        joined: Joined,
        /// This organisation's own words, to be read aloud to the partner.
        own_words: String,
    },
    /// To [`Request::PartnerList`].
    Partners {
        /// By name.
        partners: Vec<PartnerRow>,
    },
    /// To all that concerns the nodes of this organisation.
    Nodes {
        /// In order of id.
        nodes: Vec<NodeKeys>,
    },
    /// To [`Request::KeySigned`].
    Signed {
        /// How many documents.
        documents: u64,
        /// The newest of them, newest first, at most 20.
        newest: Vec<SignedRow>,
    },
    /// To all that concerns the roster.
    Roster {
        /// By name.
        entries: Vec<RosterRow>,
    },
    /// To all that concerns one partner and leaves it there.
    Partner(Box<PartnerView>),
    /// To [`Request::ListingShow`] and [`Request::OrganisationShow`].
    Document {
        /// The document.
        view: Box<DocumentView>,
        /// The names of the organisations that the view names by id, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`PublicationRequest::FormList`] and [`PublicationRequest::PathwayList`].
    Publications {
        /// The own first, then by name.
        rows: Vec<PublicationRow>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`PublicationRequest::FormShow`] and [`PublicationRequest::PathwayShow`].
    Publication {
        /// The form or pathway.
        view: Box<PublicationView>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`PublicationRequest::PathwayTimes`].
    PathwayTimes {
        /// What was received first, then by name.
        rows: Vec<PathwayTimes>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`Request::Referral`].
    Referral(ReferralResponse),
    /// To [`Request::Privacy`].
    Privacy(PrivacyResponse),
    /// To [`Request::ListingList`].
    Listings(ListingPage),
    /// To [`Request::ProposalList`].
    Proposals {
        /// Oldest first.
        proposals: Vec<ProposalRow>,
        /// The names of the organisations that they name by id, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`Request::ListingStates`].
    ListingStates(ListingStates),
    /// To [`Request::ListingChanges`] and [`Request::ListingAwait`].
    ListingChanges(ListingChanges),
    /// To [`Request::TokenList`] and [`Request::TokenRevoke`].
    Tokens {
        /// The oldest first.
        tokens: Vec<TokenRow>,
    },
    /// To [`Request::TokenAdd`].
    TokenAdded(TokenAdded),
    /// To everything that writes one document.
    Written(Written),
    /// To [`Request::ImportPreview`].
    ImportPreview(Box<ImportPreview>),
    /// To [`Request::ImportApply`].
    Imported(Imported),
    /// To [`Request::ImportUndoPreview`].
    UndoPreview(Box<UndoPreview>),
    /// To [`Request::ImportUndo`].
    ImportUndone(Undone),
    /// To [`Request::Export`].
    Exported {
        /// One HSDS-UK 3.0 service each.
        services: Vec<serde_json::Value>,
        /// Where to go on, when there is more.
        next: Option<String>,
    },
    /// To [`Request::Verify`].
    Verified(Verified),
    /// There is nothing to say but that it is done.
    Done,
}

/// How far long work is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done, for a person: "reading", "writing listings".
    pub what: String,
    /// How many are done.
    pub done: u64,
    /// Of how many, where that is known.
    pub total: Option<u64>,
}

/// An organisation with the name that this node knows it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
}

/// Where progress is reported to. Telling it never waits: a listener that is slow misses some.
#[derive(Clone, Debug)]
pub struct ProgressSender(Option<mpsc::Sender<Progress>>);

impl ProgressSender {
    /// To this channel.
    pub fn new(to: mpsc::Sender<Progress>) -> Self {
        Self(Some(to))
    }

    /// To nobody.
    pub const fn silent() -> Self {
        Self(None)
    }

    /// Says how far the work is.
    pub fn tell(&self, what: &str, done: u64, total: Option<u64>) {
        if let Some(to) = &self.0 {
            // A full channel means that somebody reads slowly: the next word will do.
            let _ = to.try_send(Progress { what: what.to_owned(), done, total });
        }
    }
}

type Asked = dyn Fn(Request, ProgressSender) -> BoxFuture<'static, Result<Response, Refusal>> + Send + Sync;

/// The application API of one open node, as whoever serves it holds it. Clones are one and the same.
#[derive(Clone)]
pub struct Handle(Arc<Asked>);

impl Handle {
    /// Over the function that answers.
    pub fn new<F, A>(answer: F) -> Self
    where
        F: Fn(Request, ProgressSender) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response, Refusal>> + Send + 'static,
    {
        Self(Arc::new(move |request, progress| Box::pin(answer(request, progress))))
    }

    /// Asks, and hears of progress.
    pub async fn ask_with(&self, request: Request, progress: ProgressSender) -> Result<Response, Refusal> {
        (self.0)(request, progress).await
    }

    /// Asks.
    pub async fn ask(&self, request: Request) -> Result<Response, Refusal> {
        self.ask_with(request, ProgressSender::silent()).await
    }
}

#[cfg(test)]
mod tests;
