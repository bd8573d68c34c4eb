//! The two documents of a referral as values, and back: what their owner says once, and its events, which only ever grow.
//!
//! Both have the referral's id as their record, a random UUID that tells no time, and go to the two parties alone ([`audience`]): the
//! pair scope, and the owner's own nodes. An event stands in `events` under its id. That nothing there was overwritten or deleted is
//! seen from every operation of the document ([`Content::check`](crate::document::Content::check) asks it of these kinds), so it
//! follows from signed bytes alone. A new generation begins from the value that stood, with all its events: [`check_renewed`].

use super::event::{Event, id_of};
use super::pass_back::PassBack;
use crate::audience::{Audience, Reach, Scope};
use crate::document::Kind;
use crate::limits::{EVENT_BYTES, REFERRAL_EVENTS};
use crate::{BlobHash, DocId, EventId, OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The field of both that holds the events.
pub const EVENTS: &str = "events";

/// An organisation's events by their ids, each as the bytes it was written in.
pub type Events = BTreeMap<EventId, Vec<u8>>;

/// What a sender's document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The referral.
    pub referral: RecordId,
    /// Whom it is to.
    pub receiver: OrgId,
    /// The receiver's listing that it asks for.
    pub listing: RecordId,
    /// The form that the payload answers, by its hash.
    pub form: [u8; 32],
    /// The referral that this one goes on from: one that the sender received.
    pub previous: Option<RecordId>,
    /// What the person agreed to.
    pub agreement: Agreement,
    /// The sender's events.
    pub events: Events,
}

/// A person's agreement to one referral, as far as both parties have to know it: who gave it and how is in the sealed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The record, sealed: a hash of what a person said themselves could be guessed.
    pub record: BlobHash,
    /// Whether it was given for this referral, or is the previous one's that goes on: then this ends with that.
    pub rests_on: RestsOn,
    /// What may be told to the sender.
    pub pass_back: PassBack,
    /// When it ends, where it does.
    pub expires_at: Option<Timestamp>,
}

/// On whose agreement a referral rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RestsOn {
    /// One given for it.
    Own,
    /// The one given for the referral before.
    Previous,
}

/// What a receiver's document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The referral.
    pub referral: RecordId,
    /// Who sent it.
    pub sender: OrgId,
    /// The receiver's events.
    pub events: Events,
}

impl Request {
    /// From its document's value. An event that this version cannot read is no error here: it is kept, and has no effect.
    pub fn read(id: &DocId, value: &Value) -> Result<Self, Refusal> {
        let agreement = value.get("agreement").unwrap_or(&Value::Null);
        Ok(Self {
            referral: referral_of(id)?,
            receiver: text(value, "to")?.parse()?,
            listing: text(value, "listing")?.parse()?,
            form: digest(text(value, "form")?)?,
            previous: value.get("previous").and_then(Value::as_str).map(str::parse).transpose()?,
            agreement: Agreement::read(agreement)?,
            events: read_events(value)?,
        })
    }

    /// The value of its document.
    pub fn value(&self) -> Value {
        let mut value = json!({
            "to": self.receiver.to_string(),
            "listing": self.listing.to_string(),
            "form": HEXLOWER.encode(&self.form),
            "agreement": self.agreement.value(),
            (EVENTS): written_events(&self.events),
        });
        if let (Some(previous), Some(fields)) = (self.previous, value.as_object_mut()) {
            fields.insert("previous".to_owned(), json!(previous.to_string()));
        }
        value
    }

    /// Its document.
    pub fn document(referral: RecordId, sender: &OrgId) -> DocId {
        DocId::new(referral, Kind::REQUEST, sender)
    }
}

impl Response {
    /// From its document's value, as [`Request::read`].
    pub fn read(id: &DocId, value: &Value) -> Result<Self, Refusal> {
        Ok(Self { referral: referral_of(id)?, sender: text(value, "to")?.parse()?, events: read_events(value)? })
    }

    /// The value of its document.
    pub fn value(&self) -> Value {
        json!({ "to": self.sender.to_string(), (EVENTS): written_events(&self.events) })
    }

    /// Its document.
    pub fn document(referral: RecordId, receiver: &OrgId) -> DocId {
        DocId::new(referral, Kind::RESPONSE, receiver)
    }
}

impl RestsOn {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Own, Self::Previous];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Previous => "previous",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

impl Agreement {
    fn read(value: &Value) -> Result<Self, Refusal> {
        let word = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let expires_at = match value.get("expires_at_ms") {
            None => None,
            Some(ms) => Some(Timestamp::from_ms(ms.as_i64().ok_or_else(|| missing("a moment in expires_at_ms"))?)),
        };
        Ok(Self {
            record: text(value, "record")?.parse()?,
            rests_on: RestsOn::from_word(word("rests_on")).ok_or_else(|| missing("what its agreement rests on"))?,
            pass_back: PassBack::from_word(word("pass_back")).ok_or_else(|| missing("what may be passed back"))?,
            expires_at,
        })
    }

