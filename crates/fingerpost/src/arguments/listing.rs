//! `organisation`, `listing`, `import`, `export`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

const EDITS: &str = "\
PATH is dotted; list entries go by their id, `+` adds one:
  --set name=\"Tuesday supper\"
  --set sessions.+='{freq: WEEKLY, byday: TU, opens_at: \"18:00\", closes_at: \"20:00\"}'
  --set sessions.5f0c….opens_at=18:30
  --set cost_options.+='{option: free, amount: 0}'
  --unset funded_until
VALUE is YAML; one line of plain words may be written as it is. A file may hold lists of entries:
  name: Tuesday supper
  sessions:
    - {freq: WEEKLY, byday: TU, opens_at: \"18:00\"}
Without --set, --unset or --from, $EDITOR opens the whole as YAML; only what you change is written.";

const SHARE: &str = "\
Examples:
  fingerpost listing share 5f0c --audience public
  fingerpost listing share 5f0c --audience \"Night Shelter,Hoe Street Surgery\"

What partners already hold and may hold no longer is taken back from them.";

const PROPOSE: &str = "\
Examples:
  fingerpost listing propose 5f0c --set fees=free --note \"I asked them on Tuesday\"
  fingerpost listing propose 5f0c --unset funded_until

The owner gets the change as you saw the listing, and takes it or does not. What the owner edits
meanwhile stands beside it. `fingerpost proposal list` tells what became of it.

Only the owner gets it, unless you are a keeper of a public listing: then all who see the listing
see what you propose, and your note, until the owner has answered.";

const TRANSFER: &str = "\
A listing that changes hands keeps its id, so links to it go on working:
  fingerpost listing transfer 5f0c \"Hoe Street Hub\"   its owner offers it
  fingerpost listing claim 5f0c                        the other takes it up; the owner's node confirms it
  fingerpost listing orphan 5f0c                       nobody keeps it: whoever claims it has it
A claim on what was not offered waits for somebody at the owner's, who answers it like a proposal.";

const KEEPER: &str = "\
Examples:
  fingerpost listing keeper add 5f0c \"Hoe Street link workers\"
  fingerpost listing keeper remove 5f0c \"Hoe Street link workers\"

What a keeper edits is taken at this node without asking, up to 500 edits a day. While this node is
away, readers see it beside the listing, with the keeper's note, as reported and not yet confirmed.";

const ACCEPT: &str = "\
Examples:
  fingerpost proposal accept 5f0c
  fingerpost proposal accept 5f0c --seen 9b1c0e6f2d7a4c538a47616e7377657200112233

Its maker can change a proposal as long as it waits. What is accepted is what you were shown: here,
or by `fingerpost proposal list`, which names it with --seen. Where it says something else by now,
nothing is accepted.";

const IMPORT: &str = "\
Examples:
  fingerpost import services.ndjson.gz             shows what would change, then asks
  fingerpost import groups.csv --dry-run           shows how the columns are read, and what would change
  fingerpost import groups.csv --mapping columns.yaml
  fingerpost import hsds-folder --yes --json       for a scheduled job
  curl https://example.org/services | fingerpost import - --source-name example
  fingerpost import undo                           takes the last import back

Importing a file again changes nothing. What was edited here since stays. A record that is missing
from a newer file is never deleted, only counted as gone. A row that cannot be read is reported with
its line and left out.

A spreadsheet is saved as CSV (UTF-8), a listing a row, with any headings. What its columns hold is
guessed from the headings and shown; a file given with --mapping says otherwise for some or all, and
that is remembered for this source:
  columns:
    Group name: name
    When we meet: when
    Colour of door: nothing
  key: [name, postcode]
A column holds one of id, name, alternate_name, description, organisation, when, day, date, time,
starts, ends, place, address, town, postcode, latitude, longitude, access, cost, phone, email, url,
contact, eligibility, ages, how_to_come, tags, languages, extra (kept under its heading) or nothing
(left out). The key tells one listing from another where no column holds an id.

A folder is read as HSDS 1.1: services.csv, and organizations.csv, locations.csv, phones.csv, … as
far as they are there.";

const UNDO: &str = "\
Listings that the import made are withdrawn; fields that it changed go back to what they were. What
somebody has edited since stays, and is listed. Taking an import back again changes nothing, and the
same file can be imported again.";

/// What to change in a document.
#[derive(Debug, Default, Args)]
pub(crate) struct Edits {
    /// Put a value at a path; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = crate::edit::parse_set)]
    pub(crate) set: Vec<crate::edit::Set>,
    /// Take away what is at a path; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(crate) unset: Vec<String>,
    /// Put each field that a YAML (or JSON) file names; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Organisation {
    /// Show what this node says about its own organisation
    Show,
    /// Edit it
    #[command(after_help = EDITS)]
    Edit {
        #[command(flatten)]
        edits: Edits,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Listing {
    /// List listings, own and partners', one a line
    List {
        /// Only those of one organisation: its id, the start of it, or a partner's name
        #[arg(long, value_name = "ORGANISATION")]
        owner: Option<String>,
    },
    /// Show one listing: what, for whom, when, where, at what cost, and who said so
    Show {
        /// The listing's id or the start of it
        id: String,
    },
    /// Add a listing
    #[command(after_help = EDITS)]
    Add {
        #[command(flatten)]
        edits: Edits,
        /// Who may hold it: public, partners, own, or organisations with commas between [default: public]
        #[arg(long)]
        audience: Option<String>,
    },
    /// Edit a listing of your own, or one that you keep for its owner
    #[command(after_help = EDITS)]
    Edit {
        /// The listing's id or the start of it
        id: String,
        #[command(flatten)]
        edits: Edits,
    },
    /// Show who changed what and when
    History {
        /// The listing's id or the start of it
        id: String,
    },
    /// Take a listing of your own back, here and at every partner
    Withdraw {
        /// The listing's id or the start of it
        id: String,
    },
    /// Change who may hold a listing of your own
    #[command(after_help = SHARE)]
    Share {
        /// The listing's id or the start of it
        id: String,
        /// public, partners, own, or organisations (ids or names) with commas between
        #[arg(long)]
        audience: String,
    },
    /// Propose to the owner of a listing what it should say
    #[command(after_help = PROPOSE)]
    Propose {
        /// The listing's id or the start of it
        id: String,
        #[command(flatten)]
        edits: Edits,
        /// A word to the owner: how you know. A keeper's is public: all who see the listing see it
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Hand a listing of your own over to another organisation, which claims it
    #[command(after_help = TRANSFER)]
    Transfer {
        /// The listing's id or the start of it
        id: String,
        /// To whom: the organisation's id, the start of it, or its name
        #[arg(required_unless_present = "undo")]
        organisation: Option<String>,
        /// Take the offer back
        #[arg(long, conflicts_with = "organisation")]
        undo: bool,
    },
    /// Say that nobody keeps a listing of your own any more: whoever claims it has it
    Orphan {
        /// The listing's id or the start of it
        id: String,
        /// Somebody keeps it after all
        #[arg(long)]
        undo: bool,
    },
    /// Take over a listing of another organisation
    #[command(after_help = TRANSFER)]
    Claim {
        /// The listing's id or the start of it
        id: String,
        /// Who may hold yours: public, partners, own, or organisations with commas between [default: public, where the old one is; else it has to be said]
        #[arg(long)]
        audience: Option<String>,
    },
    /// Say whose edits of a listing of your own are taken without asking
    #[command(subcommand)]
    Keeper(Keeper),
}

#[derive(Debug, Subcommand)]
#[command(after_help = KEEPER)]
pub(crate) enum Keeper {
    /// Take what an organisation proposes for a listing from now on
    Add {
        /// The listing's id or the start of it
        id: String,
        /// The organisation's id, the start of it, or its name
        organisation: String,
    },
    /// Ask first again
    Remove {
        /// The listing's id or the start of it
        id: String,
        /// The organisation's id, the start of it, or its name
        organisation: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Proposal {
    /// List proposals that wait, and what became of your own
    List {
        /// Those that were answered long ago as well
        #[arg(long)]
        all: bool,
    },
    /// Take what was proposed for a listing of yours
    ///
    /// It is written into the listing as it was when it was proposed, beside what was edited since.
    /// Shows what that is, and on a terminal asks first.
    #[command(after_help = ACCEPT)]
    Accept {
        /// The proposal's id or the start of it
        id: String,
        /// Only if it still says what `fingerpost proposal list` showed under this name
        #[arg(long, value_name = "VERSION")]
        seen: Option<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Do not take it
    Refuse {
        /// The proposal's id or the start of it
        id: String,
        /// A word to its maker: why not. As public as the proposal
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Take a proposal of your own back
    Withdraw {
        /// The proposal's id or the start of it
        id: String,
    },
}

impl Proposal {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::List { .. } => "list proposals".into(),
            Self::Accept { id, .. } => format!("accept proposal {id:?}"),
            Self::Refuse { id, .. } => format!("refuse proposal {id:?}"),
            Self::Withdraw { id } => format!("withdraw proposal {id:?}"),
        }
    }
}

impl Listing {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::List { .. } => "list listings".into(),
            Self::Show { id } => format!("show listing {id:?}"),
            Self::Add { .. } => "add a listing".into(),
            Self::Edit { id, .. } => format!("edit listing {id:?}"),
            Self::History { id } => format!("show the history of listing {id:?}"),
            Self::Withdraw { id } => format!("withdraw listing {id:?}"),
            Self::Share { id, .. } => format!("share listing {id:?}"),
            Self::Propose { id, .. } => format!("propose a change of listing {id:?}"),
            Self::Transfer { id, .. } => format!("hand listing {id:?} over"),
            Self::Orphan { id, .. } => format!("leave listing {id:?}"),
            Self::Claim { id, .. } => format!("claim listing {id:?}"),
            Self::Keeper(Keeper::Add { id, .. }) => format!("give listing {id:?} a keeper"),
            Self::Keeper(Keeper::Remove { id, .. }) => format!("end the keeping of listing {id:?}"),
        }
    }
}

/// `fingerpost import`
#[derive(Debug, Args)]
#[command(after_help = IMPORT, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) verb: Option<ImportVerb>,
    /// An HSDS-UK 3.0 file (JSON or NDJSON), a spreadsheet saved as CSV, .gz or not, or a folder of HSDS 1.1 tables; - reads standard input
    #[arg(required = true)]
    pub(crate) source: Option<PathBuf>,
    /// Show what would change and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// What this source is called from one import to the next [default: the file's name without endings]
    #[arg(long, value_name = "NAME")]
    pub(crate) source_name: Option<String>,
    /// Who may hold what is new: public, partners, own, or organisations with commas between [default: public]
    #[arg(long)]
    pub(crate) audience: Option<String>,
    /// A YAML file that says what columns of a spreadsheet hold; remembered for this source
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportVerb {
    /// Take back what the last import did
    #[command(after_help = UNDO)]
    Undo(ImportUndo),
}

#[derive(Debug, Args)]
pub(crate) struct ImportUndo {
    /// The last import of this source, and not the last of all
    #[arg(long, value_name = "NAME")]
    pub(crate) source_name: Option<String>,
    /// Show what would be taken back and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl Import {
    pub(super) fn aim(&self) -> String {
        match (&self.verb, &self.source) {
            (Some(ImportVerb::Undo(_)), _) => "take the last import back".into(),
            (None, Some(source)) => format!("import {}", source.display()),
            (None, None) => "import".into(),
        }
    }
}

/// `fingerpost export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Where to write NDJSON, one HSDS-UK 3.0 service a line; standard output when nothing is said
    pub(crate) file: Option<PathBuf>,
}
