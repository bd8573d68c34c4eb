use super::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

/// The value must come out as this JSON, keys in this order, and read back as itself.
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, expected: Value) {
    assert_eq!(serde_json::to_string_pretty(&value).unwrap(), serde_json::to_string_pretty(&expected).unwrap());
    assert_eq!(serde_json::from_value::<T>(expected).unwrap(), value);
}

#[test]
fn the_fixed_forms_are_as_the_interfaces_say() {
    let (a, record, version) = (org(1), RecordId::from_bytes([2; 16]), VersionId::from_bytes([3; 32]));
    let organisation = Named { id: a, name: "Night Shelter".into() };

    check(
        Initialised {
            organisation: organisation.clone(),
            node_id: NodeId::from_bytes([4; 16]),
            recovery_words: "abandon ability".into(),
        },
        json!({"organisation": {"id": a.to_string(), "name": "Night Shelter"}, "node_id": "04".repeat(16), "recovery_words": "abandon ability"}),
    );
    check(Invited { code: "FP1-X".into() }, json!({"code": "FP1-X"}));
    check(
        Joined { organisation, words: "able about".into() },
        json!({"organisation": {"id": a.to_string(), "name": "Night Shelter"}, "words": "able about"}),
    );
    check(
        PartnerRow {
            id: a,
            name: "Night Shelter".into(),
            state: PartnerState::Linked,
            trust: Trust::Paired,
            behind: 3,
            last_heard_ms: Some(Timestamp::from_ms(1_700_000_000_000)),
        },
        json!({"id": a.to_string(), "name": "Night Shelter", "state": "linked", "trust": "paired", "behind": 3, "last_heard_ms": 1_700_000_000_000_i64}),
    );
    check(
        ListingRow {
            id: record,
            owner: a,
            name: "Supper".into(),
            last_modified: "2026-11-24T10:00:00Z".into(),
            life: "rolling".into(),
        },
        json!({"id": record.to_string(), "owner": a.to_string(), "name": "Supper", "last_modified": "2026-11-24T10:00:00Z", "life": "rolling"}),
    );
    check(
        Written { id: record, version, changed: true, proposal: None, is_public: false },
        json!({"id": record.to_string(), "version": version.to_string(), "changed": true}),
    );
    check(
        ImportCounts { new: 1, changed: 2, same: 3, failed: 4, gone: 5 },
        json!({"new": 1, "changed": 2, "same": 3, "failed": 4, "gone": 5}),
    );
    check(
        Verified { documents: 1, statements: 2, bad: vec![VerifiedBad { id: "aa".into(), reason: "torn".into() }] },
        json!({"documents": 1, "statements": 2, "bad": [{"id": "aa", "reason": "torn"}]}),
    );
}

#[test]
fn a_document_shows_its_own_fields_beside_owner_conflicts_and_history() {
    let (a, record) = (org(1), RecordId::from_bytes([2; 16]));
    let at_ms = Timestamp::from_ms(1_700_000_000_000);
    let fields = json!({"name": "Supper", "cost_options": {}});
    check(
        DocumentView {
            id: record,
            fields: fields.as_object().unwrap().clone(),
            owner: a,
            owner_heard: None,
            withdrawn: false,
            moved_to: None,
            moved_from: None,
            keepers: vec![],
            reports: vec![],
            conflicts: vec![Conflict {
                field: "name".into(),
                values: vec![ConflictValue { value: json!("Supper"), organisation: a, at_ms, stands: true }],
            }],
            history: vec![HistoryEntry {
                version: VersionId::from_bytes([3; 32]),
                organisation: a,
                at_ms,
                fields: vec!["name".into()],
                proposed_by: None,
            }],
        },
        json!({
            "id": record.to_string(), "name": "Supper", "cost_options": {},
            "owner": a.to_string(), "keepers": [],
            "conflicts": [{"field": "name", "values": [{"value": "Supper", "organisation": a.to_string(), "at_ms": 1_700_000_000_000_i64, "stands": true}]}],
            "history": [{"version": "03".repeat(32), "organisation": a.to_string(), "at_ms": 1_700_000_000_000_i64, "fields": ["name"]}],
        }),
    );
}

#[test]
fn the_status_begins_with_its_fixed_form() {
    let status = Status {
        organisation: Named { id: org(1), name: "Night Shelter".into() },
        documents: [("listing".to_owned(), 4082)].into(),
        partners: vec![],
        quarantined: 0,
        wanted: 2,
        refused: vec![],
        withheld: vec![],
        node: NodeDetail {
            id: NodeId::from_bytes([4; 16]),
            version: "0.1.0".into(),
            database: "sqlite".into(),
            started_at_ms: None,
            node_listen: None,
            people_listen: None,
            admin_listen: None,
            addresses: vec![],
            recovery_words_kept: false,
            invitations: 0,
            disk_free_bytes: None,
        },
    };
    let json = serde_json::to_value(&status).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().take(5).cloned().collect();
    assert_eq!(keys, ["organisation", "documents", "partners", "quarantined", "wanted"]);
    assert_eq!(json["documents"], json!({"listing": 4082}));
}

#[tokio::test]
async fn a_slow_listener_misses_progress_and_holds_nobody_up() {
    let (tell, mut told) = mpsc::channel(1);
    let sender = ProgressSender::new(tell);
    sender.tell("reading", 1, Some(9));
    sender.tell("reading", 2, Some(9));
    assert_eq!(told.recv().await.unwrap().done, 1);
    sender.tell("reading", 9, None);
    assert_eq!(told.recv().await.unwrap(), Progress { what: "reading".into(), done: 9, total: None });
}
