//! The order in which documents changed, and reading on in it.

use super::database::check;
use super::fixture::{Author, author, together};
use domain::document::Kind;
use domain::log::LogCursor;
use domain::statement::Life;
use domain::sync::Batch;
use domain::sync::batch::{DocumentRow, OwnerStanding};
use domain::{OrgId, Timestamp, limits};
use store::{LogPage, Store};

async fn put(store: &Store, documents: Vec<DocumentRow>) {
    store.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");
}

async fn begun(store: &Store) -> LogCursor {
    store.begin_log_epoch().await.expect("begins");
    LogCursor::before_all(&store.log_end().await.expect("reads"))
}

async fn page(store: &Store, owner: Option<OrgId>, after: &LogCursor) -> LogPage {
    store.log_page(&[Kind::LISTING], owner, after).await.expect("reads").expect("the cursor is good")
}

/// What is heard behind a cursor: the names of what stands, `-` for what does not any more; and where to read on.
async fn heard(store: &Store, after: &LogCursor) -> (Vec<String>, LogCursor) {
    let (mut names, mut cursor) = (Vec::new(), *after);
    loop {
        let page = page(store, None, &cursor).await;
        names.extend(page.entries.iter().map(|e| e.stands.as_ref().map_or("-".to_owned(), |row| row.name.clone())));
        cursor = page.next;
        if page.is_end {
            return (names, cursor);
        }
    }
}

async fn is_expired(store: &Store, cursor: &LogCursor) -> bool {
    store.log_page(&[Kind::LISTING], None, cursor).await.expect("reads").is_none()
}

fn withdrawn(author: &Author, record: u8) -> DocumentRow {
    DocumentRow { life: Life::Withdrawn, ..author.row(record, "was", 2) }
}

#[test]
fn each_document_comes_once_as_it_stands_in_the_order_of_its_last_change() {
    check("log_order", async |database| {
        let store = database.open().await;
        store.log_end().await.expect_err("no life of the log was begun");
        let shelter = author(1);
        put(&store, vec![shelter.row(1, "one", 1), shelter.row(2, "two", 1)]).await;
        let before_all = begun(&store).await;
        let (names, cursor) = heard(&store, &before_all).await;
        assert_eq!(names, ["one", "two"]);
        assert_eq!(heard(&store, &cursor).await, (vec![], cursor), "nothing happened");

        put(&store, vec![shelter.row(3, "three", 1)]).await;
        put(&store, vec![shelter.row(1, "one again", 2)]).await;
        put(&store, vec![shelter.row(1, "one once more", 3)]).await;
        let (names, cursor) = heard(&store, &cursor).await;
        assert_eq!(names, ["three", "one once more"]);
        let organisation = DocumentRow { kind: Kind::ORGANISATION, ..shelter.row(4, "us", 1) };
        let empty = DocumentRow { value: serde_json::Value::Null, ..shelter.row(5, "", 1) };
        put(&store, vec![organisation, empty]).await;
        let (names, moved) = heard(&store, &cursor).await;
        assert_eq!(names, Vec::<String>::new(), "no listing that could be shown");
        assert_ne!(moved.place(), cursor.place(), "and all the same it was passed over");
        assert_eq!(heard(&store, &before_all).await.0, ["two", "three", "one once more"]);
    });
}

#[test]
fn what_goes_is_heard_by_those_who_may_have_seen_it() {
    check("log_gone", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        put(&store, vec![shelter.row(1, "one", 1), shelter.row(2, "two", 1), withdrawn(&shelter, 3)]).await;
        let before_all = begun(&store).await;
        let first = page(&store, None, &before_all).await.entries[0].cursor;
        put(&store, vec![withdrawn(&shelter, 1)]).await;
        // Who began before, and has seen one of two, hears that it went; and nothing of what was gone before it began.
        assert_eq!(heard(&store, &first).await.0, ["two", "-"]);
        assert_eq!(heard(&store, &before_all).await.0, ["two", "-"]);
        let anew = LogCursor::before_all(&store.log_end().await.expect("reads"));
        assert_eq!(heard(&store, &anew).await.0, ["two"]);
    });
}

#[test]
fn what_an_owner_has_here_goes_and_comes_with_it() {
    check("log_owner", async |database| {
        let store = database.open().await;
        let (shelter, council) = (author(1), author(2));
        let held = together([shelter.edit(1, 1), shelter.edit(2, 1), council.edit(3, 1)]);
        store.commit(&held).await.expect("commits");
        let before_all = begun(&store).await;
        let (names, cursor) = heard(&store, &before_all).await;
        assert_eq!(names, ["Listing 1", "Listing 2", "Listing 3"]);
        let stand = async |standing| {
            let at = Timestamp::from_ms(10);
            let owners = [(shelter.org, standing)].into();
            store.commit(&Batch { at, owners, ..Batch::default() }).await.expect("commits");
        };
        stand(OwnerStanding::Held).await;
        assert_eq!(heard(&store, &cursor).await.0, Vec::<String>::new(), "it was held already");
        stand(OwnerStanding::Hidden).await;
        let (names, cursor) = heard(&store, &cursor).await;
        assert_eq!(names, ["-", "-"]);
        stand(OwnerStanding::Hidden).await;
        assert_eq!(heard(&store, &cursor).await.0, Vec::<String>::new(), "it was hidden already");
        stand(OwnerStanding::Held).await;
        let (names, cursor) = heard(&store, &cursor).await;
        assert_eq!(names, ["Listing 1", "Listing 2"]);

        stand(OwnerStanding::Hidden).await;
        let (_, cursor) = heard(&store, &cursor).await;
        let late = Timestamp::from_ms(11 + limits::HIDDEN_KEPT_MS);
        assert_eq!(store.prune_hidden(late).await.expect("deletes"), 1);
        assert_eq!(heard(&store, &cursor).await.0, ["-", "-"], "deleted for good");
        let of = page(&store, Some(shelter.org), &cursor).await;
        assert_eq!((of.entries.len(), of.entries[0].owner), (2, shelter.org));
        assert_eq!(page(&store, Some(council.org), &cursor).await.entries, []);
        store.commit(&shelter.edit(1, 1)).await.expect("commits");
        assert_eq!(heard(&store, &cursor).await.0, ["-", "Listing 1"], "back again");

        store.prune(late.plus_ms(limits::GONE_KEPT_MS - 1)).await.expect("deletes");
        assert!(!is_expired(&store, &cursor).await);
        store.prune(late.plus_ms(limits::GONE_KEPT_MS + 1)).await.expect("deletes");
        assert!(is_expired(&store, &cursor).await, "what went since is forgotten");
        let anew = LogCursor::before_all(&store.log_end().await.expect("reads"));
        assert_eq!(heard(&store, &anew).await.0, ["Listing 3", "Listing 1"]);
    });
}

