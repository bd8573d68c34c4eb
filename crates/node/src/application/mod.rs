//! What people and programs at this node may ask: every `api::Request`, answered from the store and the engine.
//!
//! Reading goes to the store; writing is a command to the engine, which decides. Without an engine (a folder that is
//! read while no node runs) everything that writes is refused.

mod audience;
mod change;
mod doctor;
mod document;
mod export;
mod find;
mod heard;
mod import;
mod key;
mod partner;
mod privacy;
mod proposal;
mod publication;
mod referral;
mod roster;
mod status;
mod timescale;
mod token;
mod transfer;
mod verify;
mod view;

pub(crate) use document::organisation_document;

use crate::Error;
use crate::admin::Tokens;
use crate::api::{self, ProgressSender, Request, Response, Setting};
use crate::config::Config;
use crate::data::{self, Folder};
use crate::engine::{Acquaintance, EngineHandle, rosters};
use crate::link::{About, Pairing};
use crate::metrics;
use crate::vault::Vault;
use domain::identity::KeysObject;
use domain::proposal::Verdict;
use domain::sync::Notice;
use domain::sync::roster::Rosters;
use domain::{NodeId, OrgId, Refusal, RefusalKind, Timestamp};
use import::{Plan, UndoPlan};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use store::Store;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// The application of one open folder. Clones are one and the same.
#[derive(Clone)]
pub struct Application(Arc<Parts>);

/// What an application is made of.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) config: Config,
    /// The data folder, held for this process as long as this lives.
    pub(crate) folder: Folder,
    pub(crate) org: OrgId,
    pub(crate) node: NodeId,
    /// What the organisation was called when the folder was made.
    pub(crate) name: String,
    /// What only a running node has.
    pub(crate) running: Option<RunningParts>,
    /// The newest import plan.
    pub(crate) plan: Mutex<Option<Plan>>,
    /// The newest plan to take one back.
    pub(crate) undo: Mutex<Option<UndoPlan>>,
}

pub(crate) struct RunningParts {
    pub(crate) engine: EngineHandle,
    pub(crate) pairing: Pairing,
    pub(crate) metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub(crate) started_at: Timestamp,
    pub(crate) listening: Listening,
    /// API tokens, as calls are checked against them.
    pub(crate) tokens: Arc<Tokens>,
    /// The lock on what is said of people.
    pub(crate) vault: Vault,
    /// Whether another node has dialled this one.
    pub(crate) was_dialled: Arc<AtomicBool>,
}

/// Where a running node listens.
#[derive(Clone, Debug)]
pub(crate) struct Listening {
    pub(crate) node: std::net::SocketAddr,
    pub(crate) people: std::net::SocketAddr,
    /// For the organisation's own software.
    pub(crate) admin: Option<api::AdminPort>,
}

impl Application {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The application of a folder that no node runs for: it reads, and refuses what writes. Holds the folder's lock for
    /// as long as it lives.
    pub async fn offline(config: Config) -> Result<Self, Error> {
        let folder = Folder::open(&config.data)?;
        let store = data::open_store(&config).await?;
        let organisation = data::organisation(&store, &folder).await?;
        Ok(Self::new(Parts {
            store,
            config,
            folder,
            org: organisation.org_id,
            node: organisation.node_id,
            name: organisation.name,
            running: None,
            plan: Mutex::default(),
            undo: Mutex::default(),
        }))
    }

