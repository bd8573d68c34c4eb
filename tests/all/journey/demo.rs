//! The borough on one machine: started, seen from the link workers' side, tried as it says, stopped, and gone.

use super::damage::text;
use super::until;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::read_dir;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tests::command::{Folder, binary};

/// What a referral is at some node when the borough is ready.
const STATES: &[(&str, &[&str])] = &[
    ("shown", &["waiting for us", "waiting for them", "active", "stopping", "finished"]),
    ("request", &["draft", "sent", "withdrawn", "lapsed"]),
    (
        "response",
        &[
            "none",
            "acknowledged",
            "information asked",
            "waitlisted",
            "accepted",
            "started",
            "paused",
            "ended",
            "declined",
            "handed back",
            "passed on",
        ],
    ),
];

/// A borough that runs. Killed when it is dropped, and its nodes with it.
struct Borough {
    child: Child,
    ready: Value,
}

impl Borough {
    /// Starts one whose temporary folder is in this place, and waits until it is ready.
    fn start(place: &Path, words: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command.args(["demo", "--json", "--every", "1"]).args(words);
        command.env("TMPDIR", place).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What is set for a node of this user's is not for the borough's.
        command.env("FINGERPOST_DATABASE", "postgres://nobody@127.0.0.1:1/nothing");
        let mut child = command.spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("it prints");
        let ready = serde_json::from_str(&line).unwrap_or_else(|e| {
            let mut said = String::new();
            let _ = child.kill();
            let _ = child.stderr.take().expect("it is piped").read_to_string(&mut said);
            panic!("{e}: {line:?}\n{said}")
        });
        Self { child, ready }
    }

    fn nodes(&self) -> &[Value] {
        self.ready["nodes"].as_array().expect("a list of nodes")
    }

    fn node(&self, role: &str) -> &Value {
        self.nodes().iter().find(|node| node["role"] == role).expect("a node of that role")
    }

    /// Tells it to stop by this signal, waits until it has ended, and looks whether anything still runs.
    fn stop(mut self, signal: &str) {
        send(signal, self.child.id());
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
        for node in self.nodes() {
            assert!(has_ended(node), "{node} still runs");
        }
    }
}

impl Drop for Borough {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args([signal, &process.to_string()]).status().expect("kill is there");
    assert!(sent.success(), "it had ended before");
}

/// Neither its process nor its ports are there.
fn has_ended(node: &Value) -> bool {
    let process = node["process"].to_string();
    let is_there = Command::new("kill").args(["-0", &process]).stderr(Stdio::null()).status().expect("kill is there");
    let answers = |port: &str| TcpStream::connect(node[port].as_str().expect("an address")).is_ok();
    !is_there.success() && !answers("node") && !answers("people")
}

fn data(node: &Value) -> PathBuf {
    PathBuf::from(node["data"].as_str().expect("a path"))
}

/// What a command on this node's folder prints, a value a line.
fn lines(node: &Value, words: &[&str]) -> Vec<Value> {
    let output = Command::new(binary()).args(words).arg("--json").arg("--data").arg(data(node)).output();
    let output = output.expect("the binary starts");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The names of all listings at this node.
fn names(node: &Value) -> BTreeSet<String> {
    let rows = lines(node, &["listing", "list"]);
    rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
}

/// What is public at a node that it owns itself.
fn public(node: &Value) -> BTreeSet<String> {
    let own = node["name"].as_str().expect("a name");
    let rows = lines(node, &["listing", "list", "--owner", own]);
    let rows = rows.into_iter().filter(|row| {
        let id = row["id"].as_str().expect("an id");
        lines(node, &["listing", "show", id])[0]["audience"] == "public"
    });
    rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
}

/// What is said of those who were referred: names, telephone numbers, and words that go back and forth.
fn said(borough: &Borough) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for node in borough.nodes() {
        let rows = lines(node, &["referral", "list", "--all"]);
        for row in rows.iter().filter(|row| row["direction"] == "sent") {
            let shown = lines(node, &["referral", "open", row["id"].as_str().expect("an id")]).remove(0);
            let opened = &shown["opened"];
            let words = opened["words"].as_object().into_iter().flatten().map(|(_, words)| words);
            let answers = ["name", "phone", "what_we_did"].map(|question| &opened["answers"][question]);
            said.extend(answers.into_iter().chain(words).filter_map(|text| text.as_str().map(str::to_owned)));
        }
    }
    said
}

/// Files below a folder in which one of these stands.
fn files_with(folder: &Path, said: &BTreeSet<String>) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in read_dir(folder).expect("a folder").flatten() {
        if entry.file_type().expect("a file").is_dir() {
            found.extend(files_with(&entry.path(), said));
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let here = String::from_utf8_lossy(&bytes);
        found.extend(said.iter().find(|text| here.contains(text.as_str())).map(|text| (entry.path(), text.clone())));
    }
    found
}

