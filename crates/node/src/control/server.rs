//! The side of the node.

use super::{Frame, codec, decode, encode, path};
use crate::api::{Handle, ProgressSender, Refusal, Request};
use domain::RefusalKind;
use futures::{SinkExt, StreamExt};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Framed, FramedParts, LinesCodec};
use tokio_util::sync::CancellationToken;

/// Progress that waits to be sent before some of it is dropped.
const PROGRESS_WAITING: usize = 16;

/// How a connection of HTTP/2 begins (RFC 9113, section 3.4).
const HTTP2: &[u8] = b"PRI ";

/// A connection of the organisation's own software, which speaks HTTP/2.
#[derive(Debug)]
pub struct Begun {
    /// What it said already.
    pub first: Vec<u8>,
    /// What follows.
    pub stream: UnixStream,
}

/// The open control socket of one data folder. Removes its file when it is dropped.
#[derive(Debug)]
pub struct Listener {
    listener: UnixListener,
    files: Files,
}

#[derive(Debug)]
struct Files(Vec<PathBuf>);

impl Drop for Files {
    fn drop(&mut self) {
        for file in &self.0 {
            let _ = fs::remove_file(file);
        }
    }
}

impl Listener {
    /// Opens the socket, mode 0600. Call it while holding the folder's lock: a file that lies there is then one that a
    /// killed process left, and is replaced.
    pub fn bind(data: &Path) -> Result<Self, Refusal> {
        let (public, socket) = (path::public(data), path::to_listen(data)?);
        let failed = |e: io::Error| {
            Refusal::new(RefusalKind::WrongState, format!("cannot open the control socket {}: {e}", socket.display()))
        };
        for stale in [&public, &socket] {
            match fs::remove_file(stale) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
                _ => {}
            }
        }
        let listener = UnixListener::bind(&socket).map_err(failed)?;
        let mut files = Files(vec![socket.clone()]);
        fs::set_permissions(&socket, Permissions::from_mode(0o600)).map_err(failed)?;
        if socket != public {
            symlink(&socket, &public).map_err(failed)?;
            files.0.push(public);
        }
        Ok(Self { listener, files })
    }

    /// The file that the socket is found by.
    pub fn path(&self) -> Option<&Path> {
        self.files.0.last().map(PathBuf::as_path)
    }

    /// Answers until told to stop. A request in work then is dropped with its connection. Who speaks HTTP/2 is handed to
    /// `software`.
    pub async fn serve(self, handle: Handle, software: mpsc::Sender<Begun>, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => { connections.spawn(meet(stream, handle.clone(), software.clone())); }
                    // Out of file handles, as a rule: those who are here finish first.
                    Err(_) => { connections.join_next().await; }
                },
            }
        }
    }
}

/// Tells by its first bytes what a connection is.
async fn meet(mut stream: UnixStream, handle: Handle, software: mpsc::Sender<Begun>) {
    let mut first = BytesMut::with_capacity(1024);
    while first.len() < HTTP2.len() && HTTP2.starts_with(&first) {
        match stream.read_buf(&mut first).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    if first.starts_with(HTTP2) {
        // Closed while the node stops: then the connection ends here, too.
        let _ = software.send(Begun { first: first.to_vec(), stream }).await;
        return;
    }
    let mut parts = FramedParts::new::<String>(stream, codec());
    parts.read_buf = first;
    converse(Framed::from_parts(parts), handle).await;
}

async fn converse(mut lines: Framed<UnixStream, LinesCodec>, handle: Handle) {
    while let Some(line) = lines.next().await {
        let answer = match decode(line) {
            Ok(Frame::Request(request)) => answer(&mut lines, &handle, request).await,
            Ok(_) => Frame::Refusal(Refusal::invalid("the control socket takes requests only")),
            Err(refusal) => {
                send(&mut lines, &Frame::Refusal(refusal)).await;
                return;
            }
        };
        send(&mut lines, &answer).await;
    }
}

async fn answer(lines: &mut Framed<UnixStream, LinesCodec>, handle: &Handle, request: Request) -> Frame {
    let (tell, mut told) = mpsc::channel(PROGRESS_WAITING);
    let mut work = std::pin::pin!(handle.ask_with(request, ProgressSender::new(tell)));
    loop {
        tokio::select! {
            biased;
            Some(progress) = told.recv() => send(lines, &Frame::Progress(progress)).await,
            done = &mut work => return match done {
                Ok(response) => Frame::Response(response),
                Err(refusal) => Frame::Refusal(refusal),
            },
        }
    }
}

// Whoever asked may be gone; the work goes on to its end all the same, so that nothing stops half-way.
async fn send(lines: &mut Framed<UnixStream, LinesCodec>, frame: &Frame) {
    match encode(frame) {
        Ok(line) => {
            if let Err(e) = lines.send(line).await {
                tracing::debug!(error = %e, "a control connection went away");
            }
        }
        Err(refusal) => tracing::error!(%refusal, "an answer could not be sent"),
    }
}
