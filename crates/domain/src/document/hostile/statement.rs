//! Statements that are signed and say what may not be said, or are not signed by who they say.

use super::{Case, Ground, Input, Stop};
use crate::document::Kind;
use crate::identity::signing::{SecretKey, Tag};
use crate::statement::v1;
use crate::{DocId, OrgId, RecordId, ScopeId, limits};
use prost::Message;

pub(super) fn cases(ground: &Ground, doc_id: DocId, key: &SecretKey, scope: ScopeId) -> Vec<Case> {
    let honest = honest(ground, doc_id, key, scope);
    let mut cases = shapes(&honest, key);
    cases.extend(fields(&honest, key));
    cases.extend(bindings(ground, &honest, key));
    cases
}

/// What the owner would sign.
fn honest(ground: &Ground, doc_id: DocId, key: &SecretKey, scope: ScopeId) -> v1::Statement {
    v1::Statement {
        version: 1,
        org_id: ground.owner.as_bytes().to_vec(),
        doc_id: doc_id.as_bytes().to_vec(),
        kind: Kind::LISTING.number(),
        scope_id: scope.as_bytes().to_vec(),
        generation: 1,
        key_id: key.public().id().as_bytes().to_vec(),
        incarnation: vec![1; 8],
        rev: 3,
        seen: vec![seen(1, 3), seen(2, 5)],
        base: Vec::new(),
        heads: ground.heads.iter().map(|h| h.to_vec()).collect(),
        life: 1,
        moved_to: None,
        signed_at_ms: 1_800_000_000_000,
        base_changes: Vec::new(),
    }
}

fn seen(incarnation: u8, rev: u64) -> v1::SeenEntry {
    v1::SeenEntry { incarnation: vec![incarnation; 8], rev }
}

fn case(name: &str, bytes: Vec<u8>) -> Case {
    Case { name: format!("a statement {name}"), stop: Stop::Statement, input: Input::Statement(bytes) }
}

fn signed(payload: Vec<u8>, key: &SecretKey) -> v1::Signed {
    let signature = key.sign(Tag::STATEMENT, &payload).to_vec();
    v1::Signed { payload, signature }
}

/// Bytes that are not the one form a statement has.
fn shapes(honest: &v1::Statement, key: &SecretKey) -> Vec<Case> {
    let payload = honest.encode_to_vec();
    let of = |payload: Vec<u8>| signed(payload, key).encode_to_vec();
    let whole = of(payload.clone());
    let edited = |edit: fn(&mut v1::Signed)| {
        let mut signed = signed(payload.clone(), key);
        edit(&mut signed);
        signed.encode_to_vec()
    };
    let (first, rest) = payload.split_at(2);
    let stranger = SecretKey::from_seed(&[0xee; 32]);
    vec![
        case("of no bytes", Vec::new()),
        case("of other bytes", vec![0xff; 40]),
        case("cut short", whole[..whole.len() - 1].to_vec()),
        case("with a byte behind it", [whole.clone(), vec![0]].concat()),
        case("with an unknown field around it", [whole.clone(), vec![0x18, 1]].concat()),
        case("with its signature first", {
            let signed = signed(payload.clone(), key);
            let half = v1::Signed { payload: Vec::new(), signature: signed.signature };
            let other = v1::Signed { payload: signed.payload, signature: Vec::new() };
            [half.encode_to_vec(), other.encode_to_vec()].concat()
        }),
        case("without a signature", edited(|s| s.signature.clear())),
        case("with a signature of 63 bytes", edited(|s| s.signature.truncate(63))),
        case("with a flipped signature", edited(|s| s.signature[7] ^= 1)),
        case("changed after it was signed", edited(|s| *s.payload.last_mut().unwrap() ^= 1)),
        case("signed by somebody else", signed(payload.clone(), &stranger).encode_to_vec()),
        case("signed for another purpose", {
            let signature = key.sign(Tag::CERTIFICATE, &payload).to_vec();
            v1::Signed { payload: payload.clone(), signature }.encode_to_vec()
        }),
        case("with an unknown field", of([payload.clone(), vec![0x80, 0x7d, 1]].concat())),
        case("with its fields out of order", of([rest, first].concat())),
        case("with a field twice", of([first, first, rest].concat())),
        case("with an overlong number", of([&[first[0], 0x81, 0], rest].concat())),
        case("with a default written out", of([payload.clone(), vec![0x72, 0]].concat())),
        case("of over 8 KiB", of(vec![0; limits::STATEMENT_BYTES])),
    ]
}

