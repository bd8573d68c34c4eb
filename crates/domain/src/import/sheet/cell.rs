//! Cells as people fill them, to fields. What is not understood stays in the words it was written in.

use crate::import::when;
use serde_json::{Map, Value, json};

/// Fewest and most digits of a telephone number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Words that say what kind of thing stands beside them, or join two.
const JOINTS: &[&str] =
    &["or", "and", "&", "tel", "telephone", "phone", "email", "e-mail", "mob", "mobile", "t", "e", "m"];

/// What a cell says about reaching somebody.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) phones: Vec<String>,
    pub(super) emails: Vec<String>,
    /// What is neither.
    pub(super) rest: String,
}

/// Telephone numbers and e-mail addresses out of a text.
pub(super) fn reach(text: &str) -> Reach {
    let mut reach = Reach::default();
    let mut rest: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        if !word.contains('@') {
            rest.push(word);
            continue;
        }
        for part in word.split([',', ';', '<', '>', '/', '(', ')']).filter(|part| !part.is_empty()) {
            let address = part.trim_start_matches("mailto:").trim_end_matches('.');
            match address.split_once('@') {
                Some((name, host)) if !name.is_empty() && host.contains('.') => reach.emails.push(address.to_owned()),
                _ => rest.push(part),
            }
        }
    }
    let text = rest.join(" ");
    let mut left = String::new();
    let mut number = String::new();
    for c in text.chars().chain(['\n']) {
        let goes_on = c.is_ascii_digit()
            || (c == '+' && number.is_empty())
            || (!number.is_empty() && matches!(c, ' ' | '-' | '(' | ')' | '.'));
        if goes_on || (number.is_empty() && c == '(') {
            number.push(c);
            continue;
        }
        settle(&mut number, &mut left, &mut reach.phones);
        left.push(c);
    }
    let blank = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | ':' | '-' | '\u{2013}');
    let words = left.trim_matches(blank).split_whitespace().filter(|word| !word.chars().all(blank));
    let mut words: Vec<&str> = words.collect();
    // What joined the parts that are gone says nothing by itself.
    let joins = |word: &&&str| JOINTS.contains(&word.trim_matches(['.', ':', ',']).to_lowercase().as_str());
    while words.last().filter(joins).is_some() {
        words.pop();
    }
    let first = words.iter().position(|word| !joins(&word)).unwrap_or(words.len());
    reach.rest = words.split_off(first).join(" ").trim_end_matches(blank).to_owned();
    if let Some(inner) =
        reach.rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|i| !i.contains('('))
    {
        reach.rest = inner.to_owned();
    }
    reach
}

/// Digits that make a telephone number are one; others stay where they were.
fn settle(number: &mut String, left: &mut String, phones: &mut Vec<String>) {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    // What only stands around the number belongs to the text.
    let number = std::mem::take(number);
    let end = number.rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (mut text, behind) = number.split_at_checked(end).unwrap_or((&number, ""));
    if text.matches('(').count() != text.matches(')').count() {
        text = text.trim_start_matches('(');
    }
    if PHONE_DIGITS.contains(&digits) {
        phones.push(text.trim().to_owned());
        left.push(' ');
        left.push_str(behind);
    } else {
        left.push_str(&number);
    }
}

/// Whether a spreadsheet has rounded a long number: "4.47701E+11".
pub(super) fn is_rounded(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(digits, power)| {
        let power = power.trim_start_matches('+');
        power.len() == 2
            && power.chars().all(|c| c.is_ascii_digit())
            && digits.contains('.')
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

/// Ways to say that it costs nothing, and no more.
const FREE: &[&str] = &[
    "free",
    "free of charge",
    "free entry",
    "no charge",
    "no cost",
    "none",
    "nil",
    "it's free",
    "it is free",
    "free to attend",
    "free to all",
];

/// Words behind an amount that leave it the one amount.
const PER: &[&str] = &[
    "",
    "each",
    "per session",
    "a session",
    "per class",
    "a class",
    "per person",
    "per week",
    "a week",
    "weekly",
    "per month",
    "per visit",
    "a visit",
    "per child",
    "pp",
    "per term",
    "a term",
    "drop in",
    "drop-in",
];

/// What it costs: the amount where the words say one and no more, else the words. Nothing is free by itself: "free" is.
pub(super) fn cost(text: &str) -> Map<String, Value> {
    let lower = text.to_lowercase();
    let option = |amount: Option<i64>| {
        let mut cost = Map::from_iter([("option".to_owned(), json!(text))]);
        cost.extend(amount.map(|amount| ("amount".to_owned(), json!(amount))));
        cost.extend(amount.map(|_| ("currency".to_owned(), json!("GBP"))));
        cost
    };
    if FREE.contains(&lower.trim_end_matches(['.', '!'])) {
        return option(Some(0));
    }
    let Some((amount, per)) = amount(text) else { return option(None) };
    #[expect(clippy::cast_possible_truncation, reason = "an amount has six characters at most")]
    let amount = if amount.fract() == 0.0 { json!(amount as i64) } else { json!(amount) };
    let mut cost = Map::from_iter([("amount".to_owned(), amount), ("currency".to_owned(), json!("GBP"))]);
    cost.extend((!per.is_empty()).then(|| ("amount_description".to_owned(), json!(per))));
    cost
}

/// One amount in pounds, alone or with words such as "per session" behind it.
fn amount(text: &str) -> Option<(f64, &str)> {
    let (number, behind) = match text.strip_prefix('£') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len())),
        None => (text, ""),
    };
    let per = behind.trim();
    let is_number = (1..=6).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_per = PER.contains(&per.trim_end_matches('.').to_lowercase().as_str())
        || per.strip_prefix('/').is_some_and(|unit| unit.chars().all(char::is_alphabetic));
    (is_number && is_per).then_some((number.parse().ok()?, per))
}

