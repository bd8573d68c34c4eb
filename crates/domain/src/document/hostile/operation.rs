//! Changes whose columns are well packed and whose operations mean nothing, or what they must not.

use super::draft::{Draft, column as specification, number, prefixed, run, signed};
use super::{Case, Ground, Stop, change};
use crate::limits;

pub(super) fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = values(ground);
    cases.extend(actions(ground));
    cases.extend(references(ground));
    cases
}

fn inspect(name: &str, draft: Draft) -> Case {
    change(name, Stop::Inspect, draft.chunk())
}

fn values(ground: &Ground) -> Vec<Case> {
    let value = |value_type: u64, bytes: &[u8]| {
        let meta = number((bytes.len() as u64) << 4 | value_type);
        ground
            .put()
            .with_column(specification::VALUE_METADATA, &run(-1, &meta))
            .with_column(specification::VALUE, bytes)
    };
    let key = |bytes: &[u8]| ground.put().with_column(specification::KEY_TEXT, &run(-1, &prefixed(bytes)));
    vec![
        inspect("text with a NUL", value(6, b"te\0a")),
        inspect("text that is not UTF-8", value(6, &[0xff, 0xfe])),
        inspect("text with half a surrogate pair", value(6, &[0xed, 0xa0, 0x80])),
        inspect("text of a byte too many", value(6, &vec![b'x'; limits::TEXT_BYTES + 1])),
        inspect("bytes of a byte too many", value(7, &vec![0; limits::TEXT_BYTES + 1])),
        inspect("a key with a NUL", key(b"ni\0ght")),
        inspect("a key that is not UTF-8", key(&[0xff])),
        inspect("a key of a byte too many", key(&[b'k'; limits::KEY_BYTES + 1])),
        inspect("a null with a value", value(0, &[1])),
        inspect("a truth value with a value", value(2, &[1])),
        inspect("a number that is not finite", value(5, &f64::NAN.to_le_bytes())),
        inspect("a fraction of four bytes", value(5, &1_f32.to_le_bytes())),
        inspect("an overlong whole number", value(3, &[0x81, 0])),
        inspect("a whole number with bytes left over", value(4, &[1, 1])),
        inspect("a whole number of 70 bits", value(3, &[0xff; 10])),
        inspect("a counter without a number", value(8, &[])),
        inspect("a value of an unknown type", value(12, &[1])),
        inspect("a value longer than the values", {
            ground.put().with_column(specification::VALUE_METADATA, &run(-1, &number(4 << 4 | 6)))
        }),
        inspect("values left over", {
            ground.put().with_column(specification::VALUE_METADATA, &run(-1, &number(2 << 4 | 6)))
        }),
    ]
}

/// Without a value.
fn bare(ground: &Ground, action: u64) -> Draft {
    ground
        .put()
        .with_column(specification::ACTION, &run(-1, &number(action)))
        .with_column(specification::VALUE_METADATA, &run(-1, &[0]))
        .with_column(specification::VALUE, &[])
}

/// Replaces the operation of this counter by the author itself.
fn replacing(draft: Draft, counter: u64) -> Draft {
    let counter = i64::try_from(counter).expect("a counter");
    draft
        .with_column(specification::PREDECESSOR_COUNT, &run(-1, &[1]))
        .with_column(specification::PREDECESSOR_ACTOR, &run(-1, &[0]))
        .with_column(specification::PREDECESSOR_COUNTER, &run(-1, &signed(counter)))
}

