//! Pathways that come with Fingerpost, under the names of their forms ([`form::shipped`](crate::form::shipped)). Every organisation in
//! them is made up. They lead to no listing until they are loaded for one.

/// A pathway that comes with the software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is known by at the command line.
    pub name: &'static str,
    /// Its file, as YAML.
    pub yaml: &'static str,
}

/// All of them.
pub const SHIPPED: [Shipped; 4] = [
    Shipped { name: "arts-group", yaml: include_str!("shipped/arts-group.yaml") },
    Shipped { name: "training-centre", yaml: include_str!("shipped/training-centre.yaml") },
    Shipped { name: "refer-back", yaml: include_str!("shipped/refer-back.yaml") },
    Shipped { name: "bridge-note", yaml: include_str!("shipped/bridge-note.yaml") },
];
