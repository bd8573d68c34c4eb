//! What an import would do, and what it did; and the same of taking it back.

use super::{ago, count, plain, short, table, thousands, wrap};
use node::api::{
    BadRow, ColumnReading, FieldDifference, ImportCounts, ImportDifference, ImportPreview, Imported, Novelty, SaidBy,
    Timestamp, UndoCounts, UndoLeft, UndoPreview, Undone,
};
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
    out.push_str(&how(preview));
    out
}

/// How the source was read: its columns, and what else should be known. Nothing where there is nothing to say.
pub(crate) fn how(preview: &ImportPreview) -> String {
    let mut out = String::new();
    if !preview.columns.is_empty() {
        let line = preview.heading_line.filter(|line| *line > 1).map(|line| format!(" (headings in line {line})"));
        out.push_str(&format!("\nColumns, as they are read{}\n", line.unwrap_or_default()));
        let rows: Vec<Vec<String>> = preview.columns.iter().map(column).collect();
        out.extend(table(&rows).lines().map(|line| format!("  {line}\n")));
        out.push_str(&wrap("to read one otherwise: --mapping FILE (see `fingerpost import --help`)", 2));
    }
    if !preview.notes.is_empty() {
        out.push_str("\nNote\n");
        out.extend(preview.notes.iter().map(|note| wrap(&format!("- {note}"), 2)));
    }
    out
}

fn column(column: &ColumnReading) -> Vec<String> {
    let holds = match (column.holds.as_str(), column.by) {
        ("extra", _) => "kept under its heading".to_owned(),
        ("nothing", _) => "left out".to_owned(),
        (holds, _) => holds.to_owned(),
    };
    let by = match column.by {
        SaidBy::Heading | SaidBy::Nobody => "",
        SaidBy::Mapping => "as the mapping says",
        SaidBy::LastImport => "as last time",
    };
    let example =
        if column.example.is_empty() { "(empty)".to_owned() } else { format!("\"{}\"", clipped(&column.example)) };
    vec![clipped(&column.heading), format!("-> {holds}"), example, by.to_owned()]
}

/// What taking an import back would do.
pub(crate) fn undo_preview(preview: &UndoPreview, now: Timestamp) -> String {
    let when = ago(preview.imported_at, now);
    let source = plain(&preview.source);
    if preview.counts == UndoCounts::default() {
        return format!("There is nothing to take back of the last import of \"{source}\" ({when}).\n");
    }
    let mut out = format!("The last import of \"{source}\", {when}\n{}", undo_counts(&preview.counts));
    if !preview.sample.is_empty() {
        out.push_str("\nAmong them\n");
        out.extend(preview.sample.iter().map(difference));
    }
    out + &left(&preview.left, preview.counts.left)
}

/// What taking an import back did.
pub(crate) fn undone(undone: &Undone) -> String {
    let mut out = format!("Taken back.\n{}{}", undo_counts(&undone.counts), left(&undone.left, undone.counts.left));
    if !undone.failed.is_empty() {
        out.push_str("\nCould not be written; run it again\n");
        out.extend(undone.failed.iter().take(BAD_SHOWN).map(|words| wrap(words, 2)));
    }
    out
}

fn undo_counts(counts: &UndoCounts) -> String {
    lines(&[
        (counts.withdrawn, "withdrawn"),
        (counts.reverted, "with fields as they were before"),
        (counts.left, "with something that was edited here since (that stays)"),
        (counts.failed, "could not be written"),
    ])
}

fn left(left: &[UndoLeft], total: u64) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut out = "\nEdited here since, and left as it is\n".to_owned();
    for one in left.iter().take(BAD_SHOWN) {
        let (id, name) = (one.id.to_string(), plain(&one.name));
        let fields = plain(&one.fields.join(", "));
        let whole = if one.is_whole {
            format!("; to take it back too: fingerpost listing withdraw {}", short(&id, 8))
        } else {
            String::new()
        };
        out.push_str(&wrap(&format!("- {name} ({}): {fields}{whole}", short(&id, 8)), 2));
    }
    let more = total.saturating_sub(left.len().min(BAD_SHOWN) as u64);
    if more > 0 {
        out.push_str(&format!("  and {} more\n", thousands(more)));
    }
    out
}

/// What was done.
pub(crate) fn imported(imported: &Imported) -> String {
    format!("Imported.\n{}{}", counts(&imported.counts), bad(&imported.bad, imported.counts.failed))
}

fn counts(counts: &ImportCounts) -> String {
    let out = lines(&[
        (counts.new, "new"),
        (counts.changed, "changed"),
        (counts.same, "the same"),
        (counts.gone, "not in the file any more (they stay)"),
        (counts.failed, "could not be read"),
    ]);
    if out.is_empty() { "The file holds no listings.\n".into() } else { out }
}

/// Those that are not 0, a line each.
fn lines(counts: &[(u64, &str)]) -> String {
    let some = counts.iter().filter(|(number, _)| *number > 0);
    some.map(|(number, what)| format!("{:>9}  {what}\n", thousands(*number))).collect()
}

fn difference(difference: &ImportDifference) -> String {
    let mark = match difference.novelty {
        Novelty::New => "new      ",
        Novelty::Changed => "changed  ",
        Novelty::Withdrawn => "withdrawn",
    };
    let id = difference.id.to_string();
    let mut out = format!("  {mark}  {}  {}\n", short(&id, 8), plain(&difference.name).replace('\n', " "));
    out.extend(difference.fields.iter().take(5).map(field));
    if difference.fields.len() > 5 {
        out.push_str(&format!("               and {}\n", count(difference.fields.len() as u64 - 5, "more field")));
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
        "               {}: {} -> {}\n",
        plain(&difference.field),
        value(&difference.before),
        value(&difference.after)
    )
}

fn clipped(text: &str) -> String {
    let text = plain(text).replace('\n', " ");
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

fn place(row: &BadRow) -> String {
    match &row.file {
        Some(file) => format!("{} line {}", plain(file), row.line),
        None => format!("line {}", row.line),
    }
}

fn bad(rows: &[BadRow], failed: u64) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = "\nCould not be read\n".to_owned();
    out.extend(rows.iter().take(BAD_SHOWN).map(|row| wrap(&format!("{}: {}", place(row), row.reason), 2)));
    let left = failed.saturating_sub(rows.len().min(BAD_SHOWN) as u64);
    if left > 0 {
        out.push_str(&format!("  and {} more\n", thousands(left)));
    }
    out
}
