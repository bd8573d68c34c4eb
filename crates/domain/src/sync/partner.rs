//! Partners: taking one in, changing what is kept of one, ending the partnership; keys and confirmations.

use super::batch::Partner;
use super::engine::{Engine, Outcome};
use super::message::Message;
use super::{Document, Effect, Loaded, Needs, Notice};
use crate::audience::{Audience, Scope};
use crate::identity::certificate::NodeState;
use crate::identity::confirmation::Confirmation;
use crate::identity::keys::KeysObject;
use crate::identity::object::Signed;
use crate::statement::{Life, SignedStatement};
use crate::{NodeId, OrgId, Refusal, RefusalKind, ScopeId, Timestamp};

/// Own documents looked at in one step when a new partner arrives.
const SHARE_PAGE: usize = 100;

impl Engine {
    pub(super) fn add_partner(&mut self, partner: Partner, keys: &[u8], out: &mut Outcome) -> Result<(), Refusal> {
        let keys = KeysObject::parse(keys)?;
        if keys.org_id() != partner.org_id {
            return Err(Refusal::not_authentic("a partner's keys are of another organisation"));
        }
        if partner.org_id == self.own.org {
            return Err(Refusal::new(RefusalKind::AlreadyDone, "an organisation is not its own partner"));
        }
        self.merge_keys(None, keys, out)?;
        let partner = match self.partners.get(&partner.org_id) {
            // Paired again: what was agreed stays, where it lives may be new.
            Some(known) => Partner {
                name: if partner.name.is_empty() { known.name.clone() } else { partner.name },
                addresses: partner.addresses,
                is_followed: known.is_followed || partner.is_followed,
                ..known.clone()
            },
            None => Partner { is_shared_with: false, ..partner },
        };
        self.is_regrouping = true;
        if !partner.is_shared_with {
            self.to_list.insert(partner.org_id);
        }
        self.put_partner(partner, out);
        Ok(())
    }

    pub(super) fn update_partner(&mut self, partner: Partner, out: &mut Outcome) -> Result<(), Refusal> {
        let known = self.partners.get(&partner.org_id).ok_or_else(|| not_a_partner(&partner.org_id))?;
        // What the engine keeps by itself is not the caller's to change.
        let partner =
            Partner { confirmed_there: known.confirmed_there.clone(), is_shared_with: known.is_shared_with, ..partner };
        let (org, is_paused) = (partner.org_id, partner.is_paused);
        self.is_regrouping |= partner.is_followed != known.is_followed;
        self.put_partner(partner, out);
        let nodes: Vec<_> = self.links.iter().filter(|(_, l)| l.org == org).map(|(node, _)| *node).collect();
        for node in nodes {
            if is_paused {
                self.cut(node, Refusal::new(RefusalKind::NotAllowed, "paused by the other side"), out);
            } else {
                self.send_confirmation(node, org, out);
            }
        }
        Ok(())
    }

    /// The scopes that are shared with one partner alone: they go with it.
    pub(super) fn shared_with(&self, org: &OrgId) -> [ScopeId; 2] {
        [Scope::pair(self.own.org, *org), Scope::pair(*org, self.own.org)].map(|scope| scope.id())
    }

    pub(super) fn remove_partner(
        &mut self,
        now: Timestamp,
        org: OrgId,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        self.partners.remove(&org).ok_or_else(|| not_a_partner(&org))?;
        // What is left of a document that is in another scope too says no more than that scope does.
        let gone = self.shared_with(&org);
        let parting = loaded.documents.iter_mut().filter_map(|(id, d)| d.leave(&gone).then_some(*id));
        for doc_id in parting.collect::<Vec<_>>() {
            self.part_with(now, doc_id, loaded, out);
            self.refresh(doc_id, loaded, out);
        }
        self.is_regrouping = true;
        self.to_list.remove(&org);
        self.full.remove(&org);
        // What was sealed for the two goes with their documents.
        if let Some(usage) = self.usage.get_mut(&org) {
            usage.sealed_bytes = 0;
        }
        out.batch.removed_partners.insert(org);
        let nodes: Vec<_> = self.links.iter().filter(|(_, l)| l.org == org).map(|(node, _)| *node).collect();
        for node in nodes {
            self.cut(node, Refusal::new(RefusalKind::NotAllowed, "no longer a partner"), out);
        }
        out.after.push(Effect::Notify(Notice::Partner(org)));
        Ok(())
    }

