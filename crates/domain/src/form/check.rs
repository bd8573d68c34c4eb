//! Whether answers fit their form. What is wrong is said by question and by what would fit: never by what was answered.

use super::field::{Field, Kind, Tier};
use super::schema::{self, json_schema};
use super::{Answers, Form};
use crate::limits::{ANSWER_EARLIEST_YEAR, ANSWER_LATEST_YEAR, ANSWERS_BYTES};
use crate::{Refusal, RefusalKind};
use jiff::ToSpan;
use jiff::civil::Date;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use jsonschema::{Draft, Validator};
use serde_json::Value;
use std::fmt;

/// What a form is filled in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To ask many who has space, without saying for whom.
    Enquiry,
    /// To refer somebody.
    Referral,
}

/// What is wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The question, by its name; none where it is about the answers as a whole.
    pub field: Option<String>,
    /// What is wrong: lowercase, without the answer.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// All that is wrong with some answers, in the order of the questions. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Use {
    /// Whether it asks questions of this tier, in writing.
    pub const fn asks(self, tier: Tier) -> bool {
        match self {
            Self::Enquiry => matches!(tier, Tier::Enquiry),
            Self::Referral => !matches!(tier, Tier::ByPhone),
        }
    }
}

impl Problems {
    /// One at a time.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    fn of(mut problems: Vec<Problem>, form: &Form) -> Result<(), Self> {
        let place = |problem: &Problem| form.fields().iter().position(|f| Some(&f.name) == problem.field.as_ref());
        problems.sort_by_cached_key(|problem| (place(problem).unwrap_or(usize::MAX), problem.clone()));
        problems.dedup();
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// All of them in one refusal. A method and not `From`: a second conversion into [`Refusal`] would leave `?` guessing elsewhere.
    pub fn refusal(&self) -> Refusal {
        let said = |part: &dyn Fn(&Problem) -> String| self.0.iter().map(part).collect::<Vec<_>>().join("; ");
        let hint = said(&|problem| match &problem.field {
            Some(field) => format!("{field}: {}", problem.hint),
            None => problem.hint.clone(),
        });
        Refusal::new(RefusalKind::Invalid, format!("the answers do not fit the form: {}", said(&Problem::to_string)))
            .hint(hint)
    }

