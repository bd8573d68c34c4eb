//! Nodes that do as they like: they hold honest keys, which bound what they can do, and nothing else does.
//!
//! Each runs the product's engine, so that it takes part as any node, and besides, by chance:
//!
//! - an author ([`super::author`]) signs whatever it likes of its own organisation, and sends it where it likes;
//! - a relay ([`super::relay`]) alters, withholds, replays, mixes and forges what its engine sends, and asks for what is
//!   not for it.
//!
//! Whatever they do, honest nodes show nothing that its owner did not sign for them, do not panic, keep to their limits,
//! and come to hold the same of every honest document; and the same of what an author forged, where they hold the same
//! statements.

use super::author::Author;
use super::world::{At, World};
use crate::sync::Message;
use crate::sync::message::{Item, Opening};
use crate::{OrgId, ScopeId, Sum};
use std::collections::{BTreeSet, VecDeque};

/// Items kept to be sent again.
const REMEMBERED: usize = 60;

/// How a byzantine node behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It signs what it likes.
    Author,
    /// It does what it likes with what goes through it.
    Relay,
}

/// A node that does as it likes, and what it keeps for that.
#[derive(Debug)]
pub(super) struct Byzantine {
    pub(super) role: Role,
    pub(super) author: Author,
    /// What came by, with the scope it came in.
    pub(super) heard: VecDeque<(ScopeId, Item)>,
    /// Scopes that it asked for and its engine did not.
    asked: BTreeSet<ScopeId>,
}

impl World {
    /// From now on a node does as it likes.
    pub fn corrupt(&mut self, at: At, role: Role) -> &mut Self {
        let byzantine = Byzantine { role, author: Author::default(), heard: VecDeque::new(), asked: BTreeSet::new() };
        self.byzantine.insert(at, byzantine);
        self
    }

    /// Whether a node does as it likes.
    pub fn is_byzantine(&self, at: At) -> bool {
        self.byzantine.contains_key(&at)
    }

    /// Whether an organisation has a node that does as it likes.
    pub fn is_suspect(&self, org: &OrgId) -> bool {
        self.byzantine.keys().any(|at| self.org(*at) == *org)
    }

    /// One byzantine node does something of its own accord, where it is linked.
    pub fn misbehave(&mut self) {
        let nodes: Vec<At> = self.byzantine.keys().copied().collect();
        if nodes.is_empty() {
            return;
        }
        let at = nodes[self.below(nodes.len())];
        let others: Vec<At> = (0..self.nodes.len()).filter(|to| self.is_linked(at, *to)).collect();
        if others.is_empty() {
            return;
        }
        let to = others[self.below(others.len())];
        match (self.byzantine[&at].role, self.below(4)) {
            (_, 0) => self.ask_for_all(at, to),
            (Role::Author, _) => self.forge(at, to),
            (Role::Relay, _) => self.leak(at, to),
        }
    }

    /// Opens every scope there is that the other side does not owe it.
    fn ask_for_all(&mut self, at: At, to: At) {
        let org = self.org(at);
        let foreign: Vec<ScopeId> =
            self.watch.scopes.iter().filter(|(_, s)| !s.has_member(&org)).map(|(id, _)| *id).collect();
        let some: Vec<_> = foreign.into_iter().filter(|_| self.below(2) == 0).collect();
        let Some(byzantine) = self.byzantine.get_mut(&at) else { return };
        byzantine.asked.extend(some.iter().copied());
        let opening = |scope| Opening { scope, cursor: None, sum: Sum::default(), keys: [0; 32], head: 0 };
        self.trace.push(format!("{at} asks {to} for {} scopes that are not for it", some.len()));
        self.post(at, to, Message::Open(some.into_iter().map(opening).collect()));
    }

    /// A frame that reaches a node: a byzantine one keeps what is in it, and its engine does not hear of what it did not
    /// ask for.
    pub(super) fn overheard(&mut self, at: At, message: Message) -> Option<Message> {
        let Some(byzantine) = self.byzantine.get_mut(&at) else { return Some(message) };
        let (scope, items) = match &message {
            Message::Rows(rows) => (rows.scope, rows.items.as_slice()),
            Message::Versions(versions) => (versions.scope, versions.items.as_slice()),
            Message::Opened(opened) => {
                let answers: Vec<_> = opened.iter().filter(|o| !byzantine.asked.contains(&o.scope)).cloned().collect();
                return (!answers.is_empty()).then_some(Message::Opened(answers));
            }
            _ => return Some(message),
        };
        byzantine.heard.extend(items.iter().map(|item| (scope, item.clone())));
        while byzantine.heard.len() > REMEMBERED {
            byzantine.heard.pop_front();
        }
        (!byzantine.asked.contains(&scope)).then_some(message)
    }

    /// What really goes out when a node's engine sends a frame.
    pub(super) fn tampered(&mut self, at: At, to: At, message: Message) -> Vec<Message> {
        match self.byzantine.get(&at).map(|byzantine| byzantine.role) {
            Some(Role::Relay) if self.below(3) == 0 => self.tamper(at, to, message),
            _ => vec![message],
        }
    }

    /// Something that came by a byzantine node.
    pub(super) fn remembered(&mut self, at: At) -> Option<(ScopeId, Item)> {
        let count = self.byzantine.get(&at).map_or(0, |b| b.heard.len());
        let place = self.below(count);
        self.byzantine.get(&at).and_then(|b| b.heard.get(place)).cloned()
    }
}
