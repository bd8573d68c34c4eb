//! Documents kept between steps, bounded by the bytes of their changes.

use domain::DocId;
use domain::sync::{Document, Needs};
use std::collections::{BTreeMap, BTreeSet};

/// What a document costs in memory beside the bytes of its changes, roughly, when it is open.
const DOCUMENT_OVERHEAD_BYTES: usize = 32 << 10;

/// Documents by id, the longest unused going first.
#[derive(Debug)]
pub(super) struct Cache {
    documents: BTreeMap<DocId, Kept>,
    /// Last use to document: the first is the longest unused.
    uses: BTreeMap<u64, DocId>,
    next_use: u64,
    bytes: usize,
    limit_bytes: usize,
}

#[derive(Debug)]
struct Kept {
    document: Document,
    bytes: usize,
    used: u64,
}

impl Cache {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { documents: BTreeMap::new(), uses: BTreeMap::new(), next_use: 0, bytes: 0, limit_bytes }
    }

    /// Takes out what is kept of the documents needed; the needs are left with the rest.
    pub(super) fn take(&mut self, needs: &mut Needs) -> BTreeMap<DocId, Document> {
        let mut taken = BTreeMap::new();
        needs.documents.retain(|id| match self.remove(id) {
            Some(document) => {
                taken.insert(*id, document);
                false
            }
            None => true,
        });
        taken
    }

    /// Whether a document is kept.
    pub(super) fn has(&self, id: &DocId) -> bool {
        self.documents.contains_key(id)
    }

    /// Takes these out.
    pub(super) fn take_all(&mut self, ids: &BTreeSet<DocId>) -> BTreeMap<DocId, Document> {
        ids.iter().filter_map(|id| Some((*id, self.remove(id)?))).collect()
    }

    /// Keeps documents as a step left them, letting the longest unused go.
    pub(super) fn keep(&mut self, documents: BTreeMap<DocId, Document>) {
        for (id, document) in documents {
            self.remove(&id);
            let bytes = document.changes.bytes() + DOCUMENT_OVERHEAD_BYTES;
            let used = self.next_use;
            self.next_use += 1;
            self.bytes += bytes;
            self.uses.insert(used, id);
            self.documents.insert(id, Kept { document, bytes, used });
        }
        while self.bytes > self.limit_bytes
            && let Some((_, id)) = self.uses.pop_first()
        {
            self.remove(&id);
        }
    }

    /// Lets everything go: what is kept may not be what is stored.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limit_bytes);
    }

    fn remove(&mut self, id: &DocId) -> Option<Document> {
        let kept = self.documents.remove(id)?;
        self.uses.remove(&kept.used);
        self.bytes -= kept.bytes;
        Some(kept.document)
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
