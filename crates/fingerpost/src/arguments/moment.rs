//! Days and moments as people type them, by this machine's clock.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use node::api::Timestamp;
use std::ops::RangeInclusive;

/// Years that can be meant: those that an event of a referral may name (`EVENT_EARLIEST_MS`, `EVENT_LATEST_MS`).
const YEARS: RangeInclusive<i16> = 2000..=2199;

/// Lines that begin so become the hint of wrong usage.
const TIP: &str = "\ntip: ";

/// A moment: a day with the time of day (`2026-11-03 14:00`), or one with its offset (RFC 3339).
pub(crate) fn read_moment(text: &str) -> Result<Timestamp, String> {
    const HOW: &str = "write the day and the time, year first, such as \"2026-11-03 14:00\"";
    let text = text.trim();
    if text.parse::<Date>().is_ok() && text.len() <= "2026-11-03".len() {
        return Err(format!("the time of day is missing{TIP}{HOW}"));
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        let at = moment.to_zoned_datetime(TimeZone::system());
        check_year(at.year(), HOW)?;
        return Ok(Timestamp::from_ms(moment.as_millisecond()));
    }
    let moment: DateTime = text.parse().map_err(|_| format!("it is no moment{TIP}{HOW}"))?;
    check_year(moment.year(), HOW)?;
    at_clock(moment).ok_or_else(|| format!("the clocks had no such time{TIP}{HOW}"))
}

/// The beginning of a day.
pub(crate) fn beginning_of(text: &str) -> Result<Timestamp, String> {
    let date = read_date(text)?;
    at_clock(date.at(0, 0, 0, 0)).ok_or_else(|| "the calendar has no such day".to_owned())
}

/// The end of a day, which is the beginning of the next: what ends on a day holds all of it.
pub(crate) fn end_of(text: &str) -> Result<Timestamp, String> {
    let date = read_date(text)?;
    at_clock(date.saturating_add(1.day()).at(0, 0, 0, 0)).ok_or_else(|| "the calendar has no such day".to_owned())
}

fn read_date(text: &str) -> Result<Date, String> {
    const HOW: &str = "write the day, year first, such as 2027-03-31";
    let text = text.trim();
    let date = text.parse::<Date>().ok().filter(|_| text.len() == "2027-03-31".len());
    let date = date.ok_or_else(|| format!("it is no day{TIP}{HOW}"))?;
    check_year(date.year(), HOW)?;
    Ok(date)
}

fn check_year(year: i16, how: &str) -> Result<(), String> {
    if YEARS.contains(&year) {
        return Ok(());
    }
    let (first, last) = (YEARS.start(), YEARS.end());
    Err(format!("the year {year} cannot be meant{TIP}look at the year: it is from {first} to {last}; {how}"))
}

fn at_clock(moment: DateTime) -> Option<Timestamp> {
    let zoned = moment.to_zoned_datetime(TimeZone::system()).ok()?;
    Some(Timestamp::from_ms(zoned.timestamp().as_millisecond()))
}
