//! The key that payloads are sealed to: HPKE's X-Wing (X25519 and ML-KEM-768), since an envelope may lie at a hub for
//! a month and be recorded for decades.

use crate::Refusal;
use hpke::kem::{Kem, XWing};
use hpke::{Deserializable, Serializable};
use std::fmt;
use zeroize::Zeroizing;

/// HPKE with X-Wing, HKDF-SHA-256 and ChaCha20-Poly1305, as a certificate names it.
pub const X_WING: u32 = 1;
/// Bytes of an X-Wing public key.
pub const X_WING_PUBLIC_BYTES: usize = 1216;

/// A node's sealing key. Zeroed when dropped, never printed.
#[derive(Clone)]
pub struct SealingSecret(Zeroizing<[u8; 32]>);

/// The public half, with the suite it belongs to. A suite this software does not know keeps its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey {
    suite: u32,
    bytes: Vec<u8>,
}

impl SealingSecret {
    /// From its 32-byte seed, which is also its serialised form.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*seed))
    }

    /// Its seed, for the key file alone.
    pub const fn seed(&self) -> &Zeroizing<[u8; 32]> {
        &self.0
    }

    /// The public half. Refused only if the library does not take a 32-byte seed as an X-Wing key.
    pub fn public(&self) -> Result<SealingKey, Refusal> {
        let secret = <XWing as Kem>::PrivateKey::from_bytes(self.0.as_slice())
            .map_err(|_| Refusal::malformed("a sealing key is not a usable X-Wing key"))?;
        Ok(SealingKey { suite: X_WING, bytes: XWing::sk_to_pk(&secret).to_bytes().to_vec() })
    }
}

impl SealingKey {
    /// From suite and bytes; a known suite's key must have its length and parse.
    pub fn from_parts(suite: u32, bytes: &[u8]) -> Result<Self, Refusal> {
        let usable = match suite {
            X_WING => <XWing as Kem>::PublicKey::from_bytes(bytes).is_ok(),
            _ => (1..=2 * X_WING_PUBLIC_BYTES).contains(&bytes.len()),
        };
        if usable {
            Ok(Self { suite, bytes: bytes.to_vec() })
        } else {
            Err(Refusal::malformed(format!("a sealing key of suite {suite} with {} bytes is not usable", bytes.len())))
        }
    }

    /// What it is used with: [`X_WING`], or one of a later version.
    pub const fn suite(&self) -> u32 {
        self.suite
    }

    /// The serialised key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for SealingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingSecret([hidden])")
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey(suite {}, {} bytes)", self.suite, self.bytes.len())
    }
}
