//! Who may do what when: one table, asked of what is written here and of what comes in alike.
//!
//! An event is asked about in the state that its author knew ([`super::fold()`]), so no later news makes it unlawful.

use super::Side;
use super::code::{Action, Onward, Receipt, Role};
use super::event::Body;
use super::state::{Holder, RequestTrack, ResponseTrack, State};
use crate::limits::REQUEST_VERSIONS;
use crate::{Refusal, RefusalKind};
use std::fmt;

/// Where a referral stands, as far as it decides who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Not sent.
    Draft,
    /// Sent, and nothing came back yet.
    Sent,
    /// The receiver has it.
    Acknowledged,
    /// The receiver asked for more.
    InformationAsked,
    /// On the receiver's waiting list.
    Waitlisted,
    /// Accepted.
    Accepted,
    /// Begun.
    Started,
    /// Resting.
    Paused,
    /// Two nodes of the receiver answered differently, one of them with a yes or what follows one.
    ProvisionallyHeld,
    /// Two nodes of the receiver answered differently, none with a yes.
    ProvisionallyOpen,
    /// The next organisation has the person.
    PassedOn,
    /// The receiver cannot go on.
    HandedBack,
    /// Ended.
    Ended,
    /// Declined, and the sender has the person still.
    Declined,
    /// Stopped by the sender or the person after the receiver had accepted or passed on.
    Stopping,
    /// And the receiver says that it stopped.
    StopConfirmed,
    /// The sender holds the person again.
    TakenBack,
    /// Withdrawn before it was accepted.
    Withdrawn,
    /// Lapsed before it was accepted.
    Lapsed,
    /// The person withdrew their agreement before it was accepted.
    AgreementWithdrawn,
    /// The sender has seen how it ended.
    Closed,
}

use Stage::{
    Accepted, Acknowledged, AgreementWithdrawn, Closed, Declined, Draft, Ended, HandedBack, InformationAsked, Lapsed,
    PassedOn, Paused, ProvisionallyHeld, ProvisionallyOpen, Sent, Started, StopConfirmed, Stopping, TakenBack,
    Waitlisted, Withdrawn,
};

/// What somebody is about to do, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// For which party.
    pub side: Side,
    /// As what.
    pub role: Role,
    /// Whether on its organisation's home node.
    pub is_home: bool,
    /// What.
    pub body: Body,
}

/// Why something has no effect, or may not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// This role does not do it, or not at this stage.
    Role,
    /// A decision that was not made on the home node.
    Home,
    /// Nobody does it at this stage.
    Stage(Stage),
    /// It is about another version than the newest.
    Version {
        /// The newest, or for another version the next.
        wanted: u32,
    },
    /// It was said already.
    Said,
    /// The receiver holds the person still.
    Held,
    /// The person's agreement stands.
    Agreement,
    /// It was opened there.
    Opened,
    /// It says something of a next referral where there is none, or nothing where there is one.
    Onward,
}

/// One row of the table: at these stages, these roles.
pub type Rule = (Action, &'static [Role], &'static [Stage]);

const CASE: &[Role] = &[Role::Caseworker];
const LEAD: &[Role] = &[Role::DataProtectionLead];
const BOTH: &[Role] = &[Role::Caseworker, Role::DataProtectionLead];
const KEEPERS: &[Role] = &[Role::DataProtectionLead, Role::Node];

const OPEN: &[Stage] = &[Sent, Acknowledged, InformationAsked, Waitlisted];
const HELD: &[Stage] = &[Accepted, Started, Paused];
const OVER: &[Stage] =
    &[Draft, Ended, Declined, Stopping, StopConfirmed, TakenBack, Withdrawn, Lapsed, AgreementWithdrawn, Closed];

