//! Anti-entropy on a link: beginning, answering and finishing reconciliations, and asking for what is wanted.

use super::engine::{Engine, Outcome};
use super::link::{Fetching, Link, Owed, Reconcile};
use super::message::{Message, Want};
use super::reconcile::Session;
use super::{Loaded, Needs};
use crate::{NodeId, Refusal, ScopeId, Timestamp, limits};

/// Versions asked for in one frame.
const ASK_PAGE: usize = 256;

impl Engine {
    pub(super) fn needs_to_respond(&self, node: NodeId, scope: ScopeId, needs: &mut Needs) {
        let serving = self.links.get(&node).and_then(|l| l.serving.get(&scope));
        if serving.is_some_and(|s| s.reconcile.is_none()) {
            needs.id_sets.insert(scope);
        }
    }

    /// A frame of a reconciliation that the other side began. An empty one says that it is done.
    pub(super) fn respond(
        &mut self,
        now: Timestamp,
        node: NodeId,
        scope: ScopeId,
        frame: &[u8],
        loaded: &Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let serving = self.link_mut(node)?.serving.get_mut(&scope).ok_or_else(|| not_open(scope))?;
        if frame.is_empty() {
            serving.reconcile = None;
            return Ok(());
        }
        let mut session = match serving.reconcile.take() {
            Some(session) => session,
            None => Session::new(now, loaded.id_sets.get(&scope).map_or(&[], Vec::as_slice))?,
        };
        let frame = session.respond(now, frame)?;
        serving.reconcile = Some(session);
        out.send(node, Message::Reconcile { scope, from_initiator: false, frame });
        Ok(())
    }

    pub(super) fn needs_to_reconcile(&self, needs: &mut Needs) {
        for (scope, reading) in self.links.values().flat_map(|l| &l.reading) {
            if reading.wants_reconcile.is_some() {
                needs.id_sets.insert(*scope);
            }
            if reading.has_wanted {
                needs.wanted.insert(*scope);
            }
        }
        let served = self.links.values().flat_map(|l| &l.serving);
        needs.wanted.extend(served.filter(|(_, s)| s.has_wanted).map(|(scope, _)| *scope));
    }

    pub(super) fn begin_reconciliations(&mut self, loaded: &mut Loaded, out: &mut Outcome) {
        let now = out.batch.at;
        let mut failed = Vec::new();
        for (node, link) in &mut self.links {
            link.ask_wanted(now, *node, loaded, out);
            for (scope, reading) in &mut link.reading {
                let Some(tail) = reading.wants_reconcile.take() else { continue };
                let ids = loaded.id_sets.get(scope).map_or(&[][..], Vec::as_slice);
                match Session::new(now, ids).and_then(|mut s| s.initiate().map(|frame| (s, frame))) {
                    Ok((session, frame)) => {
                        reading.reconcile = Some(Reconcile::new(session, tail));
                        out.send(*node, Message::Reconcile { scope: *scope, from_initiator: true, frame });
                    }
                    Err(refusal) => failed.push((*node, refusal)),
                }
            }
        }
        for (node, refusal) in failed {
            self.end_link(node, refusal, out);
        }
    }

