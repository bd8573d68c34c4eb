//! What a person agreed to, asked of whoever asked them. The names and words are those that the node reads; they stand here alone.

use super::interview::{Choice, Interview, read_past};
use crate::arguments::end_of;
use crate::report::Failure;
use crate::show::{instant, last_day, organisation};
use node::api::{OrgId, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const GIVEN_BY: &str = "given_by";
const RELATION: &str = "relation";
const GROUND: &str = "ground";
const HOW: &str = "how";
const LANGUAGE: &str = "language";
const INTERPRETER: &str = "interpreter";
const COVERS: &str = "covers";
const PASS_BACK: &str = "pass_back";
const GIVEN_AT: &str = "given_at";
const EXPIRES_AT: &str = "expires_at";
const RESTS_ON: &str = "rests_on";
const WORDS: &str = "words";

const REPRESENTATIVE: &str = "representative";
const OWN: &str = "own";

const GIVERS: [Choice; 2] = [("person", "the person"), (REPRESENTATIVE, "somebody who may agree for them")];
const RELATIONS: [Choice; 11] = [
    ("parent", "mother or father"),
    ("guardian", "guardian"),
    ("spouse", "wife, husband, or who they live with as such"),
    ("daughter-or-son", "daughter or son"),
    ("sibling", "sister or brother"),
    ("other-family", "other family"),
    ("friend", "friend"),
    ("carer", "carer"),
    ("advocate", "advocate"),
    ("professional", "somebody whose work it is: a doctor, a social worker"),
    ("other", "none of these"),
];
const GROUNDS: [Choice; 4] = [
    ("parental-responsibility", "parental responsibility, for a child"),
    ("lasting-power-of-attorney", "a lasting power of attorney for health and welfare"),
    ("court-deputy", "a court made them deputy"),
    ("best-interests", "nobody can agree, and a decision that it is best for the person is on record"),
];
const WAYS: [Choice; 5] = [
    ("face-to-face", "in one room"),
    ("telephone", "by telephone"),
    ("video", "by video"),
    ("writing", "on paper"),
    ("online", "on a page"),
];
const INTERPRETERS: [Choice; 4] = [
    ("none", "nobody had to"),
    ("professional", "somebody whose work it is"),
    ("colleague", "somebody who works here"),
    ("family-or-friend", "somebody of the person's own"),
];
const BACK: [Choice; 3] =
    [("nothing", "that it ended, and no more"), ("outcome", "how it ended"), ("progress", "how it goes, too")];
const RESTS: [Choice; 2] =
    [(OWN, "it was given for this referral"), ("previous", "it is the one before, that goes on: this ends with that")];

/// What the questions are about.
pub(super) struct About<'a> {
    /// Who receives the referral.
    pub(super) receiver: OrgId,
    /// Organisations by name.
    pub(super) names: &'a BTreeMap<OrgId, String>,
    /// Whether the referral goes on from another.
    pub(super) goes_on: bool,
    /// What the form's own answers say may be passed back.
    pub(super) pass_back: Option<&'a str>,
    /// The time.
    pub(super) now: Timestamp,
}

