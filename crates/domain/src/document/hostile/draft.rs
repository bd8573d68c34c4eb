//! A change taken apart, so that any part can be put wrong and the whole be framed with a right checksum again.

use crate::document::chunk::{CHANGE_TYPE, MAGIC};
use prost::encoding::encode_varint;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Column specifications of the format: id in the high bits, type in the low three, bit 3 for deflated.
pub mod column {
    /// The object's actor.
    pub const OBJECT_ACTOR: u32 = 0x01;
    /// The object's counter.
    pub const OBJECT_COUNTER: u32 = 0x02;
    /// The element's actor.
    pub const KEY_ACTOR: u32 = 0x11;
    /// The element's counter.
    pub const KEY_COUNTER: u32 = 0x13;
    /// The key in a map.
    pub const KEY_TEXT: u32 = 0x15;
    /// Whether it inserts.
    pub const INSERT: u32 = 0x34;
    /// What it does.
    pub const ACTION: u32 = 0x42;
    /// Length and type of its value.
    pub const VALUE_METADATA: u32 = 0x56;
    /// Its value.
    pub const VALUE: u32 = 0x57;
    /// How many operations it replaces.
    pub const PREDECESSOR_COUNT: u32 = 0x70;
    /// Their actors.
    pub const PREDECESSOR_ACTOR: u32 = 0x71;
    /// Their counters.
    pub const PREDECESSOR_COUNTER: u32 = 0x73;
    /// Whether a mark expands.
    pub const EXPAND: u32 = 0x94;
    /// A mark's name.
    pub const MARK_NAME: u32 = 0xa5;
}

/// The parts of a plain change, each of which a test may set to anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Hashes of its dependencies, as written.
    pub deps: Vec<[u8; 32]>,
    /// The author's actor id.
    pub actor: Vec<u8>,
    /// Its number.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// When it was made, in its author's words.
    pub time: i64,
    /// Its message.
    pub message: Vec<u8>,
    /// The other actors it lists.
    pub others: Vec<Vec<u8>>,
    /// Its columns, by specification.
    pub columns: BTreeMap<u32, Vec<u8>>,
    /// What stands behind the columns.
    pub extra: Vec<u8>,
}

impl Draft {
    /// Takes an honest plain change apart.
    pub fn open(chunk: &[u8]) -> Self {
        let mut reader = Parts { rest: &chunk[9..] };
        assert_eq!(reader.number(), reader.rest.len() as u64, "an honest chunk is as long as it says");
        let deps = (0..reader.number()).map(|_| reader.take(32).try_into().expect("32 bytes")).collect();
        let actor = reader.prefixed();
        let (seq, start_op, time) = (reader.number(), reader.number(), reader.signed());
        let message = reader.prefixed();
        let others = (0..reader.number()).map(|_| reader.prefixed()).collect();
        let columns: Vec<_> = (0..reader.number()).map(|_| (reader.number(), reader.number())).collect();
        let columns = columns
            .into_iter()
            .map(|(specification, length)| {
                let data = reader.take(usize::try_from(length).expect("a length"));
                (u32::try_from(specification).expect("a specification"), data.to_vec())
            })
            .collect();
        Self { deps, actor, seq, start_op, time, message, others, columns, extra: reader.rest.to_vec() }
    }

    /// The contents of a chunk, without its frame.
    pub fn data(&self) -> Vec<u8> {
        let mut out = number(self.deps.len() as u64);
        out.extend(self.deps.iter().flatten());
        out.extend(prefixed(&self.actor));
        out.extend(number(self.seq));
        out.extend(number(self.start_op));
        out.extend(signed(self.time));
        out.extend(prefixed(&self.message));
        out.extend(number(self.others.len() as u64));
        out.extend(self.others.iter().flat_map(|o| prefixed(o)));
        out.extend(number(self.columns.len() as u64));
        for (specification, data) in &self.columns {
            out.extend(number(u64::from(*specification)));
            out.extend(number(data.len() as u64));
        }
        out.extend(self.columns.values().flatten());
        out.extend(&self.extra);
        out
    }

    /// The whole chunk, framed with a right checksum.
    pub fn chunk(&self) -> Vec<u8> {
        frame(CHANGE_TYPE, &self.data())
    }

    /// The hash Automerge gives it.
    pub fn hash(&self) -> [u8; 32] {
        hash(CHANGE_TYPE, &self.data())
    }

    /// Itself with one column set, or taken out when empty.
    #[must_use]
    pub fn with_column(mut self, specification: u32, data: &[u8]) -> Self {
        if data.is_empty() {
            self.columns.remove(&specification);
        } else {
            self.columns.insert(specification, data.to_vec());
        }
        self
    }
}

/// Frames contents as a chunk of any type, with a right length and checksum.
pub fn frame(chunk_type: u8, data: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(&hash(chunk_type, data)[..4]);
    out.push(chunk_type);
    out.extend(number(data.len() as u64));
    out.extend(data);
    out
}

/// SHA-256 over type, length and contents of a chunk.
pub fn hash(chunk_type: u8, data: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update([chunk_type])
        .chain_update(number(data.len() as u64))
        .chain_update(data)
        .finalize()
        .into()
}

/// An unsigned LEB128 number.
pub fn number(value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    encode_varint(value, &mut out);
    out
}

/// A signed LEB128 number.
pub fn signed(mut value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        let is_last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        out.push(if is_last { byte } else { byte | 0x80 });
        if is_last {
            return out;
        }
    }
}

/// Bytes behind their length.
pub fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [number(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A run of a run-length column: the same value `count` times.
pub fn run(count: i64, value: &[u8]) -> Vec<u8> {
    [signed(count), value.to_vec()].concat()
}

struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        prost::encoding::decode_varint(&mut self.rest).expect("an honest number")
    }

    fn signed(&mut self) -> i64 {
        let length = self.rest.iter().position(|b| b & 0x80 == 0).expect("an honest number") + 1;
        let mut value = 0_i64;
        for (place, byte) in self.take(length).iter().enumerate() {
            value |= i64::from(byte & 0x7f) << (7 * place);
            if place + 1 == length && byte & 0x40 != 0 && 7 * length < 64 {
                value |= -1 << (7 * length);
            }
        }
        value
    }

    fn prefixed(&mut self) -> Vec<u8> {
        let length = self.number();
        self.take(usize::try_from(length).expect("a length")).to_vec()
    }
}