    /// The handle that the control socket and the pages hold.
    pub fn handle(&self) -> api::Handle {
        let application = self.clone();
        api::Handle::new(move |request, progress| {
            let application = application.clone();
            async move { application.answer(request, progress).await }
        })
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request, progress: ProgressSender) -> Result<Response, Refusal> {
        match request {
            Request::Status => Ok(Response::Status(Box::new(self.status().await?))),
            Request::Doctor => Ok(Response::Doctor { checks: self.doctor().await? }),
            Request::Overview => Ok(Response::Overview(Box::new(self.overview().await?))),
            Request::Ready => self.ready().await,
            Request::Configuration => Ok(self.configuration()),
            Request::Metrics => self.metrics().await,
            Request::Invite { role, expires_in_ms } => self.invite(role, expires_in_ms).await,
            Request::Join { code } => self.join(&code).await,
            Request::PartnerList => Ok(Response::Partners { partners: self.partner_rows().await? }),
            Request::PartnerShow { id } => self.partner_view(&id).await,
            Request::PartnerConfirm { id, words } => self.confirm(&id, &words).await,
            Request::PartnerPause { id } => self.pause(&id, partner::Pause::Begin).await,
            Request::PartnerResume { id } => self.pause(&id, partner::Pause::End).await,
            Request::PartnerRemove { id } => self.remove_partner(&id).await,
            Request::KeyList => self.nodes().await,
            Request::KeyRetire { node, words } => self.retire(&node, words.as_str()).await,
            Request::KeySigned { node } => self.signed(&node).await,
            Request::KeyCompromised { node, words } => self.compromised(&node, words.as_str(), &progress).await,
            Request::RosterList => self.roster().await,
            Request::RosterAdd { id } => self.list_organisation(&id).await,
            Request::RosterRemove { id } => self.unlist_organisation(&id).await,
            Request::Follow { id } => self.follow(&id, roster::Following::Begin).await,
            Request::Unfollow { id } => self.follow(&id, roster::Following::End).await,
            Request::OrganisationShow => self.show_organisation().await,
            Request::OrganisationEdit { edits } => self.edit_organisation(&edits).await,
            Request::ListingList { owner, after } => self.list_listings(owner.as_deref(), after.as_deref()).await,
            Request::ListingShow { id } => self.show_listing(&id).await,
            Request::ListingAdd { edits, audience } => self.add_listing(&edits, audience.as_deref()).await,
            Request::ListingEdit { id, edits } => self.edit_listing(&id, &edits).await,
            Request::ListingWithdraw { id } => self.withdraw_listing(&id).await,
            Request::ListingShare { id, audience } => self.share_listing(&id, &audience).await,
            Request::ListingPropose { id, edits, note } => self.propose(&id, &edits, note).await,
            Request::ListingKeeperAdd { id, organisation } => {
                self.keep(&id, &organisation, proposal::Keeping::Begin).await
            }
            Request::ListingKeeperRemove { id, organisation } => {
                self.keep(&id, &organisation, proposal::Keeping::End).await
            }
            Request::ListingTransfer { id, organisation } => self.transfer(&id, organisation.as_deref()).await,
            Request::ListingOrphan { id, undo } => self.orphan(&id, undo).await,
            Request::ListingClaim { id, audience } => self.claim(&id, audience.as_deref()).await,
            Request::Publication(request) => self.answer_publication(request).await,
            Request::Referral(request) => self.answer_referral(request).await,
            Request::Privacy(request) => self.answer_privacy(request).await,
            Request::ProposalList { all } => self.proposals(all).await,
            Request::ProposalShow { id } => self.show_proposal(&id).await,
            Request::ProposalAccept { id, seen } => self.answer_proposal(&id, &seen, Verdict::Accepted).await,
            Request::ProposalRefuse { id, seen, reason } => {
                self.answer_proposal(&id, &seen, Verdict::Refused { reason }).await
            }
            Request::ProposalWithdraw { id } => self.withdraw_proposal(&id).await,
            Request::ListingStates { owner, after, limit } => {
                self.listing_states(owner.as_deref(), after.as_deref(), limit).await
            }
            Request::ListingChanges { owner, from } => self.listing_changes(owner.as_deref(), from).await,
            Request::ListingAwait { owner, after } => self.await_listing_changes(owner.as_deref(), &after).await,
            Request::TokenList => self.tokens().await,
            Request::TokenAdd { name, scope, expires_in_ms } => self.add_token(&name, scope, expires_in_ms).await,
            Request::TokenRevoke { id } => self.revoke_token(&id).await,
            Request::ImportPreview(source) => self.preview_import(source, &progress).await,
            Request::ImportApply { plan } => self.apply_import(&plan, &progress).await,
            Request::ImportUndoPreview { source } => self.preview_undo(source).await,
            Request::ImportUndo { plan } => self.apply_undo(&plan, &progress).await,
            Request::Export { after } => self.export(after.as_deref()).await,
            Request::Verify => Ok(Response::Verified(self.verify(&progress).await?)),
        }
    }

