//! Tending own documents: what siblings wrote apart is brought together.
//!
//! Scopes travel apart, so a sibling may edit a document of which not all scopes have reached it, and may write while
//! the home node begins a new generation. Some time after such a document was last received, so that in the usual case
//! the other scopes have come by themselves, each of the organisation's nodes
//!
//! - takes in what was written beside what stands, and writes again, on the generation that stands, the fields that were
//!   changed in an earlier one meanwhile;
//! - brings every scope of its audience to the same heads, and takes it back where its audience has left;
//! - takes it back everywhere when it was withdrawn as a whole, and gives it up everywhere where it was given up.
//!
//! What several nodes do of this at once comes to the same content. A document that stands as it should is not touched.

use super::engine::{Engine, Outcome};
use super::sign::Said;
use super::write::{append, own};
use super::{Document, Loaded, Needs, content};
use crate::audience::{Reach, Scope};
use crate::document::Edit;
use crate::document::crdt::Revision;
use crate::statement::{Life, SignedStatement};
use crate::{ChangeHash, DocId, Refusal, Timestamp, limits};
use serde_json::Value;
use std::collections::BTreeSet;

/// Own documents tended in one step.
const TEND_PAGE: usize = 100;

impl Engine {
    /// Notes an own document that came from elsewhere.
    pub(super) fn tend_later(&mut self, now: Timestamp, doc_id: DocId) {
        let wait = if self.own.is_home { limits::TEND_HOME_MS } else { limits::TEND_SIBLING_MS };
        self.to_tend.entry(doc_id).or_insert(now.plus_ms(wait));
    }

    pub(super) fn needs_to_tend(&self, needs: &mut Needs) {
        if self.tends_all {
            needs.owned.insert(self.own.org);
        }
        needs.documents.extend(self.tending.iter().take(TEND_PAGE).copied());
    }

    /// Tends a page of the documents that are due, and finds those that became due.
    pub(super) fn tend_due(&mut self, now: Timestamp, loaded: &mut Loaded, out: &mut Outcome) {
        let page: Vec<_> = self.tending.drain(..self.tending.len().min(TEND_PAGE)).collect();
        for doc_id in page {
            if loaded.documents.contains_key(&doc_id)
                && let Err(refusal) = self.tend(now, doc_id, loaded, out)
            {
                out.incident(None, Some(self.own.org), Some(doc_id), "tend", format!("document {doc_id}: {refusal}"));
            }
        }
        if self.tends_all
            && let Some(all) = loaded.owned.get(&self.own.org)
        {
            self.tends_all = false;
            self.tending.extend(all.iter().copied());
        }
        let due: Vec<_> = self.to_tend.iter().filter(|(_, at)| **at <= now).map(|(doc, _)| *doc).collect();
        for doc_id in due {
            self.to_tend.remove(&doc_id);
            self.tending.push_back(doc_id);
        }
    }

    fn tend(&mut self, now: Timestamp, doc_id: DocId, loaded: &mut Loaded, out: &mut Outcome) -> Result<(), Refusal> {
        let document = own(loaded, doc_id)?;
        let standing = document.standing();
        if document.owner == self.own.org && document.is_given_up() {
            // The home node may have no scope any more that this one has: with a partner that it let go.
            if self.give_up(now, document, out)? {
                self.refresh(doc_id, loaded, out);
            }
            return Ok(());
        }
        if document.owner != self.own.org || !standing.is_whole || standing.heads.is_empty() {
            return Ok(());
        }
        if self.is_taken_back(document) {
            self.take_back(now, document, self.live_scopes(document), out)?;
        } else {
            if self.own.is_home && self.is_crowded(document) {
                let value = document.open_at(&standing.heads)?.value();
                let scopes = self.scopes_to_sign(document);
                return self.renew(now, doc_id, value, scopes, loaded, out);
            }
            let left = document.left_behind();
            if !left.is_empty() {
                self.write_again(now, document, &left, out)?;
            }
            self.level(now, document, out)?;
        }
        self.refresh(doc_id, loaded, out);
        Ok(())
    }

    fn take_back(
        &self,
        now: Timestamp,
        document: &mut Document,
        scopes: BTreeSet<Scope>,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        scopes.iter().try_for_each(|scope| self.sign_withdrawal(now, document, scope, out))
    }

