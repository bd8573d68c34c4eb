//! Documents of one owner, written by two of its processes.

use super::*;
use crate::limits::{CHANGE_BYTES, CHANGE_OPERATIONS, MAP_KEYS, NESTING, TEXT_BYTES};
use crate::{Incarnation, OrgId, RefusalKind};
use proptest::prelude::*;
use serde_json::{Value, json};

const SUPPER: &str = "3f7b145d-84af-42d7-8fae-eaca714b02b2";
const LUNCH: &str = "48102e86-bb50-41c4-8f1e-e269368c41d1";

fn owner() -> OrgId {
    OrgId::from_bytes([9; 32])
}

fn actor(process: u8) -> ActorId {
    ActorId::new(&owner(), Incarnation::from_bytes([process; 8]))
}

/// What is written here is what the pre-validator of every node lets in.
fn inspected(chunks: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    for chunk in &chunks {
        crate::document::chunk::inspect(chunk, &owner()).expect("an honest change");
    }
    chunks
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn supper() -> Value {
    json!({
        "name": "Tuesday supper",
        "description": "A hot meal and company.",
        "minimum_age": 18,
        "sessions": { SUPPER: { "byday": "TU", "freq": "WEEKLY", "opens_at": "18:00" } },
        "tags": ["food", "company"],
    })
}

fn create(value: &Value) -> (Content, Vec<Vec<u8>>) {
    let (content, chunks) = Content::create(actor(1), at(1_000), Kind::LISTING, value).expect("created");
    (content, inspected(chunks))
}

fn put(path: &str, value: Value) -> Edit {
    Edit { path: path.split('.').map(str::to_owned).collect(), value: Some(value) }
}

fn remove(path: &str) -> Edit {
    Edit { path: path.split('.').map(str::to_owned).collect(), value: None }
}

fn edited(content: &Content, process: u8, edits: &[Edit]) -> (Content, Vec<Vec<u8>>) {
    let mut content = content.clone();
    let chunks = content.edit(actor(process), at(2_000), Kind::LISTING, edits).expect("edited");
    (content, inspected(chunks))
}

fn slices(chunks: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    chunks.iter().map(Vec::as_slice)
}

/// Two processes edit one listing while apart; both, and a newcomer that opens the changes in either order, then read this.
fn check_apart(first: &[Edit], second: &[Edit], expected: impl Fn(&Value)) -> Content {
    let (base, root) = create(&supper());
    let (left, left_changes) = edited(&base, 1, first);
    let (right, right_changes) = edited(&base, 2, second);
    let left = left.apply(slices(&right_changes)).expect("merged");
    let right = right.apply(slices(&left_changes)).expect("merged");
    assert_eq!(left.value(), right.value());
    assert_eq!(left.heads(), right.heads());
    let all: Vec<Vec<u8>> = [root, right_changes, left_changes].concat();
    let newcomer = Content::open(slices(&all)).expect("opened");
    assert_eq!(newcomer.value(), left.value());
    assert_eq!(newcomer.conflicts(), left.conflicts());
    newcomer.check(Kind::LISTING).expect("within the limits");
    expected(&left.value());
    left
}

#[test]
fn a_new_listing_is_one_plain_change_that_reads_back_the_same() {
    let (content, chunks) = create(&supper());
    assert_eq!(content.value(), supper());
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0][8], 1, "chunk type 1: a plain change");
    let opened = Content::open(slices(&chunks)).expect("opened");
    assert_eq!(opened.value(), supper());
    assert_eq!(opened.heads(), content.heads());
    assert_eq!(opened.last_modified(), Some(at(1_000)));
    opened.check(Kind::LISTING).expect("within the limits");
}

#[test]
fn texts_edited_apart_merge_by_character() {
    check_apart(
        &[put("description", json!("A hot vegetarian meal and company."))],
        &[put("description", json!("A hot meal and good company."))],
        |value| assert_eq!(value["description"], "A hot vegetarian meal and good company."),
    );
}

#[test]
fn entries_added_apart_both_stand_and_first_ones_too() {
    check_apart(
        &[
            put(&format!("sessions.{LUNCH}"), json!({ "byday": "TH" })),
            put(&format!("phones.{SUPPER}.number"), json!("1")),
        ],
        &[
            put(&format!("sessions.{SUPPER}.opens_at"), json!("18:30")),
            put(&format!("phones.{LUNCH}.number"), json!("2")),
        ],
        |value| {
            assert_eq!(value["sessions"][LUNCH]["byday"], "TH");
            assert_eq!(value["sessions"][SUPPER]["opens_at"], "18:30");
            assert_eq!(value["sessions"][SUPPER]["byday"], "TU");
            assert_eq!(value["phones"], json!({ SUPPER: { "number": "1" }, LUNCH: { "number": "2" } }));
        },
    );
}

