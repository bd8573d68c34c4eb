//! A referral's key, wrapped for one node of one of its parties: HPKE in base mode with X-Wing, HKDF-SHA-256 and ChaCha20-Poly1305.
//!
//! Each wrapped key is for one node and opens nowhere else. Whoever carries it can put another in its place, which then is not the key
//! that the blobs name: [`WrappedKey::open`] gives only a key with the id it says, and a blob, which the signed document vouches for,
//! opens only with the key it names.

use super::payload::DataKey;
use crate::identity::object::{does_not_parse, expect_version_1, not_canonical};
use crate::identity::sealing::{SealingKey, SealingSecret, X_WING};
use crate::identity::signing::Tag;
use crate::identity::{Holds, KeysObject, NodeCertificate, NodeState, Signed};
use crate::limits::WRAPPED_KEY_BYTES;
use crate::{DataKeyId, NodeId, OrgId, RecordId, Refusal};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, XWing};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};
use prost::Message;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What a wrapped key is bound to: it opens for this alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapping {
    /// The referral.
    pub referral: RecordId,
    /// Who wraps it.
    pub from: OrgId,
    /// Whom it is for.
    pub to: OrgId,
    /// On which node.
    pub node: NodeId,
}

/// A data key as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// What it is bound to.
    pub wrapping: Wrapping,
    /// Which key it is.
    pub key_id: DataKeyId,
    suite: u32,
    encapsulated: Vec<u8>,
    sealed: Vec<u8>,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct WrappedKey {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) referral: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) from_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) to_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")]
        pub(super) node_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "6")]
        pub(super) key_id: Vec<u8>,
        #[prost(uint32, tag = "7")]
        pub(super) suite: u32,
        #[prost(bytes = "vec", tag = "8")]
        pub(super) encapsulated: Vec<u8>,
        #[prost(bytes = "vec", tag = "9")]
        pub(super) sealed: Vec<u8>,
    }
}

const WHAT: &str = "a wrapped key";

/// Whether a node is given the keys of referrals: it is active, and holds everything.
pub fn is_given_keys(certificate: &NodeCertificate) -> bool {
    certificate.state == NodeState::Active && certificate.holds == Holds::All
}

/// Those of an organisation's nodes: each may have been given the key of any of its referrals.
pub fn given_keys(keys: &KeysObject) -> BTreeSet<NodeId> {
    let certificates = keys.certificates().map(Signed::content);
    certificates.filter(|one| is_given_keys(one)).map(|one| one.node_id).collect()
}

/// Wraps a key for each node of an organisation that is given keys; one random seed for each, in the order of the certificates. A node
/// with a seed too few, or of a suite that this version does not know, gets none and is named.
pub fn wrap_for(
    key: &DataKey,
    referral: RecordId,
    from: OrgId,
    certificates: &[&NodeCertificate],
    seeds: &[[u8; 32]],
) -> (Vec<WrappedKey>, Vec<NodeId>) {
    let (mut wrapped, mut left) = (Vec::new(), Vec::new());
    let mut seeds = seeds.iter();
    for certificate in certificates.iter().filter(|c| is_given_keys(c)) {
        let wrapping = Wrapping { referral, from, to: certificate.org_id, node: certificate.node_id };
        let made = seeds.next().and_then(|seed| WrappedKey::new(key, wrapping, &certificate.sealing_key, seed).ok());
        match made {
            Some(key) => wrapped.push(key),
            None => left.push(certificate.node_id),
        }
    }
    (wrapped, left)
}

impl Wrapping {
    fn info(&self, key_id: &DataKeyId) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(self.referral.as_bytes());
        bytes.extend_from_slice(self.from.as_bytes());
        bytes.extend_from_slice(self.to.as_bytes());
        bytes.extend_from_slice(self.node.as_bytes());
        bytes.extend_from_slice(key_id.as_bytes());
        Tag::WRAPPED_KEY.message(&bytes)
    }
}

impl WrappedKey {
    /// Wraps a key for the node with this sealing key. The seed is random and serves once.
    pub fn new(key: &DataKey, wrapping: Wrapping, recipient: &SealingKey, seed: &[u8; 32]) -> Result<Self, Refusal> {
        check_suite(recipient.suite())?;
        let unusable = |_| Refusal::malformed("a sealing key is not usable");
        let public = <XWing as Kem>::PublicKey::from_bytes(recipient.as_bytes()).map_err(unusable)?;
        let key_id = key.id();
        let info = wrapping.info(&key_id);
        let mut rng = ChaCha20Rng::from_seed(*seed);
        let (encapsulated, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &public,
            &info,
            key.as_bytes(),
            &[],
            &mut rng,
        )
        .map_err(unusable)?;
        Ok(Self { wrapping, key_id, suite: X_WING, encapsulated: encapsulated.to_bytes().to_vec(), sealed })
    }

    /// The key, on the node it was wrapped for. Refused when it was wrapped for another or for other ends, or is not the key it says.
    pub fn open(&self, secret: &SealingSecret) -> Result<DataKey, Refusal> {
        check_suite(self.suite)?;
        let wrong = |_| Refusal::not_authentic("a wrapped key does not open with this node's key");
        let private = <XWing as Kem>::PrivateKey::from_bytes(secret.seed().as_slice()).map_err(wrong)?;
        let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(&self.encapsulated).map_err(wrong)?;
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            &self.wrapping.info(&self.key_id),
            &self.sealed,
            &[],
        );
        let key = DataKey::from_slice(&Zeroizing::new(opened.map_err(wrong)?))?;
        if key.id() != self.key_id {
            return Err(Refusal::not_authentic("a wrapped key is not the key it says it is"));
        }
        Ok(key)
    }

    /// As it travels.
    pub fn encode(&self) -> Vec<u8> {
        v1::WrappedKey {
            version: 1,
            referral: self.wrapping.referral.as_bytes().to_vec(),
            from_org_id: self.wrapping.from.as_bytes().to_vec(),
            to_org_id: self.wrapping.to.as_bytes().to_vec(),
            node_id: self.wrapping.node.as_bytes().to_vec(),
            key_id: self.key_id.as_bytes().to_vec(),
            suite: self.suite,
            encapsulated: self.encapsulated.clone(),
            sealed: self.sealed.clone(),
        }
        .encode_to_vec()
    }

    /// Reads one: shape, limits, canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > WRAPPED_KEY_BYTES {
            return Err(Refusal::too_large(format!("{WHAT} of {} bytes", bytes.len())));
        }
        let k = v1::WrappedKey::decode(bytes).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(k.version, WHAT)?;
        let key = Self {
            wrapping: Wrapping {
                referral: RecordId::try_from(k.referral.as_slice())?,
                from: OrgId::try_from(k.from_org_id.as_slice())?,
                to: OrgId::try_from(k.to_org_id.as_slice())?,
                node: NodeId::try_from(k.node_id.as_slice())?,
            },
            key_id: DataKeyId::try_from(k.key_id.as_slice())?,
            suite: k.suite,
            encapsulated: k.encapsulated,
            sealed: k.sealed,
        };
        if key.encode() != bytes {
            return Err(not_canonical(WHAT));
        }
        Ok(key)
    }
}

fn check_suite(suite: u32) -> Result<(), Refusal> {
    if suite == X_WING {
        return Ok(());
    }
    Err(Refusal::malformed(format!("{WHAT} of suite {suite}, and this software knows {X_WING}"))
        .hint("update this node"))
}
