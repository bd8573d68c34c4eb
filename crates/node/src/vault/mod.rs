//! The lock on what is said of people: the key outside the database that everything of referrals is locked with, and the list of what
//! was erased, which is kept apart so that no database put back from before brings any of it back.
//!
//! Nothing here is printed or logged.

mod lock_file;
mod passphrase;
mod renewal;

pub(crate) use lock_file::LockFile;
pub use passphrase::Passphrase;
pub(crate) use renewal::{renew, set_passphrase, settle};

use crate::Error;
use crate::data::Folder;
use crate::secret::{NodeSecrets, random};
use data_encoding::HEXLOWER;
use domain::identity::sealing::{SealingKey, SealingSecret};
use domain::referral::{DataKey, LockKey, Parties, Place, WrappedKey, Wrapping};
use domain::sync::Batch;
use domain::sync::sealed::LockedKey;
use domain::{DataKeyId, DocId, Refusal};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The lock of one node. Clones are one and the same.
#[derive(Clone)]
pub struct Vault(Arc<Parts>);

struct Parts {
    lock: LockKey,
    sealing: SealingSecret,
    erased: PathBuf,
}

/// Whether a database holds what was locked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It does.
    Something,
    /// It does not: a lock may be made.
    Nothing,
}

impl Vault {
    /// Opens the lock of a data folder, or makes it, as its file allows ([`LockFile::open`]).
    pub(crate) fn open(folder: &Folder, file: &LockFile, secrets: &NodeSecrets, kept: Kept) -> Result<Self, Error> {
        Ok(Self::with(folder, file.open(kept)?, secrets))
    }

    /// A lock that is kept nowhere: for an engine that ends before anything is said of anybody.
    pub(crate) fn passing(folder: &Folder, secrets: &NodeSecrets) -> Result<Self, Error> {
        Ok(Self::with(folder, LockKey::from_bytes(&*random()?), secrets))
    }

    fn with(folder: &Folder, lock: LockKey, secrets: &NodeSecrets) -> Self {
        let (sealing, erased) = (secrets.sealing.clone(), folder.path().join("erased"));
        Self(Arc::new(Parts { lock, sealing, erased }))
    }

    /// Locks the keys that came with a batch. One that does not open for this node is left out; it is asked for again.
    pub fn lock_keys(&self, batch: &mut Batch) -> Result<(), Error> {
        for received in std::mem::take(&mut batch.received_keys) {
            match self.0.lock.receive(&received, &self.0.sealing, *random()?) {
                Ok(locked) => batch.locked_keys.push(locked),
                Err(refusal) => tracing::warn!(reason = %refusal, "a referral's key that came does not open"),
            }
        }
        Ok(())
    }

    /// A key that was kept, wrapped for a node.
    pub fn wrap(
        &self,
        parties: &Parties,
        locked: &LockedKey,
        wrapping: Wrapping,
        recipient: &SealingKey,
    ) -> Result<WrappedKey, Error> {
        Ok(WrappedKey::new(&self.key(parties, locked)?, wrapping, recipient, &*random()?)?)
    }

    /// A new key for a referral, and the same as it is kept.
    pub fn new_key(&self, parties: &Parties) -> Result<(DataKey, LockedKey), Error> {
        let key = DataKey::from_random(*random()?);
        let locked = self.0.lock.keep(parties, &key, *random()?)?;
        Ok((key, locked))
    }

    /// A key that was kept.
    pub fn key(&self, parties: &Parties, locked: &LockedKey) -> Result<DataKey, Refusal> {
        self.0.lock.kept(parties, locked)
    }

    /// Locks the draft of a request.
    pub fn lock_draft(&self, request: DocId, content: &[u8]) -> Result<LockedKey, Error> {
        let locked = self.0.lock.lock(&draft_at(request), content, *random()?)?;
        Ok(LockedKey { request, key_id: NO_KEY, locked })
    }

    /// Opens the draft of a request.
    pub fn open_draft(&self, request: DocId, draft: &LockedKey) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        self.0.lock.unlock(&draft_at(request), &draft.locked)
    }

    /// Puts referrals, each by the sender's document, on the list of what was erased here, and returns when that is durable.
    pub fn note_erased(&self, requests: &BTreeSet<DocId>) -> Result<(), Error> {
        let path = &self.0.erased;
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
            // A line that a power cut left unfinished is ended first.
            let text: String =
                requests.iter().map(|request| format!("\n{}", HEXLOWER.encode(request.as_bytes()))).collect();
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
        };
        write().map_err(|e| Error::fault(format!("cannot write \"{}\"", path.display()), e))
    }

    /// What was erased here. A last line that was cut off by a power cut was never answered for.
    pub fn erased(&self) -> Result<BTreeSet<DocId>, Error> {
        let path = &self.0.erased;
        if !path.exists() {
            return Ok(BTreeSet::new());
        }
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::fault(format!("cannot read \"{}\"", path.display()), e))?;
        let request = |line: &str| DocId::try_from(HEXLOWER.decode(line.as_bytes()).ok()?.as_slice()).ok();
        Ok(text.lines().filter_map(request).collect())
    }
}

/// Drafts are locked by the lock itself.
const NO_KEY: DataKeyId = DataKeyId::from_bytes([0; 16]);

const fn draft_at(request: DocId) -> Place<'static> {
    Place { schema: 1, table: "draft", document: request, key_id: NO_KEY, revision: 1 }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([hidden])")
    }
}

#[cfg(test)]
mod tests;
