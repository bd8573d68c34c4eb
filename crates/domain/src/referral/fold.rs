//! From events to where a referral stands.
//!
//! Each event is judged in its own causal past, in an order in which every past stands before: whether it takes effect is settled when
//! it is written, wherever it is read, and nothing that comes later changes it. An event takes part once all it reaches is held. What
//! has no effect is kept and shown.

use super::Side;
use super::authority::{Deed, Objection, permit};
use super::code::{Action, Role};
use super::document::Events;
use super::event::{Body, Event};
use super::graph::{Effect, Graph, Node, Places};
use super::retention::Hold;
use super::state::{Holder, RequestTrack, ResponseTrack, State, Stop};
use crate::limits::{EVENT_LINKS, REFERRAL_EVENTS, REFERRAL_EVENTS_OPEN};
use crate::{BlobHash, EventId, NodeId, RecordId, Refusal, RefusalKind, StaffId, Timestamp};
use std::collections::BTreeSet;

/// The nodes whose decisions count: every one that a certificate of its organisation ever named as its home.
///
/// It only grows: what was decided while a node was the home stays decided when another is. The shell keeps it from every certificate
/// it took in; certificates come before what their nodes sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Homes {
    /// Of the sender.
    pub sender: BTreeSet<NodeId>,
    /// Of the receiver.
    pub receiver: BTreeSet<NodeId>,
}

/// A referral as who holds these events sees it.
#[derive(Clone, Debug)]
pub struct Referral {
    /// Which.
    pub id: RecordId,
    /// Where it stands.
    pub state: State,
    /// Its events: those that take part, each behind what its author knew; then those that still wait.
    pub events: Vec<Told>,
    graph: Graph,
    homes: Homes,
}

/// One event, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: EventId,
    /// In whose document it stands.
    pub side: Side,
    /// What it says, where this version can read it.
    pub event: Option<Event>,
    /// What came of it.
    pub standing: Standing,
}

/// What came of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It took effect.
    Effective,
    /// It is kept, and has no effect: it could not be when it was written.
    Ineffective(Objection),
    /// Some of what its author knew is not here yet.
    Arriving {
        /// Those.
        lacks: BTreeSet<EventId>,
    },
    /// It is kept, and this version cannot read it.
    Unreadable(Refusal),
}

/// Who writes an event, where and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// For which party.
    pub side: Side,
    /// On which node.
    pub node: NodeId,
    /// As what.
    pub role: Role,
    /// Who.
    pub staff: StaffId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

impl Homes {
    /// Whether a node is one of a party's.
    pub fn has(&self, side: Side, node: &NodeId) -> bool {
        match side {
            Side::Sender => self.sender.contains(node),
            Side::Receiver => self.receiver.contains(node),
        }
    }
}

/// What both documents' events come to. Total: whatever a party writes, the other sees where it stands.
pub fn fold(id: RecordId, request: &Events, response: &Events, homes: &Homes) -> Referral {
    let mut graph = Graph::new(id, request, response);
    let mut events = Vec::with_capacity(graph.nodes.len() + graph.arriving.len());
    for place in 0..graph.nodes.len() {
        let Some(node) = graph.nodes.get(place) else { continue };
        let judged = judge(&graph.nodes, node, homes);
        let standing = match &judged {
            Ok(_) => Standing::Effective,
            Err(standing) => standing.clone(),
        };
        events.push(Told { id: node.id, side: node.side, event: node.event.clone().ok(), standing });
        if let Some(node) = graph.nodes.get_mut(place) {
            node.effect = judged.ok();
        }
    }
    events.extend(graph.arriving.iter().map(|arriving| Told {
        id: arriving.id,
        side: arriving.side,
        event: Some(arriving.event.clone()),
        standing: Standing::Arriving { lacks: arriving.lacks.clone() },
    }));
    let state = state_within(&graph.nodes, &Places::first(graph.nodes.len()));
    Referral { id, state, events, graph, homes: homes.clone() }
}

