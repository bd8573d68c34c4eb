use super::super::agreement::{self, About};
use super::*;
use crate::arguments::{beginning_of, end_of};
use node::api::OrgId;
use node::api::form::shipped;
use serde_json::json;
use std::collections::BTreeMap;

/// A moment to type at.
const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

/// What comes of these lines, and what was on the screen.
fn asked<T>(
    lines: &[&str],
    work: impl FnOnce(&mut Interview<'_>) -> Result<T, Failure>,
) -> (Result<T, Failure>, String) {
    let typed: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (mut input, mut output) = (typed.as_bytes(), Vec::new());
    let done = work(&mut Interview::new(&mut input, &mut output));
    assert!(input.is_empty() || done.is_err(), "not all lines were asked for: {:?}", String::from_utf8_lossy(input));
    (done, String::from_utf8(output).unwrap())
}

fn form() -> Form {
    shipped::by_name("arts-group").unwrap().form().unwrap()
}

fn today() -> Date {
    "2026-11-30".parse().unwrap()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_form_is_asked_question_by_question_until_each_answer_fits() {
    let lines =
        ["4", "1", "", "", "Maud Example", "ring me", "020 7946 0101", "no", "perhaps", "", "no", "yes", "outcome"];
    let (answers, screen) = asked(&lines, |interview| interview.form(&form(), &Map::new(), today()));
    let expected = json!({
        "session": "tuesday", "name": "Maud Example", "phone": "020 7946 0101", "safe_to_call": false, "agrees": true,
        "pass_back": "outcome",
    });
    assert_eq!(Value::Object(answers.unwrap()), expected);
    insta::assert_snapshot!(screen);
}

#[test]
fn what_the_answers_before_it_do_not_ask_for_is_passed_over() {
    fn check(safe_to_call: &str, is_asked: bool) {
        let then: &[&str] = if is_asked { &["no"] } else { &[] };
        let lines = [&["1", "", "Maud", "020 7946 0101", safe_to_call], then, &["", "yes", "1"]].concat();
        let (answers, screen) = asked(&lines, |interview| interview.form(&form(), &Map::new(), today()));
        assert_eq!(answers.unwrap().contains_key("safe_to_leave_message"), is_asked, "{screen}");
    }
    check("yes", true);
    check("no", false);
}

#[test]
fn enter_keeps_what_was_answered_before() {
    let before = map(json!({
        "session": "either", "what_helps": "A chair", "name": "Maud Example", "phone": "020 7946 0101",
        "safe_to_call": true, "safe_to_leave_message": false, "agrees": true, "pass_back": "progress",
    }));
    let (kept, screen) = asked(&["", "", "", "", "", "", "", "", ""], |i| i.form(&form(), &before, today()));
    assert_eq!(kept.unwrap(), before);
    for now in ["Now: Either (Enter keeps it)\n", "Now: A chair (Enter keeps it, - takes it away)\n"] {
        assert!(screen.contains(now), "{now:?} is not in:\n{screen}");
    }
    let (changed, screen) =
        asked(&["", "-", "-", "Maud E.", "", "", "", "", "", ""], |i| i.form(&form(), &before, today()));
    let changed = changed.unwrap();
    assert_eq!((changed.get("what_helps"), &changed["name"]), (None, &json!("Maud E.")), "a name cannot be taken away");
    assert!(screen.contains("That is not answered"), "{screen}");
}

#[test]
fn an_input_that_ends_early_keeps_nothing() {
    let (answers, _) = asked(&["1", "", "Maud Example"], |interview| interview.form(&form(), &Map::new(), today()));
    let (text, code) = answers.unwrap_err().report("write a referral");
    assert!(code == 1 && text.contains("the input ended") && text.contains("--answers FILE"), "{text}");
    assert!(!text.contains("Maud"), "{text}");
}

#[test]
fn what_others_wrote_in_a_form_cannot_steer_the_terminal() {
    let (_, screen) = asked(&[], |interview| {
        interview.tell("\u{1b}[2Jgone");
        Ok(())
    });
    assert_eq!(screen, "\u{fffd}[2Jgone\n");
}

#[test]
fn words_end_at_an_empty_line() {
    let (words, _) = asked(&["Is Tuesday still free?", "  She asks.", ""], |i| i.words("What is to be said?"));
    assert_eq!(words.unwrap(), "Is Tuesday still free?\n  She asks.");
    let (words, _) = asked(&["To the end"], |i| i.words("What is to be said?"));
    assert_eq!(words.unwrap(), "To the end");
}

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn agreed(goes_on: bool, before: Value, lines: &[&str]) -> (Value, String) {
    let names = BTreeMap::from([(org(1), "Copper Lane Arts".to_owned()), (org(2), "Night Shelter".to_owned())]);
    let about = About { receiver: org(1), names: &names, goes_on, pass_back: Some("outcome"), now: NOW };
    let (agreement, screen) = asked(lines, |interview| agreement::ask(interview, &about, &map(before)));
    (Value::Object(agreement.unwrap()), screen)
}

fn stored(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).unwrap().to_string()
}

#[test]
fn an_agreement_is_mostly_said_by_enter() {
    let (agreement, screen) = agreed(false, json!({}), &["", "1", "", "", "", "", "", "", ""]);
    let expected = json!({
        "given_by": "person", "how": "face-to-face", "language": "en", "interpreter": "none",
        "covers": [org(1).to_string()], "pass_back": "outcome", "given_at": stored(NOW),
    });
    assert_eq!(agreement, expected);
    insta::assert_snapshot!(screen);
}

#[test]
fn an_agreement_says_all_that_it_can() {
    let lines = [
        "representative",
        "daughter-or-son",
        "2",
        "telephone",
        "Tigrinya, I think",
        "ti",
        "professional",
        "copper lane arts, nobody we know",
        "copper lane arts, night shelter",
        "progress",
        "1026-11-03 14:00",
        "2030-01-01",
        "2026-11-03 14:00",
        "2026-01-31",
        "1027-03-31",
        "2027-03-31",
        "previous",
        "She would like to hear on paper.",
    ];
    let (agreement, screen) = agreed(true, json!({}), &lines);
    let expected = json!({
        "given_by": "representative", "relation": "daughter-or-son", "ground": "lasting-power-of-attorney",
        "how": "telephone", "language": "ti", "interpreter": "professional",
        "covers": [org(1).to_string(), org(2).to_string()], "pass_back": "progress",
        "given_at": stored(crate::arguments::read_moment("2026-11-03 14:00").unwrap()),
        "expires_at": stored(end_of("2027-03-31").unwrap()), "rests_on": "previous",
        "words": "She would like to hear on paper.",
    });
    assert_eq!(agreement, expected);
    let says = [
        "give a language tag",
        "\"nobody we know\" is known here",
        "the year 1026 cannot be meant",
        "it is still to come",
        "it ends before it is given",
        "the year 1027 cannot be meant",
    ];
    for words in says {
        assert!(screen.contains(words), "{words:?} is not in:\n{screen}");
    }
    let (kept, _) = agreed(true, agreement.clone(), &["", "", "", "", "", "", "", "", "", "", "", ""]);
    assert_eq!(kept, agreement, "Enter keeps all of it");
    let (ended, _) = agreed(true, agreement, &["1", "", "", "", "night shelter", "", "", "-", "", "-"]);
    assert_eq!((ended.get("expires_at"), ended.get("words"), ended.get("relation")), (None, None, None));
    assert_eq!(ended["covers"], json!([org(2).to_string()]));
}

#[test]
fn a_day_alone_is_its_beginning() {
    assert_eq!(read_past("2026-11-03", NOW), beginning_of("2026-11-03"));
    assert!(read_past("2027-11-03", NOW).unwrap_err().contains("to come"));
    assert!(read_past("last Tuesday", NOW).unwrap_err().contains("no moment"));
}
