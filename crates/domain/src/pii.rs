//! What is about a person: carried where it is needed, and printed nowhere.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something about a person. `Debug` and `Display` give `[pii]`, so no log, error or panic repeats it by accident. As JSON it is what it
/// holds: it travels so between a node and the commands that speak to it on the same machine, and nothing that logs serialises.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// About a person from now.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// What it holds, for who is to read it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The same, for good.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[pii]")
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[pii]")
    }
}
