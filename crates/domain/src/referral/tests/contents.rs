//! What is inside a payload.

use super::agreements::{CANARY, record, records};
use super::events::bodies;
use super::payload::CONTENT_BYTES;
use super::*;
use crate::form::{Answers, Form, Score, shipped};
use crate::limits::{ANSWERS_BYTES, WORDS_BYTES};
use crate::{FormHash, OrgId, RefusalKind};
use proptest::prelude::*;
use prost::Message;
use serde_json::json;
use std::collections::BTreeSet;

/// The fields of `ReferralContent`, to write what an honest node would not.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Written {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(bytes = "vec", tag = "2")]
    answers: Vec<u8>,
    #[prost(string, tag = "3")]
    words: String,
    #[prost(string, tag = "4")]
    language: String,
    #[prost(message, repeated, tag = "5")]
    scores: Vec<WrittenScore>,
    #[prost(bytes = "vec", tag = "6")]
    agreement: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WrittenScore {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    value: u32,
}

fn form() -> Form {
    shipped::by_name("arts-group").and_then(shipped::Shipped::form).expect("a form")
}

fn answers() -> Answers {
    Answers::draft(&form(), &json!({ "name": CANARY })).expect("answers")
}

fn feedback() -> Content {
    let scores = [("happiness", 7), ("loneliness", 4)].map(|(name, value)| Score::of(name, value).expect("a score"));
    Content::Words { words: format!("{CANARY} came"), language: Some("en".to_owned()), scores: scores.into() }
}

fn written() -> Written {
    Written { version: 1, words: CANARY.to_owned(), ..Written::default() }
}

#[test]
fn every_content_reads_back() {
    for content in [
        Content::Answers(answers()),
        Content::words("Is there a step?\nHow high?"),
        feedback(),
        Content::Agreement(record()),
    ] {
        let bytes = content.encode().expect("encoded");
        assert_eq!(Content::parse(&bytes), Ok(content));
    }
}

#[test]
fn the_bytes_of_a_content_stay_as_they_are() {
    let content = Content::Words {
        words: "She came".to_owned(),
        language: Some("en".to_owned()),
        scores: [Score::of("happiness", 7).expect("a score")].into(),
    };
    let hex = data_encoding::HEXLOWER.encode(&content.encode().expect("encoded"));
    insta::assert_snapshot!(hex, @"08011a085368652063616d652202656e2a0d0a0968617070696e6573731007");
}

#[test]
fn what_a_node_would_not_have_written_is_refused_and_not_repeated() {
    let check = |written: Written, expected: &str| {
        let said = outcome(Content::parse(&written.encode_to_vec()));
        assert!(said.contains(expected) && !said.contains(CANARY), "{said}");
    };
    let score = |name: &str, value| WrittenScore { name: name.to_owned(), value };
    let both = |a, b| Written { scores: vec![a, b], ..written() };
    check(written(), "taken");
    check(Written { version: 2, ..written() }, "version");
    check(Written { words: String::new(), ..written() }, "not one of answers, words and an agreement");
    check(Written { answers: answers().bytes(), ..written() }, "not one of");
    check(Written { agreement: record().bytes(), ..written() }, "not one of");
    check(Written { words: format!("{CANARY}\u{0}"), ..written() }, "no plain text");
    check(Written { words: " \n".to_owned(), ..written() }, "the words are empty");
    check(Written { words: "x".repeat(WORDS_BYTES + 1), ..written() }, "words of 16385 bytes");
    check(Written { language: CANARY.to_owned(), ..written() }, "a language is not written");
    check(both(score("happiness", 7), score("loneliness", 3)), "taken");
    check(both(score("loneliness", 3), score("happiness", 7)), "canonical");
    check(both(score("happiness", 7), score("happiness", 7)), "canonical");
    check(Written { scores: vec![score("happiness", 11)], ..written() }, "it is from 0 to 10");
    check(Written { scores: vec![score("happiness", u32::MAX)], ..written() }, "it is from 0 to 10");
    check(Written { scores: vec![score("loneliness", 2)], ..written() }, "it is from 3 to 9");
    check(Written { scores: vec![score(CANARY, 2)], ..written() }, "no measure that is known here");
    let only_answers = |answers| Written { version: 1, answers, ..Written::default() };
    check(only_answers(answers().bytes()), "taken");
    check(only_answers(CANARY.as_bytes().to_vec()), "do not parse");
    check(Written { language: "en".to_owned(), ..only_answers(answers().bytes()) }, "canonical");
    check(only_answers(vec![b'x'; ANSWERS_BYTES + 1]), "TooLarge");
    check(Written { agreement: b"{}".to_vec(), version: 1, ..Written::default() }, "has no `given_by`");
    let honest = written().encode_to_vec();
    let say = |bytes: &[u8]| outcome(Content::parse(bytes));
    assert!(say(&[honest.as_slice(), &[0x78, 1]].concat()).contains("canonical"));
    assert!(say(&honest[..honest.len() - 1]).contains("does not parse"));
    assert!(say(&[]).contains("version"));
    assert!(say(&vec![0; CONTENT_BYTES + 1]).contains("TooLarge"));
}

