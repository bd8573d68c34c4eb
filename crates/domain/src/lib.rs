//! What Fingerpost decides: documents, authority, identity and the sync engine.
//!
//! This crate never waits, never fails on I/O and never asks the time: the clock, the randomness and
//! the input are arguments, and what has to happen comes back as ordered data ([`sync::Effect`]).

pub mod audience;
pub mod document;
pub mod feed;
pub mod form;
pub mod id;
pub mod identity;
pub mod import;
pub mod limits;
pub mod listing;
pub mod log;
pub mod organisation;
pub mod pathway;
pub mod pii;
pub mod proposal;
pub mod referral;
pub mod refusal;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
pub mod statement;
pub mod sum;
pub mod sync;
pub mod time;
pub mod token;
pub mod transfer;

pub use id::{
    ActorId, BlobHash, ChangeHash, DataKeyId, DocId, EventId, FeedId, FormHash, Incarnation, KeyId, NodeId, OrgId,
    PathwayHash, RecordId, ScopeId, StaffId, VersionId,
};
pub use refusal::{Refusal, RefusalKind};
pub use sum::Sum;
pub use time::Timestamp;
