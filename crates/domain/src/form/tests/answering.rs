//! What may be answered, and what who answers is told: the question and what would fit, never what they wrote.

use super::*;

fn complete() -> Value {
    json!({
        "area": "Leyton", "name": "Zebedee Canary", "born": "1950-02-28", "phone": "+44 (0)20 7946 0000 ext 12",
        "postcode": "e17 4qh", "email": "ann@example.org", "first_came": "2027-01-01", "interpreter": true, "spoken": "Polish",
        "cups": 2, "cake": "fruit", "days": ["tue", "thu"], "thursday_bus": false, "agrees": true,
    })
}

fn answered(answers: &Value, purpose: Use) -> String {
    match Answers::read(&form(&tea()), answers, purpose, today()) {
        Ok(_) => "taken".to_owned(),
        Err(problems) => told(&problems.refusal()),
    }
}

#[track_caller]
fn check(question: &str, answer: Value, expected: &str) {
    let said = answered(&with(complete(), &format!("/{question}"), Some(answer.clone())), Use::Referral);
    assert!(said.contains(expected), "{question}: {answer} said: {said}");
    if let Some(part) = answer.as_str().filter(|text| text.len() > 5) {
        assert!(!said.contains(part), "{question} repeats its answer: {said}");
    }
}

#[test]
fn what_fits_is_taken() {
    assert_eq!(answered(&complete(), Use::Referral), "taken");
    for (question, answer) in [
        ("postcode", json!("SW1A 1AA")),
        ("postcode", json!("E17")),
        ("phone", json!("07700900123")),
        ("cups", json!(2.0)),
        ("name", json!("Zoë Łukasiewicz-Ng")),
        ("born", json!("2026-12-01")),
        ("area", Value::Null),
        ("email", json!("")),
        ("days", json!(["sat"])),
    ] {
        let answers = with(complete(), &format!("/{question}"), Some(answer.clone()));
        let answers = if question == "days" { with(answers, "/thursday_bus", None) } else { answers };
        assert_eq!(answered(&answers, Use::Referral), "taken", "{question}: {answer}");
    }
}

#[test]
fn what_does_not_fit_is_named_with_what_would() {
    check("name", Value::Null, "name is not answered; name: give words, at most 20 characters");
    check("name", json!("   "), "name is not answered");
    check(
        "name",
        json!("A name that is far too long"),
        "name has an answer that does not fit; name: give words, at most 20",
    );
    check("name", json!("Zeb\u{0}edee"), "name has an answer that does not fit");
    check("name", json!(["Zebedee"]), "name has an answer that does not fit");
    check("name", json!({ "first": "Zebedee" }), "name has an answer that does not fit");
    check("born", json!("1026-03-01"), "born: give a date, year first, such as 1987-03-31 (from 1900 until today)");
    check("born", json!("2027-03-01"), "born has an answer");
    check("born", json!("01/03/1950"), "born has an answer");
    check("born", json!("1950-02-30"), "born has an answer");
    check("first_came", json!("1026-03-01"), "(from 1900 to 2100)");
    check("phone", json!("ask her sister"), "phone: give a telephone number");
    check("phone", json!("12345"), "phone: give");
    check("postcode", json!("Leyton High Rd"), "postcode: give a postcode");
    check("email", json!("ann at example"), "email: give an e-mail address");
    check("interpreter", json!("yes please"), "interpreter: give true or false");
    check("cups", json!(10), "cups: give a whole number from 0 to 9");
    check("cups", json!(1.5), "cups: give a whole number");
    check("cake", json!("chocolate"), "cake: give one of plain, fruit");
    check("days", json!(["tue", "tue"]), "days: give a list of 1 to 2 of tue, thu, sat");
    check("days", json!(["tue", "thu", "sat"]), "days: give a list");
    check("agrees", json!(false), "agrees: give true; without it the form cannot be sent");
    check("agrees", Value::Null, "agrees is not answered");
}

