//! What Automerge writes is read; what it would not write is not.

use super::*;
use crate::document::hostile::honest;
use proptest::prelude::*;

fn check_is_read(change: &automerge::Change, owner: &OrgId) -> StoredChange {
    let read = inspect(change.raw_bytes(), owner).unwrap_or_else(|r| panic!("{r}: {:?}", change.decode()));
    assert_eq!(read.hash.as_bytes(), &change.hash().0);
    assert_eq!(read.actor.as_bytes().as_slice(), change.actor_id().to_bytes());
    assert_eq!(
        read.deps.iter().map(|d| *d.as_bytes()).collect::<Vec<_>>(),
        change.deps().iter().map(|d| d.0).collect::<Vec<_>>()
    );
    assert_eq!((read.seq, read.start_op), (change.seq(), change.start_op().get()));
    assert_eq!((read.operations, read.max_op()), (change.len() as u64, change.max_op()));
    assert_eq!(read.bytes, change.raw_bytes());
    read
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Documents that several actors edited apart and together: maps, texts, lists, counters, conflicts, deletions.
    #[test]
    fn whatever_automerge_writes_is_read_and_admitted(seed in any::<u64>()) {
        let owner = OrgId::from_bytes([7; 32]);
        let mut history = crate::document::History::default();
        for change in honest::document(&owner, seed, 40).get_changes(&[]) {
            let read = check_is_read(&change, &owner);
            prop_assert_eq!(history.append(read), Ok(()));
        }
        prop_assert_eq!(history.check_references(history.changes().iter().map(|c| &c.hash)), Ok(()));
    }
}
