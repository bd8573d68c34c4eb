//! A listing's life after its owner: handed over, claimed, or left for whoever takes it up.
//!
//! A listing never changes hands: the new owner makes a document of its own, of the same record, that names the old one;
//! the old one is withdrawn with a word on where it went. Each says so of the other in its own signed words, so that
//! neither can take what was not given. Whoever knows the record by its id finds the new one.

use crate::document::{Edit, Kind};
use crate::proposal::KEEPERS;
use crate::{DocId, OrgId, RecordId, Timestamp};
use serde_json::{Value, json};

/// The field that names the organisation a listing is offered to.
pub const OFFERED_TO: &str = "offered_to";
/// The field that says since when nobody keeps a listing.
pub const ORPHANED_SINCE: &str = "orphaned_since";
/// The field of a claimed listing that names the document it goes on from.
pub const MOVED_FROM: &str = "moved_from";

/// Fields of a listing that its owner alone changes, each by a command of its own.
pub const OWNERS_OWN: [&str; 5] = ["audience", KEEPERS, OFFERED_TO, ORPHANED_SINCE, MOVED_FROM];

/// What offers a listing to an organisation, or takes the offer back.
pub fn offer(to: Option<&OrgId>) -> Edit {
    Edit { path: vec![OFFERED_TO.to_owned()], value: to.map(|org| json!(org.to_string())) }
}

/// What says that nobody keeps a listing, or that somebody does again.
pub fn orphan(since: Option<Timestamp>) -> Edit {
    let day =
        |at: Timestamp| jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().strftime("%F").to_string();
    Edit { path: vec![ORPHANED_SINCE.to_owned()], value: since.map(|at| json!(day(at))) }
}

/// Whom a listing is offered to.
pub fn offered_to(listing: &Value) -> Option<OrgId> {
    listing.get(OFFERED_TO)?.as_str()?.parse().ok()
}

/// Whether an organisation may have a listing without anybody being asked again: it is offered to it, or nobody's.
pub fn is_free_for(listing: &Value, org: &OrgId) -> bool {
    match offered_to(listing) {
        Some(offered) => offered == *org,
        None => listing.get(ORPHANED_SINCE).is_some(),
    }
}

/// The document that a claim on this one makes.
pub fn claim_document(record: RecordId, by: &OrgId) -> DocId {
    DocId::new(record, Kind::LISTING, by)
}

/// What a listing says once it is claimed: what it said, without what was its old owner's to decide.
pub fn claimed(listing: &Value, from: &DocId) -> Value {
    let mut value = listing.clone();
    if let Some(fields) = value.as_object_mut() {
        OWNERS_OWN.iter().for_each(|own| drop(fields.remove(*own)));
        fields.insert(MOVED_FROM.to_owned(), json!(from.to_string()));
    }
    value
}

/// The document that a listing goes on from, as it says itself.
pub fn moved_from(listing: &Value) -> Option<DocId> {
    listing.get(MOVED_FROM)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_free_for_whom_it_is_offered_to_or_for_all() {
        let [ann, bob] = [1, 2].map(|n| OrgId::from_bytes([n; 32]));
        let said = |edits: &[Edit]| {
            let fields = edits.iter().filter_map(|e| Some((e.path.first()?.clone(), e.value.clone()?)));
            Value::Object(fields.collect())
        };
        let orphaned = orphan(Some(Timestamp::from_ms(0)));
        assert_eq!(orphaned.value, Some(json!("1970-01-01")));
        assert!(!is_free_for(&json!({}), &ann));
        assert!(is_free_for(&said(&[offer(Some(&ann))]), &ann) && !is_free_for(&said(&[offer(Some(&ann))]), &bob));
        assert!(is_free_for(&said(std::slice::from_ref(&orphaned)), &bob));
        assert!(!is_free_for(&said(&[orphaned, offer(Some(&ann))]), &bob), "an offer is to one alone");
    }

    #[test]
    fn what_is_claimed_names_where_it_came_from_and_keeps_nothing_that_was_the_owners() {
        let (owner, by) = (OrgId::from_bytes([1; 32]), OrgId::from_bytes([2; 32]));
        let from = DocId::new(RecordId::from_bytes([7; 16]), Kind::LISTING, &owner);
        let listing = json!({ "name": "Supper", "audience": "public", "keepers": { "x": {} }, "offered_to": "y" });
        let value = claimed(&listing, &from);
        assert_eq!(value, json!({ "name": "Supper", "moved_from": from.to_string() }));
        assert_eq!(moved_from(&value), Some(from));
        assert_eq!(claim_document(from.record(), &by).record(), from.record(), "known by the same id");
    }
}
