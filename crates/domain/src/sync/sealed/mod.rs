//! What is said of people beside the documents of referrals: sealed payloads and the key to them, asked for by who should hold them and
//! handed to nobody else; and what parties write into those documents.
//!
//! A referral is looked at whenever one of its documents changed here, in a step of its own: payloads that its events
//! name and that are not here are asked for at the other party or at another own node, one at a time, until all are here, or until that
//! party has as much here as it may have. What is to be dropped unread, or was erased by another node of this organisation, is destroyed
//! instead; and once it is erased at both parties, the documents themselves are given up. Which referrals are still to be looked
//! at is durable ([`Batch::gathering`](super::Batch::gathering)), so no crash forgets one. The engine sees no key and no content: keys
//! come wrapped, are locked by the shell before they are written, and are wrapped by the shell for who may have them.

mod act;
mod bury;
mod decide;
mod gather;
mod hand;
mod room;

pub use act::Referring;

use super::engine::{Engine, Outcome};
use crate::referral::{Both, Homes, Parties, Side, WrappedKey, wrap};
use crate::sync::{Document, Loaded};
use crate::{BlobHash, DataKeyId, DocId, NodeId, OrgId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What is held of a referral beside its documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The key, by its id.
    pub key: Option<DataKeyId>,
    /// Payloads, each with the key that it was sealed with.
    pub payloads: BTreeMap<BlobHash, DataKeyId>,
    /// How many bytes they are, by whose they are ([`KeptPayload::owner`]).
    pub bytes: BTreeMap<OrgId, u64>,
    /// Whether it was erased here once: whatever comes of it again is dropped.
    pub is_erased: bool,
    /// Whether somebody here read it.
    pub was_read: bool,
}

impl Held {
    /// Whether there is anything to destroy.
    pub fn has_anything(&self) -> bool {
        self.key.is_some() || !self.payloads.is_empty()
    }
}

/// A sealed payload to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPayload {
    /// Of which referral: the sender's document, which no other sender's is.
    pub request: DocId,
    /// Its name.
    pub hash: BlobHash,
    /// Whose it is: the party whose event names it, by which it counts in what is held of that party.
    pub owner: OrgId,
    /// The key that it was sealed with.
    pub key_id: DataKeyId,
    /// It.
    pub bytes: Vec<u8>,
}

/// A referral's key that came, wrapped for this node: the shell locks it before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedKey {
    /// Whose.
    pub parties: Parties,
    /// It.
    pub wrapped: WrappedKey,
}

/// A referral's key as it is kept: locked by the node's own lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedKey {
    /// Of which referral: the sender's document.
    pub request: DocId,
    /// Which key.
    pub key_id: DataKeyId,
    /// It, locked.
    pub locked: Vec<u8>,
}

/// Asks for what is sealed of a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchPayloads {
    /// The referral and its parties.
    pub parties: Parties,
    /// Which payloads, at most [`limits::PAYLOADS_AT_ONCE`](crate::limits::PAYLOADS_AT_ONCE).
    pub wants: Vec<BlobHash>,
    /// Whether the key is wanted too.
    pub key: KeyWanted,
}

/// Whether a referral's key is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyWanted {
    /// It is not here.
    Yes,
    /// It is.
    No,
}

/// Sealed payloads that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payloads {
    /// The referral: the sender's document.
    pub request: DocId,
    /// Sealed payloads.
    pub blobs: Vec<Vec<u8>>,
    /// Those that are not here, or not for the asker.
    pub absent: Vec<BlobHash>,
}

/// What becomes of a referral on the list of those to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    /// It is on it.
    Due,
    /// It was looked at.
    Done,
}

/// Referrals that are still to be looked at.
#[derive(Debug, Default)]
pub(super) struct Gatherings {
    due: BTreeMap<Parties, Gathering>,
    homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
    /// Of those, what the store does not know yet.
    new_homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
    /// Organisations of whom nothing more that they sealed is asked for until there is room.
    full: BTreeSet<OrgId>,
    /// Decisions of this organisation's that wait for its home node.
    decisions: BTreeSet<(Parties, DocId)>,
    /// Those that it refused, until somebody has read that.
    refused: BTreeSet<(Parties, DocId)>,
    /// Referrals that were erased here and not yet at the other party: until when that keeps them, where it said so.
    outstanding: BTreeMap<Parties, Option<Timestamp>>,
    /// Those of which that is known, by it.
    outlived: BTreeSet<(Timestamp, Parties)>,
}