/// The first postcode of a text, in capitals with its blank, and the text without it.
pub(super) fn postcode(text: &str) -> Option<(String, String)> {
    let upper = text.to_uppercase();
    // Letters that grow or shrink when they are made capital would move the places.
    if upper.len() != text.len() || !upper.is_char_boundary(upper.len()) {
        return None;
    }
    let starts = upper.char_indices().filter(|(at, c)| {
        c.is_ascii_alphabetic()
            && upper.get(..*at).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()))
    });
    for (start, _) in starts {
        let rest = upper.get(start..)?;
        for length in 5..=9 {
            let Some(candidate) = rest.get(..length) else { break };
            let ends = !rest.get(length..).is_some_and(|behind| behind.starts_with(|c: char| c.is_alphanumeric()));
            if let (true, Some(found)) = (ends, full_postcode(candidate)) {
                let before = text.get(..start)?.trim_end_matches([' ', ',']);
                let behind = text.get(start + length..)?.trim_start_matches([' ', ',']);
                let between = if before.is_empty() || behind.is_empty() { "" } else { ", " };
                return Some((found, format!("{before}{between}{behind}")));
            }
        }
    }
    None
}

/// A British postcode, with the blank where it belongs (BS 7666).
fn full_postcode(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| *c != ' ').collect();
    if text.trim() != text || text.matches(' ').count() > 1 || !plain.is_ascii() {
        return None;
    }
    let (outward, inward) = plain.split_at_checked(plain.len().checked_sub(3)?)?;
    let sort = |c: char| {
        if c.is_ascii_digit() {
            '9'
        } else if c.is_ascii_uppercase() {
            'A'
        } else {
            '?'
        }
    };
    let outward_is =
        ["A9", "A99", "AA9", "AA99", "A9A", "AA9A"].contains(&outward.chars().map(sort).collect::<String>().as_str());
    let inward_is = inward.chars().map(sort).collect::<String>() == "9AA";
    let blank_is = text.split_once(' ').is_none_or(|(before, _)| before == outward);
    (outward_is && inward_is && blank_is).then(|| format!("{outward} {inward}"))
}

/// The lowest and highest age that a cell says and no more: "18+", "5-11", "over 50s", "under 5".
pub(super) fn ages(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let lower = text.to_lowercase().replace(['\u{2013}', '\u{2014}'], "-");
    let lower = lower.trim().trim_start_matches("ages ").trim_start_matches("age ").trim_start_matches("aged ");
    let lower = lower.trim_end_matches(" years").trim_end_matches(" yrs").trim_end_matches(" year olds").trim();
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|age| *age < 120);
    if let Some(age) = lower.strip_suffix('+').or_else(|| lower.strip_suffix(" and over")).and_then(number) {
        return Some((Some(age), None));
    }
    if let Some(age) = lower.strip_prefix("over ").and_then(|age| number(age.trim_end_matches('s'))) {
        return Some((Some(age), None));
    }
    // "Under 5" ends at 4.
    if let Some(age) = lower.strip_prefix("under ").and_then(|age| number(age.trim_end_matches('s'))) {
        return Some((None, Some(age.checked_sub(1)?)));
    }
    let (from, to) = lower.split_once('-').or_else(|| lower.split_once(" to "))?;
    match (number(from)?, number(to)?) {
        (from, to) if from <= to => Some((Some(from), Some(to))),
        _ => None,
    }
}

/// The sessions of one row, from what its columns say of days, dates and times.
pub(super) fn sessions(when: &str, day: &str, date: &str, times: &str) -> Vec<Map<String, Value>> {
    let parts: Vec<&str> = [when, day, date, times].into_iter().filter(|part| !part.is_empty()).collect();
    let in_words = || vec![Map::from_iter([("description".to_owned(), json!(parts.join(", ")))])];
    if parts.is_empty() {
        return Vec::new();
    }
    if date.is_empty() {
        // Not with a comma between: "Tuesday, 10-12" and "Tuesday 10-12" are the same.
        let words: Vec<&str> = [when, day, times].into_iter().filter(|part| !part.is_empty()).collect();
        return when::sessions(&words.join(" ")).unwrap_or_else(in_words);
    }
    let spans = if times.is_empty() { Some(vec![]) } else { when::spans(times) };
    let fits =
        |on: &str| when.is_empty() && (day.is_empty() || when::weekday(day).is_some_and(|day| when::falls_on(on, day)));
    match (when::date(date), spans) {
        (Some(on), Some(spans)) if fits(&on) => {
            let once = Map::from_iter(["dtstart", "valid_from", "valid_to"].map(|key| (key.to_owned(), json!(on))));
            let timed = spans.iter().map(|span| {
                let mut session = once.clone();
                when::insert_span(&mut session, *span);
                session
            });
            let timed: Vec<_> = timed.collect();
            if timed.is_empty() { vec![once] } else { timed }
        }
        _ => in_words(),
    }
}
