//! One event of a referral: who did what, when, and what they knew. Its id is a hash of its bytes, so it is put once and never changed.

use super::Side;
use super::code::{Action, Basis, Contact, Onward, Outcome, Payload, Reason, Receipt, Role};
use crate::identity::object::{does_not_parse, expect_version_1, not_canonical};
use crate::limits::{EVENT_AHEAD_MS, EVENT_BYTES, EVENT_EARLIEST_MS, EVENT_LATEST_MS, EVENT_LINKS, REQUEST_VERSIONS};
use crate::{BlobHash, EventId, NodeId, RecordId, Refusal, StaffId, Timestamp};
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What a party did, as its document holds it. Nothing in it names or describes the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Of which referral: an event does not serve another.
    pub referral: RecordId,
    /// Which party's it is.
    pub side: Side,
    /// The node it was written on.
    pub node: NodeId,
    /// As what its author acted.
    pub role: Role,
    /// Who, as only their own organisation can tell.
    pub staff: StaffId,
    /// When it happened, by the author's word.
    pub occurred_at: Timestamp,
    /// When it was written, by the node's clock.
    pub recorded_at: Timestamp,
    /// The sealed words that belong to it: a hash of the ciphertext.
    pub payload: Option<BlobHash>,
    /// The latest events of the author's own side that it knew. With `seen`, its causal past.
    pub after: BTreeSet<EventId>,
    /// The latest events of the other side that it knew.
    pub seen: BTreeSet<EventId>,
    /// What was done.
    pub body: Body,
}

/// What was done, with what has to be said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Body {
    /// See [`Action::Send`]; version 1.
    Send,
    /// See [`Action::Amend`].
    Amend {
        /// The version that this is, from 2.
        version: u32,
    },
    /// See [`Action::Answer`].
    Answer,
    /// See [`Action::Withdraw`].
    Withdraw(Reason),
    /// See [`Action::Lapse`].
    Lapse,
    /// See [`Action::TakeBack`].
    TakeBack,
    /// See [`Action::Close`].
    Close,
    /// See [`Action::Acknowledge`].
    Acknowledge {
        /// The version that the author had.
        version: u32,
    },
    /// See [`Action::Open`].
    Open {
        /// The version that was read.
        version: u32,
    },
    /// See [`Action::Ask`].
    Ask,
    /// See [`Action::Wait`].
    Wait,
    /// See [`Action::Accept`].
    Accept {
        /// The version that was accepted.
        version: u32,
    },
    /// See [`Action::Decline`].
    Decline(Reason),
    /// See [`Action::Contact`].
    Contact(Contact),
    /// See [`Action::Start`].
    Start,
    /// See [`Action::Pause`].
    Pause(Reason),
    /// See [`Action::Resume`].
    Resume,
    /// See [`Action::Feedback`].
    Feedback,
    /// See [`Action::HandBack`].
    HandBack(Reason),
    /// See [`Action::End`].
    End(Outcome),
    /// See [`Action::PassOn`].
    PassOn {
        /// The referral to the next organisation: a random id, which names nobody.
        next: RecordId,
    },
    /// See [`Action::ConfirmStop`].
    ConfirmStop {
        /// Whether there was contact with the person.
        contact: Contact,
        /// What became of the next referral.
        onward: Onward,
    },
    /// See [`Action::WithdrawAgreement`].
    WithdrawAgreement,
    /// See [`Action::Erase`].
    Erase {
        /// The node whose key and content are gone.
        node: NodeId,
        /// What it can say of them.
        receipt: Receipt,
    },
    /// See [`Action::Keep`].
    Keep {
        /// On what basis.
        basis: Basis,
        /// Until when.
        until: Timestamp,
    },
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct ReferralEvent {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) referral: Vec<u8>,
        #[prost(uint32, tag = "3")]
        pub(super) side: u32,
        #[prost(uint32, tag = "4")]
        pub(super) action: u32,
        #[prost(bytes = "vec", tag = "5")]
        pub(super) node_id: Vec<u8>,
        #[prost(uint32, tag = "6")]
        pub(super) role: u32,
        #[prost(bytes = "vec", tag = "7")]
        pub(super) staff_id: Vec<u8>,
        #[prost(int64, tag = "8")]
        pub(super) occurred_at_ms: i64,
        #[prost(int64, tag = "9")]
        pub(super) recorded_at_ms: i64,
        #[prost(bytes = "vec", tag = "10")]
        pub(super) payload: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "11")]
        pub(super) after: Vec<Vec<u8>>,
        #[prost(bytes = "vec", repeated, tag = "12")]
        pub(super) seen: Vec<Vec<u8>>,
        #[prost(uint32, tag = "13")]
        pub(super) request_version: u32,
        #[prost(uint32, tag = "14")]
        pub(super) reason: u32,
        #[prost(uint32, tag = "15")]
        pub(super) outcome: u32,
        #[prost(bytes = "vec", tag = "16")]
        pub(super) next_referral: Vec<u8>,
        #[prost(uint32, tag = "17")]
        pub(super) contact: u32,
        #[prost(uint32, tag = "18")]
        pub(super) onward: u32,
        #[prost(bytes = "vec", tag = "19")]
        pub(super) erased_node_id: Vec<u8>,
        #[prost(uint32, tag = "20")]
        pub(super) receipt: u32,
        #[prost(uint32, tag = "21")]
        pub(super) basis: u32,
        #[prost(int64, tag = "22")]
        pub(super) kept_until_ms: i64,
    }
}

