//! A byzantine author: an organisation whose node signs, with its real key, whatever it likes of its own documents.
//!
//! Two statements of equal `seen`, `seen` that is not true or as high as a number can be, dates at the ends of time,
//! documents that were withdrawn or erased and stand again, generations that jump, heads that never come or that no
//! change has, one number of one actor for two changes, changes of another document or another owner, changes whose
//! counters are near the ceiling, and statements in scopes of others.

use super::world::{At, World};
use crate::audience::Scope;
use crate::document::crdt::Content;
use crate::document::hostile::draft::Draft;
use crate::document::{Edit, Kind, StoredChange, pack};
use crate::statement::{Life, Seen, SignedStatement, Statement};
use crate::sync::message::{Item, Versions};
use crate::sync::{Input, Message};
use crate::{ActorId, ChangeHash, DocId, Incarnation, KeyId, OrgId, RecordId, Timestamp, limits};
use serde_json::json;
use std::collections::BTreeSet;

/// Lines of changes kept to go on from.
const LINES: usize = 24;

/// What an author has made so far.
#[derive(Debug, Default)]
pub(super) struct Author {
    lines: Vec<Line>,
}

/// A document at one head, with all that is behind it.
#[derive(Clone, Debug)]
struct Line {
    doc: DocId,
    content: Content,
    chunks: Vec<Vec<u8>>,
}

impl Line {
    fn head(&self) -> ChangeHash {
        self.content.heads()[0]
    }
}

impl World {
    /// An author makes something and sends it to a node that it is linked with.
    pub(super) fn forge(&mut self, at: At, to: At) {
        let (own, other) = (self.org(at), self.org(to));
        let scope = if self.below(4) == 0 { Scope::pair(own, other) } else { Scope::public(own) };
        let mut items = Vec::new();
        for _ in 0..=self.below(3) {
            items.extend(self.forged(at, scope));
        }
        if self.below(6) == 0 {
            // The same once more, and the other way round.
            let again: Vec<_> = items.iter().rev().cloned().collect();
            items.extend(again);
        }
        self.trace.push(format!("{at} forges {} versions for {to}", items.len()));
        let (scope, absent, absent_versions) = (scope.id(), Vec::new(), Vec::new());
        let frame = Message::Versions(Versions { scope, items, absent, absent_versions });
        if self.below(3) == 0 {
            // Its own engine takes it in and hands it to everybody.
            let node = self.nodes[to].identity.node;
            self.nodes[at].inbox.push_back(Input::Received { node, message: frame });
        } else {
            self.post(at, to, frame);
        }
    }

    fn forged(&mut self, at: At, scope: Scope) -> Vec<Item> {
        if self.below(4) == 0
            && let Some(twisted) = self.twisted(at)
        {
            return vec![twisted];
        }
        let line = self.line(at);
        let heads = BTreeSet::from([line.head()]);
        let said = self.statement(at, line.doc, scope, heads);
        let whole = packed(&line.chunks);
        match self.below(12) {
            0 => {
                // Two of equal `seen`.
                let other = self.line(at);
                let twin = Statement { heads: [other.head()].into(), doc_id: other.doc, ..said.clone() };
                vec![self.item(at, said, whole), self.item(at, twin, packed(&other.chunks))]
            }
            1 => {
                let never = ChangeHash::from_bytes([u8::try_from(self.below(200)).expect("small"); 32]);
                vec![self.item(at, Statement { heads: [never].into(), ..said }, whole)]
            }
            2 => vec![self.item(at, said, Vec::new())],
            3 => {
                // The changes of another document, and what they rest on left out.
                let other = self.line(at);
                let last = other.chunks.last().cloned().into_iter().collect::<Vec<_>>();
                let said = Statement { heads: [other.head()].into(), ..said };
                vec![self.item(at, said.clone(), packed(&other.chunks)), self.item(at, said, packed(&last))]
            }
            4 => {
                // What another owner wrote.
                let Some((_, foreign)) = self.remembered(at) else { return Vec::new() };
                vec![self.item(at, said, foreign.pack)]
            }
            5 | 6 => self.misnumbered(at, said, &line).into_iter().collect(),
            7 => {
                let all: Vec<Scope> = self.watch.scopes.values().copied().collect();
                let foreign = all[self.below(all.len())];
                vec![self.item(at, Statement { scope_id: foreign.id(), ..said }, whole)]
            }
            8 => {
                // Of another organisation, signed by its own key.
                let victim = self.below(self.nodes.len());
                let org = self.org(victim);
                let doc_id = DocId::new(line.doc.record(), Kind::LISTING, &org);
                vec![self.item(at, Statement { org_id: org, doc_id, ..said }, whole)]
            }
            _ => vec![self.item(at, said, whole)],
        }
    }

    /// A statement of what its engine signed, and says otherwise.
    fn twisted(&mut self, at: At) -> Option<Item> {
        let own = self.org(at);
        let held: Vec<_> =
            self.nodes[at].disk.statements.values().filter(|s| s.statement().org_id == own).cloned().collect();
        let said = held.get(self.below(held.len()))?.statement().clone();
        let changes = self.nodes[at].disk.changes.get(&said.doc_id).cloned().unwrap_or_default();
        let pack = pack::encode(&changes.iter().collect::<Vec<_>>());
        let said = self.bent(said);
        Some(self.item(at, said, pack))
    }

