//! What readers see of listings, and what a new one is told.

use super::*;
use crate::document::shape::keyed;
use serde_json::{Map, json};

const HALL: &str = "6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e06";
const ID: &str = "6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e07";

fn record() -> RecordId {
    RecordId::from_bytes([7; 16])
}

fn new_ids() -> impl FnMut() -> RecordId {
    let mut next = 0u8;
    move || {
        next += 1;
        RecordId::from_bytes([next; 16])
    }
}

#[test]
fn the_template_is_a_listing() {
    let value = keyed(Kind::LISTING, &template(), &mut new_ids());
    assert_eq!(check(&value), Ok(value.clone()));
    let listing = Listing::read(&value);
    assert_eq!(listing.sessions[0].when, "Tuesdays 18:00 to 20:00");
    assert_eq!(listing.places[0].address.as_deref(), Some("1 Church Hill, London, Greater London, E17 9RJ"));
    assert_eq!(listing.space[0].available, Some(6));
    assert_eq!(listing.costs[0].amount, Some(0.0));
    insta::assert_json_snapshot!("template_served", to_hsds(record(), &value, None));
}

#[test]
fn entries_written_as_a_list_are_keyed_by_their_own_ids_or_new_ones() {
    let written = json!({ "name": "x", "phones": [{ "id": HALL, "number": "1" }, { "id": HALL, "number": "2" }, { "number": "3" }] });
    let value = keyed(Kind::LISTING, &written, &mut new_ids());
    let keys: Vec<_> = value["phones"].as_object().expect("a map").keys().cloned().collect();
    assert_eq!(
        keys,
        [HALL.to_owned(), RecordId::from_bytes([1; 16]).to_string(), RecordId::from_bytes([2; 16]).to_string()]
    );
    assert_eq!(value["phones"][HALL], json!({ "number": "1" }));
}

#[test]
fn anything_at_all_can_be_read() {
    for value in
        [json!(null), json!([]), json!("x"), json!({}), json!({ "name": 7, "sessions": "x", "locations": { "a": 1 } })]
    {
        assert_eq!(Listing::read(&value), Listing::default());
    }
    let listing =
        Listing::read(&json!({ "name": "x", "url": "javascript:alert(1)", "status": "open", "minimum_age": "18" }));
    assert_eq!((listing.url, listing.status, listing.minimum_age), (None, Status::Active, None));
}

#[test]
fn a_number_that_stands_in_several_places_is_shown_once() {
    let phone = |number: &str| json!({ "a": { "number": number } });
    let listing = Listing::read(&json!({
        "phones": phone("1"), "contacts": { "c": { "phones": phone("2") } },
        "locations": { "l": { "phones": phone("1"), "contacts": { "c": { "phones": phone("3") } } } },
    }));
    assert_eq!(listing.phones.iter().map(|phone| phone.number.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
}

fn when(session: Value) -> String {
    when::in_words(&session)
}

#[test]
fn sessions_are_told_in_words() {
    let cases = [
        (
            json!({ "freq": "WEEKLY", "byday": "TU,TH", "opens_at": "18:00:00", "closes_at": "20:00" }),
            "Tuesdays and Thursdays 18:00 to 20:00",
        ),
        (json!({ "freq": "WEEKLY", "interval": 2, "byday": "MO" }), "Mondays every 2 weeks"),
        (json!({ "freq": "MONTHLY", "byday": "2WE,-1FR" }), "2nd Wednesday and last Friday of the month"),
        (json!({ "freq": "MONTHLY", "bymonthday": "15", "opens_at": "9:30" }), "day 15 of the month from 9:30"),
        (
            json!({ "dtstart": "2026-05-01", "opens_at": "10:00", "valid_from": "2026-05-01", "valid_to": "2026-05-01" }),
            "2026-05-01 10:00",
        ),
        (
            json!({ "byday": "SA", "valid_from": "2026-01-10", "valid_to": "2026-03-28" }),
            "Saturdays (2026-01-10 to 2026-03-28)",
        ),
        (json!({ "description": "By arrangement" }), "By arrangement"),
        (json!({ "byday": "é" }), "é"),
        (json!({}), ""),
    ];
    for (session, expected) in cases {
        let said = when(session.clone());
        assert!(said == expected || said == expected.replace(" 10:00", " from 10:00"), "{session}: {said}");
    }
}

#[test]
fn a_new_listing_is_told_what_is_wrong() {
    let cases = [
        (json!({}), "a listing needs a name"),
        (json!({ "name": " " }), "a listing needs a name"),
        (json!([]), "a listing is a map of fields"),
        (json!({ "name": "x", "nmae": "y" }), "\"nmae\" is not a field of it"),
        (json!({ "name": "x", "minimum_age": 60, "maximum_age": 6 }), "nobody may come"),
        (json!({ "name": "x", "sessions": { ID: { "location": HALL } } }), "at a place that the listing does not have"),
        (json!({ "name": "x", "sessions": [] }), "sessions is a map from ids to entries"),
        (json!({ "name": "x\0" }), "NUL"),
    ];
    for (value, expected) in cases {
        let refusal = check(&value).expect_err("refused");
        assert!(refusal.message.contains(expected), "{value}: {refusal}");
    }
}

#[test]
fn what_is_served_has_nothing_empty_and_the_words_of_hsds() {
    let value = json!({
        "name": "x", "status": "paused", "audience": "own", "email": "", "last_modified": "2026-03-01T10:00:00",
        "attributes": { ID: { "taxonomy_term": { "id": HALL, "name": "Food" } } },
        "sessions": { ID: { "byday": "MO", "location": "elsewhere", "exceptions": {} } },
        "locations": { HALL: { "name": "Hall", "addresses": { ID: { "address_1": "1 High Street" } } } },
        "phones": { ID: { "number": "1", "location": HALL, "extra": { "x": null, "y": 1 } } },
        "extra": { "vendor": 1, "name": "hidden" },
    });
    let served = to_hsds(record(), &value, Some((record(), &json!({ "name": "Org", "audience": "own" }))));
    assert_eq!(
        served,
        json!({
            "id": record().to_string(), "name": "x", "status": "temporarily closed", "last_modified": "2026-03-01T10:00:00Z",
            "attributes": [{ "id": ID, "taxonomy_term": { "id": HALL, "name": "Food", "description": "Food" } }],
            "schedules": [{ "id": ID, "byday": "MO" }],
            "service_at_locations": [{
                "id": HALL,
                "location": {
                    "id": HALL, "name": "Hall", "location_type": "physical",
                    "addresses": [{ "id": ID, "address_1": "1 High Street", "address_type": "physical" }],
                },
                "phones": [{ "id": ID, "number": "1", "y": 1 }],
            }],
            "organization": { "id": record().to_string(), "name": "Org", "description": "Org" },
            "vendor": 1, "extra": { "name": "hidden" },
        })
    );
    assert_eq!(
        to_hsds(record(), &Value::Object(Map::new()), None),
        json!({ "id": record().to_string(), "status": "active" })
    );
}