    fn value(&self) -> Value {
        let mut value = json!({
            "record": self.record.to_string(),
            "rests_on": self.rests_on.word(),
            "pass_back": self.pass_back.word(),
        });
        if let (Some(at), Some(fields)) = (self.expires_at, value.as_object_mut()) {
            fields.insert("expires_at_ms".to_owned(), json!(at.as_ms()));
        }
        value
    }
}

/// A new referral's id: a version 4 UUID of these random bytes.
pub fn new_referral(random: [u8; 16]) -> RecordId {
    RecordId::from_bytes(uuid::Builder::from_random_bytes(random).into_uuid().into_bytes())
}

/// Who may hold a referral's document, from its value: the other party, and nobody else. `None` for other kinds.
///
/// Where such a document is made or shared any other audience is refused ([`check_audience`]), and so is a statement about one in a
/// public scope ([`check_scope`]).
pub fn audience(kind: Kind, value: &Value) -> Option<Result<Audience, Refusal>> {
    if kind != Kind::REQUEST && kind != Kind::RESPONSE {
        return None;
    }
    let other = text(value, "to").and_then(|to| to.parse::<OrgId>());
    Some(other.map(|other| Audience::Named([other].into())))
}

/// Refuses to give a referral's document any audience but the other party, or nobody while it is a draft.
pub fn check_audience(kind: Kind, value: &Value, wanted: &Audience) -> Result<(), Refusal> {
    match audience(kind, value).transpose()? {
        Some(parties) if *wanted != parties && *wanted != Audience::Own => {
            Err(Refusal::new(RefusalKind::NotAllowed, format!("a {kind} goes to the other party and to nobody else"))
                .hint("refer the person anew to whom else it is to go to"))
        }
        _ => Ok(()),
    }
}

/// Refuses a document of this kind in a scope that others than two parties are in: a referral in a public one.
pub fn check_scope(kind: Kind, scope: &Scope) -> Result<(), Refusal> {
    if (kind == Kind::REQUEST || kind == Kind::RESPONSE) && scope.reach == Reach::Public {
        return Err(Refusal::new(RefusalKind::NotAllowed, format!("a {kind} in a public scope")));
    }
    Ok(())
}

/// The path and value that put an event into its document.
pub fn put(event: &Event) -> crate::document::Edit {
    let bytes = event.encode();
    let path = vec![EVENTS.to_owned(), id_of(&bytes).to_string()];
    crate::document::Edit { path, value: Some(json!(BASE64URL_NOPAD.encode(&bytes))) }
}

/// Refuses a new generation that lacks an event of the one before. What an owner leaves out it takes from itself alone: events of the
/// other side that knew of it wait for it, so a holder keeps what it has and tells its people.
pub fn check_renewed(before: &Events, now: &Events) -> Result<(), Refusal> {
    match before.keys().filter(|id| !now.contains_key(*id)).count() {
        0 => Ok(()),
        gone => Err(Refusal::malformed(format!("a referral lost {gone} of its events with a new history"))),
    }
}

/// Refuses a field of `events` whose key is not the id of its bytes.
pub(crate) fn check_event(key: &str, written: &str) -> Result<(), Refusal> {
    read_event(key, written).map(drop)
}

fn read_event(key: &str, written: &str) -> Result<(EventId, Vec<u8>), Refusal> {
    // Longer cannot be decoded to what fits.
    if written.len() > EVENT_BYTES.div_ceil(3).saturating_mul(4) {
        return Err(Refusal::too_large("an event of a referral that is larger than events are"));
    }
    let bytes = BASE64URL_NOPAD.decode(written.as_bytes());
    let bytes = bytes.map_err(|_| Refusal::malformed("an event of a referral that is no bytes"))?;
    let id = id_of(&bytes);
    if id.to_string() == key {
        return Ok((id, bytes));
    }
    Err(Refusal::not_authentic("an event of a referral that stands under another's id"))
}

fn read_events(value: &Value) -> Result<Events, Refusal> {
    let held = value.get(EVENTS).and_then(Value::as_object);
    let written = held.into_iter().flatten();
    if held.is_some_and(|held| held.len() > REFERRAL_EVENTS) {
        return Err(Refusal::too_large(format!("a referral with over {REFERRAL_EVENTS} events of one side")));
    }
    written.map(|(key, bytes)| read_event(key, bytes.as_str().unwrap_or_default())).collect()
}

fn written_events(events: &Events) -> Value {
    let written = events.iter().map(|(id, bytes)| (id.to_string(), json!(BASE64URL_NOPAD.encode(bytes))));
    Value::Object(written.collect::<Map<_, _>>())
}

fn referral_of(id: &DocId) -> Result<RecordId, Refusal> {
    let record = id.record();
    if uuid::Uuid::from_bytes(*record.as_bytes()).get_version_num() == 4 {
        return Ok(record);
    }
    Err(Refusal::malformed("a referral whose id is not a random UUID"))
}

fn digest(hex: &str) -> Result<[u8; 32], Refusal> {
    let bytes = HEXLOWER.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| missing("the hash of its form"))
}

fn text<'v>(value: &'v Value, field: &str) -> Result<&'v str, Refusal> {
    value.get(field).and_then(Value::as_str).ok_or_else(|| missing(field))
}

fn missing(what: &str) -> Refusal {
    Refusal::malformed(format!("a referral without {what}"))
}
