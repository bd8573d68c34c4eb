//! The contract of `store`: every public method, on both databases, through one `check`.

mod boot;
mod commit;
mod damage;
mod database;
mod departure;
mod fixture;
mod head;
mod import;
mod load;
mod log;
mod model;
mod opening;
mod reader;
mod referral;
mod token;
mod writers;
