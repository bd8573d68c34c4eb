//! Agreements: of two organisations, and of a person.

use super::*;
use crate::limits::{AGREEMENT_BYTES, AGREEMENT_RECEIVERS, AGREEMENT_WORDS_BYTES};
use crate::{OrgId, RefusalKind};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const CANARY: &str = "Zebedee Canary";

pub(super) fn organisation(number: u8) -> OrgId {
    OrgId::from_bytes([number; 32])
}

/// 30 November 2026, noon.
pub(super) fn now() -> Timestamp {
    moment("2026-11-30T12:00:00Z")
}

pub(super) fn moment(text: &str) -> Timestamp {
    Timestamp::from_ms(text.parse::<jiff::Timestamp>().expect("a moment").as_millisecond())
}

/// An agreement as an author writes one, on the day before, to organisation 2.
pub(super) fn written() -> Value {
    json!({
        "given_by": "person",
        "how": "telephone",
        "language": "pl",
        "interpreter": "colleague",
        "covers": [organisation(2).to_string()],
        "pass_back": "outcome",
        "given_at": "2026-11-29",
        "expires_at": "2027-05-30",
        "words": CANARY,
    })
}

pub(super) fn record() -> AgreementRecord {
    AgreementRecord::read(&written()).expect("an agreement")
}

fn with(field: &str, value: Value) -> Value {
    let mut written = written();
    written[field] = value;
    written
}

fn without(field: &str) -> Value {
    let mut written = written();
    written.as_object_mut().expect("a map").remove(field);
    written
}

#[test]
fn an_agreement_of_two_organisations_has_a_name_and_an_end() {
    let check = |reference: &str, signed_on: Option<Date>, expires_at: &str| {
        outcome(SharingAgreement::new(organisation(2), reference, signed_on, moment(expires_at), now()))
    };
    let (later, signed) = ("2028-01-01T00:00:00Z", Some(date(2026, 11, 1)));
    assert_eq!(check("DSA 12", signed, later), "taken");
    assert_eq!(check("DSA 12", None, "2036-11-30T00:00:00Z"), "taken");
    assert_eq!(check("DSA 12", Some(date(2026, 12, 1)), later), "taken", "it is tomorrow already in Auckland");
    let lines = [
        check(" ", signed, later),
        check(&"x".repeat(201), signed, later),
        check("DSA\n12", signed, later),
        check("DSA \u{1b}[2J", signed, later),
        check("DSA 12", signed, "2026-11-30T12:00:00Z"),
        check("DSA 12", signed, "2037-01-01T00:00:00Z"),
        check("DSA 12", Some(date(2026, 12, 2)), later),
        check("DSA 12", Some(date(1026, 11, 1)), later),
        check("DSA 12", Some(date(2026, 12, 1)), "2026-11-30T18:00:00Z"),
    ];
    golden("sharing", &lines.join("\n"));
}

