//! What comes over a link, and the ladder every version climbs: parse, owner and key, scope, order, then content.

use super::content::{Taken, hash_pack};
use super::engine::{Engine, Outcome};
use super::link::{Fetching, Link, Owed, Reading};
use super::message::{Item, Message, Rows, Versions, Want};
use super::{Document, Effect, Loaded, Needs, Notice};
use crate::audience::Scope;
use crate::document::{Kind, pack};
use crate::identity::certificate::NodeState;
use crate::statement::{Entered, Life, Order, SignedStatement, replaces};
use crate::sync::batch::{EnteredVersion, Wanted};
use crate::{ActorId, DocId, NodeId, OrgId, Refusal, RefusalKind, ScopeId, Timestamp, VersionId, limits};
use std::collections::BTreeSet;

/// One step's arguments, and the scope and link it is about.
struct Taking<'a> {
    now: Timestamp,
    node: NodeId,
    scope: Scope,
    loaded: &'a mut Loaded,
    out: &'a mut Outcome,
    /// Documents whose content is to be fetched.
    fetch: BTreeSet<DocId>,
    /// Documents whose row has to be brought up to date.
    touched: BTreeSet<DocId>,
}

impl Engine {
    pub(super) fn needs_to_receive(&self, node: NodeId, message: &Message, needs: &mut Needs) {
        match message {
            Message::Open(openings) => self.needs_to_be_opened(node, openings, needs),
            Message::Opened(opened) => needs.scopes.extend(opened.iter().map(|o| o.scope)),
            Message::Rows(rows) => needs_items(rows.scope, &rows.items, needs),
            Message::Versions(versions) => needs_items(versions.scope, &versions.items, needs),
            Message::Stored { scope, .. } => self.needs_to_serve(Some(&[*scope]), needs),
            Message::Reconcile { scope, from_initiator: true, .. } => self.needs_to_respond(node, *scope, needs),
            Message::Head(bytes) => self.needs_to_take_head(bytes, needs),
            Message::FetchPayloads(asked) => self.needs_to_hand(asked, needs),
            Message::DataKey(bytes) => self.needs_to_take_data_key(node, bytes, needs),
            Message::Fetch { .. }
            | Message::FetchVersions { .. }
            | Message::Part { .. }
            | Message::Reconcile { .. }
            | Message::Keys(_)
            | Message::Confirmation(_)
            | Message::Payloads(_) => {}
        }
    }

    /// Takes a frame. An error ends the link; what is merely refused is noted and the link goes on.
    pub(super) fn receive(
        &mut self,
        now: Timestamp,
        node: NodeId,
        message: Message,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        match message {
            Message::Open(openings) => self.opened_by(node, &openings, loaded, out),
            Message::Opened(opened) => self.opened(now, node, &opened, loaded, out),
            Message::Rows(rows) => self.take_rows(now, node, rows, loaded, out),
            Message::Stored { scope, seq } => self.stored(node, scope, seq, loaded, out),
            Message::Versions(versions) => self.take_versions(now, node, versions, loaded, out),
            Message::Fetch { scope, wants } => self.owe_documents(node, scope, wants),
            Message::FetchVersions { scope, version_ids } => self.owe_versions(node, scope, version_ids),
            Message::Part { scope, doc_id, pack } => self.take_part(node, scope, doc_id, pack),
            Message::Reconcile { scope, from_initiator: true, frame } => {
                self.respond(now, node, scope, &frame, loaded, out)
            }
            Message::Reconcile { scope, from_initiator: false, frame } => self.advance(now, node, scope, &frame, out),
            Message::Keys(bytes) => self.take_keys(node, &bytes, out),
            Message::Head(bytes) => self.take_head(node, &bytes, loaded, out),
            Message::Confirmation(bytes) => self.take_confirmation(node, &bytes, out),
            Message::FetchPayloads(asked) => self.hand(node, &asked, loaded, out),
            Message::Payloads(said) => self.take_payloads(node, &said, out),
            Message::DataKey(bytes) => self.take_data_key(now, node, &bytes, loaded, out),
        }
    }

    pub(super) fn link_mut(&mut self, node: NodeId) -> Result<&mut Link, Refusal> {
        self.links.get_mut(&node).ok_or_else(|| Refusal::not_found("a frame on a link that is not open"))
    }

