//! Hostile inputs, each made by code from honest ones with its checksums computed anew, as any partner could.
//!
//! For tests and the simulator; never part of the product. Every input says what it is and where it must be stopped.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "builds inputs for tests; a fault here is a fault of the test"
)]

pub mod draft;
pub mod honest;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod tests;
