//! An expected "no", with a reason a person can act on. A value, never a fault.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What sort of "no" it is; each edge maps it once (gRPC status, HTTP status, exit code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The input cannot mean anything: malformed, of the wrong type, out of range.
    Invalid,
    /// Larger than a limit of `limits`.
    TooLarge,
    /// Nothing by that name here, or nothing the asker may know of: both read alike.
    NotFound,
    /// Known, and this asker may not.
    NotAllowed,
    /// It is there already, or was done already.
    AlreadyDone,
    /// It was true once: an invitation past its time.
    Expired,
    /// The state it needs is not the state it found.
    WrongState,
    /// A signature, hash or binding that does not hold.
    NotAuthentic,
    /// Bytes that break the rules of a change or a document.
    Malformed,
    /// One author said two things that cannot both stand: an actor made two changes of one number.
    Equivocation,
    /// Too many; come back later.
    Busy,
}

/// Why not, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For the machine.
    pub kind: RefusalKind,
    /// For the person: lowercase, no full stop, names the thing.
    pub message: String,
    /// What to do next, where there is something to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal of this kind, in these words.
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The same refusal with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shorthand for [`RefusalKind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Invalid, message)
    }

    /// Shorthand for [`RefusalKind::Malformed`].
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Malformed, message)
    }

    /// Shorthand for [`RefusalKind::TooLarge`].
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::TooLarge, message)
    }

    /// Shorthand for [`RefusalKind::NotAuthentic`].
    pub fn not_authentic(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotAuthentic, message)
    }

    /// Shorthand for [`RefusalKind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, message)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
