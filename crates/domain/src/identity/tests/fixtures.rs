//! The bytes of every signed object, made from fixed seeds. They are on disks and on the wire: a difference here breaks
//! every node in the field.

use super::*;
use crate::document::Kind;
use crate::identity::introduce::{PairRole, PairSession, prove};
use crate::statement::{Life, SignedStatement, Statement};
use crate::{ChangeHash, DocId, Incarnation, KeyId, RecordId, ScopeId, Timestamp};

fn check(name: &str, bytes: &[u8]) {
    let hex = data_encoding::HEXLOWER.encode(bytes);
    let lines: Vec<_> = hex.as_bytes().chunks(96).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../fixtures");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

#[test]
fn the_bytes_of_every_signed_object_stay_as_they_are() {
    check("certificate", root(b'a').certify(certificate(b'a', 1)).bytes());
    check("keys_object", &keys(b'a', 1).bytes());
    check("addresses", said::addresses(b'a', 1).bytes());
    check("confirmation", said::confirmation().bytes());
    check("scope_head", said::scope_head().bytes());
    check("roster_entry", said::roster_entry().bytes());
    check("statement", statement().bytes());
    check("introduce", &pairing::introduce(b'b', PairRole::Joiner).encode());
    check("invitation", pairing::invitation().code().as_bytes());
}

#[test]
fn the_bytes_of_every_proof_stay_as_they_are() {
    check("hello_transcript", &said::hello().encode());
    check("hello_signature", &said::hello().sign(&author(b'a', 1)));
    let session = PairSession { exporter: [8; 32], inviter: org(b'a'), joiner: org(b'b') };
    let bytes = pairing::introduce(b'b', PairRole::Joiner).encode();
    let key = pairing::invitation().secret.key();
    let proof = prove(&bytes, PairRole::Joiner, &session, &author(b'b', 1), &key);
    check("pair_signature", &proof.signature);
    check("pair_mac", &proof.mac);
}

fn statement() -> SignedStatement {
    let owner = org(b'a');
    let incarnation = Incarnation::from_bytes([6; 8]);
    let content = Statement {
        org_id: owner,
        doc_id: DocId::new(RecordId::from_bytes([2; 16]), Kind::from_number(1), &owner),
        kind: Kind::from_number(1),
        scope_id: ScopeId::from_bytes([9; 16]),
        generation: 2,
        key_id: KeyId::from_bytes([0; 16]),
        incarnation,
        rev: 3,
        seen: [(Incarnation::from_bytes([5; 8]), 1), (incarnation, 3)].into(),
        base: [(Incarnation::from_bytes([5; 8]), 4)].into(),
        base_changes: [(Incarnation::from_bytes([5; 8]), 7)].into(),
        heads: [ChangeHash::from_bytes([1; 32]), ChangeHash::from_bytes([2; 32])].into(),
        life: Life::Withdrawn,
        moved_to: Some((org(b'b'), DocId::new(RecordId::from_bytes([2; 16]), Kind::from_number(1), &org(b'b')))),
        signed_at: Timestamp::from_ms(1_700_000_000_000),
    };
    SignedStatement::sign(content, &author(b'a', 1))
}