    fn put_partner(&mut self, partner: Partner, out: &mut Outcome) {
        out.after.push(Effect::Notify(Notice::Partner(partner.org_id)));
        out.batch.partners.retain(|p| p.org_id != partner.org_id);
        out.batch.partners.push(partner.clone());
        let org = partner.org_id;
        let trust = |partner: &Partner| (partner.confirmed_here_at.is_some(), partner.confirmed_there.is_some());
        let after = trust(&partner);
        let before = self.partners.insert(org, partner).as_ref().map(trust);
        // Who was not asked for what is sealed of a referral, or did not hand it out, may be and do so now.
        if before.is_some_and(|before| before != after) {
            self.gather_from(&org);
        }
    }

    /// A keys object from a link: of the other's organisation, the own one, of anyone held (from an own node), or of one
    /// that it relays. The id of an organisation is the hash of its root, so it is no other's.
    pub(super) fn take_keys(&mut self, node: NodeId, bytes: &[u8], out: &mut Outcome) -> Result<(), Refusal> {
        let from = self.link_mut(node)?.org;
        let keys = match KeysObject::parse(bytes) {
            Ok(keys) => keys,
            // A hub may have come to hold a damaged one, and the rest of what it relays is as good as before.
            Err(refusal) if self.partners.get(&from).is_some_and(|p| p.is_followed) => {
                out.incident(Some(node), None, None, "refused", format!("a keys object was refused: {refusal}"));
                return Ok(());
            }
            Err(refusal) => return Err(refusal),
        };
        let org = keys.org_id();
        let is_theirs_to_send = org == from
            || org == self.own.org
            || (from == self.own.org && self.is_held(&org))
            || self.relayed_by(&from).any(|relayed| relayed == org);
        if !is_theirs_to_send {
            return Err(Refusal::new(RefusalKind::NotAllowed, "keys of an organisation that this link does not carry"));
        }
        self.merge_keys(Some(node), keys, out)?;
        // A node that was made anew from its words knows nothing of the one that was lost.
        if org == from
            && let Some(known) = self.keys.get(&org).map(KeysObject::bytes)
            && known != bytes
        {
            out.send(node, Message::Keys(known));
        }
        Ok(())
    }

    /// Keys that somebody here vouches for.
    pub(super) fn learn_keys(&mut self, bytes: &[u8], out: &mut Outcome) -> Result<(), Refusal> {
        let keys = KeysObject::parse(bytes)?;
        if !self.is_held(&keys.org_id()) {
            return Err(not_a_partner(&keys.org_id()));
        }
        self.merge_keys(None, keys, out)
    }

    fn merge_keys(&mut self, from: Option<NodeId>, keys: KeysObject, out: &mut Outcome) -> Result<(), Refusal> {
        let org = keys.org_id();
        let merged = match self.keys.get(&org) {
            Some(known) => {
                let mut merged = known.clone();
                for alarm in merged.merge(&keys)? {
                    out.incident(from, Some(org), None, "keys", format!("the keys of {org} disagree: {alarm:?}"));
                }
                merged
            }
            None => keys,
        };
        if self.keys.get(&org) != Some(&merged) {
            out.batch.keys.insert(org, merged.bytes());
            out.after.push(Effect::Notify(Notice::Keys(org)));
            self.hand_keys_on(from, &merged, out);
            self.compare_again(&org);
            self.damaged_keys.remove(&org);
            // Another of the own nodes may have written what is not here.
            self.is_regrouping |= org == self.own.org;
            self.keys.insert(org, merged);
            self.note_stolen(org);
        }
        Ok(())
    }

