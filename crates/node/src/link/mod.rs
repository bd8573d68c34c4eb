//! Links: the node port, dialling, `Hello`, and the sync stream between two nodes. And pairing, on the same port.
//!
//! ```text
//! listener ─ seat ─ TLS ─┬─ h2 ───────────────── Hello ─ Sync ─ LinkEvent to the engine
//! dialler  ─────── TLS ──┘
//!          ─ seat ─ TLS ─── fingerpost-pair/1 ── Pair ──────── Encounter to the node
//! ```
//!
//! [`Links::open`] does what can fail; [`Links::run`] only runs. Frames that the engine is slow to take are not read
//! from the connection, so the other side's window fills. Where no link is wanting, nothing here holds a timer but the
//! keepalive of HTTP/2.

mod dial;
mod hello;
mod listen;
mod pairing;
mod registry;
pub(crate) mod seat;
mod service;
mod stream;

pub use hello::Greeting;
pub use pairing::Pairing;

use crate::Error;
use crate::engine::{LinkEvent, LinkId};
use crate::secret::{self, NodeSecrets};
use crate::tls::verifier::{Admits, Known};
use crate::tls::{Identity, Session};
use domain::identity::hello::{End, Side};
use domain::identity::{Addresses, Signed, address};
use domain::sync::batch::Partner;
use domain::{Incarnation, OrgId, Refusal};
use registry::Registry;
use seat::{Seat, Seats};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Frames that may wait to be sent on one link; an engine that finds no room ends the link.
pub const OUTBOX_FRAMES: usize = 64;

/// What this node says of itself to whoever it links or pairs with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What its organisation calls itself.
    pub name: String,
    /// Where it can be reached, each `host:port`; those that are no addresses are left out.
    pub addresses: Vec<String>,
}

/// What the port is made of.
pub struct Parts {
    /// This node's organisation.
    pub org: OrgId,
    /// This node's keys.
    pub secrets: NodeSecrets,
    /// Whom it knows; the own organisation's keys object, which names this node, must be among it.
    pub known: Known,
    /// What it says of itself.
    pub about: watch::Receiver<About>,
    /// Where links tell what happens.
    pub events: mpsc::Sender<LinkEvent>,
    /// Who was met.
    pub encounters: mpsc::Sender<Encounter>,
    /// Where other nodes of the own organisation can be reached.
    pub siblings: watch::Receiver<Vec<String>>,
    /// Where open invitations are kept.
    pub store: Store,
}

/// Somebody this node met on its port, or where it dialled.
#[derive(Debug)]
pub enum Encounter {
    /// A pairing came to its end on this side: take the partner in.
    Paired {
        /// The partner.
        partner: Partner,
        /// Its keys object.
        keys: Vec<u8>,
        /// Whether it goes on the roster.
        is_listed: bool,
        /// To be told once that is durable; the other side is answered after it.
        done: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Another node of the own organisation paired with this one.
    Sibling {
        /// The organisation's keys, as it knows them.
        keys: Vec<u8>,
        /// Where it can be reached, each `host:port`; empty when nowhere.
        addresses: Vec<String>,
        /// To be told once that is durable; the other side is answered after it.
        done: oneshot::Sender<Result<(), Refusal>>,
    },
    /// A node passed `Hello`.
    Greeted(Greeting),
}

/// All links of this node.
pub struct Links {
    shared: Arc<Shared>,
    pairing: Pairing,
}

/// What every connection needs.
struct Shared {
    own: Own,
    identity: Identity,
    known: Known,
    siblings: watch::Receiver<Vec<String>>,
    registry: Registry,
    seats: Seats,
    events: mpsc::Sender<LinkEvent>,
    encounters: mpsc::Sender<Encounter>,
    /// Cancelled when the node stops; every connection's token is its child.
    stop: CancellationToken,
}

/// This node, at one end of every connection.
struct Own {
    org: OrgId,
    serial: u64,
    incarnation: Incarnation,
    secrets: NodeSecrets,
    about: watch::Receiver<About>,
}

/// A connection whose handshake is done.
struct Connection {
    id: LinkId,
    side: Side,
    session: Session,
    cut: CancellationToken,
    greeting: OnceLock<Greeting>,
    seat: Mutex<Option<Seat>>,
}

impl Links {
    /// Makes everything ready. Refused when the known keys do not name this node with these keys.
    pub fn open(parts: Parts) -> Result<Self, Error> {
        let keys = parts.known.borrow().keys.get(&parts.org).cloned().ok_or_else(|| {
            Refusal::not_found("the database holds no keys of this node's own organisation")
                .hint("put back the database that belongs to this data folder")
        })?;
        let identity = Identity::new(&parts.secrets, &keys)?;
        let serial = keys.node(&parts.secrets.node_id).map_or(0, |c| c.content().serial);
        let incarnation = Incarnation::from_bytes(*secret::random()?);
        let own = Own { org: parts.org, serial, incarnation, secrets: parts.secrets, about: parts.about };
        let shared = Arc::new(Shared {
            own,
            identity,
            known: parts.known,
            siblings: parts.siblings,
            registry: Registry::new(),
            seats: Seats::default(),
            events: parts.events,
            encounters: parts.encounters,
            stop: CancellationToken::new(),
        });
        let pairing = Pairing::new(shared.clone(), parts.store);
        Ok(Self { shared, pairing })
    }

