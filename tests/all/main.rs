//! The product, tried as its users try it; and the rules of this repository.

mod admin;
mod command_line;
mod fhir;
mod hostile;
mod journey;
mod node;
mod store;
mod tidy;
