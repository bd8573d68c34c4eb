//! kill -9 in the middle of things, then on.

use super::import::{file, services};
use super::{check, expect_clean, expect_listings, listings, until};
use std::collections::BTreeSet;

const SERVICES: u32 = 1_000;

/// Either node, killed at twenty points of the first sync: nothing is lost, nothing is doubled.
#[test]
fn a_first_sync_that_is_cut_twenty_times_ends_complete() {
    check("crash", |shelter, council| {
        let (_folder, path) = file("services.ndjson", services(0..SERVICES).as_bytes());
        council.kill();
        shelter.json(&["import", &path, "--yes"]);
        council.up();
        for cut in 0..20_u64 {
            let reached = cut * u64::from(SERVICES) / 25;
            until(&format!("{reached} listings"), || (listings(council) >= reached).then_some(()));
            let node = if cut % 2 == 0 { &mut *council } else { &mut *shelter };
            node.kill();
            node.up();
        }
        expect_listings(council, SERVICES.into());
        let rows = council.lines(&["listing", "list"]);
        let ids: BTreeSet<_> = rows.iter().map(|row| row["id"].to_string()).collect();
        assert_eq!((rows.len(), ids.len()), (1_000, 1_000));
        expect_clean(council);
        expect_clean(shelter);
    });
}
