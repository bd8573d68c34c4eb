//! A node certificate: the organisation root's word on one node and its three keys.
//!
//! The keys are separate, so that a stolen TLS key signs no documents. Nothing expires by date: a retired node opens
//! no links, and what it signed stays valid; what a compromised one signed is valid nowhere.

use super::object::{Content, expect_version_1, key_bytes, public_key};
use super::sealing::SealingKey;
use super::signing::{PublicKey, Tag};
use crate::{NodeId, OrgId, Refusal};
use prost::Message;

/// What the organisation's own nodes give this one to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// Everything, referrals too.
    All,
    /// The directory only, so that a stolen outreach laptop is not every referral.
    Directory,
}

/// Whether a node's keys are to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeState {
    /// It links, and what it signs is valid.
    Active,
    /// It opens no links; what it signed stays valid.
    Retired,
    /// What it signed is valid nowhere.
    Compromised,
}

/// What the organisation root says of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeCertificate {
    /// The organisation.
    pub org_id: OrgId,
    /// The node.
    pub node_id: NodeId,
    /// Counts from 1 over the organisation's certificates; the highest of a node is the one that counts.
    pub serial: u64,
    /// The raw Ed25519 public key that its TLS handshakes are signed with.
    pub tls_key: [u8; 32],
    /// The key that signs its statements.
    pub author_key: PublicKey,
    /// The key that payloads for it are sealed to.
    pub sealing_key: SealingKey,
    /// What it holds.
    pub holds: Holds,
    /// Whether it makes the organisation's decisions and resets; one node does.
    pub is_home: bool,
    /// Whether it is to be trusted.
    pub state: NodeState,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct NodeCertificate {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) node_id: Vec<u8>,
        #[prost(uint64, tag = "4")]
        pub(super) serial: u64,
        #[prost(bytes = "vec", tag = "5")]
        pub(super) tls_key: Vec<u8>,
        #[prost(bytes = "vec", tag = "6")]
        pub(super) author_key: Vec<u8>,
        #[prost(uint32, tag = "7")]
        pub(super) sealing_suite: u32,
        #[prost(bytes = "vec", tag = "8")]
        pub(super) sealing_key: Vec<u8>,
        #[prost(uint32, tag = "9")]
        pub(super) holds: u32,
        #[prost(bool, tag = "10")]
        pub(super) is_home: bool,
        #[prost(uint32, tag = "11")]
        pub(super) state: u32,
    }
}

const WHAT: &str = "a node certificate";

impl Content for NodeCertificate {
    const TAG: Tag = Tag::CERTIFICATE;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = 4 << 10;

    fn encode(&self) -> Vec<u8> {
        v1::NodeCertificate {
            version: 1,
            org_id: self.org_id.as_bytes().to_vec(),
            node_id: self.node_id.as_bytes().to_vec(),
            serial: self.serial,
            tls_key: self.tls_key.to_vec(),
            author_key: self.author_key.as_bytes().to_vec(),
            sealing_suite: self.sealing_key.suite(),
            sealing_key: self.sealing_key.as_bytes().to_vec(),
            holds: match self.holds {
                Holds::All => 1,
                Holds::Directory => 2,
            },
            is_home: self.is_home,
            state: match self.state {
                NodeState::Active => 1,
                NodeState::Retired => 2,
                NodeState::Compromised => 3,
            },
        }
        .encode_to_vec()
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let c = v1::NodeCertificate::decode(payload).map_err(|_| super::object::does_not_parse(WHAT))?;
        expect_version_1(c.version, WHAT)?;
        if c.serial == 0 {
            return Err(Refusal::malformed("a node certificate has serial 0, and counting starts at 1"));
        }
        Ok(Self {
            org_id: OrgId::try_from(c.org_id.as_slice())?,
            node_id: NodeId::try_from(c.node_id.as_slice())?,
            serial: c.serial,
            tls_key: key_bytes(&c.tls_key, WHAT)?,
            author_key: public_key(&c.author_key, WHAT)?,
            sealing_key: SealingKey::from_parts(c.sealing_suite, &c.sealing_key)?,
            holds: match c.holds {
                1 => Holds::All,
                2 => Holds::Directory,
                other => return Err(Refusal::malformed(format!("a node certificate has holds {other}"))),
            },
            is_home: c.is_home,
            state: match c.state {
                1 => NodeState::Active,
                2 => NodeState::Retired,
                3 => NodeState::Compromised,
                other => return Err(Refusal::malformed(format!("a node certificate has state {other}"))),
            },
        })
    }
}
