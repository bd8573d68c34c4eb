//! Listings with all they say, a page at a time; and following what becomes of them.
//!
//! Protocol of use: [`super::Request::ListingChanges`] from one of the three places of [`WatchFrom`], and again from
//! [`ListingChanges::next`] until [`ListingChanges::is_end`]; from then on [`super::Request::ListingAwait`], which is
//! answered once there is more. Whoever follows keeps a cursor, and the node keeps nothing.

use super::ListingRow;
use domain::{OrgId, RecordId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A listing as it stands, without its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingState {
    /// What lists show.
    #[serde(flatten)]
    pub row: ListingRow,
    /// What its owner is called; empty where that is not known.
    pub owner_name: String,
    /// Fields with more than one value.
    pub conflicts: u32,
    /// Its own fields.
    pub fields: Map<String, Value>,
}

/// A listing in a list of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedState {
    /// Where to go on behind it: of use to whoever takes no more of a page than this.
    pub place: String,
    /// The listing.
    #[serde(flatten)]
    pub listing: ListingState,
}

/// A page of listings, by name and then id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingStates {
    /// The listings: fewer than were asked for where they say much.
    pub listings: Vec<ListedState>,
    /// Where to go on, when there is more.
    pub next: Option<String>,
}

/// Where to begin to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchFrom {
    /// With what stands.
    Standing,
    /// With what happens from now on.
    Now,
    /// Behind what was seen: [`ListingChange::cursor`] or [`ListingChanges::next`].
    After(String),
}

/// What became of listings, in the order of their last change here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingChanges {
    /// Each listing once, as it stands now. May be empty.
    pub changes: Vec<ListingChange>,
    /// Where to go on.
    pub next: String,
    /// Whether there was no more when this was read.
    pub is_end: bool,
}

/// What became of one listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingChange {
    /// Where to go on behind it.
    pub cursor: String,
    /// Its record.
    pub id: RecordId,
    /// Whose it is.
    pub owner: OrgId,
    /// How it stands; nothing where it does not any more.
    pub listing: Option<ListingState>,
}
