//! Hubs: whom this organisation vouches for, whom the hubs it follows vouch for, and what that opens and hides.
//!
//! A node with a roster is a hub; there is no other switch. It relays the public scopes of the organisations on it, with
//! their keys objects. Whoever follows it opens those scopes on the link with it. Each entry is a document of its own in
//! the hub's public scope, which holds a signed word on one organisation, so that a roster of any length costs one small
//! document a change.

use super::batch::OwnerStanding;
use super::effect::{Write, WriteAction};
use super::engine::{Engine, Outcome};
use super::message::Message;
use super::{Document, Loaded, Needs, Usage};
use crate::audience::{Audience, Scope};
use crate::document::{Edit, Kind};
use crate::identity::keys::KeysObject;
use crate::identity::object::Signed;
use crate::identity::roster::{RosterEntry, RosterState};
use crate::identity::signing::SecretKey;
use crate::statement::Life;
use crate::sync::batch::DocumentRow;
use crate::{DocId, NodeId, OrgId, RecordId, Refusal, RefusalKind, ScopeId, Timestamp, limits};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The field of a roster document that holds its entries, by the organisation's id in hex.
const ENTRIES: &str = "entries";

/// Rosters by hub, the own one among them: an organisation and the hub's word on it, by the record of the entry. Of a hub
/// with more than [`limits::ROSTER_ENTRIES`] the smallest records count; what was passed over for others that have left
/// since counts from the next start.
#[derive(Clone, Debug, Default)]
pub struct Rosters(BTreeMap<OrgId, BTreeMap<RecordId, (OrgId, RosterEntry)>>);

impl Rosters {
    /// From roster documents as readers see them. What is not a word of its owner is passed over.
    pub fn read(rows: &[DocumentRow], keys: &BTreeMap<OrgId, KeysObject>) -> Self {
        let mut rosters = Self::default();
        for row in rows {
            rosters.note(row, keys.get(&row.owner));
        }
        rosters
    }

    /// Takes in one roster document, which speaks of one record. Whether it changed anything. A document was judged when
    /// it came, so that keys that are damaged here since do not silence it.
    fn note(&mut self, row: &DocumentRow, keys: Option<&KeysObject>) -> bool {
        let said = if row.life == Life::Live { entry_of(row, keys) } else { None };
        let said = said.filter(|(_, entry)| entry.state == RosterState::Listed);
        let (record, roster) = (row.doc_id.record(), self.0.entry(row.owner).or_default());
        if roster.get(&record) == said.as_ref() {
            return false;
        }
        match said {
            Some(said) => drop(roster.insert(record, said)),
            None => drop(roster.remove(&record)),
        }
        if roster.len() > limits::ROSTER_ENTRIES {
            roster.pop_last();
        }
        true
    }

    /// What one hub's roster says.
    pub fn of(&self, hub: &OrgId) -> impl Iterator<Item = (&OrgId, &RosterEntry)> {
        self.0.get(hub).into_iter().flat_map(BTreeMap::values).map(|(org, entry)| (org, entry))
    }
}

/// The record of a hub's entry on an organisation: it follows from the organisation, so that there is one.
fn entry_record(org: &OrgId) -> RecordId {
    const NAMESPACE: uuid::Uuid = uuid::uuid!("7d0c1f3e-50c4-4d0a-9d0e-6a6f73746572");
    RecordId::from_bytes(uuid::Uuid::new_v5(&NAMESPACE, org.as_bytes()).into_bytes())
}

/// The document of a hub's entry on an organisation.
pub fn entry_document(hub: &OrgId, org: &OrgId) -> DocId {
    DocId::new(entry_record(org), Kind::ROSTER, hub)
}

/// The entry in one roster document, where it is its owner's own signed word and stands at its place.
fn entry_of(row: &DocumentRow, keys: Option<&KeysObject>) -> Option<(OrgId, RosterEntry)> {
    let (org, signed) = row.value.get(ENTRIES)?.as_object()?.iter().next()?;
    let bytes = data_encoding::HEXLOWER.decode(signed.as_str()?.as_bytes()).ok()?;
    let signed = Signed::<RosterEntry>::parse(&bytes).ok()?;
    if keys.is_some_and(|keys| keys.verify(&signed).is_err()) {
        return None;
    }
    let (entry, org_id) = (signed.content(), signed.content().org_id());
    let is_in_place = data_encoding::HEXLOWER.encode(org_id.as_bytes()) == *org
        && entry.hub == row.owner
        && entry_record(&org_id) == row.doc_id.record();
    is_in_place.then(|| (org_id, entry.clone()))
}

