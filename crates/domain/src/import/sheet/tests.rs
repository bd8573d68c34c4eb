//! Spreadsheets as a volunteer keeps them.

use super::*;
use crate::document::Kind;
use crate::document::shape::{Fit, check_value};
use proptest::prelude::*;
use serde_json::json;

const GROUPS: &str = "Hoe Street groups 2026,,,,,,,\n\
    Group name,When,Where,Cost,Contact tel,Notes,Colour,\n\
    Tea & Chat,Tuesdays 10-12,\"St Mary's Hall, High Street, E17 9PQ\",Free,020 8000 0001 (Ann),All welcome,red,\n\
    Knitting,Ring for times,Library,£2.50 per session,,,,\n\
    MONDAY,,,,,,,\n\
    ,Mondays,Library,,,,,\n\
    Tea & chat,Thursdays 10-12,\"St Mary's Hall, High Street, e179pq\",,,,,\n";

fn source() -> Source {
    Source { feed: "groups".into(), ..Source::default() }
}

fn read(text: &str) -> Sheet {
    Sheet::read("groups.csv", text.as_bytes(), None, None).expect("read")
}

fn mapping(value: Value) -> Mapping {
    Mapping::parse(&value).expect("a mapping")
}

/// The listing of a sheet of one row, under these headings.
fn listing(headings: &str, row: &str) -> Value {
    let import = read(&format!("{headings}\n{row}\n")).into_import(source());
    assert_eq!(import.bad, [], "{headings}: {row}");
    import.listings.into_values().next().expect("a listing")
}

fn only(things: &Value) -> Value {
    let things = things.as_object().expect("things");
    assert_eq!(things.len(), 1, "{things:?}");
    things.values().next().cloned().unwrap_or_default()
}

#[test]
fn a_volunteers_sheet_becomes_listings() {
    let sheet = read(GROUPS);
    assert_eq!(sheet.heading_line(), 2, "a title stands above the headings");
    let import = sheet.into_import(source());
    let tea = import.listings.values().find(|listing| listing["name"] == "Tea & Chat").expect("there");
    insta::assert_json_snapshot!("tea_and_chat", tea);
    let knitting = import.listings.values().find(|listing| listing["name"] == "Knitting").expect("there");
    assert_eq!(only(&knitting["sessions"])["description"], "Ring for times");
    let said: Vec<_> = import.bad.iter().map(|bad| format!("{} {}", bad.row, bad.reason)).collect();
    assert_eq!(
        said,
        ["5 only one of its cells is filled, so it reads like a heading between rows", "6 its name is empty"]
    );
    assert_eq!(
        import.listings.len(),
        3,
        "two of one name and postcode are told apart by their times: {:?}",
        import.notes
    );
    assert!(import.notes[0].contains("by its name, postcode and when"), "{:?}", import.notes);
}

fn check_guess(headings: &str, expected: &str) {
    let row = headings.split(',').map(|_| "x").collect::<Vec<_>>().join(",");
    let sheet = read(&format!("{headings}\n{row}\n"));
    let said: Vec<&str> = sheet.assigned().map(|assigned| assigned.column.word()).collect();
    assert_eq!(said.join(" "), expected, "{headings}");
}

#[test]
fn headings_are_guessed() {
    check_guess("Group name,When,Where,Cost,Contact tel,Notes", "name when place cost phone description");
    check_guess("Service,Provider,Email address,Web site,Post Code", "name organisation email url postcode");
    check_guess("Organisation,Address,Town,Phone No.,Organisation website", "name address town phone url");
    check_guess("Name,Contact name,Contact email,Mobile", "name contact email phone");
    check_guess("Activity,Day,Start time,End Time,Venue,Venue postcode", "name day starts ends place postcode");
    check_guess("Event,Date,Time,Price (£),Age range,Booking?", "name date time cost ages how_to_come");
    check_guess("REF,NAME,NAME", "id name extra");
    check_guess("id,organization_id,name", "id extra name");
    check_guess("Name of your club (please fill in),Colour", "name extra");
    check_guess(
        "Title,Who is it for?,Wheelchair access,Category,Languages spoken",
        "name eligibility access tags languages",
    );
}

