//! One node: opened, which is where everything that can fail fails, and then served until it is told to stop.

use crate::admin::{self, Admin};
use crate::api::Handle;
use crate::application::{Application, Listening, Parts, RunningParts};
use crate::clock::now;
use crate::config::Config;
use crate::control;
use crate::data::{self, Folder};
use crate::encounter::{self, Family};
use crate::engine::{self, EngineHandle, Opening};
use crate::journal::Journal;
use crate::link::{self, About, Encounter, Links};
use crate::secret::NodeSecrets;
use crate::vault::{Kept, LockFile, Vault};
use crate::{Error, metrics, vault};
use domain::sync::Notice;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use store::{Organisation, Store};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Encounters that may wait to be taken in.
const ENCOUNTERS_WAITING: usize = 64;
/// How often what is over is cleared away.
const UPKEEP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long requests in work may go on once the node stops.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Where an open node can be spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Partners' nodes.
    pub node: SocketAddr,
    /// People.
    pub people: SocketAddr,
    /// The control socket.
    pub admin: PathBuf,
    /// The organisation's own software, where it may come over the network.
    pub admin_listen: Option<String>,
}

/// An open node. Protocol of use: [`Node::open`], then [`Node::take_people`] for whoever serves the pages, then
/// [`Node::serve`] until told to stop.
pub struct Node {
    application: Application,
    engine: EngineHandle,
    was_dialled: Arc<AtomicBool>,
    store: Store,
    ready: Ready,
    people: Option<TcpListener>,
    port: TcpListener,
    control: control::Listener,
    admin: Admin,
    reach: Reach,
    engine_stop: CancellationToken,
    engine_ended: oneshot::Receiver<Result<(), Error>>,
}

/// The links to others, and what goes to and from them.
struct Reach {
    links: Links,
    about: watch::Sender<About>,
    encounters: mpsc::Receiver<Encounter>,
    siblings: watch::Sender<Vec<String>>,
}

impl Reach {
    fn open(
        organisation: &Organisation,
        secrets: NodeSecrets,
        engine: &EngineHandle,
        store: &Store,
    ) -> Result<Self, Error> {
        let (about, about_watch) = watch::channel(About::default());
        let (encountered, encounters) = mpsc::channel(ENCOUNTERS_WAITING);
        let (siblings, siblings_watch) = watch::channel(organisation.siblings.clone());
        let links = Links::open(link::Parts {
            org: organisation.org_id,
            secrets,
            known: engine.known(),
            about: about_watch,
            events: engine.events(),
            encounters: encountered,
            siblings: siblings_watch,
            store: store.clone(),
        })?;
        Ok(Self { links, about, encounters, siblings })
    }
}

impl Node {
    /// Opens the data folder, the database, the engine and the ports that a configuration names. Everything that can
    /// fail fails here: a folder or port in use, a database that does not answer, keys of another node.
    pub async fn open(config: Config) -> Result<Self, Error> {
        leave_no_core();
        let folder = Folder::open(&config.data)?;
        let store = data::open_store(&config).await?;
        let organisation = data::organisation(&store, &folder).await?;
        let keys = data::own_keys(&store, &organisation).await?;
        let secrets = data::settle_keys(&folder, &keys)?;
        let organisation = data::settle_node(&store, organisation, &secrets, &keys).await?;
        let port = bind("node_listen", &config.node_listen).await?;
        let people = bind("people_listen", &config.people_listen).await?;
        let control = control::Listener::bind(folder.path())?;
        let admin = open_admin(&config, &folder, &store).await?;
        let metrics = metrics::install()?;
        let ready = Ready {
            node: address(&port)?,
            people: address(&people)?,
            admin: control.path().map(PathBuf::from).unwrap_or_default(),
            admin_listen: admin.place().map(|place| place.listen.clone()),
        };

        let engine_stop = CancellationToken::new();
        let is_home = keys.node(&organisation.node_id).is_some_and(|c| c.content().is_home);
        let lock_file = LockFile::of(&config)?;
        vault::settle(&lock_file, &store).await?;
        let vault = Vault::open(&folder, &lock_file, &secrets, kept(&store).await?)?;
        erase_again(&store, &vault).await?;
        let opening = opening(&config, &folder, &store, &secrets, &vault, is_home, &organisation)?;
        let running = engine::start(opening, engine_stop.clone()).await?;
        engine::ensure_described(&running.handle, &store, &organisation).await?;

        let reach = Reach::open(&organisation, secrets, &running.handle, &store)?;
        let (engine, was_dialled) = (running.handle.clone(), Arc::<AtomicBool>::default());
        let application = Application::new(Parts {
            store: store.clone(),
            config,
            folder,
            org: organisation.org_id,
            node: organisation.node_id,
            name: organisation.name,
            running: Some(RunningParts {
                engine: running.handle,
                pairing: reach.links.pairing(),
                metrics,
                started_at: now(),
                listening: Listening { node: ready.node, people: ready.people, admin: admin.place().cloned() },
                tokens: admin.tokens(),
                was_dialled: was_dialled.clone(),
                vault,
            }),
            plan: tokio::sync::Mutex::default(),
            undo: tokio::sync::Mutex::default(),
        });
        application.tell_about(&reach.about).await?;
        Ok(Self {
            application,
            engine,
            was_dialled,
            store,
            ready,
            people: Some(people),
            port,
            control,
            admin,
            reach,
            engine_stop,
            engine_ended: running.ended,
        })
    }

    /// Where it can be spoken to.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The application API.
    pub fn handle(&self) -> Handle {
        self.application.handle()
    }

