//! What goes wrong in a world, and how often.

use super::Disk;
use super::world::{At, World};
use crate::Timestamp;

/// How often, of 1,000 chances, something goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A frame is lost.
    pub lost: u32,
    /// A frame comes twice.
    pub repeated: u32,
    /// A frame overtakes the one before it.
    pub overtaking: u32,
    /// A frame takes long, and those behind it wait.
    pub delayed: u32,
    /// A link is cut while frames are on their way.
    pub cut: u32,
    /// A link goes on in one direction only.
    pub one_way: u32,
    /// A process dies between two effects.
    pub crash: u32,
    /// The disk is full for a while: commits fail.
    pub full: u32,
    /// A disk says that it has written what it has not: what is committed is gone when the process dies soon after.
    pub unsynced: u32,
}

impl Faults {
    /// All of them, often.
    pub const MANY: Self =
        Self { lost: 4, repeated: 4, overtaking: 4, delayed: 30, cut: 12, one_way: 5, crash: 12, full: 4, unsynced: 3 };
}

const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;

impl World {
    /// Takes a copy of a node's disk, to be put back later.
    pub fn back_up(&mut self, at: At) {
        let operations = self.ledger.operations();
        let node = &mut self.nodes[at];
        node.backup = Some((node.disk.clone(), operations));
    }

    /// Puts the old copy of a node's disk back and starts from it. What the node alone knew is lost, and the ledger is
    /// told.
    pub fn restore(&mut self, at: At) {
        let Some(copy) = self.nodes[at].backup.take() else { return };
        self.trace.push(format!("{at} gets an old copy of its disk"));
        self.go_back(at, copy);
        self.restart(at);
    }

    fn go_back(&mut self, at: At, (disk, operations): (Disk, usize)) {
        // A partner gives back what it holds, but not once a new generation has replaced it there: a home node that went
        // back and begins one before it hears of what it lost takes that from nobody but its siblings.
        let siblings = (0..self.nodes.len()).filter(|n| *n != at && self.org(*n) == self.org(at));
        let kept: Vec<_> = siblings.map(|n| &self.nodes[n].disk).chain([&disk]).collect();
        self.ledger.lose(at, operations, &self.nodes[at].disk, &kept);
        let node = &mut self.nodes[at];
        node.disk = disk;
        node.unsynced = None;
    }

    /// A commit: the disk may begin to keep what it is told in memory only, until it has taken some more.
    pub(super) fn sync_later(&mut self, at: At) {
        let operations = self.ledger.operations();
        let begins = self.chance(self.faults.unsynced);
        let left = self.below(8);
        let node = &mut self.nodes[at];
        node.unsynced = match node.unsynced.take() {
            Some((copy, left)) if left > 0 => Some((copy, left - 1)),
            Some(_) => None,
            None => begins.then(|| ((node.disk.clone(), operations), left)),
        };
    }

    /// A process died: what its disk had in memory only is gone.
    pub(super) fn lose_unsynced(&mut self, at: At) {
        if let Some((copy, _)) = self.nodes[at].unsynced.take() {
            self.trace.push(format!("{at} has lost what its disk had not written"));
            self.go_back(at, copy);
        }
    }

    /// Whether a commit fails: once a disk is full it stays so for a while.
    pub(super) fn is_disk_full(&mut self, at: At) -> bool {
        if self.faults.full == 0 {
            return false;
        }
        if self.nodes[at].full_for == 0 && self.chance(self.faults.full) {
            self.nodes[at].full_for = 1 + self.below(3);
        }
        let is_full = self.nodes[at].full_for > 0;
        self.nodes[at].full_for = self.nodes[at].full_for.saturating_sub(1);
        is_full
    }

    /// Starts a second process over a copy of a node's disk.
    pub fn clone_node(&mut self, at: At) -> At {
        let draw = self.draw();
        let mut node = self.nodes[at].cloned(draw);
        node.start(self.draw(), self.planted);
        self.nodes.push(node);
        self.trace.push(format!("{at} is cloned"));
        self.nodes.len() - 1
    }

    /// Sets a node's clock up to ten years ahead or behind.
    pub fn set_clock(&mut self, at: At) {
        let years = i64::try_from(self.below(21)).unwrap() - 10;
        self.nodes[at].clock_ahead_ms = years * YEAR_MS;
        // It asked to be woken by the other clock.
        let now: Timestamp = self.nodes[at].clock(self.now());
        self.nodes[at].wake_at = self.nodes[at].wake_at.map(|_| now);
    }
}
