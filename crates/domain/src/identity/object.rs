//! The one shape of signed objects: a payload, and a signature over a domain tag and that payload.

use super::signing::{PublicKey, SecretKey, Tag};
use crate::{Refusal, limits};
use prost::Message;

/// What a signed object says. `encode` and `decode` are inverse, and `decode` refuses every payload that `encode`
/// would not have written.
pub trait Content: Sized {
    /// Keeps a signature for one purpose from serving another.
    const TAG: Tag;
    /// What to call it in a refusal, with its article.
    const WHAT: &'static str;
    /// Largest signed object of this sort, in bytes.
    const BYTES: usize;

    /// The payload that is signed.
    fn encode(&self) -> Vec<u8>;

    /// Reads a payload, checking shape and limits.
    fn decode(payload: &[u8]) -> Result<Self, Refusal>;
}

/// Something said, with the signature on it. Only [`Signed::sign`] and [`Signed::parse`] make one, so content and
/// bytes always agree; whether the signature holds is asked by [`Signed::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    content: T,
    bytes: Vec<u8>,
}

/// `proto/fingerpost/object/v1/object.proto` describes these fields.
pub(crate) mod v1 {
    /// Payload and signature of any signed object.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct Signed {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) payload: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) signature: Vec<u8>,
    }
}

impl<T: Content> Signed<T> {
    /// Says it, with this key.
    pub fn sign(content: T, key: &SecretKey) -> Self {
        let payload = content.encode();
        let signature = key.sign(T::TAG, &payload).to_vec();
        Self { content, bytes: v1::Signed { payload, signature }.encode_to_vec() }
    }

    /// Reads one: shape, limits and canonical form. Does not check the signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > T::BYTES {
            return Err(Refusal::too_large(format!("{} of {} bytes", T::WHAT, bytes.len())));
        }
        let signed = v1::Signed::decode(bytes).map_err(|_| does_not_parse(T::WHAT))?;
        if signed.encode_to_vec() != bytes || signed.signature.len() != 64 {
            return Err(not_canonical(T::WHAT));
        }
        let content = T::decode(&signed.payload)?;
        if content.encode() != signed.payload {
            return Err(not_canonical(T::WHAT));
        }
        Ok(Self { content, bytes: bytes.to_vec() })
    }

    /// Whether this key made the signature.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        let signed = v1::Signed::decode(self.bytes.as_slice()).map_err(|_| does_not_parse(T::WHAT))?;
        let signature = signed.signature.as_slice().try_into().map_err(|_| not_canonical(T::WHAT))?;
        key.verify(T::TAG, &signed.payload, signature)
            .map_err(|_| Refusal::not_authentic(format!("the signature on {} does not fit", T::WHAT)))
    }

    /// What it says.
    pub const fn content(&self) -> &T {
        &self.content
    }

    /// Payload and signature, as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

pub(crate) fn does_not_parse(what: &str) -> Refusal {
    Refusal::malformed(format!("{what} does not parse"))
}

pub(crate) fn not_canonical(what: &str) -> Refusal {
    Refusal::malformed(format!("{what} is not in canonical form"))
}

/// Every format starts with its version, and this software knows the first.
pub(crate) fn expect_version_1(version: u32, what: &str) -> Result<(), Refusal> {
    if version == 1 {
        return Ok(());
    }
    Err(Refusal::malformed(format!("{what} of version {version}, and this software knows 1"))
        .hint("a newer version of Fingerpost wrote it: update this node"))
}

pub(crate) fn key_bytes(bytes: &[u8], what: &str) -> Result<[u8; 32], Refusal> {
    bytes.try_into().map_err(|_| Refusal::malformed(format!("a key in {what} has {} bytes", bytes.len())))
}

pub(crate) fn public_key(bytes: &[u8], what: &str) -> Result<PublicKey, Refusal> {
    PublicKey::from_bytes(&key_bytes(bytes, what)?)
}

/// A name that an organisation gives itself: bounded, and nothing in it that moves a cursor or hides text.
pub(crate) fn check_name(name: &str, what: &str) -> Result<(), Refusal> {
    if name.len() > limits::NAME_BYTES {
        return Err(Refusal::too_large(format!("{what} with a name of {} bytes", name.len())));
    }
    if name.chars().any(char::is_control) {
        return Err(Refusal::malformed(format!("{what} with control characters in its name")));
    }
    Ok(())
}
