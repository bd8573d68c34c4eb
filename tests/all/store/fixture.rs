//! Authors, documents and batches for the stories.

use domain::audience::Scope;
use domain::document::{Kind, StoredChange};
use domain::identity::signing::SecretKey;
use domain::statement::{Life, SignedStatement, Statement};
use domain::sync::Batch;
use domain::sync::batch::{AddedChanges, DocumentRow, EnteredVersion};
use domain::{ActorId, ChangeHash, DocId, Incarnation, OrgId, RecordId, ScopeId, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// An organisation with one process that writes.
pub(super) struct Author {
    key: SecretKey,
    pub(super) org: OrgId,
    incarnation: Incarnation,
}

pub(super) fn author(number: u8) -> Author {
    let key = SecretKey::from_seed(&[number; 32]);
    let org = OrgId::of_root(key.public().as_bytes());
    Author { key, org, incarnation: Incarnation::from_bytes([number; 8]) }
}

impl Author {
    pub(super) fn public(&self) -> ScopeId {
        Scope::public(self.org).id()
    }

    pub(super) fn doc(&self, record: u8) -> DocId {
        DocId::new(RecordId::from_bytes([record; 16]), Kind::LISTING, &self.org)
    }

    /// The statement of this number for a record in a scope. Its head is the change of the same number.
    pub(super) fn statement(&self, record: u8, scope: ScopeId, rev: u64) -> SignedStatement {
        let statement = Statement {
            org_id: self.org,
            doc_id: self.doc(record),
            kind: Kind::LISTING,
            scope_id: scope,
            generation: 1,
            key_id: self.key.public().id(),
            incarnation: self.incarnation,
            rev,
            seen: BTreeMap::from([(self.incarnation, rev)]),
            base: BTreeMap::new(),
            base_changes: BTreeMap::new(),
            heads: BTreeSet::from([head(record, rev)]),
            life: Life::Live,
            moved_to: None,
            signed_at: Timestamp::from_ms(i64::try_from(rev).expect("a small number") * 1000 + i64::from(record)),
        };
        SignedStatement::sign(statement, &self.key)
    }

    /// The version of this number, in place of the one before it.
    pub(super) fn entered(&self, record: u8, scope: ScopeId, rev: u64) -> EnteredVersion {
        let before = (rev > 1).then(|| self.statement(record, scope, rev - 1));
        EnteredVersion {
            statement: self.statement(record, scope, rev),
            replaced: before.iter().map(SignedStatement::version_id).collect(),
            since: before.iter().flat_map(|s| s.statement().heads.iter().copied()).collect(),
        }
    }

    /// The change of this number, made upon the one before it.
    pub(super) fn change(&self, record: u8, number: u64) -> StoredChange {
        StoredChange {
            hash: head(record, number),
            deps: (number > 1).then(|| head(record, number - 1)).into_iter().collect(),
            actor: ActorId::new(&self.org, self.incarnation),
            seq: number,
            start_op: number * 10 - 9,
            operations: 10,
            bytes: vec![record; 100],
        }
    }

    pub(super) fn row(&self, record: u8, name: &str, rev: u64) -> DocumentRow {
        DocumentRow {
            doc_id: self.doc(record),
            kind: Kind::LISTING,
            owner: self.org,
            life: Life::Live,
            is_public: true,
            name: name.to_string(),
            about: None,
            value: json!({"name": name, "fee": 3.5, "days": ["tue", "thu"]}),
            heads: vec![head(record, rev)],
            conflicts: 0,
            last_modified: Timestamp::from_ms(1_000),
            bytes: 100 * rev,
        }
    }

    /// What an edit of one public document makes: a version, a change, a row.
    pub(super) fn edit(&self, record: u8, rev: u64) -> Batch {
        Batch {
            at: Timestamp::from_ms(5_000),
            versions: vec![self.entered(record, self.public(), rev)],
            changes: vec![AddedChanges {
                doc_id: self.doc(record),
                added: vec![self.change(record, rev)],
                dropped: Vec::new(),
            }],
            documents: vec![self.row(record, &format!("Listing {record}"), rev)],
            ..Batch::default()
        }
    }
}

/// The hash of a record's change of this number.
pub(super) fn head(record: u8, number: u64) -> ChangeHash {
    let mut bytes = [record; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    ChangeHash::from_bytes(bytes)
}

/// Batches as one.
pub(super) fn together(batches: impl IntoIterator<Item = Batch>) -> Batch {
    let mut all = Batch::default();
    for batch in batches {
        all.at = batch.at;
        all.versions.extend(batch.versions);
        all.changes.extend(batch.changes);
        all.documents.extend(batch.documents);
        all.wanted.extend(batch.wanted);
    }
    all
}
