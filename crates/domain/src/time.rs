//! Instants as data. Nothing here reads a clock.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, as the outermost loop read them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From Unix milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// As Unix milliseconds.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// This instant moved by a number of milliseconds; stays at the ends of the range.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The day that it is in, in UTC.
    pub fn day(self) -> Date {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        jiff::tz::Offset::UTC.to_datetime(moment).date()
    }
}