#[test]
fn a_field_that_both_changed_shows_both_until_somebody_settles_it() {
    let merged = check_apart(&[put("name", json!("Supper club"))], &[put("name", json!("Supper for all"))], |_| {});
    let conflicts = merged.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].path, ["name"]);
    let said: Vec<_> = conflicts[0].values.iter().map(|v| (v.value.clone(), v.actor, v.at, v.stands)).collect();
    assert_eq!(
        said,
        [(json!("Supper for all"), actor(2), at(2_000), true), (json!("Supper club"), actor(1), at(2_000), false)]
    );

    // Other edits leave it standing, and so does saying what stands elsewhere.
    let (other, _) = edited(&merged, 1, &[put("minimum_age", json!(16)), put("description", json!("A meal."))]);
    assert_eq!(other.conflicts(), conflicts);

    // Naming the field settles it, with the value that stood as with another.
    for settled in ["Supper for all", "Supper club"] {
        let (settled_content, changes) = edited(&other, 3, &[put("name", json!(settled))]);
        assert_eq!(changes.len(), 1);
        assert_eq!(settled_content.conflicts(), []);
        assert_eq!(settled_content.value()["name"], settled);
    }
}

#[test]
fn an_edit_that_changes_nothing_is_no_change() {
    let (content, _) = create(&supper());
    let same = [
        put("name", json!("Tuesday supper")),
        put("description", json!("A hot meal and company.")),
        put(&format!("sessions.{SUPPER}"), supper()["sessions"][SUPPER].clone()),
        put("tags", json!(["food", "company"])),
        remove("alert"),
        remove("phones"),
        put("life", json!({})),
    ];
    let (after, chunks) = edited(&content, 2, &same);
    assert_eq!(chunks, Vec::<Vec<u8>>::new());
    assert_eq!(after.heads(), content.heads());
}

#[test]
fn a_process_goes_on_with_its_own_numbering() {
    let (content, root) = create(&supper());
    let (content, second) = edited(&content, 1, &[put("minimum_age", json!(17))]);
    let (content, third) = edited(&content, 2, &[put("minimum_age", json!(16))]);
    let (_, fourth) = edited(&content, 1, &[put("minimum_age", json!(15))]);
    let numbers: Vec<_> = [root, second, third, fourth]
        .concat()
        .iter()
        .map(|chunk| Change::try_from(chunk.as_slice()).expect("parses"))
        .map(|change| (actor_of(change.actor_id()), change.seq()))
        .collect();
    assert_eq!(numbers, [(actor(1), 1), (actor(1), 2), (actor(2), 1), (actor(1), 3)]);
}

#[test]
fn the_history_says_who_touched_which_fields_newest_first() {
    let (content, _) = create(&supper());
    let (content, _) =
        edited(&content, 2, &[put(&format!("sessions.{SUPPER}.opens_at"), json!("19:00")), remove("tags")]);
    let (content, _) = edited(&content, 1, &[put("description", json!("A meal."))]);
    let shown: Vec<_> = content.history().into_iter().map(|r| (r.actor, r.at.as_ms(), r.paths.join(" "))).collect();
    assert_eq!(shown[0], (actor(1), 2_000, "description".to_owned()));
    assert_eq!(shown[1], (actor(2), 2_000, format!("sessions.{SUPPER}.opens_at tags")));
    assert_eq!(shown[2].0, actor(1));
    assert!(shown[2].2.contains("name"), "{}", shown[2].2);
    assert_eq!(content.history()[0].hash, content.heads()[0]);
}

#[test]
fn earlier_heads_read_as_they_did() {
    let (content, _) = create(&supper());
    let (later, _) = edited(&content, 1, &[put("name", json!("Wednesday supper"))]);
    let back = later.at(&content.heads()).expect("the heads are there");
    assert_eq!(back.value(), supper());
    assert_eq!(back.heads(), content.heads());
    let refusal = content.at(&later.heads()).expect_err("not here");
    assert_eq!(refusal.kind, RefusalKind::NotFound);
}

