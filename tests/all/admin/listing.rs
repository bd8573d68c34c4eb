//! Listings made, read, changed and taken back.

use super::{Node, check, expect_refused, run, set, unset};
use serde_json::{Value, json};
use tests::software::Software;
use tonic::Code;
use wire::proto::admin::{
    CreateListingRequest, Edit, GetListingRequest, GetListingResponse, ListListingsRequest, Listing,
    ShareListingRequest, UpdateListingRequest, WithdrawListingRequest,
};

async fn create(software: &Software, edits: Vec<Edit>) -> String {
    let request = CreateListingRequest { edits, audience: String::new() };
    let written = software.listings().create_listing(request).await.expect("it is made").into_inner().written;
    written.expect("what became of it").id
}

async fn get(software: &Software, id: &str) -> GetListingResponse {
    software.listings().get_listing(GetListingRequest { id: id.to_owned() }).await.expect("it is here").into_inner()
}

async fn all(software: &Software, page_size: u32) -> Vec<Listing> {
    let (mut listings, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListListingsRequest { page_size, page_token, owner: String::new() };
        let page = software.listings().list_listings(request).await.expect("a page").into_inner();
        assert!(page.listings.len() <= 2, "{page:?}");
        listings.extend(page.listings);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return listings;
        }
    }
}

fn value(listing: &Listing) -> Value {
    serde_json::from_str(&listing.value_json).expect("JSON")
}

#[test]
fn a_listing_is_made_read_changed_shared_and_taken_back() {
    check("admin_listing", async |node| {
        let software = node.socket().await;
        let session = json!({"freq": "WEEKLY", "byday": "TU", "opens_at": "18:00"});
        let edits = vec![
            set("name", json!("Tuesday supper")),
            set("description", json!("Hot food")),
            set("sessions.+", session),
        ];
        let id = create(&software, edits).await;
        let made = get(&software, &id[..13]).await;
        let listing = made.listing.expect("it");
        assert_eq!((listing.name.as_str(), listing.owner_name.as_str()), ("Tuesday supper", "Night Shelter"));
        let owner = node.folder.json(["status"])["organisation"]["id"].clone();
        assert_eq!(json!(listing.owner), owner);
        let sessions = value(&listing)["sessions"].as_object().expect("entries by id").clone();
        let (entry, said) = sessions.iter().next().expect("one");
        assert_eq!(said["opens_at"], "18:00");
        assert_eq!(made.history.len(), 1);

        let edits = vec![set(&format!("sessions.{entry}.opens_at"), json!("18:30")), unset("description")];
        let request = UpdateListingRequest { id: id.clone(), edits };
        for changed in [true, false] {
            let answer = software.listings().update_listing(request.clone()).await.expect("it is written");
            assert_eq!(answer.into_inner().written.expect("what became of it").changed, changed);
        }
        let now = get(&software, &id).await;
        let listing = now.listing.expect("it");
        assert_eq!(value(&listing)["sessions"][entry]["opens_at"], "18:30");
        assert_eq!(value(&listing).get("description"), None);
        assert_eq!((now.history.len(), now.conflicts.len(), now.is_cut), (2, 0, false));
        assert!(now.history[0].at_ms >= now.history[1].at_ms && now.history[0].fields.contains(&"sessions".to_owned()));

        let request = ShareListingRequest { id: id.clone(), audience: "own".into() };
        let shared = software.listings().share_listing(request).await.expect("it is shared");
        assert!(shared.into_inner().written.expect("what became of it").changed);
        assert_eq!(node.folder.json(["listing", "show", &id])["audience"], "own", "the command line sees the same");

        for name in ["Art", "Choir", "Dance"] {
            create(&software, vec![set("name", json!(name))]).await;
        }
        for page_size in [1, 2] {
            let names: Vec<_> = all(&software, page_size).await.into_iter().map(|listing| listing.name).collect();
            assert_eq!(names, ["Art", "Choir", "Dance", "Tuesday supper"]);
        }

        software
            .listings()
            .withdraw_listing(WithdrawListingRequest { id: id.clone() })
            .await
            .expect("it is taken back");
        assert!(get(&software, &id).await.listing.expect("what it last said").withdrawn);
        assert_eq!(all(&software, 2).await.len(), 3);
    });
}

