//! Pairing: each side introduces itself, and proves on this very TLS session that it holds the invitation's secret and
//! the author key of the node it says it is.
//!
//! The joiner sends first. Each side signs and MACs a transcript that holds its role, the TLS exporter, both
//! organisations and the hash of its introduction; a machine in the middle has another exporter on either side.

use super::address::Addresses;
use super::certificate::NodeState;
use super::invitation::{InvitationId, InvitationKey};
use super::keys::KeysObject;
use super::object::{Signed, check_name, does_not_parse, expect_version_1, not_canonical};
use super::signing::{SecretKey, Tag};
use crate::{NodeId, OrgId, Refusal, limits};
use prost::Message;
use sha2::{Digest, Sha256};

/// Which part a side plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairRole {
    /// Made the invitation.
    Inviter,
    /// Uses it.
    Joiner,
}

/// What a side says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduce {
    /// Which invitation it is about.
    pub invitation_id: InvitationId,
    /// Its part.
    pub role: PairRole,
    /// Its organisation's keys.
    pub keys: KeysObject,
    /// The node that speaks.
    pub node_id: NodeId,
    /// What its organisation calls itself, for people.
    pub name: String,
    /// Where that node can be reached; `None` when nowhere.
    pub addresses: Option<Signed<Addresses>>,
}

/// What makes an introduction believable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The author key's signature over the transcript.
    pub signature: [u8; 64],
    /// The invitation key's MAC over the same.
    pub mac: [u8; 32],
}

/// The TLS session an introduction is made on, as the checker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairSession {
    /// The TLS exporter.
    pub exporter: [u8; 32],
    /// The inviter's organisation.
    pub inviter: OrgId,
    /// The joiner's organisation.
    pub joiner: OrgId,
}

/// Why an introduction was not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairFault {
    /// The sender does not know the invitation's secret. The caller counts these: [`limits::INVITATION_WRONG_CODES`] on
    /// one invitation end it.
    WrongMac(Refusal),
    /// Anything else.
    Refused(Refusal),
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Introduce {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) invitation_id: Vec<u8>,
        #[prost(uint32, tag = "3")]
        pub(super) role: u32,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) keys: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")]
        pub(super) node_id: Vec<u8>,
        #[prost(string, tag = "6")]
        pub(super) name: String,
        #[prost(bytes = "vec", tag = "7")]
        pub(super) addresses: Vec<u8>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct PairTranscript {
        #[prost(uint32, tag = "1")]
        pub(super) role: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) exporter: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) inviter_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) joiner_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")]
        pub(super) introduce_hash: Vec<u8>,
    }
}

const WHAT: &str = "an introduction";

impl PairRole {
    const fn number(self) -> u32 {
        match self {
            Self::Inviter => 1,
            Self::Joiner => 2,
        }
    }
}

impl Introduce {
    /// Its one serialised form.
    pub fn encode(&self) -> Vec<u8> {
        v1::Introduce {
            version: 1,
            invitation_id: self.invitation_id.as_bytes().to_vec(),
            role: self.role.number(),
            keys: self.keys.bytes(),
            node_id: self.node_id.as_bytes().to_vec(),
            name: self.name.clone(),
            addresses: self.addresses.as_ref().map(|a| a.bytes().to_vec()).unwrap_or_default(),
        }
        .encode_to_vec()
    }

