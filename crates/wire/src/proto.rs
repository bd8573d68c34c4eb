//! What `build.rs` made of `proto/`: messages, clients and servers, as generated. Comments are the contract's own.

#![allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]

/// The encoded `FileDescriptorSet` of the whole contract, with comments: for the golden rendering.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// The same of `admin` alone: what reflection tells.
pub const ADMIN_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/admin.bin"));

/// An organisation's own software speaks this to its node.
pub mod admin {
    tonic::include_proto!("fingerpost.admin.v1");
}

/// Signed objects. `domain` writes and reads them itself; these exist so that a test proves both agree.
pub mod object {
    tonic::include_proto!("fingerpost.object.v1");
}

/// How two organisations come to know each other.
pub mod pairing {
    tonic::include_proto!("fingerpost.pairing.v1");
}

/// Links between nodes.
pub mod sync {
    tonic::include_proto!("fingerpost.sync.v1");
}
