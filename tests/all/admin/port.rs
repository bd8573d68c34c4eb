//! The port for software: its certificate, its tokens, health and reflection.

use super::{Node, PATIENCE, check, expect_refused, run, set, until};
use rustls::version::TLS12;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use tests::software::{Pin, Software};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use wire::proto::admin::watch_listings_response::Event;
use wire::proto::admin::{CreateListingRequest, ListListingsRequest, ListListingsResponse, WatchListingsRequest};

/// What the port does not speak.
const OLD: &[&rustls::SupportedProtocolVersion] = &[&TLS12];

const SERVICES: [&str; 4] = [
    "fingerpost.admin.v1.ListingService",
    "fingerpost.admin.v1.ReferralService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
];

async fn list(software: &Software) -> Result<ListListingsResponse, Status> {
    Ok(software.listings().list_listings(ListListingsRequest::default()).await?.into_inner())
}

fn create() -> CreateListingRequest {
    CreateListingRequest { edits: vec![set("name", json!("Supper"))], audience: String::new() }
}

#[test]
fn a_token_lets_in_as_far_as_its_scope_and_until_it_is_revoked() {
    check("admin_token", async |node| {
        let (reader, writer) = (node.token("website", "read"), node.token("case system", "write"));
        let port = node.port().await;
        port.with(&writer).listings().create_listing(create()).await.expect("it may write");
        assert_eq!(list(&port.with(&reader)).await.expect("it may read").listings.len(), 1);
        let refused = port.with(&reader).listings().create_listing(create()).await;
        expect_refused(refused, Code::PermissionDenied, "not_allowed", "for reading only");

        let refused = |answer| expect_refused(answer, Code::Unauthenticated, "not_authentic", "API token");
        refused(list(&port).await);
        refused(list(&port.showing(&reader)).await);
        refused(list(&port.showing(&format!("Basic {reader}"))).await);
        refused(list(&port.with("fpt_")).await);
        refused(list(&port.with(&reader[..67])).await);
        refused(list(&port.with(&format!("fpt_{}", "07".repeat(32)))).await);
        refused(list(&port.with("")).await);

        let listed = node.folder.run(["token", "list", "--json"]);
        listed.expect_done();
        assert!(!listed.out.contains(&reader[4..]) && !listed.out.contains(&writer[4..]), "{}", listed.out);
        let rows: Vec<serde_json::Value> =
            listed.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((&rows[0]["name"], &rows[1]["scope"]), (&json!("website"), &json!("write")));

        let mut watch = port.with(&reader).listings().watch_listings(WatchListingsRequest::default()).await;
        let events = watch.as_mut().expect("it may watch").get_mut();
        while !matches!(events.message().await.expect("it goes on").and_then(|e| e.event), Some(Event::CaughtUp(_))) {}
        let id = rows[0]["id"].as_str().expect("an id").to_owned();
        node.folder.run(["token", "revoke", &id[..6]]).expect_done();
        let ended = tokio::time::timeout(PATIENCE, events.message()).await.expect("it ends");
        expect_refused(ended, Code::Unauthenticated, "not_authentic", "revoked");
        refused(list(&port.with(&reader)).await);
        node.folder.run(["token", "revoke", &id]).expect_told(1, &["there is no API token"]);

        node.restart();
        let port = node.port().await;
        assert_eq!(list(&port.with(&writer)).await.expect("it is still good").listings.len(), 1);
        refused(list(&port.with(&reader)).await);
        let used = until("the day of its use is kept", || {
            let listed = node.folder.run(["token", "list", "--json"]);
            let row: serde_json::Value = serde_json::from_str(listed.out.lines().next()?).ok()?;
            row["last_used"].as_str().map(str::to_owned)
        });
        assert_eq!(used.len(), "2026-11-24".len(), "{used}");
    });
}

#[test]
fn tokens_that_cannot_be_are_refused() {
    run(async {
        let node = Node::new("Night Shelter", None);
        let told = |words: &[&str], says: &[&str]| node.folder.run(words).expect_told(1, says);
        node.token("website", "read");
        told(&["token", "add", "website"], &["called \"website\""]);
        told(&["token", "add", " "], &["needs a name"]);
        told(&["token", "add", "other", "--expires", "4000d"], &["ten years"]);
        told(&["token", "revoke", "nothing"], &["\"nothing\"", "token list"]);
        let added = node.folder.json(["token", "add", "other", "--expires", "90d"]);
        let until = added["expires_at_ms"].as_i64().expect("an end") - added["made_at_ms"].as_i64().expect("a start");
        assert_eq!(until, 90 * 24 * 60 * 60 * 1000);
        assert_eq!(added["port"]["listen"], node.pin().listen);
        let database = std::fs::read(node.folder.data().join("fingerpost.db-wal")).expect("a database");
        let secret = &added["token"].as_str().expect("a token").as_bytes()[4..];
        assert!(!database.windows(secret.len()).any(|bytes| bytes == secret), "the token itself is not kept");
    });
}

