//! What holds of every bundle, and which no validator that comes as a package looks at: FHIR's invariants, and that all leads somewhere.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The resources of a type.
pub(super) fn entries<'b>(bundle: &'b Value, kind: &str) -> Vec<&'b Value> {
    let resources = bundle["entry"].as_array().expect("entries").iter().map(|entry| &entry["resource"]);
    resources.filter(|resource| resource["resourceType"] == kind).collect()
}

/// The only resource of a type.
#[track_caller]
pub(super) fn one<'b>(bundle: &'b Value, kind: &str) -> &'b Value {
    let [one] = entries(bundle, kind)[..] else { panic!("not one {kind} in {bundle}") };
    one
}

/// Asserts all of it.
#[track_caller]
pub(super) fn sound(bundle: &Value) {
    assert_eq!((&bundle["resourceType"], &bundle["type"]), (&"Bundle".into(), &"collection".into()));
    let mut at: BTreeMap<&str, &Value> = BTreeMap::new();
    for entry in bundle["entry"].as_array().expect("entries") {
        let (url, resource) = (entry["fullUrl"].as_str().expect("a URL"), &entry["resource"]);
        let id = resource["id"].as_str().expect("an id");
        assert_eq!(url, format!("urn:uuid:{id}"));
        assert!((1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)));
        assert!(at.insert(url, resource).is_none(), "bdl-7: {url} twice");
    }
    plain(bundle, "Bundle");
    references(bundle, &at);
    for kind in ["ServiceRequest", "Task", "Patient", "Consent", "HealthcareService"] {
        one(bundle, kind);
    }
    order(one(bundle, "Task"));
    agreement(one(bundle, "Consent"));
    for contact in one(bundle, "Patient")["contact"].as_array().into_iter().flatten() {
        assert!(contact.get("name").is_some() || contact.get("telecom").is_some(), "pat-1");
    }
    for organization in entries(bundle, "Organization") {
        assert!(!organization["identifier"].as_array().expect("identifiers").is_empty(), "org-1");
    }
    match (&entries(bundle, "Questionnaire")[..], &entries(bundle, "QuestionnaireResponse")[..]) {
        ([], []) => {}
        ([questionnaire], [response]) => fits(questionnaire, response),
        _ => panic!("answers without their questions, or the other way about"),
    }
}

/// ele-1, and the lexical forms of strings, codes and moments: nothing is empty, nothing null, no character that FHIR does not take.
fn plain(value: &Value, place: &str) {
    match value {
        Value::Null => panic!("null at {place}"),
        Value::Array(all) => {
            assert!(!all.is_empty(), "ele-1: {place}");
            all.iter().for_each(|one| plain(one, place));
        }
        Value::Object(fields) => {
            assert!(!fields.is_empty(), "ele-1: {place}");
            fields.iter().for_each(|(name, one)| plain(one, &format!("{place}.{name}")));
        }
        Value::String(text) => {
            assert!(!text.trim().is_empty(), "{place} says nothing");
            let fits = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t') || !(c.is_whitespace() || c.is_control());
            assert!(text.chars().all(fits), "{place}: {text:?}");
            let name = place.rsplit('.').next().unwrap_or_default();
            if matches!(name, "timestamp" | "recorded" | "authored" | "authoredOn" | "lastModified" | "start" | "end")
                || matches!(name, "dateTime" | "occurredDateTime" | "creation")
            {
                let at: jiff::Timestamp = text.parse().unwrap_or_else(|_| panic!("{place}: {text}"));
                assert!(text.len() == 24 && text.ends_with('Z') && at >= moment("0001-01-01T00:00:00Z"), "{text}");
            }
            if matches!(name, "status" | "intent" | "type" | "code" | "use" | "language" | "linkId") {
                assert!(text.split(' ').all(|word| !word.is_empty()), "{place}: {text:?}");
            }
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

fn moment(text: &str) -> jiff::Timestamp {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// Every reference leads to a resource of the type that it says, or says by what else it is known.
fn references(value: &Value, at: &BTreeMap<&str, &Value>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| references(one, at)),
        Value::Object(fields) => {
            if let Some(Value::String(url)) = fields.get("reference") {
                let resource = at.get(url.as_str()).unwrap_or_else(|| panic!("{url} leads nowhere"));
                assert_eq!(fields.get("type"), resource.get("resourceType"));
            }
            fields.values().for_each(|one| references(one, at));
        }
        _ => {}
    }
}

/// inv-1 of Task and per-1.
fn order(task: &Value) {
    let at = |value: &Value| value.as_str().map(moment);
    if let (Some(authored), Some(modified)) = (at(&task["authoredOn"]), at(&task["lastModified"])) {
        assert!(authored <= modified, "inv-1");
    }
    let period = &task["executionPeriod"];
    if let (Some(start), Some(end)) = (at(&period["start"]), at(&period["end"])) {
        assert!(start <= end, "per-1");
    }
}

/// ppc-1 ("Either a Policy or PolicyRule"), ppc-2 (a consent to privacy has a patient), and what R4 requires.
fn agreement(consent: &Value) {
    assert!(consent.get("policy").is_some() || consent.get("policyRule").is_some(), "ppc-1");
    assert_eq!(consent["scope"]["coding"][0]["code"], "patient-privacy");
    assert!(consent["patient"].get("reference").is_some(), "ppc-2");
    assert!(!consent["category"].as_array().expect("categories").is_empty());
    let mut open = vec![&consent["provision"]];
    while let Some(provision) = open.pop() {
        for actor in provision["actor"].as_array().expect("actors") {
            assert!(actor.get("role").is_some() && actor.get("reference").is_some());
        }
        open.extend(provision["provision"].as_array().into_iter().flatten());
    }
}

/// Every answer is to a question, of the type that it has, and what a question depends on is one.
fn fits(questionnaire: &Value, response: &Value) {
    assert_eq!(response["questionnaire"], questionnaire["url"]);
    let questions: Vec<&Value> = questionnaire["item"].as_array().into_iter().flatten().collect();
    let names: BTreeSet<&str> = questions.iter().filter_map(|question| question["linkId"].as_str()).collect();
    assert_eq!(names.len(), questions.len(), "que-2");
    for question in &questions {
        for condition in question["enableWhen"].as_array().into_iter().flatten() {
            assert!(names.contains(condition["question"].as_str().expect("a question")));
            assert!(condition.get("answerBoolean").is_some() != condition.get("answerCoding").is_some());
        }
        assert_eq!(question.get("answerOption").is_some(), question["type"] == "choice", "que-5");
    }
    for item in response["item"].as_array().into_iter().flatten() {
        let question = questions.iter().find(|question| question["linkId"] == item["linkId"]);
        let question = question.unwrap_or_else(|| panic!("{} is no question", item["linkId"]));
        let answers = item["answer"].as_array().expect("answers");
        assert!(answers.len() == 1 || question["repeats"] == true);
        for answer in answers {
            let (name, value) = answer.as_object().and_then(|answer| answer.iter().next()).expect("a value");
            let fits = match (question["type"].as_str().expect("a type"), name.as_str()) {
                ("string" | "text", "valueString") => value.is_string(),
                ("boolean", "valueBoolean") => value.is_boolean(),
                ("date", "valueDate") => value.as_str().is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok()),
                ("integer", "valueInteger") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                ("decimal", "valueDecimal") => value.is_number(),
                ("choice", "valueCoding") => {
                    question["answerOption"].as_array().expect("options").iter().any(|o| o["valueCoding"] == *value)
                }
                _ => false,
            };
            assert!(fits, "{name} as an answer to {}", question["type"]);
        }
    }
}
