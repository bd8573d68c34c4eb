//! Who is who: roots, nodes, their keys and certificates, and how two organisations come to know each other.

pub mod signing;