#[test]
fn a_question_that_depends_is_asked_only_then() {
    check("spoken", Value::Null, "spoken is not answered");
    check(
        "interpreter",
        json!(false),
        "spoken is answered and was not to be asked; spoken: leave it out unless interpreter is answered true",
    );
    check("interpreter", Value::Null, "spoken is answered and was not to be asked");
    check("days", json!(["tue"]), "thursday_bus is answered and was not to be asked");
    let neither = with(with(complete(), "/interpreter", Some(json!(false))), "/spoken", None);
    assert_eq!(answered(&neither, Use::Referral), "taken");
}

#[test]
fn what_is_asked_by_telephone_is_never_written() {
    check(
        "safe",
        json!("my brother knows"),
        "safe is answered in writing; safe: leave it out: this is asked by telephone alone",
    );
    assert!(!json_schema(&form(&tea()), Use::Referral).to_string().contains("\"safe\""));
}

#[test]
fn an_enquiry_says_nothing_of_who_it_is_for() {
    assert_eq!(answered(&json!({ "area": "Leyton" }), Use::Enquiry), "taken");
    let said = answered(&json!({ "area": "Leyton", "phone": "020 7946 0000" }), Use::Enquiry);
    assert!(said.contains("phone does not belong here; phone: leave it out: it is T1"), "{said}");
}

#[test]
fn a_name_that_is_no_question_is_not_repeated() {
    let said = answered(&with(complete(), "/amina canary", Some(json!("x"))), Use::Referral);
    assert!(
        said.contains("answer number 15 is to a question that the form does not ask; the questions are area, name"),
        "{said}"
    );
    assert!(!said.contains("amina"), "{said}");
    let said = answered(&with(complete(), "/nmae", Some(json!("x"))), Use::Referral);
    assert!(said.contains("did you mean \"name\"?"), "{said}");
    for nothing in [json!([]), json!("x"), Value::Null, json!(1)] {
        assert!(answered(&nothing, Use::Referral).contains("no map from questions to answers"));
    }
}

/// A canary in every field, in every shape, for both uses: it is in no refusal.
#[test]
fn no_refusal_repeats_an_answer() {
    let canary = "canary-7391";
    let shapes =
        [json!(canary), json!([canary]), json!({ canary: canary }), json!([[canary], canary, canary]), json!(7391)];
    for name in form(&tea()).fields().iter().map(|field| field.name.as_str()).chain([canary, "x"]) {
        for shape in &shapes {
            for purpose in [Use::Enquiry, Use::Referral] {
                let answers = with(complete(), &format!("/{name}"), Some(shape.clone()));
                let problems = Answers::read(&form(&tea()), &answers, purpose, today());
                if let Err(problems) = problems {
                    assert!(!format!("{problems:?}").contains("7391"), "{name}: {problems:?}");
                    assert!(!told(&problems.refusal()).contains("7391"), "{name}");
                }
            }
        }
    }
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_form() {
    let wrong = with(with(complete(), "/cups", Some(json!(99))), "/name", None);
    let problems = Answers::read(&form(&tea()), &wrong, Use::Referral, today()).unwrap_err();
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.clone().unwrap()).collect();
    assert_eq!(fields, ["name", "cups"]);
}

#[test]
fn answers_travel_with_their_forms_hash_and_stay_with_it() {
    let form = form(&tea());
    let answers = Answers::read(&form, &complete(), Use::Referral, today()).unwrap();
    let received = Answers::parse(&answers.bytes()).expect("as sent");
    assert_eq!(received, answers);
    assert_eq!(received.check(&form, Use::Referral, today()), Ok(()));
    let newer = super::form(&with(tea(), "/title", Some(json!("Tea, newer"))));
    let said = told(&received.check(&newer, Use::Referral, today()).unwrap_err().refusal());
    assert!(said.contains("to another form, or another version of it"), "{said}");
    let forged = String::from_utf8(answers.bytes()).unwrap().replace("Zebedee Canary", "Zebedee Canary the very long");
    let forged = Answers::parse(forged.as_bytes()).expect("a shape");
    assert!(forged.check(&form, Use::Referral, today()).is_err());
    for nothing in ["", "{}", "[]", "{\"form\":\"00\",\"answers\":{}}", "{\"answers\":[]}"] {
        assert!(!told(&Answers::parse(nothing.as_bytes()).unwrap_err()).is_empty());
    }
}

