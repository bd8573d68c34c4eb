//! The contract of `proto/` in Rust, and the only conversions between it and `domain`.
//!
//! What comes in is bounded before it is decoded and parsed into domain types; what goes out is made of them. This
//! crate never opens a socket, never decides who may do what, and never looks inside a statement or a change.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod frame;
pub mod hello;
pub mod pairing;
pub mod proto;
pub mod status;

use domain::Refusal;

/// A byte string of the one length it may have.
fn exactly<const N: usize>(bytes: &[u8], what: &str) -> Result<[u8; N], Refusal> {
    bytes.try_into().map_err(|_| Refusal::malformed(format!("{what} has {} bytes and should have {N}", bytes.len())))
}

#[cfg(test)]
mod tests;
