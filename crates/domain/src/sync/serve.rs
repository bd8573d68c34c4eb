//! Serving what the other side opened or asked for: feed rows within its window, documents and versions by name.

use super::engine::{Engine, Outcome};
use super::link::{Owed, Serving};
use super::message::{Item, Message, Rows, Versions, Want};
use super::needs::FeedRange;
use super::{Document, Loaded, Needs};
use crate::document::{StoredChange, pack};
use crate::feed::{Cursor, FeedRow};
use crate::statement::SignedStatement;
use crate::{ChangeHash, NodeId, Refusal, RefusalKind, ScopeId, VersionId, limits};
use std::collections::BTreeMap;

/// Rows loaded at once for one scope.
const ROWS: usize = 256;
/// A frame is closed once its items are past this: the rest of [`limits::FRAME_BYTES`] is room for the last item.
const FILL_BYTES: usize = limits::FRAME_BYTES - limits::ROW_PACK_BYTES - 2 * limits::STATEMENT_BYTES;
/// Documents and versions answered in one step.
const OWED: usize = 128;

/// Whether rows are waiting and the window is open.
pub(super) fn may_send(serving: &Serving) -> bool {
    serving.has_more && serving.in_flight.len() < limits::FRAMES_IN_FLIGHT
}

impl Engine {
    /// One run of rows a scope: those after the position that is furthest behind. Links at other positions have their
    /// turn in the next step; in steady state all stand at the same.
    pub(super) fn needs_to_serve(&self, scopes: Option<&[ScopeId]>, needs: &mut Needs) {
        let grown = |id: &ScopeId| scopes.is_some_and(|s| s.contains(id));
        let mut after: BTreeMap<ScopeId, u64> = BTreeMap::new();
        for (id, serving) in self.links.values().flat_map(|l| &l.serving) {
            let is_asked = scopes.is_none() || grown(id);
            let is_ready = serving.in_flight.len() < limits::FRAMES_IN_FLIGHT && (serving.has_more || grown(id));
            if is_asked && is_ready {
                let first = after.entry(*id).or_insert(serving.sent);
                *first = (*first).min(serving.sent);
            }
        }
        for (scope, after) in after {
            needs.scopes.insert(scope);
            needs.feeds.push(FeedRange { scope, after, rows: ROWS, bytes: limits::FRAME_BYTES });
        }
    }

    pub(super) fn serve(&mut self, scopes: Option<&[ScopeId]>, loaded: &mut Loaded, out: &mut Outcome) {
        let feeds = std::mem::take(&mut loaded.feeds);
        for (scope, rows) in &feeds {
            if scopes.is_some_and(|s| !s.contains(scope)) {
                continue;
            }
            let Some(tail) = loaded.scopes.get(scope).map(|s| (s.tail, s.sum)) else { continue };
            let first = rows.first().map_or(tail.0.seq, |r| r.seq.saturating_sub(1));
            for (node, link) in &mut self.links {
                let Some(serving) = link.serving.get_mut(scope) else { continue };
                if serving.sent != first || !may_send(serving) {
                    continue;
                }
                for message in run(serving, rows, loaded, tail) {
                    out.send(*node, Message::Rows(message));
                }
                serving.has_more = serving.sent < tail.0.seq;
            }
        }
    }

    /// The other side stored rows: its window opens.
    pub(super) fn stored(
        &mut self,
        node: NodeId,
        scope: ScopeId,
        seq: u64,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let serving = self.link_mut(node)?.serving.get_mut(&scope).ok_or_else(|| unasked(scope))?;
        if seq > serving.sent {
            return Err(Refusal::malformed("rows were acknowledged that were not sent"));
        }
        while serving.in_flight.front().is_some_and(|last| *last <= seq) {
            serving.in_flight.pop_front();
        }
        self.serve(Some(&[scope]), loaded, out);
        Ok(())
    }

    pub(super) fn owe_documents(&mut self, node: NodeId, scope: ScopeId, wants: Vec<Want>) -> Result<(), Refusal> {
        self.owe(node, scope, wants.into_iter().map(|want| Owed::Document(scope, want)).collect())
    }

    pub(super) fn owe_versions(&mut self, node: NodeId, scope: ScopeId, ids: Vec<VersionId>) -> Result<(), Refusal> {
        self.owe(node, scope, ids.into_iter().map(|id| Owed::Version(scope, id)).collect())
    }

    fn owe(&mut self, node: NodeId, scope: ScopeId, owed: Vec<Owed>) -> Result<(), Refusal> {
        self.scope_on(node, scope)?;
        let link = self.link_mut(node)?;
        link.owed.extend(owed);
        if link.owed.len() > 2 * limits::FETCHES_IN_FLIGHT {
            return Err(Refusal::new(RefusalKind::Busy, "more documents were asked for than may be in flight"));
        }
        Ok(())
    }

