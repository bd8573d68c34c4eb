//! Referrals: each call is one request of the application API, as for listings.
//!
//! What is said of a person leaves by [`ReferralService::open_referral`] alone. The application shows a draft with what it says;
//! what is not opened here is told without.

mod shape;

pub(super) use shape::row;

use super::caller::permit;
use super::method::{Method, deed};
use super::service::{Service, page_size};
use super::shape::{Room, said};
use super::watch::{self, Referrals};
use crate::api::{ReferralDone, ReferralRequest, ReferralResponse, ReferralView, Request as Ask, Response as Answer};
use domain::{OrgId, RecordId, Refusal};
use prost::Message;
use std::collections::BTreeMap;
use std::pin::Pin;
use tonic::{Request, Response, Status};
use wire::proto::admin as proto;
use wire::proto::admin::referral_service_server::ReferralService;
use wire::status::{fault, in_words};

type Names = BTreeMap<OrgId, String>;

impl Service {
    async fn ask_of_referrals(&self, ask: ReferralRequest) -> Result<ReferralResponse, Status> {
        match self.ask(Ask::Referral(ask)).await? {
            Answer::Referral(answer) => Ok(answer),
            _ => Err(fault()),
        }
    }

    async fn view(&self, ask: ReferralRequest) -> Result<(ReferralView, Names), Status> {
        match self.ask_of_referrals(ask).await? {
            ReferralResponse::View { view, names } => Ok((*view, names)),
            _ => Err(fault()),
        }
    }

    async fn done(&self, ask: ReferralRequest) -> Result<(Option<proto::Referral>, String), Status> {
        match self.ask_of_referrals(ask).await? {
            ReferralResponse::Done(done) => {
                let ReferralDone { row, event, names } = *done;
                Ok((Some(shape::row(row, &names)), event.unwrap_or_default()))
            }
            _ => Err(fault()),
        }
    }
}

#[tonic::async_trait]
impl ReferralService for Service {
    async fn list_referrals(
        &self,
        request: Request<proto::ListReferralsRequest>,
    ) -> Result<Response<proto::ListReferralsResponse>, Status> {
        permit(&request, Method::ListReferrals)?;
        let asked = request.into_inner();
        let after = page_token(asked.page_token).map_err(refused)?;
        let page = ReferralRequest::Page { all: !asked.skip_finished, after, limit: page_size(asked.page_size) };
        let ReferralResponse::Page { rows, next, names } = self.ask_of_referrals(page).await? else {
            return Err(fault());
        };
        let rows = rows.into_iter().map(|row| shape::row(row, &names)).collect();
        Ok(Response::new(fitting(rows, next)))
    }

    async fn get_referral(
        &self,
        request: Request<proto::GetReferralRequest>,
    ) -> Result<Response<proto::GetReferralResponse>, Status> {
        permit(&request, Method::GetReferral)?;
        let (view, names) = self.view(ReferralRequest::Show { id: request.into_inner().id }).await?;
        let shape::View { referral, detail, .. } = shape::view(view, &names, &mut Room::new());
        Ok(Response::new(proto::GetReferralResponse { referral: Some(referral), detail: Some(detail) }))
    }

    async fn open_referral(
        &self,
        request: Request<proto::OpenReferralRequest>,
    ) -> Result<Response<proto::OpenReferralResponse>, Status> {
        permit(&request, Method::OpenReferral)?;
        let (view, names) = self.view(ReferralRequest::Open { id: request.into_inner().id }).await?;
        Ok(Response::new(shape::opened(view, &names)))
    }

    async fn create_referral(
        &self,
        request: Request<proto::CreateReferralRequest>,
    ) -> Result<Response<proto::CreateReferralResponse>, Status> {
        permit(&request, Method::CreateReferral)?;
        let new = shape::new_referral(request.into_inner()).map_err(refused)?;
        let (view, names) = self.view(ReferralRequest::New(Box::new(new))).await?;
        let shape::View { referral, detail, remarks } = shape::view(view, &names, &mut Room::new());
        let (referral, detail) = (Some(referral), Some(detail));
        Ok(Response::new(proto::CreateReferralResponse { referral, detail, remarks }))
    }

