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
