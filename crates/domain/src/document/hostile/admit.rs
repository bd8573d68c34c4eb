//! Changes that are sound by themselves and do not fit the document, or make it what it may not be.

use super::draft::{Draft, column as specification, number, prefixed, run, signed};
use super::{Case, Ground, Stop, change, changes, honest};
use crate::limits;

pub(super) fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = graphs(ground);
    cases.extend(references(ground));
    cases.extend(totals(ground));
    cases.extend(values(ground));
    cases
}

fn admit(name: &str, draft: Draft) -> Case {
    change(name, Stop::Admit, draft.chunk())
}

fn graphs(ground: &Ground) -> Vec<Case> {
    let next = ground.put();
    let second = ground.after(&next, 1);
    let replayed =
        honest::document(&ground.owner, 2, 12).get_changes(&[]).pop().expect("a change").raw_bytes().to_vec();
    let last = Draft::open(ground.history.last().expect("a change"));
    let with_deps = |deps: Vec<[u8; 32]>| {
        let mut deps = [next.deps.clone(), deps].concat();
        deps.sort_unstable();
        Draft { deps, ..next.clone() }
    };
    vec![
        admit("an orphan: a dependency that is not here", with_deps(vec![[0xab; 32]])),
        admit("a change that depends on itself, as far as that goes", with_deps(vec![next.hash()])),
        changes("two changes that each depend on the other, as far as that goes", Stop::Admit, {
            let first = with_deps(vec![second.hash()]);
            vec![first.chunk(), Draft { deps: vec![first.hash()], ..second.clone() }.chunk()]
        }),
        admit("a gap in the numbers of a new actor", Draft { seq: 2, ..next.clone() }),
        changes("a gap in the numbers of an actor", Stop::Admit, {
            vec![next.chunk(), Draft { seq: 3, ..second.clone() }.chunk()]
        }),
        changes("a change that is not upon its actor's last", Stop::Admit, {
            let apart = Draft { deps: next.deps.clone(), start_op: next.start_op, seq: 2, ..second.clone() };
            vec![next.chunk(), apart.chunk()]
        }),
        changes("an equivocation: one actor and number, two changes", Stop::Admit, {
            vec![next.chunk(), Draft { time: next.time + 1, ..next.clone() }.chunk()]
        }),
        admit("an equivocation with an honest change", Draft { time: last.time + 1, ..last.clone() }),
        admit("operations counted from too high", Draft { start_op: next.start_op + 1, ..next.clone() }),
        admit("operations counted from too low", Draft { start_op: next.start_op - 1, ..next.clone() }),
        admit("a root that counts from 2", Draft { deps: Vec::new(), start_op: 2, ..next.clone() }),
        change("a change replayed from another document of the owner", Stop::Admit, replayed),
        change("an honest change that no signed head has behind it", Stop::Apply, {
            Draft { deps: Vec::new(), start_op: 1, actor: ground.actor(11), ..next.clone() }.chunk()
        }),
    ]
}

/// References to what is not behind the change, or is something else.
fn references(ground: &Ground) -> Vec<Case> {
    let next = ground.put();
    let root = Draft::open(&ground.history[0]);
    let author = usize::try_from(root.seq).expect("a number");
    assert_eq!(author, 1, "the first honest change is its author's first");
    // By the author of the honest root change, so that actor 0 is that author.
    let last = ground.stored.iter().rev().find(|c| c.actor.as_bytes().as_slice() == root.actor).expect("its author");
    let mut deps = [next.deps.clone(), vec![*last.hash.as_bytes()]].concat();
    deps.sort_unstable();
    deps.dedup();
    let by_author = Draft { deps, actor: root.actor.clone(), seq: last.seq + 1, ..next.clone() };
    let object = |counter: u64| {
        by_author
            .clone()
            .with_column(specification::OBJECT_ACTOR, &run(-1, &[0]))
            .with_column(specification::OBJECT_COUNTER, &run(-1, &number(counter)))
    };
    let element = |object_at: u64, element_at: i64| {
        object(object_at)
            .with_column(specification::KEY_TEXT, &[])
            .with_column(specification::KEY_ACTOR, &run(-1, &[0]))
            .with_column(specification::KEY_COUNTER, &run(-1, &signed(element_at)))
            .with_column(specification::INSERT, &[0, 1])
    };
    let replacing = |counter: i64| {
        by_author
            .clone()
            .with_column(specification::PREDECESSOR_COUNT, &run(-1, &[1]))
            .with_column(specification::PREDECESSOR_ACTOR, &run(-1, &[0]))
            .with_column(specification::PREDECESSOR_COUNTER, &run(-1, &signed(counter)))
    };
    // Operation 1 of the honest root puts a name, 3 makes a map, 7 makes a text whose first element is 8.
    vec![
        admit("an operation in an object that is a value", object(1)),
        admit("an operation with a key in a text", object(7)),
        admit("an operation on an element in a map", element(3, 8)),
        admit("an operation on an element of another object", element(7, 1)),
        admit("an operation in an object of nobody", object(ground.max_op)),
        admit("an operation that replaces one in another place", replacing(1)),
        admit("an operation that replaces one of nobody", replacing(i64::try_from(ground.max_op).expect("a counter"))),
        changes("an operation that refers to one made apart", Stop::Admit, {
            let apart = Draft { actor: ground.actor(10), ..next.clone() };
            let mut reader = ground.after(&next, 1);
            reader.others = vec![ground.actor(10)];
            let reader = reader
                .with_column(specification::PREDECESSOR_COUNT, &run(-1, &[1]))
                .with_column(specification::PREDECESSOR_ACTOR, &run(-1, &[1]))
                .with_column(
                    specification::PREDECESSOR_COUNTER,
                    &run(-1, &signed(i64::try_from(next.start_op).expect("a counter"))),
                );
            vec![next.chunk(), apart.chunk(), reader.chunk()]
        }),
    ]
}

