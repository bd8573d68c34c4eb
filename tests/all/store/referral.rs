//! Referrals beside their documents, and what an organisation has to be able to show of them.

use super::database::check;
use super::fixture::{Author, author};
use domain::document::Kind;
use domain::referral::access::{AccessKind, Head, Reading, verify};
use domain::referral::{Basis, Hold, Parties, Role, SharingAgreement};
use domain::statement::Life;
use domain::sync::batch::{DocumentRow, OwnerStanding};
use domain::sync::sealed::{Gather, Held, KeptPayload, LockedKey};
use domain::sync::{Batch, Needs};
use domain::{BlobHash, DataKeyId, DocId, NodeId, RecordId, StaffId, Timestamp};
use sqlx::{AnyConnection, Connection};
use std::collections::BTreeSet;
use store::{Draft, Locked, NotedAgreement, RecordPrefix, RecordRange, Store};

fn referral(number: u8) -> RecordId {
    RecordId::from_bytes([number; 16])
}

fn parties(number: u8) -> Parties {
    Parties { referral: referral(number), sender: author(1).org, receiver: author(2).org }
}

fn request(number: u8) -> DocId {
    parties(number).request()
}

fn key(number: u8, locked: u8) -> LockedKey {
    LockedKey { request: request(number), key_id: DataKeyId::from_bytes([number; 16]), locked: vec![locked; 72] }
}

/// One of the sender's, or from 8 on of the receiver's.
fn payload(number: u8, hash: u8) -> KeptPayload {
    KeptPayload {
        request: request(number),
        hash: BlobHash::from_bytes([hash; 32]),
        owner: author(if hash < 8 { 1 } else { 2 }).org,
        key_id: DataKeyId::from_bytes([number; 16]),
        bytes: vec![hash; 4096],
    }
}

#[test]
fn payloads_and_keys_are_kept_once_and_erased_for_good() {
    check("payloads", async |database| {
        let store = database.open().await;
        let batch = Batch {
            payloads: vec![payload(1, 7), payload(1, 8), payload(2, 7)],
            locked_keys: vec![key(1, 1), key(2, 2)],
            homes: [(author(1).org, [NodeId::from_bytes([3; 16])].into())].into(),
            ..Batch::default()
        };
        store.commit(&batch).await.expect("commits");
        let again = Batch { locked_keys: vec![key(1, 9)], payloads: vec![payload(1, 8)], ..Batch::default() };
        store.commit(&again).await.expect("commits");
        assert_eq!(store.data_key(&request(1)).await.expect("reads"), Some(key(1, 1)), "the first key stays");
        assert_eq!(store.data_key(&request(3)).await.expect("reads"), None);
        assert_eq!(store.payloads(&request(1)).await.expect("reads").len(), 2);
        assert_eq!(store.homes().await.expect("reads"), batch.homes);

        let hash = |hash| BlobHash::from_bytes([hash; 32]);
        let needs = Needs {
            referrals: [request(1), request(3)].into(),
            payloads: [(request(1), hash(8)), (request(2), hash(8))].into(),
            ..Needs::default()
        };
        let loaded = store.load(&needs).await.expect("loads");
        let id = DataKeyId::from_bytes([1; 16]);
        let payloads = [(hash(7), id), (hash(8), id)].into();
        let bytes = [(author(1).org, 4096), (author(2).org, 4096)].into();
        let held = Held { key: Some(id), payloads, bytes, is_erased: false, was_read: false };
        assert_eq!(loaded.referrals, [(request(1), held.clone())].into());
        assert_eq!(loaded.payloads, [(hash(8), vec![8; 4096])].into(), "one referral's payloads are no other's");
        assert_eq!(store.held(&request(1)).await.expect("reads"), held);

        let sealed = async |store: &Store| {
            let usage = store.usage().await.expect("counts");
            [1, 2].map(|number| usage.get(&author(number).org).map_or(0, |usage| usage.sealed_bytes))
        };
        assert_eq!(sealed(&store).await, [2 * 4096, 4096], "each what its own events name, of all referrals");

        let erasing = Batch { at: Timestamp::from_ms(5), erased: [request(1)].into(), ..Batch::default() };
        store.commit(&erasing).await.expect("commits");
        assert_eq!(store.held(&request(1)).await.expect("reads"), Held { is_erased: true, ..Held::default() });
        assert_eq!(store.data_key(&request(1)).await.expect("reads"), None);
        assert_eq!(store.payloads(&request(2)).await.expect("reads").len(), 1, "the others stay");
        assert_eq!(sealed(&store).await, [4096, 0]);
        assert_eq!(store.erased().await.expect("reads"), [(request(1), Timestamp::from_ms(5))].into());

        // A database from before is put back: what was erased since goes again.
        store.commit(&batch).await.expect("commits");
        let gone = store.erase(&[request(1), request(9)].into(), Timestamp::from_ms(6)).await.expect("erases");
        assert_eq!(gone, 1);
        assert_eq!(store.held(&request(1)).await.expect("reads"), Held { is_erased: true, ..Held::default() });
    });
}

