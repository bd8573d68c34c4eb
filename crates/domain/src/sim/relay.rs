//! A byzantine relay: a hub whose engine sends what a hub sends, and whose wires then carry something else.
//!
//! It withholds frames, versions and their content, alters bytes, mixes the packs of versions, replays what it heard
//! before in this scope or another, signs for others with its own key or with theirs in name, says that it holds and
//! ends where it does not, sends keys and confirmations that are not so, and hands on what was shared with it alone.

use super::world::{At, World};
use crate::feed::Cursor;
use crate::identity::signing::Tag;
use crate::statement::{Life, SignedStatement, v1};
use crate::sync::Message;
use crate::sync::message::{Item, OpenAnswer, Versions};
use crate::{FeedId, ScopeId, Sum, VersionId};
use prost::Message as _;

impl World {
    /// A frame of a relay's engine, made into none, another or several.
    pub(super) fn tamper(&mut self, at: At, to: At, message: Message) -> Vec<Message> {
        if self.below(10) == 0 {
            return Vec::new();
        }
        if self.below(12) == 0 {
            return vec![message.clone(), message];
        }
        match message {
            Message::Rows(mut rows) => {
                self.spoil(at, rows.scope, &mut rows.items);
                match self.below(6) {
                    0 => rows.sum = Some(Sum::default()),
                    1 => rows.left = u64::MAX,
                    2 => rows.sum = None,
                    3 => rows.cursor.chain = [7; 32],
                    _ => {}
                }
                vec![Message::Rows(rows)]
            }
            Message::Versions(mut versions) => {
                self.spoil(at, versions.scope, &mut versions.items);
                if self.below(4) == 0 {
                    let absent = |item: &Item| SignedStatement::parse(&item.statement).ok();
                    let said: Vec<_> = versions.items.drain(..).filter_map(|item| absent(&item)).collect();
                    versions.absent.extend(said.iter().map(|s| s.statement().doc_id));
                    versions.absent_versions.extend(said.iter().map(SignedStatement::version_id));
                }
                vec![Message::Versions(versions)]
            }
            Message::Opened(mut opened) => {
                let place = self.below(opened.len());
                if let Some(one) = opened.get_mut(place) {
                    one.answer = self.lied(one.answer.clone());
                }
                vec![Message::Opened(opened)]
            }
            Message::Part { scope, doc_id, mut pack } => {
                self.flip(&mut pack);
                vec![Message::Part { scope, doc_id, pack }]
            }
            Message::Reconcile { scope, from_initiator, mut frame } => {
                self.flip(&mut frame);
                vec![Message::Reconcile { scope, from_initiator, frame }]
            }
            Message::Stored { scope, seq } => vec![Message::Stored { scope, seq: seq.saturating_add(3) }],
            Message::Keys(mut bytes) => {
                if self.below(2) == 0 {
                    self.flip(&mut bytes);
                } else {
                    let other = self.below(self.keys.len());
                    bytes = self.keys[other].bytes();
                }
                vec![Message::Keys(bytes)]
            }
            small @ (Message::Head(_) | Message::Confirmation(_) | Message::DataKey(_) | Message::Payloads(_)) => {
                vec![self.flipped(small)]
            }
            message @ (Message::FetchPayloads(_)
            | Message::Open(_)
            | Message::Fetch { .. }
            | Message::FetchVersions { .. }) => {
                self.leak(at, to);
                vec![message]
            }
        }
    }

    /// With another byte than was sent; a scope head at times as it was.
    fn flipped(&mut self, mut message: Message) -> Message {
        match &mut message {
            Message::Head(bytes) if self.below(2) == 0 => self.flip(bytes),
            Message::Confirmation(bytes) | Message::DataKey(bytes) => self.flip(bytes),
            Message::Payloads(payloads) => payloads.blobs.iter_mut().for_each(|blob| self.flip(blob)),
            _ => {}
        }
        message
    }

