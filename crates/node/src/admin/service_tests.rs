use super::*;
use crate::admin::shape::VALUE_BYTES;
use crate::api::{ListingRow, ListingState};
use domain::{OrgId, RecordId, limits};
use serde_json::json;

/// A listing whose value is of about so many bytes as JSON.
fn listed(n: u8, bytes: usize) -> ListedState {
    let row = ListingRow {
        id: RecordId::from_bytes([n; 16]),
        owner: OrgId::from_bytes([1; 32]),
        name: n.to_string(),
        last_modified: "2026-01-01T00:00:00Z".into(),
        life: "rolling".into(),
    };
    let fields = json!({ "description": "x".repeat(bytes) });
    let fields = fields.as_object().expect("fields").clone();
    let listing = ListingState { row, owner_name: "Night Shelter".into(), conflicts: 0, fields };
    ListedState { place: format!("behind {n}"), listing }
}

/// What a page of listings of these sizes comes to: how many of them, and where to go on.
fn check(sizes: &[usize], next: Option<&str>, fit: usize, token: &str) {
    let listings = sizes.iter().zip(1..).map(|(bytes, n)| listed(n, *bytes)).collect();
    let page = fitting(listings, next.map(str::to_owned));
    assert!(page.encoded_len() < limits::MESSAGE_BYTES, "{sizes:?} come to {} bytes", page.encoded_len());
    assert_eq!((page.listings.len(), page.next_page_token.as_str()), (fit, token), "{sizes:?}");
}

#[test]
fn a_page_fits_one_message_and_goes_on_behind_what_it_holds() {
    // The value and what is around it make up more than there is room for, and the value alone does not.
    let most = VALUE_BYTES - 50;
    check(&[10, 20], None, 2, "");
    check(&[10, 20], Some("behind 2"), 2, "behind 2");
    check(&[most], None, 1, "");
    check(&[most, 300 << 10], None, 1, "behind 1");
    check(&[most, most], None, 1, "behind 1");
    check(&[10, most, 10], None, 1, "behind 1");
    check(&[300 << 10, 300 << 10, 300 << 10], Some("behind 3"), 2, "behind 2");
    // What no message holds is left out of its listing, which is told of all the same.
    check(&[VALUE_BYTES * 2, VALUE_BYTES * 2], Some("behind 2"), 2, "behind 2");
}
