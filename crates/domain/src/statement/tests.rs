//! Whatever was signed, by whomever, in whatever order it arrives: every node holds the same statements.

use super::*;
use crate::identity::signing::SecretKey;
use crate::{RecordId, VersionId, limits};
use proptest::prelude::*;
use std::collections::BTreeSet;

const OWNER: OrgId = OrgId::from_bytes([7; 32]);

fn key() -> SecretKey {
    SecretKey::from_seed(&[9; 32])
}

fn doc_id() -> DocId {
    DocId::new(RecordId::from_bytes([4; 16]), Kind::LISTING, &OWNER)
}

/// A statement by incarnation `who` that has seen this much.
fn statement(generation: u64, who: u8, seen: Seen, life: Life, at: i64) -> Statement {
    let incarnation = Incarnation::from_bytes([who; 8]);
    Statement {
        org_id: OWNER,
        doc_id: doc_id(),
        kind: Kind::LISTING,
        scope_id: ScopeId::from_bytes([3; 16]),
        generation,
        key_id: key().public().id(),
        incarnation,
        rev: seen.get(&incarnation).copied().unwrap_or(0),
        seen,
        base: Seen::new(),
        base_changes: Seen::new(),
        heads: if life == Life::Erased { BTreeSet::new() } else { [ChangeHash::from_bytes([1; 32])].into() },
        life,
        moved_to: None,
        signed_at: Timestamp::from_ms(at),
    }
}

/// Few incarnations and small revs, so that histories touch; forged ones too: nobody says that `seen` is true.
fn any_statement() -> impl Strategy<Value = SignedStatement> {
    let seen = prop::collection::btree_map(0_u8..4, 1_u64..4, 1..4);
    let life = prop_oneof![Just(Life::Live), Just(Life::Withdrawn), Just(Life::Erased)];
    (1_u64..3, seen, any::<prop::sample::Index>(), life, 0_i64..3).prop_map(|(generation, seen, who, life, at)| {
        let who = *who.get(&seen.keys().copied().collect::<Vec<_>>());
        let seen = seen.into_iter().map(|(i, rev)| (Incarnation::from_bytes([i; 8]), rev)).collect();
        SignedStatement::sign(statement(generation, who, seen, life, at), &key())
    })
}

fn held(statements: &[SignedStatement]) -> CurrentSet {
    let mut set = CurrentSet::default();
    for statement in statements {
        set.enter(statement.clone()).expect("the set has room");
    }
    set
}

