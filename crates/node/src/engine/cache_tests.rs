//! What was used last stays.

use super::*;
use domain::OrgId;
use domain::RecordId;
use domain::document::Kind;

fn id(n: u8) -> DocId {
    DocId::new(RecordId::from_bytes([n; 16]), Kind::LISTING, &OrgId::from_bytes([1; 32]))
}

fn keep(cache: &mut Cache, n: u8) {
    let document = Document::new(id(n), Kind::LISTING, OrgId::from_bytes([1; 32]));
    cache.keep([(id(n), document)].into());
}

fn take(cache: &mut Cache, n: u8) -> bool {
    let mut needs = Needs { documents: [id(n)].into(), ..Needs::default() };
    let taken = cache.take(&mut needs);
    assert_eq!(taken.is_empty(), needs.documents.contains(&id(n)), "what is not taken is still needed");
    !taken.is_empty()
}

#[test]
fn the_longest_unused_goes_first() {
    let mut cache = Cache::new(2 * DOCUMENT_OVERHEAD_BYTES);
    keep(&mut cache, 1);
    keep(&mut cache, 2);
    assert!(take(&mut cache, 1));
    keep(&mut cache, 1);
    keep(&mut cache, 3);
    assert_eq!([1, 2, 3].map(|n| take(&mut cache, n)), [true, false, true]);
    assert_eq!(cache.bytes, 0);
}

#[test]
fn a_cleared_cache_keeps_its_limit() {
    let mut cache = Cache::new(DOCUMENT_OVERHEAD_BYTES);
    keep(&mut cache, 1);
    cache.clear();
    assert!(!take(&mut cache, 1));
    keep(&mut cache, 2);
    keep(&mut cache, 3);
    assert_eq!([2, 3].map(|n| take(&mut cache, n)), [false, true]);
}

#[test]
fn what_is_there_is_said_and_given_and_nothing_else() {
    let mut cache = Cache::new(4 * DOCUMENT_OVERHEAD_BYTES);
    keep(&mut cache, 1);
    keep(&mut cache, 2);
    assert_eq!([1, 2, 3].map(|n| cache.has(&id(n))), [true, true, false]);
    let taken = cache.take_all(&[id(1), id(3)].into());
    assert_eq!(taken.keys().collect::<Vec<_>>(), [&id(1)]);
    assert_eq!([1, 2].map(|n| cache.has(&id(n))), [false, true]);
}