    pub(super) fn needs_to_answer(&self, needs: &mut Needs) {
        for owed in self.links.values().flat_map(|l| l.owed.iter().take(OWED)) {
            match owed {
                Owed::Document(_, want) => needs.documents.insert(want.doc_id),
                Owed::Version(_, id) => needs.versions.insert(*id),
            };
        }
        self.needs_to_reconcile(needs);
    }

    /// Answers what is owed, a frame or two on each link, and begins what reconciliations are due.
    pub(super) fn answer(&mut self, loaded: &mut Loaded, out: &mut Outcome) {
        for (node, link) in &mut self.links {
            let mut frames = Frames::default();
            for _ in 0..OWED {
                let Some(owed) = link.owed.pop_front() else { break };
                frames.add(&owed, loaded);
                if frames.bytes > FILL_BYTES {
                    break;
                }
            }
            for message in frames.finish() {
                out.send(*node, message);
            }
        }
        self.begin_reconciliations(loaded, out);
    }
}

/// The frames that answer what is owed on one link.
#[derive(Debug, Default)]
struct Frames {
    parts: Vec<Message>,
    versions: BTreeMap<ScopeId, Versions>,
    bytes: usize,
}

impl Frames {
    fn add(&mut self, owed: &Owed, loaded: &Loaded) {
        match owed {
            Owed::Document(scope, want) => match loaded.documents.get(&want.doc_id) {
                Some(document) if document.statements.get(scope).is_some_and(|s| !s.is_empty()) => {
                    for statement in document.statements.get(scope).into_iter().flat_map(|s| s.iter()) {
                        self.add_item(*scope, document, statement, &want.have);
                    }
                }
                _ => self.of(*scope).absent.push(want.doc_id),
            },
            Owed::Version(scope, id) => {
                let document = loaded.versions.get(id).and_then(|doc| loaded.documents.get(doc));
                let found = document.and_then(|d| Some((d, d.statement(scope, id)?)));
                match found {
                    Some((document, statement)) => self.add_item(*scope, document, statement, &[]),
                    None => {
                        let of_scope = self.of(*scope);
                        of_scope.items.extend(damaged(loaded, id));
                        of_scope.absent_versions.push(*id);
                    }
                }
            }
        }
    }

    fn of(&mut self, scope: ScopeId) -> &mut Versions {
        self.versions.entry(scope).or_insert_with(|| Versions {
            scope,
            items: Vec::new(),
            absent: Vec::new(),
            absent_versions: Vec::new(),
        })
    }

    /// A version with what the asker lacks of it. A history too large for one frame goes ahead in parts.
    fn add_item(&mut self, scope: ScopeId, document: &Document, statement: &SignedStatement, have: &[ChangeHash]) {
        let mut packs = document.packs_of(statement, have);
        let last = packs.pop().unwrap_or_default();
        for pack in packs {
            self.bytes = self.bytes.saturating_add(pack.len());
            self.parts.push(Message::Part { scope, doc_id: document.id, pack });
        }
        self.bytes = self.bytes.saturating_add(last.len()).saturating_add(statement.bytes().len());
        self.of(scope).items.push(Item { statement: statement.bytes().to_vec(), pack: last });
    }

    /// Parts go first, since their statements follow in `Versions`; those are cut so that each fits a frame.
    fn finish(self) -> Vec<Message> {
        let mut out = self.parts;
        for versions in self.versions.into_values() {
            let Versions { scope, items, absent, absent_versions } = versions;
            let mut frame = Versions { scope, items: Vec::new(), absent, absent_versions };
            let mut bytes = 0;
            for item in items {
                let size = item.statement.len().saturating_add(item.pack.len());
                if bytes > 0 && bytes + size > FILL_BYTES {
                    let next = Versions { scope, items: Vec::new(), absent: Vec::new(), absent_versions: Vec::new() };
                    out.push(Message::Versions(std::mem::replace(&mut frame, next)));
                    bytes = 0;
                }
                bytes += size;
                frame.items.push(item);
            }
            out.push(Message::Versions(frame));
        }
        out
    }
}

/// Largest part of a history in one frame.
const PART_BYTES: usize = 256 << 10;

