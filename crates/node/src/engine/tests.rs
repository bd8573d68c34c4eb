//! Two engines over two databases, linked by channels: what one writes stands at the other.

use super::*;
use crate::data::Folder;
use crate::journal::Journal;
use crate::secret::{Founded, found};
use domain::audience::{Audience, Scope};
use domain::document::Kind;
use domain::sync::effect::{Write, WriteAction};
use domain::sync::{Batch, Needs};
use domain::{DocId, RecordId};
use serde_json::json;
use store::Store;

struct Side {
    founded: Founded,
    folder: Folder,
    store: Store,
    handle: EngineHandle,
    stop: CancellationToken,
    ended: oneshot::Receiver<Result<(), Error>>,
    _parent: tempfile::TempDir,
}

impl Side {
    fn org(&self) -> OrgId {
        self.founded.root.org_id()
    }

    async fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open_or_make(&parent.path().join("data")).unwrap();
        let store = Store::open(&store::sqlite_url(&folder.path().join("fingerpost.db"))).await.unwrap();
        let founded = found().unwrap();
        let keys = [(founded.root.org_id(), founded.keys.bytes())].into();
        store.commit(&Batch { keys, ..Batch::default() }).await.unwrap();
        let stop = CancellationToken::new();
        let running = start(opening(&store, &founded, &folder), stop.clone()).await.unwrap();
        Self { founded, folder, store, handle: running.handle, stop, ended: running.ended, _parent: parent }
    }

    async fn pair_with(&self, other: &Side, name: &str) {
        let partner = Partner {
            org_id: other.org(),
            name: name.to_owned(),
            addresses: Vec::new(),
            is_paused: false,
            confirmed_here_at: None,
            confirmed_there: None,
            paired_at: Timestamp::from_ms(1),
            is_shared_with: false,
            is_followed: false,
        };
        self.handle.ask(Command::AddPartner { partner, keys: other.founded.keys.bytes() }).await.unwrap();
    }

    async fn publish(&self, name: &str) -> DocId {
        let doc_id = DocId::new(RecordId::from_bytes([7; 16]), Kind::LISTING, &self.org());
        let action = WriteAction::Create { value: json!({"name": name}), audience: Audience::Public };
        let write = Write { doc_id, kind: Kind::LISTING, action, imported: None, change: None };
        self.handle.ask(Command::Write(vec![write])).await.unwrap();
        doc_id
    }

    /// Waits for notices until the document stands here with this name.
    async fn expect(&self, mut notices: broadcast::Receiver<Notice>, doc_id: DocId, name: &str) {
        loop {
            let document = self.store.document(doc_id).await.unwrap();
            if document.and_then(|d| d.row).is_some_and(|row| row.name == name) {
                return;
            }
            notices.recv().await.unwrap();
        }
    }
}

fn opening(store: &Store, founded: &Founded, folder: &Folder) -> Opening {
    Opening {
        store: store.clone(),
        org: founded.root.org_id(),
        node: founded.secrets.node_id,
        author: founded.secrets.author.clone(),
        vault: crate::vault::Vault::passing(folder, &founded.secrets).unwrap(),
        is_home: true,
        folder: folder.path().to_path_buf(),
        journal: Journal::open(folder.journal()).unwrap(),
        disk_reserve_bytes: 1,
        cache_bytes: 1 << 20,
    }
}

