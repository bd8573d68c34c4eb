//! Seeded worlds in which the product's own engine runs: virtual time, links that fail, processes that crash between
//! any two effects. The shell's loop here and in `node` are the same few lines over other clocks, links and disks.
//!
//! Built for tests and for the feature `sim`; never part of the product.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test bench stops at its first surprise"
)]

mod disk;
mod process;
mod world;

pub use disk::Disk;
pub use process::{Identity, Process};
pub use world::{At, Faults, World};

#[cfg(test)]
mod tests;
