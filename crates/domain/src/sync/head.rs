//! Scope heads: each node's signed word on the set it holds of its organisation's public scope.
//!
//! They go along where that scope goes, by hubs too, and tell a reader two things that no set of versions can tell by
//! itself: how old what it holds may be, and whether somebody in between holds something back. A node signs one when a
//! link opens that scope and the last is old, and once an hour while it is read.

use super::engine::{Engine, Outcome};
use super::message::Message;
use super::{Loaded, Needs};
use crate::audience::{Reach, Scope};
use crate::identity::certificate::NodeState;
use crate::identity::keys::KeysObject;
use crate::identity::object::Signed;
use crate::identity::scope_head::ScopeHead;
use crate::{NodeId, OrgId, Refusal, RefusalKind, ScopeId, Sum, Timestamp, limits};
use std::collections::BTreeMap;

/// A head as it is held: the newest of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldHead {
    /// As it was signed.
    pub signed: Signed<ScopeHead>,
    /// When it came here, or was signed here.
    pub came_at: Timestamp,
    /// Which organisation's node handed it on: a hub, or its owner.
    pub by: OrgId,
    /// Since when what is held here differs from what heads of this owner say: for as long as no head was met.
    pub differs_since: Option<Timestamp>,
}

impl HeldHead {
    /// When its owner was last heard, in the receiver's time: a signer whose clock is ahead is heard when its word came.
    pub fn heard_at(&self) -> Timestamp {
        self.signed.content().as_of.min(self.came_at)
    }

    /// Whether what its owner says it holds has not come here for so long that somebody in between may hold it back.
    pub fn is_withheld(&self, now: Timestamp) -> bool {
        self.differs_since.is_some_and(|since| since.plus_ms(limits::WITHHELD_AFTER_MS) <= now)
    }

    const fn n(&self) -> u64 {
        self.signed.content().n
    }
}

/// The newest head that counts of those held of one organisation: of its active nodes.
pub fn newest<'a>(heads: impl IntoIterator<Item = &'a HeldHead>, keys: Option<&KeysObject>) -> Option<&'a HeldHead> {
    let is_active = |held: &&HeldHead| {
        let certificate = keys.and_then(|keys| keys.node(&held.signed.content().node_id));
        certificate.is_some_and(|c| c.content().state == NodeState::Active)
    };
    heads.into_iter().filter(is_active).max_by_key(|held| (held.n(), held.signed.content().node_id))
}

/// Heads by organisation and node, and whether the own one is due.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    held: BTreeMap<OrgId, BTreeMap<NodeId, HeldHead>>,
    is_due: bool,
}

impl Heads {
    pub(super) fn read(heads: Vec<HeldHead>) -> Self {
        let mut read = Self::default();
        heads.into_iter().for_each(|held| read.put(held));
        read
    }

    fn put(&mut self, held: HeldHead) {
        let (org, node) = (held.signed.content().org_id, held.signed.content().node_id);
        self.held.entry(org).or_default().insert(node, held);
    }

    fn of(&self, org: &OrgId, node: &NodeId) -> Option<&HeldHead> {
        self.held.get(org)?.get(node)
    }
}

impl Engine {
    /// The newest head that is held of an organisation.
    pub fn head(&self, org: &OrgId) -> Option<&HeldHead> {
        newest(self.heads.held.get(org).into_iter().flat_map(BTreeMap::values), self.keys.get(org))
    }

    /// The number of the newest head that is held of a scope, 0 where there is none: what an opening says of it.
    pub(super) fn head_known(&self, scope: &Scope) -> u64 {
        if scope.reach == Reach::Public { self.head(&scope.owner).map_or(0, HeldHead::n) } else { 0 }
    }

