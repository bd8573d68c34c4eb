//! What a person finds in the editor who adds a listing.

use serde_json::{Value, json};

/// A whole example, to be changed: lists of things without ids, which [`crate::document::shape::keyed`] gives them.
pub fn template() -> Value {
    json!({
        "name": "Tuesday supper club",
        "description": "A hot meal and company for anyone who would rather not eat alone.",
        "kind": "group",
        "status": "active",
        "url": "https://example.org/supper",
        "email": "hello@example.org",
        "phones": [{ "number": "020 7946 0000", "description": "Ann, weekdays" }],
        "languages": [{ "code": "en", "name": "English" }],
        "eligibility_description": "Anyone over 18.",
        "minimum_age": 18,
        "sessions": [{
            "freq": "WEEKLY",
            "byday": "TU",
            "opens_at": "18:00",
            "closes_at": "20:00",
            "booking": "Just come along",
        }],
        "locations": [{
            "location_type": "physical",
            "name": "St Mary's hall",
            "addresses": [{
                "address_1": "1 Church Hill",
                "city": "London",
                "state_province": "Greater London",
                "postal_code": "E17 9RJ",
                "country": "GB",
                "address_type": "physical",
            }],
            "accessibility": [{ "description": "Step-free from Church Hill, accessible toilet", "step_free": true }],
        }],
        "cost_options": [{ "option": "Everyone", "amount": 0, "currency": "GBP" }],
        "life": { "kind": "rolling" },
        "funded_until": "2027-03-31",
        "capacities": [{ "unit": "seats", "available": 6, "maximum": 30 }],
        "pathway": { "how": "self" },
    })
}