/// As many frames of one run of rows as the window allows.
fn run(serving: &mut Serving, rows: &[FeedRow], loaded: &Loaded, (tail, sum): (Cursor, crate::Sum)) -> Vec<Rows> {
    let scope = serving.scope.id();
    let mut frames = Vec::new();
    let sent = serving.sent;
    let mut rows = rows.iter().filter(|r| r.seq > sent).peekable();
    while serving.in_flight.len() < limits::FRAMES_IN_FLIGHT && rows.peek().is_some() {
        let mut frame = Rows { scope, items: Vec::new(), cursor: tail, sum: None, left: 0 };
        let mut bytes = 0;
        while bytes <= FILL_BYTES {
            let Some(row) = rows.next() else { break };
            frame.cursor.seq = row.seq;
            frame.cursor.chain = row.chain;
            if let Some(item) = item_of(serving, scope, row, loaded) {
                bytes += item.statement.len() + item.pack.len();
                frame.items.push(item);
            }
        }
        serving.sent = frame.cursor.seq;
        serving.in_flight.push_back(frame.cursor.seq);
        frame.left = versions_left(frame.cursor, tail, sum);
        if frame.cursor.seq == tail.seq {
            frame.sum = Some(sum);
        }
        frames.push(frame);
    }
    frames
}

/// How many versions at most are in a feed behind a cursor: rows whose version was superseded are passed over, and each
/// version that stands has one row.
pub(super) fn versions_left(cursor: Cursor, tail: Cursor, sum: crate::Sum) -> u64 {
    tail.seq.saturating_sub(cursor.seq).min(sum.count())
}

/// A row's version with the changes since the one before it, if they fit; nothing for what was superseded, or came
/// from the other side itself.
fn item_of(serving: &mut Serving, scope: ScopeId, row: &FeedRow, loaded: &Loaded) -> Option<Item> {
    let version = row.version?;
    if serving.given.remove(&version) {
        return None;
    }
    let document = loaded.versions.get(&version).and_then(|doc| loaded.documents.get(doc));
    let Some((document, statement)) = document.and_then(|d| Some((d, d.statement(&scope, &version)?))) else {
        return damaged(loaded, &version);
    };
    let pack = document.pack_of(statement, &row.since);
    let pack = if pack.len() > limits::ROW_PACK_BYTES { Vec::new() } else { pack };
    Some(Item { statement: statement.bytes().to_vec(), pack })
}

/// A statement that was damaged in this node's database goes out as it is: the other side refuses it and tells its own
/// people, who would otherwise not know that something is missing.
fn damaged(loaded: &Loaded, version: &VersionId) -> Option<Item> {
    let damaged = loaded.corrupt.iter().find(|c| c.version_id == Some(*version))?;
    (damaged.bytes.len() <= limits::STATEMENT_BYTES)
        .then(|| Item { statement: damaged.bytes.clone(), pack: Vec::new() })
}

impl Document {
    /// The current statement with this id in a scope.
    fn statement(&self, scope: &ScopeId, id: &VersionId) -> Option<&SignedStatement> {
        self.statements.get(scope)?.iter().find(|s| s.version_id() == *id)
    }

    /// The scope that a current version is in.
    pub(super) fn scope_of(&self, version: &VersionId) -> Option<ScopeId> {
        self.current().find(|s| s.version_id() == *version).map(|s| s.statement().scope_id)
    }

    /// A version's content in one pack: what was set aside of it goes on as it came.
    fn pack_of(&self, statement: &SignedStatement, have: &[ChangeHash]) -> Vec<u8> {
        match self.quarantined.get(&statement.version_id()) {
            Some(mark) => mark.pack.clone(),
            None => pack::encode(&self.history_of(statement, have)),
        }
    }

    /// A version's content in packs that each fit a frame.
    fn packs_of(&self, statement: &SignedStatement, have: &[ChangeHash]) -> Vec<Vec<u8>> {
        let disputed = self.disputed_changes(&statement.version_id());
        match self.quarantined.get(&statement.version_id()) {
            Some(mark) if mark.pack.len() <= PART_BYTES => vec![mark.pack.clone()],
            Some(_) => pack::split(&disputed.iter().collect::<Vec<_>>(), PART_BYTES),
            None => pack::split(&self.history_of(statement, have), PART_BYTES),
        }
    }

    /// The history behind a statement, less what is behind `have`. Only what this statement vouches for: another
    /// scope's changes never go along.
    fn history_of(&self, statement: &SignedStatement, have: &[ChangeHash]) -> Vec<&StoredChange> {
        self.changes.since(&statement.statement().heads, have)
    }
}

fn unasked(scope: ScopeId) -> Refusal {
    Refusal::new(RefusalKind::NotAllowed, format!("rows of scope {scope} were acknowledged, and it is not open"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_frame_leaves_room_for_its_last_item() {
        const { assert!(FILL_BYTES + limits::ROW_PACK_BYTES + limits::STATEMENT_BYTES < limits::FRAME_BYTES) };
        const { assert!(PART_BYTES + limits::STATEMENT_BYTES < limits::FRAME_BYTES) };
    }
}
