//! The floor: the same documents' change bytes over tonic and TLS on loopback, each opened by Automerge and written to
//! SQLite (WAL, synchronous FULL), in batches. No signatures, no order, no feeds: what cannot be left out.

use crate::Fallible;
use domain::OrgId;
use domain::audience::Scope;
use domain::document::Content;
use domain::sync::Needs;
use domain::sync::needs::FeedRange;
use futures::StreamExt;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status, Streaming};
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_client::SyncServiceClient;
use wire::proto::sync::sync_service_server::{SyncService, SyncServiceServer};

/// Documents sent in one frame and written in one transaction.
const BATCH: usize = 150;
const RUNS: usize = 5;

/// A document's changes, each a chunk.
type Chunks = Vec<Vec<u8>>;

/// Measures it over the documents of the node in this folder. Gives seconds.
pub(crate) async fn run(data: &Path, owner: OrgId) -> Fallible<Vec<f64>> {
    let documents = Arc::new(read(data, owner).await?);
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(once(documents.clone()).await?);
    }
    Ok(times)
}

/// The public documents of a node, from its own store.
async fn read(data: &Path, owner: OrgId) -> Fallible<Vec<Chunks>> {
    let store = store::Store::open(&store::sqlite_url(&data.join("fingerpost.db"))).await?;
    let scope = Scope::public(owner).id();
    let (mut documents, mut after) = (Vec::new(), 0);
    loop {
        let range = FeedRange { scope, after, rows: 500, bytes: usize::MAX };
        let loaded = store.load(&Needs { feeds: vec![range], ..Needs::default() }).await?;
        let Some(last) = loaded.feeds.get(&scope).and_then(|rows| rows.last()) else { break };
        after = last.seq;
        let chunks = |d: &domain::sync::Document| d.changes.changes().iter().map(|c| c.bytes.clone()).collect();
        documents.extend(loaded.documents.values().map(chunks));
    }
    store.close().await;
    Ok(documents)
}

async fn once(documents: Arc<Vec<Chunks>>) -> Fallible<f64> {
    let (acceptor, connector) = tls()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let incoming = async_stream(listener, acceptor);
    let server = tonic::transport::Server::builder()
        .add_service(SyncServiceServer::new(Sender(documents.clone())).max_encoding_message_size(4 << 20))
        .serve_with_incoming(incoming);
    let server = tokio::spawn(server);
    let started = Instant::now();
    receive(address, connector, documents.len()).await?;
    let took = started.elapsed().as_secs_f64();
    server.abort();
    Ok(took)
}

async fn receive(address: std::net::SocketAddr, connector: TlsConnector, count: usize) -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let mut database = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("floor.db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("create table change (document bigint not null, bytes blob not null)").execute(&mut database).await?;
    let channel = tonic::transport::Endpoint::from_static("http://floor")
        .connect_with_connector(tower::service_fn(move |_| {
            let connector = connector.clone();
            async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let name = rustls::pki_types::ServerName::try_from("localhost").map_err(std::io::Error::other)?;
                Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(connector.connect(name, stream).await?))
            }
        }))
        .await?;
    let mut client = SyncServiceClient::new(channel).max_decoding_message_size(4 << 20);
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
    if received == count { Ok(()) } else { Err(format!("{received} of {count} documents came").into()) }
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

/// Documents and chunks with their lengths before them.
fn pack(documents: &[Chunks]) -> Vec<u8> {
    let mut out = Vec::new();
    for document in documents {
        out.extend(u32::try_from(document.len()).unwrap_or(0).to_be_bytes());
        for chunk in document {
            out.extend(u32::try_from(chunk.len()).unwrap_or(0).to_be_bytes());
            out.extend_from_slice(chunk);
        }
    }
    out
}

fn unpack(mut bytes: &[u8]) -> Vec<Chunks> {
    let number = |bytes: &mut &[u8]| -> Option<usize> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        usize::try_from(u32::from_be_bytes(*head)).ok()
    };
    let mut documents = Vec::new();
    while let Some(chunks) = number(&mut bytes) {
        let mut document = Vec::new();
        for _ in 0..chunks {
            let Some((chunk, rest)) = number(&mut bytes).and_then(|length| bytes.split_at_checked(length)) else {
                break;
            };
            document.push(chunk.to_vec());
            bytes = rest;
        }
        documents.push(document);
    }
    documents
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

fn tls() -> Fallible<(TlsAcceptor, TlsConnector)> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let mut server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    server.alpn_protocols = vec![b"h2".to_vec()];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert.der().clone())?;
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client))))
}

fn async_stream(
    listener: TcpListener,
    acceptor: TlsAcceptor,
) -> impl futures::Stream<Item = Result<Accepted, std::io::Error>> {
    futures::stream::unfold((listener, acceptor), |(listener, acceptor)| async move {
        let accepted = async {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            acceptor.accept(stream).await.map(Accepted)
        }
        .await;
        Some((accepted, (listener, acceptor)))
    })
}

/// A TLS connection as tonic takes it.
struct Accepted(tokio_rustls::server::TlsStream<TcpStream>);

impl Connected for Accepted {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Accepted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