/// Carries frames both ways until either side cuts.
async fn link(a: &Side, b: &Side) {
    let link = LinkId(1);
    let cut = CancellationToken::new();
    for (here, there) in [(a, b), (b, a)] {
        let (frames, mut outgoing) = mpsc::channel(256);
        let node = there.founded.secrets.node_id;
        let outbox = Outbox { frames, cut: cut.clone() };
        let incarnation = Incarnation::from_bytes([1; 8]);
        let linked = LinkEvent::Linked { link, node, org: there.org(), incarnation, outbox };
        here.handle.events().send(linked).await.unwrap();
        let (to, from, cut) = (there.handle.events(), here.founded.secrets.node_id, cut.clone());
        tokio::spawn(async move {
            while let Some(message) = outgoing.recv().await {
                if cut.is_cancelled() || to.send(LinkEvent::Received { link, node: from, message }).await.is_err() {
                    break;
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_stands_at_the_other() {
    let (shelter, council) = (Side::new().await, Side::new().await);
    shelter.pair_with(&council, "council").await;
    council.pair_with(&shelter, "shelter").await;
    let before = shelter.publish("Tuesday supper").await;
    let notices = council.handle.notices();
    link(&shelter, &council).await;
    council.expect(notices, before, "Tuesday supper").await;

    let edit = domain::document::Edit { path: vec!["name".into()], value: Some(json!("Wednesday supper")) };
    let action = WriteAction::Edit(vec![edit]);
    let write = Write { doc_id: before, kind: Kind::LISTING, action, imported: None, change: None };
    let notices = council.handle.notices();
    shelter.handle.ask(Command::Write(vec![write])).await.unwrap();
    council.expect(notices, before, "Wednesday supper").await;

    let picture = council.handle.look().await.unwrap();
    let standing = picture.standings[&shelter.org()];
    assert!(standing.is_linked && standing.behind == 0, "{standing:?}");
    let scope = Scope::public(shelter.org()).id();
    let needs = Needs { scopes: [scope].into(), ..Needs::default() };
    let (here, there) = (shelter.store.load(&needs).await.unwrap(), council.store.load(&needs).await.unwrap());
    assert_eq!(here.scopes[&scope].sum, there.scopes[&scope].sum);
    for side in [shelter, council] {
        side.stop.cancel();
        side.ended.await.unwrap().unwrap();
        assert_eq!(std::fs::read(side.folder.journal()).unwrap_or_default(), b"", "nothing is being applied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_refuses_asks_and_cuts_links_and_the_engine_goes_on() {
    let (shelter, council) = (Side::new().await, Side::new().await);
    shelter.pair_with(&council, "council").await;
    council.pair_with(&shelter, "shelter").await;
    let doc_id = shelter.publish("Tuesday supper").await;
    let notices = council.handle.notices();
    link(&shelter, &council).await;
    council.expect(notices, doc_id, "Tuesday supper").await;
    assert_eq!(shelter.handle.look().await.unwrap().linked.len(), 1);

    shelter.store.close().await;
    let write = Write { doc_id, kind: Kind::LISTING, action: WriteAction::Withdraw, imported: None, change: None };
    for _ in 0..2 {
        let refusal = shelter.handle.ask(Command::Write(vec![write.clone()])).await.unwrap_err();
        assert!(refusal.message.starts_with("nothing was written"), "{refusal}");
    }
    assert_eq!(shelter.handle.look().await.unwrap().linked.len(), 0, "its links are cut");
    shelter.stop.cancel();
    shelter.ended.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_write_at_once_each_gets_its_own_answer() {
    let side = Side::new().await;
    let listing = |n: u8, name: &str| {
        let doc_id = DocId::new(RecordId::from_bytes([n; 16]), Kind::LISTING, &side.org());
        let action = WriteAction::Create { value: json!({"name": name}), audience: Audience::Public };
        Write { doc_id, kind: Kind::LISTING, action, imported: None, change: None }
    };
    side.handle.ask(Command::Write(vec![listing(7, "the first")])).await.unwrap();
    // One of them is there already: that one is refused, and no other for its sake.
    let asks = (1..=30).map(|n| side.handle.ask(Command::Write(vec![listing(n, "one of many")])));
    for (n, answer) in (1..=30).zip(futures::future::join_all(asks).await) {
        let doc_id = DocId::new(RecordId::from_bytes([n; 16]), Kind::LISTING, &side.org());
        let (name, is_new) = if n == 7 { ("the first", false) } else { ("one of many", true) };
        match answer {
            Ok(Answer::Written(written)) => assert!(is_new && written[0].doc_id == doc_id && written.len() == 1, "{n}"),
            Err(refusal) => assert!(!is_new && refusal.kind == RefusalKind::AlreadyDone, "{n}: {refusal}"),
            Ok(Answer::Done | Answer::Referred(_) | Answer::Drafted(..)) => panic!("{n} was not written"),
        }
        let document = side.store.document(doc_id).await.unwrap().unwrap();
        assert_eq!(document.row.unwrap().name, name, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_below_the_disk_reserve() {
    let side = Side::new().await;
    side.stop.cancel();
    side.ended.await.unwrap().unwrap();
    let full = Opening { disk_reserve_bytes: u64::MAX, ..opening(&side.store, &side.founded, &side.folder) };
    let running = start(full, CancellationToken::new()).await.unwrap();
    let doc_id = DocId::new(RecordId::from_bytes([7; 16]), Kind::LISTING, &side.founded.root.org_id());
    let action = WriteAction::Create { value: json!({"name": "x"}), audience: Audience::Public };
    let write = Write { doc_id, kind: Kind::LISTING, action, imported: None, change: None };
    let refusal = running.handle.ask(Command::Write(vec![write])).await.unwrap_err();
    assert!(refusal.message.contains("MiB left") && refusal.hint.is_some(), "{refusal:?}");
}
