//! Which scope of a token is good for which call: all of the contract, asked over the port.

use super::{Node, run};
use tonic::Code;

/// The scopes of `fingerpost token add`.
const SCOPES: [&str; 4] = ["read", "write", "referral", "client"];

/// Each call, and what it takes.
const CALLS: [(&str, &[&str]); 16] = [
    ("/fingerpost.admin.v1.ListingService/ListListings", &["read", "write"]),
    ("/fingerpost.admin.v1.ListingService/GetListing", &["read", "write"]),
    ("/fingerpost.admin.v1.ListingService/WatchListings", &["read", "write"]),
    ("/fingerpost.admin.v1.ListingService/CreateListing", &["write"]),
    ("/fingerpost.admin.v1.ListingService/UpdateListing", &["write"]),
    ("/fingerpost.admin.v1.ListingService/ShareListing", &["write"]),
    ("/fingerpost.admin.v1.ListingService/WithdrawListing", &["write"]),
    ("/fingerpost.admin.v1.ReferralService/ListReferrals", &["referral", "client"]),
    ("/fingerpost.admin.v1.ReferralService/GetReferral", &["referral", "client"]),
    ("/fingerpost.admin.v1.ReferralService/ActOnReferral", &["referral", "client"]),
    ("/fingerpost.admin.v1.ReferralService/WatchReferrals", &["referral", "client"]),
    ("/fingerpost.admin.v1.ReferralService/OpenReferral", &["client"]),
    ("/fingerpost.admin.v1.ReferralService/CreateReferral", &["client"]),
    ("/fingerpost.admin.v1.ReferralService/UpdateReferral", &["client"]),
    ("/fingerpost.admin.v1.ReferralService/DiscardReferral", &["client"]),
    ("/fingerpost.admin.v1.ReferralService/SendReferral", &["client"]),
];

#[test]
fn a_token_is_good_for_the_calls_of_its_scopes_and_for_no_other() {
    run(async {
        let node = Node::new("Night Shelter", None);
        let port = node.port().await;
        let check = async |scopes: &str| {
            let software = port.with(&node.token(scopes, scopes));
            for (path, good) in CALLS {
                let code = software.call(path).await.map_or_else(|status| status.code(), |()| Code::Ok);
                assert!(!matches!(code, Code::Unimplemented | Code::Unauthenticated), "{path}: {code:?}");
                let may = scopes.split(',').any(|scope| good.contains(&scope));
                assert_eq!(code != Code::PermissionDenied, may, "{path} with {scopes}: {code:?}");
            }
        };
        for scope in SCOPES {
            check(scope).await;
        }
        check("read,client").await;
        check("write,referral").await;
        let socket = node.socket().await;
        for (path, _) in CALLS {
            let code = socket.call(path).await.map_or_else(|status| status.code(), |()| Code::Ok);
            assert_ne!(code, Code::PermissionDenied, "the node's own user may do all: {path}");
        }
        node.folder.run(["token", "add", "other", "--scope", "read,clients"]).expect_told(2, &["clients"]);
    });
}
