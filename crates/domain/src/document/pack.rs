//! A change pack: plain changes in causal order in one frame, compressed once.
//!
//! ```text
//! pack     = "" | form length body
//! form     = 0 (body is the content) | 1 (body is one zstd frame of the content)
//! length   = LEB128: bytes of the content, which is not empty
//! content  = (LEB128 length, chunk)+
//! ```
//!
//! The content is inflated into a buffer of exactly the length that was announced and allowed, so no pack can make a
//! reader allocate more than its limit, whatever it inflates to.

use super::StoredChange;
use crate::{Refusal, limits};
use prost::encoding::{decode_varint, encode_varint, encoded_len_varint};
use zstd::zstd_safe;

/// The most a pack of one document may inflate to: its changes, each with its length.
pub const INFLATED_BYTES: usize = limits::DOCUMENT_BYTES + 4 * limits::DOCUMENT_CHANGES;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// zstd's own default: 2 to 3 KB of changes in about 20 µs.
const LEVEL: i32 = 3;

/// Packs changes, which are in causal order. No changes make an empty pack.
pub fn encode(changes: &[&StoredChange]) -> Vec<u8> {
    let mut content = Vec::with_capacity(changes.iter().map(|c| content_len(c)).sum());
    for change in changes {
        encode_varint(change.bytes.len() as u64, &mut content);
        content.extend_from_slice(&change.bytes);
    }
    if content.is_empty() {
        return content;
    }
    let length = content.len() as u64;
    // Small packs travel many to a frame, which is compressed as a whole: what they share then costs nothing.
    let is_large = content.len() > limits::ROW_PACK_BYTES;
    let (form, body) = match is_large.then(|| zstd::bulk::compress(&content, LEVEL)) {
        Some(Ok(body)) if body.len() < content.len() => (ZSTD, body),
        _ => (PLAIN, content),
    };
    let mut pack = vec![form];
    encode_varint(length, &mut pack);
    pack.extend_from_slice(&body);
    pack
}

/// Packs changes in parts, each of at most `max_bytes`, or of one change where that alone is larger.
pub fn split(changes: &[&StoredChange], max_bytes: usize) -> Vec<Vec<u8>> {
    let room = max_bytes.saturating_sub(1 + encoded_len_varint(max_bytes as u64));
    let mut parts = Vec::new();
    let (mut part, mut length) = (Vec::new(), 0_usize);
    for change in changes {
        let added = content_len(change);
        if !part.is_empty() && length.saturating_add(added) > room {
            parts.push(encode(&part));
            part.clear();
            length = 0;
        }
        part.push(*change);
        length = length.saturating_add(added);
    }
    if !part.is_empty() {
        parts.push(encode(&part));
    }
    parts
}

/// Unpacks chunks, which are not looked into: each goes to [`super::chunk::inspect`].
///
/// Refuses a pack whose content is larger than `max_inflated`, is not exactly what was announced, or holds more or
/// larger changes than a document may.
pub fn decode(pack: &[u8], max_inflated: usize) -> Result<Vec<Vec<u8>>, Refusal> {
    let Some((form, mut rest)) = pack.split_first() else { return Ok(Vec::new()) };
    let length = read_length(&mut rest)?;
    if length > max_inflated {
        return Err(Refusal::too_large(format!("a change pack of {length} bytes, and {max_inflated} are allowed")));
    }
    match *form {
        PLAIN if rest.len() == length => read_chunks(rest),
        PLAIN => Err(Refusal::malformed("a change pack is not as long as it says")),
        ZSTD => read_chunks(&inflate(rest, length)?),
        other => Err(Refusal::malformed(format!("a change pack of the unknown form {other}"))),
    }
}

fn content_len(change: &StoredChange) -> usize {
    change.bytes.len().saturating_add(encoded_len_varint(change.bytes.len() as u64))
}

/// Inflates one zstd frame into a buffer of `length` bytes and no more.
fn inflate(frame: &[u8], length: usize) -> Result<Vec<u8>, Refusal> {
    let wrong = || Refusal::malformed("a change pack does not inflate to what it says");
    if zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(Refusal::malformed("a change pack is not one zstd frame"));
    }
    let mut content = Vec::with_capacity(length);
    let written = zstd::bulk::Decompressor::new()
        .and_then(|mut inflater| inflater.decompress_to_buffer(frame, &mut content))
        .map_err(|_| wrong())?;
    if written == length && content.len() == length { Ok(content) } else { Err(wrong()) }
}

fn read_chunks(mut content: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut chunks = Vec::new();
    while !content.is_empty() {
        if chunks.len() == limits::DOCUMENT_CHANGES {
            return Err(Refusal::too_large(format!("a change pack of over {} changes", limits::DOCUMENT_CHANGES)));
        }
        let length = read_length(&mut content)?;
        if length > limits::CHANGE_BYTES {
            return Err(Refusal::too_large(format!("a change of {length} bytes")));
        }
        let split = content.split_at_checked(length);
        let (chunk, rest) = split.ok_or_else(|| Refusal::malformed("a change pack ends inside a change"))?;
        chunks.push(chunk.to_vec());
        content = rest;
    }
    Ok(chunks)
}

/// A length above 0, in the shortest form.
fn read_length(bytes: &mut &[u8]) -> Result<usize, Refusal> {
    let before = bytes.len();
    let length = decode_varint(bytes).map_err(|_| Refusal::malformed("a change pack ends inside a length"))?;
    if length == 0 || before.saturating_sub(bytes.len()) != encoded_len_varint(length) {
        return Err(Refusal::malformed("a change pack has a length that is empty or overlong"));
    }
    usize::try_from(length).map_err(|_| Refusal::too_large(format!("a change pack with a length of {length}")))
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;
