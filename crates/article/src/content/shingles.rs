//! Compares texts by their sequences of words.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

/// Words of one shingle.
const SHINGLE: usize = 3;

/// A text that others are looked for in.
pub(crate) struct Reference {
    shingles: HashSet<u64>,
    lines: HashSet<u64>,
}

impl Reference {
    /// From plain text, one block a line.
    pub(crate) fn new(text: &str) -> Self {
        let all = words(text);
        let lines = text.lines().map(words).filter(|line| !line.is_empty());
        Self { shingles: shingles(&all).collect(), lines: lines.map(|line| fold(&line)).collect() }
    }

    /// Returns whether most of a text stands in this one.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.has_words(&words(text))
    }

    /// Returns whether this text contains most of these words.
    pub(crate) fn has_words(&self, words: &[u64]) -> bool {
        if words.len() < SHINGLE {
            return !words.is_empty() && self.lines.contains(&fold(words));
        }
        let known = shingles(words).filter(|s| self.shingles.contains(s)).count();
        known * 4 >= (words.len() + 1 - SHINGLE) * 3
    }
}

/// Returns a hash of each word, in lower case.
pub(crate) fn words(text: &str) -> Vec<u64> {
    let mut lower = String::new();
    let hash = |word: &str| {
        if word.bytes().all(|b| b.is_ascii_lowercase()) {
            return xxh3_64(word.as_bytes());
        }
        lower.clear();
        if word.is_ascii() {
            lower.push_str(word);
            lower.make_ascii_lowercase();
        } else {
            lower.push_str(&word.to_lowercase());
        }
        xxh3_64(lower.as_bytes())
    };
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(hash).collect()
}

fn shingles(words: &[u64]) -> impl Iterator<Item = u64> {
    words.windows(SHINGLE).map(fold)
}

/// One hash of some words in their order.
fn fold(words: &[u64]) -> u64 {
    words
        .iter()
        .fold(words.len() as u64, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
