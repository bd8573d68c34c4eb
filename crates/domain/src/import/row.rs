//! Bytes to records: one JSON value a line, or one JSON document of one service, of many, or of a page of a feed. What is neither
//! may be a table.

use crate::Refusal;
use serde_json::Value;

/// Longest row, in bytes. A service of a real directory has some kilobytes.
pub const ROW_BYTES: usize = 4 << 20;

/// How the records stand in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A record a line (NDJSON).
    Lines,
    /// One JSON document.
    Document,
    /// CSV: a spreadsheet's rows.
    Table,
}

impl Form {
    /// By the file's name (without `.gz`) where it says so, else by the beginning of its bytes: lines where one of the first lines
    /// is a whole object by itself, a table where the first line holds a separator and does not begin as JSON does.
    pub fn of(name: &str, beginning: &[u8]) -> Self {
        let name = name.to_ascii_lowercase();
        if [".ndjson", ".jsonl"].iter().any(|end| name.ends_with(end)) {
            return Self::Lines;
        }
        let is_table = [".csv", ".tsv", ".tab", ".xlsx", ".xls", ".ods", ".zip"].iter().any(|end| name.ends_with(end));
        if is_table || !name.ends_with(".json") && begins_as_table(without_mark(beginning)) {
            return Self::Table;
        }
        let beginning = without_mark(beginning).trim_ascii_start();
        if beginning.starts_with(b"[") {
            return Self::Document;
        }
        let Some(last) = beginning.iter().rposition(|byte| *byte == b'\n') else {
            return Self::Document;
        };
        let mut lines =
            beginning.get(..last).unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !is_blank(line));
        let whole = |line: &[u8]| serde_json::from_slice::<Value>(line).is_ok_and(|value| value.is_object());
        // One object on one line with nothing behind it reads the same either way, but a page of a feed is a document.
        let page =
            |line: &[u8]| serde_json::from_slice::<Value>(line).is_ok_and(|value| value.get("contents").is_some());
        if lines.clone().next().is_some_and(page) {
            return Self::Document;
        }
        if lines.by_ref().take(8).any(whole) { Self::Lines } else { Self::Document }
    }
}

/// Reads one line; `None` for a blank one.
pub fn read_line(line: &[u8]) -> Option<Result<Value, Refusal>> {
    let line = without_mark(line);
    (!is_blank(line)).then(|| parse(line))
}

/// Reads a whole document: one service, a list of services, or a page with `contents`. The records in order.
pub fn read_document(bytes: &[u8]) -> Result<Vec<Value>, Refusal> {
    let bytes = without_mark(bytes);
    if is_blank(bytes) {
        return Err(Refusal::invalid("there is nothing in it"));
    }
    match parse_json(bytes)? {
        Value::Array(records) => Ok(records),
        Value::Object(mut page) if page.get("contents").is_some_and(Value::is_array) => match page.remove("contents") {
            Some(Value::Array(records)) => Ok(records),
            _ => Ok(Vec::new()),
        },
        Value::Object(page) if page.contains_key("content") && !page.contains_key("name") => {
            Err(Refusal::invalid("it is a page of another form: its records are in \"content\", not in \"contents\"")
                .hint("Open Referral UK 3.0 pages have total_items and contents"))
        }
        record @ Value::Object(_) => Ok(vec![record]),
        _ => Err(Refusal::invalid("it is neither a service, nor a list of services, nor a page of a feed")),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.len() > ROW_BYTES {
        return Err(Refusal::too_large(format!("the row has {} bytes; the most is {ROW_BYTES}", bytes.len())));
    }
    parse_json(bytes)
}

fn parse_json(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        Refusal::invalid(format!("not UTF-8 at byte {}", e.valid_up_to())).hint("save the file as UTF-8 and try again")
    })?;
    serde_json::from_str(text).map_err(|e| Refusal::invalid(format!("not JSON: {e}")))
}

fn begins_as_table(beginning: &[u8]) -> bool {
    let first = beginning.split(|byte| *byte == b'\n').find(|line| !is_blank(line)).unwrap_or_default();
    let is_json = first.trim_ascii_start().starts_with(b"{") || first.trim_ascii_start().starts_with(b"[");
    !is_json && first.iter().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'|'))
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.trim_ascii().is_empty()
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
