//! An invitation: a one-time secret with everything a joiner needs to find the inviter and know it is the right one.
//!
//! As text it is `fingerpost:` and base32, in one case, so that a QR code takes it in its compact alphabet and a person
//! can read it out. It carries its length and four check bytes: a code cut short and a code mistyped are told apart.

use super::address;
use super::object::{check_name, does_not_parse, expect_version_1, not_canonical};
use crate::{OrgId, Refusal, RefusalKind, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use prost::Message;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What a code starts with.
pub const PREFIX: &str = "fingerpost:";
/// Longest code that is looked at, in bytes of text.
pub const CODE_BYTES: usize = 8 << 10;

/// What the joiner becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitedAs {
    /// A partner.
    Partner,
    /// A partner on the inviter's roster, that follows the inviter.
    Member,
    /// Another node of the inviter's own organisation.
    Node,
}

/// The one-time secret. Zeroed when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct InvitationSecret([u8; 16]);

/// Names an invitation without giving its secret away: the first 16 bytes of
/// SHA-256("fingerpost invitation id" ‖ secret).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvitationId([u8; 16]);

/// HMAC-SHA-256(secret, "fingerpost invitation key"): proves knowledge of the secret. Zeroed when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct InvitationKey([u8; 32]);

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The inviter; the joiner pins it.
    pub org_id: OrgId,
    /// Where to dial, each `host:port`, in the order to try.
    pub addresses: Vec<String>,
    /// The secret.
    pub secret: InvitationSecret,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What the joiner becomes.
    pub invited_as: InvitedAs,
    /// What the inviter calls itself, for people.
    pub name: String,
}

mod v1 {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Invitation {
        #[prost(uint32, tag = "1")]
        pub(super) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) org_id: Vec<u8>,
        #[prost(string, repeated, tag = "3")]
        pub(super) addresses: Vec<String>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) secret: Vec<u8>,
        #[prost(int64, tag = "5")]
        pub(super) expires_at_ms: i64,
        #[prost(uint32, tag = "6")]
        pub(super) role: u32,
        #[prost(string, tag = "7")]
        pub(super) name: String,
    }
}

const WHAT: &str = "an invitation";

