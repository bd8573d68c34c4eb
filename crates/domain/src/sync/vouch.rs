//! Signing anew, and no longer holding what a stolen key signed.
//!
//! When an organisation says that a node's key was stolen, what that key signed is not its word any more: it leaves the
//! version set on every node. A document that nothing else vouches for is hidden from readers; its changes stay for a
//! while, so that the organisation's own signature on them brings it back. An organisation signs what is its own anew
//! before it says so, and then nothing is hidden anywhere but for a moment.

use super::batch::DisownedVersion;
use super::effect::{Answer, Written};
use super::engine::{Engine, Outcome};
use super::sign::Said;
use super::write::{AUDIENCE, own};
use super::{Document, Loaded, Needs};
use crate::audience::{Reach, Scope};
use crate::document::Kind;
use crate::identity::certificate::NodeState;
use crate::identity::keys::KeysObject;
use crate::identity::object::Signed;
use crate::statement::{Life, SignedStatement};
use crate::sync::roster::reissued;
use crate::{DocId, KeyId, OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::{BTreeSet, VecDeque};

/// Documents looked at in one step.
const DISOWN_PAGE: usize = 100;

/// The author keys that an organisation says were stolen.
pub(super) fn stolen_keys(keys: &KeysObject) -> BTreeSet<KeyId> {
    let stolen = keys.certificates().map(Signed::content).filter(|c| c.state == NodeState::Compromised);
    stolen.map(|c| c.author_key.id()).collect()
}

/// One organisation's stolen keys being let go of: which, and in which of its documents that is still to be done. All of
/// it was fixed when the round began, so that what is said meanwhile is another round.
#[derive(Debug)]
struct Round {
    org: OrgId,
    keys: BTreeSet<KeyId>,
    docs: VecDeque<DocId>,
    has_taken: bool,
}

/// What is known of stolen keys, and what is still to be let go of.
#[derive(Debug, Default)]
pub(super) struct Disowning {
    /// Stolen keys that nothing is held of any more.
    done: BTreeSet<KeyId>,
    /// Organisations that said that a key of theirs was stolen, of which something may be held that it signed.
    due: BTreeSet<OrgId>,
    round: Option<Round>,
}

impl Disowning {
    pub(super) fn read(done: BTreeSet<KeyId>) -> Self {
        Self { done, ..Self::default() }
    }
}

impl Engine {
    /// Signs own documents with this node's key, in every scope where one of these keys signed what stands. Documents
    /// where none of them did are passed over, and one that cannot be signed holds up no other.
    pub(super) fn sign_anew(
        &mut self,
        now: Timestamp,
        docs: &[DocId],
        keys: &BTreeSet<KeyId>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<Answer, Refusal> {
        let mut written = Vec::new();
        for doc_id in docs {
            let Ok(document) = own(loaded, *doc_id) else { continue };
            if document.owner != self.own.org {
                return Err(Refusal::new(RefusalKind::NotAllowed, format!("{doc_id} is not this organisation's")));
            }
            match self.sign_one_anew(now, *doc_id, keys, loaded, out) {
                Ok(true) => {
                    let version = loaded.documents.get(doc_id).and_then(|d| d.current().next().map(|s| s.version_id()));
                    written.extend(version.map(|version_id| Written { doc_id: *doc_id, version_id, changed: true }));
                }
                Ok(false) => {}
                Err(refusal) => {
                    let message = format!("{doc_id} was not signed anew: {refusal}");
                    out.incident(None, Some(self.own.org), Some(*doc_id), "unsigned", message);
                }
            }
        }
        Ok(Answer::Written(written))
    }

    /// The same of one document. Whether there was anything to sign.
    fn sign_one_anew(
        &mut self,
        now: Timestamp,
        doc_id: DocId,
        keys: &BTreeSet<KeyId>,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<bool, Refusal> {
        let stolen = self.keys.get(&self.own.org).map(stolen_keys).unwrap_or_default();
        let document = own(loaded, doc_id)?;
        let said = self.said_by(document, keys);
        if said.is_empty() {
            return Ok(false);
        }
        // Once they are said to be stolen, nothing rests on what those keys signed; before that it is replaced.
        if keys.is_subset(&stolen) {
            out.batch.disowned.extend(document.disown(keys));
        }
        let shown = document.row.as_ref().map(|row| row.heads.iter().copied().collect()).unwrap_or_default();
        for Reissued { scope, life, generation } in said {
            let stands = document.heads_in(&scope);
            // What came without its content is nobody's word on it: readers see what was here before.
            let heads: &BTreeSet<_> = if stands.is_empty() && life == Life::Live { &shown } else { &stands };
            self.sign(now, document, &scope, &Said { life, ..Said::live(generation, heads) }, out)?;
        }
        let (kind, row) = (document.kind, document.row.clone());
        self.refresh(doc_id, loaded, out);
        // What a roster says carries a signature of its own.
        if let Some(edit) = row.filter(|_| kind == Kind::ROSTER).and_then(|row| reissued(&row, &self.own.author)) {
            self.edit(now, doc_id, &[edit], loaded, out)?;
        }
        Ok(true)
    }

    /// What is to be said again of a document of which these keys signed something that stands, or of which nothing
    /// stands any more: then it goes to the scopes of its audience, as far as its content names them.
    fn said_by(&self, document: &Document, keys: &BTreeSet<KeyId>) -> Vec<Reissued> {
        if document.is_disowned() {
            let word = document.row.as_ref().and_then(|row| row.value.get(AUDIENCE)).and_then(|word| word.as_str());
            let scopes: Vec<_> = match word {
                Some("public") => vec![Scope::public(self.own.org)],
                Some("partners") => self.own_scopes().filter(|scope| scope.reach != Reach::Public).collect(),
                Some(_) | None => vec![Scope::own(self.own.org)],
            };
            let again = |scope| Reissued { scope, life: Life::Live, generation: 1 };
            return scopes.into_iter().map(again).collect();
        }
        let is_theirs = |s: &&SignedStatement| keys.contains(&s.statement().key_id);
        let scopes: BTreeSet<_> = document.current().filter(is_theirs).map(|s| s.statement().scope_id).collect();
        let again = |scope: Scope| {
            let life = document.life_in(&scope)?;
            let stands = document.generation_in(&scope);
            // A thief may have counted as high as it goes, so that no history could ever follow.
            let generation = if stands > limits::GENERATION / 2 { 1 } else { stands };
            Some(Reissued { scope, life, generation })
        };
        self.own_scopes().filter(|scope| scopes.contains(&scope.id())).filter_map(again).collect()
    }

    /// Notes keys that were stolen and are not known to be yet.
    pub(super) fn note_stolen(&mut self, org: OrgId) {
        let stolen = self.keys.get(&org).map(stolen_keys).unwrap_or_default();
        if !stolen.is_subset(&self.disowning.done) {
            self.disowning.due.insert(org);
        }
    }

    pub(super) fn is_disowning(&self) -> bool {
        !self.disowning.due.is_empty() || self.disowning.round.is_some()
    }

    pub(super) fn needs_to_disown(&self, needs: &mut Needs) {
        match &self.disowning.round {
            Some(round) => needs.documents.extend(round.docs.iter().take(DISOWN_PAGE).copied()),
            None => needs.owned.extend(self.disowning.due.first()),
        }
    }

    /// Takes what stolen keys signed out of a page of documents. One organisation at a time; once it is through, that is
    /// kept, and links that carry its scopes are made anew where anything was taken out, since both sides compare by what
    /// they hold.
    pub(super) fn disown_due(&mut self, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(mut round) = self.disowning.round.take() else {
            self.disowning.round = self.next_round(loaded);
            return;
        };
        for doc_id in round.docs.drain(..round.docs.len().min(DISOWN_PAGE)).collect::<Vec<_>>() {
            let Some(document) = loaded.documents.get_mut(&doc_id) else { continue };
            let gone = document.disown(&round.keys);
            if !gone.is_empty() {
                round.has_taken = true;
                out.batch.disowned.extend(gone);
                self.refresh(doc_id, loaded, out);
            }
        }
        if round.docs.is_empty() {
            self.end_round(round, out);
        } else {
            self.disowning.round = Some(round);
        }
    }

    fn next_round(&mut self, loaded: &Loaded) -> Option<Round> {
        let org = self.disowning.due.first().copied().filter(|org| loaded.owned.contains_key(org))?;
        self.disowning.due.remove(&org);
        let keys = self.keys.get(&org).map(stolen_keys).unwrap_or_default();
        let docs = loaded.owned.get(&org).into_iter().flatten().copied().collect();
        Some(Round { org, keys, docs, has_taken: false })
    }

    fn end_round(&mut self, round: Round, out: &mut Outcome) {
        self.disowning.done.extend(round.keys);
        // A key that no organisation names any more signs nothing that is taken here.
        let named: BTreeSet<_> = self.keys.values().flat_map(stolen_keys).collect();
        self.disowning.done.retain(|key| named.contains(key));
        out.batch.disowned_keys = Some(self.disowning.done.clone());
        self.note_stolen(round.org);
        if !round.has_taken {
            return;
        }
        let carries = |l: &super::link::Link| {
            let mut scopes = l.reading.values().map(|r| r.scope).chain(l.serving.values().map(|s| s.scope));
            scopes.any(|scope| scope.owner == round.org)
        };
        let nodes: Vec<_> = self.links.iter().filter(|(_, l)| carries(l)).map(|(node, _)| *node).collect();
        for node in nodes {
            let refusal = Refusal::new(RefusalKind::Busy, "a key was stolen, and what it signed is gone: link anew");
            self.cut(node, refusal, out);
        }
    }
}

/// What is to be said again in one scope.
struct Reissued {
    scope: Scope,
    life: Life,
    generation: u64,
}

impl Document {
    /// Takes what these keys signed out of the version set.
    fn disown(&mut self, keys: &BTreeSet<KeyId>) -> Vec<DisownedVersion> {
        let mut gone = Vec::new();
        for (scope, set) in &mut self.statements {
            for version_id in set.take_out(|s| keys.contains(&s.statement().key_id)) {
                self.wanted.remove(&version_id);
                self.quarantined.remove(&version_id);
                gone.push(DisownedVersion { scope: *scope, version_id, doc_id: self.id });
            }
        }
        self.statements.retain(|_, set| !set.is_empty());
        gone
    }

    /// Whether nobody vouches for it any more.
    pub fn is_disowned(&self) -> bool {
        self.statements.values().all(crate::statement::CurrentSet::is_empty)
    }
}
