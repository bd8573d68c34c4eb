//! What one step makes durable: written in one transaction, or not at all.

use crate::document::{Kind, StoredChange};
use crate::feed::Cursor;
use crate::referral::Parties;
use crate::statement::{Life, SignedStatement};
use crate::sync::Usage;
use crate::sync::head::HeldHead;
use crate::sync::sealed::{Gather, KeptPayload, LockedKey, ReceivedKey};
use crate::{ChangeHash, DocId, KeyId, NodeId, OrgId, ScopeId, Timestamp, VersionId, limits};
use std::collections::{BTreeMap, BTreeSet};

/// Everything to write. Empty parts mean nothing to write there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// When it is written; feed rows carry it, for pruning.
    pub at: Timestamp,
    /// Versions that became current, in order. What is wanted or quarantined of those they replace goes with them. Each makes a feed row in its scope and changes the scope's sum
    /// (`feed::ScopeState::enter`), inside the transaction.
    pub versions: Vec<EnteredVersion>,
    /// Versions that their owner does not vouch for any more: they leave their scopes' sums, and their feed rows are
    /// superseded by nothing. After `versions`.
    pub disowned: Vec<DisownedVersion>,
    /// Stolen keys that nothing is held of any more, all of them, where that changed.
    pub disowned_keys: Option<BTreeSet<KeyId>>,
    /// Changes to add to documents, in causal order.
    pub changes: Vec<AddedChanges>,
    /// Documents whose row is to be replaced; the last one of a document counts.
    pub documents: Vec<DocumentRow>,
    /// Versions whose content was asked for and is not here (`true`), or is not wanted any more (`false`).
    pub wanted: BTreeMap<VersionId, Wanted>,
    /// Versions whose content was refused for good by this version of the software, with the changes that came.
    pub quarantined: Vec<Quarantined>,
    /// Where this node stands in others' feeds.
    pub cursors: BTreeMap<(NodeId, ScopeId), Cursor>,
    /// Keys objects by organisation, as signed.
    pub keys: BTreeMap<OrgId, Vec<u8>>,
    /// Heads by organisation, of its nodes that are known: all of them, in place of those before.
    pub heads: BTreeMap<OrgId, Vec<HeldHead>>,
    /// Partners to add or replace.
    pub partners: Vec<Partner>,
    /// Partners to forget, with every scope shared with them alone.
    pub removed_partners: BTreeSet<OrgId>,
    /// Owners whose public documents are hidden from now on, or shown again.
    pub owners: BTreeMap<OrgId, OwnerStanding>,
    /// The record each import last saw, by source and record: the base of a three-way import.
    pub imported: Vec<ImportedRecord>,
    /// What runs of imports did, and what of it was taken back. The first of a new run takes the place of the run before.
    pub import_changes: Vec<crate::import::Change>,
    /// Things an operator should know, kept for `status`.
    pub incidents: Vec<Incident>,
    /// Referrals that are to be looked at, or were: see [`super::sealed`].
    pub gathering: BTreeMap<Parties, Gather>,
    /// Sealed payloads to keep.
    pub payloads: Vec<KeptPayload>,
    /// Keys of referrals that came. The shell locks them into `locked_keys` before this is written.
    pub received_keys: Vec<ReceivedKey>,
    /// Keys of referrals to keep, where there is none yet.
    pub locked_keys: Vec<LockedKey>,
    /// Drafts that were sent: they are drafts no longer.
    pub sent_drafts: BTreeSet<DocId>,
    /// Referrals of which keys, payloads and all that was made of them are destroyed here, after the rest of this is written. The shell
    /// puts them on its list of what was erased before. Each by the sender's document.
    pub erased: BTreeSet<DocId>,
    /// Nodes that were found to be an organisation's home, in addition to those known before.
    pub homes: BTreeMap<OrgId, BTreeSet<NodeId>>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self { at: self.at, ..Self::default() }
    }
}

/// Whether somebody stands for an owner: the owner itself as a partner, or a followed hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerStanding {
    /// Somebody does: its documents are shown.
    Held,
    /// Nobody does any more: hidden, not compared, not relayed, and deleted after a while.
    Hidden,
}

/// A version that entered the version set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredVersion {
    /// The statement.
    pub statement: SignedStatement,
    /// The versions of the same document and scope that it replaced; deleted, and their feed rows superseded.
    pub replaced: Vec<VersionId>,
    /// The heads of those.
    pub since: Vec<ChangeHash>,
}

/// A version that left the version set: a key that was stolen had signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisownedVersion {
    /// The scope that it was in.
    pub scope: ScopeId,
    /// The version.
    pub version_id: VersionId,
    /// Its document; where no other version of it is held, it is kept for a while for its owner to sign anew.
    pub doc_id: DocId,
}

