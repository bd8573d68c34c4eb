//! The running node: its configuration, its data folder, its keys and links, the loop that does what the sync engine
//! decides, and the application that the command line and the pages speak to.
//!
//! It decides nothing about documents itself: rules live in `domain`, SQL in `store`, bytes in `wire`.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod admin;
pub mod api;
pub mod application;
mod clock;
pub mod config;
pub mod control;
pub mod data;
mod encounter;
pub mod engine;
pub mod error;
pub mod journal;
pub mod link;
pub mod metrics;
mod run;
pub mod secret;
pub mod tls;
pub mod vault;

pub use application::Application;
pub use config::Config;
pub use error::Error;
pub use run::{Node, Ready};