fn ids(set: &CurrentSet) -> BTreeSet<VersionId> {
    set.iter().map(SignedStatement::version_id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn replacing_is_a_strict_partial_order(a in any_statement(), b in any_statement(), c in any_statement()) {
        prop_assert!(!replaces(&a, &a));
        prop_assert!(!(replaces(&a, &b) && replaces(&b, &a)));
        if replaces(&a, &b) && replaces(&b, &c) {
            prop_assert!(replaces(&a, &c));
        }
        let are_equal_in_place = a.statement().generation == b.statement().generation
            && a.statement().seen == b.statement().seen;
        if are_equal_in_place && a.version_id() != b.version_id() {
            prop_assert!(replaces(&a, &b) || replaces(&b, &a), "of twins one stands");
        }
    }

    #[test]
    fn the_set_is_the_same_for_every_order_and_repetition(
        statements in prop::collection::vec(any_statement(), 0..12),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..24),
    ) {
        let set = held(&statements);
        let mut shuffled: Vec<_> =
            if statements.is_empty() { Vec::new() } else { order.iter().map(|i| i.get(&statements).clone()).collect() };
        shuffled.extend(statements.iter().rev().cloned());
        prop_assert_eq!(&held(&shuffled), &set);

        let maximal: BTreeSet<_> = statements
            .iter()
            .filter(|s| !statements.iter().any(|t| replaces(t, s)))
            .map(SignedStatement::version_id)
            .collect();
        prop_assert_eq!(ids(&set), maximal, "what is held is what nothing replaces");
    }

    /// Somebody who joins late is given the current set alone, and then whatever comes, as everybody is.
    #[test]
    fn a_late_joiner_ends_with_the_same_set(
        early in prop::collection::vec(any_statement(), 0..8),
        late in prop::collection::vec(any_statement(), 0..8),
    ) {
        let current: Vec<_> = held(&early).iter().cloned().collect();
        prop_assert_eq!(&held(&current), &held(&early));
        let all = [early, late.clone()].concat();
        prop_assert_eq!(held(&[current, late].concat()), held(&all));
    }

    /// The next writer's statement replaces all that it saw.
    #[test]
    fn the_next_write_replaces_what_is_held(statements in prop::collection::vec(any_statement(), 1..8)) {
        let mut set = held(&statements);
        let (generation, mut seen) = set.seen();
        seen.insert(Incarnation::from_bytes([9; 8]), 1);
        let next = SignedStatement::sign(statement(generation, 9, seen, Life::Live, 0), &key());
        prop_assert!(set.iter().all(|s| replaces(&next, s)));
        set.enter(next.clone()).unwrap();
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), vec![&next]);
    }

    #[test]
    fn what_is_signed_is_read_back_and_only_in_one_form(
        signed in any_statement(),
        base in prop::collection::btree_map(any::<[u8; 8]>(), 1_u64.., 0..4),
        heads in prop::collection::btree_set(any::<[u8; 32]>(), 1..4),
        moved_to in proptest::option::of((any::<[u8; 32]>(), any::<[u8; 32]>())),
        at in any::<i64>(),
        extra in prop::collection::vec(any::<u8>(), 1..4),
    ) {
        let mut said = signed.statement().clone();
        said.base = base.into_iter().map(|(i, rev)| (Incarnation::from_bytes(i), rev)).collect();
        said.base_changes = said.base.clone();
        if said.life != Life::Erased {
            said.heads = heads.into_iter().map(ChangeHash::from_bytes).collect();
        }
        said.moved_to = moved_to.map(|(org, doc)| (OrgId::from_bytes(org), DocId::from_bytes(doc)));
        said.signed_at = Timestamp::from_ms(at);
        let signed = SignedStatement::sign(said.clone(), &key());
        let read = SignedStatement::parse(signed.bytes()).unwrap();
        prop_assert_eq!(read.statement(), &said);
        prop_assert_eq!(&read, &signed);
        prop_assert_eq!(read.verify(&key().public()), Ok(()));
        prop_assert!(read.verify(&SecretKey::from_seed(&[1; 32]).public()).is_err());
        let longer = [signed.bytes(), &extra].concat();
        prop_assert!(SignedStatement::parse(&longer).is_err(), "something behind it: {extra:?}");
    }

    #[test]
    fn a_changed_byte_is_refused_or_fails(signed in any_statement(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        check_changed(&signed, at.index(signed.bytes().len()), |_| to);
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = SignedStatement::parse(&bytes);
    }
}

fn check_changed(signed: &SignedStatement, at: usize, change: impl Fn(u8) -> u8) {
    let mut bytes = signed.bytes().to_vec();
    bytes[at] = change(bytes[at]);
    if bytes != signed.bytes() {
        let outcome = SignedStatement::parse(&bytes).and_then(|s| s.verify(&key().public()));
        assert!(outcome.is_err(), "byte {at} set to {}", bytes[at]);
    }
}

#[test]
fn every_flipped_bit_is_refused_or_fails() {
    let seen = [(Incarnation::from_bytes([1; 8]), 300), (Incarnation::from_bytes([2; 8]), 1)].into();
    let signed = SignedStatement::sign(statement(1, 1, seen, Life::Live, 1_800_000_000_000), &key());
    for at in 0..signed.bytes().len() {
        for bit in 0..8 {
            check_changed(&signed, at, |byte| byte ^ (1 << bit));
        }
    }
}

#[test]
fn a_full_set_refuses_and_stays_as_it_is() {
    let apart = |n: usize| {
        let who = u8::try_from(n).unwrap();
        let seen = [(Incarnation::from_bytes([who; 8]), 1)].into();
        SignedStatement::sign(statement(1, who, seen, Life::Live, 0), &key())
    };
    let all: Vec<_> = (0..limits::CURRENT_STATEMENTS).map(apart).collect();
    let mut set = held(&all);
    let before = set.clone();
    let refusal = set.enter(apart(limits::CURRENT_STATEMENTS)).unwrap_err();
    assert_eq!((refusal.kind, &set), (crate::RefusalKind::TooLarge, &before));
    assert_eq!(set.standing().count(), limits::STANDING_STATEMENTS);
    let (generation, seen) = set.seen();
    let reset = SignedStatement::sign(
        Statement {
            base: Seen::new(),
            ..statement(generation + 1, 1, [(Incarnation::from_bytes([1; 8]), 1)].into(), Life::Live, 0)
        },
        &key(),
    );
    assert_eq!(seen.len(), limits::CURRENT_STATEMENTS);
    let Entered::Current { replaced, twin } = set.enter(reset).unwrap() else { panic!("a reset is current") };
    assert_eq!((replaced.len(), twin), (limits::CURRENT_STATEMENTS, None));
}
