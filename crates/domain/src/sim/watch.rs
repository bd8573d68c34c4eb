//! What no honest node may do, noticed as it does it. Whatever its partners sent.

use super::process::Process;
use super::world::At;
use crate::audience::Scope;
use crate::identity::certificate::NodeState;
use crate::identity::keys::KeysObject;
use crate::limits;
use crate::referral::Parties;
use crate::statement::{SignedStatement, replaces};
use crate::sync::{Batch, Message};
use crate::{BlobHash, ChangeHash, DocId, EventId, OrgId, ScopeId, VersionId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What was noticed, and what is needed to notice it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    keys: BTreeMap<OrgId, KeysObject>,
    pub(super) scopes: BTreeMap<ScopeId, Scope>,
    /// Rows that reached a node and are to be acknowledged.
    arrived: BTreeMap<(At, At, ScopeId, u64), VecDeque<Vec<SignedStatement>>>,
    /// Versions whose signature was found to hold, as they were signed: a version's id is of what it says alone.
    signed: BTreeMap<VersionId, Vec<u8>>,
    /// The scopes in which a document's owner signed these heads.
    vouched: BTreeMap<(DocId, ChangeHash), BTreeSet<ScopeId>>,
    /// Referrals that people made, by either document.
    pub(super) referrals: BTreeMap<DocId, Parties>,
    /// What was sealed for them.
    pub(super) payloads: BTreeMap<BlobHash, Parties>,
    /// Events that their documents' owners wrote.
    pub(super) written: BTreeMap<DocId, BTreeSet<EventId>>,
    /// What went wrong.
    pub(super) faults: Vec<String>,
}

impl Watch {
    pub(super) fn learn(&mut self, keys: &[KeysObject]) {
        self.keys = keys.iter().map(|k| (k.org_id(), k.clone())).collect();
        for owner in self.keys.keys() {
            let pairs = self.keys.keys().filter(|o| *o != owner).map(|o| Scope::pair(*owner, *o));
            let all = pairs.chain([Scope::public(*owner), Scope::own(*owner)]);
            self.scopes.extend(all.map(|s| (s.id(), s)));
        }
    }

    /// The first that went wrong.
    pub(super) fn fault(&self) -> Option<&String> {
        self.faults.first()
    }

    /// A frame reached a node.
    pub(super) fn arrives(&mut self, from: At, to: At, message: &Message) {
        if let Message::Rows(rows) = message {
            let statements = rows.items.iter().filter_map(|i| SignedStatement::parse(&i.statement).ok()).collect();
            self.arrived.entry((from, to, rows.scope, rows.cursor.seq)).or_default().push_back(statements);
        }
    }

    /// A link ended: what was on it is not acknowledged any more.
    pub(super) fn cut(&mut self, from: At, to: At) {
        self.arrived.retain(|(f, t, _, _), _| (*f, *t) != (from, to));
    }

    fn has_member(&self, scope: &ScopeId, org: &OrgId) -> bool {
        self.scopes.get(scope).is_some_and(|s| s.has_member(org))
    }

    /// A node sends a frame: nothing of a scope goes to who is not in it, and nothing is acknowledged that is not stored.
    pub(super) fn sends(&mut self, (from, sender): (At, &Process), (to, receiver): (At, &Process), message: &Message) {
        self.hands((from, sender), (to, receiver), message);
        let scope = match message {
            Message::Rows(rows) => Some(rows.scope),
            Message::Versions(versions) if !versions.items.is_empty() => Some(versions.scope),
            Message::Part { scope, .. } | Message::Reconcile { scope, .. } => Some(*scope),
            _ => None,
        };
        if scope.is_some_and(|scope| !self.has_member(&scope, &receiver.identity.org)) {
            self.faults.push(format!("{from} sent {to} something of a scope that it is not in"));
        }
        if let Message::Stored { scope, seq } = message {
            // What is read once more from an earlier place comes behind what is on its way.
            let arrived = self.arrived.get_mut(&(to, from, *scope, *seq)).and_then(VecDeque::pop_front);
            for statement in arrived.unwrap_or_default() {
                let doc_id = statement.statement().doc_id;
                if self.is_to_be_held(*scope, sender, &statement) && !holds(sender, &statement) {
                    let (seq, said) = (*seq, statement.statement());
                    self.faults.push(format!(
                        "{from} acknowledged row {seq} of {to}, with a version of {doc_id} that it has not stored: {said:?}"
                    ));
                }
            }
        }
    }

    /// Whether a version that came in this scope is one that a node has to hold, whatever its content is.
    fn is_to_be_held(&mut self, scope: ScopeId, node: &Process, statement: &SignedStatement) -> bool {
        let said = statement.statement();
        let is_in_place = said.scope_id == scope && self.scopes.get(&scope).is_some_and(|s| s.owner == said.org_id);
        // Of an owner whose keys were lost on the way nothing is taken, until the sums are found to differ.
        is_in_place
            && node.disk.keys.contains_key(&said.org_id)
            && !node.is_full(&said.org_id)
            && !node.knows_as_stolen(statement)
            && self.is_signed(statement)
    }

    /// Whether its owner signed it.
    fn is_signed(&mut self, statement: &SignedStatement) -> bool {
        if self.signed.get(&statement.version_id()).is_some_and(|bytes| bytes == statement.bytes()) {
            return true;
        }
        let keys = self.keys.get(&statement.statement().org_id);
        let key = keys.and_then(|k| k.author_key(statement.statement().key_id));
        let holds = key.is_some_and(|(key, state)| state != NodeState::Compromised && statement.verify(&key).is_ok());
        if holds {
            self.signed.insert(statement.version_id(), statement.bytes().to_vec());
        }
        holds
    }

    /// A node wrote: nothing that its owner did not sign, nothing of a scope that the node is not in, and no content that
    /// nobody vouched for to its organisation.
    pub(super) fn commits(&mut self, at: At, node: &Process, batch: &Batch) {
        self.keeps(at, node, batch);
        let org = node.identity.org;
        for statement in batch.versions.iter().map(|v| &v.statement) {
            let said = statement.statement();
            if !self.is_signed(statement) {
                self.faults.push(format!("{at} holds a statement of {} that its owner did not sign", said.doc_id));
            }
            if !self.has_member(&said.scope_id, &org)
                || self.scopes.get(&said.scope_id).map(|s| s.owner) != Some(said.org_id)
            {
                self.faults.push(format!("{at} holds something of a scope that it is not in"));
            }
            for head in &said.heads {
                self.vouched.entry((said.doc_id, *head)).or_default().insert(said.scope_id);
            }
        }
        for row in &batch.documents {
            for head in &row.heads {
                let scopes = self.vouched.get(&(row.doc_id, *head));
                if !scopes.is_some_and(|scopes| scopes.iter().any(|scope| self.has_member(scope, &org))) {
                    self.faults.push(format!("{at} shows {} at {head}, which nobody signed for it", row.doc_id));
                }
            }
            if row.bytes > 4 * limits::DOCUMENT_BYTES as u64 {
                self.faults.push(format!("{at} keeps {} bytes of {}", row.bytes, row.doc_id));
            }
        }
    }
}

/// Whether a node's disk has a version, or one that replaces it.
fn holds(node: &Process, statement: &SignedStatement) -> bool {
    let said = statement.statement();
    let is_there = |s: &SignedStatement| {
        s.version_id() == statement.version_id()
            || (s.statement().doc_id == said.doc_id
                && s.statement().scope_id == said.scope_id
                && replaces(s, statement))
    };
    node.disk.statements.values().any(is_there)
}
