//! What keepers report beside a listing: theirs alone, of those whom somebody stands for, and no more than a page of each.

use super::fixture::{Home, check};
use domain::document::{Edit, Kind};
use domain::proposal::{KEEPERS, Proposal, ProposedEdit};
use domain::statement::Life;
use domain::sync::Batch;
use domain::sync::batch::{DocumentRow, OwnerStanding};
use domain::{ChangeHash, DocId, OrgId, RecordId, Timestamp, limits};
use node::api::{Request, Response};
use serde_json::json;
use std::collections::BTreeMap;
use store::DocumentFilter;

/// The `n`th proposal of a maker to a listing.
fn proposal(maker: OrgId, n: u8, listing: &DocumentRow) -> DocumentRow {
    let edit = Edit { path: vec!["fees".into()], value: Some(json!(format!("{n} pounds"))) };
    let proposal = Proposal {
        target: listing.doc_id,
        owner: listing.owner,
        generation: 1,
        at_heads: [ChangeHash::from_bytes([3; 32])].into(),
        edits: vec![ProposedEdit { edit, was: None }],
        note: String::new(),
        made_at: Timestamp::from_ms(i64::from(n)),
    };
    DocumentRow {
        doc_id: DocId::new(RecordId::from_bytes([n; 16]), Kind::PROPOSAL, &maker),
        kind: Kind::PROPOSAL,
        owner: maker,
        life: Life::Live,
        is_public: true,
        name: String::new(),
        about: Some(listing.doc_id),
        value: proposal.value(),
        heads: Vec::new(),
        conflicts: 0,
        last_modified: Timestamp::from_ms(1),
        bytes: 100,
    }
}

#[test]
fn each_keeper_is_heard_and_nobody_else_is() {
    check("reports", async |shelter: Home, _| {
        let node = shelter.up().await;
        let supper = node.add("Supper").await;
        node.down().await;

        let [eager, quiet, gone, stranger] = [2, 3, 4, 5].map(|n| OrgId::from_bytes([n; 32]));
        let store = shelter.store().await;
        let filter = DocumentFilter { kind: Some(Kind::LISTING), ..DocumentFilter::default() };
        let mut listing = store.documents(&filter, None, 1).await.expect("lists").remove(0);
        listing.value[KEEPERS] = [eager, quiet, gone].iter().map(|org| (org.to_string(), json!({}))).collect();
        let many = u8::try_from(3 * limits::PROPOSALS_OPEN).expect("a few");
        let mut documents: Vec<_> = (1..=many).map(|n| proposal(eager, n, &listing)).collect();
        documents.extend([quiet, gone, stranger].map(|maker| proposal(maker, 100, &listing)));
        // What its maker took back is not reported any more.
        documents.push(DocumentRow { life: Life::Withdrawn, ..proposal(quiet, 101, &listing) });
        documents.push(listing);
        let owners = [(gone, OwnerStanding::Hidden)].into();
        store.commit(&Batch { documents, owners, ..Batch::default() }).await.expect("commits");
        drop(store);

        let handle = shelter.offline().await.handle();
        let Ok(Response::Document { view, .. }) = handle.ask(Request::ListingShow { id: supper.id.to_string() }).await
        else {
            unreachable!("it is shown")
        };
        let mut heard: BTreeMap<OrgId, usize> = BTreeMap::new();
        view.reports.iter().for_each(|report| *heard.entry(report.organisation).or_default() += 1);
        assert_eq!(heard, [(eager, limits::PROPOSALS_OPEN), (quiet, 1)].into());
    });
}