#[test]
fn a_cursor_of_a_later_state_than_the_one_that_was_put_back_is_refused() {
    check("log_epoch", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        put(&store, vec![shelter.row(1, "one", 1)]).await;
        let early = begun(&store).await;
        let (_, early_end) = heard(&store, &early).await;
        // As after a copy from before was put back: what this life of the log said further on was never said here.
        let ahead = LogCursor { position: early_end.position + 1, ..early_end };
        assert!(is_expired(&store, &ahead).await, "ahead of everything");
        begun(&store).await;
        put(&store, vec![shelter.row(2, "two", 1)]).await;
        put(&store, vec![shelter.row(3, "three", 1)]).await;
        assert!(is_expired(&store, &ahead).await, "another life of the log has that position");
        assert_eq!(heard(&store, &early_end).await.0, ["two", "three"], "and an honest one goes on");
        assert!(is_expired(&store, &LogCursor { epoch: [9; 8], ..early_end }).await, "nobody knows that life");
        let (_, end) = heard(&store, &early_end).await;
        assert_ne!(end.epoch, early_end.epoch, "cursors are of the newest life");
        for _ in 0..limits::LOG_EPOCHS {
            store.begin_log_epoch().await.expect("begins");
        }
        assert!(is_expired(&store, &early_end).await, "too many starts ago");
    });
}

#[test]
fn pages_end_by_rows_and_by_bytes_and_lose_nothing() {
    check("log_pages", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let rows: Vec<_> = (1..=200).map(|record| shelter.row(record, &format!("{record:03}"), 1)).collect();
        let mut expected: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
        put(&store, rows).await;
        let big: Vec<_> = (201..=205)
            .map(|record| DocumentRow {
                bytes: limits::LOG_PAGE_BYTES - 1,
                ..shelter.row(record, &format!("{record:03}"), 1)
            })
            .collect();
        expected.extend(big.iter().map(|row| row.name.clone()));
        put(&store, big).await;
        let before_all = begun(&store).await;
        let first = page(&store, None, &before_all).await;
        assert_eq!((first.entries.len(), first.is_end), (limits::LOG_PAGE_ROWS, false));
        let (names, end) = heard(&store, &before_all).await;
        assert_eq!(names, expected);
        let tail = LogCursor { position: 1, doc_id: domain::log::LAST_DOCUMENT, ..end };
        assert_eq!(page(&store, None, &tail).await.entries.len(), 1, "one that is large fills a page");
    });
}

/// The log of two kinds is that of each, in one order, and also where a page ends by the rows of one of them.
#[test]
fn several_kinds_are_read_as_one_log_and_lose_nothing() {
    check("log_kinds", async |database| {
        let store = database.open().await;
        let shelter = author(1);
        let of = |kind: Kind, record: u8| DocumentRow { kind, ..shelter.row(record, &format!("{record:03}"), 1) };
        put(&store, (1..=150).map(|record| of(Kind::REQUEST, record)).collect()).await;
        put(&store, (151..=200).map(|record| of(Kind::RESPONSE, record)).collect()).await;
        put(&store, (201..=220).map(|record| of(Kind::LISTING, record)).collect()).await;
        put(&store, vec![of(Kind::REQUEST, 221)]).await;
        let before_all = begun(&store).await;
        let kinds = [Kind::REQUEST, Kind::RESPONSE];
        let (mut names, mut cursor, mut pages) = (Vec::new(), before_all, 0);
        loop {
            let page = store.log_page(&kinds, None, &cursor).await.expect("reads").expect("the cursor is good");
            names.extend(page.entries.into_iter().filter_map(|entry| Some(entry.stands?.name)));
            (cursor, pages) = (page.next, pages + 1);
            if page.is_end {
                break;
            }
        }
        let expected: Vec<_> = (1..=200).chain([221]).map(|record| format!("{record:03}")).collect();
        assert_eq!((names, pages), (expected, 2));
        put(&store, vec![DocumentRow { life: Life::Withdrawn, ..of(Kind::RESPONSE, 151) }]).await;
        let page = store.log_page(&kinds, None, &cursor).await.expect("reads").expect("the cursor is good");
        assert_eq!((page.entries.len(), page.entries[0].stands.is_none(), page.is_end), (1, true, true));
    });
}
