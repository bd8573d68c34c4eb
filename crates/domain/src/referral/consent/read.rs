//! A person's agreement as it is written: known words only, within the limits, and nothing repeated of what does not read.

use super::{AgreementRecord, GivenBy, Ground, How, Interpreter, Relation};
use crate::form::{canonical, check_language, is_words};
use crate::limits::{AGREEMENT_BYTES, AGREEMENT_RECEIVERS, AGREEMENT_WORDS_BYTES, EVENT_EARLIEST_MS, EVENT_LATEST_MS};
use crate::referral::{PassBack, RestsOn};
use crate::{OrgId, Refusal, Timestamp};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const FIELDS: [&str; 12] = [
    "covers",
    "expires_at",
    "given_at",
    "given_by",
    "ground",
    "how",
    "interpreter",
    "language",
    "pass_back",
    "relation",
    "rests_on",
    "words",
];
const PERSON: &str = "person";
const REPRESENTATIVE: &str = "representative";
const DATES: &str = "write the day, such as 2026-11-30, or the moment, such as 2026-11-30T14:30:00Z";

/// What a date alone says, since a moment is kept.
#[derive(Clone, Copy)]
enum Edge {
    /// That it is from the beginning of that day, in UTC.
    Beginning,
    /// That it is until its end.
    End,
}

impl AgreementRecord {
    /// From an author's file, once it is JSON. A date alone is the beginning of that day in UTC, and for `expires_at` its end;
    /// `interpreter` is `none` and `rests_on` is `own` where they are left out. Refused with the field and what to write instead.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        let no_map = || {
            Refusal::invalid("the agreement is no map of fields")
                .hint(format!("write `field: value` lines; the fields are {}", FIELDS.join(", ")))
        };
        let fields = value.as_object().ok_or_else(no_map)?;
        check_names(fields)?;
        let record = Self {
            given_by: given_by(fields)?,
            how: needed(fields, "how", &by_word(How::ALL, |one| one.word()))?,
            language: language(fields)?,
            interpreter: one_of(fields, "interpreter", &by_word(Interpreter::ALL, |one| one.word()))?
                .unwrap_or(Interpreter::None),
            covers: covers(fields)?,
            pass_back: needed(fields, "pass_back", &by_word(&PassBack::ALL, |one| one.word()))?,
            given_at: moment(fields, "given_at", Edge::Beginning)?.ok_or_else(|| missing("given_at").hint(DATES))?,
            expires_at: moment(fields, "expires_at", Edge::End)?,
            rests_on: one_of(fields, "rests_on", &by_word(&RestsOn::ALL, |one| one.word()))?.unwrap_or(RestsOn::Own),
            words: note(fields)?,
        };
        if record.expires_at.is_some_and(|expires_at| expires_at <= record.given_at) {
            return Err(Refusal::invalid("the agreement ends before it is given")
                .hint("look at `given_at` and `expires_at`; leave the second out where it does not end by itself"));
        }
        Ok(record)
    }

    /// From the bytes of an opened payload. Refused when they are no agreement or not canonical.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > AGREEMENT_BYTES {
            return Err(Refusal::too_large(format!("a person's agreement of {} bytes", bytes.len())));
        }
        let value = serde_json::from_slice(bytes);
        let value = value.map_err(|_| Refusal::malformed("a person's agreement does not parse"))?;
        let record = Self::read(&value)?;
        if record.bytes() == bytes {
            return Ok(record);
        }
        Err(Refusal::malformed("a person's agreement is not in canonical form"))
    }

    /// As an author writes it.
    pub fn value(&self) -> Value {
        let moment = |at: Timestamp| jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string();
        let mut value = json!({
            "covers": self.covers.iter().map(OrgId::to_string).collect::<Vec<_>>(),
            "given_at": moment(self.given_at),
            "given_by": PERSON,
            "how": self.how,
            "interpreter": self.interpreter,
            "language": self.language,
            "pass_back": self.pass_back.word(),
            "rests_on": self.rests_on.word(),
        });
        let mut put =
            |name: &str, said: Value| value.as_object_mut().map(|fields| fields.insert(name.to_owned(), said));
        if let GivenBy::Representative { relation, ground } = self.given_by {
            put("given_by", json!(REPRESENTATIVE));
            put("relation", json!(relation));
            put("ground", json!(ground));
        }
        if let Some(expires_at) = self.expires_at {
            put("expires_at", json!(moment(expires_at)));
        }
        if let Some(words) = &self.words {
            put("words", json!(words));
        }
        value
    }

    /// The canonical bytes that are sealed.
    pub fn bytes(&self) -> Vec<u8> {
        canonical::bytes(&self.value())
    }
}

/// Refuses a field that is not known. It is not repeated: who mistook the file may have written a person's name there.
fn check_names(fields: &Map<String, Value>) -> Result<(), Refusal> {
    let strange = fields.keys().enumerate().find(|(_, name)| !FIELDS.contains(&name.as_str()));
    let Some((place, name)) = strange else { return Ok(()) };
    let likeness = |known: &&str| strsim::damerau_levenshtein(known, name);
    let hint = match FIELDS.into_iter().min_by_key(likeness).filter(|known| likeness(known) <= 2) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("its fields are {}", FIELDS.join(", ")),
    };
    let place = place.saturating_add(1);
    Err(Refusal::invalid(format!("field number {place} of the agreement is not known")).hint(hint))
}