/// The edit that has an own roster document say the same by another of the organisation's keys; nothing where it says
/// nothing that stands.
pub(super) fn reissued(row: &DocumentRow, author: &SecretKey) -> Option<Edit> {
    let (org, entry) = entry_of(row, None)?;
    let key = data_encoding::HEXLOWER.encode(org.as_bytes());
    let word: Value = data_encoding::HEXLOWER.encode(Signed::sign(entry, author).bytes()).into();
    Some(Edit { path: vec![ENTRIES.to_owned(), key], value: Some(word) })
}

impl Engine {
    /// Rosters as they stand.
    pub fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    /// The organisations on this one's own roster.
    pub(super) fn roster(&self) -> impl Iterator<Item = (&OrgId, &RosterEntry)> {
        self.rosters.of(&self.own.org)
    }

    /// Organisations that a followed hub vouches for, each with the hub and its word.
    pub(super) fn vouched(&self) -> impl Iterator<Item = (&OrgId, &RosterEntry)> {
        let followed = self.partners.values().filter(|p| p.is_followed);
        followed.flat_map(|hub| self.rosters.of(&hub.org_id))
    }

    /// Whether an organisation's public documents are held here: its own, a partner's, or one's that a followed hub
    /// vouches for.
    pub fn is_held(&self, owner: &OrgId) -> bool {
        *owner == self.own.org || self.partners.contains_key(owner) || self.vouched().any(|(org, _)| org == owner)
    }

    /// What a hub relays that is read from it: nobody's own.
    pub(super) fn relayed_by(&self, hub: &OrgId) -> impl Iterator<Item = OrgId> {
        let is_followed = self.partners.get(hub).is_some_and(|p| p.is_followed);
        let roster = self.rosters.of(hub).filter(move |_| is_followed).map(|(org, _)| *org);
        roster.filter(|org| *org != self.own.org)
    }

    /// The public scopes of others that this node hands on to an organisation.
    pub(super) fn relayed_to(&self, other: OrgId) -> impl Iterator<Item = Scope> {
        let listed = self.roster().map(|(org, _)| *org).filter(move |org| *org != other && self.is_held(org));
        listed.map(Scope::public)
    }

    /// Every organisation whose public documents are held here.
    pub(super) fn held(&self) -> BTreeSet<OrgId> {
        let partners = self.partners.keys().copied();
        partners.chain(self.vouched().map(|(org, _)| *org)).chain([self.own.org]).collect()
    }

    /// What puts an organisation on the roster, or takes it off. Its root must be known: a partner's, or one's that a
    /// followed hub vouches for.
    pub(super) fn entry_to_write(
        &self,
        now: Timestamp,
        org: OrgId,
        name: String,
        state: RosterState,
        loaded: &Loaded,
    ) -> Result<Write, Refusal> {
        let listed = self.roster().find(|(listed, _)| **listed == org).map(|(_, entry)| entry.root);
        let known = self.keys.get(&org).filter(|_| org != self.own.org && self.is_held(&org)).map(|keys| *keys.root());
        let root = match (state, listed, known) {
            (RosterState::Listed, Some(_), _) => {
                return Err(Refusal::new(RefusalKind::AlreadyDone, format!("{org} is on the roster already")));
            }
            (RosterState::Removed, None, _) => {
                return Err(Refusal::new(RefusalKind::AlreadyDone, format!("{org} is not on the roster")));
            }
            (RosterState::Listed, None, Some(root)) | (RosterState::Removed, Some(root), _) => root,
            (RosterState::Listed, None, None) => {
                return Err(Refusal::not_found(format!("{org} is not known here"))
                    .hint("pair with it first: `fingerpost invite --as member` does both"));
            }
        };
        if state == RosterState::Listed && self.roster().count() >= limits::ROSTER_ENTRIES {
            return Err(Refusal::too_large(format!("a roster of over {} organisations", limits::ROSTER_ENTRIES)));
        }
        let entry = RosterEntry { hub: self.own.org, root, state, name, since: now };
        let signed = Signed::sign(entry, &self.own.author);
        let word: Value = data_encoding::HEXLOWER.encode(signed.bytes()).into();
        let key = data_encoding::HEXLOWER.encode(org.as_bytes());
        let doc_id = entry_document(&self.own.org, &org);
        let action = if loaded.documents.get(&doc_id).is_some_and(|d| !d.statements.is_empty()) {
            WriteAction::Edit(vec![Edit { path: vec![ENTRIES.to_owned(), key], value: Some(word) }])
        } else {
            WriteAction::Create { value: json!({ ENTRIES: { key: word } }), audience: Audience::Public }
        };
        Ok(Write { doc_id, kind: Kind::ROSTER, action, imported: None, change: None })
    }

    /// A roster document changed for readers.
    pub(super) fn note_roster(&mut self, document: &Document) {
        let Some(row) = &document.row else { return };
        let counts = document.owner == self.own.org
            || self.partners.get(&document.owner).is_some_and(|partner| partner.is_followed);
        if self.rosters.note(row, self.keys.get(&document.owner)) {
            self.is_regrouping |= counts;
        }
    }

