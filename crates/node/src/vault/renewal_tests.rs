//! A renewal that ends anywhere: everything opens afterwards, with the old key or with the new one.

use super::*;
use crate::config::Config;
use domain::referral::{DataKey, Parties};
use domain::sync::Batch;
use domain::{OrgId, RecordId, Timestamp};
use std::path::Path;
use store::Draft;

const NAME: &[u8] = b"a name";

/// How far a renewal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begun,
    Made,
    Locked,
    Taken,
}

fn request(n: u8) -> domain::DocId {
    let (sender, receiver) = (OrgId::from_bytes([2; 32]), OrgId::from_bytes([3; 32]));
    Parties { referral: RecordId::from_bytes([n; 16]), sender, receiver }.request()
}

fn data_key(n: u8) -> DataKey {
    DataKey::from_random([n; 32])
}

/// A folder's lock and its database, with two keys and a draft.
async fn kept(data: &Path) -> (LockFile, Store) {
    let store = Store::open(&store::sqlite_url(&data.join("fingerpost.db"))).await.unwrap();
    let file = LockFile::new(data, None);
    let lock = file.open(Kept::Nothing).unwrap();
    let keys = [1, 2].map(|n| lock.close(request(n), &data_key(n), [n; 24]).unwrap());
    store.commit(&Batch { locked_keys: keys.into(), ..Batch::default() }).await.unwrap();
    let place = draft_at(request(3));
    let locked = lock.lock(&place, NAME, [3; 24]).unwrap();
    let key = LockedKey { request: request(3), key_id: place.key_id, locked };
    store.put_draft(&Draft { key, at: Timestamp::from_ms(1) }).await.unwrap();
    (file, store)
}

async fn expect_all_open(file: &LockFile, store: &Store) {
    let (lock, all) = (file.open(Kept::Something).unwrap(), store.locked().await.unwrap());
    assert_eq!((all.keys.len(), all.drafts.len()), (2, 1));
    for key in &all.keys {
        let n = *key.request.record().as_bytes().first().unwrap();
        assert!(lock.open(key).unwrap() == data_key(n));
    }
    assert_eq!(&*lock.unlock(&draft_at(request(3)), &all.drafts[0].locked).unwrap(), NAME);
}

/// Renews until this step, and ends there as a power cut does.
async fn renew_until(step: Step, file: &LockFile, store: &Store) {
    let (kept, old) = opened(file, store).await.unwrap();
    let new = (step >= Step::Made).then(|| file.make_next().unwrap());
    if step >= Step::Locked {
        store.relock(&changed_over(&kept, &old, &new.unwrap()).unwrap()).await.unwrap();
    }
    if step >= Step::Taken {
        file.take_next().unwrap();
    }
}

