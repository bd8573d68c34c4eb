//! API tokens: what an organisation's own software shows a node instead of a password.
//!
//! 256 random bits behind a prefix that a search for leaked secrets finds. Kept as SHA-256 only, which is enough: what is
//! random in full cannot be guessed from its hash.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every token begins with.
pub const PREFIX: &str = "fpt_";
/// Digits behind it: 32 bytes as hex.
const DIGITS: usize = 64;
/// What a scope may be, for who said another.
const WORDS: &str = "scopes are read, write, referral and client; several go with commas between";

/// A token itself. Shown once, never kept, never logged.
#[derive(Clone)]
pub struct TokenSecret(Zeroizing<[u8; 32]>);

/// What is kept of a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenHash([u8; 32]);

/// One thing that a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenScope {
    /// To look at listings.
    Read,
    /// To look at listings, and to write this organisation's own.
    Write,
    /// To see how referrals stand, and to move them on; not to read what is said of a person.
    Referral,
    /// That, and to read, write, send and erase what is said of people.
    Client,
}

/// All that a token is good for: at least one scope. As text, and so as JSON: `write,client`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TokenScopes(BTreeSet<TokenScope>);

/// What somebody wants to do with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Look at listings.
    Read,
    /// Write this organisation's own documents.
    Write,
    /// See how referrals stand, and move them on.
    Referral,
    /// Read, write, send or erase what is said of a person.
    Client,
}

impl TokenScope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Referral, Self::Client];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Referral => "referral",
            Self::Client => "client",
        }
    }

    /// Whether it is good for this. Who may write may read, and who may read of people may see their referrals; nothing that is
    /// about listings is good for referrals.
    pub const fn allows(self, deed: Deed) -> bool {
        match self {
            Self::Read => matches!(deed, Deed::Read),
            Self::Write => matches!(deed, Deed::Read | Deed::Write),
            Self::Referral => matches!(deed, Deed::Referral),
            Self::Client => matches!(deed, Deed::Referral | Deed::Client),
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::Referral => 4,
            Self::Client => 8,
        }
    }
}

impl TokenScopes {
    /// These. Refused where there is none.
    pub fn new(scopes: impl IntoIterator<Item = TokenScope>) -> Result<Self, Refusal> {
        let scopes: BTreeSet<_> = scopes.into_iter().collect();
        if scopes.is_empty() {
            return Err(Refusal::invalid("an API token without a scope is good for nothing").hint(WORDS));
        }
        Ok(Self(scopes))
    }

    /// All there are.
    pub fn all() -> Self {
        Self(TokenScope::ALL.into())
    }

    /// Each, in the order of [`TokenScope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = TokenScope> {
        self.0.iter().copied()
    }

    /// Refused when none of them is good for it.
    pub fn permit(&self, deed: Deed) -> Result<(), Refusal> {
        if self.iter().any(|scope| scope.allows(deed)) {
            return Ok(());
        }
        let (what, scope) = match deed {
            Deed::Read => ("this API token is not for listings", TokenScope::Read),
            Deed::Write if self.0.contains(&TokenScope::Read) => {
                ("this API token is for reading only", TokenScope::Write)
            }
            Deed::Write => ("this API token is not for writing listings", TokenScope::Write),
            Deed::Referral => ("this API token is not for referrals", TokenScope::Referral),
            Deed::Client => ("this API token is not for what is said of people", TokenScope::Client),
        };
        let hint = format!("make one that is with `fingerpost token add NAME --scope {}`", scope.word());
        Err(Refusal::new(crate::RefusalKind::NotAllowed, what).hint(hint))
    }

    /// As it is kept: a bit each.
    pub fn bits(&self) -> u8 {
        self.iter().fold(0, |bits, scope| bits | scope.bit())
    }

    /// Reads what [`TokenScopes::bits`] gives; nothing where this version knows a bit not, or none is set.
    pub fn from_bits(bits: u8) -> Option<Self> {
        let scopes = Self::new(TokenScope::ALL.into_iter().filter(|scope| bits & scope.bit() != 0)).ok()?;
        (scopes.bits() == bits).then_some(scopes)
    }
}

impl FromStr for TokenScope {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|scope| scope.word() == text);
        found.ok_or_else(|| Refusal::invalid(format!("{text:?} is no scope of an API token")).hint(WORDS))
    }
}

impl FromStr for TokenScopes {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let scopes: Result<Vec<TokenScope>, _> = text.split(',').map(str::parse).collect();
        Self::new(scopes?)
    }
}

impl fmt::Display for TokenScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(TokenScope::word).collect();
        f.write_str(&words.join(","))
    }
}

impl From<TokenScopes> for String {
    fn from(scopes: TokenScopes) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for TokenScopes {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        text.parse()
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
