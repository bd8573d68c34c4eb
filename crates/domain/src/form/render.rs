//! A form as people meet it: text at the terminal, large print on paper, a script for the telephone.
//!
//! Pure, from a form (and answers) to text. A [`Voice`] says in which language; what a form lacks in it is shown in the form's own.

mod paper;
mod phone;
mod terminal;
mod words;

pub use paper::paper;
pub use phone::phone_script;
pub use terminal::{answers, question, terminal};
pub use words::Words;

use super::field::{Choice, Field};
use super::measure::Measure;
use super::{Form, Heading, Kind, When};
use serde_json::Value;

/// In which language, and with which words around the form's own.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// The language that is wanted (BCP 47).
    pub language: &'a str,
    /// The words around the questions.
    pub words: &'a Words<'a>,
}

/// Some text, and the language that it turned out to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// The text.
    pub text: &'a str,
    /// Whether it is in the language that was wanted, or in the form's own.
    pub tongue: Tongue,
}

/// Whether something is in the language that was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// It is.
    Wanted,
    /// There is no translation: it is in the form's own language.
    Own,
}

impl<'a> Voice<'a> {
    /// English.
    pub const ENGLISH: Voice<'static> = Voice { language: "en", words: &Words::ENGLISH };

    /// The title of a form.
    pub fn title(&self, form: &'a Form) -> Said<'a> {
        let there = self.heading(form).map(|heading| heading.title.as_str()).filter(|title| !title.is_empty());
        said(there, &form.heading.title)
    }

    /// What is told before the first question.
    pub fn description(&self, form: &'a Form) -> Option<Said<'a>> {
        let there = self.heading(form).and_then(|heading| heading.description.as_deref());
        form.heading.description.as_deref().map(|own| said(there, own))
    }

    /// A question.
    pub fn question(&self, field: &'a Field) -> Said<'a> {
        said(field.translations.get(self.language).and_then(|there| there.title.as_deref()), &field.title)
    }

    /// What helps to answer it.
    pub fn hint(&self, field: &'a Field) -> Option<Said<'a>> {
        let there = field.translations.get(self.language).and_then(|there| there.description.as_deref());
        field.description.as_deref().map(|own| said(there, own))
    }

    /// Why it is asked.
    pub fn why(&self, field: &'a Field) -> Option<Said<'a>> {
        let there = field.translations.get(self.language).and_then(|there| there.why.as_deref());
        field.why.as_deref().map(|own| said(there, own))
    }

    /// The heading before it.
    pub fn section(&self, field: &'a Field) -> Option<Said<'a>> {
        let there = field.translations.get(self.language).and_then(|there| there.section.as_deref());
        field.section.as_deref().map(|own| said(there, own))
    }

    /// An option.
    pub fn label<'b>(&self, field: &'b Field, choice: &'b Choice) -> Said<'b> {
        let there = field.translations.get(self.language).and_then(|there| there.labels.get(&choice.value));
        said(there.map(String::as_str), &choice.label)
    }

    fn heading(&self, form: &'a Form) -> Option<&'a Heading> {
        form.translations.get(self.language)
    }

    /// An answer in words.
    pub fn answer(&self, field: &Field, answer: &Value) -> String {
        let labelled = |value: &Value| {
            let choice = field.kind.choices().iter().find(|choice| value.as_str() == Some(choice.value.as_str()));
            choice.map(|choice| self.label(field, choice).text.to_owned())
        };
        match answer {
            Value::Bool(true) => self.words.yes.to_owned(),
            Value::Bool(false) => self.words.no.to_owned(),
            Value::String(text) => labelled(answer).unwrap_or_else(|| text.clone()),
            Value::Array(entries) => entries.iter().filter_map(labelled).collect::<Vec<_>>().join(", "),
            Value::Null | Value::Number(_) | Value::Object(_) => answer.to_string(),
        }
    }

    /// On what a question depends, in words: the number of the other question and its answer.
    fn condition(&self, form: &Form, when: &When) -> Option<String> {
        let place = form.fields().iter().position(|field| field.name == when.field)?;
        let on = form.fields().get(place)?;
        let number = place.saturating_add(1).to_string();
        Some(self.words.only_if.replace("{number}", &number).replace("{answer}", &self.answer(on, &when.is)))
    }
}

impl Words<'_> {
    fn scale(&self, kind: &Kind) -> Option<String> {
        match kind {
            Kind::Whole { least: Some(least), most: Some(most) } => {
                Some(self.from_to.replace("{least}", &least.to_string()).replace("{most}", &most.to_string()))
            }
            _ => None,
        }
    }
}

/// The introduction of a measure, before the first of its questions in a form.
fn introduction(form: &Form, field: &Field) -> Option<&'static str> {
    let measure: Measure = field.measure?.measure();
    let first = form.fields().iter().find(|other| other.measure.is_some_and(|item| item.measure() == measure))?;
    (first.name == field.name).then(|| measure.introduction())
}

fn said<'b>(there: Option<&'b str>, own: &'b str) -> Said<'b> {
    match there {
        Some(text) => Said { text, tongue: Tongue::Wanted },
        None => Said { text: own, tongue: Tongue::Own },
    }
}
