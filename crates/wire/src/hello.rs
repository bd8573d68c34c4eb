//! The first message of a connection, parsed. Whether its signature holds is `domain::identity`'s question.

use crate::proto::sync as proto;
use domain::identity::Side;
use domain::{Incarnation, NodeId, OrgId, Refusal, limits};
use std::collections::BTreeSet;

/// The version of the protocol that this software speaks.
pub const VERSION: u32 = 1;

/// What a node says of itself, every field of the right shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Protocol versions it speaks.
    pub versions: BTreeSet<u32>,
    /// Which side of the connection it says it is on.
    pub side: Side,
    /// Whether it runs as several processes on one database, so that alternating incarnations are no sign of a copy.
    pub is_replicated: bool,
    /// Whether it has a roster.
    pub is_hub: bool,
    /// Its organisation.
    pub org_id: OrgId,
    /// Itself.
    pub node_id: NodeId,
    /// Serial of its node certificate.
    pub serial: u64,
    /// The process.
    pub incarnation: Incarnation,
    /// The author key's signature over this connection's transcript.
    pub signature: [u8; 64],
    /// Its signed addresses; empty when it can be reached nowhere.
    pub addresses: Vec<u8>,
    /// What its organisation calls itself.
    pub name: String,
}

impl Hello {
    /// The highest protocol version that both speak.
    pub fn version_with(&self, other: &Self) -> Result<u32, Refusal> {
        self.versions.intersection(&other.versions).max().copied().ok_or_else(|| {
            Refusal::invalid(format!(
                "the other node speaks protocol versions {:?} and this one speaks {:?}",
                other.versions, self.versions
            ))
            .hint("upgrade the older of the two")
        })
    }
}

impl From<Hello> for proto::Hello {
    fn from(hello: Hello) -> Self {
        let capabilities =
            [(hello.is_hub, proto::Capability::Hub), (hello.is_replicated, proto::Capability::Replicated)];
        Self {
            versions: hello.versions.into_iter().collect(),
            side: match hello.side {
                Side::Dialler => proto::Side::Dialler.into(),
                Side::Listener => proto::Side::Listener.into(),
            },
            capabilities: capabilities.into_iter().filter(|(has, _)| *has).map(|(_, c)| c.into()).collect(),
            org_id: hello.org_id.as_bytes().to_vec(),
            node_id: hello.node_id.as_bytes().to_vec(),
            serial: hello.serial,
            incarnation: hello.incarnation.as_bytes().to_vec(),
            signature: hello.signature.to_vec(),
            addresses: hello.addresses,
            name: hello.name,
        }
    }
}

impl TryFrom<Option<proto::Hello>> for Hello {
    type Error = Refusal;

    /// From the field of a request or response; refused when it is absent.
    fn try_from(hello: Option<proto::Hello>) -> Result<Self, Refusal> {
        let hello = hello.ok_or_else(|| Refusal::malformed("a greeting says nothing"))?;
        if hello.versions.len() > limits::HELLO_VERSIONS || hello.capabilities.len() > limits::HELLO_VERSIONS {
            return Err(Refusal::too_large(format!(
                "a greeting names more than {} versions or capabilities",
                limits::HELLO_VERSIONS
            )));
        }
        if hello.name.len() > limits::NAME_BYTES || hello.addresses.len() > limits::ADDRESSES_BYTES {
            return Err(Refusal::too_large("a greeting with a name or addresses past their limits"));
        }
        let has = |capability: proto::Capability| hello.capabilities.contains(&capability.into());
        Ok(Self {
            is_hub: has(proto::Capability::Hub),
            is_replicated: has(proto::Capability::Replicated),
            side: match proto::Side::try_from(hello.side) {
                Ok(proto::Side::Dialler) => Side::Dialler,
                Ok(proto::Side::Listener) => Side::Listener,
                Ok(proto::Side::Unspecified) | Err(_) => {
                    return Err(Refusal::malformed("a greeting does not say which side it is on"));
                }
            },
            versions: hello.versions.into_iter().collect(),
            org_id: OrgId::try_from(hello.org_id.as_slice())?,
            node_id: NodeId::try_from(hello.node_id.as_slice())?,
            serial: hello.serial,
            incarnation: Incarnation::try_from(hello.incarnation.as_slice())?,
            signature: crate::exactly(&hello.signature, "a signature")?,
            addresses: hello.addresses,
            name: hello.name,
        })
    }
}