/// The table. An action may have several rows; one that fits is enough.
pub const TABLE: &[Rule] = &[
    (Action::Send, CASE, &[Draft]),
    (Action::Amend, CASE, OPEN),
    (Action::Amend, CASE, HELD),
    (Action::Answer, CASE, &[InformationAsked]),
    (Action::Withdraw, CASE, OPEN),
    (Action::Withdraw, CASE, HELD),
    (Action::Withdraw, CASE, &[ProvisionallyHeld, ProvisionallyOpen, PassedOn]),
    (Action::Lapse, CASE, OPEN),
    (Action::TakeBack, CASE, &[HandedBack, Ended, Stopping, StopConfirmed]),
    (Action::Close, CASE, &[Ended, Declined, StopConfirmed, TakenBack, Withdrawn, Lapsed, AgreementWithdrawn]),
    (Action::Acknowledge, CASE, OPEN),
    (Action::Acknowledge, CASE, HELD),
    (Action::Open, BOTH, OPEN),
    (Action::Open, BOTH, HELD),
    (Action::Open, BOTH, &[ProvisionallyHeld, ProvisionallyOpen, PassedOn, HandedBack, Ended]),
    (Action::Ask, CASE, OPEN),
    (Action::Ask, LEAD, &[ProvisionallyOpen]),
    (Action::Wait, CASE, OPEN),
    (Action::Wait, LEAD, &[ProvisionallyOpen]),
    (Action::Accept, CASE, OPEN),
    (Action::Accept, CASE, &[PassedOn]),
    (Action::Accept, LEAD, &[ProvisionallyHeld, ProvisionallyOpen]),
    (Action::Decline, CASE, OPEN),
    (Action::Decline, LEAD, &[ProvisionallyHeld, ProvisionallyOpen]),
    (Action::Contact, CASE, &[Acknowledged, InformationAsked, Waitlisted, PassedOn, Stopping, StopConfirmed]),
    (Action::Contact, CASE, HELD),
    (Action::Start, CASE, &[Accepted]),
    (Action::Pause, CASE, &[Started]),
    (Action::Resume, CASE, &[Paused]),
    (Action::Feedback, CASE, HELD),
    (Action::Feedback, CASE, &[PassedOn, HandedBack, Ended, Stopping, StopConfirmed, TakenBack]),
    (Action::HandBack, CASE, HELD),
    (Action::HandBack, CASE, &[PassedOn]),
    (Action::HandBack, LEAD, &[ProvisionallyHeld]),
    (Action::End, CASE, HELD),
    (Action::End, CASE, &[PassedOn, Stopping, StopConfirmed, TakenBack]),
    (Action::End, LEAD, &[ProvisionallyHeld]),
    (Action::PassOn, CASE, &[Acknowledged, InformationAsked, Waitlisted, PassedOn]),
    (Action::PassOn, CASE, HELD),
    (Action::PassOn, LEAD, &[ProvisionallyHeld]),
    (Action::ConfirmStop, BOTH, &[Stopping, TakenBack, AgreementWithdrawn]),
    (Action::WithdrawAgreement, BOTH, Stage::ALL),
    (Action::Erase, KEEPERS, OVER),
    (Action::Keep, LEAD, OVER),
];

