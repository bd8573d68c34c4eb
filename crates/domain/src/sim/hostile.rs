//! A partner that does all it can: the owner of documents who signs whatever it likes, and a node that sends whatever it
//! likes. Whoever it reaches serves on, and all honest nodes come to hold the same.

use super::World;
use crate::audience::{Audience, Scope};
use crate::document::crdt::Content;
use crate::document::hostile::{Corpus, Input as Hostile};
use crate::document::{Edit, History, Kind, StoredChange, chunk, pack};
use crate::feed::Cursor;
use crate::statement::{Life, Seen, SignedStatement, Statement};
use crate::sync::Input;
use crate::sync::Message;
use crate::sync::message::{Item, Opening, Rows, Versions, Want};
use crate::{ActorId, ChangeHash, DocId, FeedId, Incarnation, KeyId, NodeId, RecordId, ScopeId, Sum, limits};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Links a node with another that answers nothing by itself.
fn link_silently(world: &mut World, at: usize, hostile: usize) {
    let identity = &world.nodes[hostile].identity;
    let input = Input::Linked { node: identity.node, org: identity.org };
    world.nodes[at].inbox.push_back(input);
    world.run_until_quiet();
}

fn document_of(world: &World, owner: usize) -> DocId {
    DocId::new(RecordId::from_bytes([9; 16]), Kind::LISTING, &world.org(owner))
}

/// A statement as a Byzantine owner signs it.
fn statement(
    world: &World,
    owner: usize,
    generation: u64,
    seen: Seen,
    by: u8,
    heads: BTreeSet<ChangeHash>,
) -> Statement {
    let incarnation = Incarnation::from_bytes([by; 8]);
    Statement {
        org_id: world.org(owner),
        doc_id: document_of(world, owner),
        kind: Kind::LISTING,
        scope_id: Scope::public(world.org(owner)).id(),
        generation,
        key_id: KeyId::from_bytes([0; 16]),
        incarnation,
        rev: seen.get(&incarnation).copied().unwrap_or(1),
        seen,
        base: Seen::new(),
        base_changes: Seen::new(),
        heads,
        life: Life::Live,
        moved_to: None,
        signed_at: world.now(),
    }
}

fn versions(scope: ScopeId, items: Vec<Item>) -> Message {
    Message::Versions(Versions { scope, items, absent: Vec::new(), absent_versions: Vec::new() })
}

/// Changes of two actors, some with one number and two hashes, each with all that is behind it.
fn equivocations(world: &World, owner: usize) -> BTreeMap<ChangeHash, Vec<StoredChange>> {
    let org = world.org(owner);
    let actor = |n: u8| ActorId::new(&org, Incarnation::from_bytes([n; 8]));
    let value = json!({ "name": "Supper", "audience": "public" });
    let (root, chunks) = Content::create(actor(1), world.now(), Kind::LISTING, &value).expect("made");
    let mut lines = vec![(root, chunks)];
    // From which line, by whom.
    for (n, (from, by)) in [(0, 1), (0, 1), (0, 2), (1, 1), (2, 1), (2, 2), (3, 2), (1, 2)].into_iter().enumerate() {
        let (mut content, mut chunks) = lines[from].clone();
        let edit = Edit { path: vec!["fees".to_owned()], value: Some(json!(format!("{n} pounds"))) };
        chunks.extend(content.edit(actor(by), world.now(), Kind::LISTING, &[edit]).expect("edited"));
        lines.push((content, chunks));
    }
    let stored = |chunks: Vec<Vec<u8>>| chunks.iter().map(|c| chunk::inspect(c, &org).expect("a change")).collect();
    lines.into_iter().map(|(content, chunks)| (content.heads()[0], stored(chunks))).collect()
}

