//! Stories of referrals, told in one line each.
//!
//! `send; by receiver: accept; ∥ by sender: withdraw`: a step is made by who was named last, at first the sender, with everything there
//! is before it in view; behind `∥` without what the step before brought, and those that are joined to it so. `accept then start`
//! are made one upon the other. `receiver 2` is another of its nodes, home too; `receiver 3` never was the home. `receiver's lead` and
//! `receiver's node` act in those roles. `!` writes what is refused.

mod accesses;
mod agreements;
mod chains;
mod contents;
mod decisions;
mod documents;
mod events;
mod fhir;
mod late;
mod matrix;
mod model;
mod partings;
mod properties;
mod retentions;
mod rows;
mod sealed;
mod sendings;
mod timescales;
mod tombstones;

use super::code::*;
use super::*;
use crate::{BlobHash, NodeId, RecordId, Refusal, StaffId, Timestamp};

pub(super) fn referral() -> RecordId {
    document::new_referral([7; 16])
}

pub(super) fn node(side: Side, number: u8) -> NodeId {
    NodeId::from_bytes([if side == Side::Sender { 10 } else { 20 } + number; 16])
}

pub(super) fn homes() -> Homes {
    let both = |side| [1, 2].map(|number| node(side, number)).into();
    Homes { sender: both(Side::Sender), receiver: both(Side::Receiver) }
}

/// Both documents as one node holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct View {
    pub(super) request: Events,
    pub(super) response: Events,
}

impl View {
    pub(super) fn fold(&self) -> Referral {
        fold(referral(), &self.request, &self.response, &homes())
    }

    pub(super) fn put(&mut self, event: &Event) {
        let own = match event.side {
            Side::Sender => &mut self.request,
            Side::Receiver => &mut self.response,
        };
        own.insert(event.id(), event.encode());
    }

