//! Lists, finds, counts, and what an operator asks.

use super::database::check;
use super::fixture::{Author, author};
use domain::document::Kind;
use domain::statement::Life;
use domain::sync::Batch;
use domain::sync::Needs;
use domain::sync::batch::{DocumentRow, ImportedRecord, Incident};
use domain::sync::needs::FeedRange;
use domain::{NodeId, Timestamp, limits};
use serde_json::json;
use std::collections::BTreeMap;
use store::{DocumentCount, DocumentFilter, DocumentPlace, PageBound, Store};

fn rows(author: &Author, names: &[&str]) -> Vec<DocumentRow> {
    (1..).zip(names).map(|(record, name)| author.row(record, name, 1)).collect()
}

async fn names(store: &Store, filter: &DocumentFilter) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = store.documents(filter, after.as_ref(), 2).await.expect("lists");
        names.extend(page.iter().map(|row| row.name.clone()));
        match page.last() {
            Some(last) => after = Some(DocumentPlace::of(last)),
            None => return names,
        }
    }
}

#[test]
fn lists_are_sorted_alike_on_both_databases_and_read_by_pages() {
    check("list", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let long = "z".repeat(20_000);
        let documents =
            rows(&shelter, &["supper club", "Art group", "", "art Group", "éclair", "Supper Club", "50%_off!", &long]);
        store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
        let all = names(&store, &DocumentFilter::default()).await;
        let mut shown = all.clone();
        shown.iter_mut().for_each(|name| *name = name.to_lowercase());
        assert_eq!(shown, ["", "50%_off!", "art group", "art group", "supper club", "supper club", &long, "éclair"]);

        for (name, expected) in [
            ("ART", vec!["art group", "art group"]),
            ("é", vec!["éclair"]),
            ("%_", vec!["50%_off!"]),
            ("_", vec!["50%_off!"]),
            ("!", vec!["50%_off!"]),
            ("none", vec![]),
        ] {
            let filter = DocumentFilter { name: Some(name.to_string()), ..DocumentFilter::default() };
            let found: Vec<_> = names(&store, &filter).await.iter().map(|name| name.to_lowercase()).collect();
            assert_eq!(found, expected, "{name:?}");
        }
    });
}

#[test]
fn lists_are_narrowed_by_kind_owner_life_and_record() {
    check("filter", async |database| {
        let store = database.open().await;
        let (shelter, council) = (author(1), author(2));
        let mut documents = rows(&shelter, &["a", "b", "c"]);
        documents[1].life = Life::Withdrawn;
        documents[2].kind = Kind::ORGANISATION;
        documents.extend(rows(&council, &["d", "e"]));
        store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");

        let all = DocumentFilter::default();
        let prefix = |text: &str| Some(text.parse().expect("a prefix"));
        for (filter, expected) in [
            (DocumentFilter { kind: Some(Kind::LISTING), ..all.clone() }, "abde"),
            (DocumentFilter { kind: Some(Kind::from_number(77)), ..all.clone() }, ""),
            (DocumentFilter { owners: [council.org].into(), ..all.clone() }, "de"),
            (DocumentFilter { owners: [council.org, shelter.org].into(), ..all.clone() }, "abcde"),
            (DocumentFilter { life: Some(Life::Live), owners: [shelter.org].into(), ..all.clone() }, "ac"),
            (DocumentFilter { life: Some(Life::Withdrawn), ..all.clone() }, "b"),
            (DocumentFilter { record: prefix("0202"), ..all.clone() }, "be"),
            (DocumentFilter { record: prefix("02020202-0202-0202-0202-020202020202"), ..all.clone() }, "be"),
            (DocumentFilter { record: prefix("0"), ..all.clone() }, "abcde"),
            (DocumentFilter { record: prefix("01F"), ..all.clone() }, ""),
        ] {
            assert_eq!(names(&store, &filter).await.concat(), expected, "{filter:?}");
        }
        for wrong in ["0202x", "020202020202020202020202020202020", "ü"] {
            assert!(wrong.parse::<store::RecordPrefix>().is_err(), "{wrong:?}");
        }

        let found = store.find(&"010".parse().expect("a prefix"), 10).await.expect("finds");
        let mut expected = vec![shelter.doc(1), council.doc(1)];
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(store.find(&"".parse().expect("a prefix"), 3).await.expect("finds").len(), 3);

        let mut expected = vec![
            DocumentCount { kind: Kind::LISTING, owner: shelter.org, live: 1 },
            DocumentCount { kind: Kind::LISTING, owner: council.org, live: 2 },
            DocumentCount { kind: Kind::ORGANISATION, owner: shelter.org, live: 1 },
        ];
        expected.sort_by_key(|count| (count.kind, count.owner));
        assert_eq!(store.counts().await.expect("counts"), expected);
    });
}

