//! Doing what a step decided: writing its batch, and sending what goes out behind it.

use super::{Failure, Loop, acquaintance};
use crate::metrics;
use domain::NodeId;
use domain::document::Kind;
use domain::identity::sealing::SealingKey;
use domain::referral::{Parties, Wrapping};
use domain::sync::{Batch, Input, Message};
use std::sync::Arc;

impl Loop {
    pub(super) async fn commit(&mut self, mut batch: Batch) -> Result<(), Failure> {
        self.opening.vault.lock_keys(&mut batch).map_err(Failure::Fatal)?;
        if !batch.erased.is_empty() {
            self.opening.vault.note_erased(&batch.erased).map_err(Failure::Fatal)?;
        }
        let batch = &batch;
        let grew = self.opening.store.commit(batch).await.map_err(Failure::Store)?;
        metrics::committed(batch);
        if !(batch.documents.is_empty() && batch.removed_partners.is_empty() && batch.owners.is_empty()) {
            self.log.send_modify(|commits| *commits = commits.wrapping_add(1));
        }
        self.is_forgetful |= !batch.removed_partners.is_empty();
        let is_of_others = !(batch.partners.is_empty()
            && batch.removed_partners.is_empty()
            && batch.keys.is_empty()
            && batch.homes.is_empty());
        if (is_of_others || batch.documents.iter().any(|row| row.kind == Kind::ROSTER))
            && let Some(engine) = &self.engine
        {
            self.publish.send_replace(Arc::new(acquaintance(engine)));
        }
        if !grew.is_empty() {
            self.due.push_back(Input::Grew(grew));
        }
        Ok(())
    }

    /// Wraps a referral's key for a node that may have it, where it is here.
    pub(super) async fn hand_key(
        &mut self,
        node: NodeId,
        parties: &Parties,
        wrapping: Wrapping,
        recipient: &SealingKey,
    ) -> Result<(), Failure> {
        let Some(locked) = self.opening.store.data_key(&parties.request()).await.map_err(Failure::Store)? else {
            return Ok(());
        };
        match self.opening.vault.wrap(parties, &locked, wrapping, recipient) {
            Ok(wrapped) => self.send(node, Message::DataKey(wrapped.encode())),
            Err(error) => tracing::error!(%error, "a referral's key cannot be handed on"),
        }
        Ok(())
    }

    /// A link that does not take its frames, or is gone, ends: its node links again and goes on from its cursor.
    pub(super) fn send(&mut self, node: NodeId, message: Message) {
        let Some(linked) = self.links.get(&node) else { return };
        metrics::sent(&message);
        if linked.outbox.frames.try_send(message).is_err() {
            linked.outbox.cut.cancel();
            self.links.remove(&node);
            metrics::links(self.links.len());
            self.due.push_back(Input::Unlinked { node });
        }
    }
}
