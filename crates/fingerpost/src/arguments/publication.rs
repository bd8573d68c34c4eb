//! `form` and `pathway`.

use clap::Subcommand;
use std::path::PathBuf;

const FORMS: &str = "\
Forms come with Fingerpost as examples: arts-group, training-centre, refer-back, bridge-note.
  fingerpost form show arts-group                    read one
  fingerpost form show arts-group --paper form.html  print it, in large print
  fingerpost form example arts-group > mine.json     change it to your own
  fingerpost form publish mine.json                  let partners find it";

const PATHWAYS: &str = "\
Pathways come with the forms of the same names:
  fingerpost pathway example arts-group > mine.yaml
  fingerpost form publish arts-group
  fingerpost pathway publish mine.yaml --listing ID";

const TIMES: &str = "\
Half of the referrals, and nine in ten, took no longer than is shown. Steps marked * begin by one
organisation's clock and end by the other's. Figures of fewer than 5 referrals are not shown, and
are null in JSON.";

/// How a form is shown.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(crate) struct Manner {
    /// Write it to this file as a page in large print, to be printed and filled in by hand
    #[arg(long, value_name = "FILE")]
    pub(crate) paper: Option<PathBuf>,
    /// As a script for the telephone
    #[arg(long)]
    pub(crate) phone: bool,
    /// As JSON Schema, to be given to other software
    #[arg(long)]
    pub(crate) schema: bool,
}

#[derive(Debug, Subcommand)]
#[command(after_help = FORMS)]
pub(crate) enum Form {
    /// List the forms that you and your partners publish
    List,
    /// Show a form as the person is asked
    Show {
        /// An id or the start of one, the name of one that comes with Fingerpost, or a file
        form: String,
        /// In which language, where the form has it
        #[arg(long, default_value = "en", value_name = "BCP-47")]
        language: String,
        #[command(flatten)]
        manner: Manner,
    },
    /// Print the file of a form that comes with Fingerpost
    Example {
        /// Its name
        name: String,
        /// A filled example instead: the answers of somebody made up
        #[arg(long)]
        answers: bool,
    },
    /// Check a form, or answers to it, without sending anything
    Check {
        /// As in `form show`
        form: String,
        /// A YAML or JSON file of answers; - reads standard input
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// Publish a form
    Publish {
        /// A file, or the name of one that comes with Fingerpost
        form: String,
        /// Who may hold it: public or partners
        #[arg(long, default_value = "public")]
        audience: String,
    },
    /// Take another organisation's form over, as it is: its signature stays on it
    Copy {
        /// The form's id or the start of it
        id: String,
        /// As in `form publish`
        #[arg(long, default_value = "public")]
        audience: String,
    },
    /// Take a form of your own back
    Withdraw {
        /// The form's id or the start of it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
#[command(after_help = PATHWAYS)]
pub(crate) enum Pathway {
    /// List the pathways that you and your partners publish
    List,
    /// Show how an organisation can be referred to
    Show {
        /// An id or the start of one, or a file
        pathway: String,
    },
    /// Show how long referrals took, beside what the receiver says that it takes
    ///
    /// For each pathway: from sent to acknowledged and decided, from accepted to the first contact and the start, on the waiting
    /// list, from ended until the sender has seen how; and how many were closed with an outcome. Says nothing of any one person.
    #[command(after_help = TIMES)]
    Times {
        /// By this pathway alone: its id or the start of it
        pathway: Option<String>,
    },
    /// Print the file of a pathway that comes with Fingerpost
    Example {
        /// Its name
        name: String,
    },
    /// Publish how one of your listings can be referred to
    Publish {
        /// A YAML file; its form is named by hash, or stands in it
        file: PathBuf,
        /// The listing, by its id or the start of it, where the file does not say
        #[arg(long, value_name = "ID")]
        listing: Option<String>,
        /// Who may hold it: public or partners
        #[arg(long, default_value = "public")]
        audience: String,
    },
    /// Take another organisation's pathway over for a listing of yours; where it came from stays in it
    Copy {
        /// The pathway's id or the start of it
        id: String,
        /// Your listing, by its id or the start of it
        #[arg(long, value_name = "ID")]
        listing: String,
        /// As in `pathway publish`
        #[arg(long, default_value = "public")]
        audience: String,
    },
    /// Take a pathway of your own back
    Withdraw {
        /// The pathway's id or the start of it
        id: String,
    },
}

impl Form {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::List => "list forms".into(),
            Self::Show { form, .. } => format!("show form {form:?}"),
            Self::Example { name, .. } => format!("print form {name:?}"),
            Self::Check { form, .. } => format!("check form {form:?}"),
            Self::Publish { form, .. } => format!("publish form {form:?}"),
            Self::Copy { id, .. } => format!("copy form {id:?}"),
            Self::Withdraw { id } => format!("withdraw form {id:?}"),
        }
    }
}

impl Pathway {
    pub(super) fn aim(&self) -> String {
        match self {
            Self::List => "list pathways".into(),
            Self::Show { pathway } => format!("show pathway {pathway:?}"),
            Self::Times { pathway: None } => "show how long referrals took".into(),
            Self::Times { pathway: Some(pathway) } => format!("show how long referrals by pathway {pathway:?} took"),
            Self::Example { name } => format!("print pathway {name:?}"),
            Self::Publish { file, .. } => format!("publish pathway \"{}\"", file.display()),
            Self::Copy { id, .. } => format!("copy pathway {id:?}"),
            Self::Withdraw { id } => format!("withdraw pathway {id:?}"),
        }
    }
}
