//! Messages on the wire.

use crate::frame::{self, Body, COMPRESSED_FROM_BYTES};
use crate::proto::sync as proto;
use domain::feed::Cursor;
use domain::referral::Parties;
use domain::sync::Message;
use domain::sync::message::{Item, OpenAnswer, Opened, Opening, Rows, Versions, Want};
use domain::sync::sealed::{FetchPayloads, KeyWanted, Payloads};
use domain::{
    BlobHash, ChangeHash, DocId, FeedId, OrgId, RecordId, Refusal, RefusalKind, ScopeId, Sum, VersionId, limits,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;

fn scope() -> impl Strategy<Value = ScopeId> {
    any::<[u8; 16]>().prop_map(ScopeId::from_bytes)
}

fn doc_id() -> impl Strategy<Value = DocId> {
    any::<[u8; 32]>().prop_map(DocId::from_bytes)
}

fn version_id() -> impl Strategy<Value = VersionId> {
    any::<[u8; 32]>().prop_map(VersionId::from_bytes)
}

fn cursor() -> impl Strategy<Value = Cursor> {
    (any::<[u8; 16]>(), any::<u64>(), any::<[u8; 32]>()).prop_map(|(feed, seq, chain)| Cursor {
        feed_id: FeedId::from_bytes(feed),
        seq,
        chain,
    })
}

fn sum() -> impl Strategy<Value = Sum> {
    (any::<u64>(), any::<[u8; 32]>()).prop_map(|(count, sum)| Sum::from_parts(count, sum))
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    vec((bytes(300), bytes(3_000)).prop_map(|(statement, pack)| Item { statement, pack }), 0..5)
}

fn opening() -> impl Strategy<Value = Opening> {
    let all = (scope(), option::of(cursor()), sum(), any::<[u8; 32]>(), any::<u64>());
    all.prop_map(|(scope, cursor, sum, keys, head)| Opening { scope, cursor, sum, keys, head })
}

fn opened() -> impl Strategy<Value = Opened> {
    let answer = prop_oneof![
        (cursor(), sum()).prop_map(|(tail, sum)| OpenAnswer::Follows { tail, sum }),
        (cursor(), sum()).prop_map(|(tail, sum)| OpenAnswer::CursorInvalid { tail, sum }),
        Just(OpenAnswer::Unknown),
        Just(OpenAnswer::InStep),
    ];
    (scope(), answer).prop_map(|(scope, answer)| Opened { scope, answer })
}

fn want() -> impl Strategy<Value = Want> {
    let head = any::<[u8; 32]>().prop_map(ChangeHash::from_bytes);
    (doc_id(), vec(head, 0..4)).prop_map(|(doc_id, have)| Want { doc_id, have })
}

fn versions() -> impl Strategy<Value = Versions> {
    (scope(), items(), vec(doc_id(), 0..4), vec(version_id(), 0..4))
        .prop_map(|(scope, items, absent, absent_versions)| Versions { scope, items, absent, absent_versions })
}

fn blob_hash() -> impl Strategy<Value = BlobHash> {
    any::<[u8; 32]>().prop_map(BlobHash::from_bytes)
}

fn parties() -> impl Strategy<Value = Parties> {
    (any::<[u8; 16]>(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(referral, sender, receiver)| Parties {
        referral: RecordId::from_bytes(referral),
        sender: OrgId::from_bytes(sender),
        receiver: OrgId::from_bytes(receiver),
    })
}

/// Every kind of message. A new kind fails to compile in `to_proto`; it belongs here too.
fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        vec(opening(), 0..5).prop_map(Message::Open),
        vec(opened(), 0..5).prop_map(Message::Opened),
        (scope(), items(), cursor(), option::of(sum()), any::<u64>())
            .prop_map(|(scope, items, cursor, sum, left)| Message::Rows(Rows { scope, items, cursor, sum, left })),
        (scope(), any::<u64>()).prop_map(|(scope, seq)| Message::Stored { scope, seq }),
        versions().prop_map(Message::Versions),
        (scope(), vec(want(), 0..5)).prop_map(|(scope, wants)| Message::Fetch { scope, wants }),
        (scope(), vec(version_id(), 0..5))
            .prop_map(|(scope, version_ids)| Message::FetchVersions { scope, version_ids }),
        (scope(), doc_id(), bytes(2_000)).prop_map(|(scope, doc_id, pack)| Message::Part { scope, doc_id, pack }),
        (scope(), any::<bool>(), bytes(2_000)).prop_map(|(scope, from_initiator, frame)| Message::Reconcile {
            scope,
            from_initiator,
            frame
        }),
        bytes(2_000).prop_map(Message::Keys),
        bytes(1_000).prop_map(Message::Head),
        bytes(1_000).prop_map(Message::Confirmation),
        (parties(), vec(blob_hash(), 0..8), any::<bool>()).prop_map(|(parties, wants, key)| {
            let key = if key { KeyWanted::Yes } else { KeyWanted::No };
            Message::FetchPayloads(FetchPayloads { parties, wants, key })
        }),
        (doc_id(), vec(bytes(2_000), 0..4), vec(blob_hash(), 0..4))
            .prop_map(|(request, blobs, absent)| { Message::Payloads(Payloads { request, blobs, absent }) }),
        bytes(1_000).prop_map(Message::DataKey),
    ]
}

