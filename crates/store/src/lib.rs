//! Everything a node keeps, in SQLite or PostgreSQL: one [`Store`], one text of SQL, one folder of migrations.
//!
//! The store decides nothing. It writes a [`domain::sync::Batch`] in one transaction, or nothing of it, and returns when
//! that is durable; it loads exactly what a [`domain::sync::Needs`] names; and it answers readers. Places in feeds are
//! given by `domain::feed::ScopeState::enter`, inside the transaction. One writer at a time, on purpose.

mod about;
mod commit;
mod document;
mod error;
mod head;
mod import;
mod invitation;
mod load;
mod log;
mod open;
mod organisation;
mod privacy;
mod proposal;
mod referral;
mod sql;
mod token;
mod upkeep;
mod usage;

pub use document::{DocumentCount, DocumentFilter, DocumentPage, DocumentPlace, PageBound, RecordPrefix, RecordRange};
pub use error::{StoreError, StoreErrorKind};
pub use invitation::Invitation;
pub use log::{LogEntry, LogPage};
pub use open::sqlite_url;
pub use organisation::{Organisation, Peer};
pub use privacy::NotedAgreement;
pub use referral::{Draft, Locked, ReferralPage, Tombstone};
pub use token::Token;
pub use upkeep::QuarantinedVersion;

use open::Dialect;
use sqlx::AnyPool;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::Mutex;

/// A database that is open. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    /// Whether something was deleted that is still to be taken out of the files.
    scrub_due: Arc<AtomicBool>,
    /// Writers of this process queue here, in order, before they take the database's own lock.
    turn: Arc<Mutex<()>>,
}