    /// Hands on what was shared with it alone, or in another scope than it came in, or something it heard long ago.
    pub(super) fn leak(&mut self, at: At, to: At) {
        let mut leaked = Vec::new();
        for _ in 0..3 {
            leaked.extend(self.remembered(at));
        }
        let Some((first, _)) = leaked.first() else { return };
        let scope = *first;
        let mut items: Vec<_> = leaked.into_iter().map(|(_, item)| item).collect();
        self.spoil(at, scope, &mut items);
        self.trace.push(format!("{at} leaks {} versions to {to}", items.len()));
        self.post(at, to, Message::Versions(of(scope, items)));
    }

    fn spoil(&mut self, at: At, scope: ScopeId, items: &mut Vec<Item>) {
        let place = self.below(items.len());
        let remembered = self.remembered(at);
        if items.is_empty() {
            return;
        }
        match self.below(10) {
            0 => drop(items.remove(place)),
            1 => items[place].pack.clear(),
            2 => self.flip(&mut items[place].statement),
            3 => self.flip(&mut items[place].pack),
            4 => {
                if let Some((_, other)) = remembered {
                    items[place].pack = other.pack;
                }
            }
            5 => {
                let other = (place + 1) % items.len();
                let pack = std::mem::take(&mut items[place].pack);
                items[place].pack = std::mem::replace(&mut items[other].pack, pack);
            }
            6 => items.extend(self.signed_for(at, &items[place])),
            7 | 8 => items.extend(remembered.filter(|(s, _)| *s == scope).map(|(_, item)| item)),
            _ => items.extend(remembered.map(|(_, item)| item)),
        }
    }

    /// Another's statement that says more, with a signature of this node's or the old one.
    fn signed_for(&mut self, at: At, item: &Item) -> Option<Item> {
        let signed = SignedStatement::parse(&item.statement).ok()?;
        let mut said = signed.statement().clone();
        said.rev = said.rev.saturating_add(1);
        said.seen.insert(said.incarnation, said.rev);
        match self.below(3) {
            0 => said.life = Life::Withdrawn,
            1 => said.generation = said.generation.saturating_add(1),
            _ => said.signed_at = self.now(),
        }
        let key_id = said.key_id;
        let own = SignedStatement::sign(said, &self.nodes[at].identity.author);
        if self.below(2) == 0 {
            return Some(Item { statement: own.bytes().to_vec(), pack: item.pack.clone() });
        }
        // The same with the name of the key that should have signed.
        let mut payload = v1::Statement::decode(v1::Signed::decode(own.bytes()).ok()?.payload.as_slice()).ok()?;
        payload.key_id = key_id.as_bytes().to_vec();
        let payload = payload.encode_to_vec();
        let signature = match self.below(2) {
            0 => self.nodes[at].identity.author.sign(Tag::STATEMENT, &payload).to_vec(),
            _ => v1::Signed::decode(item.statement.as_slice()).ok()?.signature,
        };
        Some(Item { statement: v1::Signed { payload, signature }.encode_to_vec(), pack: item.pack.clone() })
    }

    fn lied(&mut self, answer: OpenAnswer) -> OpenAnswer {
        let (OpenAnswer::Follows { tail, sum } | OpenAnswer::CursorInvalid { tail, sum }) = answer else {
            return answer;
        };
        let mut other = sum;
        other.add(&VersionId::from_bytes([5; 32]));
        let elsewhere = Cursor { feed_id: FeedId::from_bytes([5; 16]), seq: tail.seq + 5, chain: [5; 32] };
        match self.below(5) {
            0 => OpenAnswer::Unknown,
            1 => OpenAnswer::Follows { tail, sum: other },
            2 => OpenAnswer::Follows { tail: elsewhere, sum },
            3 => OpenAnswer::CursorInvalid { tail: elsewhere, sum },
            _ => OpenAnswer::CursorInvalid { tail, sum: other },
        }
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let place = self.below(bytes.len());
        let bit = self.below(8);
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << bit;
        }
    }
}

fn of(scope: ScopeId, items: Vec<Item>) -> Versions {
    Versions { scope, items, absent: Vec::new(), absent_versions: Vec::new() }
}