/// The changes behind some heads, each once.
fn changes_of(lines: &BTreeMap<ChangeHash, Vec<StoredChange>>, heads: &[ChangeHash]) -> Vec<StoredChange> {
    let mut seen = BTreeSet::new();
    heads.iter().flat_map(|h| &lines[h]).filter(|c| seen.insert(c.hash)).cloned().collect()
}

/// Statements over those changes, forged in every field that an owner can forge.
fn forged(world: &mut World, owner: usize) -> Vec<Item> {
    let lines = equivocations(world, owner);
    let heads: Vec<_> = lines.keys().copied().collect();
    (0..10)
        .map(|_| {
            let generation = 1 + u64::from(world.below(6) == 0);
            let mut seen = Seen::new();
            for n in 1..=3 {
                if world.below(2) == 0 {
                    seen.insert(Incarnation::from_bytes([n; 8]), 1 + world.draw() % 3);
                }
            }
            let by = u8::try_from(1 + world.below(3)).expect("small");
            seen.entry(Incarnation::from_bytes([by; 8])).or_insert(1);
            let mut named = BTreeSet::from([heads[world.below(heads.len())]]);
            let second = heads[world.below(heads.len())];
            let both = History::new(changes_of(&lines, &[named.iter().copied().collect(), vec![second]].concat()));
            if both.is_ok_and(|both| both.heads().len() == 2) {
                // One that contradicts itself is refused for good, and then what came before is shown on.
                named.insert(second);
            }
            let ordered = changes_of(&lines, &named.iter().copied().collect::<Vec<_>>());
            let life = if world.below(8) == 0 { Life::Withdrawn } else { Life::Live };
            let said = Statement { life, ..statement(world, owner, generation, seen, by, named) };
            let signed = SignedStatement::sign(said, &world.nodes[owner].identity.author);
            Item { statement: signed.bytes().to_vec(), pack: pack::encode(&ordered.iter().collect::<Vec<_>>()) }
        })
        .collect()
}

#[test]
fn what_a_byzantine_owner_signs_ends_in_one_content_in_whatever_order_it_comes() {
    let mut disputes = 0;
    for seed in 0..100 {
        let mut world = World::seeded(seed);
        let [byzantine, council] = world.organisations([1, 3]);
        let (owner, [first, second, late]) = (byzantine[0], [council[0], council[1], council[2]]);
        let items = forged(&mut world, owner);
        let scope = Scope::public(world.org(owner)).id();
        for at in [first, second] {
            link_silently(&mut world, at, owner);
            let mut order: Vec<_> = items.iter().chain(items.iter().take(4)).cloned().collect();
            for place in (1..order.len()).rev() {
                order.swap(place, world.below(place + 1));
            }
            while !order.is_empty() {
                let frame = order.split_off(order.len().saturating_sub(1 + world.below(3)));
                world.inject(owner, at, versions(scope, frame)).run_until_quiet();
            }
        }
        world.link(first, late).run_until_quiet();
        let doc = document_of(&world, owner);
        let held = |at: usize| {
            let disk = &world.nodes[at].disk;
            let row = disk.rows.get(&doc).map(|r| (r.value.clone(), r.heads.clone(), r.conflicts, r.life));
            let disputed: BTreeSet<_> = disk.quarantined.keys().copied().collect();
            (disk.statements.keys().copied().collect::<BTreeSet<_>>(), disputed, row)
        };
        disputes += held(first).1.len();
        assert_eq!(held(first), held(second), "seed {seed}");
        assert_eq!(held(first), held(late), "seed {seed}: the late one");
        assert!(world.nodes[first].disk.wanted.is_empty(), "seed {seed}");
    }
    assert!(disputes > 10, "{disputes} disputes are too few to show anything");
}

