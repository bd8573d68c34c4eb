//! Listings: each call is one request of the application API, and nothing else here reads or writes.

use super::caller::permit;
use super::method::Method;
use super::shape::{self, Room};
use super::watch::{self, Listings, Watches};
use crate::api::{Handle, ListedState, Request as Ask, Response as Answer};
use domain::Refusal;
use prost::Message;
use std::pin::Pin;
use tonic::{Request, Response, Status};
use wire::proto::admin as proto;
use wire::proto::admin::listing_service_server::ListingService;
use wire::status::{fault, in_words};

/// Listings, or referrals, of one page when nothing is said.
const PAGE: usize = 100;

/// What an organisation's own software may ask.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) node: Handle,
    pub(super) watches: Watches,
}

impl Service {
    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, Status> {
        self.node.ask(ask).await.map_err(|refusal| in_words(&refusal))
    }

    async fn write(&self, ask: Ask) -> Result<Option<proto::Written>, Status> {
        match self.ask(ask).await? {
            Answer::Written(written) => Ok(Some(shape::written(&written))),
            _ => Err(fault()),
        }
    }
}

#[tonic::async_trait]
impl ListingService for Service {
    async fn list_listings(
        &self,
        request: Request<proto::ListListingsRequest>,
    ) -> Result<Response<proto::ListListingsResponse>, Status> {
        permit(&request, Method::ListListings)?;
        let asked = request.into_inner();
        let limit = page_size(asked.page_size);
        let (owner, after) = (shape::said(asked.owner), shape::said(asked.page_token));
        let Answer::ListingStates(page) = self.ask(Ask::ListingStates { owner, after, limit }).await? else {
            return Err(fault());
        };
        Ok(Response::new(fitting(page.listings, page.next)))
    }

    async fn get_listing(
        &self,
        request: Request<proto::GetListingRequest>,
    ) -> Result<Response<proto::GetListingResponse>, Status> {
        permit(&request, Method::GetListing)?;
        let Answer::Document { view, names } = self.ask(Ask::ListingShow { id: request.into_inner().id }).await? else {
            return Err(fault());
        };
        let owner_name = names.get(&view.owner).cloned().unwrap_or_default();
        Ok(Response::new(shape::document(*view, owner_name)))
    }

    async fn create_listing(
        &self,
        request: Request<proto::CreateListingRequest>,
    ) -> Result<Response<proto::CreateListingResponse>, Status> {
        permit(&request, Method::CreateListing)?;
        let asked = request.into_inner();
        let edits = shape::edits(asked.edits).map_err(|refusal| in_words(&refusal))?;
        let written = self.write(Ask::ListingAdd { edits, audience: shape::said(asked.audience) }).await?;
        Ok(Response::new(proto::CreateListingResponse { written }))
    }

    async fn update_listing(
        &self,
        request: Request<proto::UpdateListingRequest>,
    ) -> Result<Response<proto::UpdateListingResponse>, Status> {
        permit(&request, Method::UpdateListing)?;
        let asked = request.into_inner();
        let edits = shape::edits(asked.edits).map_err(|refusal| in_words(&refusal))?;
        let written = self.write(Ask::ListingEdit { id: asked.id, edits }).await?;
        Ok(Response::new(proto::UpdateListingResponse { written }))
    }

    async fn share_listing(
        &self,
        request: Request<proto::ShareListingRequest>,
    ) -> Result<Response<proto::ShareListingResponse>, Status> {
        permit(&request, Method::ShareListing)?;
        let proto::ShareListingRequest { id, audience } = request.into_inner();
        let written = self.write(Ask::ListingShare { id, audience }).await?;
        Ok(Response::new(proto::ShareListingResponse { written }))
    }

    async fn withdraw_listing(
        &self,
        request: Request<proto::WithdrawListingRequest>,
    ) -> Result<Response<proto::WithdrawListingResponse>, Status> {
        permit(&request, Method::WithdrawListing)?;
        let written = self.write(Ask::ListingWithdraw { id: request.into_inner().id }).await?;
        Ok(Response::new(proto::WithdrawListingResponse { written }))
    }

    type WatchListingsStream =
        Pin<Box<dyn futures::Stream<Item = Result<proto::WatchListingsResponse, Status>> + Send>>;

    async fn watch_listings(
        &self,
        request: Request<proto::WatchListingsRequest>,
    ) -> Result<Response<Self::WatchListingsStream>, Status> {
        let grant = permit(&request, Method::WatchListings)?;
        let refused = |refusal: Refusal| in_words(&refusal);
        let place = self.watches.take().map_err(refused)?;
        let asked = request.into_inner();
        let watched = Listings { owner: shape::said(asked.owner) };
        let from = watch::from(asked.resume_token, asked.skip_standing).map_err(refused)?;
        let begun = watch::begin(self.node.clone(), watched, from).await.map_err(refused)?;
        Ok(Response::new(Box::pin(watch::stream(begun, grant, place))))
    }
}

/// How many a page is asked to have.
pub(super) fn page_size(said: u32) -> usize {
    match said {
        0 => PAGE,
        size => usize::try_from(size).unwrap_or(usize::MAX),
    }
}

/// As many of a page as one message holds, and where to go on behind them. The first is given whatever its size, and where
/// that is all the room there is, alone.
fn fitting(listings: Vec<ListedState>, next: Option<String>) -> proto::ListListingsResponse {
    let (mut room, all) = (Room::new(), listings.len());
    let mut last = None;
    let mut fit = Vec::new();
    for ListedState { place, listing } in listings {
        let listing = shape::listing(listing);
        let fits = room.take(listing.encoded_len());
        if !fits && !fit.is_empty() {
            break;
        }
        last = Some(place);
        fit.push(listing);
        if !fits {
            break;
        }
    }
    let next = if fit.len() < all { last } else { next };
    proto::ListListingsResponse { listings: fit, next_page_token: next.unwrap_or_default() }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
