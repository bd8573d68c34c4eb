//! `referral`.
//!
//! Whoever looks at a list of processes sees arguments: none of these says anything of a person. Words come from a file, from
//! standard input, or are asked for at the terminal.

use super::moment::{end_of, read_moment};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use node::api::{Basis, Contact, Outcome, Reason, Refusal, Timestamp};
use std::path::PathBuf;
use std::str::FromStr;

const REFERRALS: &str = "\
From the one who refers:
  fingerpost pathway list                              how can partners be referred to?
  fingerpost referral new PATHWAY                      asks the form's questions; makes a draft
  fingerpost referral send ID
  fingerpost referral close ID                         once it has ended and you have seen how
From the one who is asked:
  fingerpost referral list                             what waits for you comes first
  fingerpost referral open ID                          reads it; who did is noted
  fingerpost referral acknowledge ID
  fingerpost referral accept ID                        from now on you hold the person
  fingerpost referral decline ID --reason no-space     they still do
  fingerpost referral start ID
  fingerpost referral end ID --outcome completed
`fingerpost referral show ID` says what can be done now.

No argument says anything of a person: words come from a file (--words-from FILE), from standard
input (--words-from -), or are asked for.";

const NEW: &str = "\
Examples:
  fingerpost referral new 5f0c                                   asks, question by question
  fingerpost referral new 5f0c --answers answers.yaml --agreement agreement.yaml --send
  fingerpost referral new 5f0c --previous 7b21                   goes on from one that came here

The answers are a line a question, as `fingerpost form example arts-group --answers` prints one. The
agreement is what the person agreed to:
  given_by: person                    or representative, with relation and ground
  how: face-to-face                   or telephone, video, writing, online
  language: en
  covers: [ORGANISATION]              ids of those who may receive what is said of the person
  pass_back: outcome                  or nothing, progress: what may be told to you
  given_at: 2026-11-03T14:00:00Z
  expires_at: 2027-03-31              left out where it does not end by itself

Nothing leaves this node before `fingerpost referral send`.";

const CHASE: &str = "\
What is late by the times that the receiver declares, the longest first, with the telephone numbers
that the other organisation and its listing give. Nothing happens to a referral because it is late.";

const ERASE: &str = "\
Destroys this organisation's key to the referral, what it opened, and all that was made from it. What
happened when stays, without a word on the person. The other party is told, and answers for its own.";

const EXPORT: &str = "\
Example:
  fingerpost referral export 5f0c --fhir referral.json

A FHIR R4 bundle with what is said of the person. The file is for its user alone (mode 0600), and
that it was made is noted like a reading.";

