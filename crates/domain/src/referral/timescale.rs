//! How long each step of referrals took, of many together: what an organisation sets beside the answer times that were declared.
//!
//! Measured from the events that took effect, by when their authors say that it happened. A step whose both ends one party writes is
//! measured on that party's clock alone. A step from one party to the other has no event that says when news arrived, so it is
//! measured across their clocks, and says so ([`Step::is_across_clocks`]). What is dated before what it follows counts as no time:
//! clocks differ, and people write things down late. No figure is told of fewer than [`SMALL_NUMBER`] referrals, and nothing at all
//! where no more were counted: it would tell the course of a person.

use super::Side;
use super::authority::Stage;
use super::code::{Action, Contact, Outcome};
use super::event::{Body, Event};
use super::fold::{Referral, Standing};
use super::overdue::AnswerTimes;
use super::retention::Finish;
use super::shown::{Duty, owed};
use super::state::{ResponseTrack, State};
use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures of fewer referrals than these are withheld. As in the monthly Mental Health Services statistics of NHS England, which
/// suppress counts under 5.
pub const SMALL_NUMBER: u64 = 5;

/// A step of a referral that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// From sent until the receiver says that it has it, or answers.
    Acknowledged,
    /// From sent to the first yes, no or place on the waiting list. Time for questions is in it: the person waits then, too.
    Decided,
    /// From accepted until the person was first reached.
    Contacted,
    /// From accepted to the start.
    Started,
    /// From the waiting list to a place.
    Placed,
    /// From ended until the sender has seen how.
    Seen,
}

/// What many referrals took, counted one by one ([`Timescales::add`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timescales {
    referrals: u64,
    taken_ms: BTreeMap<Step, Vec<i64>>,
    underway: BTreeMap<Step, u64>,
    over: u64,
    with_outcome: u64,
}

/// What one step took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timescale {
    /// How many referrals took it; none where they are few.
    pub referrals: Option<u64>,
    /// How many are at it still, and so are not in the times; none where they are few.
    pub underway: Option<u64>,
    /// Half of them took no longer: of an even number the middle between the two in the middle. None where they are few, or none.
    pub median_ms: Option<i64>,
    /// Nine in ten took no longer (nearest rank). None where they are few, or none.
    pub ninetieth_ms: Option<i64>,
}

/// How many referrals came to an end that their sender has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// How many were taken on and are over; none where they are few.
    pub over: Option<u64>,
    /// Of these, the share that was closed with an outcome that was told. None where they are few, or none.
    pub with_outcome_percent: Option<u64>,
}

impl Step {
    /// All of them, in the order in which they are taken.
    pub const ALL: [Self; 6] =
        [Self::Acknowledged, Self::Decided, Self::Contacted, Self::Started, Self::Placed, Self::Seen];

    /// From what to what.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Acknowledged => "sent to acknowledged",
            Self::Decided => "sent to decided",
            Self::Contacted => "accepted to first contact",
            Self::Started => "accepted to started",
            Self::Placed => "waiting list to a place",
            Self::Seen => "ended to seen by the sender",
        }
    }

    /// Whether it begins by one party's clock and ends by the other's.
    pub const fn is_across_clocks(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Decided | Self::Seen)
    }

    /// How long the receiver says that it takes at most, in milliseconds.
    pub const fn declared_ms(self, times: &AnswerTimes) -> Option<i64> {
        match self {
            Self::Acknowledged => times.acknowledge_ms,
            Self::Decided => times.decide_ms,
            Self::Contacted => times.contact_ms,
            Self::Started => times.start_ms,
            Self::Placed => times.place_ms,
            Self::Seen => None,
        }
    }

    /// When it began and when it was done, as far as it was.
    fn course(self, referral: &Referral) -> (Option<Timestamp>, Option<Timestamp>) {
        let state = &referral.state;
        let first = |actions: &[Action]| actions.iter().filter_map(|action| state.first(*action)).min();
        let decisions = [Action::Accept, Action::Decline, Action::Wait, Action::PassOn];
        match self {
            Self::Acknowledged => (
                first(&[Action::Send]),
                first(&[Action::Acknowledge, Action::Ask]).into_iter().chain(first(&decisions)).min(),
            ),
            Self::Decided => (first(&[Action::Send]), first(&decisions)),
            Self::Contacted => (first(&[Action::Accept]), reached(referral)),
            Self::Started => (first(&[Action::Accept]), first(&[Action::Start])),
            Self::Placed => (first(&[Action::Wait]), placed(referral)),
            Self::Seen => {
                let ended = first(&[Action::End]);
                (ended, ended.and(first(&[Action::Close])))
            }
        }
    }

    /// Whether a referral that is not done with it is at it still, and not past it in another way.
    fn is_underway(self, state: &State) -> bool {
        let stage = Stage::of(state);
        let is_held = matches!(stage, Stage::Accepted | Stage::Started | Stage::Paused | Stage::ProvisionallyHeld);
        match self {
            Self::Acknowledged => stage == Stage::Sent,
            Self::Decided => matches!(stage, Stage::Sent | Stage::Acknowledged | Stage::InformationAsked),
            Self::Contacted => is_held,
            Self::Started => matches!(stage, Stage::Accepted | Stage::ProvisionallyHeld),
            Self::Placed => stage == Stage::Waitlisted,
            Self::Seen => owed(state, Side::Sender).contains(&Duty::Close),
        }
    }
}

