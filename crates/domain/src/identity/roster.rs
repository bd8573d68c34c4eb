//! A hub's word on one organisation: it vouches for it, and relays its public documents.

use super::object::{Content, check_name, does_not_parse, expect_version_1, public_key};
use super::signing::{PublicKey, Tag};
use crate::{OrgId, Refusal, Timestamp};
use prost::Message;

/// An organisation on a hub's roster, or taken off it. Signed by an author key of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// The hub.
    pub hub: OrgId,
    /// The root public key of the organisation vouched for; its id follows.
    pub root: PublicKey,
    /// Whether it is vouched for now.
    pub state: RosterState,
    /// What the hub calls it, for people.
    pub name: String,
    /// Since when, by the hub's clock.
    pub since: Timestamp,
}

/// Whether an organisation is on a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RosterState {
    /// It is.
    Listed,
    /// It was; a removal stays removed.
    Removed,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct RosterEntry {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) hub_org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) root_key: Vec<u8>,
        #[prost(uint32, tag = "5")]
        pub(super) state: u32,
        #[prost(string, tag = "6")]
        pub(super) name: String,
        #[prost(int64, tag = "7")]
        pub(super) since_ms: i64,
    }
}

const WHAT: &str = "a roster entry";

impl RosterEntry {
    /// The organisation vouched for.
    pub fn org_id(&self) -> OrgId {
        OrgId::of_root(self.root.as_bytes())
    }
}

impl Content for RosterEntry {
    const TAG: Tag = Tag::ROSTER_ENTRY;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = 1 << 10;

    fn encode(&self) -> Vec<u8> {
        v1::RosterEntry {
            version: 1,
            hub_org_id: self.hub.as_bytes().to_vec(),
            org_id: self.org_id().as_bytes().to_vec(),
            root_key: self.root.as_bytes().to_vec(),
            state: match self.state {
                RosterState::Listed => 1,
                RosterState::Removed => 2,
            },
            name: self.name.clone(),
            since_ms: self.since.as_ms(),
        }
        .encode_to_vec()
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let e = v1::RosterEntry::decode(payload).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(e.version, WHAT)?;
        check_name(&e.name, WHAT)?;
        let entry = Self {
            hub: OrgId::try_from(e.hub_org_id.as_slice())?,
            root: public_key(&e.root_key, WHAT)?,
            state: match e.state {
                1 => RosterState::Listed,
                2 => RosterState::Removed,
                other => return Err(Refusal::malformed(format!("a roster entry has state {other}"))),
            },
            name: e.name,
            since: Timestamp::from_ms(e.since_ms),
        };
        if entry.org_id().as_bytes() != e.org_id.as_slice() {
            return Err(Refusal::not_authentic("a roster entry names another organisation than its root is"));
        }
        Ok(entry)
    }
}
