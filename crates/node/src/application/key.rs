//! The nodes of this organisation and their keys.

use super::{Application, fault, find};
use crate::api::{NodeKeys, ProgressSender, Response, SignedRow};
use domain::identity::{Holds, KeysObject, NodeCertificate, NodeState, Root, Signed};
use domain::sync::batch::DocumentRow;
use domain::sync::effect::Command;
use domain::sync::{Document, Needs};
use domain::{DocId, KeyId, Refusal, RefusalKind, Timestamp};
use std::collections::BTreeSet;
use store::{DocumentFilter, DocumentPlace};

/// Documents looked at, and signed, at once.
const PAGE: usize = 100;
/// Documents of a list of what a node signed.
const SHOWN: usize = 20;

impl Application {
    /// Every node of this organisation that is known here.
    pub(super) async fn nodes(&self) -> Result<Response, Refusal> {
        let own = self.own_keys().await?;
        let row = |certificate: &NodeCertificate| NodeKeys {
            node_id: certificate.node_id,
            serial: certificate.serial,
            state: match certificate.state {
                NodeState::Active => "active",
                NodeState::Retired => "retired",
                NodeState::Compromised => "compromised",
            }
            .to_owned(),
            is_home: certificate.is_home,
            holds: match certificate.holds {
                Holds::All => "all",
                Holds::Directory => "directory",
            }
            .to_owned(),
            is_this: certificate.node_id == self.0.node,
        };
        Ok(Response::Nodes { nodes: own.certificates().map(Signed::content).map(row).collect() })
    }

