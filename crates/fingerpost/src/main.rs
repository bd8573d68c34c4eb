//! fingerpost
fn main() {}
