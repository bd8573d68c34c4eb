//! Giving the lock on what is said of people a new key, or its key a passphrase, while the node does not run.

use super::{Folder, open_store, organisation};
use crate::Error;
use crate::config::Config;
use crate::vault::{self, LockFile, Passphrase};
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
        Ok(_) => vault::renew(&LockFile::of(config)?, &store).await,
        Err(error) => Err(error),
    };
    store.close().await;
    renewed.map(|(keys, drafts)| Relocked { keys, drafts })
}

/// Whether the key of the configuration's lock has a passphrase that the configuration does not give.
pub fn lacks_passphrase(config: &Config) -> Result<bool, Error> {
    Ok(LockFile::of(config)?.lacks_passphrase())
}

/// Puts another passphrase on the key of the configuration's lock, or takes it off; makes the key where there is none yet. The
/// configuration gives the one that there was. No process may run for the folder.
pub async fn set_passphrase(config: &Config, passphrase: Option<Passphrase>) -> Result<(), Error> {
    passphrase.as_ref().map_or(Ok(()), Passphrase::check_new)?;
    let folder = Folder::open(&config.data)?;
    let store = open_store(config).await?;
    let set = match organisation(&store, &folder).await {
        Ok(_) => vault::set_passphrase(&LockFile::of(config)?, &store, passphrase).await,
        Err(error) => Err(error),
    };
    store.close().await;
    set
}
