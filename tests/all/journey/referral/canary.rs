//! A word that is planted in what is said of a person, and looked for wherever it must not be.

use flate2::{Compression, Decompress, FlushDecompress, Status, write::DeflateEncoder};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is planted. A quotation mark, spaces and letters beyond ASCII come out differently in each encoding.
pub(super) const WORD: &str = "Zoë \"Quill\" Featherstonehaugh";

/// What an inflated stream is looked at for: whoever deflates more than this at once has the word near its beginning.
const INFLATED: usize = 64 * 1024;
/// A match that is shorter than this in every encoding would be chance.
const _: () = assert!(WORD.len() > 16);

/// The word in each encoding that it might hide in; deflated streams are inflated and looked at for these.
pub(super) fn encodings() -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| WORD.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let hex = |upper: bool| {
        WORD.bytes().fold(String::new(), |mut hex, byte| {
            let _ = if upper { write!(hex, "{byte:02X}") } else { write!(hex, "{byte:02x}") };
            hex
        })
    };
    let percent = WORD.bytes().fold(String::new(), |mut text, byte| {
        let _ = if byte.is_ascii_alphanumeric() {
            write!(text, "{}", char::from(byte))
        } else {
            write!(text, "%{byte:02X}")
        };
        text
    });
    let ascii = WORD.chars().fold(String::new(), |mut text, c| {
        let _ = match c {
            '"' => write!(text, "\\\""),
            c if c.is_ascii() => write!(text, "{c}"),
            c => write!(text, "\\u{:04x}", u32::from(c)),
        };
        text
    });
    vec![
        ("UTF-8", WORD.as_bytes().to_vec()),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
        ("base64, offset 0", base64(0)),
        ("base64, offset 1", base64(1)),
        ("base64, offset 2", base64(2)),
        ("hex", hex(false).into_bytes()),
        ("HEX", hex(true).into_bytes()),
        ("percent", percent.into_bytes()),
        ("reversed", WORD.bytes().rev().collect()),
        ("JSON", WORD.replace('"', "\\\"").into_bytes()),
        ("JSON in ASCII", ascii.into_bytes()),
    ]
}

/// The word in base64 where so many bytes stand before it, without the signs that neighbours share in.
fn base64(before: usize) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = [&b"\0\0"[..before], WORD.as_bytes()].concat();
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let whole = bits.chunks_exact(6).map(|six| SIGNS[six.iter().fold(0, |sum, bit| sum * 2 + usize::from(*bit))]);
    whole.skip((before * 8).div_ceil(6)).collect()
}

/// In which encodings the word stands in these bytes, as they are and inflated.
pub(super) fn found(bytes: &[u8]) -> BTreeSet<String> {
    let encodings = encodings();
    let mut found = BTreeSet::new();
    let mut look = |bytes: &[u8], how: &str| {
        found.extend(words_in(bytes, &encodings).map(|name| format!("{name}{how}")));
    };
    look(bytes, "");
    let mut inflate = Decompress::new(false);
    let mut inflated = Vec::with_capacity(INFLATED);
    for at in 0..bytes.len() {
        if !may_begin(&bytes[at..]) {
            continue;
        }
        inflate.reset(false);
        inflated.clear();
        let end = bytes.len().min(at + INFLATED);
        // A stream that breaks off has still given what came before.
        let ended = inflate.decompress_vec(&bytes[at..end], &mut inflated, FlushDecompress::None);
        if inflated.len() >= WORD.len() && (ended.is_ok() || inflated.len() > 256) {
            look(&inflated, if matches!(ended, Ok(Status::StreamEnd)) { ", deflated" } else { ", deflated in part" });
        }
    }
    found
}

/// Whether a deflated block may begin so (RFC 1951, 3.2.3): what surely is none is not tried.
fn may_begin(bytes: &[u8]) -> bool {
    let [first, second, third, fourth, fifth, ..] = bytes else { return false };
    match first >> 1 & 3 {
        0 => *fourth == !second && *fifth == !third,
        1 => true,
        // At most 286 codes for lengths and 30 for distances.
        2 => first >> 3 <= 29 && second & 31 <= 29,
        _ => false,
    }
}

