//! What an import would do, and what it did.

use super::{count, plain, short, thousands, wrap};
use node::api::{BadRow, FieldDifference, ImportCounts, ImportDifference, ImportPreview, Imported, Novelty};
use serde_json::Value;

/// How many rows that cannot be read are shown.
const BAD_SHOWN: usize = 10;

/// The differences in short.
pub(crate) fn preview(preview: &ImportPreview) -> String {
    let mut out = counts(&preview.counts);
    if !preview.sample.is_empty() {
        out.push_str("\nAmong them\n");
        out.extend(preview.sample.iter().map(difference));
    }
    out.push_str(&bad(&preview.bad, preview.counts.failed));
    out
}

/// What was done.
pub(crate) fn imported(imported: &Imported) -> String {
    format!("Imported.\n{}{}", counts(&imported.counts), bad(&imported.bad, imported.counts.failed))
}

fn counts(counts: &ImportCounts) -> String {
    let mut out = String::new();
    for (number, what) in [
        (counts.new, "new"),
        (counts.changed, "changed"),
        (counts.same, "the same"),
        (counts.gone, "not in the file any more (they stay)"),
        (counts.failed, "could not be read"),
    ] {
        if number > 0 {
            out.push_str(&format!("{:>9}  {what}\n", thousands(number)));
        }
    }
    if out.is_empty() { "The file holds no listings.\n".into() } else { out }
}

fn difference(difference: &ImportDifference) -> String {
    let mark = match difference.novelty {
        Novelty::New => "new    ",
        Novelty::Changed => "changed",
    };
    let id = difference.id.to_string();
    let mut out = format!("  {mark}  {}  {}\n", short(&id, 8), plain(&difference.name).replace('\n', " "));
    out.extend(difference.fields.iter().take(5).map(field));
    if difference.fields.len() > 5 {
        out.push_str(&format!("             and {}\n", count(difference.fields.len() as u64 - 5, "more field")));
    }
    out
}

fn field(difference: &FieldDifference) -> String {
    let value = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("\"{}\"", clipped(text)),
        Some(other) => clipped(&other.to_string()),
    };
    format!(
        "             {}: {} -> {}\n",
        plain(&difference.field),
        value(&difference.before),
        value(&difference.after)
    )
}

fn clipped(text: &str) -> String {
    let text = plain(text).replace('\n', " ");
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

fn bad(rows: &[BadRow], failed: u64) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = "\nCould not be read\n".to_owned();
    out.extend(rows.iter().take(BAD_SHOWN).map(|row| wrap(&format!("line {}: {}", row.line, row.reason), 2)));
    let left = failed.saturating_sub(rows.len().min(BAD_SHOWN) as u64);
    if left > 0 {
        out.push_str(&format!("  and {} more\n", thousands(left)));
    }
    out
}
