use super::*;
use crate::api::{Conflict, ConflictValue, HistoryEntry, ListingRow};
use domain::{OrgId, RecordId, VersionId};
use prost::Message;
use serde_json::{Map, json};

fn org() -> OrgId {
    OrgId::from_bytes([1; 32])
}

fn fields(description_bytes: usize) -> Map<String, Value> {
    let fields = json!({"name": "Supper", "life": {"kind": "rolling"}, "description": "x".repeat(description_bytes)});
    fields.as_object().unwrap().clone()
}

fn view(description_bytes: usize, conflict_bytes: usize, history: usize) -> DocumentView {
    let value = |at: i64| ConflictValue {
        value: json!("y".repeat(conflict_bytes)),
        organisation: org(),
        at_ms: Timestamp::from_ms(at),
        stands: at == 0,
    };
    let entry = |at: usize| HistoryEntry {
        version: VersionId::from_bytes([3; 32]),
        organisation: org(),
        at_ms: Timestamp::from_ms(i64::try_from(at).unwrap()),
        fields: vec!["z".repeat(10_000)],
        proposed_by: None,
    };
    DocumentView {
        id: RecordId::from_bytes([2; 16]),
        fields: fields(description_bytes),
        owner: org(),
        owner_heard: None,
        withdrawn: false,
        moved_to: None,
        moved_from: None,
        reports: vec![],
        keepers: vec![org()],
        conflicts: vec![Conflict { field: "name".into(), values: vec![value(0), value(1)] }],
        history: (0..history).map(entry).collect(),
    }
}

#[test]
fn a_listing_in_full_says_what_the_view_says() {
    let shown = document(view(10, 10, 3), "Night Shelter".into());
    let listing = shown.listing.unwrap();
    assert_eq!((listing.name.as_str(), listing.life.as_str()), ("Supper", "rolling"));
    assert_eq!(listing.last_modified, "1970-01-01T00:00:00.002Z");
    assert_eq!(serde_json::from_str::<Value>(&listing.value_json).unwrap(), Value::Object(fields(10)));
    assert_eq!((listing.conflicts, shown.conflicts.len(), shown.history.len(), shown.is_cut), (1, 1, 3, false));
    assert_eq!(shown.conflicts[0].values[1].value_json, "\"yyyyyyyyyy\"");
    assert_eq!(shown.keepers, [org().to_string()]);
}

#[test]
fn whatever_a_listing_holds_it_fits_one_message() {
    let check = |view: DocumentView, left_out: bool, conflicts: usize, is_cut: bool| {
        let shown = document(view, String::new());
        assert!(shown.encoded_len() < domain::limits::MESSAGE_BYTES, "{}", shown.encoded_len());
        let listing = shown.listing.unwrap();
        assert_eq!((listing.value_left_out, listing.value_json.is_empty()), (left_out, left_out));
        assert_eq!((shown.conflicts.len(), shown.is_cut), (conflicts, is_cut));
    };
    check(view(2 << 20, 10, 3), true, 1, false);
    check(view(700 << 10, 10, 3), false, 1, false);
    check(view(10, 1 << 20, 3), false, 0, true);
    check(view(10, 10, 200), false, 1, true);
    check(view(2 << 20, 1 << 20, 200), true, 0, true);

    let row = ListingRow {
        id: RecordId::from_bytes([2; 16]),
        owner: org(),
        name: "n".repeat(20_000),
        last_modified: String::new(),
        life: String::new(),
    };
    let state =
        |bytes| ListingState { row: row.clone(), owner_name: String::new(), conflicts: 0, fields: fields(bytes) };
    assert!(!listing(state(700 << 10)).value_left_out);
    let large = listing(state(800 << 10));
    assert!(large.value_left_out && large.value_json.is_empty() && large.encoded_len() < domain::limits::MESSAGE_BYTES);
}

#[test]
fn an_edit_puts_or_takes_away_and_nothing_else() {
    let edit = |change| vec![proto::Edit { path: "name".into(), change }];
    let put = edits(edit(Some(proto::edit::Change::ValueJson("{\"a\": 1}".into())))).unwrap();
    assert_eq!(put, [PathEdit { path: "name".into(), value: Some(json!({"a": 1})) }]);
    let gone = edits(edit(Some(proto::edit::Change::Unset(true)))).unwrap();
    assert_eq!(gone, [PathEdit { path: "name".into(), value: None }]);
    for wrong in [None, Some(proto::edit::Change::Unset(false)), Some(proto::edit::Change::ValueJson("x".into()))] {
        assert_eq!(edits(edit(wrong)).unwrap_err().kind, domain::RefusalKind::Invalid);
    }
}
