//! The pre-validator: any bytes get an answer, and what passes alone is what Automerge can take.
#![no_main]

use domain::OrgId;
use domain::document::{Content, History, chunk};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static OWNER: LazyLock<OrgId> = LazyLock::new(|| OrgId::from_bytes([7; 32]));

fuzz_target!(|data: &[u8]| {
    let framed = frame(data);
    for bytes in [data, &framed] {
        let Ok(change) = chunk::inspect(bytes, &OWNER) else { continue };
        let hash = change.hash;
        if let Ok(history) = History::new([change])
            && history.check_references([&hash]).is_ok()
        {
            Content::open([bytes]).expect("what passes is applied");
        }
    }
});

/// The same bytes as the contents of a chunk with a right checksum, so that the fuzzer need not find one.
fn frame(data: &[u8]) -> Vec<u8> {
    let mut length = Vec::new();
    let mut rest = data.len();
    loop {
        let byte = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest >>= 7;
        length.push(if rest == 0 { byte } else { byte | 0x80 });
        if rest == 0 {
            break;
        }
    }
    let hash = chunk::hash(data);
    [&chunk::MAGIC, &hash.as_bytes()[..4], &[chunk::CHANGE_TYPE], &length, data].concat()
}
