//! The loop itself.

mod commit;

use super::cache::Cache;
use super::together::{self, Writer};
use super::{
    ASKS_WAITING, Acquaintance, Ask, EVENTS_WAITING, EngineHandle, LinkEvent, LinkId, NOTICES_KEPT, Outbox, Picture,
    Running,
};
use crate::clock::now;
use crate::journal::{self, Journal};
use crate::vault::Vault;
use crate::{Error, data, metrics};
use domain::document::Kind;
use domain::identity::KeysObject;
use domain::identity::signing::SecretKey;
use domain::statement::{Life, SignedStatement};
use domain::sync::batch::{DocumentRow, Quarantined};
use domain::sync::effect::{Answer, AskId, Command, Notice};
use domain::sync::message::Item;
use domain::sync::{Effect, Engine, Input, Known, Loaded, Message, Own};
use domain::{Incarnation, NodeId, OrgId, Refusal, RefusalKind, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{DocumentFilter, DocumentPlace, Peer, Store, StoreError, StoreErrorKind};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Documents of a kind that are read at once when an engine is opened.
const LIVE_PAGE: usize = 500;

/// What an engine is opened with.
#[derive(Debug)]
pub struct Opening {
    /// The database.
    pub store: Store,
    /// The organisation.
    pub org: OrgId,
    /// This node.
    pub node: NodeId,
    /// Signs statements.
    pub author: SecretKey,
    /// The lock on what is said of people.
    pub vault: Vault,
    /// Whether it is the organisation's home node.
    pub is_home: bool,
    /// The data folder, for its journal and its disk.
    pub folder: PathBuf,
    /// What is being applied.
    pub journal: Journal,
    /// Bytes kept free on disk; 0 for the built-in reserve.
    pub disk_reserve_bytes: u64,
    /// Bytes of documents kept between steps.
    pub cache_bytes: usize,
}

/// Opens the engine and starts its thread. It ends when `stop` is cancelled, after the step in work.
pub async fn start(opening: Opening, stop: CancellationToken) -> Result<Running, Error> {
    let engine = open_engine(&opening).await.map_err(|failure| match failure {
        Failure::Store(error) => Error::fault("cannot read what the database knows", error),
        Failure::Fatal(error) => error,
    })?;
    let (asks, asked) = mpsc::channel(ASKS_WAITING);
    let (events, happened) = mpsc::channel(EVENTS_WAITING);
    let (notices, _) = broadcast::channel(NOTICES_KEPT);
    let (publish, known) = watch::channel(Arc::new(acquaintance(&engine)));
    let (log, log_watch) = watch::channel(0);
    let handle = EngineHandle { asks, events, notices: notices.clone(), known, log: log_watch };
    let engine_loop = Loop {
        engine: Some(engine),
        cache: Cache::new(opening.cache_bytes),
        opening,
        links: BTreeMap::new(),
        heard_at: BTreeMap::new(),
        answers: BTreeMap::new(),
        next_ask: 0,
        put_back: None,
        faults: 0,
        due: VecDeque::new(),
        wake_at: None,
        publish,
        notices,
        log,
        is_forgetful: false,
    };
    let (end, ended) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || {
            // A panic drops `end`, which ends the node with a word about it.
            let result = runtime.block_on(engine_loop.run(asked, happened, stop));
            let _ = end.send(result);
        })
        .map_err(|e| Error::fault("cannot start the engine's thread", e))?;
    Ok(Running { handle, ended })
}

