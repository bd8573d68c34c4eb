//! Giving the lock on what is said of people a new key, while the node does not run.

use super::{Folder, open_store, organisation};
use crate::Error;
use crate::config::Config;
use crate::vault::{self, LockFile};
use serde::Serialize;

/// What a new key locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Relocked {
    /// Keys of referrals.
    pub keys: usize,
    /// Drafts.
    pub drafts: usize,
}

/// Makes a new key for the lock of the configuration's data folder and locks everything anew. No process may run for the folder. A
/// crash in the middle leaves everything with the old key, or with the new one, which the next start or renewal takes up.
pub async fn relock(config: &Config) -> Result<Relocked, Error> {
    let folder = Folder::open(&config.data)?;
    let store = open_store(config).await?;
    let renewed = match organisation(&store, &folder).await {
        Ok(_) => vault::renew(&LockFile::of(config), &store).await,
        Err(error) => Err(error),
    };
    store.close().await;
    renewed.map(|(keys, drafts)| Relocked { keys, drafts })
}
