//! Changes with wrong columns: bombs, longer packings, and columns that no change has.

use super::draft::{Draft, column as specification, frame, number, prefixed, run, signed};
use super::{Case, Ground, Stop, change};

pub(super) fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = bombs(ground);
    cases.extend(lists(ground));
    cases.extend(packings(ground));
    cases
}

fn inspect(name: &str, draft: Draft) -> Case {
    change(name, Stop::Inspect, draft.chunk())
}

/// A million millions of entries in a few bytes of each column.
fn bombs(ground: &Ground) -> Vec<Case> {
    let many = 1 << 40;
    let columns = [
        ("object actor", specification::OBJECT_ACTOR, run(many, &[0])),
        ("object counter", specification::OBJECT_COUNTER, run(many, &[1])),
        ("key actor", specification::KEY_ACTOR, run(many, &[0])),
        ("key counter", specification::KEY_COUNTER, run(many, &[1])),
        ("key text", specification::KEY_TEXT, run(many, b"\x01k")),
        ("insert", specification::INSERT, number(many.unsigned_abs())),
        ("action", specification::ACTION, run(many, &[1])),
        ("value metadata", specification::VALUE_METADATA, run(many, &[0])),
        ("predecessor count", specification::PREDECESSOR_COUNT, run(many, &[0])),
        ("predecessor actor", specification::PREDECESSOR_ACTOR, run(many, &[0])),
        ("predecessor counter", specification::PREDECESSOR_COUNTER, run(many, &[1])),
    ];
    let mut cases: Vec<_> = columns
        .into_iter()
        .map(|(name, column, data)| {
            inspect(&format!("a bomb in the {name} column"), ground.put().with_column(column, &data))
        })
        .collect();
    let actions = |data: Vec<u8>| ground.put().with_column(specification::ACTION, &data);
    cases.extend([
        inspect("a bomb of nulls", ground.put().with_column(specification::OBJECT_ACTOR, &run(0, &number(u64::MAX)))),
        inspect("a literal run of i64::MIN actions", actions(signed(i64::MIN))),
        inspect("a literal run of a million actions in four bytes", actions(signed(-1_000_000))),
        inspect("2001 operations", ground.puts(2_001)),
        inspect("an operation that replaces a million millions", {
            ground
                .put()
                .with_column(specification::PREDECESSOR_COUNT, &run(-1, &number(1 << 40)))
                .with_column(specification::PREDECESSOR_ACTOR, &run(1 << 40, &[0]))
                .with_column(specification::PREDECESSOR_COUNTER, &run(1 << 40, &[1]))
        }),
        inspect("two thousand operations that replace a thousand each", {
            ground
                .puts(2_000)
                .with_column(specification::PREDECESSOR_COUNT, &run(2_000, &number(1_000)))
                .with_column(specification::PREDECESSOR_ACTOR, &run(2_000_000, &[0]))
                .with_column(specification::PREDECESSOR_COUNTER, &run(2_000_000, &[1]))
        }),
        inspect("a long key two thousand times", {
            ground.puts(2_000).with_column(specification::KEY_TEXT, &run(2_000, &prefixed(&[b'k'; 20_000])))
        }),
        inspect("a value of u64::MAX bytes", {
            ground.put().with_column(specification::VALUE_METADATA, &run(-1, &number(u64::MAX)))
        }),
        inspect("a key of u64::MAX bytes", {
            ground.put().with_column(specification::KEY_TEXT, &run(-1, &number(u64::MAX)))
        }),
    ]);
    cases
}

