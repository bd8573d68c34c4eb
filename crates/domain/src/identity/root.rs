//! An organisation's root: the key that is its identity, made once and kept only as 24 words on paper.

use super::certificate::NodeCertificate;
use super::object::Signed;
use super::signing::{PublicKey, SecretKey};
use super::words;
use crate::{OrgId, Refusal};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// How many recovery words there are.
pub const RECOVERY_WORDS: usize = 24;

/// The root key with the entropy it came from. Zeroed when dropped, never printed.
pub struct Root {
    entropy: Zeroizing<[u8; 32]>,
    key: SecretKey,
}

impl Root {
    /// From 32 bytes of entropy. The key's seed is SHA-256("fingerpost root" ‖ entropy).
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        let mut seed: [u8; 32] = Sha256::new().chain_update(b"fingerpost root").chain_update(entropy).finalize().into();
        let key = SecretKey::from_seed(&seed);
        seed.zeroize();
        Self { entropy: Zeroizing::new(*entropy), key }
    }

    /// From its recovery words (BIP39, English), tolerant of case, commas and line breaks. A refusal names the word
    /// that is wrong and the nearest one that is right.
    pub fn from_recovery_words(text: &str) -> Result<Self, Refusal> {
        let spoken = words::split(text);
        if spoken.len() != RECOVERY_WORDS {
            return Err(Refusal::invalid(format!(
                "there are {} recovery words, and {RECOVERY_WORDS} are needed",
                spoken.len()
            ))
            .hint("type all of them in the order they were written down"));
        }
        for (i, word) in spoken.iter().enumerate() {
            words::check_known(i, word)?;
        }
        let phrase = Zeroizing::new(spoken.join(" "));
        let mnemonic = bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &phrase).map_err(|_| {
            Refusal::invalid("the recovery words are all known words, but do not belong together")
                .hint("one of them is another word, or two changed places: compare each with the paper")
        })?;
        let bytes = Zeroizing::new(mnemonic.to_entropy());
        let entropy = bytes
            .as_slice()
            .try_into()
            .map_err(|_| Refusal::invalid("the recovery words stand for another length of key"))?;
        Ok(Self::from_entropy(entropy))
    }

    /// The 24 words that bring it back.
    pub fn recovery_words(&self) -> Result<Zeroizing<String>, Refusal> {
        let mnemonic = bip39::Mnemonic::from_entropy(self.entropy.as_slice())
            .map_err(|_| Refusal::invalid("a root's entropy makes no recovery words"))?;
        Ok(Zeroizing::new(mnemonic.words().collect::<Vec<_>>().join(" ")))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The organisation it is.
    pub fn org_id(&self) -> OrgId {
        OrgId::of_root(self.public().as_bytes())
    }

    /// Signs a node certificate; its organisation is set to this one.
    pub fn certify(&self, mut certificate: NodeCertificate) -> Signed<NodeCertificate> {
        certificate.org_id = self.org_id();
        Signed::sign(certificate, &self.key)
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({})", self.org_id())
    }
}
