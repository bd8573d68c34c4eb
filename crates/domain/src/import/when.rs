//! Days and times in a person's own words to sessions (RFC 5545 words), where they can mean one thing only. What is not wholly
//! understood is not understood: then the caller keeps the words.
//!
//! Understood are groups of days and times in either order ("Tuesdays 10-12", "Mon & Wed, 2pm to 4pm; Sat 10.30am-noon",
//! "first Friday of the month 7pm"). Hours without "am" or "pm" are taken as they are from 9 to 12, and from 13 on; "2-4" could
//! be in the night, so such a session has its day and no times.

use serde_json::{Map, Value};

/// Longest text that is tried, in bytes.
const TEXT_BYTES: usize = 400;
/// Most sessions of one text.
const SESSIONS: usize = 28;

const DAYS: [(&str, &[&str]); 7] = [
    ("MO", &["monday", "mondays", "mon", "mons", "mo"]),
    ("TU", &["tuesday", "tuesdays", "tue", "tues", "tu"]),
    ("WE", &["wednesday", "wednesdays", "wed", "weds", "we"]),
    ("TH", &["thursday", "thursdays", "thu", "thur", "thurs", "th"]),
    ("FR", &["friday", "fridays", "fri", "fris", "fr"]),
    ("SA", &["saturday", "saturdays", "sat", "sats", "sa"]),
    ("SU", &["sunday", "sundays", "sun", "suns", "su"]),
];
const ORDINALS: [(&str, &[&str]); 5] = [
    ("1", &["1st", "first"]),
    ("2", &["2nd", "second"]),
    ("3", &["3rd", "third"]),
    ("4", &["4th", "fourth"]),
    ("-1", &["last"]),
];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The sessions that a text means, as fields of HSDS schedules; `None` where it may mean something else.
pub(super) fn sessions(text: &str) -> Option<Vec<Map<String, Value>>> {
    let mut words = Words::of(text)?;
    let mut sessions = Vec::new();
    while !words.is_done() {
        let group = words.group()?;
        for times in group.times {
            let mut session = Map::new();
            session.insert("freq".into(), group.days.freq.into());
            session.insert("byday".into(), group.days.byday.clone().into());
            match times {
                Times::Clear(span) => insert_span(&mut session, span),
                Times::Unclear => drop(session.insert("description".into(), text.trim().into())),
                Times::None => {}
            }
            sessions.push(session);
        }
        words.skip(&[",", ";", "&", "and", "\n", "/", "."]);
    }
    (!sessions.is_empty() && sessions.len() <= SESSIONS).then_some(sessions)
}

/// The times of a text that has nothing else, each with its end where it says one.
pub(super) fn spans(text: &str) -> Option<Vec<Span>> {
    let mut words = Words::of(text)?;
    let times = words.times();
    if !words.is_done() {
        return None;
    }
    let clear = times.into_iter().map(|times| match times {
        Times::Clear(span) => Some(span),
        Times::Unclear | Times::None => None,
    });
    clear.collect::<Option<Vec<_>>>().filter(|spans| !spans.is_empty())
}

/// A time of day alone, as `HH:MM`.
pub(super) fn time(text: &str) -> Option<String> {
    let mut words = Words::of(text)?;
    let hour = words.hour()?;
    if !words.is_done() {
        return None;
    }
    // In a column of its own an hour has nothing beside it that could say which half of the day it is in.
    let minutes = hour.clear().or_else(|| (hour.has_minutes && hour.hours < 24).then_some(hour.as_written()))?;
    Some(shown(minutes))
}

/// The day of the week that a text names, by two letters: by name, or by its number from Monday on (ISO 8601).
pub(super) fn weekday(text: &str) -> Option<&'static str> {
    let word = text.trim().to_lowercase();
    let by_number = || word.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).and_then(|n| DAYS.get(n));
    DAYS.iter().find(|(_, names)| names.contains(&word.as_str())).or_else(by_number).map(|(day, _)| *day)
}

