//! What can go wrong between this software and its database.

use std::fmt;

/// What sort of fault it is, so that an edge can say what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The URL names no database this software can use, or one that lets nobody in by these credentials.
    WrongUrl,
    /// The database cannot be reached or opened, or the connection broke.
    Unavailable,
    /// Somebody else holds the database.
    InUse,
    /// No room is left.
    DiskFull,
    /// It may be read only, or not at all.
    NotPermitted,
    /// What is stored is damaged.
    Corrupt,
    /// A newer version of this software wrote the database.
    TooNew,
    /// What was to be written cannot be stored.
    Invalid,
    /// A fault in this software's own SQL.
    Query,
}

/// A fault of the database or of what is in it. Its [`std::error::Error::source`] is kept; no password is ever in it.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<sqlx::Error>,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Self::new(StoreErrorKind::Corrupt, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StoreErrorKind::Invalid, message)
    }

    /// The same fault, saying which database it is of.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.message = format!("{} ({place})", self.message);
        self
    }

    /// For the machine.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What a person can do about it, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            StoreErrorKind::WrongUrl => {
                Some("use `sqlite:///path/to/file` or `postgres://user:password@host/database`, and check the password")
            }
            StoreErrorKind::Unavailable => Some("check that the database is running and that its address is right"),
            StoreErrorKind::InUse => Some("stop the other process that uses this database"),
            StoreErrorKind::DiskFull => Some("make room on the disk, then start again: nothing was lost"),
            StoreErrorKind::NotPermitted => Some("check who owns the database file and its folder"),
            StoreErrorKind::Corrupt => Some("run `fingerpost verify`, and put back a backup if the file is damaged"),
            StoreErrorKind::TooNew => Some("install the newer version again, or put back the backup from before it"),
            StoreErrorKind::Invalid | StoreErrorKind::Query => None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        let kind = kind_of(&source);
        Self { kind, message: words(kind).to_string(), source: Some(source) }
    }
}

fn words(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::WrongUrl => "the database URL does not lead to a database",
        StoreErrorKind::Unavailable => "the database cannot be reached",
        StoreErrorKind::InUse => "the database is in use by another process",
        StoreErrorKind::DiskFull => "the disk that holds the database is full",
        StoreErrorKind::NotPermitted => "the database may not be written",
        StoreErrorKind::Corrupt => "the database is damaged",
        StoreErrorKind::TooNew => "the database was written by a newer version of this software",
        StoreErrorKind::Invalid => "the database does not take what was to be written",
        StoreErrorKind::Query => "the database refused a statement",
    }
}

fn kind_of(error: &sqlx::Error) -> StoreErrorKind {
    match error {
        sqlx::Error::Configuration(_) => StoreErrorKind::WrongUrl,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreErrorKind::Unavailable,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreErrorKind::Corrupt,
        sqlx::Error::Database(e) => e.code().map_or(StoreErrorKind::Query, |code| kind_of_code(&code)),
        _ => StoreErrorKind::Query,
    }
}

/// SQLSTATE has five characters (PostgreSQL, appendix A); SQLite's result codes are numbers whose low byte is the
/// primary code (sqlite.org/rescode.html).
fn kind_of_code(code: &str) -> StoreErrorKind {
    match code {
        "53100" => return StoreErrorKind::DiskFull,
        "3D000" => return StoreErrorKind::WrongUrl,
        "42501" | "25006" => return StoreErrorKind::NotPermitted,
        "55P03" => return StoreErrorKind::InUse,
        _ => {}
    }
    if code.len() == 5 {
        return match code.get(..2) {
            Some("08" | "53" | "57" | "58") => StoreErrorKind::Unavailable,
            Some("28") => StoreErrorKind::WrongUrl,
            Some("XX") => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Query,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(3 | 8 | 23) => StoreErrorKind::NotPermitted,
        Ok(5 | 6) => StoreErrorKind::InUse,
        Ok(10 | 14) => StoreErrorKind::Unavailable,
        Ok(11 | 26) => StoreErrorKind::Corrupt,
        Ok(13) => StoreErrorKind::DiskFull,
        _ => StoreErrorKind::Query,
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
