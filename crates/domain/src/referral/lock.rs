//! Client data where it is kept: sealed under a key that lies outside the database, and bound to its place there, so that a row put in
//! another's place does not open.

use super::Parties;
use super::payload::{DataKey, NONCE_BYTES};
use crate::identity::sealing::SealingSecret;
use crate::identity::signing::Tag;
use crate::sync::sealed::{LockedKey, ReceivedKey};
use crate::{DataKeyId, DocId, Refusal};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

/// The key that locks what is kept. Zeroed when dropped, never printed; the shell has it from a credential, a file or a passphrase.
#[derive(Clone)]
pub struct LockKey(Zeroizing<[u8; 32]>);

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The version of the database's form.
    pub schema: u32,
    /// The table.
    pub table: &'a str,
    /// The document that it belongs to.
    pub document: DocId,
    /// The data key that it is, or is sealed with.
    pub key_id: DataKeyId,
    /// Its revision there: an older one put back does not open as a newer.
    pub revision: u64,
}

impl LockKey {
    /// From its 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// Locks something for its place. The nonce is random and serves once.
    pub fn lock(&self, place: &Place<'_>, content: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, Refusal> {
        let aad = place.associated();
        let locked = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: content, aad: &aad });
        let locked = locked.map_err(|_| Refusal::too_large("more than can be locked"))?;
        Ok([nonce.as_slice(), &locked].concat())
    }

    /// Unlocks what is kept at this place.
    pub fn unlock(&self, place: &Place<'_>, locked: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let wrong = || {
            Refusal::not_authentic("what is kept here does not open with this node's lock")
                .hint("the lock is another than the one it was locked with, or the row is not in its place")
        };
        let (nonce, locked) = locked.split_first_chunk::<NONCE_BYTES>().ok_or_else(wrong)?;
        let aad = place.associated();
        let content = self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: locked, aad: &aad });
        content.map(Zeroizing::new).map_err(|_| wrong())
    }

    /// Locks a data key.
    pub fn lock_key(&self, place: &Place<'_>, key: &DataKey, nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, Refusal> {
        self.lock(place, key.as_bytes(), nonce)
    }

    /// Unlocks a data key, which is the one that its place names.
    pub fn unlock_key(&self, place: &Place<'_>, locked: &[u8]) -> Result<DataKey, Refusal> {
        let key = DataKey::from_slice(&self.unlock(place, locked)?)?;
        if key.id() != place.key_id {
            return Err(Refusal::not_authentic("a data key that is kept in another's place"));
        }
        Ok(key)
    }

    /// Locks a referral's key, to be kept.
    pub fn keep(&self, parties: &Parties, key: &DataKey, nonce: [u8; NONCE_BYTES]) -> Result<LockedKey, Refusal> {
        self.close(parties.request(), key, nonce)
    }

    /// The same, by the sender's document.
    pub fn close(&self, request: DocId, key: &DataKey, nonce: [u8; NONCE_BYTES]) -> Result<LockedKey, Refusal> {
        let key_id = key.id();
        let locked = self.lock_key(&kept_at(request, key_id), key, nonce)?;
        Ok(LockedKey { request, key_id, locked })
    }

    /// Opens a key that came for this node, and locks it.
    pub fn receive(
        &self,
        received: &ReceivedKey,
        secret: &SealingSecret,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<LockedKey, Refusal> {
        self.keep(&received.parties, &received.wrapped.open(secret)?, nonce)
    }

    /// A referral's key, as it was kept.
    pub fn kept(&self, parties: &Parties, key: &LockedKey) -> Result<DataKey, Refusal> {
        self.unlock_key(&kept_at(parties.request(), key.key_id), &key.locked)
    }

    /// The same, where it says itself of which referral it is.
    pub fn open(&self, key: &LockedKey) -> Result<DataKey, Refusal> {
        self.unlock_key(&kept_at(key.request, key.key_id), &key.locked)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// Where a referral's key is kept.
fn kept_at(request: DocId, key_id: DataKeyId) -> Place<'static> {
    Place { schema: 1, table: "data_key", document: request, key_id, revision: 1 }
}

impl Place<'_> {
    fn associated(&self) -> Vec<u8> {
        let mut bytes = self.schema.to_be_bytes().to_vec();
        bytes.extend_from_slice(&(self.table.len() as u64).to_be_bytes());
        bytes.extend_from_slice(self.table.as_bytes());
        bytes.extend_from_slice(self.document.as_bytes());
        bytes.extend_from_slice(self.key_id.as_bytes());
        bytes.extend_from_slice(&self.revision.to_be_bytes());
        Tag::LOCK.message(&bytes)
    }
}

impl fmt::Debug for LockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockKey([hidden])")
    }
}
