//! What people see of a referral: one of five words from where they stand, a line of detail, and what each side owes.

use super::Side;
use super::authority::Stage;
use super::code::{Onward, Receipt};
use super::state::{RequestTrack, ResponseTrack, State};
use serde::Serialize;
use std::fmt;

/// The word above the detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Word {
    /// The other party is to act.
    #[serde(rename = "waiting for them")]
    WaitingForThem,
    /// We are.
    #[serde(rename = "waiting for us")]
    WaitingForUs,
    /// The receiver, or who comes after it, has the person.
    #[serde(rename = "active")]
    Active,
    /// It was stopped, and not all that follows is done.
    #[serde(rename = "stopping")]
    Stopping,
    /// Over.
    #[serde(rename = "finished")]
    Finished,
}

/// Something that a party still has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Send the draft, or throw it away.
    Send,
    /// Say that it came.
    Acknowledge,
    /// Answer: a question, the waiting list, yes or no.
    Decide,
    /// Answer the question.
    Answer,
    /// Say whether the accepted referral stands with the new version, or hand it back.
    TakeVersion,
    /// Say which of two answers counts.
    Resolve,
    /// Stop, and say so.
    ConfirmStop,
    /// Tell the person that it stopped, and say what becomes of the next referral.
    TellPerson,
    /// Take the person back.
    TakeBack,
    /// Look at how it ended.
    Close,
    /// Erase, or say on what basis it is kept: the person's agreement ended.
    EraseOrKeep,
    /// Say the same, since the other party erased.
    AnswerErasure,
    /// Say that what came after erasing was dropped.
    DropLate,
}

impl Word {
    /// As it is shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WaitingForThem => "waiting for them",
            Self::WaitingForUs => "waiting for us",
            Self::Active => "active",
            Self::Stopping => "stopping",
            Self::Finished => "finished",
        }
    }
}

impl Duty {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Send => "send it",
            Self::Acknowledge => "acknowledge it",
            Self::Decide => "decide",
            Self::Answer => "answer the question",
            Self::TakeVersion => "acknowledge the new version or hand back",
            Self::Resolve => "its lead says which answer counts",
            Self::ConfirmStop => "confirm the stop",
            Self::TellPerson => "tell the person and confirm the stop",
            Self::TakeBack => "take the person back",
            Self::Close => "see how it ended and close",
            Self::EraseOrKeep => "erase or record why it is kept",
            Self::AnswerErasure => "answer the erasure",
            Self::DropLate => "confirm that later payloads were dropped",
        }
    }

    /// Whether a stopped referral is not finished before it is done.
    const fn holds_up(self) -> bool {
        matches!(self, Self::ConfirmStop | Self::TellPerson | Self::TakeBack | Self::EraseOrKeep)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Serialize for Duty {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.words())
    }
}

/// The word for who stands on this side.
pub fn word(state: &State, viewer: Side) -> Word {
    let is_held_up = || Side::ALL.iter().any(|side| owed(state, *side).iter().any(|duty| duty.holds_up()));
    let waits_for = |side: Side| if side == viewer { Word::WaitingForUs } else { Word::WaitingForThem };
    if state.is_stopped() {
        return if is_held_up() { Word::Stopping } else { Word::Finished };
    }
    match Stage::of(state) {
        Stage::Draft => waits_for(Side::Sender),
        Stage::InformationAsked if state.has_question => waits_for(Side::Sender),
        Stage::Sent | Stage::Acknowledged | Stage::InformationAsked | Stage::Waitlisted | Stage::ProvisionallyOpen => {
            waits_for(Side::Receiver)
        }
        Stage::Accepted | Stage::Started | Stage::Paused | Stage::ProvisionallyHeld | Stage::PassedOn => Word::Active,
        Stage::HandedBack => Word::Stopping,
        _ => Word::Finished,
    }
}

/// What a party has to do, the most pressing first.
pub fn owed(state: &State, side: Side) -> Vec<Duty> {
    let mut duties = match side {
        Side::Sender => owed_by_sender(state),
        Side::Receiver => owed_by_receiver(state),
    };
    let (own, other) = (state.erasure(side), state.erasure(side.other()));
    if own.is_given_up {
        return Vec::new();
    }
    let was_sent = state.request != RequestTrack::Draft;
    if !own.has_answered() && state.agreement_withdrawn && (was_sent || side == Side::Sender) {
        duties.push(Duty::EraseOrKeep);
    } else if !own.has_answered() && was_sent && (other.is_given_up || !other.nodes.is_empty()) {
        duties.push(Duty::AnswerErasure);
    }
    if own.late > 0 {
        duties.push(Duty::DropLate);
    }
    duties
}

fn owed_by_sender(state: &State) -> Vec<Duty> {
    let is_off = state.is_stopped() || state.taken_back || state.closed;
    let duty = match Stage::of(state) {
        Stage::Draft => Duty::Send,
        Stage::InformationAsked if state.has_question => Duty::Answer,
        Stage::HandedBack => Duty::TakeBack,
        // Whoever stopped before it was known to be ended has nothing more to look at; the person may be with the receiver still.
        Stage::StopConfirmed if state.is_left_with_nobody() => Duty::TakeBack,
        Stage::Ended if !is_off => Duty::Close,
        _ => return Vec::new(),
    };
    vec![duty]
}