    fn reading_mut(&mut self, node: NodeId, scope: ScopeId) -> Result<&mut Reading, Refusal> {
        self.link_mut(node)?.reading.get_mut(&scope).ok_or_else(|| {
            Refusal::new(RefusalKind::NotAllowed, format!("something of scope {scope}, which was not asked for"))
        })
    }

    fn take_rows(
        &mut self,
        now: Timestamp,
        node: NodeId,
        rows: Rows,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let reading = self.reading_mut(node, rows.scope)?;
        let scope = reading.scope;
        // A feed that was empty when it was opened has its name from its first row.
        let in_order = reading
            .cursor
            .is_some_and(|c| (c.feed_id == rows.cursor.feed_id || c.is_before_any()) && c.seq <= rows.cursor.seq);
        if !in_order {
            return Err(Refusal::malformed("feed rows out of order, or of another feed than was opened"));
        }
        if self.full.contains(&scope.owner) {
            // Not acknowledged: the other side stops after its window, and this scope is read again from here.
            return Ok(());
        }
        self.take_items(now, node, scope, read(rows.items), loaded, out);
        if self.full.contains(&scope.owner) {
            return Ok(());
        }
        let ours = self.held_now(&scope, loaded, out);
        let link = self.link_mut(node)?;
        let is_settled = link.fetching.is_empty();
        let reading = link.reading.get_mut(&rows.scope).ok_or_else(|| Refusal::not_found("the scope"))?;
        reading.cursor = Some(rows.cursor);
        reading.ours = ours;
        reading.is_at_end = rows.sum.is_some();
        reading.left = if reading.is_at_end { 0 } else { rows.left.max(1) };
        if let Some(theirs) = rows.sum {
            reading.theirs = Some(theirs);
            if theirs != ours && is_settled {
                reading.want_reconcile(now, rows.cursor);
            }
        }
        if !reading.is_reconciling() {
            out.batch.cursors.insert((node, rows.scope), rows.cursor);
        }
        out.send(node, Message::Stored { scope: rows.scope, seq: rows.cursor.seq });
        out.after.push(Effect::Notify(Notice::Partner(link.org)));
        Ok(())
    }

    fn take_versions(
        &mut self,
        now: Timestamp,
        node: NodeId,
        versions: Versions,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let scope = self.scope_on(node, versions.scope)?;
        if self.full.contains(&scope.owner) {
            return Ok(());
        }
        let items = read(versions.items);
        let ids: Vec<_> = items.iter().filter_map(|(statement, _)| statement.as_ref().ok().cloned()).collect();
        self.take_items(now, node, scope, items, loaded, out);
        let ours = self.held_now(&scope, loaded, out);
        let link = self.link_mut(node)?;
        for doc in versions.absent.iter().copied().chain(ids.iter().map(|s| s.statement().doc_id)) {
            link.fetching.remove(&(versions.scope, doc));
        }
        if let Some(reading) = link.reading.get_mut(&versions.scope) {
            reading.ours = ours;
            let came = ids.iter().map(SignedStatement::version_id).chain(versions.absent_versions);
            if let Some(cursor) = reading.came(came) {
                reading.cursor = Some(cursor);
                out.batch.cursors.insert((node, versions.scope), cursor);
            }
        }
        out.after.push(Effect::Notify(Notice::Partner(link.org)));
        Ok(())
    }

    /// A scope that this link carries, whichever side opened it: what the other side was found to lack is sent unasked.
    pub(super) fn scope_on(&self, node: NodeId, scope: ScopeId) -> Result<Scope, Refusal> {
        let link = self.links.get(&node).ok_or_else(|| Refusal::not_found("a frame on a link that is not open"))?;
        let reading = link.reading.get(&scope).map(|r| r.scope);
        reading.or_else(|| link.serving.get(&scope).map(|s| s.scope)).ok_or_else(|| {
            Refusal::new(RefusalKind::NotAllowed, format!("something of scope {scope}, which this link does not carry"))
        })
    }

