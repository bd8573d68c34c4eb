//! How long an organisation keeps a referral that is finished: by how it finished, and longer only while something holds it. And how
//! long a draft that nobody sends.
//!
//! Nothing is erased here. [`due()`] and [`draft_due()`] say when; the erasing is an event of its own ([`Action::Erase`]), and where the time that is
//! handed in is wrong, so is the answer: a node that does not trust its clock erases nothing.

use super::Side;
use super::authority::Stage;
use super::code::{Action, Basis, Outcome, Reason, codes};
use super::sharing::last_day;
use super::shown::{Duty, owed};
use super::state::{Holder, RequestTrack, ResponseTrack, State};
use crate::limits::{HOLD_MS, RETENTION_DAYS, RETENTION_DRAFT_DAYS, RETENTION_WITHDRAWN_DAYS};
use crate::{Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

codes! {
    /// How a referral finished, as far as it decides how long it is kept.
    Finish, "a way to finish" {
        /// The receiver said no.
        Declined = 1, "declined";
        /// The sender took it back before anybody accepted.
        Withdrawn = 2, "withdrawn";
        /// Nobody answered.
        Lapsed = 3, "lapsed";
        /// The person does not agree any more.
        AgreementWithdrawn = 4, "agreement-withdrawn";
        /// It was accepted, and the sender has the person again.
        TakenBack = 5, "taken-back";
        /// What was planned was done, or part of it.
        Helped = 6, "helped";
        /// The person left early, never came, could not be reached or did not need it any more.
        NotTakenUp = 7, "not-taken-up";
        /// The person goes on elsewhere or moved away, or what was offered ended.
        WentElsewhere = 8, "went-elsewhere";
        /// The person died.
        Died = 9, "died";
        /// It ended in another way, or in one that is not told.
        Ended = 10, "ended";
        /// Somebody said that it would not be safe.
        NotSafe = 11, "not-safe";
    }
}

/// How long an organisation keeps what is finished, in days from when it finished. Read as a map from [`Finish`] to days; what is
/// left out is as by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Finish, u32>", into = "BTreeMap<Finish, u32>")]
pub struct Retention {
    days: BTreeMap<Finish, u32>,
}

/// How long a draft is kept that nobody touches, in days. By default a month: what somebody said of themselves is then old enough to
/// be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftDays(u32);

/// What keeps one referral longer than the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// On what basis.
    pub basis: Basis,
    /// Until when.
    pub until: Timestamp,
}

/// When an organisation's copy of a referral should be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Why then.
    pub why: Why,
}

/// Why a referral is due when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The rule for how it finished.
    Finished(Finish),
    /// It is held until then.
    Held(Basis),
    /// It is a draft, and nobody changed it since.
    Untouched,
}

impl Finish {
    /// How this referral finished; `None` while it is open, and while the receiver still has to say that what was stopped has stopped.
    pub fn of(state: &State) -> Option<Self> {
        let has_to_stop = |duty: &Duty| matches!(duty, Duty::ConfirmStop | Duty::TellPerson);
        if owed(state, Side::Receiver).iter().any(has_to_stop) {
            return None;
        }
        // Before all else: what keeps it in spite of that is a hold, with its basis.
        if state.agreement_withdrawn {
            return Some(Self::AgreementWithdrawn);
        }
        let finish = match Stage::of(state) {
            Stage::Declined => Self::Declined,
            Stage::Withdrawn => Self::Withdrawn,
            Stage::Lapsed => Self::Lapsed,
            Stage::Ended | Stage::TakenBack | Stage::Closed => Self::closed(state),
            Stage::StopConfirmed if !state.is_left_with_nobody() => Self::closed(state),
            _ => return None,
        };
        Some(if was_not_safe(state) { Self::NotSafe } else { finish })
    }

    fn closed(state: &State) -> Self {
        match (state.response, state.request) {
            (ResponseTrack::Ended(outcome), _) => Self::ended(outcome),
            _ if state.holder == Holder::Next => Self::WentElsewhere,
            _ if state.was_taken_on() => Self::TakenBack,
            (ResponseTrack::Declined(_), _) => Self::Declined,
            (_, RequestTrack::Lapsed) => Self::Lapsed,
            _ => Self::Withdrawn,
        }
    }

    const fn ended(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed | Outcome::PartlyCompleted => Self::Helped,
            Outcome::LeftEarly | Outcome::DidNotAttend | Outcome::Unreachable | Outcome::NotNeeded => Self::NotTakenUp,
            Outcome::WentElsewhere | Outcome::MovedAway | Outcome::ServiceEnded => Self::WentElsewhere,
            Outcome::Died => Self::Died,
            Outcome::NotTold | Outcome::Other => Self::Ended,
        }
    }

    /// In days: what a small charity that set nothing can answer for. Two years for help that was given, which funders ask about; six
    /// where it was not safe, as long as most claims can be brought (Limitation Act 1980).
    const fn days_by_default(self) -> u32 {
        match self {
            Self::AgreementWithdrawn => 0,
            Self::Declined | Self::Withdrawn | Self::Lapsed => 90,
            Self::TakenBack | Self::NotTakenUp | Self::WentElsewhere | Self::Died | Self::Ended => 365,
            Self::Helped => 2 * 365,
            Self::NotSafe => 6 * 365,
        }
    }

    const fn most_days(self) -> u32 {
        match self {
            Self::AgreementWithdrawn => RETENTION_WITHDRAWN_DAYS,
            _ => RETENTION_DAYS,
        }
    }
}

