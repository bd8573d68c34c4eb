//! kill -9 in the middle of things, then on.

use super::import::{file, services};
use super::{check, expect_clean, expect_listings};

#[test]
fn a_first_sync_goes_on_where_it_was_cut() {
    check("crash", |shelter, council| {
        let (_folder, path) = file("services.ndjson", services(0..300).as_bytes());
        shelter.json(&["import", &path, "--yes"]);
        for _ in 0..5 {
            council.kill();
            council.up();
            shelter.kill();
            shelter.up();
        }
        expect_listings(council, 300);
        assert_eq!(council.lines(&["listing", "list"]).len(), 300);
        expect_clean(council);
        expect_clean(shelter);
    });
}
