//! Where the borough's data folders lie: a folder that goes when the borough stops, or one that is kept.

use crate::report::Failure;
use node::api::{Refusal, RefusalKind};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Free bytes that are asked for before anything is begun. Four nodes with their listings take about a tenth of it.
const NEEDED_BYTES: u64 = 200 << 20;
/// The file by which a folder is known to be a borough's.
const MARK: &str = "borough.txt";
const MARKED: &str = "\
A borough made by `fingerpost demo --keep`. Everything in it is made up.

Each folder here is the data folder of one node. Run all of them again with `fingerpost demo --keep` and this folder,
or one of them with `fingerpost up --data` and its folder. What you no longer want you may simply delete.
";

/// The folder that holds a data folder for each node.
#[derive(Debug)]
pub(crate) enum Folder {
    /// Removed by [`Folder::close`], or when it is dropped.
    Passing(TempDir),
    /// Stays. Its mark is locked, so that one borough runs in it at a time.
    Kept(PathBuf, File),
}

impl Folder {
    /// A folder with room in it: `keep`, which is made where it is not there, or one for temporary files. Refused: a
    /// folder that holds something else than a borough, and a disk that is all but full.
    pub(crate) fn open(keep: Option<&Path>) -> Result<Self, Failure> {
        let folder = match keep {
            None => Self::Passing(passing()?),
            Some(path) => kept(path)?,
        };
        let free_bytes = node::data::disk(folder.path())?.free_bytes;
        if free_bytes < NEEDED_BYTES {
            let cause = format!(
                "{} has {} MB free, and the borough needs {}",
                folder.path().display(),
                free_bytes >> 20,
                NEEDED_BYTES >> 20
            );
            let refusal = Refusal::new(RefusalKind::WrongState, cause);
            return Err(refusal.hint("make room, or name a folder on another disk with --keep").into());
        }
        Ok(folder)
    }

    /// Its path, absolute.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Kept(path, _) => path,
        }
    }

    /// Whether it stays.
    pub(crate) fn stays(&self) -> bool {
        matches!(self, Self::Kept(..))
    }

    /// Removes it, unless it is kept. Nobody may write to it any more.
    pub(crate) fn close(self) -> Result<(), Failure> {
        match self {
            Self::Kept(_, mark) => {
                // Which ends the lock: whoever comes next may go on with it.
                drop(mark);
                Ok(())
            }
            Self::Passing(folder) => {
                let path = folder.path().to_path_buf();
                folder.close().map_err(|e| {
                    let refusal = Refusal::new(
                        RefusalKind::WrongState,
                        format!("the borough has stopped, and its folder {} cannot be removed: {e}", path.display()),
                    );
                    refusal.hint("delete it by hand").into()
                })
            }
        }
    }
}

fn passing() -> Result<TempDir, Failure> {
    tempfile::Builder::new().prefix("fingerpost-demo-").tempdir().map_err(|e| {
        let place = std::env::temp_dir();
        let refusal = Refusal::new(
            RefusalKind::WrongState,
            format!("cannot make a folder for temporary files in {}: {e}", place.display()),
        );
        refusal.hint("set TMPDIR to a folder that you may write to, or name one with --keep").into()
    })
}

fn kept(path: &Path) -> Result<Folder, Failure> {
    let unusable = |e: io::Error| Failure::file("use", path, &e);
    let path = std::path::absolute(path).map_err(unusable)?;
    if path.exists() && !path.is_dir() {
        let refusal = Refusal::invalid(format!("{} is a file, and a folder is needed", path.display()));
        return Err(refusal.hint("name a folder that is empty, or not there yet").into());
    }
    fs::create_dir_all(&path).map_err(unusable)?;
    let is_empty = fs::read_dir(&path).map_err(unusable)?.next().is_none();
    if !is_empty && !path.join(MARK).is_file() {
        let refusal = Refusal::invalid(format!("{} holds something else than a borough", path.display()));
        return Err(refusal.hint("name a folder that is empty, or not there yet").into());
    }
    if is_empty {
        fs::write(path.join(MARK), MARKED).map_err(unusable)?;
    }
    let mark = File::open(path.join(MARK)).map_err(unusable)?;
    match mark.try_lock() {
        Ok(()) => Ok(Folder::Kept(path, mark)),
        Err(TryLockError::WouldBlock) => {
            let refusal =
                Refusal::new(RefusalKind::WrongState, format!("a borough runs in {} already", path.display()));
            Err(refusal.hint("use that one, stop it first, or name another folder").into())
        }
        Err(TryLockError::Error(e)) => Err(unusable(e)),
    }
}
