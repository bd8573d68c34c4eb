//! The time of day. Read only here and by the outermost loops; everywhere else it is an argument.

use domain::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, by this machine's clock; the epoch when the clock stands before it.
pub(crate) fn now() -> Timestamp {
    let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    Timestamp::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}
