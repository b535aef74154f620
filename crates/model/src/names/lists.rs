//! The lists of names: which kinds of names a word or phrase may be, and which words are similar.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::lexicon;
use crate::linear::hash;

/// The lists that a word or phrase stands on, a bit each.
pub(super) type Lists = u16;

pub(super) const COUNTRY: Lists = 1;
pub(super) const DEMONYM: Lists = 1 << 1;
pub(super) const PLACE: Lists = 1 << 2;
pub(super) const CITY: Lists = 1 << 3;
pub(super) const ORGANISATION: Lists = 1 << 4;
pub(super) const FIRST_NAME: Lists = 1 << 5;
pub(super) const LAST_NAME: Lists = 1 << 6;
pub(super) const TITLE: Lists = 1 << 7;
pub(super) const ORGANISATION_WORD: Lists = 1 << 8;
pub(super) const PLACE_WORD: Lists = 1 << 9;
pub(super) const COMMON: Lists = 1 << 10;
pub(super) const TIME: Lists = 1 << 11;
/// Number of lists.
pub(super) const COUNT: u32 = 12;

/// The maximum number of words of a listed phrase.
pub(super) const LONGEST: usize = 6;

/// The lists, by the hash of the lower-case words.
#[derive(Default)]
pub(super) struct WordLists {
    words: ByHash<Lists>,
    /// Phrases of two or more words; 0 for what only begins one.
    phrases: ByHash<Lists>,
    /// Words of like meaning: the fine and the coarse group.
    groups: ByHash<(u16, u16)>,
    /// Words that news writes in lower case.
    lower: HashSet<u64, BuildHasherDefault<Itself>>,
}

/// A map whose keys are hashes, which are not hashed again.
pub(super) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<Itself>>;

#[derive(Default)]
pub(super) struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, &byte| sum << 8 | u64::from(byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Returns the lists, read once.
pub(super) fn known() -> &'static WordLists {
    static KNOWN: LazyLock<WordLists> = LazyLock::new(read);
    &KNOWN
}

impl WordLists {
    /// Returns the lists that the word stands on.
    pub(super) fn word(&self, lower: u64) -> Lists {
        self.words.get(&lower).copied().unwrap_or(0)
    }

    /// Returns the longest phrase that begins the words, if any: its length and lists.
    pub(super) fn phrase(&self, mut lowers: impl Iterator<Item = u64>) -> Option<(usize, Lists)> {
        let mut sum = lowers.next()?;
        let mut best = None;
        for (length, lower) in (2..=LONGEST).zip(lowers) {
            sum = join(sum, lower);
            match self.phrases.get(&sum) {
                None => break,
                Some(0) => {}
                Some(&lists) => best = Some((length, lists)),
            }
        }
        best
    }

    /// Returns the word's fine and coarse group, counted from 1; 0 for a word that is in none.
    pub(super) fn groups(&self, lower: u64) -> (u16, u16) {
        self.groups.get(&lower).copied().unwrap_or((0, 0))
    }

    /// Returns whether news writes the word in lower case, but where a sentence or headline begins.
    pub(super) fn is_lower(&self, lower: u64) -> bool {
        self.lower.contains(&lower)
    }

    fn add(&mut self, name: &str, list: Lists) {
        let mut words = name.split_whitespace();
        let Some(first) = words.next().map(lower_hash) else { return };
        let mut sum = first;
        let mut length = 1;
        for word in words {
            if length > 1 {
                self.phrases.entry(sum).or_insert(0);
            }
            sum = join(sum, lower_hash(word));
            length += 1;
        }
        match length {
            1 => *self.words.entry(first).or_insert(0) |= list,
            2..=LONGEST => *self.phrases.entry(sum).or_insert(0) |= list,
            _ => {}
        }
    }
}

fn join(sum: u64, lower: u64) -> u64 {
    (sum.rotate_left(23) ^ lower).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn lower_hash(word: &str) -> u64 {
    hash(&word.to_lowercase())
}

fn read() -> WordLists {
    let mut known = WordLists::default();
    let written = lexicon();
    for (list, names) in [
        (CITY, include_str!("../../weights/places.txt")),
        (FIRST_NAME, include_str!("../../weights/first-names.txt")),
        (LAST_NAME, include_str!("../../weights/last-names.txt")),
    ] {
        names.lines().for_each(|name| known.add(name, list));
    }
    let countries = written.places.iter().filter(|(_, country)| written.countries.contains(*country));
    countries.for_each(|(name, _)| known.add(name, COUNTRY));
    written.places.keys().for_each(|name| known.add(name, PLACE));
    written.demonyms.keys().for_each(|name| known.add(name, DEMONYM));
    written.organisations.iter().for_each(|name| known.add(name, ORGANISATION));
    written.first_names.keys().for_each(|name| known.add(name, FIRST_NAME));
    written.titles.iter().for_each(|name| known.add(name, TITLE));
    written.organisation_words.iter().for_each(|name| known.add(name, ORGANISATION_WORD));
    written.place_words.iter().for_each(|name| known.add(name, PLACE_WORD));
    written.common.iter().for_each(|name| known.add(name, COMMON));
    written.times.iter().for_each(|name| known.add(name, TIME));
    for (fine, line) in (1..).zip(include_str!("../../weights/word-clusters.txt").lines()) {
        let mut words = line.split(' ');
        let coarse = words.next().and_then(|number| number.parse::<u16>().ok()).map_or(0, |number| number + 1);
        known.groups.extend(words.map(|word| (hash(word), (fine, coarse))));
    }
    known.lower.extend(include_str!("../../weights/lower-words.txt").lines().map(hash));
    known
}
