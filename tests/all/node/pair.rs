//! Two organisations pair by invitation and hold one another's listings.

use super::fixture::{Home, check};
use node::api::{Request, Response};
use serde_json::json;

async fn pair_and_share(shelter: Home, council: Home) {
    let (mut a, mut b) = (shelter.up().await, council.up().await);
    let supper = a.add("Tuesday supper").await;
    let code = a.invite().await;
    b.join(code).await;
    b.expect(&["Tuesday supper"]).await;

    a.edit(&supper, "name", json!("Wednesday supper")).await;
    b.expect(&["Wednesday supper"]).await;
    b.add("Benefits advice").await;
    a.expect(&["Benefits advice", "Wednesday supper"]).await;

    // While one is away, the other goes on; nothing is lost.
    b.down().await;
    a.edit(&supper, "name", json!("Thursday supper")).await;
    let mut b = council.up().await;
    b.expect(&["Benefits advice", "Thursday supper"]).await;

    a.written(Request::ListingWithdraw { id: supper.id.to_string() }).await;
    b.expect(&["Benefits advice"]).await;

    a.down().await;
    b.down().await;
    for home in [shelter, council] {
        let verified = home.offline().await.handle().ask(Request::Verify).await;
        let Ok(Response::Verified(verified)) = verified else { unreachable!("{verified:?}") };
        assert_eq!(verified.bad, [], "{}", home.path().display());
        assert_eq!(verified.documents, 4, "two listings and two organisations");
    }
}

#[test]
fn two_organisations_hold_one_anothers_listings() {
    check("pair", pair_and_share);
}
