//! What reaches the engine, and what it wants done.

use super::{Batch, Message};
use crate::{DocId, NodeId, OrgId, Refusal, ScopeId, Timestamp};

/// Names an ask, so that its answer finds the asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection with this node passed `Hello`. One link per pair of nodes.
    Linked {
        /// The other node.
        node: NodeId,
        /// Its organisation.
        org: OrgId,
    },
    /// A frame came.
    Received {
        /// From whom.
        node: NodeId,
        /// What.
        message: Message,
    },
    /// The link ended, for whatever reason.
    Unlinked {
        /// With whom.
        node: NodeId,
    },
    /// Feeds grew, by a commit of this engine or of another replica.
    Grew(Vec<ScopeId>),
    /// Somebody here asks for something.
    Ask(AskId, Command),
    /// The time that `WakeAt` named has come.
    Wake,
}

/// What has to happen, in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Write this; what follows waits until it is durable.
    Commit(Box<Batch>),
    /// Send to a linked node; dropped when the link is gone.
    Send(NodeId, Message),
    /// Send a referral's key to a linked node, wrapped for it; nothing is sent when it is not here.
    HandKey {
        /// To whom.
        node: NodeId,
        /// Of which referral.
        parties: crate::referral::Parties,
        /// What it is bound to.
        wrapping: crate::referral::Wrapping,
        /// The node's sealing key.
        recipient: crate::identity::sealing::SealingKey,
    },
    /// End the link.
    Unlink(NodeId, Refusal),
    /// Step again with `Wake` no later than this. Replaces the one before.
    WakeAt(Timestamp),
    /// The answer to an ask.
    Answer(AskId, Result<Answer, Refusal>),
    /// Something others in this process may want to know.
    Notify(Notice),
}

/// What somebody here asks for. Authority over people is asked before, at the application API.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes or edits own documents, all of them or none.
    Write(Vec<Write>),
    /// Proposes edits of another organisation's listing.
    Propose(super::Proposing),
    /// Answers a proposal to an own listing.
    AnswerProposal(super::Answering),
    /// A partner was paired: take it in.
    AddPartner {
        /// The partner.
        partner: super::batch::Partner,
        /// Its keys object.
        keys: Vec<u8>,
    },
    /// Replaces what is kept of a partner (paused, confirmed, addresses).
    UpdatePartner(super::batch::Partner),
    /// Puts an organisation on this one's roster, or takes it off.
    SetListed {
        /// Which.
        org: OrgId,
        /// What to call it, for people.
        name: String,
        /// On or off.
        state: crate::identity::roster::RosterState,
    },
    /// Does something to a referral.
    Refer(Box<super::Referring>),
    /// Publishes a form or a pathway under this organisation's name.
    Publish {
        /// What.
        publication: super::Publication,
        /// For whom.
        audience: crate::audience::Audience,
    },
    /// Signs own documents anew, where one of these keys signed what stands; the others are passed over.
    SignAnew {
        /// Which documents, at most a few hundred at once.
        docs: Vec<DocId>,
        /// The keys: those of a node that was lost.
        keys: std::collections::BTreeSet<crate::KeyId>,
    },
    /// Takes in what is known of an organisation's keys: the own one's, or a partner's.
    TakeKeys(Vec<u8>),
    /// Ends a partnership and its links.
    RemovePartner(OrgId),
    /// Content that crashed this process twice: not to be opened again.
    Quarantine(Vec<super::batch::Quarantined>),
}

/// What becomes of one own document.
#[derive(Clone, Debug)]
pub struct Write {
    /// Which.
    pub doc_id: DocId,
    /// What it is about.
    pub kind: crate::document::Kind,
    /// What to do.
    pub action: WriteAction,
    /// The record that an import saw, stored with it.
    pub imported: Option<super::batch::ImportedRecord>,
    /// What this is in a run of an import, or in taking one back, stored with it.
    pub change: Option<crate::import::Change>,
}

/// What to do to one own document.
#[derive(Clone, Debug)]
pub enum WriteAction {
    /// Make it, with this value and audience. Refused when it stands already.
    Create {
        /// The whole value.
        value: serde_json::Value,
        /// Who may hold it.
        audience: crate::audience::Audience,
    },
    /// Change it.
    Edit(Vec<crate::document::Edit>),
    /// Change who may hold it.
    Share(crate::audience::Audience),
    /// Take it back.
    Withdraw,
    /// Make it stand again after it was taken back, with this value and audience and none of what was before. Refused when it
    /// stands, and on nodes that are not the organisation's home node.
    Restore {
        /// The whole value.
        value: serde_json::Value,
        /// Who may hold it.
        audience: crate::audience::Audience,
    },
    /// Only note what an import saw.
    Note,
}

/// What an ask gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done: the event that was written.
    Referred(crate::EventId),
    /// A decision was put where the home node takes it: its document, and it.
    Drafted(DocId, Box<crate::referral::Decision>),
    /// Done; for each write, whether it changed anything.
    Written(Vec<Written>),
    /// Done.
    Done,
}

/// What became of one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The document.
    pub doc_id: DocId,
    /// The version that stands now (the first by scope).
    pub version_id: crate::VersionId,
    /// Whether there was anything to change.
    pub changed: bool,
}

/// Something that happened, for the rest of this process: pages, metrics, watchers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A document changed for readers.
    Document(DocId),
    /// What a partner's link or lag looks like changed.
    Partner(OrgId),
    /// An organisation's keys changed: links are judged by the new ones.
    Keys(OrgId),
    /// An incident was recorded.
    Incident(String),
}
