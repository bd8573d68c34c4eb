//! Referrals as messages, each within the size of one message; and what is to be done the other way.
//!
//! What comes from a caller may say something of a person wherever it stands, and no refusal repeats it.

use super::Names;
use crate::admin::shape::{Room, said};
use crate::api::{
    Direction, DraftChange, DraftedRow, EventRow, KeyState, NewReferral, PassBack, Pii, ReferralAct, ReferralRow,
    ReferralView,
};
use domain::{Refusal, Timestamp};
use prost::Message;
use serde_json::Value;
use std::str::FromStr;
use wire::proto::admin as proto;

/// A referral without what is said of the person.
pub(super) struct View {
    pub(super) referral: proto::Referral,
    pub(super) detail: proto::ReferralDetail,
    /// What is to be looked at in what it says: for who may read that.
    pub(super) remarks: Vec<String>,
}

/// How a referral stands.
pub(in crate::admin) fn row(row: ReferralRow, names: &Names) -> proto::Referral {
    let direction = match row.direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    };
    let owed = row.owed.into_iter().map(|owed| proto::Owed { by: owed.by.to_string(), what: owed.what });
    let overdue = row.overdue.into_iter().map(|late| proto::Overdue {
        by: late.by.to_string(),
        what: late.what,
        since_ms: late.since_ms.as_ms(),
    });
    proto::Referral {
        id: row.id.to_string(),
        direction: direction.to_owned(),
        partner: text(row.partner),
        partner_name: row.partner.and_then(|partner| names.get(&partner).cloned()).unwrap_or_default(),
        request: row.request,
        response: row.response,
        shown: row.shown,
        detail: row.detail,
        holder: text(row.holder),
        owed: owed.collect(),
        overdue: overdue.collect(),
        drafted: row.drafted.into_iter().map(drafted).collect(),
    }
}

fn drafted(row: DraftedRow) -> proto::DraftedDecision {
    proto::DraftedDecision {
        action: row.action.to_string(),
        node: row.node.to_string(),
        at_ms: row.at_ms.as_ms(),
        refused: row.refused.unwrap_or_default(),
        hint: row.hint.unwrap_or_default(),
    }
}

/// One referral; the newest of its events go where there is no room for them. What is opened of it is dropped.
pub(super) fn view(view: ReferralView, names: &Names, room: &mut Room) -> View {
    let all = view.events.len();
    let events: Vec<_> =
        view.events.into_iter().map(event).take_while(|event| room.take(event.encoded_len())).collect();
    let key = match view.payloads.key {
        KeyState::Here => "here",
        KeyState::Awaited => "awaited",
        KeyState::Erased => "erased",
    };
    let detail = proto::ReferralDetail {
        listing: view.listing.to_string(),
        listing_name: view.listing_name.unwrap_or_default(),
        form: view.form,
        version: view.version,
        previous: text(view.previous),
        next: text(view.next),
        pass_back: view.pass_back.map_or("", PassBack::word).to_owned(),
        agreement_expires_at_ms: ms(view.agreement_expires_at_ms),
        possible: view.possible.iter().map(ToString::to_string).collect(),
        is_cut: events.len() < all,
        events,
        payloads_named: view.payloads.named,
        payloads_held: view.payloads.held,
        key: key.to_owned(),
        pathway: view.pathway.unwrap_or_default(),
    };
    View { referral: row(view.row, names), detail, remarks: view.remarks }
}

/// One referral with what is said of the person. Answers and the agreement always fit, and its events go before the form and words
/// that belong to them, which are left out where there is no room.
pub(super) fn opened(mut view: ReferralView, names: &Names) -> proto::OpenReferralResponse {
    let opened = view.opened.take();
    let mut room = Room::new();
    let mut said = proto::Said::default();
    if let Some(opened) = &opened {
        let exposed = |value: &Option<Pii<Value>>| value.as_ref().map(|value| value.expose().to_string());
        said.answers_json = exposed(&opened.answers).unwrap_or_default();
        said.agreement_json = exposed(&opened.agreement).unwrap_or_default();
        let _ = room.take(said.encoded_len());
    }
    let View { referral, detail, remarks } = self::view(view, names, &mut room);
    if let Some(opened) = opened {
        let form = opened.form.map(|form| form.to_string()).unwrap_or_default();
        let (fits, all) = (room.take(form.len()), opened.words.len());
        let words = opened.words.into_iter();
        let words = words.map(|(event, words)| proto::EventWords { event, words: words.into_exposed() });
        said.words = words.take_while(|words| room.take(words.encoded_len())).collect();
        said.is_cut = !fits || said.words.len() < all;
        said.form_json = if fits { form } else { String::new() };
    }
    proto::OpenReferralResponse { referral: Some(referral), detail: Some(detail), said: Some(said), remarks }
}

