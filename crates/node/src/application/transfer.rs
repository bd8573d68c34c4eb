//! Handing listings over: offering one, leaving one to whoever takes it up, claiming one.

use super::{Application, fault};
use crate::api::{MovedFrom, Response};
use crate::clock::now;
use domain::audience::Audience;
use domain::document::Kind;
use domain::statement::Life;
use domain::sync::batch::DocumentRow;
use domain::sync::effect::WriteAction;
use domain::{Refusal, RefusalKind, transfer};

impl Application {
    /// Offers an own listing to an organisation, or takes the offer back.
    pub(super) async fn transfer(&self, id: &str, organisation: Option<&str>) -> Result<Response, Refusal> {
        let row = self.find_own_listing(id, "handed over").await?;
        let to = match organisation {
            Some(text) => Some(self.find_organisation(text).await?),
            None => None,
        };
        if to == Some(self.0.org) {
            return Err(Refusal::invalid("the listing is this organisation's own already"));
        }
        self.write(row.doc_id, Kind::LISTING, WriteAction::Edit(vec![transfer::offer(to.as_ref())])).await
    }

    /// Says that nobody keeps an own listing, or that somebody does after all.
    pub(super) async fn orphan(&self, id: &str, undo: bool) -> Result<Response, Refusal> {
        let row = self.find_own_listing(id, "left").await?;
        let is_orphan = row.value.get(transfer::ORPHANED_SINCE).is_some();
        let edits = if undo { vec![transfer::orphan(None)] } else { vec![transfer::orphan(Some(now()))] };
        let edits = if is_orphan && !undo { Vec::new() } else { edits };
        self.write(row.doc_id, Kind::LISTING, WriteAction::Edit(edits)).await
    }

    /// Makes an own listing that goes on from another organisation's.
    pub(super) async fn claim(&self, id: &str, audience: Option<&str>) -> Result<Response, Refusal> {
        let record = self.find_listing(id).await?.doc_id.record();
        let rows = self.listings_of(&record.to_string()).await?;
        let theirs = rows.iter().find(|row| row.owner != self.0.org && row.life == Life::Live);
        let own = rows.iter().find(|row| row.owner == self.0.org);
        let Some(theirs) = theirs else {
            return Err(match own {
                Some(row) => Refusal::new(RefusalKind::AlreadyDone, format!("{:?} is your own listing", row.name)),
                None => Refusal::not_found(format!("there is no listing {id:?} of another organisation"))
                    .hint("`fingerpost listing list` shows the listings and their ids"),
            });
        };
        let audience = match audience {
            Some(audience) => self.audience(audience).await?,
            None if theirs.is_public => Audience::Public,
            None => {
                let refusal = format!("{:?} is not public: it is not said who may hold yours", theirs.name);
                return Err(Refusal::invalid(refusal)
                    .hint("say it with --audience: partners, own, or organisations with commas between; or public"));
            }
        };
        let value = transfer::claimed(&theirs.value, &theirs.doc_id);
        let action = match own.map(|row| row.life) {
            None => WriteAction::Create { value, audience },
            Some(Life::Withdrawn | Life::Erased) => WriteAction::Restore { value, audience },
            Some(Life::Live) => {
                let refusal = "this organisation has a listing of this id already";
                return Err(Refusal::new(RefusalKind::AlreadyDone, refusal)
                    .hint("withdraw it first: a claim goes on from what the other organisation's says"));
            }
        };
        let doc_id = transfer::claim_document(theirs.doc_id.record(), &self.0.org);
        self.write(doc_id, Kind::LISTING, action).await
    }

    /// Whose a listing was, and whether that one says so too.
    pub(super) async fn moved_from(&self, row: &DocumentRow) -> Result<Option<MovedFrom>, Refusal> {
        let Some(from) = transfer::moved_from(&row.value) else { return Ok(None) };
        let old = self.0.store.document(from).await.map_err(fault)?;
        let confirmed = old.as_ref().and_then(domain::sync::Document::went_to) == Some((row.owner, row.doc_id));
        Ok(Some(MovedFrom { organisation: old.map(|old| old.owner), confirmed }))
    }
}
