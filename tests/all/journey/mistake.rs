//! Wrong input gets a cause and a hint, the right exit code, and changes nothing.

use super::import::{file, services};
use super::{add, listings};
use tests::process::Node;

#[test]
fn wrong_words_on_the_command_line_are_usage() {
    let node = Node::empty();
    for arguments in [&["frobnicate"][..], &["listing", "show"], &["invite", "--expires", "soon"], &["up", "--nodes"]] {
        node.run(arguments).expect_refused(2, "Usage");
    }
    assert!(!node.data().exists());
}

#[test]
fn a_node_that_is_not_there_or_not_running_says_so() {
    let node = Node::empty();
    node.run(&["status"]).expect_refused(1, "cause: ");
    node.run(&["listing", "add", "--set", "name=x"]).expect_refused(1, "cause: ");
    assert!(!node.data().exists());
    let node = Node::init("Night Shelter");
    node.run(&["invite"]).expect_refused(1, "no node runs");
    node.run(&["init", "--name", "Again"]).expect_refused(1, "cause: ");
}

#[test]
fn a_folder_or_a_port_in_use_is_named() {
    let mut node = Node::init("Night Shelter");
    node.up();
    let address = node.node_address().to_string();
    node.run(&["up"]).expect_refused(1, "cause: ");
    let other = Node::init("Hoe Street Council");
    let refused = other.run(&["up", "--node-listen", &address, "--people-listen", "127.0.0.1:0"]);
    refused.expect_refused(1, &address);
}

#[test]
fn wrong_values_change_nothing() {
    let mut node = Node::init("Night Shelter");
    node.up();
    let supper = add(&node, "Tuesday supper");
    let before = node.json(&["listing", "show", &supper]);
    let edit = |set: &str| node.run(&["listing", "edit", &supper, "--set", set]);
    edit("nmae=Supper").expect_refused(1, "name");
    edit(&format!("name={}", "x".repeat(30_000))).expect_refused(1, "cause: ");
    node.run(&["listing", "show", "00000000-0000-4000-8000-000000000000"]).expect_refused(1, "cause: ");
    node.run(&["listing", "share", &supper, "--audience", "nobody I know"]).expect_refused(1, "cause: ");
    node.run(&["join", "not a code"]).expect_refused(1, "cause: ");
    node.run(&["partner", "show", "nobody"]).expect_refused(1, "cause: ");
    assert_eq!(node.json(&["listing", "show", &supper]), before);
    assert_eq!(listings(&node), 1);
}

#[test]
fn files_that_cannot_be_read_change_nothing() {
    let mut node = Node::init("Night Shelter");
    node.up();
    let check = |name: &str, bytes: &[u8]| {
        let (_folder, path) = file(name, bytes);
        node.run(&["import", &path, "--yes"]).expect_refused(1, "cause: ");
        assert_eq!(listings(&node), 0, "{name}");
    };
    check("truncated.ndjson.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
    check("not-utf8.ndjson", &[0xff, 0xfe, 0x00, 0x41]);
    check("empty.ndjson", b"");
    check("not-services.json", b"[1, 2, 3]");
    node.run(&["import", "/nowhere/services.ndjson", "--yes"]).expect_refused(1, "/nowhere/services.ndjson");
    let (_folder, path) = file("services.ndjson", services(0..1).as_bytes());
    node.run(&["import", &path, "--dry-run", "--yes"]).expect_refused(2, "Usage");
    assert_eq!(listings(&node), 0);
}

#[test]
fn a_wrong_database_is_named_without_its_password() {
    let node = Node::empty();
    let refused =
        node.run(&["init", "--name", "Night Shelter", "--database", "postgres://me:hunter2@127.0.0.1:1/none"]);
    refused.expect_refused(1, "127.0.0.1:1");
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    node.run(&["init", "--name", "Night Shelter", "--database", "mysql://x"]).expect_refused(1, "mysql");
}