/// The words that stand in these bytes, in one pass: there are many bytes.
fn words_in<'e>(
    bytes: &[u8],
    encodings: &'e [(&'static str, Vec<u8>)],
) -> impl Iterator<Item = &'static str> + use<'e> {
    // Files are full of zeroes: a word that begins with one is looked for by its second byte.
    let anchor = |word: &[u8]| usize::from(word[0] == 0);
    let mut is_anchor = [false; 256];
    encodings.iter().for_each(|(_, word)| is_anchor[usize::from(word[anchor(word)])] = true);
    let mut is_here = vec![false; encodings.len()];
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| is_anchor[usize::from(**byte)]) {
        for (is_here, (_, word)) in is_here.iter_mut().zip(encodings) {
            let begins = at.checked_sub(anchor(word));
            *is_here |= begins.is_some_and(|begins| bytes[begins..].starts_with(word));
        }
    }
    encodings.iter().zip(is_here).filter(|(_, is_here)| *is_here).map(|((name, _), _)| *name)
}

/// The same as they are.
fn found_plainly(bytes: &[u8]) -> BTreeSet<String> {
    words_in(bytes, &encodings()).map(str::to_owned).collect()
}

/// Where in a folder the word stands, and how; names of files are looked at too.
pub(super) fn found_in(folder: &Path) -> Vec<(PathBuf, BTreeSet<String>)> {
    files_with(folder, found)
}

/// The same for folders that are too large to inflate all that might be deflated.
pub(super) fn found_plainly_in(folder: &Path) -> Vec<(PathBuf, BTreeSet<String>)> {
    files_with(folder, found_plainly)
}

fn files_with(folder: &Path, look: fn(&[u8]) -> BTreeSet<String>) -> Vec<(PathBuf, BTreeSet<String>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a file"));
        if kind.is_dir() {
            all.extend(files_with(&path, look));
            continue;
        }
        let mut here = look(entry.file_name().as_encoded_bytes());
        if kind.is_file() {
            here.extend(look(&std::fs::read(&path).unwrap_or_default()));
        }
        if !here.is_empty() {
            all.push((path, here));
        }
    }
    all
}

/// Bytes without a pattern, the same in each run.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let step = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| step(&mut state)).collect()
}

#[test]
fn a_plain_copy_is_found_in_each_encoding() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep").join("file");
    std::fs::create_dir(path.parent().expect("deep")).expect("a folder in it");
    let planted = |bytes: &[u8]| {
        std::fs::write(&path, [&noise(5_000), bytes, &noise(3_000)].concat()).expect("writes");
        found_in(folder.path())
    };
    assert_eq!(planted(b""), []);
    for (name, word) in encodings() {
        let found = planted(&word);
        assert!(found.len() == 1 && found[0].1.contains(name), "{name}: {found:?}");
        assert_eq!(found_plainly_in(folder.path()).len(), 1, "{name}");
        for level in [Compression::none(), Compression::fast(), Compression::best()] {
            let mut deflated = DeflateEncoder::new(Vec::new(), level);
            deflated
                .write_all(&[b"{\"name\":".as_slice(), &word, b"} and what else there is to say"].concat())
                .expect("writes");
            let found = planted(&deflated.finish().expect("ends"));
            let deflated = format!("{name}, deflated");
            assert!(
                found.iter().any(|(_, how)| how.iter().any(|how| how.starts_with(&deflated))),
                "{deflated}: {found:?}"
            );
        }
    }
    std::fs::remove_file(&path).expect("it was there");
    std::fs::write(folder.path().join(WORD), b"").expect("writes");
    assert_eq!(found_in(folder.path()).len(), 1, "a name is looked at");
}

#[test]
fn base64_is_what_others_write() {
    let written = [
        "Wm/DqyAiUXVpbGwiIEZlYXRoZXJzdG9uZWhhdWdo",
        "pvw6sgIlF1aWxsIiBGZWF0aGVyc3RvbmVoYXVna",
        "ab8OrICJRdWlsbCIgRmVhdGhlcnN0b25laGF1Z2",
    ];
    assert_eq!([0, 1, 2].map(base64), written.map(|text| text.as_bytes().to_vec()));
}