/// Changes added to a document, and dropped from it (a generation that nothing stands on any more).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedChanges {
    /// The document.
    pub doc_id: DocId,
    /// Added, in causal order.
    pub added: Vec<StoredChange>,
    /// Dropped.
    pub dropped: Vec<ChangeHash>,
}

/// A document as readers see it: the projection that commands and pages query.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRow {
    /// The document.
    pub doc_id: DocId,
    /// What it is about.
    pub kind: Kind,
    /// Whose it is.
    pub owner: OrgId,
    /// Whether it stands, over all scopes held here.
    pub life: Life,
    /// Whether a public statement stands.
    pub is_public: bool,
    /// Its name, for lists; empty when there is none.
    pub name: String,
    /// The document it is about, by which it is found ([`about`](crate::document::about())).
    pub about: Option<DocId>,
    /// Its value as applied, winners only. `Null` when no content is here yet.
    pub value: serde_json::Value,
    /// The heads that `value` was read at.
    pub heads: Vec<ChangeHash>,
    /// Paths where more than one value stands.
    pub conflicts: u32,
    /// When the newest change in it was made, by its author's clock.
    pub last_modified: Timestamp,
    /// How many bytes its changes are, for the owner's quota.
    pub bytes: u64,
}

impl DocumentRow {
    /// Kinds of which there are more with every year: those that do not stand any more count by their bytes alone, and as if each had
    /// [some](limits::ENDED_BYTES).
    pub const EVER_MORE: [Kind; 5] = [Kind::PROPOSAL, Kind::ANSWER, Kind::DECISION, Kind::REQUEST, Kind::RESPONSE];

    /// What it counts for among what its owner has here.
    pub fn usage(&self) -> Usage {
        if self.life != Life::Live && Self::EVER_MORE.contains(&self.kind) {
            return Usage { bytes: self.bytes.max(limits::ENDED_BYTES), ..Usage::default() };
        }
        Usage { documents: 1, bytes: self.bytes, sealed_bytes: 0 }
    }

    /// Whether its owner gave it up. What it said is shown until this organisation's part is erased too, at no heads.
    pub fn is_given_up(&self) -> bool {
        self.life == Life::Erased || (self.heads.is_empty() && !self.value.is_null())
    }
}

/// A mark on the wanted list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Content of this document is wanted in this scope.
    Yes {
        /// The document.
        doc_id: DocId,
        /// The scope.
        scope: ScopeId,
    },
    /// It came, was quarantined, or its version is not current any more.
    No,
}

/// Content that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The version whose content it is.
    pub version_id: VersionId,
    /// Its document.
    pub doc_id: DocId,
    /// Its owner.
    pub owner: OrgId,
    /// Which node it came from.
    pub from: NodeId,
    /// Why, for people.
    pub reason: String,
    /// The pack as received, to be tried once more by a later version.
    pub pack: Vec<u8>,
    /// SHA-256 of the pack: the same bytes are not tried again.
    pub pack_hash: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// An organisation this one has paired with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// Which.
    pub org_id: OrgId,
    /// What it calls itself; its `organisation` document may say otherwise later.
    pub name: String,
    /// Where its nodes were last reachable, as `host:port`; the ones to dial.
    pub addresses: Vec<String>,
    /// Whether links are held back for now.
    pub is_paused: bool,
    /// When this side confirmed the partner's words.
    pub confirmed_here_at: Option<Timestamp>,
    /// The partner's own signed confirmation of this side's words.
    pub confirmed_there: Option<Vec<u8>>,
    /// When they paired.
    pub paired_at: Timestamp,
    /// Whether what is for all partners was entered in the scope with this one. Until then it is worked on at each start.
    pub is_shared_with: bool,
    /// Whether what it relays as a hub is held here.
    pub is_followed: bool,
}

impl Partner {
    /// Both sides compared words: referrals may flow.
    pub fn is_verified(&self) -> bool {
        self.confirmed_here_at.is_some() && self.confirmed_there.is_some()
    }
}

/// A record as an import last saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedRecord {
    /// Which source, by the name the import gave it.
    pub source: String,
    /// The document it went to.
    pub doc_id: DocId,
    /// The value it was mapped to.
    pub value: serde_json::Value,
    /// When it was last in the feed.
    pub seen_at: Timestamp,
}

/// Something an operator should know. Never holds anything about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When.
    pub at: Timestamp,
    /// From which node, where one is to blame.
    pub from: Option<NodeId>,
    /// Whose document or key it concerns.
    pub owner: Option<OrgId>,
    /// Which document it is about, where it is about one.
    pub doc_id: Option<DocId>,
    /// What sort: `refused`, `twin`, `full`, `copies`, …
    pub kind: String,
    /// In words.
    pub message: String,
}
