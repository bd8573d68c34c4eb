//! Messages to frames.

use crate::proto::sync as proto;
use domain::feed::Cursor;
use domain::sync::Message;
use domain::sync::message::{Item, OpenAnswer, Opened, Opening, Want};
use domain::sync::sealed::KeyWanted;
use domain::{ScopeId, Sum};
use proto::frame::Body;

pub(super) fn body(message: Message) -> Body {
    match message {
        Message::Open(openings) => Body::Open(proto::Open { openings: openings.into_iter().map(opening).collect() }),
        Message::Opened(scopes) => Body::Opened(proto::Opened { scopes: scopes.into_iter().map(opened).collect() }),
        Message::Rows(rows) => Body::Rows(proto::Rows {
            scope_id: bytes(rows.scope),
            items: rows.items.into_iter().map(item).collect(),
            cursor: Some(cursor(rows.cursor)),
            sum: rows.sum.map(sum),
            left: rows.left,
        }),
        Message::Stored { scope, seq } => Body::Stored(proto::Stored { scope_id: bytes(scope), seq }),
        Message::Versions(versions) => Body::Versions(proto::Versions {
            scope_id: bytes(versions.scope),
            items: versions.items.into_iter().map(item).collect(),
            absent: versions.absent.iter().map(|id| id.as_bytes().to_vec()).collect(),
            absent_versions: versions.absent_versions.iter().map(|id| id.as_bytes().to_vec()).collect(),
        }),
        Message::Fetch { scope, wants } => {
            Body::Fetch(proto::Fetch { scope_id: bytes(scope), wants: wants.into_iter().map(want).collect() })
        }
        Message::FetchVersions { scope, version_ids } => Body::FetchVersions(proto::FetchVersions {
            scope_id: bytes(scope),
            version_ids: version_ids.iter().map(|id| id.as_bytes().to_vec()).collect(),
        }),
        Message::Part { scope, doc_id, pack } => {
            Body::Part(proto::Part { scope_id: bytes(scope), doc_id: doc_id.as_bytes().to_vec(), pack })
        }
        Message::Reconcile { scope, from_initiator, frame } => {
            Body::Reconcile(proto::Reconcile { scope_id: bytes(scope), from_initiator, frame })
        }
        Message::Keys(keys) => Body::Keys(proto::Keys { keys }),
        Message::Head(scope_head) => Body::ScopeHead(proto::ScopeHead { scope_head }),
        Message::FetchPayloads(asked) => Body::FetchPayloads(proto::FetchPayloads {
            referral: asked.parties.referral.as_bytes().to_vec(),
            sender_org_id: asked.parties.sender.as_bytes().to_vec(),
            receiver_org_id: asked.parties.receiver.as_bytes().to_vec(),
            payload_hashes: asked.wants.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
            wants_key: asked.key == KeyWanted::Yes,
        }),
        Message::Payloads(said) => Body::Payloads(proto::Payloads {
            request: said.request.as_bytes().to_vec(),
            payloads: said.blobs,
            absent: said.absent.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
        }),
        Message::DataKey(wrapped_key) => Body::DataKey(proto::DataKey { wrapped_key }),
        Message::Confirmation(confirmation) => Body::Confirmation(proto::Confirmation { confirmation }),
    }
}

fn opening(o: Opening) -> proto::Opening {
    proto::Opening {
        scope_id: bytes(o.scope),
        cursor: o.cursor.map(cursor),
        sum: Some(sum(o.sum)),
        keys_hash: o.keys.to_vec(),
        head: o.head,
    }
}

fn opened(o: Opened) -> proto::OpenedScope {
    use proto::opened_scope::Answer;
    let position = |tail, held| proto::Position { tail: Some(cursor(tail)), sum: Some(sum(held)) };
    let answer = match o.answer {
        OpenAnswer::Follows { tail, sum } => Answer::Follows(position(tail, sum)),
        OpenAnswer::CursorInvalid { tail, sum } => Answer::CursorInvalid(position(tail, sum)),
        OpenAnswer::Unknown => Answer::Unknown(proto::Unknown {}),
        OpenAnswer::InStep => Answer::InStep(proto::InStep {}),
    };
    proto::OpenedScope { scope_id: bytes(o.scope), answer: Some(answer) }
}

fn item(item: Item) -> proto::Item {
    proto::Item { statement: item.statement, pack: item.pack }
}

fn want(want: Want) -> proto::Want {
    proto::Want {
        doc_id: want.doc_id.as_bytes().to_vec(),
        have: want.have.iter().map(|head| head.as_bytes().to_vec()).collect(),
    }
}

fn cursor(c: Cursor) -> proto::Cursor {
    proto::Cursor { feed_id: c.feed_id.as_bytes().to_vec(), seq: c.seq, chain: c.chain.to_vec() }
}

fn sum(sum: Sum) -> proto::Sum {
    proto::Sum { count: sum.count(), sum: sum.as_bytes().to_vec() }
}

fn bytes(scope: ScopeId) -> Vec<u8> {
    scope.as_bytes().to_vec()
}
