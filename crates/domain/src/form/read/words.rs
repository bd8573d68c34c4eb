//! A map of known words, read with refusals that say where.

use crate::Refusal;
use crate::limits::{FORM_NAME_BYTES, FORM_TEXT_BYTES};
use serde_json::{Map, Value};

/// A map in a form.
pub(super) struct Reader<'a> {
    what: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    /// Over a map that has no other than these words.
    pub(super) fn new(what: &str, value: &'a Value, known: &[&str]) -> Result<Self, Refusal> {
        let fields = value.as_object().ok_or_else(|| Refusal::invalid(format!("{what} is not a map")))?;
        if let Some(word) = fields.keys().find(|word| !known.contains(&word.as_str())) {
            let word: String = word.chars().take(FORM_NAME_BYTES).collect();
            return Err(Refusal::invalid(format!("{what} has {word:?}, which forms do not know"))
                .hint(format!("it may have {}", known.join(", "))));
        }
        Ok(Self { what: what.to_owned(), fields })
    }

    pub(super) fn value(&self, word: &str) -> Option<&'a Value> {
        self.fields.get(word)
    }

    /// A word that, where it stands, says one thing only.
    pub(super) fn constant(&self, word: &str, only: &Value) -> Result<(), Refusal> {
        match self.value(word) {
            Some(value) if value != only => {
                Err(Refusal::invalid(format!("`{word}` of {} is not {only}", self.what)).hint("leave it out"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn text(&self, word: &str) -> Result<Option<String>, Refusal> {
        let Some(value) = self.value(word) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| self.wrong(word, "words"))?;
        if text.trim().is_empty() {
            return Err(self.wrong(word, "words; leave it out where there are none"));
        }
        if text.len() > FORM_TEXT_BYTES {
            return Err(Refusal::too_large(format!(
                "`{word}` of {} has {} bytes; the most is {FORM_TEXT_BYTES}",
                self.what,
                text.len()
            )));
        }
        if !text_fits(text) {
            return Err(self.wrong(word, "plain words, without characters that hide or turn others"));
        }
        Ok(Some(text.to_owned()))
    }

    pub(super) fn needed_text(&self, word: &str) -> Result<String, Refusal> {
        self.text(word)?.ok_or_else(|| self.missing(word))
    }

    pub(super) fn flag(&self, word: &str) -> Result<bool, Refusal> {
        match self.value(word) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(word, "true or false")),
        }
    }

    pub(super) fn whole(&self, word: &str) -> Result<Option<i64>, Refusal> {
        self.value(word).map(|value| value.as_i64().ok_or_else(|| self.wrong(word, "a whole number"))).transpose()
    }

    pub(super) fn count(&self, word: &str) -> Result<Option<u64>, Refusal> {
        self.value(word)
            .map(|value| value.as_u64().ok_or_else(|| self.wrong(word, "a whole number from 0")))
            .transpose()
    }

    pub(super) fn names(&self, word: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.value(word) else { return Ok(None) };
        let names: Option<Vec<String>> =
            value.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        names.ok_or_else(|| self.wrong(word, "a list of names")).map(Some)
    }

    pub(super) fn map(&self, word: &str) -> Result<Option<&'a Map<String, Value>>, Refusal> {
        self.value(word).map(|value| value.as_object().ok_or_else(|| self.wrong(word, "a map"))).transpose()
    }

    pub(super) fn needed_map(&self, word: &str) -> Result<&'a Map<String, Value>, Refusal> {
        self.map(word)?.ok_or_else(|| self.missing(word))
    }

    pub(super) fn wrong(&self, word: &str, expected: &str) -> Refusal {
        Refusal::invalid(format!("`{word}` of {} is {expected}, and this is not", self.what))
    }

    pub(super) fn missing(&self, word: &str) -> Refusal {
        Refusal::invalid(format!("{} has no `{word}`", self.what))
    }
}

/// Whether nothing in it moves a cursor, hides text or turns its direction for a reader.
pub(super) fn text_fits(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    })
}
