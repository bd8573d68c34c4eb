//! API tokens.

pub use domain::token::{TokenScope, TokenScopes};

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One API token in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Names it, in hex; says nothing about the token itself.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// What it is good for.
    pub scope: TokenScopes,
    /// When it was made.
    pub made_at_ms: Timestamp,
    /// The day it was last used on, in UTC (`2026-11-24`); nothing when it never was.
    pub last_used: Option<String>,
    /// When it ends; nothing when it does not.
    pub expires_at_ms: Option<Timestamp>,
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAdded {
    /// How it will be listed.
    #[serde(flatten)]
    pub row: TokenRow,
    /// The token itself. Shown this once.
    pub token: String,
    /// Where it is good; nothing while the node listens for software on the socket in its folder only.
    pub port: Option<AdminPort>,
}

/// Where an organisation's own software reaches its node over the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminPort {
    /// `host:port`.
    pub listen: String,
    /// The file with the certificate that clients pin, as PEM.
    pub certificate: PathBuf,
    /// SHA-256 of that certificate, in hex.
    pub sha256: String,
}
