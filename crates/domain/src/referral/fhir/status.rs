//! Which statuses of FHIR R4 a referral has: of the `Task`, which is the receiver's to move, and of the `ServiceRequest`, which is the
//! sender's word that something is wanted.
//!
//! R4 has fewer than a referral. Where two of ours are one there, the words of `Task.businessStatus` tell them apart
//! ([`business_status`]); no status says that the receiver took on what it has not, or that all is over while somebody still decides.

use crate::referral::Side;
use crate::referral::authority::Stage;
use crate::referral::code::Outcome;
use crate::referral::shown::{Word, detail, word};
use crate::referral::state::{RequestTrack, ResponseTrack, State};
use serde::Serialize;

/// `Task.status`, of which a referral needs these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskStatus {
    /// Not to be acted upon yet.
    Draft,
    /// Somebody is asked to.
    Requested,
    /// Who was asked has it, and considers it.
    Received,
    /// They will, and have not begun.
    Accepted,
    /// They will not, and did nothing.
    Rejected,
    /// It goes on.
    InProgress,
    /// It began, and rests.
    OnHold,
    /// It was tried, and could not be done.
    Failed,
    /// It was done.
    Completed,
    /// It was called off.
    Cancelled,
}

/// `ServiceRequest.status`, of which a referral needs these. R4's `on-hold` is a request that its sender suspends, which no sender does
/// here: where the receiver pauses, the request stands and the task is on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestStatus {
    /// Not sent.
    Draft,
    /// It stands.
    Active,
    /// Over before all of it was done.
    Revoked,
    /// Done.
    Completed,
}

/// Where the task stands.
///
/// - The waiting list, a question, and answers that differ with no yes among them are `received`: R4's "has claimed it and is evaluating
///   whether to perform it". `accepted` would say that the receiver took the person on, `on-hold` that it had begun.
/// - Answers that differ with a yes among them stand as the yes does, and never as over: the person is held there.
/// - Passed on is `in-progress`: the receiver still owes how it ends.
/// - Handed back is `failed`: it was tried, and the receiver will not resume it, which `on-hold` would promise.
/// - The receiver's last word stands, whatever was called off since: ended by its outcome, declined, handed back. Whatever else was
///   called off is `cancelled`.
/// - That the sender has seen how it ended changes nothing.
pub fn task_status(state: &State) -> TaskStatus {
    match Stage::of(&State { closed: false, ..state.clone() }) {
        Stage::Draft => TaskStatus::Draft,
        Stage::Sent => TaskStatus::Requested,
        Stage::Acknowledged | Stage::InformationAsked | Stage::Waitlisted | Stage::ProvisionallyOpen => {
            TaskStatus::Received
        }
        Stage::Accepted => TaskStatus::Accepted,
        Stage::Started | Stage::PassedOn => TaskStatus::InProgress,
        Stage::Paused => TaskStatus::OnHold,
        Stage::ProvisionallyHeld => match state.response {
            ResponseTrack::Accepted => TaskStatus::Accepted,
            ResponseTrack::Paused(_) => TaskStatus::OnHold,
            _ => TaskStatus::InProgress,
        },
        Stage::Ended
        | Stage::Declined
        | Stage::HandedBack
        | Stage::Stopping
        | Stage::StopConfirmed
        | Stage::TakenBack
        | Stage::Withdrawn
        | Stage::Lapsed
        | Stage::AgreementWithdrawn
        | Stage::Closed => last_word(state).unwrap_or(TaskStatus::Cancelled),
    }
}

/// Where the request stands. A referral goes to one receiver, so with its no it is over; what was handed back stands until the sender
/// takes the person back.
pub fn request_status(state: &State) -> RequestStatus {
    let is_over = state.is_stopped() || state.taken_back || matches!(state.response, ResponseTrack::Ended(_));
    match task_status(state) {
        TaskStatus::Draft => RequestStatus::Draft,
        TaskStatus::Completed => RequestStatus::Completed,
        TaskStatus::Rejected | TaskStatus::Cancelled => RequestStatus::Revoked,
        TaskStatus::Failed if is_over => RequestStatus::Revoked,
        TaskStatus::Failed
        | TaskStatus::Requested
        | TaskStatus::Received
        | TaskStatus::Accepted
        | TaskStatus::InProgress
        | TaskStatus::OnHold => RequestStatus::Active,
    }
}

/// What an outcome makes of the task: `completed` where what was asked for was done, at least in part, or was no more to be done;
/// `failed` where it broke off or never began. What is not told is never `failed`, which would tell something.
pub const fn outcome_status(outcome: Outcome) -> TaskStatus {
    match outcome {
        Outcome::Completed | Outcome::PartlyCompleted | Outcome::NotNeeded | Outcome::NotTold | Outcome::Other => {
            TaskStatus::Completed
        }
        Outcome::LeftEarly
        | Outcome::DidNotAttend
        | Outcome::Unreachable
        | Outcome::WentElsewhere
        | Outcome::MovedAway
        | Outcome::Died
        | Outcome::ServiceEnded => TaskStatus::Failed,
    }
}

/// `Task.businessStatus` in words: ours, with the party that a stranger would not know "us" and "them" to be. Names nobody.
pub fn business_status(state: &State, viewer: Side) -> String {
    let (word, detail) = (word(state, viewer), detail(state));
    match word {
        Word::WaitingForUs => format!("{word}, the {viewer}: {detail}"),
        Word::WaitingForThem => format!("{word}, the {}: {detail}", viewer.other()),
        Word::Active | Word::Stopping | Word::Finished => format!("{word}: {detail}"),
    }
}

/// `Task.statusReason` in words: why it rests, failed, was refused or was called off.
pub fn status_reason(state: &State) -> Option<&'static str> {
    match (task_status(state), state.response, state.request) {
        (TaskStatus::Failed, ResponseTrack::Ended(outcome), _) => Some(outcome.word()),
        (
            TaskStatus::OnHold | TaskStatus::Failed | TaskStatus::Rejected,
            ResponseTrack::Paused(reason) | ResponseTrack::HandedBack(reason) | ResponseTrack::Declined(reason),
            _,
        ) => Some(reason.word()),
        (TaskStatus::Cancelled, _, RequestTrack::Withdrawn(reason)) if !state.agreement_withdrawn => {
            Some(reason.word())
        }
        _ => None,
    }
}

/// What the receiver said last, where that was the end of it.
fn last_word(state: &State) -> Option<TaskStatus> {
    match state.response {
        _ if state.is_provisional => None,
        ResponseTrack::Ended(outcome) => Some(outcome_status(outcome)),
        ResponseTrack::HandedBack(_) => Some(TaskStatus::Failed),
        // A lead's no after a yes of another node: something was done there.
        ResponseTrack::Declined(_) if state.was_taken_on() => Some(TaskStatus::Failed),
        ResponseTrack::Declined(_) => Some(TaskStatus::Rejected),
        _ => None,
    }
}
