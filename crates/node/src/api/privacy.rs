//! Personal data that is held here: what is due to be erased, who read what, and with whom there is an agreement to share.

use super::Direction;
use domain::pii::Pii;
use domain::referral::{Basis, Role};
use domain::{OrgId, RecordId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What may be asked about personal data that is held here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "privacy")]
pub enum PrivacyRequest {
    /// What is to be erased, and when. Answered by [`PrivacyResponse::Due`].
    Due,
    /// Keeps a referral longer than the time for it, for a reason. Answered by [`super::Response::Done`].
    Hold {
        /// Which referral.
        id: String,
        /// On what basis.
        basis: Basis,
        /// Until when.
        until_ms: Timestamp,
    },
    /// Ends that. Answered by [`super::Response::Done`].
    Release {
        /// Which referral.
        id: String,
    },
    /// What was erased here, and what the other parties say of theirs. Answered by [`PrivacyResponse::Erasures`].
    Erasures,
    /// Who read what. Answered by [`PrivacyResponse::Access`].
    Access {
        /// Of this referral alone.
        id: Option<String>,
    },
    /// What was held when, for whoever has to report a breach. Answered by [`PrivacyResponse::Breach`].
    Breach {
        /// From when.
        since_ms: Option<Timestamp>,
        /// Until when.
        until_ms: Option<Timestamp>,
    },
    /// All that is held of a person, who is named by their referrals. Answered by [`PrivacyResponse::Subject`].
    Subject {
        /// Their referrals.
        ids: Vec<String>,
    },
    /// The agreements between organisations to share personal data. Answered by [`PrivacyResponse::Agreements`].
    Agreements {
        /// With this partner alone.
        partner: Option<String>,
    },
    /// Notes one. Answered by [`PrivacyResponse::Agreements`].
    AgreementNote {
        /// With whom.
        partner: String,
        /// What the paper is called.
        reference: String,
        /// When it ends.
        expires_at_ms: Timestamp,
    },
    /// Ends one. Answered by [`PrivacyResponse::Agreements`].
    AgreementEnd {
        /// With whom.
        partner: String,
    },
}

/// What the node answers about personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "told")]
pub enum PrivacyResponse {
    /// To [`PrivacyRequest::Due`], the longest due first.
    Due {
        /// Each referral.
        rows: Vec<DueRow>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`PrivacyRequest::Erasures`], the newest first.
    Erasures {
        /// Each referral.
        rows: Vec<ErasureRow>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
    /// To [`PrivacyRequest::Access`], the oldest first.
    Access {
        /// Each reading.
        rows: Vec<AccessRow>,
        /// What is wrong with the chain, where something is.
        broken: Option<String>,
    },
    /// To [`PrivacyRequest::Breach`].
    Breach {
        /// The pack.
        pack: Value,
    },
    /// To [`PrivacyRequest::Subject`].
    Subject {
        /// The bundle.
        bundle: Pii<Value>,
    },
    /// To what concerns agreements between organisations.
    Agreements {
        /// By partner.
        rows: Vec<AgreementRow>,
        /// The names of organisations, where they are known.
        names: BTreeMap<OrgId, String>,
    },
}

/// A referral or a draft whose time here is over, or will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueRow {
    /// Which.
    pub id: RecordId,
    /// Which way it goes.
    pub direction: Direction,
    /// The other party; none where it stands in a draft that does not open while the node does not run.
    pub partner: Option<OrgId>,
    /// When it is to be erased.
    pub due_at_ms: Timestamp,
    /// Why then.
    pub why: String,
    /// What keeps it longer.
    pub held_until_ms: Option<Timestamp>,
    /// On what basis.
    pub basis: Option<Basis>,
    /// Whether it is a draft: nothing was sent, so it is thrown away and not erased.
    pub is_draft: bool,
}

/// A referral that was erased here or is to be at the other party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRow {
    /// Which.
    pub id: RecordId,
    /// Which way it goes.
    pub direction: Direction,
    /// The other party; none where nothing but the erasure is kept and that is no partner any more.
    pub partner: Option<OrgId>,
    /// What this organisation's nodes say, each in words; once both parties erased, what they signed of the whole.
    pub here: Vec<String>,
    /// What the other party says, in words; empty while it has not answered.
    pub there: Vec<String>,
    /// Whether something is still outstanding.
    pub outstanding: bool,
}

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// Its place in the log.
    pub seq: u64,
    /// When.
    pub at_ms: Timestamp,
    /// Who.
    pub staff: StaffId,
    /// As what.
    pub role: Role,
    /// Which referral.
    pub referral: RecordId,
    /// What was done.
    pub what: String,
}

/// An agreement with a partner to share personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementRow {
    /// With whom.
    pub partner: OrgId,
    /// What the paper is called.
    pub reference: String,
    /// When it ends.
    pub expires_at_ms: Timestamp,
    /// When it was noted here.
    pub noted_at_ms: Timestamp,
    /// Whether it has ended.
    pub expired: bool,
}
