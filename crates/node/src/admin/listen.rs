//! Where the organisation's own software comes in: the port, over TLS, and the socket in the folder; one server for both.

use super::caller::Gate;
use super::service::Service;
use super::stream::CallerStream;
use super::token::Tokens;
use super::watch::Watches;
use crate::Error;
use crate::api::Handle;
use crate::control::Begun;
use crate::link::seat::{Seat, Seats};
use domain::{Refusal, limits};
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use wire::proto::ADMIN_DESCRIPTOR_SET;
use wire::proto::admin::listing_service_server::{self, ListingServiceServer};
use wire::proto::admin::referral_service_server::{self, ReferralServiceServer};

/// How long to leave a system alone that has no sockets or memory left.
const PAUSE: Duration = Duration::from_millis(100);

/// How long calls in work may go on once the node stops. Watches end at once, by themselves.
const GRACE: Duration = Duration::from_secs(2);

/// What is served to those with a token, by name.
const SERVICES: [&str; 2] = [listing_service_server::SERVICE_NAME, referral_service_server::SERVICE_NAME];

type Incoming = mpsc::Sender<io::Result<CallerStream>>;

/// The port, where there is one.
pub(super) struct Port {
    pub(super) listener: TcpListener,
    pub(super) tls: Arc<ServerConfig>,
}

/// Serves until told to stop; calls in work may still be answered then.
pub(super) async fn run(
    port: Option<Port>,
    folder: mpsc::Receiver<Begun>,
    node: Handle,
    tokens: Arc<Tokens>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let (incoming, streams) = mpsc::channel(1);
    let service = Service { node, watches: Watches::new(stop.clone()) };
    let listings = ListingServiceServer::new(service.clone())
        .max_decoding_message_size(limits::MESSAGE_BYTES)
        .max_encoding_message_size(limits::MESSAGE_BYTES);
    let referrals = ReferralServiceServer::new(service)
        .max_decoding_message_size(limits::MESSAGE_BYTES)
        .max_encoding_message_size(limits::MESSAGE_BYTES);
    let (health, health_service) = tonic_health::server::health_reporter();
    for name in SERVICES {
        health.set_service_status(name, tonic_health::ServingStatus::Serving).await;
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(ADMIN_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|e| Error::fault("the contract cannot be told by reflection", e))?
        .max_decoding_message_size(limits::PAIRING_MESSAGE_BYTES);
    let gate = Gate { tokens };
    let serve = server()
        .add_service(InterceptedService::new(listings, gate.clone()))
        .add_service(InterceptedService::new(referrals, gate.clone()))
        .add_service(InterceptedService::new(reflection, gate))
        .add_service(health_service.max_decoding_message_size(limits::PAIRING_MESSAGE_BYTES))
        .serve_with_incoming_shutdown(ReceiverStream::new(streams), stop.clone().cancelled_owned());
    let cut = CancellationToken::new();
    let taking = async {
        let from_folder = take(folder, incoming.clone(), &cut, stop.clone());
        let from_port = accept(port, incoming.clone(), &cut, stop.clone());
        tokio::join!(from_folder, from_port);
        for name in SERVICES {
            health.set_service_status(name, tonic_health::ServingStatus::NotServing).await;
        }
        // Only waits: nothing cancels it before its time.
        let _ = tokio::time::timeout(GRACE, cut.cancelled()).await;
        cut.cancel();
        std::future::pending::<()>().await;
    };
    let served = tokio::select! {
        served = serve => served,
        () = taking => Ok(()),
    };
    served.map_err(|e| Error::fault("the port for software broke", e))
}

/// HTTP/2 within the limits.
fn server() -> Server {
    Server::builder()
        .max_concurrent_streams(limits::CONCURRENT_STREAMS)
        .concurrency_limit_per_connection(limits::REQUESTS_IN_WORK)
        .load_shed(true)
        .timeout(Duration::from_millis(limits::ADMIN_CALL_MS))
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES)
        .http2_max_pending_accept_reset_streams(Some(limits::PENDING_ACCEPT_RESETS))
        .http2_max_local_error_reset_streams(Some(limits::LOCAL_ERROR_RESETS))
        .http2_keepalive_interval(Some(Duration::from_millis(limits::KEEPALIVE_MS)))
        .http2_keepalive_timeout(Some(Duration::from_millis(limits::KEEPALIVE_TIMEOUT_MS)))
}

/// Connections from the socket in the folder.
async fn take(mut folder: mpsc::Receiver<Begun>, incoming: Incoming, cut: &CancellationToken, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(limits::ADMIN_CONNECTIONS));
    loop {
        let begun = tokio::select! {
            () = stop.cancelled() => return,
            begun = folder.recv() => begun,
        };
        let Some(begun) = begun else { return stop.cancelled().await };
        match room.clone().try_acquire_owned() {
            Ok(permit) => {
                let stream = CallerStream::folder(begun, permit, cut.child_token());
                // A server that has ended takes nothing any more: the connection ends with it.
                let _ = incoming.send(Ok(stream)).await;
            }
            Err(_) => tracing::warn!("a connection of software was closed: too many are open"),
        }
    }
}

/// Connections from the port.
async fn accept(port: Option<Port>, incoming: Incoming, cut: &CancellationToken, stop: CancellationToken) {
    let Some(Port { listener, tls }) = port else { return stop.cancelled().await };
    let (seats, acceptor) = (Seats::default(), TlsAcceptor::from(tls));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, from)) => match seats.take(from.ip()) {
                Some(seat) => {
                    let met = meet(acceptor.clone(), socket, from, seat, incoming.clone(), cut.child_token());
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = met => {}
                            () = stop.cancelled() => {}
                        }
                    });
                }
                None => tracing::debug!("a socket of software was closed: too many are open"),
            },
            Err(error) => {
                tracing::warn!(%error, "a socket of software could not be accepted");
                let _ = tokio::time::timeout(PAUSE, stop.cancelled()).await;
            }
        }
    }
}

/// Shakes hands, and cuts a connection over which no token came within its time.
async fn meet(
    acceptor: TlsAcceptor,
    socket: TcpStream,
    from: SocketAddr,
    seat: Seat,
    incoming: Incoming,
    cut: CancellationToken,
) {
    let _ = socket.set_nodelay(true);
    let deadline = Duration::from_millis(limits::HANDSHAKE_MS);
    let stream = match tokio::time::timeout(deadline, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%from, %error, "a handshake with software failed"),
        Err(_) => return tracing::debug!(%from, "a handshake with software took longer than it may"),
    };
    let stream = CallerStream::port(stream, from, seat, cut.clone());
    let connection = stream.connection();
    if incoming.send(Ok(stream)).await.is_err() {
        return;
    }
    let proof = Duration::from_millis(limits::ADMIN_PROOF_MS);
    if tokio::time::timeout(proof, cut.cancelled()).await.is_err() && !connection.is_proven() {
        let refusal = Refusal::not_authentic("no call with an API token came over it in time");
        tracing::debug!(%from, reason = %refusal, "a connection of software was cut");
        cut.cancel();
    }
}
