//! What must hold: at every step, and once everything has healed.

use super::process::Process;
use super::world::{At, World};
use crate::audience::{Reach, Scope};
use crate::identity::certificate::NodeState;
use crate::identity::keys::KeysObject;
use crate::statement::{Life, SignedStatement, replaces};
use crate::sync::Message;
use crate::{DocId, OrgId, ScopeId, Sum, VersionId};
use std::collections::{BTreeMap, BTreeSet};

/// What no node may do, noticed as it happens.
#[derive(Debug, Default)]
pub(super) struct Watch {
    keys: BTreeMap<OrgId, KeysObject>,
    scopes: BTreeMap<ScopeId, Scope>,
    /// Rows that reached a node and are to be acknowledged.
    arrived: BTreeMap<(At, At, ScopeId, u64), Vec<SignedStatement>>,
    /// What went wrong.
    faults: Vec<String>,
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

    /// A frame reached a node.
    pub(super) fn arrives(&mut self, from: At, to: At, message: &Message) {
        if let Message::Rows(rows) = message {
            let statements = rows.items.iter().filter_map(|i| SignedStatement::parse(&i.statement).ok()).collect();
            self.arrived.insert((from, to, rows.scope, rows.cursor.seq), statements);
        }
    }

    /// A link ended: what was on it is not acknowledged any more.
    pub(super) fn cut(&mut self, from: At, to: At) {
        self.arrived.retain(|(f, t, _, _), _| (*f, *t) != (from, to));
    }

    /// A node sends a frame: nothing of a scope goes to who is not in it, and nothing is acknowledged that is not stored.
    pub(super) fn sends(&mut self, (from, sender): (At, &Process), (to, receiver): (At, &Process), message: &Message) {
        let scope = match message {
            Message::Rows(rows) => Some(rows.scope),
            Message::Versions(versions) => Some(versions.scope),
            Message::Part { scope, .. } | Message::Reconcile { scope, .. } => Some(*scope),
            _ => None,
        };
        if let Some(scope) = scope
            && !self.scopes.get(&scope).is_some_and(|s| s.has_member(&receiver.identity.org))
        {
            self.faults.push(format!("{from} sent {to} something of a scope that it is not in"));
        }
        if let Message::Stored { scope, seq } = message {
            for statement in self.arrived.remove(&(to, from, *scope, *seq)).unwrap_or_default() {
                let doc_id = statement.statement().doc_id;
                let is_there = |s: &SignedStatement| {
                    s.version_id() == statement.version_id()
                        || (s.statement().doc_id == doc_id
                            && s.statement().scope_id == *scope
                            && replaces(s, &statement))
                };
                // Of an owner whose keys were lost on the way nothing is taken, until the sums are found to differ.
                let is_known = sender.disk.keys.contains_key(&statement.statement().org_id);
                if is_known && !sender.disk.statements.values().any(is_there) {
                    self.faults.push(format!("{from} acknowledged a version of {doc_id} that it has not stored"));
                }
            }
        }
    }

    /// A node wrote: nothing of a scope that it is not in.
    pub(super) fn commits(&mut self, at: At, node: &Process) {
        for scope in node.disk.scopes.keys() {
            if !self.scopes.get(scope).is_some_and(|s| s.has_member(&node.identity.org)) {
                self.faults.push(format!("{at} holds something of a scope that it is not in"));
            }
        }
    }

    /// Every statement in a node's disk has a signature that fits.
    fn check_signatures(&self, at: At, node: &Process) -> Result<(), String> {
        for statement in node.disk.statements.values() {
            let keys = self.keys.get(&statement.statement().org_id);
            let key = keys.and_then(|k| k.author_key(statement.statement().key_id));
            let fits =
                key.is_some_and(|(key, state)| state != NodeState::Compromised && statement.verify(&key).is_ok());
            if !fits {
                return Err(format!("{at} holds a statement that nobody signed"));
            }
        }
        Ok(())
    }
}

