//! `up`, `init`, `config`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const UP: &str = "\
Examples:
  fingerpost up --name \"Night Shelter\"
  fingerpost up --node-listen 0.0.0.0:7440 --advertise shelter.example.org:7440
  fingerpost up --json --node-listen 127.0.0.1:0 --people-listen 127.0.0.1:0

Stop it with Ctrl-C. What it was doing is finished, nothing is lost.";

const INIT: &str = "\
Examples:
  fingerpost init --name \"Night Shelter\"
  fingerpost init --recover                  this machine takes the place of one that was lost
  fingerpost init --further                  a laptop beside the machine at home
  fingerpost init --name \"Hoe Street Council\" --database postgres://fingerpost@localhost/fingerpost \\
      --database-password-file /etc/fingerpost/password

Write the recovery words down on paper. They are shown once; with them the organisation can be
brought back when this machine is lost.";

/// Settings that can be given on the command line; each is also a line of DATA/fingerpost.toml.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    /// The database, where it is not SQLite in the data folder: postgres://user@host/name
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// A file that holds the database's password
    #[arg(long, value_name = "FILE")]
    pub(crate) database_password_file: Option<PathBuf>,
    /// Where partners' nodes connect to; port 0 picks one [default: 0.0.0.0:7440]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) node_listen: Option<String>,
    /// Where the pages for people are; port 0 picks one [default: 127.0.0.1:8440]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) people_listen: Option<String>,
    /// Where this organisation's own software may come over the network, with an API token; port 0 picks one [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) admin_listen: Option<String>,
    /// An address that invitations give to partners; may be given several times [default: guessed]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) advertise: Vec<String>,
}

impl Settings {
    /// By the names of the configuration, only those that were given.
    pub(crate) fn given(&self) -> Vec<(String, Vec<String>)> {
        let one = |name: &str, value: &Option<String>| {
            value.iter().map(|v| (name.to_owned(), vec![v.clone()])).collect::<Vec<_>>()
        };
        let file = self.database_password_file.as_ref().map(|f| f.display().to_string());
        let mut given = one("database", &self.database);
        given.extend(one("database_password_file", &file));
        given.extend(one("node_listen", &self.node_listen));
        given.extend(one("people_listen", &self.people_listen));
        given.extend(one("admin_listen", &self.admin_listen));
        if !self.advertise.is_empty() {
            given.push(("advertise".to_owned(), self.advertise.clone()));
        }
        given
    }
}

/// `fingerpost up`
#[derive(Debug, Args)]
#[command(after_help = UP)]
pub(crate) struct Up {
    /// The organisation's name, where the data folder is made now
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// What is logged to stderr: info, warn, node=debug,info [default: info]
    #[arg(long, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Stop also when standard input ends: for programs that start nodes and may be gone before them
    #[arg(long)]
    pub(crate) until_input_ends: bool,
}

/// `fingerpost init`
#[derive(Debug, Args)]
#[command(after_help = INIT)]
pub(crate) struct Init {
    /// The organisation's name, as partners will read it
    #[arg(long, required_unless_present_any = ["forget_words", "recover", "further"])]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Make the organisation's home node anew from its recovery words, where the machine that had it was lost
    ///
    /// Then run it and join by an invitation from a partner or a hub: what they hold of yours comes back.
    #[arg(long)]
    pub(crate) recover: bool,
    /// Make a further node of an organisation from its recovery words
    ///
    /// Then run it and join by `fingerpost invite --as node` from the home node.
    #[arg(long, conflicts_with = "recover")]
    pub(crate) further: bool,
    /// What a further node is given to keep
    ///
    /// `directory`: nothing that is said of people in referrals, so that a stolen laptop is not every referral. `all`: that too. What
    /// is decided there on a referral, such as accepting it, is written by the home node as soon as the two are linked.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Holds::Directory, requires = "further")]
    pub(crate) holds: Holds,
    /// Where the recovery words are, for --recover and --further; - reads them from standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) words_file: PathBuf,
    /// Remove the recovery words that `up` left in the data folder, once they are written down
    #[arg(long, conflicts_with_all = ["name", "database", "database_password_file", "node_listen", "people_listen", "admin_listen", "advertise"])]
    pub(crate) forget_words: bool,
}

/// What a node of an organisation keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Holds {
    /// Listings, pathways and how referrals stand
    Directory,
    /// What is said of people in referrals as well
    All,
}

impl From<Holds> for node::data::Holds {
    fn from(holds: Holds) -> Self {
        match holds {
            Holds::Directory => Self::Directory,
            Holds::All => Self::All,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// List the nodes of this organisation
    List,
    /// Retire a node that was lost: it opens no links any more, and what it signed stays valid
    Retire {
        /// The node's id, or the start of it
        node: String,
        /// Where the recovery words are; - reads them from standard input
        #[arg(long, value_name = "FILE", default_value = "-")]
        words_file: PathBuf,
    },
    /// Say that a node's keys were stolen: what it signed is nobody's word any more
    ///
    /// First retire it, and look through what it signed since it was lost: what is not right, edit. What stands then is
    /// signed by this node, and all the rest that the thief signs is gone everywhere.
    Compromised {
        /// The node's id, or the start of it
        node: String,
        /// Where the recovery words are; - reads them from standard input
        #[arg(long, value_name = "FILE", default_value = "-")]
        words_file: PathBuf,
        /// Do not show what it signed and ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Give this node new keys, and retire the old ones; while it does not run
    Rotate {
        /// Where the recovery words are; - reads them from standard input
        #[arg(long, value_name = "FILE", default_value = "-")]
        words_file: PathBuf,
    },
    /// Give the lock on what is said of people a new key; while the node does not run
    ///
    /// Everything that is kept of referrals is locked anew. Copies of the database from before open with the old key alone: keep
    /// it as long as you keep them, and apart from them.
    Relock,
    /// Put a passphrase on the key of that lock, change it or take it off; while the node does not run
    ///
    /// It is asked for at the terminal, and never is an argument. With one, the node asks for it when it starts, or reads it from the
    /// file that `lock_passphrase_file` names. Nobody can bring it back: without it nothing that is said of people can be read.
    Passphrase {
        /// Where the new one is, in the first line, instead of the terminal; - reads standard input
        #[arg(long, value_name = "FILE", conflicts_with = "remove")]
        new: Option<PathBuf>,
        /// Take it off
        #[arg(long)]
        remove: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Show each setting, its value and where it came from
    Show,
}
