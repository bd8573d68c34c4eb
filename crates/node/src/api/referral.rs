//! Referrals: what may be asked of them, and how they are shown.
//!
//! Whatever is about a person is [`Pii`]: it is in the answer, and in no log.

use super::WatchFrom;
use domain::pii::Pii;
use domain::referral::{Action, Basis, Contact, Outcome, PassBack, Reason, Role};
use domain::{NodeId, OrgId, RecordId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What may be asked about referrals. `id` fields take a referral's id or the start of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "referral")]
pub enum ReferralRequest {
    /// A draft: kept here, sealed, and sent nowhere. Answered by [`ReferralResponse::View`].
    New(Box<NewReferral>),
    /// Changes a draft. Answered by [`ReferralResponse::View`].
    Edit {
        /// Which.
        id: String,
        /// What replaces what it says.
        draft: Box<DraftChange>,
    },
    /// Throws a draft away, or takes back the decisions on a referral that wait for the home node or were refused by it. Answered by
    /// [`super::Response::Done`].
    Discard {
        /// Which.
        id: String,
    },
    /// Sends a draft. Answered by [`ReferralResponse::Done`].
    Send {
        /// Which.
        id: String,
    },
    /// What stands, who waits for us first. Answered by [`ReferralResponse::List`].
    List {
        /// Those that are finished as well.
        all: bool,
    },
    /// The same by id, a page at a time: for who keeps them all. Answered by [`ReferralResponse::Page`].
    Page {
        /// Those that are finished as well.
        all: bool,
        /// The last id of the page before.
        after: Option<RecordId>,
        /// At most so many, up to 500.
        limit: usize,
    },
    /// What became of referrals since a place; drafts are not among them. Answered at once by [`ReferralResponse::Changes`];
    /// refused as expired when what happened since cannot be told any more.
    Changes {
        /// The place.
        from: WatchFrom,
    },
    /// The same, answered once there is more.
    Await {
        /// [`ReferralChanges::next`] of an answer that was the end.
        after: String,
    },
    /// One referral, without what is said of the person. Answered by [`ReferralResponse::View`].
    Show {
        /// Which.
        id: String,
    },
    /// One referral with what is said of the person. It is noted who read it, and the receiver's first reading is told to the
    /// sender. Answered by [`ReferralResponse::View`].
    Open {
        /// Which.
        id: String,
    },
    /// Does something. Answered by [`ReferralResponse::Done`].
    Act {
        /// Which.
        id: String,
        /// What.
        act: Box<ReferralAct>,
    },
    /// What is late, and whom to ring. Answered by [`ReferralResponse::Chase`].
    Chase,
    /// A referral as a FHIR R4 bundle, with what is said of the person: noted like a reading. Answered by
    /// [`ReferralResponse::Exported`].
    Export {
        /// Which.
        id: String,
    },
}

/// What a new referral says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewReferral {
    /// The pathway by which the person is referred: its id, or the start of it.
    pub pathway: String,
    /// The referral that this one goes on from, which this organisation received.
    pub previous: Option<String>,
    /// Answers to the pathway's form, by question.
    pub answers: Option<Pii<Value>>,
    /// What the person agreed to.
    pub agreement: Option<Pii<Value>>,
}

/// What becomes of a draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DraftChange {
    /// Answers in place of those before.
    pub answers: Option<Pii<Value>>,
    /// The person's agreement, in place of what was there.
    pub agreement: Option<Pii<Value>>,
}

/// Something that is done to a referral. What an action does not need is refused; what it needs has to be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralAct {
    /// What.
    pub action: Action,
    /// Why: for `withdraw`, `decline`, `pause` and `hand-back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How it ended: for `end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How far a contact went: for `contact` and `stop-confirm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The referral to the next organisation: for `pass-on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Why it is kept though the other party erased: for `keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Until when: for `keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Timestamp>,
    /// Words for the other party: what is asked, answered, fed back, or said besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Pii<String>>,
    /// Answers to the form: for `amend`, and for `answer` where the question was about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Pii<Value>>,
    /// When it happened; now when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at_ms: Option<Timestamp>,
}

impl ReferralAct {
    /// An act with nothing said of it yet.
    pub const fn new(action: Action) -> Self {
        Self {
            action,
            reason: None,
            outcome: None,
            contact: None,
            next: None,
            basis: None,
            until_ms: None,
            words: None,
            answers: None,
            occurred_at_ms: None,
        }
    }
}

/// What the node answers about referrals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "told")]
pub enum ReferralResponse {
    /// To [`ReferralRequest::List`].
    List {
        /// Who waits for us first, then whom we wait for, then what is active, stopping, and finished; in each the longest waiting first.
        rows: Vec<ReferralRow>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`ReferralRequest::Page`].
    Page {
        /// By their ids.
        rows: Vec<ReferralRow>,
        /// Where to go on, when there is more.
        next: Option<RecordId>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`ReferralRequest::Changes`] and [`ReferralRequest::Await`].
    Changes(ReferralChanges),
    /// To what shows one.
    View {
        /// The referral.
        view: Box<ReferralView>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`ReferralRequest::Send`] and [`ReferralRequest::Act`].
    Done(Box<ReferralDone>),
    /// To [`ReferralRequest::Chase`].
    Chase {
        /// The longest overdue first.
        rows: Vec<ChaseRow>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`ReferralRequest::Export`].
    Exported {
        /// The bundle.
        bundle: Pii<Value>,
    },
}

/// What stands in the place of both tracks once a referral is erased at both parties, and nothing of it is kept but that.
pub const GIVEN_UP: &str = "erased";

