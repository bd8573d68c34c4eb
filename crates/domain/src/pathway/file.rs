//! A pathway as it is written: known words only, within the limits, and nothing that contradicts itself.

use super::{Coming, Feedback, Origin, Parties, Pathway, Span, WaitingList, template};
use crate::form::{Form, canonical};
use crate::limits::{PATHWAY_BYTES, PATHWAY_ENTRIES, PATHWAY_NESTING, PATHWAY_TEXT_BYTES};
use crate::referral::{Action, AnswerTimes, Side};
use crate::{FormHash, RecordId, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) language: String,
    pub(super) takes: BTreeSet<Coming>,
    pub(super) parties: Parties,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer_times: Option<Times>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) waiting_list: Option<WaitingList>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) feedback: Vec<Feedback>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) templates: BTreeMap<Action, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) listing: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Origin>,
}

/// [`AnswerTimes`], as pathways write them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Times {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledge: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decide: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop: Option<Span>,
}

impl Times {
    pub(super) fn each(&self) -> [(&'static str, Option<Span>); 7] {
        [
            ("we say that we have it", self.acknowledge),
            ("we say yes, no, or that there is a waiting list", self.decide),
            ("you answer our questions", self.answer),
            ("we contact the person, once we said yes", self.contact),
            ("it begins, once we said yes", self.start),
            ("there is a place, from the waiting list", self.place),
            ("we stop when you or the person ask us to", self.stop),
        ]
    }
}

impl From<Times> for AnswerTimes {
    fn from(times: Times) -> Self {
        let ms = |span: Option<Span>| span.map(Span::as_ms);
        Self {
            acknowledge_ms: ms(times.acknowledge),
            decide_ms: ms(times.decide),
            answer_ms: ms(times.answer),
            contact_ms: ms(times.contact),
            start_ms: ms(times.start),
            place_ms: ms(times.place),
            stop_ms: ms(times.stop),
        }
    }
}

impl Pathway {
    /// From an author's file, once it is JSON. Its `form` is a form's hash, or the form itself, which comes back beside it.
    pub fn read(value: &Value) -> Result<(Self, Option<Form>), Refusal> {
        if canonical::nests_deeper_than(value, PATHWAY_NESTING + crate::limits::FORM_NESTING) {
            return Err(Refusal::too_large("a pathway nests too deep"));
        }
        let mut fields = value.as_object().cloned().ok_or_else(|| Refusal::invalid("a pathway is a map of fields"))?;
        let no_form = || {
            Refusal::invalid("a pathway names no form")
                .hint("write `form:` with the hash that `fingerpost form show` prints, or the form itself beneath it")
        };
        let (form, embedded) = match fields.remove("form").ok_or_else(no_form)? {
            Value::String(hash) => (hash.parse::<FormHash>()?, None),
            embedded @ Value::Object(_) => {
                let form = Form::read(&embedded)?;
                (form.hash(), Some(form))
            }
            _ => return Err(no_form()),
        };
        let file: File = serde_json::from_value(Value::Object(fields)).map_err(|error| {
            let said: String = error.to_string().chars().filter(|c| !c.is_control()).take(400).collect();
            Refusal::invalid(format!("a pathway does not read: {said}"))
        })?;
        Ok((file.finished(form)?, embedded))
    }

    /// From canonical bytes, such as a partner published. Refused when they are no pathway or not canonical.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > PATHWAY_BYTES {
            return Err(Refusal::too_large(format!("a pathway of {} bytes", bytes.len())));
        }
        let value = serde_json::from_slice(bytes).map_err(|_| Refusal::malformed("a pathway does not parse"))?;
        let (pathway, _) = Self::read(&value)?;
        if pathway.canonical == bytes {
            return Ok(pathway);
        }
        Err(Refusal::malformed("a pathway is not in canonical form"))
    }
}

impl File {
    /// Checked, and with its canonical bytes.
    pub(super) fn finished(self, form: FormHash) -> Result<Pathway, Refusal> {
        self.check()?;
        let mut value = serde_json::to_value(&self).map_err(|_| Refusal::invalid("a pathway cannot be written"))?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("form".to_owned(), json!(form.to_string()));
        }
        let canonical = canonical::bytes(&value);
        if canonical.len() > PATHWAY_BYTES {
            return Err(Refusal::too_large(format!(
                "a pathway of {} bytes; the most is {PATHWAY_BYTES}",
                canonical.len()
            )));
        }
        Ok(Pathway { file: self, form, canonical })
    }

    fn check(&self) -> Result<(), Refusal> {
        for (what, text) in self.texts() {
            check_text(&what, text)?;
        }
        let entries = [self.feedback.len(), self.templates.len(), self.parties.sender.only.len()];
        if entries.iter().any(|count| *count > PATHWAY_ENTRIES) {
            return Err(Refusal::too_large(format!("a pathway has a list of more than {PATHWAY_ENTRIES} entries")));
        }
        if self.takes.is_empty() {
            return Err(Refusal::invalid("a pathway takes nobody")
                .hint("write `takes:` with some of signpost, self-referral, enquiry, referral"));
        }
        let times = self.answer_times.clone().unwrap_or_default();
        if self.takes.contains(&Coming::Referral) && (times.acknowledge.is_none() || times.decide.is_none()) {
            return Err(Refusal::invalid("a pathway takes referrals and does not say how fast it answers")
                .hint("write `answer_times:` with at least `acknowledge: 2 days` and `decide: 1 week`"));
        }
        let strange = self.feedback.iter().map(|feedback| feedback.on).find(|on| !on.is_of(Side::Receiver));
        if let Some(action) = strange {
            return Err(Refusal::invalid(format!("feedback comes on {action}, which the receiver does not do"))
                .hint("write `on:` with accept, decline, start, feedback or end, say"));
        }
        self.templates.values().try_for_each(|words| template::check(words))
    }

    fn texts(&self) -> Vec<(String, &str)> {
        let mut texts = vec![
            ("title".to_owned(), self.title.as_str()),
            ("language".to_owned(), self.language.as_str()),
            ("parties.sender.who".to_owned(), self.parties.sender.who.as_str()),
            ("parties.receiver.who".to_owned(), self.parties.receiver.who.as_str()),
        ];
        texts.extend(self.description.as_deref().map(|text| ("description".to_owned(), text)));
        let note = self.waiting_list.as_ref().and_then(|list| list.note.as_deref());
        texts.extend(note.map(|text| ("waiting_list.note".to_owned(), text)));
        texts.extend(
            self.feedback.iter().map(|feedback| (format!("feedback on {}", feedback.on), feedback.what.as_str())),
        );
        texts.extend(self.templates.iter().map(|(action, text)| (format!("templates.{action}"), text.as_str())));
        texts
    }
}

fn check_text(what: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(format!("{what} of a pathway is empty")).hint("write it, or leave it out"));
    }
    if text.len() > PATHWAY_TEXT_BYTES {
        return Err(Refusal::too_large(format!(
            "{what} of a pathway has {} bytes; the most is {PATHWAY_TEXT_BYTES}",
            text.len()
        )));
    }
    if what == "language" { crate::form::check_language(text) } else { crate::form::check_plain(what, text) }
}
