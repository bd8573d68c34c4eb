//! What only this node may know: its private keys, in one file that only its user may read.
//!
//! Nothing here is ever printed or logged, and all of it is zeroed when dropped. The organisation's root is not among
//! it: it is made by [`found`], shown as 24 words, and kept on paper.

mod file;

use crate::Error;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::identity::sealing::SealingSecret;
use domain::identity::signing::SecretKey;
use domain::identity::{Holds, KeysObject, NodeCertificate, NodeState, Root};
use domain::{NodeId, Refusal};
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// The private keys of one node.
#[derive(Clone, Debug)]
pub struct NodeSecrets {
    /// Which node.
    pub node_id: NodeId,
    /// Signs its TLS handshakes, and nothing else.
    pub tls: SecretKey,
    /// Signs its statements, and what it says of itself.
    pub author: SecretKey,
    /// Opens what is sealed to it.
    pub sealing: SealingSecret,
    /// Seals what this node keeps for itself.
    pub local: LocalKey,
}

/// Seals what this node keeps in its database and only it may read (XChaCha20-Poly1305).
#[derive(Clone)]
pub struct LocalKey(Zeroizing<[u8; 32]>);

/// A new organisation with its first node.
#[derive(Debug)]
pub struct Founded {
    /// The root. Show its recovery words, then drop it.
    pub root: Root,
    /// The first node's private keys.
    pub secrets: NodeSecrets,
    /// The organisation's keys: the home node, which holds everything.
    pub keys: KeysObject,
}

/// Makes a new organisation and its first node, from the system's random numbers. Writes nothing.
pub fn found() -> Result<Founded, Error> {
    let root = Root::from_entropy(&*random()?);
    let secrets = NodeSecrets::generate()?;
    let keys = KeysObject::new(root.public(), [root.certify(secrets.certificate(&root, 1)?)])?;
    Ok(Founded { root, secrets, keys })
}

/// What a node that is made with an organisation's recovery words is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its home node, in place of one that was lost.
    Home,
    /// A further one: for the directory alone, so that a stolen laptop is not every referral, or for referrals too.
    Further(Holds),
}

/// Makes another node of the organisation whose recovery words these are. Writes nothing.
pub fn recover(words: &str, place: Place) -> Result<Founded, Error> {
    let root = Root::from_recovery_words(words)?;
    let secrets = NodeSecrets::generate()?;
    let certificate = secrets.certificate(&root, 1)?;
    let certificate = match place {
        Place::Home => certificate,
        Place::Further(holds) => NodeCertificate { is_home: false, holds, ..certificate },
    };
    let keys = KeysObject::new(root.public(), [root.certify(certificate)])?;
    Ok(Founded { root, secrets, keys })
}

impl NodeSecrets {
    /// A new node's keys, from the system's random numbers.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self {
            node_id: NodeId::from_bytes(*random()?),
            tls: SecretKey::from_seed(&*random()?),
            author: SecretKey::from_seed(&*random()?),
            sealing: SealingSecret::from_seed(&*random()?),
            local: LocalKey::from_bytes(&*random()?),
        })
    }

    /// Reads them from a key file. Refused, with what to do, when the file is absent, damaged, of a later version, or
    /// may be read by others.
    pub fn read(path: &Path) -> Result<Self, Error> {
        file::read(path)
    }

    /// Writes them to a key file (0600), complete or not at all.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        crate::data::write_private(path, file::render(self).as_bytes())
    }

    /// The certificate of an active home node with these keys that holds everything, for the root to sign.
    pub fn certificate(&self, root: &Root, serial: u64) -> Result<NodeCertificate, Refusal> {
        Ok(NodeCertificate {
            org_id: root.org_id(),
            node_id: self.node_id,
            serial,
            tls_key: *self.tls.public().as_bytes(),
            author_key: self.author.public(),
            sealing_key: self.sealing.public()?,
            holds: Holds::All,
            is_home: true,
            state: NodeState::Active,
        })
    }

    /// Whether an organisation's keys name this node with these very keys; a key file and a database that were put
    /// together from two nodes do not.
    pub fn check_against(&self, keys: &KeysObject) -> Result<(), Refusal> {
        let named = keys.node(&self.node_id).map(|signed| signed.content());
        if named.is_some_and(|c| c.tls_key == *self.tls.public().as_bytes() && c.author_key == self.author.public()) {
            return Ok(());
        }
        Err(Refusal::not_authentic("the key file and the database are of different nodes")
            .hint("put back the `keys` file and the database that belong together"))
    }
}

/// Puts the recovery words in a file (0600), for whoever starts a node without a terminal.
pub fn write_recovery_words(path: &Path, root: &Root) -> Result<(), Error> {
    let words = root.recovery_words()?;
    let text = Zeroizing::new(format!("{}\n", words.as_str()));
    crate::data::write_private(path, text.as_bytes())
}

impl LocalKey {
    /// From its bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// Seals a plaintext under a fresh nonce; `place` says where it will lie, and must be the same to open it.
    pub fn seal(&self, plaintext: &[u8], place: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce = random::<24>()?;
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(*nonce), Payload { msg: plaintext, aad: place })
            .map_err(|_| Refusal::too_large("a secret is too large to be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`LocalKey::seal`] made for this place.
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let damaged = || Refusal::not_authentic("a sealed secret was altered, or sealed by another node");
        let (nonce, rest) = sealed.split_first_chunk::<24>().ok_or_else(damaged)?;
        let opened = self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: rest, aad: place });
        opened.map(Zeroizing::new).map_err(|_| damaged())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey([hidden])")
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|e| Error::fault("the system gives no random numbers", e))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
