//! What this organisation says of its own documents: in which scopes, upon what, and in whose place.

use super::engine::{Engine, Outcome};
use super::receive::enter;
use super::write::AUDIENCE;
use super::{Document, content};
use crate::audience::{Reach, Scope};
use crate::statement::{CurrentSet, Entered, Life, Seen, SignedStatement, Statement};
use crate::{ChangeHash, DocId, KeyId, OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::BTreeSet;

/// What a statement is to say, besides what follows from those it replaces.
pub(super) struct Said<'a> {
    pub(super) generation: u64,
    pub(super) heads: &'a BTreeSet<ChangeHash>,
    pub(super) life: Life,
    /// Changes that the generation takes in, over those it is known to have taken in.
    pub(super) base_changes: Seen,
    /// Where the record went, where it is withdrawn for that; what was said of it before goes on being said.
    pub(super) moved_to: Option<(OrgId, DocId)>,
}

impl<'a> Said<'a> {
    pub(super) fn live(generation: u64, heads: &'a BTreeSet<ChangeHash>) -> Self {
        Self { generation, heads, life: Life::Live, base_changes: Seen::new(), moved_to: None }
    }
}

impl Engine {
    /// Signs and enters one statement that replaces what stands in the scope and whose content is here.
    pub(super) fn sign(
        &self,
        now: Timestamp,
        document: &mut Document,
        scope: &Scope,
        said: &Said<'_>,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        if said.heads.len() > limits::DOCUMENT_HEADS {
            return Err(Refusal::too_large(format!("a document with {} heads", said.heads.len())));
        }
        if said.life == Life::Live && said.heads.is_empty() {
            return Err(Refusal::new(RefusalKind::WrongState, "the content of this document is on its way here"));
        }
        if said.generation > limits::GENERATION {
            return Err(Refusal::too_large(format!("a document's history number {}", said.generation)));
        }
        let (mut seen, base) = document.seen_and_base(scope, said);
        let rev = document.last_rev(scope, self.own.incarnation).saturating_add(1);
        seen.insert(self.own.incarnation, rev);
        if seen.len() > limits::SEEN_ENTRIES {
            let refusal = "too many processes wrote this document for one more to be told apart";
            return Err(Refusal::new(RefusalKind::WrongState, refusal)
                .hint("an edit at the organisation's home node begins a new history"));
        }
        let mut base_changes = document.base_changes(said.generation);
        raise(&mut base_changes, &said.base_changes);
        let statement = Statement {
            org_id: self.own.org,
            doc_id: document.id,
            kind: document.kind,
            scope_id: scope.id(),
            generation: said.generation,
            key_id: KeyId::from_bytes([0; 16]),
            incarnation: self.own.incarnation,
            rev,
            seen,
            base: bounded(base),
            base_changes: bounded(base_changes),
            heads: if said.life == Life::Erased { BTreeSet::new() } else { said.heads.clone() },
            life: said.life,
            moved_to: said.moved_to.or_else(|| document.moved_to()).filter(|_| said.life != Life::Live),
            signed_at: now,
        };
        match enter(document, SignedStatement::sign(statement, &self.own.author), out)? {
            Entered::Current { .. } => Ok(()),
            Entered::Held | Entered::Replaced(_) => {
                Err(Refusal::new(RefusalKind::WrongState, "a newer version of this document is on its way here"))
            }
        }
    }

    /// Takes a document back in one scope, whatever else stands there.
    pub(super) fn sign_withdrawal(
        &self,
        now: Timestamp,
        document: &mut Document,
        scope: &Scope,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        self.sign_departure(now, document, scope, None, out)
    }

    /// The same, with where the record went.
    pub(super) fn sign_departure(
        &self,
        now: Timestamp,
        document: &mut Document,
        scope: &Scope,
        moved_to: Option<(OrgId, DocId)>,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let generation = match scope.reach {
            // What it says is for the whole document, so it is said where the newest of it stands.
            Reach::Own | Reach::Public if document.life_in(scope) != Some(Life::Withdrawn) => document.generation(),
            Reach::Own | Reach::Public | Reach::Pair(_) => document.generation_in(scope),
        };
        let heads = document.heads_in(scope);
        self.sign(
            now,
            document,
            scope,
            &Said { life: Life::Withdrawn, moved_to, ..Said::live(generation, &heads) },
            out,
        )
    }

    /// Every scope that this organisation may have documents in.
    pub(super) fn own_scopes(&self) -> impl Iterator<Item = Scope> {
        let own = self.own.org;
        [Scope::own(own), Scope::public(own)].into_iter().chain(self.partners.keys().map(move |p| Scope::pair(own, *p)))
    }

    /// The scopes that a document of this organisation is live in here.
    pub(super) fn live_scopes(&self, document: &Document) -> BTreeSet<Scope> {
        self.own_scopes().filter(|scope| document.life_in(scope) == Some(Life::Live)).collect()
    }

    /// The scope whose word is for the whole document, as far as the audience is known; it may not have arrived yet.
    pub(super) fn anchors_of(&self, document: &Document) -> BTreeSet<Scope> {
        let own = self.own.org;
        match document.row.as_ref().and_then(|r| r.value.get(AUDIENCE)).and_then(|w| w.as_str()) {
            Some("public") => [Scope::public(own)].into(),
            Some(_) => [Scope::own(own)].into(),
            None => [Scope::public(own), Scope::own(own)].into(),
        }
    }

    /// Whether the document was withdrawn as a whole, though some of its scopes have not heard yet. Every audience has one
    /// of the scopes own and public; where the newer of the two is withdrawn and nothing newer is live, all of it is.
    pub(super) fn is_taken_back(&self, document: &Document) -> bool {
        let own = self.own.org;
        let anchors = [Scope::own(own), Scope::public(own)];
        let stands = anchors.into_iter().filter_map(|scope| {
            let life = document.life_in(&scope)?;
            Some((document.generation_in(&scope), std::cmp::Reverse(life)))
        });
        let standing = document.standing();
        standing.life != Life::Live
            || stands.max().is_some_and(|(generation, std::cmp::Reverse(life))| {
                life != Life::Live && generation >= standing.generation
            })
    }

    /// The scopes that the next version of a live document goes to. The audience word of what stands decides the sort;
    /// which partners are named follows from the pair scopes that are live. A scope that the word leaves out is on its
    /// way out, and a pair scope of an earlier generation is caught up with only when the word is for all partners: of
    /// named ones it cannot be known whether that one was left out.
    pub(super) fn scopes_to_sign(&self, document: &Document) -> BTreeSet<Scope> {
        if self.is_taken_back(document) {
            return BTreeSet::new();
        }
        let word = document.row.as_ref().and_then(|r| r.value.get(AUDIENCE)).and_then(|w| w.as_str());
        let generation = document.standing().generation;
        let stands = |s: &Scope| document.life_in(s) == Some(Life::Live) && document.generation_in(s) == generation;
        self.own_scopes()
            .filter(|scope| match (word, scope.reach) {
                // Withdrawn in an earlier generation, it waits for what the new one says of it.
                (Some("public"), Reach::Public) | (Some("own" | "partners" | "named"), Reach::Own) => {
                    document.life_in(scope).is_none_or(|life| life == Life::Live)
                }
                (Some("partners"), Reach::Pair(_)) => document.life_in(scope) == Some(Life::Live),
                (Some("public" | "own"), _) | (Some("partners" | "named"), Reach::Public) => false,
                (Some("named"), Reach::Pair(_)) | (_, _) => stands(scope),
            })
            .collect()
    }
}

