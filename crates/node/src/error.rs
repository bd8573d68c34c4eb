//! Why a node could not open or go on.

use domain::Refusal;
use std::fmt;

/// A refusal a person can act on, or a fault with its source. `Display` never prints the source.
#[derive(Debug)]
pub enum Error {
    /// An expected "no".
    Refused(Refusal),
    /// Something under this node failed.
    Fault(Fault),
}

/// What was being done when something failed, and what to do about it.
#[derive(Debug)]
pub struct Fault {
    /// Lowercase, no full stop: `cannot open "…/lock"`.
    pub message: String,
    /// What to do next, where there is something to do.
    pub hint: Option<String>,
    /// What failed.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    /// A fault while doing something.
    pub fn fault(message: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(Fault { message: message.into(), hint: None, source: source.into() })
    }

    /// The same error with what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal.hint(hint)),
            Self::Fault(fault) => Self::Fault(Fault { hint: Some(hint.into()), ..fault }),
        }
    }

    /// The same "no" as a refusal, sources told in its message: for answers that cross a socket.
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Fault(fault) => {
                let mut message = fault.message;
                let mut source: Option<&dyn std::error::Error> = Some(fault.source.as_ref());
                while let Some(error) = source {
                    message.push_str(": ");
                    message.push_str(&error.to_string());
                    source = error.source();
                }
                let refusal = Refusal::new(domain::RefusalKind::WrongState, message);
                match fault.hint {
                    Some(hint) => refusal.hint(hint),
                    None => refusal,
                }
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Fault(fault) => f.write_str(&fault.message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Fault(fault) => Some(fault.source.as_ref()),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
