//! What can be set, and where each value came from: built-in default, then `DATA/fingerpost.toml`, then the
//! environment (`FINGERPOST_*`), then flags. The doc comments below are the reference.
//!
//! Reads no environment itself: the outermost caller hands it in.

mod layer;
mod value;

pub use crate::vault::Passphrase;
pub use layer::{Layers, Origin, Shown};
pub use value::{Exposure, Secret, Value, Wrong};
pub(crate) use value::{split_password, unescaped};

use domain::referral::{DraftDays, Retention};
use std::path::PathBuf;

/// One setting's name, what it means, and its default as text (several for a list).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As it is written in the file; `FINGERPOST_` and capitals in the environment; with dashes as a flag.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it is when nobody sets it.
    pub default: &'static [&'static str],
    /// Whether it is a table of numbers in the file, and `name=number` with commas between in the environment.
    pub is_table: bool,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr;)*) => {
        /// Every setting of a node. A default runs.
        #[derive(Clone, Debug)]
        pub struct Config {
            /// The data folder that the other paths start from.
            pub data: PathBuf,
            $($(#[doc = $doc])+ pub $name: $type,)*
            /// The passphrase of the lock's key, where somebody typed it: no setting, so that it stands nowhere.
            pub passphrase: Option<Passphrase>,
            /// Where each value came from.
            pub origins: Layers,
        }

        impl Config {
            /// Every setting, in the order they are shown.
            pub const FIELDS: &[Field] = &[$(Field {
                name: stringify!($name),
                doc: concat!($($doc, "\n"),+),
                default: $default,
                is_table: <$type as Value>::IS_TABLE,
            },)*];

            fn from_layers(data: PathBuf, origins: Layers) -> Result<Self, crate::Error> {
                Ok(Self {
                    $($name: <$type as Value>::from_words(&origins.words(stringify!($name), $default))
                        .map_err(|wrong| origins.wrong(stringify!($name), wrong))?,)*
                    data,
                    passphrase: None,
                    origins,
                })
            }

            fn words_of(&self, name: &str) -> Vec<String> {
                match name {
                    $(stringify!($name) => self.$name.words(),)*
                    _ => Vec::new(),
                }
            }
        }
    };
}

settings! {
    /// What the organisation is called. Read when a data folder is first made; afterwards the name stands in the
    /// organisation's own document (`fingerpost organisation edit`).
    name: String = &[];
    /// Address and port that partners' nodes connect to. Port 0 picks a free one.
    node_listen: String = &["0.0.0.0:7440"];
    /// Address and port of the pages for people. Port 0 picks a free one.
    people_listen: String = &["127.0.0.1:8440"];
    /// Address and port for this organisation's own software: gRPC over TLS, with an API token (`fingerpost token add`).
    /// Empty: only on the socket `admin.sock` in the data folder. Port 0 picks a free one.
    admin_listen: String = &[];
    /// Addresses (`host:port`) that invitations name and partners dial. Empty: this machine's own addresses are
    /// guessed, which serves one network; a node that others cannot reach sets nothing and joins, instead of inviting.
    advertise: Vec<String> = &[];
    /// The database: empty for SQLite in the data folder, or `postgres://user@host/name`.
    database: String = &[];
    /// File that holds the database password, so that it stands in no process list.
    database_password_file: Option<PathBuf> = &[];
    /// The database password itself; meant for the environment only.
    database_password: Secret = &[];
    /// File that holds the key of the lock on what is said of people (64 hex digits), where it is not to lie in the data folder: a
    /// systemd credential, for one.
    lock_key_file: Option<PathBuf> = &[];
    /// File that holds the passphrase of that key in its first line, where it has one (`fingerpost key passphrase`): a systemd
    /// credential, for one. Without it the node asks for it at the terminal.
    lock_passphrase_file: Option<PathBuf> = &[];
    /// Connections to the database. SQLite uses one more for writing.
    database_connections: u64 = &["4"];
    /// Who may read `/metrics` on the people's port: `loopback`, `all` or `nobody`.
    metrics: Exposure = &["loopback"];
    /// What is logged, as `tracing` filters: `info`, `node=debug,info`.
    log: String = &["info"];
    /// Bytes kept free on disk; local writes are refused below it. 0 asks for the built-in reserve: the larger of
    /// 1 GiB and 5 %.
    disk_reserve_bytes: u64 = &["0"];
    /// Megabytes of documents kept in memory between steps.
    cache_megabytes: u64 = &["32"];
    /// Days that a referral is kept once it is finished, by how it finished; what is left out is as here. The most is 9150, for
    /// `agreement-withdrawn` 30. `fingerpost privacy due` says what is due.
    retention_days: Retention = &[
        "declined=90",
        "withdrawn=90",
        "lapsed=90",
        "agreement-withdrawn=0",
        "taken-back=365",
        "helped=730",
        "not-taken-up=365",
        "went-elsewhere=365",
        "died=365",
        "ended=365",
        "not-safe=2190",
    ];
    /// Days that a draft of a referral is kept while nobody changes it, at most 366; then it is due, too.
    draft_days: DraftDays = &["30"];
}

/// The name of the configuration file in the data folder.
pub const FILE: &str = "fingerpost.toml";

impl Config {
    /// Reads `data/fingerpost.toml` (absent is empty), then environment entries that start with `FINGERPOST_`, then
    /// flags by setting name. Refused: a file that does not parse, an unknown name (with the nearest known one), a
    /// value that does not read.
    pub fn load(
        data: PathBuf,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (String, Vec<String>)>,
    ) -> Result<Self, crate::Error> {
        let mut layers = Layers::default();
        layers.add_file(&data.join(FILE))?;
        layers.add_environment(environment)?;
        layers.add_flags(flags)?;
        Self::from_layers(data, layers)
    }

    /// Every setting with its value as text and where it came from; secrets hidden.
    pub fn shown(&self) -> Vec<Shown> {
        Self::FIELDS
            .iter()
            .map(|field| Shown {
                name: field.name,
                value: value::hide_password(&self.words_of(field.name).join(", ")),
                origin: self.origins.origin(field.name),
                doc: field.doc,
            })
            .collect()
    }

    /// `sqlite` or `postgres`.
    pub fn database_kind(&self) -> &'static str {
        if self.database.starts_with("postgres") { "postgres" } else { "sqlite" }
    }

    /// The database to open, its password put in.
    pub fn database_url(&self) -> Result<String, crate::Error> {
        value::database_url(self)
    }
}

#[cfg(test)]
mod tests;
