//! Names of things: fixed-size byte strings, each its own type.
//!
//! Shapes: [`OrgId`] is SHA-256 of an organisation's root public key, shown in grouped base32 with check digits;
//! [`DocId`] is a record's UUID and then 16 bytes that commit to kind and owner; the rest is shown as hex.

use crate::Refusal;
use crate::document::Kind;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// From its bytes.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = Refusal;

            fn try_from(bytes: &[u8]) -> Result<Self, Refusal> {
                bytes.try_into().map(Self).map_err(|_| {
                    Refusal::malformed(format!(
                        concat!($what, " has {} bytes and should have ", stringify!($len)),
                        bytes.len()
                    ))
                })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! shown_as_hex {
    ($($name:ident, $what:literal;)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = Refusal;

            fn from_str(text: &str) -> Result<Self, Refusal> {
                let bytes = data_encoding::HEXLOWER_PERMISSIVE
                    .decode(text.as_bytes())
                    .map_err(|_| Refusal::invalid(format!(concat!("{:?} is not ", $what), text)))?;
                Self::try_from(bytes.as_slice())
            }
        }
    )*};
}

id!(
    /// An organisation: SHA-256 of its root public key.
    OrgId, 32, "an organisation id"
);
id!(
    /// One running node of an organisation; random.
    NodeId, 16, "a node id"
);
id!(
    /// The public id of what a document describes: a UUID.
    RecordId, 16, "a record id"
);
id!(
    /// A document: its record's UUID, then 16 bytes of SHA-256 over kind, owner and UUID.
    DocId, 32, "a document id"
);
id!(
    /// SHA-256 over a statement's signed bytes.
    VersionId, 32, "a version id"
);
id!(
    /// A scope, opaque to those outside it.
    ScopeId, 16, "a scope id"
);
id!(
    /// The hash of one Automerge change.
    ChangeHash, 32, "a change hash"
);
id!(
    /// One start of one process: random, so that no restore, clone or crash can use an (actor, seq) twice.
    Incarnation, 8, "an incarnation"
);
id!(
    /// An Automerge actor: 16 bytes of SHA-256 of the owner's id, then the incarnation.
    ActorId, 24, "an actor id"
);
id!(
    /// An author key: the first 16 bytes of SHA-256 over its public key.
    KeyId, 16, "a key id"
);
id!(
    /// One life of one scope's feed in one database; random.
    FeedId, 16, "a feed id"
);
id!(
    /// An event of a referral: the first 16 bytes of SHA-256 of its bytes.
    EventId, 16, "an event id"
);
id!(
    /// A member of staff as a partner may know one: random, told from others by their own organisation alone.
    StaffId, 16, "a staff id"
);
id!(
    /// A data key: the first 16 bytes of SHA-256 over what it is for and the key. Tells nothing of a random key.
    DataKeyId, 16, "a data key id"
);
id!(
    /// Sealed bytes beside a document: SHA-256 of the ciphertext.
    BlobHash, 32, "a blob hash"
);

id!(
    /// A form: SHA-256 over a domain tag and its canonical JSON.
    FormHash, 32, "a form hash"
);
id!(
    /// A pathway: likewise.
    PathwayHash, 32, "a pathway hash"
);

shown_as_hex! {
    NodeId, "a node id";
    DocId, "a document id";
    VersionId, "a version id";
    ScopeId, "a scope id";
    ChangeHash, "a change hash";
    Incarnation, "an incarnation";
    ActorId, "an actor id";
    KeyId, "a key id";
    FeedId, "a feed id";
    EventId, "an event id";
    StaffId, "a staff id";
    DataKeyId, "a data key id";
    BlobHash, "a blob hash";
    FormHash, "a form hash";
    PathwayHash, "a pathway hash";
}

impl OrgId {
    /// The id that belongs to a root public key.
    pub fn of_root(root_public_key: &[u8; 32]) -> Self {
        Self(Sha256::digest(root_public_key).into())
    }

    /// The first 16 bytes of every actor id of this organisation.
    pub fn actor_prefix(&self) -> [u8; 16] {
        first_16(&Sha256::digest(self.0).into())
    }
}

/// 52 base32 characters and 2 check characters, in groups of six.
impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = data_encoding::BASE32_NOPAD.encode(&self.with_check()).to_lowercase();
        for (i, c) in text.chars().enumerate() {
            if i > 0 && i % 6 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl OrgId {
    // 32 bytes and 10 check bits come to 54 base32 characters exactly; one byte more keeps it simple: 33 bytes, 53 characters.
    fn with_check(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        let (id, check) = bytes.split_at_mut(32);
        id.copy_from_slice(&self.0);
        let digest: [u8; 32] =
            Sha256::new().chain_update(b"fingerpost org id check").chain_update(self.0).finalize().into();
        check.copy_from_slice(digest.get(..1).unwrap_or(&[0]));
        bytes
    }
}

impl FromStr for OrgId {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = |why: &str| {
            Refusal::invalid(format!("{text:?} is not an organisation id: {why}"))
                .hint("copy it from `fingerpost status` at the organisation itself")
        };
        let compact: String =
            text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
        let bytes = data_encoding::BASE32_NOPAD
            .decode(compact.as_bytes())
            .map_err(|_| wrong("it has other characters, or another length"))?;
        let (id, _) = bytes.split_first_chunk::<32>().ok_or_else(|| wrong("it is too short"))?;
        let id = Self(*id);
        if bytes == id.with_check() { Ok(id) } else { Err(wrong("the check digits do not match")) }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        uuid::Uuid::parse_str(text)
            .map(|id| Self(id.into_bytes()))
            .map_err(|_| Refusal::invalid(format!("{text:?} is not a record id (a UUID)")))
    }
}

impl DocId {
    /// The document of this kind and owner for a record.
    pub fn new(record: RecordId, kind: Kind, owner: &OrgId) -> Self {
        let commitment: [u8; 32] = Sha256::new()
            .chain_update(b"fingerpost doc id")
            .chain_update(kind.number().to_be_bytes())
            .chain_update(owner.0)
            .chain_update(record.0)
            .finalize()
            .into();
        let mut bytes = [0; 32];
        let (left, right) = bytes.split_at_mut(16);
        left.copy_from_slice(&record.0);
        right.copy_from_slice(&first_16(&commitment));
        Self(bytes)
    }

    /// The record this document describes.
    pub fn record(&self) -> RecordId {
        RecordId(first_16(&self.0))
    }

    /// Whether this id commits to this kind and owner.
    pub fn is_of(&self, kind: Kind, owner: &OrgId) -> bool {
        *self == Self::new(self.record(), kind, owner)
    }
}

impl ActorId {
    /// The actor that an organisation's process writes as.
    pub fn new(owner: &OrgId, incarnation: Incarnation) -> Self {
        let mut bytes = [0; 24];
        let (left, right) = bytes.split_at_mut(16);
        left.copy_from_slice(&owner.actor_prefix());
        right.copy_from_slice(&incarnation.0);
        Self(bytes)
    }

    /// The process that writes as it.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(*self.0.last_chunk().unwrap_or(&[0; 8]))
    }

    /// Whether this actor belongs to the organisation with this prefix.
    pub fn is_under(&self, prefix: &[u8; 16]) -> bool {
        self.0.starts_with(prefix)
    }
}

fn first_16(bytes: &[u8; 32]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(bytes.first_chunk::<16>().unwrap_or(&[0; 16]));
    out
}