    /// What happens from here on, for pages that change by themselves.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.engine.notices()
    }

    /// The open port for people, for whoever serves the pages. Once.
    pub fn take_people(&mut self) -> Option<TcpListener> {
        self.people.take()
    }

    /// Serves links and the control socket until told to stop, then lets the engine finish its step. An engine that
    /// ends by itself ends the node with what went wrong.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), Error> {
        let stop = CancellationToken::new();
        let handle = self.application.handle();
        let (software, from_folder) = mpsc::channel(admin::CONNECTIONS_WAITING);
        let control = tokio::spawn(self.control.serve(handle.clone(), software, stop.clone()));
        let mut admin = tokio::spawn(self.admin.serve(from_folder, handle, stop.clone()));
        let Reach { links, about, encounters, siblings } = self.reach;
        let upkeep = tokio::spawn(upkeep(self.store.clone(), self.engine.clone(), stop.clone()));
        let family = Family { store: self.store.clone(), addresses: siblings };
        let encounters =
            tokio::spawn(encounter::follow(encounters, self.engine, self.was_dialled, family, stop.clone()));
        let about = tokio::spawn(self.application.clone().keep_about(about, stop.clone()));
        let mut links = tokio::spawn(links.run(self.port, stop.clone()));
        let mut engine_ended = self.engine_ended;

        let mut result = tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            ended = &mut engine_ended => ended.unwrap_or_else(|_| Err(engine_fell())),
            ended = &mut links => match ended {
                Ok(ended) => ended,
                Err(e) => Err(Error::fault("the node port ended in a fault", e)),
            },
            ended = &mut admin => match ended {
                Ok(ended) => ended,
                Err(e) => Err(Error::fault("the port for software ended in a fault", e)),
            },
        };
        stop.cancel();
        let tasks = async {
            let _ = tokio::join!(control, encounters, about, upkeep);
            if !links.is_finished() {
                let _ = links.await;
            }
            if !admin.is_finished() {
                let _ = admin.await;
            }
        };
        let _ = tokio::time::timeout(STOP_WITHIN, tasks).await;
        self.engine_stop.cancel();
        if !engine_ended.is_terminated() {
            let ended = engine_ended.await.unwrap_or_else(|_| Err(engine_fell()));
            result = result.and(ended);
        }
        self.store.close().await;
        result
    }
}

/// What the organisation's own software speaks to, with a life of the log for its cursors.
async fn open_admin(config: &Config, folder: &Folder, store: &Store) -> Result<Admin, Error> {
    let listener = match config.admin_listen.as_str() {
        "" => None,
        listen => Some(bind("admin_listen", listen).await?),
    };
    store.begin_log_epoch().await.map_err(|e| Error::fault("cannot begin a life of the log", e))?;
    Admin::open(config, folder, store, listener).await
}

fn engine_fell() -> Error {
    Error::fault(
        "the engine ended in a fault",
        "its thread is gone; the log says where, and what it was applying is looked at first at the next start",
    )
}

fn opening(
    config: &Config,
    folder: &Folder,
    store: &Store,
    secrets: &NodeSecrets,
    vault: &Vault,
    is_home: bool,
    organisation: &Organisation,
) -> Result<Opening, Error> {
    Ok(Opening {
        store: store.clone(),
        org: organisation.org_id,
        node: organisation.node_id,
        author: secrets.author.clone(),
        vault: vault.clone(),
        is_home,
        folder: folder.path().to_path_buf(),
        journal: Journal::open(folder.journal())?,
        disk_reserve_bytes: config.disk_reserve_bytes,
        cache_bytes: usize::try_from(config.cache_megabytes.saturating_mul(1 << 20)).unwrap_or(usize::MAX),
    })
}

/// Keeps what is in memory, keys and what is said of people among it, out of a file that a crash would leave.
fn leave_no_core() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "a crash of this process may leave its memory in a file");
    }
}

/// Whether the database holds what only the lock opens.
async fn kept(store: &Store) -> Result<Kept, Error> {
    let is_locked = store.has_locked().await.map_err(|e| Error::fault("cannot read what the database knows", e))?;
    Ok(if is_locked { Kept::Something } else { Kept::Nothing })
}

/// A database that was put back from before loses again what was erased since.
async fn erase_again(store: &Store, vault: &Vault) -> Result<(), Error> {
    let erased = vault.erased()?;
    let gone = store.erase(&erased, now()).await.map_err(|e| Error::fault("cannot erase what was erased before", e))?;
    if gone > 0 {
        tracing::warn!(referrals = gone, "the database held referrals that were erased before; they were erased again");
    }
    Ok(())
}

/// Clears away what is over, at the start and once a day.
async fn upkeep(store: Store, engine: EngineHandle, stop: CancellationToken) {
    loop {
        match store.prune(now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old places in feeds were cleared away"),
            Err(error) => tracing::warn!(%error, "old places in feeds were not cleared away"),
        }
        engine.prune_hidden().await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(Instant::now() + UPKEEP_EVERY) => {}
        }
    }
}

async fn bind(setting: &str, listen: &str) -> Result<TcpListener, Error> {
    TcpListener::bind(listen).await.map_err(|e| {
        let flag = setting.replace('_', "-");
        let hint = match e.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("another program has that port, perhaps another node: stop it, or choose a port with --{flag}; 0 picks one")
            }
            std::io::ErrorKind::PermissionDenied => format!("choose a port of 1024 or above with --{flag}"),
            _ => format!("--{flag} takes an address of this machine and a port, like 127.0.0.1:0"),
        };
        Error::fault(format!("cannot listen on {listen} ({setting})"), e).hint(hint)
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|e| Error::fault("cannot tell which port was opened", e))
}