/// Fields with values that they may not have.
fn fields(honest: &v1::Statement, key: &SecretKey) -> Vec<Case> {
    let with = |name: &str, edit: &dyn Fn(&mut v1::Statement)| {
        let mut statement = honest.clone();
        edit(&mut statement);
        case(name, signed(statement.encode_to_vec(), key).encode_to_vec())
    };
    let many = |n: u8| (1..=n).map(|i| seen(i, 3)).collect::<Vec<_>>();
    vec![
        with("of version 0", &|s| s.version = 0),
        with("of an unknown version", &|s| s.version = 2),
        with("of generation 0", &|s| s.generation = 0),
        with("of rev 0", &|s| {
            s.rev = 0;
            s.seen = vec![seen(1, 0)];
        }),
        with("that has not seen itself", &|s| s.seen = vec![seen(2, 5)]),
        with("that has seen another rev of itself", &|s| s.rev = 4),
        with("that has seen rev 0", &|s| s.seen = vec![seen(1, 3), seen(2, 0)]),
        with("that has seen 33 incarnations", &|s| s.seen = many(33)),
        with("with a base of 129 incarnations", &|s| s.base = many(129)),
        with("with a base of the changes of 129 incarnations", &|s| s.base_changes = many(129)),
        with("that has seen out of order", &|s| s.seen.reverse()),
        with("that has seen an incarnation twice", &|s| s.seen = vec![seen(1, 3), seen(1, 3)]),
        with("that has seen an incarnation of 7 bytes", &|s| s.seen[1].incarnation = vec![2; 7]),
        with("with 33 heads", &|s| s.heads = (0..33).map(|i| vec![i; 32]).collect()),
        with("with a head twice", &|s| s.heads = vec![vec![1; 32], vec![1; 32]]),
        with("with heads out of order", &|s| s.heads = vec![vec![2; 32], vec![1; 32]]),
        with("with a head of 31 bytes", &|s| s.heads = vec![vec![1; 31]]),
        with("that lives without heads", &|s| s.heads.clear()),
        with("that is erased and has heads", &|s| s.life = 3),
        with("of life 0", &|s| s.life = 0),
        with("of life 4", &|s| s.life = 4),
        with("with an incarnation of 9 bytes", &|s| s.incarnation = vec![1; 9]),
        with("with a key id of 15 bytes", &|s| s.key_id.truncate(15)),
        with("with a scope of 17 bytes", &|s| s.scope_id.push(0)),
        with("that moved to half a place", &|s| {
            s.moved_to = Some(v1::MovedTo { org_id: vec![1; 32], doc_id: Vec::new() });
        }),
    ]
}

/// Documents that are not what the statement says they are.
fn bindings(ground: &Ground, honest: &v1::Statement, key: &SecretKey) -> Vec<Case> {
    let of = |name: &str, doc_id: DocId| {
        let statement = v1::Statement { doc_id: doc_id.as_bytes().to_vec(), ..honest.clone() };
        case(name, signed(statement.encode_to_vec(), key).encode_to_vec())
    };
    let record = RecordId::from_bytes([4; 16]);
    vec![
        of("on another organisation's document", DocId::new(record, Kind::LISTING, &OrgId::from_bytes([0xee; 32]))),
        of("on a document of another kind", DocId::new(record, Kind::VENUE, &ground.owner)),
        of("on a document that commits to nothing", DocId::from_bytes([5; 32])),
        case("by another organisation on this document", {
            let statement = v1::Statement { org_id: vec![0xee; 32], ..honest.clone() };
            signed(statement.encode_to_vec(), key).encode_to_vec()
        }),
    ]
}
