//! A referral from its two documents, as far as each is here and can be read.

use super::Side;
use super::document::{Events, Request, Response};
use super::fold::{Homes, Referral, fold};
use super::parties::Parties;
use super::state::RequestTrack;
use crate::DocId;
use crate::sync::batch::DocumentRow;

/// Both documents, joined.
#[derive(Clone, Debug)]
pub struct Both {
    /// The sender's, where it is here.
    pub request: Option<Request>,
    /// The receiver's.
    pub response: Option<Response>,
    /// What they come to.
    pub referral: Referral,
}

impl Both {
    /// From what is shown of the two documents. One that names somebody else is none of this referral's.
    pub fn of<'r>(parties: &Parties, shown: impl Fn(&DocId) -> Option<&'r DocumentRow>, homes: &Homes) -> Self {
        let rows = Side::ALL.map(|side| shown(&parties.document(side)));
        let given_up = rows.map(|row| row.is_some_and(DocumentRow::is_given_up));
        let [request, response] = rows;
        let request = request.and_then(|row| Request::read(&row.doc_id, &row.value).ok());
        let response = response.and_then(|row| Response::read(&row.doc_id, &row.value).ok());
        let request = request.filter(|said| said.receiver == parties.receiver);
        let response = response.filter(|said| said.sender == parties.sender);
        let none = Events::new();
        let sent = request.as_ref().map_or(&none, |said| &said.events);
        let answered = response.as_ref().map_or(&none, |said| &said.events);
        let mut referral = fold(parties.referral, sent, answered, homes);
        for (side, is_given_up) in Side::ALL.into_iter().zip(given_up) {
            referral.state.erasure_mut(side).is_given_up = is_given_up;
        }
        Self { request, response, referral }
    }

    /// Whether a party may still come to what is sealed: by what is known here, never by what that party says. A receiver may not once
    /// the person's agreement ended, or once it was called off before it was taken on; nobody may who drops it.
    pub fn is_open_to(&self, side: Side) -> bool {
        let state = &self.referral.state;
        let is_over = state.agreement_withdrawn || (state.is_called_off() && !state.was_taken_on());
        let is_sent = state.request != RequestTrack::Draft;
        let is_dropped = state.erasure(side).is_given_up || !self.referral.dropped(side).is_empty();
        is_sent && !is_dropped && !(side == Side::Receiver && is_over)
    }
}