    /// Retires a node that was lost: it opens no links any more, and what it signed stays valid. Takes the recovery
    /// words, since only the root may say so.
    pub(super) async fn retire(&self, node: &str, words: &str) -> Result<Response, Refusal> {
        let root = self.root(words)?;
        let certificate = self.other_node(&self.own_keys().await?, node)?;
        if certificate.state != NodeState::Active {
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("node {} is retired", certificate.node_id)));
        }
        self.judge(&root, NodeCertificate { state: NodeState::Retired, ..certificate }).await
    }

    /// What a node signed of what stands, newest first.
    pub(super) async fn signed(&self, node: &str) -> Result<Response, Refusal> {
        let certificate = self.other_node(&self.own_keys().await?, node)?;
        let mut signed = self.signed_by(certificate.author_key.id(), &ProgressSender::silent()).await?;
        signed.sort_by_key(|(row, at)| (std::cmp::Reverse(*at), row.doc_id));
        let documents = signed.len() as u64;
        let newest = signed.into_iter().take(SHOWN).map(|(row, at_ms)| SignedRow {
            id: row.doc_id.record(),
            kind: row.kind.to_string(),
            name: row.name,
            at_ms,
        });
        Ok(Response::Signed { documents, newest: newest.collect() })
    }

    /// Signs anew what a stolen node signed and stands, and then says that it was stolen. The node is retired first, so
    /// that nothing more of it comes by its own links meanwhile; what comes by others all the same is signed once more
    /// after. Begun again after a crash it goes on where it was.
    pub(super) async fn compromised(
        &self,
        node: &str,
        words: &str,
        progress: &ProgressSender,
    ) -> Result<Response, Refusal> {
        let root = self.root(words)?;
        let certificate = self.other_node(&self.own_keys().await?, node)?;
        let key = certificate.author_key.id();
        if certificate.state == NodeState::Compromised {
            let left =
                self.own_statements(|document| document.is_disowned().then(Timestamp::default), progress).await?;
            if left.is_empty() {
                let refusal = format!("node {} is said to be stolen already", certificate.node_id);
                return Err(Refusal::new(RefusalKind::AlreadyDone, refusal));
            }
            self.sign_anew(&documents(left), key, progress).await?;
            return self.nodes().await;
        }
        if certificate.state == NodeState::Active {
            self.judge(&root, NodeCertificate { state: NodeState::Retired, ..certificate.clone() }).await?;
        }
        let docs = documents(self.signed_by(key, progress).await?);
        self.sign_anew(&docs, key, progress).await?;
        self.judge(&root, NodeCertificate { state: NodeState::Compromised, ..certificate }).await?;
        self.sign_anew(&docs, key, progress).await?;
        self.nodes().await
    }

    /// Signs documents anew, a page at a time.
    async fn sign_anew(&self, docs: &[DocId], key: KeyId, progress: &ProgressSender) -> Result<(), Refusal> {
        for (done, page) in docs.chunks(PAGE).enumerate() {
            progress.tell("signing anew", (done * PAGE) as u64, Some(docs.len() as u64));
            self.engine()?.ask(Command::SignAnew { docs: page.to_vec(), keys: [key].into() }).await?;
        }
        Ok(())
    }

    /// Own documents of which something stands that a key signed, and when.
    async fn signed_by(&self, key: KeyId, progress: &ProgressSender) -> Result<Vec<(DocumentRow, Timestamp)>, Refusal> {
        let signed_at = |document: &Document| {
            let statements = document.current().map(|s| s.statement());
            statements.filter(|s| s.key_id == key).map(|s| s.signed_at).max()
        };
        self.own_statements(signed_at, progress).await
    }

    /// Own documents that something is said of, each with that.
    async fn own_statements(
        &self,
        said: impl Fn(&Document) -> Option<Timestamp>,
        progress: &ProgressSender,
    ) -> Result<Vec<(DocumentRow, Timestamp)>, Refusal> {
        let filter = DocumentFilter { owners: [self.0.org].into(), with_hidden: true, ..DocumentFilter::default() };
        let (mut found, mut seen) = (Vec::new(), 0);
        let mut after: Option<DocumentPlace> = None;
        loop {
            let page = self.0.store.documents(&filter, after.as_ref(), PAGE).await.map_err(fault)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(DocumentPlace::of(last));
            seen += page.len() as u64;
            progress.tell("looking through", seen, None);
            let documents: BTreeSet<_> = page.iter().map(|row| row.doc_id).collect();
            let loaded = self.0.store.load(&Needs { documents, ..Needs::default() }).await.map_err(fault)?;
            let of = |row: DocumentRow| Some((said(loaded.documents.get(&row.doc_id)?)?, row));
            found.extend(page.into_iter().filter_map(of).map(|(at, row)| (row, at)));
        }
    }

    /// Has the root say this of a node from now on.
    async fn judge(&self, root: &Root, certificate: NodeCertificate) -> Result<Response, Refusal> {
        let certificate = NodeCertificate { serial: self.own_keys().await?.next_serial(), ..certificate };
        let keys = KeysObject::new(root.public(), [root.certify(certificate)])?;
        self.engine()?.ask(Command::TakeKeys(keys.bytes())).await?;
        self.nodes().await
    }

    fn root(&self, words: &str) -> Result<Root, Refusal> {
        self.engine()?;
        let root = Root::from_recovery_words(words)?;
        if root.org_id() != self.0.org {
            return Err(Refusal::not_authentic("these are the recovery words of another organisation"));
        }
        Ok(root)
    }

    /// The node that an id, or the start of one, names; not this one.
    fn other_node(&self, own: &KeysObject, node: &str) -> Result<NodeCertificate, Refusal> {
        let known: Vec<_> = own.certificates().map(Signed::content).collect();
        let is_named =
            |c: &&&NodeCertificate| !node.is_empty() && c.node_id.to_string().starts_with(&node.to_lowercase());
        let found: Vec<_> = known.iter().filter(is_named).collect();
        let certificate = match found.as_slice() {
            [one] => (**one).clone(),
            [] => {
                return Err(Refusal::not_found(format!("this organisation has no node {node:?}"))
                    .hint("`fingerpost key list` shows its nodes"));
            }
            many => return Err(find::ambiguous("node", node, many.iter().map(|c| (c.node_id.to_string(), "a node")))),
        };
        if certificate.node_id == self.0.node {
            return Err(Refusal::invalid("this is the very node that runs here")
                .hint("say so from another one; `fingerpost key rotate` gives this one new keys"));
        }
        Ok(certificate)
    }

    async fn own_keys(&self) -> Result<KeysObject, Refusal> {
        let known = self.known().await?;
        known.keys.get(&self.0.org).cloned().ok_or_else(|| Refusal::not_found("this organisation's own keys"))
    }
}

fn documents(found: Vec<(DocumentRow, Timestamp)>) -> Vec<DocId> {
    found.into_iter().map(|(row, _)| row.doc_id).collect()
}
