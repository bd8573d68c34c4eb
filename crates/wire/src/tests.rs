//! What this crate promises: the contract is frozen, messages survive the wire, hostile frames do not get past it.

mod contract;
mod frame;
mod object;
mod status;