#[test]
fn a_row_comes_back_as_it_was_written() {
    check("row", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let mut row = shelter.row(1, "Zażółć gęślą jaźń", 3);
        row.value = json!({"b": 1, "a": {"deep": [null, true, 1.5, -3, 9_007_199_254_740_993_i64, "\u{1F600}"]}});
        (row.conflicts, row.is_public, row.life) = (2, false, Life::Erased);
        store.commit(&Batch { documents: vec![row.clone()], ..Batch::default() }).await.expect("commits");
        let read = store.documents(&DocumentFilter::default(), None, 9).await.expect("lists");
        assert_eq!(read, [row.clone()]);
        assert_eq!(read[0].value.to_string(), row.value.to_string(), "keys keep their order");
    });
}

#[test]
fn every_document_is_named_for_verification_whatever_is_left_of_it() {
    check("ids", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let whole = shelter.edit(1, 1);
        let changes = Batch { changes: shelter.edit(2, 1).changes, ..Batch::default() };
        let versions = Batch { versions: shelter.edit(3, 1).versions, ..Batch::default() };
        let documents = Batch { documents: shelter.edit(4, 1).documents, ..Batch::default() };
        for batch in [whole, changes, versions, documents] {
            store.commit(&batch).await.expect("commits");
        }
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = store.document_ids(after, 3).await.expect("reads");
            after = page.last().copied();
            ids.extend(page);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(ids, (1..=4).map(|record| shelter.doc(record)).collect::<Vec<_>>());
    });
}

#[test]
fn the_newest_thousand_incidents_are_kept() {
    check("incidents", async |database| {
        let store = database.open().await;
        let incident = |number: i64| Incident {
            at: Timestamp::from_ms(number),
            from: (number % 2 == 0).then(|| NodeId::from_bytes([1; 16])),
            owner: (number % 3 == 0).then(|| author(1).org),
            doc_id: (number % 2 == 1).then(|| author(1).doc(1)),
            kind: "refused".to_string(),
            message: format!("the signature of {number} does not fit"),
        };
        for range in [1..=700, 701..=1_003] {
            let batch = Batch { incidents: range.map(incident).collect(), ..Batch::default() };
            store.commit(&batch).await.expect("commits");
        }
        assert_eq!(store.incidents(2).await.expect("reads"), [incident(1_003), incident(1_002)]);
        let all = store.incidents(2_000).await.expect("reads");
        assert_eq!((all.len(), all.last().cloned()), (1_000, Some(incident(4))));
    });
}

#[test]
fn an_import_finds_what_it_saw_last() {
    check("imported", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let record = |source: &str, number: u8, fee: i64| ImportedRecord {
            source: source.to_string(),
            doc_id: shelter.doc(number),
            value: json!({"fee": fee}),
            seen_at: Timestamp::from_ms(fee),
        };
        let batch = |imported| Batch { imported, ..Batch::default() };
        let many = (1..=250).map(|number| record("miami", number, 1)).chain([record("other", 1, 5)]).collect();
        store.commit(&batch(many)).await.expect("commits");
        store.commit(&batch(vec![record("miami", 2, 2)])).await.expect("commits");
        let imported = store.imported("miami").await.expect("reads");
        assert_eq!(imported.len(), 250);
        assert_eq!(imported[&shelter.doc(2)], record("miami", 2, 2));
        let other = store.imported("other").await.expect("reads");
        assert_eq!(other, BTreeMap::from([(shelter.doc(1), record("other", 1, 5))]));
        assert_eq!(store.imported("none").await.expect("reads"), BTreeMap::new());
    });
}

