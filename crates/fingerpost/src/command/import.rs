//! `import` and `export`.

use super::Place;
use super::sink::Sink;
use crate::arguments::{Export, Import, ImportUndo, ImportVerb};
use crate::edit;
use crate::node_of::{Asked, Need, find, unexpected};
use crate::output::{Reader, print, print_json, tell};
use crate::report::{FAILED, Failure};
use crate::show;
use node::api::{ImportCounts, ImportPreview, ImportSource, Request, Response, UndoCounts};
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

pub(super) async fn import(place: &Place, import: Import) -> Result<(), Failure> {
    if let Some(ImportVerb::Undo(words)) = import.verb {
        return undo(place, words).await;
    }
    let named = import.source.unwrap_or_default();
    let mut node = find(&place.data, Need::Running).await?;
    // Held to the end: the node reads it, and it is gone afterwards.
    let standard_input = (named == Path::new("-")).then(save_standard_input).transpose()?;
    let path = match &standard_input {
        Some(file) => file.path().to_path_buf(),
        None => existing(&named)?,
    };
    let source = import.source_name.or_else(|| standard_input.is_some().then(|| "standard input".to_owned()));
    let mapping = import.mapping.as_deref().map(edit::read_fields).transpose()?.map(serde_json::Value::Object);
    let says_how = mapping.is_some();
    let request = Request::ImportPreview(ImportSource { path, source, audience: import.audience, mapping });
    let Response::ImportPreview(preview) = node.ask(request).await? else { return Err(unexpected()) };

    let nothing_to_write = preview.counts.new + preview.counts.changed + preview.counts.gone == 0 && !says_how;
    if import.dry_run || nothing_to_write {
        place.reader.show(&preview.counts, || show::import::preview(&preview))?;
        return outcome(&preview.counts);
    }
    if import.yes || !is_asked() {
        return apply(place, &mut node, *preview, Shown::No).await;
    }
    if agreed(&show::import::preview(&preview), "Import this?")? {
        return apply(place, &mut node, *preview, Shown::Yes).await;
    }
    declined()
}

/// Whether a person has seen the preview.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
}

async fn apply(place: &Place, node: &mut Asked, preview: ImportPreview, shown: Shown) -> Result<(), Failure> {
    let request = Request::ImportApply { plan: preview.plan.clone() };
    let Response::Imported(imported) = node.ask(request).await? else { return Err(unexpected()) };
    place.reader.show(&imported.counts, || {
        let how = if shown == Shown::No { show::import::how(&preview) } else { String::new() };
        show::import::imported(&imported) + &how
    })?;
    outcome(&imported.counts)
}

async fn undo(place: &Place, words: ImportUndo) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Running).await?;
    let request = Request::ImportUndoPreview { source: words.source_name };
    let Response::UndoPreview(preview) = node.ask(request).await? else { return Err(unexpected()) };

    if words.dry_run || preview.counts == UndoCounts::default() {
        return place.reader.show(&preview.counts, || show::import::undo_preview(&preview, super::now()));
    }
    if !words.yes && is_asked() && !agreed(&show::import::undo_preview(&preview, super::now()), "Take this back?")? {
        return declined();
    }
    let request = Request::ImportUndo { plan: preview.plan };
    let Response::ImportUndone(undone) = node.ask(request).await? else { return Err(unexpected()) };
    place.reader.show(&undone.counts, || show::import::undone(&undone))?;
    if undone.counts.failed > 0 { Err(Failure::Told(FAILED)) } else { Ok(()) }
}

pub(super) fn is_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

pub(super) fn declined() -> Result<(), Failure> {
    tell("Nothing is changed.\n");
    Err(Failure::Told(FAILED))
}

/// A file in which nothing could be read was not imported.
fn outcome(counts: &ImportCounts) -> Result<(), Failure> {
    if counts.failed > 0 && counts.new + counts.changed + counts.same == 0 {
        Err(Failure::Told(FAILED))
    } else {
        Ok(())
    }
}

pub(super) fn agreed(preview: &str, question: &str) -> Result<bool, Failure> {
    tell(&format!("{preview}\n{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn existing(source: &Path) -> Result<PathBuf, Failure> {
    source.canonicalize().map_err(|e| Failure::file("read", source, &e))
}

fn save_standard_input() -> Result<tempfile::NamedTempFile, Failure> {
    let copy = || -> io::Result<tempfile::NamedTempFile> {
        let mut file = tempfile::NamedTempFile::new()?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        Ok(file)
    };
    copy().map_err(|e| Failure::file("keep", Path::new("standard input"), &e))
}

pub(super) async fn export(place: &Place, export: Export) -> Result<(), Failure> {
    let mut node = find(&place.data, Need::Folder).await?;
    let Some(file) = export.file else {
        return each_service(&mut node, |service| print_json(&service)).await.map(|_| ());
    };
    // Beside its place and then moved there: a reader sees the old file or the whole new one.
    let failed = |e: io::Error| Failure::file("write", &file, &e);
    let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let writing = tempfile::Builder::new().prefix(".fingerpost-export").tempfile_in(folder).map_err(failed)?;
    let mut out = Sink::new(writing, &file);
    let services = each_service(&mut node, |service| {
        serde_json::to_writer(&mut out, &service)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(failed)
    })
    .await?;
    let writing = out.finish().map_err(failed)?;
    let allowed = File::metadata(writing.as_file()).map_err(failed)?.permissions();
    writing.as_file().set_permissions(published(allowed)).map_err(failed)?;
    writing.persist(&file).map_err(|e| failed(e.error))?;
    match place.reader {
        Reader::Program => print_json(&serde_json::json!({"services": services})),
        Reader::Person => print(&format!("Wrote {} to {}.\n", show::count(services, "listing"), file.display())),
    }
}

/// A directory is there to be read.
fn published(mut permissions: std::fs::Permissions) -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    permissions
}

async fn each_service(
    node: &mut Asked,
    mut take: impl FnMut(serde_json::Value) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let (mut after, mut taken) = (None, 0);
    loop {
        let Response::Exported { services, next } = node.ask(Request::Export { after }).await? else {
            return Err(unexpected());
        };
        for service in services {
            take(service)?;
            taken += 1;
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(taken),
        }
    }
}
