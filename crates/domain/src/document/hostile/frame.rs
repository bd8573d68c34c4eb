//! Chunks with a wrong frame or a wrong header.

use super::draft::{Draft, frame, number, prefixed, signed};
use super::{Case, Ground, Stop, change};
use crate::{ActorId, Incarnation, OrgId, limits};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

pub(super) fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = frames(ground);
    cases.extend(cut_short(ground));
    cases.extend(headers(ground));
    cases.extend(actors(ground));
    cases.extend(overlong(ground));
    cases
}

fn inspect(name: &str, chunk: Vec<u8>) -> Case {
    change(name, Stop::Inspect, chunk)
}

fn frames(ground: &Ground) -> Vec<Case> {
    let honest = ground.put();
    let (chunk, data) = (honest.chunk(), honest.data());
    let edited = |edit: fn(&mut Vec<u8>)| {
        let mut chunk = chunk.clone();
        edit(&mut chunk);
        chunk
    };
    let header = &chunk[..9];
    vec![
        inspect("nothing at all", Vec::new()),
        inspect("a chunk that ends in its magic", chunk[..3].to_vec()),
        inspect("a chunk with another magic", edited(|c| c[0] ^= 1)),
        inspect("a chunk with a wrong checksum", edited(|c| c[4] ^= 1)),
        inspect("a chunk with one bit flipped in its contents", edited(|c| *c.last_mut().unwrap() ^= 1)),
        inspect("a document chunk", frame(0, &data)),
        inspect("a change sent deflated", frame(2, &deflated(&data))),
        inspect("a deflate bomb: 32 KB that inflate to 32 MiB", frame(2, &deflated(&vec![0; 32 << 20]))),
        inspect("a bundle", frame(3, &data)),
        inspect("a chunk of an unknown type", frame(9, &data)),
        inspect("a chunk with a byte behind it", edited(|c| c.push(0))),
        inspect("two changes in one", [chunk.clone(), chunk.clone()].concat()),
        inspect("bytes behind the columns", Draft { extra: vec![0], ..honest.clone() }.chunk()),
        inspect("an author behind the columns", Draft { extra: b"\x01\x04nina".to_vec(), ..honest.clone() }.chunk()),
        inspect("a chunk of u64::MAX bytes", [header, &number(u64::MAX)].concat()),
        inspect("a chunk shorter than it says", edited(|c| c.truncate(c.len() - 1))),
        inspect("a chunk of more than 64 KiB", {
            let mut big = ground.put();
            big.extra = vec![0; limits::CHANGE_BYTES];
            big.chunk()
        }),
    ]
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut out = DeflateEncoder::new(Vec::new(), Compression::best());
    out.write_all(data).expect("memory takes what is written");
    out.finish().expect("memory takes what is written")
}

/// The contents cut in each of their parts, under a right length and checksum.
fn cut_short(ground: &Ground) -> Vec<Case> {
    let honest = ground.put();
    let deps = 1 + 32 * honest.deps.len();
    let numbers = deps + 1 + 24;
    let columns = honest.data().len() - honest.columns.values().map(Vec::len).sum::<usize>();
    let parts = [
        ("dependency count", 0),
        ("dependencies", deps - 7),
        ("actor", deps + 9),
        ("seq", numbers),
        ("first operation", numbers + 1),
        ("time", numbers + 1 + number(honest.start_op).len()),
        ("column list", columns - 3),
        ("columns", columns + 4),
        ("last column", honest.data().len() - 1),
    ];
    parts.map(|(part, at)| inspect(&format!("a change cut short in its {part}"), frame(1, &honest.data()[..at]))).into()
}