    /// Brings changes that no standing version rests on together with what stands: by a merge, or, of what a reset left
    /// behind, by writing its fields as they stood where they were made.
    pub(super) fn write_again(
        &mut self,
        now: Timestamp,
        document: &mut Document,
        left: &BTreeSet<ChangeHash>,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let standing = document.standing();
        // What goes back to the root that stands merges with it; of another root its fields are written anew.
        let ground = document.changes.ancestors(&standing.heads);
        let (beside, apart): (Vec<_>, Vec<_>) =
            document.changes.lines(left).into_iter().partition(|l| !document.changes.ancestors(l).is_disjoint(&ground));
        let heads = document.changes.behind(standing.heads.iter().chain(beside.iter().flatten())).heads().clone();
        let stands = document.open_at(&heads)?.value();
        let mut lines = Vec::new();
        for line in apart {
            lines.push(edits_of(document, left, &line, &stands)?);
        }
        // What was changed in two earlier generations stands as it was in the newer.
        lines.sort_by_key(|(began, _)| *began);
        let edits: Vec<_> = lines.into_iter().flat_map(|(_, edits)| edits).collect();
        let actor = self.actor_at(document, &heads);
        let mut content = document.open_at(&heads)?;
        let chunks = content.edit(actor, now, document.kind, &edits)?;
        if !chunks.is_empty() {
            let whole = document.open_whole()?.apply(chunks.iter().map(Vec::as_slice))?;
            append(document, whole, &chunks, out)?;
            let what = format!("{} {}", document.kind, document.id.record());
            let said = "was edited while a new history of it began; the fields edited were written again";
            out.incident(None, Some(document.owner), Some(document.id), "rewritten", format!("{what} {said}"));
        }
        let heads = content.heads().into_iter().collect();
        let base_changes = content::clock(left.iter().filter_map(|hash| document.changes.change(hash)));
        for scope in self.scopes_to_sign(document) {
            let said = Said { base_changes: base_changes.clone(), ..Said::live(standing.generation, &heads) };
            self.sign(now, document, &scope, &said, out)?;
        }
        Ok(())
    }

    fn level(&self, now: Timestamp, document: &mut Document, out: &mut Outcome) -> Result<(), Refusal> {
        let standing = document.standing();
        let stands = self.scopes_to_sign(document);
        // A pair scope that is only behind may be a named partner's, whom nothing here leaves out.
        let has_left = |scope: &Scope| {
            !stands.contains(scope)
                && (!matches!(scope.reach, Reach::Pair(_)) || document.generation_in(scope) >= standing.generation)
        };
        let left: BTreeSet<_> = self.live_scopes(document).into_iter().filter(has_left).collect();
        self.take_back(now, document, left, out)?;
        for scope in stands {
            let is_level = document.generation_in(&scope) == standing.generation
                && document.life_in(&scope) == Some(Life::Live)
                && document.changes.behind(&document.heads_in(&scope)).heads() == &standing.heads;
            if !is_level {
                self.sign(now, document, &scope, &Said::live(standing.generation, &standing.heads), out)?;
            }
        }
        Ok(())
    }

    /// A withdrawal of this organisation that a new generation knew nothing of is said again in that generation: what
    /// was taken back does not rise from the dead.
    pub(super) fn withdraw_again(
        &self,
        now: Timestamp,
        document: &mut Document,
        scope: &Scope,
        replaced: &[SignedStatement],
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        #[cfg(any(test, feature = "sim"))]
        if self.has(super::planted::Planted::ForgetWithdrawal) {
            return Ok(());
        }
        let generation = document.generation_in(scope);
        let of_scope = || document.statements.get(&scope.id()).into_iter().flat_map(|set| set.iter());
        let is_unknown = |old: &&SignedStatement| {
            let said = old.statement();
            let known = of_scope().filter_map(|s| s.statement().base.get(&said.incarnation)).max();
            said.life != Life::Live && said.generation < generation && known.is_none_or(|rev| *rev < said.rev)
        };
        if document.life_in(scope) != Some(Life::Live) {
            return Ok(());
        }
        match replaced.iter().filter(is_unknown).map(|old| old.statement().life).max() {
            Some(Life::Erased) => self.give_up_in(now, document, scope, out),
            Some(_) => self.sign_withdrawal(now, document, scope, out),
            None => Ok(()),
        }
    }
}

/// What the changes of one earlier generation that were left behind are to do to what stands now, and when that
/// generation began. Each is opened by itself: beside another root its entries would be hidden by that one's maps.
fn edits_of(
    document: &mut Document,
    left: &BTreeSet<ChangeHash>,
    heads: &BTreeSet<ChangeHash>,
    stands: &Value,
) -> Result<(Timestamp, Vec<Edit>), Refusal> {
    let old = document.open_at(heads)?;
    let (value, history) = (old.value(), old.history());
    let began = history.iter().map(|r| r.at).min().unwrap_or_default();
    let is_root = |hash: &ChangeHash| document.changes.change(hash).is_some_and(|c| c.deps.is_empty());
    let (roots, edits): (Vec<_>, Vec<_>) =
        history.into_iter().filter(|r| left.contains(&r.hash)).partition(|r| is_root(&r.hash));
    let paths = |of: Vec<Revision>| -> BTreeSet<Vec<String>> {
        let paths = of.into_iter().flat_map(|r| r.paths).filter(|path| !path.is_empty());
        paths.map(|path| path.split('.').map(str::to_owned).collect()).collect()
    };
    let at = |value: &Value, path: &[String]| path.iter().try_fold(value, |v, key| v.get(key)).cloned();
    // The root of a history that began apart gives what is lacking; it is no newer than what stands, entry by entry.
    let within = |path: Vec<String>| match at(&value, &path) {
        Some(Value::Object(map)) => {
            map.keys().map(|key| [path.as_slice(), std::slice::from_ref(key)].concat()).collect()
        }
        _ => vec![path],
    };
    let lacking = paths(roots).into_iter().flat_map(within).filter(|path| at(stands, path).is_none());
    let edits: BTreeSet<_> = lacking.chain(paths(edits)).collect();
    Ok((began, edits.into_iter().map(|path| Edit { value: at(&value, &path), path }).collect()))
}
