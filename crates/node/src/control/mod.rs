//! The local control socket: [`api`](crate::api) requests as lines of JSON over a Unix socket.
//!
//! A connection carries one request at a time: `{"request":…}` goes in, any number of `{"progress":…}` come out, then
//! one `{"response":…}` or `{"refusal":…}`. Whoever may open the socket is the node's own user: there is no further
//! authentication, and nothing here listens on a network. The organisation's own software comes to the same socket and
//! speaks gRPC: HTTP/2 begins with `PRI `, and JSON does not.

mod client;
mod path;
mod server;

pub use client::{Control, nobody};
pub use server::{Begun, Listener};

use crate::api::{Progress, Refusal, Request, Response};
use domain::RefusalKind;
use serde::{Deserialize, Serialize};
use tokio_util::codec::{LinesCodec, LinesCodecError};

/// Longest line: a page of exported services is the largest that is sent.
const LINE_BYTES: usize = 64 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Frame {
    Request(Request),
    Progress(Progress),
    Response(Response),
    Refusal(Refusal),
}

fn codec() -> LinesCodec {
    LinesCodec::new_with_max_length(LINE_BYTES)
}

fn encode(frame: &Frame) -> Result<String, Refusal> {
    serde_json::to_string(frame).map_err(|e| Refusal::invalid(format!("what was to be sent does not fit JSON: {e}")))
}

fn decode(line: Result<String, LinesCodecError>) -> Result<Frame, Refusal> {
    match line {
        Ok(line) => serde_json::from_str(&line).map_err(|e| {
            Refusal::invalid(format!("the other side of the control socket says something unknown: {e}"))
                .hint("the command and the running node may be of different versions; start the node again")
        }),
        Err(LinesCodecError::MaxLineLengthExceeded) => {
            Err(Refusal::too_large(format!("a line on the control socket is longer than {LINE_BYTES} bytes")))
        }
        Err(LinesCodecError::Io(e)) => Err(lost(&e)),
    }
}

fn lost(e: &std::io::Error) -> Refusal {
    Refusal::new(RefusalKind::WrongState, format!("the control socket broke off: {e}"))
        .hint("the node may have stopped; `fingerpost status` says")
}

#[cfg(test)]
mod tests;
