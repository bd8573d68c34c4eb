//! The file that holds the key of the lock: 64 hex digits in a line, or the same sealed by a passphrase; read by this user alone.

use super::Kept;
use super::passphrase::{self, Passphrase};
use crate::Error;
use crate::config::Config;
use crate::data::write_private;
use crate::secret::random;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::referral::LockKey;
use domain::{Refusal, RefusalKind};
use std::fs::File;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file in a data folder that holds the key, unless another is named.
const LOCK_KEY: &str = "lock-key";
/// What a new key's file is called until it takes the old one's place: the same, and this.
const NEXT: &str = ".next";

/// Where the key of the lock lies, and what opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockFile {
    path: PathBuf,
    is_named: bool,
    passphrase: Option<Passphrase>,
}

impl LockFile {
    /// The one that the configuration names, else the one in the data folder.
    pub(crate) fn of(config: &Config) -> Result<Self, Error> {
        let passphrase = match (&config.passphrase, &config.lock_passphrase_file) {
            (Some(typed), _) => Some(typed.clone()),
            (None, Some(path)) => Some(Passphrase::read(&config.data.join(path))?),
            (None, None) => None,
        };
        Ok(Self { passphrase, ..Self::new(&config.data, config.lock_key_file.as_deref()) })
    }

    pub(crate) fn new(data: &Path, named: Option<&Path>) -> Self {
        let path = data.join(named.unwrap_or(Path::new(LOCK_KEY)));
        Self { path, is_named: named.is_some(), passphrase: None }
    }

    /// Whether a passphrase has to be given that was not.
    pub(crate) fn lacks_passphrase(&self) -> bool {
        self.passphrase.is_none() && read(&self.path).is_ok_and(|line| passphrase::is_sealed(&line))
    }

    /// The key. It is made where there is none yet and nothing is locked; a file that is named, or was there before, and is gone is
    /// refused: another lock opens nothing.
    pub(crate) fn open(&self, kept: Kept) -> Result<LockKey, Error> {
        let is_new = !self.path.exists() && !self.is_named;
        if is_new && kept == Kept::Something {
            return Err(Refusal::not_found(format!("the key of the lock \"{}\" is gone", self.path.display()))
                .hint("put it back from where you keep it: without it nothing that is said of people here can be read")
                .into());
        }
        if is_new {
            self.write(&self.path, &*random()?)?;
        }
        Ok(LockKey::from_bytes(&*self.key(&self.path)?))
    }

    /// The key that is to take its place; `None` where there is none.
    pub(crate) fn next(&self) -> Result<Option<LockKey>, Error> {
        let next = self.next_path();
        if !next.exists() {
            return Ok(None);
        }
        Ok(Some(LockKey::from_bytes(&*self.key(&next)?)))
    }

    /// Makes a key that is to take its place, sealed where this one is.
    pub(crate) fn make_next(&self) -> Result<LockKey, Error> {
        let key = random()?;
        let is_sealed = self.path.exists() && passphrase::is_sealed(&read(&self.path)?);
        let passphrase = self.passphrase.clone().filter(|_| is_sealed);
        Self { passphrase, ..self.clone() }.write(&self.next_path(), &key).map_err(|error| {
            error.hint(
                "a new key is written beside the old one: have `lock_key_file` name one in a folder of this user's",
            )
        })?;
        Ok(LockKey::from_bytes(&key))
    }

    /// Puts the next key in the place of this one; durable when it returns.
    pub(crate) fn take_next(&self) -> Result<(), Error> {
        self.settled(std::fs::rename(self.next_path(), &self.path))
    }

    /// Drops the next key: nothing is locked with it.
    pub(crate) fn drop_next(&self) -> Result<(), Error> {
        self.settled(std::fs::remove_file(self.next_path()))
    }

    /// Writes the same key under another passphrase, or under none; complete or not at all.
    pub(crate) fn reseal(&self, passphrase: Option<Passphrase>) -> Result<(), Error> {
        let key = self.key(&self.path)?;
        Self { passphrase, ..self.clone() }.write(&self.path, &key)
    }

    fn settled(&self, moved: std::io::Result<()>) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let synced = moved.and_then(|()| File::open(folder)?.sync_all());
        synced.map_err(|e| Error::fault(format!("cannot settle \"{}\"", self.next_path().display()), e))
    }

    fn next_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(NEXT);
        name.into()
    }

    fn write(&self, path: &Path, key: &[u8; 32]) -> Result<(), Error> {
        let line = match &self.passphrase {
            Some(passphrase) => Zeroizing::new(passphrase::seal(key, passphrase)?),
            None => Zeroizing::new(HEXLOWER.encode(key)),
        };
        write_private(path, Zeroizing::new(format!("{}\n", *line)).as_bytes())
    }

    fn key(&self, path: &Path) -> Result<Zeroizing<[u8; 32]>, Error> {
        let line = read(path)?;
        if passphrase::is_sealed(&line) {
            let passphrase = self.passphrase.as_ref().ok_or_else(|| {
                Refusal::new(RefusalKind::WrongState, "the key of the lock has a passphrase, and none was given").hint(
                    "run it at a terminal, which asks for it, or have `lock_passphrase_file` name a file that holds it",
                )
            })?;
            return Ok(passphrase::open(&line, passphrase)?);
        }
        let bytes = HEXLOWER_PERMISSIVE.decode(line.as_bytes()).ok().map(Zeroizing::new);
        let key = bytes.as_ref().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        let wrong = || {
            Refusal::invalid(format!("\"{}\" is not the key of a lock", path.display()))
                .hint("it is 64 hex digits in one line; put back the file that was there")
        };
        Ok(Zeroizing::new(key.ok_or_else(wrong)?))
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, Error> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|e| Error::fault(format!("cannot read the lock's key \"{}\"", path.display()), e))?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}
