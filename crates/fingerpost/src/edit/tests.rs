use super::difference::difference;
use super::*;
use serde_json::json;

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_value_is_yaml_and_plain_words_are_themselves() {
    fn check(text: &str, expected: Value) {
        assert_eq!(parse_set(&format!("x={text}")).unwrap().value, expected, "{text}");
    }
    check("Tuesday supper", json!("Tuesday supper"));
    check("Note: bring a towel", json!("Note: bring a towel"));
    check("Room #4", json!("Room #4"));
    check("@nightshelter", json!("@nightshelter"));
    check("100% free", json!("100% free"));
    check("- by the door", json!("- by the door"));
    check("a=b", json!("a=b"));
    check("18", json!(18));
    check("-3.5", json!(-3.5));
    check("true", json!(true));
    check("no", json!("no"));
    check("'18'", json!("18"));
    check("2026-11-24", json!("2026-11-24"));
    check("18:30", json!("18:30"));
    check("[TU, TH]", json!(["TU", "TH"]));
    check("{freq: WEEKLY, opens_at: \"18:00\"}", json!({"freq": "WEEKLY", "opens_at": "18:00"}));
    check("", Value::Null);
    check("null", Value::Null);
}

#[test]
fn what_is_no_edit_is_wrong_usage() {
    fn check(text: &str, says: &str) {
        let why = parse_set(text).unwrap_err();
        assert!(why.contains(says), "{text}: {why}");
    }
    check("name", "no =");
    check("=x", "no path");
    check("name={open", "not YAML");
    check("name=\"open", "single quotes");
}

#[test]
fn a_file_comes_before_set_and_unset() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    io::Write::write_all(&mut file, b"name: Supper\nfees: null\n").unwrap();
    let edits = Edits {
        set: vec![parse_set("name=Late supper").unwrap()],
        unset: vec!["funded_until".into()],
        from: Some(file.path().to_owned()),
    };
    let gathered: Vec<_> = gather(&edits).unwrap().into_iter().map(|e| (e.path, e.value)).collect();
    assert_eq!(
        gathered,
        [
            ("name".into(), Some(json!("Supper"))),
            ("fees".into(), None),
            ("name".into(), Some(json!("Late supper"))),
            ("funded_until".into(), None)
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    fn check(bytes: &[u8], says: &str) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut file, bytes).unwrap();
        let edits = Edits { from: Some(file.path().to_owned()), ..Edits::default() };
        let (text, code) = gather(&edits).unwrap_err().report("edit");
        assert!(text.contains(says) && text.contains("hint: "), "{text}");
        assert_eq!(code, 1);
    }
    check(b"- a\n- list\n", "does not name fields");
    check(b"name: [open", "is not YAML");
    check(b"name: \xff\xfe", "not UTF-8");
    check(&vec![b'#'; TEXT_BYTES as usize + 1], "larger than");
    let gone = Edits { from: Some("/no/such/file.yaml".into()), ..Edits::default() };
    assert!(gather(&gone).unwrap_err().report("edit").0.contains("cannot read /no/such/file.yaml"));
}

#[test]
fn only_what_was_changed_in_the_editor_is_written() {
    let before = map(json!({
        "name": "Supper", "fees": "none", "tags": ["a"],
        "sessions": {"5f": {"opens_at": "18:00", "byday": "TU"}, "6a": {"byday": "TH"}},
        "extra": {"a.b": 1},
    }));
    let after = map(json!({
        "name": "Late supper", "tags": ["a", "b"], "url": "https://example.org",
        "sessions": {"5f": {"opens_at": "18:30", "byday": "TU"}, "+": {"byday": "FR"}},
        "extra": {"a.b": 2},
    }));
    let edits: Vec<_> = difference(&before, &after).into_iter().map(|e| (e.path, e.value)).collect();
    assert_eq!(
        edits,
        [
            ("name".into(), Some(json!("Late supper"))),
            ("fees".into(), None),
            ("tags".into(), Some(json!(["a", "b"]))),
            ("sessions.5f.opens_at".into(), Some(json!("18:30"))),
            ("sessions.6a".into(), None),
            ("sessions.+".into(), Some(json!({"byday": "FR"}))),
            ("extra".into(), Some(json!({"a.b": 2}))),
            ("url".into(), Some(json!("https://example.org"))),
        ]
    );
    assert!(difference(&before, &before).is_empty());
}

#[test]
fn nothing_of_a_file_about_a_person_is_repeated() {
    fn check(text: &str, says: &str) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let (told, code) = read_answers(file.path()).unwrap_err().report("write a referral");
        assert!(code == 1 && told.contains(says) && told.contains("hint: "), "{told}");
        assert!(!told.contains("Maud"), "{told}");
    }
    check("Maud Example", "does not name fields");
    check("- Maud\n", "does not name fields");
    check("name: Maud\nname: Maud\nphone: *Maud\n", "is not YAML from line 3");
    check("name: \"Maud", "is not YAML");
    check("name: !Maud [", "is not YAML");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    io::Write::write_all(&mut file, b"# nobody yet\n").unwrap();
    assert!(read_answers(file.path()).unwrap().is_empty());
}
