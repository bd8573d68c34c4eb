//! Pathways: how one organisation can be referred to, as a file that a node loads, publishes and copies from a partner.
//!
//! A pathway says who may refer to whom, by which form, what kinds of coming it takes, how fast each step is answered, whether there is
//! a waiting list, what comes back, and the words that are sent at each step. It holds nothing of any person. [`Pathway::read`] takes an
//! author's file once it is JSON (people write YAML), with the form's hash or the form itself; [`Pathway::parse`] takes canonical
//! bytes. It is addressed by the hash of those ([`Pathway::hash`]), signed and published like a form ([`published`]), and what is copied
//! from a partner keeps its origin ([`Pathway::copied`]).

mod file;
pub mod published;
pub mod shipped;
mod shown;
mod span;
mod template;

#[cfg(test)]
mod tests;

pub use published::{PathwayDocument, PublishedPathway};
pub use shown::terminal;
pub use span::Span;
pub use template::{Filling, fill};

use crate::identity::signing::Tag;
use crate::referral::{Action, AnswerTimes, PassBack};
use crate::{FormHash, OrgId, PathwayHash, RecordId, Refusal, RefusalKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How an organisation can be referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pathway {
    file: file::File,
    form: FormHash,
    canonical: Vec<u8>,
}

/// A way to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coming {
    /// People are told where to go, and nothing is passed on.
    Signpost,
    /// The person comes by themselves, with a printed form or code.
    SelfReferral,
    /// Somebody asks, without saying for whom, whether there is space.
    Enquiry,
    /// An organisation refers the person.
    Referral,
}

/// What sort of body a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// A charity or community group.
    Charity,
    /// A council.
    Council,
    /// A college, school or training centre.
    Education,
    /// A GP surgery.
    GpSurgery,
    /// A hospital or another service of the NHS.
    Health,
    /// A landlord or housing advice.
    Housing,
    /// A team of link workers (social prescribing).
    LinkWorkers,
    /// Another.
    Other,
}

/// Who may refer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Senders {
    /// In words.
    pub who: String,
    /// Of which sorts; of any where none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sorts: BTreeSet<Sort>,
    /// Only these organisations; any partner where none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub only: BTreeSet<OrgId>,
}

/// Who is referred to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// In words.
    pub who: String,
    /// Of which sort.
    pub sort: Sort,
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parties {
    /// Who may refer.
    pub sender: Senders,
    /// Who is referred to.
    pub receiver: Receiver,
}

/// What happens when there is no space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingList {
    /// Whether one is kept; otherwise a referral is declined when there is no space.
    pub kept: bool,
    /// How long people usually wait, in weeks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_weeks: Option<u16>,
    /// What else is to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Something that comes back to who referred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// At which step of the receiver's.
    pub on: Action,
    /// What is told.
    pub what: String,
    /// How much the person has to have agreed to for it.
    #[serde(default)]
    pub needs: PassBack,
}

/// The pathway that another was copied from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Who published it.
    pub organisation: OrgId,
    /// Which it was.
    pub pathway: PathwayHash,
}

impl Pathway {
    /// What it is called.
    pub fn title(&self) -> &str {
        &self.file.title
    }

    /// What is to be known besides.
    pub fn description(&self) -> Option<&str> {
        self.file.description.as_deref()
    }

    /// The language that it is written in (BCP 47).
    pub fn language(&self) -> &str {
        &self.file.language
    }

    /// The ways to come.
    pub const fn takes(&self) -> &BTreeSet<Coming> {
        &self.file.takes
    }

    /// Who takes part.
    pub const fn parties(&self) -> &Parties {
        &self.file.parties
    }

    /// The form that is filled in.
    pub const fn form(&self) -> FormHash {
        self.form
    }

    /// How fast the receiver says that it answers.
    pub fn answer_times(&self) -> AnswerTimes {
        self.file.answer_times.clone().unwrap_or_default().into()
    }

    /// What happens when there is no space, where that is said.
    pub const fn waiting_list(&self) -> Option<&WaitingList> {
        self.file.waiting_list.as_ref()
    }

    /// What comes back.
    pub fn feedback(&self) -> &[Feedback] {
        &self.file.feedback
    }

    /// What comes back to the sender of a referral whose person agreed to so much.
    pub fn feedback_within(&self, agreed: PassBack) -> impl Iterator<Item = &Feedback> {
        self.file.feedback.iter().filter(move |feedback| feedback.needs <= agreed)
    }

    /// The words that are sent at a step; [`fill`] puts in what they leave open.
    pub const fn templates(&self) -> &BTreeMap<Action, String> {
        &self.file.templates
    }

    /// The listing that it leads to.
    pub const fn listing(&self) -> Option<RecordId> {
        self.file.listing
    }

    /// Where it was copied from.
    pub const fn origin(&self) -> Option<Origin> {
        self.file.origin
    }

    /// Its canonical JSON.
    pub fn bytes(&self) -> &[u8] {
        &self.canonical
    }

    /// What it is addressed by.
    pub fn hash(&self) -> PathwayHash {
        PathwayHash::from_bytes(Tag::PATHWAY.digest(&self.canonical))
    }

    /// Whether this organisation may come to it in this way: asked before anything leaves, and by who receives it. Who is of which
    /// sort is not on record, so it is shown to people and not asked here.
    pub fn admits(&self, sender: &OrgId, coming: Coming) -> Result<(), Refusal> {
        let title = self.title();
        if !self.file.takes.contains(&coming) {
            let takes: Vec<&str> = self.file.takes.iter().map(|coming| coming.words()).collect();
            return Err(Refusal::new(RefusalKind::NotAllowed, format!("{title:?} does not take {}", coming.words()))
                .hint(format!("it takes {}", takes.join(", "))));
        }
        let only = &self.file.parties.sender.only;
        if !only.is_empty() && !only.contains(sender) {
            return Err(Refusal::new(RefusalKind::NotAllowed, format!("{title:?} is for other organisations"))
                .hint(format!("it is for {}; ask the receiver to add yours", self.file.parties.sender.who)));
        }
        Ok(())
    }

    /// The same pathway for another organisation, which copied it from a partner: leading to its own listing, with the origin kept.
    pub fn copied(from: &PublishedPathway, receiver: Receiver, listing: RecordId) -> Result<Self, Refusal> {
        let origin = Origin { organisation: from.organisation, pathway: from.pathway.hash() };
        let mut file = from.pathway.file.clone();
        file.parties.receiver = receiver;
        // Whom the partner takes referrals from is the partner's own affair.
        file.parties.sender.only.clear();
        file.listing = Some(listing);
        file.origin = Some(origin);
        file.finished(from.pathway.form)
    }

    /// The same pathway, leading to this listing: for one of the shipped ones, and for a listing that moved.
    pub fn leading_to(&self, listing: RecordId) -> Result<Self, Refusal> {
        let mut file = self.file.clone();
        file.listing = Some(listing);
        file.finished(self.form)
    }
}

impl Coming {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Signpost => "signposts",
            Self::SelfReferral => "self-referrals",
            Self::Enquiry => "enquiries",
            Self::Referral => "referrals",
        }
    }
}