    /// A scope was opened here by a reader that knows heads up to a number: gives it a newer one, where there is one. The
    /// own one is signed for it when the last is not fresh.
    pub(super) fn tell_head(&mut self, node: NodeId, scope: &Scope, known: u64, held: Sum, out: &mut Outcome) {
        if scope.reach != Reach::Public {
            return;
        }
        if scope.owner == self.own.org && self.is_own_older(out.batch.at, limits::HEAD_FRESH_MS) {
            self.sign_head(held, out);
        } else if let Some(head) = self.head(&scope.owner).filter(|head| head.n() > known) {
            out.send(node, Message::Head(head.signed.bytes().to_vec()));
        }
    }

    pub(super) fn needs_to_sign_head(&self, needs: &mut Needs) {
        if self.heads.is_due {
            needs.scopes.insert(Scope::public(self.own.org).id());
        }
    }

    /// Signs the own head when it is due, and finds out whether it became due.
    pub(super) fn sign_head_due(&mut self, now: Timestamp, loaded: &Loaded, out: &mut Outcome) {
        if std::mem::take(&mut self.heads.is_due) {
            let state = loaded.scopes.get(&Scope::public(self.own.org).id());
            self.sign_head(state.map(|s| s.sum).unwrap_or_default(), out);
        } else {
            self.heads.is_due = self.is_read() && self.is_own_older(now, limits::HEAD_EVERY_MS);
        }
    }

    pub(super) fn has_head_due(&self) -> bool {
        self.heads.is_due
    }

    /// When the own head is to be signed anew: while somebody reads.
    pub(super) fn next_head(&self) -> Option<Timestamp> {
        let own = self.heads.of(&self.own.org, &self.own.node).filter(|_| self.is_read())?;
        Some(own.came_at.plus_ms(limits::HEAD_EVERY_MS))
    }

    fn is_read(&self) -> bool {
        let own = Scope::public(self.own.org).id();
        self.links.values().any(|link| link.serving.contains_key(&own))
    }

    /// Whether this node's last head is as old as that, or was signed by a clock that has gone back since.
    fn is_own_older(&self, now: Timestamp, age_ms: i64) -> bool {
        let last = self.heads.of(&self.own.org, &self.own.node).map(|head| head.came_at);
        last.is_none_or(|at| at.plus_ms(age_ms) <= now || at > now)
    }

    fn sign_head(&mut self, sum: Sum, out: &mut Outcome) {
        let now = out.batch.at;
        let last = self.heads.of(&self.own.org, &self.own.node).map_or(0, HeldHead::n);
        let head = ScopeHead {
            org_id: self.own.org,
            node_id: self.own.node,
            scope_id: Scope::public(self.own.org).id(),
            // By time, so that a node put back to an older copy goes on above what it said since.
            n: u64::try_from(now.as_ms()).unwrap_or(0).max(last.saturating_add(1)),
            sum,
            as_of: now,
        };
        let signed = Signed::sign(head, &self.own.author);
        let held = HeldHead { signed, came_at: now, by: self.own.org, differs_since: None };
        self.hand_head_on(None, &held, out);
        self.put_head(held, out);
    }

    /// A head from a link. One that does not hold is noted, and the link goes on; what is no news is passed over.
    pub(super) fn take_head(
        &mut self,
        node: NodeId,
        bytes: &[u8],
        loaded: &Loaded,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let by = self.link_mut(node)?.org;
        let signed = match Signed::<ScopeHead>::parse(bytes).and_then(|signed| self.check_head(node, signed)) {
            Ok(signed) => signed,
            Err(refusal) => {
                out.incident(Some(node), None, None, "refused", format!("a scope head was refused: {refusal}"));
                return Ok(());
            }
        };
        let said = signed.content();
        let is_own = said.org_id == self.own.org && said.node_id == self.own.node;
        let is_news = self.heads.of(&said.org_id, &said.node_id).is_none_or(|held| held.n() < said.n);
        if is_own || !is_news {
            return Ok(());
        }
        let ours = loaded.scopes.get(&said.scope_id).map(|s| s.sum).unwrap_or_default();
        let before = self.head(&said.org_id).and_then(|held| held.differs_since);
        let differs_since = if said.sum == ours { None } else { before.or(Some(out.batch.at)) };
        let held = HeldHead { signed, came_at: out.batch.at, by, differs_since };
        self.hand_head_on(Some(node), &held, out);
        self.put_head(held, out);
        Ok(())
    }

