//! The borough on one machine: started, seen from the link workers' side, stopped, and gone.

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
    let held = names(workers);
    assert!(held.contains("Link workers' supervision"), "its own");
    assert!(!held.contains("Shelter hosts' rota"), "for partners of its owner, and the link workers are none");
    until("a partner has it", || names(borough.node("hub")).contains("Shelter hosts' rota").then_some(()));

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
fn a_kept_borough_is_gone_on_with_and_one_that_is_killed_takes_its_nodes_along() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = place.path().join("borough");
    let keep = ["--keep", folder.to_str().expect("UTF-8")];
    let borough = Borough::start(place.path(), &keep);
    let hub = borough.node("hub").clone();
    let before = names(&hub);
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
