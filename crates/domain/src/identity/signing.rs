//! Ed25519 signatures, each over a domain tag and the bytes: a signature made for one purpose never serves another.

use crate::{KeyId, Refusal};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// What a signature is for. The tag goes before the signed bytes, with its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(&'static str);

impl Tag {
    /// A statement about a document's heads.
    pub const STATEMENT: Self = Self("fingerpost statement v1");
    /// A node certificate, by the organisation root.
    pub const CERTIFICATE: Self = Self("fingerpost node certificate v1");
    /// The first message on a connection.
    pub const HELLO: Self = Self("fingerpost hello v1");
    /// The two messages of pairing.
    pub const PAIR: Self = Self("fingerpost pair v1");
    /// That an organisation compared a partner's words.
    pub const CONFIRMATION: Self = Self("fingerpost confirmation v1");
    /// A node's word on the set it holds in one scope.
    pub const SCOPE_HEAD: Self = Self("fingerpost scope head v1");
    /// A process's further incarnations, from its first.
    pub const INCARNATION: Self = Self("fingerpost incarnation v1");
    /// Whom a proposal is written as, where it is taken.
    pub const PROPOSAL: Self = Self("fingerpost proposal v1");
    /// Where a node can be reached.
    pub const ADDRESSES: Self = Self("fingerpost addresses v1");
    /// A hub's word on one organisation.
    pub const ROSTER_ENTRY: Self = Self("fingerpost roster entry v1");
    /// A referral's data key, by its id.
    pub const DATA_KEY: Self = Self("fingerpost data key v1");
    /// A referral's payload, sealed with it.
    pub const PAYLOAD: Self = Self("fingerpost referral payload v1");
    /// That key, wrapped for a node.
    pub const WRAPPED_KEY: Self = Self("fingerpost wrapped key v1");
    /// Client data where it is kept.
    pub const LOCK: Self = Self("fingerpost lock v1");
    /// A row of the log of who read what, and all rows before it.
    pub const ACCESS: Self = Self("fingerpost access v1");
    /// A form, by its hash.
    pub const FORM: Self = Self("fingerpost form v1");
    /// A form, by who publishes it.
    pub const PUBLISHED_FORM: Self = Self("fingerpost published form v1");
    /// A pathway, by its hash.
    pub const PATHWAY: Self = Self("fingerpost pathway v1");
    /// A pathway, by who publishes it.
    pub const PUBLISHED_PATHWAY: Self = Self("fingerpost published pathway v1");

    /// SHA-256 over the tag, its length, and the bytes: an id for the object.
    pub fn digest(self, bytes: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.prefix()).chain_update(bytes).finalize().into()
    }

    fn prefix(self) -> Vec<u8> {
        let mut out = vec![u8::try_from(self.0.len()).unwrap_or(u8::MAX)];
        out.extend_from_slice(self.0.as_bytes());
        out
    }

    pub(crate) fn message(self, bytes: &[u8]) -> Vec<u8> {
        let mut out = self.prefix();
        out.extend_from_slice(bytes);
        out
    }
}

/// A public key that verifies strictly (no small-order points, no malleable signatures).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A private key. Zeroed when dropped, never printed.
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl PublicKey {
    /// From 32 bytes; refused when they are no point of the curve or a weak one.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Refusal> {
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(Refusal::malformed("a public key is not a usable Ed25519 key")),
        }
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        let digest: [u8; 32] =
            Sha256::new().chain_update(b"fingerpost key").chain_update(self.as_bytes()).finalize().into();
        KeyId::from_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// Checks a signature over tag and bytes (`verify_strict`).
    pub fn verify(&self, tag: Tag, bytes: &[u8], signature: &[u8; 64]) -> Result<(), Refusal> {
        self.0
            .verify_strict(&tag.message(bytes), &Signature::from_bytes(signature))
            .map_err(|_| Refusal::not_authentic("the signature does not fit"))
    }
}

impl SecretKey {
    /// From its 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Its seed, for the key file alone.
    pub fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs tag and bytes.
    pub fn sign(&self, tag: Tag, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(&tag.message(bytes)).to_bytes()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", data_encoding::HEXLOWER.encode(self.as_bytes()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([hidden])")
    }
}