    async fn update_referral(
        &self,
        request: Request<proto::UpdateReferralRequest>,
    ) -> Result<Response<proto::UpdateReferralResponse>, Status> {
        permit(&request, Method::UpdateReferral)?;
        let (id, change) = shape::draft_change(request.into_inner()).map_err(refused)?;
        let (view, names) = self.view(ReferralRequest::Edit { id, draft: Box::new(change) }).await?;
        let shape::View { referral, detail, remarks } = shape::view(view, &names, &mut Room::new());
        let (referral, detail) = (Some(referral), Some(detail));
        Ok(Response::new(proto::UpdateReferralResponse { referral, detail, remarks }))
    }

    async fn discard_referral(
        &self,
        request: Request<proto::DiscardReferralRequest>,
    ) -> Result<Response<proto::DiscardReferralResponse>, Status> {
        permit(&request, Method::DiscardReferral)?;
        let discard = ReferralRequest::Discard { id: request.into_inner().id };
        match self.ask(Ask::Referral(discard)).await? {
            Answer::Done => Ok(Response::new(proto::DiscardReferralResponse {})),
            _ => Err(fault()),
        }
    }

    async fn send_referral(
        &self,
        request: Request<proto::SendReferralRequest>,
    ) -> Result<Response<proto::SendReferralResponse>, Status> {
        permit(&request, Method::SendReferral)?;
        let (referral, event) = self.done(ReferralRequest::Send { id: request.into_inner().id }).await?;
        Ok(Response::new(proto::SendReferralResponse { referral, event }))
    }

    async fn act_on_referral(
        &self,
        request: Request<proto::ActOnReferralRequest>,
    ) -> Result<Response<proto::ActOnReferralResponse>, Status> {
        let grant = permit(&request, Method::ActOnReferral)?;
        let (id, act) = shape::act(request.into_inner()).map_err(refused)?;
        grant.scope.permit(deed(&act)).map_err(refused)?;
        let (referral, event) = self.done(ReferralRequest::Act { id, act: Box::new(act) }).await?;
        Ok(Response::new(proto::ActOnReferralResponse { referral, event }))
    }

    type WatchReferralsStream =
        Pin<Box<dyn futures::Stream<Item = Result<proto::WatchReferralsResponse, Status>> + Send>>;

    async fn watch_referrals(
        &self,
        request: Request<proto::WatchReferralsRequest>,
    ) -> Result<Response<Self::WatchReferralsStream>, Status> {
        let grant = permit(&request, Method::WatchReferrals)?;
        let place = self.watches.take().map_err(refused)?;
        let asked = request.into_inner();
        let from = watch::from(asked.resume_token, asked.skip_standing).map_err(refused)?;
        let begun = watch::begin(self.node.clone(), Referrals, from).await.map_err(refused)?;
        Ok(Response::new(Box::pin(watch::stream(begun, grant, place))))
    }
}

fn refused(refusal: Refusal) -> Status {
    in_words(&refusal)
}

fn page_token(text: String) -> Result<Option<RecordId>, Refusal> {
    let Some(text) = said(text) else { return Ok(None) };
    let wrong = |_| {
        Refusal::invalid("this does not name a place in the list of referrals")
            .hint("give back next_page_token of the page before, as it was, or nothing for the first page")
    };
    text.parse().map(Some).map_err(wrong)
}

/// As many of a page as one message holds, and where to go on behind them. The first is given whatever its size: a row is bounded
/// by what two parties may owe each other.
fn fitting(rows: Vec<proto::Referral>, next: Option<RecordId>) -> proto::ListReferralsResponse {
    let (mut room, all) = (Room::new(), rows.len());
    let referrals: Vec<_> =
        rows.into_iter().enumerate().take_while(|(at, row)| room.take(row.encoded_len()) || *at == 0).collect();
    let referrals: Vec<_> = referrals.into_iter().map(|(_, row)| row).collect();
    let next_page_token = if referrals.len() < all {
        referrals.last().map(|row| row.id.clone())
    } else {
        next.map(|next| next.to_string())
    };
    proto::ListReferralsResponse { referrals, next_page_token: next_page_token.unwrap_or_default() }
}

#[cfg(test)]
mod tests;