    /// To invite and to join.
    pub fn pairing(&self) -> Pairing {
        self.pairing.clone()
    }

    /// Listens and dials until told to stop; then every connection is cut.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> Result<(), Error> {
        let ended = self.shared.stop.clone();
        let port = listen::run(self.shared.clone(), self.pairing, listener);
        let dials = dial::supervise(self.shared);
        tokio::pin!(port, dials);
        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = &mut port => ended,
            () = &mut dials => Ok(()),
        };
        ended.cancel();
        result
    }
}

impl Shared {
    /// Notes a connection. Checked once more against whom this node knows: a partner removed during the handshake does
    /// not slip in.
    fn connected(&self, side: Side, session: Session, seat: Option<Seat>) -> Result<Arc<Connection>, Refusal> {
        let cut = self.stop.child_token();
        let id = self.registry.connected(&session.peer, &cut);
        let peer = session.peer.clone();
        let seat = Mutex::new(seat);
        let connection = Arc::new(Connection { id, side, session, cut, greeting: OnceLock::new(), seat });
        self.admits_anyone().check(&peer).inspect_err(|_| self.registry.disconnected(id))?;
        Ok(connection)
    }

    fn admits_anyone(&self) -> Admits {
        Admits::Anyone { known: self.known.clone(), own: self.own.org }
    }

    /// Takes the other side's greeting, once.
    async fn greeted(&self, connection: &Connection, hello: &wire::hello::Hello) -> Result<(), Refusal> {
        let greeting = hello::check(&self.own, connection, hello)?;
        connection
            .greeting
            .set(greeting.clone())
            .map_err(|_| Refusal::new(domain::RefusalKind::AlreadyDone, "a connection greeted twice"))?;
        if let Some(seat) = connection.seat.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            seat.greeted();
        }
        let _ = self.encounters.send(Encounter::Greeted(greeting)).await;
        Ok(())
    }
}

impl Own {
    fn end(&self) -> End {
        End { org_id: self.org, node_id: self.secrets.node_id, serial: self.serial }
    }

    /// The addresses this node says, signed now; `None` when it says none.
    fn signed_addresses(&self, about: &About) -> Option<Signed<Addresses>> {
        let mut addresses = about.addresses.clone();
        addresses.retain(|a| address::check(a).is_ok());
        addresses.truncate(domain::limits::ADDRESSES);
        if addresses.is_empty() {
            return None;
        }
        let content =
            Addresses { org_id: self.org, node_id: self.secrets.node_id, addresses, signed_at: crate::clock::now() };
        Some(Signed::sign(content, &self.secrets.author))
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("registry", &self.shared.registry).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
