//! Looking at a referral: asking for what is lacking, taking it, and destroying what is to be dropped.

use super::{Both, FetchPayloads, Gathering, Held, KeptPayload, KeyWanted, Payloads, ReceivedKey, Referring, Stage};
use crate::referral::{Blob, Body, Parties, Receipt, Role, Side, WrappedKey};
use crate::sync::engine::{Engine, Outcome};
use crate::sync::{Loaded, Message, Needs};
use crate::{BlobHash, NodeId, Refusal, StaffId, Timestamp, limits};
use std::collections::BTreeSet;

/// Referrals looked at in one step.
const LOOKS: usize = 16;

impl Engine {
    fn looks(&self) -> impl Iterator<Item = &Gathering> {
        self.sealed.due.values().filter(|one| matches!(one.stage, Stage::Look)).take(LOOKS)
    }

    pub(in crate::sync) fn has_referrals_due(&self) -> bool {
        self.looks().next().is_some()
    }

    pub(in crate::sync) fn next_gathering(&self) -> Option<Timestamp> {
        let until = |one: &Gathering| match one.stage {
            Stage::Asked { until, .. } | Stage::Rest { until } => Some(until),
            Stage::Look | Stage::Alone => None,
        };
        self.sealed.due.values().filter_map(until).min()
    }

    pub(in crate::sync) fn needs_to_gather(&self, needs: &mut Needs) {
        for one in self.looks() {
            needs.documents.extend([one.parties.request(), one.parties.response()]);
            needs.referrals.insert(one.parties.referral);
        }
    }

    /// Looks at what is due. What was asked for and did not come in time is looked at again.
    pub(in crate::sync) fn gather(&mut self, now: Timestamp, loaded: &mut Loaded, out: &mut Outcome) {
        let looks: Vec<Parties> = self.looks().map(|one| one.parties).collect();
        for parties in looks {
            self.look(now, parties, loaded, out);
        }
        for one in self.sealed.due.values_mut() {
            match one.stage {
                Stage::Asked { until, .. } if until <= now => {
                    one.tries = one.tries.saturating_add(1);
                    one.stage = Stage::Look;
                }
                Stage::Rest { until } if until <= now => one.stage = Stage::Look,
                _ => {}
            }
        }
    }

    /// A link opened: who was lacking is looked at again.
    pub(in crate::sync) fn gather_from(&mut self, org: &crate::OrgId) {
        let own = self.own.org;
        for one in self.sealed.due.values_mut() {
            if *org == own || one.parties.side_of(org).is_some() {
                one.stage = Stage::Look;
            }
        }
    }

    /// A link ended: what was asked for on it is asked for elsewhere.
    pub(in crate::sync) fn gather_elsewhere(&mut self, without: NodeId) {
        for one in self.sealed.due.values_mut() {
            if matches!(one.stage, Stage::Asked { node, .. } if node == without) {
                one.stage = Stage::Look;
            }
        }
    }

    fn look(&mut self, now: Timestamp, parties: Parties, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(side) = parties.side_of(&self.own.org) else { return };
        let both = self.both(&parties, loaded);
        let held = loaded.referrals.get(&parties.referral).cloned().unwrap_or_default();
        if both.referral.dropped(side).is_empty() {
            return self.ask_for(now, parties, side, &both, &held, out);
        }
        if held != Held::default() {
            out.batch.erased.insert(parties.referral);
        }
        self.confirm_dropped(now, parties, side, &both, loaded, out);
        self.looked(&parties, out);
    }

    /// Says what this node destroyed, where it has not said so of all that came.
    fn confirm_dropped(
        &mut self,
        now: Timestamp,
        parties: Parties,
        side: Side,
        both: &Both,
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) {
        let erasure = both.referral.state.erasure(side);
        let has_said = erasure.nodes.contains_key(&self.own.node) && erasure.late == 0;
        if has_said || !self.is_given_keys(&self.own.org, &self.own.node) {
            return;
        }
        let unopened = side == Side::Receiver && !both.referral.state.was_opened;
        let receipt = if unopened { Receipt::NeverOpened } else { Receipt::Erased };
        let confirming = Referring {
            parties,
            role: Role::Node,
            staff: StaffId::from_bytes([0; 16]),
            occurred_at: now,
            body: Body::Erase { node: self.own.node, receipt },
            payload: None,
            first: None,
            beside: Vec::new(),
            key: None,
        };
        // Where it may not be said yet, it is said when the referral changes again.
        let _ = self.refer(now, confirming, loaded, out);
    }

