use super::data::{Data, Organisation, What};
use super::listing::{listing, organisation};
use super::schedule::{Term, financial_year_end, next, schedule, term};
use jiff::civil::{Date, date};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A Wednesday.
const TODAY: Date = date(2026, 1, 14);

fn data() -> Data {
    Data::read().expect("the files read")
}

/// Every listing in full, those that come while the borough runs too.
fn listings(data: &Data, today: Date) -> Vec<Map<String, Value>> {
    let desk = |organisation: &Organisation| listing(organisation.listings().next().unwrap(), &data.venues, today);
    let own = data.organisations.iter().flat_map(Organisation::listings);
    let own = own.map(|row| listing(row, &data.venues, today).unwrap());
    let first = &data.organisations[0];
    assert!(desk(first).is_ok());
    let new = data.events.iter().filter_map(|event| match &event.what {
        What::Add { listing: row } => Some(listing((first.first_desk().unwrap(), row), &data.venues, today).unwrap()),
        _ => None,
    });
    own.chain(new).collect()
}

#[test]
fn every_kind_of_listing_is_there() {
    let data = data();
    let all = listings(&data, TODAY);
    assert!((190..=220).contains(&all.len()), "{} listings", all.len());
    let has = |what: &str, test: &dyn Fn(&Map<String, Value>) -> bool| {
        let found = all.iter().filter(|listing| test(listing)).count();
        assert!(found >= 2, "{found} listings {what}");
    };
    let session = |listing: &Map<String, Value>| listing["sessions"][0].clone();
    has("every week", &|l| session(l)["freq"] == "WEEKLY" && session(l)["interval"].is_null());
    has("every fortnight", &|l| session(l)["interval"] == 2);
    has("by the weekday of the month", &|l| session(l)["freq"] == "MONTHLY");
    has("in term time", &|l| session(l)["exceptions"][0]["reason"] == "half-term");
    has("by appointment", &|l| session(l)["booking"].is_string());
    for life in ["one-off", "short course", "rolling"] {
        has(life, &|l| l["life"]["kind"] == life);
    }
    for status in ["active", "paused", "ended"] {
        has(status, &|l| l["status"] == status);
    }
    for kind in ["service", "group", "event", "outreach"] {
        has(kind, &|l| l["kind"] == kind);
    }
    for how in ["self", "signpost", "referral"] {
        has(how, &|l| l["pathway"]["how"] == how);
    }
    has("for nothing", &|l| l["cost_options"][0]["amount"] == 0);
    has("for a donation", &|l| l["cost_options"][0]["option"] == "Donation");
    has("at one price", &|l| l["cost_options"].as_array().unwrap().len() == 1 && l["cost_options"][0]["amount"] != 0);
    has("at a sliding price", &|l| l["cost_options"].as_array().unwrap().len() > 1);
    has("funded until a day", &|l| l.contains_key("funded_until"));
    has("that are full", &|l| l.get("capacities").is_some_and(|c| c[0]["available"] == 0));
    has("with a waiting list", &|l| l.contains_key("waiting_list"));
    has("to bring something to", &|l| l.contains_key("required_documents"));
    has("with an upper age", &|l| l.contains_key("maximum_age"));
    has("in another language", &|l| l["languages"].as_array().unwrap().len() > 1);
    for access in ["step_free", "hearing_loop", "accessible_toilet"] {
        for said in [true, false] {
            has(access, &|l| l["locations"][0]["accessibility"][0][access] == said);
        }
    }
    let audiences: BTreeSet<_> = data
        .organisations
        .iter()
        .flat_map(Organisation::listings)
        .filter_map(|(_, row)| row.audience.clone())
        .collect();
    assert_eq!(Vec::from_iter(audiences), ["own", "partners"]);
}

/// Numbers that Ofcom keeps for drama, and addresses that nobody can have: nobody is to be rung up.
#[test]
fn nobody_in_it_can_be_reached() {
    let data = data();
    let mut said = String::new();
    for organisation_data in &data.organisations {
        said.push_str(&Value::Object(organisation(organisation_data)).to_string());
    }
    said.extend(listings(&data, TODAY).into_iter().map(|listing| Value::Object(listing).to_string()));
    let is_number = |text: &str| text.len() > 8 && text.chars().all(|c| c.is_ascii_digit() || c == ' ');
    let mut count = 0;
    for number in said.split('"').filter(|text| is_number(text)) {
        assert!(number.starts_with("020 7946 0") || number.starts_with("07700 900"), "{number}");
        count += 1;
    }
    assert!(count > 200, "{count} numbers");
    for text in said.split('"').filter(|text| text.contains('@') || text.contains("://")) {
        let host = text.split(['@', '/']).rfind(|part| part.contains("example")).unwrap_or_default();
        assert!(host.ends_with(".example.org"), "{text}");
    }
}

