//! Taking back what the last import of a source did: a preview, and then what was previewed. What somebody has edited since stays.

use super::{BAD_SHOWN, SAMPLE, WRITES, difference};
use crate::api::{ImportDifference, Novelty, ProgressSender, Response, UndoCounts, UndoLeft, UndoPreview, Undone};
use crate::application::document::bound;
use crate::application::{Application, fault};
use crate::secret::random;
use domain::document::{Edit, Kind};
use domain::import::{Change, Done, State, Undo, undo};
use domain::sync::effect::{Write, WriteAction};
use domain::{DocId, OrgId, RecordId, Refusal, RefusalKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a preview found, ready to be written.
#[derive(Debug)]
pub(crate) struct UndoPlan {
    name: String,
    writes: Vec<Write>,
    counts: UndoCounts,
    left: Vec<UndoLeft>,
}

/// A plan as it grows.
#[derive(Default)]
struct Draft {
    writes: Vec<Write>,
    counts: UndoCounts,
    sample: Vec<ImportDifference>,
    left: Vec<UndoLeft>,
}

impl Application {
    /// Says what taking back the last import, of one source or of all, would do. Writes nothing.
    pub(in crate::application) async fn preview_undo(&self, source: Option<String>) -> Result<Response, Refusal> {
        self.engine()?;
        let last = self.0.store.last_import().await.map_err(fault)?;
        let source = match (source, last) {
            (Some(source), _) | (None, Some(source)) => source,
            (None, None) => {
                return Err(Refusal::not_found("nothing was imported here, so there is nothing to take back"));
            }
        };
        let changes = self.0.store.import_changes(&source).await.map_err(fault)?;
        let imported_at = changes.iter().map(|change| change.at).max().ok_or_else(|| {
            Refusal::not_found(format!("nothing was imported from a source called {source:?}"))
                .hint("a source is called by its file's name without endings, or as --source-name said; without --source-name the last import of all is taken back")
        })?;
        let mut standing: BTreeMap<DocId, Value> = BTreeMap::new();
        for kind in [Kind::LISTING, Kind::ORGANISATION] {
            standing.extend(self.own_documents(kind).await?);
        }
        let org = self.0.org;
        let draft = tokio::task::spawn_blocking(move || draft(&org, changes, &standing))
            .await
            .map_err(|_| Refusal::malformed("comparing what was imported ended in a fault"))?;
        let name = random::<8>().map_err(crate::Error::into_refusal)?;
        let name = data_encoding::HEXLOWER.encode(&*name);
        let Draft { writes, counts, sample, left } = draft;
        let preview = UndoPreview { plan: name.clone(), source, imported_at, counts, sample, left: left.clone() };
        *self.0.undo.lock().await = Some(UndoPlan { name, writes, counts, left });
        Ok(Response::UndoPreview(Box::new(preview)))
    }

    /// Takes back what a preview showed.
    pub(in crate::application) async fn apply_undo(
        &self,
        name: &str,
        progress: &ProgressSender,
    ) -> Result<Response, Refusal> {
        let plan = self.0.undo.lock().await.take_if(|plan| plan.name == name).ok_or_else(|| {
            Refusal::new(RefusalKind::Expired, "this preview is not the newest any more, or was applied already")
                .hint("preview it again")
        })?;
        let UndoPlan { writes, mut counts, left, .. } = plan;
        let total = u64::try_from(writes.len()).unwrap_or(u64::MAX);
        let (mut done, mut failed) = (0, Vec::new());
        for chunk in writes.chunks(WRITES) {
            for (write, refusal) in self.write_all(chunk).await? {
                counts.failed += 1;
                uncount(&mut counts, &write);
                if failed.len() < BAD_SHOWN {
                    failed.push(format!("{} {}: {refusal}", write.kind, write.doc_id.record()));
                }
            }
            done += u64::try_from(chunk.len()).unwrap_or(0);
            progress.tell("taking back", done, Some(total));
        }
        Ok(Response::ImportUndone(Undone { counts, left, failed }))
    }

    /// Own live documents of a kind, as they stand.
    pub(super) async fn own_documents(&self, kind: Kind) -> Result<BTreeMap<DocId, Value>, Refusal> {
        let mut standing = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.page(kind, Some(self.0.org), after.as_deref(), bound(super::PAGE)).await?;
            standing.extend(page.rows.into_iter().map(|row| (row.doc_id, row.value)));
            after = page.next;
            if after.is_none() {
                return Ok(standing);
            }
        }
    }
}