/// Sends something to a council that is linked with a friend, and gives whether the link it came over still stands.
/// The friend is served on either way.
fn check(name: &str, frames: impl FnOnce(&World, usize, usize) -> Vec<Message>) -> bool {
    let mut world = World::seeded(3);
    let [hostile, council, friend] = world.organisations([1, 1, 1]).map(|nodes| nodes[0]);
    world.link(friend, council).run_until_quiet();
    link_silently(&mut world, council, hostile);
    for frame in frames(&world, hostile, council) {
        world.inject(hostile, council, frame);
    }
    world.run_until_quiet();
    let doc = world.publish(friend, "Supper", Audience::Public);
    world.run_until_quiet();
    assert!(world.row(council, doc).is_some(), "{name}: the friend is not served any more");
    let node = world.nodes[hostile].identity.node;
    assert!(
        world.nodes[council].disk.statements.values().all(|s| s.statement().org_id != world.org(hostile)),
        "{name}"
    );
    !world.has_ended(council, node)
}

#[test]
fn frames_that_break_the_protocol_end_the_link_they_came_over_and_no_other() {
    let unknown = ScopeId::from_bytes([5; 16]);
    let cursor = Cursor { feed_id: FeedId::from_bytes([1; 16]), seq: 1, chain: [0; 32] };
    let rows = |scope| Message::Rows(Rows { scope, items: Vec::new(), cursor, sum: None, left: 0 });
    let public = |world: &World, at: usize| Scope::public(world.org(at)).id();
    assert!(check("nothing", |_, _, _| Vec::new()));
    assert!(!check("rows of a scope that was not opened", |_, _, _| vec![rows(unknown)]));
    assert!(!check("rows of no feed", |w, h, _| vec![rows(public(w, h))]));
    assert!(!check("versions of a scope that the link does not carry", |_, _, _| vec![versions(unknown, Vec::new())]));
    assert!(!check("a part of such a scope", |_, _, _| {
        vec![Message::Part { scope: unknown, doc_id: DocId::from_bytes([1; 32]), pack: Vec::new() }]
    }));
    assert!(!check("a scope opened twice", |w, _, c| {
        let opening = Opening { scope: public(w, c), cursor: None, sum: Sum::default(), keys: [0; 32], head: 0 };
        vec![Message::Open(vec![opening.clone()]), Message::Open(vec![opening])]
    }));
    assert!(!check("rows acknowledged that were not sent", |w, _, c| {
        let opening = Opening { scope: public(w, c), cursor: None, sum: Sum::default(), keys: [0; 32], head: 0 };
        vec![Message::Open(vec![opening]), Message::Stored { scope: public(w, c), seq: 7 }]
    }));
    assert!(!check("rows acknowledged of a scope that was not opened", |_, _, _| {
        vec![Message::Stored { scope: unknown, seq: 0 }]
    }));
    assert!(!check("a reconciliation that is none", |w, _, c| {
        let opening = Opening { scope: public(w, c), cursor: None, sum: Sum::default(), keys: [0; 32], head: 0 };
        let frame = Message::Reconcile { scope: public(w, c), from_initiator: true, frame: vec![0xff; 400] };
        vec![Message::Open(vec![opening]), frame]
    }));
    assert!(!check("an answer to a reconciliation that was not begun", |w, h, _| {
        vec![Message::Reconcile { scope: public(w, h), from_initiator: false, frame: vec![0x61] }]
    }));
    assert!(!check("more parts than may wait", |w, h, _| {
        let part =
            |n: u8| Message::Part { scope: public(w, h), doc_id: DocId::from_bytes([n; 32]), pack: vec![0; 256 << 10] };
        (0..20).map(part).collect()
    }));
    assert!(!check("more asked for than may be in flight", |w, h, _| {
        let want = |n: u16| Want { doc_id: DocId::from_bytes([n.to_be_bytes()[1]; 32]), have: Vec::new() };
        (0..5).map(|_| Message::Fetch { scope: public(w, h), wants: (0..1_000).map(want).collect() }).collect()
    }));
    assert!(!check("keys that are none", |_, _, _| vec![Message::Keys(vec![1, 2, 3])]));
    assert!(!check("keys of a stranger", |w, _, _| {
        let (_, keys) = super::process::organisation(99, 1);
        assert!(!w.nodes.iter().any(|n| n.identity.org == keys.org_id()));
        vec![Message::Keys(keys.bytes())]
    }));
    assert!(!check("a confirmation that is none", |_, _, _| vec![Message::Confirmation(vec![0; 80])]));
}

