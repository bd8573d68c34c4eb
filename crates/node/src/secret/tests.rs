use super::*;
use std::os::unix::fs::PermissionsExt;

#[test]
fn keys_come_back_from_a_file_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let founded = found().unwrap();
    founded.secrets.write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let read = NodeSecrets::read(&path).unwrap();
    assert_eq!(read.check_against(&founded.keys), Ok(()));
    let sealed = founded.secrets.local.seal(b"key", b"invitation").unwrap();
    assert_eq!(read.local.open(&sealed, b"invitation").unwrap().as_slice(), b"key");
    assert_eq!(read.sealing.public().unwrap(), founded.secrets.sealing.public().unwrap());
    assert!(read.check_against(&found().unwrap().keys).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was left behind");
}

#[test]
fn a_key_file_that_is_wrong_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let message = |path: &Path| {
        let refusal = NodeSecrets::read(path).unwrap_err().into_refusal();
        format!("{} ({})", refusal.message, refusal.hint.unwrap_or_default())
    };
    assert!(message(&path).contains("there is no key file"));
    let secrets = NodeSecrets::generate().unwrap();
    secrets.write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let altered = |text: &str| {
        crate::data::write_private(&path, text.as_bytes()).unwrap();
        let said = message(&path);
        let seed = data_encoding::HEXLOWER.encode(secrets.tls.seed().as_slice());
        assert!(!said.contains(&seed), "{said}");
        said
    };
    assert!(altered("").contains("its last line is missing"));
    assert!(altered(&text[..text.len() / 2]).contains("its last line is missing"));
    assert!(altered(&text.replace("keys v1", "keys v2")).contains("newer version"));
    assert!(altered(&text.replacen("tls ", "tls 0", 1)).contains("check line does not match"));
    assert!(altered(&"x".repeat(5000)).contains("too large"));
    crate::data::write_private(&path, &[0xff, 0xfe]).unwrap();
    assert!(message(&path).contains("not text"));
    secrets.write(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = message(&path);
    assert!(said.contains("others may read") && said.contains("0640") && said.contains("chmod 600"), "{said}");
}

#[test]
fn what_was_sealed_opens_in_its_place_only() {
    let key = LocalKey::from_bytes(&[1; 32]);
    let sealed = key.seal(b"secret", b"here").unwrap();
    assert!(key.open(&sealed, b"there").is_err());
    assert!(LocalKey::from_bytes(&[2; 32]).open(&sealed, b"here").is_err());
    assert!(key.open(&sealed[..20], b"here").is_err());
    for i in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[i] ^= 1;
        assert!(key.open(&altered, b"here").is_err(), "byte {i}");
    }
    assert_ne!(sealed, key.seal(b"secret", b"here").unwrap(), "a nonce was used twice");
}

#[test]
fn recovery_words_lie_where_they_were_asked_to_and_bring_the_root_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recovery-words");
    let founded = found().unwrap();
    write_recovery_words(&path, &founded.root).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let words = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Root::from_recovery_words(&words).unwrap().org_id(), founded.keys.org_id());
}

#[test]
fn no_key_is_ever_printed() {
    let shown = format!("{:?}", NodeSecrets::generate().unwrap());
    assert_eq!(shown.matches("[hidden]").count(), 4, "{shown}");
}