/// Honest changes one after another, until one is too many.
fn totals(ground: &Ground) -> Vec<Case> {
    let chain = |first: Draft, operations: u64, count: usize| {
        let mut draft = first;
        let mut chunks = Vec::with_capacity(count);
        for _ in 0..count {
            chunks.push(draft.chunk());
            draft = ground.after(&draft, operations);
        }
        chunks
    };
    let big = {
        let value = |n: usize| vec![b'x'; n];
        let lengths = number((20_000 << 4) | 6);
        ground
            .puts(3)
            .with_column(specification::VALUE_METADATA, &run(3, &lengths))
            .with_column(specification::VALUE, &value(60_000))
    };
    let mut actor = ground.put();
    let actors = (0..=u16::try_from(limits::DOCUMENT_ACTORS).expect("few")).map(|n| {
        let [high, low] = n.to_be_bytes();
        actor.actor[22..].copy_from_slice(&[high, low]);
        let chunk = actor.chunk();
        actor = Draft { deps: vec![actor.hash()], start_op: actor.start_op + 1, ..actor.clone() };
        chunk
    });
    let actors = actors.collect();
    vec![
        changes("a document of too many bytes", Stop::Admit, chain(big, 3, 36)),
        changes("a document of too many operations", Stop::Admit, chain(ground.puts(2_000), 2_000, 101)),
        changes("a document of too many changes", Stop::Admit, chain(ground.put(), 1, limits::DOCUMENT_CHANGES)),
        changes("a document of too many actors", Stop::Admit, actors),
    ]
}

/// A change that puts empty maps, each in the one before, to this depth below the root.
fn nested(ground: &Ground, depth: i64) -> Draft {
    let first = ground.put().start_op;
    let counters: Vec<_> = (0..depth.unsigned_abs() - 1).flat_map(|n| number(first + n)).collect();
    let actors = if depth == 2 { run(-1, &[0]) } else { run(depth - 1, &[0]) };
    let keys = if depth == 1 { run(-1, b"\x01m") } else { run(depth, b"\x01m") };
    ground
        .puts(depth)
        .with_column(specification::ACTION, &run(depth, &[0]))
        .with_column(specification::OBJECT_ACTOR, &[run(0, &[1]), actors].concat())
        .with_column(specification::OBJECT_COUNTER, &[run(0, &[1]), run(1 - depth, &counters)].concat())
        .with_column(specification::KEY_TEXT, &keys)
}

fn values(ground: &Ground) -> Vec<Case> {
    vec![
        change("maps nested nine deep", Stop::Apply, nested(ground, 9).chunk()),
        change("maps nested two thousand deep", Stop::Apply, nested(ground, 2_000).chunk()),
        change("a map of 257 keys", Stop::Apply, ground.puts(257).chunk()),
        change("a text of 39 KB in pieces of 20", Stop::Apply, long_text(ground).chunk()),
    ]
}

/// A change that makes a text and puts 1,999 pieces of 20 bytes in it, each behind the one before.
fn long_text(ground: &Ground) -> Draft {
    let first = i64::try_from(ground.put().start_op).expect("a counter");
    let count = 1_999;
    let piece = "x".repeat(20);
    let (owner_counter, pieces) = (number(first.unsigned_abs()), piece.repeat(count));
    let count = i64::try_from(count).expect("few");
    // Elements follow each other: head, then first + 1, first + 2, … as differences of one.
    let elements = [run(0, &[1]), [signed(-2), signed(0), signed(first + 1)].concat(), run(count - 2, &[1])].concat();
    ground
        .puts(count + 1)
        .with_column(specification::OBJECT_ACTOR, &[run(0, &[1]), run(count, &[0])].concat())
        .with_column(specification::OBJECT_COUNTER, &[run(0, &[1]), run(count, &owner_counter)].concat())
        .with_column(specification::KEY_ACTOR, &[run(0, &[2]), run(count - 1, &[0])].concat())
        .with_column(specification::KEY_COUNTER, &elements)
        .with_column(
            specification::KEY_TEXT,
            &[run(-1, &prefixed(b"about")), run(0, &number(count.unsigned_abs()))].concat(),
        )
        .with_column(specification::INSERT, &[number(1), number(count.unsigned_abs())].concat())
        .with_column(specification::ACTION, &[run(-1, &[4]), run(count, &[1])].concat())
        .with_column(specification::VALUE_METADATA, &[run(-1, &[0]), run(count, &number(20 << 4 | 6))].concat())
        .with_column(specification::VALUE, pieces.as_bytes())
}