    /// Reads one: shape, limits, canonical form, and every signature within (certificates by the root, addresses by the
    /// author key of an active node that is its own). Who sent it is asked by [`verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > limits::PAIRING_MESSAGE_BYTES {
            return Err(Refusal::too_large(format!("an introduction of {} bytes", bytes.len())));
        }
        let i = v1::Introduce::decode(bytes).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(i.version, WHAT)?;
        check_name(&i.name, WHAT)?;
        let introduce = Self {
            invitation_id: InvitationId::from_bytes(
                i.invitation_id.as_slice().try_into().map_err(|_| not_canonical(WHAT))?,
            ),
            role: match i.role {
                1 => PairRole::Inviter,
                2 => PairRole::Joiner,
                other => return Err(Refusal::malformed(format!("an introduction has role {other}"))),
            },
            keys: KeysObject::parse(&i.keys)?,
            node_id: NodeId::try_from(i.node_id.as_slice())?,
            name: i.name,
            addresses: if i.addresses.is_empty() { None } else { Some(Signed::parse(&i.addresses)?) },
        };
        introduce.check_node()?;
        if introduce.encode() == bytes { Ok(introduce) } else { Err(not_canonical(WHAT)) }
    }

    /// The node it speaks for is one of its active ones, and its addresses are that node's.
    fn check_node(&self) -> Result<(), Refusal> {
        let node = self.keys.node(&self.node_id).map(Signed::content);
        let Some(node) = node.filter(|c| c.state == NodeState::Active) else {
            return Err(Refusal::not_authentic(
                "an introduction speaks for a node that its keys do not name as active",
            ));
        };
        let Some(addresses) = &self.addresses else { return Ok(()) };
        if (addresses.content().org_id, addresses.content().node_id) != (node.org_id, node.node_id) {
            return Err(Refusal::not_authentic("an introduction has the addresses of another node"));
        }
        addresses.verify(&node.author_key)
    }
}

/// Proves an introduction on one session. `introduce` is what [`Introduce::encode`] gave.
pub fn prove(
    introduce: &[u8],
    role: PairRole,
    session: &PairSession,
    author: &SecretKey,
    key: &InvitationKey,
) -> Proof {
    let transcript = transcript(introduce, role, session);
    Proof { signature: author.sign(Tag::PAIR, &transcript), mac: key.mac(&Tag::PAIR.message(&transcript)) }
}

/// Whether an introduction was made on this session, by who knows the secret, for the node whose TLS key the session has
/// and whose author key signed. `tls_key` is the public key that the session's handshake was signed with.
pub fn verify(
    bytes: &[u8],
    proof: &Proof,
    role: PairRole,
    session: &PairSession,
    tls_key: &[u8; 32],
    key: &InvitationKey,
) -> Result<Introduce, PairFault> {
    let refused = |what: &str| PairFault::Refused(Refusal::not_authentic(what));
    let introduce = Introduce::parse(bytes).map_err(PairFault::Refused)?;
    if introduce.role != role {
        return Err(refused("the other side of the pairing claims this side's role"));
    }
    let expected = match role {
        PairRole::Inviter => session.inviter,
        PairRole::Joiner => session.joiner,
    };
    if introduce.keys.org_id() != expected {
        return Err(refused("the organisation that answered is not the one in the invitation"));
    }
    let node = introduce.keys.node(&introduce.node_id).map(Signed::content);
    let Some(node) = node.filter(|c| c.tls_key == *tls_key) else {
        return Err(refused("an introduction came over another node's connection"));
    };
    let transcript = transcript(bytes, role, session);
    if !key.is_mac_of(&Tag::PAIR.message(&transcript), &proof.mac) {
        return Err(PairFault::WrongMac(Refusal::not_authentic(
            "the other side does not hold this invitation's secret, or somebody is in between",
        )));
    }
    node.author_key
        .verify(Tag::PAIR, &transcript, &proof.signature)
        .map_err(|_| refused("the other side did not prove that it holds its author key"))?;
    Ok(introduce)
}

fn transcript(introduce: &[u8], role: PairRole, session: &PairSession) -> Vec<u8> {
    v1::PairTranscript {
        role: role.number(),
        exporter: session.exporter.to_vec(),
        inviter_org_id: session.inviter.as_bytes().to_vec(),
        joiner_org_id: session.joiner.as_bytes().to_vec(),
        introduce_hash: Sha256::digest(introduce).to_vec(),
    }
    .encode_to_vec()
}