impl Referral {
    /// What may be done now, and the event that does it: it knows everything that takes part here. Refused as the table of
    /// [`super::authority`] has it, when its time cannot be, or when its document is full.
    pub fn write(&self, author: &Author, body: Body, payload: Option<BlobHash>) -> Result<Event, Refusal> {
        self.write_at(author, self.homes.has(author.side, &author.node), body, payload)
    }

    /// The same, wherever it is decided: on a node that is not the home node a decision is what that is asked to write
    /// ([`Decision`](super::Decision)).
    pub fn draft(&self, author: &Author, body: Body, payload: Option<BlobHash>) -> Result<Event, Refusal> {
        self.write_at(author, true, body, payload)
    }

    fn write_at(
        &self,
        author: &Author,
        is_home: bool,
        body: Body,
        payload: Option<BlobHash>,
    ) -> Result<Event, Refusal> {
        let action = body.action();
        let deed = Deed { side: author.side, role: author.role, is_home, body };
        permit(&self.state, &deed).map_err(|objection| objection.refusal(&self.state, &deed))?;
        if let Body::Keep { basis, until } = body {
            Hold::new(basis, until, author.now)?;
        }
        let written = self.events.iter().filter(|told| told.side == author.side).count();
        if written >= REFERRAL_EVENTS || (written >= REFERRAL_EVENTS_OPEN && !action.brings_to_an_end()) {
            return Err(Refusal::new(RefusalKind::TooLarge, "this referral has as many events as one may have")
                .hint("bring it to its end, and go on in a new referral"));
        }
        let event = Event {
            referral: self.id,
            side: author.side,
            node: author.node,
            role: author.role,
            staff: author.staff,
            occurred_at: author.occurred_at,
            recorded_at: author.now,
            payload,
            after: self.latest(author.side),
            seen: self.latest(author.side.other()),
            body,
        };
        event.check()?;
        event.check_times(author.now)?;
        Ok(event)
    }

    /// Whether everything that an event reaches takes part here.
    pub fn reaches(&self, event: &Event) -> bool {
        event.after.iter().chain(&event.seen).all(|id| self.graph.nodes.iter().any(|node| node.id == *id))
    }

    /// Refuses to accept a version of the request that came after the one that somebody at the receiver read: they would take on what
    /// they have not seen. Whoever read none was told in another way.
    pub fn check_reading(&self, action: Action) -> Result<(), Refusal> {
        let opened = self.events.iter().filter_map(|told| match told.event.as_ref()?.body {
            Body::Open { version } => Some(version),
            _ => None,
        });
        let newest = self.state.version;
        match opened.max() {
            Some(read) if action == Action::Accept && read < newest => Err(Refusal::new(
                RefusalKind::WrongState,
                format!("version {newest} came since version {read} was read here"),
            )
            .hint(format!("read it first: `fingerpost referral open {}`", self.id))),
            _ => Ok(()),
        }
    }

    /// A party's latest events that take part here.
    pub fn latest(&self, side: Side) -> BTreeSet<EventId> {
        let nodes: Vec<_> = self.graph.nodes.iter().enumerate().filter(|(_, node)| node.side == side).collect();
        Graph::latest(&nodes).into_iter().map(|node| node.id).take(EVENT_LINKS).collect()
    }

    /// Events of the other party whose payloads this one drops unread when they come: it has erased, or the person's agreement ended
    /// before anybody there had opened one.
    pub fn dropped(&self, by: Side) -> BTreeSet<BlobHash> {
        let state = &self.state;
        let unopened = by == Side::Receiver && state.agreement_withdrawn && !state.was_opened;
        if state.erasure(by).nodes.is_empty() && !unopened {
            return BTreeSet::new();
        }
        self.named()
    }

    /// Every payload that an event names which can be read here.
    pub fn named(&self) -> BTreeSet<BlobHash> {
        self.events.iter().filter_map(|told| told.event.as_ref()?.payload).collect()
    }

