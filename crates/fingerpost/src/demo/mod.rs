//! A borough on one machine, to look at and to try things on: four organisations that were made up, each with a node of
//! its own.
//!
//! Each node is a process of its own, started with `up` and spoken to over its control socket, so that what is shown is
//! what runs elsewhere: four data folders, four ports, four keys, and links between them that break when one is stopped.
//! What is there to be seen was asked of the nodes as any command asks: nothing is put in behind their backs.
//! What the organisations say stands in the YAML files beside this one; dates in it are counted from the day of the run.
//! Nothing in it is left to chance.

mod borough;
mod course;
mod data;
mod event;
mod folder;
mod listing;
mod partnership;
mod pathway;
mod process;
mod proposal;
mod referral;
mod schedule;

pub(crate) use borough::{Borough, Member};
pub(crate) use event::Happened;
pub(crate) use folder::Folder;
pub(crate) use process::{Processes, program};

#[cfg(test)]
mod referral_tests;
#[cfg(test)]
mod tests;
