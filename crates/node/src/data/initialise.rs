//! Making a data folder: an organisation, its first node, its database.
//!
//! The recovery words lie in the folder before anything depends on them, so that no crash loses them; the key file comes
//! last. A folder without one, whose words are those of the database's organisation, was left half done and is made
//! again from the start.

use super::{Folder, RECOVERY_WORDS, write_private};
use crate::api::{Initialised, Named, Words};
use crate::clock::now;
use crate::config::{self, Config, Origin};
use crate::secret::{Place, found, recover, write_recovery_words};
use crate::{Error, engine};
use domain::identity::{KeysObject, Root};
use domain::sync::Batch;
use domain::{Refusal, RefusalKind};
use std::path::Path;
use store::{Organisation, Store};

/// What an organisation is called when nobody said.
const UNNAMED: &str = "New organisation";
/// Longest name of an organisation, in characters.
const NAME_CHARACTERS: usize = 200;
/// The file that a password is moved to which came inside a database URL.
const PASSWORD: &str = "database-password";

/// Which of the settings given as flags are kept in the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Where the database is: without it the folder's node could not be found again.
    Database,
    /// All of them.
    All,
}

/// Where a node's organisation comes from.
#[derive(Clone, Debug)]
pub enum Founding {
    /// It is made with the node.
    New,
    /// It is there already, and these are its recovery words.
    Recovered(Words, Place),
}

/// Makes a new organisation and its first node, or another node of one, in the configuration's data folder. Of a new one the recovery words are in the
/// answer, and lie in the folder until [`forget_words`]. Refused when the folder or the database holds a node already.
pub async fn initialise(config: &Config, keep: Keep, founding: &Founding) -> Result<Initialised, Error> {
    let name = match (checked_name(&config.name)?, founding) {
        (name, _) if !name.is_empty() => name,
        (_, Founding::New) => UNNAMED.to_owned(),
        // Its name comes back with its own document; until then others go on calling it what they did.
        (name, Founding::Recovered(..)) => name,
    };
    let was_there = config.data.exists();
    let folder = Folder::open_or_make(&config.data)?;
    let made = make(config, keep, name, founding, &folder).await;
    if made.is_err() && !was_there {
        // Nothing that anybody could miss: it was made a moment ago.
        let _ = std::fs::remove_dir_all(&config.data);
    }
    made
}

/// Whether a folder holds a node's keys.
pub fn is_initialised(data: &Path) -> bool {
    data.join(super::KEYS).exists()
}

/// Takes the recovery words out of the folder: somebody has them now. Whether they lay there.
pub fn forget_words(data: &Path) -> Result<bool, Error> {
    let path = data.join(RECOVERY_WORDS);
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::fault(format!("cannot remove \"{}\"", path.display()), e)),
    }
}

async fn make(
    config: &Config,
    keep: Keep,
    name: String,
    founding: &Founding,
    folder: &Folder,
) -> Result<Initialised, Error> {
    let store = open_store(config).await?;
    let made = found_in(config, keep, (name, founding), folder, &store).await;
    store.close().await;
    made
}

async fn found_in(
    config: &Config,
    keep: Keep,
    (name, founding): (String, &Founding),
    folder: &Folder,
    store: &Store,
) -> Result<Initialised, Error> {
    let there = store.organisation().await.map_err(|e| store_fault("cannot read the database", e))?;
    if let Some(there) = there.filter(|there| !is_half_done(folder, there)) {
        let (what, hint) = if folder.keys().exists() {
            ("data folder", "start it with `fingerpost up`, or name another folder with --data")
        } else {
            ("database", "name another database with --database, or put back the data folder that belongs to this one")
        };
        return Err(Refusal::new(
            RefusalKind::AlreadyDone,
            format!("this {what} holds a node of {:?} already", there.name),
        )
        .hint(hint)
        .into());
    }
    let (founded, is_recovered) = match founding {
        Founding::New => (found()?, false),
        Founding::Recovered(words, place) => (recover(words.as_str(), *place)?, true),
    };
    if !is_recovered {
        write_recovery_words(&folder.recovery_words(), &founded.root)?;
    }
    write_settings(config, keep)?;
    let organisation = Organisation {
        org_id: founded.root.org_id(),
        node_id: founded.secrets.node_id,
        name: name.clone(),
        keys: founded.keys.bytes(),
        created_at: now(),
        is_recovered,
        siblings: Vec::new(),
    };
    let batch = Batch { at: now(), keys: [(organisation.org_id, founded.keys.bytes())].into(), ..Batch::default() };
    store.commit(&batch).await.map_err(|e| store_fault("cannot write the organisation's keys", e))?;
    store.set_organisation(&organisation).await.map_err(|e| store_fault("cannot write what this node is", e))?;
    founded.secrets.write(&folder.keys())?;
    if !is_recovered {
        engine::describe_organisation(store, folder, &founded.secrets, &organisation).await?;
    }
    Ok(Initialised {
        organisation: Named { id: organisation.org_id, name },
        node_id: organisation.node_id,
        recovery_words: if is_recovered { String::new() } else { founded.root.recovery_words()?.to_string() },
    })
}