const WHAT: &str = "an event of a referral";

impl Body {
    /// What it does.
    pub const fn action(&self) -> Action {
        match self {
            Self::Send => Action::Send,
            Self::Amend { .. } => Action::Amend,
            Self::Answer => Action::Answer,
            Self::Withdraw(_) => Action::Withdraw,
            Self::Lapse => Action::Lapse,
            Self::TakeBack => Action::TakeBack,
            Self::Close => Action::Close,
            Self::Acknowledge { .. } => Action::Acknowledge,
            Self::Open { .. } => Action::Open,
            Self::Ask => Action::Ask,
            Self::Wait => Action::Wait,
            Self::Accept { .. } => Action::Accept,
            Self::Decline(_) => Action::Decline,
            Self::Contact(_) => Action::Contact,
            Self::Start => Action::Start,
            Self::Pause(_) => Action::Pause,
            Self::Resume => Action::Resume,
            Self::Feedback => Action::Feedback,
            Self::HandBack(_) => Action::HandBack,
            Self::End(_) => Action::End,
            Self::PassOn { .. } => Action::PassOn,
            Self::ConfirmStop { .. } => Action::ConfirmStop,
            Self::WithdrawAgreement => Action::WithdrawAgreement,
            Self::Erase { .. } => Action::Erase,
            Self::Keep { .. } => Action::Keep,
        }
    }

    fn read(action: Action, e: &v1::ReferralEvent) -> Result<Self, Refusal> {
        let version = || match e.request_version {
            version @ 1..=REQUEST_VERSIONS => Ok(version),
            other => Err(Refusal::malformed(format!("{WHAT} is about version {other} of the request"))),
        };
        let reason = || Reason::from_number(e.reason);
        Ok(match action {
            Action::Send => Self::Send,
            Action::Amend => Self::Amend { version: version()? },
            Action::Answer => Self::Answer,
            Action::Withdraw => Self::Withdraw(reason()?),
            Action::Lapse => Self::Lapse,
            Action::TakeBack => Self::TakeBack,
            Action::Close => Self::Close,
            Action::Acknowledge => Self::Acknowledge { version: version()? },
            Action::Open => Self::Open { version: version()? },
            Action::Ask => Self::Ask,
            Action::Wait => Self::Wait,
            Action::Accept => Self::Accept { version: version()? },
            Action::Decline => Self::Decline(reason()?),
            Action::Contact => match Contact::from_number(e.contact)? {
                Contact::None => return Err(Refusal::malformed("a contact that nobody tried to make")),
                contact => Self::Contact(contact),
            },
            Action::Start => Self::Start,
            Action::Pause => Self::Pause(reason()?),
            Action::Resume => Self::Resume,
            Action::Feedback => Self::Feedback,
            Action::HandBack => Self::HandBack(reason()?),
            Action::End => Self::End(Outcome::from_number(e.outcome)?),
            Action::PassOn => Self::PassOn { next: RecordId::try_from(e.next_referral.as_slice())? },
            Action::ConfirmStop => {
                Self::ConfirmStop { contact: Contact::from_number(e.contact)?, onward: Onward::from_number(e.onward)? }
            }
            Action::WithdrawAgreement => Self::WithdrawAgreement,
            Action::Erase => Self::Erase {
                node: NodeId::try_from(e.erased_node_id.as_slice())?,
                receipt: Receipt::from_number(e.receipt)?,
            },
            Action::Keep => Self::Keep { basis: Basis::from_number(e.basis)?, until: moment(e.kept_until_ms)? },
        })
    }

    fn write(&self, e: &mut v1::ReferralEvent) {
        e.action = self.action().number();
        match self {
            Self::Amend { version }
            | Self::Acknowledge { version }
            | Self::Open { version }
            | Self::Accept { version } => e.request_version = *version,
            Self::Withdraw(reason) | Self::Decline(reason) | Self::Pause(reason) | Self::HandBack(reason) => {
                e.reason = reason.number();
            }
            Self::Contact(contact) => e.contact = contact.number(),
            Self::End(outcome) => e.outcome = outcome.number(),
            Self::PassOn { next } => e.next_referral = next.as_bytes().to_vec(),
            Self::ConfirmStop { contact, onward } => {
                e.contact = contact.number();
                e.onward = onward.number();
            }
            Self::Erase { node, receipt } => {
                e.erased_node_id = node.as_bytes().to_vec();
                e.receipt = receipt.number();
            }
            Self::Keep { basis, until } => {
                e.basis = basis.number();
                e.kept_until_ms = until.as_ms();
            }
            Self::Send
            | Self::Answer
            | Self::Lapse
            | Self::TakeBack
            | Self::Close
            | Self::Ask
            | Self::Wait
            | Self::Start
            | Self::Resume
            | Self::Feedback
            | Self::WithdrawAgreement => {}
        }
    }
}

