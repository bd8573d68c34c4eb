//! A keys object: an organisation's root public key and the newest certificate of each of its nodes.
//!
//! It carries no signature of its own, since each certificate has the root's. Two of one root merge, per node, to the
//! certificate with the highest serial, in any order and with any repetition to the same bytes.

use super::certificate::{NodeCertificate, NodeState};
use super::object::{Content, Signed, does_not_parse, expect_version_1, not_canonical, public_key};
use super::signing::PublicKey;
use crate::{KeyId, NodeId, OrgId, Refusal, limits};
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A root and its nodes' newest certificates, every signature checked. At least one node, at most
/// [`limits::ORGANISATION_NODES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysObject {
    root: PublicKey,
    org_id: OrgId,
    nodes: BTreeMap<NodeId, Signed<NodeCertificate>>,
}

/// What a merge found that an operator has to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeysAlarm {
    /// The root signed two certificates of one node with one serial: two copies of the root are in use.
    TwoWithOneSerial {
        /// The node.
        node: NodeId,
        /// The serial.
        serial: u64,
    },
    /// More nodes than an organisation may have; those with the lowest serials were left out.
    LeftOut {
        /// A node that was left out.
        node: NodeId,
    },
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct KeysObject {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) root_key: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "3")]
        pub(super) certificates: Vec<Vec<u8>>,
    }
}

const WHAT: &str = "a keys object";

impl KeysObject {
    /// From a root and certificates it signed; of several for one node, the one that counts is kept.
    pub fn new(
        root: PublicKey,
        certificates: impl IntoIterator<Item = Signed<NodeCertificate>>,
    ) -> Result<Self, Refusal> {
        let org_id = OrgId::of_root(root.as_bytes());
        let mut nodes = BTreeMap::new();
        for certificate in certificates {
            check_certificate(&root, &org_id, &certificate)?;
            enter(&mut nodes, certificate);
        }
        if nodes.is_empty() {
            return Err(Refusal::malformed("a keys object names no node"));
        }
        if nodes.len() > limits::ORGANISATION_NODES {
            return Err(Refusal::too_large(format!("a keys object with {} nodes", nodes.len())));
        }
        Ok(Self { root, org_id, nodes })
    }

    /// Reads one: shape, limits, canonical form (certificates in order of node id) and every signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > limits::KEYS_BYTES {
            return Err(Refusal::too_large(format!("a keys object of {} bytes", bytes.len())));
        }
        let object = v1::KeysObject::decode(bytes).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(object.version, WHAT)?;
        if object.certificates.len() > limits::ORGANISATION_NODES {
            return Err(Refusal::too_large(format!("a keys object with {} nodes", object.certificates.len())));
        }
        let root = public_key(&object.root_key, WHAT)?;
        let certificates = object.certificates.iter().map(|c| Signed::parse(c)).collect::<Result<Vec<_>, _>>()?;
        let keys = Self::new(root, certificates)?;
        if keys.bytes() == bytes { Ok(keys) } else { Err(not_canonical(WHAT)) }
    }

    /// Its one serialised form.
    pub fn bytes(&self) -> Vec<u8> {
        v1::KeysObject {
            version: 1,
            root_key: self.root.as_bytes().to_vec(),
            certificates: self.nodes.values().map(|c| c.bytes().to_vec()).collect(),
        }
        .encode_to_vec()
    }

    /// Takes in what another keys object of the same root knows; refused, and unchanged, when the root is another.
    /// The result depends on the certificates alone, never on the order of merges.
    pub fn merge(&mut self, other: &Self) -> Result<Vec<KeysAlarm>, Refusal> {
        if other.root != self.root {
            return Err(Refusal::not_authentic("a keys object has another root than the organisation it is for"));
        }
        let mut alarms: Vec<_> =
            other.nodes.values().filter_map(|certificate| enter(&mut self.nodes, certificate.clone())).collect();
        while self.nodes.len() > limits::ORGANISATION_NODES {
            let lowest = self.nodes.iter().map(|(node, c)| (c.content().serial, *node)).min();
            let Some((_, node)) = lowest else { break };
            self.nodes.remove(&node);
            alarms.push(KeysAlarm::LeftOut { node });
        }
        Ok(alarms)
    }

    /// Whose keys they are.
    pub const fn org_id(&self) -> OrgId {
        self.org_id
    }

    /// The root public key.
    pub const fn root(&self) -> &PublicKey {
        &self.root
    }

    /// The newest certificates, in order of node id.
    pub fn certificates(&self) -> impl Iterator<Item = &Signed<NodeCertificate>> {
        self.nodes.values()
    }

    /// The newest certificate of a node.
    pub fn node(&self, node: &NodeId) -> Option<&Signed<NodeCertificate>> {
        self.nodes.get(node)
    }

    /// The certificate that names this TLS key.
    pub fn node_by_tls_key(&self, tls_key: &[u8; 32]) -> Option<&Signed<NodeCertificate>> {
        self.nodes.values().find(|c| c.content().tls_key == *tls_key)
    }

    /// The author key with this id, and how far to trust it: were two nodes to share a key, the worse state counts.
    pub fn author_key(&self, id: KeyId) -> Option<(PublicKey, NodeState)> {
        self.nodes
            .values()
            .map(Signed::content)
            .filter(|c| c.author_key.id() == id)
            .map(|c| (c.author_key, c.state))
            .max_by_key(|(_, state)| *state)
    }

    /// Whether one of the organisation's author keys, active or retired, signed this.
    pub fn verify<T: Content>(&self, object: &Signed<T>) -> Result<(), Refusal> {
        let trusted = self.nodes.values().map(Signed::content).filter(|c| c.state != NodeState::Compromised);
        if trusted.into_iter().any(|c| object.verify(&c.author_key).is_ok()) {
            return Ok(());
        }
        Err(Refusal::not_authentic(format!("no author key of organisation {} signed {}", self.org_id, T::WHAT)))
    }

    /// The serial that a new certificate takes.
    pub fn next_serial(&self) -> u64 {
        self.nodes.values().map(|c| c.content().serial).max().unwrap_or(0).saturating_add(1)
    }
}

/// Whether a root signed this certificate for its own organisation.
pub fn check_certificate(
    root: &PublicKey,
    org_id: &OrgId,
    certificate: &Signed<NodeCertificate>,
) -> Result<(), Refusal> {
    if certificate.content().org_id != *org_id {
        return Err(Refusal::not_authentic("a node certificate is of another organisation than its root"));
    }
    certificate.verify(root)
}

/// Puts a certificate in its node's place if it counts more than what is there.
fn enter(
    nodes: &mut BTreeMap<NodeId, Signed<NodeCertificate>>,
    certificate: Signed<NodeCertificate>,
) -> Option<KeysAlarm> {
    let (node, serial) = (certificate.content().node_id, certificate.content().serial);
    let Some(held) = nodes.get(&node) else {
        nodes.insert(node, certificate);
        return None;
    };
    if rank(&certificate) > rank(held) {
        let twins = held.content().serial == serial;
        nodes.insert(node, certificate);
        return twins.then_some(KeysAlarm::TwoWithOneSerial { node, serial });
    }
    (held.content().serial == serial && held.bytes() != certificate.bytes())
        .then_some(KeysAlarm::TwoWithOneSerial { node, serial })
}

/// The higher serial counts; of equal serials the smaller hash.
fn rank(certificate: &Signed<NodeCertificate>) -> (u64, std::cmp::Reverse<[u8; 32]>) {
    (certificate.content().serial, std::cmp::Reverse(Sha256::digest(certificate.bytes()).into()))
}
