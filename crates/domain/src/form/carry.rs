//! From one form to the next: what was asked once is not asked again.

use super::check::{self, Use};
use super::core_field::Reuse;
use super::field::{Field, Kind};
use super::{Answers, Form};
use jiff::civil::Date;
use serde_json::{Map, Value};

/// What another form's answers give, and what is left to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried<'a> {
    /// The beginning of the answers: each fits its question.
    pub answers: Answers,
    /// What is still to be asked in writing, in order. A question that depends on one of these is among them.
    pub to_ask: Vec<&'a Field>,
    /// What is asked by telephone alone.
    pub by_phone: Vec<&'a Field>,
}

/// What the answers to one form give to another: the fields that both share, where the answer fits the other's question too. A
/// permission is never carried: it was given for one referral.
pub fn carried<'a>(from: &Form, answers: &Answers, to: &'a Form, purpose: Use, today: Date) -> Carried<'a> {
    let mut values = Map::new();
    let mut to_ask = Vec::new();
    for field in to.written(purpose) {
        match applies(field, to, &values, &to_ask) {
            Applies::No => {}
            Applies::Yes => match answer_for(field, from, answers).filter(|answer| check::fits(field, answer, today)) {
                Some(answer) => {
                    values.insert(field.name.clone(), answer.clone());
                }
                None => to_ask.push(field),
            },
            Applies::Unknown => to_ask.push(field),
        }
    }
    Carried { answers: Answers::of(to.hash(), values), to_ask, by_phone: to.by_phone().collect() }
}

/// Whether a question is asked, as far as earlier answers tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applies {
    Yes,
    No,
    Unknown,
}

fn applies(field: &Field, form: &Form, values: &Map<String, Value>, to_ask: &[&Field]) -> Applies {
    if to_ask.iter().any(|asked| field.when.as_ref().is_some_and(|when| when.field == asked.name)) {
        return Applies::Unknown;
    }
    if is_asked(field, form, values) { Applies::Yes } else { Applies::No }
}

/// Whether a question is asked, given the answers before it.
pub fn is_asked(field: &Field, form: &Form, values: &Map<String, Value>) -> bool {
    let Some(when) = &field.when else { return true };
    let Some(answer) = values.get(&when.field) else { return false };
    match form.field(&when.field).map(|on| &on.kind) {
        Some(Kind::Several { .. }) => answer.as_array().is_some_and(|answers| answers.contains(&when.is)),
        _ => *answer == when.is,
    }
}

fn answer_for<'a>(field: &Field, from: &Form, answers: &'a Answers) -> Option<&'a Value> {
    let core = field.core.filter(|core| core.reuse() == Reuse::Carried)?;
    let source = from.fields().iter().find(|source| source.core == Some(core) && Use::Referral.asks(source.tier))?;
    answers.value(&source.name)
}