impl Event {
    /// Its bytes: what its id is the hash of, and what the document keeps.
    pub fn encode(&self) -> Vec<u8> {
        let ids = |ids: &BTreeSet<EventId>| ids.iter().map(|id| id.as_bytes().to_vec()).collect();
        let mut event = v1::ReferralEvent {
            version: 1,
            referral: self.referral.as_bytes().to_vec(),
            side: match self.side {
                Side::Sender => 1,
                Side::Receiver => 2,
            },
            node_id: self.node.as_bytes().to_vec(),
            role: self.role.number(),
            staff_id: self.staff.as_bytes().to_vec(),
            occurred_at_ms: self.occurred_at.as_ms(),
            recorded_at_ms: self.recorded_at.as_ms(),
            payload: self.payload.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
            after: ids(&self.after),
            seen: ids(&self.seen),
            ..v1::ReferralEvent::default()
        };
        self.body.write(&mut event);
        event.encode_to_vec()
    }

    /// Reads one: shape, limits, canonical form, and an action that is of its side. Refuses whatever [`Event::encode`] would not have
    /// written of a lawful event.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > EVENT_BYTES {
            return Err(Refusal::too_large(format!("{WHAT} of {} bytes", bytes.len())));
        }
        let e = v1::ReferralEvent::decode(bytes).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(e.version, WHAT)?;
        let side = match e.side {
            1 => Side::Sender,
            2 => Side::Receiver,
            other => return Err(Refusal::malformed(format!("{WHAT} is of side {other}"))),
        };
        let action = Action::from_number(e.action)?;
        let payload = match e.payload.as_slice() {
            [] => None,
            hash => Some(BlobHash::try_from(hash)?),
        };
        let event = Self {
            referral: RecordId::try_from(e.referral.as_slice())?,
            side,
            node: NodeId::try_from(e.node_id.as_slice())?,
            role: Role::from_number(e.role)?,
            staff: StaffId::try_from(e.staff_id.as_slice())?,
            occurred_at: moment(e.occurred_at_ms)?,
            recorded_at: moment(e.recorded_at_ms)?,
            payload,
            after: links(&e.after)?,
            seen: links(&e.seen)?,
            body: Body::read(action, &e)?,
        };
        event.check()?;
        if event.encode() != bytes {
            return Err(not_canonical(WHAT));
        }
        Ok(event)
    }

    /// The first 16 bytes of SHA-256 of its bytes.
    pub fn id(&self) -> EventId {
        id_of(&self.encode())
    }

    /// Refuses what cannot be said: an action of the other side, a payload too many or too few, more links than an event may have.
    pub fn check(&self) -> Result<(), Refusal> {
        let action = self.body.action();
        if !action.is_of(self.side) {
            return Err(Refusal::malformed(format!("{action} is not the {}'s to write", self.side)));
        }
        match (action.payload(), self.payload) {
            (Payload::Required, None) => return Err(Refusal::malformed(format!("{action} without a payload"))),
            (Payload::Forbidden, Some(_)) => return Err(Refusal::malformed(format!("{action} with a payload"))),
            _ => {}
        }
        if self.after.len() > EVENT_LINKS || self.seen.len() > EVENT_LINKS {
            return Err(Refusal::too_large(format!("{WHAT} that names over {EVENT_LINKS} others of a side")));
        }
        Ok(())
    }

    /// Refuses times that an event written now cannot have: what happened after it was written down, or before anybody could refer.
    pub fn check_times(&self, now: Timestamp) -> Result<(), Refusal> {
        moment(self.occurred_at.as_ms())
            .map_err(|_| Refusal::invalid("no referral was made that long ago").hint("look at the year"))?;
        let latest = now.as_ms().saturating_add(EVENT_AHEAD_MS);
        if self.occurred_at.as_ms() > latest || self.recorded_at.as_ms() > latest {
            return Err(Refusal::invalid("that is still to come").hint("say when it happened, or leave the time out"));
        }
        Ok(())
    }
}

/// The id of an event with these bytes.
pub fn id_of(bytes: &[u8]) -> EventId {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    EventId::from_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))
}

fn moment(ms: i64) -> Result<Timestamp, Refusal> {
    if (EVENT_EARLIEST_MS..=EVENT_LATEST_MS).contains(&ms) {
        return Ok(Timestamp::from_ms(ms));
    }
    Err(Refusal::malformed(format!("{WHAT} at a time when no referral was made")))
}

/// Ids in ascending order, none twice: that they are is found when the event is encoded again.
fn links(ids: &[Vec<u8>]) -> Result<BTreeSet<EventId>, Refusal> {
    ids.iter().map(|id| EventId::try_from(id.as_slice())).collect()
}
