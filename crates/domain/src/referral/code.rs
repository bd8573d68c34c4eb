//! What an event may say: closed lists, each with its number on the wire and its word. Free words are in the sealed payload, so nothing
//! here can name a person.

use super::Side;
use crate::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$each:meta])* $variant:ident = $number:literal, $word:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$each])* $variant,)*
        }

        impl $name {
            /// All of them, by their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its number on the wire.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// From its number. Refused when this version knows none such.
            pub fn from_number(number: u32) -> Result<Self, Refusal> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    other => Err(Refusal::malformed(format!(concat!("{} is not the number of ", $what), other))),
                }
            }
        }

        impl FromStr for $name {
            type Err = Refusal;

            fn from_str(text: &str) -> Result<Self, Refusal> {
                Self::ALL.iter().copied().find(|one| one.word() == text).ok_or_else(|| {
                    let words = Self::ALL.iter().map(|one| one.word()).collect::<Vec<_>>().join(", ");
                    Refusal::invalid(format!(concat!("{:?} is not ", $what), text)).hint(format!("use one of {words}"))
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(super) use codes;

codes! {
    /// What somebody at an organisation is trusted with (the design's identity page), and the node itself.
    Role, "a role" {
        /// Looks.
        Viewer = 1, "viewer";
        /// Does the work of referrals.
        Caseworker = 2, "caseworker";
        /// Edits the directory.
        DirectoryEditor = 3, "directory-editor";
        /// Answers for personal data, and has the last word where an organisation answered differently.
        DataProtectionLead = 4, "data-protection-lead";
        /// Runs the node; cannot read client data.
        Administrator = 5, "administrator";
        /// The node, which carries out at its own place what was ordered at another.
        Node = 6, "node";
    }
}

codes! {
    /// What an event does.
    Action, "an action" {
        /// The referral goes out.
        Send = 1, "send";
        /// Another version of what was sent.
        Amend = 2, "amend";
        /// The answer to a question.
        Answer = 3, "answer";
        /// The sender takes the referral back, whatever became of it.
        Withdraw = 4, "withdraw";
        /// The sender waits no longer.
        Lapse = 5, "lapse";
        /// The sender holds the person again.
        TakeBack = 6, "take-back";
        /// The sender has seen how it ended.
        Close = 7, "close";
        /// The receiver has it, or has its newest version.
        Acknowledge = 20, "acknowledge";
        /// Somebody at the receiver read it.
        Open = 21, "open";
        /// A question to the sender.
        Ask = 22, "ask";
        /// On the waiting list.
        Wait = 23, "wait";
        /// The receiver holds the person from now.
        Accept = 24, "accept";
        /// No.
        Decline = 25, "decline";
        /// The person was contacted, or it was tried.
        Contact = 26, "contact";
        /// It began.
        Start = 27, "start";
        /// It rests.
        Pause = 28, "pause";
        /// It goes on.
        Resume = 29, "resume";
        /// Word on how it goes.
        Feedback = 30, "feedback";
        /// The receiver cannot go on with what it accepted.
        HandBack = 31, "hand-back";
        /// It ended, with an outcome; after it was passed on, with the outcome there.
        End = 32, "end";
        /// The next organisation accepted the person.
        PassOn = 33, "pass-on";
        /// What the sender stopped has stopped.
        ConfirmStop = 34, "stop-confirm";
        /// The person does not agree any more.
        WithdrawAgreement = 50, "consent-withdraw";
        /// A node destroyed the key and all that it opened.
        Erase = 51, "erase";
        /// An organisation keeps what it has, until when and on what basis.
        Keep = 52, "keep";
    }
}

codes! {
    /// Why not, or why not any more.
    Reason, "a reason" {
        /// The person asked for it.
        PersonAsked = 1, "person-asked";
        /// It was made in error.
        MadeInError = 2, "made-in-error";
        /// What was needed changed.
        NeedsChanged = 3, "needs-changed";
        /// Help was found elsewhere.
        HelpedElsewhere = 4, "helped-elsewhere";
        /// The person could not be reached.
        Unreachable = 5, "unreachable";
        /// The person moved away.
        MovedAway = 6, "moved-away";
        /// The person died.
        Died = 7, "died";
        /// No answer came.
        NoAnswer = 8, "no-answer";
        /// There is no space.
        NoSpace = 20, "no-space";
        /// The person does not qualify.
        NotEligible = 21, "not-eligible";
        /// The person lives elsewhere.
        OutOfArea = 22, "out-of-area";
        /// More is needed than is offered there.
        NeedsMore = 23, "needs-more";
        /// Something else is needed than is offered there.
        WrongService = 24, "wrong-service";
        /// What was asked was not answered.
        InformationMissing = 25, "information-missing";
        /// The person is known there already.
        AlreadyKnown = 26, "already-known";
        /// It would not be safe.
        NotSafe = 27, "not-safe";
        /// What was offered is offered no more.
        ServiceEnded = 28, "service-ended";
        /// Illness or hospital.
        Illness = 40, "illness";
        /// Away for a time.
        Away = 41, "away";
        /// None of these; words for it are in the payload.
        Other = 99, "other";
    }
}

codes! {
    /// How it ended.
    Outcome, "an outcome" {
        /// All that was planned was done.
        Completed = 1, "completed";
        /// Part of it was.
        PartlyCompleted = 2, "partly-completed";
        /// The person left early, by their own choice.
        LeftEarly = 3, "left-early";
        /// The person never came.
        DidNotAttend = 4, "did-not-attend";
        /// The person could not be reached.
        Unreachable = 5, "unreachable";
        /// It was not needed any more.
        NotNeeded = 6, "not-needed";
        /// The person goes on elsewhere.
        WentElsewhere = 7, "went-elsewhere";
        /// The person moved away.
        MovedAway = 8, "moved-away";
        /// The person died.
        Died = 9, "died";
        /// What was offered ended.
        ServiceEnded = 10, "service-ended";
        /// It ended, and the person does not want more told to who referred.
        NotTold = 98, "not-told";
        /// None of these; words for it are in the payload.
        Other = 99, "other";
    }
}

codes! {
    /// How far a contact with the person went.
    Contact, "a contact" {
        /// Nobody tried.
        None = 1, "none";
        /// It was tried, and nobody was reached.
        Tried = 2, "tried";
        /// The person was reached.
        Made = 3, "made";
    }
}

codes! {
    /// What became of the next referral, where the receiver had passed the person on when the sender stopped.
    Onward, "a course of the next referral" {
        /// There is none.
        None = 1, "none";
        /// It rests on the same agreement, and stops too.
        Stops = 2, "stops";
        /// It rests on an agreement of its own, and goes on.
        Stands = 3, "stands";
    }
}

codes! {
    /// On what basis in law an organisation keeps what it was asked to erase (UK GDPR, article 6 and 17(3)).
    Basis, "a lawful basis" {
        /// The law demands it.
        LegalObligation = 1, "legal-obligation";
        /// Somebody's life or safety.
        VitalInterests = 2, "vital-interests";
        /// A task in the public interest.
        PublicTask = 3, "public-task";
        /// Interests of its own that weigh more.
        LegitimateInterests = 4, "legitimate-interests";
        /// A claim in law that is made or answered.
        LegalClaim = 5, "legal-claim";
        /// Safeguarding.
        Safeguarding = 6, "safeguarding";
        /// Other; words for it are in the organisation's own records.
        Other = 99, "other";
    }
}

codes! {
    /// What an erasing node can say of what it destroyed.
    Receipt, "a receipt" {
        /// It is gone.
        Erased = 1, "erased";
        /// It is gone, and nobody there had opened it.
        NeverOpened = 2, "never-opened";
    }
}

/// Whether an event carries a sealed payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// It says nothing without.
    Required,
    /// It may.
    Allowed,
    /// It must not.
    Forbidden,
}

impl Action {
    /// Whether this side does it at all.
    pub const fn is_of(self, side: Side) -> bool {
        match self {
            Self::Send | Self::Amend | Self::Answer | Self::Withdraw | Self::Lapse | Self::TakeBack | Self::Close => {
                matches!(side, Side::Sender)
            }
            Self::WithdrawAgreement | Self::Erase | Self::Keep => true,
            _ => matches!(side, Side::Receiver),
        }
    }

    /// Whether it is written by the organisation's home node alone: what two nodes of it could say differently.
    pub const fn is_decision(self) -> bool {
        self.is_answer() || matches!(self, Self::Withdraw | Self::TakeBack)
    }

    /// Whether it ends or turns the receiver's track: of two such made apart, with different results, one stands provisionally.
    /// A question and the waiting list count too, but any node may write them.
    pub(super) const fn settles(self) -> bool {
        self.is_answer() || matches!(self, Self::Ask | Self::Wait)
    }

    const fn is_answer(self) -> bool {
        matches!(self, Self::Accept | Self::Decline | Self::HandBack | Self::End | Self::PassOn)
    }

    /// Whether it still may be written when a document is nearly full.
    pub const fn brings_to_an_end(self) -> bool {
        self.is_decision()
            || matches!(
                self,
                Self::Lapse | Self::Close | Self::ConfirmStop | Self::WithdrawAgreement | Self::Erase | Self::Keep
            )
    }

    /// Whether it carries a payload.
    pub const fn payload(self) -> Payload {
        match self {
            Self::Send | Self::Amend | Self::Answer | Self::Ask | Self::Feedback => Payload::Required,
            Self::Open | Self::Erase | Self::Keep | Self::WithdrawAgreement => Payload::Forbidden,
            _ => Payload::Allowed,
        }
    }
}
