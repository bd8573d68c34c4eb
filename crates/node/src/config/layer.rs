//! Where settings come from, and which came last.

use super::{Config, Field, Wrong};
use crate::Error;
use domain::Refusal;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// This file.
    File(PathBuf),
    /// This variable.
    Environment(String),
    /// This flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting as `config show` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name.
    pub name: &'static str,
    /// Its value; a list is joined by commas, a secret is hidden.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
    /// What it means.
    pub doc: &'static str,
}

/// Values by name, each with its origin; a later layer replaces an earlier one.
#[derive(Clone, Default)]
pub struct Layers(BTreeMap<&'static str, (Vec<String>, Origin)>);

/// Names and origins only: values may be secrets.
impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, (_, origin))| (name, origin))).finish()
    }
}

impl Layers {
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(Error::fault(format!("cannot read \"{}\"", path.display()), e)),
        };
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            Error::fault(format!("\"{}\" is not a configuration file", path.display()), e)
                .hint("see `fingerpost config show` for the names, and toml.io for the form")
        })?;
        for (name, value) in table {
            let origin = Origin::File(path.to_path_buf());
            let is_table = field(&name, &origin)?.is_table;
            let words = if is_table { numbers_of(&value) } else { words_of(&value) };
            let words = words.ok_or_else(|| {
                let form = if is_table { "no table of numbers" } else { "neither text, number nor a list of texts" };
                Refusal::invalid(format!("{name} in {origin} is {form}"))
            })?;
            self.add(&name, words, origin)?;
        }
        Ok(())
    }

    pub(super) fn add_environment(&mut self, entries: impl IntoIterator<Item = (String, String)>) -> Result<(), Error> {
        for (variable, value) in entries {
            let Some(name) = variable.strip_prefix("FINGERPOST_") else { continue };
            if name == "DATA" {
                continue; // names the folder this file stands in
            }
            let words = value.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect();
            self.add(&name.to_lowercase(), words, Origin::Environment(variable.clone()))?;
        }
        Ok(())
    }

    pub(super) fn add_flags(&mut self, flags: impl IntoIterator<Item = (String, Vec<String>)>) -> Result<(), Error> {
        for (name, words) in flags {
            let flag = format!("--{}", name.replace('_', "-"));
            self.add(&name, words, Origin::Flag(flag))?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, words: Vec<String>, origin: Origin) -> Result<(), Error> {
        self.0.insert(field(name, &origin)?.name, (words, origin));
        Ok(())
    }

    pub(super) fn words(&self, name: &str, default: &[&str]) -> Vec<String> {
        match self.0.get(name) {
            Some((words, _)) => words.clone(),
            None => default.iter().map(|w| (*w).to_owned()).collect(),
        }
    }

    /// Where the value of this setting came from.
    pub fn origin(&self, name: &str) -> Origin {
        self.0.get(name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    pub(super) fn wrong(&self, name: &str, wrong: Wrong) -> Error {
        let refusal = Refusal::invalid(format!("{name} ({}) {}", self.origin(name), wrong.why));
        match wrong.hint {
            Some(hint) => refusal.hint(hint).into(),
            None => refusal.into(),
        }
    }
}

fn words_of(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(s) => Some(vec![s.clone()]),
        toml::Value::Integer(n) => Some(vec![n.to_string()]),
        toml::Value::Boolean(b) => Some(vec![b.to_string()]),
        toml::Value::Array(items) => items.iter().map(|i| i.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A table of numbers, each as `name=number`.
fn numbers_of(value: &toml::Value) -> Option<Vec<String>> {
    let table = value.as_table()?;
    table.iter().map(|(name, number)| Some(format!("{name}={}", number.as_integer()?))).collect()
}

fn field(name: &str, origin: &Origin) -> Result<&'static Field, Refusal> {
    Config::FIELDS.iter().find(|field| field.name == name).ok_or_else(|| unknown(name, origin))
}

fn unknown(name: &str, origin: &Origin) -> Refusal {
    let nearest = Config::FIELDS
        .iter()
        .map(|f| (strsim::damerau_levenshtein(f.name, name), f.name))
        .min()
        .filter(|(distance, known)| *distance <= known.len().div_ceil(2));
    let refusal = Refusal::invalid(format!("there is no setting {name:?} ({origin})"));
    match nearest {
        Some((_, known)) => refusal.hint(format!("did you mean {known}?")),
        None => refusal.hint("`fingerpost config show` lists the settings"),
    }
}
