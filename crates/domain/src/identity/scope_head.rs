//! A node's word on the set it holds in one scope, by which others see how old what they hold of it is, and whether
//! somebody in between withholds.

use super::object::{Content, does_not_parse, expect_version_1, key_bytes};
use super::signing::Tag;
use crate::{NodeId, OrgId, Refusal, ScopeId, Sum, Timestamp};
use prost::Message;

/// What a node held in one scope. Signed by the node's author key; of two, the one with the higher `n` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeHead {
    /// The scope's owner.
    pub org_id: OrgId,
    /// The node that says it.
    pub node_id: NodeId,
    /// The scope.
    pub scope_id: ScopeId,
    /// Above that of every head of this scope that the node signed before, and no lower than the time in milliseconds: a
    /// node that was put back to an older copy goes on above what it said since.
    pub n: u64,
    /// Count and sum of the ids of its current versions.
    pub sum: Sum,
    /// When this was so, by the signer's clock.
    pub as_of: Timestamp,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct ScopeHead {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) node_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) scope_id: Vec<u8>,
        #[prost(uint64, tag = "5")]
        pub(super) n: u64,
        #[prost(uint64, tag = "6")]
        pub(super) count: u64,
        #[prost(bytes = "vec", tag = "7")]
        pub(super) sum: Vec<u8>,
        #[prost(int64, tag = "8")]
        pub(super) as_of_ms: i64,
    }
}

const WHAT: &str = "a scope head";

impl Content for ScopeHead {
    const TAG: Tag = Tag::SCOPE_HEAD;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = crate::limits::SCOPE_HEAD_BYTES;

    fn encode(&self) -> Vec<u8> {
        v1::ScopeHead {
            version: 1,
            org_id: self.org_id.as_bytes().to_vec(),
            node_id: self.node_id.as_bytes().to_vec(),
            scope_id: self.scope_id.as_bytes().to_vec(),
            n: self.n,
            count: self.sum.count(),
            sum: self.sum.as_bytes().to_vec(),
            as_of_ms: self.as_of.as_ms(),
        }
        .encode_to_vec()
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let h = v1::ScopeHead::decode(payload).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(h.version, WHAT)?;
        // Databases count no further than that.
        if h.n == 0 || i64::try_from(h.n).is_err() {
            return Err(Refusal::malformed(format!("a scope head has the number {}", h.n)));
        }
        Ok(Self {
            org_id: OrgId::try_from(h.org_id.as_slice())?,
            node_id: NodeId::try_from(h.node_id.as_slice())?,
            scope_id: ScopeId::try_from(h.scope_id.as_slice())?,
            n: h.n,
            sum: Sum::from_parts(h.count, key_bytes(&h.sum, WHAT)?),
            as_of: Timestamp::from_ms(h.as_of_ms),
        })
    }
}
