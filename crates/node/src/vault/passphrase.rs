//! A passphrase on the key of the lock: the key is sealed by what argon2id makes of the passphrase, so that another passphrase leaves
//! everything that is locked as it is.

use crate::Error;
use crate::secret::{LocalKey, random};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use domain::{Refusal, RefusalKind};
use std::fmt;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// Fewest characters of a new passphrase (NIST SP 800-63B-4, 3.1.1.2: where it stands alone).
const LEAST_CHARACTERS: usize = 15;
/// Longest, in bytes, and so the most that is read of a file.
const LONGEST_BYTES: u64 = 1 << 10;
/// What a sealed key begins with: what it is, and which version.
const HEAD: &str = "argon2id-v1";
/// Memory in KiB, passes, lanes: the second choice of RFC 9106, 4, for machines with little memory.
const COST: [u32; 3] = [64 << 10, 3, 4];
/// The most of each that is computed with: more would be a damaged file.
const MOST_COST: [u32; 3] = [1 << 20, 64, 64];

/// What a person keeps in their head, or a file of the system's for this alone. Zeroed when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// As it was typed. Refused when there is nothing.
    pub fn typed(text: &str) -> Result<Self, Refusal> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || text.len() as u64 > LONGEST_BYTES {
            return Err(Refusal::invalid(format!("a passphrase has between 1 and {LONGEST_BYTES} bytes")));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The first line of a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |e| Error::fault(format!("cannot read the passphrase in \"{}\"", path.display()), e);
        Self::read_from(std::fs::File::open(path).map_err(unreadable)?).map_err(|error| match error {
            Error::Refused(refusal) => Error::Refused(refusal),
            Error::Fault(_) => error.hint(format!("look at \"{}\"", path.display())),
        })
    }

    /// The first line of what is read here.
    pub fn read_from(from: impl Read) -> Result<Self, Error> {
        let mut text = Zeroizing::new(String::with_capacity(2 * LONGEST_BYTES as usize));
        let read = from.take(LONGEST_BYTES + 2).read_to_string(&mut text);
        read.map_err(|e| Error::fault("cannot read the passphrase", e))?;
        Ok(Self::typed(text.lines().next().unwrap_or_default())?)
    }

    /// Refuses one that could be guessed by trying: for a new one.
    pub fn check_new(&self) -> Result<(), Refusal> {
        if self.0.chars().count() < LEAST_CHARACTERS {
            return Err(Refusal::invalid(format!("a passphrase has {LEAST_CHARACTERS} characters at least")).hint(
                "take five or six words that do not belong together, and write them down where the data is not",
            ));
        }
        Ok(())
    }

    /// The key that seals: 32 bytes, by this salt at this cost.
    fn stretched(&self, salt: &[u8], [memory, passes, lanes]: [u32; 3]) -> Result<LocalKey, Refusal> {
        let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| damaged())?;
        let mut key = Zeroizing::new([0; 32]);
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        hasher.hash_password_into(self.0.as_bytes(), salt, key.as_mut_slice()).map_err(|_| damaged())?;
        Ok(LocalKey::from_bytes(&key))
    }
}

/// Whether a key's line is sealed by a passphrase.
pub(super) fn is_sealed(line: &str) -> bool {
    line.starts_with(HEAD)
}

/// The key as a line that opens with the passphrase alone.
pub(super) fn seal(key: &[u8; 32], passphrase: &Passphrase) -> Result<String, Error> {
    let salt = random::<16>()?;
    let [memory, passes, lanes] = COST;
    let head = format!("{HEAD} {memory} {passes} {lanes} {}", HEXLOWER.encode(&*salt));
    let sealed = passphrase.stretched(&*salt, COST)?.seal(key, head.as_bytes())?;
    Ok(format!("{head} {}", HEXLOWER.encode(&sealed)))
}

/// The key that such a line seals.
pub(super) fn open(line: &str, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let (head, sealed) = line.rsplit_once(' ').ok_or_else(damaged)?;
    let mut words = head.split(' ').skip(1);
    let mut cost = [0; 3];
    for (cost, most) in cost.iter_mut().zip(MOST_COST) {
        *cost = words.next().and_then(|word| word.parse().ok()).filter(|cost| *cost <= most).ok_or_else(damaged)?;
    }
    let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).map_err(|_| damaged());
    let salt = bytes(words.next().unwrap_or_default())?;
    let opened = passphrase.stretched(&salt, cost)?.open(&bytes(sealed)?, head.as_bytes()).map_err(|_| {
        Refusal::new(RefusalKind::NotAuthentic, "the passphrase does not open the key of the lock")
            .hint("type it as it was when `fingerpost key passphrase` asked for a new one")
    })?;
    let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| damaged())?;
    Ok(Zeroizing::new(key))
}

fn damaged() -> Refusal {
    Refusal::malformed("the sealed key of the lock is damaged").hint("put back the file that was there")
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([hidden])")
    }
}

#[cfg(test)]
#[path = "passphrase_tests.rs"]
mod tests;
