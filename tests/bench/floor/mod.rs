//! The floor: what cannot be left out. Change bytes over tonic and TLS on loopback, Automerge, and SQLite (WAL, synchronous
//! FULL). No signatures, no order, no feeds, and both sides in this process.

pub(crate) mod documents;
pub(crate) mod edits;
pub(crate) mod greeting;

use crate::Fallible;
use sqlx::{ConnectOptions, SqliteConnection};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::transport::Channel;
use tonic::transport::server::Connected;

/// A document's changes, each a chunk.
pub(crate) type Chunks = Vec<Vec<u8>>;

/// A new database for changes.
async fn database(file: &Path) -> Fallible<SqliteConnection> {
    let mut database = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("create table change (document bigint not null, bytes blob not null)").execute(&mut database).await?;
    Ok(database)
}

/// A connection to somebody behind TLS.
async fn connect(address: SocketAddr, connector: TlsConnector) -> Fallible<Channel> {
    let connect = tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let name = rustls::pki_types::ServerName::try_from("localhost").map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(connector.connect(name, stream).await?))
        }
    });
    Ok(tonic::transport::Endpoint::from_static("http://floor").connect_with_connector(connect).await?)
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

/// Connections that a listener takes, behind TLS.
fn incoming(
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
