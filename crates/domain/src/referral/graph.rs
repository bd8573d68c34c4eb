//! Events in causal order: what each one's author knew, as a set of places.

use super::Side;
use super::document::Events;
use super::event::Event;
use super::state::ResponseTrack;
use crate::{EventId, RecordId, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// Places of events in a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places(Vec<u64>);

impl Places {
    /// The first so many.
    pub(super) fn first(count: usize) -> Self {
        let mut places = Self::default();
        (0..count).for_each(|place| places.insert(place));
        places
    }

    pub(super) fn insert(&mut self, place: usize) {
        let word = place / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (place % 64);
        }
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits & (1 << (place % 64)) != 0)
    }

    pub(super) fn unite(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(own, theirs)| *own |= theirs);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let bits = |(word, bits): (usize, &u64)| {
            let bits = *bits;
            (0..64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| word * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
}

/// An event whose whole past is here.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: EventId,
    pub(super) side: Side,
    /// What it says; a refusal where this version cannot read it. Then nothing is known of its past, and it has no effect.
    pub(super) event: Result<Event, Refusal>,
    /// Everything that `after` and `seen` reach; not itself.
    pub(super) past: Places,
    /// What the fold found of it; nothing while it has not come to it.
    pub(super) effect: Option<Effect>,
}

/// What an event that takes effect does beyond its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// Where the receiver's track stands after it, where it moves it.
    pub(super) becomes: Option<ResponseTrack>,
    /// For one that moves the person: how many such, each in the past of the next, led here.
    pub(super) turn: u32,
}

/// An event that waits for another.
#[derive(Clone, Debug)]
pub(super) struct Arriving {
    pub(super) id: EventId,
    pub(super) side: Side,
    pub(super) event: Event,
    /// Those it names that are not here, or wait themselves.
    pub(super) lacks: BTreeSet<EventId>,
}

/// The events of both parties: those whose past is here, each behind its past, and those that wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) arriving: Vec<Arriving>,
}

/// An event's name: both parties may hold the same bytes, of which one is a stray.
type Key = (Side, EventId);

impl Graph {
    /// From what both documents hold. The same for the same events, however they came.
    pub(super) fn new(referral: RecordId, request: &Events, response: &Events) -> Self {
        let mut read: BTreeMap<Key, Result<Event, Refusal>> = BTreeMap::new();
        for (side, events) in [(Side::Sender, request), (Side::Receiver, response)] {
            read.extend(events.iter().map(|(id, bytes)| ((side, *id), read_event(referral, side, bytes))));
        }
        let mut lacks: BTreeMap<Key, BTreeSet<Key>> = read.iter().map(|(key, event)| (*key, links(event))).collect();
        let mut behind: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        for (key, links) in &lacks {
            links.iter().for_each(|link| behind.entry(*link).or_default().push(*key));
        }
        let mut ready: BTreeSet<Key> = lacks.iter().filter(|(_, l)| l.is_empty()).map(|(key, _)| *key).collect();
        let mut graph = Self::default();
        let mut places: BTreeMap<Key, usize> = BTreeMap::new();
        while let Some(key) = ready.pop_first() {
            lacks.remove(&key);
            let Some(event) = read.remove(&key) else { continue };
            let past = graph.past(links(&event).iter().filter_map(|link| places.get(link)).copied());
            places.insert(key, graph.nodes.len());
            graph.nodes.push(Node { id: key.1, side: key.0, event, past, effect: None });
            for waiting in behind.remove(&key).unwrap_or_default() {
                if let Some(links) = lacks.get_mut(&waiting) {
                    links.remove(&key);
                    if links.is_empty() {
                        ready.insert(waiting);
                    }
                }
            }
        }
        for (key, event) in read {
            let lacks = lacks.remove(&key).unwrap_or_default().into_iter().map(|(_, id)| id).collect();
            graph.arriving.extend(event.ok().map(|event| Arriving { id: key.1, side: key.0, event, lacks }));
        }
        graph
    }

    fn past(&self, links: impl Iterator<Item = usize>) -> Places {
        let mut past = Places::default();
        for place in links {
            past.insert(place);
            if let Some(node) = self.nodes.get(place) {
                past.unite(&node.past);
            }
        }
        past
    }

    /// Of these nodes, those that no other of them knew of.
    pub(super) fn latest<'a>(nodes: &[(usize, &'a Node)]) -> Vec<&'a Node> {
        let mut known = Places::default();
        nodes.iter().for_each(|(_, node)| known.unite(&node.past));
        nodes.iter().filter(|(place, _)| !known.contains(*place)).map(|(_, node)| *node).collect()
    }
}

fn read_event(referral: RecordId, side: Side, bytes: &[u8]) -> Result<Event, Refusal> {
    let event = Event::parse(bytes)?;
    if event.referral != referral {
        return Err(Refusal::malformed("an event of another referral"));
    }
    if event.side != side {
        return Err(Refusal::malformed(format!("an event of the {} in the {side}'s document", event.side)));
    }
    Ok(event)
}

fn links(event: &Result<Event, Refusal>) -> BTreeSet<Key> {
    let of = |event: &Event| {
        let own = event.after.iter().map(|id| (event.side, *id));
        own.chain(event.seen.iter().map(|id| (event.side.other(), *id))).collect()
    };
    event.as_ref().map(of).unwrap_or_default()
}