#[test]
fn statements_that_nobody_certified_are_refused_and_the_link_goes_on() {
    assert!(check("a statement signed by another's key", |w, h, c| {
        let seen = [(Incarnation::from_bytes([1; 8]), 1)].into();
        let said = statement(w, h, 1, seen, 1, [ChangeHash::from_bytes([1; 32])].into());
        let signed = SignedStatement::sign(said, &w.nodes[c].identity.author);
        vec![versions(
            Scope::public(w.org(h)).id(),
            vec![Item { statement: signed.bytes().to_vec(), pack: Vec::new() }],
        )]
    }));
    assert!(check("a statement of another's document", |w, h, c| {
        let seen = [(Incarnation::from_bytes([1; 8]), 1)].into();
        let said = statement(w, c, 1, seen, 1, [ChangeHash::from_bytes([1; 32])].into());
        let signed = SignedStatement::sign(said, &w.nodes[h].identity.author);
        vec![versions(
            Scope::public(w.org(h)).id(),
            vec![Item { statement: signed.bytes().to_vec(), pack: Vec::new() }],
        )]
    }));
}

#[test]
fn an_owner_with_as_much_as_it_may_have_is_read_no_further_and_its_link_stays() {
    let mut world = World::seeded(4);
    let [greedy, council, friend] = world.organisations([1, 1, 1]).map(|nodes| nodes[0]);
    let first = world.publish(greedy, "First", Audience::Public);
    world.link(greedy, council).link(friend, council).run_until_quiet();
    world.cut(greedy, council);
    // As if it had as many bytes here as it may have.
    let row = world.nodes[council].disk.rows.get_mut(&first).expect("it is here");
    row.bytes = limits::OWNER_BYTES;
    world.restart(council);
    world.link(greedy, council).link(friend, council).run_until_quiet();

    let second = world.publish(greedy, "Second", Audience::Public);
    let supper = world.publish(friend, "Supper", Audience::Public);
    world.run_until_quiet();
    assert!(world.row(council, second).is_none() && world.row(council, supper).is_some());
    assert!(world.is_linked(greedy, council));
    let owner = world.org(greedy);
    assert!(world.nodes[council].engine.as_ref().expect("it runs").full().contains(&owner));
    assert!(world.nodes[council].disk.incidents.iter().any(|i| i.kind == "full"));
}

