use super::*;
use node::api::{Conflict, ConflictValue, DocumentView, HistoryEntry, RecordId, Timestamp, VersionId};
use serde_json::{Value, json};

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn view(fields: Value) -> DocumentView {
    DocumentView {
        id: RecordId::from_bytes([0x5f; 16]),
        fields: fields.as_object().unwrap().clone(),
        owner: org(1),
        owner_heard: None,
        withdrawn: false,
        moved_to: None,
        moved_from: None,
        keepers: vec![],
        reports: vec![],
        conflicts: vec![],
        history: vec![],
    }
}

/// A moment to look from.
const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn names() -> BTreeMap<OrgId, String> {
    [(org(1), "Night Shelter".to_owned())].into()
}

/// The listing with these fields says each of these.
fn check(fields: Value, says: &[&str]) {
    let text = listing::listing(&view(fields.clone()), &names(), NOW);
    for word in says {
        assert!(text.contains(word), "{word:?} is not in:\n{text}");
    }
}

#[test]
fn a_listing_reads_as_somebody_who_wants_to_go_there_reads_it() {
    let fields = json!({
        "name": "Tuesday supper", "kind": "group", "audience": "public", "description": "A hot meal.",
        "eligibility_description": "Anybody.", "minimum_age": 18,
        "languages": {"a": {"code": "pl", "name": "Polish"}},
        "sessions": {"b": {"freq": "WEEKLY", "byday": "TU", "opens_at": "18:00:00", "closes_at": "20:00",
            "exceptions": {"c": {"date": "2026-12-24", "state": "cancelled", "reason": "holiday"}}}},
        "locations": {"d": {"name": "Hoe Street Hall", "addresses": {"e": {"address_1": "12 Hoe Street", "postal_code": "E17 4SA"}},
            "accessibility": {"f": {"step_free": true, "hearing_loop": false}}}},
        "cost_options": {"g": {"option": "free", "amount": 0}},
        "life": {"kind": "short course", "weeks": 6}, "funded_until": "2027-03-31",
        "capacities": {"h": {"unit": "seats", "available": 3, "maximum": 12, "updated": "2026-11-03T10:00:00Z"}},
        "pathway": {"how": "referral", "answers_within_days": 5},
        "phones": {"i": {"number": "020 7946 0000", "description": "kitchen"}},
        "tags": ["food", "company"],
    });
    let mut view = view(fields);
    let at_ms = Timestamp::from_ms(1_700_000_000_000);
    view.conflicts = vec![Conflict {
        field: "name".into(),
        values: vec![
            ConflictValue { value: json!("Tuesday supper"), organisation: org(1), at_ms, stands: true },
            ConflictValue { value: json!("Supper club"), organisation: org(2), at_ms, stands: false },
        ],
    }];
    view.history = vec![HistoryEntry {
        version: VersionId::from_bytes([3; 32]),
        organisation: org(1),
        at_ms,
        fields: vec!["name".into(), "sessions".into()],
        proposed_by: None,
    }];
    insta::assert_snapshot!(listing::listing(&view, &names(), NOW).replace(&instant(at_ms), "[an instant]"));
}

#[test]
fn a_rhythm_is_said_in_words() {
    fn check(session: Value, says: &str) {
        let session = session.as_object().unwrap();
        assert_eq!(schedule::session(session), says);
    }
    check(
        json!({"freq": "WEEKLY", "byday": "MO,WE,FR", "opens_at": "09:00"}),
        "every Monday, Wednesday and Friday, from 09:00",
    );
    check(json!({"freq": "WEEKLY", "interval": 2, "byday": "TH"}), "every 2 weeks on Thursday");
    check(json!({"freq": "MONTHLY", "byday": "2WE"}), "the second Wednesday of every month");
    check(
        json!({"freq": "MONTHLY", "byday": "-1FR", "until": "2027-03-31"}),
        "the last Friday of every month, until 31 March 2027",
    );
    check(json!({"freq": "MONTHLY", "bymonthday": "15"}), "every month on day 15");
    check(
        json!({"dtstart": "2026-12-24", "valid_from": "2026-12-24", "valid_to": "2026-12-24", "opens_at": "10:00", "closes_at": "12:30"}),
        "on 24 December 2026, 10:00 to 12:30",
    );
    check(
        json!({"byday": "SA,SU", "valid_from": "2026-05-01", "valid_to": "2026-09-01"}),
        "Saturday and Sunday, from 1 May 2026, until 1 September 2026",
    );
    check(
        json!({"freq": "WEEKLY", "count": 6, "timezone": "Europe/Dublin"}),
        "every week, 6 times, Europe/Dublin time",
    );
    check(json!({"opens_at": "1"}), "from 1");
    check(json!({"byday": "é"}), "é");
    check(json!({}), "");
}

#[test]
fn odd_content_is_shown_and_never_a_fault() {
    check(json!({}), &["(no name)"]);
    check(json!({"name": "A\u{1b}[31mred"}), &["A\u{fffd}[31mred"]);
    check(json!({"name": 7, "sessions": "soon", "locations": {"x": 3}, "life": "long"}), &["(no name)"]);
    check(json!({"name": "A", "extra": {"deep": {"er": [1, 2]}}}), &["extra: er 1, 2"]);
    check(json!({"cost_options": {"a": {"amount": 2.5}}}), &["£2.50"]);
    check(json!({"cost_options": {"a": {"amount": 2.5, "currency": "EUR"}}}), &["2.50 EUR"]);
    check(json!({"locations": {"a": {"location_type": "virtual"}}}), &["Where\n  online"]);
}

#[test]
fn text_is_set_in_lines() {
    let text = wrap(&"word ".repeat(40), 2);
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS && line.starts_with("  word")));
    assert_eq!(wrap("one\n\n  two", 2), "  one\n\n    two\n");
}

#[test]
fn only_lines_that_are_too_long_are_wrapped() {
    let text = format!("From:   here\n  {}end\n", "word ".repeat(20));
    let fitted = fit(&text);
    let lines: Vec<&str> = fitted.lines().collect();
    assert_eq!(lines.first(), Some(&"From:   here"));
    assert!(lines.len() == 3 && lines.iter().all(|line| line.chars().count() <= COLUMNS), "{fitted}");
    assert_eq!(lines.last(), Some(&"  word word word end"));
}