    /// A head is of a public scope that is read on the link it came by, and of a node that its organisation vouches for.
    fn check_head(&self, from: NodeId, signed: Signed<ScopeHead>) -> Result<Signed<ScopeHead>, Refusal> {
        let said = signed.content();
        let is_read = self.links.get(&from).is_some_and(|link| link.reading.contains_key(&said.scope_id));
        if !is_read || said.scope_id != Scope::public(said.org_id).id() {
            return Err(Refusal::new(RefusalKind::NotAllowed, "it is of a scope that this link does not carry"));
        }
        let keys = self.keys.get(&said.org_id);
        let certificate = keys.and_then(|keys| keys.node(&said.node_id)).map(Signed::content);
        let certificate = certificate
            .ok_or_else(|| Refusal::not_authentic(format!("no node {} of {} is known", said.node_id, said.org_id)))?;
        if certificate.state == NodeState::Compromised {
            return Err(Refusal::not_authentic(format!("node {} was said to be stolen", said.node_id)));
        }
        signed.verify(&certificate.author_key)?;
        Ok(signed)
    }

    /// The sum of what is held of a scope once the batch is written. Where a head says the same, nothing is missing.
    pub(super) fn held_now(&mut self, scope: &Scope, loaded: &Loaded, out: &mut Outcome) -> Sum {
        let ours = sum_after(scope.id(), loaded, out);
        let head = self.head(&scope.owner).filter(|_| scope.reach == Reach::Public);
        let met = head.filter(|head| head.differs_since.is_some() && head.signed.content().sum == ours);
        if let Some(head) = met.cloned() {
            self.put_head(HeldHead { differs_since: None, ..head }, out);
        }
        ours
    }

    /// Hands a head that is news on to whoever reads its scope here, but not to its owner.
    fn hand_head_on(&self, from: Option<NodeId>, held: &HeldHead, out: &mut Outcome) {
        let (org, scope) = (held.signed.content().org_id, held.signed.content().scope_id);
        for (node, link) in &self.links {
            let is_reader = link.serving.contains_key(&scope) && (link.org != org || org == self.own.org);
            if is_reader && Some(*node) != from {
                out.send(*node, Message::Head(held.signed.bytes().to_vec()));
            }
        }
    }

    /// Keeps a head. Those of nodes that their organisation names no more go: it may name others for ever.
    fn put_head(&mut self, held: HeldHead, out: &mut Outcome) {
        let org = held.signed.content().org_id;
        self.heads.put(held);
        let (keys, of_org) = (self.keys.get(&org), self.heads.held.entry(org).or_default());
        of_org.retain(|node, _| keys.is_some_and(|keys| keys.node(node).is_some()));
        out.batch.heads.insert(org, of_org.values().cloned().collect());
    }

    pub(super) fn needs_to_take_head(&self, bytes: &[u8], needs: &mut Needs) {
        if let Ok(signed) = Signed::<ScopeHead>::parse(bytes) {
            let scope: ScopeId = signed.content().scope_id;
            needs.scopes.insert(scope);
        }
    }
}

/// The sum of a scope once the batch is written.
fn sum_after(scope: ScopeId, loaded: &Loaded, out: &Outcome) -> Sum {
    let mut sum = loaded.scopes.get(&scope).map(|s| s.sum).unwrap_or_default();
    for version in out.batch.versions.iter().filter(|v| v.statement.statement().scope_id == scope) {
        for id in &version.replaced {
            sum.remove(id);
        }
        sum.add(&version.statement.version_id());
    }
    sum
}
