//! API tokens: what an organisation's own software shows a node instead of a password.
//!
//! 256 random bits behind a prefix that a search for leaked secrets finds. Kept as SHA-256 only, which is enough: what is
//! random in full cannot be guessed from its hash.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every token begins with.
pub const PREFIX: &str = "fpt_";
/// Digits behind it: 32 bytes as hex.
const DIGITS: usize = 64;

/// A token itself. Shown once, never kept, never logged.
#[derive(Clone)]
pub struct TokenSecret(Zeroizing<[u8; 32]>);

/// What is kept of a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenHash([u8; 32]);

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// To look.
    Read,
    /// To look, and to write this organisation's own documents.
    Write,
}

/// What somebody wants to do with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Look.
    Read,
    /// Write this organisation's own documents.
    Write,
}

impl TokenScope {
    /// Refused when a token of this scope is not good for it.
    pub fn permit(self, deed: Deed) -> Result<(), Refusal> {
        match (self, deed) {
            (Self::Write, _) | (Self::Read, Deed::Read) => Ok(()),
            (Self::Read, Deed::Write) => {
                Err(Refusal::new(crate::RefusalKind::NotAllowed, "this API token is for reading only")
                    .hint("make one that may write with `fingerpost token add NAME --scope write`"))
            }
        }
    }
}

impl TokenSecret {
    /// From random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads what [`TokenSecret::text`] gives. The refusal repeats nothing of it.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::not_authentic("this is not an API token").hint("a token is `fpt_` and 64 digits");
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == DIGITS).ok_or_else(wrong)?;
        let mut bytes = Zeroizing::new([0; 32]);
        data_encoding::HEXLOWER.decode_mut(digits.as_bytes(), bytes.as_mut_slice()).map_err(|_| wrong())?;
        Ok(Self(bytes))
    }

    /// As software shows it.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", data_encoding::HEXLOWER.encode(self.0.as_slice())))
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_slice()).into())
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret([hidden])")
    }
}

impl TokenHash {
    /// From what was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In constant time, so that how long it takes tells nothing of what is kept.
impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