#[test]
fn a_mapping_goes_before_what_is_remembered_and_that_before_the_guess() {
    let remembered = mapping(json!({ "columns": { "when": "description", "Where": "town", "Gone": "tags" } }));
    let given = mapping(json!({ "columns": { "Where": "place", "colour": "tags" } }));
    let sheet = Sheet::read("groups.csv", GROUPS.as_bytes(), Some(&given), Some(&remembered)).expect("read");
    let said: Vec<_> = sheet.assigned().map(|a| format!("{} {} {:?}", a.heading, a.column, a.how)).collect();
    let expected = [
        "Group name name Guessed",
        "When description Remembered",
        "Where place Given",
        "Cost cost Guessed",
        "Contact tel phone Guessed",
        "Notes description Guessed",
        "Colour tags Given",
    ];
    assert_eq!(said, expected);
    assert_eq!(sheet.mapping().columns["Gone"], Column::Tags, "what is not there this time may come back");
    assert_eq!(Mapping::parse(&sheet.mapping().to_value()).expect("the same"), sheet.mapping());
    let again = Sheet::read("groups.csv", GROUPS.as_bytes(), None, Some(&sheet.mapping())).expect("read");
    assert_eq!(again.mapping(), sheet.mapping());
    assert!(again.into_import(source()).notes.iter().any(|note| note.contains("\"Gone\"")));
}

#[test]
fn a_mapping_that_fits_nothing_is_refused_with_what_would() {
    let check = |value: Value, says: &str, hint: &str| {
        let read = Mapping::parse(&value).and_then(|m| Sheet::read("groups.csv", GROUPS.as_bytes(), Some(&m), None));
        let refusal = read.expect_err("refused");
        assert!(refusal.message.contains(says), "{refusal}");
        assert!(refusal.hint.as_deref().unwrap_or_default().contains(hint), "{refusal:?}");
    };
    check(json!([]), "a mapping is a map", "columns:");
    check(json!({ "colums": {} }), "\"colums\" is not a part of a mapping", "columns:");
    check(
        json!({ "columns": { "When": "wen" } }),
        "\"wen\" is nothing that a column can hold",
        "did you mean \"when\"?",
    );
    check(json!({ "columns": { "When": "xyzzy" } }), "\"xyzzy\"", "a column holds one of id, name");
    check(json!({ "columns": { "When": 7 } }), "one word", "columns:");
    check(json!({ "columns": { "Whin": "day" } }), "has no column \"Whin\"", "did you mean \"When\"?");
    check(json!({ "columns": { "Price": "cost" } }), "has no column \"Price\"", "its columns are Group name, When");
    check(json!({ "key": ["id"] }), "the key names id", "");
    check(json!({ "columns": { "Group name": "nothing" } }), "no column of \"groups.csv\" reads like the name", "");
}

#[test]
fn ids_stay_the_same_and_follow_the_key() {
    let ids = |text: &str| read(text).into_import(source()).listings.keys().copied().collect::<Vec<_>>();
    let first = ids("Name,Postcode,Notes\nTea,E17 9PQ,a\n");
    assert_eq!(ids("Notes,Name,Postcode\nb,TEA ,e179pq\n"), first, "order, case and other columns do not matter");
    assert_ne!(ids("Name,Postcode,Notes\nTea,E17 9PR,a\n"), first);
    let uuid = "6f2c1f3e-54a1-4e0f-9d0e-0a2b6a1c9e01";
    assert_eq!(ids(&format!("ID,Name\n{uuid},Tea\n"))[0].to_string(), uuid);
    let by_id = ids("ID,Name\n7,Tea\n");
    assert_eq!(ids("ID,Name\n7,Coffee\n"), by_id, "an id is all that counts where there is one");
    let twice = read("ID,Name\n7,Tea\n7,Coffee\n,Cake\n").into_import(source());
    let said: Vec<_> = twice.bad.iter().map(|bad| format!("{} {}", bad.row, bad.reason)).collect();
    assert_eq!(said, ["3 it has the same id as line 2", "4 its id is empty"]);
    let key = mapping(json!({ "key": ["name"] }));
    let sheet = Sheet::read("a.csv", b"Name,Postcode\nTea,E17 9PQ\nTea,E17 9PR\n", Some(&key), None).expect("read");
    assert_eq!(sheet.into_import(source()).bad.len(), 1);
}

