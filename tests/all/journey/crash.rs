//! kill -9 in the middle of things, then on.

use super::import::{file, services};
use super::{Node, check, expect_clean, expect_listings, listings, until};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Services in one file: some eight batches.
const SERVICES: u32 = 2_000;
const CUTS: u64 = 20;
/// Files at most, however fast the machine is: beside the organisation itself, no more than an owner may have elsewhere.
const FILES: u32 = 9;
const _: () = assert!(((FILES * SERVICES) as u64) < domain::limits::OWNER_DOCUMENTS);

/// Either node, killed after counted batches while a first sync and those after it run: nothing is lost, nothing is
/// doubled. A file is imported while the partner is away, so that all of it flows when it is back.
#[test]
fn a_sync_that_is_cut_twenty_times_ends_complete() {
    check("crash", |shelter, council| {
        let (mut cuts, mut held) = (0, 0);
        for number in 0..FILES {
            if cuts == CUTS {
                break;
            }
            council.stop();
            let first = number * SERVICES;
            let (_folder, path) = file("services.ndjson", services(first..first + SERVICES).as_bytes());
            shelter.json(&["import", &path, "--yes"]);
            held += u64::from(SERVICES);
            council.up();
            cuts += cut_while_it_flows(shelter, council, held, CUTS - cuts);
            expect_listings(council, held);
        }
        // For whoever reads the run: a machine that is too fast for the commands that pace this gets fewer.
        let _ = writeln!(std::io::stderr(), "{cuts} cuts fell into a sync");
        let rows = council.lines(&["listing", "list"]);
        let ids: BTreeSet<_> = rows.iter().map(|row| row["id"].to_string()).collect();
        assert_eq!((rows.len() as u64, ids.len() as u64), (held, held));
        expect_clean(council);
        expect_clean(shelter);
    });
}

/// Kills one, then the other, each after some more batches, until all is there or there were as many cuts as wanted.
fn cut_while_it_flows(shelter: &mut Node, council: &mut Node, all: u64, wanted: u64) -> u64 {
    for cut in 0..wanted {
        let due = counted(council, "commits") + 1 + cut * 7 % 3;
        let is_complete = until("a batch, or the end", || match counted(council, "commits") >= due {
            true => Some(false),
            false => (listings(council) == all).then_some(true),
        });
        if is_complete || listings(council) == all {
            return cut;
        }
        let node = if cut % 2 == 0 { &mut *council } else { &mut *shelter };
        node.kill();
        node.up();
    }
    wanted
}

/// What a node has counted of this since it started.
fn counted(node: &Node, what: &str) -> u64 {
    let name = format!("fingerpost_{what}_total ");
    metrics(node).lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
}

/// The page of figures that a node shows.
pub(super) fn metrics(node: &Node) -> String {
    let address = node.people();
    let mut page = TcpStream::connect(address).expect("the page is there");
    write!(page, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it takes a request");
    let mut text = String::new();
    page.read_to_string(&mut text).expect("it answers");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text
}
