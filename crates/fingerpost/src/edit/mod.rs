//! What a person wants changed in a document: from `--set`, `--unset`, `--from`, or from $EDITOR.
//!
//! Paths stay strings here: what a path may name, and what may stand there, the node says.

mod difference;
mod editor;

pub(crate) use editor::in_editor;

use crate::arguments::Edits;
use crate::report::Failure;
use node::api::{PathEdit, Refusal};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest text that is read: no document may be larger.
const TEXT_BYTES: u64 = 2 << 20;

/// One `--set`: a path and a value; null takes away.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Set {
    path: String,
    value: Value,
}

/// Parses `PATH=VALUE`.
pub(crate) fn parse_set(text: &str) -> Result<Set, String> {
    let (path, value) = text.split_once('=').ok_or("there is no = between path and value")?;
    let path = path.trim();
    if path.is_empty() {
        return Err("there is no path before the =".into());
    }
    Ok(Set { path: path.to_owned(), value: value_of(value)? })
}

/// YAML; but one line of plain words is those words, though they hold a `#`, a `: ` or begin with an `@`.
fn value_of(text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let structured = trimmed.contains('\n') || trimmed.starts_with(['{', '[', '"', '\'', '|', '>', '&', '*', '!']);
    match serde_yaml_ng::from_str(trimmed) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => Ok(value),
        Ok(value) if structured => Ok(value),
        Err(e) if structured => Err(format!("the value is not YAML: {e}; put 'single quotes' around plain words")),
        _ => Ok(Value::String(trimmed.to_owned())),
    }
}

/// Whether the command line says what to change.
pub(crate) fn named(edits: &Edits) -> bool {
    !edits.set.is_empty() || !edits.unset.is_empty() || edits.from.is_some()
}

/// What the command line says to change: first the file, then each `--set`, then each `--unset`.
pub(crate) fn gather(edits: &Edits) -> Result<Vec<PathEdit>, Failure> {
    let mut gathered = Vec::new();
    if let Some(file) = &edits.from {
        let fields = read_fields(file)?;
        gathered.extend(fields.into_iter().map(|(path, value)| path_edit(path, value)));
    }
    gathered.extend(edits.set.iter().map(|set| path_edit(set.path.clone(), set.value.clone())));
    gathered.extend(edits.unset.iter().map(|path| PathEdit { path: path.clone(), value: None }));
    Ok(gathered)
}

fn path_edit(path: String, value: Value) -> PathEdit {
    PathEdit { path, value: Some(value).filter(|value| !value.is_null()) }
}

/// The fields that a YAML file names; `-` is standard input.
pub(crate) fn read_fields(file: &Path) -> Result<Map<String, Value>, Failure> {
    let text = read_text(file)?;
    Ok(fields_of(&text).map_err(|why| {
        Refusal::invalid(format!("{} {why}", file.display()))
            .hint("it holds a field a line, as in `name: Tuesday supper`")
    })?)
}

/// The same of a file about a person: what is wrong with it is said by its place, and nothing of it is repeated.
pub(crate) fn read_answers(file: &Path) -> Result<Map<String, Value>, Failure> {
    let text = read_text(file)?;
    let why = match serde_yaml_ng::from_str(&text) {
        Ok(Value::Object(fields)) => return Ok(fields),
        Ok(Value::Null) => return Ok(Map::new()),
        Ok(_) => "does not name fields".to_owned(),
        Err(e) => match e.location() {
            Some(at) => format!("is not YAML from line {}, column {}", at.line(), at.column()),
            None => "is not YAML".to_owned(),
        },
    };
    let refusal = Refusal::invalid(format!("{} {why}", file.display()));
    Err(refusal.hint("it holds a field a line, as `fingerpost form example arts-group --answers` prints one").into())
}

/// The text of a file; `-` is standard input.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(TEXT_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|f| f.take(TEXT_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|e| Failure::file("read", file, &e))?;
    if bytes.len() as u64 > TEXT_BYTES {
        let refusal = Refusal::too_large(format!("{} is larger than {TEXT_BYTES} bytes", file.display()));
        return Err(refusal.hint("no document may be that large; is it the right file?").into());
    }
    Ok(String::from_utf8(bytes).map_err(|_| {
        Refusal::invalid(format!("{} is not UTF-8 text", file.display())).hint("save it as UTF-8 and try again")
    })?)
}

/// The fields that a YAML text names; nothing but comments names none.
fn fields_of(text: &str) -> Result<Map<String, Value>, String> {
    match serde_yaml_ng::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err("does not name fields".into()),
        Err(e) => Err(format!("is not YAML: {e}")),
    }
}

#[cfg(test)]
mod tests;
