//! Handing payloads and the key to who asks for them and may have them. Whoever may not hears the same as of what is not there.

use super::{FetchPayloads, KeyWanted, Payloads};
use crate::referral::Wrapping;
use crate::sync::batch::Partner;
use crate::sync::engine::{Engine, Outcome};
use crate::sync::{Effect, Loaded, Message, Needs};
use crate::{BlobHash, NodeId, Refusal, RefusalKind, limits};
use std::collections::BTreeSet;

/// Bytes of payloads after which a frame is closed: the rest of a frame is room for the last one.
const FILL_BYTES: usize = limits::FRAME_BYTES / 4;

impl Engine {
    pub(in crate::sync) fn needs_to_hand(&self, asked: &FetchPayloads, needs: &mut Needs) {
        needs.documents.extend([asked.parties.request(), asked.parties.response()]);
        needs.referrals.insert(asked.parties.request());
        needs.payloads.extend(asked.wants.iter().map(|hash| (asked.parties.request(), *hash)));
    }

    pub(in crate::sync) fn hand(
        &mut self,
        node: NodeId,
        asked: &FetchPayloads,
        loaded: &Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        if asked.wants.len() > limits::PAYLOADS_AT_ONCE {
            return Err(Refusal::new(RefusalKind::Busy, "more payloads were asked for than may be in flight"));
        }
        let org = self.link_mut(node)?.org;
        let permitted = self.permitted(node, asked, loaded);
        let mut said = Payloads { request: asked.parties.request(), blobs: Vec::new(), absent: Vec::new() };
        let mut bytes = 0_usize;
        for hash in &asked.wants {
            let held = loaded.payloads.get(hash).filter(|_| permitted.payloads.contains(hash));
            let Some(blob) = held else {
                said.absent.push(*hash);
                continue;
            };
            bytes = bytes.saturating_add(blob.len());
            said.blobs.push(blob.clone());
            if bytes > FILL_BYTES {
                let next = Payloads { request: said.request, blobs: Vec::new(), absent: Vec::new() };
                out.send(node, Message::Payloads(std::mem::replace(&mut said, next)));
                bytes = 0;
            }
        }
        if !(said.blobs.is_empty() && said.absent.is_empty()) {
            out.send(node, Message::Payloads(said));
        }
        let sealing =
            self.keys.get(&org).and_then(|keys| keys.node(&node)).map(|one| one.content().sealing_key.clone());
        if let (KeyWanted::Yes, true, Some(recipient)) = (asked.key, permitted.has_key, sealing) {
            let wrapping = Wrapping { referral: asked.parties.referral, from: self.own.org, to: org, node };
            out.after.push(Effect::HandKey { node, parties: asked.parties, wrapping, recipient });
        }
        Ok(())
    }

    /// What a node may have of a referral: all that its side is to hold, if it is a party's that this one shares it with, and
    /// nothing of what its side drops unread.
    fn permitted(&self, node: NodeId, asked: &FetchPayloads, loaded: &Loaded) -> Permitted {
        self.permitted_to(node, asked, loaded).unwrap_or_default()
    }

    fn permitted_to(&self, node: NodeId, asked: &FetchPayloads, loaded: &Loaded) -> Option<Permitted> {
        let parties = &asked.parties;
        let org = self.links.get(&node).map(|link| link.org)?;
        let (side, own) = (parties.side_of(&org)?, parties.side_of(&self.own.org)?);
        let other = parties.party(own.other());
        let is_shared = org == self.own.org || self.partners.get(&other).is_some_and(Partner::is_verified);
        if !is_shared || !self.is_given_keys(&org, &node) {
            return None;
        }
        // Who waits for the key as well is better served by whoever has it, and asks them at once where nothing is here.
        let holds_key = loaded.referrals.get(&parties.request()).is_some_and(|held| held.key.is_some());
        if asked.key == KeyWanted::Yes && !holds_key {
            return None;
        }
        let both = self.both(parties, loaded);
        let is_open = both.is_open_to(side);
        #[cfg(any(test, feature = "sim"))]
        let is_open = is_open || self.has(crate::sync::Planted::HandAfterWithdrawal);
        let record = both.request.as_ref().map(|said| said.agreement.record)?;
        let mut payloads = both.referral.payloads(side);
        payloads.insert(record);
        if org == self.own.org {
            // Own words that belong to a decision which is not written yet, whatever became of the referral.
            let named = both.referral.named();
            let unnamed = asked.wants.iter().filter(|hash| !named.contains(hash) && **hash != record).copied();
            if !is_open {
                return Some(Permitted { payloads: unnamed.collect(), has_key: false });
            }
            payloads.extend(unnamed);
        }
        is_open.then_some(Permitted { payloads, has_key: true })
    }
}

/// What a node may have of a referral.
#[derive(Default)]
struct Permitted {
    payloads: BTreeSet<BlobHash>,
    has_key: bool,
}
