//! What this organisation writes itself: making, editing, sharing and withdrawing its own documents.

use super::batch::{ImportedRecord, Wanted};
use super::effect::{Answer, Command, Write, WriteAction, Written};
use super::engine::{Engine, Outcome};
use super::sign::Said;
use super::{Document, Loaded, Needs};
use crate::audience::{Audience, Scope};
use crate::document::crdt::Content;
use crate::document::{Edit, Kind, StoredChange, chunk};
use crate::identity::signing::Tag;
use crate::proposal::answer_document;
use crate::referral::document::check_audience;
use crate::statement::{Life, SignedStatement};
use crate::{ActorId, ChangeHash, DocId, Incarnation, OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::BTreeSet;

/// The field that says who may hold a document: the word alone, never the names.
pub(super) const AUDIENCE: &str = "audience";

impl Engine {
    pub(super) fn needs_to_do(&self, command: &Command, needs: &mut Needs) {
        match command {
            Command::Write(writes) => needs.documents.extend(writes.iter().map(|w| w.doc_id)),
            Command::Quarantine(list) => needs.documents.extend(list.iter().map(|q| q.doc_id)),
            Command::SetListed { org, .. } => {
                needs.documents.insert(super::roster::entry_document(&self.own.org, org));
            }
            Command::Publish { publication, .. } => drop(needs.documents.insert(publication.document(&self.own.org))),
            Command::Refer(referring) => self.needs_to_refer(&referring.parties, needs),
            Command::SignAnew { docs, .. } => needs.documents.extend(docs.iter().copied()),
            Command::Propose(proposing) => self.needs_to_propose(proposing.target, needs),
            Command::AnswerProposal(answering) => {
                let answer = answer_document(&self.own.org, &answering.proposal);
                needs.documents.extend([answering.proposal, answering.target, answer]);
            }
            Command::AddPartner { .. } | Command::UpdatePartner(_) | Command::TakeKeys(_) => {}
            Command::RemovePartner(org) => needs.parting.extend(self.shared_with(org)),
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
                or_nothing(answer, now, loaded, out)
            }
            Command::SignAnew { docs, keys } => {
                let answer = self.sign_anew(now, &docs, &keys, loaded, out);
                or_nothing(answer, now, loaded, out)
            }
            Command::Propose(proposing) => {
                let answer = self.propose(now, proposing, loaded, out);
                or_nothing(answer, now, loaded, out)
            }
            Command::AnswerProposal(answering) => {
                let answer = self.answer_proposal(now, answering, loaded, out);
                or_nothing(answer, now, loaded, out)
            }
            Command::SetListed { org, name, state } => {
                let write = self.entry_to_write(now, org, name, state, loaded)?;
                self.act(now, Command::Write(vec![write]), loaded, out)
            }
            Command::Publish { publication, audience } => {
                let write = self.publication_to_write(now, &publication, audience, loaded)?;
                self.act(now, Command::Write(vec![write]), loaded, out)
            }
            Command::Refer(referring) => {
                let answer = self.refer(now, *referring, loaded, out);
                or_nothing(answer, now, loaded, out)
            }
            Command::AddPartner { partner, keys } => self.add_partner(partner, &keys, out).map(|()| Answer::Done),
            Command::TakeKeys(bytes) => self.learn_keys(&bytes, out).map(|()| Answer::Done),
            Command::UpdatePartner(partner) => self.update_partner(partner, out).map(|()| Answer::Done),
            Command::RemovePartner(org) => self.remove_partner(now, org, loaded, out).map(|()| Answer::Done),
            Command::Quarantine(list) => {
                for one in list {
                    if let Some(document) = loaded.documents.get_mut(&one.doc_id) {
                        let refusal = Refusal::malformed(one.reason.clone());
                        document.quarantine(one.version_id, one.from, &refusal, &one.pack, &mut out.batch);
                        if let Some(scope) = document.scope_of(&one.version_id) {
                            out.batch.want(one.version_id, Wanted::Yes { doc_id: one.doc_id, scope });
                        }
                    }
                }
                Ok(Answer::Done)
            }
        }
    }

    pub(super) fn write(
        &mut self,
        now: Timestamp,
        writes: Vec<Write>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Answer, Refusal> {
        let mut written = Vec::new();
        for Write { doc_id, kind, action, imported, change } in writes {
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
                WriteAction::Withdraw => self.withdraw(now, doc_id, None, loaded, out)?,
                WriteAction::Restore { value, audience } => {
                    self.restore(now, doc_id, value, &audience, loaded, out)?;
                    true
                }
                WriteAction::Note => false,
            };
            out.batch.imported.extend(imported.map(|i: ImportedRecord| i));
            out.batch.import_changes.extend(change);
            let document = own(loaded, doc_id)?;
            let version_id = document.current().map(SignedStatement::version_id).next();
            let version_id = version_id.ok_or_else(|| absent(doc_id))?;
            written.push(Written { doc_id, version_id, changed });
        }
        Ok(Answer::Written(written))
    }

    #[expect(clippy::too_many_arguments, reason = "a step's arguments and a document's parts")]
    pub(super) fn create(
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
        check_audience(kind, &value, audience)?;
        set_audience(&mut value, audience);
        let actor = ActorId::new(&self.own.org, self.own.incarnation);
        let (content, chunks) = Content::create(actor, now, kind, &value)?;
        let heads = content.heads().into_iter().collect();
        let mut document = Document::new(doc_id, kind, self.own.org);
        append(&mut document, content, &chunks, out)?;
        for scope in scopes {
            self.sign(now, &mut document, &scope, &Said::live(1, &heads), out)?;
        }
        loaded.documents.insert(doc_id, document);
        self.refresh(doc_id, loaded, out);
        Ok(())
    }

    pub(super) fn edit(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        edits: &[Edit],
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<bool, Refusal> {
        let document = own(loaded, doc_id)?;
        if self.is_taken_back(document) {
            return Err(withdrawn(document));
        }
        if document.standing().heads.is_empty() {
            return Err(on_its_way(document));
        }
        // What an earlier generation left behind is older than this edit, and so is written before it.
        let left = document.left_behind();
        if !left.is_empty() && document.standing().is_whole {
            self.write_again(now, document, &left, out)?;
        }
        let standing = document.standing();
        let is_whole = document.changes.heads() == &standing.heads;
        let mut content = document.open_at(&standing.heads)?;
        let actor = self.actor_at(document, &standing.heads);
        let chunks = content.edit(actor, now, document.kind, edits)?;
        if chunks.is_empty() {
            return Ok(false);
        }
        if self.own.is_home && self.is_outgrown(document, chunks.iter().map(Vec::len).sum()) {
            let value = content.value();
            self.renew(now, doc_id, value, self.scopes_to_sign(document), loaded, out)?;
            return Ok(true);
        }
        let heads = content.heads().into_iter().collect();
        // The whole history with the change, not only what was opened for the edit.
        let whole = match is_whole {
            true => content,
            false => document.open_whole()?.apply(chunks.iter().map(Vec::as_slice))?,
        };
        append(document, whole, &chunks, out)?;
        for scope in self.scopes_to_sign(document) {
            self.sign(now, document, &scope, &Said::live(standing.generation, &heads), out)?;
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
        let (live, stands) = (self.live_scopes(document), self.scopes_to_sign(document));
        let mut value = document.open_at(&standing.heads)?.value();
        let said = value.get(AUDIENCE).cloned();
        check_audience(document.kind, &value, audience)?;
        set_audience(&mut value, audience);
        if live == scopes && stands == scopes && said == value.get(AUDIENCE).cloned() {
            return Err(Refusal::new(RefusalKind::AlreadyDone, "it has this audience already"));
        }
        if !scopes.is_subset(&stands) {
            self.check_home("a wider audience")?;
        }
        for scope in live.difference(&scopes) {
            self.sign_withdrawal(now, document, scope, out)?;
        }
        if scopes.is_subset(&stands) {
            self.refresh(doc_id, loaded, out);
            let word = value.get(AUDIENCE).cloned();
            self.edit(now, doc_id, &[Edit { path: vec![AUDIENCE.to_owned()], value: word }], loaded, out)?;
            return Ok(());
        }
        self.renew(now, doc_id, value, scopes, loaded, out)
    }

    /// Only the home node begins generations.
    fn check_home(&self, what: &str) -> Result<(), Refusal> {
        if self.own.is_home {
            return Ok(());
        }
        let refusal = format!("{what} starts a new history, which only the organisation's home node does");
        Err(Refusal::new(RefusalKind::WrongState, refusal).hint("do it on the home node"))
    }

    pub(super) fn withdraw(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        moved_to: Option<(OrgId, DocId)>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<bool, Refusal> {
        let document = own(loaded, doc_id)?;
        if document.kind == Kind::DECISION {
            // What was decided stands in the referral, or nowhere: nothing of it is kept twice.
            let is_new = self.give_up(now, document, out)?;
            self.refresh(doc_id, loaded, out);
            return Ok(is_new);
        }
        let live = self.live_scopes(document);
        if live.is_empty() && document.moved_to() == moved_to {
            return Ok(false);
        }
        for scope in live.union(&self.anchors_of(document)) {
            self.sign_departure(now, document, scope, moved_to, out)?;
        }
        self.refresh(doc_id, loaded, out);
        Ok(true)
    }

    /// A new generation of a document that was taken back, with nothing of what it said before.
    fn restore(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        mut value: serde_json::Value,
        audience: &Audience,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let scopes = self.scopes_of(audience)?;
        let document = own(loaded, doc_id)?;
        if document.standing().life == Life::Erased || !self.is_taken_back(document) {
            let refusal = format!("{} {} was not withdrawn", document.kind, doc_id.record());
            return Err(Refusal::new(RefusalKind::AlreadyDone, refusal));
        }
        self.check_home("what was withdrawn")?;
        check_audience(document.kind, &value, audience)?;
        set_audience(&mut value, audience);
        self.renew(now, doc_id, value, scopes, loaded, out)
    }

    /// A new generation: the value as one root change by an actor that never wrote before, in these scopes.
    pub(super) fn renew(
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
        let taken_in = document.taken_in();
        let actor = ActorId::new(&self.own.org, self.own.incarnation);
        let (root, chunks) = Content::create(actor, now, document.kind, &value)?;
        let whole = document.open_whole()?.apply(chunks.iter().map(Vec::as_slice))?;
        append(document, whole, &chunks, out)?;
        let heads = root.heads().into_iter().collect();
        for scope in scopes {
            let said = Said { base_changes: taken_in.clone(), ..Said::live(generation, &heads) };
            self.sign(now, document, &scope, &said, out)?;
        }
        self.refresh(doc_id, loaded, out);
        Ok(())
    }

    /// The scopes of an audience. Naming an organisation that is no partner is refused: it could never get it.
    pub(super) fn scopes_of(&self, audience: &Audience) -> Result<BTreeSet<Scope>, Refusal> {
        let partners = self.partners.keys().copied().collect();
        if let Audience::Named(named) = audience
            && let Some(stranger) = named.difference(&partners).next()
        {
            return Err(super::partner::not_a_partner(stranger));
        }
        Ok(audience.scopes(self.own.org, &partners))
    }

    /// Whether the next write should be a new generation: the history has grown large, or too many processes wrote it.
    pub(super) fn is_outgrown(&self, document: &Document, more: usize) -> bool {
        self.is_crowded(document)
            || document.changes.bytes().saturating_add(more) > limits::GENERATION_BYTES
            || document.changes.actors() >= limits::GENERATION_ACTORS
            || document.changes.len() >= limits::GENERATION_CHANGES
    }

    /// Whether so many processes wrote it that a statement of one more would not be read.
    pub(super) fn is_crowded(&self, document: &Document) -> bool {
        document.statements.values().any(|set| {
            let (_, seen) = set.seen();
            seen.len() >= limits::SEEN_ENTRIES && !seen.contains_key(&self.own.incarnation)
        })
    }

    /// Whom this process writes as upon these heads. Where it wrote something that is not behind them, in another
    /// generation, its numbers there must not be used again.
    pub(super) fn actor_at(&mut self, document: &Document, heads: &BTreeSet<ChangeHash>) -> ActorId {
        let actor = ActorId::new(&self.own.org, self.own.incarnation);
        if document.changes.last_seq(&actor) > 0 {
            let behind = document.changes.ancestors(heads);
            let is_elsewhere = |c: &StoredChange| c.actor == actor && !behind.contains(&c.hash);
            if document.changes.changes().iter().any(is_elsewhere) {
                self.renew_incarnation();
            }
        }
        ActorId::new(&self.own.org, self.own.incarnation)
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

/// Of what was refused nothing is kept, here or by the shell: documents may be changed half-way.
fn or_nothing(
    answer: Result<Answer, Refusal>,
    now: Timestamp,
    loaded: &mut Loaded,
    out: &mut Outcome,
) -> Result<Answer, Refusal> {
    if answer.is_err() {
        loaded.documents.clear();
        *out = Outcome::default();
        out.batch.at = now;
    }
    answer
}

/// Adds own changes to a document, by the same rules as foreign ones.
pub(super) fn append(
    document: &mut Document,
    content: Content,
    chunks: &[Vec<u8>],
    out: &mut Outcome,
) -> Result<(), Refusal> {
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

pub(super) fn set_audience(value: &mut serde_json::Value, audience: &Audience) {
    if let Some(map) = value.as_object_mut() {
        map.insert(AUDIENCE.to_owned(), audience.word().into());
    }
}

pub(super) fn own(loaded: &mut Loaded, doc_id: DocId) -> Result<&mut Document, Refusal> {
    match loaded.documents.get_mut(&doc_id) {
        Some(document) if !document.statements.is_empty() => Ok(document),
        _ => Err(absent(doc_id)),
    }
}

fn absent(doc_id: DocId) -> Refusal {
    Refusal::not_found(format!("nothing here has the id {}", doc_id.record()))
}

fn on_its_way(document: &Document) -> Refusal {
    let what = format!("the newest version of {} {} is still on its way here", document.kind, document.id.record());
    Refusal::new(RefusalKind::Busy, what).hint("try again once this node has linked with the one that made it")
}

fn withdrawn(document: &Document) -> Refusal {
    Refusal::new(RefusalKind::WrongState, format!("{} {} was withdrawn", document.kind, document.id.record()))
        .hint("`fingerpost listing share` brings it back")
}
