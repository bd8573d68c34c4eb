//! Whole nodes in this process, over loopback and both databases.

mod fixture;
mod list;
mod pair;
mod referral;
mod report;