impl Stage {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Draft,
        Sent,
        Acknowledged,
        InformationAsked,
        Waitlisted,
        Accepted,
        Started,
        Paused,
        ProvisionallyHeld,
        ProvisionallyOpen,
        PassedOn,
        HandedBack,
        Ended,
        Declined,
        Stopping,
        StopConfirmed,
        TakenBack,
        Withdrawn,
        Lapsed,
        AgreementWithdrawn,
        Closed,
    ];

    /// Where a referral in this state stands.
    pub fn of(state: &State) -> Self {
        if state.closed {
            return Closed;
        }
        if state.request == RequestTrack::Draft {
            return if state.agreement_withdrawn { AgreementWithdrawn } else { Draft };
        }
        if state.taken_back {
            return TakenBack;
        }
        match (state.is_stopped(), state.was_taken_on()) {
            (true, true) if state.stop.is_some() => StopConfirmed,
            (true, true) => Stopping,
            (true, false) => Self::never_accepted(state),
            (false, _) => Self::running(state),
        }
    }

    fn never_accepted(state: &State) -> Self {
        match state.request {
            _ if state.agreement_withdrawn => AgreementWithdrawn,
            _ if matches!(state.response, ResponseTrack::Declined(_)) => Declined,
            RequestTrack::Lapsed => Lapsed,
            _ => Withdrawn,
        }
    }

    fn running(state: &State) -> Self {
        if state.is_provisional {
            return if state.was_taken_on() { ProvisionallyHeld } else { ProvisionallyOpen };
        }
        match state.response {
            ResponseTrack::None => Sent,
            ResponseTrack::Acknowledged => Acknowledged,
            // A lead's no after a yes of another node: the person has to be taken back.
            ResponseTrack::Declined(_) if state.was_taken_on() => HandedBack,
            ResponseTrack::Declined(_) => Declined,
            ResponseTrack::InformationAsked => InformationAsked,
            ResponseTrack::Waitlisted => Waitlisted,
            ResponseTrack::Accepted => Accepted,
            ResponseTrack::Started => Started,
            ResponseTrack::Paused(_) => Paused,
            ResponseTrack::Ended(_) => Ended,
            ResponseTrack::HandedBack(_) => HandedBack,
            ResponseTrack::PassedOn => PassedOn,
        }
    }

    /// Its words, behind "a referral that".
    pub const fn words(self) -> &'static str {
        match self {
            Draft => "is a draft",
            Sent => "is sent and not answered",
            Acknowledged => "is acknowledged",
            InformationAsked => "waits for information",
            Waitlisted => "is on the waiting list",
            Accepted => "is accepted",
            Started => "is started",
            Paused => "is paused",
            ProvisionallyHeld => "is accepted provisionally",
            ProvisionallyOpen => "is answered provisionally",
            PassedOn => "is passed on",
            HandedBack => "is handed back",
            Ended => "is ended",
            Declined => "is declined",
            Stopping => "is stopping",
            StopConfirmed => "is stopped",
            TakenBack => "is taken back",
            Withdrawn => "is withdrawn",
            Lapsed => "is lapsed",
            AgreementWithdrawn => "has no agreement any more",
            Closed => "is closed",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Whether this may be done in this state; why not otherwise.
pub fn permit(state: &State, deed: &Deed) -> Result<(), Objection> {
    let (action, stage) = (deed.body.action(), Stage::of(state));
    let mut rules = TABLE.iter().filter(|(of, _, stages)| *of == action && stages.contains(&stage)).peekable();
    if !action.is_of(deed.side) || rules.peek().is_none() {
        return Err(Objection::Stage(stage));
    }
    if !rules.any(|(_, roles, _)| roles.contains(&deed.role)) {
        return Err(Objection::Role);
    }
    if action.is_decision() && !deed.is_home {
        return Err(Objection::Home);
    }
    condition(state, stage, deed)
}

/// The roles that may do something at a stage.
pub fn roles(action: Action, stage: Stage) -> impl Iterator<Item = Role> {
    let fits = move |role: &Role| {
        TABLE.iter().any(|(of, roles, stages)| *of == action && roles.contains(role) && stages.contains(&stage))
    };
    Role::ALL.iter().copied().filter(fits)
}

/// What a party may do at a stage, in this role.
pub fn possible(side: Side, role: Role, stage: Stage) -> impl Iterator<Item = Action> {
    let fits = move |action: &Action| action.is_of(side) && roles(*action, stage).any(|one| one == role);
    Action::ALL.iter().copied().filter(fits)
}

/// What the table cannot say: that what an event names fits what its author knew.
fn condition(state: &State, stage: Stage, deed: &Deed) -> Result<(), Objection> {
    let expect = |holds: bool, objection: Objection| if holds { Ok(()) } else { Err(objection) };
    match deed.body {
        Body::Amend { version } => {
            let wanted = state.version.saturating_add(1).min(REQUEST_VERSIONS);
            expect(version == wanted && version > state.version, Objection::Version { wanted })
        }
        Body::Accept { version } => expect(version == state.version, Objection::Version { wanted: state.version }),
        Body::Acknowledge { version } => {
            expect(version == state.version, Objection::Version { wanted: state.version })?;
            expect(state.has_new_version, Objection::Said)
        }
        Body::Open { version } => {
            expect((1..=state.version).contains(&version), Objection::Version { wanted: state.version })
        }
        Body::End(_) => expect(!matches!(state.response, ResponseTrack::Ended(_)), Objection::Said),
        Body::ConfirmStop { onward, .. } => {
            expect(state.is_stopped() && state.stop.is_none(), Objection::Said)?;
            expect((onward == Onward::None) == state.next.is_none(), Objection::Onward)
        }
        Body::Close if stage == StopConfirmed => {
            let stands = state.stop.is_some_and(|stop| stop.onward == Onward::Stands);
            expect(stands && state.holder == Holder::Next, Objection::Held)
        }
        Body::Erase { .. } | Body::Keep { .. } if stage == StopConfirmed && !state.is_left_with_nobody() => {
            never_opened(state, deed)
        }
        Body::Erase { .. } | Body::Keep { .. } if matches!(stage, Stopping | StopConfirmed) => {
            expect(state.agreement_withdrawn, Objection::Agreement)?;
            never_opened(state, deed)
        }
        Body::Erase { .. } => never_opened(state, deed),
        _ => Ok(()),
    }
}

fn never_opened(state: &State, deed: &Deed) -> Result<(), Objection> {
    match deed.body {
        Body::Erase { receipt: Receipt::NeverOpened, .. } if state.was_opened || deed.side == Side::Sender => {
            Err(Objection::Opened)
        }
        _ => Ok(()),
    }
}

impl Objection {
    /// As a person is told who wants to do it now.
    pub fn refusal(self, state: &State, deed: &Deed) -> Refusal {
        let (action, stage) = (deed.body.action(), Stage::of(state));
        let wrong = |words: String| Refusal::new(RefusalKind::WrongState, words);
        match self {
            Self::Role => {
                let may = roles(action, stage).map(Role::word).collect::<Vec<_>>().join(" or ");
                let refusal = format!("the role {} does not {action} a referral that {stage}", deed.role);
                Refusal::new(RefusalKind::NotAllowed, refusal).hint(format!("somebody may who acts as {may}"))
            }
            Self::Home => Refusal::new(RefusalKind::NotAllowed, format!("{action} is decided on the home node"))
                .hint("another node hands it to that one"),
            Self::Stage(_) => {
                let possible: Vec<_> = possible(deed.side, deed.role, stage).map(Action::word).collect();
                let refusal = wrong(format!("cannot {action} a referral that {stage}"));
                if possible.is_empty() {
                    refusal
                } else {
                    refusal.hint(format!("now you can: {}", possible.join(", ")))
                }
            }
            Self::Version { wanted } => {
                wrong(format!("cannot {action}: it is about another version of the request than {wanted}"))
                    .hint("look at what came since")
            }
            Self::Said => Refusal::new(RefusalKind::AlreadyDone, format!("cannot {action}: that was said already")),
            Self::Held => wrong(format!("cannot {action}: the receiver holds the person still"))
                .hint("take the person back first: `referral take-back`"),
            Self::Agreement => {
                wrong(format!("cannot {action} before the stop is confirmed: the person's agreement stands"))
                    .hint("what is needed to take the person back stays until then")
            }
            Self::Opened => wrong("it was opened there".to_owned()).hint("say that it is erased"),
            Self::Onward if state.next.is_some() => {
                wrong("cannot confirm the stop without a word on the next referral".to_owned())
                    .hint("say whether it stops too, or stands on an agreement of its own")
            }
            Self::Onward => wrong("there is no next referral".to_owned()),
        }
    }
}
