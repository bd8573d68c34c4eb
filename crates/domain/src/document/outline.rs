//! What the operations of a document make, insert and replace, as far as other operations refer to it.
//!
//! Changes are opened one at a time as they are referred to, and never as values.

use super::chunk::{self, Id, Key, Operation, Shape};
use super::{History, StoredChange};
use crate::{ActorId, Refusal};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The references of one history, read as they are needed.
pub(super) struct Outline<'h> {
    history: &'h History,
    facts: BTreeMap<usize, Vec<Fact<'h>>>,
}

/// What others may need to know of one operation. Actors are numbered as the history numbers them.
#[derive(Clone, Copy)]
struct Fact<'h> {
    object: Option<Id>,
    place: Key<'h>,
    makes: Option<Shape>,
    is_element: bool,
    is_deletion: bool,
}

impl<'h> Outline<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        Self { history, facts: BTreeMap::new() }
    }

    /// Checks what the change at this place refers to in changes before it.
    pub(super) fn check(&mut self, place: usize) -> Result<(), Refusal> {
        let Some(change) = self.history.changes().get(place) else { return Ok(()) };
        let (actors, operations) = chunk::operations(change)?;
        let names = Names { history: self.history, actors: &actors };
        for operation in &operations {
            self.check_operation(place, change, &names, operation)?;
        }
        Ok(())
    }

    fn check_operation(
        &mut self,
        place: usize,
        change: &StoredChange,
        names: &Names<'_>,
        operation: &Operation<'_>,
    ) -> Result<(), Refusal> {
        let refuse = |what: &str| Err(Refusal::malformed(format!("change {} refers to {what}", change.hash)));
        let object = operation.object.map(|id| names.globalise(id)).transpose()?;
        let made = operation.object.and_then(|id| self.fact_before(place, change, names, id)).transpose()?;
        if made.is_some_and(|made| made.makes != Some(operation.is_on())) {
            return refuse("an object that is none or another sort");
        }
        if let Key::Element(id) = operation.key
            && let Some(element) = self.fact_before(place, change, names, id)
        {
            let element = element?;
            if !element.is_element || element.object != object {
                return refuse("an element that is not in its object");
            }
        }
        let here = names.globalise_key(operation.key)?;
        for id in &operation.predecessors {
            let Some(replaced) = self.fact_before(place, change, names, *id) else { continue };
            let replaced = replaced?;
            if replaced.is_deletion || replaced.object != object || replaced.place != here {
                return refuse("a value in another place");
            }
        }
        Ok(())
    }

    /// The operation of this id, where it is of an earlier change; those of its own were checked with it.
    fn fact_before(
        &mut self,
        from: usize,
        change: &StoredChange,
        names: &Names<'_>,
        id: Id,
    ) -> Option<Result<Fact<'h>, Refusal>> {
        (id.counter < change.start_op).then(|| {
            let absent =
                || Refusal::malformed(format!("change {} refers to an operation that is not behind it", change.hash));
            let actor = names.actor(id)?;
            let place = self.history.behind_with(from, actor, id.counter).ok_or_else(absent)?;
            self.fact(place, id.counter)?.ok_or_else(absent)
        })
    }

    fn fact(&mut self, place: usize, counter: u64) -> Result<Option<Fact<'h>>, Refusal> {
        let Some(change) = self.history.changes().get(place) else { return Ok(None) };
        let facts = match self.facts.entry(place) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(free) => free.insert(read_facts(self.history, change)?),
        };
        let at = counter.checked_sub(change.start_op).and_then(|at| usize::try_from(at).ok());
        Ok(at.and_then(|at| facts.get(at)).copied())
    }
}

fn read_facts<'h>(history: &'h History, change: &'h StoredChange) -> Result<Vec<Fact<'h>>, Refusal> {
    let (actors, operations) = chunk::operations(change)?;
    let names = Names { history, actors: &actors };
    let mut counter = change.start_op;
    operations
        .into_iter()
        .map(|operation| {
            let id = Id { counter, actor: 0 };
            counter = counter.saturating_add(1);
            let place = if operation.insert { Key::Element(id) } else { operation.key };
            Ok(Fact {
                object: operation.object.map(|object| names.globalise(object)).transpose()?,
                place: names.globalise_key(place)?,
                makes: operation.makes(),
                is_element: operation.insert,
                is_deletion: operation.is_deletion(),
            })
        })
        .collect()
}

/// How one change names actors, against how the history numbers them.
struct Names<'n> {
    history: &'n History,
    actors: &'n [ActorId],
}

impl Names<'_> {
    fn actor(&self, id: Id) -> Result<&ActorId, Refusal> {
        let actor = usize::try_from(id.actor).ok().and_then(|place| self.actors.get(place));
        actor.ok_or_else(|| Refusal::malformed("an operation names an actor that its change does not list"))
    }

    fn globalise(&self, id: Id) -> Result<Id, Refusal> {
        let number = self.history.actor_number(self.actor(id)?);
        let number = number.ok_or_else(|| Refusal::malformed("a change lists an actor that the document has not"))?;
        Ok(Id { counter: id.counter, actor: number as u64 })
    }

    fn globalise_key<'k>(&self, key: Key<'k>) -> Result<Key<'k>, Refusal> {
        Ok(match key {
            Key::Element(id) => Key::Element(self.globalise(id)?),
            Key::Map(_) | Key::Head => key,
        })
    }
}
