//! The side of the command line.

use super::{Frame, codec, decode, encode, lost, path};
use crate::api::{Progress, Refusal, Request, Response};
use domain::RefusalKind;
use futures::{SinkExt, StreamExt};
use std::io::ErrorKind;
use std::path::Path;
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

/// A connection to the node that runs for a data folder.
#[derive(Debug)]
pub struct Control(Framed<UnixStream, LinesCodec>);

impl Control {
    /// Connects to the node that runs for this folder; `None` when no node runs, or there is no such folder.
    pub async fn find(data: &Path) -> Result<Option<Self>, Refusal> {
        match UnixStream::connect(path::to_connect(data)).await {
            Ok(stream) => Ok(Some(Self(Framed::new(stream, codec())))),
            // The file of a process that was killed stays and refuses.
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(e) if e.kind() == ErrorKind::PermissionDenied => Err(Refusal::new(
                RefusalKind::NotAllowed,
                format!("the control socket of {} is not open to this user", data.display()),
            )
            .hint("run the command as the user that runs the node")),
            Err(e) => Err(lost(&e)),
        }
    }

    /// Asks, and hands on what is told meanwhile.
    pub async fn ask_with(&mut self, request: Request, mut tell: impl FnMut(Progress)) -> Result<Response, Refusal> {
        self.0.send(encode(&Frame::Request(request))?).await.map_err(|e| match e {
            LinesCodecError::Io(e) => lost(&e),
            LinesCodecError::MaxLineLengthExceeded => {
                Refusal::too_large("the request is too long for the control socket")
            }
        })?;
        while let Some(line) = self.0.next().await {
            match decode(line)? {
                Frame::Progress(progress) => tell(progress),
                Frame::Response(response) => return Ok(response),
                Frame::Refusal(refusal) => return Err(refusal),
                Frame::Request(_) => return Err(Refusal::invalid("the node answers with a request")),
            }
        }
        Err(Refusal::new(RefusalKind::WrongState, "the node went away before it answered")
            .hint("whether it was done is not known: look with the command that shows it"))
    }

    /// Asks.
    pub async fn ask(&mut self, request: Request) -> Result<Response, Refusal> {
        self.ask_with(request, |_| {}).await
    }
}

/// What to say where a command needs a running node and there is none.
pub fn nobody(data: &Path) -> Refusal {
    Refusal::new(RefusalKind::WrongState, format!("no node runs for {}", data.display()))
        .hint(format!("start it with `fingerpost up --data {}`", data.display()))
}
