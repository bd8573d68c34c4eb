//! Files as they come: deflated or not, lines or one document, cut short, not there.

use super::*;
use std::io::Write;

const ROWS: &str = "{\"id\":\"a\",\"name\":\"One\"}\n\nnot json\n{\"id\":\"b\",\"name\":\"Two\"}\n";

fn read_bytes(name: &str, bytes: &[u8]) -> Result<Import, Refusal> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path, Source { feed: "test".into(), ..Source::default() }, &ProgressSender::silent())
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn good_rows_are_taken_and_bad_ones_named_by_their_line() {
    for (name, bytes) in
        [("rows.ndjson", ROWS.as_bytes().to_vec()), ("rows.ndjson.gz", gz(ROWS.as_bytes())), ("rows", ROWS.into())]
    {
        let import = read_bytes(name, &bytes).unwrap();
        assert_eq!(import.listings.len(), 2, "{name}");
        assert_eq!(import.bad.iter().map(|b| b.row).collect::<Vec<_>>(), [3], "{name}");
    }
    let import = read_bytes("page.json", br#"{"contents":[{"id":"a","name":"One"}]}"#).unwrap();
    assert_eq!(import.listings.len(), 1);
}

#[test]
fn a_row_that_is_too_long_is_one_bad_row() {
    let long = format!("{{\"id\":\"a\",\"name\":\"{}\"}}\n{{\"id\":\"b\",\"name\":\"Two\"}}\n", "x".repeat(ROW_BYTES));
    let import = read_bytes("rows.ndjson", long.as_bytes()).unwrap();
    assert_eq!((import.listings.len(), import.bad.len()), (1, 1));
}

#[test]
fn what_cannot_be_read_to_its_end_is_refused_as_a_whole() {
    let check = |result: Result<Import, Refusal>, words: &str| {
        let refusal = result.unwrap_err();
        assert!(refusal.message.contains(words), "{refusal}");
    };
    let whole = gz(ROWS.repeat(200).as_bytes());
    check(read_bytes("rows.ndjson.gz", &whole[..whole.len() / 2]), "is damaged");
    check(read_bytes("one.json", b"\xff\xfe"), "not UTF-8");
    check(read_bytes("one.json", b""), "nothing in it");
    let nowhere = Path::new("/nowhere/rows.ndjson");
    check(read(nowhere, Source::default(), &ProgressSender::silent()), "there is no file");
    check(read(Path::new("/"), Source::default(), &ProgressSender::silent()), "is a folder");
}
