use super::*;
use crate::RecordId;
use serde_json::json;

const OWN: OrgId = OrgId::from_bytes([7; 32]);

fn record(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

#[test]
fn each_kind_names_what_it_is_about_in_its_own_field() {
    let listing = DocId::new(record(1), Kind::LISTING, &OrgId::from_bytes([9; 32]));
    let proposal = DocId::new(record(2), Kind::PROPOSAL, &OWN);
    let text = |n| record(n).to_string();
    for (kind, value, expected) in [
        (Kind::PROPOSAL, json!({ "doc_id": listing.to_string() }), Some(listing)),
        (Kind::ANSWER, json!({ "proposal": proposal.to_string() }), Some(proposal)),
        (Kind::LISTING, json!({ "moved_from": listing.to_string() }), Some(listing)),
        (Kind::LISTING, json!({ "name": "Supper" }), None),
        (Kind::PATHWAY, json!({ "listing": text(3) }), Some(DocId::new(record(3), Kind::LISTING, &OWN))),
        (Kind::REQUEST, json!({ "previous": text(4) }), Some(DocId::new(record(4), Kind::RESPONSE, &OWN))),
        (Kind::REQUEST, json!({ "to": OWN.to_string() }), None),
        (Kind::REQUEST, json!({ "previous": "the one before" }), None),
        (Kind::REQUEST, json!({ "previous": 4 }), None),
        (Kind::RESPONSE, json!({ "previous": text(4) }), None),
    ] {
        assert_eq!(about(kind, &OWN, &value), expected, "{kind}: {value}");
    }
}

/// What a partner writes is never taken for what goes on from a referral that came here.
#[test]
fn a_request_goes_on_from_what_its_owner_received_alone() {
    let (value, other) = (json!({ "previous": record(4).to_string() }), OrgId::from_bytes([9; 32]));
    assert_ne!(about(Kind::REQUEST, &other, &value), about(Kind::REQUEST, &OWN, &value));
    let listing = json!({ "listing": record(4).to_string() });
    assert_ne!(about(Kind::PATHWAY, &other, &listing), about(Kind::PATHWAY, &OWN, &listing));
}