    /// An answer to a reconciliation of this side: what is lacking here is asked for, what is lacking there is sent.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        node: NodeId,
        scope: ScopeId,
        frame: &[u8],
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let link = self.link_mut(node)?;
        let reading = link.reading.get_mut(&scope).ok_or_else(|| not_open(scope))?;
        let reconcile = reading.reconcile.as_mut().ok_or_else(|| not_open(scope))?;
        let found = reconcile.session.advance(now, frame)?;
        reconcile.missing.extend(found.need.iter().copied());
        reconcile.to_ask.extend(found.need);
        reconcile.is_done = found.next.is_none();
        if reconcile.missing.len() > limits::RECONCILE_IDS {
            return Err(Refusal::too_large("a reconciliation found more versions than a scope may hold"));
        }
        link.owed.extend(found.have.into_iter().map(|id| Owed::Version(scope, id)));
        out.send(node, Message::Reconcile { scope, from_initiator: true, frame: found.next.unwrap_or_default() });
        self.ask_found(node, scope, out)
    }

    /// Asks for the next versions that a reconciliation found, and keeps the cursor when there are none left.
    pub(super) fn ask_found(&mut self, node: NodeId, scope: ScopeId, out: &mut Outcome) -> Result<(), Refusal> {
        let reading = self.link_mut(node)?.reading.get_mut(&scope).ok_or_else(|| not_open(scope))?;
        if let Some(reconcile) = &mut reading.reconcile {
            let in_flight = reconcile.missing.len().saturating_sub(reconcile.to_ask.len());
            let room = limits::FETCHES_IN_FLIGHT.saturating_sub(in_flight).min(reconcile.to_ask.len());
            let ids: Vec<_> = reconcile.to_ask.drain(..room).collect();
            for page in ids.chunks(ASK_PAGE) {
                out.send(node, Message::FetchVersions { scope, version_ids: page.to_vec() });
            }
        }
        if let Some(cursor) = reading.finish_reconcile() {
            reading.cursor = Some(cursor);
            if !cursor.is_before_any() {
                out.batch.cursors.insert((node, scope), cursor);
            }
        }
        Ok(())
    }

    /// Begins the full comparisons whose time has come.
    pub(super) fn compare_due(&mut self, now: Timestamp) {
        for reading in self.links.values_mut().flat_map(|l| l.reading.values_mut()) {
            if reading.compare_at.is_some_and(|at| at <= now) {
                reading.compare_later(now);
                if reading.is_at_end && !reading.is_reconciling() {
                    reading.wants_reconcile = reading.cursor;
                }
            }
        }
    }

    /// Asks again for documents whose answer is overdue, less and less often.
    pub(super) fn ask_again(&mut self, now: Timestamp, out: &mut Outcome) {
        for (node, link) in &mut self.links {
            for ((scope, doc_id), fetching) in &mut link.fetching {
                if fetching.again_at > now {
                    continue;
                }
                fetching.tries = fetching.tries.saturating_add(1);
                let wait = limits::WANTED_TIMEOUT_MS.saturating_mul(1 << fetching.tries.min(10));
                fetching.again_at = now.plus_ms(wait.min(limits::WANTED_LONGEST_MS));
                let wants = vec![Want { doc_id: *doc_id, have: Vec::new() }];
                out.send(*node, Message::Fetch { scope: *scope, wants });
            }
        }
    }

    pub(super) fn next_retry(&self) -> Option<Timestamp> {
        let fetches = self.links.values().flat_map(|l| l.fetching.values()).map(|f| f.again_at);
        let comparisons = self.links.values().flat_map(|l| l.reading.values()).filter_map(|r| r.compare_at);
        fetches.chain(comparisons).min()
    }
}

impl Link {
    /// Asks for what is on the wanted list of the scopes that this link carries, as much as may be in flight.
    fn ask_wanted(&mut self, now: Timestamp, node: NodeId, loaded: &Loaded, out: &mut Outcome) {
        let reading = self.reading.iter_mut().map(|(scope, r)| (*scope, &mut r.has_wanted));
        let serving = self.serving.iter_mut().map(|(scope, s)| (*scope, &mut s.has_wanted));
        for (scope, has_wanted) in reading.chain(serving).filter(|(_, has_wanted)| **has_wanted) {
            *has_wanted = false;
            let mut wants = Vec::new();
            for (_, doc_id) in loaded.wanted.get(&scope).into_iter().flatten() {
                if self.fetching.len() >= limits::FETCHES_IN_FLIGHT {
                    break;
                }
                let fetching = Fetching { again_at: now.plus_ms(limits::WANTED_TIMEOUT_MS), tries: 1 };
                if self.fetching.insert((scope, *doc_id), fetching).is_none() {
                    wants.push(Want { doc_id: *doc_id, have: Vec::new() });
                }
            }
            for page in wants.chunks(ASK_PAGE) {
                out.send(node, Message::Fetch { scope, wants: page.to_vec() });
            }
        }
    }
}

fn not_open(scope: ScopeId) -> Refusal {
    Refusal::malformed(format!("a reconciliation of scope {scope}, which is not under way"))
}
