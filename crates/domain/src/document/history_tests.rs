//! Histories small enough to draw: letters are changes, each with its actor, number and dependencies.

use super::*;
use crate::{Incarnation, OrgId};

/// A change by actor `who`, number `seq`, of two operations, named by one letter.
fn change(name: char, who: u8, seq: u64, start_op: u64, deps: &str) -> StoredChange {
    let owner = OrgId::from_bytes([7; 32]);
    StoredChange {
        hash: hash(name),
        deps: deps.chars().map(hash).collect(),
        actor: ActorId::new(&owner, Incarnation::from_bytes([who; 8])),
        seq,
        start_op,
        operations: 2,
        bytes: vec![0; 100],
    }
}

fn hash(name: char) -> ChangeHash {
    ChangeHash::from_bytes([u8::try_from(name).unwrap(); 32])
}

fn hashes(names: &str) -> BTreeSet<ChangeHash> {
    names.chars().map(hash).collect()
}

fn names<'a>(hashes: impl IntoIterator<Item = &'a ChangeHash>) -> String {
    hashes.into_iter().map(|h| char::from(h.as_bytes()[0])).collect()
}

/// a - b - d (actor 1), c (actor 2) upon a, e (actor 2) joins d and c.
fn diamond() -> History {
    History::new([
        change('a', 1, 1, 1, ""),
        change('b', 1, 2, 3, "a"),
        change('c', 2, 1, 3, "a"),
        change('d', 1, 3, 5, "b"),
        change('e', 2, 2, 7, "cd"),
    ])
    .unwrap()
}

#[test]
fn walks_the_graph() {
    let history = diamond();
    assert_eq!(names(history.heads()), "e");
    assert_eq!(names(&history.ancestors(&hashes("bc"))), "abc");
    assert_eq!(names(&history.ancestors(&hashes("z"))), "");
    assert_eq!(names(&history.missing(&hashes("ez"))), "z");
    assert_eq!(names(&history.unreachable(&hashes("c"))), "bde");
    assert_eq!((history.len(), history.bytes(), history.operations(), history.max_op()), (5, 500, 10, 8));
    assert_eq!(history.last_seq(&change('x', 1, 1, 1, "").actor), 3);
    assert_eq!(history.last_seq(&change('x', 9, 1, 1, "").actor), 0);
}

#[test]
fn since_is_what_the_other_side_lacks_in_causal_order() {
    let history = diamond();
    let since = |heads: &str, have: &str| -> String {
        names(history.since(&hashes(heads), &hashes(have)).into_iter().map(|c| &c.hash))
    };
    assert_eq!(since("e", ""), "abcde");
    assert_eq!(since("e", "c"), "bde");
    assert_eq!(since("e", "zc"), "bde", "what is not known here tells nothing");
    assert_eq!(since("c", "d"), "c");
    assert_eq!(since("e", "e"), "");
}

#[test]
fn a_part_of_a_history_is_a_history() {
    let history = diamond();
    assert_eq!(names(history.behind(&hashes("d")).changes().iter().map(|c| &c.hash)), "abd");
    assert_eq!(names(history.without(&hashes("c")).changes().iter().map(|c| &c.hash)), "abd");
    assert_eq!(history.behind(history.heads()), history);
}

#[test]
fn admits_only_what_automerge_would_have_made() {
    use RefusalKind::*;
    let check = |next: StoredChange, expected: Result<(), RefusalKind>| {
        let mut history = diamond();
        let before = history.clone();
        let got = history.append(next.clone());
        assert_eq!(got.clone().map_err(|r| r.kind), expected, "{next:?}: {got:?}");
        if got.is_err() {
            assert_eq!(history, before);
        }
    };
    check(change('f', 1, 4, 9, "de"), Ok(()));
    check(change('f', 3, 1, 9, "e"), Ok(()));
    check(change('f', 3, 1, 1, ""), Ok(()));
    check(change('b', 1, 2, 3, "a"), Err(AlreadyDone));
    check(change('f', 1, 4, 9, "dez"), Err(NotFound));
    check(change('f', 1, 4, 9, "f"), Err(NotFound));
    check(change('f', 1, 2, 3, "a"), Err(Equivocation));
    check(change('f', 1, 5, 9, "de"), Err(Malformed));
    check(change('f', 3, 2, 9, "e"), Err(Malformed));
    check(change('f', 1, 4, 9, "e"), Err(Malformed));
    check(change('f', 3, 1, 8, "e"), Err(Malformed));
    check(change('f', 3, 1, 10, "e"), Err(Malformed));
    check(change('f', 3, 1, 2, ""), Err(Malformed));
}

#[test]
fn a_document_has_limits() {
    let check = |mut next: StoredChange, bytes: usize, operations: u64| {
        next.bytes = vec![0; bytes];
        next.operations = operations;
        diamond().append(next).map_err(|r| r.kind)
    };
    let next = || change('f', 3, 1, 9, "e");
    assert_eq!(check(next(), limits::DOCUMENT_BYTES - 500, 1), Ok(()));
    assert_eq!(check(next(), limits::DOCUMENT_BYTES - 499, 1), Err(RefusalKind::TooLarge));
    assert_eq!(check(next(), 1, limits::DOCUMENT_OPERATIONS - 10), Ok(()));
    assert_eq!(check(next(), 1, limits::DOCUMENT_OPERATIONS - 9), Err(RefusalKind::TooLarge));
}
