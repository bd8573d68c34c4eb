//! Forms and pathways: what is published here and at partners, publishing, taking over, taking back.

use super::{Application, fault, find};
use crate::api::{PublicationRequest, PublicationRow, PublicationView, Response};
use domain::document::Kind;
use domain::form::{Form, FormDocument};
use domain::identity::KeysObject;
use domain::pathway::{Pathway, PathwayDocument, Receiver};
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::effect::{Answer, Command, WriteAction};
use domain::sync::{Publication, form_document};
use domain::{FormHash, OrgId, RecordId, Refusal, RefusalKind};
use serde_json::Value;
use std::collections::BTreeMap;
use store::{DocumentFilter, DocumentPlace};

/// Documents read at once.
const PAGE: usize = 200;
/// Candidates looked at when the start of an id is resolved.
const CANDIDATES: usize = 16;

impl Application {
    pub(super) async fn answer_publication(&self, request: PublicationRequest) -> Result<Response, Refusal> {
        match request {
            PublicationRequest::FormList => self.publications(Kind::FORM).await,
            PublicationRequest::FormShow { id } => self.publication(Kind::FORM, &id).await,
            PublicationRequest::FormPublish { form, audience } => self.publish_form(&form, audience.as_deref()).await,
            PublicationRequest::FormCopy { id, audience } => self.take_form(&id, audience.as_deref()).await,
            PublicationRequest::FormWithdraw { id } => self.withdraw_publication(Kind::FORM, &id).await,
            PublicationRequest::PathwayList => self.publications(Kind::PATHWAY).await,
            PublicationRequest::PathwayShow { id } => self.publication(Kind::PATHWAY, &id).await,
            PublicationRequest::PathwayTimes { id } => self.pathway_times(id.as_deref()).await,
            PublicationRequest::PathwayPublish { pathway, listing, audience } => {
                self.publish_pathway(&pathway, listing.as_deref(), audience.as_deref()).await
            }
            PublicationRequest::PathwayCopy { id, listing, audience } => {
                self.copy_pathway(&id, &listing, audience.as_deref()).await
            }
            PublicationRequest::PathwayWithdraw { id } => self.withdraw_publication(Kind::PATHWAY, &id).await,
        }
    }

    async fn publications(&self, kind: Kind) -> Result<Response, Refusal> {
        Ok(Response::Publications { rows: self.publication_rows(kind).await?, names: self.names().await? })
    }

    /// Every form, or every pathway, that is held here and reads as one: the own first, then by name.
    pub(super) async fn publication_rows(&self, kind: Kind) -> Result<Vec<PublicationRow>, Refusal> {
        let known = self.known().await?;
        let filter = DocumentFilter { kind: Some(kind), life: Some(Life::Live), ..DocumentFilter::default() };
        let mut rows = Vec::new();
        let mut after: Option<DocumentPlace> = None;
        loop {
            let page = self.0.store.documents(&filter, after.as_ref(), PAGE).await.map_err(fault)?;
            let Some(last) = page.last() else { break };
            after = Some(DocumentPlace::of(last));
            rows.extend(page.iter().filter_map(|row| read(row, &known.keys).ok()).map(|view| view.row));
        }
        rows.sort_by_key(|row| (row.owner != self.0.org, row.name.to_lowercase(), row.id));
        Ok(rows)
    }

    /// One of them in full.
    async fn publication(&self, kind: Kind, id: &str) -> Result<Response, Refusal> {
        let row = self.find_publication(kind, id).await?;
        let view = read(&row, &self.known().await?.keys)?;
        Ok(Response::Publication { view: Box::new(view), names: self.names().await? })
    }

    /// Publishes a form of this organisation's own.
    async fn publish_form(&self, form: &Value, audience: Option<&str>) -> Result<Response, Refusal> {
        self.publish(Publication::Form(Box::new(Form::read(form)?)), audience).await
    }

    /// Takes another organisation's form over as it is, with its signature.
    async fn take_form(&self, id: &str, audience: Option<&str>) -> Result<Response, Refusal> {
        let row = self.find_publication(Kind::FORM, id).await?;
        let document = FormDocument::read(&row.value)?;
        self.publish(Publication::Taken(Box::new(document.signed)), audience).await
    }

    /// Publishes a pathway that leads to an own listing, and the form that it brings with it.
    async fn publish_pathway(
        &self,
        pathway: &Value,
        listing: Option<&str>,
        audience: Option<&str>,
    ) -> Result<Response, Refusal> {
        let (mut pathway, form) = Pathway::read(pathway)?;
        if let Some(listing) = listing {
            pathway = pathway.leading_to(self.listing_led_to(listing).await?)?;
        } else if let Some(listing) = pathway.listing() {
            self.listing_led_to(&listing.to_string()).await?;
        }
        match form {
            Some(form) => match self.publish(Publication::Form(Box::new(form)), audience).await {
                Err(refusal) if refusal.kind != RefusalKind::AlreadyDone => return Err(refusal),
                Ok(_) | Err(_) => {}
            },
            None => self.has_form(&pathway).await?,
        }
        self.publish(Publication::Pathway(Box::new(pathway)), audience).await
    }

