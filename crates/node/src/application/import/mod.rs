//! Import: a file is read, compared with what stands here and with what the last import saw, and, once somebody has
//! looked at the difference, written.

mod read;

use super::{Application, fault};
use crate::api::{
    BadRow, FieldDifference, ImportCounts, ImportDifference, ImportPreview, ImportSource, Imported, Novelty,
    ProgressSender, Response,
};
use crate::clock::now;
use crate::secret::random;
use domain::audience::Audience;
use domain::document::{Edit, Kind, at};
use domain::import::{Import, Known, Source, plan};
use domain::sync::batch::ImportedRecord;
use domain::sync::effect::{Command, Write, WriteAction};
use domain::{DocId, OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
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
    writes: Vec<Write>,
    counts: ImportCounts,
    bad: Vec<BadRow>,
}

/// What a comparison needs beside the rows.
struct Here {
    org: OrgId,
    source: String,
    audience: Audience,
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
        let (path, telling) = (source.path.clone(), progress.clone());
        let import = tokio::task::spawn_blocking(move || read::read(&path, feed, &telling))
            .await
            .map_err(|_| Refusal::malformed("reading the file ended in a fault"))??;
        progress.tell("comparing", 0, None);
        let here = Here {
            org: self.0.org,
            listings: self.known_records(Kind::LISTING, &name).await?,
            organisations: self.known_records(Kind::ORGANISATION, &name).await?,
            source: name,
            audience,
        };
        let at = now();
        let (plan, sample) = tokio::task::spawn_blocking(move || compare(import, &here, at))
            .await
            .map_err(|_| Refusal::malformed("comparing the file ended in a fault"))??;
        let preview = ImportPreview { plan: plan.name.clone(), counts: plan.counts, sample, bad: plan.bad.clone() };
        *self.0.plan.lock().await = Some(plan);
        Ok(Response::ImportPreview(Box::new(preview)))
    }

    /// Writes what a preview showed.
    pub(super) async fn apply_import(&self, name: &str, progress: &ProgressSender) -> Result<Response, Refusal> {
        let plan = self.0.plan.lock().await.take_if(|plan| plan.name == name).ok_or_else(|| {
            Refusal::new(RefusalKind::Expired, "this preview is not the newest any more, or was applied already")
                .hint("preview the import again")
        })?;
        let Plan { writes, mut counts, mut bad, .. } = plan;
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
                    bad.push(BadRow { line: 0, reason: format!("{}: {refusal}", write.doc_id.record()) });
                }
            }
            done += u64::try_from(chunk.len()).unwrap_or(0);
            progress.tell("writing", done, Some(total));
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
        let mut after: Option<String> = None;
        loop {
            let page = self.page(kind, Some(self.0.org), after.as_deref(), PAGE).await?;
            for row in page.rows {
                known.entry(row.doc_id.record()).or_default().existing = Some(row.value);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for record in self.0.store.imported(source).await.map_err(fault)?.into_values() {
            if record.doc_id.is_of(kind, &self.0.org) {
                known.entry(record.doc_id.record()).or_default().last_imported = Some(record.value);
            }
        }
        Ok(known)
    }
}

/// The file's name without its endings.
fn source_name(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let name = [".ndjson", ".jsonl", ".json"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    name.to_owned()
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
    let mut writes = Vec::new();
    let parts = [
        (Kind::ORGANISATION, organisations, import.organisations, &here.organisations),
        (Kind::LISTING, listings, import.listings, &here.listings),
    ];
    for (kind, plan, mapped, known) in parts {
        add_writes(kind, plan, mapped, known, here, at, &mut writes);
    }
    let bad = import.bad.into_iter().take(BAD_SHOWN).map(|b| BadRow { line: b.row, reason: words(&b.reason) });
    let name = random::<8>().map_err(crate::Error::into_refusal)?;
    let name = data_encoding::HEXLOWER.encode(&*name);
    Ok((Plan { name, writes, counts, bad: bad.collect() }, sample))
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
    at: Timestamp,
    writes: &mut Vec<Write>,
) {
    // The feed says something new that was not taken: noted, so that the next comparison starts from it.
    let is_new_word =
        |record: &RecordId| known.get(record).and_then(|k| k.last_imported.as_ref()) != mapped.get(record);
    let same: Vec<_> = plan.same.into_iter().filter(is_new_word).collect();
    let mut write = |record: RecordId, action: WriteAction| {
        let doc_id = DocId::new(record, kind, &here.org);
        let imported = mapped.remove(&record).map(|value| ImportedRecord {
            source: here.source.clone(),
            doc_id,
            value,
            seen_at: at,
        });
        Write { doc_id, kind, action, imported }
    };
    for (record, value) in plan.new {
        writes.push(write(record, WriteAction::Create { value, audience: here.audience.clone() }));
    }
    for (record, edits) in plan.changed {
        writes.push(write(record, WriteAction::Edit(edits)));
    }
    for record in same {
        writes.push(write(record, WriteAction::Note));
    }
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
        let fields = edits.iter().map(|edit| difference(edit, before)).collect();
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
        WriteAction::Create { .. } => counts.new = counts.new.saturating_sub(1),
        WriteAction::Edit(_) => counts.changed = counts.changed.saturating_sub(1),
        WriteAction::Share(_) | WriteAction::Withdraw | WriteAction::Note => {
            counts.same = counts.same.saturating_sub(1);
        }
    }
}
