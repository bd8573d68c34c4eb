use super::world::{Linked, Node};
use crate::engine::LinkEvent;
use crate::link::dial::{answered, channel, connect};
use crate::link::registry::{Claim, Decision, decide};
use crate::link::seat::{Seats, TRIES_A_MINUTE};
use crate::link::stream::PeerStream;
use crate::secret::found;
use crate::tls::verifier::{Admits, Verifier};
use crate::tls::{ALPN_LINK, Session};
use domain::identity::hello::{End, HelloTranscript, Side};
use domain::identity::signing::SecretKey;
use domain::sync::Message;
use domain::{Incarnation, NodeId, RefusalKind, ScopeId, limits};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_client::SyncServiceClient;

fn frame(n: u64) -> Message {
    Message::Stored { scope: ScopeId::from_bytes([7; 16]), seq: n }
}

/// Two nodes of which only the second can be reached, linked.
async fn pair() -> (Node, Linked, Node, Linked) {
    let (mut a, mut b) = (Node::run("a").await, Node::run("b").await);
    b.knows(&a.founded, &[]);
    a.knows(&b.founded, &[&b.address]);
    let (at_a, at_b) = (a.linked().await, b.linked().await);
    (a, at_a, b, at_b)
}

#[tokio::test]
async fn two_nodes_link_by_the_one_that_can_be_reached_and_frames_go_both_ways() {
    let (mut a, at_a, mut b, at_b) = pair().await;
    assert_eq!((at_a.node, at_b.node), (b.node(), a.node()));
    let (greeting, other) = (b.greeted().await, a.greeted().await);
    assert_eq!((greeting.node, greeting.name.as_str()), (a.node(), "a"));
    assert_eq!(greeting.addresses.unwrap().addresses, [a.address.clone()]);
    assert_eq!((other.org, other.name.as_str()), (b.org(), "b"));
    for n in 0..3 {
        at_a.outbox.frames.send(frame(n)).await.unwrap();
        at_b.outbox.frames.send(frame(n + 10)).await.unwrap();
    }
    for n in 0..3 {
        assert_eq!(b.received().await, frame(n));
        assert_eq!(a.received().await, frame(n + 10));
    }
    at_b.outbox.cut.cancel();
    b.unlinked().await;
    a.unlinked().await;
}

#[tokio::test]
async fn a_link_that_broke_is_dialled_again() {
    let (mut a, _, mut b, at_b) = pair().await;
    at_b.outbox.cut.cancel();
    b.unlinked().await;
    a.unlinked().await;
    assert_eq!(a.linked().await.node, b.node());
    assert_eq!(b.linked().await.node, a.node());
}

