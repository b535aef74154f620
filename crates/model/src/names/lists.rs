//! The lists of names: which kinds of names a word or phrase may be, and which words are similar.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use dateline_text::{Language, List};

use crate::linear::hash;
use crate::{Lexicon, lexicon};

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

/// What marks the group of a compound.
const COMPOUND: u16 = 1 << 15;
/// The least letters of the first and of the last part of a compound.
const FIRST_PART: usize = 3;
const LAST_PART: usize = 4;

/// The lists, by the hash of the lower-case words.
#[derive(Default)]
pub(super) struct WordLists {
    words: ByHash<Lists>,
    /// Phrases of two or more words; 0 for what only begins one.
    phrases: ByHash<Lists>,
    /// Words of like meaning: the fine and the coarse group.
    groups: ByHash<(u16, u16)>,
    /// Whether the groups hold words as they are written, not in lower case.
    has_cased_groups: bool,
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

/// Returns the lists for English, read once.
pub(super) fn known() -> &'static WordLists {
    static KNOWN: LazyLock<WordLists> = LazyLock::new(read);
    &KNOWN
}

/// Returns the lists for texts in a language, read once; all languages but English share theirs.
pub(super) fn known_in(language: Language) -> &'static WordLists {
    static EUROPEAN: LazyLock<WordLists> = LazyLock::new(read_european);
    if language == Language::ENGLISH { known() } else { &EUROPEAN }
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

    /// Returns the groups of a compound by its last part ("Landtagsfraktion"), marked as such; 0 for a word that has none.
    pub(super) fn groups_of_compound(&self, lower: &str) -> (u16, u16) {
        let mut noun = String::with_capacity(lower.len() + 1);
        let starts = lower.char_indices().skip(FIRST_PART).map(|(at, _)| at);
        for part in starts.map(|at| &lower[at..]).take_while(|part| part.chars().nth(LAST_PART - 1).is_some()) {
            let mut letters = part.chars();
            noun.clear();
            noun.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            noun.push_str(letters.as_str());
            if let Some((fine, coarse)) = self.groups.get(&hash(&noun)).or_else(|| self.groups.get(&hash(part))) {
                return (fine | COMPOUND, coarse | COMPOUND);
            }
        }
        (0, 0)
    }

    /// Returns the word's fine and coarse group, counted from 1; 0 for a word that is in none.
    pub(super) fn groups(&self, word: &str, lower: u64) -> (u16, u16) {
        let written = if self.has_cased_groups { self.groups.get(&hash(word)) } else { None };
        written.or_else(|| self.groups.get(&lower)).copied().unwrap_or((0, 0))
    }

    /// Returns whether news writes the word in lower case, but where a sentence or headline begins.
    pub(super) fn is_lower(&self, lower: u64) -> bool {
        self.lower.contains(&lower)
    }

    /// Adds groups of words, one a line: the number of the coarse group, then the words.
    fn add_groups(&mut self, lines: &str) {
        for (fine, line) in (1..).zip(lines.lines()) {
            let mut words = line.split(' ');
            let coarse = words.next().and_then(|number| number.parse::<u16>().ok()).map_or(0, |number| number + 1);
            self.groups.extend(words.map(|word| (hash(word), (fine, coarse))));
        }
    }

    /// Adds the lists written by hand.
    fn add_written(&mut self, written: &Lexicon) {
        let countries = written.places.iter().filter(|(_, country)| written.countries.contains(*country));
        countries.for_each(|(name, _)| self.add(name, COUNTRY));
        written.places.keys().for_each(|name| self.add(name, PLACE));
        written.demonyms.keys().for_each(|name| self.add(name, DEMONYM));
        written.organisations.iter().for_each(|name| self.add(name, ORGANISATION));
        written.first_names.keys().for_each(|name| self.add(name, FIRST_NAME));
        written.titles.iter().for_each(|name| self.add(name, TITLE));
        written.organisation_words.iter().for_each(|name| self.add(name, ORGANISATION_WORD));
        written.place_words.iter().for_each(|name| self.add(name, PLACE_WORD));
        written.common.iter().for_each(|name| self.add(name, COMMON));
        written.times.iter().for_each(|name| self.add(name, TIME));
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

/// Returns the lists that all languages share: GeoNames' places, and people's names of many countries.
fn read_shared() -> WordLists {
    let mut known = WordLists::default();
    for (list, names) in [
        (CITY, include_str!("../../weights/places.txt")),
        (FIRST_NAME, include_str!("../../weights/first-names.txt")),
        (LAST_NAME, include_str!("../../weights/last-names.txt")),
    ] {
        names.lines().for_each(|name| known.add(name, list));
    }
    known
}

fn read_european() -> WordLists {
    let mut known = WordLists { has_cased_groups: true, ..read_shared() };
    known.add_groups(include_str!("../../weights/european-clusters.txt"));
    include_str!("../../weights/european-places.txt").lines().for_each(|name| known.add(name, CITY));
    known.add_written(lexicon());
    for language in Language::all().filter(|language| *language != Language::ENGLISH) {
        for (kind, list) in [(List::Titles, TITLE), (List::OrganisationWords, ORGANISATION_WORD), (List::Times, TIME)] {
            let words = language.lines(kind).flat_map(str::split_whitespace);
            words.filter(|word| !matches!(*word, "f" | "m" | "-")).for_each(|word| known.add(word, list));
        }
        for line in language.lines(List::Countries) {
            let mut columns = line.split('|').skip(1);
            let mut add = |list| {
                let names = columns.next().unwrap_or_default().split(',');
                names.for_each(|name| known.add(name, list));
            };
            add(COUNTRY | PLACE);
            add(DEMONYM);
        }
    }
    known
}

fn read() -> WordLists {
    let mut known = read_shared();
    known.add_written(lexicon());
    known.add_groups(include_str!("../../weights/word-clusters.txt"));
    known.lower.extend(include_str!("../../weights/lower-words.txt").lines().map(hash));
    known
}
