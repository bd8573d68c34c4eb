//! A statement with its signature, as bytes and read.

use super::{Life, Seen, Statement};
use crate::document::Kind;
use crate::identity::signing::{PublicKey, SecretKey, Tag};
use crate::{ChangeHash, DocId, Incarnation, KeyId, OrgId, Refusal, ScopeId, Timestamp, VersionId, limits};
use prost::Message;

/// A statement, its signature and its `version_id`. Only [`SignedStatement::parse`] and [`SignedStatement::sign`] make
/// one, so its parts always agree; whether the signature holds is asked by [`SignedStatement::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStatement {
    statement: Statement,
    version_id: VersionId,
    bytes: Vec<u8>,
}

/// The wire's first version: `proto/fingerpost/object/v1/object.proto` describes these fields.
pub(crate) mod v1 {
    pub(crate) use crate::identity::object::v1::Signed;

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct SeenEntry {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) incarnation: Vec<u8>,
        #[prost(uint64, tag = "2")]
        pub(crate) rev: u64,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct MovedTo {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) doc_id: Vec<u8>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct Statement {
        #[prost(uint32, tag = "1")]
        pub(crate) version: u32,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) org_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        pub(crate) doc_id: Vec<u8>,
        #[prost(uint32, tag = "4")]
        pub(crate) kind: u32,
        #[prost(bytes = "vec", tag = "5")]
        pub(crate) scope_id: Vec<u8>,
        #[prost(uint64, tag = "6")]
        pub(crate) generation: u64,
        #[prost(bytes = "vec", tag = "7")]
        pub(crate) key_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "8")]
        pub(crate) incarnation: Vec<u8>,
        #[prost(uint64, tag = "9")]
        pub(crate) rev: u64,
        #[prost(message, repeated, tag = "10")]
        pub(crate) seen: Vec<SeenEntry>,
        #[prost(message, repeated, tag = "11")]
        pub(crate) base: Vec<SeenEntry>,
        #[prost(bytes = "vec", repeated, tag = "12")]
        pub(crate) heads: Vec<Vec<u8>>,
        #[prost(uint32, tag = "13")]
        pub(crate) life: u32,
        #[prost(message, optional, tag = "14")]
        pub(crate) moved_to: Option<MovedTo>,
        #[prost(int64, tag = "15")]
        pub(crate) signed_at_ms: i64,
        #[prost(message, repeated, tag = "16")]
        pub(crate) base_changes: Vec<SeenEntry>,
    }
}

impl SignedStatement {
    /// Signs a statement; `key_id` is set from the key.
    pub fn sign(mut statement: Statement, key: &SecretKey) -> Self {
        statement.key_id = key.public().id();
        let payload = encode(&statement);
        let signature = key.sign(Tag::STATEMENT, &payload).to_vec();
        let version_id = VersionId::from_bytes(Tag::STATEMENT.digest(&payload));
        Self { statement, version_id, bytes: v1::Signed { payload, signature }.encode_to_vec() }
    }

    /// Reads one, checking shape, order, limits, that the document id commits to kind and owner, and that the bytes
    /// are canonical. Does not check the signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > limits::STATEMENT_BYTES {
            return Err(Refusal::too_large(format!("a statement of {} bytes", bytes.len())));
        }
        let signed = v1::Signed::decode(bytes).map_err(|_| Refusal::malformed("a signed object does not parse"))?;
        if signed.encode_to_vec() != bytes || signed.signature.len() != 64 {
            return Err(Refusal::malformed("a signed object is not in canonical form"));
        }
        let statement = decode(&signed.payload)?;
        if encode(&statement) != signed.payload {
            return Err(Refusal::malformed("a statement is not in canonical form"));
        }
        let version_id = VersionId::from_bytes(Tag::STATEMENT.digest(&signed.payload));
        Ok(Self { statement, version_id, bytes: bytes.to_vec() })
    }

    /// Whether this key made the signature.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        let signed =
            v1::Signed::decode(self.bytes.as_slice()).map_err(|_| Refusal::malformed("a statement does not parse"))?;
        let signature =
            signed.signature.as_slice().try_into().map_err(|_| Refusal::malformed("a signature has 64 bytes"))?;
        key.verify(Tag::STATEMENT, &signed.payload, signature)
    }

    /// What it says.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// SHA-256 over the tagged signed bytes.
    pub fn version_id(&self) -> VersionId {
        self.version_id
    }

    /// Payload and signature, as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn encode(s: &Statement) -> Vec<u8> {
    v1::Statement {
        version: 1,
        org_id: s.org_id.as_bytes().to_vec(),
        doc_id: s.doc_id.as_bytes().to_vec(),
        kind: s.kind.number(),
        scope_id: s.scope_id.as_bytes().to_vec(),
        generation: s.generation,
        key_id: s.key_id.as_bytes().to_vec(),
        incarnation: s.incarnation.as_bytes().to_vec(),
        rev: s.rev,
        seen: encode_seen(&s.seen),
        base: encode_seen(&s.base),
        heads: s.heads.iter().map(|h| h.as_bytes().to_vec()).collect(),
        life: match s.life {
            Life::Live => 1,
            Life::Withdrawn => 2,
            Life::Erased => 3,
        },
        moved_to: s
            .moved_to
            .map(|(org, doc)| v1::MovedTo { org_id: org.as_bytes().to_vec(), doc_id: doc.as_bytes().to_vec() }),
        signed_at_ms: s.signed_at.as_ms(),
        base_changes: encode_seen(&s.base_changes),
    }
    .encode_to_vec()
}