#[test]
fn what_could_not_be_read_is_not_sealed() {
    let check = |content: Content, expected: &str| {
        let said = outcome(content.encode());
        assert!(said.contains(expected) && !said.contains(CANARY), "{said}");
    };
    let say = |words: String, language: Option<&str>, scores: BTreeSet<Score>| Content::Words {
        words,
        language: language.map(str::to_owned),
        scores,
    };
    let none = BTreeSet::new;
    check(say("x".repeat(WORDS_BYTES), None, none()), "taken");
    check(say("x".repeat(WORDS_BYTES + 1), None, none()), "TooLarge: words of 16385 bytes");
    check(say(format!("{CANARY}\u{0}"), None, none()), "no plain text");
    check(say(CANARY.to_owned(), Some(CANARY), none()), "a language is not written");
    let forged = Score { name: "happiness", value: 200, range: (0, 255), band: None };
    check(say(CANARY.to_owned(), None, [forged].into()), "a score of happiness that it cannot come to");
    let forged = Score { band: Some("low"), ..Score::of("happiness", 9).expect("a score") };
    check(say(CANARY.to_owned(), None, [forged].into()), "a score that no measure has");
    let long: serde_json::Map<_, _> = (0..40).map(|n| (format!("q{n}"), json!("x".repeat(4_000)))).collect();
    let long = Answers::draft(&form(), &json!(long)).expect("answers");
    check(Content::Answers(long), "TooLarge: answers of");
    check(Content::Agreement(AgreementRecord { covers: BTreeSet::new(), ..record() }), "names nobody");
    check(Content::Agreement(AgreementRecord { language: CANARY.to_owned(), ..record() }), "a language is not written");
    check(Content::Agreement(AgreementRecord { expires_at: Some(record().given_at), ..record() }), "ends before");
}

