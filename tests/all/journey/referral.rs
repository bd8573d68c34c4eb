//! People who are referred from one organisation to another, told by the command line of both.

mod canary;
mod chain;
mod concurrent;
mod course;
mod erasure;
mod interrupted;
mod kept;
mod laptop;
mod locked;
mod refused;

use super::damage::text;
use super::{Node, PATIENCE, add, expect_clean, pair, until};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Row};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tests::command::Ran;
use tests::postgres::Cluster;

const WORKERS: &str = "Link Workers";
const ARTS: &str = "Copper Lane Arts";

/// Who refers people, and to whom: each has compared the other's words and agreed to share.
struct Referring {
    workers: Node,
    arts: Node,
    /// How the second may be referred to, as the first knows it.
    pathway: String,
}

/// Tells a story of two organisations that run: once with SQLite at the sender and PostgreSQL at the receiver, once the
/// other way round.
fn referring(name: &str, story: impl Fn(&mut Referring)) {
    for round in 0..rounds() {
        let (mut workers, mut arts) = (on(WORKERS, name, round), on(ARTS, name, 1 - round));
        workers.up();
        arts.up();
        pair(&workers, &arts);
        trust(&workers, &arts);
        let pathway = open_way(&arts, &workers, "arts-group", str::to_owned);
        let mut both = Referring { workers, arts, pathway };
        story(&mut both);
        expect_clean(&both.workers);
        expect_clean(&both.arts);
    }
}

fn rounds() -> usize {
    if Cluster::shared().is_some() { 2 } else { 1 }
}

/// An organisation's node, not running: in the first place on SQLite, in the second on PostgreSQL where there is one.
fn on(organisation: &str, name: &str, place: usize) -> Node {
    match Cluster::shared() {
        Some(cluster) if place == 1 => Node::init(organisation, Some(cluster.database(name))),
        _ => Node::init(organisation, None),
    }
}

/// Lets referrals flow between two that have paired.
fn trust(one: &Node, other: &Node) {
    for (node, partner) in [(one, other), (other, one)] {
        confirm(node, partner);
        share(node, partner);
    }
    for (node, partner) in [(one, other), (other, one)] {
        let partner = organisation(partner);
        until("both have compared words", || {
            (node.json(&["partner", "show", &partner])["trust"] == "verified").then_some(())
        });
    }
}

/// Types the words that the partner reads.
fn confirm(node: &Node, partner: &Node) {
    let partner = organisation(partner);
    let words = text(&node.json(&["partner", "show", &partner])["words"]);
    node.run(&["partner", "confirm", &partner, "--words", &words]).expect_done();
}

/// Puts an agreement to share on record for a year.
fn share(node: &Node, partner: &Node) {
    let until = day(365);
    let words = ["partner", "agreement", &organisation(partner), "--reference", "DSA 12", "--expires", &until];
    node.run(&words).expect_done();
}

/// The day that is so many days from now.
fn day(from_now: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    domain::Timestamp::from_ms(i64::try_from(now).expect("fits") + from_now * 86_400_000).day().to_string()
}

fn organisation(node: &Node) -> String {
    text(&node.json(&["status"])["organisation"]["id"])
}

/// Publishes a shipped form and its pathway, changed, and waits until the other knows both. Gives the pathway's id.
fn open_way(receiver: &Node, sender: &Node, example: &str, change: impl FnOnce(&str) -> String) -> String {
    let listing = add(receiver, example);
    let file = receiver.folder.file("pathway.yaml", change(&receiver.run(&["pathway", "example", example]).out));
    let form = receiver.run(&["form", "publish", example]);
    assert!(form.code == 0 || form.err.contains("is published already"), "{form:?}");
    receiver.run(&["pathway", "publish", file.to_str().expect("a path"), "--listing", &listing]).expect_done();
    let way = until("the pathway is at the partner", || {
        sender.lines(&["pathway", "list"]).into_iter().find(|row| row["listing"] == listing.as_str())
    });
    until("and its form", || sender.lines(&["form", "list"]).iter().any(|row| row["verified"] == true).then_some(()));
    text(&way["id"])
}

