//! Words in place of long numbers: eight that two people compare over a telephone, and the tools that recovery words
//! share with them.

use super::signing::PublicKey;
use crate::Refusal;
use bip39::Language;
use sha2::{Digest, Sha256};

/// How many safety words an organisation has.
pub const SAFETY_WORDS: usize = 8;

/// An organisation's safety words: the first 88 bits of SHA-256("fingerpost words" ‖ root key), eleven bits a word,
/// from the BIP39 English list.
pub fn safety_words(root: &PublicKey) -> String {
    let digest: [u8; 32] =
        Sha256::new().chain_update(b"fingerpost words").chain_update(root.as_bytes()).finalize().into();
    let bits: u128 = digest.iter().take(11).fold(0, |bits, byte| bits << 8 | u128::from(*byte));
    let list = Language::English.word_list();
    (0..SAFETY_WORDS)
        .rev()
        .filter_map(|i| list.get(usize::from((bits >> (11 * i)) as u16 & 0x7ff)).copied())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Compares what a partner read aloud with what this node computed from the partner's pinned root. Case, commas and
/// spaces do not matter. A refusal names the first word that differs, never what it should have been: the partner has
/// to say it.
pub fn compare(root: &PublicKey, spoken: &str) -> Result<(), Refusal> {
    let expected = safety_words(root);
    let spoken = split(spoken);
    if spoken.len() != SAFETY_WORDS {
        return Err(Refusal::invalid(format!(
            "there are {} words, and an organisation has {SAFETY_WORDS}",
            spoken.len()
        ))
        .hint("ask the partner to read all eight from their own `fingerpost status`"));
    }
    for (i, (word, expected)) in spoken.iter().zip(expected.split(' ')).enumerate() {
        if word == expected {
            continue;
        }
        check_known(i, word)?;
        return Err(Refusal::not_authentic(format!("word {} is {word:?}, and this node computed another one", i + 1))
            .hint("ask the partner, over a number you already had, to read them once more; if they still differ, somebody is in between: remove the partner"));
    }
    Ok(())
}

/// Words of a text, in lower case; commas, hyphens and numbering ("3.") are passed over.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Refuses a word that is not in the list, with the nearest that is. `i` counts from 0.
pub(crate) fn check_known(i: usize, word: &str) -> Result<(), Refusal> {
    if Language::English.find_word(word).is_some() {
        return Ok(());
    }
    let nearest = Language::English.word_list().iter().min_by_key(|known| strsim::damerau_levenshtein(known, word));
    Err(Refusal::invalid(format!("word {} of the words, {word:?}, is not in the list", i + 1))
        .hint(format!("did you mean {:?}?", nearest.copied().unwrap_or_default())))
}
