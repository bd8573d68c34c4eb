//! Reading a form: known words only, within the limits, and nothing that could not be filled in.

use super::field::{Field, Requirement, Tier, When};
use super::{CoreField, Form, Heading, Kind, Origin, canonical};
use crate::Refusal;
use crate::limits::{FORM_BYTES, FORM_FIELDS, FORM_LANGUAGES, FORM_NESTING};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod field;
mod words;

use words::{Reader, text_fits};

/// The draft that forms are written in.
pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const WORDS: [&str; 11] = [
    "$schema",
    "additionalProperties",
    "description",
    "properties",
    "required",
    "title",
    "type",
    "x-i18n",
    "x-language",
    "x-order",
    "x-origin",
];

pub(super) fn form(value: &Value) -> Result<Form, Refusal> {
    if canonical::nests_deeper_than(value, FORM_NESTING + 1) {
        return Err(Refusal::too_large(format!("a form nests deeper than {FORM_NESTING} maps and lists")));
    }
    let top = Reader::new("the form", value, &WORDS)?;
    top.constant("$schema", &json!(DIALECT))?;
    top.constant("type", &json!("object"))?;
    top.constant("additionalProperties", &json!(false))?;
    let language = top.needed_text("x-language")?;
    check_language(&language)?;
    let heading = Heading { title: top.needed_text("title")?, description: top.text("description")? };
    let translations = translations(&top, &language)?;
    let properties = top.needed_map("properties")?;
    if properties.is_empty() {
        return Err(Refusal::invalid("a form asks nothing").hint("put at least one question under `properties`"));
    }
    if properties.len() > FORM_FIELDS {
        return Err(Refusal::too_large(format!("a form of {} questions; the most is {FORM_FIELDS}", properties.len())));
    }
    let order = order(&top, properties)?;
    let required = required(&top, properties)?;
    let mut fields: Vec<Field> = Vec::new();
    for name in &order {
        let property = properties.get(name).unwrap_or(&Value::Null);
        let requirement = if required.contains(name) { Requirement::Required } else { Requirement::Optional };
        let field = field::read(name, property, requirement)?;
        check_when(&field, &fields)?;
        check_languages(&field, &translations)?;
        check_core(&field, &fields)?;
        fields.push(field);
    }
    let canonical = canonical::bytes(&completed(value, &order));
    if canonical.len() > FORM_BYTES {
        return Err(Refusal::too_large(format!("a form of {} bytes; the most is {FORM_BYTES}", canonical.len())));
    }
    Ok(Form { language, heading, translations, origin: origin(&top)?, fields, canonical })
}

/// The value with what every form says alike, and its order, which canonical JSON would lose.
fn completed(value: &Value, order: &[String]) -> Value {
    let mut fields: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    fields.insert("$schema".to_owned(), json!(DIALECT));
    fields.insert("type".to_owned(), json!("object"));
    fields.insert("additionalProperties".to_owned(), json!(false));
    fields.insert("x-order".to_owned(), json!(order));
    Value::Object(fields)
}

fn order(top: &Reader<'_>, properties: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let Some(order) = top.names("x-order")? else {
        return Ok(properties.keys().cloned().collect());
    };
    let named: BTreeSet<&String> = order.iter().collect();
    if named.len() != order.len()
        || named.len() != properties.len()
        || !order.iter().all(|n| properties.contains_key(n))
    {
        return Err(Refusal::invalid("`x-order` of the form does not name every question once")
            .hint("leave `x-order` out to keep the order of the file"));
    }
    Ok(order)
}

fn required(top: &Reader<'_>, properties: &Map<String, Value>) -> Result<BTreeSet<String>, Refusal> {
    let names = top.names("required")?.unwrap_or_default();
    if let Some(stranger) = names.iter().find(|name| !properties.contains_key(*name)) {
        return Err(Refusal::invalid(format!("`required` of the form names {stranger:?}, which it does not ask")));
    }
    let set: BTreeSet<String> = names.iter().cloned().collect();
    if set.len() != names.len() {
        return Err(Refusal::invalid("`required` of the form names a question twice"));
    }
    Ok(set)
}

fn translations(top: &Reader<'_>, own: &str) -> Result<BTreeMap<String, Heading>, Refusal> {
    let mut found = BTreeMap::new();
    for (language, value) in top.map("x-i18n")?.into_iter().flatten() {
        check_language(language)?;
        if language == own {
            return Err(Refusal::invalid(format!("`x-i18n` of the form has {language}, which is its own language")));
        }
        let there = Reader::new(&format!("`x-i18n` {language} of the form"), value, &["description", "title"])?;
        let title = there.text("title")?.unwrap_or_default();
        found.insert(language.clone(), Heading { title, description: there.text("description")? });
    }
    if found.len() > FORM_LANGUAGES {
        return Err(Refusal::too_large(format!("a form in {} languages; the most is {FORM_LANGUAGES}", found.len())));
    }
    Ok(found)
}

