//! What this organisation writes itself: making, editing, sharing and withdrawing its own documents.

use super::batch::ImportedRecord;
use super::effect::{Answer, Command, Write, WriteAction, Written};
use super::engine::{Engine, Outcome};
use super::receive::enter;
use super::{Document, Loaded, Needs};
use crate::audience::{Audience, Scope};
use crate::document::crdt::Content;
use crate::document::{Edit, chunk};
use crate::identity::signing::Tag;
use crate::statement::{Life, Seen, SignedStatement, Statement};
use crate::{ActorId, ChangeHash, DocId, Incarnation, KeyId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::BTreeSet;

/// The field that says who may hold a document: the word alone, never the names.
const AUDIENCE: &str = "audience";

impl Engine {
    pub(super) fn needs_to_do(&self, command: &Command, needs: &mut Needs) {
        match command {
            Command::Write(writes) => needs.documents.extend(writes.iter().map(|w| w.doc_id)),
            Command::Quarantine(list) => needs.documents.extend(list.iter().map(|q| q.doc_id)),
            Command::AddPartner { .. } | Command::UpdatePartner(_) | Command::RemovePartner(_) => {}
        }
    }

    /// Does what somebody here asked for. Refused as a whole: then nothing of it is written.
    pub(super) fn act(
        &mut self,
        now: Timestamp,
        command: Command,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Answer, Refusal> {
        match command {
            Command::Write(writes) => {
                let answer = self.write(now, writes, loaded, out);
                if answer.is_err() {
                    // Documents may be changed half-way: none of it is kept, here or by the shell.
                    loaded.documents.clear();
                    *out = Outcome::default();
                    out.batch.at = now;
                }
                answer
            }
            Command::AddPartner { partner, keys } => self.add_partner(partner, &keys, out).map(|()| Answer::Done),
            Command::UpdatePartner(partner) => self.update_partner(partner, out).map(|()| Answer::Done),
            Command::RemovePartner(org) => self.remove_partner(org, out).map(|()| Answer::Done),
            Command::Quarantine(list) => {
                for one in list {
                    if let Some(document) = loaded.documents.get_mut(&one.doc_id) {
                        let refusal = Refusal::malformed(one.reason.clone());
                        document.quarantine(one.version_id, one.from, &refusal, &one.pack, &mut out.batch);
                    }
                }
                Ok(Answer::Done)
            }
        }
    }

    fn write(
        &mut self,
        now: Timestamp,
        writes: Vec<Write>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Answer, Refusal> {
        let mut written = Vec::new();
        for Write { doc_id, kind, action, imported } in writes {
            if !doc_id.is_of(kind, &self.own.org) {
                return Err(Refusal::new(RefusalKind::NotAllowed, format!("{kind} {} is not yours", doc_id.record()))
                    .hint("only its owner changes a document"));
            }
            let changed = match action {
                WriteAction::Create { value, audience } => {
                    self.create(now, doc_id, kind, value, &audience, loaded, out)?;
                    true
                }
                WriteAction::Edit(edits) => self.edit(now, doc_id, &edits, loaded, out)?,
                WriteAction::Share(audience) => match self.share(now, doc_id, &audience, loaded, out) {
                    Ok(()) => true,
                    Err(refusal) if refusal.kind == RefusalKind::AlreadyDone => false,
                    Err(refusal) => return Err(refusal),
                },
                WriteAction::Withdraw => self.withdraw(now, doc_id, loaded, out)?,
                WriteAction::Note => false,
            };
            out.batch.imported.extend(imported.map(|i: ImportedRecord| i));
            let document = own(loaded, doc_id)?;
            let version_id = document.current().map(SignedStatement::version_id).next();
            let version_id = version_id.ok_or_else(|| absent(doc_id))?;
            written.push(Written { doc_id, version_id, changed });
        }
        Ok(Answer::Written(written))
    }

    #[expect(clippy::too_many_arguments, reason = "a step's arguments and a document's parts")]
    fn create(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        kind: crate::document::Kind,
        mut value: serde_json::Value,
        audience: &Audience,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        if loaded.documents.get(&doc_id).is_some_and(|d| !d.statements.is_empty()) {
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("{kind} {} is there already", doc_id.record()))
                .hint("edit it, or share it again when it was withdrawn"));
        }
        let scopes = self.scopes_of(audience)?;
        set_audience(&mut value, audience);
        let actor = ActorId::new(&self.own.org, self.own.incarnation);
        let (content, chunks) = Content::create(actor, now, kind, &value)?;
        let heads = content.heads().into_iter().collect();
        let mut document = Document::new(doc_id, kind, self.own.org);
        append(&mut document, content, &chunks, out)?;
        for scope in scopes {
            self.sign(now, &mut document, &scope, 1, &heads, Life::Live, Seen::new(), out)?;
        }
        loaded.documents.insert(doc_id, document);
        self.refresh(doc_id, loaded, out);
        Ok(())
    }

    fn edit(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        edits: &[Edit],
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<bool, Refusal> {
        let document = own(loaded, doc_id)?;
        let standing = document.standing();
        if standing.life != Life::Live {
            return Err(withdrawn(document));
        }
        let mut content = document.open_at(&standing.heads)?;
        let actor = ActorId::new(&self.own.org, self.own.incarnation);
        let chunks = content.edit(actor, now, document.kind, edits)?;
        if chunks.is_empty() {
            return Ok(false);
        }
        if self.own.is_home && self.is_outgrown(document, chunks.iter().map(Vec::len).sum()) {
            let value = content.value();
            self.renew(now, doc_id, value, self.live_scopes(document), loaded, out)?;
            return Ok(true);
        }
        // The whole history with the change, not only what was opened for the edit.
        let whole = document.open_whole()?.apply(chunks.iter().map(Vec::as_slice))?;
        append(document, whole, &chunks, out)?;
        let heads = content.heads().into_iter().collect();
        let generation = document.generation();
        for scope in self.live_scopes(document) {
            self.sign(now, document, &scope, generation, &heads, Life::Live, Seen::new(), out)?;
        }
        self.refresh(doc_id, loaded, out);
        Ok(true)
    }

    /// Changes who may hold a document. Scopes that it enters get a new generation with one root change, so that
    /// nothing of what was deleted before travels; scopes that it leaves get a withdrawal.
    pub(super) fn share(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        audience: &Audience,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let scopes = self.scopes_of(audience)?;
        let document = own(loaded, doc_id)?;
        let standing = document.standing();
        if standing.life == Life::Erased || standing.heads.is_empty() {
            return Err(withdrawn(document));
        }
        let live = self.live_scopes(document);
        let mut value = document.open_at(&standing.heads)?.value();
        let said = value.get(AUDIENCE).cloned();
        set_audience(&mut value, audience);
        if live == scopes && said == value.get(AUDIENCE).cloned() {
            return Err(Refusal::new(RefusalKind::AlreadyDone, "it has this audience already"));
        }
        if !scopes.is_subset(&live) && !self.own.is_home {
            let refusal = "a wider audience starts a new history, which only the organisation's home node does";
            return Err(Refusal::new(RefusalKind::WrongState, refusal).hint("share it from the home node"));
        }
        for scope in live.difference(&scopes) {
            let generation = document.generation();
            let heads = document.heads_in(scope);
            self.sign(now, document, scope, generation, &heads, Life::Withdrawn, Seen::new(), out)?;
        }
        if scopes.is_subset(&live) {
            self.refresh(doc_id, loaded, out);
            let word = value.get(AUDIENCE).cloned();
            self.edit(now, doc_id, &[Edit { path: vec![AUDIENCE.to_owned()], value: word }], loaded, out)?;
            return Ok(());
        }
        self.renew(now, doc_id, value, scopes, loaded, out)
    }

    fn withdraw(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<bool, Refusal> {
        let document = own(loaded, doc_id)?;
        let live = self.live_scopes(document);
        for scope in &live {
            let generation = document.generation();
            let heads = document.heads_in(scope);
            self.sign(now, document, scope, generation, &heads, Life::Withdrawn, Seen::new(), out)?;
        }
        self.refresh(doc_id, loaded, out);
        Ok(!live.is_empty())
    }

    /// A new generation: the value as one root change by an actor that never wrote before, in these scopes.
    fn renew(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        value: serde_json::Value,
        scopes: BTreeSet<Scope>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        self.renew_incarnation();
        let document = own(loaded, doc_id)?;
        let generation = document.generation().saturating_add(1);
        let actor = ActorId::new(&self.own.org, self.own.incarnation);
        let (root, chunks) = Content::create(actor, now, document.kind, &value)?;
        let whole = document.open_whole()?.apply(chunks.iter().map(Vec::as_slice))?;
        append(document, whole, &chunks, out)?;
        let heads = root.heads().into_iter().collect();
        for scope in scopes {
            let (_, base) = document.seen_in(&scope);
            self.sign(now, document, &scope, generation, &heads, Life::Live, base, out)?;
        }
        self.refresh(doc_id, loaded, out);
        Ok(())
    }

    /// Signs and enters one statement that replaces what stands in the scope and whose content is here.
    #[expect(clippy::too_many_arguments, reason = "the parts of a statement")]
    fn sign(
        &self,
        now: Timestamp,
        document: &mut Document,
        scope: &Scope,
        generation: u64,
        heads: &BTreeSet<ChangeHash>,
        life: Life,
        base: Seen,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        if heads.len() > limits::DOCUMENT_HEADS {
            return Err(Refusal::too_large(format!("a document with {} heads", heads.len())));
        }
        let (stands, mut seen) = document.seen_in(scope);
        if stands != generation {
            seen.clear();
        }
        let rev = seen.get(&self.own.incarnation).copied().unwrap_or(0).saturating_add(1);
        seen.insert(self.own.incarnation, rev);
        let statement = Statement {
            org_id: self.own.org,
            doc_id: document.id,
            kind: document.kind,
            scope_id: scope.id(),
            generation,
            key_id: KeyId::from_bytes([0; 16]),
            incarnation: self.own.incarnation,
            rev,
            seen,
            base,
            heads: heads.clone(),
            life,
            moved_to: None,
            signed_at: now,
        };
        enter(document, SignedStatement::sign(statement, &self.own.author), out).map(|_| ())
    }

    /// The scopes of an audience. Naming an organisation that is no partner is refused: it could never get it.
    fn scopes_of(&self, audience: &Audience) -> Result<BTreeSet<Scope>, Refusal> {
        let partners = self.partners.keys().copied().collect();
        if let Audience::Named(named) = audience
            && let Some(stranger) = named.difference(&partners).next()
        {
            return Err(super::partner::not_a_partner(stranger));
        }
        Ok(audience.scopes(self.own.org, &partners))
    }

    /// The scopes of this organisation that a document is live in: those it stands in here, and those that its audience
    /// implies and that have not arrived from another own node yet. Left out, an edit would never reach them.
    fn live_scopes(&self, document: &Document) -> BTreeSet<Scope> {
        let own = self.own.org;
        let word = document.row.as_ref().and_then(|r| r.value.get(AUDIENCE)).and_then(|w| w.as_str());
        let shared = self.partners.values().filter(|p| p.is_shared_with).map(|p| p.org_id).collect();
        let implied = match word {
            Some("public") => Audience::Public.scopes(own, &shared),
            Some("partners") => Audience::Partners.scopes(own, &shared),
            _ => BTreeSet::new(),
        };
        let pairs = self.partners.keys().map(|p| Scope::pair(own, *p));
        let all = pairs.chain([Scope::public(own), Scope::own(own)]);
        let generation = document.generation();
        let is_behind = |scope: &Scope| document.seen_in(scope).0 < generation;
        all.filter(|scope| document.life_in(scope) == Some(Life::Live) || (implied.contains(scope) && is_behind(scope)))
            .collect()
    }

    /// Whether the next write should be a new generation: the history has grown large, or too many processes wrote it.
    fn is_outgrown(&self, document: &Document, more: usize) -> bool {
        let is_crowded = document.statements.values().any(|set| {
            let (_, seen) = set.seen();
            seen.len() >= limits::SEEN_ENTRIES && !seen.contains_key(&self.own.incarnation)
        });
        is_crowded
            || document.changes.bytes().saturating_add(more) > limits::GENERATION_BYTES
            || document.changes.len() >= limits::GENERATION_CHANGES
    }

    /// An incarnation that never wrote: own changes were dropped, and their numbers must not be used again.
    pub(super) fn renew_incarnation(&mut self) {
        self.renewals = self.renewals.saturating_add(1);
        let mut bytes = self.first_incarnation.as_bytes().to_vec();
        bytes.extend_from_slice(&self.renewals.to_be_bytes());
        let digest = Tag::INCARNATION.digest(&bytes);
        self.own.incarnation = Incarnation::from_bytes(*digest.first_chunk().unwrap_or(&[0; 8]));
    }
}

impl Document {
    /// The highest generation among current statements; 0 when there are none.
    fn generation(&self) -> u64 {
        self.current().map(|s| s.statement().generation).max().unwrap_or(0)
    }

    /// What a writer in this scope has seen: of the statements whose content is here. One whose content is still on
    /// its way is not covered, or that content would be lost.
    fn seen_in(&self, scope: &Scope) -> (u64, Seen) {
        let mut held = crate::statement::CurrentSet::default();
        for statement in self.statements.get(&scope.id()).into_iter().flat_map(|s| s.iter()) {
            if self.has_content(statement) {
                // Taken from a set that holds it already.
                let _ = held.enter(statement.clone());
            }
        }
        held.seen()
    }

    /// The heads that stand in one scope.
    fn heads_in(&self, scope: &Scope) -> BTreeSet<ChangeHash> {
        let set = self.statements.get(&scope.id());
        let standing = set.into_iter().flat_map(|s| s.standing()).filter(|s| self.has_content(s));
        standing.flat_map(|s| s.statement().heads.iter().copied()).collect()
    }
}

/// Adds own changes to a document, by the same rules as foreign ones.
fn append(document: &mut Document, content: Content, chunks: &[Vec<u8>], out: &mut Outcome) -> Result<(), Refusal> {
    content.check(document.kind)?;
    let mut added = Vec::new();
    for bytes in chunks {
        let change = chunk::inspect(bytes, &document.owner)?;
        document.changes.append(change.clone())?;
        added.push(change);
    }
    document.content = Some(content);
    out.batch.add_changes(document.id, added);
    Ok(())
}

fn set_audience(value: &mut serde_json::Value, audience: &Audience) {
    if let Some(map) = value.as_object_mut() {
        map.insert(AUDIENCE.to_owned(), audience.word().into());
    }
}

fn own(loaded: &mut Loaded, doc_id: DocId) -> Result<&mut Document, Refusal> {
    match loaded.documents.get_mut(&doc_id) {
        Some(document) if !document.statements.is_empty() => Ok(document),
        _ => Err(absent(doc_id)),
    }
}

fn absent(doc_id: DocId) -> Refusal {
    Refusal::not_found(format!("nothing here has the id {}", doc_id.record()))
}

fn withdrawn(document: &Document) -> Refusal {
    Refusal::new(RefusalKind::WrongState, format!("{} {} was withdrawn", document.kind, document.id.record()))
        .hint("`fingerpost listing share` brings it back")
}
