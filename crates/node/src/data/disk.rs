//! How much disk is left.

use crate::Error;
use domain::limits;
use std::path::Path;

/// The disk that holds a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that this user may still write.
    pub free_bytes: u64,
    /// Bytes in all.
    pub size_bytes: u64,
}

impl Disk {
    /// What is kept free for local writes: what was asked for, or the larger of
    /// [`limits::DISK_RESERVE_BYTES`] and 5 % when 0 was.
    pub fn reserve_bytes(&self, asked_bytes: u64) -> u64 {
        if asked_bytes > 0 { asked_bytes } else { limits::DISK_RESERVE_BYTES.max(self.size_bytes / 20) }
    }

    /// Whether less is left than is to be kept free.
    pub fn is_below_reserve(&self, asked_bytes: u64) -> bool {
        self.free_bytes < self.reserve_bytes(asked_bytes)
    }
}

/// The disk that holds this folder, now.
pub fn disk(folder: &Path) -> Result<Disk, Error> {
    let stat = rustix::fs::statvfs(folder)
        .map_err(|e| Error::fault(format!("cannot ask how full the disk of \"{}\" is", folder.display()), e))?;
    Ok(Disk {
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        size_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
    })
}