/// Wrong lists of columns.
fn lists(ground: &Ground) -> Vec<Case> {
    let honest = ground.put();
    let listed = |columns: &[(u64, u64)], data: &[u8]| {
        let mut start = Draft { columns: [].into(), ..honest.clone() }.data();
        start.pop();
        start.extend(number(columns.len() as u64));
        start.extend(columns.iter().flat_map(|(c, n)| [number(*c), number(*n)].concat()));
        frame(1, &[start, data.to_vec()].concat())
    };
    let with = |column: u32, data: &[u8]| honest.clone().with_column(column, data);
    let raw = |name: &str, chunk: Vec<u8>| change(name, Stop::Inspect, chunk);
    vec![
        inspect("a deflated column", {
            let deflated = with(specification::KEY_TEXT | 8, &[0x63, 0, 0]);
            deflated.with_column(specification::KEY_TEXT, &[])
        }),
        inspect("a column of an unknown kind", with(0x60, &[1])),
        inspect("a column number beyond 32 bits", with(u32::MAX, &[1])),
        inspect("a mark's expand column", with(specification::EXPAND, &[0, 1])),
        inspect("a mark's name column", with(specification::MARK_NAME, &run(-1, b"\x04bold"))),
        raw("columns out of order", listed(&[(0x42, 2), (0x34, 1)], &[0x7f, 1, 1])),
        raw("a column twice", listed(&[(0x42, 2), (0x42, 2)], &[0x7f, 1, 0x7f, 1])),
        raw("an empty column", listed(&[(0x34, 0), (0x42, 2)], &[0x7f, 1])),
        raw("a column of u64::MAX bytes", listed(&[(0x42, u64::MAX)], &[0x7f, 1])),
        raw("columns whose lengths come to more than 64 bits", listed(&[(0x34, u64::MAX), (0x42, 3)], &[0x7f, 1])),
        inspect("no action column", with(specification::ACTION, &[])),
        inspect("no value metadata", with(specification::VALUE_METADATA, &[])),
        inspect("no predecessor count", with(specification::PREDECESSOR_COUNT, &[])),
        inspect("no insert column", with(specification::INSERT, &[])),
        inspect("no key", with(specification::KEY_TEXT, &[])),
        inspect("predecessors that none counts", {
            with(specification::PREDECESSOR_ACTOR, &run(-1, &[0]))
                .with_column(specification::PREDECESSOR_COUNTER, &run(-1, &[1]))
        }),
    ]
}

/// Columns that hold what honest ones hold, packed another way: Automerge would come to another hash.
fn packings(ground: &Ground) -> Vec<Case> {
    let three = || ground.puts(3);
    let actions = |data: Vec<u8>| three().with_column(specification::ACTION, &data);
    vec![
        inspect("a run spelled out", actions(run(-3, &[1, 1, 1]))),
        inspect("a run split in two", actions([run(2, &[1]), run(-1, &[1])].concat())),
        inspect("a literal run split in two", actions([run(-1, &[1]), run(-2, &[0, 1])].concat())),
        inspect("a run of one", actions([run(1, &[1]), run(2, &[0])].concat())),
        inspect("a run of none", actions([run(0, &[0]), run(3, &[1])].concat())),
        inspect("an overlong run length", actions([vec![0x83, 0], vec![1]].concat())),
        inspect("a null action", actions([run(0, &[1]), run(2, &[1])].concat())),
        inspect("a column of nulls alone", three().with_column(specification::OBJECT_ACTOR, &run(0, &[3]))),
        inspect("nulls split in two", {
            let nulls = [run(0, &[1]), run(0, &[1]), run(-1, &[0])].concat();
            three().with_column(specification::OBJECT_ACTOR, &nulls)
        }),
        inspect("an empty run of truth values", three().with_column(specification::INSERT, &[1, 0, 2])),
        inspect("fewer truth values than operations", three().with_column(specification::INSERT, &[2])),
        inspect("more keys than operations", {
            three().with_column(specification::KEY_TEXT, &run(-4, b"\x01a\x01b\x01c\x01d"))
        }),
        inspect("fewer keys than operations", three().with_column(specification::KEY_TEXT, &run(-2, b"\x01a\x01b"))),
        inspect("a column that ends inside a run", actions(run(-3, &[1, 0]))),
    ]
}