#[test]
fn payloads_from_before_count_for_the_sender_where_its_document_is_here() {
    check("payloads_before", async |database| {
        let store = database.open().await;
        let documents = vec![row(&author(1), 1, Kind::REQUEST)];
        assert_eq!(documents[0].doc_id, request(1));
        let payloads = vec![payload(1, 7), payload(1, 8), payload(2, 7)];
        store.commit(&Batch { documents, payloads, ..Batch::default() }).await.expect("commits");
        store.close().await;

        let mut connection = AnyConnection::connect(database.url()).await.expect("connects");
        for back in ["alter table payload drop column owner", "delete from _sqlx_migrations where version = 11"] {
            sqlx::query(back).execute(&mut connection).await.expect("goes back");
        }
        connection.close().await.expect("closes");

        let store = database.open().await;
        let usage = store.usage().await.expect("counts");
        let sealed = [1, 2].map(|number| usage.get(&author(number).org).map_or(0, |usage| usage.sealed_bytes));
        assert_eq!(sealed, [2 * 4096, 0]);
        assert_eq!(store.held(&request(2)).await.expect("reads").payloads.len(), 1, "the others stay");
        store.close().await;
    });
}

/// A document of a referral.
fn row(author: &Author, number: u8, kind: Kind) -> DocumentRow {
    let doc_id = DocId::new(referral(number), kind, &author.org);
    DocumentRow { doc_id, kind, ..author.row(number, "", 1) }
}

fn ids(rows: &[DocumentRow]) -> Vec<DocId> {
    rows.iter().map(|row| row.doc_id).collect()
}

/// Documents of five referrals, in the order of their ids. Of the third there are four, since somebody else wrote under its id; the
/// fourth was withdrawn, and nobody stands for whose the fifth is.
async fn five(store: &Store) -> Vec<DocId> {
    let (sender, receiver, other, hidden) = (author(1), author(2), author(3), author(4));
    let withdrawn = DocumentRow { life: Life::Withdrawn, ..row(&sender, 4, Kind::REQUEST) };
    let empty = DocumentRow { value: serde_json::Value::Null, ..row(&receiver, 4, Kind::RESPONSE) };
    let stand = vec![
        row(&sender, 1, Kind::REQUEST),
        row(&receiver, 1, Kind::RESPONSE),
        row(&sender, 2, Kind::REQUEST),
        row(&sender, 3, Kind::REQUEST),
        row(&receiver, 3, Kind::RESPONSE),
        row(&other, 3, Kind::REQUEST),
        row(&other, 3, Kind::RESPONSE),
        row(&sender, 6, Kind::REQUEST),
    ];
    let mut expected = ids(&stand);
    expected.sort_unstable();
    let beside = [withdrawn, empty, row(&hidden, 5, Kind::REQUEST), row(&sender, 2, Kind::LISTING)];
    let documents = stand.into_iter().chain(beside).collect();
    let owners = [(hidden.org, OwnerStanding::Hidden)].into();
    store.commit(&Batch { documents, owners, ..Batch::default() }).await.expect("commits");
    expected
}

