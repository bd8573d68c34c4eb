//! Which connections are open, and which of them is *the* link with a node: one link for each pair of nodes.

use crate::engine::LinkId;
use crate::tls::certificate::Presented;
use domain::{Incarnation, NodeId, OrgId, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What decides between two links with one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Who dialled: the other node, or this one.
    pub(super) dialler: NodeId,
    /// The process at the other end.
    pub(super) incarnation: Incarnation,
}

/// What becomes of a link that a node already has when another is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The new one takes its place.
    Replace,
    /// The one that stands stays.
    Stay,
}

/// A new link from the same dialler replaces its older one; so does one with a new process of the other node, whose
/// older process is gone. Dialled from both sides at once, the one dialled by the smaller node id stays.
pub(super) fn decide(standing: &Claim, offered: &Claim) -> Decision {
    let replaces = offered.dialler == standing.dialler
        || offered.incarnation != standing.incarnation
        || offered.dialler < standing.dialler;
    if replaces { Decision::Replace } else { Decision::Stay }
}

/// The connections of this process.
#[derive(Debug)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
    linked: watch::Sender<BTreeSet<OrgId>>,
}

#[derive(Debug, Default)]
struct Inner {
    last_id: u64,
    /// Every connection whose handshake is done.
    connections: BTreeMap<LinkId, (Presented, CancellationToken)>,
    /// The link with each node.
    links: BTreeMap<NodeId, Link>,
}

#[derive(Debug)]
struct Link {
    id: LinkId,
    org: OrgId,
    claim: Claim,
    cut: CancellationToken,
}

impl Registry {
    /// With no connections.
    pub(super) fn new() -> Self {
        Self { inner: Mutex::default(), linked: watch::Sender::new(BTreeSet::new()) }
    }

    /// Notes a connection, and gives it its name.
    pub(super) fn connected(&self, peer: &Presented, cut: &CancellationToken) -> LinkId {
        let mut inner = self.lock();
        inner.last_id += 1;
        let id = LinkId(inner.last_id);
        inner.connections.insert(id, (peer.clone(), cut.clone()));
        id
    }

    /// Makes a connection the link with its node, and cuts the one it replaces. Refused when the one that stands stays.
    pub(super) fn enter(
        &self,
        id: LinkId,
        peer: &Presented,
        claim: Claim,
        cut: &CancellationToken,
    ) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let node = peer.node().node_id;
        if let Some(standing) = inner.links.get(&node) {
            if decide(&standing.claim, &claim) == Decision::Stay {
                return Err(Refusal::new(
                    domain::RefusalKind::AlreadyDone,
                    format!("node {node} is linked already, dialled from the other side"),
                ));
            }
            standing.cut.cancel();
        }
        inner.links.insert(node, Link { id, org: peer.node().org_id, claim, cut: cut.clone() });
        self.publish(&inner);
        Ok(())
    }

    /// Whether a connection is the link with its node.
    pub(super) fn is_link(&self, id: LinkId) -> bool {
        self.lock().links.values().any(|link| link.id == id)
    }

    /// Forgets a connection, and its link if it had one.
    pub(super) fn disconnected(&self, id: LinkId) {
        let mut inner = self.lock();
        inner.connections.remove(&id);
        inner.links.retain(|_, link| link.id != id);
        self.publish(&inner);
    }

    /// Cuts every connection with a peer that does not pass any more.
    pub(super) fn cut_unless(&self, passes: impl Fn(&Presented) -> Result<(), Refusal>) {
        for (peer, cut) in self.lock().connections.values() {
            if let Err(refusal) = passes(peer) {
                tracing::info!(node = %peer.node().node_id, reason = %refusal, "a link is cut");
                cut.cancel();
            }
        }
    }

    /// The organisations that have a link, as they change.
    pub(super) fn linked(&self) -> watch::Receiver<BTreeSet<OrgId>> {
        self.linked.subscribe()
    }

    fn publish(&self, inner: &Inner) {
        let now: BTreeSet<_> = inner.links.values().map(|link| link.org).collect();
        self.linked.send_if_modified(|linked| {
            let changed = *linked != now;
            *linked = now;
            changed
        });
    }

    /// Nothing is left half done under this lock, so a panic of another holder does no harm.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