    pub(super) fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Problem {
    pub(super) fn of(field: &Field, what: &str, hint: impl Into<String>) -> Self {
        Self { field: Some(field.name.clone()), what: what.to_owned(), hint: hint.into() }
    }

    fn whole(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { field: None, what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field} {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Whether these are answers to this form that may go out, or be taken in, for this use on this day.
pub(super) fn check(answers: &Answers, form: &Form, purpose: Use, today: Date) -> Result<(), Problems> {
    if answers.form() != form.hash() {
        return Err(Problems::one(Problem::whole(
            "the answers are to another form, or another version of it",
            "answers stay with the form that they were given to: fill in this one",
        )));
    }
    let bytes = answers.bytes().len();
    if bytes > ANSWERS_BYTES {
        let what = format!("the answers have {bytes} bytes; the most is {ANSWERS_BYTES}");
        return Err(Problems::one(Problem::whole(what, "shorten the longest")));
    }
    let value = Value::Object(answers.values().clone());
    let validator = validator(&json_schema(form, purpose), today)?;
    let problems = validator.iter_errors(&value).flat_map(|error| problems(&error, form, purpose, answers)).collect();
    Problems::of(problems, form)
}

/// Whether one answer fits its question.
pub(super) fn fits(field: &Field, answer: &Value, today: Date) -> bool {
    validator(&schema::property(field), today).is_ok_and(|validator| validator.is_valid(answer))
}

fn validator(schema: &Value, today: Date) -> Result<Validator, Problems> {
    let tomorrow = today.saturating_add(1.day());
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format(schema::WORDS, is_words)
        .with_format(schema::DATE, |text: &str| date(text).is_some())
        // A day's grace: the sender's day may be a day ahead of the receiver's.
        .with_format(schema::BIRTH, move |text: &str| date(text).is_some_and(|date| date <= tomorrow))
        .with_format(schema::EMAIL, crate::document::shape::is_email)
        .with_format(schema::PHONE, is_phone)
        .with_format(schema::POSTCODE, is_postcode)
        .build(schema)
        .map_err(|_| {
            Problems::one(Problem::whole("the form cannot be checked", "update this node, or ask for another form"))
        })
}

/// What an error of the validator means to a person. The library's own words repeat the answer, so none of them are used.
fn problems(error: &ValidationError<'_>, form: &Form, purpose: Use, answers: &Answers) -> Vec<Problem> {
    let path = error.instance_path().as_str();
    let named = path.strip_prefix('/').and_then(|rest| rest.split('/').next()).and_then(|name| form.field(name));
    match (error.kind(), named) {
        (ValidationErrorKind::Required { property }, None) => {
            let missing = property.as_str().and_then(|name| form.field(name));
            missing
                .map(|field| Problem::of(field, "is not answered", format!("give {}", field.kind.expected())))
                .into_iter()
                .collect()
        }
        (ValidationErrorKind::AdditionalProperties { unexpected }, None) => {
            unexpected.iter().map(|name| unexpected_answer(name, form, purpose, answers)).collect()
        }
        (ValidationErrorKind::FalseSchema, Some(field)) => vec![unasked(field)],
        (_, Some(field)) => {
            vec![Problem::of(field, "has an answer that does not fit", format!("give {}", expected(field)))]
        }
        (_, None) => {
            vec![Problem::whole("the answers are no map from questions to answers", "write `name: answer` lines")]
        }
    }
}

fn expected(field: &Field) -> String {
    match field.kind {
        Kind::Date if field.core == Some(super::CoreField::DateOfBirth) => {
            format!("{} (from {ANSWER_EARLIEST_YEAR} until today)", field.kind.expected())
        }
        Kind::Date => format!("{} (from {ANSWER_EARLIEST_YEAR} to {ANSWER_LATEST_YEAR})", field.kind.expected()),
        _ => field.kind.expected(),
    }
}

fn unasked(field: &Field) -> Problem {
    let when = field.when.as_ref();
    let condition = when.map(|when| format!("{} is answered {}", when.field, when.is)).unwrap_or_default();
    Problem::of(field, "is answered and was not to be asked", format!("leave it out unless {condition}"))
}

/// A name that is no question of this use. Where it is none at all it is not repeated: who mistook the file may have written a
/// person's name there.
fn unexpected_answer(name: &str, form: &Form, purpose: Use, answers: &Answers) -> Problem {
    match form.field(name) {
        Some(field) if field.tier == Tier::ByPhone => {
            Problem::of(field, "is answered in writing", "leave it out: this is asked by telephone alone")
        }
        Some(field) => {
            let tier = field.tier.word();
            let hint = match purpose {
                Use::Enquiry => format!("leave it out: it is {tier}, and an enquiry says nothing of who it is for"),
                Use::Referral => format!("leave it out: it is {tier}"),
            };
            Problem::of(field, "does not belong here", hint)
        }
        None => {
            let place = answers.values().keys().position(|key| key == name).map_or(0, |place| place.saturating_add(1));
            let names: Vec<&str> = form.written(purpose).map(|field| field.name.as_str()).collect();
            let likeness = |known: &&&str| strsim::damerau_levenshtein(known, name);
            let hint = match names.iter().min_by_key(likeness).filter(|known| likeness(known) <= 2) {
                Some(known) => format!("did you mean {known:?}?"),
                None => format!("the questions are {}", names.join(", ")),
            };
            Problem::whole(format!("answer number {place} is to a question that the form does not ask"), hint)
        }
    }
}

fn date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    (ANSWER_EARLIEST_YEAR..=ANSWER_LATEST_YEAR).contains(&date.year()).then_some(date)
}

/// Something is said, and nothing in it that a database or a terminal would stumble over.
pub(crate) fn is_words(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Digits as people write them: 7 to 15 of them (ITU-T E.164 has at most 15), and an extension.
fn is_phone(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let (number, extension) = lower.split_once("ext").unwrap_or((lower.as_str(), "0"));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let number_fits = number.trim().chars().enumerate().all(|(place, c)| {
        c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.' | '/') || (c == '+' && place == 0)
    });
    let extension_fits = extension.trim_start_matches(['.', ' ']).chars().all(|c| c.is_ascii_digit());
    number_fits && extension_fits && (7..=15).contains(&digits(number)) && (1..=6).contains(&digits(extension))
}

/// The shape of a postcode (BS 7666), whole or its outward half.
fn is_postcode(text: &str) -> bool {
    let compact: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b.to_ascii_uppercase()).collect();
    let is_outward = |part: &[u8]| {
        let letters = part.iter().take_while(|b| b.is_ascii_uppercase()).count();
        let rest = part.get(letters..).unwrap_or_default();
        let digits_then_letter =
            rest.first().is_some_and(u8::is_ascii_digit) && rest.get(1).is_none_or(u8::is_ascii_alphanumeric);
        matches!(letters, 1 | 2) && matches!(rest.len(), 1 | 2) && digits_then_letter
    };
    let is_inward = |part: &[u8]| matches!(part, [digit, first, second] if digit.is_ascii_digit() && first.is_ascii_uppercase() && second.is_ascii_uppercase());
    let whole = compact.len().checked_sub(3).map(|at| compact.split_at(at));
    text.len() <= 12
        && (is_outward(&compact) || whole.is_some_and(|(out, inward)| is_outward(out) && is_inward(inward)))
}
