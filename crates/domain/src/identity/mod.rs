//! Who is who: roots, nodes, their keys and certificates, and how two organisations come to know each other.
//!
//! Every signed object here is a protobuf payload with an Ed25519 signature over a domain tag and the payload
//! ([`object::Signed`]); bytes are kept as received, and what parses encodes to the same bytes again. Nothing here
//! reads a clock, draws a random number or touches a file: entropy, times and session secrets are arguments.

pub mod address;
pub mod certificate;
pub mod confirmation;
pub mod hello;
pub mod introduce;
pub mod invitation;
pub mod keys;
pub mod object;
pub mod root;
pub mod roster;
pub mod scope_head;
pub mod sealing;
pub mod signing;
pub mod words;

pub use address::Addresses;
pub use certificate::{Holds, NodeCertificate, NodeState};
pub use confirmation::Confirmation;
pub use hello::{HelloTranscript, Side};
pub use introduce::{Introduce, PairRole};
pub use invitation::{Invitation, InvitationId, InvitationKey, InvitedAs};
pub use keys::{KeysAlarm, KeysObject};
pub use object::Signed;
pub use root::Root;
pub use roster::RosterEntry;
pub use scope_head::ScopeHead;

#[cfg(test)]
mod tests;
