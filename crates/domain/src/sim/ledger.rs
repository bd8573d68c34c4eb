//! What the nodes of a world acknowledged to their people: none of it may be lost.

use super::Disk;
use super::handoff::events_in;
use super::world::At;
use crate::document::Kind;
use crate::{DocId, EventId, OrgId};
use std::collections::{BTreeMap, BTreeSet};

/// Acknowledged edits by document and field, and what each stood upon.
#[derive(Debug, Default)]
pub struct Ledger {
    edits: Vec<Edit>,
    fates: Vec<Fate>,
    acts: Vec<Act>,
    operations: usize,
}

#[derive(Debug)]
struct Edit {
    doc: DocId,
    path: String,
    token: String,
    /// Tokens that its writer saw in the field and so replaced.
    over: BTreeSet<String>,
    at: At,
    operation: usize,
    /// Whether its writer heard that it was stored, and no disk that alone held it was lost.
    counts: bool,
}

/// A withdrawal or a change of audience.
#[derive(Debug)]
struct Fate {
    doc: DocId,
    at: At,
    is_withdrawal: bool,
    counts: bool,
    operation: usize,
}

/// Something that was done to a referral.
#[derive(Debug)]
struct Act {
    doc: DocId,
    event: EventId,
    at: At,
    operation: usize,
    counts: bool,
}

impl Ledger {
    /// How many operations were noted.
    pub fn operations(&self) -> usize {
        self.operations
    }

    fn next(&mut self) -> usize {
        self.operations += 1;
        self.operations - 1
    }

    /// Notes an edit of a field to a token that is used only once.
    pub fn edited(&mut self, at: At, (doc, path): (DocId, &str), token: &str, over: BTreeSet<String>, counts: bool) {
        let (path, token, operation) = (path.to_owned(), token.to_owned(), self.next());
        self.edits.push(Edit { doc, path, token, over, at, operation, counts });
    }

    /// Notes that a document was withdrawn.
    pub fn withdrawn(&mut self, at: At, doc: DocId, counts: bool) {
        let operation = self.next();
        self.fates.push(Fate { doc, at, is_withdrawal: true, counts, operation });
    }

    /// Notes that somebody tried to share a document anew.
    pub fn shared(&mut self, at: At, doc: DocId) {
        let operation = self.next();
        self.fates.push(Fate { doc, at, is_withdrawal: false, counts: true, operation });
    }

    /// Notes an event of a referral that its writer heard was stored.
    pub fn referred(&mut self, at: At, doc: DocId, event: EventId) {
        let operation = self.next();
        self.acts.push(Act { doc, event, at, operation, counts: true });
    }

    /// The acknowledged events of one of a referral's documents.
    pub fn events_of(&self, doc: DocId) -> impl Iterator<Item = EventId> {
        self.acts.iter().filter(move |act| act.doc == doc && act.counts).map(|act| act.event)
    }

    /// The acknowledged decisions of an organisation that its home node is to write.
    pub fn decisions_of(&self, org: OrgId) -> impl Iterator<Item = (DocId, EventId)> {
        let is_one = move |act: &&Act| act.counts && act.doc.is_of(Kind::DECISION, &org);
        self.acts.iter().filter(is_one).map(|act| (act.doc, act.event))
    }

    /// A node's disk goes back to where it was after so many operations. What only that disk had of what was
    /// acknowledged, wherever it was, does not count on: `kept` are the disks that are left, its old one among them.
    pub fn lose(&mut self, at: At, operations: usize, lost: &Disk, kept: &[&Disk]) {
        let has = |disk: &Disk, edit: &Edit| {
            let changes = disk.changes.get(&edit.doc).into_iter().flatten();
            changes.into_iter().any(|c| c.bytes.windows(edit.token.len()).any(|w| w == edit.token.as_bytes()))
        };
        for edit in self.edits.iter_mut().filter(|e| e.counts) {
            let is_lost = has(lost, edit) || (edit.at == at && edit.operation >= operations);
            edit.counts = !is_lost || kept.iter().any(|disk| has(disk, edit));
        }
        let has =
            |disk: &Disk, act: &Act| disk.rows.get(&act.doc).is_some_and(|row| events_in(row).contains_key(&act.event));
        for act in self.acts.iter_mut().filter(|act| act.counts) {
            let is_lost = has(lost, act) || (act.at == at && act.operation >= operations);
            act.counts = !is_lost || kept.iter().any(|disk| has(disk, act));
        }
        for fate in self.fates.iter_mut().filter(|f| f.at == at && f.operation >= operations) {
            fate.counts = false;
        }
    }

    /// The documents whose last word was an acknowledged withdrawal: none may be live anywhere.
    pub fn taken_back(&self) -> BTreeSet<DocId> {
        let last: BTreeMap<DocId, &Fate> = self.fates.iter().map(|f| (f.doc, f)).collect();
        last.into_values().filter(|f| f.is_withdrawal && f.counts).map(|f| f.doc).collect()
    }

    /// What was done to a document as a whole, and where, in order.
    pub fn fates_of(&self, doc: DocId) -> String {
        let of_doc = self.fates.iter().filter(|f| f.doc == doc);
        let words = of_doc.map(|f| format!("{} at {}", if f.is_withdrawal { "withdrawn" } else { "shared" }, f.at));
        words.collect::<Vec<_>>().join(", ")
    }

    /// Fields in which acknowledged edits were made.
    pub fn fields(&self) -> BTreeSet<(DocId, String)> {
        self.edits.iter().filter(|e| e.counts).map(|e| (e.doc, e.path.clone())).collect()
    }

    /// What is wrong with what a field shows: an acknowledged edit that is neither shown nor replaced by what is. After a
    /// reset a field shows one value, and then that may be any but one which an acknowledged edit replaced.
    pub fn fault_in(&self, doc: DocId, path: &str, shown: &BTreeSet<String>, was_reset: bool) -> Option<String> {
        let of_field: Vec<_> = self.edits.iter().filter(|e| e.doc == doc && e.path == path).collect();
        for edit in of_field.iter().filter(|e| e.counts) {
            let is_kept = shown.iter().any(|s| *s == edit.token || self.stands_upon(doc, path, s, &edit.token));
            let is_undone = !is_kept && shown.iter().all(|s| self.stands_upon(doc, path, &edit.token, s));
            if (!is_kept && !was_reset) || is_undone {
                return Some(format!("{doc} {path} shows {shown:?} and not {:?}, made at {}", edit.token, edit.at));
            }
        }
        None
    }

    /// Whether the edit to `later` was made upon the one to `earlier`.
    fn stands_upon(&self, doc: DocId, path: &str, later: &str, earlier: &str) -> bool {
        let mut open: Vec<&str> = vec![later];
        let mut done = BTreeSet::new();
        while let Some(token) = open.pop() {
            if !done.insert(token) {
                continue;
            }
            let made = self.edits.iter().filter(|e| e.doc == doc && e.path == path && e.token == token);
            for below in made.flat_map(|e| &e.over) {
                if below == earlier {
                    return true;
                }
                open.push(below);
            }
        }
        false
    }
}
