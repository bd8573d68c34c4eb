//! Nodes as the rest of the process would run them.

use crate::engine::{Acquaintance, LinkEvent, Outbox};
use crate::link::{About, Encounter, Greeting, Links, Pairing, Parts};
use crate::secret::{Founded, found};
use crate::tls::Identity;
use domain::identity::InvitedAs;
use domain::sync::Message;
use domain::sync::batch::Partner;
use domain::{NodeId, OrgId, Refusal, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// No test waits longer than this for what must happen.
const SOON: Duration = Duration::from_secs(8);

/// A running node.
pub(super) struct Node {
    pub(super) founded: Founded,
    pub(super) address: String,
    pub(super) pairing: Pairing,
    pub(super) store: Store,
    known: watch::Sender<Arc<Acquaintance>>,
    events: mpsc::Receiver<LinkEvent>,
    greetings: mpsc::UnboundedReceiver<Greeting>,
    _folder: tempfile::TempDir,
    _stop: DropGuard,
}

/// A link, as the engine sees it.
pub(super) struct Linked {
    pub(super) node: NodeId,
    pub(super) outbox: Outbox,
}

impl Node {
    pub(super) async fn run(name: &str) -> Self {
        Self::run_as(found().unwrap(), name).await
    }

    pub(super) async fn run_as(founded: Founded, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&store::sqlite_url(&folder.path().join("node.db"))).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut acquaintance = Acquaintance::default();
        acquaintance.keys.insert(founded.keys.org_id(), founded.keys.clone());
        let (known, knows) = watch::channel(Arc::new(acquaintance));
        let (_, about) = watch::channel(About { name: name.into(), addresses: vec![address.clone()] });
        let (events_in, events) = mpsc::channel(4);
        let (encounters, met) = mpsc::channel(4);
        let (siblings, siblings_watch) = watch::channel(Vec::new());
        tokio::spawn(async move { siblings.closed().await });
        let (greeted, greetings) = mpsc::unbounded_channel();
        let links = Links::open(Parts {
            org: founded.keys.org_id(),
            secrets: founded.secrets.clone(),
            known: knows,
            about,
            events: events_in,
            encounters,
            siblings: siblings_watch,
            store: store.clone(),
        })
        .unwrap();
        let pairing = links.pairing();
        let stop = CancellationToken::new();
        tokio::spawn(links.run(listener, stop.clone()));
        tokio::spawn(take_in(met, known.clone(), greeted));
        let _stop = stop.drop_guard();
        Self { founded, address, pairing, store, known, events, greetings, _folder: folder, _stop }
    }

    pub(super) fn org(&self) -> OrgId {
        self.founded.keys.org_id()
    }

    pub(super) fn node(&self) -> NodeId {
        self.founded.secrets.node_id
    }

    pub(super) fn identity(&self) -> Identity {
        Identity::new(&self.founded.secrets, &self.founded.keys).unwrap()
    }

    pub(super) fn known(&self) -> Arc<Acquaintance> {
        self.known.borrow().clone()
    }

    /// Knows another as its partner, to be dialled at these addresses.
    pub(super) fn knows(&self, other: &Founded, addresses: &[&str]) {
        let partner = Partner {
            org_id: other.keys.org_id(),
            name: "partner".into(),
            addresses: addresses.iter().map(|a| (*a).to_owned()).collect(),
            is_paused: false,
            confirmed_here_at: None,
            confirmed_there: None,
            paired_at: Timestamp::default(),
            is_shared_with: false,
            is_followed: false,
        };
        know(&self.known, partner, other.keys.clone());
    }

    pub(super) fn forgets(&self, org: OrgId) {
        self.known.send_modify(|known| {
            let mut fewer = (**known).clone();
            fewer.partners.remove(&org);
            *known = Arc::new(fewer);
        });
    }

    pub(super) async fn event(&mut self) -> LinkEvent {
        tokio::time::timeout(SOON, self.events.recv()).await.expect("nothing happened").expect("the node stopped")
    }

    pub(super) async fn linked(&mut self) -> Linked {
        match self.event().await {
            LinkEvent::Linked { node, outbox, .. } => Linked { node, outbox },
            other => panic!("expected a link: {other:?}"),
        }
    }

    pub(super) async fn unlinked(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, LinkEvent::Unlinked { .. }), "expected the end of a link: {event:?}");
    }

    pub(super) async fn received(&mut self) -> Message {
        match self.event().await {
            LinkEvent::Received { message, .. } => message,
            other => panic!("expected a frame: {other:?}"),
        }
    }

    pub(super) async fn greeted(&mut self) -> Greeting {
        tokio::time::timeout(SOON, self.greetings.recv()).await.expect("nobody greeted").expect("the node stopped")
    }

    /// Nothing has happened until now.
    pub(super) fn expect_quiet(&mut self) {
        let event = self.events.try_recv();
        assert!(event.is_err(), "something happened: {event:?}");
    }

    pub(super) async fn invite(&self) -> String {
        let expires_at = crate::clock::now().plus_ms(60_000);
        self.pairing.invite(InvitedAs::Partner, vec![self.address.clone()], expires_at).await.unwrap()
    }
}

/// What the node does with whom it met: keeps the partner, and says so.
async fn take_in(
    mut met: mpsc::Receiver<Encounter>,
    known: watch::Sender<Arc<Acquaintance>>,
    greeted: mpsc::UnboundedSender<Greeting>,
) {
    while let Some(encounter) = met.recv().await {
        match encounter {
            Encounter::Paired { partner, keys, done, .. } => {
                let keys = domain::identity::KeysObject::parse(&keys);
                let _ = done.send(keys.map(|keys| know(&known, partner, keys)));
            }
            Encounter::Sibling { done, .. } => {
                let _ = done.send(Ok(()));
            }
            Encounter::Greeted(greeting) => {
                let _ = greeted.send(greeting);
            }
        }
    }
}

fn know(known: &watch::Sender<Arc<Acquaintance>>, partner: Partner, keys: domain::identity::KeysObject) {
    known.send_modify(|known| {
        let mut more = (**known).clone();
        more.keys.insert(partner.org_id, keys.clone());
        more.partners.insert(partner.org_id, partner.clone());
        *known = Arc::new(more);
    });
}

/// A refusal's message and hint.
pub(super) fn said(refusal: &Refusal) -> String {
    format!("{} ({})", refusal.message, refusal.hint.as_deref().unwrap_or("no hint"))
}
