use super::*;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use node::api::{
    Invited, Joined, Named, NodeDetail, NodeId, OrgId, Overview, OwnerCount, PartnerRow, PartnerState, Refusal,
    RefusalKind, Request as Ask, Response as Answer, Status, Timestamp, Trust,
};
use tower::ServiceExt;

const HOME: [&str; 2] = ["127.0.0.1:50000", "127.0.0.1:8440"];

fn named(n: u8, name: &str) -> Named {
    Named { id: OrgId::from_bytes([n; 32]), name: name.into() }
}

fn overview() -> Overview {
    let partner = PartnerRow {
        id: OrgId::from_bytes([2; 32]),
        name: "Hoe Street <Surgery>".into(),
        state: PartnerState::Away,
        trust: Trust::Paired,
        behind: 12,
        last_heard_ms: None,
    };
    let node = NodeDetail {
        id: NodeId::from_bytes([4; 16]),
        version: "0.1.0".into(),
        database: "sqlite".into(),
        started_at_ms: Some(Timestamp::from_ms(0)),
        node_listen: None,
        people_listen: None,
        admin_listen: None,
        addresses: vec!["shelter.example.org:7440".into()],
        recovery_words_kept: true,
        invitations: 0,
        disk_free_bytes: None,
    };
    let status = Status {
        organisation: named(1, "Night Shelter"),
        documents: [("listing".to_owned(), 4082)].into(),
        partners: vec![partner],
        quarantined: 0,
        wanted: 0,
        refused: vec![],
        withheld: vec![],
        node,
    };
    let listings = vec![
        OwnerCount { owner: named(1, "Night Shelter"), listings: 82 },
        OwnerCount { owner: named(2, "Hoe Street <Surgery>"), listings: 4000 },
    ];
    Overview { status, listings, vouches_for: 2 }
}

/// A node whose store is there, or away.
fn node(store_is_there: bool) -> Handle {
    Handle::new(move |ask, _| async move {
        match ask {
            Ask::Overview => Ok(Answer::Overview(Box::new(overview()))),
            Ask::Ready if store_is_there => Ok(Answer::Done),
            Ask::Ready => Err(Refusal::new(RefusalKind::Busy, "postgres at db.internal is away")),
            Ask::Metrics => Ok(Answer::Metrics { text: "fingerpost_links 1\n".into() }),
            Ask::Invite { .. } => Ok(Answer::Invited {
                invited: Invited { code: "FP1-CODE".into() },
                expires_at_ms: Timestamp::from_ms(0),
                addresses: vec![],
            }),
            Ask::Join { code } if code.trim() == "FP1-CODE" => Ok(Answer::Joined {
                joined: Joined { organisation: named(2, "Surgery"), words: "able about".into() },
                own_words: "zebra zero".into(),
            }),
            Ask::Join { .. } => {
                Err(Refusal::new(RefusalKind::Expired, "the invitation ended").hint("ask for a new one"))
            }
            other => panic!("nobody asks {other:?} from a page"),
        }
    })
}

struct Seen {
    status: u16,
    headers: axum::http::HeaderMap,
    body: String,
}