/// A date as it is written in Britain (day first) or as ISO 8601 has it, to ISO 8601.
pub(super) fn date(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let words = text.split([' ', '-', '/', '.', ',']).filter(|word| !word.is_empty());
    let mut words: Vec<&str> = words.collect();
    if words.first().is_some_and(|word| weekday(word).is_some() && word.chars().all(char::is_alphabetic)) {
        words.remove(0);
    }
    let [first, month, last] = words.as_slice() else { return None };
    let is_iso = first.len() == 4 && first.chars().all(|c| c.is_ascii_digit());
    let (day, year) = if is_iso { (*last, *first) } else { (*first, *last) };
    let day = ["st", "nd", "rd", "th"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
    let named = month.get(..3).and_then(|start| MONTHS.iter().position(|name| *name == start)).map(|at| at + 1);
    let month = named.or_else(|| month.parse().ok())?;
    let year: i16 = match (year.len(), year.parse().ok()?) {
        (4, year) => year,
        (2, year) if !is_iso => 2000 + year,
        _ => return None,
    };
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, day.parse().ok()?).ok()?;
    Some(date.to_string())
}

/// Whether a date (ISO 8601) is on this day of the week, as [`weekday`] names it.
pub(super) fn falls_on(date: &str, day: &str) -> bool {
    let date: Option<jiff::civil::Date> = date.parse().ok();
    let place = date.and_then(|date| usize::try_from(date.weekday().to_monday_zero_offset()).ok());
    place.and_then(|place| DAYS.get(place)).is_some_and(|(name, _)| *name == day)
}

/// From when to when, in minutes of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    opens_at: u16,
    closes_at: Option<u16>,
}

/// Puts the times of a span into a session.
pub(super) fn insert_span(session: &mut Map<String, Value>, span: Span) {
    session.insert("opens_at".into(), shown(span.opens_at).into());
    session.extend(span.closes_at.map(|closes_at| ("closes_at".to_owned(), shown(closes_at).into())));
}

