//! Where the control socket lies.
//!
//! `DATA/admin.sock`. A socket's path may have 107 bytes only; where that is longer, the socket lies in the user's runtime
//! folder and `DATA/admin.sock` is a symbolic link to it, so that the other side finds it whatever its environment says.

use crate::api::Refusal;
use domain::RefusalKind;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Longest path of a Unix socket on Linux (`sun_path` without its closing NUL).
const SOCKET_PATH_BYTES: usize = 107;

/// The name that both sides know.
pub(super) fn public(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// Where to connect: the public name, or what it links to.
pub(super) fn to_connect(data: &Path) -> PathBuf {
    let public = public(data);
    fs::read_link(&public).unwrap_or(public)
}

/// Where to listen. Makes the runtime folder where it is needed.
pub(super) fn to_listen(data: &Path) -> Result<PathBuf, Refusal> {
    let public = public(data);
    if public.as_os_str().len() <= SOCKET_PATH_BYTES {
        return Ok(public);
    }
    let owner = fs::metadata(data).map_err(|e| unusable(data, &e))?.uid();
    let folder = runtime_folder(owner)?;
    let name = data_encoding::HEXLOWER
        .encode(Sha256::digest(data.as_os_str().as_bytes()).first_chunk::<16>().unwrap_or(&[0; 16]));
    Ok(folder.join(format!("{name}.sock")))
}

fn runtime_folder(owner: u32) -> Result<PathBuf, Refusal> {
    let folder = match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(runtime) if Path::new(&runtime).is_dir() => PathBuf::from(runtime).join("fingerpost"),
        _ => std::env::temp_dir().join(format!("fingerpost-{owner}")),
    };
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(&folder, &e)),
        _ => {}
    }
    // Others can write to the folder for temporary files: what lies there under our name must be ours alone.
    let found = fs::symlink_metadata(&folder).map_err(|e| unusable(&folder, &e))?;
    if found.is_dir() && found.uid() == owner && found.mode() & 0o077 == 0 {
        Ok(folder)
    } else {
        Err(Refusal::new(
            RefusalKind::NotAllowed,
            format!("the folder for the control socket, {}, is not this user's alone", folder.display()),
        )
        .hint("remove it, or set XDG_RUNTIME_DIR to a folder of your own"))
    }
}

fn unusable(path: &Path, e: &io::Error) -> Refusal {
    Refusal::new(RefusalKind::WrongState, format!("cannot use {} for the control socket: {e}", path.display()))
}
