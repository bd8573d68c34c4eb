//! Looking at a referral: asking for what is lacking, taking it, and destroying what is to be dropped.

use super::bury::is_unread;
use super::{FetchPayloads, Gather, Gathering, Held, KeptPayload, KeyWanted, Payloads, ReceivedKey, Referring, Stage};
use crate::referral::fold::Standing;
use crate::referral::{Blob, Body, Both, Parties, Receipt, Role, Side, WrappedKey};
use crate::sync::engine::{Engine, Outcome};
use crate::sync::{Loaded, Message, Needs};
use crate::{BlobHash, NodeId, OrgId, Refusal, RefusalKind, StaffId, Timestamp, limits};
use std::collections::BTreeSet;

/// Referrals looked at in one step.
const LOOKS: usize = 16;

/// Who is asked for what is lacking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The other party and own nodes.
    Parties,
    /// Own nodes alone.
    OwnNodes,
}

impl Engine {
    fn looks(&self) -> impl Iterator<Item = &Parties> {
        self.sealed
            .due
            .iter()
            .filter(|(_, one)| matches!(one.stage, Stage::Look))
            .map(|(parties, _)| parties)
            .take(LOOKS)
    }

    pub(in crate::sync) fn has_referrals_due(&self) -> bool {
        self.looks().next().is_some()
    }

    pub(in crate::sync) fn next_gathering(&self) -> Option<Timestamp> {
        let until = |one: &Gathering| match one.stage {
            Stage::Asked { until, .. } | Stage::Rest { until } => Some(until),
            Stage::Look | Stage::Queued | Stage::Alone | Stage::Full => None,
        };
        let kept = self.sealed.outlived.first().map(|(until, _)| *until);
        self.sealed.due.values().filter_map(until).chain(kept).min()
    }

    pub(in crate::sync) fn needs_to_gather(&self, needs: &mut Needs) {
        for parties in self.looks() {
            needs.documents.extend([parties.request(), parties.response()]);
            needs.referrals.insert(parties.request());
            self.needs_to_decide(parties, needs);
        }
    }

    /// Looks at what is due. What was asked for and did not come in time is asked for again later.
    pub(in crate::sync) fn gather(&mut self, now: Timestamp, loaded: &mut Loaded, out: &mut Outcome) {
        let looks: Vec<Parties> = self.looks().copied().collect();
        for parties in looks {
            self.look(now, parties, loaded, out);
        }
        self.look_at_outlived(now);
        let mut is_free = false;
        for one in self.sealed.due.values_mut() {
            match one.stage {
                Stage::Asked { until, .. } if until <= now => {
                    one.rest(now);
                    is_free = true;
                }
                Stage::Rest { until } if until <= now => one.stage = Stage::Look,
                _ => {}
            }
        }
        if is_free {
            self.look_at_next();
        }
    }

