//! `proposal`.

use super::Place;
use super::listing::write;
use crate::arguments::Proposal;
use crate::node_of::{Need, find, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show;
use node::api::{Request, Response};
use serde_json::json;

pub(super) async fn proposal(place: &Place, verb: Proposal) -> Result<(), Failure> {
    match verb {
        Proposal::List { all } => list(place, all).await,
        Proposal::Accept { id } => {
            let mut node = find(&place.data, Need::Running).await?;
            write(place, &mut node, Request::ProposalAccept { id }, "Accepted: the listing says so now").await
        }
        Proposal::Refuse { id, reason } => {
            let request = Request::ProposalRefuse { id: id.clone(), reason };
            done(place, request, "refused", &id, "Refused; its maker hears of it.\n").await
        }
        Proposal::Withdraw { id } => {
            let request = Request::ProposalWithdraw { id: id.clone() };
            done(place, request, "withdrawn", &id, "Withdrawn.\n").await
        }
    }
}

async fn list(place: &Place, all: bool) -> Result<(), Failure> {
    let request = Request::ProposalList { all };
    let Response::Proposals { proposals, names } = place.ask(Need::Folder, request).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => proposals.iter().try_for_each(print_json),
        Reader::Person => print(&show::proposal::rows(&proposals, &names)),
    }
}

async fn done(place: &Place, request: Request, word: &str, id: &str, told: &str) -> Result<(), Failure> {
    let Response::Done = place.ask(Need::Running, request).await? else { return Err(unexpected()) };
    place.reader.show(&json!({ word: id }), || told.to_owned())
}
