use super::world::{Node, said};
use crate::link::dial::{answered, channel, connect};
use crate::link::stream::PeerStream;
use crate::tls::verifier::{Admits, Verifier};
use crate::tls::{ALPN_PAIR, Identity, exporter_label};
use domain::identity::InvitedAs;
use domain::identity::words;
use domain::{Refusal, RefusalKind, limits};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use wire::proto::pairing as proto;
use wire::proto::pairing::pairing_service_client::PairingServiceClient;
use wire::proto::pairing::pairing_service_server::{PairingService, PairingServiceServer};

#[tokio::test]
async fn two_organisations_pair_by_a_code_and_link() {
    let (mut a, mut b) = (Node::run("Council").await, Node::run("Night Shelter").await);
    let code = a.invite().await;
    assert_eq!(b.pairing.join(&code).await, Ok(a.org()));
    let (at_a, at_b) = (a.known(), b.known());
    assert_eq!(at_a.partners[&b.org()].name, "Night Shelter");
    assert_eq!(at_b.partners[&a.org()].name, "Council");
    assert_eq!(at_b.partners[&a.org()].addresses, [a.address.clone()]);
    assert_eq!(words::safety_words(at_a.keys[&b.org()].root()), words::safety_words(b.founded.keys.root()));
    assert_eq!(b.linked().await.node, a.node());
    assert_eq!(a.linked().await.node, b.node());
}

#[tokio::test]
async fn an_invitation_is_used_by_one_organisation_which_may_ask_again() {
    let (a, b, c) = (Node::run("a").await, Node::run("b").await, Node::run("c").await);
    let code = a.invite().await;
    assert_eq!(b.pairing.join(&code).await, Ok(a.org()));
    assert_eq!(b.pairing.join(&code).await, Ok(a.org()));
    let refused = c.pairing.join(&code).await.unwrap_err();
    assert_eq!(refused.kind, RefusalKind::AlreadyDone);
    assert!(said(&refused).contains("used already") && said(&refused).contains("new invitation"), "{}", said(&refused));
    assert!(!a.known().partners.contains_key(&c.org()) && !c.known().partners.contains_key(&a.org()));
}

#[tokio::test]
async fn an_invitation_that_is_wrong_says_how() {
    let (a, b) = (Node::run("a").await, Node::run("b").await);
    let refused = async |code: &str| {
        let refusal = b.pairing.join(code).await.unwrap_err();
        assert!(refusal.hint.is_some(), "{refusal} has no hint");
        assert!(b.known().partners.is_empty());
        said(&refusal)
    };
    let code = a.invite().await;
    assert!(refused("hello").await.contains("not an invitation"));
    assert!(refused(&code[..code.len() - 5]).await.contains("cut short"));
    assert!(refused(&code.replacen(&code[20..24], "aaaa", 1)).await.contains("mistyped"));
    let own = b.invite().await;
    assert!(refused(&own).await.contains("this organisation's own"));
    let over =
        a.pairing.invite(InvitedAs::Partner, vec![a.address.clone()], crate::clock::now().plus_ms(-1)).await.unwrap();
    assert!(refused(&over).await.contains("expired"));
    let nowhere = a.pairing.invite(InvitedAs::Partner, vec![], crate::clock::now().plus_ms(60_000)).await.unwrap();
    assert!(refused(&nowhere).await.contains("no address"));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let silent = a
        .pairing
        .invite(InvitedAs::Partner, vec![closed.to_string()], crate::clock::now().plus_ms(60_000))
        .await
        .unwrap();
    assert!(refused(&silent).await.contains("cannot be reached"));
    assert!(a.pairing.invite(InvitedAs::Partner, vec!["nonsense".into()], crate::clock::now()).await.is_err());
}

#[tokio::test]
async fn pairing_is_offered_only_while_an_invitation_is_open() {
    let (a, b) = (Node::run("a").await, Node::run("b").await);
    let code = a.invite().await;
    for kept in a.store.invitations().await.unwrap() {
        a.store.delete_invitation(&kept.id).await.unwrap();
    }
    let refused = b.pairing.join(&code).await.unwrap_err();
    assert!(said(&refused).contains("no invitation is open"), "{}", said(&refused));
    let other = a.invite().await;
    let refused = b.pairing.join(&code).await.unwrap_err();
    assert!(said(&refused).contains("does not know this invitation"), "{}", said(&refused));
    assert_eq!(b.pairing.join(&other).await, Ok(a.org()));
}

