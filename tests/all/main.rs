//! The product, tried as its users try it.

mod store;
