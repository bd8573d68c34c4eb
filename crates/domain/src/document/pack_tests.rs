//! What is packed is unpacked; a pack that says one thing and holds another is refused.

use super::*;
use crate::OrgId;
use crate::RefusalKind;
use crate::document::{chunk, hostile::honest};
use proptest::prelude::*;

fn changes(seed: u64, edits: usize) -> Vec<StoredChange> {
    let owner = OrgId::from_bytes([7; 32]);
    let document = honest::document(&owner, seed, edits);
    document.get_changes(&[]).iter().map(|c| chunk::inspect(c.raw_bytes(), &owner).unwrap()).collect()
}

fn bytes_of(changes: &[StoredChange]) -> Vec<Vec<u8>> {
    changes.iter().map(|c| c.bytes.clone()).collect()
}

#[test]
fn what_is_packed_is_unpacked() {
    let changes = changes(1, 30);
    let refs: Vec<_> = changes.iter().collect();
    assert_eq!(decode(&encode(&refs), INFLATED_BYTES), Ok(bytes_of(&changes)));
    assert_eq!(encode(&[]), Vec::<u8>::new());
    assert_eq!(decode(&[], 0), Ok(Vec::new()));
}

#[test]
fn a_large_pack_is_compressed_and_a_small_one_is_left_to_its_frame() {
    let small = changes(1, 3);
    let plain = |changes: &[StoredChange]| changes.iter().map(|c| c.bytes.len()).sum::<usize>();
    assert!(encode(&small.iter().collect::<Vec<_>>()).len() > plain(&small));
    let large = changes(1, 800);
    assert!(plain(&large) > limits::ROW_PACK_BYTES);
    let pack = encode(&large.iter().collect::<Vec<_>>());
    assert!(pack.len() < plain(&large) / 2, "{} of {}", pack.len(), plain(&large));
    assert_eq!(decode(&pack, INFLATED_BYTES), Ok(bytes_of(&large)));
}

#[test]
fn parts_are_within_their_size_and_come_to_the_whole() {
    let changes = changes(2, 60);
    let refs: Vec<_> = changes.iter().collect();
    for max_bytes in [1, 300, 1_000, 4_000, 1 << 20] {
        let parts = split(&refs, max_bytes);
        let mut whole = Vec::new();
        for part in &parts {
            let chunks = decode(part, INFLATED_BYTES).unwrap();
            assert!(part.len() <= max_bytes || chunks.len() == 1, "a part of {} for {max_bytes}", part.len());
            whole.extend(chunks);
        }
        assert_eq!(whole, bytes_of(&changes), "in parts of {max_bytes}");
    }
    assert!(split(&[], 100).is_empty());
}

#[test]
fn refuses_what_is_not_as_it_says() {
    let check = |pack: &[u8], expected: RefusalKind| {
        let got = decode(pack, INFLATED_BYTES);
        assert_eq!(got.clone().map_err(|r| r.kind), Err(expected), "{got:?}");
    };
    let zstd_of = |length: u64, content: &[u8]| {
        let mut pack = vec![ZSTD];
        encode_varint(length, &mut pack);
        pack.extend(zstd::bulk::compress(content, 3).unwrap());
        pack
    };
    use RefusalKind::*;
    check(&[ZSTD], Malformed);
    check(&[PLAIN, 0], Malformed);
    check(&[9, 2, 1, 7], Malformed);
    check(&[PLAIN, 2, 1], Malformed);
    check(&[PLAIN, 2, 1, 7, 7], Malformed);
    check(&[PLAIN, 0x82, 0, 1, 7], Malformed);
    check(&[PLAIN, 2, 9, 7], Malformed);
    check(&[PLAIN, 2, 0, 0], Malformed);
    check(&zstd_of(3, &[1, 7]), Malformed);
    check(&zstd_of(1, &[1, 7]), Malformed);
    check(&zstd_of(u64::MAX, &[1, 7]), TooLarge);
    check(&zstd_of(INFLATED_BYTES as u64 + 1, &vec![0; INFLATED_BYTES + 1]), TooLarge);
    check(&zstd_of(2, &vec![0; 64 << 20]), Malformed);
    let two_frames = [zstd_of(4, &[1, 7]), zstd::bulk::compress(&[1, 7], 3).unwrap()].concat();
    check(&two_frames, Malformed);
    let skippable = [zstd_of(2, &[1, 7]), vec![0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]].concat();
    check(&skippable, Malformed);
    let many = [1, 7].repeat(limits::DOCUMENT_CHANGES + 1);
    check(&zstd_of(many.len() as u64, &many), TooLarge);
    assert_eq!(decode(&zstd_of(2, &[1, 7]), 1).map_err(|r| r.kind), Err(TooLarge));
    assert_eq!(decode(&zstd_of(2, &[1, 7]), 2), Ok(vec![vec![7]]));
}

proptest! {
    /// Any bytes at all: an answer, no panic; and what is taken is taken again when packed anew.
    #[test]
    fn any_bytes_get_an_answer(mut pack in prop::collection::vec(any::<u8>(), 0..200), form in 0_u8..3) {
        if let Some(first) = pack.first_mut() {
            *first = form;
        }
        let _ = decode(&pack, INFLATED_BYTES);
    }

    #[test]
    fn a_damaged_pack_gets_an_answer(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let changes = changes(3, 3);
        let mut pack = encode(&changes.iter().collect::<Vec<_>>());
        let at = at.index(pack.len());
        pack[at] = value;
        let _ = decode(&pack, INFLATED_BYTES);
    }
}