#[tokio::test]
async fn a_slow_engine_slows_the_sender_and_loses_nothing() {
    let (_a, at_a, mut b, _at_b) = pair().await;
    let large = Message::Part {
        scope: ScopeId::from_bytes([7; 16]),
        doc_id: domain::DocId::from_bytes([1; 32]),
        pack: noise(400 << 10),
    };
    let mut sent = 0;
    // What fits nowhere: the windows of HTTP/2, the socket, the two channels. Then the sender waits.
    while tokio::time::timeout(Duration::from_millis(300), at_a.outbox.frames.send(large.clone())).await.is_ok() {
        sent += 1;
        assert!(sent < 300, "nothing slows the sender");
    }
    for _ in 0..sent {
        assert_eq!(b.received().await, large);
    }
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

#[tokio::test]
async fn a_removed_partner_is_cut_within_a_second_and_does_not_come_back() {
    let (mut a, _at_a, mut b, _at_b) = pair().await;
    let since = Instant::now();
    b.forgets(a.org());
    b.unlinked().await;
    a.unlinked().await;
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    let refused = stranger(&a, &b).await.err().unwrap();
    assert_eq!(refused.kind, RefusalKind::Busy, "{refused}");
    b.expect_quiet();
}

/// A connection to another's node port that was made with one's own TLS key, and nothing else said.
async fn open(from: &Node, to: &Node) -> Result<(SyncServiceClient<Channel>, Session), domain::Refusal> {
    let admits = Verifier::new(Admits::Inviter(to.org()));
    let config = from.identity().client(admits, ALPN_LINK).unwrap();
    let (stream, session) = connect(&to.address, config, ALPN_LINK).await?;
    let stream = PeerStream::new(stream, (), CancellationToken::new());
    Ok((SyncServiceClient::new(channel(stream).await?), session))
}

/// A caller that speaks the protocol well.
async fn stranger(from: &Node, to: &Node) -> Result<(), domain::Refusal> {
    let (mut client, session) = open(from, to).await?;
    let hello = greeting(from, to, &session, &from.founded.secrets.author);
    answered(client.hello(proto::HelloRequest { hello: Some(hello.into()) })).await.map(drop)
}

fn greeting(from: &Node, to: &Node, session: &Session, author: &SecretKey) -> wire::hello::Hello {
    let transcript = HelloTranscript {
        side: Side::Dialler,
        exporter: session.exporter,
        signer: End { org_id: from.org(), node_id: from.node(), serial: 1 },
        other: End { org_id: to.org(), node_id: to.node(), serial: 1 },
        protocol_version: wire::hello::VERSION,
    };
    wire::hello::Hello {
        versions: BTreeSet::from([wire::hello::VERSION]),
        side: Side::Dialler,
        is_replicated: false,
        is_hub: false,
        org_id: from.org(),
        node_id: from.node(),
        serial: 1,
        incarnation: Incarnation::from_bytes([1; 8]),
        signature: transcript.sign(author),
        addresses: vec![],
        name: String::new(),
    }
}

#[tokio::test]
async fn an_unknown_caller_gets_no_call() {
    let (a, mut b) = (Node::run("a").await, Node::run("b").await);
    let refused = stranger(&a, &b).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Busy, "an answer came: {refused}");
    b.expect_quiet();
    b.knows(&a.founded, &[]);
    assert_eq!(stranger(&a, &b).await, Ok(()));
}

#[tokio::test]
async fn a_thief_of_the_tls_key_gets_nothing_without_the_author_key() {
    let (a, mut b) = (Node::run("a").await, Node::run("b").await);
    b.knows(&a.founded, &[]);
    let (mut client, session) = open(&a, &b).await.unwrap();
    let before = answered(client.sync(futures::stream::pending())).await.err().unwrap();
    assert_eq!(before.kind, RefusalKind::NotAllowed, "{before}");
    let author = &a.founded.secrets.author;
    let honest = greeting(&a, &b, &session, author);
    let forged = [
        greeting(&a, &b, &session, &found().unwrap().secrets.author),
        greeting(&a, &b, &Session { exporter: [0; 32], ..session.clone() }, author),
        wire::hello::Hello { side: Side::Listener, ..honest.clone() },
        wire::hello::Hello { node_id: b.node(), ..honest.clone() },
        wire::hello::Hello { serial: 2, ..honest.clone() },
    ];
    for hello in forged {
        let refused = answered(client.hello(proto::HelloRequest { hello: Some(hello.into()) })).await.err().unwrap();
        assert_eq!(refused.kind, RefusalKind::NotAuthentic, "{refused}");
    }
    let after = answered(client.sync(futures::stream::pending())).await.err().unwrap();
    assert_eq!(after.kind, RefusalKind::NotAllowed, "{after}");
    b.expect_quiet();
    let accepted = answered(client.hello(proto::HelloRequest { hello: Some(honest.clone().into()) })).await;
    assert!(accepted.is_ok(), "{:?}", accepted.err());
    let twice = answered(client.hello(proto::HelloRequest { hello: Some(honest.into()) })).await.err().unwrap();
    assert_eq!(twice.kind, RefusalKind::AlreadyDone);
}

