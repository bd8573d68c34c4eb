//! Publishing forms and pathways: signed by this node for its organisation, in a document of their own.

use super::Loaded;
use super::effect::{Write, WriteAction};
use super::engine::Engine;
use crate::audience::Audience;
use crate::document::{Edit, Kind};
use crate::form::{Form, FormDocument, PublishedForm, check_audience};
use crate::identity::Signed;
use crate::pathway::{Pathway, PathwayDocument, PublishedPathway};
use crate::statement::Life;
use crate::{DocId, FormHash, OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use serde_json::Value;

/// What is to be published.
#[derive(Clone, Debug)]
pub enum Publication {
    /// A form of this organisation's own.
    Form(Box<Form>),
    /// Another organisation's form, as it is, with its signature.
    Taken(Box<Signed<PublishedForm>>),
    /// A pathway that leads to an own listing.
    Pathway(Box<Pathway>),
}

impl Publication {
    /// The document that it stands in at an organisation: the same form, and the same pathway to one listing, stand once.
    pub fn document(&self, owner: &OrgId) -> DocId {
        match self {
            Self::Form(form) => form_document(&form.hash(), owner),
            Self::Taken(signed) => form_document(&signed.content().form.hash(), owner),
            Self::Pathway(pathway) => {
                let listing = pathway.listing().map(|listing| listing.as_bytes().to_vec()).unwrap_or_default();
                let place = [listing.as_slice(), pathway.title().as_bytes()].concat();
                DocId::new(record(&place), Kind::PATHWAY, owner)
            }
        }
    }
}

/// The document of a form at an organisation that publishes it.
pub fn form_document(form: &FormHash, owner: &OrgId) -> DocId {
    DocId::new(record(form.as_bytes()), Kind::FORM, owner)
}

/// A UUIDv5 (RFC 9562) of what is published.
fn record(of: &[u8]) -> RecordId {
    const NAMESPACE: uuid::Uuid = uuid::uuid!("5b0c6a52-6a3f-4d5e-9a55-666f726d7061");
    RecordId::from_bytes(uuid::Uuid::new_v5(&NAMESPACE, of).into_bytes())
}

impl Engine {
    /// What publishes it: a new document, or the same one with what it says now. Refused where somebody else's signature does not
    /// hold, and where it says so already.
    pub(super) fn publication_to_write(
        &self,
        now: Timestamp,
        publication: &Publication,
        audience: Audience,
        loaded: &Loaded,
    ) -> Result<Write, Refusal> {
        check_audience(&audience)?;
        let doc_id = publication.document(&self.own.org);
        let (kind, value) = self.published(now, publication)?;
        let stands = loaded.documents.get(&doc_id).and_then(|document| document.row.as_ref());
        let action = match stands {
            None => WriteAction::Create { value, audience },
            Some(row) if row.life != Life::Live => WriteAction::Restore { value, audience },
            Some(row) if says_the_same(&row.value, &value) => {
                return Err(Refusal::new(RefusalKind::AlreadyDone, format!("this {kind} is published already")));
            }
            Some(_) => {
                let edit = |(name, value): (String, Value)| Edit { path: vec![name], value: Some(value) };
                let fields = value.as_object().cloned().unwrap_or_default();
                WriteAction::Edit(fields.into_iter().map(edit).collect())
            }
        };
        Ok(Write { doc_id, kind, action, imported: None, change: None })
    }

    fn published(&self, now: Timestamp, publication: &Publication) -> Result<(Kind, Value), Refusal> {
        let organisation = self.own.org;
        Ok(match publication {
            Publication::Form(form) => {
                let said = PublishedForm { organisation, form: (**form).clone(), published_at: now };
                (Kind::FORM, FormDocument { signed: Signed::sign(said, &self.own.author) }.value())
            }
            Publication::Taken(signed) => {
                let publisher = signed.content().organisation;
                let keys = self.keys.get(&publisher);
                let keys = keys.ok_or_else(|| Refusal::not_found(format!("the keys of {publisher}")))?;
                keys.verify(signed)?;
                (Kind::FORM, FormDocument { signed: (**signed).clone() }.value())
            }
            Publication::Pathway(pathway) => {
                let said = PublishedPathway { organisation, pathway: (**pathway).clone(), published_at: now };
                let signed = Signed::sign(said, &self.own.author);
                (Kind::PATHWAY, PathwayDocument::new(&organisation, signed)?.value())
            }
        })
    }
}

/// Whether a document says what is to be published, whenever it was signed.
fn says_the_same(stands: &Value, value: &Value) -> bool {
    ["form", "pathway", "published_by"].iter().all(|name| stands.get(name) == value.get(name))
}
