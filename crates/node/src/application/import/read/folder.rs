//! Reading a folder of HSDS 1.1 tables: the files whose names are those of tables, each under a limit, and all of them under one.

use super::{file_name, too_large, unreadable};
use crate::api::ProgressSender;
use domain::Refusal;
use domain::import::{Import, Package, Rows, Source, TABLE_BYTES, Table, table_name};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of all tables of a folder.
const FOLDER_BYTES: u64 = 256 << 20;
/// Most files of a folder that are looked at.
const FOLDER_FILES: usize = 1_000;

/// Reads every table in a folder and puts them together.
pub(super) fn read(folder: &Path, source: Source, progress: &ProgressSender) -> Result<Import, Refusal> {
    let (files, others) = tables_in(folder)?;
    let mut tables = BTreeMap::new();
    let (mut left, total) = (FOLDER_BYTES, files.len() as u64);
    for ((name, path), done) in files.into_iter().zip(0..) {
        progress.tell("reading tables", done, Some(total));
        let bytes = read_table(folder, &path, &mut left)?;
        tables.insert(name, Table::under(Rows::read(&file_name(&path), &bytes)?, 0)?);
    }
    progress.tell("putting tables together", 0, None);
    let package = Package::new(tables).map_err(|refusal| Refusal {
        message: format!("\"{}\" is no folder of HSDS 1.1: {}", folder.display(), refusal.message),
        ..refusal
    })?;
    let mut import = package.into_import(source);
    if !others.is_empty() {
        import.notes.push(format!("not tables of HSDS 1.1 by their names, and not read: {}", others.join(", ")));
    }
    Ok(import)
}

/// The files of tables by the tables' names, and the names of other CSV files.
fn tables_in(folder: &Path) -> Result<(BTreeMap<&'static str, PathBuf>, Vec<String>), Refusal> {
    let (mut files, mut others) = (BTreeMap::new(), Vec::new());
    for (entry, place) in std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?.zip(0..) {
        if place >= FOLDER_FILES {
            return Err(Refusal::too_large(format!("\"{}\" holds more than {FOLDER_FILES} files", folder.display()))
                .hint("put the tables into a folder of their own"));
        }
        let path = entry.map_err(|e| unreadable(folder, &e))?.path();
        let name = file_name(&path);
        if !name.to_ascii_lowercase().ends_with(".csv") || !path.is_file() {
            continue;
        }
        let Some(table) = table_name(&name) else {
            others.push(name);
            continue;
        };
        if let Some(other) = files.insert(table, path) {
            let other = file_name(&other);
            return Err(Refusal::invalid(format!("both \"{other}\" and \"{name}\" hold the table {table}"))
                .hint("take one of them out of the folder"));
        }
    }
    others.sort();
    // Nothing of a listing is in it.
    files.remove("metadata");
    Ok((files, others))
}

fn read_table(folder: &Path, path: &Path, left: &mut u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    // One byte more than there may be, so that what is too large is told and not cut.
    let most = u64::try_from(TABLE_BYTES).unwrap_or(u64::MAX).min(*left).saturating_add(1);
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    file.take(most).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
    *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(folder, FOLDER_BYTES))?;
    Ok(bytes)
}