proptest! {
    #[test]
    fn what_is_sent_arrives(message in message()) {
        let body = frame::encode(message.clone()).unwrap();
        let request = proto::SyncRequest::from(body.clone());
        let sent = proto::SyncRequest::decode(request.encode_to_vec().as_slice()).unwrap();
        prop_assert_eq!(frame::decode(sent.try_into().unwrap()).unwrap(), Some(message.clone()));
        let response = proto::SyncResponse::from(body);
        prop_assert_eq!(frame::decode(response.try_into().unwrap()).unwrap(), Some(message));
    }

    #[test]
    fn what_is_damaged_is_refused_or_read_but_never_panics(
        message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let damage = |bytes: &mut Vec<u8>| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
        };
        let mut body = frame::encode(message).unwrap();
        let (Body::Plain(bytes) | Body::Zstd(bytes)) = &mut body;
        damage(bytes);
        if let Err(refusal) = frame::decode(body) {
            prop_assert!(matches!(refusal.kind, RefusalKind::Malformed | RefusalKind::TooLarge));
        }
    }

    #[test]
    fn what_is_made_up_never_panics(bytes in vec(any::<u8>(), 0..200)) {
        let _ = frame::decode(Body::Plain(bytes.clone()));
        let _ = frame::decode(Body::Zstd(bytes));
    }
}

#[test]
fn small_frames_travel_as_they_are_and_large_ones_compressed() {
    let keys = |n| frame::encode(Message::Keys(vec![7; n])).unwrap();
    assert!(matches!(keys(100), Body::Plain(_)));
    let Body::Zstd(bytes) = keys(COMPRESSED_FROM_BYTES) else { panic!("not compressed") };
    assert!(bytes.len() < 100);
}

#[test]
fn a_frame_past_its_limit_is_not_sent() {
    let part = Message::Part {
        scope: ScopeId::from_bytes([1; 16]),
        doc_id: DocId::from_bytes([2; 32]),
        pack: vec![0; limits::FRAME_BYTES],
    };
    assert_eq!(frame::encode(part).unwrap_err().kind, RefusalKind::TooLarge);
}

fn check(body: Body, expected: &str) {
    let Refusal { message, .. } = frame::decode(body).unwrap_err();
    assert_eq!(message, expected);
}

/// A field of a body: its number, then its content as a length-delimited field.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_varint(u64::from(number) << 3 | 2, &mut out);
    prost::encode_length_delimiter(content.len(), &mut out).unwrap();
    out.extend_from_slice(content);
    out
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    let bomb = zstd::bulk::compress(&vec![0; 1 << 26], 3).unwrap();
    check(Body::Zstd(bomb), "a compressed frame is damaged or inflates past 524288 bytes");
    check(Body::Plain(vec![0; limits::FRAME_BYTES + 1]), "a frame of 524289 bytes, and the limit is 524288");
}

#[test]
fn more_entries_than_a_frame_may_hold_are_refused_before_they_are_made() {
    let many = |body: u8, of: u8| Body::Plain(field(body, &[of << 3 | 2, 0].repeat(100_000)));
    check(many(1, 1), "a frame with over 4096 openings");
    check(many(2, 1), "a frame with over 4096 answers");
    check(many(3, 2), "a frame with over 1024 versions");
    check(many(3, 3), "a frame with over 1 of a field that stands once");
    check(many(5, 2), "a frame with over 1024 versions");
    check(many(5, 3), "a frame with over 1000 absent documents");
    check(many(5, 4), "a frame with over 1000 absent versions");
    check(many(6, 2), "a frame with over 1000 wanted documents");
    check(many(7, 2), "a frame with over 1000 wanted versions");
    check(many(14, 4), "a frame with over 8 payloads that were asked for");
    check(many(15, 2), "a frame with over 8 payloads");
    check(many(15, 3), "a frame with over 8 payloads that were asked for");
    let heads = field(2, &[]).repeat(limits::WANT_HEADS + 1);
    let fetch = [field(1, &[1; 16]), field(2, &heads)].concat();
    check(Body::Plain(field(6, &fetch)), "a frame with over 256 heads of one document");
}

#[test]
fn frames_that_break_the_rules_are_refused_in_words() {
    check(Body::Plain(vec![]), "a frame holds no body");
    check(Body::Zstd(vec![]), "a frame holds no body");
    check(Body::Plain(field(17, &[])), "a frame of a kind this version does not know");
    check(Body::Plain([field(10, b"k"), field(10, b"k")].concat()), "a frame holds more than one body");
    check(Body::Plain(vec![8, 1]), "a frame holds no body");
    check(Body::Plain(vec![0xff; 20]), "a frame is cut short or does not parse");
    let stored = field(4, &field(1, &[1; 16]));
    check(Body::Plain(stored[..5].to_vec()), "a frame is cut short or does not parse");
    check(Body::Plain(field(4, &field(1, &[1; 15]))), "a scope id has 15 bytes and should have 16");
    check(Body::Plain(field(3, &field(1, &[1; 16]))), "a frame lacks its cursor");
    check(
        Body::Plain(field(10, &field(1, &[0; limits::KEYS_BYTES + 1]))),
        "a keys object of 32769 bytes, and the limit is 32768",
    );
    check(
        Body::Plain(field(12, &field(1, &[0; limits::SCOPE_HEAD_BYTES + 1]))),
        "a scope head of 1025 bytes, and the limit is 1024",
    );
    let unanswered = field(2, &field(1, &field(1, &[1; 16])));
    check(Body::Plain(unanswered), "an opening got an answer this version does not know");
}

#[test]
fn what_later_versions_use_is_understood_and_passed_over() {
    let resend = proto::frame::Body::Resend(proto::Resend { since_ms: 100 });
    let frame = proto::Frame { body: Some(resend) }.encode_to_vec();
    assert_eq!(frame::decode(Body::Plain(frame)).unwrap(), None);
    let newer_field = [field(1, &[1; 16]), vec![0x10, 5], field(15, b"of a later version")].concat();
    assert_eq!(
        frame::decode(Body::Plain(field(4, &newer_field))).unwrap(),
        Some(Message::Stored { scope: ScopeId::from_bytes([1; 16]), seq: 5 })
    );
}