/// What became of referrals, in the order of their last change here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralChanges {
    /// How each stands now. May be empty; one that another goes on from comes with every change of that.
    pub changes: Vec<ReferralChange>,
    /// The names of organisations, where they are known.
    pub names: BTreeMap<OrgId, String>,
    /// Where to go on.
    pub next: String,
    /// Whether there was no more when this was read.
    pub is_end: bool,
}

/// What became of one referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferralChange {
    /// Where to go on behind it.
    pub cursor: String,
    /// Which.
    pub id: RecordId,
    /// How it stands; nothing where it is not here any more.
    pub row: Option<ReferralRow>,
}

/// Which way a referral goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// This organisation sent it, or is about to.
    Sent,
    /// It came here.
    Received,
}

/// One referral in a list: the fixed `--json` form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferralRow {
    /// Which.
    pub id: RecordId,
    /// Which way.
    pub direction: Direction,
    /// The other party; none of a draft that does not open.
    pub partner: Option<OrgId>,
    /// The sender's track: `draft`, `sent`, `withdrawn`, `lapsed`; [`GIVEN_UP`] once nothing else is kept.
    pub request: String,
    /// The receiver's track.
    pub response: String,
    /// One of the five words.
    pub shown: String,
    /// What stands behind it.
    pub detail: String,
    /// Who holds the person now, as far as it is known here; none where the receiver passed them on and says no more, or where nothing is
    /// kept.
    pub holder: Option<OrgId>,
    /// What each party still has to do: `sender: …`, `receiver: …`.
    pub owed: Vec<Owed>,
    /// What of it is late.
    pub overdue: Vec<OverdueRow>,
    /// What was decided on a node that is not the home node, and waits for that or was refused by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafted: Vec<DraftedRow>,
}

/// A decision that has no effect yet: the home node writes it, or says why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftedRow {
    /// What was decided.
    pub action: Action,
    /// On which node.
    pub node: NodeId,
    /// When.
    pub at_ms: Timestamp,
    /// Why the home node did not write it; none while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What to do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Something a party still has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Who.
    pub by: OrgId,
    /// What.
    pub what: String,
}

/// Something that is late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverdueRow {
    /// Who.
    pub by: OrgId,
    /// What.
    pub what: String,
    /// Since when.
    pub since_ms: Timestamp,
}

/// One referral in full: the fixed `--json` form of `referral show`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralView {
    /// As in the list.
    #[serde(flatten)]
    pub row: ReferralRow,
    /// The receiver's listing, and its name where it is known here.
    pub listing: RecordId,
    /// Its name.
    pub listing_name: Option<String>,
    /// The form that is answered, by its hash.
    pub form: String,
    /// The newest version of the request; 0 for a draft.
    pub version: u32,
    /// The referral that this one goes on from.
    pub previous: Option<RecordId>,
    /// The referral that goes on from this one.
    pub next: Option<RecordId>,
    /// What may be told back to the sender.
    pub pass_back: Option<PassBack>,
    /// When the person's agreement ends.
    pub agreement_expires_at_ms: Option<Timestamp>,
    /// What may be done here now.
    pub possible: Vec<Action>,
    /// Its events, each behind what its author knew.
    pub events: Vec<EventRow>,
    /// How much of what is said of the person is here: some may still be on its way.
    pub payloads: Payloads,
    /// What the receiver declares of how it answers: shown to the sender before it sends.
    pub pathway: Option<String>,
    /// What is said of the person: only where it was asked for by who may read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
    /// What is to be looked at in what came: answers that do not fit their form, an agreement that does not cover us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// What is here of what was sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payloads {
    /// Sealed payloads that the events name.
    pub named: u32,
    /// Of these, how many are here.
    pub held: u32,
    /// Whether the key is here.
    pub key: KeyState,
}

/// Whether what is here can be read here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is here.
    Here,
    /// It is on its way.
    #[default]
    Awaited,
    /// It was destroyed.
    Erased,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its id.
    pub id: String,
    /// Whose document it stands in.
    pub by: OrgId,
    /// What was done; none where this version cannot read it.
    pub action: Option<Action>,
    /// As what its author acted.
    pub role: Option<Role>,
    /// Who: only their own organisation can tell.
    pub staff: Option<StaffId>,
    /// On which node.
    pub node: Option<NodeId>,
    /// When it happened.
    pub at_ms: Option<Timestamp>,
    /// In words, with reason or outcome.
    pub words: String,
    /// Whether sealed words belong to it.
    pub has_payload: bool,
    /// Why it has no effect, where it has none: in words.
    pub without_effect: Option<String>,
}

/// What is said of the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The answers of the newest version, by question.
    pub answers: Option<Pii<Value>>,
    /// The form they answer, where it is known here.
    pub form: Option<Value>,
    /// What the person agreed to.
    pub agreement: Option<Pii<Value>>,
    /// Words that belong to events, by event.
    pub words: BTreeMap<String, Pii<String>>,
}

/// What became of a referral that something was done to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralDone {
    /// How it stands now.
    pub row: ReferralRow,
    /// The event that was written; none where it is a decision that waits for the home node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The names of organisations, where they are known.
    pub names: BTreeMap<OrgId, String>,
}

/// Something late, and whom to ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChaseRow {
    /// Which referral.
    pub id: RecordId,
    /// Which way it goes.
    pub direction: Direction,
    /// The other party.
    pub partner: OrgId,
    /// What is late, and by whom.
    pub late: OverdueRow,
    /// Telephone numbers of the other party, from its organisation document and the listing, with what each is for.
    pub telephones: Vec<String>,
    /// E-mail addresses of the same.
    pub emails: Vec<String>,
    /// The listing's name, where it is known.
    pub listing_name: Option<String>,
}