async fn send(pages: Pages, peer: &str, request: Request<Body>) -> Seen {
    let mut request = request;
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    let response = router(pages).oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Seen { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn pages() -> Pages {
    Pages { node: node(true), metrics: Exposure::Loopback }
}

/// What somebody from `peer`, who asks for `host`, sees at a path.
async fn get_as([peer, host]: [&str; 2], path: &str) -> Seen {
    send(pages(), peer, Request::get(path).header("host", host).body(Body::empty()).unwrap()).await
}

async fn post_as([peer, host]: [&str; 2], origin: &str, path: &str, form: &str) -> Seen {
    let request = Request::post(path)
        .header("host", host)
        .header("origin", origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    send(pages(), peer, request).await
}

#[tokio::test]
async fn somebody_at_the_machine_sees_names_and_what_to_do_next() {
    for home in
        [HOME, ["[::1]:5", "localhost:8440"], ["[::ffff:127.0.0.1]:5", "[::1]:8440"], ["127.0.0.1:5", "localhost"]]
    {
        let seen = get_as(home, "/").await;
        assert_eq!(seen.status, 200);
        let says = [
            "Night Shelter",
            "4,082",
            "Hoe Street &#60;Surgery&#62;",
            "12 versions to come",
            "Make an invitation",
            "recovery words",
        ];
        for word in says {
            assert!(seen.body.contains(word), "{word:?} is not in {}", seen.body);
        }
    }
}

#[tokio::test]
async fn a_stranger_sees_counts_and_lag_and_no_partner() {
    let strangers = [
        ["192.0.2.7:50000", "shelter.example.org"],
        // A name elsewhere that was pointed at this machine.
        ["127.0.0.1:50000", "evil.example.org:8440"],
        ["127.0.0.1:50000", "127.0.0.1.evil.example.org"],
        ["192.0.2.7:50000", "127.0.0.1:8440"],
    ];
    for stranger in strangers {
        let seen = get_as(stranger, "/").await;
        for told in ["4,082", "12 versions still on the way", "It is a hub: it vouches for 2 organisations"] {
            assert!(seen.body.contains(told), "{told:?} is not in {}", seen.body);
        }
        for hidden in ["Surgery", "<form", "recovery", "aeaqca"] {
            assert!(!seen.body.contains(hidden), "{hidden:?} is shown to {stranger:?}");
        }
    }
    let proxied =
        Request::get("/").header("host", HOME[1]).header("x-forwarded-for", "192.0.2.7").body(Body::empty()).unwrap();
    assert!(!send(pages(), HOME[0], proxied).await.body.contains("Surgery"));
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_a_browser_safe() {
    for path in ["/", "/style.css", "/healthz", "/nowhere"] {
        let seen = get_as(HOME, path).await;
        for (name, value) in HEADERS.iter().filter(|(name, _)| *name != "cache-control") {
            assert_eq!(seen.headers.get(*name).unwrap(), value, "{path} {name}");
        }
        assert!(seen.headers.contains_key("cache-control"));
    }
    assert_eq!(get_as(HOME, "/style.css").await.headers["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_page_needs_nothing_but_itself_and_its_style() {
    let page = get_as(HOME, "/").await.body;
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("http"), "{page}");
}

#[tokio::test]
async fn pairing_is_done_from_this_machine_by_this_very_page() {
    let origin = "http://127.0.0.1:8440";
    let made = post_as(HOME, origin, "/invitation", "").await;
    assert!(made.status == 200 && made.body.contains("FP1-CODE") && made.body.contains("--advertise"), "{}", made.body);
    let joined = post_as(HOME, origin, "/join", "code=+FP1-CODE%0A").await;
    assert!(joined.body.contains("able about") && joined.body.contains("zebra zero"), "{}", joined.body);
    let expired = post_as(HOME, origin, "/join", "code=FP1-OLD").await;
    assert_eq!(expired.status, 410);
    assert!(expired.body.contains("the invitation ended") && expired.body.contains("ask for a new one"));
}

#[tokio::test]
async fn nobody_else_can_make_a_browser_pair() {
    let refused = [
        post_as(HOME, "https://evil.example.org", "/invitation", "").await,
        post_as(HOME, "null", "/invitation", "").await,
        post_as(HOME, "http://127.0.0.1:9999", "/join", "code=FP1-CODE").await,
        post_as(["127.0.0.1:5", "evil.example.org"], "http://evil.example.org", "/invitation", "").await,
        post_as(["192.0.2.7:5", "127.0.0.1:8440"], "http://127.0.0.1:8440", "/invitation", "").await,
        send(pages(), HOME[0], Request::post("/invitation").header("host", HOME[1]).body(Body::empty()).unwrap()).await,
    ];
    for seen in refused {
        assert_eq!(seen.status, 403);
        assert!(!seen.body.contains("FP1-CODE"));
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_said_and_its_address_only_here() {
    let away = |peer, host| {
        let pages = Pages { node: node(false), metrics: Exposure::Loopback };
        send(pages, peer, Request::get("/readyz").header("host", host).body(Body::empty()).unwrap())
    };
    let here = away(HOME[0], HOME[1]).await;
    assert!(here.status == 503 && here.body.contains("db.internal"));
    assert_eq!(here.headers["content-type"], "application/problem+json");
    let stranger = away("192.0.2.7:5", "shelter.example.org").await;
    assert!(stranger.status == 503 && !stranger.body.contains("db.internal"));
    assert_eq!([get_as(HOME, "/readyz").await.status, get_as(HOME, "/healthz").await.status], [200, 200]);
}

#[tokio::test]
async fn metrics_are_for_whom_the_setting_names() {
    let stranger = ["192.0.2.7:5", "shelter.example.org"];
    for (metrics, here, elsewhere) in
        [(Exposure::Loopback, 200, 403), (Exposure::All, 200, 200), (Exposure::Nobody, 403, 403)]
    {
        for ([peer, host], status) in [(HOME, here), (stranger, elsewhere)] {
            let pages = Pages { node: node(true), metrics };
            let seen =
                send(pages, peer, Request::get("/metrics").header("host", host).body(Body::empty()).unwrap()).await;
            assert_eq!(seen.status, status, "{metrics:?} from {peer}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_a_hint() {
    let seen = get_as(HOME, "/nowhere").await;
    let problem: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(
        (seen.status, problem["status"].as_u64(), problem["hint"].as_str()),
        (404, Some(404), Some("begin at /"))
    );
    assert_eq!(post_as(HOME, "http://127.0.0.1:8440", "/", "").await.status, 405);
    assert_eq!(post_as(HOME, "http://127.0.0.1:8440", "/join", &"x".repeat(FORM_BYTES + 1)).await.status, 413);
}

#[tokio::test]
async fn serving_ends_when_it_is_told_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // A connection that never asks holds nobody up.
    let _idle = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, pages(), stop.clone()));
    stop.cancel();
    serving.await.unwrap().unwrap();
}