fn headers(ground: &Ground) -> Vec<Case> {
    let honest = ground.put();
    let with = |edit: &dyn Fn(&mut Draft)| {
        let mut draft = honest.clone();
        edit(&mut draft);
        draft.chunk()
    };
    let many = |n: u8| (0..n).map(|i| [i; 32]).collect::<Vec<_>>();
    let two = [ground.stored[0].hash, ground.stored[1].hash].map(|h| *h.as_bytes());
    let (low, high) = (two[0].min(two[1]), two[0].max(two[1]));
    let absurd = |prefix: &[u8]| frame(1, &[prefix, &number(u64::MAX), &[0; 64]].concat());
    vec![
        inspect("u64::MAX dependencies", absurd(&[])),
        inspect("34 dependencies", with(&|d| d.deps = many(34))),
        inspect("a dependency twice", with(&|d| d.deps = vec![low, low])),
        inspect("dependencies out of order", with(&|d| d.deps = vec![high, low])),
        inspect("an actor of u64::MAX bytes", absurd(&[0])),
        inspect("change number 0", with(&|d| d.seq = 0)),
        inspect("first operation 0", with(&|d| d.start_op = 0)),
        inspect("a first operation near u32::MAX", with(&|d| d.start_op = u64::from(u32::MAX) - 1)),
        inspect("a first operation of u64::MAX", with(&|d| d.start_op = u64::MAX)),
        inspect("a first operation at the ceiling", with(&|d| d.start_op = limits::OPERATION_COUNTER)),
        inspect("operations that reach the ceiling", {
            let mut draft = ground.puts(3);
            draft.start_op = limits::OPERATION_COUNTER - 2;
            draft.chunk()
        }),
        inspect("a message", with(&|d| d.message = b"by nina".to_vec())),
        inspect("a message of u64::MAX bytes", {
            let mut data = Draft { columns: [].into(), ..honest.clone() }.data();
            data.truncate(data.len() - 3);
            frame(1, &[data, number(u64::MAX)].concat())
        }),
        inspect("u64::MAX other actors", {
            let mut data = Draft { columns: [].into(), ..honest.clone() }.data();
            data.truncate(data.len() - 2);
            frame(1, &[data, number(u64::MAX)].concat())
        }),
        inspect("u64::MAX columns", {
            let mut data = Draft { columns: [].into(), ..honest.clone() }.data();
            data.pop();
            frame(1, &[data, number(u64::MAX)].concat())
        }),
    ]
}

fn actors(ground: &Ground) -> Vec<Case> {
    let honest = ground.put();
    let stranger = ActorId::new(&OrgId::from_bytes([0xee; 32]), Incarnation::from_bytes([1; 8])).as_bytes().to_vec();
    let by = |actor: Vec<u8>| Draft { actor, ..honest.clone() }.chunk();
    let with = |others: Vec<Vec<u8>>| Draft { others, ..honest.clone() }.chunk();
    let own = |n: u8| ground.actor(n);
    vec![
        inspect("an author of another organisation", by(stranger.clone())),
        inspect("an author without a name", by(Vec::new())),
        inspect("an author of 23 bytes", by(own(9)[..23].to_vec())),
        inspect("an author of 25 bytes", by([own(9), vec![0]].concat())),
        inspect("an actor of another organisation among the others", with(vec![stranger])),
        inspect("an actor of 16 bytes among the others", with(vec![own(2)[..16].to_vec()])),
        inspect("the author among the others", with(vec![own(9)])),
        inspect("an actor twice", with(vec![own(2), own(2)])),
        inspect("actors out of order", with(vec![own(3), own(2)])),
        inspect("an actor that no operation refers to", with(vec![own(2)])),
        inspect("65 actors", with((10..74).map(own).collect())),
    ]
}

/// Numbers in another form than the shortest.
fn overlong(ground: &Ground) -> Vec<Case> {
    let honest = ground.put();
    let data = honest.data();
    let deps = 1 + 32 * honest.deps.len();
    let numbers = deps + 1 + 24;
    let time = numbers + 1 + number(honest.start_op).len();
    let replaced =
        |from: usize, length: usize, with: &[u8]| frame(1, &[&data[..from], with, &data[from + length..]].concat());
    let overlong_chunk_length = {
        let chunk = honest.chunk();
        let length = number(data.len() as u64);
        let mut longer = length.clone();
        *longer.last_mut().unwrap() |= 0x80;
        longer.push(0);
        [&chunk[..9], &longer, &chunk[9 + length.len()..]].concat()
    };
    let mut overlong_time = signed(honest.time);
    *overlong_time.last_mut().unwrap() |= 0x80;
    overlong_time.push(0);
    vec![
        inspect("an overlong chunk length", overlong_chunk_length),
        inspect("an overlong change number", replaced(numbers, 1, &[0x81, 0])),
        inspect("an overlong time", replaced(time, signed(honest.time).len(), &overlong_time)),
        inspect("a change number of 70 bits", replaced(numbers, 1, &[0xff; 10])),
        inspect("a time of 70 bits", replaced(time, signed(honest.time).len(), &[[0x80; 9].as_slice(), &[2]].concat())),
        inspect("an overlong actor length", {
            let actor = prefixed(&honest.actor);
            replaced(deps, 1, &[0x80 | actor[0], 0])
        }),
    ]
}