#[test]
fn referrals_are_read_by_id_and_no_page_parts_the_documents_of_one() {
    check("referral_page", async |database| {
        let store = database.open().await;
        let page = async |range: RecordRange, limit| {
            let page = store.referral_page(&range, limit).await.expect("reads");
            (ids(&page.rows), page.next)
        };
        let all = RecordRange::default();
        assert_eq!(page(all, 9).await, (vec![], None));
        let documents = five(&store).await;
        assert_eq!(page(all, 9).await, (documents.clone(), None));
        assert_eq!(page(all, 8).await, (documents.clone(), None), "as many as there are");
        for limit in 1..9 {
            let (mut read, mut range, mut pages) = (Vec::new(), all, 0);
            loop {
                let (ids, next) = page(range, limit).await;
                let records: BTreeSet<_> = ids.iter().map(DocId::record).collect();
                let before: BTreeSet<_> = read.iter().map(DocId::record).collect();
                assert!(records.is_disjoint(&before), "with {limit} at once: {records:?}");
                assert!(ids.len() <= limit + 3, "{limit}: {ids:?}");
                read.extend(ids);
                pages += 1;
                let Some(last) = next else { break };
                assert_eq!(records.last(), Some(&last));
                range = all.after(&last);
            }
            assert_eq!(read, documents, "with {limit} at once");
            assert!(pages <= 8_usize.div_ceil(limit), "{pages} pages with {limit} at once: none is empty");
        }
        assert_eq!(page(all.up_to(&referral(2)), 9).await, (documents[..3].to_vec(), None));
        assert_eq!(page(all.after(&referral(1)).up_to(&referral(2)), 1).await, (documents[2..3].to_vec(), None));
        assert_eq!(page(referral(3).into(), 1).await, (documents[3..7].to_vec(), None));
        assert_eq!(page("0303".parse::<RecordPrefix>().expect("a prefix").into(), 9).await.0, documents[3..7]);
        assert_eq!(page(all.after(&RecordId::from_bytes([0xff; 16])), 9).await, (vec![], None));
    });
}

#[test]
fn both_documents_of_a_few_referrals_are_found_by_their_ids() {
    check("referral_documents", async |database| {
        let store = database.open().await;
        let documents = five(&store).await;
        let of = async |numbers: &[u8]| {
            let referrals = numbers.iter().map(|number| referral(*number)).collect();
            ids(&store.referral_documents(&referrals).await.expect("reads"))
        };
        assert_eq!(of(&[]).await, []);
        assert_eq!(of(&[1]).await, documents[..2]);
        assert_eq!(of(&[3, 1]).await, [&documents[..2], &documents[3..7]].concat());
        assert_eq!(of(&[4, 5, 77]).await, [], "what does not stand, is hidden, or never was");
        assert_eq!(of(&(1..=200).collect::<Vec<_>>()).await, documents, "more than one statement takes");
    });
}

#[test]
fn what_is_to_be_looked_at_stays_until_it_was() {
    check("gathering", async |database| {
        let store = database.open().await;
        let due = |number| (parties(number), Gather::Due);
        let batch = Batch { gathering: [due(1), due(2)].into(), ..Batch::default() };
        store.commit(&batch).await.expect("commits");
        store.commit(&batch).await.expect("again");
        let mut found = store.gathering().await.expect("reads");
        found.sort();
        assert_eq!(found, [parties(1), parties(2)]);
        store
            .commit(&Batch { gathering: [(parties(1), Gather::Done)].into(), ..Batch::default() })
            .await
            .expect("commits");
        assert_eq!(store.gathering().await.expect("reads"), [parties(2)]);
    });
}

#[test]
fn a_draft_is_one_until_it_is_sent_or_thrown_away() {
    check("drafts", async |database| {
        let store = database.open().await;
        let draft = |number, at| Draft { key: key(number, number), at: Timestamp::from_ms(at) };
        store.put_draft(&draft(2, 2)).await.expect("writes");
        store.put_draft(&draft(1, 1)).await.expect("writes");
        store.put_draft(&draft(2, 3)).await.expect("writes");
        let all = RecordRange::default();
        let drafts = async |range: &RecordRange, limit| store.drafts(range, limit).await.expect("reads");
        assert_eq!(drafts(&all, 9).await, [draft(1, 1), draft(2, 3)], "by id");
        assert_eq!(drafts(&all, 1).await, [draft(1, 1)]);
        assert_eq!(drafts(&all.after(&referral(1)), 9).await, [draft(2, 3)]);
        assert_eq!(drafts(&all.up_to(&referral(1)), 9).await, [draft(1, 1)]);
        assert_eq!(drafts(&"02".parse::<RecordPrefix>().expect("a prefix").into(), 9).await, [draft(2, 3)]);
        assert_eq!(store.draft_count().await.expect("counts"), 2);
        assert!(store.has_locked().await.expect("reads"));
        store.commit(&Batch { sent_drafts: [request(1)].into(), ..Batch::default() }).await.expect("commits");
        assert_eq!(drafts(&all, 9).await, [draft(2, 3)]);
        assert!(store.delete_draft(&request(2)).await.expect("writes"));
        assert!(!store.delete_draft(&request(2)).await.expect("writes"));
        assert!(!store.has_locked().await.expect("reads"));
    });
}