impl Document {
    /// The highest generation among current statements; 0 when there are none.
    pub(super) fn generation(&self) -> u64 {
        self.current().map(|s| s.statement().generation).max().unwrap_or(0)
    }

    /// Where the record went, as its withdrawal says.
    pub fn moved_to(&self) -> Option<(OrgId, DocId)> {
        self.current().filter(|s| s.statement().life != Life::Live).filter_map(|s| s.statement().moved_to).min()
    }

    /// The generation that stands in one scope; 0 when it was never there.
    pub(super) fn generation_in(&self, scope: &Scope) -> u64 {
        self.in_scope(scope).map(|s| s.statement().generation).max().unwrap_or(0)
    }

    /// The heads that stand in one scope.
    pub(super) fn heads_in(&self, scope: &Scope) -> BTreeSet<ChangeHash> {
        let set = self.statements.get(&scope.id());
        let standing = set.into_iter().flat_map(CurrentSet::standing).filter(|s| self.has_content(s));
        standing.flat_map(|s| s.statement().heads.iter().copied()).collect()
    }

    fn in_scope(&self, scope: &Scope) -> impl Iterator<Item = &SignedStatement> {
        self.statements.get(&scope.id()).into_iter().flat_map(CurrentSet::iter)
    }

    /// What a writer of this generation in this scope has seen, and what the generation was made from. Only statements
    /// whose content is here are covered, unless all of it is given up: one whose content is still on its way would be lost.
    fn seen_and_base(&self, scope: &Scope, saying: &Said<'_>) -> (Seen, Seen) {
        let (mut seen, mut base) = (Seen::new(), Seen::new());
        let is_covered = |s: &&SignedStatement| saying.life == Life::Erased || self.has_content(s);
        for said in self.in_scope(scope).filter(is_covered).map(SignedStatement::statement) {
            raise(if said.generation == saying.generation { &mut seen } else { &mut base }, &said.seen);
            raise(&mut base, &said.base);
        }
        (seen, base)
    }

