//! Published forms and pathways.

use domain::{OrgId, RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What may be asked about forms and pathways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "publication")]
pub enum PublicationRequest {
    /// Forms that are published here and at partners. Answered by [`super::Response::Publications`].
    FormList,
    /// One form. Answered by [`super::Response::Publication`].
    FormShow {
        /// Which.
        id: String,
    },
    /// Publishes a form. Answered by [`super::Response::Written`].
    FormPublish {
        /// The form, as JSON.
        form: Value,
        /// `public` or `partners`; `public` when nothing is said.
        audience: Option<String>,
    },
    /// Takes another organisation's form over, as it is. Answered by [`super::Response::Written`].
    FormCopy {
        /// Which.
        id: String,
        /// As in [`PublicationRequest::FormPublish`].
        audience: Option<String>,
    },
    /// Takes an own form back. Answered by [`super::Response::Written`].
    FormWithdraw {
        /// Which.
        id: String,
    },
    /// Pathways that are published here and at partners. Answered by [`super::Response::Publications`].
    PathwayList,
    /// One pathway. Answered by [`super::Response::Publication`].
    PathwayShow {
        /// Which.
        id: String,
    },
    /// How long the referrals by each pathway took, beside what was declared. Answered by [`super::Response::PathwayTimes`].
    PathwayTimes {
        /// By this pathway alone.
        id: Option<String>,
    },
    /// Publishes a pathway, and the form that stands in it. Answered by [`super::Response::Written`].
    PathwayPublish {
        /// The pathway, as JSON.
        pathway: Value,
        /// The own listing that it leads to, where the pathway does not say.
        listing: Option<String>,
        /// As in [`PublicationRequest::FormPublish`].
        audience: Option<String>,
    },
    /// Publishes another organisation's pathway for an own listing. Answered by [`super::Response::Written`].
    PathwayCopy {
        /// Which.
        id: String,
        /// The own listing that it leads to.
        listing: String,
        /// As in [`PublicationRequest::FormPublish`].
        audience: Option<String>,
    },
    /// Takes an own pathway back. Answered by [`super::Response::Written`].
    PathwayWithdraw {
        /// Which.
        id: String,
    },
}

/// One form or pathway in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationRow {
    /// Its record.
    pub id: RecordId,
    /// What it is called, in its own language.
    pub name: String,
    /// The language that it was written in (BCP 47).
    pub language: String,
    /// Who offers it.
    pub owner: OrgId,
    /// Who signed it: another organisation, where a form was taken over as it is.
    pub published_by: OrgId,
    /// Whether that signature holds by the keys that are known here.
    pub verified: bool,
    /// When it was signed.
    pub at_ms: Timestamp,
    /// What it is addressed by: a hash, in hex.
    pub hash: String,
    /// The listing that a pathway leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<RecordId>,
}

/// One of them in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicationView {
    /// As in the list.
    #[serde(flatten)]
    pub row: PublicationRow,
    /// The form or the pathway itself, as JSON.
    pub content: Value,
}
