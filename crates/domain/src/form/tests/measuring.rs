//! Published questions, and what their answers come to.

use super::*;

fn measured() -> Form {
    let properties: serde_json::Map<String, Value> =
        Measure::ALL.into_iter().flat_map(Measure::properties).map(|(name, field)| (name.to_owned(), field)).collect();
    form(&json!({ "title": "How things are", "x-language": "en", "properties": properties }))
}

#[track_caller]
fn check(answers: Value, expected: &str) {
    let form = measured();
    let answers = Answers::read(&form, &answers, Use::Referral, today()).unwrap();
    let scores: Vec<String> = measure::scores(&form, &answers)
        .into_iter()
        .map(|score| format!("{} {} {}", score.name, score.value, score.band.unwrap_or("-")))
        .collect();
    assert_eq!(scores.join("; "), expected);
}

#[test]
fn well_being_is_told_question_by_question_in_the_published_bands() {
    check(
        json!({ "life_satisfaction": 4, "life_worthwhile": 6, "happy_yesterday": 8, "anxious_yesterday": 1 }),
        "life satisfaction 4 low; worthwhile 6 medium; happiness 8 high; anxiety 1 very low",
    );
    check(
        json!({ "life_satisfaction": 9, "life_worthwhile": 5, "happy_yesterday": 7, "anxious_yesterday": 6 }),
        "life satisfaction 9 very high; worthwhile 5 medium; happiness 7 high; anxiety 6 high",
    );
    check(json!({ "anxious_yesterday": 3 }), "anxiety 3 low");
    check(json!({ "anxious_yesterday": 4, "happy_yesterday": 0 }), "happiness 0 low; anxiety 4 medium");
}

#[test]
fn loneliness_is_a_sum_of_all_three() {
    let three = |a, b, c| json!({ "lacks_companionship": a, "feels_left_out": b, "feels_isolated": c });
    check(three("Hardly ever or never", "Hardly ever or never", "Hardly ever or never"), "loneliness 3 -");
    check(three("Often", "Some of the time", "Hardly ever or never"), "loneliness 6 -");
    check(three("Often", "Often", "Often"), "loneliness 9 -");
    check(json!({ "lacks_companionship": "Often", "feels_left_out": "Often" }), "");
    check(json!({}), "");
}

#[test]
fn a_measure_in_other_words_or_on_another_scale_is_none() {
    for (pointer, other, expected) in [
        ("/life_satisfaction/title", json!("How satisfied are you?"), "in other words than published; make the title"),
        ("/life_satisfaction/description", json!("0 is bad."), "in other words than published"),
        ("/life_satisfaction/minimum", json!(1), "on another scale than published; make it an integer"),
        ("/feels_isolated/enum", json!(["Often", "Some of the time", "Hardly ever or never"]), "on another scale"),
        ("/feels_isolated/x-special-category", json!(false), "health data that nobody has to give"),
        ("/feels_isolated/x-measure", json!("ucla-20"), "no measure that is known here; use ons4/satisfied"),
    ] {
        let value: Value = serde_json::from_slice(measured().bytes()).unwrap();
        let said = told(&Form::read(&with(value, &format!("/properties{pointer}"), Some(other))).unwrap_err());
        assert!(said.contains(expected), "{pointer} said: {said}");
    }
    let value: Value = serde_json::from_slice(measured().bytes()).unwrap();
    let said = told(&Form::read(&with(value, "/required", Some(json!(["happy_yesterday"])))).unwrap_err());
    assert!(said.contains("take it out of `required`"), "{said}");
}