#[test]
fn hostile_bytes_are_set_aside_and_what_is_honest_arrives() {
    let mut world = World::seeded(5);
    let [hostile, council, friend] = world.organisations([1, 1, 1]).map(|nodes| nodes[0]);
    world.link(friend, council).run_until_quiet();
    link_silently(&mut world, council, hostile);
    let scope = Scope::public(world.org(hostile)).id();
    let author = world.nodes[hostile].identity.author.clone();
    let corpus = Corpus::new(world.org(hostile), &author, scope);
    let stored = corpus.history.iter().map(|c| chunk::inspect(c, &corpus.owner).expect("honest"));
    let honest_heads = History::new(stored).expect("honest").heads().clone();
    let sign = |world: &World, rev: u64, heads: BTreeSet<ChangeHash>| {
        let seen: Seen = [(Incarnation::from_bytes([1; 8]), rev)].into();
        let said = statement(world, hostile, 1, seen, 1, heads);
        let said = Statement { doc_id: corpus.doc_id, kind: corpus.kind, ..said };
        SignedStatement::sign(said, &author).bytes().to_vec()
    };
    let packed = |chunks: &[Vec<u8>]| {
        let as_stored = |bytes: &Vec<u8>| StoredChange {
            hash: hash_of(bytes),
            deps: Vec::new(),
            actor: ActorId::from_bytes([0; 24]),
            seq: 0,
            start_op: 0,
            operations: 0,
            bytes: bytes.clone(),
        };
        pack::encode(&chunks.iter().map(as_stored).collect::<Vec<_>>().iter().collect::<Vec<_>>())
    };
    let honest = |world: &World, rev: u64| Item {
        statement: sign(world, rev, honest_heads.clone()),
        pack: packed(&corpus.history),
    };
    world.inject(hostile, council, versions(scope, vec![honest(&world, 1)])).run_until_quiet();
    let shown = world.nodes[council].disk.rows[&corpus.doc_id].value.clone();
    assert!(!shown.is_null(), "{:?}", world.nodes[council].disk.incidents);
    for (n, case) in (1..).zip(&corpus.cases) {
        let rev = 2 * n;
        let item = match &case.input {
            Hostile::Pack(bytes) => Item { statement: sign(&world, rev, honest_heads.clone()), pack: bytes.clone() },
            Hostile::Statement(bytes) => Item { statement: bytes.clone(), pack: Vec::new() },
            Hostile::Changes(changes) => {
                let head = hash_of(changes.last().expect("one at least"));
                Item { statement: sign(&world, rev, [head].into()), pack: packed(changes) }
            }
        };
        world.inject(hostile, council, versions(scope, vec![item])).run_until_quiet();
        let row = &world.nodes[council].disk.rows[&corpus.doc_id];
        // In place of the honest version, another that holds by itself is its owner's good right.
        let stands = case.name.contains("no signed head") || case.name.contains("equivocation");
        assert!(row.value == shown || stands, "{}: {:?}", case.name, row.value);
        assert!(!world.has_ended(council, world.nodes[hostile].identity.node), "{}", case.name);
        // Three that failed only when they were opened stop the owner's content for an hour.
        world.nodes[council].clock_ahead_ms += 2 * 60 * 60 * 1000;
        world.inject(hostile, council, versions(scope, vec![honest(&world, rev + 1)])).run_until_quiet();
        assert_eq!(world.nodes[council].disk.rows[&corpus.doc_id].value, shown, "after {}", case.name);
    }
    let supper = world.publish(friend, "Supper", Audience::Public);
    world.run_until_quiet();
    assert!(world.row(council, supper).is_some());
    assert!(world.nodes[council].disk.quarantined.is_empty(), "what was replaced is gone");
}

/// A listing at its owner, and at a council that is linked with a hostile node which may send it anything in the owner's
/// scope: a version of it that the council has not seen, with its pack.
fn half_way(seed: u64) -> (World, [usize; 2], DocId, Item) {
    let mut world = World::seeded(seed);
    let [owner, council] = world.organisations([1, 1]).map(|nodes| nodes[0]);
    let supper = world.publish(owner, "Supper", Audience::Public);
    world.link(owner, council).run_until_quiet();
    world.cut(owner, council).run_until_quiet();
    world.edit(owner, supper, "name", "Late supper").expect("edited");
    link_silently(&mut world, council, owner);
    let disk = &world.nodes[owner].disk;
    let said = disk.statements.values().find(|s| s.statement().doc_id == supper).expect("it stands");
    let pack = pack::encode(&disk.changes[&supper].iter().collect::<Vec<_>>());
    let item = Item { statement: said.bytes().to_vec(), pack };
    (world, [owner, council], supper, item)
}

#[test]
fn a_version_that_comes_bad_and_good_in_one_frame_is_not_set_aside() {
    let (mut world, [owner, council], supper, good) = half_way(6);
    let scope = Scope::public(world.org(owner)).id();
    let bad = Item { pack: vec![1; 40], ..good.clone() };
    world.inject(owner, council, versions(scope, vec![bad, good])).run_until_quiet();
    world.restart(council).run_until_quiet();
    let disk = &world.nodes[council].disk;
    assert_eq!(disk.incidents.iter().filter(|i| i.kind == "quarantined").count(), 1);
    assert!(disk.quarantined.is_empty() && disk.wanted.is_empty());
    assert_eq!(world.row(council, supper).map(|row| row.name.as_str()), Some("Late supper"));
}

