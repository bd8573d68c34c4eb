//! What tests of the whole product need around it: servers to start, and ways to look in from outside.

pub mod postgres;
