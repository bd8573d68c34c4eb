//! The loop around the sync engine: takes what happens, loads what it needs, steps, and does the effects in order.
//!
//! The engine lives on one thread of its own. What links and people send waits in two bounded channels, so that neither
//! holds the other up; an engine with nothing to do waits for them and for nothing else: no SQL, no ticking.

mod cache;
mod describe;
mod run;
mod together;

pub(crate) use describe::{describe_organisation, ensure_described};
pub(crate) use run::rosters;
pub use run::{Opening, start};

use crate::Error;
use domain::identity::{KeysObject, RosterEntry};
use domain::sync::Message;
use domain::sync::Standing;
use domain::sync::batch::Partner;
use domain::sync::effect::{Answer, Command, Notice};
use domain::sync::roster::Rosters;
use domain::{Incarnation, NodeId, OrgId, Refusal, RefusalKind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Frames that may wait for the engine, from all links together.
pub const EVENTS_WAITING: usize = 64;
/// Asks that may wait for the engine.
pub const ASKS_WAITING: usize = 64;
/// Notices a slow listener may be behind before it misses some.
const NOTICES_KEPT: usize = 1024;

/// Names one connection of this process, so that the end of an old one is not taken for the end of its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// What a link tells the engine.
#[derive(Debug)]
pub enum LinkEvent {
    /// A connection passed `Hello`. Replaces an earlier one with the same node.
    Linked {
        /// The connection.
        link: LinkId,
        /// The other node.
        node: NodeId,
        /// Its organisation.
        org: OrgId,
        /// The start of its process, as its `Hello` says.
        incarnation: Incarnation,
        /// Where frames for it go.
        outbox: Outbox,
    },
    /// A frame came.
    Received {
        /// The connection.
        link: LinkId,
        /// The other node.
        node: NodeId,
        /// The frame.
        message: Message,
    },
    /// The connection ended.
    Unlinked {
        /// The connection.
        link: LinkId,
        /// The other node.
        node: NodeId,
    },
}

/// The engine's end of a link.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// Frames to send, in order. Bounded: an engine that finds it full ends the link.
    pub frames: mpsc::Sender<Message>,
    /// Ends the link at once.
    pub cut: CancellationToken,
}

/// Whom this node knows: what a handshake is checked against, and whom to dial.
#[derive(Clone, Debug, Default)]
pub struct Acquaintance {
    /// Partners, paused ones too.
    pub partners: BTreeMap<OrgId, Partner>,
    /// Keys objects, the own one among them.
    pub keys: BTreeMap<OrgId, KeysObject>,
    /// Rosters of hubs, the own one among them.
    pub rosters: Rosters,
    /// Every node that was ever an organisation's home.
    pub homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
}

impl Acquaintance {
    /// What an organisation is called: a partner's own word, else that of a followed hub.
    pub fn name(&self, org: &OrgId) -> Option<&str> {
        let vouched = || self.vouched().find(|(other, _)| *other == org).map(|(_, entry)| entry.name.as_str());
        self.partners.get(org).map(|partner| partner.name.as_str()).or_else(vouched)
    }

    /// Organisations that a followed hub vouches for, with its word.
    pub fn vouched(&self) -> impl Iterator<Item = (&OrgId, &RosterEntry)> {
        self.partners.values().filter(|p| p.is_followed).flat_map(|hub| self.rosters.of(&hub.org_id))
    }
}

/// How things stand in the engine, for `status`.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// By partner.
    pub standings: BTreeMap<OrgId, Standing>,
    /// When a frame last came from a partner, since this process started.
    pub heard_at: BTreeMap<OrgId, Timestamp>,
    /// Partners' nodes that have a link open.
    pub linked: BTreeMap<NodeId, OrgId>,
    /// Owners of whom no more is taken until there is room.
    pub full: BTreeSet<OrgId>,
}

/// An ask on its way to the engine.
#[derive(Debug)]
enum Ask {
    Do(Command, oneshot::Sender<Result<Answer, Refusal>>),
    Look(oneshot::Sender<Picture>),
    Prune,
}

/// How the rest of the process speaks to the engine. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    asks: mpsc::Sender<Ask>,
    events: mpsc::Sender<LinkEvent>,
    notices: broadcast::Sender<Notice>,
    known: watch::Receiver<Arc<Acquaintance>>,
    log: watch::Receiver<u64>,
}

impl EngineHandle {
    /// Does a command; returns when it is durable.
    pub async fn ask(&self, command: Command) -> Result<Answer, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Do(command, answer)).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    /// Deletes what nobody has stood for long enough.
    pub async fn prune_hidden(&self) {
        // An engine that is stopping prunes at its next start.
        let _ = self.asks.send(Ask::Prune).await;
    }

    /// How things stand.
    pub async fn look(&self) -> Result<Picture, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Look(answer)).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())
    }

    /// Where links tell what happens; full when the engine is behind, which slows them.
    pub fn events(&self) -> mpsc::Sender<LinkEvent> {
        self.events.clone()
    }

    /// What happens from here on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Changes whenever what readers see of documents may have, once that is durable. The number means nothing.
    pub fn log(&self) -> watch::Receiver<u64> {
        self.log.clone()
    }

    /// Whom this node knows, as it changes.
    pub fn known(&self) -> watch::Receiver<Arc<Acquaintance>> {
        self.known.clone()
    }
}

fn stopped() -> Refusal {
    Refusal::new(RefusalKind::WrongState, "this node is stopping").hint("start it again and repeat what you asked")
}

/// A running engine: its handle, and how it ends.
#[derive(Debug)]
pub struct Running {
    /// To speak to it.
    pub handle: EngineHandle,
    /// Resolves when the engine has ended: well, once its stop was asked for; otherwise with what went wrong.
    pub ended: oneshot::Receiver<Result<(), Error>>,
}

#[cfg(test)]
mod tests;
