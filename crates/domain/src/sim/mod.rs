//! Seeded worlds in which the product's own engine runs: virtual time, links that fail, processes that crash between
//! any two effects. The shell's loop here and in `node` are the same few lines over other clocks, links and disks.
//!
//! A seed is a world ([`life::live`]): first everything goes wrong and nothing unsafe may happen, then everything heals
//! and all have to come to hold the same. Built for tests and for the feature `sim`; never part of the product.
//!
//! | fault | where |
//! |---|---|
//! | frames delayed, lost, repeated, reordered; links cut, one way too | `wires` |
//! | crashes between any two effects; writes that never were; disks that are full; old copies; clones; clocks | `faults` |
//! | a process that starts again, and what it starts from | `process`, `disk` |
//! | an author that signs what it likes, a relay that sends what it likes | `author`, `relay`, `byzantine` |
//!
//! What may not happen on the way is in `watch`, what must hold in the end in `judge`, what people were promised in
//! `ledger`, and all that is about referrals in `handoff`. [`Planted`] bugs show that all this would find one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test bench stops at its first surprise"
)]

mod author;
mod byzantine;
mod disk;
mod faults;
mod handoff;
mod judge;
mod ledger;
pub mod life;
mod process;
mod relay;
mod watch;
mod wires;
mod world;

pub use crate::sync::Planted;
pub use byzantine::Role;
pub use disk::Disk;
pub use faults::Faults;
pub use process::{Identity, Process};
pub use world::{At, Relation, World};

#[cfg(test)]
mod borough;
#[cfg(test)]
mod deciding;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod referral;
#[cfg(test)]
mod stolen;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tombstone;
