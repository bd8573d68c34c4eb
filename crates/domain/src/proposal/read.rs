//! A proposal as its document holds it, and back. What is read is another organisation's word: every bound is checked.

use super::{Proposal, ProposedEdit};
use crate::document::shape::check_edit;
use crate::document::{Edit, Kind};
use crate::{ChangeHash, DocId, OrgId, Refusal, Timestamp, limits};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

impl Proposal {
    /// From its document's value. Refused when it says something that no proposal can: another kind of document, a field
    /// that is not to be edited, more than a proposal may hold.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        let owner = read_org(text(value, "org_id")?)?;
        let target: DocId = text(value, "doc_id")?.parse()?;
        if !target.is_of(Kind::LISTING, &owner) {
            return Err(Refusal::malformed("a proposal about something that is no listing of the owner it names"));
        }
        let heads = list(value, "at_heads", limits::DOCUMENT_HEADS)?.iter();
        let heads = heads.map(|head| head.as_str().unwrap_or_default().parse());
        let at_heads: BTreeSet<ChangeHash> = heads.collect::<Result<_, _>>()?;
        let edits =
            list(value, "edits", limits::PROPOSAL_EDITS)?.iter().map(read_edit).collect::<Result<Vec<_>, _>>()?;
        if at_heads.is_empty() || edits.is_empty() {
            return Err(Refusal::malformed("a proposal without heads or edits"));
        }
        let note = value.get("note").and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            target,
            owner,
            generation: number(value, "generation")?,
            at_heads,
            edits,
            note: checked_words(note)?.to_owned(),
            made_at: Timestamp::from_ms(i64::try_from(number(value, "made_at_ms")?).unwrap_or(i64::MAX)),
        })
    }

    /// The value of its document.
    pub fn value(&self) -> Value {
        let edits = self.edits.iter().map(|ProposedEdit { edit, was }| {
            let mut written = Map::from_iter([("path".to_owned(), json!(written_path(&edit.path)))]);
            written.extend(edit.value.as_ref().map(|value| ("value_json".to_owned(), json!(value.to_string()))));
            written.extend(was.as_ref().map(|value| ("was_json".to_owned(), json!(value.to_string()))));
            Value::Object(written)
        });
        json!({
            "doc_id": self.target.to_string(),
            "org_id": HEXLOWER.encode(self.owner.as_bytes()),
            "generation": self.generation,
            "at_heads": self.at_heads.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "edits": edits.collect::<Vec<_>>(),
            "note": self.note,
            "made_at_ms": self.made_at.as_ms(),
        })
    }
}

/// Words for the other side, no longer than they may be.
pub(super) fn checked_words(words: &str) -> Result<&str, Refusal> {
    if words.len() > limits::PROPOSAL_WORDS_BYTES {
        return Err(Refusal::too_large(format!("words of over {} bytes", limits::PROPOSAL_WORDS_BYTES)));
    }
    Ok(words)
}

fn read_edit(written: &Value) -> Result<ProposedEdit, Refusal> {
    let json = |field: &str| match written.get(field) {
        None => Ok(None),
        Some(text) => serde_json::from_str(text.as_str().unwrap_or_default())
            .map(Some)
            .map_err(|e| Refusal::malformed(format!("{field} of a proposed edit is no JSON: {e}"))),
    };
    let path = read_path(text(written, "path")?);
    if path.len() > limits::NESTING {
        return Err(Refusal::too_large(format!("a path of over {} fields", limits::NESTING)));
    }
    let edit = check_edit(Kind::LISTING, &Edit { path, value: json("value_json")? })?;
    Ok(ProposedEdit { edit, was: json("was_json")? })
}

/// Keys joined with dots; a dot within a key, and a backslash, behind a backslash.
pub(super) fn written_path(path: &[String]) -> String {
    let keys = path.iter().map(|key| key.replace('\\', "\\\\").replace('.', "\\."));
    keys.collect::<Vec<_>>().join(".")
}

fn read_path(written: &str) -> Vec<String> {
    let (mut path, mut key) = (Vec::new(), String::new());
    let mut characters = written.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => key.extend(characters.next()),
            '.' => path.push(std::mem::take(&mut key)),
            c => key.push(c),
        }
    }
    path.push(key);
    path
}

fn text<'v>(value: &'v Value, field: &str) -> Result<&'v str, Refusal> {
    value.get(field).and_then(Value::as_str).ok_or_else(|| Refusal::malformed(format!("a proposal without {field}")))
}

fn number(value: &Value, field: &str) -> Result<u64, Refusal> {
    value.get(field).and_then(Value::as_u64).ok_or_else(|| Refusal::malformed(format!("a proposal without {field}")))
}

fn list<'v>(value: &'v Value, field: &str, most: usize) -> Result<&'v [Value], Refusal> {
    let list = value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.len() > most {
        return Err(Refusal::too_large(format!("a proposal with over {most} {field}")));
    }
    Ok(list)
}

fn read_org(hex: &str) -> Result<OrgId, Refusal> {
    let bytes = HEXLOWER.decode(hex.as_bytes());
    OrgId::try_from(bytes.map_err(|_| Refusal::malformed("a proposal whose owner is no organisation"))?.as_slice())
}
