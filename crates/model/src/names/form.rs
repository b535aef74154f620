//! The features of a word that do not depend on its place.

use super::lists::{self, Lists, WordLists};
use crate::linear::{feature, hash};

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Case {
    /// A number or mark.
    None,
    Lower,
    /// "Word"
    Capital,
    /// "WORD"
    Upper,
    /// "eBay", "McDonald"
    Mixed,
}

/// How far to either side of a word its neighbours take it into account.
pub(super) const REACH: usize = 2;
/// Places from which a word is seen: from two to its right to two to its left.
pub(super) const PLACES: usize = 2 * REACH + 1;

/// A word as the features see it.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) lower: u64,
    pub(super) shape: u64,
    pub(super) case: Case,
    pub(super) lists: Lists,
    pub(super) fine: u16,
    pub(super) coarse: u16,
    pub(super) suffix: u64,
    /// Value, template and how far it reaches.
    atoms: Vec<(u64, u8, u8)>,
}

mod template {
    pub(super) const CASED: u32 = 1;
    pub(super) const LOWER: u32 = 2;
    pub(super) const SHAPE: u32 = 3;
    pub(super) const PREFIX: u32 = 4; // to 9
    pub(super) const SUFFIX: u32 = 10; // to 15
    pub(super) const FINE: u32 = 16;
    pub(super) const COARSE: u32 = 17;
    pub(super) const LISTS: u32 = 18;
    pub(super) const LIST: u32 = 19;
    pub(super) const CASE_SUFFIX: u32 = 20;
    pub(super) const HYPHEN: u32 = 21;
    pub(super) const FULL_SHAPE: u32 = 22;
}

/// What most words have of them.
const ATOMS: usize = 20;

/// Templates below this are a word's own, each times its places.
pub(super) const TEMPLATES: u32 = 32;

impl Form {
    /// Returns the form of a word; `shouted` where the whole sentence is in capitals, so they tell nothing.
    pub(super) fn new(word: &str, shouted: bool, known: &WordLists, has_compounds: bool) -> Self {
        let lower_word = word.to_lowercase();
        let lower = hash(&lower_word);
        let case = if shouted && word.chars().any(char::is_uppercase) { Case::Mixed } else { case(word) };
        let shape = if shouted { 1 } else { shape(word, 2) };
        let lists = known.word(lower);
        let (fine, coarse) = match known.groups(word, lower) {
            (0, _) if has_compounds => known.groups_of_compound(&lower_word),
            groups => groups,
        };
        let length = lower_word.chars().count();
        let suffix = hash(last(&lower_word, 3));
        let mut form = Self { lower, shape, case, lists, fine, coarse, suffix, atoms: Vec::with_capacity(ATOMS) };
        let mut atom = |template: u32, value, reach: usize| form.atoms.push((value, template as u8, reach as u8));
        atom(template::LOWER, lower, REACH);
        atom(template::SHAPE, shape, REACH);
        if !shouted {
            atom(template::CASED, hash(word), 1);
            atom(template::FULL_SHAPE, self::shape(word, 4), 0);
        }
        for size in 1..=5.min(length) {
            let reach = usize::from(size == 3);
            atom(template::PREFIX + size as u32, hash(first(&lower_word, size)), 0);
            atom(template::SUFFIX + size as u32, hash(last(&lower_word, size)), reach);
        }
        atom(template::CASE_SUFFIX, suffix ^ shape.rotate_left(17), 0);
        if fine > 0 {
            atom(template::FINE, u64::from(fine), REACH);
            atom(template::COARSE, u64::from(coarse), REACH);
        }
        if lists > 0 {
            atom(template::LISTS, u64::from(lists), 1);
            for list in (0..lists::COUNT).filter(|list| lists >> list & 1 == 1) {
                atom(template::LIST, u64::from(list), 1);
            }
        }
        if let Some((before, after)) = lower_word.split_once('-').filter(|(a, b)| !a.is_empty() && !b.is_empty()) {
            let after = after.rsplit('-').next().unwrap_or(after);
            atom(template::HYPHEN, hash(before), 0);
            atom(template::HYPHEN, hash(after).rotate_left(7), 0);
            atom(template::HYPHEN, u64::from(known.word(hash(before))) << 16 | 7, 0);
        }
        form
    }

    /// Returns the word's features as they are seen from a place: `REACH` is the word itself, less is from its right.
    pub(super) fn seen_from(&self, place: usize) -> impl Iterator<Item = u32> {
        let distance = place.abs_diff(REACH);
        let atoms = self.atoms.iter().filter(move |(_, _, reach)| distance <= usize::from(*reach));
        atoms.map(move |&(value, template, _)| feature(u32::from(template) * PLACES as u32 + place as u32, value))
    }
}

fn case(word: &str) -> Case {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else { return Case::None };
    let (mut upper, mut lower) = (false, false);
    for letter in letters {
        upper |= letter.is_uppercase();
        lower |= letter.is_lowercase();
    }
    match (first.is_uppercase(), upper, lower) {
        (true, false, true) => Case::Capital,
        (true, _, false) => Case::Upper,
        (false, false, _) => Case::Lower,
        _ => Case::Mixed,
    }
}

/// Returns the kinds of characters in turn, runs of one kind cut to `most`.
fn shape(word: &str, most: usize) -> u64 {
    let mut sum = 1u64;
    let (mut last, mut run) = (0u64, 0);
    for c in word.chars().take(32) {
        let kind = match c {
            c if c.is_lowercase() => 1,
            c if c.is_uppercase() => 2,
            c if c.is_numeric() => 3,
            c if c.is_alphabetic() => 4,
            c => 5 + u64::from(u32::from(c)),
        };
        run = if kind == last { run + 1 } else { 1 };
        last = kind;
        if run <= most {
            sum = (sum ^ kind).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
        }
    }
    sum
}

fn first(word: &str, size: usize) -> &str {
    word.char_indices().nth(size).map_or(word, |(at, _)| &word[..at])
}

fn last(word: &str, size: usize) -> &str {
    word.char_indices().rev().nth(size - 1).map_or(word, |(at, _)| &word[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_words_are_written() {
        for (word, want) in [
            ("the", Case::Lower),
            ("London", Case::Capital),
            ("NATO", Case::Upper),
            ("A", Case::Upper),
            ("U.S.", Case::Upper),
            ("eBay", Case::Mixed),
            ("McDonald", Case::Mixed),
            ("12.5", Case::None),
            ("\u{c9}mile", Case::Capital),
        ] {
            assert_eq!(case(word), want, "{word}");
        }
    }

    #[test]
    fn shapes_of_like_words_are_one() {
        assert_eq!(shape("London", 2), shape("Par", 2));
        assert_eq!(shape("1996-08-22", 2), shape("2024-11-30", 2));
        assert_ne!(shape("London", 2), shape("NATO", 2));
        assert_eq!((first("\u{e9}t\u{e9}", 2), last("\u{e9}t\u{e9}", 2)), ("\u{e9}t", "t\u{e9}"));
    }
}