    /// A statement with some of its fields set to anything that still parses.
    fn bent(&mut self, said: Statement) -> Statement {
        let mut said = said;
        match self.below(8) {
            0 => said.life = Life::Withdrawn,
            1 if !said.heads.is_empty() => said.life = Life::Live,
            2 => {
                said.life = Life::Erased;
                said.heads.clear();
            }
            3 => {
                said.generation =
                    [said.generation.saturating_add(1), said.generation.saturating_add(5), u64::MAX][self.below(3)]
            }
            4 => said.signed_at = Timestamp::from_ms([i64::MIN, i64::MAX, 0, -1][self.below(4)]),
            5 => said.rev = [said.rev.saturating_add(1), u64::MAX][self.below(2)],
            6 => {
                for n in 0..limits::SEEN_ENTRIES - said.seen.len().min(limits::SEEN_ENTRIES) {
                    said.seen.insert(Incarnation::from_bytes([u8::try_from(n).expect("small"); 8]), u64::MAX);
                }
            }
            _ => {
                said.base = said.seen.clone();
                said.base_changes = said.seen.keys().map(|i| (*i, u64::MAX)).collect();
            }
        }
        let (incarnation, rev) = (said.incarnation, said.rev);
        said.seen.insert(incarnation, rev);
        said
    }

    fn statement(&mut self, at: At, doc_id: DocId, scope: Scope, heads: BTreeSet<ChangeHash>) -> Statement {
        let mut seen = Seen::new();
        for n in 1..=3 {
            if self.below(2) == 0 {
                seen.insert(Incarnation::from_bytes([n; 8]), 1 + self.draw() % 3);
            }
        }
        let incarnation = Incarnation::from_bytes([u8::try_from(1 + self.below(3)).expect("small"); 8]);
        let rev = *seen.entry(incarnation).or_insert(1);
        let said = Statement {
            org_id: self.org(at),
            doc_id,
            kind: Kind::LISTING,
            scope_id: scope.id(),
            generation: 1 + u64::from(self.below(6) == 0),
            key_id: KeyId::from_bytes([0; 16]),
            incarnation,
            rev,
            seen,
            base: Seen::new(),
            base_changes: Seen::new(),
            heads,
            life: Life::Live,
            moved_to: None,
            signed_at: self.now(),
        };
        if self.below(3) == 0 { self.bent(said) } else { said }
    }

    /// A line of changes: a new document, or one that goes on from any line there is, so that two changes come to have one
    /// number.
    fn line(&mut self, at: At) -> Line {
        let (own, now) = (self.org(at), self.now());
        let actor = ActorId::new(&own, Incarnation::from_bytes([u8::try_from(1 + self.below(3)).expect("small"); 8]));
        let lines = self.byzantine.get(&at).map_or(&[][..], |b| &b.author.lines);
        let count = lines.len();
        let place = self.below(count + 1);
        let from = self.byzantine.get(&at).and_then(|b| b.author.lines.get(place)).cloned();
        let line = match from {
            Some(Line { doc, mut content, mut chunks }) => {
                let value = Some(json!(format!("{} pounds", self.below(20))));
                let edit = Edit { path: vec!["fees".to_owned()], value };
                chunks.extend(content.edit(actor, now, Kind::LISTING, &[edit]).unwrap_or_default());
                Line { doc, content, chunks }
            }
            None => {
                let record = RecordId::from_bytes([u8::try_from(100 + self.below(3)).expect("small"); 16]);
                let value = json!({ "name": format!("Forged {}", self.below(20)), "audience": "public" });
                let (content, chunks) = Content::create(actor, now, Kind::LISTING, &value).expect("made");
                Line { doc: DocId::new(record, Kind::LISTING, &own), content, chunks }
            }
        };
        if let Some(byzantine) = self.byzantine.get_mut(&at)
            && byzantine.author.lines.len() < LINES
        {
            byzantine.author.lines.push(line.clone());
        }
        line
    }

    /// A change upon a line that counts as no honest one does.
    fn misnumbered(&mut self, at: At, said: Statement, line: &Line) -> Option<Item> {
        let mut draft = Draft::open(line.chunks.last()?);
        let stranger = OrgId::from_bytes([77; 32]);
        draft.deps = vec![*line.head().as_bytes()];
        draft.seq += 1;
        match self.below(7) {
            0 => draft.start_op = limits::OPERATION_COUNTER - 1,
            1 => draft.start_op = u64::from(u32::MAX),
            2 => draft.start_op = u64::MAX - 1,
            3 => draft.seq += 7,
            4 => draft.actor = ActorId::new(&stranger, Incarnation::from_bytes([1; 8])).as_bytes().to_vec(),
            5 => draft.deps = vec![[9; 32]],
            _ => draft.time = i64::MAX,
        }
        let mut chunks = line.chunks.clone();
        chunks.push(draft.chunk());
        let said = Statement { heads: [ChangeHash::from_bytes(draft.hash())].into(), ..said };
        Some(self.item(at, said, packed(&chunks)))
    }

    fn item(&self, at: At, said: Statement, pack: Vec<u8>) -> Item {
        let signed = SignedStatement::sign(said, &self.nodes[at].identity.author);
        Item { statement: signed.bytes().to_vec(), pack }
    }
}

/// Changes as they go over the wire, honest or not.
fn packed(chunks: &[Vec<u8>]) -> Vec<u8> {
    let as_stored = |bytes: &Vec<u8>| StoredChange {
        hash: ChangeHash::from_bytes([0; 32]),
        deps: Vec::new(),
        actor: ActorId::from_bytes([0; 24]),
        seq: 0,
        start_op: 0,
        operations: 0,
        bytes: bytes.clone(),
    };
    let changes: Vec<_> = chunks.iter().map(as_stored).collect();
    pack::encode(&changes.iter().collect::<Vec<_>>())
}
