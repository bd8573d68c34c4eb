//! A file of services becomes listings here and at a partner.

use super::{both, check, expect_clean, expect_listings, listings, pair};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;
use std::ops::Range;

/// Invented services as HSDS-UK NDJSON.
pub(super) fn services(range: Range<u32>) -> String {
    let service = |n: u32| {
        json!({
            "id": format!("00000000-0000-5000-8000-{n:012}"),
            "name": format!("Supper club {n}"),
            "description": "Hot food and company. All welcome, no booking.",
            "status": "active",
            "schedules": [{
                "id": format!("00000000-0000-5000-8001-{n:012}"),
                "freq": "WEEKLY", "byday": "TU", "opens_at": "18:00", "closes_at": "20:00",
            }],
        })
    };
    range.map(|n| format!("{}\n", service(n))).collect()
}

/// A file that is gone with its folder.
pub(super) fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    let path = path.to_str().expect("a plain path").to_owned();
    (folder, path)
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn a_file_is_taken_in_once_however_often_it_is_imported() {
    check("import", |shelter, council| {
        let (_folder, path) = file("services.ndjson.gz", &gzipped(&services(0..40)));
        let dry = shelter.json(&["import", &path, "--dry-run"]);
        assert_eq!((&dry["new"], listings(shelter)), (&json!(40), 0), "{dry}");
        let first = shelter.json(&["import", &path, "--yes"]);
        assert_eq!((&first["new"], &first["failed"]), (&json!(40), &json!(0)), "{first}");
        expect_listings(council, 40);
        let second = shelter.json(&["import", &path, "--yes"]);
        assert_eq!((&second["same"], &second["new"], &second["changed"]), (&json!(40), &json!(0), &json!(0)));
        expect_clean(council);
    });
}

/// 4,082 real services. Both databases, only one node reachable.
#[test]
fn a_real_directory_stands_at_a_partner() {
    let Some(path) = tests::shared("corpus/us-miami-211.hsds-uk-3.0.ndjson.gz") else { return };
    let path = path.to_str().expect("a plain path");
    both("miami", |shelter, council| {
        pair(shelter, council);
        let taken = council.json(&["import", path, "--yes"]);
        assert_eq!((&taken["new"], &taken["failed"]), (&json!(4082), &json!(0)), "{taken}");
        expect_listings(shelter, 4082);
        expect_clean(shelter);
        let again = council.json(&["import", path, "--yes"]);
        assert_eq!((&again["same"], &again["new"], &again["changed"]), (&json!(4082), &json!(0), &json!(0)), "{again}");
    });
}
