//! Reading one question.

use super::words::{Reader, text_fits};
use crate::Refusal;
use crate::form::field::{Choice, Field, Kind, Requirement, Sensitivity, Tier, Translation, When};
use crate::form::{CoreField, Item};
use crate::limits::{ANSWER_CHARACTERS, ANSWER_LINE_CHARACTERS, FORM_NAME_BYTES, FORM_OPTIONS};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What any question may say.
const ANNOTATIONS: [&str; 12] = [
    "type",
    "title",
    "description",
    "x-tier",
    "x-why",
    "x-special-category",
    "x-core",
    "x-when",
    "x-measure",
    "x-section",
    "x-i18n",
    "x-fhir",
];
const TRANSLATED: [&str; 5] = ["title", "description", "x-why", "x-section", "x-labels"];
const TYPES: &str = "write \"type\": \"string\", \"integer\", \"boolean\", or \"array\" with options under `items`";
const OPTIONS: &str =
    "options are a list of different texts under `enum`, with their words in `x-labels` where those differ";

pub(super) fn read(name: &str, value: &Value, requirement: Requirement) -> Result<Field, Refusal> {
    check_name(name)?;
    let (kind, own_words) = kind(name, value)?;
    let known: Vec<&str> = ANNOTATIONS.iter().chain(own_words).copied().collect();
    let said = Reader::new(name, value, &known)?;
    let (when, requirement) = when(name, &said, requirement)?;
    let field = Field {
        name: name.to_owned(),
        title: said.needed_text("title")?,
        description: said.text("description")?,
        why: said.text("x-why")?,
        section: said.text("x-section")?,
        tier: tier(name, &said)?,
        sensitivity: if said.flag("x-special-category")? { Sensitivity::Special } else { Sensitivity::Personal },
        requirement,
        when,
        core: core(name, &said)?,
        measure: said.text("x-measure")?.map(|word| Item::from_word(&word)).transpose()?,
        fhir: said.text("x-fhir")?,
        translations: translations(name, &said, &kind)?,
        kind,
    };
    check_purpose(&field)?;
    Ok(field)
}

/// What a person is told of why, and what is asked of whom: rules between the words of one question.
fn check_purpose(field: &Field) -> Result<(), Refusal> {
    let name = &field.name;
    if field.why.is_none() && (field.sensitivity == Sensitivity::Special || field.tier >= Tier::Context) {
        return Err(Refusal::invalid(format!("{name} goes close and does not say why it is asked")).hint(
            "write under `x-why` what the answer is used for, in words for the person; or leave the question out",
        ));
    }
    if field.tier == Tier::ByPhone && field.requirement == Requirement::Required {
        return Err(Refusal::invalid(format!(
            "{name} is asked by telephone alone, so it cannot be required in writing"
        ))
        .hint("take it out of `required`"));
    }
    match field.measure {
        Some(item) => item.check(field),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if begins
        && name.len() <= FORM_NAME_BYTES
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    {
        return Ok(());
    }
    let shown: String = name.chars().take(FORM_NAME_BYTES).collect();
    Err(Refusal::invalid(format!("{shown:?} is no name for a question"))
        .hint("use small letters, digits and _, such as `safe_to_call`; the question itself goes under `title`"))
}

/// What can be answered, and the words that questions of this type have besides.
fn kind(name: &str, value: &Value) -> Result<(Kind, &'static [&'static str]), Refusal> {
    let word = |word: &str| value.get(word).and_then(Value::as_str);
    let map = value.as_object().ok_or_else(|| Refusal::invalid(format!("{name} is not a map")))?;
    match (word("type"), word("format"), map.contains_key("enum")) {
        (Some("string"), None, true) => {
            let choices = choices(name, value.get("enum"), map.get("x-labels"))?;
            Ok((Kind::One(choices), &["enum", "x-labels"]))
        }
        (Some("string"), None, false) if !map.contains_key("format") => {
            Ok((text(name, value)?, &["minLength", "maxLength"]))
        }
        (Some("string"), Some("date"), false) => Ok((Kind::Date, &["format"])),
        (Some("string"), Some("email"), false) => Ok((Kind::Email, &["format"])),
        (Some("string"), Some("phone"), false) => Ok((Kind::Phone, &["format"])),
        (Some("string"), Some("postcode"), false) => Ok((Kind::Postcode, &["format"])),
        (Some("string"), ..) => Err(Refusal::invalid(format!("{name} has a format that forms do not know"))
            .hint("the formats are date, email, phone, postcode; a question with options has none")),
        (Some("integer"), ..) => Ok((whole(name, value)?, &["minimum", "maximum"])),
        (Some("boolean"), ..) => match map.get("const") {
            None => Ok((Kind::YesNo, &[])),
            Some(Value::Bool(true)) => Ok((Kind::MustAgree, &["const"])),
            Some(_) => Err(Refusal::invalid(format!("`const` of {name} is not true"))),
        },
        (Some("array"), ..) => {
            Ok((several(name, value)?, &["items", "minItems", "maxItems", "uniqueItems", "x-labels"]))
        }
        _ => Err(Refusal::invalid(format!("{name} has a type that forms do not know")).hint(TYPES)),
    }
}