    /// A link opened: what nobody could be asked for is looked at again.
    pub(in crate::sync) fn gather_from(&mut self, org: &OrgId) {
        let own = self.own.org;
        for (parties, one) in &mut self.sealed.due {
            let concerns = *org == own || parties.side_of(org).is_some();
            let waits = matches!(one.stage, Stage::Alone | Stage::Queued | Stage::Rest { .. } | Stage::Full);
            if concerns && waits {
                // All who are linked now are asked, before it rests again.
                (one.stage, one.turn) = (Stage::Look, 0);
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
        self.look_at_next();
    }

    /// Something that was asked for came: as much again may be asked for.
    fn look_at_next(&mut self) {
        let queued = self.sealed.due.values_mut().filter(|one| matches!(one.stage, Stage::Queued));
        for one in queued.take(limits::GATHERINGS_IN_FLIGHT) {
            one.stage = Stage::Look;
        }
    }

    fn look(&mut self, now: Timestamp, parties: Parties, loaded: &mut Loaded, out: &mut Outcome) {
        let Some(side) = parties.side_of(&self.own.org) else { return self.looked(&parties, out) };
        let both = self.both(&parties, loaded);
        let held = loaded.referrals.get(&parties.request()).cloned().unwrap_or_default();
        if self.is_given_up(&parties, side, loaded) {
            return self.bury(now, parties, side, &held, loaded, out);
        }
        if is_unread(&parties.document(side.other()), loaded) && !held.has_anything() {
            return self.look_at_unread(now, parties, side, (&both, &held), loaded, out);
        }
        // Nothing is asked for, and nothing dropped, upon a response alone: anybody can write one.
        if both.request.is_none() {
            return self.looked(&parties, out);
        }
        if self.decide(now, parties, side, &both, &held, loaded, out) {
            // Written: the referral changed, and is looked at anew.
            return;
        }
        if both.referral.dropped(side).is_empty() && !held.is_erased {
            let decided = self.decided_payloads(&parties, loaded);
            return self.ask_for(now, parties, side, (&both, &decided), &held, out);
        }
        if held.has_anything() {
            self.destroy(parties.request(), &held, out);
        }
        self.confirm_dropped(now, parties, side, (&both, &held), loaded, out);
        if self.is_over(now, parties, side, &both) {
            return self.bury(now, parties, side, &held, loaded, out);
        }
        self.looked(&parties, out);
    }

    /// Says what this node destroyed, where it has not said so of all that came; a few times at most, since what comes can be made so
    /// that no word covers it.
    fn confirm_dropped(
        &mut self,
        now: Timestamp,
        parties: Parties,
        side: Side,
        (both, held): (&Both, &Held),
        loaded: &mut Loaded,
        out: &mut Outcome,
    ) {
        let own = self.own.node;
        let erasure = both.referral.state.erasure(side);
        let has_said = erasure.nodes.contains_key(&own) && erasure.late == 0;
        let is_own_word = |body: &Body| matches!(body, Body::Erase { node, .. } if *node == own);
        let said = both.referral.events.iter().filter(|told| told.standing == Standing::Effective);
        let said = said.filter(|told| told.event.as_ref().is_some_and(|event| is_own_word(&event.body))).count();
        if has_said || said >= limits::ERASURE_WORDS || !self.is_given_keys(&self.own.org, &own) {
            return;
        }
        let unopened = side == Side::Receiver && !both.referral.state.was_opened && !held.was_read;
        let receipt = if unopened { Receipt::NeverOpened } else { Receipt::Erased };
        let confirming = Referring {
            parties,
            role: Role::Node,
            staff: StaffId::from_bytes([0; 16]),
            occurred_at: now,
            body: Body::Erase { node: own, receipt },
            payload: None,
            first: None,
            beside: Vec::new(),
            key: None,
        };
        // Where it may not be said yet, it is said when the referral changes again.
        let _ = self.refer(now, confirming, loaded, out);
    }

    fn ask_for(
        &mut self,
        now: Timestamp,
        parties: Parties,
        side: Side,
        (both, decided): (&Both, &BTreeSet<BlobHash>),
        held: &Held,
        out: &mut Outcome,
    ) {
        let Some(record) = both.request.as_ref().map(|said| said.agreement.record) else { return };
        let mut lacking = both.referral.payloads(side);
        lacking.extend(decided);
        lacking.insert(record);
        lacking.retain(|hash| !held.payloads.contains_key(hash));
        let mut key = if held.key.is_none() { KeyWanted::Yes } else { KeyWanted::No };
        if !both.is_open_to(side) {
            lacking.retain(|hash| decided.contains(hash));
            key = KeyWanted::No;
        }
        let is_whole = lacking.is_empty() && key == KeyWanted::No;
        let by_event = both.whose(side, record);
        let whose = |hash: &BlobHash| if decided.contains(hash) { side } else { by_event(hash) };
        if is_whole || !self.may_keep(held) {
            return self.looked(&parties, out);
        }
        let other = parties.party(side.other());
        if self.is_full_of_sealed(&other) && lacking.iter().any(|hash| whose(hash) != side) {
            lacking.retain(|hash| whose(hash) == side);
            // The key comes for what it opens.
            let is_key_asked = key == KeyWanted::Yes && held.payloads.contains_key(&record);
            if lacking.is_empty() && !is_key_asked {
                return self.wait_for_room(&parties, other, out);
            }
        }
        let turn = self.sealed.due.get(&parties).map_or(0, |one| one.turn);
        // What belongs to a decision is at this organisation's own nodes until that is written.
        let is_own = key == KeyWanted::No && lacking.is_subset(decided);
        let asked = if is_own { Asked::OwnNodes } else { Asked::Parties };
        let linked = self.linked_parties(&parties, side, asked);
        let from = turn.checked_rem(linked.len()).and_then(|turn| linked.get(turn)).copied();
        let is_busy = from.is_some_and(|node| self.asked_of(node) >= limits::GATHERINGS_IN_FLIGHT);
        let Some(one) = self.sealed.due.get_mut(&parties) else { return };
        if std::mem::take(&mut one.had_key) && key == KeyWanted::Yes {
            // The key that came does not open here: another time, perhaps from somebody else.
            return one.rest(now);
        }
        let Some(node) = from else {
            one.stage = Stage::Alone;
            return;
        };
        if is_busy {
            one.stage = Stage::Queued;
            return;
        }
        let Some(wants) = one.wants(now, &lacking, record, linked.len()) else { return };
        out.send(node, Message::FetchPayloads(FetchPayloads { parties, wants: wants.clone(), key }));
        one.asked.extend(wants.iter().map(|hash| (*hash, whose(hash))));
        if key == KeyWanted::Yes {
            one.key_asked.insert(node);
        }
        let until = now.plus_ms(one.patience());
        one.stage = Stage::Asked { node, wants: wants.into_iter().collect(), key, until };
    }

    /// Whether this node keeps any more of what is sealed of a referral.
    pub(super) fn may_keep(&self, held: &Held) -> bool {
        self.is_given_keys(&self.own.org, &self.own.node) && held.payloads.len() < limits::REFERRAL_PAYLOADS
    }

    fn asked_of(&self, of: NodeId) -> usize {
        let is_asked = |one: &&Gathering| matches!(one.stage, Stage::Asked { node, .. } if node == of);
        self.sealed.due.values().filter(is_asked).count()
    }

    /// Who is asked, in turn: own nodes, and those of the other party unless it cannot have it. Nobody is asked about a referral with an
    /// organisation whose words were not compared.
    fn linked_parties(&self, parties: &Parties, side: Side, asked: Asked) -> Vec<NodeId> {
        let other = parties.party(side.other());
        let is_confirmed = self.partners.get(&other).is_some_and(|partner| partner.confirmed_here_at.is_some());
        let may_have = asked == Asked::Parties && is_confirmed;
        let may = |org: &OrgId| *org == self.own.org || (*org == other && may_have);
        self.links.iter().filter(|(_, link)| may(&link.org)).map(|(node, _)| *node).collect()
    }

    /// There is nothing left to look at until the referral changes.
    pub(super) fn looked(&mut self, parties: &Parties, out: &mut Outcome) {
        self.sealed.due.remove(parties);
        out.batch.gathering.insert(*parties, Gather::Done);
    }

    /// Takes payloads that were asked for; what was not is passed over.
    pub(in crate::sync) fn take_payloads(
        &mut self,
        node: NodeId,
        said: &Payloads,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let found = self.sealed.due.iter_mut().find(|(of, _)| of.request() == said.request);
        let Some((parties, one)) = found else { return Ok(()) };
        let mut came = Vec::new();
        for bytes in &said.blobs {
            let hash = Blob::hash_of(bytes);
            let Some(whose) = one.asked.remove(&hash) else { continue };
            let blob = Blob::parse(bytes, &hash)?;
            let (owner, key_id) = (parties.party(whose), blob.key_id());
            came.push(KeptPayload { request: said.request, hash, owner, key_id, bytes: blob.into_bytes() });
        }
        let has_more = match &mut one.stage {
            Stage::Asked { node: asked, wants, key, .. } => {
                wants.retain(|hash| came.iter().all(|payload| payload.hash != *hash));
                let wanted = wants.len();
                if *asked == node {
                    one.absent.extend(said.absent.iter().copied().filter(|hash| wants.remove(hash)));
                }
                // Who has nothing of what was asked for has no key to it either.
                let has_none = came.is_empty() && wants.len() < wanted;
                wants.is_empty() && (*key == KeyWanted::No || has_none)
            }
            Stage::Look | Stage::Queued | Stage::Rest { .. } | Stage::Alone | Stage::Full => !came.is_empty(),
        };
        if has_more {
            one.stage = Stage::Look;
        }
        came.into_iter().for_each(|payload| self.keep(payload, out));
        if has_more {
            self.look_at_next();
        }
        Ok(())
    }

    /// The referral that a key was asked for of a node, however long ago.
    fn keyed(&self, node: NodeId, wrapped: &WrappedKey) -> Option<Parties> {
        let of = |parties: &Parties| parties.referral == wrapped.wrapping.referral;
        let mut asked = self.sealed.due.iter().filter(|(parties, one)| of(parties) && one.key_asked.contains(&node));
        asked.next().map(|(parties, _)| *parties)
    }

    pub(in crate::sync) fn needs_to_take_data_key(&self, node: NodeId, bytes: &[u8], needs: &mut Needs) {
        if let Some(parties) = WrappedKey::parse(bytes).ok().and_then(|wrapped| self.keyed(node, &wrapped)) {
            self.needs_to_refer(&parties, needs);
        }
    }

    /// Takes a key that was asked for, where it is the one that the sender sealed the record of the person's agreement with: it stands
    /// in the sender's document, so nobody else chooses the key.
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
            return Err(Refusal::new(RefusalKind::NotAllowed, "a data key that is for others than it was sent to"));
        }
        let Some(parties) = self.keyed(node, &wrapped) else { return Ok(()) };
        let both = self.both(&parties, loaded);
        let record = both.request.as_ref().map(|said| said.agreement.record);
        let held = loaded.referrals.get(&parties.request());
        let named = held.and_then(|held| held.payloads.get(&record?).copied());
        let is_it = named == Some(wrapped.key_id) && both.is_open_to(self.side(&parties));
        if let Some(one) = self.sealed.due.get_mut(&parties) {
            one.key_asked.remove(&node);
            if is_it {
                one.had_key = true;
                one.stage = Stage::Look;
                out.batch.received_keys.push(ReceivedKey { parties, wrapped });
            } else if matches!(one.stage, Stage::Asked { node: asked, .. } if asked == node) {
                one.rest(now);
            }
        }
        self.look_at_next();
        Ok(())
    }