    /// Says what this node says of itself to others.
    pub(crate) async fn tell_about(&self, about: &watch::Sender<About>) -> Result<(), Refusal> {
        let now = About { name: self.own_name().await?, addresses: self.addresses() };
        about.send_if_modified(|before| {
            let is_new = *before != now;
            *before = now;
            is_new
        });
        Ok(())
    }

    /// Keeps what this node says of itself in step with the organisation's own document.
    pub(crate) async fn keep_about(self, about: watch::Sender<About>, stop: CancellationToken) {
        let Ok(engine) = self.engine() else { return };
        let mut notices = engine.notices();
        let own = Notice::Document(self.organisation_id());
        loop {
            let is_own = tokio::select! {
                () = stop.cancelled() => return,
                notice = notices.recv() => match notice {
                    Ok(notice) => notice == own,
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return,
                },
            };
            if is_own && let Err(refusal) = self.tell_about(&about).await {
                tracing::warn!(%refusal, "this node's own name cannot be read");
            }
        }
    }

    async fn metrics(&self) -> Result<Response, Refusal> {
        let running = self.running()?;
        metrics::observe(&self.status().await?);
        Ok(Response::Metrics { text: running.metrics.render() })
    }

    async fn ready(&self) -> Result<Response, Refusal> {
        self.0
            .store
            .organisation()
            .await
            .map_err(|e| Refusal::new(RefusalKind::Busy, format!("the database does not answer: {e}")))?;
        Ok(Response::Done)
    }

    fn configuration(&self) -> Response {
        let settings = self.0.config.shown().into_iter().map(|s| Setting {
            name: s.name.to_owned(),
            value: s.value,
            origin: s.origin.to_string(),
        });
        Response::Configuration { settings: settings.collect() }
    }

    pub(crate) fn running(&self) -> Result<&RunningParts, Refusal> {
        self.0.running.as_ref().ok_or_else(|| {
            Refusal::new(RefusalKind::WrongState, format!("no node runs for \"{}\"", self.0.folder.path().display()))
                .hint(format!("start it with `fingerpost up --data \"{}\"`", self.0.folder.path().display()))
        })
    }

    fn engine(&self) -> Result<&EngineHandle, Refusal> {
        Ok(&self.running()?.engine)
    }

    /// Whom this node knows: as the engine has it, or as the store has it where no engine runs.
    async fn known(&self) -> Result<Arc<Acquaintance>, Refusal> {
        if let Some(running) = &self.0.running {
            return Ok(running.engine.known().borrow().clone());
        }
        let partners = self.0.store.partners().await.map_err(fault)?;
        let mut keys = BTreeMap::new();
        for (org, bytes) in self.0.store.keys().await.map_err(fault)? {
            // What is damaged is `verify`'s to tell.
            keys.extend(KeysObject::parse(&bytes).ok().map(|parsed| (org, parsed)));
        }
        let rosters = Rosters::read(&rosters(&self.0.store).await.map_err(fault)?, &keys);
        let homes = self.0.store.homes().await.map_err(fault)?;
        let partners = partners.into_iter().map(|p| (p.org_id, p)).collect();
        Ok(Arc::new(Acquaintance { partners, keys, rosters, homes }))
    }
}

/// A fault of the database, to whoever asked.
fn fault(error: store::StoreError) -> Refusal {
    let refusal = Refusal::new(RefusalKind::WrongState, format!("the database cannot be read: {error}"));
    match error.hint() {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}