/// What a new referral says.
pub(super) fn new_referral(asked: proto::CreateReferralRequest) -> Result<NewReferral, Refusal> {
    Ok(NewReferral {
        pathway: asked.pathway,
        previous: said(asked.previous),
        answers: object("answers_json", asked.answers_json)?,
        agreement: object("agreement_json", asked.agreement_json)?,
    })
}

/// What replaces what a draft says, and of which draft. Refused where nothing is said.
pub(super) fn draft_change(asked: proto::UpdateReferralRequest) -> Result<(String, DraftChange), Refusal> {
    let answers = object("answers_json", asked.answers_json)?;
    let agreement = object("agreement_json", asked.agreement_json)?;
    if answers.is_none() && agreement.is_none() {
        return Err(Refusal::invalid("nothing is said to be changed").hint("set answers_json, agreement_json or both"));
    }
    Ok((asked.id, DraftChange { answers, agreement }))
}

/// What is to be done, and to which referral.
pub(super) fn act(asked: proto::ActOnReferralRequest) -> Result<(String, ReferralAct), Refusal> {
    let action = word("action", asked.action)?.ok_or_else(|| {
        Refusal::invalid("nothing is said to be done").hint("set action to one of ReferralDetail.possible")
    })?;
    let act = ReferralAct {
        action,
        reason: word("reason", asked.reason)?,
        outcome: word("outcome", asked.outcome)?,
        contact: word("contact", asked.contact)?,
        next: said(asked.next),
        basis: word("basis", asked.basis)?,
        until_ms: time(asked.until_ms),
        words: said(asked.words).map(Pii::new),
        answers: object("answers_json", asked.answers_json)?,
        occurred_at_ms: time(asked.occurred_at_ms),
    };
    Ok((asked.id, act))
}

fn event(event: EventRow) -> proto::ReferralEvent {
    proto::ReferralEvent {
        id: event.id,
        by: event.by.to_string(),
        action: text(event.action),
        role: text(event.role),
        staff: text(event.staff),
        node: text(event.node),
        at_ms: ms(event.at_ms),
        words: event.words,
        has_payload: event.has_payload,
        without_effect: event.without_effect.unwrap_or_default(),
    }
}

/// One of a list of words; nothing where nothing was said.
fn word<T: FromStr<Err = Refusal>>(field: &str, text: String) -> Result<Option<T>, Refusal> {
    let read = |text: String| {
        text.parse().map_err(|refusal: Refusal| Refusal {
            message: format!("{field} says something that is none of the words for it"),
            ..refusal
        })
    };
    said(text).map(read).transpose()
}

/// A JSON object; nothing where nothing was said.
fn object(field: &str, text: String) -> Result<Option<Pii<Value>>, Refusal> {
    let read = |text: String| match serde_json::from_str::<Value>(&text) {
        Ok(value) if value.is_object() => Ok(Pii::new(value)),
        Ok(_) => Err(Refusal::invalid(format!("{field} is JSON, and no object")).hint("write it as {\"question\": …}")),
        Err(e) => Err(Refusal::invalid(format!("{field} is not JSON: line {}, column {}", e.line(), e.column()))),
    };
    said(text).map(read).transpose()
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn ms(at: Option<Timestamp>) -> i64 {
    at.map(Timestamp::as_ms).unwrap_or_default()
}

fn time(ms: i64) -> Option<Timestamp> {
    (ms != 0).then(|| Timestamp::from_ms(ms))
}