    fn side(&self, parties: &Parties) -> Side {
        parties.side_of(&self.own.org).unwrap_or(Side::Receiver)
    }
}

/// What is asked for next: the record first, whose key is the referral's, then what nobody was found to lack.
fn wanted(lacking: &BTreeSet<BlobHash>, record: BlobHash, absent: &BTreeSet<BlobHash>) -> Vec<BlobHash> {
    let first = lacking.get(&record).into_iter();
    let others = lacking.iter().filter(|hash| **hash != record);
    first.chain(others).filter(|hash| !absent.contains(*hash)).take(limits::PAYLOADS_AT_ONCE).copied().collect()
}

impl Gathering {
    /// What is asked for now of whose turn it is, of so many who are linked; nothing where that one has none of it.
    fn wants(
        &mut self,
        now: Timestamp,
        lacking: &BTreeSet<BlobHash>,
        record: BlobHash,
        linked: usize,
    ) -> Option<Vec<BlobHash>> {
        let wants = wanted(lacking, record, &self.absent);
        if !wants.is_empty() || lacking.is_empty() {
            return Some(wants);
        }
        // Whoever had nothing may have it by now.
        self.absent.clear();
        self.turn = self.turn.wrapping_add(1);
        // Whoever else is linked is asked at once, and all of them again after a rest.
        if self.turn.checked_rem(linked) == Some(0) {
            self.rest_from(now);
        }
        None
    }

    /// Asks somebody else, later: the more often, the later.
    fn rest(&mut self, now: Timestamp) {
        self.turn = self.turn.wrapping_add(1);
        self.rest_from(now);
    }

    /// Asks whose turn it is, later.
    fn rest_from(&mut self, now: Timestamp) {
        self.tries = self.tries.saturating_add(1);
        self.stage = Stage::Rest { until: now.plus_ms(self.patience()) };
    }

    /// How long an answer is waited for: the more often it came too late, the longer, so that on a slow link it comes in time at last.
    fn patience(&self) -> i64 {
        let doublings = self.tries.saturating_sub(1).min(limits::FETCH_DOUBLINGS);
        limits::FETCH_PATIENCE_MS.saturating_mul(1_i64.checked_shl(doublings).unwrap_or(i64::MAX))
    }
}
