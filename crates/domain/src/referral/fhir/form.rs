//! A form as a FHIR `Questionnaire`, and answers to it as a `QuestionnaireResponse` whose items are found there by their names.
//!
//! Both have the questions that may be asked in writing; the response, the answers that go along. An answer that is none to its question
//! (a partner may seal anything) is left out: FHIR has no place for it.

use super::Said;
use super::datatype::{Coding, Identifier, Meta, ResourceId, date, instant, language, words};
use super::entry::Ids;
use super::resource::{
    Answer, AnswerOption, Answered, Condition, ConditionAnswer, Question, Questionnaire, QuestionnaireResponse,
};
use crate::form::{Field, Form, Kind, Requirement, Use};
use crate::limits::ANSWER_LINE_CHARACTERS;
use crate::{FormHash, Timestamp};
use serde_json::Value;

/// What a form is found by: in a bundle and, as its canonical URL, anywhere.
pub(super) fn id(form: FormHash) -> ResourceId {
    ResourceId::of("form", form.as_bytes())
}

/// The questions.
pub(super) fn questionnaire(form: &Form) -> Questionnaire {
    let hash = form.hash();
    let heading = form.heading();
    Questionnaire {
        id: id(hash).id(),
        language: language(form.language()),
        url: id(hash).url(),
        identifier: vec![Identifier::plain(hash.to_string()).of("hash of the form")],
        title: words(&heading.title),
        status: "active",
        subject_type: vec!["Patient"],
        description: heading.description.as_deref().and_then(words),
        item: form.written(Use::Referral).map(|field| question(form, field)).collect(),
    }
}

/// The answers that go along.
pub(super) fn response(
    said: &Said<'_>,
    ids: &Ids,
    label: Coding,
    authored: Option<Timestamp>,
) -> QuestionnaireResponse {
    let hash = said.form.hash();
    QuestionnaireResponse {
        id: ids.answers.id(),
        meta: Meta::labelled(label).cut(said.is_cut()),
        based_on: vec![ids.request()],
        questionnaire: id(hash).url(),
        status: "completed",
        subject: ids.patient(),
        authored: authored.map(instant),
        author: ids.sender(),
        item: said.answered().filter_map(|(field, answer)| answered(hash, field, answer)).collect(),
    }
}

fn question(form: &Form, field: &Field) -> Question {
    let hash = form.hash();
    let options = field.kind.choices().iter();
    Question {
        link_id: field.name.clone(),
        text: words(&field.title),
        r#type: kind(&field.kind),
        enable_when: condition(form, field).into_iter().collect(),
        required: field.requirement == Requirement::Required,
        repeats: matches!(field.kind, Kind::Several { .. }),
        max_length: match field.kind {
            Kind::Text { most, .. } => Some(most),
            _ => None,
        },
        answer_option: options
            .map(|choice| AnswerOption { value_coding: option(hash, field, &choice.value) })
            .collect(),
    }
}

/// An R4 `integer` has 32 bits; a number that may be longer, such as a patient's, is a `decimal`.
const fn is_short(kind: &Kind) -> bool {
    match kind {
        Kind::Whole { least: Some(least), most: Some(most) } => *least >= i32::MIN as i64 && *most <= i32::MAX as i64,
        _ => false,
    }
}

fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text { most, .. } if *most > ANSWER_LINE_CHARACTERS => "text",
        Kind::Text { .. } | Kind::Email | Kind::Phone | Kind::Postcode => "string",
        Kind::Date => "date",
        Kind::Whole { .. } if is_short(kind) => "integer",
        Kind::Whole { .. } => "decimal",
        Kind::YesNo | Kind::MustAgree => "boolean",
        Kind::One(_) | Kind::Several { .. } => "choice",
    }
}

/// On what a question depends: an earlier one that may be asked in writing, too ([`Form::read`] sees to that).
fn condition(form: &Form, field: &Field) -> Option<Condition> {
    let when = field.when.as_ref()?;
    let on = form.field(&when.field)?;
    let answer = match &when.is {
        Value::Bool(is) => ConditionAnswer::Boolean(*is),
        Value::String(is) => ConditionAnswer::Coding(option(form.hash(), on, is)),
        _ => return None,
    };
    Some(Condition { question: on.name.clone(), operator: "=", answer })
}

/// An option as a code of the question's own system.
fn option(form: FormHash, field: &Field, value: &str) -> Coding {
    let system = ResourceId::of("options", &[form.as_bytes().as_slice(), field.name.as_bytes()].concat());
    let label = field.kind.choices().iter().find(|choice| choice.value == value).map(|choice| choice.label.as_str());
    Coding::written(system.url(), value, label.unwrap_or(value))
}

fn answered(form: FormHash, field: &Field, answer: &Value) -> Option<Answered> {
    let answer: Vec<Answer> = match answer {
        Value::Array(several) if matches!(field.kind, Kind::Several { .. }) => {
            several.iter().filter_map(|one| typed(form, field, one)).collect()
        }
        one if !matches!(field.kind, Kind::Several { .. }) => typed(form, field, one).into_iter().collect(),
        _ => Vec::new(),
    };
    (!answer.is_empty()).then(|| Answered { link_id: field.name.clone(), text: words(&field.title), answer })
}

fn typed(form: FormHash, field: &Field, answer: &Value) -> Option<Answer> {
    Some(match (&field.kind, answer) {
        (Kind::Text { .. } | Kind::Email | Kind::Phone | Kind::Postcode, Value::String(text)) => {
            Answer::String(words(text)?)
        }
        (Kind::Date, Value::String(text)) => Answer::Date(date(text)?),
        (Kind::Whole { .. }, Value::Number(number)) if is_short(&field.kind) => {
            Answer::Integer(i32::try_from(number.as_i64()?).ok()?)
        }
        (Kind::Whole { .. }, Value::Number(number)) => Answer::Decimal(number.as_i64()?),
        (Kind::YesNo | Kind::MustAgree, Value::Bool(is)) => Answer::Boolean(*is),
        (Kind::One(choices) | Kind::Several { choices, .. }, Value::String(value)) => {
            let is_option = choices.iter().any(|choice| choice.value == *value);
            Answer::Coding(is_option.then(|| option(form, field, value))?)
        }
        _ => return None,
    })
}
