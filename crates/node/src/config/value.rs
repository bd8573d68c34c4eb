//! Kinds of values, read from words and shown as words.

use super::Config;
use crate::Error;
use domain::Refusal;
use domain::referral::{DraftDays, Finish, Retention};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A value that settings hold.
pub trait Value: Sized {
    /// Whether it is a table of numbers: its words are `name=number`.
    const IS_TABLE: bool = false;

    /// From what was written: one word for a single value, any number for a list or a table, none for "not set".
    fn from_words(words: &[String]) -> Result<Self, Wrong>;
    /// Back to words, as `config show` gives them.
    fn words(&self) -> Vec<String>;
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Finishes the sentence "NAME (ORIGIN) …".
    pub why: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self { why, hint: None }
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self { why: format!("does not do: {}", refusal.message), hint: refusal.hint }
    }
}

/// Text that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Option<String>);

impl Secret {
    /// The text, for the one place that needs it.
    pub fn expose(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([hidden])")
    }
}

/// Who may read something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// This machine.
    Loopback,
    /// Whoever reaches the port.
    All,
    /// Nobody.
    Nobody,
}

impl Value for String {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        match words {
            [] => Ok(Self::new()),
            // A comma in an environment variable is part of a single text.
            words => Ok(words.join(", ")),
        }
    }

    fn words(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl Value for Vec<String> {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        Ok(words.to_vec())
    }

    fn words(&self) -> Vec<String> {
        self.clone()
    }
}

impl Value for Option<PathBuf> {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        Ok(words.first().filter(|w| !w.is_empty()).map(PathBuf::from))
    }

    fn words(&self) -> Vec<String> {
        self.iter().map(|p| p.display().to_string()).collect()
    }
}

impl Value for u64 {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        match words {
            [word] => word.parse().map_err(|_| format!("is {word:?} and should be a whole number").into()),
            _ => Err("should be one whole number".to_owned().into()),
        }
    }

    fn words(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Value for Secret {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        Ok(Self((!words.is_empty()).then(|| words.join(","))))
    }

    fn words(&self) -> Vec<String> {
        self.0.iter().map(|_| "[hidden]".to_owned()).collect()
    }
}

impl Value for Exposure {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        match words.first().map(String::as_str) {
            Some("loopback") => Ok(Self::Loopback),
            Some("all") => Ok(Self::All),
            Some("nobody") => Ok(Self::Nobody),
            other => Err(format!("is {:?} and should be loopback, all or nobody", other.unwrap_or("")).into()),
        }
    }

    fn words(&self) -> Vec<String> {
        let word = match self {
            Self::Loopback => "loopback",
            Self::All => "all",
            Self::Nobody => "nobody",
        };
        vec![word.to_owned()]
    }
}

impl Value for Retention {
    const IS_TABLE: bool = true;

    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        let mut retention = Self::default();
        for word in words {
            let (finish, days) = word.split_once('=').ok_or_else(|| {
                format!("has {word:?} and should be a table of days by how a referral finished, such as helped=730")
            })?;
            let days = days.trim();
            let days = days.parse().map_err(|_| format!("has {days:?} and should have a whole number of days"))?;
            retention.set(finish.trim().parse()?, days)?;
        }
        Ok(retention)
    }

    fn words(&self) -> Vec<String> {
        BTreeMap::<Finish, u32>::from(self.clone())
            .into_iter()
            .map(|(finish, days)| format!("{finish}={days}"))
            .collect()
    }
}

impl Value for DraftDays {
    fn from_words(words: &[String]) -> Result<Self, Wrong> {
        let days = u64::from_words(words)?;
        Ok(Self::new(u32::try_from(days).unwrap_or(u32::MAX))?)
    }

    fn words(&self) -> Vec<String> {
        vec![self.get().to_string()]
    }
}

/// The same text with a password inside a URL hidden.
pub(super) fn hide_password(text: &str) -> String {
    match split_password(text) {
        Some((before, _, after)) => format!("{before}:[hidden]@{after}"),
        None => text.to_owned(),
    }
}

/// `scheme://user`, password, and what follows the `@`, of a URL that carries a password.
pub(crate) fn split_password(url: &str) -> Option<(&str, &str, &str)> {
    let authority_at = url.find("://")? + 3;
    let (scheme, rest) = url.split_at_checked(authority_at)?;
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let at = rest.get(..authority_end)?.rfind('@')?;
    let (userinfo, after) = (rest.get(..at)?, rest.get(at + 1..)?);
    let colon = userinfo.find(':')?;
    let before = url.get(..scheme.len() + colon)?;
    Some((before, userinfo.get(colon + 1..)?, after))
}

pub(super) fn database_url(config: &Config) -> Result<String, Error> {
    if config.database.is_empty() {
        return Ok(store::sqlite_url(&config.data.join("fingerpost.db")));
    }
    let password = match (&config.database_password_file, config.database_password.expose()) {
        (_, Some(password)) => Some(password.to_owned()),
        (Some(path), None) => {
            let path = config.data.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|e| Error::fault(format!("cannot read the database password in \"{}\"", path.display()), e))?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None) => None,
    };
    Ok(match password {
        Some(password) => with_password(&config.database, &password),
        None => config.database.clone(),
    })
}

fn with_password(url: &str, password: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest.get(..end).and_then(|authority| authority.rfind('@')) else { return url.to_owned() };
    let (user, host) = rest.split_at(at);
    let user = user.split(':').next().unwrap_or(user);
    let escaped: String = password.bytes().map(escape).collect();
    format!("{scheme}://{user}:{escaped}{host}")
}

/// Text out of a URL, its %-escapes undone; as it stands where they are none.
pub(crate) fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn escape(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}
