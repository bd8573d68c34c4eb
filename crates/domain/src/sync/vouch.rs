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
use super::write::own;
use super::{Document, Effect, Loaded, Needs};
use crate::document::Kind;
use crate::identity::certificate::NodeState;
use crate::identity::keys::KeysObject;
use crate::identity::object::Signed;
use crate::sync::roster::reissued;
use crate::{DocId, KeyId, OrgId, Refusal, RefusalKind, Timestamp};
use std::collections::BTreeSet;

/// Documents looked at in one step.
const DISOWN_PAGE: usize = 100;

/// The author keys that an organisation says were stolen.
pub(super) fn stolen_keys(keys: &KeysObject) -> BTreeSet<KeyId> {
    let stolen = keys.certificates().map(Signed::content).filter(|c| c.state == NodeState::Compromised);
    stolen.map(|c| c.author_key.id()).collect()
}

impl Engine {
    /// Signs own documents with this node's key, in every scope where one of these keys signed what stands. Documents
    /// where none of them did are passed over.
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
            let is_theirs = |s: &&crate::statement::SignedStatement| keys.contains(&s.statement().key_id);
            let scopes: BTreeSet<_> = document.current().filter(is_theirs).map(|s| s.statement().scope_id).collect();
            if scopes.is_empty() {
                continue;
            }
            for scope in self.own_scopes().filter(|scope| scopes.contains(&scope.id())).collect::<Vec<_>>() {
                let (generation, heads) = (document.generation_in(&scope), document.heads_in(&scope));
                let Some(life) = document.life_in(&scope) else { continue };
                self.sign(now, document, &scope, &Said { life, ..Said::live(generation, &heads) }, out)?;
            }
            let (kind, row) = (document.kind, document.row.clone());
            self.refresh(*doc_id, loaded, out);
            // What a roster says carries a signature of its own.
            if let Some(edit) = row.filter(|_| kind == Kind::ROSTER).and_then(|row| reissued(&row, &self.own.author)) {
                self.edit(now, *doc_id, &[edit], loaded, out)?;
            }
            let version_id = loaded.documents.get(doc_id).and_then(|d| d.current().next().map(|s| s.version_id()));
            written.extend(version_id.map(|version_id| Written { doc_id: *doc_id, version_id, changed: true }));
        }
        Ok(Answer::Written(written))
    }

    /// Notes keys that were stolen and are not known to be yet.
    pub(super) fn note_stolen(&mut self, org: OrgId) {
        let stolen = self.keys.get(&org).map(stolen_keys).unwrap_or_default();
        if !stolen.is_subset(&self.disowned) {
            self.to_disown.insert(org);
        }
    }

    pub(super) fn is_disowning(&self) -> bool {
        !self.to_disown.is_empty() || !self.disowning.is_empty()
    }

    pub(super) fn needs_to_disown(&self, needs: &mut Needs) {
        if self.disowning.is_empty() {
            needs.owned.extend(self.to_disown.first());
        }
        needs.documents.extend(self.disowning.iter().take(DISOWN_PAGE).copied());
    }

    /// Takes what stolen keys signed out of a page of documents. One organisation at a time; once it is through, that is
    /// kept, and links that carry its scopes are made anew, since both sides compare by what they hold.
    pub(super) fn disown_due(&mut self, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(org) = self.to_disown.first().copied() else { return };
        let stolen = self.keys.get(&org).map(stolen_keys).unwrap_or_default();
        if self.disowning.is_empty() {
            let Some(all) = loaded.owned.get(&org) else { return };
            self.disowning.extend(all.iter().copied());
        } else {
            for doc_id in self.disowning.drain(..self.disowning.len().min(DISOWN_PAGE)).collect::<Vec<_>>() {
                let Some(document) = loaded.documents.get_mut(&doc_id) else { continue };
                let gone = document.disown(&stolen);
                if !gone.is_empty() {
                    out.batch.disowned.extend(gone);
                    self.refresh(doc_id, loaded, out);
                }
            }
        }
        if !self.disowning.is_empty() {
            return;
        }
        self.to_disown.remove(&org);
        self.disowned.extend(&stolen);
        out.batch.disowned_keys.extend(stolen);
        let carries = |l: &super::link::Link| {
            l.reading.values().any(|r| r.scope.owner == org) || l.serving.values().any(|s| s.scope.owner == org)
        };
        let nodes: Vec<_> = self.links.iter().filter(|(_, l)| carries(l)).map(|(node, _)| *node).collect();
        for node in nodes {
            self.links.remove(&node);
            let refusal = Refusal::new(RefusalKind::Busy, "a key was stolen, and what it signed is gone: link anew");
            out.after.push(Effect::Unlink(node, refusal));
        }
    }
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