/// A view on a few words of the question, whatever else it has: those are looked at when its type is known.
fn some<'a>(name: &str, value: &'a Value) -> Result<Reader<'a>, Refusal> {
    let words: Vec<&str> = value.as_object().into_iter().flatten().map(|(word, _)| word.as_str()).collect();
    Reader::new(name, value, &words)
}

fn text(name: &str, value: &Value) -> Result<Kind, Refusal> {
    let said = some(name, value)?;
    let most = said.count("maxLength")?.unwrap_or(ANSWER_LINE_CHARACTERS);
    let least = said.count("minLength")?.unwrap_or(1).max(1);
    if most > ANSWER_CHARACTERS {
        return Err(Refusal::too_large(format!("{name} may have {most} characters; the most is {ANSWER_CHARACTERS}")));
    }
    if least > most {
        return Err(Refusal::invalid(format!(
            "{name} has at least {least} characters and at most {most}: nobody can answer"
        )));
    }
    Ok(Kind::Text { least, most })
}

fn whole(name: &str, value: &Value) -> Result<Kind, Refusal> {
    let said = some(name, value)?;
    let (least, most) = (said.whole("minimum")?, said.whole("maximum")?);
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        return Err(Refusal::invalid(format!("the minimum of {name} is above its maximum: nobody can answer")));
    }
    Ok(Kind::Whole { least, most })
}

fn several(name: &str, value: &Value) -> Result<Kind, Refusal> {
    let said = some(name, value)?;
    said.constant("uniqueItems", &json!(true))?;
    let items = said.value("items").ok_or_else(|| said.missing("items").hint(OPTIONS))?;
    let items = Reader::new(&format!("`items` of {name}"), items, &["type", "enum"])?;
    items.constant("type", &json!("string"))?;
    let choices = choices(name, items.value("enum"), said.value("x-labels"))?;
    let all = choices.len() as u64;
    let (least, most) = (said.count("minItems")?.unwrap_or(1).max(1), said.count("maxItems")?.unwrap_or(all));
    if least > most || most > all {
        return Err(Refusal::invalid(format!("{name} wants {least} to {most} of {all} options: nobody can answer")));
    }
    Ok(Kind::Several { choices, least, most })
}

fn choices(name: &str, options: Option<&Value>, labels: Option<&Value>) -> Result<Vec<Choice>, Refusal> {
    let wrong = || Refusal::invalid(format!("{name} has no list of options")).hint(OPTIONS);
    let options = options.and_then(Value::as_array).ok_or_else(wrong)?;
    if options.is_empty() {
        return Err(wrong());
    }
    if options.len() > FORM_OPTIONS {
        return Err(Refusal::too_large(format!("{name} has {} options; the most is {FORM_OPTIONS}", options.len())));
    }
    let labels = labels_of(name, labels.unwrap_or(&json!({})))?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for option in options {
        let value = option.as_str().filter(|v| !v.trim().is_empty() && v.len() <= FORM_NAME_BYTES && text_fits(v));
        let value = value.ok_or_else(|| {
            Refusal::invalid(format!("an option of {name} is empty, too long or not plain text"))
                .hint(format!("an option has at most {FORM_NAME_BYTES} bytes; longer words go to `x-labels`"))
        })?;
        if !seen.insert(value) {
            return Err(Refusal::invalid(format!("{name} has an option twice: {value:?}")));
        }
        let label = labels.get(value).cloned().unwrap_or_else(|| value.to_owned());
        found.push(Choice { value: value.to_owned(), label });
    }
    if let Some(stranger) = labels.keys().find(|label| !seen.contains(label.as_str())) {
        return Err(Refusal::invalid(format!("`x-labels` of {name} has {stranger:?}, which is no option")));
    }
    Ok(found)
}