#[test]
fn superseded_rows_go_after_ninety_days_and_the_others_stay() {
    check("prune", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        for batch in [shelter.edit(1, 1), shelter.edit(2, 1), shelter.edit(1, 2)] {
            store.commit(&batch).await.expect("commits");
        }
        // The batches were written at 5,000.
        let over = Timestamp::from_ms(5_000).plus_ms(limits::FEED_ROW_KEPT_MS);
        assert_eq!(store.prune(over).await.expect("prunes"), 0);
        assert_eq!(store.prune(over.plus_ms(1)).await.expect("prunes"), 1);
        let feeds = vec![FeedRange { scope: shelter.public(), after: 0, rows: 10, bytes: 1 << 20 }];
        let loaded = store.load(&Needs { feeds, ..Needs::default() }).await.expect("loads");
        let seqs: Vec<_> = loaded.feeds[&shelter.public()].iter().map(|row| row.seq).collect();
        assert_eq!(seqs, [2, 3]);
    });
}

#[test]
fn the_database_says_what_it_takes_on_disk() {
    check("disk", async |database| {
        let store = database.open().await;
        let before = store.disk_bytes().await.expect("measures");
        for record in 1..=100 {
            store.commit(&author(1).edit(record, 1)).await.expect("commits");
        }
        let after = store.disk_bytes().await.expect("measures");
        assert!(before > 0 && after > before, "{before} and then {after}");
    });
}

#[test]
fn documents_are_found_by_what_they_are_about() {
    check("about", async |database| {
        let store = database.open().await;
        let (owner, maker, other) = (author(1), author(2), author(3));
        let listing = owner.row(1, "Supper", 1);
        let about = |author: &Author, record: u8, kind: Kind, about| DocumentRow {
            kind,
            about: Some(about),
            ..author.row(record, "", 1)
        };
        let [open, answered, withdrawn] = [2, 3, 4].map(|record| about(&maker, record, Kind::PROPOSAL, listing.doc_id));
        let withdrawn = DocumentRow { life: Life::Withdrawn, ..withdrawn };
        let mine = about(&other, 5, Kind::PROPOSAL, listing.doc_id);
        let answers = [
            about(&owner, 6, Kind::ANSWER, answered.doc_id),
            about(&owner, 7, Kind::ANSWER, mine.doc_id),
            // Nobody else's word is an answer.
            about(&other, 8, Kind::ANSWER, open.doc_id),
        ];
        let documents =
            [listing.clone(), open.clone(), answered.clone(), withdrawn, mine.clone()].into_iter().chain(answers);
        store.commit(&Batch { documents: documents.collect(), ..Batch::default() }).await.expect("commits");

        let filter = DocumentFilter { about: [listing.doc_id].into(), ..DocumentFilter::default() };
        assert_eq!(store.documents(&filter, None, 9).await.expect("lists").len(), 4);
        let filter = DocumentFilter { ids: [open.doc_id, mine.doc_id].into(), ..DocumentFilter::default() };
        assert_eq!(store.documents(&filter, None, 9).await.expect("lists").len(), 2);
        let ids = |rows: Vec<DocumentRow>| rows.iter().map(|row| row.doc_id).collect::<std::collections::BTreeSet<_>>();
        let found = store.open_proposals(&other.org).await.expect("lists");
        assert_eq!(ids(found), [mine.doc_id].into(), "those of others to others are none of its business");
        // A claim on a listing that stands concerns its owner, and one on a listing that does not is done with.
        let gone = DocumentRow { life: Life::Withdrawn, ..owner.row(9, "Stall", 1) };
        let claim = |record: u8, about| DocumentRow { about: Some(about), ..maker.row(record, "Claimed", 1) };
        let [claimed, late] = [claim(10, listing.doc_id), claim(11, gone.doc_id)];
        // The answer to one that was withdrawn stands still.
        let ended = DocumentRow { life: Life::Withdrawn, ..about(&maker, 12, Kind::PROPOSAL, listing.doc_id) };
        let answer = about(&owner, 13, Kind::ANSWER, ended.doc_id);
        let documents = vec![gone, claimed.clone(), late, ended.clone(), answer.clone()];
        store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
        let waiting = [open.doc_id, answered.doc_id, mine.doc_id, claimed.doc_id];
        let found = store.open_proposals(&owner.org).await.expect("lists");
        assert_eq!(ids(found), waiting.into_iter().chain([ended.doc_id]).collect());
        let documents = vec![DocumentRow { life: Life::Withdrawn, ..answer }];
        store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
        assert_eq!(ids(store.open_proposals(&owner.org).await.expect("lists")), waiting.into());

        // Answers count also after they were taken back, the last first.
        let bound = |rows| PageBound { rows, bytes: 1_000 };
        let answered_by = async |org, rows| store.answered_proposals(&listing.doc_id, org, bound(rows)).await;
        let page = answered_by(&owner.org, 9).await.expect("lists");
        assert_eq!((page.rows[0].doc_id, page.is_end), (ended.doc_id, true));
        assert_eq!(ids(page.rows), [answered.doc_id, mine.doc_id, ended.doc_id].into());
        let page = answered_by(&owner.org, 1).await.expect("lists");
        assert_eq!((page.rows.len(), page.is_end), (1, false));
        assert_eq!(ids(answered_by(&other.org, 9).await.expect("lists").rows), [open.doc_id].into());
    });
}