    /// Publishes another organisation's pathway for an own listing; where it came from stays in it.
    async fn copy_pathway(&self, id: &str, listing: &str, audience: Option<&str>) -> Result<Response, Refusal> {
        let row = self.find_publication(Kind::PATHWAY, id).await?;
        let document = PathwayDocument::read(&row.owner, &row.value)?;
        let from = document.signed().content();
        let receiver = Receiver { who: self.own_name().await?, sort: from.pathway.parties().receiver.sort };
        let pathway = Pathway::copied(from, receiver, self.listing_led_to(listing).await?)?;
        self.has_form(&pathway).await?;
        self.publish(Publication::Pathway(Box::new(pathway)), audience).await
    }

    /// Takes an own one back.
    async fn withdraw_publication(&self, kind: Kind, id: &str) -> Result<Response, Refusal> {
        let row = self.find_publication(kind, id).await?;
        if row.owner != self.0.org {
            return Err(Refusal::new(RefusalKind::NotAllowed, format!("{:?} is another organisation's", row.name)));
        }
        self.write(row.doc_id, kind, WriteAction::Withdraw).await
    }

    async fn publish(&self, publication: Publication, audience: Option<&str>) -> Result<Response, Refusal> {
        let audience = self.audience(audience.unwrap_or("public")).await?;
        let answer = self.engine()?.ask(Command::Publish { publication, audience }).await?;
        let Answer::Written(written) = answer else { return Ok(Response::Done) };
        let written = written.first().map(|one| crate::api::Written {
            id: one.doc_id.record(),
            version: one.version_id,
            changed: one.changed,
            proposal: None,
            is_public: false,
        });
        Ok(written.map_or(Response::Done, Response::Written))
    }

    async fn listing_led_to(&self, id: &str) -> Result<RecordId, Refusal> {
        Ok(self.find_own_listing(id, "led to").await?.doc_id.record())
    }

    /// Whoever is to fill a pathway's form in has to find it.
    async fn has_form(&self, pathway: &Pathway) -> Result<(), Refusal> {
        let own = form_document(&pathway.form(), &self.0.org);
        if self.row(own).await?.is_some_and(|row| row.life == Life::Live) {
            return Ok(());
        }
        let refusal = format!("the pathway {:?} rests on a form that you have not published", pathway.title());
        let id = own.record().to_string();
        Err(Refusal::new(RefusalKind::WrongState, refusal).hint(match self.find_publication(Kind::FORM, &id).await {
            Ok(_) => format!("`fingerpost form copy {id}` takes it over"),
            Err(_) => "`fingerpost form publish FILE` first".to_owned(),
        }))
    }

    pub(super) async fn find_publication(&self, kind: Kind, text: &str) -> Result<DocumentRow, Refusal> {
        let (list, whole) = match kind {
            // A form goes by its hash as well: that is what pathways name it by.
            Kind::FORM => ("form list", text.trim().parse::<FormHash>().ok()),
            _ => ("pathway list", None),
        };
        let of_hash = whole.map(|hash| form_document(&hash, &self.0.org).record().to_string());
        let filter = DocumentFilter {
            kind: Some(kind),
            record: Some(find::record(of_hash.as_deref().unwrap_or(text), list)?),
            life: Some(Life::Live),
            ..DocumentFilter::default()
        };
        let mut rows = self.0.store.documents(&filter, None, CANDIDATES).await.map_err(fault)?;
        // The same form stands under one record wherever it is published.
        rows.sort_by_key(|row| row.owner != self.0.org);
        find::only(kind, text, rows)
    }
}

/// What a document publishes, where it reads as what its kind says.
fn read(row: &DocumentRow, keys: &BTreeMap<OrgId, KeysObject>) -> Result<PublicationView, Refusal> {
    let is_signed = |publisher: &OrgId, holds: &dyn Fn(&KeysObject) -> bool| keys.get(publisher).is_some_and(holds);
    let text = |name: &str| row.value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (publisher, at_ms, verified, hash, bytes, listing) = if row.doc_id.is_of(Kind::FORM, &row.owner) {
        let signed = FormDocument::read(&row.value)?.signed;
        let said = signed.content();
        let verified = is_signed(&said.organisation, &|keys| keys.verify(&signed).is_ok());
        let hash = said.form.hash().to_string();
        (said.organisation, said.published_at, verified, hash, said.form.bytes().to_vec(), None)
    } else {
        let document = PathwayDocument::read(&row.owner, &row.value)?;
        let said = document.signed().content();
        let verified = is_signed(&said.organisation, &|keys| keys.verify(document.signed()).is_ok());
        let hash = said.pathway.hash().to_string();
        let listing = said.pathway.listing();
        (said.organisation, said.published_at, verified, hash, said.pathway.bytes().to_vec(), listing)
    };
    let content = serde_json::from_slice(&bytes).map_err(|_| Refusal::malformed("what is published does not parse"))?;
    Ok(PublicationView {
        row: PublicationRow {
            id: row.doc_id.record(),
            name: row.name.clone(),
            language: text("language"),
            owner: row.owner,
            published_by: publisher,
            verified,
            at_ms,
            hash,
            listing,
        },
        content,
    })
}
