use super::*;
use crate::identity::words::{compare, safety_words};

#[test]
fn recovery_words_bring_the_root_back() {
    let made = root(b'a');
    let words = made.recovery_words().unwrap();
    assert_eq!(words.split(' ').count(), 24);
    let typed = words.to_uppercase().replace(' ', " ,\n  ");
    for text in [words.as_str(), typed.as_str()] {
        assert_eq!(Root::from_recovery_words(text).unwrap().org_id(), made.org_id());
    }
}

#[test]
fn a_wrong_recovery_word_is_named() {
    let words = root(b'a').recovery_words().unwrap();
    let replaced = |i: usize, by: &str| {
        let mut list: Vec<_> = words.split(' ').collect();
        list[i] = by;
        Root::from_recovery_words(&list.join(" ")).unwrap_err()
    };
    let unknown = replaced(6, "abandn");
    assert!(unknown.message.starts_with("word 7"), "{unknown}");
    assert_eq!(unknown.hint.as_deref(), Some("did you mean \"abandon\"?"));
    assert!(replaced(6, "zoo").message.contains("belong together"));
    let short = Root::from_recovery_words("abandon ability").unwrap_err();
    assert_eq!(short.message, "there are 2 recovery words, and 24 are needed");
}

#[test]
fn nothing_secret_is_printed() {
    let root = root(b'a');
    let shown = format!("{root:?} {:?} {:?}", author(b'a', 1), SealingSecret::from_seed(&[7; 32]));
    assert_eq!(shown, format!("Root({}) SecretKey([hidden]) SealingSecret([hidden])", root.org_id()));
}

#[test]
fn safety_words_are_compared_as_people_say_them() {
    let key = root(b'a').public();
    let words = safety_words(&key);
    insta::assert_snapshot!(words, @"ethics high bar print drive age salute talk");
    assert_ne!(words, safety_words(&root(b'b').public()));
    assert_eq!(compare(&key, &words), Ok(()));
    assert_eq!(compare(&key, &format!("  {}\n", words.to_uppercase().replace(' ', ",  "))), Ok(()));
    let with = |i: usize, by: &str| {
        let mut list: Vec<_> = words.split(' ').collect();
        list[i] = by;
        compare(&key, &list.join(" ")).unwrap_err()
    };
    assert!(with(2, "zoo").message.starts_with("word 3 is \"zoo\""));
    assert_eq!(with(2, "zooo").hint.as_deref(), Some("did you mean \"zoo\"?"));
    assert!(compare(&key, "zoo").unwrap_err().message.contains("there are 1 words"));
}