fn owed_by_receiver(state: &State) -> Vec<Duty> {
    let mut duties = Vec::new();
    if has_to_stop(state) {
        duties.push(if state.next.is_some() { Duty::TellPerson } else { Duty::ConfirmStop });
    }
    match Stage::of(state) {
        Stage::Sent => duties.push(Duty::Acknowledge),
        Stage::Acknowledged | Stage::Waitlisted => duties.push(Duty::Decide),
        Stage::InformationAsked if !state.has_question => duties.push(Duty::Decide),
        Stage::ProvisionallyHeld | Stage::ProvisionallyOpen => duties.push(Duty::Resolve),
        _ => {}
    }
    if state.has_new_version && matches!(Stage::of(state), Stage::Accepted | Stage::Started | Stage::Paused) {
        duties.push(Duty::TakeVersion);
    }
    duties
}

/// Whether something goes on at the receiver that was stopped and of which it has not said that it stopped.
fn has_to_stop(state: &State) -> bool {
    if state.stop.is_some() || state.closed {
        return false;
    }
    let is_over = matches!(
        state.response,
        ResponseTrack::None | ResponseTrack::Declined(_) | ResponseTrack::Ended(_) | ResponseTrack::HandedBack(_)
    );
    (state.is_called_off() && state.was_taken_on()) || (state.agreement_withdrawn && !is_over)
}

/// One line: where it stands, and what else is to be known. Names nobody.
pub fn detail(state: &State) -> String {
    let mut parts: Vec<String> = Vec::new();
    if state.agreement_withdrawn {
        parts.push("agreement withdrawn".to_owned());
    }
    let stage = Stage::of(state);
    match stage {
        Stage::Draft | Stage::AgreementWithdrawn if state.request == RequestTrack::Draft => {
            parts.push("draft".to_owned())
        }
        Stage::Withdrawn => parts.push("withdrawn".to_owned()),
        Stage::Lapsed => parts.push("lapsed".to_owned()),
        _ if state.is_stopped() => stopped(state, &mut parts),
        Stage::Sent => parts.push(state.request.word().to_owned()),
        _ => parts.push(answered(state)),
    }
    if state.is_provisional && !state.is_stopped() && !matches!(stage, Stage::Declined | Stage::Closed) {
        parts.push("provisional".to_owned());
    }
    let is_held = matches!(stage, Stage::Accepted | Stage::Started | Stage::Paused);
    if let Some(version) = state.accepted.filter(|accepted| *accepted < state.version && is_held) {
        let waits = if state.has_new_version { "waiting" } else { "taken" };
        parts.push(format!("on version {version}, version {} {waits}", state.version));
    }
    if stage == Stage::InformationAsked && !state.has_question {
        parts.push("answered".to_owned());
    }
    if let Some(stop) = state.stop {
        parts.push(format!("stop confirmed, contact {}", stop.contact));
        match stop.onward {
            Onward::None => {}
            Onward::Stops => parts.push("the next referral stops too".to_owned()),
            Onward::Stands => parts.push("the next referral stands on its own".to_owned()),
        }
    }
    let flags = [(state.taken_back, "taken back"), (state.closed, "closed")];
    parts.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, words)| (*words).to_owned()));
    Side::ALL.iter().for_each(|side| erased(state, *side, &mut parts));
    parts.join(", ")
}

fn stopped(state: &State, parts: &mut Vec<String>) {
    let late = matches!(state.request, RequestTrack::Withdrawn(_)).then_some("late withdrawal");
    match state.response {
        ResponseTrack::Declined(_) if !state.was_taken_on() => {
            parts.push(answered(state));
            parts.extend(late.map(str::to_owned));
        }
        ResponseTrack::None => {}
        ResponseTrack::Ended(_) => parts.push(answered(state)),
        _ => {
            if state.request == RequestTrack::Lapsed {
                parts.push("lapsed".to_owned());
            }
            parts.push(format!("was {}", state.response.word()));
        }
    }
    if state.request == RequestTrack::Lapsed && state.was_taken_on() {
        parts.push("a new referral can be made".to_owned());
    }
}

fn answered(state: &State) -> String {
    match state.response {
        ResponseTrack::Ended(outcome) => format!("ended ({outcome})"),
        ResponseTrack::Declined(reason) | ResponseTrack::HandedBack(reason) | ResponseTrack::Paused(reason) => {
            format!("{} ({reason})", state.response.word())
        }
        other => other.word().to_owned(),
    }
}

fn erased(state: &State, side: Side, parts: &mut Vec<String>) {
    let (own, other) = (state.erasure(side), state.erasure(side.other()));
    if own.is_given_up {
        parts.push(format!("erased for good by {side}"));
        return;
    }
    if let Some((basis, _)) = own.kept.filter(|_| own.nodes.is_empty()) {
        parts.push(format!("kept by {side} ({basis})"));
    }
    if own.nodes.is_empty() {
        return;
    }
    let was_opened = own.nodes.values().any(|receipt| *receipt == Receipt::Erased);
    parts.push(format!("{} by {side}", if was_opened { "erased" } else { "never opened and erased" }));
    if !other.has_answered() && state.request != RequestTrack::Draft {
        parts.push(format!("{} has not confirmed", side.other()));
    }
}