impl Timescales {
    /// Counts a referral. One that was not sent is none yet.
    pub fn add(&mut self, referral: &Referral) {
        let state = &referral.state;
        if state.first(Action::Send).is_none() {
            return;
        }
        self.referrals += 1;
        for step in Step::ALL {
            match step.course(referral) {
                (Some(began), Some(done)) => {
                    let took = done.as_ms().saturating_sub(began.as_ms()).max(0);
                    self.taken_ms.entry(step).or_default().push(took);
                }
                (Some(_), None) if step.is_underway(state) => *self.underway.entry(step).or_default() += 1,
                _ => {}
            }
        }
        if state.was_taken_on() && Finish::of(state).is_some() {
            self.over += 1;
            self.with_outcome += u64::from(is_closed_with_outcome(state));
        }
    }

    /// How many were counted; none where they are few.
    pub const fn referrals(&self) -> Option<u64> {
        tellable(self.referrals)
    }

    /// What a step took; nothing of it where few were counted.
    pub fn of(&self, step: Step) -> Timescale {
        if self.referrals().is_none() {
            return Timescale::default();
        }
        let mut taken_ms = self.taken_ms.get(&step).cloned().unwrap_or_default();
        taken_ms.sort_unstable();
        let referrals = tellable(taken_ms.len() as u64);
        let told = |time: Option<i64>| referrals.and(time);
        Timescale {
            referrals,
            underway: tellable(self.underway.get(&step).copied().unwrap_or_default()),
            median_ms: told(median(&taken_ms)),
            ninetieth_ms: told(ninetieth(&taken_ms)),
        }
    }

    /// How many came to an end that their sender has seen.
    pub fn closed(&self) -> Closed {
        let over = tellable(self.over);
        let without = self.over.saturating_sub(self.with_outcome);
        // A percentage of a known number tells how many are on either side of it.
        let told = over.filter(|_| tellable(self.with_outcome).is_some() && tellable(without).is_some());
        let percent = |over: u64| (self.with_outcome * 100 + over / 2).checked_div(over);
        Closed { over, with_outcome_percent: told.and_then(percent) }
    }
}

/// A count that tells of nobody: there are none, or enough.
const fn tellable(count: u64) -> Option<u64> {
    match count {
        1..SMALL_NUMBER => None,
        count => Some(count),
    }
}

fn median(sorted: &[i64]) -> Option<i64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(middle.checked_sub(1)?)?;
    Some(lower + (upper - lower) / 2)
}

fn ninetieth(sorted: &[i64]) -> Option<i64> {
    let rank = (sorted.len() * 9).div_ceil(10);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn is_closed_with_outcome(state: &State) -> bool {
    let is_told = matches!(state.response, ResponseTrack::Ended(outcome) if outcome != Outcome::NotTold);
    state.closed && is_told
}

/// When the person was first reached.
fn reached(referral: &Referral) -> Option<Timestamp> {
    let contacts = effective(referral).filter(|event| event.body == Body::Contact(Contact::Made));
    contacts.map(|event| event.occurred_at).min()
}

/// When there was a place for who was on the waiting list: the yes that came behind.
fn placed(referral: &Referral) -> Option<Timestamp> {
    let mut behind = effective(referral).skip_while(|event| event.body != Body::Wait);
    behind.find(|event| event.body.action() == Action::Accept).map(|event| event.occurred_at)
}

/// What took effect, each behind what its author knew.
fn effective(referral: &Referral) -> impl Iterator<Item = &Event> {
    let told = referral.events.iter().filter(|told| told.standing == Standing::Effective);
    told.filter_map(|told| told.event.as_ref())
}
