use super::*;
use node::api::{RecordId, Timestamp};
use serde_json::json;

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

/// What the second organisation would have in a listing of the first.
fn row() -> ProposalRow {
    ProposalRow {
        id: RecordId::from_bytes([0x5f; 16]),
        version: "9b1c0e6f2d7a4c538a47616e7377657200112233".into(),
        kind: ProposalKind::Change,
        listing: RecordId::from_bytes([0x4e; 16]),
        listing_name: "Supper".into(),
        owner: org(1),
        organisation: org(2),
        at_ms: Timestamp::from_ms(1_700_000_000_000),
        state: ProposalState::Waiting,
        reason: String::new(),
        by_keeper: false,
        is_public: false,
        edits: vec![ProposedEdit { field: "fees".into(), value: Some(json!("free")), was: None }],
        note: String::new(),
    }
}

/// What can be done stands on lines of its own, to be copied; who cannot answer is not told how to.
#[test]
fn each_reader_is_told_what_they_can_do() {
    let last = |own: u8| {
        let text = proposal(&row(), &org(own), &Names::new());
        text.split_once("\"free\"\n").expect("the edit").1.to_owned()
    };
    let owner = last(1);
    assert_eq!(
        owner.lines().collect::<Vec<_>>(),
        [
            "  waits for you:",
            "    fingerpost proposal accept 5f5f5f5f-5f5f --seen 9b1c0e6f2d7a4c538a47616e7377657200112233",
            "    fingerpost proposal refuse 5f5f5f5f-5f5f --reason \"…\"",
        ]
    );
    assert_eq!(last(2), "  waits for its owner; to take it back: fingerpost proposal withdraw 5f5f5f5f-5f5f\n");
    assert_eq!(last(3), "  waits for its owner\n");
}
