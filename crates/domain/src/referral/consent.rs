//! A person's agreement to be referred: who gave it and how, who may receive what is said of them, and until when.
//!
//! It is sealed as a payload of its own. What both parties have to know of it without opening it is an [`Agreement`] in the
//! request ([`AgreementRecord::agreement`]). An author writes it as YAML or JSON ([`AgreementRecord::read`]); what is sealed is its
//! canonical JSON. No refusal here repeats anything that was written.

use super::code::codes;
use super::document::{Agreement, RestsOn};
use super::pass_back::PassBack;
use super::sharing::last_day;
use crate::limits::AGREEMENT_AHEAD_MS;
use crate::{BlobHash, OrgId, Refusal, RefusalKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

mod read;

/// What a person agreed to, as who asked them wrote it down. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AgreementRecord {
    /// Who gave it.
    pub given_by: GivenBy,
    /// How.
    pub how: How,
    /// In which language (BCP 47).
    pub language: String,
    /// Who put it into that language, where somebody did.
    pub interpreter: Interpreter,
    /// The organisations that may receive what is said of the person: from 1 to 64.
    pub covers: BTreeSet<OrgId>,
    /// What may come back to who refers.
    pub pass_back: PassBack,
    /// When it was given.
    pub given_at: Timestamp,
    /// From when it does not stand any more, where it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Whether it was given for this referral, or is the previous one's that goes on.
    pub rests_on: RestsOn,
    /// What else is to be known of it.
    pub words: Option<String>,
}

/// Who gave an agreement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum GivenBy {
    /// The person.
    Person,
    /// Somebody who may agree for them.
    Representative {
        /// Who they are to the person.
        relation: Relation,
        /// What lets them agree.
        ground: Ground,
    },
}

codes! {
    /// How an agreement was given.
    How, "a way to agree" {
        /// In one room.
        FaceToFace = 1, "face-to-face";
        /// By telephone.
        Telephone = 2, "telephone";
        /// By video.
        Video = 3, "video";
        /// On paper.
        Writing = 4, "writing";
        /// On a page.
        Online = 5, "online";
    }
}

codes! {
    /// Who put an agreement into the person's language.
    Interpreter, "an interpreter" {
        /// Nobody had to.
        None = 1, "none";
        /// Somebody whose work it is.
        Professional = 2, "professional";
        /// Somebody who works at who refers.
        Colleague = 3, "colleague";
        /// Somebody of the person's own.
        FamilyOrFriend = 4, "family-or-friend";
    }
}

codes! {
    /// Who a representative is to the person.
    Relation, "a relation" {
        /// Mother or father.
        Parent = 1, "parent";
        /// Guardian.
        Guardian = 2, "guardian";
        /// Wife, husband, or who they live with as such.
        Spouse = 3, "spouse";
        /// Daughter or son.
        DaughterOrSon = 4, "daughter-or-son";
        /// Sister or brother.
        Sibling = 5, "sibling";
        /// Other family.
        OtherFamily = 6, "other-family";
        /// Friend.
        Friend = 7, "friend";
        /// Carer.
        Carer = 8, "carer";
        /// Advocate.
        Advocate = 9, "advocate";
        /// Somebody whose work it is: a doctor, a social worker.
        Professional = 10, "professional";
        /// None of these.
        Other = 99, "other";
    }
}

codes! {
    /// What lets somebody agree for another (Children Act 1989, section 3; Mental Capacity Act 2005, sections 4, 9 and 16).
    Ground, "a ground" {
        /// For a child.
        ParentalResponsibility = 1, "parental-responsibility";
        /// The person chose them, for health and welfare.
        LastingPowerOfAttorney = 2, "lasting-power-of-attorney";
        /// A court did.
        CourtDeputy = 3, "court-deputy";
        /// Nobody can agree, and it is best for the person: a decision that who made it has on record.
        BestInterests = 4, "best-interests";
    }
}

impl AgreementRecord {
    /// Whether this organisation may receive what is said of the person now. Refused when it is dated after today, when it does not
    /// stand any more, and when it does not name the organisation.
    pub fn check(&self, receiver: &OrgId, now: Timestamp) -> Result<(), Refusal> {
        if self.given_at > now.plus_ms(AGREEMENT_AHEAD_MS) {
            return Err(Refusal::invalid("the person's agreement is given on a day to come")
                .hint("look at `given_at` of the agreement, and at this machine's clock"));
        }
        if let Some(expires_at) = self.expires_at.filter(|at| *at <= now) {
            let words = format!("the person's agreement ended on {}", last_day(expires_at));
            return Err(Refusal::new(RefusalKind::Expired, words)
                .hint("ask the person again, and write down what they agree to now"));
        }
        if !self.covers.contains(receiver) {
            let words = format!("the person's agreement does not name {receiver}");
            return Err(Refusal::new(RefusalKind::NotAllowed, words)
                .hint("ask the person whether this organisation may have it; if so, add it under `covers`"));
        }
        Ok(())
    }

    /// What both parties know of it without opening it, once it is sealed under this hash.
    pub const fn agreement(&self, record: BlobHash) -> Agreement {
        Agreement { record, rests_on: self.rests_on, pass_back: self.pass_back, expires_at: self.expires_at }
    }
}

impl fmt::Debug for AgreementRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgreementRecord([hidden])")
    }
}

impl fmt::Debug for GivenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenBy([hidden])")
    }
}
