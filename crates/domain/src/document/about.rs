//! Which document another one is about: what readers find it by.

use super::Kind;
use crate::referral::{Response, decision};
use crate::transfer::MOVED_FROM;
use crate::{DocId, OrgId};
use serde_json::Value;

/// The document that an owner's is about, from its value: a proposal's target, an answer's proposal, the listing that a claimed one
/// goes on from, the request that a decision is on, the listing that a pathway leads to, and of a request the owner's answer to the
/// referral that it goes on from.
///
/// The last two are the owner's own documents whatever it writes, so no owner can make its pathway lead to another's listing, nor its
/// request go on from what another received.
pub fn about(kind: Kind, owner: &OrgId, value: &Value) -> Option<DocId> {
    let said = |field: &str| value.get(field)?.as_str();
    match kind {
        Kind::PROPOSAL => said("doc_id")?.parse().ok(),
        Kind::ANSWER => said("proposal")?.parse().ok(),
        Kind::LISTING => said(MOVED_FROM)?.parse().ok(),
        Kind::PATHWAY => Some(DocId::new(said("listing")?.parse().ok()?, Kind::LISTING, owner)),
        Kind::REQUEST => Some(Response::document(said("previous")?.parse().ok()?, owner)),
        Kind::DECISION => said(decision::REQUEST)?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
#[path = "about_tests.rs"]
mod tests;
