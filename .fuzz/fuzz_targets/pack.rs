//! Packs: any bytes get an answer, within the limit.
#![no_main]

use domain::document::pack;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limit = 1 << 16;
    if let Ok(chunks) = pack::decode(data, limit) {
        assert!(chunks.iter().map(Vec::len).sum::<usize>() <= limit);
    }
});
