//! That one organisation compared another's safety words: signed, since both have to before referrals flow.

use super::object::{Content, does_not_parse, expect_version_1};
use super::signing::Tag;
use crate::{OrgId, Refusal, Timestamp, limits};
use prost::Message;

/// An organisation compared a partner's words. Signed by one of its author keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Who compared.
    pub org_id: OrgId,
    /// Whose words.
    pub partner: OrgId,
    /// When, by the signer's clock.
    pub confirmed_at: Timestamp,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Confirmation {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) partner_org_id: Vec<u8>,
        #[prost(int64, tag = "4")]
        pub(super) confirmed_at_ms: i64,
    }
}

const WHAT: &str = "a confirmation of words";

impl Content for Confirmation {
    const TAG: Tag = Tag::CONFIRMATION;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = limits::CONFIRMATION_BYTES;

    fn encode(&self) -> Vec<u8> {
        v1::Confirmation {
            version: 1,
            org_id: self.org_id.as_bytes().to_vec(),
            partner_org_id: self.partner.as_bytes().to_vec(),
            confirmed_at_ms: self.confirmed_at.as_ms(),
        }
        .encode_to_vec()
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let c = v1::Confirmation::decode(payload).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(c.version, WHAT)?;
        Ok(Self {
            org_id: OrgId::try_from(c.org_id.as_slice())?,
            partner: OrgId::try_from(c.partner_org_id.as_slice())?,
            confirmed_at: Timestamp::from_ms(c.confirmed_at_ms),
        })
    }
}