#[test]
fn a_new_generation_holds_the_value_and_no_history() {
    let (content, _) = create(&supper());
    let (content, _) = edited(&content, 1, &[put("name", json!("A name that was withdrawn"))]);
    let (content, _) = edited(&content, 1, &[put("name", json!("Supper"))]);
    let (root, chunks) = content.root(actor(2), at(3_000), Kind::LISTING).expect("made");
    assert_eq!(root.value(), content.value());
    assert_eq!(chunks.len(), 1);
    assert!(!chunks[0].windows(9).any(|window| window == b"withdrawn"));
}

#[test]
fn changes_whose_past_is_not_here_are_refused_and_leave_nothing_behind() {
    let (content, root) = create(&supper());
    let (content, second) = edited(&content, 1, &[put("minimum_age", json!(17))]);
    let (_, third) = edited(&content, 1, &[put("minimum_age", json!(16))]);
    let refusal = Content::open(slices(&third)).expect_err("an orphan");
    assert_eq!(refusal.kind, RefusalKind::Malformed);
    let opened = Content::open(slices(&root)).expect("opened");
    opened.apply(slices(&third)).expect_err("a gap");
    assert_eq!(opened.value(), supper());
    let whole = opened.apply(slices(&[second, third].concat())).expect("whole");
    assert_eq!(whole.value()["minimum_age"], 16);
}

#[test]
fn one_number_used_twice_by_one_actor_is_refused() {
    let (content, _) = create(&supper());
    let (left, _) = edited(&content, 1, &[put("minimum_age", json!(17))]);
    let (_, twin) = edited(&content, 1, &[put("minimum_age", json!(16))]);
    let refusal = left.apply(slices(&twin)).expect_err("equivocation");
    assert_eq!(refusal.kind, RefusalKind::Malformed);
}

#[test]
fn what_a_document_may_not_hold_is_refused_before_it_is_written() {
    let mut deep = json!("x");
    for _ in 0..=NESTING {
        deep = json!({ "a": deep });
    }
    let wide: serde_json::Map<_, _> = (0..=MAP_KEYS).map(|n| (n.to_string(), json!(1))).collect();
    let cases = [
        (json!({ "name": "x\0y" }), RefusalKind::Invalid),
        (json!({ "na\0me": "x" }), RefusalKind::Invalid),
        (json!({ "name": "x".repeat(TEXT_BYTES + 1) }), RefusalKind::TooLarge),
        (json!({ "extra": deep }), RefusalKind::TooLarge),
        (json!({ "extra": wide }), RefusalKind::TooLarge),
        (json!({ "tags": vec!["x"; MAP_KEYS + 1] }), RefusalKind::TooLarge),
        (json!(["not a map"]), RefusalKind::Invalid),
    ];
    for (value, kind) in cases {
        let refusal = Content::create(actor(1), at(1), Kind::LISTING, &value).expect_err("refused");
        assert_eq!(refusal.kind, kind, "{refusal}");
    }
    let (mut content, _) = create(&supper());
    let before = content.heads();
    let refused =
        content.edit(actor(1), at(2), Kind::LISTING, &[put("minimum_age", json!(3)), put("name", json!("\0"))]);
    assert!(refused.is_err());
    assert_eq!(content.heads(), before);
}

#[test]
fn the_same_limits_hold_for_what_others_wrote_even_where_it_does_not_stand() {
    let (base, _) = create(&supper());
    let hostile = |process: u8, write: &dyn Fn(&mut automerge::transaction::Transaction<'_>)| {
        use automerge::ReadDoc;
        use automerge::transaction::CommitOptions;
        let mut doc = base.doc.fork().with_actor(automerge::ActorId::from(actor(process).as_bytes().as_slice()));
        let mut tx = doc.transaction();
        write(&mut tx);
        let (hash, _) = tx.commit_with(CommitOptions::default());
        doc.get_change_by_hash(&hash.expect("something")).expect("it").raw_bytes().to_vec()
    };
    use automerge::transaction::Transactable;
    use automerge::{ObjType, ROOT};
    let check = |changes: Vec<Vec<u8>>| {
        let content = base.apply(slices(&changes)).expect("applies");
        content.check(Kind::LISTING).expect_err("not within the limits").kind
    };
    let deep = hostile(1, &|tx| {
        let mut object = ROOT;
        for _ in 0..1_500 {
            object = tx.put_object(&object, "d", ObjType::Map).expect("put");
        }
    });
    assert_eq!(check(vec![deep]), RefusalKind::TooLarge);
    let nul = hostile(1, &|tx| tx.put(ROOT, "name", "a\0b").expect("put"));
    let honest = hostile(2, &|tx| tx.put(ROOT, "name", "honest").expect("put"));
    assert_eq!(check(vec![nul.clone()]), RefusalKind::Invalid);
    assert_eq!(check(vec![nul, honest]), RefusalKind::Invalid, "a value that does not stand is still there");
    let unknown = hostile(1, &|tx| tx.put(ROOT, "of_a_later_version", 1).expect("put"));
    base.apply([unknown.as_slice()]).expect("applies").check(Kind::from_number(9_999)).expect("no error");
}