#[test]
fn what_is_locked_anew_takes_the_place_of_what_was_there() {
    check("relocked", async |database| {
        let store = database.open().await;
        assert_eq!(store.locked().await.expect("reads"), Locked::default());
        store.commit(&Batch { locked_keys: vec![key(2, 2), key(1, 1)], ..Batch::default() }).await.expect("commits");
        store.put_draft(&Draft { key: key(3, 3), at: Timestamp::from_ms(4) }).await.expect("writes");
        let kept = Locked { keys: vec![key(1, 1), key(2, 2)], drafts: vec![key(3, 3)] };
        let sorted = async |store: &Store| {
            let mut locked = store.locked().await.expect("reads");
            locked.keys.sort_by_key(|key| key.key_id);
            locked
        };
        assert_eq!(sorted(&store).await, kept);
        let gone = LockedKey { key_id: DataKeyId::from_bytes([9; 16]), ..key(2, 9) };
        let anew = Locked { keys: vec![key(1, 7), gone], drafts: vec![key(3, 8)] };
        store.relock(&anew).await.expect("writes");
        let now = Locked { keys: vec![key(1, 7), key(2, 2)], drafts: vec![key(3, 8)] };
        assert_eq!(sorted(&store).await, now, "another key of that referral is none that was locked anew");
        assert_eq!(
            store.drafts(&RecordRange::default(), 10).await.expect("reads")[0].at,
            Timestamp::from_ms(4),
            "nobody touched it"
        );
    });
}

#[test]
fn agreements_and_holds_stand_until_they_are_replaced() {
    check("agreements", async |database| {
        let store = database.open().await;
        let noted = |reference: &str, at| {
            let partner = author(2).org;
            let (expires_at, now) = (Timestamp::from_ms(at + 1_000_000), Timestamp::from_ms(at));
            let agreement = SharingAgreement::new(partner, reference, None, expires_at, now).expect("an agreement");
            NotedAgreement { agreement, noted_at: now }
        };
        let at = 1_800_000_000_000;
        store.put_sharing_agreement(&noted("DSA 1", at)).await.expect("writes");
        let newer = noted("DSA 2", at + 5);
        store.put_sharing_agreement(&newer).await.expect("writes");
        assert_eq!(store.sharing_agreements().await.expect("reads"), std::slice::from_ref(&newer));
        assert_eq!(store.sharing_agreement(&author(2).org).await.expect("reads"), Some(newer));
        assert_eq!(store.sharing_agreement(&author(3).org).await.expect("reads"), None);
        assert!(store.delete_sharing_agreement(&author(2).org).await.expect("writes"));
        assert!(!store.delete_sharing_agreement(&author(2).org).await.expect("writes"));

        let hold = |until| Hold { basis: Basis::Safeguarding, until: Timestamp::from_ms(until) };
        store.put_hold(&referral(1), &hold(5), Timestamp::from_ms(1)).await.expect("writes");
        store.put_hold(&referral(1), &hold(9), Timestamp::from_ms(2)).await.expect("writes");
        assert_eq!(store.holds().await.expect("reads"), [(referral(1), hold(9))].into());
        assert_eq!(store.hold(&referral(1)).await.expect("reads"), Some(hold(9)));
        assert_eq!(store.hold(&referral(2)).await.expect("reads"), None);
    });
}

#[test]
fn the_log_of_who_read_what_hangs_together_whoever_writes_at_once() {
    check("readings", async |database| {
        let store = database.open().await;
        let reading = |number: u8| Reading {
            at: Timestamp::from_ms(number.into()),
            node: NodeId::from_bytes([1; 16]),
            role: Role::Caseworker,
            staff: StaffId::from_bytes([2; 16]),
            referral: referral(number),
            what: AccessKind::Opened,
        };
        store.note_reading(&[reading(1), reading(2)]).await.expect("writes");
        let (two, three) = ([reading(3)], [reading(4)]);
        let (one, other) = tokio::join!(store.note_reading(&two), store.note_reading(&three));
        one.and(other).expect("both write");
        let rows = store.readings(0, 100).await.expect("reads");
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let end = verify(Head::START, rows.iter()).expect("hangs together");
        assert_eq!(end.number, 4);
        let rest = store.readings(2, 1).await.expect("reads");
        assert_eq!(rest, rows[2..3]);

        store.note_reading(&[reading(1)]).await.expect("writes");
        let of_one = store.readings_of(&referral(1), 0, 9).await.expect("reads");
        assert_eq!(of_one.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(store.readings_of(&referral(1), 1, 9).await.expect("reads"), of_one[1..]);
        assert_eq!(store.readings_of(&referral(1), 0, 1).await.expect("reads"), of_one[..1]);
    });
}