    /// After partners, rosters or what is followed changed: owners that nobody stands for any more are hidden at once
    /// and those who came back are shown again; links that carry what they may not any more are made anew; scopes that
    /// links may carry now are opened in the next step.
    pub(super) fn regroup(&mut self, out: &mut Outcome) {
        if !std::mem::take(&mut self.is_regrouping) {
            return;
        }
        let held = self.held();
        for org in self.holds.symmetric_difference(&held) {
            let standing = if held.contains(org) { OwnerStanding::Held } else { OwnerStanding::Hidden };
            out.batch.owners.insert(*org, standing);
        }
        self.holds = held;
        self.count_relayed();
        let roomy: BTreeSet<_> = self.full.iter().filter(|owner| !self.is_full(owner, 1)).copied().collect();
        self.full.retain(|owner| !roomy.contains(owner));
        let mut stale = Vec::new();
        let mut grown = Vec::new();
        for (node, link) in &self.links {
            let (reads, serves) = (self.scopes_to_read(link.org), self.scopes_served_to(link.org));
            let is_stale = link.reading.keys().any(|scope| !reads.contains_key(scope))
                || link.serving.keys().any(|scope| !serves.contains_key(scope))
                // What was not acknowledged while there was no room is read anew.
                || link.reading.values().any(|reading| roomy.contains(&reading.scope.owner));
            if is_stale {
                stale.push(*node);
            } else if reads.keys().any(|scope| !link.reading.contains_key(scope)) {
                grown.push(*node);
            }
        }
        for node in stale {
            let refusal = Refusal::new(RefusalKind::Busy, "what this link may carry has changed: link anew");
            self.cut(node, refusal, out);
        }
        for node in grown {
            if let Some(link) = self.links.get_mut(&node) {
                link.opens_more = true;
            }
        }
    }

    /// Scopes of a link that may be read by now and are not open yet.
    pub(super) fn unopened(&self, node: &NodeId) -> BTreeMap<ScopeId, Scope> {
        let Some(link) = self.links.get(node) else { return BTreeMap::new() };
        let mut scopes = self.scopes_to_read(link.org);
        scopes.retain(|scope, _| !link.reading.contains_key(scope));
        scopes
    }

    pub(super) fn needs_to_open_more(&self, needs: &mut Needs) {
        for (node, _) in self.links.iter().filter(|(_, l)| l.opens_more) {
            needs.cursors.insert(*node);
            needs.scopes.extend(self.unopened(node).into_keys());
        }
    }

    pub(super) fn open_more(&mut self, loaded: &Loaded, out: &mut Outcome) {
        let nodes: Vec<_> = self.links.iter().filter(|(_, l)| l.opens_more).map(|(node, _)| *node).collect();
        for node in nodes {
            let openings = self.openings(node, self.unopened(&node), loaded);
            if let Some(link) = self.links.get_mut(&node) {
                link.opens_more = false;
            }
            for page in openings.chunks(limits::FRAME_OPENINGS) {
                out.send(node, Message::Open(page.to_vec()));
            }
        }
    }

    /// With other keys, what was refused of an owner before may be good.
    pub(super) fn compare_again(&mut self, owner: &OrgId) {
        for reading in self.links.values_mut().flat_map(|l| l.reading.values_mut()) {
            if reading.scope.owner == *owner
                && reading.is_at_end
                && reading.reconcile.is_none()
                && reading.theirs.is_some_and(|theirs| theirs != reading.ours)
            {
                reading.wants_reconcile = reading.cursor;
            }
        }
    }

    /// Hands keys that changed on to whoever reads their owner's scopes here.
    pub(super) fn hand_keys_on(&self, from: Option<NodeId>, keys: &KeysObject, out: &mut Outcome) {
        let org = keys.org_id();
        for (node, link) in &self.links {
            let reads = link.serving.values().any(|s| s.scope.owner == org);
            // The owner's own nodes hear of it too: one of them may be shut out by it.
            if reads && Some(*node) != from && (link.org != org || org == self.own.org) {
                out.send(*node, Message::Keys(keys.bytes()));
            }
        }
    }

    /// Whether an owner is here through hubs alone, and not hidden.
    pub(super) fn is_relayed(&self, owner: &OrgId) -> bool {
        *owner != self.own.org && !self.partners.contains_key(owner) && self.holds.contains(owner)
    }

    /// How much is held of all such owners: counted when who they are changes, and kept up with each document after.
    fn count_relayed(&mut self) {
        let relayed = self.usage.iter().filter(|(owner, _)| self.is_relayed(owner));
        self.relayed = relayed.fold(Usage::default(), |sum, (_, usage)| Usage {
            documents: sum.documents.saturating_add(usage.documents),
            bytes: sum.bytes.saturating_add(usage.bytes),
            // What is sealed comes from partners alone.
            sealed_bytes: 0,
        });
    }
}
