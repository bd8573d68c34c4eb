//! What an organisation's own software does with a node over gRPC: the real binary and a real client, on both databases.

mod listing;
mod port;
mod referral;
mod scope;
mod watch;

use std::time::Duration;
use tests::command::{Folder, Up};
use tests::postgres::Cluster;
use tests::software::{Pin, Software};
use tonic::{Code, Status};
use wire::proto::admin::{Edit, edit::Change};

/// How long an answer or an event may take before a story is over.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node that software speaks to.
struct Node {
    folder: Folder,
    running: Option<Up>,
}

impl Node {
    fn new(name: &str, database: Option<String>) -> Self {
        let folder = Folder::new();
        let flags: Vec<_> = database.iter().flat_map(|url| ["--database", url]).collect();
        folder.run([&["init", "--name", name], flags.as_slice()].concat()).expect_done();
        let mut node = Self { folder, running: None };
        node.up();
        node
    }

    fn up(&mut self) {
        self.running = Some(self.folder.up(["--admin-listen", "127.0.0.1:0"]));
    }

    fn restart(&mut self) {
        self.stop();
        self.up();
    }

    fn stop(&mut self) {
        assert_eq!(self.running.take().expect("it runs").stop(), 0);
    }

    async fn socket(&self) -> Software {
        Software::on_socket(&self.folder.data()).await
    }

    fn pin(&self) -> Pin {
        Pin::of(&self.folder.data(), &self.running.as_ref().expect("it runs").admin_listen)
    }

    async fn port(&self) -> Software {
        Software::over_tls(&self.pin()).await.expect("the port shows what is pinned")
    }

    /// A new token.
    fn token(&self, name: &str, scope: &str) -> String {
        let added = self.folder.json(["token", "add", name, "--scope", scope]);
        added["token"].as_str().expect("a token").to_owned()
    }

    /// Adds a listing by the command line, and gives its id.
    fn add(&self, name: &str) -> String {
        let added = self.folder.json(["listing", "add", "--set", &format!("name={name}")]);
        added["id"].as_str().expect("an id").to_owned()
    }

    fn rename(&self, id: &str, name: &str) {
        self.folder.json(["listing", "edit", id, "--set", &format!("name={name}")]);
    }
}

/// Runs a story.
fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(story);
}

/// Tells a story of one node on SQLite and, where there is one, on PostgreSQL.
fn check(name: &str, story: impl AsyncFn(&mut Node)) {
    let postgres = Cluster::shared().map(|cluster| cluster.database(name));
    for database in [Some(None), postgres.map(Some)].into_iter().flatten() {
        run(async { story(&mut Node::new("Night Shelter", database)).await });
    }
}

fn set(path: &str, value: serde_json::Value) -> Edit {
    Edit { path: path.to_owned(), change: Some(Change::ValueJson(value.to_string())) }
}

fn unset(path: &str) -> Edit {
    Edit { path: path.to_owned(), change: Some(Change::Unset(true)) }
}

/// It was refused so: with this code, this kind, and these words for people.
#[track_caller]
fn expect_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, kind: &str, says: &str) {
    let status = answer.expect_err("it is refused");
    assert_eq!(status.code(), code, "{status:?}");
    let said = status.metadata().get(wire::status::KIND).and_then(|value| value.to_str().ok());
    assert_eq!(said, Some(kind), "{status:?}");
    assert!(status.message().contains(says), "{says:?} is not in {status:?}");
}

/// Asks over and over until the answer is there; asking is what paces it.
#[track_caller]
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
    }
}
