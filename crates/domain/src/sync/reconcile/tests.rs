use super::*;
use std::collections::BTreeSet;

fn id(n: u32) -> (Timestamp, VersionId) {
    let digest = crate::identity::signing::Tag::STATEMENT.digest(&n.to_be_bytes());
    (Timestamp::from_ms(1_700_000_000_000 + i64::from(n)), VersionId::from_bytes(digest))
}

/// Reconciles two sets and gives what the initiator found, with the number of round trips.
fn check(here: &[u32], there: &[u32]) -> (usize, usize, u32) {
    let now = Timestamp::from_ms(0);
    let [mut a, mut b] =
        [here, there].map(|set| Session::new(now, &set.iter().map(|n| id(*n)).collect::<Vec<_>>()).expect("sealed"));
    let (mut have, mut need) = (BTreeSet::new(), BTreeSet::new());
    let mut frame = Some(a.initiate().expect("first frame"));
    let mut rounds = 0;
    while let Some(query) = frame {
        rounds += 1;
        let answer = b.respond(now, &query).expect("answer");
        let found = a.advance(now, &answer).expect("advance");
        have.extend(found.have);
        need.extend(found.need);
        frame = found.next;
    }
    let ids = |set: &[u32]| set.iter().map(|n| id(*n).1).collect::<BTreeSet<_>>();
    assert_eq!(have, &ids(here) - &ids(there));
    assert_eq!(need, &ids(there) - &ids(here));
    (have.len(), need.len(), rounds)
}

#[test]
fn differences_are_found_on_both_sides() {
    let all: Vec<u32> = (0..5_000).collect();
    assert_eq!(check(&[], &[]), (0, 0, 1));
    assert_eq!(check(&all, &all), (0, 0, 1));
    assert_eq!(check(&all, &[]), (5_000, 0, 1));
    assert_eq!(check(&all[..4_900], &all[100..]), (100, 100, 2));
}

#[test]
fn frames_that_are_no_frames_are_refused() {
    let now = Timestamp::from_ms(0);
    let mut session = Session::new(now, &[id(1), id(2)]).expect("sealed");
    for bytes in [&[][..], &[0xff], &[0x61, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[0x61, 0, 0, 9, 1]] {
        let _ = session.respond(now, bytes);
    }
    let late = now.plus_ms(limits::RECONCILE_MS + 1);
    assert!(session.respond(late, &[0x61]).is_err());
}
