//! The start of a link: each side opens the scopes it wants, and says what it stands at.

use super::engine::{Engine, Outcome};
use super::link::{Link, Reading, Reconcile, Serving};
use super::message::{Message, OpenAnswer, Opened, Opening, keys_hash};
use super::reconcile::Session;
use super::serve::versions_left;
use super::{Effect, Loaded, Needs, Notice};
use crate::audience::Scope;
use crate::feed::{Cursor, ScopeState};
use crate::identity::keys::KeysObject;
use crate::{NodeId, OrgId, Refusal, RefusalKind, ScopeId, Timestamp, VersionId, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

impl Engine {
    pub(super) fn needs_to_open(&self, node: NodeId, org: OrgId, needs: &mut Needs) {
        needs.cursors.insert(node);
        needs.scopes.extend(self.scopes_to_read(org).into_keys());
    }

    /// A link is there: opens what is wanted from it. A node that is no partner's is turned away.
    pub(super) fn open(&mut self, node: NodeId, org: OrgId, loaded: &Loaded, out: &mut Outcome) {
        let is_paused = self.partners.get(&org).is_some_and(|p| p.is_paused);
        let scopes = self.scopes_to_read(org);
        if self.scopes_served_to(org).is_empty() || is_paused {
            let refusal = Refusal::new(RefusalKind::NotAllowed, "this organisation is not linked with yours");
            out.after.push(Effect::Unlink(node, refusal));
            return;
        }
        self.links.insert(node, Link::new(org));
        let openings = self.openings(node, scopes, loaded);
        // At least one, so that the other side knows that there is nothing more to come at the start.
        let rest = openings.get(limits::FRAME_OPENINGS..).unwrap_or_default();
        let first = openings.get(..limits::FRAME_OPENINGS).unwrap_or(&openings);
        for page in std::iter::once(first).chain(rest.chunks(limits::FRAME_OPENINGS)) {
            out.send(node, Message::Open(page.to_vec()));
        }
        self.send_confirmation(node, org, out);
        out.after.push(Effect::Notify(Notice::Partner(org)));
    }

    /// Notes scopes as read on a link and gives what to say of each.
    pub(super) fn openings(&mut self, node: NodeId, scopes: BTreeMap<ScopeId, Scope>, loaded: &Loaded) -> Vec<Opening> {
        let mut openings = Vec::new();
        for (id, scope) in scopes {
            let cursor = loaded.cursors.get(&(node, id)).copied();
            let sum = loaded.scopes.get(&id).map(|s| s.sum).unwrap_or_default();
            let keys = self.keys.get(&scope.owner).map_or([0; 32], |k| keys_hash(&scope.owner, &k.bytes()));
            let head = self.head_known(&scope);
            openings.push(Opening { scope: id, cursor, sum, keys, head });
            if let Some(link) = self.links.get_mut(&node) {
                link.reading.insert(id, Reading::new(scope, cursor, sum));
            }
        }
        openings
    }

    pub(super) fn needs_to_be_opened(&self, node: NodeId, openings: &[Opening], needs: &mut Needs) {
        let Some(link) = self.links.get(&node) else { return };
        let scopes = self.scopes_served_to(link.org);
        for opening in openings.iter().filter(|o| scopes.contains_key(&o.scope)) {
            needs.scopes.insert(opening.scope);
            if let Some(cursor) = opening.cursor {
                needs.positions.insert(opening.scope, cursor);
            }
        }
    }

    /// The other side says what it wants: each scope once a link.
    pub(super) fn opened_by(
        &mut self,
        node: NodeId,
        openings: &[Opening],
        loaded: &Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let link = self.link_mut(node)?;
        let org = link.org;
        if openings.iter().any(|o| link.serving.contains_key(&o.scope)) {
            return Err(Refusal::malformed("a scope of a link was opened twice"));
        }
        let scopes = self.scopes_served_to(org);
        let mut keys_sent = BTreeSet::new();
        let (mut answers, mut told) = (Vec::new(), Vec::new());
        for opening in openings {
            let Some(scope) = scopes.get(&opening.scope) else {
                answers.push(Opened { scope: opening.scope, answer: OpenAnswer::Unknown });
                continue;
            };
            if keys_sent.insert(scope.owner) {
                self.send_newer_keys(node, scope.owner, &opening.keys, out);
            }
            let state = loaded.scopes.get(&opening.scope).cloned();
            let stands = loaded.positions.contains(&opening.scope);
            let (answer, sent) = answer_to(opening, state.as_ref(), stands);
            let has_more = state.as_ref().is_some_and(|s| s.tail.seq > sent);
            told.push((*scope, opening.head, state.map(|s| s.sum).unwrap_or_default()));
            let is_own = scope.owner == self.own.org;
            let link = self.link_mut(node)?;
            let has_wanted = is_own && !link.reading.contains_key(&opening.scope);
            link.serving.insert(opening.scope, Serving { has_wanted, ..Serving::new(*scope, sent, has_more) });
            answers.push(Opened { scope: opening.scope, answer });
        }
        out.send(node, Message::Opened(answers));
        for (scope, known, held) in told {
            self.tell_head(node, &scope, known, held, out);
        }
        Ok(())
    }

    fn send_newer_keys(&self, node: NodeId, owner: OrgId, theirs: &[u8; 32], out: &mut Outcome) {
        match (self.keys.get(&owner).map(KeysObject::bytes), self.damaged_keys.get(&owner)) {
            (Some(bytes), _) if keys_hash(&owner, &bytes) != *theirs => out.send(node, Message::Keys(bytes)),
            (None, Some(damaged)) => out.send(node, Message::Keys(damaged.clone())),
            (Some(_) | None, _) => {}
        }
    }

    /// The other side answers the openings of this one.
    pub(super) fn opened(
        &mut self,
        now: Timestamp,
        node: NodeId,
        opened: &[Opened],
        loaded: &Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        #[cfg(any(test, feature = "sim"))]
        let keeps_cursor = self.has(super::planted::Planted::KeepCursor);
        let link = self.link_mut(node)?;
        for Opened { scope, answer } in opened {
            let Some(reading) = link.reading.get_mut(scope) else {
                return Err(Refusal::malformed("an answer about a scope that was not opened"));
            };
            let said =
                std::mem::replace(&mut reading.ours, loaded.scopes.get(scope).map(|s| s.sum).unwrap_or_default());
            reading.compare_later(now);
            match answer {
                OpenAnswer::Unknown => {
                    link.reading.remove(scope);
                }
                OpenAnswer::Follows { tail, sum } => reading.follow(now, *tail, *sum),
                OpenAnswer::InStep => {
                    let cursor = reading.cursor;
                    let tail = cursor.ok_or_else(|| Refusal::malformed("a scope that was never read is in step"))?;
                    reading.follow(now, tail, said);
                }
                #[cfg(any(test, feature = "sim"))]
                OpenAnswer::CursorInvalid { sum, .. } if keeps_cursor && reading.cursor.is_some() => {
                    reading.theirs = Some(*sum);
                    reading.is_at_end = true;
                    reading.has_wanted = true;
                }
                OpenAnswer::CursorInvalid { tail, sum } => {
                    reading.theirs = Some(*sum);
                    reading.cursor = Some(*tail);
                    reading.is_at_end = true;
                    reading.has_wanted = true;
                    if *sum == reading.ours {
                        if !tail.is_before_any() {
                            out.batch.cursors.insert((node, *scope), *tail);
                        }
                    } else {
                        reading.wants_reconcile = Some(*tail);
                    }
                }
            }
        }
        out.after.push(Effect::Notify(Notice::Partner(link.org)));
        Ok(())
    }
}

/// Where a feed goes on for a cursor, and the row that counts as sent.
fn answer_to(opening: &Opening, state: Option<&ScopeState>, stands: bool) -> (OpenAnswer, u64) {
    let Some(state) = state else {
        // Nothing was ever in this scope here: whatever the asker holds, it holds alone.
        return (OpenAnswer::CursorInvalid { tail: Cursor::BEFORE_ANY, sum: crate::Sum::default() }, 0);
    };
    let (tail, sum) = (state.tail, state.sum);
    match opening.cursor {
        Some(cursor) if stands && cursor == tail && opening.sum == sum => (OpenAnswer::InStep, cursor.seq),
        Some(cursor) if stands => (OpenAnswer::Follows { tail, sum }, cursor.seq),
        None if opening.sum.count() == 0 => (OpenAnswer::Follows { tail, sum }, 0),
        _ => (OpenAnswer::CursorInvalid { tail, sum }, tail.seq),
    }
}

impl Reading {
    fn new(scope: Scope, cursor: Option<Cursor>, ours: crate::Sum) -> Self {
        Self {
            scope,
            cursor,
            theirs: None,
            ours,
            is_at_end: false,
            left: 0,
            has_wanted: false,
            wants_reconcile: None,
            reconcile: None,
            compare_at: None,
            next_reconcile: Timestamp::default(),
        }
    }

    /// The feed goes on from where this node stands in it, to an end, and its side holds so much.
    fn follow(&mut self, now: Timestamp, tail: Cursor, sum: crate::Sum) {
        let from_start = Cursor { feed_id: tail.feed_id, seq: 0, chain: [0; 32] };
        let cursor = *self.cursor.get_or_insert(from_start);
        self.theirs = Some(sum);
        self.is_at_end = cursor.seq == tail.seq;
        self.left = if sum == self.ours { 0 } else { versions_left(cursor, tail, sum) };
        self.has_wanted = true;
        if self.is_at_end && sum != self.ours {
            self.want_reconcile(now, tail);
        }
    }

    /// Each scope has its turn at another time: their ids are not all in memory at once.
    pub(super) fn compare_later(&mut self, now: Timestamp) {
        let turn = self.scope.id().as_bytes().first().copied().map_or(0, i64::from);
        self.compare_at = Some(now.plus_ms(limits::RECONCILE_EVERY_MS.saturating_add(turn.saturating_mul(10_000))));
    }

    /// Whether differences are still being looked for: until they are here, the cursor must not be kept.
    pub(super) fn is_reconciling(&self) -> bool {
        self.reconcile.is_some() || self.wants_reconcile.is_some()
    }

    /// At the end of the feed with other sums: something is missing on one side. Compared in full, but not again and
    /// again when the difference is something that is refused here.
    pub(super) fn want_reconcile(&mut self, now: Timestamp, tail: Cursor) {
        if self.reconcile.is_none() && now >= self.next_reconcile {
            self.wants_reconcile = Some(tail);
            self.next_reconcile = now.plus_ms(limits::RECONCILE_EVERY_MS);
        }
    }

    /// Notes versions that came; gives the cursor to keep when a reconciliation is through with that.
    pub(super) fn came(&mut self, versions: impl IntoIterator<Item = VersionId>) -> Option<Cursor> {
        let reconcile = self.reconcile.as_mut()?;
        for version in versions {
            reconcile.missing.remove(&version);
        }
        self.finish_reconcile()
    }

    pub(super) fn finish_reconcile(&mut self) -> Option<Cursor> {
        let is_through =
            self.reconcile.as_ref().is_some_and(|r| r.is_done && r.missing.is_empty() && r.to_ask.is_empty());
        let tail = is_through.then(|| self.reconcile.take().map(|r| r.tail)).flatten()?;
        // Rows may have moved the cursor on meanwhile.
        match self.cursor {
            Some(cursor) if cursor.feed_id == tail.feed_id && cursor.seq > tail.seq => Some(cursor),
            _ => Some(tail),
        }
    }
}

impl Reconcile {
    pub(super) fn new(session: Session, tail: Cursor) -> Self {
        Self { session, tail, missing: BTreeSet::new(), to_ask: VecDeque::new(), is_done: false }
    }
}

impl Serving {
    fn new(scope: Scope, sent: u64, has_more: bool) -> Self {
        Self {
            scope,
            sent,
            in_flight: VecDeque::new(),
            has_more,
            given: BTreeSet::new(),
            reconcile: None,
            has_wanted: false,
        }
    }
}