impl InvitationSecret {
    /// From 16 random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The invitation's name.
    pub fn id(&self) -> InvitationId {
        let digest: [u8; 32] =
            Sha256::new().chain_update(b"fingerpost invitation id").chain_update(self.0).finalize().into();
        InvitationId(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// The invitation's key.
    pub fn key(&self) -> InvitationKey {
        InvitationKey(hmac(&self.0, b"fingerpost invitation key").finalize().into_bytes().into())
    }
}

impl InvitationId {
    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl InvitationKey {
    /// From its bytes, as they lay sealed at the inviter.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A MAC over a message.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        hmac(&self.0, message).finalize().into_bytes().into()
    }

    /// Whether this is the MAC over the message, in constant time.
    pub(crate) fn is_mac_of(&self, message: &[u8], mac: &[u8; 32]) -> bool {
        hmac(&self.0, message).verify_slice(mac).is_ok()
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(message);
    block.zeroize();
    mac
}

impl Invitation {
    /// The code as text.
    pub fn code(&self) -> String {
        let payload = self.encode();
        let mut bytes = u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        bytes.extend_from_slice(&payload);
        bytes.extend_from_slice(&check_bytes(&payload));
        format!("{PREFIX}{}", data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase())
    }

    /// Reads a code, tolerant of case, spaces and line breaks. A refusal says whether it is no code at all, cut short,
    /// mistyped or of a later version; whether it is still open is asked by [`Invitation::check_open`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > CODE_BYTES {
            return Err(Refusal::too_large("the invitation is far longer than any invitation is").hint(COPY_WHOLE));
        }
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        let Some(code) = compact.strip_prefix(PREFIX) else {
            return Err(Refusal::invalid(format!("this is not an invitation: it does not start with {PREFIX:?}"))
                .hint("paste what `fingerpost invite` printed; `fingerpost join -` reads it from standard input"));
        };
        let payload = unwrap_code(code)?;
        let i = v1::Invitation::decode(payload.as_slice()).map_err(|_| does_not_parse(WHAT))?;
        expect_version_1(i.version, WHAT)?;
        address::check_all(&i.addresses)?;
        check_name(&i.name, WHAT)?;
        let invitation = Self {
            org_id: OrgId::try_from(i.org_id.as_slice())?,
            addresses: i.addresses,
            secret: InvitationSecret(i.secret.as_slice().try_into().map_err(|_| not_canonical(WHAT))?),
            expires_at: Timestamp::from_ms(i.expires_at_ms),
            invited_as: match i.role {
                1 => InvitedAs::Partner,
                2 => InvitedAs::Member,
                3 => InvitedAs::Node,
                other => return Err(Refusal::malformed(format!("an invitation has role {other}"))),
            },
            name: i.name,
        };
        if invitation.encode() == payload { Ok(invitation) } else { Err(not_canonical(WHAT)) }
    }

    /// Whether there is time left to use it.
    pub fn check_open(&self, now: Timestamp) -> Result<(), Refusal> {
        if now < self.expires_at {
            return Ok(());
        }
        let hours = now.as_ms().saturating_sub(self.expires_at.as_ms()) / 3_600_000;
        Err(Refusal::new(
            RefusalKind::Expired,
            format!("the invitation from {:?} expired {hours} hours ago", self.name),
        )
        .hint("ask them for a new one; if they say it is fresh, compare the clocks of both machines"))
    }

    fn encode(&self) -> Vec<u8> {
        v1::Invitation {
            version: 1,
            org_id: self.org_id.as_bytes().to_vec(),
            addresses: self.addresses.clone(),
            secret: self.secret.0.to_vec(),
            expires_at_ms: self.expires_at.as_ms(),
            role: match self.invited_as {
                InvitedAs::Partner => 1,
                InvitedAs::Member => 2,
                InvitedAs::Node => 3,
            },
            name: self.name.clone(),
        }
        .encode_to_vec()
    }
}

const COPY_WHOLE: &str = "copy the whole code, from `fingerpost:` to its end, or use the file or the QR code";

/// The payload within the text behind the prefix.
fn unwrap_code(code: &str) -> Result<Vec<u8>, Refusal> {
    let mistyped = |what: String| Refusal::invalid(format!("the invitation was mistyped: {what}")).hint(COPY_WHOLE);
    let upper = code.to_ascii_uppercase();
    if let Some((i, c)) = upper.chars().enumerate().find(|(_, c)| !matches!(c, 'A'..='Z' | '2'..='7')) {
        return Err(mistyped(format!("character {} behind `fingerpost:` is {c:?}, which no code has", i + 1)));
    }
    let shortened =
        || Refusal::invalid(format!("the invitation was cut short: {} characters came", code.len())).hint(COPY_WHOLE);
    // A code cut short ends within a byte: 1, 3 or 6 characters past a group of eight, or with bits left over. It is
    // read all the same, since only its length tells it from a mistyped one.
    let whole = match upper.len() % 8 {
        1 | 3 | 6 => return Err(shortened()),
        _ => data_encoding::BASE32_NOPAD.decode(upper.as_bytes()),
    };
    let lenient = || {
        let mut spec = data_encoding::Specification::new();
        spec.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        spec.check_trailing_bits = false;
        spec.encoding().ok().and_then(|encoding| encoding.decode(upper.as_bytes()).ok())
    };
    let is_canonical = whole.is_ok();
    let bytes = whole.ok().or_else(lenient).ok_or_else(shortened)?;
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(shortened)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if rest.len() < length.saturating_add(4) {
        return Err(shortened());
    }
    match rest.split_at_checked(length) {
        Some((payload, check)) if is_canonical && check == check_bytes(payload) => Ok(payload.to_vec()),
        _ => Err(mistyped("its check digits do not match".to_owned())),
    }
}

fn check_bytes(payload: &[u8]) -> [u8; 4] {
    let digest: [u8; 32] =
        Sha256::new().chain_update(b"fingerpost invitation check").chain_update(payload).finalize().into();
    *digest.first_chunk().unwrap_or(&[0; 4])
}

impl fmt::Display for InvitationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for InvitationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvitationId({self})")
    }
}

impl fmt::Debug for InvitationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationSecret([hidden])")
    }
}

impl fmt::Debug for InvitationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationKey([hidden])")
    }
}