    fn take_items(
        &mut self,
        now: Timestamp,
        node: NodeId,
        scope: Scope,
        items: Vec<Read>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) {
        let mut taking = Taking { now, node, scope, loaded, out, fetch: BTreeSet::new(), touched: BTreeSet::new() };
        for (statement, pack) in items {
            let about = statement.as_ref().ok().map(|s| s.statement().doc_id);
            let (what, taken) = match statement {
                Ok(statement) => {
                    (format!("a version of {}", name_of(&statement)), self.take_item(statement, &pack, &mut taking))
                }
                Err(refusal) => ("a version".to_owned(), Err(refusal)),
            };
            if let Err(refusal) = taken {
                taking.note("refused", about, format!("{what} was refused: {refusal}"));
            }
        }
        let Taking { fetch, touched, .. } = taking;
        for doc_id in touched {
            if scope.owner == self.own.org {
                self.tend_later(now, doc_id);
            }
            self.refresh(doc_id, loaded, out);
        }
        self.fetch(now, node, scope.id(), fetch, loaded, out);
    }

    /// Steps 2 to 8 of the ladder. A refusal is noted by the caller, and the stream goes on.
    fn take_item(&mut self, statement: SignedStatement, pack: &[u8], taking: &mut Taking<'_>) -> Result<(), Refusal> {
        let said = statement.statement();
        if said.scope_id != taking.scope.id() || said.org_id != taking.scope.owner {
            return Err(Refusal::not_authentic("it speaks of another scope than it came in"));
        }
        crate::referral::document::check_scope(said.kind, &taking.scope)?;
        let known = taking.loaded.documents.get(&said.doc_id);
        if !known.is_some_and(|document| document.holds(&statement)) {
            // One that was taken back and stands again counts again.
            let counted = known.map(|d| d.row.as_ref().map_or(1, |row| row.usage().documents));
            let more = counted.is_none_or(|counted| counted == 0 && said.life == Life::Live);
            self.check_signature(&statement)?;
            if self.is_full(&said.org_id, u64::from(more)) {
                self.mark_full(said.org_id, taking.out);
                return Err(Refusal::too_large("its owner has as much here as it may have"));
            }
        }
        let document = taking
            .loaded
            .documents
            .entry(said.doc_id)
            .or_insert_with(|| Document::new(said.doc_id, said.kind, said.org_id));
        let is_own = said.org_id == self.own.org;
        let before: Vec<_> =
            document.current().filter(|s| is_own && s.statement().scope_id == said.scope_id).cloned().collect();
        // One that no more may stand beside is refused alone: its owner's next one, which brings them together, is read.
        let entered = enter(document, statement.clone(), taking.out)?;
        self.remember_given(taking.node, taking.scope.id(), statement.version_id());
        match entered {
            Entered::Current { twin, .. } => {
                taking.touched.insert(said.doc_id);
                taking.note_twin(&statement, twin);
                if let Some(document) = taking.loaded.documents.get_mut(&said.doc_id) {
                    self.withdraw_again(taking.now, document, &taking.scope, &before, taking.out)?;
                }
            }
            Entered::Replaced(twin) => {
                taking.note_twin(&statement, twin);
                return Ok(());
            }
            Entered::Held if taking.document(said.doc_id).is_some_and(|d| d.has_content(&statement)) => return Ok(()),
            Entered::Held => {}
        }
        self.take_content(&statement, pack, taking)
    }

    fn take_content(
        &mut self,
        statement: &SignedStatement,
        bytes: &[u8],
        taking: &mut Taking<'_>,
    ) -> Result<(), Refusal> {
        let doc_id = statement.statement().doc_id;
        let version_id = statement.version_id();
        let parts = self.take_parts(taking.node, taking.scope.id(), doc_id);
        let received = [parts.concat().as_slice(), bytes].concat();
        let pack_hash = hash_pack(&received);
        let is_stopped = self.is_stopped(&statement.statement().org_id, taking.now);
        let Some(document) = taking.loaded.documents.get_mut(&doc_id) else { return Ok(()) };
        let is_known = document.quarantined.get(&version_id).is_some_and(|mark| mark.pack_hash == pack_hash);
        if is_known || document.is_disputed(&version_id) || document.standing().life == Life::Erased {
            return Ok(());
        }
        let was_wanted = document.wanted.contains(&version_id);
        let taken = match unpack(&parts, bytes) {
            Ok(_) if is_stopped => Taken::Lacking,
            Ok(chunks) => document.take(statement, &chunks),
            Err(refusal) => Taken::Refused(refusal),
        };
        match taken {
            Taken::Applied(new) => {
                document.wanted.remove(&version_id);
                document.quarantined.remove(&version_id);
                taking.out.batch.release(&version_id);
                taking.out.batch.add_changes(doc_id, new);
                if was_wanted {
                    taking.out.batch.want(version_id, Wanted::No);
                    self.hand_content_on(taking.node, taking.scope.id(), version_id);
                }
                taking.touched.insert(doc_id);
                Ok(())
            }
            Taken::Disputed => {
                taking.touched.insert(doc_id);
                let message = format!("{} is disputed: two of its changes have one number", name_of(statement));
                taking.note("disputed", Some(doc_id), message);
                Ok(())
            }
            Taken::Lacking => {
                document.wanted.insert(version_id);
                taking.out.batch.want(version_id, Wanted::Yes { doc_id, scope: taking.scope.id() });
                // Asked for once a link: what came as an answer and still does not fit is not asked for again at once.
                if !was_wanted && !is_stopped {
                    taking.fetch.insert(doc_id);
                }
                Ok(())
            }
            Taken::Failed(refusal) => {
                self.count_failure(statement.statement().org_id, taking.now);
                self.set_content_aside(statement, &received, &refusal, taking);
                Ok(())
            }
            Taken::Refused(refusal) => {
                self.set_content_aside(statement, &received, &refusal, taking);
                Ok(())
            }
        }
    }