fn encode_seen(seen: &Seen) -> Vec<v1::SeenEntry> {
    seen.iter().map(|(i, rev)| v1::SeenEntry { incarnation: i.as_bytes().to_vec(), rev: *rev }).collect()
}

fn decode(payload: &[u8]) -> Result<Statement, Refusal> {
    let s = v1::Statement::decode(payload).map_err(|_| Refusal::malformed("a statement does not parse"))?;
    if s.version != 1 {
        return Err(Refusal::malformed(format!("a statement of version {}, and this software knows 1", s.version)));
    }
    let statement = Statement {
        org_id: OrgId::try_from(s.org_id.as_slice())?,
        doc_id: DocId::try_from(s.doc_id.as_slice())?,
        kind: Kind::from_number(s.kind),
        scope_id: ScopeId::try_from(s.scope_id.as_slice())?,
        generation: s.generation,
        key_id: KeyId::try_from(s.key_id.as_slice())?,
        incarnation: Incarnation::try_from(s.incarnation.as_slice())?,
        rev: s.rev,
        seen: decode_seen(&s.seen)?,
        base: decode_seen(&s.base)?,
        base_changes: decode_seen(&s.base_changes)?,
        heads: s.heads.iter().map(|h| ChangeHash::try_from(h.as_slice())).collect::<Result<_, _>>()?,
        life: match s.life {
            1 => Life::Live,
            2 => Life::Withdrawn,
            3 => Life::Erased,
            other => return Err(Refusal::malformed(format!("a statement has life {other}"))),
        },
        moved_to: match s.moved_to {
            Some(m) => Some((OrgId::try_from(m.org_id.as_slice())?, DocId::try_from(m.doc_id.as_slice())?)),
            None => None,
        },
        signed_at: Timestamp::from_ms(s.signed_at_ms),
    };
    check(&statement)?;
    Ok(statement)
}

fn decode_seen(entries: &[v1::SeenEntry]) -> Result<Seen, Refusal> {
    entries.iter().map(|e| Ok((Incarnation::try_from(e.incarnation.as_slice())?, e.rev))).collect()
}

/// What must hold between the fields, whoever signed.
fn check(s: &Statement) -> Result<(), Refusal> {
    if !s.doc_id.is_of(s.kind, &s.org_id) {
        return Err(Refusal::not_authentic("a statement names a document of another kind or owner"));
    }
    if s.generation == 0 || s.rev == 0 || s.seen.values().any(|rev| *rev == 0) {
        return Err(Refusal::malformed("a statement counts from 0, and counting starts at 1"));
    }
    if s.generation > limits::GENERATION {
        return Err(Refusal::too_large(format!("a statement of generation {}", s.generation)));
    }
    if s.seen.get(&s.incarnation) != Some(&s.rev) {
        return Err(Refusal::malformed("a statement has not seen itself"));
    }
    if [&s.base, &s.base_changes].iter().any(|base| base.len() > limits::BASE_ENTRIES) {
        return Err(Refusal::too_large(format!("a statement based on over {} incarnations", limits::BASE_ENTRIES)));
    }
    if s.seen.len() > limits::SEEN_ENTRIES {
        return Err(Refusal::too_large(format!("a statement that saw over {} incarnations", limits::SEEN_ENTRIES)));
    }
    if s.heads.len() > limits::DOCUMENT_HEADS {
        return Err(Refusal::too_large(format!("a statement with {} heads", s.heads.len())));
    }
    match s.life {
        Life::Live if s.heads.is_empty() => Err(Refusal::malformed("a live statement has no heads")),
        Life::Erased if !s.heads.is_empty() => Err(Refusal::malformed("an erased statement has heads")),
        _ => Ok(()),
    }
}
