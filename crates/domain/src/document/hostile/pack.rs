//! Packs that do not hold what they say, or hold far more.

use super::draft::{number, prefixed};
use super::{Case, Ground, Input, Stop};
use crate::document::pack::{self, INFLATED_BYTES};
use crate::limits;
use std::io::Write;

pub(super) fn cases(ground: &Ground) -> Vec<Case> {
    let honest = pack::encode(&ground.stored.iter().collect::<Vec<_>>());
    let content: Vec<u8> = ground.history.iter().flat_map(|c| prefixed(c)).collect();
    let edited = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut pack = honest.clone();
        edit(&mut pack);
        pack
    };
    let said = |length: u64, frame: &[u8]| [vec![1], number(length), frame.to_vec()].concat();
    let length = content.len() as u64;
    let frame = zstd::bulk::compress(&content, 3).expect("memory takes what is written");
    let packed = |content: &[u8]| said(content.len() as u64, &zstd::bulk::compress(content, 3).expect("memory"));
    let bomb = bomb();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9];
    [
        ("a pack that inflates to a GiB and says so", said(1 << 30, &bomb)),
        ("a pack that inflates to a GiB and says it is small", said(length, &bomb)),
        ("a pack that inflates to a GiB and says it is as large as allowed", said(INFLATED_BYTES as u64, &bomb)),
        ("a pack of u64::MAX bytes", said(u64::MAX, &frame)),
        ("a pack of an unknown form", edited(&|p| p[0] = 7)),
        ("a pack of one byte", vec![1]),
        ("a pack that says it is empty", vec![0, 0]),
        ("a pack shorter than it says", said(length + 1, &frame)),
        ("a pack longer than it says", said(length - 1, &frame)),
        ("a pack with an overlong length", [vec![0], vec![0x82, 0, 1, 7]].concat()),
        ("a pack cut short", edited(&|p| p.truncate(p.len() - 5))),
        ("a pack with a byte behind it", edited(&|p| p.push(0))),
        ("a pack of two frames", said(length, &[frame.clone(), frame.clone()].concat())),
        ("a pack with a frame to skip behind it", said(length, &[frame.as_slice(), &skippable].concat())),
        ("a pack that is a frame to skip", said(1, &skippable)),
        ("a pack that is not zstd", said(length, &content)),
        ("a pack that ends inside a change", packed(&content[..content.len() - 1])),
        ("a pack with an empty change", packed(&[0, 0])),
        ("a pack with a change of u64::MAX bytes", packed(&[number(u64::MAX), vec![0; 9]].concat())),
        ("a pack with a change of over 64 KiB", packed(&prefixed(&vec![0; limits::CHANGE_BYTES + 1]))),
        ("a pack of too many changes", packed(&[1, 7].repeat(limits::DOCUMENT_CHANGES + 1))),
    ]
    .map(|(name, pack)| Case { name: name.to_owned(), stop: Stop::Parse, input: Input::Pack(pack) })
    .into()
}

/// One zstd frame of about 33 KB that inflates to a GiB.
fn bomb() -> Vec<u8> {
    let mut out = zstd::Encoder::new(Vec::new(), 1).expect("memory takes what is written");
    let zeroes = vec![0; 1 << 20];
    for _ in 0..1 << 10 {
        out.write_all(&zeroes).expect("memory takes what is written");
    }
    out.finish().expect("memory takes what is written")
}
