use super::*;
use crate::proposal::ProposedEdit;
use crate::{ChangeHash, RecordId, document::Edit};
use serde_json::json;

const OWN: OrgId = OrgId::from_bytes([1; 32]);

fn org(n: usize) -> OrgId {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
    OrgId::from_bytes(bytes)
}

fn record(n: usize) -> RecordId {
    RecordId::from_bytes((n as u128).to_be_bytes())
}

fn listing(owner: &OrgId, n: usize) -> DocId {
    DocId::new(record(n), Kind::LISTING, owner)
}

fn row(doc_id: DocId, kind: Kind, owner: OrgId) -> DocumentRow {
    DocumentRow {
        doc_id,
        kind,
        owner,
        life: Life::Live,
        is_public: false,
        name: String::new(),
        about: None,
        value: json!(null),
        heads: Vec::new(),
        conflicts: 0,
        last_modified: Timestamp::default(),
        bytes: 1,
    }
}

/// The `n`th proposal of a maker, to a listing of an owner.
fn proposal(maker: OrgId, n: usize, owner: OrgId, target: DocId) -> DocumentRow {
    let edit = Edit { path: vec!["fees".to_owned()], value: Some(json!("free")) };
    let proposal = Proposal {
        target,
        owner,
        generation: 1,
        at_heads: [ChangeHash::from_bytes([3; 32])].into(),
        edits: vec![ProposedEdit { edit, was: None }],
        note: String::new(),
        made_at: Timestamp::default(),
    };
    let doc_id = DocId::new(record(n), Kind::PROPOSAL, &maker);
    DocumentRow { value: proposal.value(), about: Some(target), ..row(doc_id, Kind::PROPOSAL, maker) }
}

fn withdrawn(row: &DocumentRow) -> DocumentRow {
    DocumentRow { life: Life::Withdrawn, ..row.clone() }
}

/// As many proposals of one maker as there is room for in all, each to another listing.
fn flood(maker: OrgId) -> Vec<DocumentRow> {
    (0..limits::PROPOSALS_WAITING).map(|n| proposal(maker, n, OWN, listing(&OWN, n))).collect()
}

#[test]
fn the_flood_of_one_leaves_the_room_of_the_others() {
    let mut proposals = Proposals::default();
    flood(org(1)).iter().for_each(|row| proposals.note(row, &OWN));
    assert_eq!(proposals.due(usize::MAX).len(), limits::PROPOSALS_OF_MAKER);
    let keepers = proposal(org(2), 1, OWN, listing(&OWN, 1));
    proposals.note(&keepers, &OWN);
    assert!(proposals.due(usize::MAX).contains(&keepers.doc_id));
    let claim = DocumentRow {
        about: Some(listing(&OWN, 7)),
        ..row(DocId::new(record(7), Kind::LISTING, &org(3)), Kind::LISTING, org(3))
    };
    proposals.note(&claim, &OWN);
    assert!(proposals.due(usize::MAX).contains(&claim.doc_id));
}

#[test]
fn a_flood_read_at_the_start_takes_no_room_either() {
    let (keepers, mine) = (proposal(org(2), 1, OWN, listing(&OWN, 1)), proposal(OWN, 2, org(4), listing(&org(4), 1)));
    let rows: Vec<_> = flood(org(1)).into_iter().chain([keepers.clone(), mine.clone()]).collect();
    let proposals = Proposals::read(&rows, &OWN);
    assert!(proposals.concern(&keepers.doc_id).is_some() && proposals.concern(&mine.doc_id).is_some());
}

#[test]
fn own_proposals_take_no_room_of_others_and_have_no_end() {
    let mut proposals = Proposals::default();
    for n in 0..=limits::PROPOSALS_WAITING {
        proposals.note(&proposal(OWN, n, org(1), listing(&org(1), n)), &OWN);
    }
    assert_eq!(proposals.due(usize::MAX).len(), limits::PROPOSALS_WAITING + 1);
    let theirs = proposal(org(2), 1, OWN, listing(&OWN, 1));
    proposals.note(&theirs, &OWN);
    assert!(proposals.concern(&theirs.doc_id).is_some());
}

#[test]
fn one_maker_has_as_many_open_on_a_listing_as_it_may_send() {
    let mut proposals = Proposals::default();
    let supper = listing(&OWN, 1);
    let all: Vec<_> = (0..=limits::PROPOSALS_OPEN).map(|n| proposal(org(1), n, OWN, supper)).collect();
    all.iter().for_each(|row| proposals.note(row, &OWN));
    assert_eq!(proposals.on(&supper).count(), limits::PROPOSALS_OPEN);
    // One that was answered makes way, and counts for its maker until that takes it back.
    proposals.close(&all[0].doc_id);
    proposals.note(&all[limits::PROPOSALS_OPEN], &OWN);
    assert_eq!(proposals.on(&supper).count(), limits::PROPOSALS_OPEN);
    assert!(proposals.concern(&all[0].doc_id).is_some());
    proposals.note(&withdrawn(&all[0]), &OWN);
    assert!(proposals.concern(&all[0].doc_id).is_none());
    assert_eq!(proposals.ended(usize::MAX), [all[0].doc_id]);
}

#[test]
fn what_was_answered_counts_until_it_is_taken_back() {
    let mut proposals = Proposals::default();
    let all: Vec<_> = (0..limits::PROPOSALS_OF_MAKER).map(|n| proposal(org(1), n, OWN, listing(&OWN, n))).collect();
    for row in &all {
        proposals.note(row, &OWN);
        proposals.close(&row.doc_id);
    }
    let more = proposal(org(1), usize::MAX, OWN, listing(&OWN, 0));
    proposals.note(&more, &OWN);
    assert!(proposals.concern(&more.doc_id).is_none());
    // Taken back as something that cannot be read, it is done with all the same.
    proposals.note(&DocumentRow { value: json!(null), ..withdrawn(&all[3]) }, &OWN);
    assert_eq!(proposals.ended(usize::MAX), [all[3].doc_id]);
    proposals.note(&more, &OWN);
    assert!(proposals.concern(&more.doc_id).is_some());
}

#[test]
fn who_is_passed_over_is_told_of_once() {
    let mut proposals = Proposals::read(&flood(org(1)), &OWN);
    assert!(proposals.has_due());
    assert_eq!(proposals.passed_over(), [org(1)].into());
    flood(org(1)).iter().for_each(|row| proposals.note(row, &OWN));
    assert_eq!(proposals.passed_over(), [].into());
}

#[test]
fn a_keeper_is_taken_at_its_word_so_often_a_day() {
    let mut proposals = Proposals::default();
    let (keeper, other, day) = (org(1), org(2), |n: i64| Timestamp::from_ms(n * DAY_MS));
    for _ in 0..limits::PROPOSALS_TAKEN_A_DAY {
        assert_eq!(proposals.allowance(keeper, day(5)), Allowance::Left);
        proposals.count_taken(keeper);
    }
    assert_eq!(proposals.allowance(keeper, day(5)), Allowance::UsedUp);
    assert_eq!(proposals.allowance(keeper, day(5).plus_ms(DAY_MS - 1)), Allowance::Over);
    assert_eq!(proposals.allowance(other, day(5)), Allowance::Left, "another keeper has its own");
    assert_eq!(proposals.allowance(keeper, day(6)), Allowance::Left);
    assert_eq!(proposals.allowance(keeper, day(1)), Allowance::Left, "a clock was put back");
}
