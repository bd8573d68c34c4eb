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
pub mod effect;
pub mod message;
pub mod needs;

pub use batch::Batch;
pub use effect::{Effect, Input, Notice};
pub use message::Message;
pub use needs::{Document, Loaded, Needs, QuarantineMark};