#[tokio::test]
async fn dialled_from_both_sides_at_once_one_link_stays() {
    let (mut a, mut b) = (Node::run("a").await, Node::run("b").await);
    a.knows(&b.founded, &[&b.address]);
    b.knows(&a.founded, &[&a.address]);
    // Links may replace one another at first. Each side greets on every link it gets and answers greetings; both are
    // done once an answer came to each over the link that stands there.
    let mut standing: [Option<Linked>; 2] = [None, None];
    let mut answered = [false, false];
    while answered != [true, true] {
        let (side, event) = tokio::select! {
            event = a.event() => (0, event),
            event = b.event() => (1, event),
        };
        let (greeting, answer) = (frame(1), frame(2));
        match event {
            LinkEvent::Linked { node, outbox, .. } => {
                let _ = outbox.frames.send(greeting).await;
                standing[side] = Some(Linked { node, outbox });
                answered[side] = false;
            }
            LinkEvent::Received { message, .. } if message == greeting => {
                if let Some(linked) = &standing[side] {
                    let _ = linked.outbox.frames.send(answer).await;
                }
            }
            LinkEvent::Received { message, .. } => answered[side] = message == answer,
            LinkEvent::Unlinked { .. } => {}
        }
    }
    let of = |side: usize| standing[side].as_ref().map(|linked| linked.node);
    assert_eq!((of(0), of(1)), (Some(b.node()), Some(a.node())));
}

#[test]
fn of_two_links_with_one_node_it_is_decided_which_stays() {
    let (small, large) = (NodeId::from_bytes([1; 16]), NodeId::from_bytes([2; 16]));
    let claim = |dialler, process| Claim { dialler, incarnation: Incarnation::from_bytes([process; 8]) };
    let check = |standing: (NodeId, u8), offered: (NodeId, u8), expected| {
        let decided = decide(&claim(standing.0, standing.1), &claim(offered.0, offered.1));
        assert_eq!(decided, expected, "{standing:?} then {offered:?}");
    };
    check((small, 1), (small, 1), Decision::Replace);
    check((large, 1), (large, 1), Decision::Replace);
    check((large, 1), (small, 1), Decision::Replace);
    check((small, 1), (large, 1), Decision::Stay);
    check((small, 1), (large, 2), Decision::Replace);
    check((large, 1), (small, 2), Decision::Replace);
}

#[test]
fn an_address_has_few_seats_until_it_is_known_and_few_tries() {
    let seats = Seats::default();
    let here = "192.0.2.1".parse().unwrap();
    let mut taken: Vec<_> = (0..limits::SOCKETS_PER_ADDRESS).map(|_| seats.take(here).unwrap()).collect();
    assert!(seats.take(here).is_none());
    assert!(seats.take("192.0.2.2".parse().unwrap()).is_some());
    taken[0].greeted();
    let next = seats.take(here).unwrap();
    assert!(seats.take(here).is_none());
    drop((taken, next));
    let households: Vec<_> = (0..9).map(|n| seats.take(format!("2001:db8:0:1::{n}").parse().unwrap())).collect();
    assert!(households[7].is_some() && households[8].is_none());
    drop(households);
    let now = Instant::now();
    for _ in 0..2 * TRIES_A_MINUTE {
        let mut seat = seats.take(here).unwrap();
        assert!(seat.may_pair(now), "what comes to a pairing is no try");
        seat.paired();
    }
    for n in 0..TRIES_A_MINUTE + 1 {
        assert_eq!(seats.take(here).unwrap().may_pair(now), n < TRIES_A_MINUTE, "{n}");
    }
    assert!(seats.take(here).unwrap().may_pair(now + Duration::from_secs(61)));
    let all: Vec<_> = (0..=u8::MAX).filter_map(|n| seats.take([10, 0, 0, n].into())).collect();
    assert_eq!(all.len(), limits::SOCKETS);
    assert!(seats.take(here).is_none());
    drop(all);
    assert!(seats.take(here).is_some());
}
