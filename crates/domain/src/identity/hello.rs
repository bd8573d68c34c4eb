//! What the signature in the first message of a connection covers. It ties author key, TLS session and both ends
//! together, which stops a thief of a TLS key, and one end being led to believe it speaks with a third.

use super::signing::{PublicKey, SecretKey, Tag};
use crate::{NodeId, OrgId, Refusal};
use prost::Message;

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Opened it.
    Dialler,
    /// Accepted it.
    Listener,
}

/// One end of a connection, as its certificate names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The organisation.
    pub org_id: OrgId,
    /// The node.
    pub node_id: NodeId,
    /// The serial of the certificate that its TLS key stands in.
    pub serial: u64,
}

/// What a signer of `Hello` vouches for. Never sent: both ends compute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelloTranscript {
    /// Who signs.
    pub side: Side,
    /// The TLS exporter of the connection.
    pub exporter: [u8; 32],
    /// The signer.
    pub signer: End,
    /// The other end.
    pub other: End,
    /// The protocol version.
    pub protocol_version: u32,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct HelloTranscript {
        #[prost(uint32, tag = "1")]
        pub(super) role: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) exporter: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) own_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) other_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")]
        pub(super) own_node_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "6")]
        pub(super) other_node_id: Vec<u8>,
        #[prost(uint64, tag = "7")]
        pub(super) own_serial: u64,
        #[prost(uint64, tag = "8")]
        pub(super) other_serial: u64,
        #[prost(uint32, tag = "9")]
        pub(super) protocol_version: u32,
    }
}

impl HelloTranscript {
    /// Signs it with the author key of the signer's node.
    pub fn sign(&self, author: &SecretKey) -> [u8; 64] {
        author.sign(Tag::HELLO, &self.encode())
    }

    /// Whether the author key of the signer's node made the signature.
    pub fn verify(&self, author: &PublicKey, signature: &[u8; 64]) -> Result<(), Refusal> {
        author.verify(Tag::HELLO, &self.encode(), signature).map_err(|_| {
            Refusal::not_authentic(format!(
                "node {} did not prove that it holds its author key on this connection",
                self.signer.node_id
            ))
        })
    }

    /// The bytes that are signed.
    pub fn encode(&self) -> Vec<u8> {
        v1::HelloTranscript {
            role: match self.side {
                Side::Dialler => 1,
                Side::Listener => 2,
            },
            exporter: self.exporter.to_vec(),
            own_org_id: self.signer.org_id.as_bytes().to_vec(),
            other_org_id: self.other.org_id.as_bytes().to_vec(),
            own_node_id: self.signer.node_id.as_bytes().to_vec(),
            other_node_id: self.other.node_id.as_bytes().to_vec(),
            own_serial: self.signer.serial,
            other_serial: self.other.serial,
            protocol_version: self.protocol_version,
        }
        .encode_to_vec()
    }
}
