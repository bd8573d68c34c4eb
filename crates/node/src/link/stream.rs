//! A TLS connection as tonic takes it: it carries who is at the other end, and ends at once when it is cut.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// A connection whose handshake is done. Dropping it cancels its token, and cancelling the token ends it.
pub(super) struct PeerStream<C> {
    io: TlsStream<TcpStream>,
    about: C,
    cut: CancellationToken,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<C> PeerStream<C> {
    /// Wraps a connection.
    pub(super) fn new(io: TlsStream<TcpStream>, about: C, cut: CancellationToken) -> Self {
        let is_cut = Box::pin(cut.clone().cancelled_owned());
        Self { io, about, cut, is_cut }
    }

    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.is_cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the link was cut")),
            Poll::Pending => Ok(()),
        }
    }
}

impl<C> Drop for PeerStream<C> {
    fn drop(&mut self) {
        self.cut.cancel();
    }
}

impl<C: Clone + Send + Sync + 'static> Connected for PeerStream<C> {
    type ConnectInfo = C;

    fn connect_info(&self) -> C {
        self.about.clone()
    }
}

impl<C: Unpin> AsyncRead for PeerStream<C> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<C: Unpin> AsyncWrite for PeerStream<C> {
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