#[derive(Debug, Subcommand)]
#[command(after_help = REFERRALS)]
pub(crate) enum Referral {
    /// Write a referral as a draft; asks the form's questions where no file answers them
    #[command(after_help = NEW)]
    New {
        /// The pathway's id or the start of it
        pathway: String,
        #[command(flatten)]
        draft: Draft,
        /// The referral that this one goes on from: its id or the start of it
        #[arg(long, value_name = "REFERRAL")]
        previous: Option<String>,
        /// Send it at once
        #[arg(long)]
        send: bool,
    },
    /// Change a draft; asks its questions again where no file answers them
    Edit {
        /// The draft's id or the start of it
        id: String,
        #[command(flatten)]
        draft: Draft,
    },
    /// Throw a draft away, or take back what was decided here and waits for the home node
    Discard {
        /// The draft's id or the start of it
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Send a draft
    Send {
        /// The draft's id or the start of it
        id: String,
    },
    /// List referrals: what waits for you first
    List {
        /// Those that are finished as well
        #[arg(long)]
        all: bool,
    },
    /// Show one: where it stands, who owes what, what can be done now; nothing of the person
    Show {
        /// The referral's id or the start of it
        id: String,
    },
    /// Show one with what is said of the person; that you read it is noted
    Open {
        /// The referral's id or the start of it
        id: String,
    },
    /// Show who did what and when, and what had no effect
    History {
        /// The referral's id or the start of it
        id: String,
    },
    /// As receiver: say that it came, or that its new version did
    Acknowledge(Deed),
    /// As receiver: ask the sender a question
    Ask(Deed),
    /// As sender: answer a question
    Answer {
        #[command(flatten)]
        deed: Deed,
        /// A YAML or JSON file of answers to the form, where the question was about them; - reads standard input
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// As sender: send another version of the answers
    Amend {
        #[command(flatten)]
        deed: BareDeed,
        /// A YAML or JSON file of answers; - reads standard input
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// As receiver: put the person on the waiting list; the sender still holds them
    Wait(Deed),
    /// As receiver: say yes; from now on this organisation holds the person
    Accept(Deed),
    /// As receiver: say no; the sender still holds the person
    Decline {
        #[command(flatten)]
        deed: Deed,
        #[command(flatten)]
        why: Why,
    },
    /// As receiver: note that the person was contacted, or that it was tried
    Contact {
        #[command(flatten)]
        deed: Deed,
        #[command(flatten)]
        reached: Reached,
    },
    /// As receiver: say that it began
    Start(Deed),
    /// As receiver: say that it rests
    Pause {
        #[command(flatten)]
        deed: Deed,
        #[command(flatten)]
        why: Why,
    },
    /// As receiver: say that it goes on
    Resume(Deed),
    /// As receiver: tell the sender how it goes, as far as the person agreed
    Feedback(Deed),
    /// As receiver: say that you cannot go on; the sender is to take the person back
    HandBack {
        #[command(flatten)]
        deed: Deed,
        #[command(flatten)]
        why: Why,
    },
    /// As receiver: say that the next organisation accepted the person
    PassOn {
        #[command(flatten)]
        deed: Deed,
        /// The referral to the next organisation: its id or the start of it
        #[arg(long, value_name = "REFERRAL")]
        next: String,
    },
    /// As receiver: say how it ended
    End {
        #[command(flatten)]
        deed: Deed,
        /// How it ended
        #[arg(long, value_parser = code::<Outcome>(words(Outcome::ALL, Outcome::word)))]
        outcome: Outcome,
    },
    /// As sender: take the referral back, whatever became of it
    Withdraw {
        #[command(flatten)]
        deed: Deed,
        #[command(flatten)]
        why: Why,
    },
    /// As sender: wait no longer for an answer
    Lapse(Deed),
    /// As receiver: say that what the sender stopped has stopped
    StopConfirm {
        #[command(flatten)]
        deed: Deed,
        #[command(flatten)]
        reached: Reached,
    },
    /// As sender: hold the person again
    TakeBack(Deed),
    /// As sender: say that you have seen how it ended
    Close(Deed),
    /// Note that the person does not agree any more; both parties stop
    ConsentWithdraw(BareDeed),
    /// Erase what is said of the person here
    #[command(after_help = ERASE)]
    Erase {
        /// The referral's id or the start of it
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Say on what basis in law it is kept here though it was to be erased
    Keep {
        /// The referral's id or the start of it
        id: String,
        #[command(flatten)]
        keeping: Keeping,
    },
    /// Write a referral out as a FHIR R4 bundle
    #[command(after_help = EXPORT)]
    Export {
        /// The referral's id or the start of it
        id: String,
        /// The file to write; - writes to standard output
        #[arg(long, value_name = "FILE")]
        fhir: PathBuf,
    },
    /// Show what is late, and whom to ring
    #[command(after_help = CHASE)]
    Chase,
}

/// What a draft says.
#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// A YAML or JSON file of answers to the pathway's form; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// A YAML or JSON file of what the person agreed to; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) agreement: Option<PathBuf>,
}

/// What can be said of whatever is done.
#[derive(Debug, Args)]
pub(crate) struct Deed {
    #[command(flatten)]
    pub(crate) bare: BareDeed,
    /// A file of words for the other party; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) words_from: Option<PathBuf>,
}

/// The same where no words go with it.
#[derive(Debug, Args)]
pub(crate) struct BareDeed {
    /// The referral's id or the start of it
    pub(crate) id: String,
    /// When it happened, where that was not now: "2026-11-03 14:00"
    #[arg(long, value_name = "WHEN", value_parser = read_moment)]
    pub(crate) at: Option<Timestamp>,
}

/// A reason.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Why
    #[arg(long, value_parser = code::<Reason>(words(Reason::ALL, Reason::word)))]
    pub(crate) reason: Reason,
}

/// How far a contact went.
#[derive(Debug, Args)]
pub(crate) struct Reached {
    /// How far a contact with the person went
    #[arg(long, value_parser = code::<Contact>(words(Contact::ALL, Contact::word)))]
    pub(crate) contact: Contact,
}

/// Why and how long something is kept.
#[derive(Debug, Args)]
pub(crate) struct Keeping {
    /// On what basis in law (UK GDPR, articles 6 and 17(3))
    #[arg(long, value_parser = code::<Basis>(words(Basis::ALL, Basis::word)))]
    pub(crate) basis: Basis,
    /// Until the end of this day: 2027-03-31
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(crate) until: Timestamp,
}

impl Referral {
    pub(super) fn aim(&self) -> String {
        let (what, id) = match self {
            Self::New { pathway, .. } => return format!("write a referral by pathway {pathway:?}"),
            Self::List { .. } => return "list referrals".into(),
            Self::Chase => return "show what is late".into(),
            Self::Edit { id, .. } => ("edit", id),
            Self::Discard { id, .. } => ("throw away", id),
            Self::Send { id } => ("send", id),
            Self::Show { id } => ("show", id),
            Self::Open { id } => ("open", id),
            Self::History { id } => ("show the history of", id),
            Self::Acknowledge(deed) => ("acknowledge", &deed.bare.id),
            Self::Ask(deed) => ("ask about", &deed.bare.id),
            Self::Answer { deed, .. } => ("answer the question about", &deed.bare.id),
            Self::Amend { deed, .. } => ("amend", &deed.id),
            Self::Wait(deed) => ("put on the waiting list", &deed.bare.id),
            Self::Accept(deed) => ("accept", &deed.bare.id),
            Self::Decline { deed, .. } => ("decline", &deed.bare.id),
            Self::Contact { deed, .. } => ("note a contact for", &deed.bare.id),
            Self::Start(deed) => ("start", &deed.bare.id),
            Self::Pause { deed, .. } => ("pause", &deed.bare.id),
            Self::Resume(deed) => ("resume", &deed.bare.id),
            Self::Feedback(deed) => ("tell how it goes with", &deed.bare.id),
            Self::HandBack { deed, .. } => ("hand back", &deed.bare.id),
            Self::PassOn { deed, .. } => ("pass on", &deed.bare.id),
            Self::End { deed, .. } => ("end", &deed.bare.id),
            Self::Withdraw { deed, .. } => ("withdraw", &deed.bare.id),
            Self::Lapse(deed) => ("wait no longer for", &deed.bare.id),
            Self::StopConfirm { deed, .. } => ("confirm the stop of", &deed.bare.id),
            Self::TakeBack(deed) => ("take the person back from", &deed.bare.id),
            Self::Close(deed) => ("close", &deed.bare.id),
            Self::ConsentWithdraw(deed) => ("note that the agreement is withdrawn of", &deed.id),
            Self::Erase { id, .. } => ("erase", id),
            Self::Keep { id, .. } => ("keep", id),
            Self::Export { id, .. } => ("export", id),
        };
        format!("{what} referral {id:?}")
    }
}

/// The words of a closed list.
fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// Reads one of a closed list.
fn code<T>(words: Vec<&'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = Refusal> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}