#[test]
fn what_cannot_be_done_is_refused_in_words_and_changes_nothing() {
    run(async {
        let node = Node::new("Night Shelter", None);
        let software = node.socket().await;
        let id = create(&software, vec![set("name", json!("Supper"))]).await;
        let before = get(&software, &id).await;

        let update = async |edits: Vec<Edit>| {
            software.listings().update_listing(UpdateListingRequest { id: id.clone(), edits }).await
        };
        let invalid = Code::InvalidArgument;
        let broken = Edit { path: "name".into(), change: Some(super::Change::ValueJson("Supper".into())) };
        expect_refused(update(vec![broken]).await, invalid, "invalid", "is not JSON");
        let nothing = Edit { path: "name".into(), change: None };
        expect_refused(update(vec![nothing]).await, invalid, "invalid", "says nothing to do");
        let unset_not = Edit { path: "name".into(), change: Some(super::Change::Unset(false)) };
        expect_refused(update(vec![unset_not]).await, invalid, "invalid", "says nothing to do");
        expect_refused(update(vec![unset("name")]).await, invalid, "invalid", "needs a name");
        expect_refused(update(vec![set("nmae", json!("x"))]).await, invalid, "invalid", "nmae");
        let half = vec![set("name", json!("Half")), set("nmae", json!("x"))];
        expect_refused(update(half).await, invalid, "invalid", "nmae");

        let nobody = CreateListingRequest { edits: vec![set("name", json!("x"))], audience: "nobody".into() };
        let refused = software.listings().create_listing(nobody).await;
        expect_refused(refused, Code::NotFound, "not_found", "nobody");
        let nameless = CreateListingRequest::default();
        expect_refused(software.listings().create_listing(nameless).await, invalid, "invalid", "name");
        let missing = GetListingRequest { id: "ffffffff".into() };
        let refused = software.listings().get_listing(missing).await;
        expect_refused(refused, Code::NotFound, "not_found", "ffffffff");
        let everyone = ShareListingRequest { id: id.clone(), audience: String::new() };
        expect_refused(software.listings().share_listing(everyone).await, invalid, "invalid", "audience");
        let page = ListListingsRequest { page_token: "x".into(), ..ListListingsRequest::default() };
        expect_refused(software.listings().list_listings(page).await, invalid, "invalid", "");
        let owner = ListListingsRequest { owner: "nobody".into(), ..ListListingsRequest::default() };
        expect_refused(software.listings().list_listings(owner).await, Code::NotFound, "not_found", "nobody");

        let edits = vec![set("description", json!("x".repeat(1 << 20)))];
        let large = CreateListingRequest { edits, audience: String::new() };
        let refused = software.listings().create_listing(large).await;
        assert_eq!(refused.expect_err("it is too large").code(), Code::OutOfRange);
        assert_eq!(get(&software, &id).await, before);
    });
}

#[test]
fn a_page_is_cut_before_it_is_too_large_for_a_message() {
    run(async {
        let node = Node::new("Night Shelter", None);
        let software = node.socket().await;
        // Thirty listings of some 38 KB: more than one message holds.
        for number in 0..30 {
            let text = "x".repeat(19_000);
            let fields = ["description", "eligibility_description"];
            let mut edits: Vec<_> = fields.into_iter().map(|field| set(field, json!(text))).collect();
            edits.push(set("name", json!(format!("{number:02}"))));
            create(&software, edits).await;
        }
        let (mut names, mut page_token, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let request = ListListingsRequest { page_token, ..ListListingsRequest::default() };
            let page = software.listings().list_listings(request).await.expect("a page").into_inner();
            names.extend(page.listings.into_iter().map(|listing| (listing.name, listing.value_left_out)));
            (page_token, pages) = (page.next_page_token, pages + 1);
            if page_token.is_empty() {
                break;
            }
        }
        let expected: Vec<_> = (0..30).map(|number| (format!("{number:02}"), false)).collect();
        assert_eq!(names, expected);
        assert!(pages > 1, "{pages}");
    });
}
