//! Where a referral stands: what the events that took effect come to. No field says who wrote it last; all follow from the events.

use super::Side;
use super::code::{Action, Basis, Contact, Onward, Outcome, Reason, Receipt};
use crate::{NodeId, RecordId, Timestamp};
use std::collections::BTreeMap;

/// What both parties' events come to. The same wherever the same events are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The sender's track.
    pub request: RequestTrack,
    /// The newest version of the request; 0 before it is sent.
    pub version: u32,
    /// Whether the receiver has not yet said that it has the newest version.
    pub has_new_version: bool,
    /// The receiver's track.
    pub response: ResponseTrack,
    /// Whether two nodes of the receiver answered differently, and nobody there has said yet which counts.
    pub is_provisional: bool,
    /// The version that was accepted, where one ever was.
    pub accepted: Option<u32>,
    /// The referral to the next organisation, where the person was ever passed on.
    pub next: Option<RecordId>,
    /// Whether the receiver's question has no answer yet.
    pub has_question: bool,
    /// Who holds the person, as who holds these events sees it.
    pub holder: Holder,
    /// Whether somebody at the receiver read it.
    pub was_opened: bool,
    /// Whether the person withdrew their agreement.
    pub agreement_withdrawn: bool,
    /// The receiver's word that it stopped.
    pub stop: Option<Stop>,
    /// Whether the sender holds the person again.
    pub taken_back: bool,
    /// Whether the sender has seen how it ended.
    pub closed: bool,
    /// What the sender erased or keeps.
    pub sender: Erasure,
    /// What the receiver erased or keeps.
    pub receiver: Erasure,
    /// When each action was first taken, and when last, by the clocks of who took it.
    pub times: BTreeMap<Action, (Timestamp, Timestamp)>,
}

/// The sender's track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestTrack {
    /// Not sent yet.
    #[default]
    Draft,
    /// Sent.
    Sent,
    /// Waited for no longer.
    Lapsed,
    /// Taken back by the sender.
    Withdrawn(Reason),
}

/// The receiver's track, in the order in which one of two answers made apart stands: what keeps the person held goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResponseTrack {
    /// Nothing yet.
    #[default]
    None,
    /// It has it.
    Acknowledged,
    /// No.
    Declined(Reason),
    /// A question to the sender.
    InformationAsked,
    /// On the waiting list.
    Waitlisted,
    /// Yes.
    Accepted,
    /// It began.
    Started,
    /// It rests.
    Paused(Reason),
    /// It ended.
    Ended(Outcome),
    /// The receiver cannot go on with it.
    HandedBack(Reason),
    /// The next organisation has the person.
    PassedOn,
}

/// Who holds the person: moved only by an event of who gains them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The sender.
    #[default]
    Sender,
    /// The receiver.
    Receiver,
    /// Whoever holds them in the receiver's next referral; only the receiver knows.
    Next,
}

/// The receiver's word that what was stopped has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// Whether there was contact with the person.
    pub contact: Contact,
    /// What became of the next referral.
    pub onward: Onward,
}

/// What one party erased or keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Its nodes that erased, with what each can say.
    pub nodes: BTreeMap<NodeId, Receipt>,
    /// On what basis it keeps what it has, and until when.
    pub kept: Option<(Basis, Timestamp)>,
    /// Payloads that came after it had erased, and that it has not yet said it dropped.
    pub late: usize,
    /// Whether it gave its document up: then all of it is erased there, whatever its events last said here.
    pub is_given_up: bool,
}

impl Erasure {
    /// Whether it said what became of what it had.
    pub fn has_answered(&self) -> bool {
        self.is_given_up || !self.nodes.is_empty() || self.kept.is_some()
    }

    /// Whether nothing is left there: these nodes, which were given the key, all erased all that came, or its time to keep is over.
    pub fn is_over<'a>(&self, mut nodes: impl Iterator<Item = &'a NodeId>, now: Timestamp) -> bool {
        match self.kept {
            _ if self.is_given_up => true,
            _ if self.late > 0 => false,
            Some((_, until)) if self.nodes.is_empty() => until <= now,
            _ => !self.nodes.is_empty() && nodes.all(|node| self.nodes.contains_key(node)),
        }
    }
}

impl State {
    /// Before anything was written.
    pub fn new() -> Self {
        Self {
            request: RequestTrack::default(),
            version: 0,
            has_new_version: false,
            response: ResponseTrack::default(),
            is_provisional: false,
            accepted: None,
            next: None,
            has_question: false,
            holder: Holder::default(),
            was_opened: false,
            agreement_withdrawn: false,
            stop: None,
            taken_back: false,
            closed: false,
            sender: Erasure::default(),
            receiver: Erasure::default(),
            times: BTreeMap::new(),
        }
    }

    /// Whether the sender, or the person, ended it from their side.
    pub fn is_stopped(&self) -> bool {
        self.is_called_off() || self.agreement_withdrawn
    }

    /// Whether the sender did.
    pub fn is_called_off(&self) -> bool {
        matches!(self.request, RequestTrack::Withdrawn(_) | RequestTrack::Lapsed)
    }

    /// Whether the person ever left the sender's hands.
    pub fn was_taken_on(&self) -> bool {
        self.accepted.is_some() || self.next.is_some()
    }

    /// Whether, once the stop is confirmed, the sender has to take the person back: who had them let go. Where the next referral stands
    /// on its own, nobody did.
    pub(super) fn is_left_with_nobody(&self) -> bool {
        match self.holder {
            Holder::Sender => false,
            Holder::Receiver => true,
            Holder::Next => self.stop.is_some_and(|stop| stop.onward == Onward::Stops),
        }
    }

    /// What a party erased or keeps.
    pub const fn erasure(&self, side: Side) -> &Erasure {
        match side {
            Side::Sender => &self.sender,
            Side::Receiver => &self.receiver,
        }
    }

    pub(super) fn erasure_mut(&mut self, side: Side) -> &mut Erasure {
        match side {
            Side::Sender => &mut self.sender,
            Side::Receiver => &mut self.receiver,
        }
    }

    /// When an action was first taken.
    pub fn first(&self, action: Action) -> Option<Timestamp> {
        self.times.get(&action).map(|(first, _)| *first)
    }

    /// When an action was last taken.
    pub fn last(&self, action: Action) -> Option<Timestamp> {
        self.times.get(&action).map(|(_, last)| *last)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestTrack {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Lapsed => "lapsed",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

impl ResponseTrack {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Acknowledged => "acknowledged",
            Self::Declined(_) => "declined",
            Self::InformationAsked => "information asked",
            Self::Waitlisted => "waitlisted",
            Self::Accepted => "accepted",
            Self::Started => "started",
            Self::Paused(_) => "paused",
            Self::Ended(_) => "ended",
            Self::HandedBack(_) => "handed back",
            Self::PassedOn => "passed on",
        }
    }

    /// Whether two answers are one: for a no the reason does not matter.
    pub(super) fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Declined(_), Self::Declined(_)) | (Self::HandedBack(_), Self::HandedBack(_)) => true,
            _ => self == other,
        }
    }
}

impl Holder {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::Next => "next",
        }
    }
}