fn labels_of(name: &str, labels: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let map: &Map<String, Value> = labels
        .as_object()
        .ok_or_else(|| Refusal::invalid(format!("`x-labels` of {name} is not a map from options to words")))?;
    let known: Vec<&str> = map.keys().map(String::as_str).collect();
    let reader = Reader::new(&format!("`x-labels` of {name}"), labels, &known)?;
    known.iter().map(|option| Ok(((*option).to_owned(), reader.needed_text(option)?))).collect()
}

fn when(name: &str, said: &Reader<'_>, requirement: Requirement) -> Result<(Option<When>, Requirement), Refusal> {
    let Some(value) = said.value("x-when") else { return Ok((None, requirement)) };
    if requirement == Requirement::Required {
        return Err(Refusal::invalid(format!("{name} is not always asked, so `required` of the form cannot name it"))
            .hint("write \"required\": true in its `x-when`"));
    }
    let condition = Reader::new(&format!("`x-when` of {name}"), value, &["field", "is", "required"])?;
    let is = condition.value("is").ok_or_else(|| condition.missing("is"))?.clone();
    let requirement = if condition.flag("required")? { Requirement::Required } else { Requirement::Optional };
    Ok((Some(When { field: condition.needed_text("field")?, is }), requirement))
}

fn tier(name: &str, said: &Reader<'_>) -> Result<Tier, Refusal> {
    let word = said.text("x-tier")?;
    Tier::ALL.into_iter().find(|tier| Some(tier.word()) == word.as_deref()).ok_or_else(|| {
        Refusal::invalid(format!("{name} does not say how close it goes")).hint(
            "write \"x-tier\": \"T0\" where it names nobody and may go in an enquiry, \"T1\" for who somebody is and how to \
             reach them, \"T2\" for what has to be understood, \"T3\" for what is asked by telephone alone",
        )
    })
}

fn core(name: &str, said: &Reader<'_>) -> Result<Option<CoreField>, Refusal> {
    let Some(word) = said.text("x-core")? else { return Ok(None) };
    CoreField::from_word(&word).map(Some).ok_or_else(|| {
        let words: Vec<&str> = CoreField::ALL.iter().map(|core| core.word()).collect();
        Refusal::invalid(format!("`x-core` of {name} is none of the fields that forms share"))
            .hint(format!("they are {}; leave it out for a question of your own", words.join(", ")))
    })
}

fn translations(name: &str, said: &Reader<'_>, kind: &Kind) -> Result<BTreeMap<String, Translation>, Refusal> {
    let mut found = BTreeMap::new();
    for (language, value) in said.map("x-i18n")?.into_iter().flatten() {
        let there = Reader::new(&format!("`x-i18n` of {name}"), value, &TRANSLATED)?;
        let labels = match there.value("x-labels") {
            Some(labels) => labels_of(name, labels)?,
            None => BTreeMap::new(),
        };
        if labels.keys().any(|option| !kind.choices().iter().any(|choice| choice.value == *option)) {
            return Err(Refusal::invalid(format!("`x-i18n` of {name} has words for what is no option")));
        }
        let translation = Translation {
            title: there.text("title")?,
            description: there.text("description")?,
            why: there.text("x-why")?,
            section: there.text("x-section")?,
            labels,
        };
        found.insert(language.clone(), translation);
    }
    Ok(found)
}