    /// Content was refused: the version stands in the set, and its content is kept and not opened.
    fn set_content_aside(
        &self,
        statement: &SignedStatement,
        received: &[u8],
        refusal: &Refusal,
        taking: &mut Taking<'_>,
    ) {
        let (doc_id, version_id) = (statement.statement().doc_id, statement.version_id());
        let Some(document) = taking.loaded.documents.get_mut(&doc_id) else { return };
        document.quarantine(version_id, taking.node, refusal, received, &mut taking.out.batch);
        document.wanted.insert(version_id);
        #[cfg(any(test, feature = "sim"))]
        if self.has(super::planted::Planted::QuarantinedNotHeld) {
            taking.out.batch.versions.retain(|v| v.statement.version_id() != version_id);
        }
        taking.out.batch.want(version_id, Wanted::Yes { doc_id, scope: taking.scope.id() });
        taking.touched.insert(doc_id);
        let message = format!("the content of {} was set aside: {refusal}", name_of(statement));
        taking.note("quarantined", Some(doc_id), message);
    }

    /// Content came after its statement, which may have been handed on without: whoever reads the scope gets it now.
    fn hand_content_on(&mut self, from: NodeId, scope: ScopeId, version: VersionId) {
        for (_, link) in self.links.iter_mut().filter(|(node, l)| **node != from && l.serving.contains_key(&scope)) {
            if link.owed.len() < limits::FETCHES_IN_FLIGHT {
                link.owed.push_back(Owed::Version(scope, version));
            }
        }
    }

    fn check_signature(&self, statement: &SignedStatement) -> Result<(), Refusal> {
        #[cfg(any(test, feature = "sim"))]
        if self.has(super::planted::Planted::SkipSignature) {
            return Ok(());
        }
        let said = statement.statement();
        let keys = self
            .keys
            .get(&said.org_id)
            .ok_or_else(|| Refusal::not_authentic("its owner is neither a partner nor vouched for"))?;
        match keys.author_key(said.key_id) {
            Some((_, NodeState::Compromised)) => Err(Refusal::not_authentic("it is signed by a key that was stolen")),
            Some((key, NodeState::Active | NodeState::Retired)) => statement.verify(&key),
            None => Err(Refusal::not_authentic("it is signed by a key that its owner has not certified")),
        }
    }

    /// Brings a document's row up to date. Content was checked before it was added, so a failure here is a fault of
    /// this software: it is noted, and the last row stands.
    pub(super) fn refresh(&mut self, doc_id: DocId, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(document) = loaded.documents.get_mut(&doc_id) else { return };
        let owner = document.owner;
        match document.refresh(&self.own.org, &mut out.batch) {
            Ok(growth) => {
                let of_hubs = self.is_relayed(&owner).then_some(&mut self.relayed);
                for usage in [self.usage.entry(owner).or_default()].into_iter().chain(of_hubs) {
                    usage.change(&growth.before, &growth.now);
                }
                self.make_room(&owner, out);
                match (document.kind, document.row.clone()) {
                    (Kind::ROSTER, _) => {
                        let document = &*document;
                        self.note_roster(document);
                    }
                    (Kind::PROPOSAL | Kind::ANSWER | Kind::LISTING, Some(row)) => self.note_proposal(&row),
                    _ => {}
                }
                out.after.push(Effect::Notify(Notice::Document(doc_id)));
                if growth.dropped.contains(&ActorId::new(&self.own.org, self.own.incarnation)) {
                    self.renew_incarnation();
                }
            }
            Err(refusal) => {
                out.incident(None, Some(owner), Some(doc_id), "fault", format!("document {doc_id}: {refusal}"))
            }
        }
    }

