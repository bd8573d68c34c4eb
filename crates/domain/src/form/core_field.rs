//! The fields that forms share, so that a person is asked once: a fixed list, each with its type.

use super::field::{Kind, Tier};
use crate::referral::PassBack;

/// Whether an answer may go from one form into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It fills the other form's field.
    Carried,
    /// It was given for one referral, and is asked again for the next.
    AskedAgain,
}

/// The type that a core field has in every form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Words.
    Text,
    /// A date.
    Date,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postcode.
    Postcode,
    /// Yes or no.
    YesNo,
    /// A box to be ticked.
    MustAgree,
    /// One of these options, or some of them.
    One(&'static [&'static str]),
}

/// Age bands, which say enough without a date of birth.
const AGE_BANDS: &[&str] = &["under-18", "18-24", "25-34", "35-49", "50-64", "65-79", "80-and-over"];
const PASS_BACK: &[&str] = &[PassBack::Nothing.word(), PassBack::Outcome.word(), PassBack::Progress.word()];

macro_rules! core_fields {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $kind:expr, $tier:ident, $reuse:ident;)*) => {
        /// A field that forms share.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CoreField {
            $($(#[$doc])* $variant,)*
        }

        impl CoreField {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in `x-core`.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Its type in every form.
            pub const fn kind(self) -> Type {
                match self { $(Self::$variant => $kind,)* }
            }

            /// The widest tier that it may stand in: what names a person is in no enquiry.
            pub const fn widest(self) -> Tier {
                match self { $(Self::$variant => Tier::$tier,)* }
            }

            /// Whether its answer fills another form.
            pub const fn reuse(self) -> Reuse {
                match self { $(Self::$variant => Reuse::$reuse,)* }
            }
        }
    };
}

core_fields! {
    /// What the person is called, in full.
    Name = "name", Type::Text, Contact, Carried;
    /// What they like to be called.
    KnownAs = "known_as", Type::Text, Contact, Carried;
    /// Pronouns.
    Pronouns = "pronouns", Type::Text, Contact, Carried;
    /// The date of birth.
    DateOfBirth = "date_of_birth", Type::Date, Contact, Carried;
    /// How old, in bands.
    AgeBand = "age_band", Type::One(AGE_BANDS), Enquiry, Carried;
    /// The telephone.
    Phone = "phone", Type::Phone, Contact, Carried;
    /// The e-mail address.
    Email = "email", Type::Email, Contact, Carried;
    /// The address, without its postcode.
    Address = "address", Type::Text, Contact, Carried;
    /// The postcode.
    Postcode = "postcode", Type::Postcode, Contact, Carried;
    /// The part of town.
    Area = "area", Type::Text, Enquiry, Carried;
    /// Whether it is safe to ring.
    SafeToCall = "safe_to_call", Type::YesNo, Contact, Carried;
    /// To send a text.
    SafeToText = "safe_to_text", Type::YesNo, Contact, Carried;
    /// To leave a message.
    SafeToLeaveMessage = "safe_to_leave_message", Type::YesNo, Contact, Carried;
    /// To send a letter.
    SafeToPost = "safe_to_post", Type::YesNo, Contact, Carried;
    /// When to ring.
    WhenToCall = "when_to_call", Type::Text, Contact, Carried;
    /// Who else may answer, and what may be said to them.
    WhoMayAnswer = "who_may_answer", Type::Text, Contact, Carried;
    /// The language that the person speaks best.
    SpokenLanguage = "spoken_language", Type::Text, Enquiry, Carried;
    /// The language that they read best, which may be another or none.
    ReadLanguage = "read_language", Type::Text, Enquiry, Carried;
    /// Whether an interpreter is wanted.
    Interpreter = "interpreter", Type::YesNo, Enquiry, Carried;
    /// What helps the person to take part.
    WhatHelps = "what_helps", Type::Text, Enquiry, Carried;
    /// Whether forms, messages and meetings online are out of reach.
    DigitallyExcluded = "digitally_excluded", Type::YesNo, Enquiry, Carried;
    /// What matters to the person.
    WhatMatters = "what_matters", Type::Text, Context, Carried;
    /// The GP surgery.
    GpSurgery = "gp_surgery", Type::Text, Contact, Carried;
    /// Whom to ring in an emergency.
    EmergencyContactName = "emergency_contact_name", Type::Text, Contact, Carried;
    /// Their telephone.
    EmergencyContactPhone = "emergency_contact_phone", Type::Phone, Contact, Carried;
    /// Who they are to the person.
    EmergencyContactRelation = "emergency_contact_relation", Type::Text, Contact, Carried;
    /// The first permission: to be referred.
    PermissionToRefer = "permission_to_refer", Type::MustAgree, Contact, AskedAgain;
    /// The second: what may be passed back to who referred.
    PassBackWhat = "pass_back_what", Type::One(PASS_BACK), Contact, AskedAgain;
    /// To whom.
    PassBackTo = "pass_back_to", Type::Text, Contact, AskedAgain;
    /// Who fills the form in for the person.
    ReferrerName = "referrer_name", Type::Text, Contact, AskedAgain;
    /// How to reach them.
    ReferrerPhone = "referrer_phone", Type::Phone, Contact, AskedAgain;
}

impl CoreField {
    /// From its name in `x-core`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.word() == word)
    }
}

impl Type {
    /// Whether a question of this kind gives such answers.
    pub fn admits(self, kind: &Kind) -> bool {
        match (self, kind) {
            (Self::Text, Kind::Text { .. })
            | (Self::Date, Kind::Date)
            | (Self::Email, Kind::Email)
            | (Self::Phone, Kind::Phone)
            | (Self::Postcode, Kind::Postcode)
            | (Self::YesNo, Kind::YesNo)
            | (Self::MustAgree, Kind::MustAgree) => true,
            (Self::One(words), Kind::One(choices)) => choices.iter().all(|c| words.contains(&c.value.as_str())),
            _ => false,
        }
    }

    /// How it is written in a form.
    pub fn written(self) -> String {
        match self {
            Self::Text => "\"type\": \"string\"".to_owned(),
            Self::Date => "\"type\": \"string\", \"format\": \"date\"".to_owned(),
            Self::Email => "\"type\": \"string\", \"format\": \"email\"".to_owned(),
            Self::Phone => "\"type\": \"string\", \"format\": \"phone\"".to_owned(),
            Self::Postcode => "\"type\": \"string\", \"format\": \"postcode\"".to_owned(),
            Self::YesNo => "\"type\": \"boolean\"".to_owned(),
            Self::MustAgree => "\"type\": \"boolean\", \"const\": true".to_owned(),
            Self::One(words) => format!("\"enum\" with options of {}", words.join(", ")),
        }
    }
}
