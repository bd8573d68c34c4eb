//! A length of time as people declare it: `2 days`, `36 hours`, `3 weeks`.

use crate::Refusal;
use crate::limits::ANSWER_TIME_MS;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

const MINUTE_MS: i64 = 60_000;

/// Units, the longest first. A day is 24 hours of the calendar, weekends and holidays too.
const UNITS: [(&str, i64); 4] =
    [("week", 7 * 24 * 60 * MINUTE_MS), ("day", 24 * 60 * MINUTE_MS), ("hour", 60 * MINUTE_MS), ("minute", MINUTE_MS)];

/// A declared length of time: whole minutes, at most [`ANSWER_TIME_MS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    ms: i64,
}

impl Span {
    /// In milliseconds.
    pub const fn as_ms(self) -> i64 {
        self.ms
    }
}

impl FromStr for Span {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || {
            let shown: String = text.chars().take(40).collect();
            Refusal::invalid(format!("{shown:?} is not a length of time"))
                .hint("write a number and minutes, hours, days or weeks, such as `2 days`; at most a year")
        };
        let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let unit = unit.trim().trim_end_matches('s');
        let (_, unit_ms) = UNITS.into_iter().find(|(word, _)| *word == unit).ok_or_else(wrong)?;
        let ms = number.checked_mul(unit_ms).filter(|ms| (MINUTE_MS..=ANSWER_TIME_MS).contains(ms));
        ms.map(|ms| Self { ms }).ok_or_else(wrong)
    }
}

/// In the longest unit that it is a whole number of, so that one length is written one way.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, unit_ms) = UNITS.into_iter().find(|(_, unit)| self.ms % unit == 0).unwrap_or(("minute", MINUTE_MS));
        let number = self.ms / unit_ms;
        write!(f, "{number} {word}{}", if number == 1 { "" } else { "s" })
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(|refusal: Refusal| {
            let hint = refusal.hint.as_deref().unwrap_or_default();
            serde::de::Error::custom(format!("{refusal}: {hint}"))
        })
    }
}