    /// Payloads that this party should hold: of every event that it can read, but those it drops.
    pub fn payloads(&self, by: Side) -> BTreeSet<BlobHash> {
        let dropped = self.dropped(by);
        self.named().difference(&dropped).copied().collect()
    }
}

fn judge(nodes: &[Node], node: &Node, homes: &Homes) -> Result<Effect, Standing> {
    let event = node.event.as_ref().map_err(|refusal| Standing::Unreadable(refusal.clone()))?;
    let past = state_within(nodes, &node.past);
    let deed =
        Deed { side: event.side, role: event.role, is_home: homes.has(event.side, &event.node), body: event.body };
    permit(&past, &deed).map_err(Standing::Ineffective)?;
    let turn = node.past.iter().filter_map(|place| nodes.get(place)?.effect.as_ref()).map(|e| e.turn).max();
    let turn = turn.unwrap_or(0).saturating_add(u32::from(gainer(event.body.action()).is_some()));
    Ok(Effect { becomes: becomes(&past, &event.body), turn })
}

/// Who holds the person from an event on.
const fn gainer(action: Action) -> Option<Holder> {
    match action {
        Action::TakeBack => Some(Holder::Sender),
        Action::Accept => Some(Holder::Receiver),
        Action::PassOn => Some(Holder::Next),
        _ => None,
    }
}

/// Where the receiver's track goes, upon where it stood.
fn becomes(past: &State, body: &Body) -> Option<ResponseTrack> {
    Some(match body {
        Body::Acknowledge { .. } if past.response == ResponseTrack::None => ResponseTrack::Acknowledged,
        Body::Ask => ResponseTrack::InformationAsked,
        Body::Wait => ResponseTrack::Waitlisted,
        Body::Accept { .. } => ResponseTrack::Accepted,
        Body::Decline(reason) => ResponseTrack::Declined(*reason),
        Body::Start | Body::Resume => ResponseTrack::Started,
        Body::Pause(reason) => ResponseTrack::Paused(*reason),
        Body::HandBack(reason) => ResponseTrack::HandedBack(*reason),
        Body::End(outcome) => ResponseTrack::Ended(*outcome),
        Body::PassOn { .. } => ResponseTrack::PassedOn,
        _ => return None,
    })
}

/// An event that took effect, at its place.
struct Done<'a> {
    place: usize,
    node: &'a Node,
    event: &'a Event,
    effect: &'a Effect,
}

/// What the events at these places come to. A set that holds the past of each of its events gives the same wherever it is asked.
fn state_within(nodes: &[Node], within: &Places) -> State {
    let done: Vec<Done<'_>> = within
        .iter()
        .filter_map(|place| {
            let node = nodes.get(place)?;
            Some(Done { place, node, event: node.event.as_ref().ok()?, effect: node.effect.as_ref()? })
        })
        .collect();
    let mut state = State::new();
    for one in &done {
        take(&mut state, one.event);
    }
    (state.response, state.is_provisional) = response(&done);
    state.holder = holder(&done);
    state.has_question = state.response == ResponseTrack::InformationAsked
        && has_unknown(&done, |e| e.body == Body::Ask, |e| e.body == Body::Answer);
    state.has_new_version = has_unknown(
        &done,
        |e| matches!(e.body, Body::Send | Body::Amend { .. }),
        |e| matches!(e.body, Body::Accept { .. } | Body::Acknowledge { .. }),
    );
    for side in Side::ALL {
        state.erasure_mut(side).late = late(nodes, within, &done, side);
    }
    state
}

