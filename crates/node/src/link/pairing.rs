//! Pairing: making invitations, answering who uses one, and using another's.

use super::dial::{answered, channel, connect};
use super::stream::PeerStream;
use super::{Encounter, Shared};
use crate::clock::now;
use crate::secret;
use crate::tls::verifier::{Admits, Verifier};
use crate::tls::{ALPN_PAIR, Session};
use domain::identity::introduce::{PairFault, PairSession, prove, verify};
use domain::identity::invitation::InvitationSecret;
use domain::identity::{Introduce, Invitation, InvitationId, InvitationKey, InvitedAs, PairRole};
use domain::sync::batch::Partner;
use domain::{NodeId, OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::sync::Arc;
use store::{Store, StoreError};
use tokio::sync::oneshot;
use tonic::{Request, Response, Status};
use wire::pairing::Pairing as Message;
use wire::proto::pairing as proto;
use wire::proto::pairing::pairing_service_client::PairingServiceClient;
use wire::proto::pairing::pairing_service_server::PairingService;
use wire::status::from_refusal;

/// To invite and to join. Clones are one and the same.
#[derive(Clone)]
pub struct Pairing(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    store: Store,
}

/// What a new partner is besides.
#[derive(Clone, Copy, Debug)]
struct Role {
    /// A hub that this organisation follows.
    is_followed: bool,
    /// On this organisation's roster.
    is_listed: bool,
}

/// A connection that wants to pair.
pub(super) struct PairConnection {
    pub(super) session: Session,
    pub(super) seat: super::seat::Seat,
}

/// What this node offers to whoever uses an invitation.
pub(super) struct PairPort {
    pub(super) pairing: Pairing,
}

const ASK_FOR_ANOTHER: &str = "ask the inviter for a new invitation";

impl Pairing {
    pub(super) fn new(shared: Arc<Shared>, store: Store) -> Self {
        Self(Arc::new(Inner { shared, store }))
    }

    /// Opens an invitation for a partner that stands until then, and gives its code. The secret in it is kept nowhere
    /// else. Refused when [`limits::INVITATIONS`] are open, or no address is one.
    pub async fn invite(
        &self,
        invited_as: InvitedAs,
        addresses: Vec<String>,
        expires_at: Timestamp,
    ) -> Result<String, Refusal> {
        domain::identity::address::check_all(&addresses)?;
        let now = now();
        let mut open = 0;
        for kept in self.0.store.invitations().await.map_err(fault)? {
            if kept.expires_at <= now {
                self.0.store.delete_invitation(&kept.id).await.map_err(fault)?;
            } else if kept.bound_org.is_none() {
                open += 1;
            }
        }
        if open >= limits::INVITATIONS {
            return Err(Refusal::new(RefusalKind::Busy, format!("{open} invitations are open, and that is the most"))
                .hint("wait until one is used or expires"));
        }
        let secret = InvitationSecret::from_bytes(*secret::random().map_err(crate::Error::into_refusal)?);
        let (id, key) = (secret.id(), secret.key());
        let sealed = self.0.shared.own.secrets.local.seal(key.as_bytes(), &place(&id));
        let row = store::Invitation {
            id: *id.as_bytes(),
            sealed: sealed.map_err(crate::Error::into_refusal)?,
            role: invited_as,
            expires_at,
            bound_org: None,
            wrong_codes: 0,
        };
        self.0.store.put_invitation(&row).await.map_err(fault)?;
        let name = self.0.shared.own.about.borrow().name.clone();
        let org_id = self.0.shared.own.org;
        Ok(Invitation { org_id, addresses, secret, expires_at, invited_as, name }.code())
    }

    /// Uses another organisation's invitation, and gives which organisation it was once both have taken each other in.
    pub async fn join(&self, code: &str) -> Result<OrgId, Refusal> {
        let invitation = Invitation::parse(code)?;
        invitation.check_open(now())?;
        match (invitation.org_id == self.0.shared.own.org, invitation.invited_as) {
            (true, InvitedAs::Partner | InvitedAs::Member) => {
                return Err(Refusal::invalid("the invitation is this organisation's own").hint("give it to a partner"));
            }
            (false, InvitedAs::Node) => return Err(not_a_node()),
            (true, InvitedAs::Node) | (false, InvitedAs::Partner | InvitedAs::Member) => {}
        }
        let mut last = Refusal::invalid("the invitation names no address to reach the inviter at")
            .hint("invite them from here instead, if this node can be reached");
        for address in &invitation.addresses {
            match self.join_at(&invitation, address).await {
                Ok(()) => return Ok(invitation.org_id),
                Err(refusal) if refusal.kind == RefusalKind::Busy => last = refusal,
                Err(refusal) => return Err(refusal),
            }
        }
        Err(if last.hint.is_some() {
            last
        } else {
            last.hint("is the inviter's node running, and its port open to the outside? `fingerpost doctor` there tells; if it is not, invite them from here instead")
        })
    }

    async fn join_at(&self, invitation: &Invitation, address: &str) -> Result<(), Refusal> {
        let own = &self.0.shared.own;
        let verifier = Verifier::new(Admits::Inviter(invitation.org_id));
        let config = self.0.shared.identity.client(verifier, ALPN_PAIR).map_err(crate::Error::into_refusal)?;
        let (stream, session) = connect(address, config, ALPN_PAIR).await.map_err(not_open)?;
        self.check_other(session.peer.node().node_id)?;
        let on = PairSession { exporter: session.exporter, inviter: invitation.org_id, joiner: own.org };
        let key = invitation.secret.key();
        let request = self.introduce(invitation.secret.id(), PairRole::Joiner, &on, &key)?;
        let channel = channel(PeerStream::new(stream, (), self.0.shared.stop.child_token())).await?;
        let mut client = PairingServiceClient::new(channel)
            .max_decoding_message_size(limits::PAIRING_MESSAGE_BYTES)
            .max_encoding_message_size(limits::PAIRING_MESSAGE_BYTES);
        let answer = answered(client.pair(proto::PairRequest::from(request))).await.map_err(not_taken)?;
        let answer = Message::try_from(answer)?;
        let tls_key = session.peer.node().tls_key;
        let met =
            verify(&answer.introduce, &answer.proof, PairRole::Inviter, &on, &tls_key, &key).map_err(|fault| {
                match fault {
                    PairFault::WrongMac(refusal) | PairFault::Refused(refusal) => refusal.hint(ASK_FOR_ANOTHER),
                }
            })?;
        let mut addresses = vec![address.to_owned()];
        addresses.extend(invitation.addresses.iter().filter(|a| *a != address).cloned());
        if invitation.invited_as == InvitedAs::Node {
            return self.take_sibling_in(met, addresses).await;
        }
        // Who joins a hub as a member follows it.
        let follows = invitation.invited_as == InvitedAs::Member;
        self.take_in(met, addresses, Role { is_followed: follows, is_listed: false }).await
    }

    /// Whether somebody may pair now: the protocol is offered only then.
    pub(super) async fn is_open(&self) -> bool {
        let now = now();
        match self.0.store.invitations().await {
            Ok(kept) => kept.iter().any(|i| i.expires_at > now && i.wrong_codes < limits::INVITATION_WRONG_CODES),
            Err(error) => {
                tracing::warn!(%error, "open invitations cannot be read");
                false
            }
        }
    }

    /// Answers a joiner: checks, binds the invitation to it, takes it in, and only then introduces this node.
    async fn answer(&self, session: &Session, request: Message) -> Result<Message, Refusal> {
        let own = self.0.shared.own.org;
        let said = Introduce::parse(&request.introduce)?;
        let (id, joiner) = (said.invitation_id, said.keys.org_id());
        let (key, invited_as) = self.key_of(&id, &joiner).await?;
        let on = PairSession { exporter: session.exporter, inviter: own, joiner };
        let tls_key = session.peer.node().tls_key;
        let met = match verify(&request.introduce, &request.proof, PairRole::Joiner, &on, &tls_key, &key) {
            Ok(met) => met,
            Err(PairFault::Refused(refusal)) => return Err(refusal),
            Err(PairFault::WrongMac(refusal)) => {
                self.count_wrong_code(&id).await?;
                return Err(refusal);
            }
        };
        match (joiner == own, invited_as) {
            (true, InvitedAs::Partner | InvitedAs::Member) => {
                return Err(Refusal::invalid("an organisation cannot be its own partner"));
            }
            (false, InvitedAs::Node) => return Err(not_a_node()),
            (true, InvitedAs::Node) | (false, InvitedAs::Partner | InvitedAs::Member) => {}
        }
        if !self.0.store.bind_invitation(id.as_bytes(), &joiner).await.map_err(fault)? {
            return Err(used());
        }
        let addresses = met.addresses.as_ref().map(|a| a.content().addresses.clone()).unwrap_or_default();
        if invited_as == InvitedAs::Node {
            self.take_sibling_in(met, addresses).await?;
        } else {
            let is_listed = invited_as == InvitedAs::Member;
            self.take_in(met, addresses, Role { is_followed: false, is_listed }).await?;
        }
        self.introduce(id, PairRole::Inviter, &on, &key)
    }

    /// The key of an invitation that this organisation may use now, and what it makes of whoever uses it.
    async fn key_of(&self, id: &InvitationId, joiner: &OrgId) -> Result<(InvitationKey, InvitedAs), Refusal> {
        let kept = self.0.store.invitations().await.map_err(fault)?;
        let kept = kept.into_iter().find(|i| i.id == *id.as_bytes());
        let kept = kept.ok_or_else(|| Refusal::not_found("there is no such invitation"))?;
        if kept.expires_at <= now() || kept.wrong_codes >= limits::INVITATION_WRONG_CODES {
            return Err(Refusal::new(RefusalKind::Expired, "the invitation has ended"));
        }
        if kept.bound_org.is_some_and(|org| org != *joiner) {
            return Err(used());
        }
        let opened = self.0.shared.own.secrets.local.open(&kept.sealed, &place(id))?;
        let key =
            opened.as_slice().try_into().map_err(|_| Refusal::malformed("a sealed invitation has another length"))?;
        Ok((InvitationKey::from_bytes(key), kept.role))
    }

    async fn count_wrong_code(&self, id: &InvitationId) -> Result<(), Refusal> {
        let wrong = self.0.store.count_wrong_code(id.as_bytes()).await.map_err(fault)?;
        if wrong.is_some_and(|wrong| wrong >= limits::INVITATION_WRONG_CODES) {
            tracing::warn!(
                "an invitation ended: it was used {} times with a wrong secret",
                limits::INVITATION_WRONG_CODES
            );
            self.0.store.delete_invitation(id.as_bytes()).await.map_err(fault)?;
        }
        Ok(())
    }

    /// This side's introduction, proved on one session.
    fn introduce(
        &self,
        id: InvitationId,
        role: PairRole,
        on: &PairSession,
        key: &InvitationKey,
    ) -> Result<Message, Refusal> {
        let own = &self.0.shared.own;
        let keys = self.0.shared.known.borrow().keys.get(&own.org).cloned();
        let about = own.about.borrow().clone();
        let introduce = Introduce {
            invitation_id: id,
            role,
            keys: keys.ok_or_else(|| Refusal::not_found("this organisation's own keys"))?,
            node_id: own.secrets.node_id,
            addresses: own.signed_addresses(&about),
            name: about.name,
        }
        .encode();
        let proof = prove(&introduce, role, on, &own.secrets.author, key);
        Ok(Message { introduce, proof })
    }

    /// A node that met itself would dial itself for ever.
    fn check_other(&self, node: NodeId) -> Result<(), Refusal> {
        if node == self.0.shared.own.secrets.node_id {
            return Err(Refusal::invalid("the invitation was made by this very node")
                .hint("use it at the other node of this organisation"));
        }
        Ok(())
    }

    /// Hands what another node of this organisation said to the node, and waits until it is durable.
    async fn take_sibling_in(&self, met: Introduce, addresses: Vec<String>) -> Result<(), Refusal> {
        self.check_other(met.node_id)?;
        let stopping = |()| Refusal::new(RefusalKind::Busy, "this node is stopping");
        let (done, is_done) = oneshot::channel();
        let sibling = Encounter::Sibling { keys: met.keys.bytes(), addresses, done };
        self.0.shared.encounters.send(sibling).await.map_err(|_| stopping(()))?;
        is_done.await.map_err(|_| stopping(()))?
    }

    /// Hands a partner to the node, and waits until it is durable.
    async fn take_in(&self, met: Introduce, addresses: Vec<String>, role: Role) -> Result<(), Refusal> {
        let stopping = |()| Refusal::new(RefusalKind::Busy, "this node is stopping");
        let partner = Partner {
            org_id: met.keys.org_id(),
            name: met.name,
            addresses,
            is_paused: false,
            confirmed_here_at: None,
            confirmed_there: None,
            paired_at: now(),
            is_shared_with: false,
            is_followed: role.is_followed,
        };
        let (done, is_done) = oneshot::channel();
        let paired = Encounter::Paired { partner, keys: met.keys.bytes(), is_listed: role.is_listed, done };
        self.0.shared.encounters.send(paired).await.map_err(|_| stopping(()))?;
        is_done.await.map_err(|_| stopping(()))?
    }
}

#[tonic::async_trait]
impl PairingService for PairPort {
    async fn pair(&self, request: Request<proto::PairRequest>) -> Result<Response<proto::PairResponse>, Status> {
        let connection = request.extensions().get::<Arc<PairConnection>>().cloned();
        let connection = connection.ok_or_else(wire::status::fault)?;
        let answer = async { self.pairing.answer(&connection.session, request.into_inner().try_into()?).await };
        match answer.await {
            Ok(message) => {
                connection.seat.paired();
                Ok(Response::new(message.into()))
            }
            Err(refusal) => {
                tracing::info!(reason = %refusal, "a pairing was refused");
                Err(from_refusal(&refusal))
            }
        }
    }
}

/// Binds a sealed key to the invitation it is of.
fn place(id: &InvitationId) -> Vec<u8> {
    [b"fingerpost invitation ".as_slice(), id.as_bytes()].concat()
}

fn not_a_node() -> Refusal {
    Refusal::invalid("the invitation is for a further node of the inviter's own organisation")
        .hint("make that node with the organisation's recovery words first: `fingerpost init --further`")
}

fn used() -> Refusal {
    Refusal::new(RefusalKind::AlreadyDone, "the invitation was used by another organisation").hint(ASK_FOR_ANOTHER)
}

/// What a joiner is told when the port does not offer pairing.
fn not_open(refusal: Refusal) -> Refusal {
    match refusal.kind {
        RefusalKind::NotFound => Refusal::new(RefusalKind::WrongState, "no invitation is open at the inviter")
            .hint("it was used, or has ended: ask for a new one; after many tries from here, wait a minute"),
        _ => refusal,
    }
}

/// What a joiner is told when the inviter says no.
fn not_taken(refusal: Refusal) -> Refusal {
    let message = match refusal.kind {
        RefusalKind::AlreadyDone => "the invitation was used already, by another organisation",
        RefusalKind::Expired => "the invitation has ended",
        RefusalKind::NotFound => "the inviter does not know this invitation any more",
        RefusalKind::NotAuthentic => "the inviter did not believe this node's introduction: somebody may be in between",
        _ => return refusal,
    };
    Refusal::new(refusal.kind, message).hint(ASK_FOR_ANOTHER)
}

/// A fault of the database.
fn fault(error: StoreError) -> Refusal {
    crate::Error::fault("the database failed", error).into_refusal()
}
