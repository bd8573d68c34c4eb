//! The corpus is refused where it says, and mutated changes that pass are no danger to the process.

use super::draft::Draft;
use super::honest::{self, pick};
use crate::document::{History, StoredChange, chunk};
use crate::{OrgId, Refusal};
use automerge::{Automerge, Change};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::panic::catch_unwind;

const OWNER: OrgId = OrgId::from_bytes([7; 32]);

/// An honest change with one thing wrong, under a right checksum.
fn mutate(chunk: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut draft = Draft::open(chunk);
    if pick(rng, 5) == 0 {
        let mut data = draft.data();
        mutate_bytes(&mut data, rng);
        return super::draft::frame(chunk::CHANGE_TYPE, &data);
    }
    let at = pick(rng, draft.columns.len());
    if let Some(column) = draft.columns.values_mut().nth(at) {
        mutate_bytes(column, rng);
    }
    draft.columns.retain(|_, data| !data.is_empty());
    draft.chunk()
}

fn mutate_bytes(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    for _ in 0..=pick(rng, 2) {
        let at = pick(rng, bytes.len());
        match pick(rng, 5) {
            0 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            1 => bytes.insert(at, rng.next_u32().to_le_bytes()[0]),
            2 if !bytes.is_empty() => bytes[at] = rng.next_u32().to_le_bytes()[0],
            _ if !bytes.is_empty() => bytes[at] = bytes[at].wrapping_add([1, 255, 2, 128][pick(rng, 4)]),
            _ => {}
        }
    }
}

/// The ladder's step 7: what a node asks of a change before Automerge sees it.
fn judge(history: &History, bytes: &[u8]) -> Result<StoredChange, Refusal> {
    let change = chunk::inspect(bytes, &OWNER)?;
    let mut history = history.clone();
    history.append(change.clone())?;
    history.check_references([&change.hash])?;
    Ok(change)
}

/// Whether Automerge applies a change after others and can write every one of them again, byte for byte.
fn is_taken_and_given_back(before: &[Vec<u8>], bytes: &[u8]) -> bool {
    let parse = |bytes: &[u8]| Change::try_from(bytes).expect("what was inspected parses");
    let mut document = Automerge::new();
    document.apply_changes(before.iter().map(|b| parse(b))).expect("honest changes apply");
    document.apply_changes([parse(bytes)]).expect("what was admitted applies");
    let back = document.get_changes(&[]);
    before.iter().map(Vec::as_slice).chain([bytes]).all(|bytes| back.iter().any(|c| c.raw_bytes() == bytes))
}

/// 8,000 mutations (300,000 were tried once): none that passes makes Automerge panic or forget what it was given.
/// Without `check_references` one in four of those that pass did.
#[test]
fn a_mutated_change_that_passes_is_an_honest_one() {
    let (mut passed, mut refused) = (0, 0);
    for seed in 0..40 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let chunks: Vec<_> =
            honest::document(&OWNER, seed, 12).get_changes(&[]).iter().map(|c| c.raw_bytes().to_vec()).collect();
        let stored: Vec<_> = chunks.iter().map(|c| chunk::inspect(c, &OWNER).unwrap()).collect();
        for _ in 0..200 {
            let at = pick(&mut rng, chunks.len());
            let bad = mutate(&chunks[at], &mut rng);
            let history = History::new(stored[..at].iter().cloned()).unwrap();
            if chunks.contains(&bad) || judge(&history, &bad).is_err() {
                refused += 1;
                continue;
            }
            let outcome = catch_unwind(|| is_taken_and_given_back(&chunks[..at], &bad));
            assert!(matches!(outcome, Ok(true)), "seed {seed}: {bad:?}");
            passed += 1;
        }
    }
    assert!(passed > 100 && refused > 1_000, "the mutations reach both sides: {passed} passed, {refused} refused");
}