/// Whether an organisation was begun in this folder, and the process ended before its keys were kept.
fn is_half_done(folder: &Folder, there: &Organisation) -> bool {
    let words = std::fs::read_to_string(folder.recovery_words()).unwrap_or_default();
    !folder.keys().exists() && Root::from_recovery_words(&words).is_ok_and(|root| root.org_id() == there.org_id)
}

/// Opens the database that the configuration names.
pub(crate) async fn open_store(config: &Config) -> Result<Store, Error> {
    let url = config.database_url()?;
    Store::open(&url).await.map_err(|e| store_fault("cannot open the database", e))
}

/// A fault of the database with what a person can do about it.
pub(crate) fn store_fault(doing: &str, error: store::StoreError) -> Error {
    let hint = error.hint();
    let error = Error::fault(doing, error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.chars().count() > NAME_CHARACTERS {
        return Err(Refusal::too_large(format!("an organisation's name has {NAME_CHARACTERS} characters at most")));
    }
    if name.chars().any(char::is_control) {
        return Err(Refusal::invalid("an organisation's name holds a control character"));
    }
    Ok(name.to_owned())
}

/// Keeps settings that came as flags in the configuration file. A password inside a database URL goes to a file of its own.
fn write_settings(config: &Config, keep: Keep) -> Result<(), Error> {
    let mut kept = toml::Table::new();
    for shown in config.shown() {
        let is_database = shown.name == "database" || shown.name == "database_password_file";
        let is_kept = is_database || (keep == Keep::All && !matches!(shown.name, "name" | "log" | "database_password"));
        if !is_kept || !matches!(shown.origin, Origin::Flag(_)) {
            continue;
        }
        let value = match shown.name {
            "advertise" => toml::Value::from(config.advertise.clone()),
            "database" => toml::Value::from(without_password(config, &mut kept)?),
            _ => toml::Value::from(shown.value),
        };
        kept.insert(shown.name.to_owned(), value);
    }
    if kept.is_empty() {
        return Ok(());
    }
    let path = config.data.join(config::FILE);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let mut table: toml::Table = before.parse().unwrap_or_default();
    let text = if kept.keys().any(|name| table.contains_key(name)) {
        table.extend(kept);
        table.to_string()
    } else {
        format!("{before}{kept}") // comments in the file stay
    };
    write_private(&path, text.as_bytes())
}

fn without_password(config: &Config, kept: &mut toml::Table) -> Result<String, Error> {
    match config::split_password(&config.database) {
        Some((before, password, after)) => {
            write_private(&config.data.join(PASSWORD), config::unescaped(password).as_bytes())?;
            kept.insert("database_password_file".to_owned(), PASSWORD.into());
            Ok(format!("{before}@{after}"))
        }
        None => Ok(config.database.clone()),
    }
}

/// Whose node a folder and its database hold; refused when they hold none.
pub(crate) async fn organisation(store: &Store, folder: &Folder) -> Result<Organisation, Error> {
    let found = store.organisation().await.map_err(|e| store_fault("cannot read the database", e))?;
    found.ok_or_else(|| {
        Refusal::new(
            RefusalKind::WrongState,
            format!("no organisation was made in the data folder \"{}\" yet", folder.path().display()),
        )
        .hint("make one with `fingerpost up --name \"…\"` or `fingerpost init --name \"…\"`")
        .into()
    })
}

/// The own organisation's keys. They lie in the database twice, so that damage to one place is mended from the other;
/// refused when neither is whole.
pub(crate) async fn own_keys(store: &Store, organisation: &Organisation) -> Result<KeysObject, Error> {
    let org = organisation.org_id;
    let listed = store.keys().await.map_err(|e| store_fault("cannot read the organisation's keys", e))?.remove(&org);
    let whole = |bytes: &[u8]| KeysObject::parse(bytes).ok().filter(|keys| keys.org_id() == org);
    let mend = |e| store_fault("cannot mend the organisation's damaged keys", e);
    match (whole(&organisation.keys), listed.as_deref().and_then(whole)) {
        (Some(mut keys), Some(newer)) => {
            keys.merge(&newer)?;
            Ok(keys)
        }
        (Some(keys), None) => {
            tracing::error!("one of two places that hold this organisation's keys was damaged, and is mended");
            let batch = Batch { at: now(), keys: [(org, keys.bytes())].into(), ..Batch::default() };
            store.commit(&batch).await.map_err(mend)?;
            Ok(keys)
        }
        (None, Some(keys)) => {
            tracing::error!("one of two places that hold this organisation's keys was damaged, and is mended");
            let mended = Organisation { keys: keys.bytes(), ..organisation.clone() };
            store.set_organisation(&mended).await.map_err(mend)?;
            Ok(keys)
        }
        (None, None) => Err(Refusal::malformed("this organisation's own keys are damaged as they are stored")
            .hint("put back a copy of the database from before")
            .into()),
    }
}

#[cfg(test)]
#[path = "initialise_tests.rs"]
mod tests;
