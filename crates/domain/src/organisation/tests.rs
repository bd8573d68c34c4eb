//! What readers see of organisations, and what a new one is told.

use super::*;
use serde_json::json;

const ID: &str = "6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e07";

#[test]
fn an_organisation_is_read_and_served() {
    let org_id = OrgId::from_bytes([4; 32]);
    let value = json!({
        "name": "Night Shelter",
        "website": "https://example.org",
        "organisation": org_id.to_string(),
        "organization_identifiers": { ID: { "identifier_scheme": "GB-CHC", "identifier": "1234567" } },
        "contacts": { ID: { "phones": { ID: { "number": "020 7946 0000" } } } },
        "source": { "publisher": "A council" },
        "extra": { "vendor": true },
    });
    assert_eq!(check(&value.clone()), Ok(value.clone()));
    let read = Organisation::read(&value);
    assert_eq!(read.organisation, Some(org_id));
    assert_eq!(read.phones[0].number, "020 7946 0000");
    assert_eq!(read.identifiers, [("GB-CHC".to_owned(), "1234567".to_owned())]);
    assert_eq!(read.publisher.as_deref(), Some("A council"));
    let record = RecordId::from_bytes([7; 16]);
    assert_eq!(
        to_hsds(record, &value),
        json!({
            "id": record.to_string(), "name": "Night Shelter", "description": "Night Shelter", "website": "https://example.org",
            "organization_identifiers": [{ "id": ID, "identifier_scheme": "GB-CHC", "identifier": "1234567" }],
            "contacts": [{ "id": ID, "phones": [{ "id": ID, "number": "020 7946 0000" }] }],
            "source": { "publisher": "A council" }, "vendor": true,
        })
    );
}

#[test]
fn anything_at_all_can_be_read_and_only_a_named_one_is_new() {
    for value in [json!(null), json!({}), json!({ "name": [], "contacts": 1 })] {
        assert_eq!(Organisation::read(&value), Organisation::default());
    }
    assert_eq!(check(&json!({})).expect_err("refused").message, "an organisation needs a name");
    assert!(
        check(&json!({ "name": "x", "webiste": "y" })).expect_err("refused").hint.expect("hint").contains("website")
    );
}
