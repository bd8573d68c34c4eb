//! Every way in which a few nodes can act and hear of one another, and whether somebody always holds the person.
//!
//! A world is what each node holds. It grows by an event that a node may write on what it holds, or by one of the two documents going
//! from a node to another: documents travel apart, so a node may hear an answer before the question. All worlds with so many events are
//! looked at. A world has a gap when each organisation believes that the other holds the person: no node of the sender's believes that
//! the sender does, and none of the receiver's that the receiver does, or who comes after it.

use super::state::Holder;
use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// Who takes part.
const TWO: &[(Side, u8)] = &[(Side::Sender, 1), (Side::Receiver, 1)];
const THREE: &[(Side, u8)] = &[(Side::Sender, 1), (Side::Receiver, 1), (Side::Receiver, 2)];

/// Whom a node believes to hold the person, by what it holds.
type Belief = fn(&State) -> Holder;

/// What each node holds, as places of known events.
type World = Vec<BTreeSet<u16>>;

struct Model {
    nodes: &'static [(Side, u8)],
    belief: Belief,
    events: Vec<Event>,
    places: BTreeMap<crate::EventId, u16>,
    /// By what a node holds: whom it believes, and what each node may write upon it.
    known: BTreeMap<BTreeSet<u16>, (Holder, Vec<Vec<u16>>)>,
}

/// Those actions that could move the person, and those that have to come before.
fn bodies(state: &State, side: Side) -> Vec<Body> {
    let onward = if state.next.is_some() { Onward::Stops } else { Onward::None };
    match side {
        Side::Sender => vec![Body::Send, Body::Withdraw(Reason::Other), Body::Lapse, Body::TakeBack, Body::Close],
        Side::Receiver => vec![
            Body::Accept { version: 1 },
            Body::Decline(Reason::Other),
            Body::HandBack(Reason::Other),
            Body::End(Outcome::Other),
            Body::PassOn { next: document::new_referral([8; 16]) },
            Body::Wait,
            Body::ConfirmStop { contact: code::Contact::None, onward },
        ],
    }
}

/// Whether an organisation whose node believes this answers for the person itself.
pub(super) fn is_own(side: Side, holder: Holder) -> bool {
    match side {
        Side::Sender => holder == Holder::Sender,
        Side::Receiver => holder != Holder::Sender,
    }
}

impl Model {
    fn new(nodes: &'static [(Side, u8)], belief: Belief) -> Self {
        Self { nodes, belief, events: Vec::new(), places: BTreeMap::new(), known: BTreeMap::new() }
    }

    fn place(&mut self, event: Event) -> u16 {
        let next = u16::try_from(self.events.len()).expect("a small model");
        let place = *self.places.entry(event.id()).or_insert(next);
        if place == next {
            self.events.push(event);
        }
        place
    }

    fn know(&mut self, held: &BTreeSet<u16>) -> (Holder, Vec<Vec<u16>>) {
        if let Some(known) = self.known.get(held) {
            return known.clone();
        }
        let mut view = View::default();
        held.iter().for_each(|place| view.put(&self.events[usize::from(*place)]));
        let seen = view.fold();
        let mut next = Vec::new();
        for (side, number) in self.nodes {
            let mut own = Vec::new();
            for body in bodies(&seen.state, *side) {
                for role in [Role::Caseworker, Role::DataProtectionLead] {
                    let author = Actor { side: *side, number: *number, role: Some(role) };
                    let author = author.author(body.action(), 1_700_000_000_000);
                    if let Ok(event) = seen.write(&author, body, payload(body.action(), 1)) {
                        own.push(self.place(event));
                    }
                }
            }
            next.push(own);
        }
        let known = ((self.belief)(&seen.state), next);
        self.known.insert(held.clone(), known.clone());
        known
    }

    fn has_gap(&mut self, world: &World) -> bool {
        let nodes = self.nodes;
        nodes.iter().zip(world).all(|((side, _), held)| !is_own(*side, self.know(held).0))
    }

    fn next(&mut self, world: &World, events: usize) -> Vec<World> {
        let mut found = Vec::new();
        let written: BTreeSet<u16> = world.iter().flatten().copied().collect();
        for node in 0..world.len() {
            if written.len() < events {
                for event in self.know(&world[node]).1[node].clone() {
                    let mut next = world.clone();
                    next[node].insert(event);
                    found.push(next);
                }
            }
            for other in (0..world.len()).filter(|other| *other != node) {
                for side in Side::ALL {
                    let mut next = world.clone();
                    let sent = world[node].iter().filter(|place| self.events[usize::from(**place)].side == side);
                    next[other].extend(sent);
                    if next != *world {
                        found.push(next);
                    }
                }
            }
        }
        found
    }

    /// How many worlds there are with at most so many events, and how many of them have a gap.
    fn explore(&mut self, events: usize) -> (usize, usize) {
        let mut worlds: BTreeSet<World> = BTreeSet::new();
        let mut open: Vec<World> = vec![vec![BTreeSet::new(); self.nodes.len()]];
        let mut gaps = 0;
        while let Some(world) = open.pop() {
            if !worlds.insert(world.clone()) {
                continue;
            }
            gaps += usize::from(self.has_gap(&world));
            open.extend(self.next(&world, events));
        }
        (worlds.len(), gaps)
    }
}

/// What does not work: whoever lets go says so, and believes from then that the other has the person.
fn by_who_lets_go(state: &State) -> Holder {
    let has_let_go = state.stop.is_some() || matches!(Stage::of(state), Stage::HandedBack | Stage::Ended);
    if state.holder == Holder::Receiver && has_let_go { Holder::Sender } else { state.holder }
}

/// What does not work either: the newest version of the receiver's track says it.
fn by_status(state: &State) -> Holder {
    match state.response {
        _ if state.is_stopped() => Holder::Sender,
        ResponseTrack::Accepted => Holder::Receiver,
        ResponseTrack::PassedOn => Holder::Next,
        _ => Holder::Sender,
    }
}

#[test]
fn somebody_always_holds_the_person() {
    for (nodes, events) in [(TWO, 8), (THREE, 5)] {
        let (worlds, gaps) = Model::new(nodes, |state| state.holder).explore(events);
        assert!(worlds > 100_000, "{worlds}");
        assert_eq!(gaps, 0, "{} nodes, {events} events", nodes.len());
    }
}

#[test]
fn rules_that_leave_the_person_with_nobody_are_found_out() {
    for (name, belief) in [("by who lets go", by_who_lets_go as Belief), ("by status", by_status)] {
        let (worlds, gaps) = Model::new(TWO, belief).explore(5);
        assert!(gaps > 0, "{name} is safe in all of {worlds} worlds");
    }
}
