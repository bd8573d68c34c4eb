//! A new key for the lock: everything that is kept is unlocked with the old one and locked with it.
//!
//! The new key is on the disk before anything is locked with it, and all that is kept changes over in one transaction, so at every
//! moment one of two keys opens all of it. Which one is seen from what it opens.

use super::{Kept, LockFile, Passphrase, draft_at};
use crate::Error;
use crate::data::store_fault;
use crate::secret::random;
use domain::referral::LockKey;
use domain::sync::sealed::LockedKey;
use domain::{Refusal, RefusalKind};
use store::{Locked, Store};

/// Gives the lock a new key. Gives how many keys of referrals and how many drafts are locked with it.
pub(crate) async fn renew(file: &LockFile, store: &Store) -> Result<(usize, usize), Error> {
    settle(file, store).await?;
    let (kept, old) = opened(file, store).await?;
    // Before anything is written: what does not open now would be lost with the old key.
    check(&kept, &old)?;
    let new = file.make_next()?;
    let locked = changed_over(&kept, &old, &new)?;
    store.relock(&locked).await.map_err(|e| store_fault("cannot lock anew what is said of people", e))?;
    file.take_next()?;
    Ok((locked.keys.len(), locked.drafts.len()))
}

/// Brings to its end a renewal that was interrupted: the new key takes the old one's place where anything is locked with it, and is
/// dropped where nothing is.
pub(crate) async fn settle(file: &LockFile, store: &Store) -> Result<(), Error> {
    let Some(next) = file.next()? else { return Ok(()) };
    let kept = locked(store).await?;
    if kept.keys.iter().any(|key| next.open(key).is_ok()) || kept.drafts.iter().any(|draft| opens(&next, draft)) {
        file.take_next()
    } else {
        file.drop_next()
    }
}

/// Puts another passphrase on the lock's key, or takes it off. An interrupted renewal is brought to its end first, by the passphrase
/// that there was.
pub(crate) async fn set_passphrase(
    file: &LockFile,
    store: &Store,
    passphrase: Option<Passphrase>,
) -> Result<(), Error> {
    settle(file, store).await?;
    opened(file, store).await?;
    file.reseal(passphrase)
}

async fn opened(file: &LockFile, store: &Store) -> Result<(Locked, LockKey), Error> {
    let kept = locked(store).await?;
    let is_empty = kept.keys.is_empty() && kept.drafts.is_empty();
    let key = file.open(if is_empty { Kept::Nothing } else { Kept::Something })?;
    Ok((kept, key))
}

async fn locked(store: &Store) -> Result<Locked, Error> {
    store.locked().await.map_err(|e| store_fault("cannot read what is locked", e))
}

fn check(kept: &Locked, old: &LockKey) -> Result<(), Refusal> {
    let keys = kept.keys.iter().filter(|key| old.open(key).is_err()).count();
    let drafts = kept.drafts.iter().filter(|draft| !opens(old, draft)).count();
    if keys + drafts == 0 {
        return Ok(());
    }
    let all = kept.keys.len() + kept.drafts.len();
    Err(Refusal::new(
        RefusalKind::WrongState,
        format!("{} of {all} that are kept do not open with the lock", keys + drafts),
    )
    .hint("put back the lock's key that they were locked with; what is beyond help is erased or discarded first"))
}

fn changed_over(kept: &Locked, old: &LockKey, new: &LockKey) -> Result<Locked, Error> {
    let mut anew = Locked::default();
    for key in &kept.keys {
        anew.keys.push(new.close(key.request, &old.open(key)?, *random()?)?);
    }
    for draft in &kept.drafts {
        let place = draft_at(draft.request);
        let locked = new.lock(&place, &old.unlock(&place, &draft.locked)?, *random()?)?;
        anew.drafts.push(LockedKey { locked, ..draft.clone() });
    }
    Ok(anew)
}

fn opens(lock: &LockKey, draft: &LockedKey) -> bool {
    lock.unlock(&draft_at(draft.request), &draft.locked).is_ok()
}

#[cfg(test)]
#[path = "renewal_tests.rs"]
mod tests;