impl World {
    /// What was noticed as it happened.
    pub fn check_watch(&self) -> Result<(), String> {
        self.watch.faults.first().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// What must hold at any time.
    pub fn check_safety(&self) -> Result<(), String> {
        self.check_watch()?;
        self.nodes.iter().enumerate().try_for_each(|(at, node)| self.watch.check_signatures(at, node))
    }

    /// What must hold once everything has healed and come to rest.
    pub fn check_converged(&self) -> Result<(), String> {
        for (at, node) in self.nodes.iter().enumerate() {
            check_clean(at, node)?;
            self.check_wanted(at, node)?;
            self.check_links(at)?;
        }
        for scope in self.watch.scopes.values() {
            self.check_scope(scope)?;
        }
        let docs: BTreeSet<DocId> = self.nodes.iter().flat_map(|n| n.disk.rows.keys().copied()).collect();
        docs.iter().filter(|d| !self.is_lost(**d)).try_for_each(|doc| self.check_document(*doc))?;
        self.check_ledger()
    }

    /// Content that any node still has has arrived. Only a disk that went back to an old copy can have lost it.
    fn check_wanted(&self, at: At, node: &Process) -> Result<(), String> {
        for version in node.disk.wanted.keys() {
            let Some(statement) = node.disk.statements.get(version).map(SignedStatement::statement) else {
                return Err(format!("{at} wants a version that it does not hold"));
            };
            if !node.holds(&statement.org_id) {
                continue;
            }
            let has = |n: &Process| {
                let held: BTreeSet<_> =
                    n.disk.changes.get(&statement.doc_id).into_iter().flatten().map(|c| c.hash).collect();
                statement.heads.is_subset(&held)
            };
            if let Some(other) = self.nodes.iter().position(has) {
                return Err(format!("{at} still wants a version of {} that {other} has", statement.doc_id));
            }
        }
        Ok(())
    }

    /// Whether content of a document is lost for good.
    fn is_lost(&self, doc: DocId) -> bool {
        self.nodes.iter().any(|n| n.disk.wanted.values().any(|(d, _)| *d == doc))
    }

    fn check_links(&self, at: At) -> Result<(), String> {
        for other in (0..self.nodes.len()).filter(|other| self.is_linked(at, *other)) {
            let engine = self.nodes[at].engine.as_ref().ok_or("a node does not run")?;
            let standing = engine.standing(&self.org(other));
            if !standing.is_in_step || standing.behind != 0 {
                return Err(format!("{at} is not in step with {other}: {standing:?}"));
            }
        }
        Ok(())
    }

    fn check_scope(&self, scope: &Scope) -> Result<(), String> {
        let is_member = |node: &&Process| {
            let org = node.identity.org;
            let knows_owner = match scope.reach {
                Reach::Public => node.holds(&scope.owner),
                Reach::Pair(_) | Reach::Own => org == scope.owner || node.disk.partners.contains_key(&scope.owner),
            };
            scope.has_member(&org) && knows_owner
        };
        let sums: BTreeSet<_> = self
            .nodes
            .iter()
            .filter(is_member)
            .map(|n| n.disk.scopes.get(&scope.id()).map(|s| s.sum).unwrap_or_default())
            .map(|sum: Sum| (sum.count(), *sum.as_bytes()))
            .collect();
        if sums.len() > 1 {
            let counts: Vec<_> = sums.iter().map(|(count, _)| *count).collect();
            return Err(format!("the sums of scope {:?} differ: {counts:?} versions", scope.reach));
        }
        Ok(())
    }

    /// All nodes of the owner show one thing, and each partner shows the same if it is in a scope that the document is
    /// live in, and nothing if not.
    fn check_document(&self, doc: DocId) -> Result<(), String> {
        let Some(owner) = self.nodes.iter().filter_map(|n| n.disk.rows.get(&doc)).map(|r| r.owner).next() else {
            return Ok(());
        };
        let Some(home) = self.nodes.iter().find(|n| n.identity.org == owner && n.identity.is_home) else {
            return Ok(());
        };
        let shown = home.disk.rows.get(&doc).ok_or_else(|| format!("{doc} is not at its home node"))?;
        let held = home.disk.document(doc).ok_or_else(|| format!("{doc} is not at its home node"))?;
        for (at, node) in self.nodes.iter().enumerate() {
            let row = node.disk.rows.get(&doc);
            let org = node.identity.org;
            let is_for_it = org == owner
                || (node.holds(&owner) && held.is_live_in(&Scope::public(owner)))
                || (node.disk.partners.contains_key(&owner) && held.is_live_in(&Scope::pair(owner, org)));
            let is_live = row.is_some_and(|r| r.life == Life::Live && !node.disk.hidden.contains(&owner));
            if is_live != (is_for_it && shown.life == Life::Live) {
                let there = node.disk.document(doc).map(|d| self.described(&d)).unwrap_or_default();
                let here = self.described(&held);
                return Err(format!("{doc} live at {at}: {is_live}, and {:?} at home:\n{there}\n{here}", shown.life));
            }
            if is_live
                && row.map(|r| (&r.value, &r.heads, r.conflicts)) != Some((&shown.value, &shown.heads, shown.conflicts))
            {
                let there = node.disk.document(doc).map(|d| self.described(&d)).unwrap_or_default();
                let here = self.described(&held);
                return Err(format!("{doc} differs at {at}:\n{row:?}\n{there}\n{shown:?}\n{here}"));
            }
        }
        Ok(())
    }

    fn check_ledger(&self) -> Result<(), String> {
        for doc in self.ledger.taken_back() {
            if let Some(at) = (0..self.nodes.len()).find(|at| self.row(*at, doc).is_some()) {
                let row = self.row(at, doc).map(|r| &r.value);
                let scopes = self.nodes[at].disk.document(doc).map(|d| self.described(&d)).unwrap_or_default();
                return Err(format!("{doc} is live at {at}: {}; {row:?}\n{scopes}", self.ledger.fates_of(doc)));
            }
        }
        for (doc, path) in self.ledger.fields().into_iter().filter(|(doc, _)| !self.is_lost(*doc)) {
            let Some(home) = (0..self.nodes.len()).find(|at| {
                self.nodes[*at].identity.is_home && self.row(*at, doc).is_some_and(|r| r.owner == self.org(*at))
            }) else {
                continue;
            };
            let shown = self.shown(home, doc, &path);
            let held = self.nodes[home].disk.document(doc).ok_or("a document without statements")?;
            let was_reset = held.current().any(|s| s.statement().generation > 1);
            // Two processes of one home node may each begin a generation. Of a field in which their roots differ it cannot
            // be told whose value is newer.
            let homes = self.nodes.iter().filter(|n| n.identity.node == self.nodes[home].identity.node);
            if was_reset && homes.count() > 1 {
                continue;
            }
            if let Some(fault) = self.ledger.fault_in(doc, &path, &shown, was_reset) {
                return Err(format!("{fault}\n{}", self.described(&held)));
            }
        }
        Ok(())
    }

    /// What is said of a document in each scope, for whoever looks into a failure.
    pub fn described(&self, document: &crate::sync::Document) -> String {
        let line = |s: &SignedStatement| {
            let said = s.statement();
            let reach = self.watch.scopes.get(&said.scope_id).map(|s| s.reach);
            let (generation, rev, life) = (said.generation, said.rev, said.life);
            let process = said.incarnation;
            format!("  {reach:?} generation {generation} {process} rev {rev} {life:?} heads {:?}", said.heads)
        };
        document.current().map(line).collect::<Vec<_>>().join("\n")
    }

    /// All values that a field shows at a node: the one that stands and those beside it.
    pub fn shown(&self, at: At, doc: DocId, path: &str) -> BTreeSet<String> {
        let path: Vec<_> = path.split('.').map(str::to_owned).collect();
        let Some(row) = self.nodes[at].disk.rows.get(&doc) else { return BTreeSet::new() };
        let value = path.iter().try_fold(&row.value, |value, key| value.get(key));
        let mut shown: BTreeSet<String> = value.and_then(|v| v.as_str()).map(str::to_owned).into_iter().collect();
        if row.conflicts > 0 {
            let mut document = self.nodes[at].disk.document(doc).expect("it has a row");
            let content = document.open_at_row().expect("it was opened before");
            // Two new histories have a map of entries each: then what one holds is beside what the other holds.
            for conflict in content.conflicts().into_iter().filter(|c| path.starts_with(&c.path)) {
                let within = path.get(conflict.path.len()..).unwrap_or_default();
                let values =
                    conflict.values.iter().filter_map(|v| within.iter().try_fold(&v.value, |v, key| v.get(key)));
                shown.extend(values.filter_map(|v| v.as_str().map(str::to_owned)));
            }
        }
        shown
    }
}

fn check_clean(at: At, node: &Process) -> Result<(), String> {
    let disk = &node.disk;
    if let Some(quarantined) = disk.quarantined.values().next() {
        return Err(format!("{at} has set something aside: {}", quarantined.reason));
    }
    if let Some(incident) = disk.incidents.iter().find(|i| ["twin", "fault", "tend", "full"].contains(&i.kind.as_str()))
    {
        return Err(format!("{at} had an incident: {}", incident.message));
    }
    let mut sums: BTreeMap<ScopeId, Sum> = BTreeMap::new();
    for (version, statement) in &disk.statements {
        let version: &VersionId = version;
        sums.entry(statement.statement().scope_id).or_default().add(version);
    }
    for (scope, state) in &disk.scopes {
        if sums.get(scope).copied().unwrap_or_default() != state.sum {
            return Err(format!("{at} has a sum of scope {scope} that is not of what it holds"));
        }
    }
    Ok(())
}
