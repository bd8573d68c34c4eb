//! A pathway under its organisation's name, and the document that it goes out in.

use super::Pathway;
use crate::document::Kind;
use crate::document::shape::{Fit, check_value};
use crate::form::publication;
use crate::identity::Signed;
use crate::identity::object::Content;
use crate::identity::signing::Tag;
use crate::limits::{PATHWAY_BYTES, PUBLICATION_OVERHEAD_BYTES};
use crate::{OrgId, Refusal, Timestamp};
use serde_json::{Value, json};

/// A pathway, as the organisation publishes it that is referred to. Signed by one of its author keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPathway {
    /// Who publishes it.
    pub organisation: OrgId,
    /// The pathway.
    pub pathway: Pathway,
    /// When, by the signer's clock.
    pub published_at: Timestamp,
}

/// What a `pathway` document holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathwayDocument {
    signed: Signed<PublishedPathway>,
}

const WHAT: &str = "a published pathway";

impl Content for PublishedPathway {
    const TAG: Tag = Tag::PUBLISHED_PATHWAY;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = PATHWAY_BYTES + PUBLICATION_OVERHEAD_BYTES;

    fn encode(&self) -> Vec<u8> {
        publication::encode(&self.organisation, self.pathway.bytes(), self.published_at)
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let (organisation, content, published_at) = publication::decode(payload, WHAT)?;
        Ok(Self { organisation, pathway: Pathway::parse(&content)?, published_at })
    }
}

impl PathwayDocument {
    /// Of an owner, who says how it can be referred to itself. Refused for another's pathway, which is copied and signed anew, and for
    /// one that leads to no listing.
    pub fn new(owner: &OrgId, signed: Signed<PublishedPathway>) -> Result<Self, Refusal> {
        let said = signed.content();
        if said.organisation != *owner {
            return Err(Refusal::not_authentic("a pathway that another organisation signed than its document's owner")
                .hint("copy it with `fingerpost pathway copy`: that keeps its origin"));
        }
        if said.pathway.listing().is_none() {
            return Err(Refusal::invalid(format!("the pathway {:?} leads to no listing", said.pathway.title()))
                .hint("name the listing that it is for"));
        }
        Ok(Self { signed })
    }

    /// From its document's value. The signature is asked for with [`KeysObject::verify`](crate::identity::KeysObject::verify).
    pub fn read(owner: &OrgId, value: &Value) -> Result<Self, Refusal> {
        let value = check_value(Kind::PATHWAY, value, Fit::Typed)?;
        let bytes = publication::joined(&value, PublishedPathway::BYTES, WHAT)?;
        let document = Self::new(owner, Signed::parse(&bytes)?)?;
        publication::agrees(&value, &document.said(), WHAT)?;
        Ok(document)
    }

    /// The pathway with its publisher's signature.
    pub const fn signed(&self) -> &Signed<PublishedPathway> {
        &self.signed
    }

    /// The value of its document; the audience goes with the write.
    pub fn value(&self) -> Value {
        let mut value = self.said();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("signed".to_owned(), publication::parts(self.signed.bytes()));
        }
        value
    }

    /// What stands in the open: readers find a pathway by it without decoding.
    fn said(&self) -> Value {
        let pathway = &self.signed.content().pathway;
        let mut said = json!({
            "name": pathway.title(),
            "language": pathway.language(),
            "pathway": pathway.hash().to_string(),
            "form": pathway.form().to_string(),
            "takes": pathway.takes(),
        });
        if let (Some(fields), Some(listing)) = (said.as_object_mut(), pathway.listing()) {
            fields.insert("listing".to_owned(), json!(listing.to_string()));
        }
        said
    }
}
