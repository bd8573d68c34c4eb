//! Who a referral is between, and the two documents that follow from it.

use super::Side;
use super::document::{Request, Response};
use crate::document::Kind;
use crate::sync::batch::DocumentRow;
use crate::{DocId, OrgId, RecordId};

/// A referral and its parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parties {
    /// The referral.
    pub referral: RecordId,
    /// Who sends it.
    pub sender: OrgId,
    /// Who is asked.
    pub receiver: OrgId,
}

impl Parties {
    /// From one of its two documents; none where it is no such document, does not name two parties, or does not parse.
    pub fn of(row: &DocumentRow) -> Option<Self> {
        let parties = match row.kind {
            Kind::REQUEST => {
                let request = Request::read(&row.doc_id, &row.value).ok()?;
                Self { referral: request.referral, sender: row.owner, receiver: request.receiver }
            }
            Kind::RESPONSE => {
                let response = Response::read(&row.doc_id, &row.value).ok()?;
                Self { referral: response.referral, sender: response.sender, receiver: row.owner }
            }
            _ => return None,
        };
        (parties.sender != parties.receiver).then_some(parties)
    }

    /// The sender's document.
    pub fn request(&self) -> DocId {
        Request::document(self.referral, &self.sender)
    }

    /// The receiver's document.
    pub fn response(&self) -> DocId {
        Response::document(self.referral, &self.receiver)
    }

    /// A party's document.
    pub fn document(&self, side: Side) -> DocId {
        match side {
            Side::Sender => self.request(),
            Side::Receiver => self.response(),
        }
    }

    /// Which party an organisation is.
    pub fn side_of(&self, org: &OrgId) -> Option<Side> {
        match org {
            org if *org == self.sender => Some(Side::Sender),
            org if *org == self.receiver => Some(Side::Receiver),
            _ => None,
        }
    }

    /// A party.
    pub const fn party(&self, side: Side) -> OrgId {
        match side {
            Side::Sender => self.sender,
            Side::Receiver => self.receiver,
        }
    }
}
