//! What must hold: at every step, and once everything has healed.
//!
//! Of an honest organisation's documents all honest nodes show the same. What a byzantine one signed is judged by what is
//! held: honest nodes that can speak of it without its help hold the same statements, and those that hold the same
//! statements show the same.

use super::process::Process;
use super::world::{At, World};
use crate::audience::{Reach, Scope};
use crate::statement::{Life, SignedStatement};
use crate::sync::batch::DocumentRow;
use crate::{DocId, OrgId, ScopeId, Sum, VersionId, limits};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// What was noticed as it happened.
    pub fn check_watch(&self) -> Result<(), String> {
        self.watch.fault().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// What must hold at any time.
    pub fn check_safety(&self) -> Result<(), String> {
        self.check_watch()?;
        self.honest().try_for_each(|(at, node)| check_limits(at, node))
    }

    /// What must hold once everything has healed and come to rest.
    pub fn check_converged(&self) -> Result<(), String> {
        for (at, node) in self.honest() {
            self.check_clean(at, node)?;
            self.check_wanted(at, node)?;
            self.check_links(at)?;
        }
        for scope in self.watch.scopes.values() {
            self.check_scope(scope)?;
        }
        let docs: BTreeSet<DocId> = self.honest().flat_map(|(_, n)| n.disk.rows.keys().copied()).collect();
        for doc in docs.into_iter().filter(|doc| !self.is_lost(*doc)) {
            if self.owner(doc).is_some_and(|owner| self.is_suspect(&owner)) {
                self.check_suspect(doc)?;
            } else {
                self.check_document(doc)?;
            }
        }
        self.check_ledger()?;
        self.check_referrals()
    }

    /// Closes the trace with what honest nodes told their people of, by kind.
    pub(super) fn note_incidents(&mut self) {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for incident in self.honest().flat_map(|(_, node)| &node.disk.incidents) {
            *count.entry(incident.kind.clone()).or_default() += 1;
        }
        self.trace.extend(count.into_iter().map(|(kind, times)| format!("incidents {kind} {times}")));
    }

    fn honest(&self) -> impl Iterator<Item = (At, &Process)> {
        self.nodes.iter().enumerate().filter(|(at, _)| !self.is_byzantine(*at))
    }

    fn owner(&self, doc: DocId) -> Option<OrgId> {
        self.nodes.iter().filter_map(|n| n.disk.rows.get(&doc)).map(|r| r.owner).next()
    }

    /// Whether two honest nodes carry a scope on the link between them.
    fn carry(&self, scope: &Scope, a: At, b: At) -> bool {
        let relays = |hub: At, to: At| {
            let (org, here, there) = (self.org(hub), &self.nodes[hub], &self.nodes[to]);
            let lists = |node: &Process| {
                node.engine.as_ref().is_some_and(|e| e.rosters().of(&org).any(|(o, _)| *o == scope.owner))
            };
            let follows = there.disk.partners.get(&org).is_some_and(|p| p.is_followed);
            follows && here.holds(&scope.owner) && lists(here) && lists(there)
        };
        let is_between = self.org(a) == self.org(b)
            || scope.reach != Reach::Public
            || [a, b].into_iter().any(|at| self.org(at) == scope.owner)
            || relays(a, b)
            || relays(b, a);
        self.may_link(a, b) && is_between
    }

    /// The honest nodes that hold a scope, together where they can speak of it without the help of a byzantine one.
    fn circles(&self, scope: &Scope) -> Vec<BTreeSet<At>> {
        let is_member = |node: &Process| {
            let org = node.identity.org;
            let knows_owner = match scope.reach {
                Reach::Public => node.holds(&scope.owner),
                Reach::Pair(_) | Reach::Own => org == scope.owner || node.disk.partners.contains_key(&scope.owner),
            };
            scope.has_member(&org) && knows_owner
        };
        let mut left: BTreeSet<At> = self.honest().filter(|(_, n)| is_member(n)).map(|(at, _)| at).collect();
        let mut circles = Vec::new();
        while let Some(first) = left.pop_first() {
            let (mut circle, mut open) = (BTreeSet::from([first]), vec![first]);
            while let Some(at) = open.pop() {
                let near: Vec<At> = left.iter().copied().filter(|other| self.carry(scope, at, *other)).collect();
                left.retain(|other| !near.contains(other));
                circle.extend(near.iter().copied());
                open.extend(near);
            }
            circles.push(circle);
        }
        circles
    }

    /// Content that another node of its circle has has arrived. Only a disk that went back to an old copy, or a byzantine
    /// author, can keep it from all of them.
    fn check_wanted(&self, at: At, node: &Process) -> Result<(), String> {
        for version in node.disk.wanted.keys() {
            let Some(statement) = node.disk.statements.get(version).map(SignedStatement::statement) else {
                return Err(format!("{at} wants a version that it does not hold"));
            };
            let Some(scope) = self.watch.scopes.get(&statement.scope_id) else { continue };
            if !node.holds(&statement.org_id) {
                continue;
            }
            let has = |n: &Process| {
                let held: BTreeSet<_> =
                    n.disk.changes.get(&statement.doc_id).into_iter().flatten().map(|c| c.hash).collect();
                statement.heads.is_subset(&held)
            };
            let near = self.circles(scope).into_iter().find(|circle| circle.contains(&at)).unwrap_or_default();
            if let Some(other) = near.into_iter().find(|other| has(&self.nodes[*other])) {
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
        for other in (0..self.nodes.len()).filter(|other| !self.is_byzantine(*other) && self.is_linked(at, *other)) {
            let engine = self.nodes[at].engine.as_ref().ok_or("a node does not run")?;
            let standing = engine.standing(&self.org(other));
            if !standing.is_in_step || standing.behind != 0 {
                return Err(format!("{at} is not in step with {other}: {standing:?}"));
            }
        }
        Ok(())
    }

    fn check_scope(&self, scope: &Scope) -> Result<(), String> {
        let circles = self.circles(scope);
        // A hub that is no partner of an organisation on its roster any more brings nothing of it.
        if self.byzantine.is_empty() && !self.has_parted && circles.len() > 1 {
            return Err(format!("scope {:?} is held where nobody can bring it: {circles:?}", scope.reach));
        }
        for circle in circles {
            let sum_at = |at: &At| self.nodes[*at].disk.scopes.get(&scope.id()).map(|s| s.sum).unwrap_or_default();
            let sums: BTreeSet<_> = circle.iter().map(sum_at).map(|sum: Sum| (sum.count(), *sum.as_bytes())).collect();
            if sums.len() > 1 {
                let counts: Vec<_> = sums.iter().map(|(count, _)| *count).collect();
                return Err(format!(
                    "the sums of scope {:?} differ among {circle:?}: {counts:?} versions",
                    scope.reach
                ));
            }
        }
        Ok(())
    }

    /// Honest nodes that hold the same statements of a byzantine author's document, and what those speak of, show the
    /// same.
    fn check_suspect(&self, doc: DocId) -> Result<(), String> {
        let mut shown: BTreeMap<BTreeSet<VersionId>, (At, &DocumentRow, BTreeSet<VersionId>)> = BTreeMap::new();
        for (at, node) in self.honest() {
            let (Some(row), Some(document)) = (node.disk.rows.get(&doc), node.disk.document(doc)) else { continue };
            if !document.wanted.is_empty() || document.is_given_up() {
                continue;
            }
            let held: BTreeSet<_> = document.current().map(SignedStatement::version_id).collect();
            let disputed: BTreeSet<_> = document.quarantined.keys().copied().collect();
            let (other, there, theirs) = shown.entry(held).or_insert_with(|| (at, row, disputed.clone()));
            let parts =
                |row: &DocumentRow| (row.value.clone(), row.heads.clone(), row.conflicts, row.life, row.is_public);
            if parts(row) != parts(there) || disputed != *theirs {
                let said = self.described(&document);
                return Err(format!("{doc} differs at {at} and {other}:\n{row:?}\n{there:?}\n{said}"));
            }
        }
        Ok(())
    }

    /// All nodes of the owner show one thing, and each partner shows the same if it is in a scope that the document is
    /// live in, and nothing if not.
    fn check_document(&self, doc: DocId) -> Result<(), String> {
        let Some(owner) = self.owner(doc) else { return Ok(()) };
        let Some(home) = self.nodes.iter().find(|n| n.identity.org == owner && n.identity.is_home) else {
            return Ok(());
        };
        let shown = home.disk.rows.get(&doc).ok_or_else(|| format!("{doc} is not at its home node"))?;
        let held = home.disk.document(doc).ok_or_else(|| format!("{doc} is not at its home node"))?;
        if held.is_given_up() {
            // What is shown of a referral then is judged with it.
            return Ok(());
        }
        let circle = self.circles(&Scope::public(owner));
        let reached =
            circle.into_iter().find(|circle| circle.iter().any(|at| self.org(*at) == owner)).unwrap_or_default();
        for (at, node) in self.honest() {
            let row = node.disk.rows.get(&doc);
            let org = node.identity.org;
            // It is held at the word of a byzantine hub alone, which brings what it likes.
            if node.holds(&owner) && !reached.contains(&at) {
                continue;
            }
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
        let is_honest = |doc: &DocId| self.owner(*doc).is_none_or(|owner| !self.is_suspect(&owner));
        for doc in self.ledger.taken_back().into_iter().filter(is_honest) {
            if let Some(at) = self.honest().map(|(at, _)| at).find(|at| self.row(*at, doc).is_some()) {
                let row = self.row(at, doc).map(|r| &r.value);
                let scopes = self.nodes[at].disk.document(doc).map(|d| self.described(&d)).unwrap_or_default();
                return Err(format!("{doc} is live at {at}: {}; {row:?}\n{scopes}", self.ledger.fates_of(doc)));
            }
        }
        for (doc, path) in self.ledger.fields().into_iter().filter(|(doc, _)| !self.is_lost(*doc) && is_honest(doc)) {
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

    fn check_clean(&self, at: At, node: &Process) -> Result<(), String> {
        let disk = &node.disk;
        if let Some(quarantined) = disk.quarantined.values().find(|q| !self.is_suspect(&q.owner)) {
            return Err(format!("{at} has set something aside: {}", quarantined.reason));
        }
        let is_grave = |kind: &str, owner: Option<OrgId>| match kind {
            // A failure of what was checked before, whoever made it.
            "fault" => true,
            "twin" | "tend" | "full" => owner.is_none_or(|owner| !self.is_suspect(&owner)),
            _ => false,
        };
        if let Some(incident) = disk.incidents.iter().find(|i| is_grave(&i.kind, i.owner)) {
            return Err(format!("{at} had an incident: {}", incident.message));
        }
        let mut sums: BTreeMap<ScopeId, Sum> = BTreeMap::new();
        for (version, statement) in &disk.statements {
            sums.entry(statement.statement().scope_id).or_default().add(version);
        }
        for (scope, state) in &disk.scopes {
            if sums.get(scope).copied().unwrap_or_default() != state.sum {
                return Err(format!("{at} has a sum of scope {scope} that is not of what it holds"));
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

fn check_limits(at: At, node: &Process) -> Result<(), String> {
    let mut apart: BTreeMap<(DocId, ScopeId), usize> = BTreeMap::new();
    for said in node.disk.statements.values().map(SignedStatement::statement) {
        *apart.entry((said.doc_id, said.scope_id)).or_default() += 1;
    }
    let is_over = |changes: &Vec<crate::document::StoredChange>| {
        changes.len() > limits::DOCUMENT_CHANGES
            || changes.iter().map(|c| c.bytes.len()).sum::<usize>() > limits::DOCUMENT_BYTES
            || changes.iter().any(|c| c.max_op() >= limits::OPERATION_COUNTER)
    };
    if apart.values().any(|count| *count > limits::CURRENT_STATEMENTS) || node.disk.changes.values().any(is_over) {
        return Err(format!("{at} holds more of a document than anybody may have"));
    }
    Ok(())
}
