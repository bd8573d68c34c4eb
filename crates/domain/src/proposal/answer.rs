//! What an owner says to a proposal, in a document of its own that goes where the proposal came from.

use super::read::checked_words;
use crate::document::Kind;
use crate::identity::signing::Tag;
use crate::{ActorId, DocId, Incarnation, OrgId, RecordId, Refusal};
use serde_json::{Value, json};

/// An owner's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// To which proposal.
    pub proposal: DocId,
    /// What.
    pub verdict: Verdict,
}

/// Yes, or no with a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its edits are in the document.
    Accepted,
    /// They will not be.
    Refused {
        /// Why, in words; may be empty.
        reason: String,
    },
}

impl Answer {
    /// From its document's value.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let verdict = match text("answer") {
            "accepted" => Verdict::Accepted,
            "refused" => Verdict::Refused { reason: text("reason").to_owned() },
            other => return Err(Refusal::malformed(format!("{other:?} is no answer to a proposal"))),
        };
        Ok(Self { proposal: text("proposal").parse()?, verdict })
    }

    /// The value of its document. Refused when the reason is longer than it may be.
    pub fn value(&self) -> Result<Value, Refusal> {
        let proposal = self.proposal.to_string();
        Ok(match &self.verdict {
            Verdict::Accepted => json!({ "proposal": proposal, "answer": "accepted" }),
            Verdict::Refused { reason } => {
                json!({ "proposal": proposal, "answer": "refused", "reason": checked_words(reason)? })
            }
        })
    }

    /// Whom the owner's nodes write an acceptance as, so that all of them write the same.
    pub fn actor(&self, owner: &OrgId) -> ActorId {
        let digest = Tag::PROPOSAL.digest(self.proposal.as_bytes());
        ActorId::new(owner, Incarnation::from_bytes(*digest.first_chunk().unwrap_or(&[0; 8])))
    }
}

/// The document of an owner's answer to a proposal: there is one.
pub fn answer_document(owner: &OrgId, proposal: &DocId) -> DocId {
    const NAMESPACE: uuid::Uuid = uuid::uuid!("5b0f6c1e-2d7a-4c53-8a47-616e73776572");
    let record = uuid::Uuid::new_v5(&NAMESPACE, proposal.as_bytes());
    DocId::new(RecordId::from_bytes(record.into_bytes()), Kind::ANSWER, owner)
}
