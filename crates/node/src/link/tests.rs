//! Nodes on loopback, each with its own port, database and keys. The engine is the test: it reads the events.

mod links;
mod pairings;
mod world;
