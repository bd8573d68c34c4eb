//! A node as `up` runs it, without its pages.

use node::api::{Handle, InviteRole, ListingRow, PathEdit, Request, Response, Written};
use node::data::{Founding, Keep, initialise};
use node::{Config, Node};
use serde_json::Value;
use std::path::Path;
use tests::postgres::Cluster;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A data folder with a node in it, running or not.
pub(super) struct Home {
    folder: tempfile::TempDir,
    database: String,
    name: String,
}

/// A node that runs.
pub(super) struct Running {
    pub(super) handle: Handle,
    notices: broadcast::Receiver<domain::sync::Notice>,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<(), node::Error>>,
}

impl Home {
    pub(super) async fn new(name: &str, database: String) -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a folder"), database, name: name.to_owned() };
        let made = initialise(&home.config(), Keep::Database, &Founding::New).await.expect("a node is made");
        assert_eq!(made.recovery_words.split(' ').count(), 24);
        home
    }

    fn config(&self) -> Config {
        let flag = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        let flags = [
            flag("name", &self.name),
            flag("database", &self.database),
            flag("node_listen", "127.0.0.1:0"),
            flag("people_listen", "127.0.0.1:0"),
            flag("disk_reserve_bytes", "1"),
        ];
        Config::load(self.data(), [], flags).expect("a configuration")
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub(super) async fn up(&self) -> Running {
        let node = Node::open(self.config()).await.expect("the node opens");
        let (handle, notices, shutdown) = (node.handle(), node.notices(), CancellationToken::new());
        let serving = tokio::spawn(node.serve(shutdown.clone()));
        Running { handle, notices, shutdown, serving }
    }

    /// The application of the folder while no node runs.
    pub(super) async fn offline(&self) -> node::Application {
        node::Application::offline(self.config()).await.expect("the folder opens")
    }

    /// The store of the folder, for those who go behind its back.
    pub(super) async fn store(&self) -> store::Store {
        store::Store::open(&self.url()).await.expect("the store opens")
    }

    /// Where its database is.
    pub(super) fn url(&self) -> String {
        let sqlite = store::sqlite_url(&self.data().join("fingerpost.db"));
        if self.database.is_empty() { sqlite } else { self.database.clone() }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Running {
    pub(super) async fn down(self) {
        self.shutdown.cancel();
        self.serving.await.expect("no panic").expect("a clean end");
    }

    pub(super) async fn invite(&self) -> String {
        match self.handle.ask(Request::Invite { role: InviteRole::Partner, expires_in_ms: None }).await {
            Ok(Response::Invited { invited, .. }) => invited.code,
            other => unreachable!("{other:?}"),
        }
    }

    pub(super) async fn join(&self, code: String) {
        let joined = self.handle.ask(Request::Join { code }).await;
        assert!(matches!(joined, Ok(Response::Joined { .. })), "{joined:?}");
    }

    pub(super) async fn add(&self, name: &str) -> Written {
        let edits = vec![set("name", name.into())];
        self.written(Request::ListingAdd { edits, audience: None }).await
    }

    pub(super) async fn edit(&self, id: &Written, path: &str, value: Value) -> Written {
        let edits = vec![set(path, value)];
        self.written(Request::ListingEdit { id: id.id.to_string(), edits }).await
    }

    pub(super) async fn written(&self, request: Request) -> Written {
        match self.handle.ask(request).await {
            Ok(Response::Written(written)) => written,
            other => unreachable!("{other:?}"),
        }
    }

    pub(super) async fn listings(&self) -> Vec<ListingRow> {
        match self.handle.ask(Request::ListingList { owner: None, after: None }).await {
            Ok(Response::Listings(page)) => page.listings,
            other => unreachable!("{other:?}"),
        }
    }

    /// Waits, notice by notice, until the names of the listings here are these.
    pub(super) async fn expect(&mut self, names: &[&str]) {
        loop {
            let found: Vec<_> = self.listings().await.into_iter().map(|row| row.name).collect();
            if found == names {
                return;
            }
            self.notices.recv().await.expect("the node runs");
        }
    }
}

pub(super) fn set(path: &str, value: Value) -> PathEdit {
    PathEdit { path: path.to_owned(), value: Some(value) }
}

/// Tells a story of two nodes: both on SQLite, and, where there is a PostgreSQL, one on each.
pub(super) fn check(name: &str, story: impl AsyncFn(Home, Home)) {
    let postgres = Cluster::shared().map(|cluster| cluster.database(name));
    for other in [Some(String::new()), postgres].into_iter().flatten() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let shelter = Home::new("Night Shelter", String::new()).await;
            let council = Home::new("Council", other).await;
            story(shelter, council).await;
        });
    }
}
