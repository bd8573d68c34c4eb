//! Checking everything that is held: signatures, hashes, histories, and that readers see what the documents say.

use super::{Application, fault, view};
use crate::api::{ProgressSender, Verified, VerifiedBad};
use crate::engine::Acquaintance;
use domain::Refusal;
use domain::document::chunk;
use domain::identity::{KeysObject, NodeState};
use domain::statement::{Life, SignedStatement};
use domain::sync::Document;
use domain::sync::Needs;
use std::sync::Arc;

/// Documents checked at a time.
const PAGE: usize = 200;

impl Application {
    /// Checks every document held.
    pub(super) async fn verify(&self, progress: &ProgressSender) -> Result<Verified, Refusal> {
        let known = self.known().await?;
        let mut verified = Verified { documents: 0, statements: 0, bad: Vec::new() };
        for (org, bytes) in self.0.store.keys().await.map_err(fault)? {
            if let Err(refusal) = KeysObject::parse(&bytes) {
                verified.bad.push(bad(&org, refusal));
            }
        }
        let mut after = None;
        loop {
            let ids = self.0.store.document_ids(after, PAGE).await.map_err(fault)?;
            let Some(last) = ids.last().copied() else { break };
            after = Some(last);
            let needs = Needs { documents: ids.into_iter().collect(), ..Needs::default() };
            let loaded = self.0.store.load(&needs).await.map_err(fault)?;
            for corrupt in &loaded.corrupt {
                let (id, reason) = (corrupt.doc_id.record().to_string(), corrupt.reason.clone());
                verified.bad.push(VerifiedBad { id, reason });
            }
            let known = Arc::clone(&known);
            let part = tokio::task::spawn_blocking(move || check_all(loaded.documents.into_values(), &known))
                .await
                .map_err(|_| Refusal::malformed("a document's content cannot be opened"))?;
            verified.documents += part.documents;
            verified.statements += part.statements;
            verified.bad.extend(part.bad);
            progress.tell("checking documents", verified.documents, None);
        }
        Ok(verified)
    }
}

fn check_all(documents: impl Iterator<Item = Document>, known: &Acquaintance) -> Verified {
    let mut verified = Verified { documents: 0, statements: 0, bad: Vec::new() };
    for document in documents {
        verified.documents += 1;
        for statement in document.current() {
            verified.statements += 1;
            if let Err(refusal) = check_statement(statement, &document, known) {
                verified.bad.push(bad(&statement.version_id(), refusal));
            }
        }
        for change in document.changes.changes() {
            let checked = chunk::inspect(&change.bytes, &document.owner).and_then(|read| {
                if read == *change { Ok(()) } else { Err(Refusal::malformed("what is stored beside it differs")) }
            });
            if let Err(refusal) = checked {
                verified.bad.push(bad(&change.hash, refusal));
            }
        }
        if let Err(refusal) = check_content(&document) {
            verified.bad.push(bad(&document.id.record(), refusal));
        }
    }
    verified
}

fn bad(id: &impl ToString, refusal: Refusal) -> VerifiedBad {
    VerifiedBad { id: id.to_string(), reason: refusal.message }
}

/// The signature, by a key that its organisation vouches for, and that every head it names is here, unless it is known
/// to be wanted or refused.
fn check_statement(signed: &SignedStatement, document: &Document, known: &Acquaintance) -> Result<(), Refusal> {
    let statement = signed.statement();
    let keys = known
        .keys
        .get(&statement.org_id)
        .ok_or_else(|| Refusal::not_authentic(format!("no keys are held of its organisation, {}", statement.org_id)))?;
    match keys.author_key(statement.key_id) {
        Some((_, NodeState::Compromised)) => {
            return Err(Refusal::not_authentic("its author key is marked as compromised"));
        }
        Some((key, NodeState::Active | NodeState::Retired)) => signed.verify(&key)?,
        None => return Err(Refusal::not_authentic("its author key is not among its organisation's")),
    }
    let version = signed.version_id();
    if document.wanted.contains(&version) || document.quarantined.contains_key(&version) {
        return Ok(());
    }
    match statement.heads.iter().find(|head| !document.changes.contains(head)) {
        Some(head) if statement.life != Life::Erased => {
            Err(Refusal::malformed(format!("change {head}, which it signs, is not here and not wanted")))
        }
        _ => Ok(()),
    }
}

/// The document opens at the heads that its row was read at, and holds what the row says.
fn check_content(document: &Document) -> Result<(), Refusal> {
    let Some(row) = &document.row else { return Ok(()) };
    // Of what the other party to a referral gave up, what it last said is shown until our own part is erased too, without its changes.
    if row.value.is_null() || document.is_given_up() {
        return Ok(());
    }
    if view::content(document)?.value() != row.value {
        return Err(Refusal::malformed("what readers see differs from what its changes say"));
    }
    Ok(())
}
