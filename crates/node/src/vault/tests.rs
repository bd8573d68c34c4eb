//! The lock: made once, opens what it locked, and keeps a list of what was erased.

use super::*;
use crate::data::Folder;
use domain::{OrgId, RecordId};

fn parties() -> Parties {
    Parties {
        referral: RecordId::from_bytes([1; 16]),
        sender: OrgId::from_bytes([2; 32]),
        receiver: OrgId::from_bytes([3; 32]),
    }
}

#[test]
fn the_lock_is_made_once_and_opens_what_it_locked() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let secrets = NodeSecrets::generate().unwrap();
    let vault = Vault::open(&folder, &LockFile::new(place.path(), None), &secrets, Kept::Nothing).unwrap();
    let (key, locked) = vault.new_key(&parties()).unwrap();
    let draft = vault.lock_draft(parties().request(), b"a name").unwrap();
    assert!(!draft.locked.windows(6).any(|bytes| bytes == b"a name"));
    let again = Vault::open(&folder, &LockFile::new(place.path(), None), &secrets, Kept::Nothing).unwrap();
    assert!(again.key(&parties(), &locked).unwrap() == key);
    assert_eq!(&*again.open_draft(parties().request(), &draft).unwrap(), b"a name");
    again.open_draft(parties().response(), &draft).unwrap_err();
    assert_eq!(format!("{vault:?}"), "Vault([hidden])");

    std::fs::remove_file(place.path().join("lock-key")).unwrap();
    let error = Vault::open(&folder, &LockFile::new(place.path(), None), &secrets, Kept::Something).unwrap_err();
    assert!(error.to_string().contains("is gone"), "{error}");
    let other = Vault::open(&folder, &LockFile::new(place.path(), None), &secrets, Kept::Nothing).unwrap();
    let refusal = other.key(&parties(), &locked).unwrap_err();
    assert!(refusal.message.contains("does not open with this node's lock"), "{refusal}");
}

#[test]
fn a_named_file_that_is_not_there_or_no_key_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let secrets = NodeSecrets::generate().unwrap();
    let named = place.path().join("credential");
    let error = Vault::open(&folder, &LockFile::new(place.path(), Some(&named)), &secrets, Kept::Nothing).unwrap_err();
    assert!(error.to_string().contains("cannot read the lock's key"), "{error}");
    std::fs::write(&named, "not hex").unwrap();
    let error = Vault::open(&folder, &LockFile::new(place.path(), Some(&named)), &secrets, Kept::Nothing).unwrap_err();
    assert!(error.to_string().contains("is not the key of a lock"), "{error}");
    std::fs::write(&named, "ab".repeat(32)).unwrap();
    Vault::open(&folder, &LockFile::new(place.path(), Some(&named)), &secrets, Kept::Nothing).unwrap();
    assert!(!place.path().join("lock-key").exists());
}

#[test]
fn what_was_erased_is_remembered_and_a_line_that_was_cut_off_is_none() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let vault =
        Vault::open(&folder, &LockFile::new(place.path(), None), &NodeSecrets::generate().unwrap(), Kept::Nothing)
            .unwrap();
    assert!(vault.erased().unwrap().is_empty());
    let ids = |numbers: &[u8]| numbers.iter().map(|n| DocId::from_bytes([*n; 32])).collect::<BTreeSet<_>>();
    vault.note_erased(&ids(&[1, 2])).unwrap();
    let mut file = OpenOptions::new().append(true).open(place.path().join("erased")).unwrap();
    write!(file, "0303").unwrap();
    assert_eq!(vault.erased().unwrap(), ids(&[1, 2]));
    vault.note_erased(&ids(&[4])).unwrap();
    assert_eq!(vault.erased().unwrap(), ids(&[1, 2, 4]), "what comes behind is on a line of its own");
}
