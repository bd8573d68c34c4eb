//! When something takes place, from few words to a session as listings have it.
//!
//! ```text
//! weekly TU,TH 18:00-20:00         fortnightly WE 10:00-12:00       monthly 2WE 14:00-16:00 (-1FR: the last Friday)
//! once SA+2 11:00-15:00            the second Saturday after today; SA-2 the second before it
//! course TU+2 10:00-12:00 x6       six times from then on
//! term MO 15:30-17:00              in the school term that is on, or comes next, but for half-term
//! appointment MO 09:00-17:00       by appointment
//! ended SU 14:00-17:00             took place until some weeks ago
//! ```

use super::data::unreadable;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use node::api::Refusal;
use serde_json::{Map, Value, json};

/// Weeks since what has ended did.
const ENDED_WEEKS: i32 = 5;

/// A session, and what follows from it for the listing.
#[derive(Debug, PartialEq)]
pub(super) struct Schedule {
    /// The session's fields.
    pub(super) session: Map<String, Value>,
    /// The listing's `life`.
    pub(super) life: Value,
    /// Whether all of it is over.
    pub(super) is_over: bool,
}

/// A school term, both days within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) from: Date,
    pub(super) to: Date,
    /// The Monday of the week without school.
    pub(super) half_term: Date,
}

/// Reads what is written of when something takes place. Refused when it makes no sense.
pub(super) fn schedule(text: &str, today: Date) -> Result<Schedule, Refusal> {
    read(text, today).map_err(|why| unreadable(&format!("{text:?}: {why}")))
}

fn read(text: &str, today: Date) -> Result<Schedule, String> {
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or("a word is missing");
    let (rhythm, days, hours) = (word()?, word()?, word()?);
    let (opens, closes) = hours.split_once('-').ok_or("the hours have no end")?;
    let mut session = fields(json!({"opens_at": opens, "closes_at": closes, "timezone": "Europe/London"}));
    let mut life = json!({"kind": "rolling"});
    let mut is_over = false;
    let more = match rhythm {
        "weekly" => json!({"freq": "WEEKLY", "byday": days}),
        "fortnightly" => {
            let (_, first) = day_of_year_start(days, today)?;
            json!({"freq": "WEEKLY", "interval": 2, "byday": days, "dtstart": first.to_string()})
        }
        "monthly" => json!({"freq": "MONTHLY", "byday": days}),
        "appointment" => json!({"freq": "WEEKLY", "byday": days, "booking": "By appointment: ring or write first"}),
        "once" => {
            let (_, date) = counted(days, today)?;
            (life, is_over) = (json!({"kind": "one-off"}), date < today);
            json!({"dtstart": date.to_string(), "valid_from": date.to_string(), "valid_to": date.to_string()})
        }
        "course" => {
            let (day, first) = counted(days, today)?;
            let weeks: i32 = word()?.trim_start_matches('x').parse().map_err(|_| "how often is no number")?;
            life = json!({"kind": "short course", "weeks": weeks});
            let last = first.checked_add((weeks - 1).weeks()).map_err(|e| e.to_string())?;
            json!({"freq": "WEEKLY", "byday": day, "count": weeks, "dtstart": first.to_string(),
                   "valid_from": first.to_string(), "valid_to": last.to_string()})
        }
        "term" => in_term(days, today)?,
        "ended" => {
            let day = weekday(days.split(',').next_back().unwrap_or_default())?;
            let last = nth(today, -ENDED_WEEKS, day)?;
            is_over = true;
            json!({"freq": "WEEKLY", "byday": days, "until": last.to_string()})
        }
        other => return Err(format!("{other:?} is no rhythm")),
    };
    session.extend(fields(more));
    Ok(Schedule { session, life, is_over })
}

/// The next day on which a recurring session takes place, by the first of its days.
pub(super) fn next(byday: &str, today: Date) -> Result<Date, Refusal> {
    let day = byday.split(',').next().unwrap_or_default();
    weekday(day).and_then(|day| nth(today, 1, day)).map_err(|why| unreadable(&why))
}

/// The end of the financial year that is a month away at least: what grants in England mostly run to.
pub(super) fn financial_year_end(today: Date) -> Date {
    let this = Date::new(today.year(), 3, 31).unwrap_or(today);
    let month_on = today.saturating_add(1.month());
    if this >= month_on { this } else { this.saturating_add(1.year()) }
}

/// The term that is on or comes next, as English councils set them, near enough.
pub(super) fn term(today: Date) -> Result<Term, String> {
    for year in [today.year(), today.year() + 1] {
        for term in terms(year)? {
            if term.to >= today {
                return Ok(term);
            }
        }
    }
    Err("there is no term".into())
}

/// The three that lie in one year.
fn terms(year: i16) -> Result<[Term; 3], String> {
    let day = |month, day| Date::new(year, month, day).map_err(|e| e.to_string());
    let term = |before: Date, after: Date, half: Date| -> Result<Term, String> {
        Ok(Term {
            from: nth(before, 1, Weekday::Monday)?,
            to: nth(after, -1, Weekday::Friday)?,
            half_term: nth(half, -1, Weekday::Monday)?,
        })
    };
    Ok([
        term(day(1, 4)?, day(4, 1)?, day(2, 19)?)?,
        term(day(4, 14)?, day(7, 23)?, day(6, 1)?)?,
        term(day(8, 31)?, day(12, 21)?, day(10, 30)?)?,
    ])
}

fn in_term(days: &str, today: Date) -> Result<Value, String> {
    let term = term(today)?;
    let mut exceptions = Vec::new();
    for day in days.split(',') {
        // The Monday itself is the first after the day before it.
        let date = nth(term.half_term.saturating_sub(1.day()), 1, weekday(day)?)?;
        exceptions.push(json!({"date": date.to_string(), "state": "cancelled", "reason": "half-term"}));
    }
    Ok(json!({"freq": "WEEKLY", "byday": days, "valid_from": term.from.to_string(), "valid_to": term.to.to_string(),
              "notes": "In term time only", "exceptions": exceptions}))
}

/// `SA+2`: the day, and the date of the second Saturday after today.
fn counted(text: &str, today: Date) -> Result<(&str, Date), String> {
    let at = text.find(['+', '-']).ok_or("it is not said which of the days")?;
    let (day, count) = text.split_at(at);
    let count: i32 = count.parse().map_err(|_| "which of the days is no number")?;
    Ok((day, nth(today, count, weekday(day)?)?))
}

/// The first such day of the school year that is on: from there fortnights are counted, whenever the borough is made.
fn day_of_year_start(day: &str, today: Date) -> Result<(Weekday, Date), String> {
    let year = if today.month() >= 9 { today.year() } else { today.year() - 1 };
    let start = Date::new(year, 8, 31).map_err(|e| e.to_string())?;
    let day = weekday(day)?;
    Ok((day, nth(start, 1, day)?))
}

fn nth(from: Date, count: i32, day: Weekday) -> Result<Date, String> {
    from.nth_weekday(count, day).map_err(|e| e.to_string())
}

fn weekday(code: &str) -> Result<Weekday, String> {
    Ok(match code {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        other => return Err(format!("{other:?} is no day")),
    })
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