fn actions(ground: &Ground) -> Vec<Case> {
    let acting = |action: u64| ground.put().with_column(specification::ACTION, &run(-1, &number(action)));
    vec![
        inspect("an unknown action", bare(ground, 8)),
        inspect("action u64::MAX", bare(ground, u64::MAX)),
        inspect("a table", bare(ground, 6)),
        inspect("a mark", bare(ground, 7)),
        inspect("a map made with a value", acting(0)),
        inspect("a deletion with a value", replacing(acting(3), 1)),
        inspect("a deletion of nothing", bare(ground, 3)),
        inspect("counting on nothing", {
            bare(ground, 5)
                .with_column(specification::VALUE_METADATA, &run(-1, &[1 << 4 | 4]))
                .with_column(specification::VALUE, &[1])
        }),
        inspect("counting by a text", replacing(acting(5), 1)),
        inspect("counting by nothing", replacing(bare(ground, 5), 1)),
        inspect("an insertion into a map", ground.put().with_column(specification::INSERT, &[0, 1])),
        inspect("an insertion that replaces", {
            let head = ground
                .put()
                .with_column(specification::OBJECT_ACTOR, &run(-1, &[0]))
                .with_column(specification::OBJECT_COUNTER, &run(-1, &[1]))
                .with_column(specification::KEY_TEXT, &[])
                .with_column(specification::KEY_COUNTER, &run(-1, &[0]))
                .with_column(specification::INSERT, &[0, 1]);
            replacing(head, 1)
        }),
    ]
}

/// An operation in an object, on an element.
fn in_object(ground: &Ground, actor: u64, counter: u64) -> Draft {
    ground
        .put()
        .with_column(specification::OBJECT_ACTOR, &run(-1, &number(actor)))
        .with_column(specification::OBJECT_COUNTER, &run(-1, &number(counter)))
}

fn references(ground: &Ground) -> Vec<Case> {
    let own = ground.put().start_op;
    let element = |key: i64| {
        in_object(ground, 0, 1)
            .with_column(specification::KEY_TEXT, &[])
            .with_column(specification::KEY_ACTOR, &run(-1, &[0]))
            .with_column(specification::KEY_COUNTER, &run(-1, &signed(key)))
    };
    let pair = |counters: &[u8]| {
        ground
            .put()
            .with_column(specification::PREDECESSOR_COUNT, &run(-1, &[2]))
            .with_column(specification::PREDECESSOR_ACTOR, &run(2, &[0]))
            .with_column(specification::PREDECESSOR_COUNTER, counters)
    };
    let next = i64::try_from(own).expect("a counter") + 1;
    vec![
        inspect("an actor that is not listed", in_object(ground, 1, 1)),
        inspect("actor u64::MAX", in_object(ground, u64::MAX, 1)),
        inspect("an operation in itself", in_object(ground, 0, own)),
        inspect("an operation in one that comes later", in_object(ground, 0, own + 5)),
        inspect("an object near u64::MAX", in_object(ground, 0, u64::MAX)),
        inspect("an object of operation 0", in_object(ground, 0, 0)),
        inspect("an object that is half an id", {
            ground.put().with_column(specification::OBJECT_ACTOR, &run(-1, &[0]))
        }),
        inspect("an element of an operation that comes later", element(next)),
        inspect("an element before operation 0", element(-1)),
        inspect("an element in the root", {
            element(1).with_column(specification::OBJECT_ACTOR, &[]).with_column(specification::OBJECT_COUNTER, &[])
        }),
        inspect("an element and a key at once", {
            element(1).with_column(specification::KEY_TEXT, &run(-1, b"\x05night"))
        }),
        inspect("a change of the head of a list", element(0).with_column(specification::KEY_ACTOR, &[])),
        inspect("an operation that replaces itself", replacing(ground.put(), own)),
        inspect("what is replaced out of order", pair(&run(-2, &[2, 0x7f]))),
        inspect("what is replaced twice", pair(&run(-2, &[2, 0]))),
        inspect("an operation in a text put just before as a value", {
            // The first puts a text; the second is in it as if it were a map.
            ground
                .puts(2)
                .with_column(specification::OBJECT_ACTOR, &[run(0, &[1]), run(-1, &[0])].concat())
                .with_column(specification::OBJECT_COUNTER, &[run(0, &[1]), run(-1, &number(own))].concat())
        }),
    ]
}
