//! What people and programs at this node may ask: every `api::Request`, answered from the store and the engine.
//!
//! Reading goes to the store; writing is a command to the engine, which decides. Without an engine (a folder that is
//! read while no node runs) everything that writes is refused.

mod audience;
mod doctor;
mod document;
mod export;
mod find;
mod import;
mod partner;
mod status;
mod verify;
mod view;

pub(crate) use document::organisation_document;

use crate::api::{self, ProgressSender, Request, Response, Setting};
use crate::config::Config;
use crate::data::Folder;
use crate::engine::{Acquaintance, EngineHandle};
use domain::identity::KeysObject;
use domain::{NodeId, OrgId, Refusal, RefusalKind, Timestamp};
use import::Plan;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use store::Store;
use tokio::sync::Mutex;

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
}

pub(crate) struct RunningParts {
    pub(crate) engine: EngineHandle,
    pub(crate) metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub(crate) started_at: Timestamp,
    /// Set once both ports are open.
    pub(crate) listening: OnceLock<Listening>,
}

/// Where a running node listens.
#[derive(Clone, Debug)]
pub(crate) struct Listening {
    pub(crate) node: std::net::SocketAddr,
    pub(crate) people: Option<std::net::SocketAddr>,
}

impl Application {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
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
            Request::Metrics => Ok(Response::Metrics { text: self.running()?.metrics.render() }),
            Request::Invite { .. } | Request::Join { .. } => {
                Err(Refusal::new(RefusalKind::WrongState, "this node cannot pair yet"))
            }
            Request::PartnerList => Ok(Response::Partners { partners: self.partner_rows().await? }),
            Request::PartnerShow { id } => self.partner_view(&id).await,
            Request::PartnerConfirm { id, words } => self.confirm(&id, &words).await,
            Request::PartnerPause { id } => self.pause(&id, partner::Pause::Begin).await,
            Request::PartnerResume { id } => self.pause(&id, partner::Pause::End).await,
            Request::PartnerRemove { id } => self.remove_partner(&id).await,
            Request::OrganisationShow => self.show_organisation().await,
            Request::OrganisationEdit { edits } => self.edit_organisation(&edits).await,
            Request::ListingList { owner, after } => self.list_listings(owner.as_deref(), after.as_deref()).await,
            Request::ListingShow { id } => self.show_listing(&id).await,
            Request::ListingAdd { edits, audience } => self.add_listing(&edits, audience.as_deref()).await,
            Request::ListingEdit { id, edits } => self.edit_listing(&id, &edits).await,
            Request::ListingWithdraw { id } => self.withdraw_listing(&id).await,
            Request::ListingShare { id, audience } => self.share_listing(&id, &audience).await,
            Request::ImportPreview(source) => self.preview_import(source, &progress).await,
            Request::ImportApply { plan } => self.apply_import(&plan, &progress).await,
            Request::Export { after } => self.export(after.as_deref()).await,
            Request::Verify => Ok(Response::Verified(self.verify(&progress).await?)),
        }
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
            keys.insert(org, KeysObject::parse(&bytes)?);
        }
        Ok(Arc::new(Acquaintance { partners: partners.into_iter().map(|p| (p.org_id, p)).collect(), keys }))
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