/// A shipped form, filled in.
fn answers(node: &Node, example: &str) -> String {
    node.run(&["form", "example", example, "--answers"]).out
}

/// What a person agreed to: that this one receives it, and what may be passed back.
fn agreement(covers: &str, pass_back: &str) -> String {
    format!(
        "given_by: person\nhow: face-to-face\nlanguage: en\ncovers: [\"{covers}\"]\npass_back: {pass_back}\n\
         given_at: 2024-01-15\n"
    )
}

/// Writes a draft. Gives its id.
#[track_caller]
fn draft(node: &Node, pathway: &str, answers: &str, agreement: Option<&str>, more: &[&str]) -> String {
    let answers = node.folder.file("answers.yaml", answers);
    let mut words = vec!["referral", "new", pathway, "--answers", answers.to_str().expect("a path")];
    let agreement = agreement.map(|agreement| node.folder.file("agreement.yaml", agreement));
    if let Some(agreement) = &agreement {
        words.extend(["--agreement", agreement.to_str().expect("a path")]);
    }
    words.extend(more);
    text(&node.json(&words)["id"])
}

/// Waits until what is said of the person is at this node, and can be opened.
#[track_caller]
fn expect_whole(node: &Node, id: &str) {
    until("what is sealed is here", || {
        let shown = node.run(&["referral", "show", id, "--json"]);
        let shown: Value = serde_json::from_str(&shown.out).ok().filter(|_| shown.code == 0)?;
        let sealed = &shown["payloads"];
        (sealed["key"] == "here" && sealed["held"] == sealed["named"]).then_some(())
    });
}

/// Does something to a referral: `accept`, or `decline --reason no-space`.
fn attempt(node: &Node, id: &str, words: &str) -> Ran {
    let mut words: Vec<_> = words.split_whitespace().collect();
    words.insert(1, id);
    node.run(&[&["referral"], words.as_slice()].concat())
}

#[track_caller]
fn act(node: &Node, id: &str, words: &str) {
    attempt(node, id, words).expect_done();
}

/// The same with words for the other party.
fn attempt_saying(node: &Node, id: &str, words: &str, said: &str) -> Ran {
    let file = node.folder.file("words.txt", said);
    let ran = attempt(node, id, &format!("{words} --words-from {}", file.display()));
    std::fs::remove_file(file).expect("it was there");
    ran
}

/// A referral as a node lists it.
fn row(node: &Node, id: &str) -> Option<Value> {
    node.lines(&["referral", "list", "--all"]).into_iter().find(|row| row["id"] == id)
}

/// What became of a referral, a line an event.
fn history(node: &Node, id: &str) -> Vec<Value> {
    let ran = node.run(&["referral", "history", id, "--json"]);
    ran.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Runs a query that has one column of bytes.
fn column(node: &Node, select: &str) -> Vec<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&node.database_url()).await.expect("connects");
        let query = sqlx::query(sqlx::AssertSqlSafe(select.to_owned()));
        let rows = query.fetch_all(&mut connection).await.expect("reads");
        connection.close().await.expect("closes");
        rows.iter().map(|row| row.get(0)).collect()
    })
}

/// Which referrals have rows in this table of a node's database.
fn referrals_in(node: &Node, table: &str) -> Vec<String> {
    let ids = column(node, &format!("select distinct request from {table}"));
    // A row goes by the sender's document, whose name begins with the referral's id.
    let hex = |id: &Vec<u8>| id.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut ids: Vec<String> = ids.iter().map(hex).collect();
    ids.sort();
    ids
}

/// The same ids as they stand there.
fn bare(id: &str) -> String {
    id.replace('-', "")
}

