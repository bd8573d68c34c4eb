//! What an export is written through.

use super::*;
use std::io::Read;

fn written(name: &str) -> Vec<u8> {
    let mut sink = Sink::new(NamedTempFile::new().unwrap(), Path::new(name));
    sink.write_all(b"one\ntwo\n").unwrap();
    std::fs::read(sink.finish().unwrap().path()).unwrap()
}

#[test]
fn a_name_that_ends_in_gz_is_deflated() {
    assert_eq!(written("listings.ndjson"), b"one\ntwo\n");
    let mut inflated = Vec::new();
    flate2::read::GzDecoder::new(written("listings.ndjson.gz").as_slice()).read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, b"one\ntwo\n");
}

#[test]
fn what_is_about_a_person_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("referral.json");
    std::fs::write(&file, "open to all").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    write_private(Reader::Person, &file, &json!({"name": "Maud Example"}), "").unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\n  \"name\": \"Maud Example\"\n}\n");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
    let gone = folder.path().join("no").join("such.json");
    let (text, code) = write_private(Reader::Person, &gone, &json!({"name": "Maud"}), "").unwrap_err().report("export");
    assert!(code == 1 && text.contains("cannot write") && !text.contains("Maud"), "{text}");
}