    /// Tells the other side that its words were compared here.
    pub(super) fn send_confirmation(&self, node: NodeId, org: OrgId, out: &mut Outcome) {
        if let Some(at) = self.partners.get(&org).and_then(|p| p.confirmed_here_at) {
            let confirmation = Confirmation { org_id: self.own.org, partner: org, confirmed_at: at };
            let bytes = Signed::sign(confirmation, &self.own.author).bytes().to_vec();
            out.send(node, Message::Confirmation(bytes));
        }
    }

    pub(super) fn take_confirmation(&mut self, node: NodeId, bytes: &[u8], out: &mut Outcome) -> Result<(), Refusal> {
        let from = self.link_mut(node)?.org;
        let keys = self.keys.get(&from).ok_or_else(|| not_a_partner(&from))?;
        let confirmation = Signed::<Confirmation>::parse(bytes)?;
        let said = confirmation.content();
        if said.org_id != from || said.partner != self.own.org {
            return Err(Refusal::not_authentic("a confirmation of words between other organisations"));
        }
        let is_signed = keys
            .certificates()
            .map(Signed::content)
            .any(|c| c.state != NodeState::Compromised && confirmation.verify(&c.author_key).is_ok());
        if !is_signed {
            return Err(Refusal::not_authentic("a confirmation of words that no node of its organisation signed"));
        }
        let Some(partner) = self.partners.get(&from).cloned() else { return Err(not_a_partner(&from)) };
        if partner.confirmed_there.as_deref() != Some(bytes) {
            let partner = Partner { confirmed_there: Some(bytes.to_vec()), ..partner };
            self.put_partner(partner, out);
        }
        Ok(())
    }

    pub(super) fn needs_to_share(&self, needs: &mut Needs) {
        if !self.to_list.is_empty() {
            needs.owned.insert(self.own.org);
        }
        needs.documents.extend(self.to_share.iter().take(SHARE_PAGE).copied());
    }

    /// Works a new partner into the audience of what is for all partners, some documents a step. Until it is through,
    /// each start of the process begins it again; what is done already stays as it is.
    pub(super) fn share_with_new_partners(&mut self, now: Timestamp, loaded: &mut Loaded, out: &mut Outcome) {
        if let Some(owned) = loaded.owned.get(&self.own.org) {
            self.to_share = owned.iter().copied().collect();
            let partners: Vec<_> = std::mem::take(&mut self.to_list).into_iter().collect();
            self.sharing_with.extend(partners);
            return;
        }
        let page: Vec<_> = self.to_share.drain(..self.to_share.len().min(SHARE_PAGE)).collect();
        for doc_id in page {
            // The home node alone begins the new history that a wider audience takes.
            let is_for_partners = self.own.is_home
                && loaded.documents.get(&doc_id).is_some_and(|d| {
                    d.life_in(&Scope::own(self.own.org)) == Some(Life::Live)
                        && d.row.as_ref().is_some_and(|r| r.value.get("audience").is_some_and(|a| a == "partners"))
                });
            if is_for_partners
                && let Err(refusal) = self.share(now, doc_id, &Audience::Partners, loaded, out)
                && refusal.kind != RefusalKind::AlreadyDone
            {
                out.incident(None, Some(self.own.org), Some(doc_id), "share", format!("document {doc_id}: {refusal}"));
            }
        }
        if self.to_share.is_empty() {
            for org in std::mem::take(&mut self.sharing_with) {
                if let Some(partner) = self.partners.get(&org) {
                    let partner = Partner { is_shared_with: true, ..partner.clone() };
                    self.put_partner(partner, out);
                }
            }
        }
    }
}

impl Document {
    /// Forgets what is said of it in these scopes. Whether anything was.
    fn leave(&mut self, scopes: &[ScopeId]) -> bool {
        let gone: Vec<_> = scopes.iter().filter_map(|scope| self.statements.remove(scope)).collect();
        for version in gone.iter().flat_map(|set| set.iter()).map(SignedStatement::version_id) {
            self.wanted.remove(&version);
            self.quarantined.remove(&version);
        }
        !gone.is_empty()
    }
}

pub(super) fn not_a_partner(org: &OrgId) -> Refusal {
    Refusal::not_found(format!("{org} is not a partner")).hint("`fingerpost partner list` shows who is")
}