fn shown(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

struct Group {
    days: Days,
    times: Vec<Times>,
}

struct Days {
    freq: &'static str,
    byday: String,
}

#[derive(Clone, Copy)]
enum Times {
    /// The text gives none.
    None,
    /// It gives some that could be of the day or of the night.
    Unclear,
    Clear(Span),
}

/// An hour as it was written.
#[derive(Clone, Copy)]
struct Hour {
    hours: u16,
    minutes: u16,
    /// Whether it has two digits and the first is a nought, or minutes at all.
    has_nought: bool,
    has_minutes: bool,
    half: Option<Half>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Am,
    Pm,
}

impl Hour {
    fn as_written(self) -> u16 {
        self.hours * 60 + self.minutes
    }

    fn in_half(self, half: Half) -> Option<u16> {
        let hours = match (self.hours, half) {
            (1..=11, Half::Am) | (12, Half::Pm) => self.hours,
            (12, Half::Am) => 0,
            (1..=11, Half::Pm) => self.hours + 12,
            // "14:00pm" means 14:00.
            (13..=23, Half::Pm) => self.hours,
            _ => return None,
        };
        Some(hours * 60 + self.minutes)
    }

    /// Minutes of the day, where the hour by itself says which half of it is meant.
    fn clear(self) -> Option<u16> {
        match self.half {
            Some(half) => self.in_half(half),
            None if matches!(self.hours, 9..=23) || self.has_nought => Some(self.as_written()),
            None => None,
        }
    }
}

/// A span from two hours, or from one. The half of the day that the second says holds for the first too, unless it would then
/// come after it ("2-4pm", but "10-12pm" and "11-1pm").
fn span(first: Hour, last: Option<Hour>) -> Times {
    let Some(last) = last else {
        return first.clear().map_or(Times::Unclear, |opens_at| Times::Clear(Span { opens_at, closes_at: None }));
    };
    let closes_at = last.half.and_then(|half| last.in_half(half));
    let opens_at = match (first.half, last.half, closes_at) {
        (None, Some(half), Some(closes_at)) => {
            let same = first.in_half(half).filter(|opens_at| *opens_at < closes_at);
            same.or_else(|| first.in_half(Half::Am)).or_else(|| first.clear())
        }
        _ => first.clear(),
    };
    let Some(opens_at) = opens_at else { return Times::Unclear };
    let closes_at = closes_at.or_else(|| {
        let later = [Some(last.as_written()), last.in_half(Half::Pm)];
        later.into_iter().flatten().find(|closes_at| *closes_at > opens_at)
    });
    match closes_at {
        Some(closes_at) if closes_at > opens_at => Times::Clear(Span { opens_at, closes_at: Some(closes_at) }),
        _ => Times::Unclear,
    }
}

/// The words of a text, and how many of them are read.
struct Words {
    words: Vec<String>,
    at: usize,
}

impl Words {
    fn of(text: &str) -> Option<Self> {
        if text.len() > TEXT_BYTES {
            return None;
        }
        let text = text.trim().to_lowercase().replace(['\u{2013}', '\u{2014}', '\u{2212}'], "-").replace("\r\n", "\n");
        let text = text
            .replace("12noon", "12 noon")
            .replace("a.m.", "am")
            .replace("p.m.", "pm")
            .replace("a.m", "am")
            .replace("p.m", "pm");
        let text = text.replace("o'clock", "").replace(['(', ')'], " ");
        let mut words: Vec<String> = Vec::new();
        let mut before = ' ';
        for c in text.chars() {
            let sort = |c: char| match c {
                _ if c.is_ascii_digit() => 'd',
                ':' | '.' => 'p',
                _ if c.is_alphabetic() || c == '\'' => 'a',
                _ if c.is_whitespace() && c != '\n' => ' ',
                _ => c,
            };
            let joins = match (sort(before), sort(c)) {
                ('d', 'd' | 'p') | ('p', 'd') | ('a', 'a') => true,
                // "1st", "2nd": a word. "10am": two.
                ('d', 'a') => !matches!(c, 'a' | 'p' | 'h'),
                _ => false,
            };
            match words.last_mut().filter(|_| joins) {
                Some(word) => word.push(c),
                None if sort(c) != ' ' => words.push(c.to_string()),
                None => {}
            }
            before = c;
        }
        Some(Self { words, at: 0 })
    }

    fn is_done(&self) -> bool {
        self.at >= self.words.len()
    }

    fn next(&self) -> &str {
        self.peek(0)
    }

    fn peek(&self, further: usize) -> &str {
        self.words.get(self.at + further).map_or("", String::as_str)
    }

    fn skip(&mut self, words: &[&str]) {
        while words.contains(&self.next()) && !self.is_done() {
            self.at += 1;
        }
    }

    fn group(&mut self) -> Option<Group> {
        if let Some(days) = self.days() {
            return Some(Group { days, times: self.times_after(&[",", ":", "from", "at", "between", "-", "\n"]) });
        }
        let times = self.times();
        self.skip(&[",", "on"]);
        let days = self.days()?;
        (!times.is_empty()).then_some(Group { days, times })
    }

    /// Times behind some of these words, else none, and then the words are not read.
    fn times_after(&mut self, words: &[&str]) -> Vec<Times> {
        let start = self.at;
        self.skip(words);
        let times = self.times();
        if times.is_empty() {
            self.at = start;
            return vec![Times::None];
        }
        times
    }

    fn days(&mut self) -> Option<Days> {
        let start = self.at;
        let days = self.monthly().or_else(|| {
            self.at = start;
            self.weekly()
        });
        if days.is_none() {
            self.at = start;
        }
        days
    }

    fn weekly(&mut self) -> Option<Days> {
        self.skip(&["every", "each", "weekly", "on", "week", ":"]);
        let weekly = |days: &[&str]| Days { freq: "WEEKLY", byday: days.join(",") };
        let names = DAYS.map(|(day, _)| day);
        let set = match self.next() {
            "weekdays" | "weekday" => names.get(..5),
            "weekends" | "weekend" => names.get(5..),
            "daily" | "day" => Some(names.as_slice()),
            _ => None,
        };
        if let Some(set) = set {
            self.at += 1;
            return Some(weekly(set));
        }
        let mut days = vec![self.day()?];
        loop {
            let start = self.at;
            let is_range = ["-", "to", "through"].contains(&self.next());
            self.skip(&["-", "to", "through", ",", "&", "and", "/", "every", "on", "+"]);
            let last = days.last().copied();
            match self.day() {
                Some(day) if is_range => {
                    let place = |day| DAYS.iter().position(|(name, _)| Some(*name) == day);
                    let range = names.get(place(last)?.saturating_add(1)..=place(Some(day))?)?;
                    days.extend(range);
                }
                Some(day) if !days.contains(&day) => days.push(day),
                Some(_) => return None,
                None => {
                    self.at = start;
                    self.skip(&["weekly"]);
                    return Some(weekly(&days));
                }
            }
        }
    }

    /// "first and third Tuesday of the month". "Every second Tuesday" is something else, and not known.
    fn monthly(&mut self) -> Option<Days> {
        self.skip(&["on", "the", "monthly", ":"]);
        let mut ordinals = vec![self.ordinal()?];
        loop {
            let start = self.at;
            self.skip(&["and", "&", ",", "/"]);
            match self.ordinal() {
                Some(ordinal) => ordinals.push(ordinal),
                None => {
                    self.at = start;
                    break;
                }
            }
        }
        let day = self.day()?;
        for end in [
            &["of", "the", "month"][..],
            &["of", "every", "month"],
            &["of", "each", "month"],
            &["in", "the", "month"],
            &["each", "month"],
            &["every", "month"],
            &["of", "month"],
            &["monthly"],
        ] {
            if end.iter().enumerate().all(|(place, word)| self.peek(place) == *word) {
                self.at += end.len();
                break;
            }
        }
        let byday: Vec<String> = ordinals.into_iter().map(|ordinal| format!("{ordinal}{day}")).collect();
        Some(Days { freq: "MONTHLY", byday: byday.join(",") })
    }

    fn day(&mut self) -> Option<&'static str> {
        let word = self.next();
        let day = DAYS.iter().find(|(_, names)| names.contains(&word)).map(|(day, _)| *day)?;
        self.at += 1;
        if self.next() == "." {
            self.at += 1;
        }
        Some(day)
    }

    fn ordinal(&mut self) -> Option<&'static str> {
        let word = self.next();
        let ordinal = ORDINALS.iter().find(|(_, names)| names.contains(&word)).map(|(ordinal, _)| *ordinal)?;
        self.at += 1;
        Some(ordinal)
    }

    /// Spans with commas between them, as many as there are; none where the next words are no time.
    fn times(&mut self) -> Vec<Times> {
        let mut times = Vec::new();
        loop {
            let start = self.at;
            if !times.is_empty() {
                self.skip(&[",", "&", "and", "/", "\n"]);
            }
            self.skip(&["from", "at", "between"]);
            let Some(first) = self.hour() else {
                self.at = start;
                return times;
            };
            let between = self.at;
            self.skip(&["-", "to", "till", "until", "til"]);
            let last = if self.at > between { self.hour() } else { None };
            if last.is_none() && self.at > between {
                self.at = start;
                return times;
            }
            times.push(span(first, last));
        }
    }

    fn hour(&mut self) -> Option<Hour> {
        let start = self.at;
        let hour = self.read_hour();
        if hour.is_none() {
            self.at = start;
        }
        hour
    }

    fn read_hour(&mut self) -> Option<Hour> {
        let noon = Hour { hours: 12, minutes: 0, has_nought: false, has_minutes: false, half: Some(Half::Pm) };
        if ["noon", "midday"].contains(&self.next()) {
            self.at += 1;
            return Some(noon);
        }
        let word = self.next().trim_end_matches(['.', ':']).to_owned();
        let mut parts = word.split([':', '.']);
        let hours = parts.next().filter(|h| matches!(h.len(), 1 | 2))?;
        let minutes = parts.next();
        let seconds = parts.next();
        let is_read = seconds.is_none_or(|s| s == "00") && parts.next().is_none();
        let number = |text: &str| text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
        let minute = minutes.map_or(Some(0), number).filter(|m| *m < 60)?;
        let hour = number(hours).filter(|h| *h < 24 && is_read)?;
        self.at += 1;
        let mut half = match self.next() {
            "am" => Some(Half::Am),
            "pm" => Some(Half::Pm),
            "noon" | "midday" if hour == 12 => Some(Half::Pm),
            _ => None,
        };
        if half.is_some() || (hour > 12 && matches!(self.next(), "h" | "hrs" | "hours")) {
            self.at += 1;
        }
        // 00:30 and 13:00 say themselves in which half they are.
        if hour == 0 && half == Some(Half::Am) {
            half = None;
        }
        let has_nought = hours.starts_with('0');
        Some(Hour { hours: hour, minutes: minute, has_nought, has_minutes: minutes.is_some(), half })
    }
}

#[cfg(test)]
#[path = "when_tests.rs"]
mod tests;
