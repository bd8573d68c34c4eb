//! What is sealed counts in what is held of the party that named it: no partner fills a disk with payloads.

use super::{Gathering, Held, KeptPayload, Stage};
use crate::referral::{Both, Parties, Side};
use crate::sync::engine::{Engine, Outcome};
use crate::{BlobHash, DocId, OrgId, limits};
use std::collections::BTreeSet;

impl Engine {
    /// Keeps a payload.
    pub(super) fn keep(&mut self, payload: KeptPayload, out: &mut Outcome) {
        let usage = self.usage.entry(payload.owner).or_default();
        let bytes = u64::try_from(payload.bytes.len()).unwrap_or(u64::MAX);
        usage.sealed_bytes = usage.sealed_bytes.saturating_add(bytes);
        out.batch.payloads.push(payload);
    }

    /// Destroys what is held of a referral.
    pub(super) fn destroy(&mut self, request: DocId, held: &Held, out: &mut Outcome) {
        if !out.batch.erased.insert(request) {
            return;
        }
        for (owner, bytes) in &held.bytes {
            let usage = self.usage.entry(*owner).or_default();
            usage.sealed_bytes = usage.sealed_bytes.saturating_sub(*bytes);
            self.gather_with_room(owner);
        }
    }

    /// Whether an organisation has no room for more of what it seals: that, with its documents, has as many bytes as an owner may have.
    /// Its documents have room all the same, so that a word such as that the person does not agree any more always comes.
    pub(crate) fn is_full_of_sealed(&self, owner: &OrgId) -> bool {
        let usage = self.usage.get(owner).copied().unwrap_or_default();
        *owner != self.own.org && usage.bytes.saturating_add(usage.sealed_bytes) >= limits::OWNER_BYTES
    }

    /// Nothing more is asked for until there is room: nothing is lost by that, and the operator is told.
    pub(super) fn wait_for_room(&mut self, parties: &Parties, owner: OrgId, out: &mut Outcome) {
        if let Some(one) = self.sealed.due.get_mut(parties) {
            one.stage = Stage::Full;
        }
        if self.sealed.full.insert(owner) {
            let message =
                format!("{owner} has as much here as an organisation may have; no more of what it seals is taken");
            out.incident(None, Some(owner), None, "full", message);
        }
    }

    /// Where there is room for an organisation again, what it sealed is asked for.
    pub(in crate::sync) fn gather_with_room(&mut self, owner: &OrgId) {
        if !self.sealed.full.contains(owner) || self.is_full_of_sealed(owner) {
            return;
        }
        self.sealed.full.remove(owner);
        let waits = |one: &Gathering| matches!(one.stage, Stage::Full);
        let of_owner = self.sealed.due.iter_mut().filter(|(of, one)| of.side_of(owner).is_some() && waits(one));
        of_owner.for_each(|(_, one)| one.stage = Stage::Look);
    }
}

impl Both {
    /// Says whose a payload is: what an own event names is one's own, and the record is the sender's.
    pub(super) fn whose(&self, own: Side, record: BlobHash) -> impl Fn(&BlobHash) -> Side + use<> {
        let named = self.referral.events.iter().filter(move |told| told.side == own);
        let mut named: BTreeSet<BlobHash> = named.filter_map(|told| told.event.as_ref()?.payload).collect();
        if own == Side::Sender {
            named.insert(record);
        }
        move |hash| if named.contains(hash) { own } else { own.other() }
    }
}
