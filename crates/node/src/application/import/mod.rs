//! Import: a file or folder is read, compared with what stands here and with what the last import saw, and, once somebody has
//! looked at the difference, written; what the last import of a source wrote can be taken back.

mod read;
mod undo;

pub(crate) use undo::UndoPlan;

use super::{Application, fault};
use crate::api::{
    BadRow, ColumnReading, FieldDifference, ImportCounts, ImportDifference, ImportPreview, ImportSource, Imported,
    Novelty, ProgressSender, Response, SaidBy,
};
use crate::clock::now;
use crate::secret::random;
use domain::audience::Audience;
use domain::document::{Edit, Kind, at};
use domain::import::{Assigned, Change, Done, FieldChange, How, Import, Known, Mapping, Source, State, plan};
use domain::sync::batch::ImportedRecord;
use domain::sync::effect::{Command, Write, WriteAction};
use domain::{DocId, OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Documents of one command, and so of one transaction.
const WRITES: usize = 200;
/// Rows of one page when what stands here is read.
const PAGE: usize = 1_000;
/// Differences that a preview shows.
const SAMPLE: usize = 20;
/// Bad rows that are listed; all of them are counted.
const BAD_SHOWN: usize = 100;

/// What a preview found, ready to be written.
#[derive(Debug)]
pub(crate) struct Plan {
    name: String,
    source: String,
    writes: Vec<Write>,
    counts: ImportCounts,
    bad: Vec<BadRow>,
    /// How the columns were read, to be remembered once this is written.
    mapping: Option<Mapping>,
}

/// What a comparison needs beside the rows.
struct Here {
    org: OrgId,
    source: String,
    audience: Audience,
    /// Documents that imports had made and that were withdrawn when those were taken back.
    undone: BTreeSet<DocId>,
    listings: BTreeMap<RecordId, Known>,
    organisations: BTreeMap<RecordId, Known>,
}

impl Application {
    /// Reads a file and says what importing it would do. Writes nothing.
    pub(super) async fn preview_import(
        &self,
        source: ImportSource,
        progress: &ProgressSender,
    ) -> Result<Response, Refusal> {
        self.engine()?;
        let audience = self.audience(source.audience.as_deref().unwrap_or("public")).await?;
        let name = source.source.clone().unwrap_or_else(|| source_name(&source.path));
        let feed = Source { feed: name.clone(), ..Source::default() };
        let remembered = self.0.store.import_mapping(&name).await.map_err(fault)?;
        let mappings = read::Mappings {
            given: source.mapping.as_ref().map(Mapping::parse).transpose()?,
            // What an older or newer version kept and this one cannot read is guessed anew.
            remembered: remembered.and_then(|mapping| Mapping::parse(&mapping).ok()),
        };
        let (path, telling) = (source.path.clone(), progress.clone());
        let read::Reading { mut import, columns } =
            tokio::task::spawn_blocking(move || read::read(&path, feed, &mappings, &telling))
                .await
                .map_err(|_| Refusal::malformed("reading the file ended in a fault"))??;
        let notes = std::mem::take(&mut import.notes);
        progress.tell("comparing", 0, None);
        let here = Here {
            org: self.0.org,
            listings: self.known_records(Kind::LISTING, &name).await?,
            organisations: self.known_records(Kind::ORGANISATION, &name).await?,
            undone: self.0.store.undone_imports().await.map_err(fault)?,
            source: name,
            audience,
        };
        let at = now();
        let (mut plan, sample) = tokio::task::spawn_blocking(move || compare(import, &here, at))
            .await
            .map_err(|_| Refusal::malformed("comparing the file ended in a fault"))??;
        let preview = ImportPreview {
            plan: plan.name.clone(),
            counts: plan.counts,
            sample,
            bad: plan.bad.clone(),
            columns: columns.iter().flat_map(|columns| columns.assigned.iter().map(reading)).collect(),
            heading_line: columns.as_ref().map(|columns| columns.heading_line),
            notes,
        };
        plan.mapping = columns.map(|columns| columns.mapping);
        *self.0.plan.lock().await = Some(plan);
        Ok(Response::ImportPreview(Box::new(preview)))
    }

    /// Writes what a preview showed.
    pub(super) async fn apply_import(&self, name: &str, progress: &ProgressSender) -> Result<Response, Refusal> {
        let plan = self.0.plan.lock().await.take_if(|plan| plan.name == name).ok_or_else(|| {
            Refusal::new(RefusalKind::Expired, "this preview is not the newest any more, or was applied already")
                .hint("preview the import again")
        })?;
        let Plan { source, writes, mut counts, mut bad, mapping, .. } = plan;
        let total = u64::try_from(writes.len()).unwrap_or(u64::MAX);
        let mut done = 0;
        let mut writes = writes.into_iter();
        loop {
            // Taken out, so that what is written is not kept until all is.
            let chunk: Vec<_> = writes.by_ref().take(WRITES).collect();
            if chunk.is_empty() {
                break;
            }
            for (write, refusal) in self.write_all(&chunk).await? {
                counts.failed += 1;
                uncount(&mut counts, &write);
                if bad.len() < BAD_SHOWN {
                    let reason = format!("{}: {refusal}", write.doc_id.record());
                    bad.push(BadRow { file: None, line: 0, reason });
                }
            }
            done += u64::try_from(chunk.len()).unwrap_or(0);
            progress.tell("writing", done, Some(total));
        }
        if let Some(mapping) = mapping {
            self.0.store.put_import_mapping(&source, &mapping.to_value()).await.map_err(fault)?;
        }
        Ok(Response::Imported(Imported { counts, bad }))
    }

    /// Writes a chunk in one transaction; where that is refused, one document at a time, so that the others go on.
    async fn write_all(&self, chunk: &[Write]) -> Result<Vec<(Write, Refusal)>, Refusal> {
        let engine = self.engine()?;
        let refusal = match engine.ask(Command::Write(chunk.to_vec())).await {
            Ok(_) => return Ok(Vec::new()),
            Err(refusal) => refusal,
        };
        if matches!(refusal.kind, RefusalKind::WrongState | RefusalKind::Busy) || chunk.len() == 1 {
            return match chunk {
                [one] if !matches!(refusal.kind, RefusalKind::Busy) => Ok(vec![(one.clone(), refusal)]),
                _ => Err(refusal),
            };
        }
        let mut refused = Vec::new();
        for write in chunk {
            if let Err(refusal) = engine.ask(Command::Write(vec![write.clone()])).await {
                refused.push((write.clone(), refusal));
            }
        }
        Ok(refused)
    }

    /// Own documents of a kind as they stand, and what the last import of this source saw.
    async fn known_records(&self, kind: Kind, source: &str) -> Result<BTreeMap<RecordId, Known>, Refusal> {
        let mut known: BTreeMap<RecordId, Known> = BTreeMap::new();
        for (doc_id, value) in self.own_documents(kind).await? {
            known.entry(doc_id.record()).or_default().existing = Some(value);
        }
        for record in self.0.store.imported(source).await.map_err(fault)?.into_values() {
            if record.doc_id.is_of(kind, &self.0.org) {
                known.entry(record.doc_id.record()).or_default().last_imported = Some(record.value);
            }
        }
        Ok(known)
    }
}

/// The file's name without its endings; the folder's name.
fn source_name(path: &Path) -> String {
    let name = read::file_name(path);
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let ends = [".ndjson", ".jsonl", ".json", ".csv", ".tsv", ".tab"];
    let end = ends.iter().find(|end| name.to_ascii_lowercase().ends_with(*end)).map_or(0, |end| end.len());
    name.get(..name.len().saturating_sub(end)).unwrap_or(name).to_owned()
}

fn reading(assigned: &Assigned) -> ColumnReading {
    let by = match assigned.how {
        How::Guessed => SaidBy::Heading,
        How::Given => SaidBy::Mapping,
        How::Remembered => SaidBy::LastImport,
        How::Unknown => SaidBy::Nobody,
    };
    let (heading, example) = (assigned.heading.clone(), assigned.example.clone());
    ColumnReading { heading, holds: assigned.column.word().to_owned(), by, example }
}

fn compare(import: Import, here: &Here, at: Timestamp) -> Result<(Plan, Vec<ImportDifference>), Refusal> {
    let organisations = plan(&here.organisations, &import.organisations, at);
    let listings = plan(&here.listings, &import.listings, at);
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let counts = ImportCounts {
        new: count(listings.new.len()),
        changed: count(listings.changed.len()),
        same: count(listings.same.len()),
        failed: count(import.bad.len()),
        gone: count(listings.gone.len()),
    };
    let sample = sample(&listings, &here.listings, &import.listings);
    let name = random::<8>().map_err(crate::Error::into_refusal)?;
    let name = data_encoding::HEXLOWER.encode(&*name);
    let mut writes = Vec::new();
    let parts = [
        (Kind::ORGANISATION, organisations, import.organisations, &here.organisations),
        (Kind::LISTING, listings, import.listings, &here.listings),
    ];
    for (kind, plan, mapped, known) in parts {
        add_writes(kind, plan, mapped, known, here, (&name, at), &mut writes);
    }
    if writes.iter().all(|write| matches!(write.action, WriteAction::Note)) {
        // A run that changes nothing is none: the one before stays the one that can be taken back.
        writes.iter_mut().for_each(|write| write.change = None);
    }
    let bad = import.bad.into_iter().take(BAD_SHOWN);
    let bad = bad.map(|b| BadRow { file: b.file, line: b.row, reason: words(&b.reason) }).collect();
    Ok((Plan { name, source: here.source.clone(), writes, counts, bad, mapping: None }, sample))
}

fn words(refusal: &Refusal) -> String {
    match &refusal.hint {
        Some(hint) => format!("{} ({hint})", refusal.message),
        None => refusal.message.clone(),
    }
}

fn add_writes(
    kind: Kind,
    plan: domain::import::Plan,
    mut mapped: BTreeMap<RecordId, Value>,
    known: &BTreeMap<RecordId, Known>,
    here: &Here,
    (run, at): (&str, Timestamp),
    writes: &mut Vec<Write>,
) {
    // The feed says something new that was not taken: noted, so that the next comparison starts from it.
    let is_new_word =
        |record: &RecordId| known.get(record).and_then(|k| k.last_imported.as_ref()) != mapped.get(record);
    let same: Vec<_> = plan.same.into_iter().filter(is_new_word).collect();
    let mut write = |record: RecordId, action: WriteAction, done: Done| {
        let doc_id = DocId::new(record, kind, &here.org);
        let (source, run) = (here.source.clone(), run.to_owned());
        let before = known.get(&record).and_then(|known| known.last_imported.clone());
        let change = Some(Change { source, run, at, doc_id, before, done, state: State::Done });
        let imported = mapped.remove(&record).map(|value| ImportedRecord {
            source: here.source.clone(),
            doc_id,
            value,
            seen_at: at,
        });
        Write { doc_id, kind, action, imported, change }
    };
    for (record, value) in plan.new {
        let (done, audience) = (Done::Made(value.clone()), here.audience.clone());
        let is_undone = here.undone.contains(&DocId::new(record, kind, &here.org));
        let action =
            if is_undone { WriteAction::Restore { value, audience } } else { WriteAction::Create { value, audience } };
        writes.push(write(record, action, done));
    }
    for (record, edits) in plan.changed {
        let existing = known.get(&record).and_then(|known| known.existing.as_ref());
        let fields = edits.iter().map(|edit| field_change(edit, existing)).collect();
        writes.push(write(record, WriteAction::Edit(edits), Done::Edited(fields)));
    }
    for record in same {
        writes.push(write(record, WriteAction::Note, Done::Noted));
    }
}

fn field_change(edit: &Edit, existing: Option<&Value>) -> FieldChange {
    let before = existing.and_then(|value| at(value, &edit.path)).cloned();
    FieldChange { path: edit.path.clone(), before, after: edit.value.clone() }
}

fn sample(
    plan: &domain::import::Plan,
    known: &BTreeMap<RecordId, Known>,
    mapped: &BTreeMap<RecordId, Value>,
) -> Vec<ImportDifference> {
    let name = |record: &RecordId| {
        mapped.get(record).and_then(|v| v.get("name")).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let changed = plan.changed.iter().map(|(record, edits)| {
        let before = known.get(record).and_then(|k| k.existing.as_ref());
        // When it was fetched is of no interest to whoever decides.
        let told = edits.iter().filter(|edit| edit.path != ["source", "fetched_at"]);
        let fields = told.map(|edit| difference(edit, before)).collect();
        ImportDifference { id: *record, name: name(record), novelty: Novelty::Changed, fields }
    });
    let new = plan.new.keys().map(|record| ImportDifference {
        id: *record,
        name: name(record),
        novelty: Novelty::New,
        fields: Vec::new(),
    });
    changed.chain(new).take(SAMPLE).collect()
}

fn difference(edit: &Edit, before: Option<&Value>) -> FieldDifference {
    FieldDifference {
        field: edit.path.join("."),
        before: before.and_then(|value| at(value, &edit.path)).cloned(),
        after: edit.value.clone(),
    }
}

fn uncount(counts: &mut ImportCounts, write: &Write) {
    if write.kind != Kind::LISTING {
        return;
    }
    match write.action {
        WriteAction::Create { .. } | WriteAction::Restore { .. } => counts.new = counts.new.saturating_sub(1),
        WriteAction::Edit(_) => counts.changed = counts.changed.saturating_sub(1),
        WriteAction::Share(_) | WriteAction::Withdraw | WriteAction::Note => {
            counts.same = counts.same.saturating_sub(1);
        }
    }
}
