//! The contract of `store`: every public method, on both databases, through one `check`.

mod commit;
mod database;
mod fixture;
