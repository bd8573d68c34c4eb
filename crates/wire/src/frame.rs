//! `domain::sync::Message` to frames of `fingerpost.sync.v1` and back.
//!
//! A frame is at most [`limits::FRAME_BYTES`] before compression. It is counted before it is decoded, so that a small
//! frame cannot grow large in memory, and every id has its length from its domain type.

mod count;
mod from_proto;
mod to_proto;

use crate::proto::sync as proto;
use domain::sync::Message;
use domain::{Refusal, limits};
use prost::Message as _;

/// Frames smaller than this travel as they are.
pub const COMPRESSED_FROM_BYTES: usize = 512;
/// Fast, and within a few percent of the slower levels on change packs.
const LEVEL: i32 = 3;

/// A frame as it travels, whichever way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// An encoded frame.
    Plain(Vec<u8>),
    /// One zstd frame that holds it.
    Zstd(Vec<u8>),
}

impl Body {
    /// How many bytes travel.
    pub fn len(&self) -> usize {
        match self {
            Self::Plain(bytes) | Self::Zstd(bytes) => bytes.len(),
        }
    }

    /// Whether it holds nothing; no valid frame does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Encodes a message. Refused when it is past the limit of a frame: the engine splits before that.
pub fn encode(message: Message) -> Result<Body, Refusal> {
    let plain = proto::Frame { body: Some(to_proto::body(message)) }.encode_to_vec();
    if plain.len() > limits::FRAME_BYTES {
        return Err(too_large(plain.len()));
    }
    if plain.len() >= COMPRESSED_FROM_BYTES
        && let Ok(compressed) = zstd::bulk::compress(&plain, LEVEL)
        && compressed.len() < plain.len()
    {
        return Ok(Body::Zstd(compressed));
    }
    Ok(Body::Plain(plain))
}

/// Reads a message. `None` is a frame that this version understands and has no use for.
pub fn decode(body: Body) -> Result<Option<Message>, Refusal> {
    let plain = match body {
        Body::Plain(bytes) => bytes,
        // The capacity is a hard limit: the decoder writes into it and refuses more.
        Body::Zstd(bytes) => zstd::bulk::decompress(&bytes, limits::FRAME_BYTES).map_err(|_| {
            Refusal::malformed(format!("a compressed frame is damaged or inflates past {} bytes", limits::FRAME_BYTES))
        })?,
    };
    if plain.len() > limits::FRAME_BYTES {
        return Err(too_large(plain.len()));
    }
    count::check(&plain)?;
    let frame = proto::Frame::decode(plain.as_slice()).map_err(|_| Refusal::malformed("a frame does not parse"))?;
    from_proto::message(frame.body.ok_or_else(|| Refusal::malformed("a frame of a kind this version does not know"))?)
}

fn too_large(bytes: usize) -> Refusal {
    Refusal::too_large(format!("a frame of {bytes} bytes, and the limit is {}", limits::FRAME_BYTES))
}

macro_rules! travels_as {
    ($($message:ident, $body:path;)*) => {$(
        impl From<Body> for proto::$message {
            fn from(body: Body) -> Self {
                use $body as Wire;
                Self {
                    body: Some(match body {
                        Body::Plain(bytes) => Wire::Frame(bytes),
                        Body::Zstd(bytes) => Wire::ZstdFrame(bytes),
                    }),
                }
            }
        }

        impl TryFrom<proto::$message> for Body {
            type Error = Refusal;

            fn try_from(message: proto::$message) -> Result<Self, Refusal> {
                use $body as Wire;
                match message.body {
                    Some(Wire::Frame(bytes)) => Ok(Self::Plain(bytes)),
                    Some(Wire::ZstdFrame(bytes)) => Ok(Self::Zstd(bytes)),
                    None => Err(Refusal::malformed("a message on a sync stream holds no frame")),
                }
            }
        }
    )*};
}

travels_as! {
    SyncRequest, proto::sync_request::Body;
    SyncResponse, proto::sync_response::Body;
}
