//! The floor of linking again when nothing changed: a connection with its TLS handshake, and one question that is answered.

use super::{connect, incoming, tls};
use crate::{Fallible, ROUNDS};
use std::pin::Pin;
use std::time::Instant;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, Streaming};
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_client::SyncServiceClient;
use wire::proto::sync::sync_service_server::{SyncService, SyncServiceServer};

/// Measures it. Gives milliseconds.
pub(crate) async fn run() -> Fallible<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (acceptor, connector) = tls()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tonic::transport::Server::builder().add_service(SyncServiceServer::new(Greeter));
        let server = tokio::spawn(server.serve_with_incoming(incoming(listener, acceptor)));
        let started = Instant::now();
        let mut client = SyncServiceClient::new(connect(address, connector).await?);
        client.hello(Request::new(proto::HelloRequest::default())).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        server.abort();
    }
    Ok(times)
}

struct Greeter;

#[tonic::async_trait]
impl SyncService for Greeter {
    type SyncStream = Pin<Box<dyn futures::Stream<Item = Result<proto::SyncResponse, Status>> + Send>>;

    async fn hello(&self, _: Request<proto::HelloRequest>) -> Result<Response<proto::HelloResponse>, Status> {
        Ok(Response::new(proto::HelloResponse::default()))
    }

    async fn sync(&self, _: Request<Streaming<proto::SyncRequest>>) -> Result<Response<Self::SyncStream>, Status> {
        Err(Status::unimplemented("it greets, and no more"))
    }
}
