//! Proposals: edits that one organisation would have in another's document, what the owner answers, and who is a keeper.
//!
//! The owner's node takes a proposal *at the heads it was made at*, so that edits made apart merge. What it writes
//! follows from the proposal alone (actor, time, dependencies, operations), so that every node of the owner, an old copy
//! of one, and the proposer who looks ahead write the very same change: taken twice is taken once.

mod answer;
mod read;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Verdict, answer_document};

use crate::document::crdt::Content;
use crate::document::{Edit, Kind, at};
use crate::identity::signing::Tag;
use crate::{ActorId, ChangeHash, DocId, Incarnation, OrgId, Refusal, RefusalKind, Timestamp};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The field of a listing that names its keepers, each by its organisation's id.
pub const KEEPERS: &str = "keepers";

/// Edits that somebody else's document should take.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The document to change: a listing.
    pub target: DocId,
    /// Whose it is.
    pub owner: OrgId,
    /// The generation that the heads are of.
    pub generation: u64,
    /// The heads it was made at.
    pub at_heads: BTreeSet<ChangeHash>,
    /// The edits, in order: at least one.
    pub edits: Vec<ProposedEdit>,
    /// For the owner, in words.
    pub note: String,
    /// When it was made, by its maker's clock.
    pub made_at: Timestamp,
}

/// One edit of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedEdit {
    /// What to put where.
    pub edit: Edit,
    /// What stood there when it was made.
    pub was: Option<Value>,
}

/// What a proposal comes to.
#[derive(Debug)]
pub struct Taken {
    /// The content at the proposal's heads, with its edits.
    pub content: Content,
    /// The plain chunks of the edits, in causal order; none when they change nothing there.
    pub chunks: Vec<Vec<u8>>,
}

impl Proposal {
    /// What the edits come to, on content that holds the heads. The same on every node.
    pub fn take(&self, id: DocId, whole: &Content) -> Result<Taken, Refusal> {
        let mut content = whole.at(&self.at_heads.iter().copied().collect::<Vec<_>>())?;
        let edits: Vec<_> = self.edits.iter().map(|proposed| proposed.edit.clone()).collect();
        let chunks = content.edit(self.actor(id), self.made_at, Kind::LISTING, &edits)?;
        Ok(Taken { content, chunks })
    }

    /// Whom the owner's nodes write it as: an actor under the owner's prefix that follows from all it says.
    pub fn actor(&self, id: DocId) -> ActorId {
        let mut said = Vec::new();
        let mut put = |bytes: &[u8]| {
            said.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            said.extend_from_slice(bytes);
        };
        put(id.as_bytes());
        put(self.target.as_bytes());
        put(&self.generation.to_be_bytes());
        put(&self.made_at.as_ms().to_be_bytes());
        put(&self.at_heads.iter().flat_map(|head| *head.as_bytes()).collect::<Vec<_>>());
        for ProposedEdit { edit, .. } in &self.edits {
            put(read::written_path(&edit.path).as_bytes());
            put(edit.value.as_ref().map(Value::to_string).unwrap_or_default().as_bytes());
        }
        let digest = Tag::PROPOSAL.digest(&said);
        ActorId::new(&self.owner, Incarnation::from_bytes(*digest.first_chunk().unwrap_or(&[0; 8])))
    }

    /// The edits for a document whose history began anew since: each where nothing else was said meanwhile. Refused where
    /// something was.
    pub fn rebased(&self, now: &Value) -> Result<Vec<Edit>, Refusal> {
        let mut edits = Vec::new();
        for ProposedEdit { edit, was } in &self.edits {
            let stands = at(now, &edit.path);
            if stands == edit.value.as_ref() {
                continue;
            }
            if stands != was.as_ref() {
                let path = edit.path.join(".");
                let refusal = format!("{path} was changed since, and the history that both were made in is gone");
                return Err(Refusal::new(RefusalKind::WrongState, refusal)
                    .hint("edit the listing by hand, and refuse the proposal with a word to its maker"));
            }
            edits.push(edit.clone());
        }
        Ok(edits)
    }
}

/// Names what a proposal's document said when it was read at these heads, in their order: for whoever was shown it and
/// answers it later. 160 bits, in hex, so that its maker cannot find two that go by one name.
pub fn version(heads: &[ChangeHash]) -> String {
    let said: Vec<u8> = heads.iter().flat_map(|head| *head.as_bytes()).collect();
    let digest = Tag::PROPOSAL.digest(&said);
    HEXLOWER.encode(digest.get(..20).unwrap_or(&digest))
}

/// Whose proposals the owner's node takes without asking, from a listing's value.
pub fn keepers(listing: &Value) -> BTreeSet<OrgId> {
    let named = listing.get(KEEPERS).and_then(Value::as_object);
    named.into_iter().flatten().filter_map(|(id, _)| id.parse().ok()).collect()
}

/// What makes an organisation a keeper, or ends it.
pub fn keeper_edit(org: &OrgId, since: Option<Timestamp>) -> Edit {
    let moment = |at: Timestamp| jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string();
    let since = since.map(|at| json!({ "since": moment(at) }));
    Edit { path: vec![KEEPERS.to_owned(), org.to_string()], value: since }
}