#[tokio::test]
async fn whatever_step_it_ends_behind_everything_opens() {
    for step in [Step::Begun, Step::Made, Step::Locked, Step::Taken] {
        let place = tempfile::tempdir().unwrap();
        let (file, store) = kept(place.path()).await;
        let (key, rows) = (std::fs::read(place.path().join("lock-key")).unwrap(), store.locked().await.unwrap());
        renew_until(step, &file, &store).await;
        settle(&file, &store).await.unwrap();
        expect_all_open(&file, &store).await;
        let (key_after, rows_after) =
            (std::fs::read(place.path().join("lock-key")).unwrap(), store.locked().await.unwrap());
        let is_new = step >= Step::Locked;
        assert_eq!((key_after != key, rows_after != rows), (is_new, is_new), "{step:?}");
        assert!(!place.path().join("lock-key.next").exists(), "{step:?}");
        settle(&file, &store).await.unwrap();
        assert_eq!(renew(&file, &store).await.unwrap(), (2, 1), "{step:?}");
        expect_all_open(&file, &store).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_renewal_that_was_interrupted_is_taken_up_by_the_next() {
    let place = tempfile::tempdir().unwrap();
    let (file, store) = kept(place.path()).await;
    let old = file.open(Kept::Something).unwrap();
    renew_until(Step::Locked, &file, &store).await;
    assert_eq!(renew(&file, &store).await.unwrap(), (2, 1));
    expect_all_open(&file, &store).await;
    let all = store.locked().await.unwrap();
    assert!(all.keys.iter().all(|key| old.open(key).is_err()), "the old key opens nothing any more");
}

#[tokio::test]
async fn what_does_not_open_is_not_lost_with_the_old_key() {
    let place = tempfile::tempdir().unwrap();
    let (file, store) = kept(place.path()).await;
    let before = store.locked().await.unwrap();
    let key = std::fs::read(place.path().join("lock-key")).unwrap();
    std::fs::write(place.path().join("lock-key"), "ab".repeat(32)).unwrap();
    let error = renew(&file, &store).await.unwrap_err();
    assert_eq!(error.to_string(), "3 of 3 that are kept do not open with the lock");
    assert_eq!(store.locked().await.unwrap(), before);
    assert!(!place.path().join("lock-key.next").exists());
    std::fs::write(place.path().join("lock-key"), key).unwrap();
    expect_all_open(&file, &store).await;
}

#[tokio::test]
async fn a_passphrase_comes_on_the_key_and_off_it_and_stays_on_a_new_one() {
    let place = tempfile::tempdir().unwrap();
    let (file, store) = kept(place.path()).await;
    let phrase = |text: &str| Some(Passphrase::typed(text).unwrap());
    let (first, second) = (phrase("correct horse battery"), phrase("four other words here"));
    let settings = |name: &str| {
        let path = place.path().join(name);
        let flags = [("lock_passphrase_file".to_owned(), vec![path.display().to_string()])];
        LockFile::of(&Config::load(place.path().to_path_buf(), [], flags).unwrap())
    };
    std::fs::write(place.path().join("first"), "correct horse battery\n").unwrap();
    std::fs::write(place.path().join("second"), "four other words here\n").unwrap();
    let rows = store.locked().await.unwrap();
    set_passphrase(&file, &store, first).await.unwrap();
    assert!(file.lacks_passphrase());
    let refusal = file.open(Kept::Something).unwrap_err().into_refusal();
    assert!(refusal.message.contains("has a passphrase, and none was given"), "{refusal}");
    let with_first = settings("first").unwrap();
    assert!(!with_first.lacks_passphrase());
    expect_all_open(&with_first, &store).await;
    assert_eq!(store.locked().await.unwrap(), rows, "what is locked stays as it is");

    renew_until(Step::Locked, &with_first, &store).await;
    settle(&with_first, &store).await.unwrap();
    assert!(file.lacks_passphrase(), "a new key has the same passphrase");
    expect_all_open(&with_first, &store).await;
    set_passphrase(&with_first, &store, second).await.unwrap();
    with_first.open(Kept::Something).unwrap_err();
    expect_all_open(&settings("second").unwrap(), &store).await;
    set_passphrase(&with_first, &store, None).await.unwrap_err();
    set_passphrase(&settings("second").unwrap(), &store, None).await.unwrap();
    expect_all_open(&file, &store).await;
    assert!(settings("no-such-file").is_err());
}

#[tokio::test]
async fn a_lock_under_which_nothing_is_kept_gets_a_new_key_too() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(&store::sqlite_url(&place.path().join("fingerpost.db"))).await.unwrap();
    let file = LockFile::new(place.path(), None);
    assert_eq!(renew(&file, &store).await.unwrap(), (0, 0));
    let first = std::fs::read(place.path().join("lock-key")).unwrap();
    assert_eq!(renew(&file, &store).await.unwrap(), (0, 0));
    assert_ne!(std::fs::read(place.path().join("lock-key")).unwrap(), first);
}

#[tokio::test]
async fn a_key_that_is_named_is_renewed_where_it_lies() {
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, store) = kept(place.path()).await;
    let named = elsewhere.path().join("credential");
    std::fs::rename(place.path().join("lock-key"), &named).unwrap();
    drop(file);
    let file = LockFile::new(place.path(), Some(&named));
    assert_eq!(renew(&file, &store).await.unwrap(), (2, 1));
    expect_all_open(&file, &store).await;
    assert!(!place.path().join("lock-key").exists());
    let gone = LockFile::new(place.path(), Some(Path::new("no-such-folder/credential")));
    renew(&gone, &store).await.unwrap_err();
    expect_all_open(&file, &store).await;
}
