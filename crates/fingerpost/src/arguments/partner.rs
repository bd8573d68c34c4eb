//! `invite`, `join`, `partner`.

use super::moment::end_of;
use clap::{Args, Subcommand, ValueEnum};
use node::api::Timestamp;

const INVITE: &str = "\
Examples:
  fingerpost invite                  a code that stands 72 hours
  fingerpost invite --expires 2h --qr
  fingerpost invite --as member      the joiner also goes on your roster, and follows you

Give the code to the partner in confidence: a mail, a message, a printed sheet. It works once.";

const JOIN: &str = "\
Examples:
  fingerpost join FP1-…
  fingerpost join -                  read the code from standard input";

const CONFIRM: &str = "\
Ring the partner on a number you already know. They read their eight words to you; you type them here.
Then read yours to them, so that they can do the same.

Example:
  fingerpost partner confirm k3v2 --words \"able about above absent absorb abstract absurd abuse\"";

const AGREEMENT: &str = "\
Examples:
  fingerpost partner agreement k3v2 --reference \"DSA 12\" --expires 2027-03-31
  fingerpost partner agreement k3v2
  fingerpost partner agreement                  with every partner

Without one that stands, no referral leaves for the partner. On record are the name of the paper and
its end; the paper itself you keep.";

/// What the joiner becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum As {
    /// A partner
    Partner,
    /// A partner on this organisation's roster, that follows it
    Member,
    /// A further node of this organisation
    Node,
}

const ROSTER: &str = "\
A node with a roster is a hub: it relays what the organisations on it
make public to whoever follows it. There is no other switch.

Examples:
  fingerpost invite --as member          pair, put the joiner on the
                                         roster, and have it follow you
  fingerpost roster add \"Night Shelter\" put a partner of yours on it";

#[derive(Debug, Subcommand)]
#[command(after_help = ROSTER)]
pub(crate) enum Roster {
    /// List the organisations that this one vouches for
    List,
    /// Vouch for an organisation and relay what it makes public
    Add {
        /// The organisation's id, the start of it, or its name
        organisation: String,
    },
    /// Stop vouching for one
    ///
    /// Those who follow you stop showing its listings unless they have them by another way.
    Remove {
        /// The organisation's id, the start of it, or its name
        organisation: String,
    },
}

/// `fingerpost follow`, `fingerpost unfollow`
#[derive(Debug, Args)]
pub(crate) struct Follow {
    /// The hub: a partner's id, the start of it, or its name
    pub(crate) organisation: String,
}

impl Roster {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::List => "list the roster".into(),
            Self::Add { organisation } => format!("put {organisation:?} on the roster"),
            Self::Remove { organisation } => format!("take {organisation:?} off the roster"),
        }
    }
}

/// `fingerpost invite`
#[derive(Debug, Args)]
#[command(after_help = INVITE)]
pub(crate) struct Invite {
    /// What the joiner becomes
    #[arg(long = "as", value_enum, default_value = "partner", value_name = "ROLE")]
    pub(crate) role: As,
    /// How long the invitation stands: 30m, 72h, 3d
    #[arg(long, default_value = "72h", value_name = "TIME", value_parser = milliseconds)]
    pub(crate) expires: i64,
    /// Show the code as a QR code as well
    #[arg(long)]
    pub(crate) qr: bool,
}

/// `fingerpost join`
#[derive(Debug, Args)]
#[command(after_help = JOIN)]
pub(crate) struct Join {
    /// The code you were given, or - to read it from standard input
    pub(crate) code: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Partner {
    /// List partners: who is there, how far behind, how far trusted
    List,
    /// Show one partner: its words, its addresses, what it may hold
    Show {
        /// The partner's id, the start of it, or its name
        id: String,
    },
    /// Say that a partner's words were compared over the telephone
    #[command(after_help = CONFIRM)]
    Confirm {
        /// The partner's id, the start of it, or its name
        id: String,
        /// The eight words that the partner read to you
        #[arg(long)]
        words: String,
    },
    /// Send a partner nothing and take nothing until it is resumed
    Pause {
        /// The partner's id, the start of it, or its name
        id: String,
    },
    /// End a pause
    Resume {
        /// The partner's id, the start of it, or its name
        id: String,
    },
    /// End the partnership and cut its links
    ///
    /// What the partner already holds stays with it; it gets nothing new. To pair again takes a new invitation.
    Remove {
        /// The partner's id, the start of it, or its name
        id: String,
        /// Do not ask, though what is kept of referrals with it goes too
        #[arg(long, short)]
        yes: bool,
    },
    /// Show or note the agreement with a partner to share personal data
    #[command(after_help = AGREEMENT)]
    Agreement {
        /// The partner's id, the start of it, or its name
        id: Option<String>,
        /// What the paper is called
        #[arg(long, value_name = "TEXT", requires_all = ["id", "expires"])]
        reference: Option<String>,
        /// Until the end of which day it stands: 2027-03-31
        #[arg(long, value_name = "DATE", value_parser = end_of, requires = "reference")]
        expires: Option<Timestamp>,
        /// Say that it has ended
        #[arg(long, requires = "id", conflicts_with_all = ["reference", "expires"])]
        end: bool,
    },
}

impl Partner {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::List => "list partners".into(),
            Self::Show { id } => format!("show partner {id:?}"),
            Self::Confirm { id, .. } => format!("confirm partner {id:?}"),
            Self::Pause { id } => format!("pause partner {id:?}"),
            Self::Resume { id } => format!("resume partner {id:?}"),
            Self::Remove { id, .. } => format!("remove partner {id:?}"),
            Self::Agreement { id: None, .. } => "show agreements with partners".into(),
            Self::Agreement { id: Some(id), end: true, .. } => format!("end the agreement with partner {id:?}"),
            Self::Agreement { id: Some(id), reference: Some(_), .. } => {
                format!("note the agreement with partner {id:?}")
            }
            Self::Agreement { id: Some(id), .. } => format!("show the agreement with partner {id:?}"),
        }
    }
}

/// A time as it is typed, in milliseconds.
pub(super) fn milliseconds(text: &str) -> Result<i64, String> {
    let wrong = || "it is a number and a unit, as in 30m, 72h or 3d".to_owned();
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let unit_ms = match unit.trim() {
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    match number.parse::<i64>().ok().and_then(|n| n.checked_mul(unit_ms)) {
        Some(0) => Err("it has to be some time".into()),
        Some(ms) => Ok(ms),
        None => Err(wrong()),
    }
}
