//! `domain` writes signed objects with structs of its own. What it writes, the contract's types read and write again
//! byte for byte: a field that only one side knows, or knows by another number or type, would be lost on the way.

use crate::proto::object as proto;
use domain::document::Kind;
use domain::identity::signing::SecretKey;
use domain::statement::{Life, SignedStatement, Statement};
use domain::{ChangeHash, DocId, Incarnation, KeyId, OrgId, RecordId, ScopeId, Timestamp};
use prost::Message;

/// Reads bytes with a type of the contract and holds that it writes the same again.
fn reads<M: Message + Default>(bytes: &[u8]) -> M {
    let message = M::decode(bytes).unwrap();
    assert_eq!(message.encode_to_vec(), bytes);
    message
}

#[test]
fn a_statement() {
    let owner = OrgId::from_bytes([1; 32]);
    let doc_id = DocId::new(RecordId::from_bytes([2; 16]), Kind::LISTING, &owner);
    let incarnation = Incarnation::from_bytes([3; 8]);
    let statement = Statement {
        org_id: owner,
        doc_id,
        kind: Kind::LISTING,
        scope_id: ScopeId::from_bytes([4; 16]),
        generation: 5,
        key_id: KeyId::from_bytes([0; 16]),
        incarnation,
        rev: 6,
        seen: [(incarnation, 6), (Incarnation::from_bytes([7; 8]), 8)].into(),
        base: [(Incarnation::from_bytes([9; 8]), 10)].into(),
        heads: [ChangeHash::from_bytes([11; 32]), ChangeHash::from_bytes([12; 32])].into(),
        life: Life::Withdrawn,
        moved_to: Some((OrgId::from_bytes([13; 32]), DocId::from_bytes([14; 32]))),
        signed_at: Timestamp::from_ms(15),
    };
    let key = SecretKey::from_seed(&[16; 32]);
    let signed: proto::Signed = reads(SignedStatement::sign(statement, &key).bytes());
    let said: proto::Statement = reads(&signed.payload);
    assert_eq!((said.version, said.generation, said.rev, said.life, said.signed_at_ms), (1, 5, 6, 2, 15));
    assert_eq!((said.org_id, said.doc_id), (vec![1; 32], doc_id.as_bytes().to_vec()));
    assert_eq!((said.scope_id, said.key_id), (vec![4; 16], key.public().id().as_bytes().to_vec()));
    assert_eq!((said.seen.len(), said.base[0].rev, said.heads.len()), (2, 10, 2));
    assert_eq!(said.moved_to.unwrap().org_id, vec![13; 32]);
}
