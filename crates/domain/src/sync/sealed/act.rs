//! Writing an event into a party's own document: with it, what was sealed for it, in one transaction or not at all.

use super::{KeptPayload, LockedKey};
use crate::audience::Audience;
use crate::document::Kind;
use crate::referral::document::put;
use crate::referral::{Author, Blob, Body, Both, Event, Parties, Request, Response, Role, Side};
use crate::sync::effect::{Answer, Write, WriteAction};
use crate::sync::engine::{Engine, Outcome};
use crate::sync::{Loaded, Needs};
use crate::{Refusal, RefusalKind, StaffId, Timestamp};

/// Something that somebody at this organisation does to a referral. Authority over people, and whether a referral may go out, is asked
/// before; whether the referral admits it is asked here.
#[derive(Clone, Debug)]
pub struct Referring {
    /// The referral.
    pub parties: Parties,
    /// As what.
    pub role: Role,
    /// Who.
    pub staff: StaffId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What.
    pub body: Body,
    /// The sealed words that belong to it.
    pub payload: Option<Blob>,
    /// What the request says once: for the sending, without events.
    pub first: Option<Box<Request>>,
    /// What was sealed besides: the record of the person's agreement.
    pub beside: Vec<Blob>,
    /// The referral's key: for the sending.
    pub key: Option<LockedKey>,
}

impl Engine {
    pub(in crate::sync) fn needs_to_refer(&self, parties: &Parties, needs: &mut Needs) {
        needs.documents.extend([parties.request(), parties.response()]);
        needs.referrals.insert(parties.request());
    }

    /// Writes the event, if the referral admits it as it stands here; on a node that is not the home node, a decision as a document that
    /// goes there. Answers with its id.
    pub(in crate::sync) fn refer(
        &mut self,
        now: Timestamp,
        referring: Referring,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Answer, Refusal> {
        let parties = referring.parties;
        let side = parties.side_of(&self.own.org).ok_or_else(|| not_a_party(&parties))?;
        let both = self.both(&parties, loaded);
        let author = Author {
            side,
            node: self.own.node,
            role: referring.role,
            staff: referring.staff,
            occurred_at: referring.occurred_at,
            now,
        };
        let payload = referring.payload.as_ref().map(Blob::hash);
        let is_elsewhere = referring.body.action().is_decision() && !self.own.is_home;
        let answer = if is_elsewhere {
            let event = both.referral.draft(&author, referring.body, payload)?;
            self.leave_to_home(now, parties, event, loaded, out)?
        } else {
            let event = both.referral.write(&author, referring.body, payload)?;
            let write = event_to_write(&parties, side, &both, &event, referring.first.as_deref())?;
            self.write(now, vec![write], loaded, out)?;
            Answer::Referred(event.id())
        };
        for blob in referring.payload.into_iter().chain(referring.beside) {
            let (request, hash, key_id) = (parties.request(), blob.hash(), blob.key_id());
            let payload = KeptPayload { request, hash, owner: self.own.org, key_id, bytes: blob.into_bytes() };
            self.keep(payload, out);
        }
        out.batch.locked_keys.extend(referring.key);
        match referring.body {
            Body::Send => drop(out.batch.sent_drafts.insert(parties.request())),
            Body::Erase { node, .. } if node == self.own.node => {
                let held = loaded.referrals.get(&parties.request()).cloned().unwrap_or_default();
                self.destroy(parties.request(), &held, out);
            }
            _ => {}
        }
        Ok(answer)
    }
}

/// What puts an event into its side's document, which the first one makes.
pub(super) fn event_to_write(
    parties: &Parties,
    side: Side,
    both: &Both,
    event: &Event,
    first: Option<&Request>,
) -> Result<Write, Refusal> {
    let audience = Audience::Named([parties.party(side.other())].into());
    let events = [(event.id(), event.encode())].into();
    let (kind, action) = match side {
        Side::Sender => {
            let action = match (&both.request, first) {
                (Some(_), None) => WriteAction::Edit(vec![put(event)]),
                (None, Some(first)) => {
                    let request = Request { events, ..first.clone() };
                    WriteAction::Create { value: request.value(), audience }
                }
                _ => return Err(Refusal::new(RefusalKind::WrongState, "this referral was sent already")),
            };
            (Kind::REQUEST, action)
        }
        Side::Receiver => {
            let action = match &both.response {
                Some(_) => WriteAction::Edit(vec![put(event)]),
                None => {
                    let response = Response { referral: parties.referral, sender: parties.sender, events };
                    WriteAction::Create { value: response.value(), audience }
                }
            };
            (Kind::RESPONSE, action)
        }
    };
    Ok(Write { doc_id: parties.document(side), kind, action, imported: None, change: None })
}

fn not_a_party(parties: &Parties) -> Refusal {
    Refusal::not_found(format!("a referral {} of this organisation", parties.referral))
}