#[derive(Debug)]
struct Gathering {
    stage: Stage,
    /// How often it rested.
    tries: u32,
    /// Whose turn it is to be asked, of those who are linked.
    turn: usize,
    /// Payloads that were asked for and did not come, each with the party whose it is: they are taken however late, and from whomever.
    asked: BTreeMap<BlobHash, Side>,
    /// Who was asked for the key and did not send it: it is taken however late.
    key_asked: BTreeSet<NodeId>,
    /// Payloads that somebody who was asked has not: asked for again once all else is here.
    absent: BTreeSet<BlobHash>,
    /// Whether a key came that is to be here at the next look.
    had_key: bool,
}

#[derive(Debug)]
enum Stage {
    /// To be looked at now.
    Look,
    /// To be asked for once fewer are asked for on the links there are.
    Queued,
    /// Asked for.
    Asked { node: NodeId, wants: BTreeSet<BlobHash>, key: KeyWanted, until: Timestamp },
    /// Nobody who is linked has it.
    Rest { until: Timestamp },
    /// Nobody is linked who could have it.
    Alone,
    /// The other party has as much here as it may have.
    Full,
}

impl Gatherings {
    pub(super) fn read(due: Vec<Parties>, homes: BTreeMap<OrgId, BTreeSet<NodeId>>) -> Self {
        let due = due.into_iter().map(|parties| (parties, Gathering::new())).collect();
        Self { due, homes, ..Self::default() }
    }
}

impl Gatherings {
    /// The referral is to be looked at now, as if for the first time; what was asked for is taken still.
    fn look_at(&mut self, parties: Parties) {
        let before = self.due.remove(&parties).unwrap_or_else(Gathering::new);
        let Gathering { asked, key_asked, .. } = before;
        self.due.insert(parties, Gathering { asked, key_asked, ..Gathering::new() });
    }
}

impl Gathering {
    const fn new() -> Self {
        Self {
            stage: Stage::Look,
            tries: 0,
            turn: 0,
            asked: BTreeMap::new(),
            key_asked: BTreeSet::new(),
            absent: BTreeSet::new(),
            had_key: false,
        }
    }
}

impl Engine {
    /// What became of referrals' documents and of organisations' keys in this step.
    pub(super) fn note_referrals(&mut self, out: &mut Outcome) {
        for parties in out.batch.documents.iter().filter_map(Parties::of) {
            if parties.side_of(&self.own.org).is_some() {
                self.sealed.look_at(parties);
                out.batch.gathering.insert(parties, Gather::Due);
            }
        }
        // Not before the end of a step, which has not loaded what it takes to look at them.
        let decided: Vec<Parties> = out.batch.documents.iter().filter_map(|row| self.note_decision(row)).collect();
        decided.into_iter().for_each(|parties| self.sealed.look_at(parties));
        let changed: Vec<OrgId> = out.batch.keys.keys().copied().collect();
        for org in &changed {
            self.note_homes(org);
            self.look_at_outstanding_of(org);
        }
        // A referral whose only news is that a node was once somebody's home is worth no commit of its own.
        if !out.batch.is_empty() {
            for (org, nodes) in std::mem::take(&mut self.sealed.new_homes) {
                out.batch.homes.entry(org).or_default().extend(nodes);
            }
        }
    }

    /// Keeps which nodes of an organisation are, or ever were, its home.
    pub(super) fn note_homes(&mut self, org: &OrgId) {
        let Some(keys) = self.keys.get(org) else { return };
        let known = self.sealed.homes.entry(*org).or_default();
        let homes = keys.certificates().map(crate::identity::Signed::content).filter(|one| one.is_home);
        for node in homes.map(|one| one.node_id) {
            if known.insert(node) {
                self.sealed.new_homes.entry(*org).or_default().insert(node);
            }
        }
    }

    /// Every node that was ever known as an organisation's home.
    pub fn homes(&self) -> &BTreeMap<OrgId, BTreeSet<NodeId>> {
        &self.sealed.homes
    }

    /// A referral as it stands here, from both documents, each as far as it is here and can be read.
    pub(crate) fn both(&self, parties: &Parties, loaded: &Loaded) -> Both {
        let shown = |id: &DocId| loaded.documents.get(id).and_then(|d: &Document| d.row.as_ref());
        Both::of(parties, shown, &homes_of(&self.sealed.homes, parties))
    }

    /// Whether a node is one that may read referrals.
    pub(crate) fn is_given_keys(&self, org: &OrgId, node: &NodeId) -> bool {
        let certificate = self.keys.get(org).and_then(|keys| keys.node(node));
        certificate.is_some_and(|certificate| wrap::is_given_keys(certificate.content()))
    }
}

/// The nodes whose decisions count in a referral.
pub fn homes_of(homes: &BTreeMap<OrgId, BTreeSet<NodeId>>, parties: &Parties) -> Homes {
    let of = |side: Side| homes.get(&parties.party(side)).cloned().unwrap_or_default();
    Homes { sender: of(Side::Sender), receiver: of(Side::Receiver) }
}
