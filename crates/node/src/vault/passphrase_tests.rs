use super::*;

fn phrase(text: &str) -> Passphrase {
    Passphrase::typed(text).unwrap()
}

#[test]
fn a_key_opens_with_its_passphrase_and_with_no_other() {
    let key = [7; 32];
    let line = seal(&key, &phrase("correct horse battery")).unwrap();
    assert!(is_sealed(&line) && !line.contains(&HEXLOWER.encode(&key)), "{line}");
    assert_eq!(*open(&line, &phrase("correct horse battery\n")).unwrap(), key);
    assert_ne!(seal(&key, &phrase("correct horse battery")).unwrap(), line, "each has a salt of its own");
    let refusal = open(&line, &phrase("correct horse batterz")).unwrap_err();
    assert!(refusal.message.contains("does not open the key"), "{refusal}");
    assert!(!format!("{refusal:?}").contains("horse"));
    assert_eq!(format!("{:?}", phrase("correct horse battery")), "Passphrase([hidden])");
}

#[test]
fn what_was_altered_opens_nothing_and_costs_no_more_than_it_may() {
    let line = seal(&[7; 32], &phrase("correct horse battery")).unwrap();
    let with = |place: usize, word: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        words[place] = word;
        open(&words.join(" "), &phrase("correct horse battery")).unwrap_err().message
    };
    assert!(with(2, "2").contains("does not open"), "cheaper than it was sealed");
    assert!(with(4, &"0".repeat(32)).contains("does not open"));
    for (place, word) in [(1, "1048577"), (2, "65"), (3, "65"), (1, "x"), (1, "0"), (4, "zz"), (4, "00"), (5, "zz")] {
        assert_eq!(with(place, word), "the sealed key of the lock is damaged", "{place} {word}");
    }
    assert_eq!(open("argon2id-v1", &phrase("a")).unwrap_err().message, "the sealed key of the lock is damaged");
}

#[test]
fn a_passphrase_is_the_first_line_and_a_new_one_is_long() {
    let read = |bytes: &[u8]| Passphrase::read_from(bytes);
    assert_eq!(read(b"correct horse battery\r\nmore").unwrap(), phrase("correct horse battery"));
    assert!(read(b"").is_err() && read(b"\nsecond line").is_err() && read(&[0xff, 0xfe]).is_err());
    assert!(read(&vec![b'a'; 2_000]).is_err());
    assert!(phrase("fourteen chars").check_new().is_err());
    phrase("fifteen letters").check_new().unwrap();
    let missing = Passphrase::read(Path::new("/no/such/file")).unwrap_err().to_string();
    assert!(missing.contains("cannot read the passphrase in \"/no/such/file\""), "{missing}");
}
