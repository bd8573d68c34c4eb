//! `proposal`.

use super::Place;
use super::import::{agreed, declined, is_asked};
use super::listing::told;
use crate::arguments::Proposal;
use crate::node_of::{Asked, Need, find, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show;
use node::api::{Request, Response};
use serde_json::json;

pub(super) async fn proposal(place: &Place, verb: Proposal) -> Result<(), Failure> {
    match verb {
        Proposal::List { all } => list(place, all).await,
        Proposal::Accept { id, seen, yes } => accept(place, id, seen, yes).await,
        Proposal::Refuse { id, reason } => {
            let mut node = find(&place.data, Need::Running).await?;
            let (seen, _) = shown(&mut node, &id).await?;
            let request = Request::ProposalRefuse { id: id.clone(), seen, reason };
            done(place, request, "refused", &id, "Refused; its maker hears of it.\n").await
        }
        Proposal::Withdraw { id } => {
            let request = Request::ProposalWithdraw { id: id.clone() };
            done(place, request, "withdrawn", &id, "Withdrawn.\n").await
        }
    }
}

/// What was shown is accepted and nothing else: what the list showed where its version is named, and otherwise what is
/// shown here, after a person has seen it.
async fn accept(place: &Place, id: String, seen: Option<String>, yes: bool) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Running).await?;
    let (version, words) = shown(&mut node, &id).await?;
    let is_asked = seen.is_none() && !yes && is_asked();
    if is_asked && !agreed(&words, "Accept this?")? {
        return declined();
    }
    let request = Request::ProposalAccept { id, seen: seen.unwrap_or(version) };
    let Response::Written(written) = node.ask(request).await? else { return Err(unexpected()) };
    place.reader.show(&json!(written), || {
        let words = if is_asked { String::new() } else { format!("{words}\n") };
        words + &told(&written, "Accepted")
    })
}

/// A proposal as it stands: the name of what it says, and that in words.
async fn shown(node: &mut Asked, id: &str) -> Result<(String, String), Failure> {
    let request = Request::ProposalShow { id: id.to_owned() };
    let Response::Proposals { proposals, names } = node.ask(request).await? else { return Err(unexpected()) };
    let proposal = proposals.first().ok_or_else(unexpected)?;
    let Response::Status(status) = node.ask(Request::Status).await? else { return Err(unexpected()) };
    Ok((proposal.version.clone(), show::proposal::proposal(proposal, &status.organisation.id, &names)))
}

async fn list(place: &Place, all: bool) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Folder).await?;
    let Response::Proposals { proposals, names } = node.ask(Request::ProposalList { all }).await? else {
        return Err(unexpected());
    };
    if place.reader == Reader::Program {
        return proposals.iter().try_for_each(print_json);
    }
    let Response::Status(status) = node.ask(Request::Status).await? else { return Err(unexpected()) };
    print(&show::proposal::rows(&proposals, &status.organisation.id, &names))
}

async fn done(place: &Place, request: Request, word: &str, id: &str, told: &str) -> Result<(), Failure> {
    let Response::Done = place.ask(Need::Running, request).await? else { return Err(unexpected()) };
    place.reader.show(&json!({ word: id }), || told.to_owned())
}
