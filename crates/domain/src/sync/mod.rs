//! The sync engine: what a node does with what reaches it, as a function of its input.
//!
//! ```text
//! needs(&input) -> Needs           what the shell has to load
//! step(now, input, &mut loaded) -> Vec<Effect>   what has to happen, in this order
//! ```
//!
//! Effects are done in order: a `Commit` is durable before the `Send` behind it. The engine never waits and never
//! fails on I/O; when a `Commit` fails the shell drops what it loaded and stops the node.

pub mod batch;
mod compare;
mod content;
mod dispute;
mod docket;
pub mod effect;
mod engine;
pub mod head;
mod link;
pub mod message;
pub mod needs;
mod open;
mod partner;
#[cfg(any(test, feature = "sim"))]
mod planted;
mod proposal;
mod publish;
mod receive;
mod reconcile;
pub mod roster;
pub mod sealed;
mod serve;
mod sign;
mod tend;
mod vouch;
mod write;

pub use batch::Batch;
pub use effect::{Effect, Input, Notice};
pub use engine::{Engine, Known, Own, Standing, Usage};
pub use message::Message;
pub use needs::{Corrupt, Document, Loaded, Needs, QuarantineMark};
#[cfg(any(test, feature = "sim"))]
pub use planted::Planted;
pub use proposal::{Answering, Proposing};
pub use publish::{Publication, form_document};
pub use sealed::Referring;
