//! Seeded worlds in which the product's own engine runs: virtual time, links that fail, processes that crash between
//! any two effects. The shell's loop here and in `node` are the same few lines over other clocks, links and disks.
//!
//! A seed is a world ([`life::live`]): first everything goes wrong and nothing unsafe may happen, then everything heals
//! and all have to come to hold the same. Built for tests and for the feature `sim`; never part of the product.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test bench stops at its first surprise"
)]

mod disk;
mod faults;
mod judge;
mod ledger;
pub mod life;
mod process;
mod world;

pub use disk::Disk;
pub use faults::Faults;
pub use process::{Identity, Process};
pub use world::{At, Relation, World};

#[cfg(test)]
mod borough;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod stolen;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
