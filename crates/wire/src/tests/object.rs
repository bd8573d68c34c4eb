//! `domain` writes signed objects with structs of its own. What it writes, the contract's types read and write again
//! byte for byte: a field that only one side knows, or knows by another number or type, would be lost on the way.
//!
//! The bytes are the fixtures that `domain` holds itself to.

use crate::proto::object as proto;
use prost::Message;
use std::path::Path;

/// The bytes of a fixture of `domain`.
fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/identity/fixtures");
    let text = std::fs::read_to_string(folder.join(name).with_extension("snap")).unwrap();
    let hex = text.rsplit("---\n").next().unwrap().split_whitespace().collect::<String>();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Reads bytes with a type of the contract, and holds that it writes the same again and leaves no field unset.
fn read<M: Message + Default>(bytes: &[u8]) -> M {
    let message = M::decode(bytes).unwrap();
    assert_eq!(message.encode_to_vec(), bytes);
    message
}

fn signed<M: Message + Default>(name: &str) -> M {
    let signed: proto::Signed = read(&fixture(name));
    assert_eq!(signed.signature.len(), 64);
    read(&signed.payload)
}

#[test]
fn a_statement() {
    let s: proto::Statement = signed("statement");
    assert_eq!((s.version, s.kind, s.generation, s.rev, s.life), (1, 1, 2, 3, 2));
    assert_eq!((s.org_id.len(), s.doc_id.len(), s.key_id.len()), (32, 32, 16));
    assert_eq!((s.scope_id, s.incarnation), (vec![9; 16], vec![6; 8]));
    assert_eq!((s.seen.len(), s.base[0].rev, s.heads), (2, 4, vec![vec![1; 32], vec![2; 32]]));
    assert_eq!((s.moved_to.unwrap().org_id.len(), s.signed_at_ms), (32, 1_700_000_000_000));
    assert_eq!(s.base_changes[0].rev, 7);
}

#[test]
fn keys() {
    let certificate: proto::NodeCertificate = signed("certificate");
    assert_eq!((certificate.version, certificate.org_id.len(), certificate.node_id.len()), (1, 32, 16));
    assert_eq!((certificate.tls_key.len(), certificate.author_key.len(), certificate.sealing_suite), (32, 32, 1));
    assert_eq!(certificate.sealing_key.len(), 1216);
    let keys: proto::KeysObject = read(&fixture("keys_object"));
    assert_eq!((keys.version, keys.root_key.len(), keys.certificates.len()), (1, 32, 1));
    let inside: proto::NodeCertificate = read(&keys.certificates[0].payload);
    assert_eq!(inside.org_id, certificate.org_id);
}

#[test]
fn what_is_said_of_nodes_and_organisations() {
    let addresses: proto::Addresses = signed("addresses");
    assert!(addresses.version == 1 && addresses.addresses.iter().all(|a| a.contains(':')), "{addresses:?}");
    let confirmation: proto::Confirmation = signed("confirmation");
    assert_eq!((confirmation.org_id.len(), confirmation.partner_org_id.len()), (32, 32));
    assert!(confirmation.confirmed_at_ms > 0);
    let head: proto::ScopeHead = signed("scope_head");
    assert_eq!((head.org_id.len(), head.node_id.len(), head.scope_id.len(), head.sum.len()), (32, 16, 16, 32));
    assert!(head.n > 0 && head.count > 0 && head.as_of_ms > 0);
    let entry: proto::RosterEntry = signed("roster_entry");
    assert_eq!((entry.hub_org_id.len(), entry.org_id.len(), entry.root_key.len(), entry.state), (32, 32, 32, 1));
    assert!(!entry.name.is_empty() && entry.since_ms > 0);
}

#[test]
fn pairing() {
    let introduce: proto::Introduce = read(&fixture("introduce"));
    assert_eq!((introduce.version, introduce.invitation_id.len(), introduce.role), (1, 16, 2));
    let _: proto::KeysObject = read(&introduce.keys);
    assert!(!introduce.name.is_empty() && introduce.node_id.len() == 16);
    let hello: proto::HelloTranscript = read(&fixture("hello_transcript"));
    assert_eq!((hello.exporter.len(), hello.own_org_id.len(), hello.other_node_id.len()), (32, 32, 16));
    assert!(hello.own_serial > 0 && hello.other_serial > 0 && hello.protocol_version == 1);
}

#[test]
fn an_invitation() {
    let code = String::from_utf8(fixture("invitation")).unwrap();
    let bytes = data_encoding::BASE32_NOPAD
        .decode(code.strip_prefix("fingerpost:").unwrap().to_uppercase().as_bytes())
        .unwrap();
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let invitation: proto::Invitation = read(&bytes[2..2 + length]);
    assert_eq!((invitation.version, invitation.org_id.len(), invitation.secret.len()), (1, 32, 16));
    assert!(invitation.expires_at_ms > 0 && (1..=3).contains(&invitation.role));
}