fn origin(top: &Reader<'_>) -> Result<Option<Origin>, Refusal> {
    let Some(value) = top.value("x-origin") else { return Ok(None) };
    let origin = Reader::new("`x-origin` of the form", value, &["form", "organisation"])?;
    Ok(Some(Origin {
        organisation: origin.needed_text("organisation")?.parse()?,
        form: origin.needed_text("form")?.parse()?,
    }))
}

/// A condition is on an earlier question that somebody who is asked this one may have answered, and names one of its answers.
fn check_when(field: &Field, earlier: &[Field]) -> Result<(), Refusal> {
    let Some(When { field: on, is }) = &field.when else { return Ok(()) };
    let name = &field.name;
    let Some(asked) = earlier.iter().find(|asked| asked.name == *on) else {
        return Err(Refusal::invalid(format!("{name} depends on {on:?}, which is no earlier question"))
            .hint("put the question that it depends on before it"));
    };
    if asked.tier == Tier::ByPhone && field.tier != Tier::ByPhone {
        return Err(Refusal::invalid(format!("{name} depends on {on:?}, which is asked by telephone alone")));
    }
    if asked.tier > field.tier {
        return Err(Refusal::invalid(format!(
            "{name} is {} and depends on {on:?}, which is {}",
            field.tier.word(),
            asked.tier.word()
        ))
        .hint("a question may depend on one of its own tier or a wider one"));
    }
    let is_answer = match &asked.kind {
        Kind::YesNo => is.is_boolean(),
        Kind::One(choices) | Kind::Several { choices, .. } => {
            choices.iter().any(|choice| is.as_str() == Some(choice.value.as_str()))
        }
        _ => false,
    };
    if is_answer {
        return Ok(());
    }
    Err(Refusal::invalid(format!("{name} depends on an answer to {on:?} that this cannot have"))
        .hint("`x-when` is on a question with yes and no or with options, and its `is` is true, false or an option"))
}

fn check_languages(field: &Field, known: &BTreeMap<String, Heading>) -> Result<(), Refusal> {
    match field.translations.keys().find(|language| !known.contains_key(*language)) {
        None => Ok(()),
        Some(language) => Err(Refusal::invalid(format!("{} is in {language}, and the form is not", field.name))
            .hint(format!("put the title in {language} under `x-i18n` of the form"))),
    }
}

fn check_core(field: &Field, earlier: &[Field]) -> Result<(), Refusal> {
    let Some(core) = field.core else { return Ok(()) };
    let name = &field.name;
    if earlier.iter().any(|other| other.core == Some(core)) {
        return Err(Refusal::invalid(format!("{name} is another {}: a form asks it once", core.word())));
    }
    if !core.kind().admits(&field.kind) {
        return Err(Refusal::invalid(format!("{name} is {} and of another type than that", core.word()))
            .hint(format!("write {}", core.kind().written())));
    }
    if core == CoreField::PermissionToRefer && (field.requirement == Requirement::Optional || field.when.is_some()) {
        return Err(Refusal::invalid(format!("{name} is the permission to refer, and a referral could go without it"))
            .hint(format!("put {name:?} into `required` of the form")));
    }
    if field.tier < core.widest() {
        return Err(Refusal::invalid(format!(
            "{name} is {}, which tells who somebody is: not {}",
            core.word(),
            field.tier.word()
        ))
        .hint(format!("write \"x-tier\": {:?} or a closer one", core.widest().word())));
    }
    Ok(())
}

/// A tag of BCP 47, as far as its shape goes.
pub(crate) fn check_language(tag: &str) -> Result<(), Refusal> {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = matches!(first.len(), 2 | 3)
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && tag.len() <= 35
        && parts.all(|part| matches!(part.len(), 2..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid("a language is not written as a language tag").hint("write `en`, `cy`, `pl` and so on"))
}

/// Text for people: nothing in it that moves a cursor, hides text or turns its direction.
pub(crate) fn check_plain(what: &str, text: &str) -> Result<(), Refusal> {
    if text_fits(text) {
        return Ok(());
    }
    Err(Refusal::malformed(format!("{what} has characters that hide or turn others")).hint("write plain words"))
}
