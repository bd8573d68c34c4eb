//! A disk: what was committed, and nothing else.

use crate::audience::Scope;
use crate::document::{Kind, StoredChange};
use crate::feed::{Cursor, FeedRow, ScopeState};
use crate::identity::keys::KeysObject;
use crate::referral::Parties;
use crate::statement::{CurrentSet, SignedStatement};
use crate::sync::batch::{Batch, DocumentRow, Incident, OwnerStanding, Partner, Quarantined, Wanted};
use crate::sync::head::HeldHead;
use crate::sync::needs::FeedRange;
use crate::sync::sealed::{Gather, Held, KeptPayload, LockedKey};
use crate::sync::{Document, Loaded, Needs, QuarantineMark, Usage};
use crate::{BlobHash, DocId, FeedId, KeyId, NodeId, OrgId, ScopeId, VersionId};
use std::collections::{BTreeMap, BTreeSet};

/// Rows by table. Cloning one is taking a backup.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// Current statements.
    pub statements: BTreeMap<VersionId, SignedStatement>,
    /// Changes, in the order they were stored.
    pub changes: BTreeMap<DocId, Vec<StoredChange>>,
    /// What readers see.
    pub rows: BTreeMap<DocId, DocumentRow>,
    /// Scopes.
    pub scopes: BTreeMap<ScopeId, ScopeState>,
    /// Feeds.
    pub feeds: BTreeMap<ScopeId, Vec<FeedRow>>,
    /// Cursors in others' feeds.
    pub cursors: BTreeMap<(NodeId, ScopeId), Cursor>,
    /// Content that is wanted.
    pub wanted: BTreeMap<VersionId, (DocId, ScopeId)>,
    /// Content that was refused.
    pub quarantined: BTreeMap<VersionId, Quarantined>,
    /// Keys objects.
    pub keys: BTreeMap<OrgId, Vec<u8>>,
    /// Scope heads.
    pub heads: BTreeMap<OrgId, Vec<HeldHead>>,
    /// Stolen keys that nothing is held of any more.
    pub disowned_keys: BTreeSet<KeyId>,
    /// Owners whose public documents are hidden.
    pub hidden: BTreeSet<OrgId>,
    /// Partners.
    pub partners: BTreeMap<OrgId, Partner>,
    /// Referrals that are still to be looked at.
    pub gathering: BTreeSet<Parties>,
    /// Sealed payloads, by referral.
    pub payloads: BTreeMap<DocId, BTreeMap<BlobHash, KeptPayload>>,
    /// Keys of referrals.
    pub data_keys: BTreeMap<DocId, LockedKey>,
    /// Referrals that were erased here.
    pub erased: BTreeSet<DocId>,
    /// Every node that was ever an organisation's home.
    pub homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
    /// What an operator should know.
    pub incidents: Vec<Incident>,
    /// Commits so far.
    pub commits: u64,
    /// Names feeds: another disk draws other names.
    pub feed_seed: u64,
}

impl Disk {
    /// Writes a batch of an organisation's node, whole. Gives the scopes whose feeds grew.
    pub fn commit(&mut self, own: OrgId, batch: &Batch) -> Vec<ScopeId> {
        self.commits += 1;
        let mut grown = BTreeSet::new();
        for entered in &batch.versions {
            let said = entered.statement.statement();
            grown.insert(said.scope_id);
            let name = u128::from(self.feed_seed) << 64 | u128::from(self.commits);
            let state = self
                .scopes
                .entry(said.scope_id)
                .or_insert_with(|| ScopeState::empty(FeedId::from_bytes(name.to_be_bytes())));
            let row = state.enter(entered.statement.version_id(), &entered.replaced, entered.since.clone());
            let feed = self.feeds.entry(said.scope_id).or_default();
            for old in &entered.replaced {
                self.statements.remove(old);
                self.wanted.remove(old);
                self.quarantined.remove(old);
                for row in feed.iter_mut().filter(|r| r.version.as_ref() == Some(old)) {
                    row.version = None;
                }
            }
            feed.push(row);
            self.statements.insert(entered.statement.version_id(), entered.statement.clone());
        }
        for gone in &batch.disowned {
            self.statements.remove(&gone.version_id);
            self.wanted.remove(&gone.version_id);
            self.quarantined.remove(&gone.version_id);
            if let Some(state) = self.scopes.get_mut(&gone.scope) {
                state.sum.remove(&gone.version_id);
            }
            for row in self.feeds.entry(gone.scope).or_default().iter_mut() {
                row.version = row.version.filter(|version| *version != gone.version_id);
            }
        }
        if let Some(keys) = &batch.disowned_keys {
            self.disowned_keys.clone_from(keys);
        }
        for changes in &batch.changes {
            let stored = self.changes.entry(changes.doc_id).or_default();
            stored.retain(|c| !changes.dropped.contains(&c.hash));
            stored.extend(changes.added.iter().cloned());
        }
        self.commit_rest(own, batch);
        grown.into_iter().collect()
    }

