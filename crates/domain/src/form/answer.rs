//! Answers to one form, with its hash: what a referral seals and sends. Never printed, never migrated to another version of the form.

use super::check::{self, Problem, Problems, Use};
use super::{Form, canonical};
use crate::limits::ANSWERS_BYTES;
use crate::{FormHash, Refusal};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use std::fmt;

/// Answers by the names of the questions.
#[derive(Clone, PartialEq)]
pub struct Answers {
    form: FormHash,
    values: Map<String, Value>,
}

impl Answers {
    /// From a person's file, once it is JSON: a map from questions to answers. What was left empty is not answered. Refused, with
    /// every question that is wrong, unless all of it fits the form.
    pub fn read(form: &Form, value: &Value, purpose: Use, today: Date) -> Result<Self, Problems> {
        let answers = Self::draft(form, value)?;
        answers.check(form, purpose, today)?;
        Ok(answers)
    }

    /// The same before it is finished: only its shape is looked at.
    pub fn draft(form: &Form, value: &Value) -> Result<Self, Problems> {
        let no_map = || {
            Problems::one(Problem {
                field: None,
                what: "the answers are no map from questions to answers".to_owned(),
                hint: "write `name: answer` lines, one for each question".to_owned(),
            })
        };
        let given = value.as_object().ok_or_else(no_map)?;
        let values = given.iter().filter(|(_, answer)| !is_empty(answer));
        Ok(Self { form: form.hash(), values: values.map(|(name, answer)| (name.clone(), answer.clone())).collect() })
    }

    /// From the bytes of an opened payload. Whether they fit is asked by [`Answers::check`], with the form at hand.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > ANSWERS_BYTES {
            return Err(Refusal::too_large(format!("answers of {} bytes", bytes.len())));
        }
        let wrong = || Refusal::malformed("the answers in a payload do not parse");
        let value: Value = serde_json::from_slice(bytes).map_err(|_| wrong())?;
        let form = value.get("form").and_then(Value::as_str).and_then(|form| form.parse().ok()).ok_or_else(wrong)?;
        let values = value.get("answers").and_then(Value::as_object).cloned().ok_or_else(wrong)?;
        let answers = Self { form, values };
        if answers.bytes() == bytes { Ok(answers) } else { Err(wrong()) }
    }

    /// Whether they fit this form, for this use, on this day: asked before they are sent, and by who receives them.
    pub fn check(&self, form: &Form, purpose: Use, today: Date) -> Result<(), Problems> {
        check::check(self, form, purpose, today)
    }

    /// The canonical bytes that are sealed.
    pub fn bytes(&self) -> Vec<u8> {
        canonical::bytes(&json!({ "answers": self.values, "form": self.form.to_string() }))
    }

    /// The form that they answer.
    pub const fn form(&self) -> FormHash {
        self.form
    }

    /// The answer to a question.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// All of them.
    pub const fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    pub(super) const fn of(form: FormHash, values: Map<String, Value>) -> Self {
        Self { form, values }
    }
}

fn is_empty(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("form", &self.form).field("values", &"[hidden]").finish()
    }
}