#[test]
fn an_agreement_of_two_organisations_ends() {
    let expires_at = moment("2027-01-01T00:00:00Z");
    let sharing = SharingAgreement::new(organisation(2), " DSA 12 ", None, expires_at, now()).expect("an agreement");
    assert_eq!(sharing.reference, "DSA 12");
    assert_eq!(sharing.check(expires_at.plus_ms(-1)), Ok(()));
    let refusal = sharing.check(expires_at).expect_err("it ended");
    assert_eq!(refusal.kind, RefusalKind::Expired);
    let said = refused(&refusal).replace(&organisation(2).to_string(), "THEM");
    insta::assert_snapshot!(said, @r#"Expired: the sharing agreement "DSA 12" with THEM ended on 2026-12-31 (renew it, then put the new one on record: `fingerpost partner agreement THEM --reference "…" --expires YYYY-MM-DD`)"#);
}

#[test]
fn what_an_author_writes_reads_back() {
    let read = record();
    assert_eq!((read.given_by, read.how, read.interpreter), (GivenBy::Person, How::Telephone, Interpreter::Colleague));
    assert_eq!((read.language.as_str(), read.pass_back, read.rests_on), ("pl", PassBack::Outcome, RestsOn::Own));
    assert_eq!(read.covers, BTreeSet::from([organisation(2)]));
    assert_eq!(read.given_at, moment("2026-11-29T00:00:00Z"));
    assert_eq!(read.expires_at, Some(moment("2027-05-31T00:00:00Z")), "until the end of that day");
    assert_eq!(read.words.as_deref(), Some(CANARY));
    assert_eq!(AgreementRecord::read(&read.value()).as_ref(), Ok(&read));
    assert_eq!(AgreementRecord::parse(&read.bytes()).as_ref(), Ok(&read));
    let mut for_another = with("given_by", json!("representative"));
    for_another["relation"] = json!("daughter-or-son");
    for_another["ground"] = json!("lasting-power-of-attorney");
    for_another["given_at"] = json!("2026-11-29T14:30:00+01:00");
    for_another["rests_on"] = json!("previous");
    for field in ["interpreter", "expires_at", "words"] {
        for_another[field] = Value::Null;
    }
    let read = AgreementRecord::read(&for_another).expect("an agreement");
    let ground = Ground::LastingPowerOfAttorney;
    assert_eq!(read.given_by, GivenBy::Representative { relation: Relation::DaughterOrSon, ground });
    assert_eq!(read.given_at, moment("2026-11-29T13:30:00Z"));
    assert_eq!((read.rests_on, read.interpreter), (RestsOn::Previous, Interpreter::None));
    assert_eq!((read.expires_at, &read.words), (None, &None));
    assert_eq!(AgreementRecord::parse(&read.bytes()).as_ref(), Ok(&read));
}

#[test]
fn an_author_is_told_what_to_write_instead_and_nothing_of_the_person() {
    let many: Vec<String> = (0..=AGREEMENT_RECEIVERS).map(|n| organisation(n as u8).to_string()).collect();
    let mut misspelt = written();
    misspelt["langauge"] = json!("pl");
    let mut strange = written();
    strange[CANARY] = json!("pl");
    let represented = |relation: Value, ground: Value| {
        let mut written = with("given_by", json!("representative"));
        (written["relation"], written["ground"]) = (relation, ground);
        written
    };
    let cases = [
        json!(CANARY),
        misspelt,
        strange,
        without("given_by"),
        with("given_by", json!(CANARY)),
        with("relation", json!("parent")),
        represented(Value::Null, json!("court-deputy")),
        represented(json!("parent"), Value::Null),
        represented(json!(CANARY), json!("court-deputy")),
        without("how"),
        with("how", json!(true)),
        without("language"),
        with("language", json!(CANARY)),
        with("language", json!(["pl"])),
        with("interpreter", json!(false)),
        without("covers"),
        with("covers", json!([])),
        with("covers", json!(CANARY)),
        with("covers", json!([organisation(2).to_string(), CANARY])),
        with("covers", json!(many)),
        without("pass_back"),
        with("pass_back", json!("all")),
        without("given_at"),
        with("given_at", json!(CANARY)),
        with("given_at", json!("2026-11-31")),
        with("given_at", json!("2026-11-29T14:30")),
        with("given_at", json!("1026-11-29")),
        with("given_at", json!("9999-12-31T00:00:00Z")),
        with("expires_at", json!("2226-05-30")),
        with("expires_at", json!("2026-11-28")),
        with("rests_on", json!("theirs")),
        with("words", json!("  ")),
        with("words", json!(format!("{CANARY}\u{0}"))),
        with("words", json!("x".repeat(AGREEMENT_WORDS_BYTES + 1))),
    ];
    let lines: Vec<_> = cases.iter().map(|written| outcome(AgreementRecord::read(written))).collect();
    golden("consent", &lines.join("\n"));
    assert!(lines.iter().all(|line| !line.contains(CANARY) && line != "taken"));
}

#[test]
fn a_record_is_parsed_as_it_was_written_and_in_no_other_way() {
    let bytes = record().bytes();
    let check = |bytes: &[u8], expected: &str| {
        let said = outcome(AgreementRecord::parse(bytes));
        assert!(said.contains(expected) && !said.contains(CANARY), "{said}");
    };
    check(&bytes[..bytes.len() - 1], "does not parse");
    check(&[b" ", bytes.as_slice()].concat(), "canonical");
    check(&serde_json::to_vec(&written()).expect("JSON"), "canonical");
    check(&serde_json::to_vec(&with("expires_at", Value::Null)).expect("JSON"), "canonical");
    let text = String::from_utf8(bytes.clone()).expect("text");
    check(text.replace("\"how\":", "\"how\":\"video\",\"how\":").as_bytes(), "canonical");
    check(&vec![b'['; AGREEMENT_BYTES], "does not parse");
    check(&vec![b'x'; AGREEMENT_BYTES + 1], "TooLarge");
    let largest = AgreementRecord {
        covers: (0..AGREEMENT_RECEIVERS).map(|n| organisation(n as u8)).collect(),
        words: Some("\n".repeat(AGREEMENT_WORDS_BYTES - 1) + "x"),
        ..record()
    };
    assert_eq!(AgreementRecord::parse(&largest.bytes()).as_ref(), Ok(&largest));
    insta::assert_snapshot!(text.replace(CANARY, "…"), @r#"{"covers":["aibaea-qcaiba-eaqcai-baeaqc-aibaea-qcaiba-eaqcai-baeaqc-aibai"],"expires_at":"2027-05-31T00:00:00Z","given_at":"2026-11-29T00:00:00Z","given_by":"person","how":"telephone","interpreter":"colleague","language":"pl","pass_back":"outcome","rests_on":"own","words":"…"}"#);
}

#[test]
fn an_agreement_is_asked_for_whom_and_when() {
    let check = |record: &AgreementRecord, receiver: u8, at: &str| {
        outcome(record.check(&organisation(receiver), moment(at))).replace(&organisation(receiver).to_string(), "THEM")
    };
    assert_eq!(check(&record(), 2, "2026-11-30T12:00:00Z"), "taken");
    assert_eq!(check(&record(), 2, "2026-11-28T00:00:00Z"), "taken", "by a clock that is a day behind");
    assert_eq!(check(&record(), 2, "2027-05-30T23:59:59Z"), "taken");
    let endless = AgreementRecord { expires_at: None, ..record() };
    assert_eq!(check(&endless, 2, "2090-01-01T00:00:00Z"), "taken");
    insta::assert_snapshot!(check(&record(), 3, "2026-11-27T23:59:59Z"), @"Invalid: the person's agreement is given on a day to come (look at `given_at` of the agreement, and at this machine's clock)");
    insta::assert_snapshot!(check(&record(), 3, "2027-05-31T00:00:00Z"), @"Expired: the person's agreement ended on 2027-05-30 (ask the person again, and write down what they agree to now)");
    insta::assert_snapshot!(check(&record(), 3, "2026-11-30T12:00:00Z"), @"NotAllowed: the person's agreement does not name THEM (ask the person whether this organisation may have it; if so, add it under `covers`)");
}

#[test]
fn both_parties_know_its_end_and_what_may_be_passed_back() {
    let hash = BlobHash::from_bytes([9; 32]);
    let known = record().agreement(hash);
    let expires_at = Some(moment("2027-05-31T00:00:00Z"));
    assert_eq!(known, Agreement { record: hash, rests_on: RestsOn::Own, pass_back: PassBack::Outcome, expires_at });
}

#[test]
fn no_agreement_of_a_person_is_printed() {
    let printed = format!("{:?} {:?} {:?}", record(), record().given_by, Content::Agreement(record()));
    assert_eq!(printed, "AgreementRecord([hidden]) GivenBy([hidden]) Content::Agreement([hidden])");
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

/// Any agreement that somebody could have written down.
pub(super) fn records() -> impl Strategy<Value = AgreementRecord> {
    let given_by = prop_oneof![
        Just(GivenBy::Person),
        (any_of(Relation::ALL), any_of(Ground::ALL))
            .prop_map(|(relation, ground)| GivenBy::Representative { relation, ground }),
    ];
    let covers = proptest::collection::btree_set(any::<[u8; 32]>().prop_map(OrgId::from_bytes), 1..8);
    let moments = (946_684_800_000_i64..4_000_000_000_000, proptest::option::of(1_i64..1_000_000_000_000));
    let how = (any_of(How::ALL), any_of(Interpreter::ALL), any_of(&["en", "cy", "zh-Hant", "pl"]));
    let permits = (any_of(&PassBack::ALL), any_of(&RestsOn::ALL));
    let words = proptest::option::of("[^\\p{Cc}]{0,30}[\\p{L}\\n\"\\\\]{0,20}x");
    (given_by, covers, moments, how, permits, words).prop_map(
        |(given_by, covers, (given_ms, span), (how, interpreter, language), (pass_back, rests_on), words)| {
            let given_at = Timestamp::from_ms(given_ms);
            let expires_at = span.map(|ms| given_at.plus_ms(ms));
            let language = language.to_owned();
            AgreementRecord {
                given_by,
                how,
                language,
                interpreter,
                covers,
                pass_back,
                given_at,
                expires_at,
                rests_on,
                words,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_agreement_reads_back(record in records()) {
        prop_assert_eq!(AgreementRecord::parse(&record.bytes()), Ok(record.clone()));
        prop_assert_eq!(AgreementRecord::read(&record.value()), Ok(record));
    }

    #[test]
    fn bytes_that_are_changed_are_refused_or_are_another_agreement(
        record in records(), at in any::<proptest::sample::Index>(), byte: u8, tail in proptest::collection::vec(any::<u8>(), 0..80)
    ) {
        let mut bytes = record.bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = AgreementRecord::parse(&bytes) {
            prop_assert_eq!(read.bytes(), bytes);
        }
        prop_assert!(AgreementRecord::parse(&tail).is_err());
    }
}