fn given_by(fields: &Map<String, Value>) -> Result<GivenBy, Refusal> {
    let is_person = needed(fields, "given_by", &[(PERSON, true), (REPRESENTATIVE, false)])?;
    let relations = by_word(Relation::ALL, |one| one.word());
    let grounds = by_word(Ground::ALL, |one| one.word());
    let (relation, ground) = (one_of(fields, "relation", &relations)?, one_of(fields, "ground", &grounds)?);
    match (is_person, relation, ground) {
        (true, None, None) => Ok(GivenBy::Person),
        (true, ..) => Err(Refusal::invalid("the agreement is given by the person and names a representative")
            .hint("write `given_by: representative`, or leave `relation` and `ground` out")),
        (false, Some(relation), Some(ground)) => Ok(GivenBy::Representative { relation, ground }),
        (false, None, _) => Err(missing("relation").hint(use_one_of(&relations))),
        (false, _, None) => Err(missing("ground").hint(use_one_of(&grounds))),
    }
}

fn language(fields: &Map<String, Value>) -> Result<String, Refusal> {
    let tag = text(fields, "language")?.ok_or_else(|| missing("language").hint("write `en`, `cy`, `pl` and so on"))?;
    check_language(tag)?;
    Ok(tag.to_owned())
}

fn covers(fields: &Map<String, Value>) -> Result<BTreeSet<OrgId>, Refusal> {
    const HINT: &str = "list the ids of the organisations that may receive it, as `fingerpost partner list` shows them";
    let named = said(fields, "covers").ok_or_else(|| missing("covers").hint(HINT))?;
    let named = named.as_array().filter(|named| !named.is_empty());
    let named = named.ok_or_else(|| Refusal::invalid("`covers` of the agreement names nobody").hint(HINT))?;
    if named.len() > AGREEMENT_RECEIVERS {
        let count = named.len();
        return Err(Refusal::too_large(format!(
            "`covers` of the agreement names {count} organisations; the most is {AGREEMENT_RECEIVERS}"
        ))
        .hint("name those that the person chose"));
    }
    let read = |(place, entry): (usize, &Value)| {
        entry.as_str().and_then(|id| id.parse().ok()).ok_or_else(|| {
            let place = place.saturating_add(1);
            Refusal::invalid(format!("entry number {place} of `covers` is no organisation's id")).hint(HINT)
        })
    };
    named.iter().enumerate().map(read).collect()
}

fn note(fields: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(words) = text(fields, "words")? else { return Ok(None) };
    if words.len() > AGREEMENT_WORDS_BYTES {
        let bytes = words.len();
        return Err(Refusal::too_large(format!(
            "`words` of the agreement has {bytes} bytes; the most is {AGREEMENT_WORDS_BYTES}"
        ))
        .hint("shorten it"));
    }
    if !is_words(words) {
        return Err(Refusal::invalid("`words` of the agreement is empty or no plain text")
            .hint("write plain words, or leave it out"));
    }
    Ok(Some(words.to_owned()))
}

fn moment(fields: &Map<String, Value>, field: &str, edge: Edge) -> Result<Option<Timestamp>, Refusal> {
    let Some(written) = text(fields, field)? else { return Ok(None) };
    let of_day = |date: Date| {
        let date = match edge {
            Edge::Beginning => date,
            Edge::End => date.saturating_add(1.day()),
        };
        jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    };
    let date = written.parse::<Date>().ok().filter(|_| written.len() == 10);
    let moment = match date {
        Some(date) => of_day(date),
        None => written.parse().ok(),
    };
    let moment: jiff::Timestamp =
        moment.ok_or_else(|| Refusal::invalid(format!("`{field}` of the agreement is no date")).hint(DATES))?;
    let ms = moment.as_millisecond();
    if !(EVENT_EARLIEST_MS..=EVENT_LATEST_MS).contains(&ms) {
        return Err(Refusal::invalid(format!("`{field}` of the agreement is in a year that cannot be"))
            .hint("look at the year: it has four digits, and is from 2000 to 2199"));
    }
    Ok(Some(Timestamp::from_ms(ms)))
}

/// A list's values by their words.
fn by_word<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|one| (word(*one), *one)).collect()
}

/// The field's value among these words. Its own [`std::str::FromStr`] would repeat what was written.
fn one_of<T: Copy>(fields: &Map<String, Value>, field: &str, known: &[(&str, T)]) -> Result<Option<T>, Refusal> {
    let Some(value) = said(fields, field) else { return Ok(None) };
    let found = known.iter().find(|(word, _)| value.as_str() == Some(word));
    found.map(|(_, one)| Some(*one)).ok_or_else(|| {
        Refusal::invalid(format!("`{field}` of the agreement is none of its words")).hint(use_one_of(known))
    })
}

/// What stands in a field; one that was left empty says nothing.
fn said<'v>(fields: &'v Map<String, Value>, field: &str) -> Option<&'v Value> {
    fields.get(field).filter(|value| !value.is_null())
}

fn needed<T: Copy>(fields: &Map<String, Value>, field: &str, known: &[(&str, T)]) -> Result<T, Refusal> {
    one_of(fields, field, known)?.ok_or_else(|| missing(field).hint(use_one_of(known)))
}

fn use_one_of<T>(known: &[(&str, T)]) -> String {
    format!("use one of {}", known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))
}

fn text<'v>(fields: &'v Map<String, Value>, field: &str) -> Result<Option<&'v str>, Refusal> {
    let Some(value) = said(fields, field) else { return Ok(None) };
    value.as_str().map(Some).ok_or_else(|| {
        Refusal::invalid(format!("`{field}` of the agreement is no text"))
            .hint("write it as words, in quotes if need be")
    })
}

fn missing(field: &str) -> Refusal {
    Refusal::invalid(format!("the agreement has no `{field}`"))
}