#[test]
fn an_event_carries_what_its_action_says() {
    let kinds = [
        ("answers", Content::Answers(answers())),
        ("words", Content::words("x")),
        ("scores", feedback()),
        ("agreement", Content::Agreement(record())),
    ];
    let carries = |action: &Action| {
        let taken = kinds.iter().filter(|(_, content)| content.check_for(*action).is_ok());
        format!("{action}: {}", taken.map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
    };
    golden("carried", &Action::ALL.iter().map(carries).collect::<Vec<_>>().join("\n"));
    for action in Action::ALL {
        let carried = kinds.iter().any(|(_, content)| content.check_for(*action).is_ok());
        assert_eq!(carried, action.payload() != Payload::Forbidden, "{action}");
    }
    let say = |content: &Content, action| refused(&content.check_for(action).expect_err("refused"));
    insta::assert_snapshot!(say(&kinds[1].1, Action::Send), @"Invalid: send carries words (it carries answers to the form)");
    insta::assert_snapshot!(say(&kinds[0].1, Action::Ask), @"Invalid: ask carries answers to the form (it carries words)");
    insta::assert_snapshot!(say(&kinds[3].1, Action::Answer), @"Invalid: answer carries the record of an agreement (it carries words or answers to the form)");
    insta::assert_snapshot!(say(&kinds[1].1, Action::Erase), @"Invalid: erase carries words (it carries nothing)");
    insta::assert_snapshot!(say(&kinds[2].1, Action::Decline), @"Invalid: decline carries scores (they go with feedback, and with the end)");
}

#[test]
fn what_comes_back_is_what_the_person_agreed_to() {
    let (words, scores) = (Content::words("x"), feedback());
    let contents = [("", None), (" with words", Some(&words)), (" with scores", Some(&scores))];
    let mut lines = Vec::new();
    let ends = [Body::End(Outcome::NotTold), Body::Pause(Reason::Other)];
    for body in bodies().into_iter().filter(|body| body.action().is_of(Side::Receiver)).chain(ends) {
        let action = body.action();
        for (what, content) in contents.iter().filter(|(_, content)| match content {
            None => action.payload() != Payload::Required,
            Some(content) => content.check_for(action).is_ok(),
        }) {
            let least = PassBack::ALL.into_iter().find(|agreed| agreed.check(&body, *content).is_ok());
            lines.push(format!("{body:?}{what}: {}", least.expect("progress tells all").word()));
            let narrower = PassBack::ALL.into_iter().filter(|agreed| Some(*agreed) < least);
            lines.extend(
                narrower.filter_map(|agreed| Some(format!("  {}", refused(&agreed.check(&body, *content).err()?)))),
            );
        }
    }
    golden("pass_back", &lines.join("\n"));
}

#[test]
fn no_content_is_printed() {
    let printed = format!("{:?} {:?}", Content::Answers(answers()), feedback());
    assert_eq!(printed, "Content::Answers([hidden]) Content::Words([hidden])");
}

#[test]
fn the_largest_of_each_can_be_sealed() {
    let document = Request::document(referral(), &OrgId::from_bytes([1; 32]));
    let key = DataKey::from_random([5; 32]);
    assert!(key.seal(&document, &vec![0; CONTENT_BYTES], [6; 24]).is_ok());
    let refusal = key.seal(&document, &vec![0; CONTENT_BYTES + 1], [6; 24]).expect_err("too large");
    assert_eq!(refusal.kind, RefusalKind::TooLarge);
    let beside = 1 << 10;
    assert!(ANSWERS_BYTES + beside < CONTENT_BYTES && WORDS_BYTES + beside < CONTENT_BYTES);
}

fn contents() -> impl Strategy<Value = Content> {
    let scores = proptest::collection::btree_set(
        (proptest::sample::select(vec!["life satisfaction", "happiness", "anxiety"]), 0_u8..=10)
            .prop_map(|(name, value)| Score::of(name, value).expect("a score")),
        0..5,
    );
    let language = proptest::option::of(proptest::sample::select(vec!["en".to_owned(), "pt-BR".to_owned()]));
    let words = "[^\\p{Cc}]{0,200}\\n?x";
    let answers = (any::<[u8; 32]>(), proptest::collection::btree_map("[a-z]{1,9}", "[^\\p{Cc}]{0,40}", 0..9))
        .prop_map(|(form, values)| {
            let value = json!({ "answers": values, "form": FormHash::from_bytes(form).to_string() });
            Answers::parse(&crate::form::canonical::bytes(&value)).expect("answers")
        });
    prop_oneof![
        answers.prop_map(Content::Answers),
        (words, language, scores).prop_map(|(words, language, scores)| Content::Words { words, language, scores }),
        records().prop_map(Content::Agreement),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sealed_opens_as_it_was(content in contents()) {
        let document = Request::document(referral(), &OrgId::from_bytes([1; 32]));
        let key = DataKey::from_random([5; 32]);
        let blob = key.seal(&document, &content.encode().expect("encoded"), [6; 24]).expect("sealed");
        let opened = key.open(&document, &Blob::parse(blob.bytes(), &blob.hash()).expect("read")).expect("opened");
        prop_assert_eq!(Content::parse(&opened), Ok(content));
    }

    #[test]
    fn bytes_of_others_never_panic_and_have_one_form(
        content in contents(), at in any::<proptest::sample::Index>(), byte: u8, noise in proptest::collection::vec(any::<u8>(), 0..200)
    ) {
        let mut bytes = content.encode().expect("encoded").to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        for bytes in [bytes, noise] {
            if let Ok(read) = Content::parse(&bytes) {
                prop_assert_eq!(read.encode().expect("encoded").to_vec(), bytes);
            }
        }
    }
}
