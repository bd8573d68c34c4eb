//! Pairing and partners.

use super::Named;
use domain::{OrgId, Timestamp};
use serde::{Deserialize, Serialize};

/// What the joiner of an invitation becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteRole {
    /// A partner.
    Partner,
    /// A partner that this node, as a hub, vouches for.
    Member,
    /// A further node of this organisation.
    Node,
}

/// An invitation's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// To be given to the partner, in confidence.
    pub code: String,
}

/// Whom this organisation has joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The new partner.
    pub organisation: Named,
    /// That partner's eight words, as this node computed them from the key it pinned.
    pub words: String,
}

/// Whether a partner is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartnerState {
    /// A link is open.
    Linked,
    /// No link is open.
    Away,
    /// A person here has paused it.
    Paused,
}

/// How far a partner is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// By invitation: directory only.
    Paired,
    /// Its words were compared.
    Verified,
}

/// One partner in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerRow {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub state: PartnerState,
    /// How far it is trusted.
    pub trust: Trust,
    /// Versions known to exist there and not yet here.
    pub behind: u64,
    /// When a frame last came from it.
    pub last_heard_ms: Option<Timestamp>,
}

/// One partner in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerView {
    /// As in the list.
    #[serde(flatten)]
    pub row: PartnerRow,
    /// The partner's words, which it reads aloud.
    pub words: String,
    /// This organisation's words, to be read aloud to it.
    pub own_words: String,
    /// Where it may be reached (`host:port`).
    pub addresses: Vec<String>,
    /// When this side compared the partner's words.
    pub confirmed_here_at_ms: Option<Timestamp>,
    /// Whether the partner said that it compared ours.
    pub confirmed_there: bool,
    /// When it was paired.
    pub paired_at_ms: Option<Timestamp>,
    /// When it was last heard of.
    pub heard: Option<Heard>,
    /// How many of its documents are held here.
    pub documents_held: u64,
    /// How many own documents it may hold.
    pub documents_shared: u64,
    /// Whether it is on the own roster.
    pub is_listed: bool,
    /// Whether what it relays is held here.
    pub is_followed: bool,
    /// How many other organisations are on its roster.
    pub vouches_for: u64,
}

/// When an organisation was last heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When what is held of it was so, by its own signed word or the last frame over a link with it.
    pub at_ms: Timestamp,
    /// Whose node brought that: its own, or a hub's.
    pub by: OrgId,
    /// Since when it says that it holds something else than what is here, where that is longer than a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs_since_ms: Option<Timestamp>,
}

/// An organisation that has said for over a day that it holds something else than what is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Which.
    pub organisation: Named,
    /// Whose node brought its word.
    pub by: Named,
    /// Since when.
    pub since_ms: Timestamp,
}

/// One organisation on the own roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterRow {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Since when.
    pub since_ms: Timestamp,
}

/// Recovery words on their way from whoever typed them: never printed, zeroed when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(String);

impl Words {
    /// As they were typed.
    pub fn new(words: String) -> Self {
        Self(words)
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words([hidden])")
    }
}
