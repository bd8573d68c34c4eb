//! An edit: a path and what to put there.

use serde::{Deserialize, Serialize};

/// One change to a document's value. It touches only what it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// From the root: map keys. Lists of things are maps keyed by UUID, so an entry is named by its id.
    pub path: Vec<String>,
    /// What to put there; `None` removes it. Text fields are spliced, not replaced.
    pub value: Option<serde_json::Value>,
}
