//! A decision on a referral, made on a node that is not its organisation's home node: a document in the organisation's own scope, which
//! the home node takes.
//!
//! It holds the event as it was written there, with all that its author knew: the home node waits until it knows as much, writes the
//! same as its own, and gives the document up. What it cannot write any more, because of what it knows beyond that, it answers with
//! why, and the document stands until somebody has read that and gives it up. Nothing in it names or describes the person.

use super::{Event, Parties};
use crate::document::{Edit, Kind};
use crate::limits::EVENT_BYTES;
use crate::{DocId, OrgId, RecordId, Refusal};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// The field that names the sender's document, by which decisions on a referral are found.
pub(crate) const REQUEST: &str = "request";

const WITH: &str = "with";
const EVENT: &str = "event";
const REFUSED: &str = "refused";

/// One decision that waits for the home node, or that it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// On which referral.
    pub parties: Parties,
    /// What was decided: by whom, where, when, knowing what.
    pub event: Event,
    /// What the home node said, where it could not write it.
    pub refused: Option<Refused>,
}

/// Why the home node did not write a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: String,
    /// What to do instead, where there is something.
    pub hint: Option<String>,
}

impl Decision {
    /// Its document at its organisation, which follows from the event.
    pub fn document(event: &Event, owner: &OrgId) -> DocId {
        DocId::new(RecordId::from_bytes(*event.id().as_bytes()), Kind::DECISION, owner)
    }

    /// From its document's value.
    pub fn read(owner: &OrgId, value: &Value) -> Result<Self, Refusal> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let written = text(EVENT);
        // Longer cannot be decoded to what fits.
        if written.len() > EVENT_BYTES.div_ceil(3).saturating_mul(4) {
            return Err(Refusal::too_large("a decision that is larger than events are"));
        }
        let bytes = BASE64URL_NOPAD.decode(written.as_bytes());
        let event = Event::parse(&bytes.map_err(|_| Refusal::malformed("a decision that is no bytes"))?)?;
        let other = text(WITH).parse()?;
        let parties = match event.side {
            super::Side::Sender => Parties { referral: event.referral, sender: *owner, receiver: other },
            super::Side::Receiver => Parties { referral: event.referral, sender: other, receiver: *owner },
        };
        if other == *owner || text(REQUEST).parse::<DocId>()? != parties.request() || !event.body.action().is_decision()
        {
            return Err(Refusal::malformed("a decision that is not on a referral of its organisation's"));
        }
        let said = value.get(REFUSED);
        let word = |field: &str| said.and_then(|said| said.get(field)).and_then(Value::as_str).map(str::to_owned);
        let refused = said.map(|_| Refused { why: word("why").unwrap_or_default(), hint: word("hint") });
        Ok(Self { parties, event, refused })
    }

    /// The value of its document, before it is answered.
    pub fn value(&self) -> Value {
        let other = self.parties.party(self.event.side.other());
        json!({
            REQUEST: self.parties.request().to_string(),
            WITH: other.to_string(),
            EVENT: BASE64URL_NOPAD.encode(&self.event.encode()),
        })
    }

    /// What answers it with a no.
    pub fn refuse(refusal: &Refusal) -> Edit {
        let mut said = json!({ "why": refusal.message });
        if let (Some(hint), Some(fields)) = (&refusal.hint, said.as_object_mut()) {
            fields.insert("hint".to_owned(), json!(hint));
        }
        Edit { path: vec![REFUSED.to_owned()], value: Some(said) }
    }

    /// Whether an event is this decision, as the home node wrote it.
    pub fn is_written_as(&self, event: &Event) -> bool {
        let said = |event: &Event| (event.side, event.role, event.staff, event.occurred_at, event.payload, event.body);
        said(event) == said(&self.event)
    }
}
