//! What is said of the person, sealed: the form's answers, notes, feedback.
//!
//! Every referral has a random key of its own (XChaCha20-Poly1305). A payload becomes a blob, padded to one of a few sizes and named by
//! the hash of its ciphertext, which the event that it belongs to carries; so the signed document vouches for the blob, and the blob
//! names its key. Where the key is gone, nothing is left to read. No refusal here repeats anything of a payload.

use crate::identity::signing::Tag;
use crate::limits::BLOB_BYTES;
use crate::{BlobHash, DataKeyId, DocId, Refusal};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a nonce: so many that they may be random.
pub const NONCE_BYTES: usize = 24;

const VERSION: u8 = 1;
/// Version and key id.
const HEADER_BYTES: usize = 1 + 16;
const TAG_BYTES: usize = 16;
/// What a blob takes beyond its padded content, and the padded content beyond the content: its length.
const OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_BYTES + TAG_BYTES + LENGTH_BYTES;
const LENGTH_BYTES: usize = 4;
/// Most bytes that can be sealed in one payload.
pub const CONTENT_BYTES: usize = BLOB_BYTES[BLOB_BYTES.len() - 1] - OVERHEAD_BYTES;

/// A referral's key. Zeroed when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(Zeroizing<[u8; 32]>);

/// A sealed payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    bytes: Vec<u8>,
}

impl DataKey {
    /// From random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Result<Self, Refusal> {
        let bytes = bytes.try_into().map_err(|_| Refusal::not_authentic("a data key of another length"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> DataKeyId {
        let digest = Tag::DATA_KEY.digest(self.0.as_slice());
        DataKeyId::from_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// Seals a payload that belongs to this document. The nonce is random and serves once. Refused when it is larger than a blob may
    /// be.
    pub fn seal(&self, document: &DocId, content: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Blob, Refusal> {
        let size = BLOB_BYTES.into_iter().find(|size| content.len().saturating_add(OVERHEAD_BYTES) <= *size);
        let size = size.ok_or_else(|| {
            Refusal::too_large(format!("{} bytes to be sealed; the most is {CONTENT_BYTES}", content.len()))
                .hint("send a large file another way, and say so here")
        })?;
        let length = u32::try_from(content.len()).map_err(|_| Refusal::too_large("more than can be sealed"))?;
        let mut padded = Zeroizing::new(Vec::with_capacity(size));
        padded.extend_from_slice(&length.to_be_bytes());
        padded.extend_from_slice(content);
        padded.resize(size.saturating_sub(OVERHEAD_BYTES - LENGTH_BYTES), 0);
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.id().as_bytes());
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: padded.as_slice(), aad: &associated(&bytes, document) });
        bytes.extend_from_slice(&nonce);
        bytes.extend(sealed.map_err(|_| Refusal::too_large("more than can be sealed"))?);
        Ok(Blob { bytes })
    }

    /// Opens a payload of this document. Refused when another key sealed it, or for another document, or when a byte of it changed.
    pub fn open(&self, document: &DocId, blob: &Blob) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let wrong = || Refusal::not_authentic("a sealed payload does not open with this referral's key");
        if blob.key_id() != self.id() {
            return Err(wrong());
        }
        let (header, rest) = blob.bytes.split_at_checked(HEADER_BYTES).ok_or_else(wrong)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(wrong)?;
        let aad = associated(header, document);
        let padded = self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad });
        let padded = Zeroizing::new(padded.map_err(|_| wrong())?);
        let (length, content) = padded.split_first_chunk::<LENGTH_BYTES>().ok_or_else(wrong)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| wrong())?;
        let (content, padding) = content.split_at_checked(length).ok_or_else(wrong)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(wrong());
        }
        Ok(Zeroizing::new(content.to_vec()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl Blob {
    /// From bytes that came from elsewhere. Refused unless they are those that were asked for, in one of the sizes and of a version
    /// that this software knows.
    pub fn parse(bytes: &[u8], wanted: &BlobHash) -> Result<Self, Refusal> {
        if !BLOB_BYTES.contains(&bytes.len()) {
            return Err(Refusal::malformed(format!(
                "a sealed payload of {} bytes, which is none of the sizes",
                bytes.len()
            )));
        }
        if bytes.first() != Some(&VERSION) {
            return Err(Refusal::malformed("a sealed payload of another version").hint("update this node"));
        }
        let blob = Self { bytes: bytes.to_vec() };
        if blob.hash() != *wanted {
            return Err(Refusal::not_authentic("a sealed payload that is not the one asked for"));
        }
        Ok(blob)
    }

    /// As it is kept and sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, for good.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// What it is named by.
    pub fn hash(&self) -> BlobHash {
        Self::hash_of(&self.bytes)
    }

    /// What bytes that came from elsewhere would be named by, if they are a blob.
    pub fn hash_of(bytes: &[u8]) -> BlobHash {
        BlobHash::from_bytes(Sha256::digest(bytes).into())
    }

    /// The key that it was sealed with.
    pub fn key_id(&self) -> DataKeyId {
        let id = self.bytes.get(1..).and_then(|rest| rest.first_chunk());
        DataKeyId::from_bytes(id.copied().unwrap_or_default())
    }
}

/// What a blob is bound to: its version and key, and the document, which commits to referral, kind and owner.
fn associated(header: &[u8], document: &DocId) -> Vec<u8> {
    let mut bytes = Tag::PAYLOAD.message(header);
    bytes.extend_from_slice(document.as_bytes());
    bytes
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey([hidden])")
    }
}
