//! The product, tried as its users try it; and the rules of this repository.

mod store;
mod tidy;