#[test]
fn a_page_ends_where_its_bytes_do_and_goes_on_from_its_place_as_text() {
    check("bytes", async |database| {
        let store = database.open().await;
        let owner = author(1);
        let sizes = [("a", 10), ("b", 500), ("c", 10), ("d", 10), ("é", 10), ("f", 10)];
        let documents = (1..).zip(sizes).map(|(n, (name, bytes))| DocumentRow { bytes, ..owner.row(n, name, 1) });
        store.commit(&Batch { documents: documents.collect(), ..Batch::default() }).await.expect("commits");
        let (mut pages, mut after): (Vec<String>, Option<DocumentPlace>) = (Vec::new(), None);
        loop {
            let bound = PageBound { rows: 3, bytes: 100 };
            let page = store.document_page(&DocumentFilter::default(), after.as_ref(), bound).await.expect("lists");
            pages.push(page.rows.iter().map(|row| row.name.as_str()).collect());
            after = page.rows.last().map(|row| DocumentPlace::of(row).to_string().parse().expect("a place"));
            if page.is_end {
                break;
            }
        }
        assert_eq!(pages, ["a", "b", "cdf", "é"]);
        for text in ["", "x", "ää", &"A".repeat(500)] {
            assert!(text.parse::<DocumentPlace>().is_err(), "{text:?}");
        }
    });
}

#[test]
fn what_there_is_more_of_every_year_counts_by_its_bytes_once_it_was_taken_back() {
    check("ended", async |database| {
        let store = database.open().await;
        let owner = author(1);
        let mut documents = Vec::new();
        let ever_more = DocumentRow::EVER_MORE.into_iter().map(|kind| (kind, Life::Withdrawn));
        let erased = [(Kind::REQUEST, Life::Erased), (Kind::RESPONSE, Life::Erased)];
        let kinds = [(Kind::LISTING, Life::Withdrawn)].into_iter().chain(ever_more).chain(erased);
        for (n, (kind, life)) in (1..).zip(kinds) {
            documents.push(DocumentRow { kind, bytes: 7, ..owner.row(n, "", 1) });
            documents.push(DocumentRow { kind, bytes: 7, life, ..owner.row(n + 10, "", 1) });
            documents.push(DocumentRow { kind, bytes: 5_000, life, ..owner.row(n + 20, "", 1) });
        }
        let usage = documents.iter().map(DocumentRow::usage);
        let expected = usage.fold((0, 0), |sum, usage| (sum.0 + usage.documents, sum.1 + usage.bytes));
        assert_eq!(expected, (10, 7 * limits::ENDED_BYTES + 9 * 7 + 8 * 5_000));
        store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
        let usage = store.usage().await.expect("counts")[&owner.org];
        assert_eq!((usage.documents, usage.bytes), expected);
    });
}
