//! Writes that wait at once are made durable at once: what one transaction costs is the same for one and for many.
//!
//! Nobody is made to wait for others to come: what is there when the engine is free goes together.

use super::Ask;
use domain::Refusal;
use domain::sync::effect::{Answer, Command, Write};
use std::collections::BTreeSet;
use tokio::sync::{mpsc, oneshot};

/// Most documents that are written together for several who asked.
const DOCUMENTS: usize = 64;

/// Somebody who asked for something to be written, and waits.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) writes: Vec<Write>,
    pub(super) answer: oneshot::Sender<Result<Answer, Refusal>>,
}

/// This one, and those who wait behind it, as far as they write other documents. Order is kept: what was taken from among
/// those who wait and cannot go along comes back, to be done next.
pub(super) fn gather(first: Writer, waiting: &mut mpsc::Receiver<Ask>) -> (Vec<Writer>, Option<Ask>) {
    let mut documents: BTreeSet<_> = first.writes.iter().map(|write| write.doc_id).collect();
    let mut writers = vec![first];
    while documents.len() < DOCUMENTS {
        match waiting.try_recv() {
            Ok(Ask::Do(Command::Write(writes), answer))
                if documents.len() + writes.len() <= DOCUMENTS
                    && writes.iter().all(|write| !documents.contains(&write.doc_id)) =>
            {
                documents.extend(writes.iter().map(|write| write.doc_id));
                writers.push(Writer { writes, answer });
            }
            Ok(other) => return (writers, Some(other)),
            Err(_) => break,
        }
    }
    (writers, None)
}

/// All they write, in their order.
pub(super) fn joined(writers: &[Writer]) -> Vec<Write> {
    writers.iter().flat_map(|writer| &writer.writes).cloned().collect()
}

/// Gives each what became of its own writes.
pub(super) fn share_out(writers: Vec<Writer>, answer: Answer) {
    let (mut written, is_told) = match answer {
        Answer::Written(written) => (written.into_iter(), true),
        Answer::Done | Answer::Referred(_) | Answer::Drafted(..) => (Vec::new().into_iter(), false),
    };
    for Writer { writes, answer } in writers {
        let own: Vec<_> = written.by_ref().take(writes.len()).collect();
        // Whoever asked may be gone.
        let _ = answer.send(Ok(if is_told { Answer::Written(own) } else { Answer::Done }));
    }
}

#[cfg(test)]
#[path = "together_tests.rs"]
mod tests;
