//! What is late, by the answer times that a receiver declared: the only place of referrals that knows what time it is, and it is told.
//! Late is shown; nothing becomes of it but by somebody's own event.

use super::Side;
use super::authority::Stage;
use super::code::Action;
use super::shown::{Duty, owed};
use super::state::{RequestTrack, State};
use crate::Timestamp;

/// How long each step may take, in milliseconds; `None` where nothing was declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerTimes {
    /// From sent to acknowledged.
    pub acknowledge_ms: Option<i64>,
    /// From sent to an answer: yes, no, the waiting list or a question; and from a question's answer to the next.
    pub decide_ms: Option<i64>,
    /// From a question to its answer.
    pub answer_ms: Option<i64>,
    /// From accepted to the first contact with the person.
    pub contact_ms: Option<i64>,
    /// From accepted to started.
    pub start_ms: Option<i64>,
    /// From the waiting list to a place.
    pub place_ms: Option<i64>,
    /// From a stop to its confirmation, and from that to the person taken back.
    pub stop_ms: Option<i64>,
}

/// What should have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overdue {
    /// Since when it is late.
    pub since: Timestamp,
    /// By whom.
    pub side: Side,
    /// What.
    pub late: Late,
}

/// What is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    /// Something that is owed.
    Duty(Duty),
    /// The first contact with the person.
    FirstContact,
    /// The start.
    Start,
}

impl Late {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Duty(duty) => duty.words(),
            Self::FirstContact => "contact the person",
            Self::Start => "start",
        }
    }
}

/// What is late now, the longest overdue first.
pub fn overdue(state: &State, times: &AnswerTimes, now: Timestamp) -> Vec<Overdue> {
    let mut found = Vec::new();
    let mut note = |side: Side, late: Late, from: Option<Timestamp>, within_ms: Option<i64>| {
        if let (Some(from), Some(within_ms)) = (from, within_ms) {
            let since = Timestamp::from_ms(from.as_ms().saturating_add(within_ms));
            if since < now {
                found.push(Overdue { since, side, late });
            }
        }
    };
    for side in Side::ALL {
        for duty in owed(state, side) {
            let (from, within_ms) = began(state, times, duty);
            note(side, Late::Duty(duty), from, within_ms);
        }
    }
    let stage = Stage::of(state);
    let is_held = matches!(stage, Stage::Accepted | Stage::Started | Stage::Paused);
    let accepted = state.first(Action::Accept);
    if is_held && state.first(Action::Contact).is_none() {
        note(Side::Receiver, Late::FirstContact, accepted, times.contact_ms);
    }
    if stage == Stage::Accepted {
        note(Side::Receiver, Late::Start, accepted, times.start_ms);
    }
    found.sort();
    found
}

/// Since when a party has had to do this, and how long it may take.
fn began(state: &State, times: &AnswerTimes, duty: Duty) -> (Option<Timestamp>, Option<i64>) {
    match duty {
        Duty::Acknowledge => (state.first(Action::Send), times.acknowledge_ms),
        Duty::Decide if Stage::of(state) == Stage::Waitlisted => (state.last(Action::Wait), times.place_ms),
        Duty::Decide => (state.last(Action::Answer).or(state.first(Action::Send)), times.decide_ms),
        Duty::Answer => (state.last(Action::Ask), times.answer_ms),
        Duty::TakeVersion => (state.last(Action::Amend), times.decide_ms),
        Duty::Resolve => (state.first(Action::Send), times.decide_ms),
        Duty::ConfirmStop | Duty::TellPerson => (stopped_at(state), times.stop_ms),
        Duty::TakeBack => {
            let from = [Action::ConfirmStop, Action::HandBack, Action::Decline];
            (from.iter().find_map(|action| state.last(*action)), times.stop_ms)
        }
        Duty::Send | Duty::Close | Duty::EraseOrKeep | Duty::AnswerErasure | Duty::DropLate => (None, None),
    }
}

fn stopped_at(state: &State) -> Option<Timestamp> {
    let called_off = match state.request {
        RequestTrack::Withdrawn(_) => state.first(Action::Withdraw),
        RequestTrack::Lapsed => state.first(Action::Lapse),
        _ => None,
    };
    [called_off, state.first(Action::WithdrawAgreement)].into_iter().flatten().min()
}