#[test]
fn names_are_used_once_and_events_find_theirs() {
    let data = data();
    let mut names = BTreeMap::new();
    for organisation in &data.organisations {
        for (_, row) in organisation.listings() {
            let before = names.insert(row.name.as_str(), organisation.folder.as_str());
            assert_eq!(before, None, "{} is there twice", row.name);
        }
    }
    for event in &data.events {
        if matches!(event.what, What::Referral { .. }) {
            continue;
        }
        if let What::Add { listing } = &event.what {
            assert_eq!(names.insert(&listing.name, &event.node), None);
        }
        assert_eq!(names.get(event.what.name()), Some(&event.node.as_str()), "{}", event.what.name());
    }
}

/// A round leaves everything as it found it, so that the borough does not grow while it runs.
#[test]
fn what_happens_is_undone_in_the_same_round() {
    let mut open = BTreeSet::new();
    for event in &data().events {
        let name = event.what.name().to_owned();
        match &event.what {
            What::Cancel { .. } | What::Add { .. } | What::Alert { alert: Some(_), .. } => assert!(open.insert(name)),
            What::Resume { .. } | What::Withdraw { .. } | What::Alert { alert: None, .. } => {
                assert!(open.remove(&name))
            }
            What::Space { .. } | What::Referral { .. } => {}
        }
    }
    assert_eq!(open, BTreeSet::new());
}

#[test]
fn the_same_day_gives_the_same_borough_and_no_day_breaks_it() {
    assert_eq!(listings(&data(), TODAY), listings(&data(), TODAY));
    let days = [date(2026, 2, 28), date(2028, 2, 29), date(2026, 8, 31), date(2026, 12, 31), date(2027, 1, 1)];
    for day in days {
        listings(&data(), day);
    }
}

#[test]
fn few_words_become_a_session() {
    fn check(text: &str, expected: &[(&str, &str)]) {
        let session = schedule(text, TODAY).unwrap().session;
        for (field, value) in expected {
            let said = session.get(*field).map(|said| said.to_string().replace('"', "")).unwrap_or_default();
            assert_eq!(said, *value, "{field} of {text:?}");
        }
    }
    let hours = [("opens_at", "18:00"), ("closes_at", "20:00")];
    check("weekly TU,TH 18:00-20:00", &hours);
    check("weekly TU,TH 18:00-20:00", &[("freq", "WEEKLY"), ("byday", "TU,TH"), ("dtstart", "")]);
    check("fortnightly WE 18:00-20:00", &[("interval", "2"), ("dtstart", "2025-09-03")]);
    check("monthly -1FR 18:00-20:00", &[("freq", "MONTHLY"), ("byday", "-1FR")]);
    check("once SA+2 18:00-20:00", &[("dtstart", "2026-01-24"), ("valid_to", "2026-01-24"), ("freq", "")]);
    check("once WE+1 18:00-20:00", &[("dtstart", "2026-01-21")]);
    check("once SA-1 18:00-20:00", &[("dtstart", "2026-01-10")]);
    check("course TU+1 18:00-20:00 x6", &[("count", "6"), ("valid_from", "2026-01-20"), ("valid_to", "2026-02-24")]);
    check("term MO 18:00-20:00", &[("valid_from", "2026-01-05"), ("valid_to", "2026-03-27")]);
    check("ended SU 18:00-20:00", &[("until", "2025-12-14")]);
}

#[test]
fn words_that_make_no_sense_are_refused() {
    for text in [
        "",
        "weekly",
        "weekly TU",
        "weekly TU 18:00",
        "yearly TU 18:00-20:00",
        "once SA 10:00-11:00",
        "course TU+1 10:00-11:00 xx",
        "term XX 10:00-11:00",
    ] {
        let refusal = schedule(text, TODAY).unwrap_err();
        assert!(refusal.message.contains("cannot be read") && refusal.hint.is_some(), "{refusal:?}");
    }
}

#[test]
fn terms_follow_one_another() {
    let on = |month, day| term(date(2026, month, day)).unwrap();
    let spring = Term { from: date(2026, 1, 5), to: date(2026, 3, 27), half_term: date(2026, 2, 16) };
    let summer = Term { from: date(2026, 4, 20), to: date(2026, 7, 17), half_term: date(2026, 5, 25) };
    let autumn = Term { from: date(2026, 9, 7), to: date(2026, 12, 18), half_term: date(2026, 10, 26) };
    assert_eq!(on(1, 1), spring);
    assert_eq!(on(3, 27), spring);
    assert_eq!(on(3, 28), summer);
    assert_eq!(on(8, 1), autumn);
    assert_eq!(on(12, 19).from, date(2027, 1, 11));
}

#[test]
fn days_to_come() {
    assert_eq!(next("WE", TODAY).unwrap(), date(2026, 1, 21));
    assert_eq!(next("TH,FR", TODAY).unwrap(), date(2026, 1, 15));
    assert_eq!(financial_year_end(TODAY), date(2026, 3, 31));
    assert_eq!(financial_year_end(date(2026, 3, 15)), date(2027, 3, 31));
}
