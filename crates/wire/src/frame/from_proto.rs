//! Frames to messages: every length checked by the type it becomes, every count by a limit.

use crate::proto::sync as proto;
use domain::feed::Cursor;
use domain::referral::Parties;
use domain::sync::Message;
use domain::sync::message::{Item, OpenAnswer, Opened, Opening, Rows, Versions, Want};
use domain::sync::sealed::{FetchPayloads, KeyWanted, Payloads};
use domain::{BlobHash, ChangeHash, DocId, FeedId, OrgId, RecordId, Refusal, ScopeId, Sum, VersionId, limits};
use proto::frame::Body;

/// `None` for what this version understands and has no use for.
pub(super) fn message(body: Body) -> Result<Option<Message>, Refusal> {
    Ok(Some(match body {
        Body::Open(open) => Message::Open(each(open.openings, opening)?),
        Body::Opened(opened) => Message::Opened(each(opened.scopes, opened_scope)?),
        Body::Rows(rows) => Message::Rows(Rows {
            scope: scope(&rows.scope_id)?,
            items: each(rows.items, item)?,
            cursor: required_cursor(rows.cursor)?,
            sum: rows.sum.map(sum).transpose()?,
            left: rows.left,
        }),
        Body::Stored(stored) => Message::Stored { scope: scope(&stored.scope_id)?, seq: stored.seq },
        Body::Versions(versions) => Message::Versions(Versions {
            scope: scope(&versions.scope_id)?,
            items: each(versions.items, item)?,
            absent: each(versions.absent, |id| DocId::try_from(id.as_slice()))?,
            absent_versions: each(versions.absent_versions, |id| VersionId::try_from(id.as_slice()))?,
        }),
        Body::Fetch(fetch) => Message::Fetch { scope: scope(&fetch.scope_id)?, wants: each(fetch.wants, want)? },
        Body::FetchVersions(fetch) => Message::FetchVersions {
            scope: scope(&fetch.scope_id)?,
            version_ids: each(fetch.version_ids, |id| VersionId::try_from(id.as_slice()))?,
        },
        Body::Part(part) => Message::Part {
            scope: scope(&part.scope_id)?,
            doc_id: DocId::try_from(part.doc_id.as_slice())?,
            pack: part.pack,
        },
        Body::Reconcile(reconcile) => Message::Reconcile {
            scope: scope(&reconcile.scope_id)?,
            from_initiator: reconcile.from_initiator,
            frame: at_most(reconcile.frame, limits::RECONCILE_FRAME_BYTES, "a reconciliation")?,
        },
        Body::Keys(keys) => Message::Keys(at_most(keys.keys, limits::KEYS_BYTES, "a keys object")?),
        Body::Confirmation(c) => {
            Message::Confirmation(at_most(c.confirmation, limits::CONFIRMATION_BYTES, "a confirmation")?)
        }
        Body::ScopeHead(h) => Message::Head(at_most(h.scope_head, limits::SCOPE_HEAD_BYTES, "a scope head")?),
        Body::FetchPayloads(asked) => Message::FetchPayloads(FetchPayloads {
            parties: Parties {
                referral: RecordId::try_from(asked.referral.as_slice())?,
                sender: OrgId::try_from(asked.sender_org_id.as_slice())?,
                receiver: OrgId::try_from(asked.receiver_org_id.as_slice())?,
            },
            wants: each(asked.payload_hashes, |hash| BlobHash::try_from(hash.as_slice()))?,
            key: if asked.wants_key { KeyWanted::Yes } else { KeyWanted::No },
        }),
        Body::Payloads(said) => Message::Payloads(Payloads {
            request: DocId::try_from(said.request.as_slice())?,
            blobs: said.payloads,
            absent: each(said.absent, |hash| BlobHash::try_from(hash.as_slice()))?,
        }),
        Body::DataKey(key) => Message::DataKey(at_most(key.wrapped_key, limits::WRAPPED_KEY_BYTES, "a wrapped key")?),
        Body::Resend(_) => return Ok(None),
    }))
}

fn opening(o: proto::Opening) -> Result<Opening, Refusal> {
    Ok(Opening {
        scope: scope(&o.scope_id)?,
        cursor: o.cursor.map(cursor).transpose()?,
        sum: required_sum(o.sum)?,
        keys: crate::exactly(&o.keys_hash, "a hash")?,
        head: o.head,
    })
}

fn opened_scope(o: proto::OpenedScope) -> Result<Opened, Refusal> {
    use proto::opened_scope::Answer;
    let answer = match o.answer {
        Some(Answer::Follows(p)) => OpenAnswer::Follows { tail: required_cursor(p.tail)?, sum: required_sum(p.sum)? },
        Some(Answer::CursorInvalid(p)) => {
            OpenAnswer::CursorInvalid { tail: required_cursor(p.tail)?, sum: required_sum(p.sum)? }
        }
        Some(Answer::Unknown(_)) => OpenAnswer::Unknown,
        Some(Answer::InStep(_)) => OpenAnswer::InStep,
        None => return Err(Refusal::malformed("an opening got an answer this version does not know")),
    };
    Ok(Opened { scope: scope(&o.scope_id)?, answer })
}

fn item(item: proto::Item) -> Result<Item, Refusal> {
    Ok(Item { statement: at_most(item.statement, limits::STATEMENT_BYTES, "a statement")?, pack: item.pack })
}

fn want(want: proto::Want) -> Result<Want, Refusal> {
    if want.have.len() > limits::WANT_HEADS {
        return Err(Refusal::too_large(format!("a frame with over {} heads of one document", limits::WANT_HEADS)));
    }
    Ok(Want {
        doc_id: DocId::try_from(want.doc_id.as_slice())?,
        have: each(want.have, |head| ChangeHash::try_from(head.as_slice()))?,
    })
}

fn required_cursor(c: Option<proto::Cursor>) -> Result<Cursor, Refusal> {
    cursor(c.ok_or_else(|| Refusal::malformed("a frame lacks its cursor"))?)
}

fn cursor(c: proto::Cursor) -> Result<Cursor, Refusal> {
    Ok(Cursor {
        feed_id: FeedId::try_from(c.feed_id.as_slice())?,
        seq: c.seq,
        chain: crate::exactly(&c.chain, "a feed chain")?,
    })
}

fn required_sum(s: Option<proto::Sum>) -> Result<Sum, Refusal> {
    sum(s.ok_or_else(|| Refusal::malformed("a frame lacks its sum"))?)
}

fn sum(s: proto::Sum) -> Result<Sum, Refusal> {
    Ok(Sum::from_parts(s.count, crate::exactly(&s.sum, "a sum")?))
}

fn scope(bytes: &[u8]) -> Result<ScopeId, Refusal> {
    ScopeId::try_from(bytes)
}

fn each<A, B>(from: Vec<A>, convert: impl Fn(A) -> Result<B, Refusal>) -> Result<Vec<B>, Refusal> {
    from.into_iter().map(convert).collect()
}

fn at_most(bytes: Vec<u8>, most: usize, what: &str) -> Result<Vec<u8>, Refusal> {
    if bytes.len() > most {
        return Err(Refusal::too_large(format!("{what} of {} bytes, and the limit is {most}", bytes.len())));
    }
    Ok(bytes)
}
