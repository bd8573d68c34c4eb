//! Numbers and times in plain words, the same on pages and at the terminal.

use node::api::Timestamp;

/// How long ago an instant was, in the largest unit that says enough; a future one reads "just now".
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_ms().saturating_sub(at.as_ms()).max(0) / 1000;
    match seconds {
        0..=9 => "just now".into(),
        10..=119 => format!("{seconds} seconds ago"),
        120..=7_199 => format!("{} minutes ago", seconds / 60),
        7_200..=172_799 => format!("{} hours ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// "1 listing", "4,082 listings".
pub fn count(number: u64, one: &str) -> String {
    // A pathway is one of two pathways, a query one of two queries.
    let many = match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{one}s"),
    };
    format!("{} {}", thousands(number), if number == 1 { one } else { &many })
}

/// 4082 as "4,082".
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// An instant in the machine's own zone: `Tue 24 Nov 2026, 11:50`.
pub fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).map_or_else(
        |_| format!("{} ms", at.as_ms()),
        |at| at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%a %-d %b %Y, %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests;