#[tokio::test]
async fn few_invitations_are_open_at_once_and_none_of_their_secrets_is_kept() {
    let a = Node::run("a").await;
    for _ in 0..limits::INVITATIONS {
        a.invite().await;
    }
    let refused = a
        .pairing
        .invite(InvitedAs::Partner, vec![a.address.clone()], crate::clock::now().plus_ms(60_000))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Busy);
    let kept = a.store.invitations().await.unwrap();
    let ids: std::collections::BTreeSet<_> = kept.iter().map(|k| k.id).collect();
    assert_eq!(ids.len(), limits::INVITATIONS);
    assert!(kept.iter().all(|k| k.sealed.len() == 24 + 32 + 16));
}

/// Somebody in between who holds the TLS keys of both, and hands on what each says.
struct Middle {
    as_joiner: Identity,
    to: String,
    inviter: domain::OrgId,
}

#[tonic::async_trait]
impl PairingService for Middle {
    async fn pair(
        &self,
        request: tonic::Request<proto::PairRequest>,
    ) -> Result<tonic::Response<proto::PairResponse>, tonic::Status> {
        let config = self.as_joiner.client(Verifier::new(Admits::Inviter(self.inviter)), ALPN_PAIR).unwrap();
        let (stream, _) = connect(&self.to, config, ALPN_PAIR).await.unwrap();
        let channel = channel(PeerStream::new(stream, (), CancellationToken::new())).await.unwrap();
        PairingServiceClient::new(channel).pair(request.into_inner()).await
    }
}

#[tokio::test]
async fn somebody_in_between_fails_even_with_both_tls_keys_and_ends_the_invitation_by_trying() {
    let (a, b) = (Node::run("a").await, Node::run("b").await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = listener.local_addr().unwrap().to_string();
    let expires_at = crate::clock::now().plus_ms(60_000);
    let code = a.pairing.invite(InvitedAs::Partner, vec![between], expires_at).await.unwrap();
    let config = a.identity().server(Verifier::new(Admits::Joiner), ALPN_PAIR).unwrap();
    let middle = Arc::new(Middle { as_joiner: b.identity(), to: a.address.clone(), inviter: a.org() });
    tokio::spawn(async move {
        let (sender, streams) = tokio::sync::mpsc::channel(1);
        let service = PairingServiceServer::from_arc(middle);
        let streams = tokio_stream::wrappers::ReceiverStream::new(streams);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(streams));
        while let Ok((socket, _)) = listener.accept().await {
            let stream = TlsAcceptor::from(config.clone()).accept(socket).await.unwrap();
            assert_eq!(exporter_label(ALPN_PAIR), b"EXPORTER-fingerpost-pair-v1");
            let stream = PeerStream::new(stream.into(), (), CancellationToken::new());
            let _ = sender.send(Ok::<_, std::io::Error>(stream)).await;
        }
    });
    for _ in 0..limits::INVITATION_WRONG_CODES {
        let refused = b.pairing.join(&code).await.unwrap_err();
        assert_eq!(refused.kind, RefusalKind::NotAuthentic, "{}", said(&refused));
        assert!(said(&refused).contains("somebody may be in between"));
    }
    assert!(a.known().partners.is_empty() && b.known().partners.is_empty());
    assert_eq!(a.store.invitations().await.unwrap(), [], "five wrong secrets did not end the invitation");
}

#[tokio::test]
async fn an_address_gets_few_tries_at_pairing() {
    let (a, b) = (Node::run("a").await, Node::run("b").await);
    a.invite().await;
    let config = b.identity().client(Verifier::new(Admits::Inviter(a.org())), ALPN_PAIR).unwrap();
    let mut refused: Vec<Refusal> = vec![];
    for _ in 0..12 {
        match connect(&a.address, config.clone(), ALPN_PAIR).await {
            Ok((stream, _)) => {
                let channel = channel(PeerStream::new(stream, (), CancellationToken::new())).await.unwrap();
                let guess = proto::PairRequest { introduce: vec![1], signature: vec![0; 64], mac: vec![0; 32] };
                let answer = answered(PairingServiceClient::new(channel).pair(guess)).await;
                assert_eq!(answer.err().unwrap().kind, RefusalKind::Malformed);
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    assert_eq!(refused.len(), 2, "{refused:?}");
}