/// An engine that knows what the store knows, under an incarnation that was never used.
async fn open_engine(opening: &Opening) -> Result<Engine, Failure> {
    let mut incarnation = [0; 8];
    getrandom::fill(&mut incarnation)
        .map_err(|e| Failure::Fatal(Error::fault("the system gives no random numbers", e)))?;
    let (mut keys, mut damaged_keys) = (BTreeMap::new(), BTreeMap::new());
    for (org, bytes) in opening.store.keys().await.map_err(Failure::Store)? {
        match KeysObject::parse(&bytes) {
            Ok(parsed) => drop(keys.insert(org, parsed)),
            Err(refusal) if org == opening.org => {
                let fault = Error::fault("this organisation's own keys are damaged as they are stored", refusal);
                return Err(Failure::Fatal(
                    fault.hint("put back a copy of the data folder from before, or the database's"),
                ));
            }
            Err(refusal) => {
                tracing::error!(organisation = %org, reason = %refusal, "an organisation's stored keys are damaged");
                damaged_keys.insert(org, bytes);
            }
        }
    }
    let partners = opening.store.partners().await.map_err(Failure::Store)?;
    let usage = opening.store.usage().await.map_err(Failure::Store)?;
    let hidden = opening.store.hidden_owners().await.map_err(Failure::Store)?;
    let rosters = rosters(&opening.store).await.map_err(Failure::Store)?;
    let proposals = opening.store.open_proposals(&opening.org).await.map_err(Failure::Store)?;
    let disowned_keys = opening.store.disowned_keys().await.map_err(Failure::Store)?;
    let heads = opening.store.heads().await.map_err(Failure::Store)?;
    let decisions = live(&opening.store, Kind::DECISION, [opening.org].into()).await.map_err(Failure::Store)?;
    let gathering = opening.store.gathering().await.map_err(Failure::Store)?;
    let homes = opening.store.homes().await.map_err(Failure::Store)?;
    let own = Own {
        org: opening.org,
        node: opening.node,
        incarnation: Incarnation::from_bytes(incarnation),
        author: opening.author.clone(),
        is_home: opening.is_home,
    };
    Ok(Engine::new(
        own,
        Known {
            partners,
            keys,
            damaged_keys,
            heads,
            usage,
            rosters,
            proposals,
            disowned_keys,
            hidden,
            gathering,
            decisions,
            homes,
        },
    ))
}

/// Every roster document: a hub that is no partner for a while may become one again.
pub(crate) async fn rosters(store: &Store) -> Result<Vec<DocumentRow>, StoreError> {
    live(store, Kind::ROSTER, BTreeSet::new()).await
}

