//! A partner that says whatever a test wants: real keys, real TLS, a real link, and frames made by hand.

use domain::audience::Scope;
use domain::feed::{Cursor, chain};
use domain::identity::KeysObject;
use domain::sync::message::{Item, Message, OpenAnswer, Opened, Rows};
use domain::{FeedId, OrgId, Sum, VersionId};
use node::engine::{Acquaintance, LinkEvent, Outbox};
use node::link::{About, Encounter, Links, Parts};
use node::secret::{Founded, found};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long a node may take to answer a frame before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A partner linked to a node under test.
pub struct Rogue {
    /// Its keys.
    pub founded: Founded,
    cursor: Cursor,
    events: mpsc::Receiver<LinkEvent>,
    outbox: Outbox,
    _folder: tempfile::TempDir,
    _stop: DropGuard,
}

impl Rogue {
    /// Joins a node by its invitation, waits for the link, and answers what the node opens.
    ///
    /// # Panics
    /// When the node does not take it in.
    pub async fn join(code: &str) -> Self {
        let founded = found().expect("new keys");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&store::sqlite_url(&folder.path().join("rogue.db"))).await.expect("a store");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut acquaintance = Acquaintance::default();
        acquaintance.keys.insert(founded.keys.org_id(), founded.keys.clone());
        let (known, knows) = watch::channel(Arc::new(acquaintance));
        let (_about, about) = watch::channel(About { name: "rogue".to_owned(), addresses: Vec::new() });
        let (events_in, mut events) = mpsc::channel(64);
        let (encounters, met) = mpsc::channel(4);
        let (siblings, siblings_watch) = watch::channel(Vec::new());
        tokio::spawn(async move { siblings.closed().await });
        let links = Links::open(Parts {
            org: founded.keys.org_id(),
            secrets: founded.secrets.clone(),
            known: knows,
            about,
            events: events_in,
            encounters,
            siblings: siblings_watch,
            store,
        })
        .expect("a node port");
        let pairing = links.pairing();
        let stop = CancellationToken::new();
        tokio::spawn(links.run(listener, stop.clone()));
        tokio::spawn(take_in(met, known));
        pairing.join(code).await.expect("the node takes the partner in");
        let outbox = linked(&mut events).await;
        let feed_id = FeedId::from_bytes([7; 16]);
        let cursor = Cursor { feed_id, seq: 0, chain: [0; 32] };
        let mut rogue = Self { founded, cursor, events, outbox, _folder: folder, _stop: stop.drop_guard() };
        rogue.answer_openings().await;
        rogue
    }

    /// Its organisation.
    pub fn org(&self) -> OrgId {
        self.founded.keys.org_id()
    }

    /// Its public scope.
    pub fn scope(&self) -> Scope {
        Scope::public(self.org())
    }

    /// Sends a frame.
    pub async fn send(&mut self, message: Message) {
        let _ = self.outbox.frames.send(message).await;
    }

    /// Sends items as the next row of its public feed, and waits until the node says that it stored the row.
    ///
    /// Gives whether the link stood that: a frame that no node may send ends it, and then they link again.
    pub async fn offer(&mut self, items: Vec<Item>) -> bool {
        self.cursor.seq += 1;
        self.cursor.chain = chain(&self.cursor.chain, &VersionId::from_bytes([9; 32]));
        let rows = Rows { scope: self.scope().id(), items, cursor: self.cursor, sum: None, left: 0 };
        self.send(Message::Rows(rows)).await;
        loop {
            match next(&mut self.events).await {
                LinkEvent::Received { message: Message::Stored { seq, .. }, .. } if seq == self.cursor.seq => {
                    return true;
                }
                LinkEvent::Unlinked { .. } => {
                    self.outbox = linked(&mut self.events).await;
                    self.answer_openings().await;
                    return false;
                }
                _ => {}
            }
        }
    }

    async fn answer_openings(&mut self) {
        loop {
            let LinkEvent::Received { message: Message::Open(openings), .. } = next(&mut self.events).await else {
                continue;
            };
            let own = self.scope().id();
            let answer = |scope| match scope == own {
                true => OpenAnswer::Follows { tail: self.cursor, sum: Sum::default() },
                false => OpenAnswer::Unknown,
            };
            let opened = openings.iter().map(|o| Opened { scope: o.scope, answer: answer(o.scope) }).collect();
            return self.send(Message::Opened(opened)).await;
        }
    }
}

async fn linked(events: &mut mpsc::Receiver<LinkEvent>) -> Outbox {
    loop {
        if let LinkEvent::Linked { outbox, .. } = next(events).await {
            return outbox;
        }
    }
}

async fn next(events: &mut mpsc::Receiver<LinkEvent>) -> LinkEvent {
    tokio::time::timeout(PATIENCE, events.recv()).await.expect("the node answers").expect("the port is open")
}

async fn take_in(mut met: mpsc::Receiver<Encounter>, known: watch::Sender<Arc<Acquaintance>>) {
    while let Some(encounter) = met.recv().await {
        if let Encounter::Paired { partner, keys, done, .. } = encounter {
            let keys = KeysObject::parse(&keys);
            let _ = done.send(keys.map(|keys| {
                known.send_modify(|known| {
                    let mut more = (**known).clone();
                    more.keys.insert(partner.org_id, keys.clone());
                    more.partners.insert(partner.org_id, partner.clone());
                    *known = Arc::new(more);
                });
            }));
        }
    }
}
