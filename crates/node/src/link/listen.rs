//! The node port: takes sockets while there are seats, shakes hands within a deadline, and hands each connection to the
//! service that its protocol names.

use super::pairing::{PairConnection, PairPort, Pairing};
use super::seat::Seat;
use super::service::SyncPort;
use super::stream::PeerStream;
use super::{Connection, Shared};
use crate::Error;
use crate::tls::verifier::{Admits, Verifier, refusal_within};
use crate::tls::{self, ALPN_LINK, ALPN_PAIR};
use domain::identity::hello::Side;
use domain::{Refusal, limits};
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::LazyConfigAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use wire::proto::pairing::pairing_service_server::PairingServiceServer;
use wire::proto::sync::sync_service_server::SyncServiceServer;

/// From the end of the handshake until a link stands, or a pairing is done.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long to leave a system alone that has no sockets or memory left.
const PAUSE: Duration = Duration::from_millis(100);

type Incoming<C> = mpsc::Sender<io::Result<PeerStream<C>>>;

/// What a new socket is met with.
struct Port {
    shared: Arc<Shared>,
    pairing: Pairing,
    link_tls: Arc<ServerConfig>,
    pair_tls: Arc<ServerConfig>,
    links: Incoming<Arc<Connection>>,
    pairs: Incoming<Arc<PairConnection>>,
}

/// Runs the port until the node stops.
pub(super) async fn run(shared: Arc<Shared>, pairing: Pairing, listener: TcpListener) -> Result<(), Error> {
    let (links, link_streams) = mpsc::channel(1);
    let (pairs, pair_streams) = mpsc::channel(1);
    let port = Arc::new(Port {
        link_tls: shared.identity.server(Verifier::new(shared.admits_anyone()), ALPN_LINK)?,
        pair_tls: shared.identity.server(Verifier::new(Admits::Joiner), ALPN_PAIR)?,
        pairing: pairing.clone(),
        shared: shared.clone(),
        links,
        pairs,
    });
    let sync = SyncServiceServer::new(SyncPort { shared })
        .max_decoding_message_size(limits::MESSAGE_BYTES)
        .max_encoding_message_size(limits::MESSAGE_BYTES);
    let pair = PairingServiceServer::new(PairPort { pairing })
        .max_decoding_message_size(limits::PAIRING_MESSAGE_BYTES)
        .max_encoding_message_size(limits::PAIRING_MESSAGE_BYTES);
    let serve_links = server().add_service(sync).serve_with_incoming(ReceiverStream::new(link_streams));
    let serve_pairs = server().add_service(pair).serve_with_incoming(ReceiverStream::new(pair_streams));
    tokio::select! {
        () = accept(port, listener) => Ok(()),
        ended = serve_links => ended.map_err(|e| Error::fault("the node port broke", e)),
        ended = serve_pairs => ended.map_err(|e| Error::fault("the node port broke", e)),
    }
}

/// HTTP/2 within the limits.
fn server() -> Server {
    Server::builder()
        .max_concurrent_streams(limits::CONCURRENT_STREAMS)
        .concurrency_limit_per_connection(limits::REQUESTS_IN_WORK)
        .load_shed(true)
        .timeout(DEADLINE)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES)
        .http2_max_pending_accept_reset_streams(Some(limits::PENDING_ACCEPT_RESETS))
        .http2_max_local_error_reset_streams(Some(limits::LOCAL_ERROR_RESETS))
        .http2_keepalive_interval(Some(Duration::from_millis(limits::KEEPALIVE_MS)))
        .http2_keepalive_timeout(Some(Duration::from_millis(limits::KEEPALIVE_TIMEOUT_MS)))
}

async fn accept(port: Arc<Port>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((socket, from)) => match port.shared.seats.take(from.ip()) {
                Some(seat) => {
                    tokio::spawn(meet(port.clone(), socket, from, seat));
                }
                None => tracing::debug!("a socket was closed: too many are open"),
            },
            Err(error) => {
                tracing::warn!(%error, "a socket could not be accepted");
                let _ = tokio::time::timeout(PAUSE, port.shared.stop.cancelled()).await;
            }
        }
    }
}

async fn meet(port: Arc<Port>, socket: TcpStream, from: SocketAddr, seat: Seat) {
    let stop = port.shared.stop.clone();
    let met = async {
        if let Err(reason) = greet(&port, socket, seat).await {
            tracing::debug!(%from, %reason, "a connection was refused");
        }
    };
    tokio::select! {
        () = met => {}
        () = stop.cancelled() => {}
    }
}

/// Shakes hands, and watches the connection until it stands or its time is over.
async fn greet(port: &Port, socket: TcpStream, mut seat: Seat) -> Result<(), Refusal> {
    let deadline = Duration::from_millis(limits::HANDSHAKE_MS);
    let handshake = tokio::time::timeout(deadline, async {
        let _ = socket.set_nodelay(true);
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), socket).await.map_err(refused)?;
        let wants_to_pair = start.client_hello().alpn().is_some_and(|mut all| all.any(|alpn| alpn == ALPN_PAIR));
        // Without an open invitation the protocol is not offered: the handshake fails like for any unknown one.
        let pairs = wants_to_pair && seat.may_pair(Instant::now()) && port.pairing.is_open().await;
        let (config, alpn) = if pairs { (&port.pair_tls, ALPN_PAIR) } else { (&port.link_tls, ALPN_LINK) };
        Ok::<_, Refusal>((start.into_stream(config.clone()).await.map_err(refused)?, alpn))
    });
    let (stream, alpn) = handshake.await.map_err(|_| Refusal::invalid("a handshake took longer than it may"))??;
    let connection = stream.get_ref().1;
    let exporter = connection
        .export_keying_material([0; 32], tls::exporter_label(alpn), None)
        .map_err(|_| Refusal::not_authentic("a connection gives no exporter"))?;
    let session = tls::session(connection, exporter, alpn)?;
    let stream = tokio_rustls::TlsStream::from(stream);
    if alpn == ALPN_PAIR {
        let cut = port.shared.stop.child_token();
        let about = Arc::new(PairConnection { session, seat });
        hand_over(&port.pairs, PeerStream::new(stream, about, cut.clone())).await?;
        within_deadline(&cut, || false).await;
        return Ok(());
    }
    let connection = port.shared.connected(Side::Listener, session, Some(seat))?;
    let cut = connection.cut.clone();
    hand_over(&port.links, PeerStream::new(stream, connection.clone(), cut.clone())).await?;
    let registry = &port.shared.registry;
    within_deadline(&cut, || registry.is_link(connection.id)).await;
    cut.cancelled().await;
    registry.disconnected(connection.id);
    Ok(())
}

async fn hand_over<C>(to: &Incoming<C>, stream: PeerStream<C>) -> Result<(), Refusal> {
    to.send(Ok(stream)).await.map_err(|_| Refusal::invalid("this node is stopping"))
}

/// Cuts a connection that, when its time is over, has not become what it came for.
async fn within_deadline(cut: &CancellationToken, stands: impl Fn() -> bool) {
    if tokio::time::timeout(DEADLINE, cut.cancelled()).await.is_err() && !stands() {
        cut.cancel();
    }
}

fn refused(error: io::Error) -> Refusal {
    refusal_within(&error).unwrap_or_else(|| Refusal::not_authentic(format!("the handshake failed: {error}")))
}
