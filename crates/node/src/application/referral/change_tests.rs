use super::*;
use domain::{DocId, OrgId};

fn record(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn cursor(position: u64, doc_id: DocId) -> LogCursor {
    LogCursor { epoch: [7; 8], position, doc_id, quiet_until: 0 }
}

/// The second changed in both its documents and goes on from the first.
#[test]
fn each_referral_comes_once_and_one_that_another_goes_on_from_before_it() {
    let owner = OrgId::from_bytes([1; 32]);
    let entry = |position, id, kind| LogEntry {
        cursor: cursor(position, DocId::new(id, kind, &owner)),
        owner,
        about: None,
        stands: None,
    };
    let before = cursor(0, DocId::from_bytes([0; 32]));
    let entries =
        [entry(1, record(2), Kind::REQUEST), entry(2, record(3), Kind::REQUEST), entry(3, record(2), Kind::RESPONSE)];
    let entries: Vec<_> = entries.iter().map(|entry| (entry, about(entry))).collect();
    let told = places(&before, &entries, |id| (*id == record(2)).then(|| record(1)));
    let at = |n: usize| entries[n].0.cursor.to_string();
    let expected = [(record(3), at(1)), (record(1), at(1)), (record(2), at(2))];
    assert_eq!(told, expected, "who comes back behind the first of the last two is told of both");

    let told = places(&before, &entries[..1], |_| Some(record(1)));
    assert_eq!(told, [(record(1), before.to_string()), (record(2), at(0))]);
    assert_eq!(places(&before, &[], |_| None), []);
}
