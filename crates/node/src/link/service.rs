//! The sync stream, at either end: frames become the engine's events, and what the engine sends becomes frames.

use super::registry::Claim;
use super::{Connection, OUTBOX_FRAMES, Shared, hello};
use crate::engine::{LinkEvent, Outbox};
use domain::identity::hello::Side;
use domain::sync::Message;
use domain::{Refusal, RefusalKind};
use futures::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use wire::frame::Body;
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_server::SyncService;
use wire::status::from_refusal;

/// What this node offers to whom it links with.
pub(super) struct SyncPort {
    pub(super) shared: Arc<Shared>,
}

#[tonic::async_trait]
impl SyncService for SyncPort {
    async fn hello(&self, request: Request<proto::HelloRequest>) -> Result<Response<proto::HelloResponse>, Status> {
        let connection = connection(&request)?;
        let result = async {
            let said = wire::hello::Hello::try_from(request.into_inner().hello)?;
            self.shared.greeted(&connection, &said).await
        };
        if let Err(refusal) = result.await {
            let node = connection.session.peer.node().node_id;
            tracing::warn!(%node, reason = %refusal, "a greeting was refused");
            // The answer goes out first: the connection has no other use, and ends by its deadline.
            return Err(from_refusal(&refusal));
        }
        let own = hello::make(&self.shared.own, &connection);
        Ok(Response::new(proto::HelloResponse { hello: Some(own.into()) }))
    }

    type SyncStream = Pin<Box<dyn Stream<Item = Result<proto::SyncResponse, Status>> + Send>>;

    async fn sync(
        &self,
        request: Request<Streaming<proto::SyncRequest>>,
    ) -> Result<Response<Self::SyncStream>, Status> {
        let connection = connection(&request)?;
        let (sender, frames) = mpsc::channel(OUTBOX_FRAMES);
        begin(&self.shared, &connection, sender).await.map_err(|refusal| from_refusal(&refusal))?;
        let inbound =
            request.into_inner().map(|frame| frame.and_then(|f| Body::try_from(f).map_err(|r| from_refusal(&r))));
        tokio::spawn(carry(self.shared.clone(), connection.clone(), inbound));
        let outbound = outbound(frames, connection).map(|body| Ok(body.into()));
        Ok(Response::new(Box::pin(outbound)))
    }
}

fn connection<T>(request: &Request<T>) -> Result<Arc<Connection>, Status> {
    request.extensions().get::<Arc<Connection>>().cloned().ok_or_else(wire::status::fault)
}

/// Makes a connection that has greeted the link with its node, and tells the engine, which sends through `frames`.
pub(super) async fn begin(
    shared: &Shared,
    connection: &Connection,
    frames: mpsc::Sender<Message>,
) -> Result<(), Refusal> {
    let greeting = connection
        .greeting
        .get()
        .ok_or_else(|| Refusal::new(RefusalKind::NotAllowed, "a connection that has not greeted gets nothing else"))?;
    let dialler = match connection.side {
        Side::Dialler => shared.own.secrets.node_id,
        Side::Listener => greeting.node,
    };
    let claim = Claim { dialler, incarnation: greeting.incarnation };
    shared.registry.enter(connection.id, &connection.session.peer, claim, &connection.cut)?;
    let outbox = Outbox { frames, cut: connection.cut.clone() };
    let linked = LinkEvent::Linked {
        link: connection.id,
        node: greeting.node,
        org: greeting.org,
        incarnation: greeting.incarnation,
        outbox,
    };
    shared.events.send(linked).await.map_err(|_| stopping())?;
    if is_news(shared, connection) {
        // The handshake showed a newer certificate than the one known: the engine takes it like any other keys object.
        let message = Message::Keys(connection.session.peer.keys().bytes());
        let received = LinkEvent::Received { link: connection.id, node: greeting.node, message };
        shared.events.send(received).await.map_err(|_| stopping())?;
    }
    Ok(())
}

fn is_news(shared: &Shared, connection: &Connection) -> bool {
    let peer = &connection.session.peer;
    let known = shared.known.borrow();
    known.keys.get(&peer.node().org_id).and_then(|keys| keys.node(&peer.node().node_id)) != Some(peer.signed())
}

/// Hands what comes to the engine until the link ends, and then says so. Frames are read no faster than it takes them.
pub(super) async fn carry(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    inbound: impl Stream<Item = Result<Body, Status>>,
) {
    let node = connection.session.peer.node().node_id;
    tokio::pin!(inbound);
    let read = async {
        while let Some(body) = inbound.next().await {
            let message = match body.map(wire::frame::decode) {
                Ok(Ok(Some(message))) => message,
                Ok(Ok(None)) => continue,
                Ok(Err(refusal)) => {
                    tracing::warn!(%node, reason = %refusal, "a frame was refused, and the link ends");
                    break;
                }
                Err(status) => {
                    tracing::debug!(%node, code = ?status.code(), "a link broke");
                    break;
                }
            };
            if shared.events.send(LinkEvent::Received { link: connection.id, node, message }).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = connection.cut.cancelled() => {}
        () = read => {}
    }
    connection.cut.cancel();
    shared.registry.disconnected(connection.id);
    let _ = shared.events.send(LinkEvent::Unlinked { link: connection.id, node }).await;
}

/// What the engine sends, as frames.
pub(super) fn outbound(frames: mpsc::Receiver<Message>, connection: Arc<Connection>) -> impl Stream<Item = Body> {
    let encode = move |message| match wire::frame::encode(message) {
        Ok(body) => Some(body),
        Err(refusal) => {
            tracing::error!(reason = %refusal, "a frame could not be sent, and the link ends");
            connection.cut.cancel();
            None
        }
    };
    tokio_stream::StreamExt::map_while(ReceiverStream::new(frames), encode)
}

fn stopping() -> Refusal {
    Refusal::new(RefusalKind::Busy, "this node is stopping")
}
