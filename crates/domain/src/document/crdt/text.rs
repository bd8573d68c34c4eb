//! Where two versions of a prose differ: by word first, and by character within the words that differ, so that an edit says what
//! its writer did and merges with others made apart.

use similar::{Algorithm, capture_diff_slices};
use std::collections::BTreeMap;
use std::ops::Range;

/// Words of the old text times those of the new up to which they are compared: the time is in proportion when all of them
/// differ. Beyond it, what lies between their common start and end is replaced as a whole.
const WORDS_COMPARED: usize = 128 << 20;
/// The same for the characters of one run of words that differ.
const CHARACTERS_COMPARED: usize = 1 << 14;

/// More places than this are another text, not an edit of this one: it is replaced between its common start and end.
const HUNKS: usize = 64;

/// One place where the texts differ, in characters of the old text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) start: usize,
    pub(super) removed: usize,
    pub(super) added: Vec<char>,
}

/// What turns the old text into the new one, first to last.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let found = by_word(old, new);
    if found.len() <= HUNKS {
        return found;
    }
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let hunk = |(from, to): (Range<usize>, Range<usize>)| Hunk {
        start: from.start,
        removed: from.len(),
        added: new.get(to).unwrap_or_default().to_vec(),
    };
    differing(&old, &new, 0).into_iter().map(hunk).collect()
}

fn by_word(old: &str, new: &str) -> Vec<Hunk> {
    let (old_words, new_words) = (words(old), words(new));
    let mut found = Vec::new();
    let (mut word, mut position) = (0, 0);
    let mut numbers = BTreeMap::new();
    let (old_numbers, new_numbers) = (numbered(&old_words, &mut numbers), numbered(&new_words, &mut numbers));
    for (from, to) in differing(&old_numbers, &new_numbers, WORDS_COMPARED) {
        position += old_words.iter().skip(word).take(from.start - word).map(Vec::len).sum::<usize>();
        word = from.start;
        let removed = old_words.get(from).unwrap_or_default().concat();
        let added = new_words.get(to).unwrap_or_default().concat();
        found.extend(differing(&removed, &added, CHARACTERS_COMPARED).into_iter().map(|(from, to)| Hunk {
            start: position + from.start,
            removed: from.len(),
            added: added.get(to).unwrap_or_default().to_vec(),
        }));
    }
    found
}

/// Runs of letters and digits, and each other character by itself.
fn words(text: &str) -> Vec<Vec<char>> {
    let mut words: Vec<Vec<char>> = Vec::new();
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if c.is_alphanumeric() && word.last().is_some_and(|last| last.is_alphanumeric()) => word.push(c),
            _ => words.push(vec![c]),
        }
    }
    words
}

/// A number for each word, the same for the same word: numbers compare faster.
fn numbered<'a>(words: &'a [Vec<char>], numbers: &mut BTreeMap<&'a [char], usize>) -> Vec<usize> {
    let number = |word: &'a Vec<char>| {
        let next = numbers.len();
        *numbers.entry(word).or_insert(next)
    };
    words.iter().map(number).collect()
}

/// The ranges of both that differ, in order.
fn differing<T: Eq + Ord + std::hash::Hash>(old: &[T], new: &[T], most: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (old_range, new_range) = (start..old.len() - end, start..new.len() - end);
    if old_range.is_empty() && new_range.is_empty() {
        return Vec::new();
    }
    if old_range.len() * new_range.len() > most {
        return vec![(old_range, new_range)];
    }
    let (Some(old), Some(new)) = (old.get(old_range), new.get(new_range)) else {
        return Vec::new();
    };
    let shifted = |range: Range<usize>| range.start + start..range.end + start;
    capture_diff_slices(Algorithm::Myers, old, new)
        .into_iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .map(|op| (shifted(op.old_range()), shifted(op.new_range())))
        .collect()
}