fn entries(folder: &Path) -> usize {
    read_dir(folder).expect("a folder").count()
}

#[test]
fn what_every_node_lists_stands_at_the_link_workers_and_edits_arrive() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let borough = Borough::start(place.path(), &[]);
    let workers = borough.node("link workers");
    let total: u64 = borough.nodes().iter().map(|node| node["listings"].as_u64().expect("a number")).sum();
    assert!((195..=215).contains(&total), "{total} listings");

    // Something new may come and go meanwhile; what is there from the beginning stays.
    let mut expected: BTreeSet<String> = borough.nodes().iter().flat_map(public).collect();
    for passing in ["Pop-up health check", "Tuesday drop-in for new parents"] {
        expected.remove(passing);
    }
    let public: u64 = borough.nodes().iter().map(|node| node["public"].as_u64().expect("a number")).sum();
    assert_eq!(expected.len() as u64, public);
    until("all that is public stands there", || expected.is_subset(&names(workers)).then_some(()));
    assert!(names(workers).contains("Link workers' supervision"), "its own");
    let [_, _, older, _] = borough.nodes() else { panic!("{} nodes", borough.nodes().len()) };
    until("all that is public stands at a charity", || expected.is_subset(&names(older)).then_some(()));
    assert!(!names(older).contains("Shelter hosts' rota"), "for partners of its owner, and this charity is none");
    for partner in [workers, borough.node("hub")] {
        until("a partner has it", || names(partner).contains("Shelter hosts' rota").then_some(()));
    }

    // A charity cancels a session, and takes that back later; it comes round again.
    let supper = lines(workers, &["listing", "list"]).into_iter().find(|row| row["name"] == "Community supper");
    let id = supper.expect("it stands there")["id"].as_str().expect("an id").to_owned();
    until("the cancelled supper arrives", || {
        let shown = lines(workers, &["listing", "show", &id]).remove(0);
        let mut sessions = shown["sessions"].as_object()?.values();
        let mut exceptions = sessions.next()?["exceptions"].as_object()?.values();
        exceptions.any(|e| e["state"] == "cancelled" && e["reason"] == "the kitchen's boiler is broken").then_some(())
    });
    for node in borough.nodes() {
        assert_eq!(lines(node, &["verify"])[0]["bad"], serde_json::json!([]));
        let refused = &lines(node, &["status"])[0]["refused"];
        assert_eq!(*refused, serde_json::json!([]));
    }
    assert_eq!(entries(place.path()), 1);
    borough.stop("-TERM");
    assert_eq!(entries(place.path()), 0, "nothing is left on disk");
}

#[test]
fn each_state_of_a_referral_is_there_and_whom_it_is_about_stands_nowhere() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let borough = Borough::start(place.path(), &[]);
    let list = |node: &Value| lines(node, &["referral", "list", "--all"]);
    let rows: Vec<Value> = borough.nodes().iter().flat_map(list).collect();
    for (field, states) in STATES {
        let there: BTreeSet<&str> = rows.iter().map(|row| row[*field].as_str().expect("a word")).collect();
        for state in *states {
            assert!(there.contains(state), "{state:?} is not among {there:?}");
        }
    }
    let workers = borough.node("link workers");
    for word in STATES[0].1 {
        assert!(list(workers).iter().any(|row| row["shown"] == *word), "{word:?} at the link workers");
    }
    for detail in ["stop confirmed", "taken back", "agreement withdrawn", "closed"] {
        assert!(rows.iter().any(|row| row["detail"].as_str().is_some_and(|said| said.contains(detail))), "{detail}");
    }
    let late = lines(workers, &["referral", "chase"]);
    assert!(late.iter().any(|row| row["late"]["what"] == "contact the person"), "{late:?}");

    let [council, _, older, willow] = borough.nodes() else { panic!("{} nodes", borough.nodes().len()) };
    let waiting = lines(older, &["proposal", "list"]);
    assert!(waiting.iter().any(|row| row["state"] == "waiting"), "{waiting:?}");
    let taken = lines(willow, &["proposal", "list"]);
    let taken = taken.iter().find(|row| row["by_keeper"] == true && row["state"] == "accepted").expect("an edit of it");
    let kept = lines(council, &["listing", "show", taken["listing"].as_str().expect("an id")]).remove(0);
    assert_eq!(kept["keepers"].as_array().map(Vec::len), Some(1), "{kept}");
    assert!(kept["history"].as_array().expect("a list").iter().any(|h| h["proposed_by"] == kept["keepers"][0]));

    // What is said of somebody comes round, and goes on while the borough runs.
    let said = said(&borough);
    assert!(said.len() > 40, "{} things", said.len());
    until("somebody has come to the end", || {
        let is_over = |row: &Value| text(&row["detail"]).starts_with("ended (went-elsewhere)");
        list(workers).iter().any(is_over).then_some(())
    });
    assert_eq!(files_with(place.path(), &said), Vec::<(PathBuf, String)>::new());
    borough.stop("-TERM");
}

