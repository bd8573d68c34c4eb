//! Finding what two sides do not share, by ranges over `(signed_at, version_id)` (negentropy, protocol version 1).
//!
//! `signed_at` only orders the ranges, so that recent differences are found in few rounds; what is compared are ids.
//! Rounds, set size and frame size are bounded, since the other side's frames are foreign bytes.

use crate::{Refusal, RefusalKind, Timestamp, VersionId, limits};
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use std::fmt;

/// One side of one reconciliation: ids sealed from one read, and how far it went.
pub(super) struct Session {
    negentropy: Negentropy<'static, NegentropyStorageVector>,
    rounds: u32,
    started: Timestamp,
}

/// What the initiator learned from a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Held here and not there.
    pub(super) have: Vec<VersionId>,
    /// Held there and not here.
    pub(super) need: Vec<VersionId>,
    /// The next frame to send; `None` when all differences are known.
    pub(super) next: Option<Vec<u8>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session(round {})", self.rounds)
    }
}

impl Session {
    /// A session over these ids.
    pub(super) fn new(now: Timestamp, ids: &[(Timestamp, VersionId)]) -> Result<Self, Refusal> {
        if ids.len() > limits::RECONCILE_IDS {
            return Err(Refusal::too_large(format!("a scope of {} versions", ids.len())));
        }
        let mut storage = NegentropyStorageVector::with_capacity(ids.len());
        for (at, id) in ids {
            storage.insert(bounded(*at), Id::from_byte_array(*id.as_bytes())).map_err(fault)?;
        }
        storage.seal().map_err(fault)?;
        let frame = u64::try_from(limits::RECONCILE_FRAME_BYTES).unwrap_or(u64::MAX);
        let negentropy = Negentropy::owned(storage, frame).map_err(fault)?;
        Ok(Self { negentropy, rounds: 0, started: now })
    }

    /// The initiator's first frame.
    pub(super) fn initiate(&mut self) -> Result<Vec<u8>, Refusal> {
        self.negentropy.initiate().map_err(fault)
    }

    /// The responder's answer to a frame.
    pub(super) fn respond(&mut self, now: Timestamp, frame: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.count_round(now)?;
        self.negentropy.reconcile(frame).map_err(fault)
    }

    /// What the initiator learns from an answer.
    pub(super) fn advance(&mut self, now: Timestamp, frame: &[u8]) -> Result<Found, Refusal> {
        self.count_round(now)?;
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let next = self.negentropy.reconcile_with_ids(frame, &mut have, &mut need).map_err(fault)?;
        let named = |ids: Vec<Id>| {
            let mut ids: Vec<_> = ids.into_iter().map(|id| VersionId::from_bytes(id.to_bytes())).collect();
            // It gathers them in a hash set, whose order is another in every run.
            ids.sort_unstable();
            ids
        };
        Ok(Found { have: named(have), need: named(need), next })
    }

    fn count_round(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.rounds = self.rounds.saturating_add(1);
        let is_late = now > self.started.plus_ms(limits::RECONCILE_MS);
        if self.rounds > limits::RECONCILE_ROUNDS || is_late {
            return Err(Refusal::new(RefusalKind::Busy, "a reconciliation did not come to an end"));
        }
        Ok(())
    }
}

/// Milliseconds within what the protocol's varints and its "infinity" leave free; the same on both sides.
fn bounded(at: Timestamp) -> u64 {
    u64::try_from(at.as_ms()).unwrap_or(0).min(1 << 48)
}

fn fault(error: negentropy::Error) -> Refusal {
    Refusal::malformed(format!("a reconciliation frame: {error}"))
}

#[cfg(test)]
mod tests;