#[test]
fn a_changed_cell_changes_a_field_and_not_the_whole() {
    let of = |when: &str, tel: &str| listing("Name,When,Where,Tel", &format!("Tea,{when},Hall E17 9PQ,{tel}"));
    let (first, second) = (of("Tuesdays 10-12", "020 8000 0001"), of("Wednesdays 10-12", "020 8000 0002"));
    let edits = crate::document::diff(&first, &second);
    let fields: Vec<&str> = edits.iter().filter_map(|edit| edit.path.last().map(String::as_str)).collect();
    assert_eq!(fields, ["number", "byday"]);
}

#[test]
fn cells_are_read_as_they_are_meant_and_no_text_is_lost() {
    let once = listing("Name,Date,Day,Start,End", "Fair,14/03/2026,Saturday,10:00,16:00");
    assert_eq!(
        only(&once["sessions"]),
        json!({
            "dtstart": "2026-03-14", "valid_from": "2026-03-14", "valid_to": "2026-03-14", "opens_at": "10:00", "closes_at": "16:00",
        })
    );
    let wrong_day = listing("Name,Date,Day,Start,End", "Fair,14/03/2026,Sunday,10:00,16:00");
    assert_eq!(only(&wrong_day["sessions"])["description"], "Sunday, 14/03/2026, 10:00-16:00");
    let weekly = listing("Name,Day,Start,End", "Tea,Tuesday,10:00,12:00");
    assert_eq!(
        only(&weekly["sessions"]),
        json!({ "freq": "WEEKLY", "byday": "TU", "opens_at": "10:00", "closes_at": "12:00" })
    );
    let reach = listing(
        "Name,Contact,Tel,Email",
        "Tea,\"Ann Lee, ann@example.org 07700 900123\",020 8000 0001 / 020 8000 0002,a@example.org; b@example.org",
    );
    let contacts: Vec<_> =
        reach["contacts"].as_object().expect("contacts").values().map(|c| c["email"].clone()).collect();
    assert!(contacts.contains(&json!("ann@example.org")) && contacts.contains(&json!("b@example.org")), "{contacts:?}");
    assert_eq!((reach["phones"].as_object().expect("phones").len(), &reach["email"]), (2, &json!("a@example.org")));
    let words = listing("Name,Tel,Email,Ages", "Tea,ask at the desk,none,any age");
    assert_eq!(words["extra"], json!({ "Tel": "ask at the desk", "Email": "none" }));
    assert_eq!(words["eligibility_description"], "Ages: any age");
    let online = listing("Name,Where", "Tea,Via Zoom");
    assert_eq!(only(&online["locations"])["location_type"], "virtual");
    let street = listing("Name,Where", "Tea,12 High Street E17 9PQ");
    let address = only(&only(&street["locations"])["addresses"]);
    assert_eq!((&address["address_1"], &address["postal_code"]), (&json!("12 High Street"), &json!("E17 9PQ")));
    let columns = listing(
        "Name,Venue,Address line 1,Address line 2,Town,Postcode",
        "Tea,Hall,1 High St,Back room,London,e17 9pq",
    );
    let place = only(&columns["locations"]);
    assert_eq!(
        (&place["name"], &only(&place["addresses"])["address_1"]),
        (&json!("Hall"), &json!("1 High St, Back room"))
    );
    let ages = listing("Name,Ages", "Tea,5-11");
    assert_eq!((&ages["minimum_age"], &ages["maximum_age"]), (&json!(5), &json!(11)));
}

#[test]
fn a_cost_is_an_amount_only_where_it_says_one() {
    let check = |text: &str, expected: Value| assert_eq!(Value::Object(cell::cost(text)), expected, "{text}");
    check("Free", json!({ "option": "Free", "amount": 0, "currency": "GBP" }));
    check("free of charge.", json!({ "option": "free of charge.", "amount": 0, "currency": "GBP" }));
    check("£0", json!({ "amount": 0, "currency": "GBP" }));
    check("£3", json!({ "amount": 3, "currency": "GBP" }));
    check("2.50", json!({ "amount": 2.5, "currency": "GBP" }));
    check("£2.50 per session", json!({ "amount": 2.5, "currency": "GBP", "amount_description": "per session" }));
    check("£4/week", json!({ "amount": 4, "currency": "GBP", "amount_description": "/week" }));
    for text in [
        "Donation",
        "£3 (£2 concessions)",
        "Free for members",
        "£3 or £10 a month",
        "about £5",
        "First session free",
        "£",
        "1.2.3",
    ] {
        check(text, json!({ "option": text }));
    }
}