/// Every live document of a kind, of these owners or, where none is named, of all, those that nobody stands for as well.
async fn live(store: &Store, kind: Kind, owners: BTreeSet<OrgId>) -> Result<Vec<DocumentRow>, StoreError> {
    let (kind, life) = (Some(kind), Some(Life::Live));
    let filter = DocumentFilter { kind, owners, life, with_hidden: true, ..DocumentFilter::default() };
    let mut rows: Vec<DocumentRow> = Vec::new();
    loop {
        let after = rows.last().map(DocumentPlace::of);
        let page = store.documents(&filter, after.as_ref(), LIVE_PAGE).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

fn acquaintance(engine: &Engine) -> Acquaintance {
    Acquaintance {
        partners: engine.partners().map(|p| (p.org_id, p.clone())).collect(),
        keys: engine.keys().clone(),
        rosters: engine.rosters().clone(),
        homes: engine.homes().clone(),
    }
}

struct Loop {
    /// Absent while the database does not answer.
    engine: Option<Engine>,
    cache: Cache,
    opening: Opening,
    links: BTreeMap<NodeId, Linked>,
    heard_at: BTreeMap<OrgId, Timestamp>,
    answers: BTreeMap<AskId, oneshot::Sender<Result<Answer, Refusal>>>,
    next_ask: u64,
    /// What was taken to be done with what came before it, and has to wait for its turn.
    put_back: Option<Ask>,
    /// How often the database failed.
    faults: u64,
    /// Inputs that follow from what was done.
    due: VecDeque<Input>,
    wake_at: Option<Timestamp>,
    publish: watch::Sender<Arc<Acquaintance>>,
    notices: broadcast::Sender<Notice>,
    log: watch::Sender<u64>,
    /// Whether a partner was removed in this step, with documents that may be cached.
    is_forgetful: bool,
}

struct Linked {
    link: LinkId,
    org: OrgId,
    incarnation: Incarnation,
    outbox: Outbox,
}

/// Why an input was not done.
enum Failure {
    /// The store failed; the engine was put back to what is stored.
    Store(StoreError),
    /// This node cannot go on.
    Fatal(Error),
}

impl Loop {
    async fn run(
        mut self,
        mut asked: mpsc::Receiver<Ask>,
        mut happened: mpsc::Receiver<LinkEvent>,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        loop {
            while let Some(input) = self.due.pop_front() {
                self.take(input).await?;
            }
            let wake = sleep_until(self.wake_at);
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ask) = next(&mut self.put_back, &mut asked) => self.asked(ask, &mut asked).await?,
                Some(event) = happened.recv() => self.happened(event).await?,
                () = wake => {
                    self.wake_at = None;
                    self.take(Input::Wake).await?;
                }
                else => break,
            }
        }
        self.note_heard(self.links.iter().map(|(node, linked)| (*node, linked))).await;
        self.cut_all();
        Ok(())
    }

    async fn asked(&mut self, ask: Ask, waiting: &mut mpsc::Receiver<Ask>) -> Result<(), Error> {
        match ask {
            Ask::Prune => self.prune_hidden().await,
            Ask::Look(answer) => {
                let _ = answer.send(self.picture());
                Ok(())
            }
            Ask::Do(Command::Write(writes), answer) => {
                let (writers, put_back) = together::gather(Writer { writes, answer }, waiting);
                self.put_back = put_back;
                self.write(writers).await
            }
            Ask::Do(command, answer) => self.act(command, answer).await,
        }
    }

    /// Writes in one transaction what several have asked for; where that is refused, what each asked for by itself.
    async fn write(&mut self, mut writers: Vec<Writer>) -> Result<(), Error> {
        if writers.len() > 1 {
            let (answer, mut answered) = oneshot::channel();
            let faults = self.faults;
            self.act(Command::Write(together::joined(&writers)), answer).await?;
            match answered.try_recv() {
                Ok(Ok(answer)) => {
                    together::share_out(writers, answer);
                    return Ok(());
                }
                Ok(Err(refusal)) if self.faults > faults => {
                    writers.drain(..).for_each(|writer| drop(writer.answer.send(Err(refusal.clone()))));
                }
                Ok(Err(_)) | Err(_) => {}
            }
        }
        for Writer { writes, answer } in writers {
            self.act(Command::Write(writes), answer).await?;
        }
        Ok(())
    }

    async fn act(&mut self, command: Command, answer: oneshot::Sender<Result<Answer, Refusal>>) -> Result<(), Error> {
        if let Err(refusal) = self.has_room_for(&command) {
            let _ = answer.send(Err(refusal));
            return Ok(());
        }
        self.next_ask += 1;
        let id = AskId(self.next_ask);
        self.answers.insert(id, answer);
        self.take(Input::Ask(id, command)).await
    }

    async fn happened(&mut self, event: LinkEvent) -> Result<(), Error> {
        match event {
            LinkEvent::Linked { link, node, org, incarnation, outbox } => {
                if let Some(old) = self.links.insert(node, Linked { link, org, incarnation, outbox }) {
                    old.outbox.cut.cancel();
                    self.take(Input::Unlinked { node }).await?;
                }
                metrics::links(self.links.len());
                self.take(Input::Linked { node, org }).await
            }
            LinkEvent::Received { link, node, message } if self.is_current(node, link) => {
                if let Some(linked) = self.links.get(&node) {
                    self.heard_at.insert(linked.org, now());
                }
                metrics::received(&message);
                self.received(node, message).await
            }
            LinkEvent::Unlinked { link, node } if self.is_current(node, link) => self.unlink(node).await,
            LinkEvent::Received { .. } | LinkEvent::Unlinked { .. } => Ok(()),
        }
    }

    fn is_current(&self, node: NodeId, link: LinkId) -> bool {
        self.links.get(&node).is_some_and(|l| l.link == link)
    }

    async fn unlink(&mut self, node: NodeId) -> Result<(), Error> {
        if let Some(linked) = self.links.remove(&node) {
            linked.outbox.cut.cancel();
            metrics::links(self.links.len());
            self.note_heard([(node, &linked)]).await;
            self.take(Input::Unlinked { node }).await?;
        }
        Ok(())
    }

    /// Keeps when nodes were last heard, once their links are over. A courtesy to people: a database that does not take
    /// it costs nothing else.
    async fn note_heard<'l>(&self, over: impl IntoIterator<Item = (NodeId, &'l Linked)>) {
        let peers: Vec<_> = over
            .into_iter()
            .filter_map(|(node_id, linked)| {
                let last_heard = *self.heard_at.get(&linked.org)?;
                Some(Peer { node_id, org_id: linked.org, last_heard, incarnation: linked.incarnation })
            })
            .collect();
        if let Err(error) = self.opening.store.put_peers(&peers).await {
            tracing::debug!(%error, "when partners were last heard was not kept");
        }
    }

    /// Steps a frame under the journal: what a process ended over before is tried alone first, or given up.
    async fn received(&mut self, node: NodeId, mut message: Message) -> Result<(), Error> {
        for (item, crashes) in self.opening.journal.suspects(&message) {
            if crashes >= journal::CRASHES {
                journal::strip(&mut message, &item);
                self.take(Input::Received { node, message: message.clone() }).await?;
                return self.give_up(node, &item).await;
            }
            if let Some(alone) = journal::alone(&message, item) {
                self.apply(node, alone).await?;
            }
        }
        self.apply(node, message).await
    }

    async fn apply(&mut self, node: NodeId, message: Message) -> Result<(), Error> {
        if !self.opening.journal.begin(&message)? {
            return self.take(Input::Received { node, message }).await;
        }
        let noted = message.clone();
        self.take(Input::Received { node, message }).await?;
        self.opening.journal.end(&noted)
    }

    /// Content that took this process down twice is quarantined unopened.
    async fn give_up(&mut self, from: NodeId, item: &Item) -> Result<(), Error> {
        let Ok(statement) = SignedStatement::parse(&item.statement) else { return Ok(()) };
        let quarantined = Quarantined {
            version_id: statement.version_id(),
            doc_id: statement.statement().doc_id,
            owner: statement.statement().org_id,
            from,
            reason: "this node's process ended twice while this content was applied".to_owned(),
            pack_hash: Sha256::digest(&item.pack).into(),
            pack: item.pack.clone(),
            at: now(),
        };
        self.next_ask += 1;
        self.take(Input::Ask(AskId(self.next_ask), Command::Quarantine(vec![quarantined]))).await
    }

    /// Does one input. An input that the store failed is answered or unlinked, and what is held in memory is put back
    /// to what is stored.
    async fn take(&mut self, input: Input) -> Result<(), Error> {
        let (asker, node) = match &input {
            Input::Ask(id, _) => (Some(*id), None),
            Input::Linked { node, .. } | Input::Received { node, .. } => (None, Some(*node)),
            Input::Unlinked { .. } | Input::Grew(_) | Input::Wake => (None, None),
        };
        match self.step(input).await {
            Ok(()) => Ok(()),
            Err(Failure::Fatal(error)) => Err(error),
            Err(Failure::Store(error)) => {
                tracing::warn!(error = %error, node = ?node, "the database failed; links are cut and dialled again");
                let refusal = refusal_of(&error);
                self.faults += 1;
                self.reset().await?;
                if let Some(answer) = asker.and_then(|id| self.answers.remove(&id)) {
                    let _ = answer.send(Err(refusal));
                }
                Ok(())
            }
        }
    }

    async fn step(&mut self, input: Input) -> Result<(), Failure> {
        if self.engine.is_none() {
            self.engine = Some(open_engine(&self.opening).await?);
        }
        let Some(engine) = &mut self.engine else { return Ok(()) };
        let mut needs = engine.needs(&input);
        let cached = self.cache.take(&mut needs);
        let has = |id: &domain::DocId| self.cache.has(id);
        let mut loaded = self.opening.store.load_beside(&needs, &has).await.map_err(Failure::Store)?;
        metrics::loaded(loaded.documents.len());
        for damaged in &loaded.corrupt {
            tracing::error!(document = %damaged.doc_id.record(), reason = %damaged.reason, "what is stored is damaged");
        }
        loaded.documents.extend(cached);
        loaded.documents.extend(self.cache.take_all(&loaded.kept));
        let effects = engine.step(now(), input, &mut loaded);
        self.perform(effects).await?;
        let Loaded { mut documents, corrupt, .. } = loaded;
        // What is damaged is named with each load of it, and so it is loaded each time.
        corrupt.iter().for_each(|damaged| drop(documents.remove(&damaged.doc_id)));
        if std::mem::take(&mut self.is_forgetful) {
            // What was deleted with a partner may be among them.
            self.cache.clear();
        } else {
            self.cache.keep(documents);
        }
        Ok(())
    }

    async fn perform(&mut self, effects: Vec<Effect>) -> Result<(), Failure> {
        for effect in effects {
            match effect {
                Effect::Commit(batch) => self.commit(*batch).await?,
                Effect::HandKey { node, parties, wrapping, recipient } => {
                    self.hand_key(node, &parties, wrapping, &recipient).await?;
                }
                Effect::Send(node, message) => self.send(node, message),
                Effect::Unlink(node, refusal) => {
                    tracing::info!(%node, reason = %refusal, "a link was ended");
                    if let Some(linked) = self.links.remove(&node) {
                        linked.outbox.cut.cancel();
                        metrics::links(self.links.len());
                    }
                }
                Effect::WakeAt(at) => self.wake_at = Some(at),
                Effect::Answer(id, answer) => {
                    if let Some(asker) = self.answers.remove(&id) {
                        let _ = asker.send(answer);
                    }
                }
                Effect::Notify(notice) => {
                    let _ = self.notices.send(notice);
                }
            }
        }
        Ok(())
    }

    /// Forgets what is in memory, which may be ahead of what is stored, and starts again from the store.
    /// Deletes what nobody has stood for long enough, and begins anew from what is left: nothing of it may be remembered.
    async fn prune_hidden(&mut self) -> Result<(), Error> {
        match self.opening.store.prune_hidden(now()).await {
            Ok(0) => Ok(()),
            Ok(owners) => {
                self.log.send_modify(|commits| *commits = commits.wrapping_add(1));
                tracing::info!(owners, "documents that nobody stands for any more were deleted");
                self.reset().await
            }
            Err(error) => {
                tracing::warn!(%error, "documents that nobody stands for were not deleted");
                Ok(())
            }
        }
    }

    async fn reset(&mut self) -> Result<(), Error> {
        self.cut_all();
        self.cache.clear();
        self.due.clear();
        self.wake_at = None;
        self.engine = None;
        match open_engine(&self.opening).await {
            Ok(engine) => {
                self.publish.send_replace(Arc::new(acquaintance(&engine)));
                self.engine = Some(engine);
                Ok(())
            }
            Err(Failure::Store(again)) if is_passing(again.kind()) => Ok(()), // tried again with the next input
            Err(Failure::Store(again)) => Err(Error::fault("the database failed and cannot be read again", again)),
            Err(Failure::Fatal(error)) => Err(error),
        }
    }

    fn cut_all(&mut self) {
        for linked in std::mem::take(&mut self.links).into_values() {
            linked.outbox.cut.cancel();
        }
        metrics::links(0);
    }

    fn has_room_for(&self, command: &Command) -> Result<(), Refusal> {
        if !matches!(command, Command::Write(_)) {
            return Ok(());
        }
        let Ok(disk) = data::disk(&self.opening.folder) else { return Ok(()) };
        if disk.is_below_reserve(self.opening.disk_reserve_bytes) {
            let reserve = disk.reserve_bytes(self.opening.disk_reserve_bytes);
            return Err(Refusal::new(
                RefusalKind::WrongState,
                format!(
                    "the disk of \"{}\" has {} MiB left, and {} MiB are kept free",
                    self.opening.folder.display(),
                    disk.free_bytes >> 20,
                    reserve >> 20
                ),
            )
            .hint("make room, or set disk_reserve_bytes lower"));
        }
        Ok(())
    }

    fn picture(&self) -> Picture {
        let Some(engine) = &self.engine else { return Picture::default() };
        Picture {
            standings: engine.partners().map(|p| (p.org_id, engine.standing(&p.org_id))).collect(),
            heard_at: self.heard_at.clone(),
            linked: self.links.iter().map(|(node, linked)| (*node, linked.org)).collect(),
            full: engine.full().clone(),
        }
    }
}

/// Whether a fault may pass by itself.
fn is_passing(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Unavailable | StoreErrorKind::InUse | StoreErrorKind::DiskFull)
}

fn refusal_of(error: &StoreError) -> Refusal {
    let refusal = Refusal::new(RefusalKind::WrongState, format!("nothing was written: {error}"));
    match error.hint() {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}

/// What is to be done next of what was asked.
async fn next(put_back: &mut Option<Ask>, asked: &mut mpsc::Receiver<Ask>) -> Option<Ask> {
    match put_back.take() {
        Some(ask) => Some(ask),
        None => asked.recv().await,
    }
}

async fn sleep_until(at: Option<Timestamp>) {
    match at {
        Some(at) => {
            let ms = at.as_ms().saturating_sub(now().as_ms());
            let wait = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
            tokio::time::sleep_until(Instant::now() + wait).await;
        }
        None => std::future::pending().await,
    }
}
