//! What one run of an import did to each document, and how to take it back: three ways compared, so that what somebody wrote
//! since stays and is told.

use crate::document::{Edit, at, diff};
use crate::{DocId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a run did to one document. Of each source the last run's are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Of which source.
    pub source: String,
    /// Names the run among those of its source.
    pub run: String,
    /// When it was previewed.
    pub at: Timestamp,
    /// The document.
    pub doc_id: DocId,
    /// The record that the run before had mapped it to; `None` where this run was the first to see it.
    pub before: Option<Value>,
    /// What was done.
    pub done: Done,
    /// What became of that since.
    pub state: State,
}

/// What was done to a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It was made, or made to stand again, with this value.
    Made(Value),
    /// These fields were changed.
    Edited(Vec<FieldChange>),
    /// Nothing; only the record was noted.
    Noted,
}

/// One field before and after a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// From the root, as in an [`Edit`].
    pub path: Vec<String>,
    /// What stood there; `None` for nothing.
    pub before: Option<Value>,
    /// What stands there after it.
    pub after: Option<Value>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It can be taken back.
    Done,
    /// It was taken back: the record before is the base of the next comparison again.
    Undone,
    /// It was to be taken back, and stays: somebody has edited or withdrawn the document since.
    Left,
}

/// How to take a change back.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    /// The document is withdrawn.
    Withdraw,
    /// These edits; fields that were edited since are not among them.
    Edit {
        /// The way back.
        edits: Vec<Edit>,
        /// Fields that stay as somebody wrote them.
        left: Vec<Vec<String>>,
    },
    /// The document was made by the run, and somebody has edited these fields since: it stays.
    Keep {
        /// What was edited.
        edited: Vec<Vec<String>>,
    },
    /// It does not stand any more.
    Gone,
}

/// Says how to take a change back from a document that stands so now; `None` where it was withdrawn.
pub fn undo(change: &Change, standing: Option<&Value>) -> Undo {
    let Some(standing) = standing else { return Undo::Gone };
    match &change.done {
        Done::Made(value) => {
            let edits = diff(value, standing).into_iter().map(|edit| edit.path);
            // Who may hold it is said when it is made, not by the record.
            let edited: Vec<_> = edits.filter(|path| path.first().is_none_or(|field| field != "audience")).collect();
            if edited.is_empty() { Undo::Withdraw } else { Undo::Keep { edited } }
        }
        Done::Edited(fields) => undo_edits(fields, standing),
        Done::Noted => Undo::Edit { edits: Vec::new(), left: Vec::new() },
    }
}

fn undo_edits(fields: &[FieldChange], standing: &Value) -> Undo {
    let (mut edits, mut left) = (Vec::new(), Vec::new());
    for FieldChange { path, before, after } in fields {
        let here = at(standing, path);
        if here == before.as_ref() {
            continue;
        }
        // Somebody has taken away what the field was part of.
        let parent = path.split_last().map_or(&[][..], |(_, parent)| parent);
        if here == after.as_ref() && at(standing, parent).is_some() {
            edits.push(Edit { path: path.clone(), value: before.clone() });
        } else {
            left.push(path.clone());
        }
    }
    Undo::Edit { edits, left }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
