//! A pack that takes the process down is tried once more alone, and then given up.

use super::*;
use domain::ScopeId;
use domain::sync::message::Versions;

fn frame(packs: &[&str]) -> Message {
    let items = packs
        .iter()
        .map(|p| Item { statement: format!("statement of {p}").into_bytes(), pack: p.as_bytes().to_vec() })
        .collect();
    Message::Versions(Versions {
        scope: ScopeId::from_bytes([1; 16]),
        items,
        absent: Vec::new(),
        absent_versions: Vec::new(),
    })
}

/// What a process that starts now would suspect of these packs.
fn suspected(path: &std::path::Path, packs: &[&str]) -> Vec<(String, u32)> {
    Journal::open(path.to_path_buf())
        .unwrap()
        .suspects(&frame(packs))
        .into_iter()
        .map(|(item, crashes)| (String::from_utf8(item.pack.clone()).unwrap(), crashes))
        .collect()
}

#[test]
fn a_crash_leaves_suspects_and_a_second_one_names_the_culprit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("applying");

    let journal = Journal::open(path.clone()).unwrap();
    assert!(journal.begin(&frame(&["good", "bad"])).unwrap());
    drop(journal); // the process ends here
    assert_eq!(suspected(&path, &["good", "bad", "other"]), [("good".to_owned(), 1), ("bad".to_owned(), 1)]);

    let mut journal = Journal::open(path.clone()).unwrap();
    journal.begin(&frame(&["good"])).unwrap();
    journal.end(&frame(&["good"])).unwrap();
    journal.begin(&frame(&["bad"])).unwrap();
    drop(journal); // and here again
    assert_eq!(suspected(&path, &["good", "bad"]), [("bad".to_owned(), CRASHES)]);
}

#[test]
fn what_ends_well_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("applying");
    let mut journal = Journal::open(path.clone()).unwrap();
    assert!(!journal.begin(&frame(&[])).unwrap());
    journal.begin(&frame(&["good"])).unwrap();
    journal.end(&frame(&["good"])).unwrap();
    assert_eq!(suspected(&path, &["good"]), []);
}

#[test]
fn a_damaged_line_condemns_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("applying");
    let Message::Versions(versions) = frame(&["bad"]) else { unreachable!() };
    let whole = data_encoding::HEXLOWER.encode(&hash(&versions.items[0]));
    std::fs::write(&path, format!("\0\0\0\n{whole} 1\n{} 1", &whole[..20])).unwrap();
    assert_eq!(suspected(&path, &["good", "bad"]), [("bad".to_owned(), 1)]);
}

#[test]
fn a_suspect_is_tried_in_a_frame_of_its_own() {
    let mut whole = frame(&["good", "bad"]);
    let Message::Versions(versions) = &whole else { unreachable!() };
    let bad = versions.items[1].clone();
    assert_eq!(alone(&whole, bad.clone()), Some(frame(&["bad"])));

    strip(&mut whole, &bad);
    let Message::Versions(versions) = &whole else { unreachable!() };
    assert_eq!(versions.items[0].pack, b"good");
    assert_eq!((versions.items[1].statement.clone(), versions.items[1].pack.len()), (bad.statement, 0));
}
