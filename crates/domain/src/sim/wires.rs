//! The wires between the nodes of a world, and what goes wrong on them.
//!
//! In the product a link is one TLS stream: what comes over it is what was sent, in order, until it ends. So each class
//! of fault has its place:
//!
//! - *delay*: a frame takes up to minutes; those behind it on the same wire wait for it.
//! - *cut*: a link ends, and what was on its way is lost. *One-way cut*: it goes on in one direction only.
//! - *repeated and reordered*: over links. The same version comes by two hubs, by a sibling, again after each cut, and
//!   from a relay that replays ([`super::relay`]); every node takes them in another order.
//! - *lost, repeated and overtaking frames within a link*: what no honest transport does. They are here all the same,
//!   more seldom, for a fault in a shell's queues: the engine may end such a link, and must not be harmed by it.

use super::world::{At, World};
use crate::sync::{Input, Message};
use crate::{NodeId, Timestamp};
use std::collections::VecDeque;

/// The longest that a frame is on its way: long enough that what was asked for is asked for again.
const LONGEST_DELAY_MS: usize = 90_000;

/// A frame on its way, and when it is there.
#[derive(Debug)]
pub(super) struct OnItsWay {
    pub(super) due: Timestamp,
    message: Message,
}

impl World {
    /// Links two nodes.
    pub fn link(&mut self, a: At, b: At) -> &mut Self {
        if self.nodes[a].identity.node == self.nodes[b].identity.node
            || self.nodes[a].engine.is_none()
            || self.nodes[b].engine.is_none()
        {
            return self;
        }
        // A newer link from one node takes the place of its older one, also where the node was cloned.
        for other in 0..self.nodes.len() {
            for (here, there) in [(a, b), (b, a)] {
                if self.nodes[other].identity.node == self.nodes[there].identity.node {
                    self.cut(here, other);
                }
            }
        }
        self.linked.extend([(a, b), (b, a)]);
        for (here, there) in [(a, b), (b, a)] {
            let identity = &self.nodes[there].identity;
            let input = Input::Linked { node: identity.node, org: identity.org };
            self.nodes[here].inbox.push_back(input);
        }
        self
    }

    /// Cuts a link; what was on its way is lost.
    pub fn cut(&mut self, a: At, b: At) -> &mut Self {
        for (here, there) in [(a, b), (b, a)] {
            self.wires.remove(&(here, there));
            self.one_way.remove(&(here, there));
            self.watch.cut(here, there);
            if self.linked.remove(&(here, there)) && self.nodes[here].engine.is_some() {
                let node = self.nodes[there].identity.node;
                self.nodes[here].inbox.push_back(Input::Unlinked { node });
            }
        }
        self
    }

    /// Puts a frame on a wire; it arrives after those before it.
    pub(super) fn post(&mut self, from: At, to: At, message: Message) {
        let delay = if self.chance(self.faults.delayed) { self.below(LONGEST_DELAY_MS) } else { 0 };
        let due = self.now.plus_ms(i64::try_from(delay).expect("a minute or two"));
        let wire = self.wires.entry((from, to)).or_default();
        let due = wire.back().map_or(due, |last| last.due.max(due));
        wire.push_back(OnItsWay { due, message });
    }

    /// The wires with a frame that is there by now.
    pub(super) fn due(&self) -> impl Iterator<Item = (At, At)> {
        let is_due = |wire: &VecDeque<OnItsWay>| wire.front().is_some_and(|first| first.due <= self.now);
        self.wires.iter().filter(move |(_, wire)| is_due(wire)).map(|(between, _)| *between)
    }

    /// When the next frame is there.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.wires.values().filter_map(|wire| wire.front()).map(|first| first.due).min()
    }

    pub(super) fn deliver(&mut self, from: At, to: At) {
        if self.chance(self.faults.cut) {
            self.trace.push(format!("{from}-{to} cut"));
            self.cut(from, to);
            return;
        }
        if self.chance(self.faults.one_way) {
            self.one_way.insert((from, to));
        }
        let overtakes = self.chance(self.faults.overtaking);
        let wire = self.wires.entry((from, to)).or_default();
        let place = usize::from(overtakes && wire.len() > 1);
        let Some(OnItsWay { message, .. }) = wire.remove(place) else { return };
        if self.chance(self.faults.lost) || self.one_way.contains(&(from, to)) {
            return;
        }
        if self.chance(self.faults.repeated) {
            let again = OnItsWay { due: self.now, message: message.clone() };
            self.wires.entry((from, to)).or_default().push_front(again);
        }
        let Some(message) = self.overheard(to, message) else { return };
        let node = self.nodes[from].identity.node;
        self.trace.push(format!("{from}->{to} {}", name_of(&message)));
        self.watch.arrives(from, to, &message);
        self.nodes[to].inbox.push_back(Input::Received { node, message });
    }

    /// The node of this name that is linked with one.
    pub(super) fn place(&self, at: At, node: NodeId) -> Option<At> {
        self.linked.iter().find(|(a, b)| *a == at && self.nodes[*b].identity.node == node).map(|(_, b)| *b)
    }

    /// Whether a link between two nodes could carry anything.
    pub fn may_link(&self, a: At, b: At) -> bool {
        let knows = |here: At, there: At| self.nodes[here].disk.partners.contains_key(&self.org(there));
        self.org(a) == self.org(b) || (knows(a, b) && knows(b, a))
    }

    /// Whether two nodes are linked.
    pub fn is_linked(&self, a: At, b: At) -> bool {
        self.linked.contains(&(a, b))
    }

    /// Puts a frame on a link, as whoever holds the other end may.
    pub fn inject(&mut self, from: At, to: At, message: Message) -> &mut Self {
        let node = self.nodes[from].identity.node;
        self.nodes[to].inbox.push_back(Input::Received { node, message });
        self
    }
}

fn name_of(message: &Message) -> String {
    match message {
        Message::Open(o) => format!("open {}", o.len()),
        Message::Opened(o) => format!("opened {}", o.len()),
        Message::Rows(r) => format!("rows {} to {}", r.items.len(), r.cursor.seq),
        Message::Stored { seq, .. } => format!("stored {seq}"),
        Message::Versions(v) => format!("versions {}", v.items.len()),
        Message::Fetch { wants, .. } => format!("fetch {}", wants.len()),
        Message::FetchVersions { version_ids, .. } => format!("fetch versions {}", version_ids.len()),
        Message::Part { .. } => "part".to_owned(),
        Message::Reconcile { frame, .. } => format!("reconcile {}", frame.len()),
        Message::Keys(_) => "keys".to_owned(),
        Message::Head(_) => "head".to_owned(),
        Message::Confirmation(_) => "confirmation".to_owned(),
        Message::FetchPayloads(f) => format!("fetch payloads {}", f.wants.len()),
        Message::Payloads(p) => format!("payloads {} absent {}", p.blobs.len(), p.absent.len()),
        Message::DataKey(_) => "data key".to_owned(),
    }
}