    fn ask_for(&mut self, now: Timestamp, parties: Parties, side: Side, both: &Both, held: &Held, out: &mut Outcome) {
        let mut wants = both.referral.payloads(side);
        wants.extend(both.request.as_ref().filter(|said| !said.events.is_empty()).map(|said| said.agreement.record));
        let is_named = !wants.is_empty();
        wants.retain(|hash| !held.payloads.contains_key(hash));
        let key = if held.key.is_none() && is_named { KeyWanted::Yes } else { KeyWanted::No };
        let is_whole = wants.is_empty() && key == KeyWanted::No;
        if is_whole || !self.is_given_keys(&self.own.org, &self.own.node) {
            return self.looked(&parties, out);
        }
        let tries = self.sealed.due.get(&parties.referral).map_or(0, |one| one.tries);
        let from = self.linked_parties(&parties, side, tries);
        let wants: Vec<BlobHash> = wants.into_iter().take(limits::PAYLOADS_AT_ONCE).collect();
        let stage = match from {
            None => Stage::Alone,
            Some(node) => {
                out.send(node, Message::FetchPayloads(FetchPayloads { parties, wants: wants.clone(), key }));
                let until = now.plus_ms(limits::FETCH_PATIENCE_MS);
                Stage::Asked { node, wants: wants.into_iter().collect(), key, until }
            }
        };
        if let Some(one) = self.sealed.due.get_mut(&parties.referral) {
            one.stage = stage;
        }
    }

    /// Who is asked at this try: own nodes and those of the other party in turn. Nobody is asked about a referral with an organisation
    /// whose words were not compared.
    fn linked_parties(&self, parties: &Parties, side: Side, tries: u32) -> Option<NodeId> {
        let other = parties.party(side.other());
        let is_confirmed = self.partners.get(&other).is_some_and(|partner| partner.confirmed_here_at.is_some());
        let may = |org: &crate::OrgId| *org == self.own.org || (*org == other && is_confirmed);
        let linked: Vec<NodeId> = self.links.iter().filter(|(_, link)| may(&link.org)).map(|(node, _)| *node).collect();
        let turn = usize::try_from(tries).unwrap_or_default().checked_rem(linked.len())?;
        linked.get(turn).copied()
    }

    /// There is nothing left to look at until the referral changes.
    fn looked(&mut self, parties: &Parties, out: &mut Outcome) {
        self.sealed.due.remove(&parties.referral);
        out.batch.gathering.insert(parties.referral, None);
    }

    /// Takes payloads that were asked for; what was not is passed over.
    pub(in crate::sync) fn take_payloads(
        &mut self,
        now: Timestamp,
        node: NodeId,
        said: &Payloads,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let Some(one) = self.sealed.due.get_mut(&said.referral) else { return Ok(()) };
        let Stage::Asked { node: asked, wants, key, .. } = &mut one.stage else { return Ok(()) };
        if *asked != node {
            return Ok(());
        }
        for bytes in &said.blobs {
            let hash = Blob::hash_of(bytes);
            if !wants.remove(&hash) {
                continue;
            }
            let blob = Blob::parse(bytes, &hash)?;
            let key_id = blob.key_id();
            let (referral, bytes) = (said.referral, blob.into_bytes());
            out.batch.payloads.push(KeptPayload { referral, hash, key_id, bytes });
        }
        let absent: BTreeSet<BlobHash> = said.absent.iter().copied().filter(|hash| wants.remove(hash)).collect();
        if !absent.is_empty() {
            one.rest(now);
        } else if wants.is_empty() && *key == KeyWanted::No {
            one.stage = Stage::Look;
        }
        Ok(())
    }

    pub(in crate::sync) fn needs_to_take_data_key(&self, bytes: &[u8], needs: &mut Needs) {
        if let Ok(wrapped) = WrappedKey::parse(bytes) {
            needs.referrals.insert(wrapped.wrapping.referral);
        }
    }

    /// Takes a key that was asked for, where payloads that are here name it.
    pub(in crate::sync) fn take_data_key(
        &mut self,
        now: Timestamp,
        node: NodeId,
        bytes: &[u8],
        loaded: &Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let from = self.link_mut(node)?.org;
        let wrapped = WrappedKey::parse(bytes)?;
        let wrapping = wrapped.wrapping;
        if (wrapping.from, wrapping.to, wrapping.node) != (from, self.own.org, self.own.node) {
            return Err(Refusal::new(
                crate::RefusalKind::NotAllowed,
                "a data key that is for others than it was sent to",
            ));
        }
        let Some(one) = self.sealed.due.get_mut(&wrapping.referral) else { return Ok(()) };
        let is_asked = matches!(one.stage, Stage::Asked { node: asked, key: KeyWanted::Yes, .. } if asked == node);
        if !is_asked {
            return Ok(());
        }
        let held = loaded.referrals.get(&wrapping.referral);
        let is_named = held.is_some_and(|held| held.payloads.values().any(|key| *key == wrapped.key_id));
        if is_named {
            out.batch.received_keys.push(ReceivedKey { parties: one.parties, wrapped });
            one.stage = Stage::Look;
        } else {
            one.rest(now);
        }
        Ok(())
    }
}

impl Gathering {
    /// Asks somebody else, later: the more often, the later.
    fn rest(&mut self, now: Timestamp) {
        self.tries = self.tries.saturating_add(1);
        let doublings = self.tries.saturating_sub(1).min(limits::FETCH_DOUBLINGS);
        let wait = limits::FETCH_PATIENCE_MS.saturating_mul(1_i64.checked_shl(doublings).unwrap_or(i64::MAX));
        self.stage = Stage::Rest { until: now.plus_ms(wait) };
    }
}
