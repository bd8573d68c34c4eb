//! What the borough's organisations would have in each other's listings: proposals that wait for the owner, and edits of
//! keepers, which the owner's node takes.

use super::borough::{Borough, Member, ask, found, until};
use super::listing::edits;
use crate::node_of::unexpected;
use crate::report::Failure;
use node::api::{DocumentView, RecordId, Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What organisations would have in each other's listings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wishes {
    pub(super) proposals: Vec<Wish>,
    pub(super) keepers: Vec<Keeping>,
}

/// What one proposes to another; organisations go by their folders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    pub(super) by: String,
    pub(super) owner: String,
    pub(super) listing: String,
    pub(super) edits: Map<String, Value>,
    pub(super) note: String,
}

/// What a keeper changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keeping {
    pub(super) owner: String,
    pub(super) listing: String,
    pub(super) keeper: String,
    pub(super) edits: Map<String, Value>,
}

impl Borough {
    /// Makes what was not proposed yet; answers are left to whoever looks around.
    pub(super) async fn propose(&self) -> Result<(), Failure> {
        let data = Arc::clone(&self.data);
        for wish in &data.wishes.proposals {
            let (by, owner) = (self.member(data.place(&wish.by)?)?, data.place(&wish.owner)?);
            let listing = self.listed(owner, &wish.listing)?;
            if has_proposed(by, listing).await? {
                continue;
            }
            until("a listing at who proposes to change it", async || shown(by, listing).await).await?;
            let (id, edits, note) = (listing.to_string(), edits(wish.edits.clone()), wish.note.clone());
            ask(&by.data, Request::ListingPropose { id, edits, note }).await?;
        }
        for keeping in &data.wishes.keepers {
            self.keep(keeping).await?;
        }
        Ok(())
    }

    async fn keep(&self, keeping: &Keeping) -> Result<(), Failure> {
        let place = self.data.place(&keeping.owner)?;
        let (owner, keeper) = (self.member(place)?, self.member(self.data.place(&keeping.keeper)?)?);
        let listing = self.listed(place, &keeping.listing)?;
        if has_proposed(keeper, listing).await? {
            return Ok(());
        }
        let (id, organisation) = (listing.to_string(), keeper.name.clone());
        ask(&owner.data, Request::ListingKeeperAdd { id: id.clone(), organisation }).await?;
        until("that it keeps a listing", async || {
            Ok(shown(keeper, listing).await?.filter(|view| !view.keepers.is_empty()))
        })
        .await?;
        ask(&keeper.data, Request::ListingEdit { id, edits: edits(keeping.edits.clone()) }).await?;
        until("that a keeper's edit is taken", async || {
            let says =
                |view: &DocumentView| keeping.edits.iter().all(|(path, value)| view.fields.get(path) == Some(value));
            Ok(shown(owner, listing).await?.filter(|view| says(view)))
        })
        .await?;
        Ok(())
    }
}

/// Whether it has proposed something for this listing before, whatever became of it.
async fn has_proposed(member: &Member, listing: RecordId) -> Result<bool, Failure> {
    let Response::Proposals { proposals, names } = ask(&member.data, Request::ProposalList { all: true }).await? else {
        return Err(unexpected());
    };
    let is_own = |org| names.get(org).is_some_and(|name| *name == member.name);
    Ok(proposals.iter().any(|proposal| proposal.listing == listing && is_own(&proposal.organisation)))
}

/// A listing as somebody holds it, if they do.
async fn shown(member: &Member, listing: RecordId) -> Result<Option<Box<DocumentView>>, Failure> {
    match found(ask(&member.data, Request::ListingShow { id: listing.to_string() }).await)? {
        Some(Response::Document { view, .. }) => Ok(Some(view)),
        Some(_) => Err(unexpected()),
        None => Ok(None),
    }
}