#[test]
fn a_value_larger_than_one_change_becomes_several_that_fit() {
    let long = "Wörter für alle. ".repeat(1_000);
    let value = json!({ "name": "Long", "description": long, "fees": "x".repeat(19_000), "alert": "y".repeat(19_000) });
    let (content, chunks) = create(&value);
    assert_eq!(content.value(), value);
    assert!(chunks.len() > 8, "{}", chunks.len());
    for chunk in &chunks {
        assert!(chunk.len() <= CHANGE_BYTES);
        assert!(Change::try_from(chunk.as_slice()).expect("parses").len() as u64 <= CHANGE_OPERATIONS);
    }
    assert_eq!(Content::open(slices(&chunks)).expect("opened").value(), value);

    // Two words changed far apart are two small splices, whatever lies between.
    let mut words = long.clone();
    words.replace_range(0..7, "Zeilen");
    words.push_str("Ende");
    let (content, chunks) = edited(&content, 2, &[put("description", json!(words))]);
    assert_eq!(content.value()["description"], words);
    assert_eq!(chunks.len(), 1);
    assert!(chunks[0].len() < 500, "{}", chunks[0].len());

    // Another text altogether.
    let other = "Entirely different, in English. ".repeat(500);
    let (content, _) = edited(&content, 2, &[put("description", json!(other))]);
    assert_eq!(content.value()["description"], other);
}

#[test]
fn bytes_that_are_no_change_are_refused() {
    let (_, chunks) = create(&supper());
    let good = &chunks[0];
    for bytes in [&b""[..], b"x", &good[..good.len() - 1], &good[1..]] {
        assert_eq!(Content::open([bytes]).expect_err("refused").kind, RefusalKind::Malformed);
    }
    for position in 0..good.len() {
        let mut bytes = good.clone();
        bytes[position] ^= 0x10;
        assert!(Content::open([bytes.as_slice()]).is_err(), "byte {position}");
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1.0e9..1.0e9f64).prop_map(Value::from),
        "[a-zé語👩‍👩‍👧 ]{0,12}".prop_map(Value::from),
    ]
}

/// Any value: known fields and unknown ones, nested and not.
fn listing() -> impl Strategy<Value = Value> {
    let tree = leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 1..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    let key = prop_oneof![
        Just("name"),
        Just("description"),
        Just("sessions"),
        Just("phones"),
        Just("tags"),
        Just("minimum_age"),
        Just("unknown"),
        Just("extra"),
    ];
    prop::collection::btree_map(key.prop_map(str::to_owned), tree, 0..6).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn any_value_reads_back_as_it_was_put(value in listing()) {
        let (content, chunks) = create(&value);
        prop_assert_eq!(content.value(), value.clone());
        prop_assert_eq!(Content::open(slices(&chunks)).expect("opened").value(), value);
    }

    #[test]
    fn any_value_becomes_any_other_and_then_nothing_more_differs(from in listing(), to in listing()) {
        let (content, _) = create(&from);
        let whole = [Edit { path: Vec::new(), value: Some(to.clone()) }];
        let (content, _) = edited(&content, 2, &whole);
        prop_assert_eq!(content.value(), to);
        let (_, more) = edited(&content, 1, &whole);
        prop_assert_eq!(more, Vec::<Vec<u8>>::new());
    }

    #[test]
    fn the_edits_of_a_diff_reach_the_value_and_touch_nothing_else(from in listing(), to in listing()) {
        let (content, _) = create(&from);
        let edits = crate::document::diff(&from, &to);
        let (content, _) = edited(&content, 2, &edits);
        prop_assert_eq!(content.value(), to.clone());
        prop_assert_eq!(crate::document::diff(&to, &content.value()), []);
    }

    #[test]
    fn edits_made_apart_read_the_same_in_either_order(left in listing(), right in listing()) {
        let edits = |value: &Value| [Edit { path: Vec::new(), value: Some(value.clone()) }];
        check_apart(&edits(&left), &edits(&right), |_| {});
    }
}
