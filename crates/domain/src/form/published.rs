//! A form under its organisation's name, and the document that it goes out in.

use super::{Form, publication};
use crate::document::Kind;
use crate::document::shape::{Fit, check_value};
use crate::identity::Signed;
use crate::identity::object::Content;
use crate::identity::signing::Tag;
use crate::limits::{FORM_BYTES, PUBLICATION_OVERHEAD_BYTES};
use crate::{OrgId, Refusal, Timestamp};
use serde_json::{Value, json};

/// A form, as an organisation publishes it. Signed by one of its author keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedForm {
    /// Who publishes it.
    pub organisation: OrgId,
    /// The form.
    pub form: Form,
    /// When, by the signer's clock.
    pub published_at: Timestamp,
}

/// What a `form` document holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormDocument {
    /// The form, with its publisher's signature: the owner's, or that of the organisation whose form the owner took over as it is.
    pub signed: Signed<PublishedForm>,
}

const WHAT: &str = "a published form";

impl Content for PublishedForm {
    const TAG: Tag = Tag::PUBLISHED_FORM;
    const WHAT: &'static str = WHAT;
    const BYTES: usize = FORM_BYTES + PUBLICATION_OVERHEAD_BYTES;

    fn encode(&self) -> Vec<u8> {
        publication::encode(&self.organisation, self.form.bytes(), self.published_at)
    }

    fn decode(payload: &[u8]) -> Result<Self, Refusal> {
        let (organisation, content, published_at) = publication::decode(payload, WHAT)?;
        Ok(Self { organisation, form: Form::parse(&content)?, published_at })
    }
}

impl FormDocument {
    /// The value of its document; the audience goes with the write.
    pub fn value(&self) -> Value {
        let mut value = self.said();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("signed".to_owned(), publication::parts(self.signed.bytes()));
        }
        value
    }

    /// From its document's value. The signature is asked for with [`KeysObject::verify`](crate::identity::KeysObject::verify),
    /// where the publisher's keys are known; that the document's owner stands for it follows from the document.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        let value = check_value(Kind::FORM, value, Fit::Typed)?;
        let bytes = publication::joined(&value, PublishedForm::BYTES, WHAT)?;
        let document = Self { signed: Signed::parse(&bytes)? };
        publication::agrees(&value, &document.said(), WHAT)?;
        Ok(document)
    }

    /// The organisation that the owner took it over from, if it is not the owner's own.
    pub fn taken_from(&self, owner: &OrgId) -> Option<OrgId> {
        let publisher = self.signed.content().organisation;
        (publisher != *owner).then_some(publisher)
    }

    /// What stands in the open: readers find a form by it without decoding.
    fn said(&self) -> Value {
        let form = &self.signed.content().form;
        json!({
            "name": form.heading().title,
            "language": form.language(),
            "form": form.hash().to_string(),
            "published_by": self.signed.content().organisation.to_string(),
        })
    }
}
