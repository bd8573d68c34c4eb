//! What two organisations do with the built binary, told on both databases.

mod crash;
mod damage;
mod demo;
mod hub;
mod import;
mod keeping;
mod pairing;
mod publication;
mod recovery;
mod referral;
mod sharing;
mod spreadsheet;
mod undo;

use serde_json::Value;
use std::time::{Duration, Instant};
use tests::command::{Folder, Ran, Up};
use tests::postgres::Cluster;

/// How long something may take that is asked for over and over until it is so.
const PATIENCE: Duration = Duration::from_secs(60);

/// An organisation's node, running or not.
struct Node {
    folder: Folder,
    /// Where it keeps what it holds, where that is not SQLite in its folder.
    database: Option<String>,
    running: Option<Up>,
    /// Where it listens for partners: a free port at its first start, and the same one afterwards.
    address: String,
    /// Its organisation's recovery words, where it was made with the organisation.
    words: String,
}

impl Node {
    fn init(name: &str, database: Option<String>) -> Self {
        Self::made(&["--name", name], database)
    }

    /// Another node of the organisation with these recovery words.
    fn with_words(how: &str, words: &str, database: Option<String>) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), words).expect("writes");
        let file = file.path().to_str().expect("a path");
        let how: Vec<_> = how.split(' ').chain(["--words-file", file]).collect();
        Self::made(&how, database)
    }

    fn made(how: &[&str], database: Option<String>) -> Self {
        let folder = Folder::new();
        let flags: Vec<_> = database.iter().flat_map(|url| ["--database", url]).collect();
        let made = folder.json([&["init"], how, flags.as_slice()].concat());
        let words = made["recovery_words"].as_str().expect("words").to_owned();
        Self { folder, database, running: None, address: "127.0.0.1:0".into(), words }
    }

    /// A node that runs, on SQLite.
    fn running(name: &str) -> Self {
        let mut node = Self::init(name, None);
        node.up();
        node
    }

    fn up(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let running = self.folder.up_at(&self.address, []);
        self.address = running.node.clone();
        self.running = Some(running);
    }

    /// Kills it as a power cut does.
    fn kill(&mut self) {
        self.running.take().expect("it runs").kill();
    }

    /// Stops it as a service manager does.
    fn stop(&mut self) {
        assert_eq!(self.running.take().expect("it runs").stop(), 0);
    }

    /// The database, for those who go behind its back.
    fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| store::sqlite_url(&self.folder.data().join("fingerpost.db")))
    }

    /// Where its page is, as `host:port`.
    fn people(&self) -> &str {
        let people = &self.running.as_ref().expect("it runs").people;
        people.trim_start_matches("http://").trim_end_matches('/')
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.folder.run(words)
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        self.folder.json(words)
    }

    /// What a command prints, a value a line.
    #[track_caller]
    fn lines(&self, words: &[&str]) -> Vec<Value> {
        let ran = self.run(&[words, &["--json"]].concat());
        ran.expect_done();
        ran.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// Asks over and over until the answer is there; asking is what paces it.
#[track_caller]
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
    }
}

/// Pairs two running nodes: the first invites.
#[track_caller]
fn pair(inviter: &Node, joiner: &Node) {
    let code = inviter.json(&["invite"])["code"].as_str().expect("a code").to_owned();
    joiner.json(&["join", &code]);
}

/// Tells a story of two organisations with a node each, running and paired; only the first can be reached. Once with
/// SQLite at the first and PostgreSQL at the second, once the other way round; where there is no PostgreSQL, with
/// SQLite at both.
fn check(name: &str, story: impl Fn(&mut Node, &mut Node)) {
    both(name, |shelter, council| {
        pair(shelter, council);
        story(shelter, council);
    });
}

/// The same before they have paired.
fn both(name: &str, story: impl Fn(&mut Node, &mut Node)) {
    let on = |organisation: &str, place: usize| match Cluster::shared() {
        Some(cluster) if place == 1 => Node::init(organisation, Some(cluster.database(name))),
        _ => Node::init(organisation, None),
    };
    let rounds = if Cluster::shared().is_some() { 2 } else { 1 };
    for round in 0..rounds {
        let mut shelter = on("Night Shelter", round);
        let mut council = on("Hoe Street Council", 1 - round);
        shelter.up();
        council.up();
        story(&mut shelter, &mut council);
    }
}

/// Pairs two running nodes, the first a hub that puts the second on its roster.
#[track_caller]
fn enrol(hub: &Node, member: &Node) {
    let code = hub.json(&["invite", "--as", "member"])["code"].as_str().expect("a code").to_owned();
    member.json(&["join", &code]);
}

/// Tells a story of a hub and two members, running; only the hub can be reached. Once with PostgreSQL at the hub, once
/// at the members.
fn borough(name: &str, story: impl Fn(&mut Node, [&mut Node; 2])) {
    let on = |organisation: &str, place: usize| match Cluster::shared() {
        Some(cluster) if place == 1 => Node::init(organisation, Some(cluster.database(name))),
        _ => Node::init(organisation, None),
    };
    let rounds = if Cluster::shared().is_some() { 2 } else { 1 };
    for round in 0..rounds {
        let mut hub = on("Waltham Council", round);
        let (mut charity, mut workers) = (on("Night Shelter", 1 - round), on("Link Workers", 1 - round));
        for node in [&mut hub, &mut charity, &mut workers] {
            node.up();
        }
        enrol(&hub, &charity);
        enrol(&hub, &workers);
        story(&mut hub, [&mut charity, &mut workers]);
    }
}

/// Adds a listing and gives its id.
#[track_caller]
fn add(node: &Node, name: &str) -> String {
    let added = node.json(&["listing", "add", "--set", &format!("name={name}")]);
    assert_eq!(added["changed"], true, "{added}");
    added["id"].as_str().expect("an id").to_owned()
}

/// Waits until a node shows this listing with this name.
#[track_caller]
fn expect_name(node: &Node, id: &str, name: &str) {
    until(&format!("listing {id} is called {name:?}"), || (show(node, id)?["name"] == name).then_some(()));
}

/// A listing as a node shows it; `None` when it knows none by that id.
fn show(node: &Node, id: &str) -> Option<Value> {
    let shown = node.run(&["listing", "show", id, "--json"]);
    (shown.code == 0).then(|| serde_json::from_str(&shown.out).expect("JSON"))
}

/// Waits until a node holds this many live listings, its own and others'.
#[track_caller]
fn expect_listings(node: &Node, count: u64) {
    until(&format!("{count} listings"), || (listings(node) == count).then_some(()));
}

fn listings(node: &Node) -> u64 {
    node.json(&["status"])["documents"]["listing"].as_u64().unwrap_or(0)
}

/// Everything a node holds verifies.
#[track_caller]
fn expect_clean(node: &Node) {
    let verified = node.json(&["verify"]);
    assert_eq!(verified["bad"], serde_json::json!([]), "{verified}");
}