    pub(super) fn unite(&mut self, other: &Self) {
        self.request.extend(other.request.clone());
        self.response.extend(other.response.clone());
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Actor {
    pub(super) side: Side,
    pub(super) number: u8,
    pub(super) role: Option<Role>,
}

impl Actor {
    fn parse(text: &str) -> Self {
        let (who, role) = match text.split_once("'s ") {
            Some((who, "lead")) => (who, Some(Role::DataProtectionLead)),
            Some((who, role)) => (who, Some(role.parse().expect("a role"))),
            None => (text, None),
        };
        let (side, number) = who.split_once(' ').unwrap_or((who, "1"));
        let side = if side == "sender" { Side::Sender } else { Side::Receiver };
        Self { side, number: number.parse().expect("a number"), role }
    }

    pub(super) fn author(self, action: Action, at_ms: i64) -> Author {
        let of_keeping = matches!(action, Action::Erase | Action::Keep);
        let usual = if of_keeping { Role::DataProtectionLead } else { Role::Caseworker };
        Author {
            side: self.side,
            node: node(self.side, self.number),
            role: self.role.unwrap_or(usual),
            staff: StaffId::from_bytes([3; 16]),
            occurred_at: Timestamp::from_ms(at_ms),
            now: Timestamp::from_ms(at_ms),
        }
    }
}

pub(super) fn payload(action: Action, at_ms: i64) -> Option<BlobHash> {
    let bytes = *at_ms.to_be_bytes().repeat(4).first_chunk().expect("32 bytes");
    (action.payload() == Payload::Required).then(|| BlobHash::from_bytes(bytes))
}

/// What is written whether it may be or not.
pub(super) fn forced(seen: &Referral, author: &Author, body: Body) -> Event {
    Event {
        referral: seen.id,
        side: author.side,
        node: author.node,
        role: author.role,
        staff: author.staff,
        occurred_at: author.occurred_at,
        recorded_at: author.now,
        payload: payload(body.action(), author.now.as_ms()),
        after: seen.latest(author.side),
        seen: seen.latest(author.side.other()),
        body,
    }
}

fn body(text: &str, state: &State, actor: Actor) -> Body {
    let (action, said) = text.split_once('(').unwrap_or((text, ""));
    let said: Vec<&str> = said.trim_end_matches(')').split(", ").filter(|word| !word.is_empty()).collect();
    let reason = || said.first().map_or(Reason::Other, |word| word.parse().expect("a reason"));
    let version = said.first().and_then(|word| word.parse().ok());
    match action.parse().expect("an action") {
        Action::Send => Body::Send,
        Action::Amend => Body::Amend { version: version.unwrap_or(state.version + 1) },
        Action::Answer => Body::Answer,
        Action::Withdraw => Body::Withdraw(reason()),
        Action::Lapse => Body::Lapse,
        Action::TakeBack => Body::TakeBack,
        Action::Close => Body::Close,
        Action::Acknowledge => Body::Acknowledge { version: version.unwrap_or(state.version.max(1)) },
        Action::Open => Body::Open { version: version.unwrap_or(state.version.max(1)) },
        Action::Ask => Body::Ask,
        Action::Wait => Body::Wait,
        Action::Accept => Body::Accept { version: version.unwrap_or(state.version.max(1)) },
        Action::Decline => Body::Decline(reason()),
        Action::Contact => Body::Contact(said.first().map_or(code::Contact::Made, |word| word.parse().expect("how"))),
        Action::Start => Body::Start,
        Action::Pause => Body::Pause(reason()),
        Action::Resume => Body::Resume,
        Action::Feedback => Body::Feedback,
        Action::HandBack => Body::HandBack(reason()),
        Action::End => Body::End(said.first().map_or(Outcome::Completed, |word| word.parse().expect("an outcome"))),
        Action::PassOn => Body::PassOn { next: document::new_referral([8; 16]) },
        Action::ConfirmStop => Body::ConfirmStop {
            contact: said.first().map_or(code::Contact::None, |word| word.parse().expect("a contact")),
            onward: said.get(1).map_or(Onward::None, |word| word.parse().expect("what becomes of the next")),
        },
        Action::WithdrawAgreement => Body::WithdrawAgreement,
        Action::Erase => Body::Erase {
            node: node(actor.side, actor.number),
            receipt: said.first().map_or(Receipt::Erased, |word| word.parse().expect("a receipt")),
        },
        Action::Keep => Body::Keep { basis: Basis::LegalObligation, until: Timestamp::from_ms(2_000_000_000_000) },
    }
}

/// What a story comes to: what every node holds at its end, and what was refused on the way.
pub(super) fn told(story: &str) -> (View, Vec<Refusal>) {
    let nodes = [(Side::Sender, 1), (Side::Sender, 2), (Side::Receiver, 1), (Side::Receiver, 2), (Side::Receiver, 3)];
    let mut views = nodes.map(|_| View::default());
    let mut actor = Actor::parse("sender");
    let (mut refused, mut at_ms) = (Vec::new(), 1_700_000_000_000);
    for step in story.split(';').map(str::trim) {
        let (step, is_apart) = step.strip_prefix('∥').map_or((step, false), |step| (step.trim(), true));
        let step = match step.split_once(':') {
            Some((who, step)) => {
                actor = Actor::parse(who.trim().trim_start_matches("by "));
                step.trim()
            }
            None => step,
        };
        if !is_apart {
            meet(&mut views);
        }
        let place = nodes.iter().position(|one| *one == (actor.side, actor.number)).expect("a node");
        for words in step.split(" then ") {
            at_ms += 60_000;
            let seen = views[place].fold();
            let is_forced = words.starts_with('!');
            let body = body(words.trim_start_matches('!'), &seen.state, actor);
            let author = actor.author(body.action(), at_ms);
            match seen.write(&author, body, payload(body.action(), at_ms)) {
                Ok(event) => views[place].put(&event),
                Err(refusal) => {
                    refused.push(refusal);
                    if is_forced {
                        views[place].put(&forced(&seen, &author, body));
                    }
                }
            }
        }
    }
    meet(&mut views);
    (views[0].clone(), refused)
}

fn meet(views: &mut [View]) {
    let mut all = View::default();
    views.iter().for_each(|view| all.unite(view));
    views.fill(all);
}

/// As people are shown a referral from both sides.
pub(super) fn shown(state: &State) -> String {
    let words = Side::ALL.map(|side| word(state, side));
    let mut line = match words {
        [sender, receiver] if sender == receiver => format!("{sender}: {}", detail(state)),
        [sender, receiver] => format!("sender {sender}, receiver {receiver}: {}", detail(state)),
    };
    line.push_str(&format!("; held by {}", state.holder.word()));
    for side in Side::ALL {
        let duties: Vec<_> = owed(state, side).iter().map(|duty| duty.words()).collect();
        if !duties.is_empty() {
            line.push_str(&format!("; owed by {side}: {}", duties.join(", ")));
        }
    }
    line
}

/// A story in which nothing is refused, and how it is shown in the end.
#[track_caller]
pub(super) fn check(story: &str, expected: &str) {
    let (view, refused) = told(story);
    assert!(refused.is_empty(), "{story}: {refused:?}");
    assert_eq!(shown(&view.fold().state), expected, "{story}");
}

/// A story with a step that is refused: in these words, and how it is shown although that was written all the same.
#[track_caller]
pub(super) fn check_refused(story: &str, words: &str, expected: &str) {
    let (view, refused) = told(story);
    let refused: Vec<_> = refused.iter().map(|r| format!("{r} ({})", r.hint.as_deref().unwrap_or_default())).collect();
    assert_eq!(refused, [words], "{story}");
    assert_eq!(shown(&view.fold().state), expected, "{story}");
}

/// A text kept beside the module, to be read and compared.
pub(super) fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../goldens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A refusal in one line.
pub(super) fn refused(refusal: &Refusal) -> String {
    format!("{:?}: {refusal} ({})", refusal.kind, refusal.hint.as_deref().unwrap_or("no hint"))
}

/// What became of something, in one line.
pub(super) fn outcome<T>(result: Result<T, Refusal>) -> String {
    result.map_or_else(|refusal| refused(&refusal), |_| "taken".to_owned())
}
