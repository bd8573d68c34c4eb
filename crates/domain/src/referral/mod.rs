//! Referrals: one handoff of one person from a sender to a receiver, as a pure fold over what both parties wrote.
//!
//! A referral is two documents, the sender's *request* and the receiver's *response*, that know no more of the person than the hashes
//! of what was sealed. Each holds events, and every event names what its author knew when it was written ([`event`]); [`document`]
//! reads and writes them. [`fold()`] makes of both a [`State`], the same on every node that holds the same events. What may be done by
//! whom and when is one table ([`authority`]), asked by who writes an event and by the fold alike, in the event's own past. What people
//! see of it is in [`shown`], what is late in [`overdue()`], how long many of them took in [`timescale`], and how referrals hang
//! together in [`chain`]. What is said of the person is sealed beside it ([`payload`]), under a key that is wrapped for each node that
//! may read it ([`wrap`]) and locked where it is kept ([`lock`]). A [`decision`] that was made away from the home node goes to it in a
//! document of its own. For other systems one referral is written as FHIR R4 ([`fhir`]).
//!
//! Two organisations that share personal data have an agreement on record ([`sharing`]), and the person's own is sealed with the
//! rest ([`consent`], [`content`]); whether all of that holds is asked before a referral leaves ([`sending`]). Who read what is in a
//! log of its own ([`access`]), and when it all has to be gone follows from how it finished ([`retention`]); once it is
//! gone at both parties, so are the documents ([`tombstone`]).
//!
//! Nothing here has a clock, and nothing ever makes an event that took effect lose it.

pub mod access;
pub mod authority;
mod both;
pub mod chain;
pub mod code;
pub mod consent;
pub mod content;
pub mod decision;
pub mod document;
pub mod event;
pub mod fhir;
pub mod fold;
mod graph;
pub mod lock;
pub mod overdue;
mod parties;
mod parting;
mod pass_back;
pub mod payload;
pub mod retention;
pub mod sending;
pub mod sharing;
pub mod shown;
pub mod state;
pub mod timescale;
pub mod tombstone;
pub mod wrap;

#[cfg(test)]
mod tests;

pub use access::{Access, AccessKind, BadRow, Break, Head, Reading};
pub use authority::{Deed, Objection, Stage, permit};
pub use both::Both;
pub use code::{Action, Basis, Contact, Onward, Outcome, Reason, Receipt, Role};
pub use consent::{AgreementRecord, GivenBy, Ground, How, Interpreter, Relation};
pub use content::Content;
pub use decision::Decision;
pub use document::{Agreement, Events, Request, Response, RestsOn};
pub use event::{Body, Event};
pub use fold::{Author, Homes, Referral, Standing, Told, fold};
pub use lock::{LockKey, Place};
pub use overdue::{AnswerTimes, Overdue, overdue};
pub use parties::Parties;
pub use parting::check_parting;
pub use pass_back::PassBack;
pub use payload::{Blob, DataKey};
pub use retention::{DraftDays, Due, Finish, Hold, Retention, Why, draft_due, due};
pub use sending::{Doubt, Received, Sending, Trust, check_received};
pub use sharing::{SharingAgreement, last_day};
pub use shown::{Duty, Word, detail, owed, word};
pub use state::{Erasure, Holder, RequestTrack, ResponseTrack, State, Stop};
pub use timescale::{Closed, SMALL_NUMBER, Step, Timescale, Timescales};
pub use tombstone::Tombstone;
pub use wrap::{WrappedKey, Wrapping};

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two parties to a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Who refers.
    Sender,
    /// Who is asked.
    Receiver,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sender, Self::Receiver];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
