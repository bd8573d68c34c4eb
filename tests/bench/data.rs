//! Listings made for measuring: HSDS-UK 3.0 services of the size that real ones have, the same at every run.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

const WHAT: &[&str] = &["art", "gardening", "walking", "English", "supper", "choir", "legal advice", "swimming"];
const WHERE: &[&str] = &["Leyton", "Walthamstow", "Chingford", "Leytonstone", "Highams Park", "Wood Street"];
const DAYS: &[&str] = &["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const TEXT: &[&str] = &[
    "Come as you are; nobody needs to book.",
    "There is tea, and somebody who speaks your language on most days.",
    "The hall has a ramp at the side door and a hearing loop at the front.",
    "Children are welcome with somebody who looks after them.",
    "We meet all year but for the last week of August.",
    "If it is your first time, ask for the person with the yellow lanyard.",
    "Bus stops are two minutes away, and a bicycle can stand in the yard.",
];

/// Writes services as NDJSON: those of these numbers.
pub(crate) fn write(path: &Path, numbers: Range<usize>) -> std::io::Result<()> {
    let mut out = String::new();
    for n in numbers {
        let _ = writeln!(out, "{}", service(n));
    }
    std::fs::write(path, out)
}

/// The id of the service of this number, which is its listing's.
pub(crate) fn id(n: usize) -> String {
    uuid(1, n)
}

fn service(n: usize) -> serde_json::Value {
    let pick = |list: &[&'static str], salt: usize| list[(n.wrapping_mul(2_654_435_761) ^ salt) % list.len()];
    let (what, place) = (pick(WHAT, 1), pick(WHERE, 7));
    let text: Vec<_> = (0..10).map(|line| pick(TEXT, line * 31)).collect();
    serde_json::json!({
        "id": id(n),
        "name": format!("{what} in {place}, group {n}"),
        "description": format!("A weekly {what} group. {}", text.join(" ")),
        "url": format!("https://example.org/groups/{n}"),
        "email": format!("group{n}@example.org"),
        "status": "active",
        "organization": {
            "id": uuid(2, n / 4), "name": format!("{place} neighbours {}", n / 4), "description": "A small charity.",
        },
        "eligibility_description": "Adults of any age, with or without papers.",
        "minimum_age": 18,
        "phones": [{ "id": uuid(3, n), "number": "020 7946 0000", "languages": [] }],
        "languages": [{ "id": uuid(4, n), "name": "English", "code": "en" }, { "id": uuid(5, n), "name": "Polish", "code": "pl" }],
        "cost_options": [{ "id": uuid(6, n), "option": "free", "amount": 0, "currency": "GBP" }],
        "schedules": [{
            "id": uuid(7, n), "freq": "WEEKLY", "byday": pick(DAYS, 3), "opens_at": "10:00", "closes_at": "12:30",
            "valid_from": "2026-01-05", "valid_to": "2026-12-18",
        }],
        "service_at_locations": [{
            "id": uuid(8, n),
            "location": {
                "id": uuid(9, n / 3), "location_type": "physical", "name": format!("{place} hall"), "latitude": 51.57, "longitude": -0.01,
                "addresses": [{
                    "id": uuid(10, n / 3), "address_1": format!("{} High Road", n % 300 + 1), "city": "London",
                    "region": "Waltham Forest", "state_province": "Greater London", "postal_code": "E10 5NA", "country": "GB",
                    "address_type": "physical",
                }],
            },
        }],
    })
}

fn uuid(what: usize, n: usize) -> String {
    format!("{what:08x}-0000-4000-8000-{n:012x}")
}
