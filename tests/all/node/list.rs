//! Lists read page by page while they change, and documents found among many that go by the same record.

use super::fixture::{Home, check, set};
use domain::document::Kind;
use domain::statement::Life;
use domain::sync::Batch;
use domain::sync::batch::DocumentRow;
use domain::{DocId, OrgId, RecordId, Timestamp};
use node::api::{ListingStates, Request, Response};
use serde_json::json;

async fn page(node: &super::fixture::Running, after: Option<String>) -> ListingStates {
    match node.handle.ask(Request::ListingStates { owner: None, after, limit: 1 }).await {
        Ok(Response::ListingStates(page)) => page,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_listing_that_is_renamed_between_pages_leads_past_none() {
    check("renamed", async |shelter: Home, _| {
        let node = shelter.up().await;
        let art = node.add("Art").await;
        for name in ["Benefits", "Choir"] {
            node.add(name).await;
        }
        let first = page(&node, None).await;
        assert_eq!(first.listings[0].listing.row.name, "Art");
        assert_eq!(first.next.as_ref(), Some(&first.listings[0].place));
        node.edit(&art, "name", json!("Zumba")).await;
        let (mut names, mut after) = (Vec::new(), first.next);
        while after.is_some() {
            let page = page(&node, after).await;
            names.extend(page.listings.into_iter().map(|listed| listed.listing.row.name));
            after = page.next;
        }
        assert_eq!(names, ["Benefits", "Choir", "Zumba"]);
        let refused = node.handle.ask(Request::ListingList { owner: None, after: Some("x".into()) }).await;
        assert!(refused.is_err(), "{refused:?}");
        node.down().await;
    });
}

/// Documents of twenty others that go by this record, with names that come first.
fn crowd(record: RecordId, kind: Kind) -> Vec<DocumentRow> {
    let row = |n: u8| {
        let owner = OrgId::from_bytes([n; 32]);
        DocumentRow {
            doc_id: DocId::new(record, kind, &owner),
            kind,
            owner,
            life: Life::Live,
            is_public: true,
            name: "!".into(),
            about: None,
            value: json!({ "name": "!" }),
            heads: Vec::new(),
            conflicts: 0,
            last_modified: Timestamp::from_ms(1),
            bytes: 1,
        }
    };
    (1..=20).map(row).collect()
}

#[test]
fn an_own_document_is_found_however_many_others_go_by_its_record() {
    check("crowd", async |shelter: Home, _| {
        let node = shelter.up().await;
        let named = node.written(Request::OrganisationEdit { edits: vec![set("name", json!("Night Shelter"))] }).await;
        let supper = node.add("Supper").await;
        node.down().await;
        let mut documents = crowd(supper.id, Kind::LISTING);
        documents.extend(crowd(named.id, Kind::ORGANISATION));
        documents.extend(crowd(named.id, Kind::VENUE));
        shelter.store().await.commit(&Batch { documents, ..Batch::default() }).await.expect("commits");

        let handle = shelter.offline().await.handle();
        let Ok(Response::Exported { services, .. }) = handle.ask(Request::Export { after: None }).await else {
            unreachable!("it exports")
        };
        let organisations: Vec<_> = services.iter().map(|service| service["organization"]["name"].clone()).collect();
        assert_eq!(organisations, [json!("Night Shelter")]);
        match handle.ask(Request::ListingShow { id: supper.id.to_string() }).await {
            Ok(Response::Document { view, .. }) => assert_eq!(view.fields["name"], "Supper"),
            other => unreachable!("{other:?}"),
        }
    });
}