#[test]
fn what_a_version_speaks_of_counts_when_it_is_here_whatever_came_with_it() {
    let (mut world, [owner, council], supper, item) = half_way(7);
    let scope = Scope::public(world.org(owner)).id();
    // All of its content is here already: a withdrawal of what stands, with bytes that are nothing.
    let mut said = SignedStatement::parse(&item.statement).expect("honest").statement().clone();
    world.inject(owner, council, versions(scope, vec![item])).run_until_quiet();
    said.rev += 1;
    said.seen.insert(said.incarnation, said.rev);
    said.signed_at = said.signed_at.plus_ms(1);
    let again = SignedStatement::sign(said, &world.nodes[owner].identity.author);
    let item = Item { statement: again.bytes().to_vec(), pack: vec![1; 40] };
    world.inject(owner, council, versions(scope, vec![item])).run_until_quiet();
    let disk = &world.nodes[council].disk;
    assert!(disk.statements.contains_key(&again.version_id()));
    assert!(disk.quarantined.is_empty() && disk.wanted.is_empty());
    assert_eq!(world.row(council, supper).map(|row| row.name.as_str()), Some("Late supper"));
}

#[test]
fn of_statements_that_stand_apart_too_many_are_refused_and_all_else_is_read() {
    let mut world = World::seeded(8);
    let [hostile, council] = world.organisations([1, 1]).map(|nodes| nodes[0]);
    link_silently(&mut world, council, hostile);
    let scope = Scope::public(world.org(hostile)).id();
    let signed = |world: &World, generation: u64, by: u8, record: u8| {
        let seen = [(Incarnation::from_bytes([by; 8]), 1)].into();
        let said = statement(world, hostile, generation, seen, by, [ChangeHash::from_bytes([1; 32])].into());
        let doc_id = DocId::new(RecordId::from_bytes([record; 16]), Kind::LISTING, &said.org_id);
        SignedStatement::sign(Statement { doc_id, ..said }, &world.nodes[hostile].identity.author)
    };
    let item = |signed: SignedStatement| Item { statement: signed.bytes().to_vec(), pack: Vec::new() };
    for by in 0..u8::try_from(limits::CURRENT_STATEMENTS + 3).expect("few") {
        // Each with another document, so that it is not the only thing in its frame.
        let frame = [signed(&world, 1, by, 9), signed(&world, 1, 1, 100 + by)].map(item);
        world.inject(hostile, council, versions(scope, frame.into())).run_until_quiet();
    }
    assert!(!world.has_ended(council, world.nodes[hostile].identity.node));
    let held = |world: &World, record: u8| {
        let statements = world.nodes[council].disk.statements.values();
        statements.filter(|s| s.statement().doc_id.record() == RecordId::from_bytes([record; 16])).count()
    };
    assert_eq!((held(&world, 9), held(&world, 166)), (limits::CURRENT_STATEMENTS, 1));
    let reset = signed(&world, 2, 1, 9);
    world.inject(hostile, council, versions(scope, vec![item(reset)])).run_until_quiet();
    assert_eq!(held(&world, 9), 1);
}

/// The hash that a chunk goes by: of all but its magic bytes and checksum.
fn hash_of(chunk: &[u8]) -> ChangeHash {
    use sha2::{Digest, Sha256};
    ChangeHash::from_bytes(Sha256::digest(chunk.get(8..).unwrap_or_default()).into())
}

impl World {
    /// Whether a node ended its link with another.
    fn has_ended(&self, at: usize, node: NodeId) -> bool {
        self.ended.contains(&(at, node))
    }
}