    fn commit_rest(&mut self, own: OrgId, batch: &Batch) {
        self.rows.extend(batch.documents.iter().map(|r| (r.doc_id, r.clone())));
        for (version, wanted) in &batch.wanted {
            match wanted {
                Wanted::Yes { doc_id, scope } => {
                    if self.statements.contains_key(version) {
                        self.wanted.insert(*version, (*doc_id, *scope));
                    }
                }
                Wanted::No => {
                    self.wanted.remove(version);
                    self.quarantined.remove(version);
                }
            }
        }
        for quarantined in &batch.quarantined {
            self.quarantined.insert(quarantined.version_id, quarantined.clone());
        }
        self.cursors.extend(batch.cursors.iter().map(|(k, v)| (*k, *v)));
        self.keys.extend(batch.keys.iter().map(|(k, v)| (*k, v.clone())));
        self.heads.extend(batch.heads.iter().map(|(k, v)| (*k, v.clone())));
        for org in &batch.removed_partners {
            self.forget(own, *org);
        }
        self.partners.extend(batch.partners.iter().map(|p| (p.org_id, p.clone())));
        for (org, standing) in &batch.owners {
            match standing {
                OwnerStanding::Held => self.hidden.remove(org),
                OwnerStanding::Hidden => self.hidden.insert(*org),
            };
        }
        self.incidents.extend(batch.incidents.iter().cloned());
        self.commit_referrals(batch);
    }

    fn commit_referrals(&mut self, batch: &Batch) {
        for (parties, gather) in &batch.gathering {
            match gather {
                Gather::Due => self.gathering.insert(*parties),
                Gather::Done => self.gathering.remove(parties),
            };
        }
        for payload in &batch.payloads {
            self.payloads.entry(payload.request).or_default().insert(payload.hash, payload.clone());
        }
        for key in &batch.locked_keys {
            self.data_keys.entry(key.request).or_insert_with(|| key.clone());
        }
        for request in &batch.erased {
            self.payloads.remove(request);
            self.data_keys.remove(request);
            self.erased.insert(*request);
        }
        for (org, nodes) in &batch.homes {
            self.homes.entry(*org).or_default().extend(nodes);
        }
    }

    /// Deletes a partner, both scopes shared with it alone, the documents that were in no other scope, and where this node
    /// stood in its nodes' feeds.
    fn forget(&mut self, own: OrgId, org: OrgId) {
        self.partners.remove(&org);
        let nodes = self.keys.get(&org).and_then(|bytes| KeysObject::parse(bytes).ok());
        self.cursors.retain(|(node, _), _| nodes.as_ref().is_none_or(|keys| keys.node(node).is_none()));
        let mut parting = BTreeSet::new();
        for scope in [Scope::pair(own, org), Scope::pair(org, own)].map(|scope| scope.id()) {
            let inside = |s: &SignedStatement| s.statement().scope_id == scope;
            let gone: Vec<_> = self.statements.values().filter(|s| inside(s)).cloned().collect();
            parting.extend(gone.iter().map(|s| s.statement().doc_id));
            for version in gone.iter().map(SignedStatement::version_id) {
                self.wanted.remove(&version);
                self.quarantined.remove(&version);
                self.statements.remove(&version);
            }
            self.feeds.remove(&scope);
            self.scopes.remove(&scope);
            self.cursors.retain(|(_, s), _| *s != scope);
        }
        let held: BTreeSet<DocId> = self.statements.values().map(|s| s.statement().doc_id).collect();
        self.changes.retain(|doc, _| held.contains(doc) || !parting.contains(doc));
        self.rows.retain(|doc, _| held.contains(doc) || !parting.contains(doc));
        self.payloads.retain(|request, _| !parting.contains(request));
        self.data_keys.retain(|request, _| !parting.contains(request));
    }

