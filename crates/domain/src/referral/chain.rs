//! Referrals one after another: an organisation that received one and sent the next stands in both, and is the only one that does.
//!
//! Each hop has its own documents, payloads and agreement. What goes back along the chain is that the next organisation accepted, how it
//! ended there, and on what the next referral rests: never who it is, nor anything it wrote.

use super::authority::Stage;
use super::code::{Onward, Outcome};
use super::document::RestsOn;
use super::pass_back::PassBack;
use super::state::{Holder, ResponseTrack, State};
use crate::limits::REFERRALS_ONWARD;
use crate::{RecordId, Refusal, RefusalKind};

/// A referral that an organisation sent on from one that it received, as that organisation sees both.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The one it received.
    pub received: &'a State,
    /// What the person allowed to be told to who sent that.
    pub pass_back: PassBack,
    /// The one it sent.
    pub sent: &'a State,
    /// On whose agreement that one rests.
    pub rests_on: RestsOn,
}

/// What an organisation between two others has to do that neither referral shows alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Between {
    /// Tell who sent it that the next organisation accepted.
    PassOn,
    /// Stop the next referral: it rests on an agreement or a request that is gone.
    StopNext,
    /// Take the person back from the next organisation, which stopped or handed back.
    TakeBack,
    /// Accept again, hand back or pass on anew: the person is here again.
    HoldAgain,
    /// Tell who sent it how it ended.
    CarryEnd(Outcome),
}

/// Refuses one more referral that goes on from another, where so many go on from it already.
pub fn permit_onward(already: usize) -> Result<(), Refusal> {
    if already < REFERRALS_ONWARD {
        return Ok(());
    }
    Err(Refusal::new(RefusalKind::TooLarge, format!("{REFERRALS_ONWARD} referrals go on from that one already"))
        .hint("see what became of them, and refer the person by one that stands by itself, without the one before"))
}

impl Link<'_> {
    /// Refused while the next organisation has not accepted: until then nobody else holds the person.
    pub fn permit_pass_on(&self) -> Result<(), Refusal> {
        if self.sent.was_taken_on() && self.sent.holder != Holder::Sender {
            return Ok(());
        }
        Err(Refusal::new(RefusalKind::WrongState, "the next organisation has not accepted yet")
            .hint("until it does, the person is held where they are"))
    }

    /// What becomes of the next referral when the received one is stopped.
    pub fn onward(&self) -> Onward {
        match self.rests_on {
            RestsOn::Previous => Onward::Stops,
            RestsOn::Own => Onward::Stands,
        }
    }

    /// How it ended beyond, as far as the person lets it be told.
    pub fn carried(&self) -> Option<Outcome> {
        match (self.sent.response, self.pass_back) {
            (ResponseTrack::Ended(_), PassBack::Nothing) => Some(Outcome::NotTold),
            (ResponseTrack::Ended(outcome), _) => Some(outcome),
            _ => None,
        }
    }

    /// Whether the person is with who stands here, by both referrals: then it is this organisation that answers for them.
    pub fn holds(&self) -> bool {
        match self.received.holder {
            Holder::Sender => false,
            Holder::Receiver => true,
            Holder::Next => self.sent.holder == Holder::Sender,
        }
    }

    /// Refused while the person counts as passed on by the next referral: without it nobody here could say where they are, nor tell who
    /// sent them what became of them.
    pub fn permit_losing_next(&self, next: RecordId) -> Result<(), Refusal> {
        if Stage::of(self.received) != Stage::PassedOn || self.received.next != Some(next) {
            return Ok(());
        }
        let hint = match self.owed().last() {
            Some(Between::CarryEnd(outcome)) => {
                format!("tell them first: `referral end`, of the referral that came here, with --outcome {outcome}")
            }
            Some(Between::HoldAgain) => {
                "the person is here again: accept, hand back or pass on anew the one that came here".to_owned()
            }
            _ => "end the referral that came here first, with what is known of how it goes on".to_owned(),
        };
        Err(Refusal::new(RefusalKind::WrongState, "who sent the person here has not been told how this ended")
            .hint(hint))
    }

    /// What is to be done here, the most pressing first.
    pub fn owed(&self) -> Vec<Between> {
        let mut owed = Vec::new();
        let sent = Stage::of(self.sent);
        let is_on = !self.sent.is_stopped() && !self.sent.taken_back && !self.sent.closed;
        let is_over = matches!(sent, Stage::Draft | Stage::Declined | Stage::Ended);
        let has_to_stop = self.received.is_stopped() && self.rests_on == RestsOn::Previous;
        if has_to_stop && is_on && !is_over && sent != Stage::HandedBack {
            owed.push(Between::StopNext);
        }
        if matches!(sent, Stage::HandedBack | Stage::StopConfirmed) && self.sent.holder == Holder::Receiver {
            owed.push(Between::TakeBack);
        }
        if Stage::of(self.received) == Stage::PassedOn {
            match self.carried() {
                Some(outcome) if !self.sent.taken_back => owed.push(Between::CarryEnd(outcome)),
                _ if self.holds() => owed.push(Between::HoldAgain),
                _ => {}
            }
        } else if is_on && self.permit_pass_on().is_ok() && self.received.next.is_none() && !self.received.is_stopped()
        {
            owed.push(Between::PassOn);
        }
        owed
    }
}
