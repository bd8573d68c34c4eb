//! What the operations of a document make, insert and replace, as far as other operations refer to it.
//!
//! Changes are opened one at a time as they are referred to, and never as values.

use super::chunk::{Contents, Id, Key, Operation, Shape};
use super::{History, StoredChange};
use crate::Refusal;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The references of one history, read as they are needed.
pub(super) struct Outline<'h> {
    history: &'h History,
    opened: BTreeMap<usize, Opened<'h>>,
}

/// A change that was referred to.
struct Opened<'h> {
    contents: Contents<'h>,
    numbers: Numbers,
}

/// What others may need to know of one operation. Actors are numbered as the history numbers them.
struct Fact<'h> {
    object: Option<Id>,
    place: Key<'h>,
    makes: Option<Shape>,
    is_element: bool,
    is_deletion: bool,
}

/// The change whose references are checked, at its place in the history.
struct Subject<'s> {
    place: usize,
    change: &'s StoredChange,
    contents: &'s Contents<'s>,
    numbers: &'s Numbers,
}

impl<'h> Outline<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        Self { history, opened: BTreeMap::new() }
    }

    /// Checks what the change at this place refers to in changes before it.
    pub(super) fn check(&mut self, place: usize) -> Result<(), Refusal> {
        let Some(change) = self.history.changes().get(place) else { return Ok(()) };
        let contents = Contents::read(change)?;
        let numbers = Numbers::new(self.history, &contents);
        let subject = Subject { place, change, contents: &contents, numbers: &numbers };
        let predecessors = contents.predecessors()?;
        for (operation, replaced) in contents.operations.iter().zip(predecessors.iter()) {
            self.check_operation(&subject, operation, replaced)?;
        }
        Ok(())
    }

    fn check_operation(
        &mut self,
        subject: &Subject<'_>,
        operation: &Operation<'_>,
        replaced: &[Id],
    ) -> Result<(), Refusal> {
        let made = operation.object.and_then(|id| self.fact_before(subject, id)).transpose()?;
        if made.is_some_and(|made| made.makes != Some(operation.is_on())) {
            return Err(subject.refuse("an object that is none or another sort"));
        }
        let object = operation.object.map(|id| subject.numbers.globalise(id)).transpose()?;
        if let Key::Element(id) = operation.key
            && let Some(element) = self.fact_before(subject, id).transpose()?
            && (!element.is_element || element.object != object)
        {
            return Err(subject.refuse("an element that is not in its object"));
        }
        if replaced.is_empty() {
            return Ok(());
        }
        let here = subject.numbers.globalise_key(operation.key)?;
        for id in replaced {
            let replaced = self.fact_before(subject, *id).transpose()?;
            if replaced.is_some_and(|r| r.is_deletion || r.object != object || r.place != here) {
                return Err(subject.refuse("a value in another place"));
            }
        }
        Ok(())
    }

    /// The operation of this id, where it is of an earlier change; those of its own were checked with it.
    fn fact_before(&mut self, subject: &Subject<'_>, id: Id) -> Option<Result<Fact<'h>, Refusal>> {
        (u64::from(id.counter) < subject.change.start_op).then(|| {
            let absent = || subject.refuse("an operation that is not behind it");
            let actor = subject.contents.actor(id).ok_or_else(absent)?;
            let place = self.history.behind_with(subject.place, actor, u64::from(id.counter)).ok_or_else(absent)?;
            self.fact(place, id.counter)?.ok_or_else(absent)
        })
    }

    fn fact(&mut self, place: usize, counter: u32) -> Result<Option<Fact<'h>>, Refusal> {
        let Some(change) = self.history.changes().get(place) else { return Ok(None) };
        let opened = match self.opened.entry(place) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(free) => {
                let contents = Contents::read(change)?;
                let numbers = Numbers::new(self.history, &contents);
                free.insert(Opened { contents, numbers })
            }
        };
        let at = u64::from(counter).checked_sub(change.start_op).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| opened.contents.operations.get(at))
            .map(|operation| opened.fact(operation, counter))
            .transpose()
    }
}

impl<'h> Opened<'h> {
    fn fact(&self, operation: &Operation<'h>, counter: u32) -> Result<Fact<'h>, Refusal> {
        let place = if operation.insert { Key::Element(Id { counter, actor: 0 }) } else { operation.key };
        Ok(Fact {
            object: operation.object.map(|object| self.numbers.globalise(object)).transpose()?,
            place: self.numbers.globalise_key(place)?,
            makes: operation.makes(),
            is_element: operation.insert,
            is_deletion: operation.is_deletion(),
        })
    }
}

impl Subject<'_> {
    fn refuse(&self, what: &str) -> Refusal {
        Refusal::malformed(format!("change {} refers to {what}", self.change.hash))
    }
}

/// How the history numbers the actors that one change numbers for itself; `None` for one that the document has not.
struct Numbers(Vec<Option<u32>>);

impl Numbers {
    fn new(history: &History, contents: &Contents<'_>) -> Self {
        Self(contents.actors().map(|actor| history.actor_number(actor).and_then(|n| u32::try_from(n).ok())).collect())
    }

    fn globalise(&self, id: Id) -> Result<Id, Refusal> {
        let number = usize::try_from(id.actor).ok().and_then(|place| self.0.get(place)).copied().flatten();
        let actor = number.ok_or_else(|| Refusal::malformed("a change lists an actor that the document has not"))?;
        Ok(Id { counter: id.counter, actor })
    }

    fn globalise_key<'k>(&self, key: Key<'k>) -> Result<Key<'k>, Refusal> {
        Ok(match key {
            Key::Element(id) => Key::Element(self.globalise(id)?),
            Key::Map(_) | Key::Head => key,
        })
    }
}
