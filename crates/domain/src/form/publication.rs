//! What an organisation publishes under its name: canonical bytes of a form or a pathway, signed, and kept in a document in parts.
//!
//! The signature stays when another organisation copies it: so a copy still tells whose it was, and that nobody altered it.

use crate::audience::Audience;
use crate::identity::object::{does_not_parse, expect_version_1};
use crate::limits::PUBLICATION_PART_BYTES;
use crate::{OrgId, Refusal, RefusalKind, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use prost::Message;
use serde_json::{Value, json};

/// Characters of base64 in one part.
const PART_CHARACTERS: usize = PUBLICATION_PART_BYTES / 3 * 4;

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Publication {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(super) content: Vec<u8>,
        #[prost(int64, tag = "4")]
        pub(super) published_at_ms: i64,
    }
}

/// Whether a form or a pathway may have this audience: who is to fill it in has to be able to hold it.
pub fn check_audience(audience: &Audience) -> Result<(), Refusal> {
    match audience {
        Audience::Public | Audience::Partners => Ok(()),
        Audience::Named(_) | Audience::Own => {
            Err(Refusal::new(RefusalKind::Invalid, "forms and pathways are published to everyone or to all partners")
                .hint("choose public or partners; a file that is not ready stays a file"))
        }
    }
}

pub(crate) fn encode(organisation: &OrgId, content: &[u8], published_at: Timestamp) -> Vec<u8> {
    v1::Publication {
        version: 1,
        org_id: organisation.as_bytes().to_vec(),
        content: content.to_vec(),
        published_at_ms: published_at.as_ms(),
    }
    .encode_to_vec()
}

pub(crate) fn decode(payload: &[u8], what: &str) -> Result<(OrgId, Vec<u8>, Timestamp), Refusal> {
    let said = v1::Publication::decode(payload).map_err(|_| does_not_parse(what))?;
    expect_version_1(said.version, what)?;
    Ok((OrgId::try_from(said.org_id.as_slice())?, said.content, Timestamp::from_ms(said.published_at_ms)))
}

/// Signed bytes as a document holds them: base64 in parts, each within the longest text of a document.
pub(crate) fn parts(signed: &[u8]) -> Value {
    let text = BASE64URL_NOPAD.encode(signed);
    json!(text.as_bytes().chunks(PART_CHARACTERS).map(String::from_utf8_lossy).collect::<Vec<_>>())
}

/// The signed bytes of a document's value, at most this many.
pub(crate) fn joined(value: &Value, most: usize, what: &str) -> Result<Vec<u8>, Refusal> {
    let parts = value.get("signed").and_then(Value::as_array).ok_or_else(|| does_not_parse(what))?;
    let mut text = String::new();
    for part in parts {
        text.push_str(part.as_str().ok_or_else(|| does_not_parse(what))?);
        if text.len() / 4 * 3 > most {
            return Err(Refusal::too_large(format!("{what} of more than {most} bytes")));
        }
    }
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| does_not_parse(what))
}

/// Whether what a document says beside the signed bytes is what they say: readers that look no further are not misled.
pub(crate) fn agrees(value: &Value, written: &Value, what: &str) -> Result<(), Refusal> {
    let fields = written.as_object().into_iter().flatten();
    match fields.into_iter().find(|(name, field)| value.get(name) != Some(*field)) {
        None => Ok(()),
        Some((name, _)) => Err(Refusal::malformed(format!("`{name}` of {what} is not what was signed"))),
    }
}