/// Asks for an agreement. `before` has what Enter keeps.
pub(super) fn ask(
    interview: &mut Interview<'_>,
    about: &About<'_>,
    before: &Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let said = |field: &str| before.get(field).and_then(Value::as_str);
    let mut agreement = Map::new();
    let mut put = |field: &str, value: Value| agreement.insert(field.to_owned(), value);
    interview.tell("\nWHAT THE PERSON AGREED TO");
    let giver = interview.choose("Who agreed?", &GIVERS, said(GIVEN_BY).or(Some("person")))?;
    put(GIVEN_BY, json!(giver));
    if giver == REPRESENTATIVE {
        put(RELATION, json!(interview.choose("Who are they to the person?", &RELATIONS, said(RELATION))?));
        put(GROUND, json!(interview.choose("What lets them agree?", &GROUNDS, said(GROUND))?));
    }
    put(HOW, json!(interview.choose("How was it given?", &WAYS, said(HOW))?));
    let language = said(LANGUAGE).unwrap_or("en").to_owned();
    let told = language.clone();
    let question = "In which language was it explained? (en, cy, pl, so, …)";
    put(LANGUAGE, json!(interview.read(question, Some((&told, language)), read_language)?));
    let interpreter = said(INTERPRETER).or(Some("none"));
    put(INTERPRETER, json!(interview.choose("Who put it into that language?", &INTERPRETERS, interpreter)?));
    put(COVERS, json!(covers(interview, about, before.get(COVERS))?));
    let back = said(PASS_BACK).or(about.pass_back);
    put(PASS_BACK, json!(interview.choose("What may you be told of how it goes?", &BACK, back)?));
    let given_at = said(GIVEN_AT).and_then(read_stored).unwrap_or(about.now);
    let told = if given_at == about.now { "now".to_owned() } else { instant(given_at) };
    let question = "When was it given? (such as 2026-11-03 14:00)";
    let given_at = interview.read(question, Some((&told, given_at)), |text| read_past(text, about.now))?;
    put(GIVEN_AT, json!(stored(given_at)));
    if let Some(expires_at) = expires(interview, said(EXPIRES_AT).and_then(read_stored), given_at)? {
        put(EXPIRES_AT, json!(stored(expires_at)));
    }
    if about.goes_on {
        let rests_on = said(RESTS_ON).or(Some(OWN));
        put(RESTS_ON, json!(interview.choose("On which agreement does it rest?", &RESTS, rests_on)?));
    }
    let words = said(WORDS).map(str::to_owned);
    let told = words.as_ref().map_or("nothing", |_| "as it was");
    let read = |text: &str| Ok(Some(text.to_owned()).filter(|text| text != "-"));
    if let Some(words) =
        interview.read("What else is to be known of it? (- takes it away)", Some((told, words)), read)?
    {
        put(WORDS, json!(words));
    }
    Ok(agreement)
}

fn covers(interview: &mut Interview<'_>, about: &About<'_>, before: Option<&Value>) -> Result<Vec<String>, Failure> {
    let before: Vec<OrgId> = before
        .and_then(Value::as_array)
        .map_or_else(|| vec![about.receiver], |ids| ids.iter().filter_map(|id| id.as_str()?.parse().ok()).collect());
    let told = before.iter().map(|id| organisation(id, about.names)).collect::<Vec<_>>().join(", ");
    let question = "Who may receive what is said of the person? (names or ids, with commas between)";
    let read = |text: &str| text.split(',').map(|part| read_organisation(part.trim(), about)).collect();
    let covers: Vec<OrgId> = interview.read(question, Some((&told, before)), read)?;
    if !covers.contains(&about.receiver) {
        let receiver = organisation(&about.receiver, about.names);
        interview.tell(&format!("    {receiver} is not among them: the referral cannot be sent to it so."));
    }
    Ok(covers.iter().map(OrgId::to_string).collect())
}

fn read_organisation(text: &str, about: &About<'_>) -> Result<OrgId, String> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let lower = text.to_lowercase();
    let is_meant = |id: &OrgId, name: &str| {
        name.to_lowercase() == lower || (!text.is_empty() && id.to_string().starts_with(&lower))
    };
    let receiver = std::iter::once((about.receiver, String::new()));
    let known = about.names.iter().map(|(id, name)| (*id, name.clone())).chain(receiver);
    let mut meant: Vec<OrgId> = known.filter(|(id, name)| is_meant(id, name)).map(|(id, _)| id).collect();
    meant.sort();
    meant.dedup();
    match meant.as_slice() {
        [one] => Ok(*one),
        [] => Err(format!("no organisation {text:?} is known here: `fingerpost partner list` shows them")),
        _ => Err(format!("{text:?} may be several: give more of the id")),
    }
}

fn expires(
    interview: &mut Interview<'_>,
    before: Option<Timestamp>,
    given_at: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let told = before.map_or_else(|| "it does not end by itself".to_owned(), last_day);
    let read = |text: &str| match text {
        "-" => Ok(None),
        _ => match end_of(text)? {
            at if at <= given_at => Err("it ends before it is given".to_owned()),
            at => Ok(Some(at)),
        },
    };
    interview.read("Until the end of which day does it stand? (- for no end)", Some((&told, before)), read)
}

fn read_language(text: &str) -> Result<String, String> {
    let fits = (2..=35).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if fits { Ok(text.to_owned()) } else { Err("give a language tag, such as en, cy or pl".to_owned()) }
}

/// As it stands in the agreement: RFC 3339.
fn stored(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string()
}

fn read_stored(text: &str) -> Option<Timestamp> {
    Some(Timestamp::from_ms(text.parse::<jiff::Timestamp>().ok()?.as_millisecond()))
}