#[test]
fn the_port_shows_one_certificate_for_good_and_speaks_no_older_tls() {
    run(async {
        let mut node = Node::new("Night Shelter", None);
        let data = node.folder.data();
        let mode = |file: &str| std::fs::metadata(data.join(file)).expect("a file").permissions().mode() & 0o777;
        assert_eq!((mode("admin-key.pem"), mode("admin-cert.pem")), (0o600, 0o644));
        let pin = node.pin();
        for name in ["localhost", "fingerpost", "127.0.0.1"] {
            Software::over_tls(&Pin { name, ..pin.clone() }).await.expect("it goes by this name");
        }
        let check = async |pin: Pin| drop(Software::over_tls(&pin).await.expect_err("it is not let in"));
        check(Pin { name: "example.org", ..pin.clone() }).await;
        check(Pin { versions: OLD, ..pin.clone() }).await;
        let other = Node::new("Hoe Street Council", None);
        check(Pin { certificate: other.pin().certificate, ..pin.clone() }).await;
        let plain = tonic::transport::Endpoint::from_shared(format!("http://{}", pin.listen)).expect("a place");
        let plain = wire::proto::admin::listing_service_client::ListingServiceClient::new(plain.connect_lazy());
        let refused = plain.clone().list_listings(ListListingsRequest::default()).await;
        // The connection ends before anything was answered, so there is no kind.
        assert!(refused.expect_err("nothing without TLS").metadata().get(wire::status::KIND).is_none());

        node.restart();
        assert_eq!(node.pin().certificate, pin.certificate);
        node.stop();
        std::fs::set_permissions(data.join("admin-key.pem"), PermissionsExt::from_mode(0o644)).expect("it is ours");
        let words = ["up", "--node-listen", "127.0.0.1:0", "--people-listen", "127.0.0.1:0"];
        let again = || node.folder.run([&words[..], &["--admin-listen", "127.0.0.1:0"]].concat());
        again().expect_told(1, &["others may read", "chmod 600"]);
        std::fs::set_permissions(data.join("admin-key.pem"), PermissionsExt::from_mode(0o600)).expect("it is ours");
        std::fs::write(data.join("admin-cert.pem"), "no certificate").expect("writes");
        again().expect_told(1, &["admin-cert.pem", "made anew"]);
        std::fs::write(data.join("admin-cert.pem"), &other.pin().certificate).expect("writes");
        again().expect_told(1, &["does not go with its key", "made anew"]);
    });
}

#[test]
fn health_and_reflection_are_on_both() {
    run(async {
        let node = Node::new("Night Shelter", None);
        let (socket, port) = (node.socket().await, node.port().await);
        let with_token = port.with(&node.token("website", "read"));
        for software in [&socket, &port] {
            for service in ["", SERVICES[0], SERVICES[1]] {
                let request = HealthCheckRequest { service: service.to_owned() };
                let answer = software.health().check(request).await.expect("anybody may ask").into_inner();
                assert_eq!(answer.status(), ServingStatus::Serving);
            }
            let request = HealthCheckRequest { service: "fingerpost.sync.v1.SyncService".into() };
            assert_eq!(software.health().check(request).await.expect_err("not here").code(), Code::NotFound);
        }
        for software in [&socket, &with_token] {
            let ask = |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
            let asked = futures::stream::iter([
                ask(MessageRequest::ListServices(String::new())),
                ask(MessageRequest::FileContainingSymbol(SERVICES[1].into())),
                ask(MessageRequest::FileContainingSymbol("fingerpost.sync.v1.SyncService".into())),
            ]);
            let mut answers = software.reflection().server_reflection_info(asked).await.expect("it tells").into_inner();
            let first = answers.message().await.expect("it goes on").and_then(|answer| answer.message_response);
            let Some(MessageResponse::ListServicesResponse(services)) = first else { panic!("{first:?}") };
            let mut names: Vec<_> = services.service.into_iter().map(|service| service.name).collect();
            names.sort();
            assert_eq!(names, SERVICES);
            let second = answers.message().await.expect("it goes on").and_then(|answer| answer.message_response);
            assert!(matches!(second, Some(MessageResponse::FileDescriptorResponse(_))), "{second:?}");
            let third = answers.message().await.map(|answer| answer.and_then(|answer| answer.message_response));
            let is_refused = matches!(&third, Err(_) | Ok(Some(MessageResponse::ErrorResponse(_))));
            assert!(is_refused, "what nodes speak among each other is not told: {third:?}");
        }
        let asked = futures::stream::iter([ServerReflectionRequest::default()]);
        let refused = port.reflection().server_reflection_info(asked).await.map(drop);
        expect_refused(refused, Code::Unauthenticated, "not_authentic", "without an API token");
    });
}

#[test]
fn without_the_setting_there_is_no_port_and_the_socket_serves_all_the_same() {
    run(async {
        let folder = tests::command::Folder::initialised("Night Shelter");
        let up = folder.up([]);
        assert_eq!(up.admin_listen, "");
        assert!(!folder.data().join("admin-cert.pem").exists());
        let software = Software::on_socket(&folder.data()).await;
        software.listings().create_listing(create()).await.expect("it is written");
        assert_eq!(folder.json(["status"])["documents"]["listing"], 1);
        let added = folder.json(["token", "add", "website"]);
        assert_eq!(added["port"], serde_json::Value::Null);
    });
}