/// What follows from an event whatever else there is: flags, which only go one way, and the greatest of what is counted.
fn take(state: &mut State, event: &Event) {
    let action = event.body.action();
    let at = event.occurred_at;
    let times = state.times.entry(action).or_insert((at, at));
    *times = (times.0.min(at), times.1.max(at));
    match event.body {
        Body::Send => {
            state.request = state.request.max(RequestTrack::Sent);
            state.version = state.version.max(1);
        }
        Body::Amend { version } => state.version = state.version.max(version),
        Body::Withdraw(reason) => state.request = state.request.max(RequestTrack::Withdrawn(reason)),
        Body::Lapse => state.request = state.request.max(RequestTrack::Lapsed),
        Body::TakeBack => state.taken_back = true,
        Body::Close => state.closed = true,
        Body::Open { .. } => state.was_opened = true,
        Body::Accept { version } => state.accepted = state.accepted.max(Some(version)),
        Body::PassOn { next } => state.next = state.next.max(Some(next)),
        Body::ConfirmStop { contact, onward } => state.stop = state.stop.max(Some(Stop { contact, onward })),
        Body::WithdrawAgreement => state.agreement_withdrawn = true,
        Body::Erase { node, receipt } => {
            let kept = state.erasure_mut(event.side).nodes.entry(node).or_insert(receipt);
            *kept = (*kept).min(receipt);
        }
        Body::Keep { basis, until } => {
            let kept = &mut state.erasure_mut(event.side).kept;
            let later = kept.is_none_or(|(other, before)| (before, other) < (until, basis));
            if later {
                *kept = Some((basis, until));
            }
        }
        _ => {}
    }
}

/// Where the receiver's track stands, and whether provisionally: of moves made apart the highest in [`ResponseTrack`]'s order.
fn response(done: &[Done<'_>]) -> (ResponseTrack, bool) {
    let latest = |settling: bool| {
        let moves = done.iter().filter(|one| one.effect.becomes.is_some());
        let moves = moves.filter(|one| !settling || one.event.body.action().settles());
        let moves: Vec<_> = moves.map(|one| (one.place, one.node)).collect();
        Graph::latest(&moves).into_iter().filter_map(|node| node.effect.as_ref()?.becomes).collect::<Vec<_>>()
    };
    let stands = latest(false).into_iter().max().unwrap_or_default();
    let answers = latest(true);
    let is_provisional = answers.iter().any(|one| answers.iter().any(|other| !one.is_like(*other)));
    (stands, is_provisional)
}

/// Who holds the person: the gainer of the last turn. Turns are in one order that no view changes and that follows causes, so if one
/// organisation believes that another holds the person, that other has the event that says so, and whatever came after it there is its
/// own or known to both.
fn holder(done: &[Done<'_>]) -> Holder {
    let turns = done.iter().filter_map(|one| {
        let gainer = gainer(one.event.body.action())?;
        // Of two at once: who takes back, then who accepts, and only then the word that somebody further away has the person.
        let near = match gainer {
            Holder::Sender => 2,
            Holder::Receiver => 1,
            Holder::Next => 0,
        };
        Some((one.effect.turn, near, one.node.id, gainer))
    });
    turns.max().map(|(_, _, _, gainer)| gainer).unwrap_or_default()
}

/// Whether one of these events is in the past of none of those.
fn has_unknown(done: &[Done<'_>], of: impl Fn(&Event) -> bool, to: impl Fn(&Event) -> bool) -> bool {
    let mut known = Places::default();
    done.iter().filter(|one| to(one.event)).for_each(|one| known.unite(&one.node.past));
    done.iter().any(|one| of(one.event) && !known.contains(one.place))
}

/// Payloads that a party that erased did not know of when it last said so. Those of events without effect count: they travel too.
fn late(nodes: &[Node], within: &Places, done: &[Done<'_>], side: Side) -> usize {
    let mut known = Places::default();
    let mut has_erased = false;
    for one in done.iter().filter(|one| one.event.side == side && matches!(one.event.body, Body::Erase { .. })) {
        known.unite(&one.node.past);
        has_erased = true;
    }
    if !has_erased {
        return 0;
    }
    let has_payload = |place: &usize| {
        nodes.get(*place).is_some_and(|node| node.event.as_ref().is_ok_and(|event| event.payload.is_some()))
    };
    within.iter().filter(has_payload).filter(|place| !known.contains(*place)).count()
}
