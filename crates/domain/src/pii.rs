//! What is about a person: carried where it is needed, and printed nowhere.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Something about a person. `Debug` and `Display` give `[pii]`, so no log, error or panic repeats it by accident.
///
/// As JSON it is what it holds: it travels so between a node and the commands and pages that speak to it on the same machine, and
/// `tracing` takes what is printed and never serialises. What does not read as JSON is refused without being repeated, which serde
/// itself would do. It is not zeroed: what has to be gone is kept sealed, under a key that is.
#[derive(Clone, PartialEq, Eq, Serialize)]
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pii<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        T::deserialize(d).map(Self).map_err(|_| serde::de::Error::custom("what is about a person does not read"))
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

#[cfg(test)]
#[path = "pii_tests.rs"]
mod tests;