    /// Reads what a step needs.
    pub fn load(&self, needs: &Needs) -> Loaded {
        let mut loaded = Loaded::default();
        let mut documents = needs.documents.clone();
        for version in &needs.versions {
            if let Some(statement) = self.statements.get(version) {
                loaded.versions.insert(*version, statement.statement().doc_id);
            }
        }
        for range in &needs.feeds {
            let rows = self.rows_in(range, &mut loaded.versions);
            loaded.feeds.insert(range.scope, rows);
        }
        let in_scope = |s: &&SignedStatement| needs.parting.contains(&s.statement().scope_id);
        for parting in self.statements.values().filter(in_scope).map(|s| s.statement().doc_id) {
            let mut of_doc = self.statements.values().filter(|s| s.statement().doc_id == parting);
            if of_doc.any(|s| !in_scope(&s)) {
                documents.insert(parting);
            }
        }
        documents.extend(loaded.versions.values().copied());
        for id in documents {
            if let Some(document) = self.document(id) {
                loaded.documents.insert(id, document);
            }
        }
        for scope in &needs.scopes {
            loaded.scopes.extend(self.scopes.get(scope).map(|s| (*scope, s.clone())));
        }
        let of_nodes = self.cursors.iter().filter(|((node, _), _)| needs.cursors.contains(node));
        loaded.cursors.extend(of_nodes.map(|(k, v)| (*k, *v)));
        for (scope, cursor) in &needs.positions {
            if self.stands(scope, cursor) {
                loaded.positions.insert(*scope);
            }
        }
        for scope in &needs.id_sets {
            let of_scope = self.statements.values().filter(|s| s.statement().scope_id == *scope);
            loaded.id_sets.insert(*scope, of_scope.map(|s| (s.statement().signed_at, s.version_id())).collect());
        }
        for scope in &needs.wanted {
            let of_scope = self.wanted.iter().filter(|(_, (_, s))| s == scope);
            loaded.wanted.insert(*scope, of_scope.map(|(v, (d, _))| (*v, *d)).collect());
        }
        for owner in &needs.owned {
            let of_owner = self.rows.values().filter(|r| r.owner == *owner);
            loaded.owned.insert(*owner, of_owner.map(|r| r.doc_id).collect());
        }
        for referral in &needs.referrals {
            let mut held = Held { is_erased: self.erased.contains(referral), ..Held::default() };
            held.key = self.data_keys.get(referral).map(|key| key.key_id);
            for (hash, one) in self.payloads.get(referral).into_iter().flatten() {
                held.payloads.insert(*hash, one.key_id);
                *held.bytes.entry(one.owner).or_default() += one.bytes.len() as u64;
            }
            if held != Held::default() {
                loaded.referrals.insert(*referral, held);
            }
        }
        for (referral, hash) in &needs.payloads {
            let payload = self.payloads.get(referral).and_then(|of| of.get(hash));
            loaded.payloads.extend(payload.map(|one| (*hash, one.bytes.clone())));
        }
        loaded
    }

    /// Referrals that are to be looked at when a process starts, as the store gives them: those noted, and those that were erased here
    /// and of which the sender's document is shown still.
    pub fn gathering(&self) -> Vec<Parties> {
        let shown = self.erased.iter().filter_map(|request| self.rows.get(request)).filter_map(Parties::of);
        self.gathering.iter().copied().chain(shown).collect()
    }

    /// How much is held of each owner.
    pub fn usage(&self) -> BTreeMap<OrgId, Usage> {
        let mut usage: BTreeMap<OrgId, Usage> = BTreeMap::new();
        for row in self.rows.values() {
            let of_owner = usage.entry(row.owner).or_default();
            let usage = row.usage();
            of_owner.documents += usage.documents;
            of_owner.bytes += usage.bytes;
        }
        for payload in self.payloads.values().flat_map(BTreeMap::values) {
            usage.entry(payload.owner).or_default().sealed_bytes += payload.bytes.len() as u64;
        }
        usage
    }

    fn stands(&self, scope: &ScopeId, cursor: &Cursor) -> bool {
        let Some(state) = self.scopes.get(scope) else { return false };
        let row = self.feeds.get(scope).and_then(|f| f.iter().find(|r| r.seq == cursor.seq));
        state.tail.feed_id == cursor.feed_id && (cursor.seq == 0 || row.is_some_and(|r| r.chain == cursor.chain))
    }

    fn rows_in(&self, range: &FeedRange, versions: &mut BTreeMap<VersionId, DocId>) -> Vec<FeedRow> {
        let mut bytes = 0;
        let mut out = Vec::new();
        let after = self.feeds.get(&range.scope).into_iter().flatten().filter(|r| r.seq > range.after);
        for row in after.take(range.rows) {
            if let Some(statement) = row.version.and_then(|v| self.statements.get(&v)) {
                let doc_id = statement.statement().doc_id;
                versions.insert(statement.version_id(), doc_id);
                bytes += self.changes.get(&doc_id).into_iter().flatten().map(|c| c.bytes.len()).sum::<usize>();
            }
            out.push(row.clone());
            if bytes > range.bytes {
                break;
            }
        }
        out
    }

    /// One document as it is held.
    pub fn document(&self, id: DocId) -> Option<Document> {
        let of_doc = || self.statements.values().filter(|s| s.statement().doc_id == id);
        let said = of_doc().next().map(|s| (s.statement().kind, s.statement().org_id));
        // What nobody vouches for any more has a row alone.
        let (kind, owner): (Kind, OrgId) = said.or(self.rows.get(&id).map(|row| (row.kind, row.owner)))?;
        let mut document = Document::new(id, kind, owner);
        for statement in of_doc() {
            let set: &mut CurrentSet = document.statements.entry(statement.statement().scope_id).or_default();
            set.enter(statement.clone()).expect("what was held can be held");
        }
        let stored = self.changes.get(&id).cloned().unwrap_or_default();
        document.changes = crate::document::History::new(stored).expect("what was stored is a history");
        document.wanted = of_doc().map(|s| s.version_id()).filter(|v| self.wanted.contains_key(v)).collect();
        document.quarantined = of_doc()
            .filter_map(|s| self.quarantined.get(&s.version_id()))
            .map(|q| {
                (
                    q.version_id,
                    QuarantineMark { reason: q.reason.clone(), pack_hash: q.pack_hash, pack: q.pack.clone() },
                )
            })
            .collect();
        document.row = self.rows.get(&id).cloned();
        Some(document)
    }
}