    /// The highest number that an incarnation is known to have given in a scope, in any generation.
    fn last_rev(&self, scope: &Scope, incarnation: crate::Incarnation) -> u64 {
        let known = |s: &SignedStatement| {
            let (seen, base) = (&s.statement().seen, &s.statement().base);
            [seen, base].into_iter().filter_map(|revs| revs.get(&incarnation)).copied().max()
        };
        self.in_scope(scope).filter_map(known).max().unwrap_or(0)
    }

    /// Which changes of earlier generations a generation took in, as far as its statements say.
    pub(super) fn base_changes(&self, generation: u64) -> Seen {
        let mut base = Seen::new();
        let of_generation = self.current().filter(|s| s.statement().generation == generation && self.has_content(s));
        of_generation.for_each(|s| raise(&mut base, &s.statement().base_changes));
        base
    }

    /// Which changes of earlier generations were written again, in any generation that a statement is held of. A change
    /// written again in a generation that was itself left behind is not due twice: what it became there is.
    pub(super) fn spoken_for(&self) -> Seen {
        let mut base = Seen::new();
        let held = self.current().filter(|s| self.has_content(s));
        held.for_each(|s| raise(&mut base, &s.statement().base_changes));
        base
    }

    /// Which changes a generation made from what stands takes in.
    pub(super) fn taken_in(&self) -> Seen {
        let standing = self.standing();
        let mut taken = self.base_changes(standing.generation);
        let behind = self.changes.ancestors(&standing.heads);
        raise(&mut taken, &content::clock(self.changes.changes().iter().filter(|c| behind.contains(&c.hash))));
        taken
    }
}

/// Puts the higher number in each place.
pub(super) fn raise(into: &mut Seen, from: &Seen) {
    for (incarnation, number) in from {
        let entry = into.entry(*incarnation).or_default();
        *entry = (*entry).max(*number);
    }
}

/// As many entries as a statement may name.
fn bounded(mut base: Seen) -> Seen {
    while base.len() > limits::BASE_ENTRIES {
        base.pop_first();
    }
    base
}
