//! Keys, certificates and words. Every organisation here comes from a letter, so that every byte is the same each time.

mod certificates;
mod fixtures;
mod pairing;
mod people;
mod said;

use super::certificate::{Holds, NodeCertificate, NodeState};
use super::keys::KeysObject;
use super::object::Signed;
use super::root::Root;
use super::sealing::SealingSecret;
use super::signing::SecretKey;
use crate::{NodeId, OrgId};

/// An organisation whose entropy is one byte, repeated.
pub(crate) fn root(letter: u8) -> Root {
    Root::from_entropy(&[letter; 32])
}

/// The author key of a node of an organisation.
pub(crate) fn author(letter: u8, node: u8) -> SecretKey {
    SecretKey::from_seed(&seed(letter, node, 1))
}

/// What stands in its certificate for the key its handshakes are signed with.
pub(crate) fn tls_key(letter: u8, node: u8) -> [u8; 32] {
    seed(letter, node, 2)
}

/// An active home node, with keys that follow from its letters.
pub(crate) fn certificate(letter: u8, node: u8) -> NodeCertificate {
    NodeCertificate {
        org_id: root(letter).org_id(),
        node_id: NodeId::from_bytes([node; 16]),
        serial: 1,
        tls_key: tls_key(letter, node),
        author_key: author(letter, node).public(),
        sealing_key: SealingSecret::from_seed(&seed(letter, node, 3)).public().unwrap(),
        holds: Holds::All,
        is_home: true,
        state: NodeState::Active,
    }
}

/// The same node with another serial and state.
pub(crate) fn reissued(letter: u8, node: u8, serial: u64, state: NodeState) -> Signed<NodeCertificate> {
    root(letter).certify(NodeCertificate { serial, state, ..certificate(letter, node) })
}

/// A keys object of one node.
pub(crate) fn keys(letter: u8, node: u8) -> KeysObject {
    KeysObject::new(root(letter).public(), [root(letter).certify(certificate(letter, node))]).unwrap()
}

pub(crate) fn org(letter: u8) -> OrgId {
    root(letter).org_id()
}

fn seed(letter: u8, node: u8, purpose: u8) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..3].copy_from_slice(&[letter, node, purpose]);
    seed
}

/// Every way to change one bit of the bytes (for long objects every seventh byte) is refused.
fn every_flip_is_refused(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(bytes), "the honest object is refused");
    let step = if bytes.len() > 1024 { 7 } else { 1 };
    for i in (0..bytes.len()).step_by(step) {
        let mut altered = bytes.to_vec();
        altered[i] ^= 1 << (i % 8);
        assert!(!accepts(&altered), "byte {i} of {} was flipped and nobody minded", bytes.len());
    }
    assert!(!accepts(&bytes[..bytes.len() - 1]), "a truncated object was taken");
    assert!(!accepts(&[bytes, &[0x18, 1]].concat()), "an object with an unknown field was taken");
}