#[test]
fn telephones_and_addresses_are_told_from_the_words_around_them() {
    let check = |text: &str, phones: &[&str], emails: &[&str], rest: &str| {
        let found = cell::reach(text);
        assert_eq!(
            (found.phones, found.emails, found.rest.as_str()),
            (phones.iter().map(|p| (*p).to_owned()).collect(), emails.iter().map(|e| (*e).to_owned()).collect(), rest),
            "{text}"
        );
    };
    check("020 8000 0001", &["020 8000 0001"], &[], "");
    check("020 8000 0001 (Ann)", &["020 8000 0001"], &[], "Ann");
    check("Ann: 07700 900123", &["07700 900123"], &[], "Ann");
    check("(020) 8000 0001 / +44 7700 900123", &["(020) 8000 0001", "+44 7700 900123"], &[], "");
    check("+44 (0)20 8000 0001 ext 12", &["+44 (0)20 8000 0001"], &[], "ext 12");
    check("Ann Lee, ann@example.org or 020 8000 0001", &["020 8000 0001"], &["ann@example.org"], "Ann Lee");
    check("Tel: 020 8000 0001, email: a@example.org", &["020 8000 0001"], &["a@example.org"], "");
    check("Room 12", &[], &[], "Room 12");
    check("(ring Ann)", &[], &[], "ring Ann");
    check("<ann@example.org>;bob@example.org", &[], &["ann@example.org", "bob@example.org"], "");
}

#[test]
fn postcodes_are_found_within_words() {
    let check = |text: &str, expected: Option<(&str, &str)>| {
        let expected = expected.map(|(postcode, rest)| (postcode.to_owned(), rest.to_owned()));
        assert_eq!(cell::postcode(text), expected, "{text}");
    };
    check("Hall, High Street, E17 9PQ", Some(("E17 9PQ", "Hall, High Street")));
    check("Hall, w1a1aa, London", Some(("W1A 1AA", "Hall, London")));
    check("SW1A 2AA", Some(("SW1A 2AA", "")));
    check("Room 12 at B1 1AA (rear)", Some(("B1 1AA", "Room 12 at, (rear)")));
    for text in ["", "E17", "Hall, High Street", "Room AB12 3CDE", "MIE17 9PQR", "Straße 1"] {
        check(text, None);
    }
}

#[test]
fn telephone_numbers_that_a_spreadsheet_rounded_are_told() {
    let import = read("Name,Tel\nTea,4.47701E+11\nCake,020 8000 0001\n").into_import(source());
    assert!(import.notes.iter().any(|note| note.contains("has rounded: 1 (") && note.contains("line 2")));
    let tea = import.listings.values().find(|listing| listing["name"] == "Tea").expect("there");
    assert_eq!(tea["extra"]["Tel"], "4.47701E+11");
}

proptest! {
    #[test]
    fn whatever_the_cells_hold_a_row_is_refused_or_becomes_a_document(
        cells in prop::collection::vec("[a-zA-Z0-9£@.,:;()/ +é\u{2013}-]{0,16}", 12)
    ) {
        let headings = "Name,When,Day,Date,Time,Where,Address,Postcode,Cost,Tel,Contact,Ages";
        let row: Vec<String> = cells.iter().map(|cell| format!("\"{cell}\"")).collect();
        let text = format!("{headings}\n{}\n", row.join(","));
        if let Ok(sheet) = Sheet::read("a.csv", text.as_bytes(), None, None) {
            for listing in sheet.into_import(source()).listings.values() {
                let fitted = check_value(Kind::LISTING, listing, Fit::Typed).expect("fits");
                prop_assert_eq!(&fitted, listing);
                let whole = listing.to_string().to_lowercase();
                for word in cells[1].split(' ').chain(cells[5].split(' ')).filter(|w| w.len() > 4 && w.chars().all(|c| c.is_ascii_lowercase())) {
                    let is_day = super::super::when::weekday(word).is_some();
                    prop_assert!(is_day || whole.contains(word), "{} is lost from {}", word, whole);
                }
            }
        }
    }
}
