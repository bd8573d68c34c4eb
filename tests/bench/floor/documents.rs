//! The floor of a first sync: documents' change bytes, each document opened by Automerge and written, in batches.

use super::{Chunks, connect, incoming, pack, tls, unpack};
use crate::{Fallible, ROUNDS};
use domain::OrgId;
use domain::audience::Scope;
use domain::document::Content;
use domain::sync::Needs;
use domain::sync::needs::FeedRange;
use futures::StreamExt;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tonic::{Request, Response, Status, Streaming};
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_client::SyncServiceClient;
use wire::proto::sync::sync_service_server::{SyncService, SyncServiceServer};

/// Documents sent in one frame and written in one transaction.
const BATCH: usize = 150;

/// What it cost.
pub(crate) struct Floor {
    /// Of each time it was measured.
    pub(crate) seconds: Vec<f64>,
    /// The documents with nothing but their lengths before them.
    pub(crate) wire_bytes: u64,
    /// The database that holds them.
    pub(crate) disk_bytes: u64,
}

/// Measures it so many times, five when nothing is said, over documents that [`read`] gave.
pub(crate) async fn run(documents: Arc<Vec<Chunks>>, times: Option<usize>) -> Fallible<Floor> {
    let wire_bytes = documents.chunks(BATCH).map(|batch| pack(batch).len() as u64).sum();
    let mut floor = Floor { seconds: Vec::new(), wire_bytes, disk_bytes: 0 };
    for _ in 0..times.unwrap_or(ROUNDS) {
        let (seconds, disk_bytes) = once(documents.clone()).await?;
        floor.seconds.push(seconds);
        floor.disk_bytes = disk_bytes;
    }
    Ok(floor)
}

/// The public documents of these owners, from the store of a node that holds them.
pub(crate) async fn read(data: &Path, owners: &[OrgId]) -> Fallible<Vec<Chunks>> {
    let store = store::Store::open(&store::sqlite_url(&data.join("fingerpost.db"))).await?;
    let mut documents = Vec::new();
    for owner in owners {
        let (scope, mut after) = (Scope::public(*owner).id(), 0);
        loop {
            let range = FeedRange { scope, after, rows: 500, bytes: usize::MAX };
            let loaded = store.load(&Needs { feeds: vec![range], ..Needs::default() }).await?;
            let Some(last) = loaded.feeds.get(&scope).and_then(|rows| rows.last()) else { break };
            after = last.seq;
            let chunks = |d: &domain::sync::Document| d.changes.changes().iter().map(|c| c.bytes.clone()).collect();
            documents.extend(loaded.documents.values().map(chunks));
        }
    }
    store.close().await;
    Ok(documents)
}

async fn once(documents: Arc<Vec<Chunks>>) -> Fallible<(f64, u64)> {
    let (acceptor, connector) = tls()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tonic::transport::Server::builder()
        .add_service(SyncServiceServer::new(Sender(documents.clone())).max_encoding_message_size(4 << 20))
        .serve_with_incoming(incoming(listener, acceptor));
    let server = tokio::spawn(server);
    let started = Instant::now();
    let (ended, disk_bytes) = receive(address, connector, documents.len()).await?;
    server.abort();
    Ok(((ended - started).as_secs_f64(), disk_bytes))
}

async fn receive(address: std::net::SocketAddr, connector: TlsConnector, count: usize) -> Fallible<(Instant, u64)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("floor.db");
    let mut database = super::database(&file).await?;
    let mut client = SyncServiceClient::new(connect(address, connector).await?).max_decoding_message_size(4 << 20);
    let mut stream = client.sync(Request::new(tokio_stream::empty::<proto::SyncRequest>())).await?.into_inner();
    let mut received = 0;
    while let Some(message) = stream.message().await? {
        let Some(proto::sync_response::Body::Frame(frame)) = message.body else { return Err("no frame".into()) };
        let documents = unpack(&frame);
        for document in &documents {
            Content::open(document.iter().map(Vec::as_slice)).map_err(|r| r.to_string())?;
        }
        write(&mut database, received, &documents).await?;
        received += documents.len();
    }
    if received != count {
        return Err(format!("{received} of {count} documents came").into());
    }
    let ended = Instant::now();
    database.close().await?;
    Ok((ended, std::fs::metadata(&file)?.len()))
}

async fn write(database: &mut SqliteConnection, first: usize, documents: &[Chunks]) -> Fallible<()> {
    let mut transaction = database.begin().await?;
    let rows: usize = documents.iter().map(Vec::len).sum();
    let values = vec!["(?, ?)"; rows].join(", ");
    let text = sqlx::AssertSqlSafe(format!("insert into change (document, bytes) values {values}"));
    let mut query = sqlx::query(text);
    for (n, chunk) in documents.iter().enumerate().flat_map(|(n, d)| d.iter().map(move |c| (n, c))) {
        query = query.bind(i64::try_from(first + n)?).bind(chunk.as_slice());
    }
    query.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

struct Sender(Arc<Vec<Chunks>>);

#[tonic::async_trait]
impl SyncService for Sender {
    type SyncStream = Pin<Box<dyn futures::Stream<Item = Result<proto::SyncResponse, Status>> + Send>>;

    async fn hello(&self, _: Request<proto::HelloRequest>) -> Result<Response<proto::HelloResponse>, Status> {
        Err(Status::unimplemented("the floor greets nobody"))
    }

    async fn sync(&self, _: Request<Streaming<proto::SyncRequest>>) -> Result<Response<Self::SyncStream>, Status> {
        let frames: Vec<_> = self.0.chunks(BATCH).map(pack).collect();
        let stream = futures::stream::iter(frames)
            .map(|frame| Ok(proto::SyncResponse { body: Some(proto::sync_response::Body::Frame(frame)) }));
        Ok(Response::new(Box::pin(stream)))
    }
}