    /// Asks a node for documents, as many as may be in flight; the rest stay wanted.
    pub(super) fn fetch(
        &mut self,
        now: Timestamp,
        node: NodeId,
        scope: ScopeId,
        docs: BTreeSet<DocId>,
        loaded: &Loaded,
        out: &mut Outcome,
    ) {
        let Some(link) = self.links.get_mut(&node) else { return };
        let mut wants = Vec::new();
        for doc_id in docs {
            if link.fetching.len() >= limits::FETCHES_IN_FLIGHT {
                if let Some(reading) = link.reading.get_mut(&scope) {
                    reading.has_wanted = true;
                }
                break;
            }
            let again_at = now.plus_ms(limits::WANTED_TIMEOUT_MS);
            if link.fetching.insert((scope, doc_id), Fetching { again_at, tries: 1 }).is_none() {
                let heads = loaded.documents.get(&doc_id).map(|d| d.changes.heads());
                wants.push(Want {
                    doc_id,
                    have: heads.into_iter().flatten().copied().take(limits::DOCUMENT_HEADS).collect(),
                });
            }
        }
        for page in wants.chunks(FETCH_PAGE) {
            out.send(node, Message::Fetch { scope, wants: page.to_vec() });
        }
    }

    fn remember_given(&mut self, node: NodeId, scope: ScopeId, version: VersionId) {
        if let Some(serving) = self.links.get_mut(&node).and_then(|l| l.serving.get_mut(&scope)) {
            serving.given.insert(version);
        }
    }

    /// Whether an owner has no room for so many more documents, or for more of those it has.
    pub(super) fn is_full(&self, owner: &OrgId, more: u64) -> bool {
        let is_over = self.relayed.documents.saturating_add(more) > limits::RELAYED_DOCUMENTS
            || self.relayed.bytes >= limits::RELAYED_BYTES;
        if is_over && self.is_relayed(owner) {
            return true;
        }
        *owner != self.own.org
            && self.usage.get(owner).is_some_and(|u| {
                u.documents.saturating_add(more) > limits::OWNER_DOCUMENTS || u.bytes >= limits::OWNER_BYTES
            })
    }

    /// There is room again: what was not acknowledged is read anew, over new links.
    pub(super) fn make_room(&mut self, owner: &OrgId, out: &mut Outcome) {
        self.gather_with_room(owner);
        if self.full.contains(owner) && !self.is_full(owner, 1) {
            self.full.remove(owner);
            let reads = |l: &Link| l.reading.values().any(|r| r.scope.owner == *owner);
            let nodes: Vec<_> = self.links.iter().filter(|(_, l)| reads(l)).map(|(node, _)| *node).collect();
            for node in nodes {
                self.cut(node, Refusal::new(RefusalKind::Busy, "there is room again: link anew"), out);
            }
        }
    }

    pub(super) fn mark_full(&mut self, owner: OrgId, out: &mut Outcome) {
        if self.full.insert(owner) {
            let message = format!("{owner} has as much here as an organisation may have; no more of it is taken");
            out.incident(None, Some(owner), None, "full", message);
        }
    }

    /// Whether so much of an owner's content failed lately that no more is opened for now.
    fn is_stopped(&self, owner: &OrgId, now: Timestamp) -> bool {
        let hour_ago = now.plus_ms(-HOUR_MS);
        self.quarantines
            .get(owner)
            .is_some_and(|at| at.iter().filter(|t| **t > hour_ago).count() >= limits::QUARANTINES_AN_HOUR)
    }

    /// Counts content that failed when it was opened. What breaks a rule before costs nothing and is not counted.
    fn count_failure(&mut self, owner: OrgId, now: Timestamp) {
        let times = self.quarantines.entry(owner).or_default();
        times.push_back(now);
        while times.len() > limits::QUARANTINES_AN_HOUR {
            times.pop_front();
        }
    }

