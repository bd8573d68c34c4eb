//! The file that holds the key of the lock: 64 hex digits in a line, read by this user alone.

use super::Kept;
use crate::Error;
use crate::config::Config;
use crate::data::write_private;
use crate::secret::random;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::Refusal;
use domain::referral::LockKey;
use std::fs::File;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file in a data folder that holds the key, unless another is named.
const LOCK_KEY: &str = "lock-key";
/// What a new key's file is called until it takes the old one's place: the same, and this.
const NEXT: &str = ".next";

/// Where the key of the lock lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockFile {
    path: PathBuf,
    is_named: bool,
}

impl LockFile {
    /// The one that the configuration names, else the one in the data folder.
    pub(crate) fn of(config: &Config) -> Self {
        Self::new(&config.data, config.lock_key_file.as_deref())
    }

    pub(crate) fn new(data: &Path, named: Option<&Path>) -> Self {
        Self { path: data.join(named.unwrap_or(Path::new(LOCK_KEY))), is_named: named.is_some() }
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
            write(&self.path, &*random()?)?;
        }
        read(&self.path)
    }

    /// The key that is to take its place; `None` where there is none.
    pub(crate) fn next(&self) -> Result<Option<LockKey>, Error> {
        let next = self.next_path();
        next.exists().then(|| read(&next)).transpose()
    }

    /// Makes a key that is to take its place.
    pub(crate) fn make_next(&self) -> Result<LockKey, Error> {
        let key = random()?;
        write(&self.next_path(), &*key).map_err(|error| {
            error.hint("a new key is written beside the old one: have `lock_key_file` name one in a folder of this user's")
        })?;
        Ok(LockKey::from_bytes(&*key))
    }

    /// Puts the next key in the place of this one; durable when it returns.
    pub(crate) fn take_next(&self) -> Result<(), Error> {
        self.settled(std::fs::rename(self.next_path(), &self.path))
    }

    /// Drops the next key: nothing is locked with it.
    pub(crate) fn drop_next(&self) -> Result<(), Error> {
        self.settled(std::fs::remove_file(self.next_path()))
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
}

fn write(path: &Path, key: &[u8; 32]) -> Result<(), Error> {
    let text = Zeroizing::new(format!("{}\n", &*Zeroizing::new(HEXLOWER.encode(key))));
    write_private(path, text.as_bytes())
}

fn read(path: &Path) -> Result<LockKey, Error> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|e| Error::fault(format!("cannot read the lock's key \"{}\"", path.display()), e))?;
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok().map(Zeroizing::new);
    let key = bytes.as_ref().and_then(|bytes| <&[u8; 32]>::try_from(bytes.as_slice()).ok());
    let wrong = || {
        Refusal::invalid(format!("\"{}\" is not the key of a lock", path.display()))
            .hint("it is 64 hex digits in one line; put back the file that was there")
    };
    Ok(LockKey::from_bytes(key.ok_or_else(wrong)?))
}
