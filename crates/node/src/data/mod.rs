//! The data folder: where it is, what lies in it, who holds it, how much disk is left.
//!
//! ```text
//! DATA/                 0700
//!   fingerpost.toml     settings; made by `init` when a database was named
//!   fingerpost.db       the database, unless another was named
//!   keys                this node's private keys, 0600
//!   lock-key            the key of the lock on what is said of people, 0600, unless another was named; made when it first runs
//!   erased              referrals that were erased here, 0600
//!   recovery-words      0600, only where nobody was there to read them
//!   lock                held by the process that has the folder open
//!   applying            packs that are being applied, for after a crash
//!   admin.sock          local control, and gRPC for the organisation's own software, 0600
//!   admin-cert.pem      what that software pins where it comes over the network
//!   admin-key.pem       the key of that certificate, 0600
//! ```

mod disk;
mod initialise;
mod relock;
mod rotate;

pub use crate::secret::Place;
pub use disk::{Disk, disk};
pub use domain::identity::Holds;
pub use initialise::{Founding, Keep, forget_words, initialise, is_initialised};
pub(crate) use initialise::{open_store, organisation, own_keys, store_fault};
pub use relock::{Relocked, lacks_passphrase, relock, set_passphrase};
pub use rotate::rotate;
pub(crate) use rotate::{settle_keys, settle_node};

use crate::Error;
use domain::{Refusal, RefusalKind};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A data folder, open for this process alone until it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// The platform's folder for this program's data: under `XDG_DATA_HOME`, else the home folder, as the environment
/// names them; the system's own place when there is neither.
pub fn default_folder(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    let named = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(data) = named("FINGERPOST_DATA") {
        return data;
    }
    if cfg!(target_os = "macos")
        && let Some(home) = named("HOME")
    {
        return home.join("Library/Application Support/fingerpost");
    }
    match (named("XDG_DATA_HOME"), named("HOME")) {
        (Some(data), _) => data.join("fingerpost"),
        (None, Some(home)) => home.join(".local/share/fingerpost"),
        (None, None) => PathBuf::from("/var/lib/fingerpost"),
    }
}

impl Folder {
    /// Opens a folder that is there. Refused when it is not, or when another process holds it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.is_dir() {
            return Err(Refusal::not_found(format!("there is no data folder \"{}\"", path.display()))
                .hint("make one with `fingerpost up` or `fingerpost init --name \"…\"`, or name another with --data")
                .into());
        }
        let lock = lock(&path.join("lock"))?;
        Ok(Self { path: path.to_path_buf(), _lock: lock })
    }

    /// Opens a folder, making it (0700, parents as the system makes them) when it is not there.
    pub fn open_or_make(path: &Path) -> Result<Self, Error> {
        if path.exists() && !path.is_dir() {
            return Err(
                Refusal::invalid(format!("\"{}\" is a file, and a data folder is needed", path.display())).into()
            );
        }
        make(path).map_err(|e| Error::fault(format!("cannot make the data folder \"{}\"", path.display()), e))?;
        Self::open(path)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where this node's private keys lie.
    pub fn keys(&self) -> PathBuf {
        self.path.join(KEYS)
    }

    /// Where the recovery words lie until somebody took them.
    pub fn recovery_words(&self) -> PathBuf {
        self.path.join(RECOVERY_WORDS)
    }

    /// The certificate of the port for the organisation's own software, and its key.
    pub fn admin_certificate(&self) -> (PathBuf, PathBuf) {
        (self.path.join("admin-cert.pem"), self.path.join("admin-key.pem"))
    }

    /// The keys that a rotation made, until they take the place of the old ones.
    pub fn next_keys(&self) -> PathBuf {
        self.path.join("keys.next")
    }

    /// Where packs are noted while they are applied.
    pub fn journal(&self) -> PathBuf {
        self.path.join("applying")
    }
}

/// The file in a data folder that holds the node's private keys.
const KEYS: &str = "keys";

/// The file in a data folder that holds the recovery words until somebody took them.
pub const RECOVERY_WORDS: &str = "recovery-words";

/// Writes a file that only this user may read, complete or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".writing").tempfile_in(folder)?; // 0600
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|e| Error::fault(format!("cannot write \"{}\"", path.display()), e))
}

fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

fn lock(path: &Path) -> Result<File, Error> {
    let cannot = |e: std::io::Error| Error::fault(format!("cannot lock \"{}\"", path.display()), e);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = (&file).take(64).read_to_string(&mut holder);
            let holder = holder.trim();
            let by = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
            return Err(Refusal::new(
                RefusalKind::WrongState,
                format!("another process{by} has the data folder \"{}\" open", path.with_file_name("").display()),
            )
            .hint("use that node, stop it first, or name another folder with --data")
            .into());
        }
        Err(TryLockError::Error(e)) => return Err(cannot(e)),
    }
    let note = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    // Who holds it is a courtesy; the lock itself is the system's. A full disk must not keep a node from starting.
    let _ = note(&mut file);
    Ok(file)
}

#[cfg(test)]
mod tests;