#[test]
fn answers_are_never_printed() {
    let answers = Answers::read(&form(&tea()), &complete(), Use::Referral, today()).unwrap();
    assert!(!format!("{answers:?}").contains("Zebedee"));
}

#[test]
fn too_many_answers_are_refused() {
    let questions: serde_json::Map<String, Value> = (0..40)
        .map(|n| (format!("q{n}"), json!({ "type": "string", "title": "?", "x-tier": "T1", "maxLength": 4_000 })))
        .collect();
    let form = form(&json!({ "title": "x", "x-language": "en", "properties": questions }));
    let answers: serde_json::Map<String, Value> =
        (0..40).map(|n| (format!("q{n}"), json!("x".repeat(4_000)))).collect();
    let said = told(&Answers::read(&form, &json!(answers), Use::Referral, today()).unwrap_err().refusal());
    assert!(said.contains("the most is 131072"), "{said}");
}

/// What comes of words typed at a terminal.
#[track_caller]
fn check_typed(question: &str, typed: &str, expected: &str) {
    let form = form(&tea());
    let said = match read_typed(form.field(question).unwrap(), typed, &render::Voice::ENGLISH, today()) {
        Ok(answer) => answer.map_or_else(|| "nothing".to_owned(), |answer| answer.to_string()),
        Err(problem) => format!("{problem}; {}", problem.hint),
    };
    assert_eq!(said, expected, "{question}: {typed}");
}

#[test]
fn answers_are_typed_as_people_type() {
    check_typed("interpreter", "Y", "true");
    check_typed("interpreter", "no", "false");
    check_typed("interpreter", "maybe", "interpreter has an answer that does not fit; give Yes or No");
    check_typed("agrees", "n", "agrees has an answer that does not fit; give Yes or No");
    check_typed("cake", "2", "\"fruit\"");
    check_typed("cake", "fruit cake", "\"fruit\"");
    check_typed("cake", "3", "cake has an answer that does not fit; give a number from 1 to 2");
    check_typed("days", "1, Saturday", "[\"tue\",\"sat\"]");
    check_typed("days", "1,2,3", "days has an answer that does not fit; give numbers from 1 to 3 with commas between");
    check_typed("cups", " 3 ", "3");
    check_typed("cups", "three", "cups has an answer that does not fit; give a whole number from 0 to 9");
    check_typed("area", "", "nothing");
    check_typed("name", "", "name is not answered; give words, at most 20 characters");
    check_typed("name", " Ann ", "\"Ann\"");
}

/// Who is asked question by question comes to the same answers as who writes a file.
#[test]
fn a_form_is_filled_in_at_a_terminal() {
    for shipped in shipped::SHIPPED {
        let form = shipped.form().unwrap();
        let example: Value = serde_yaml_ng::from_str(shipped.example).unwrap();
        let mut values = serde_json::Map::new();
        for field in form.written(Use::Referral) {
            if !is_asked(field, &form, &values) {
                assert!(example.get(&field.name).is_none(), "{} asks {}", shipped.name, field.name);
                continue;
            }
            assert!(render::question(&form, field, &render::Voice::ENGLISH).contains(field.title.as_str()));
            let typed = match example.get(&field.name) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Array(entries)) => entries.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
                Some(Value::Bool(answer)) => if *answer { "yes" } else { "no" }.to_owned(),
                other => other.map(Value::to_string).unwrap_or_default(),
            };
            let answer = read_typed(field, &typed, &render::Voice::ENGLISH, today()).expect("it fits");
            values.extend(answer.map(|answer| (field.name.clone(), answer)));
        }
        let asked = Answers::read(&form, &json!(values), Use::Referral, today()).expect("complete");
        let written = Answers::read(&form, &example, Use::Referral, today()).expect("complete");
        assert_eq!(asked.bytes(), written.bytes(), "{}", shipped.name);
    }
}