fn draft(org: &OrgId, changes: Vec<Change>, standing: &BTreeMap<DocId, Value>) -> Draft {
    let changes = changes.into_iter().filter(|change| change.state == State::Done);
    let (listings, organisations): (Vec<_>, Vec<_>) =
        changes.partition(|change| change.doc_id.is_of(Kind::LISTING, org));
    let mut draft = Draft::default();
    for change in listings {
        draft.take(change, Kind::LISTING, standing);
    }
    // An organisation that a listing still names stays with it.
    let is_withdrawn = |write: &&Write| matches!(write.action, WriteAction::Withdraw);
    let withdrawn: BTreeSet<DocId> = draft.writes.iter().filter(is_withdrawn).map(|write| write.doc_id).collect();
    let staying = standing.iter().filter(|(doc_id, _)| !withdrawn.contains(doc_id));
    let named: BTreeSet<RecordId> =
        staying.filter_map(|(_, value)| value.get("organization_id").and_then(Value::as_str)?.parse().ok()).collect();
    for change in organisations {
        if matches!(change.done, Done::Made(_)) && named.contains(&change.doc_id.record()) {
            draft.write(change, Kind::ORGANISATION, WriteAction::Note, State::Left);
        } else {
            draft.take(change, Kind::ORGANISATION, standing);
        }
    }
    draft
}

impl Draft {
    /// Adds what has to be written to take one change back. Counted and shown are listings.
    fn take(&mut self, change: Change, kind: Kind, standing: &BTreeMap<DocId, Value>) {
        let value = standing.get(&change.doc_id);
        let name = value.and_then(|value| value.get("name")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_listing = kind == Kind::LISTING;
        let id = change.doc_id.record();
        match undo(&change, value) {
            Undo::Withdraw => {
                if is_listing {
                    self.counts.withdrawn += 1;
                    self.show(ImportDifference { id, name, novelty: Novelty::Withdrawn, fields: Vec::new() });
                }
                self.write(change, kind, WriteAction::Withdraw, State::Undone);
            }
            Undo::Edit { edits, left } => {
                if is_listing && !left.is_empty() {
                    self.leave(id, &name, &left, false);
                }
                if edits.is_empty() {
                    let state = if left.is_empty() { State::Undone } else { State::Left };
                    self.write(change, kind, WriteAction::Note, state);
                    return;
                }
                if is_listing {
                    let is_shown = |edit: &&Edit| edit.path.first().is_none_or(|field| field != "source");
                    let fields = edits.iter().filter(is_shown).map(|edit| difference(edit, value)).collect();
                    self.counts.reverted += 1;
                    self.show(ImportDifference { id, name, novelty: Novelty::Changed, fields });
                }
                self.write(change, kind, WriteAction::Edit(edits), State::Undone);
            }
            Undo::Keep { edited } => {
                if is_listing {
                    self.leave(id, &name, &edited, true);
                }
                self.write(change, kind, WriteAction::Note, State::Left);
            }
            Undo::Gone => self.write(change, kind, WriteAction::Note, State::Left),
        }
    }

    fn write(&mut self, change: Change, kind: Kind, action: WriteAction, state: State) {
        let doc_id = change.doc_id;
        self.writes.push(Write { doc_id, kind, action, imported: None, change: Some(Change { state, ..change }) });
    }

    fn show(&mut self, difference: ImportDifference) {
        if self.sample.len() < SAMPLE {
            self.sample.push(difference);
        }
    }

    fn leave(&mut self, id: RecordId, name: &str, fields: &[Vec<String>], is_whole: bool) {
        self.counts.left += 1;
        if self.left.len() < BAD_SHOWN {
            let fields = fields.iter().map(|path| path.join(".")).collect();
            self.left.push(UndoLeft { id, name: name.to_owned(), fields, is_whole });
        }
    }
}

fn uncount(counts: &mut UndoCounts, write: &Write) {
    if write.kind != Kind::LISTING {
        return;
    }
    match write.action {
        WriteAction::Withdraw => counts.withdrawn = counts.withdrawn.saturating_sub(1),
        WriteAction::Edit(_) => counts.reverted = counts.reverted.saturating_sub(1),
        _ => {}
    }
}
