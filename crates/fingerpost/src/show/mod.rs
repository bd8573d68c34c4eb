//! How answers read to a person.

pub(crate) mod demo;
pub(crate) mod import;
pub(crate) mod listing;
pub(crate) mod partner;
mod place;
pub(crate) mod privacy;
pub(crate) mod proposal;
pub(crate) mod publication;
pub(crate) mod referral;
mod schedule;
pub(crate) mod status;
pub(crate) mod timescale;
pub(crate) mod token;

pub(crate) use web::words::{ago, count, instant, thousands};

use node::api::{OrgId, Timestamp};
use std::collections::BTreeMap;

/// How wide text is set.
const COLUMNS: usize = 88;

/// The text without what could steer a terminal: others wrote it.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// An organisation by its name, else by the start of its id.
pub(crate) fn organisation(id: &OrgId, names: &BTreeMap<OrgId, String>) -> String {
    match names.get(id) {
        Some(name) => plain(name),
        None => format!("organisation {}…", short(&id.to_string(), 13)),
    }
}

/// How much of a record's id is shown in a command: a new one begins with its time, here to the millisecond.
pub(crate) const ID_SHOWN: usize = 13;

/// The last day before an end: `Wed 31 Mar 2027`. An end within a day is shown with its time.
pub(crate) fn last_day(end: Timestamp) -> String {
    let here = |ms: i64| {
        let at = jiff::Timestamp::from_millisecond(ms).ok()?;
        Some(at.to_zoned_datetime(jiff::tz::TimeZone::system()))
    };
    match (here(end.as_ms()), here(end.as_ms().saturating_sub(1))) {
        (Some(end), Some(last)) if end.time() == jiff::civil::Time::midnight() => {
            last.strftime("%a %-d %b %Y").to_string()
        }
        _ => instant(end),
    }
}

/// The first characters of an id.
pub(crate) fn short(id: &str, characters: usize) -> &str {
    id.get(..characters).unwrap_or(id)
}

/// The text in lines no longer than the columns. Each begins with this indent and with the spaces that its own line of the
/// text began with; line breaks of the text stay.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for paragraph in plain(text).lines() {
        let first = indent + (paragraph.len() - paragraph.trim_start().len());
        let (indent, mut at) = (first + if paragraph.trim_start().starts_with("- ") { 2 } else { 0 }, first);
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > COLUMNS {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.push_str(&" ".repeat(at));
                column = at;
                at = indent;
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += width;
        }
        out.push('\n');
    }
    out
}

/// The text with its long lines wrapped, and the others as they are.
pub(crate) fn fit(text: &str) -> String {
    let fits = |line: &str| line.chars().count() <= COLUMNS;
    text.lines().map(|line| if fits(line) { format!("{}\n", plain(line)) } else { wrap(line, 0) }).collect()
}

/// Rows under one another, columns as wide as their widest cell.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let cell = plain(cell).replace('\n', " ");
            line.push_str(&cell);
            line.push_str(&" ".repeat(2 + width.saturating_sub(cell.chars().count())));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