    fn take_part(&mut self, node: NodeId, scope: ScopeId, doc_id: DocId, pack: Vec<u8>) -> Result<(), Refusal> {
        self.scope_on(node, scope)?;
        let link = self.link_mut(node)?;
        link.part_bytes = link.part_bytes.saturating_add(pack.len());
        if link.part_bytes > PARTS_BYTES {
            return Err(Refusal::too_large("more parts of documents than may wait for their statement"));
        }
        link.parts.entry((scope, doc_id)).or_default().push(pack);
        Ok(())
    }

    fn take_parts(&mut self, node: NodeId, scope: ScopeId, doc_id: DocId) -> Vec<Vec<u8>> {
        let Some(link) = self.links.get_mut(&node) else { return Vec::new() };
        let parts = link.parts.remove(&(scope, doc_id)).unwrap_or_default();
        link.part_bytes = link.part_bytes.saturating_sub(parts.iter().map(Vec::len).sum());
        parts
    }
}

/// Documents asked for in one frame.
const FETCH_PAGE: usize = 100;
/// Bytes of parts that may wait on one link: two of the largest documents.
const PARTS_BYTES: usize = 2 * limits::DOCUMENT_BYTES;
const HOUR_MS: i64 = 60 * 60 * 1000;

impl Taking<'_> {
    fn document(&self, doc_id: DocId) -> Option<&Document> {
        self.loaded.documents.get(&doc_id)
    }

    fn note(&mut self, kind: &str, about: Option<DocId>, message: String) {
        self.out.incident(Some(self.node), Some(self.scope.owner), about, kind, message);
    }

    fn note_twin(&mut self, statement: &SignedStatement, twin: Option<VersionId>) {
        if let Some(twin) = twin {
            let id = statement.version_id();
            let message = format!("{} was signed twice at one point: {id} and {twin}", name_of(statement));
            self.note("twin", Some(statement.statement().doc_id), message);
        }
    }
}

impl Document {
    fn holds(&self, statement: &SignedStatement) -> bool {
        self.statements
            .get(&statement.statement().scope_id)
            .is_some_and(|set| set.iter().any(|s| s.version_id() == statement.version_id()))
    }
}

/// Enters a statement in a document's set for its scope, and in the batch when it became current.
pub(super) fn enter(
    document: &mut Document,
    statement: SignedStatement,
    out: &mut Outcome,
) -> Result<Entered, Refusal> {
    let set = document.statements.entry(statement.statement().scope_id).or_default();
    let order: Order = replaces;
    #[cfg(any(test, feature = "sim"))]
    let order = out.planted.map_or(order, |planted| planted.order());
    let replaced = set.iter().filter(|s| order(&statement, s));
    let since: BTreeSet<_> = replaced.flat_map(|s| s.statement().heads.iter().copied()).collect();
    let entered = set.enter_by(order, statement.clone())?;
    if let Entered::Current { replaced, .. } = &entered {
        for id in replaced {
            document.wanted.remove(id);
            document.quarantined.remove(id);
            out.batch.release(id);
        }
        out.batch.versions.push(EnteredVersion {
            statement,
            replaced: replaced.clone(),
            since: since.into_iter().collect(),
        });
    }
    Ok(entered)
}

/// A statement as it was read, and the pack beside it.
type Read = (Result<SignedStatement, Refusal>, Vec<u8>);

fn read(items: Vec<Item>) -> Vec<Read> {
    items.into_iter().map(|item| (SignedStatement::parse(&item.statement), item.pack)).collect()
}

fn needs_items(scope: ScopeId, items: &[Item], needs: &mut Needs) {
    needs.scopes.insert(scope);
    needs.documents.extend(
        items.iter().filter_map(|item| SignedStatement::parse(&item.statement).ok().map(|s| s.statement().doc_id)),
    );
}

fn unpack(parts: &[Vec<u8>], bytes: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut chunks = Vec::new();
    for part in parts.iter().map(Vec::as_slice).chain([bytes]) {
        chunks.extend(pack::decode(part, limits::DOCUMENT_BYTES)?);
    }
    Ok(chunks)
}

/// A document in words, for incidents: kind and record, never content.
fn name_of(statement: &SignedStatement) -> String {
    let said = statement.statement();
    format!("{} {}", said.kind, said.doc_id.record())
}
