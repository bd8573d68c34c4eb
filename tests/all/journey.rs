//! What two organisations do with the built binary, told on both databases.

mod crash;
mod import;
mod mistake;
mod pairing;
mod sharing;

use serde_json::Value;
use tests::postgres::Cluster;
use tests::process::{Node, pair, until};

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
        Some(cluster) if place == 1 => Node::init_on(organisation, &cluster.database(name)),
        _ => Node::init(organisation),
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
    shown.status.success().then(|| shown.json())
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
