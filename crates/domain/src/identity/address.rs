//! Where a node can be reached, signed by its author key. Not in the certificate, since a home connection changes it.

use super::object::{Content, does_not_parse, expect_version_1};
use super::signing::Tag;
use crate::{NodeId, OrgId, Refusal, Timestamp, limits};
use prost::Message;

/// Where a node says it can be reached. Of two, the one signed later holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Its organisation.
    pub org_id: OrgId,
    /// The node.
    pub node_id: NodeId,
    /// Each `host:port`, in the order to try.
    pub addresses: Vec<String>,
    /// When it was signed, by the signer's clock.
    pub signed_at: Timestamp,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Addresses {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) node_id: Vec<u8>,
        #[prost(string, repeated, tag = "4")]
        pub(super) addresses: Vec<String>,
        #[prost(int64, tag = "5")]
        pub(super) signed_at_ms: i64,
    }
}

const WHAT: &str = "a list of addresses";

impl Content for Addresses {
    const TAG: Tag = Tag::ADDRESSES;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = limits::ADDRESSES_BYTES;

    fn encode(&self) -> Vec<u8> {
        v1::Addresses {
            version: 1,
            org_id: self.org_id.as_bytes().to_vec(),
            node_id: self.node_id.as_bytes().to_vec(),
            addresses: self.addresses.clone(),
            signed_at_ms: self.signed_at.as_ms(),
        }
        .encode_to_vec()
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let a = v1::Addresses::decode(payload).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(a.version, WHAT)?;
        check_all(&a.addresses)?;
        Ok(Self {
            org_id: OrgId::try_from(a.org_id.as_slice())?,
            node_id: NodeId::try_from(a.node_id.as_slice())?,
            addresses: a.addresses,
            signed_at: Timestamp::from_ms(a.signed_at_ms),
        })
    }
}

/// Whether these are few enough, and each a `host:port`.
pub fn check_all(addresses: &[String]) -> Result<(), Refusal> {
    if addresses.len() > limits::ADDRESSES {
        return Err(Refusal::too_large(format!("{} addresses of one node", addresses.len())));
    }
    addresses.iter().try_for_each(|address| check(address))
}

/// Whether this reads as `host:port`: a name, an IPv4 address, or an IPv6 address in brackets; port 1 to 65535.
pub fn check(address: &str) -> Result<(), Refusal> {
    let wrong = |why: &str| {
        Refusal::invalid(format!("{address:?} is not an address: {why}"))
            .hint("write it as host:port, for instance fingerpost.example.org:7440 or [2001:db8::1]:7440")
    };
    let (host, port) = address.rsplit_once(':').ok_or_else(|| wrong("it has no port"))?;
    if port.parse::<u16>().map_or(true, |port| port == 0) || !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("its port is not a number from 1 to 65535"));
    }
    let in_brackets = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match in_brackets {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            (1..=253).contains(&host.len())
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        }
    };
    if is_host { Ok(()) } else { Err(wrong("its host is neither a name nor an IP address")) }
}
