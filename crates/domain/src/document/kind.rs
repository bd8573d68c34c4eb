//! What a document is about.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $word:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// The kind's word, where this version knows it.
            pub fn word(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($word),)*
                    _ => None,
                }
            }
        }
    };
}

/// The kind of a document: a number, so that kinds of later versions pass through.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u32);

kinds! {
    /// One service, group or event.
    LISTING = 1, "listing";
    /// An organisation described; the node's own carries its OrgId.
    ORGANISATION = 2, "organisation";
    /// A place shared by listings.
    VENUE = 3, "venue";
    /// How an organisation can be referred to.
    PATHWAY = 4, "pathway";
    /// A form.
    FORM = 5, "form";
    /// A good-practice page.
    GUIDE = 6, "guide";
    /// A short-lived announcement.
    NOTICE = 7, "notice";
    /// The organisations a hub vouches for.
    ROSTER = 8, "roster";
    /// A hub's overlay on others' listings.
    CURATION = 9, "curation";
    /// An unmet need.
    NEED = 10, "need";
    /// A dated word that a listing was checked.
    ASSURANCE = 11, "assurance";
    /// Edits that another organisation's document should take.
    PROPOSAL = 12, "proposal";
    /// A sender's half of a referral.
    REQUEST = 13, "request";
    /// A receiver's half of a referral.
    RESPONSE = 14, "response";
    /// What must stay closer than the listing it belongs to.
    COMPANION = 15, "companion";
    /// What an owner says to a proposal.
    ANSWER = 16, "answer";
    /// A decision on a referral that was made away from the home node, for that to take.
    DECISION = 17, "decision";
}

impl Kind {
    /// From its number on the wire.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number on the wire.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.word() {
            Some(word) => f.write_str(word),
            None => write!(f, "kind {}", self.0),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({self})")
    }
}
