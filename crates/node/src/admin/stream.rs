//! A connection of the organisation's own software as tonic takes it, over TLS or from the socket in the folder.

use crate::control::Begun;
use crate::link::seat::Seat;
use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// What is known of a connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// Where it comes from; nothing for the socket in the folder.
    pub(super) from: Option<SocketAddr>,
    is_proven: AtomicBool,
    place: Place,
}

impl Connection {
    /// A call with a token that holds came over it: it is no stranger's any more, and does not count as one.
    pub(super) fn prove(&self) {
        if !self.is_proven.swap(true, Ordering::AcqRel)
            && let Place::Port { seat } = &self.place
        {
            seat.lock().unwrap_or_else(PoisonError::into_inner).greeted();
        }
    }

    /// Whether one did, or none has to.
    pub(super) fn is_proven(&self) -> bool {
        self.is_proven.load(Ordering::Acquire)
    }
}

/// What it takes of the room there is, until it ends.
#[derive(Debug)]
enum Place {
    Port { seat: Mutex<Seat> },
    Folder { _permit: OwnedSemaphorePermit },
}

/// The connection itself. Dropping it cancels its token, and cancelling the token ends it.
pub(super) struct CallerStream {
    io: Box<dyn Io>,
    connection: Arc<Connection>,
    cut: CancellationToken,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl CallerStream {
    /// Over TLS, its handshake done.
    pub(super) fn port(stream: TlsStream<TcpStream>, from: SocketAddr, seat: Seat, cut: CancellationToken) -> Self {
        Self::new(Box::new(stream), Some(from), Place::Port { seat: Mutex::new(seat) }, cut)
    }

    /// From the socket in the folder.
    pub(super) fn folder(begun: Begun, permit: OwnedSemaphorePermit, cut: CancellationToken) -> Self {
        let (read, write) = begun.stream.into_split();
        let io = tokio::io::join(Cursor::new(begun.first).chain(read), write);
        Self::new(Box::new(io), None, Place::Folder { _permit: permit }, cut)
    }

    fn new(io: Box<dyn Io>, from: Option<SocketAddr>, place: Place, cut: CancellationToken) -> Self {
        let is_cut = Box::pin(cut.clone().cancelled_owned());
        let connection = Arc::new(Connection { from, is_proven: AtomicBool::new(from.is_none()), place });
        Self { io, connection, cut, is_cut }
    }

    /// What is known of it.
    pub(super) fn connection(&self) -> Arc<Connection> {
        self.connection.clone()
    }

    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.is_cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was cut")),
            Poll::Pending => Ok(()),
        }
    }
}

impl Drop for CallerStream {
    fn drop(&mut self) {
        self.cut.cancel();
    }
}

impl Connected for CallerStream {
    type ConnectInfo = Arc<Connection>;

    fn connect_info(&self) -> Arc<Connection> {
        self.connection()
    }
}

impl AsyncRead for CallerStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for CallerStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