impl Retention {
    /// How long what finished so is kept, in days.
    pub fn days(&self, finish: Finish) -> u32 {
        self.days.get(&finish).copied().unwrap_or_else(|| finish.days_by_default())
    }

    /// Sets it. Refused when it is longer than may be.
    pub fn set(&mut self, finish: Finish, days: u32) -> Result<(), Refusal> {
        let most = finish.most_days();
        if days > most {
            let refusal = Refusal::invalid(format!("{finish} would be kept for {days} days; the most is {most}"));
            return Err(
                refusal.hint("what the law demands for longer is kept one by one: `fingerpost privacy hold ID`")
            );
        }
        self.days.insert(finish, days);
        Ok(())
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: Finish::ALL.iter().map(|finish| (*finish, finish.days_by_default())).collect() }
    }
}

impl TryFrom<BTreeMap<Finish, u32>> for Retention {
    type Error = Refusal;

    fn try_from(days: BTreeMap<Finish, u32>) -> Result<Self, Refusal> {
        let mut retention = Self::default();
        days.into_iter().try_for_each(|(finish, days)| retention.set(finish, days))?;
        Ok(retention)
    }
}

impl From<Retention> for BTreeMap<Finish, u32> {
    fn from(retention: Retention) -> Self {
        retention.days
    }
}

impl DraftDays {
    /// So many. Refused when it is longer than may be.
    pub fn new(days: u32) -> Result<Self, Refusal> {
        if days > RETENTION_DRAFT_DAYS {
            let refusal = format!("a draft would be kept for {days} days; the most is {RETENTION_DRAFT_DAYS}");
            return Err(Refusal::invalid(refusal).hint("a draft that somebody changes is kept as long again"));
        }
        Ok(Self(days))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for DraftDays {
    fn default() -> Self {
        Self(30)
    }
}

impl Hold {
    /// One that begins now. Refused when its end is past, or so far that nobody would look at it again.
    pub fn new(basis: Basis, until: Timestamp, now: Timestamp) -> Result<Self, Refusal> {
        if until <= now {
            return Err(Refusal::invalid(format!("a hold that ended on {}", last_day(until)))
                .hint("give the day until which it is kept; look at the year"));
        }
        if until > now.plus_ms(HOLD_MS) {
            return Err(Refusal::invalid("a hold for more than 25 years")
                .hint("give an earlier day: it is looked at again and renewed by then"));
        }
        Ok(Self { basis, until })
    }
}

/// When a party's copy of a referral should be erased, by its own rule; `None` while the referral is open. What it holds itself keeps
/// it longer, be it here alone (`hold`) or by its own event ([`Action::Keep`]). Whether some of its nodes erased already is in
/// [`State::erasure`].
pub fn due(state: &State, side: Side, now: Timestamp, policy: &Retention, hold: Option<&Hold>) -> Option<Due> {
    let finish = Finish::of(state)?;
    let kept_ms = i64::from(policy.days(finish)).saturating_mul(DAY_MS);
    let by_rule = Due { at: finished_at(state, side, now).plus_ms(kept_ms), why: Why::Finished(finish) };
    let holds = hold.map(|hold| (hold.basis, hold.until)).into_iter().chain(state.erasure(side).kept);
    let longest = holds.max_by_key(|(basis, until)| (*until, *basis));
    match longest {
        Some((basis, until)) if until > by_rule.at => Some(Due { at: until, why: Why::Held(basis) }),
        _ => Some(by_rule),
    }
}

/// When a draft that was last changed then should be thrown away. A change that is dated ahead counts as now, so that no wrong clock
/// has anything thrown away early.
pub fn draft_due(changed: Timestamp, now: Timestamp, kept: DraftDays) -> Due {
    let kept_ms = i64::from(kept.get()).saturating_mul(DAY_MS);
    Due { at: changed.min(now).plus_ms(kept_ms), why: Why::Untouched }
}

/// When it finished: the last of all that moved it. Reading it, looking how it ended and what is told afterwards do not keep it.
///
/// Both parties' clocks are in this. An end that is dated before the rest counts from the rest, and one that is dated ahead counts as
/// now, so that no wrong clock has anything erased early; it puts off at most until the sender has closed it, by the sender's own.
fn finished_at(state: &State, side: Side, now: Timestamp) -> Timestamp {
    let moves = |action: &Action| {
        !matches!(
            action,
            Action::Acknowledge | Action::Open | Action::Feedback | Action::Close | Action::Erase | Action::Keep
        )
    };
    let times = state.times.iter().filter(|(action, _)| moves(action)).map(|(_, (_, last))| (*last).min(now));
    let finished = times.max().unwrap_or(now);
    match (side, state.first(Action::Close)) {
        (Side::Sender, Some(closed)) => finished.min(closed),
        _ => finished,
    }
}

fn was_not_safe(state: &State) -> bool {
    let by_sender = state.request == RequestTrack::Withdrawn(Reason::NotSafe);
    let by_receiver = match state.response {
        ResponseTrack::Declined(reason) | ResponseTrack::HandedBack(reason) | ResponseTrack::Paused(reason) => {
            reason == Reason::NotSafe
        }
        _ => false,
    };
    by_sender || by_receiver
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished(finish) => finish.fmt(f),
            Self::Held(basis) => write!(f, "held ({basis})"),
            Self::Untouched => f.write_str("draft that nobody changed"),
        }
    }
}