impl Referring {
    /// A referral that has gone out, and is at the receiver with all that is sealed.
    #[track_caller]
    fn sent(&self, pass_back: &str) -> String {
        let answers =
            answers(&self.arts, "arts-group").replace("pass_back: outcome", &format!("pass_back: {pass_back}"));
        let agreement = agreement(ARTS, pass_back);
        let id = draft(&self.workers, &self.pathway, &answers, Some(&agreement), &[]);
        act(&self.workers, &id, "send");
        expect_whole(&self.arts, &id);
        id
    }

    /// Does these in turn, each where it belongs: `sender withdraw --reason person-asked; receiver accept`.
    #[track_caller]
    fn course(&self, id: &str, course: &str) {
        for step in course.split("; ") {
            match step.split_once(' ') {
                Some(("sender", words)) => act(&self.workers, id, words),
                Some(("receiver", words)) => act(&self.arts, id, words),
                _ => panic!("whose is {step:?}?"),
            }
        }
    }

    /// The same while the two hear nothing from each other.
    #[track_caller]
    fn apart(&self, id: &str, course: &str) {
        let arts = organisation(&self.arts);
        self.workers.run(&["partner", "pause", &arts]).expect_done();
        self.course(id, course);
        self.workers.run(&["partner", "resume", &arts]).expect_done();
    }

    /// Waits until both tell this of a referral, in the same words.
    #[track_caller]
    fn expect(&self, id: &str, stands: &str) {
        let started = Instant::now();
        loop {
            let told = self.told(id);
            if told == stands {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}:\n  {stands}\nit is still:\n  {told}");
        }
    }

    /// What both say of a referral; where they differ, in what.
    fn told(&self, id: &str) -> String {
        let (Some(sent), Some(received)) = (row(&self.workers, id), row(&self.arts, id)) else {
            return "not at both".to_owned();
        };
        for field in ["request", "response", "detail", "holder", "owed"] {
            if sent[field] != received[field] {
                return format!("{field} is {} at the sender, {} at the receiver", sent[field], received[field]);
            }
        }
        let parties = [("sender", &received["partner"]), ("receiver", &sent["partner"])];
        let name = |id: &Value| parties.iter().find(|(_, party)| *party == id).map_or("next", |(name, _)| name);
        let shown = match (text(&sent["shown"]), text(&received["shown"])) {
            (ours, theirs) if ours == theirs => ours,
            (ours, theirs) => format!("sender {ours}, receiver {theirs}"),
        };
        if sent["request"] == "erased" {
            return format!("{shown}: erased");
        }
        let mut told = format!("{shown}: {}; held by {}", text(&sent["detail"]), name(&sent["holder"]));
        for (side, party) in parties {
            let owed = sent["owed"].as_array().expect("a list").iter().filter(|owed| owed["by"] == *party);
            let owed: Vec<_> = owed.map(|owed| text(&owed["what"])).collect();
            if !owed.is_empty() {
                told.push_str(&format!("; owed by {side}: {}", owed.join(", ")));
            }
        }
        told
    }

    /// Waits until both tell the same events in the same order, and so many.
    #[track_caller]
    fn expect_alike(&self, id: &str, count: usize) {
        until("both tell the same events", || {
            let sent = history(&self.workers, id);
            (sent.len() == count && sent == history(&self.arts, id)).then_some(())
        });
    }

    /// The same, and these; none without effect.
    #[track_caller]
    fn expect_events(&self, id: &str, words: &[&str]) {
        let started = Instant::now();
        loop {
            let (sent, received) = (history(&self.workers, id), history(&self.arts, id));
            let told: Vec<_> = sent.iter().map(|event| text(&event["words"])).collect();
            let is_lawful = sent.iter().all(|event| event["without_effect"].is_null());
            if sent == received && told == words && is_lawful {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {words:?}\n{sent:#?}\n{received:#?}");
        }
    }
}