/// Each command that it prints does what it says.
#[test]
fn what_it_says_to_try_can_be_tried() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(binary());
    command.args(["demo", "--every", "600"]).env("TMPDIR", place.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut borough = Borough { child: command.spawn().expect("the binary starts"), ready: Value::Null };
    let out = BufReader::new(borough.child.stdout.take().expect("it is piped"));
    let mut tried = Vec::new();
    for line in out.lines().map(|line| line.expect("UTF-8")).take_while(|line| !line.starts_with("Every ")) {
        let Some(line) = line.strip_prefix("    ") else { continue };
        let ran = Command::new("sh").args(["-c", line]).output().expect("a shell is there");
        let is_refused = line.contains("Ours now");
        assert_eq!(ran.status.code(), Some(i32::from(is_refused)), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(ran.stdout.is_empty(), is_refused, "{line}");
        tried.push(line.to_owned());
    }
    for verb in ["referral list", "referral chase", "referral show", "pathway show", "form show", "proposal list"] {
        assert!(tried.iter().any(|line| line.contains(verb)), "{verb} is not among {tried:#?}");
    }
    send("-INT", borough.child.id());
    assert_eq!(borough.child.wait().expect("it ends").code(), Some(0));
    assert_eq!(entries(place.path()), 0, "nothing is left on disk");
}

#[test]
fn a_kept_borough_is_gone_on_with_and_one_that_is_killed_takes_its_nodes_along() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = place.path().join("borough");
    let keep = ["--keep", folder.to_str().expect("UTF-8")];
    let borough = Borough::start(place.path(), &keep);
    let hub = borough.node("hub").clone();
    let before = names(&hub);
    let counts = |borough: &Borough| -> Vec<[usize; 4]> {
        let lists: [&[&str]; 4] = [
            &["referral", "list", "--all"],
            &["pathway", "list"],
            &["proposal", "list", "--all"],
            &["partner", "list"],
        ];
        borough.nodes().iter().map(|node| lists.map(|words| lines(node, words).len())).collect()
    };
    let counted = counts(&borough);
    borough.stop("-INT");
    let mut borough = Borough::start(place.path(), &keep);
    let again = borough.node("hub");
    assert_eq!(hub["node"], again["node"], "partners find it where it was");
    until("the others are linked again", || {
        let partners = lines(again, &["partner", "list"]);
        (partners.len() == 3 && partners.iter().all(|partner| partner["state"] == "linked")).then_some(())
    });
    assert!(before.is_subset(&names(again)) && lines(again, &["roster", "list"]).len() == 3);
    let count = |name: &str| lines(again, &["listing", "list"]).iter().filter(|row| row["name"] == name).count();
    assert_eq!(count("Community supper"), 1, "nothing is added twice");
    assert_eq!(counts(&borough), counted, "nor are people, pathways, proposals and partners");
    Folder::new().run([&["demo"], keep.as_slice()].concat()).expect_told(1, &["runs in", "already", "stop it first"]);

    borough.child.kill().expect("it runs");
    borough.child.wait().expect("it ends");
    for node in borough.nodes() {
        until("the node has seen that it is alone", || has_ended(node).then_some(()));
    }
    assert_eq!(entries(place.path()), 1, "only what was kept");
}

#[test]
fn what_stands_in_the_way_is_told() {
    let place: TempDir = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::new();
    let file = folder.file("file", "");
    let full = place.path();
    std::fs::write(full.join("letters"), "dear").expect("a file");
    let told = |path: &Path, says: &str| {
        folder.run(["demo", "--keep", path.to_str().expect("UTF-8")]).expect_told(1, &["run the borough", says]);
    };
    told(&file, "is a file");
    told(full, "something else than a borough");
    assert_eq!(entries(full), 1);
    let nowhere = folder.command(["demo"]).env("TMPDIR", file.join("nowhere")).output().expect("the binary starts");
    assert_eq!(nowhere.status.code(), Some(1));
    let said = String::from_utf8_lossy(&nowhere.stderr).into_owned();
    assert!(said.contains("temporary files") && said.contains("hint: set TMPDIR"), "{said}");
    folder.run(["demo", "--every", "0"]).expect_told(2, &["--every"]);
}
