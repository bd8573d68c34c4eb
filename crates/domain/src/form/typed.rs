//! Answers as a person types them at a terminal: `yes`, the number of an option, a date.

use super::check::{self, Problem};
use super::field::{Choice, Field, Kind, Requirement};
use super::render::Voice;
use jiff::civil::Date;
use serde_json::{Value, json};

/// What was typed, as an answer to this question; none where nothing was. Refused, with what would fit, when it does not fit or when
/// the question has to be answered. Options go by number, by value or by what people read; several with commas between.
pub fn read_typed(field: &Field, typed: &str, voice: &Voice<'_>, today: Date) -> Result<Option<Value>, Problem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return match field.requirement {
            Requirement::Optional => Ok(None),
            Requirement::Required => {
                Err(Problem::of(field, "is not answered", format!("give {}", field.kind.expected())))
            }
        };
    }
    let answer = match &field.kind {
        Kind::YesNo | Kind::MustAgree => yes_or_no(typed, voice).map(Value::Bool),
        Kind::Whole { .. } => typed.parse::<i64>().ok().map(|number| json!(number)),
        Kind::One(choices) => chosen(field, choices, typed, voice).map(|value| json!(value)),
        Kind::Several { choices, .. } => {
            let each = typed.split(',').map(|part| chosen(field, choices, part.trim(), voice));
            each.collect::<Option<Vec<_>>>().map(|values| json!(values))
        }
        Kind::Text { .. } | Kind::Date | Kind::Email | Kind::Phone | Kind::Postcode => Some(json!(typed)),
    };
    match answer.filter(|answer| check::fits(field, answer, today)) {
        Some(answer) => Ok(Some(answer)),
        None => {
            let expected = match &field.kind {
                Kind::YesNo | Kind::MustAgree => format!("{} or {}", voice.words.yes, voice.words.no),
                Kind::One(choices) => format!("a number from 1 to {}", choices.len()),
                Kind::Several { choices, .. } => format!("numbers from 1 to {} with commas between", choices.len()),
                kind => kind.expected(),
            };
            Err(Problem::of(field, "has an answer that does not fit", format!("give {expected}")))
        }
    }
}

fn yes_or_no(typed: &str, voice: &Voice<'_>) -> Option<bool> {
    let lower = typed.to_lowercase();
    let is = |word: &str| {
        let word = word.to_lowercase();
        lower == word || (lower.chars().count() == 1 && word.starts_with(&lower))
    };
    match (is(voice.words.yes) || is("yes") || lower == "true", is(voice.words.no) || is("no") || lower == "false") {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn chosen(field: &Field, choices: &[Choice], typed: &str, voice: &Voice<'_>) -> Option<String> {
    let by_number = typed.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
    let by_words = choices.iter().find(|choice| {
        let label = voice.label(field, choice).text;
        choice.value.eq_ignore_ascii_case(typed) || label.to_lowercase() == typed.to_lowercase()
    });
    // An option may itself be a number: what it says goes before where it stands.
    by_words.or(by_number).map(|choice| choice.value.clone())
}
