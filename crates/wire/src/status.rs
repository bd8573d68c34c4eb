//! Refusal to gRPC status and back, in one place. The kind survives; words do not: a refusal's message may quote what
//! was sent, and a status is logged by whoever stands between, so each kind has one fixed text.

use domain::{Refusal, RefusalKind};
use tonic::{Code, Status};

/// The metadata key under which the kind travels.
pub const KIND: &str = "fingerpost-refusal";

/// Longest message in words, in characters: percent-encoded it still fits the headers that clients take.
const WORDS_CHARACTERS: usize = 500;

/// Every kind: its word on the wire, its code, its fixed text.
const KINDS: [(RefusalKind, &str, Code, &str); 10] = [
    (RefusalKind::Invalid, "invalid", Code::InvalidArgument, "the request cannot mean anything here"),
    (RefusalKind::TooLarge, "too_large", Code::ResourceExhausted, "the request is past a limit"),
    (RefusalKind::NotFound, "not_found", Code::NotFound, "nothing by that name here"),
    (RefusalKind::NotAllowed, "not_allowed", Code::PermissionDenied, "the caller may not do this"),
    (RefusalKind::AlreadyDone, "already_done", Code::AlreadyExists, "it was done already"),
    (RefusalKind::Expired, "expired", Code::FailedPrecondition, "its time is over"),
    (RefusalKind::WrongState, "wrong_state", Code::FailedPrecondition, "it is not in the state this needs"),
    (RefusalKind::NotAuthentic, "not_authentic", Code::Unauthenticated, "a signature, hash or binding does not hold"),
    (RefusalKind::Malformed, "malformed", Code::InvalidArgument, "the bytes break the rules"),
    (RefusalKind::Busy, "busy", Code::Unavailable, "too much at once, come back later"),
];

/// The status that stands for a refusal. For a fault there is [`fault`].
pub fn from_refusal(refusal: &Refusal) -> Status {
    let Some((_, word, code, text)) = KINDS.iter().find(|(kind, ..)| *kind == refusal.kind) else {
        return fault();
    };
    let mut status = Status::new(*code, *text);
    status.metadata_mut().insert(KIND, tonic::metadata::MetadataValue::from_static(word));
    status
}

/// The same with the refusal's own words and hint: for the organisation's own software, which may read what its own
/// command line reads. Never for a partner.
pub fn in_words(refusal: &Refusal) -> Status {
    let fixed = from_refusal(refusal);
    let mut words = refusal.message.clone();
    if let Some(hint) = &refusal.hint {
        words.push_str("; hint: ");
        words.push_str(hint);
    }
    Status::with_metadata(fixed.code(), shortened(words), fixed.metadata().clone())
}

/// Statuses travel in headers, which are short.
fn shortened(mut words: String) -> String {
    if let Some((end, _)) = words.char_indices().nth(WORDS_CHARACTERS) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// The status that stands for a fault: it says nothing of what went wrong, which is in this node's own log.
pub fn fault() -> Status {
    Status::internal("something went wrong here")
}

/// The refusal a status stands for; `None` when it stands for none: a fault of the other side, a broken connection, a
/// deadline.
pub fn to_refusal(status: &Status) -> Option<Refusal> {
    let said = status.metadata().get(KIND)?.to_str().ok()?;
    let (kind, _, _, text) = KINDS.iter().find(|(_, word, ..)| *word == said)?;
    Some(Refusal::new(*kind, format!("the other node refused: {text}")))
}
