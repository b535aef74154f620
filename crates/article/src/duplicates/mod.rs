//! Finds near-duplicates within a sliding window: wire copy on another site, reposts, shortened and edited copies.
//!
//! The window contains a [`Sketch`] of each article and an index of the hashes in it. The owner of the window removes
//! old and surplus articles; the time of one lookup is bounded. The index is our own because it is restored from
//! committed state and must find the same matches after a restart.

mod sketch;

use std::collections::HashMap;

use hashbrown::HashTable;
use uuid::Uuid;

pub use sketch::{HASHES, Overlap, Sketch};

/// The minimum share of one text's sequences that must occur in the other.
const COPIED: f64 = 0.4;
/// The share above which an article that was found before is still returned.
const STILL_COPIED: f64 = 0.25;
/// Hashes that two texts must share: fewer prove nothing.
const LEAST_SHARED: usize = 5;
/// A text that contains an earlier one and is this many times longer is a new work, not a copy.
const LONGER: u32 = 6;
/// An article is found by the smallest of its hashes.
const INDEXED: usize = 48;
/// Articles found by one hash, the first ones: a phrase that all know tells nothing.
const FOUND_BY_ONE: usize = 24;

/// An earlier article with nearly the same text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// The id of the article.
    pub id: Uuid,
    /// The share of the shorter text's four-word sequences that stand in the longer text, estimated: 1 where one is a part of the
    /// other, or both are the same.
    pub similarity: f64,
}

/// An article in the window.
#[derive(Debug)]
struct IndexedArticle {
    id: Uuid,
    /// When it was first seen (milliseconds since 1970, UTC).
    first_seen: i64,
    sketch: Sketch,
}

/// The articles of the last days, with an index of their hashes.
#[derive(Debug, Default)]
pub struct Window {
    entries: Vec<Option<IndexedArticle>>,
    free: Vec<u32>,
    places: HashMap<Uuid, u32>,
    /// A hash and the place of an article that has it.
    index: HashTable<(u32, u32)>,
}

/// Returns how alike two texts are, if one is a copy of the other.
pub fn similarity(new: &Sketch, old: &Sketch) -> Option<f64> {
    judge(new, old, COPIED)
}

fn judge(new: &Sketch, old: &Sketch, least: f64) -> Option<f64> {
    let overlap = new.overlap(old);
    let is_part = overlap.of_this >= least;
    let is_extended = overlap.of_other >= least && new.sequences() / LONGER < old.sequences();
    let similarity = overlap.of_this.max(overlap.of_other);
    (overlap.shared >= LEAST_SHARED && (is_part || is_extended)).then_some(similarity)
}

fn spread(hash: u32) -> u64 {
    // The table takes its buckets from the low bits and its tags from the high ones; the kept hashes are all small numbers.
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
}

impl Window {
    /// Returns the number of articles.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether the window is empty.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns the approximate size in bytes.
    pub fn bytes(&self) -> usize {
        let sketches: usize = self.entries.iter().flatten().map(|entry| entry.sketch.hashes().len() * 4 + 16).sum();
        // A map holds a byte beside each place.
        let places = self.places.capacity() * (size_of::<(Uuid, u32)>() + 1) * 8 / 7;
        sketches + self.entries.capacity() * size_of::<Option<IndexedArticle>>() + places + self.index.allocation_size()
    }

    /// Adds an article, or its new revision, under the time at which it was first seen.
    pub fn put(&mut self, id: Uuid, first_seen: i64, sketch: Sketch) {
        self.remove(id);
        let place = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        for &hash in sketch.hashes().iter().take(INDEXED) {
            if self.found_by(hash).count() < FOUND_BY_ONE {
                self.index.insert_unique(spread(hash), (hash, place), |(hash, _)| spread(*hash));
            }
        }
        self.places.insert(id, place);
        self.entries[place as usize] = Some(IndexedArticle { id, first_seen, sketch });
    }

    /// Removes an article.
    pub fn remove(&mut self, id: Uuid) -> Option<Sketch> {
        let place = self.places.remove(&id)?;
        let entry = self.entries[place as usize].take()?;
        self.free.push(place);
        for &hash in entry.sketch.hashes().iter().take(INDEXED) {
            if let Ok(found) = self.index.find_entry(spread(hash), |own| *own == (hash, place)) {
                found.remove();
            }
        }
        Some(entry.sketch)
    }

    /// Returns the sketch of an article.
    pub fn get(&self, id: Uuid) -> Option<&Sketch> {
        self.entry(*self.places.get(&id)?).map(|entry| &entry.sketch)
    }

    fn entry(&self, place: u32) -> Option<&IndexedArticle> {
        self.entries.get(place as usize)?.as_ref()
    }

    fn found_by(&self, hash: u32) -> impl Iterator<Item = u32> {
        self.index.iter_hash(spread(hash)).filter(move |own| own.0 == hash).map(|own| own.1)
    }

    /// Returns the first article, not seen before `since`, of which this text is a copy. `before` is when the article itself was first
    /// seen, if it was: one that came later is a copy of it, not the other way round.
    pub fn find(&self, id: Uuid, sketch: &Sketch, before: Option<i64>, since: i64) -> Option<Match> {
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for &hash in sketch.hashes() {
            for place in self.found_by(hash) {
                *counts.entry(place).or_default() += 1;
            }
        }
        let mut candidates: Vec<&IndexedArticle> = counts
            .into_iter()
            .filter(|(_, count)| *count >= LEAST_SHARED)
            .filter_map(|(place, _)| self.entry(place))
            .filter(|entry| entry.id != id && entry.first_seen >= since)
            .filter(|entry| before.is_none_or(|before| entry.first_seen < before))
            .collect();
        candidates.sort_unstable_by_key(|entry| (entry.first_seen, entry.id));
        candidates
            .into_iter()
            .find_map(|entry| Some(Match { id: entry.id, similarity: similarity(sketch, &entry.sketch)? }))
    }

    /// Returns the article that this one was found to copy, in a later revision of this one: kept unless the texts have parted. One that
    /// has left the window is kept by what this article itself was, where that is known.
    pub fn find_again(&self, id: Uuid, sketch: &Sketch, known: Match) -> Option<Match> {
        let (against, is_known) = match (self.get(known.id), self.get(id)) {
            (Some(original), _) => (original, true),
            (None, Some(earlier)) => (earlier, false),
            (None, None) => return Some(known),
        };
        let similarity = judge(sketch, against, STILL_COPIED)?;
        Some(if is_known { Match { similarity, ..known } } else { known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    /// Returns a text of its own words for each number, from one of its words to another.
    fn sketch(text: u32, words: std::ops::Range<u32>) -> Sketch {
        let words: Vec<String> = words.map(|i| format!("w{text}x{i}")).collect();
        Sketch::of_texts(std::iter::once(words.join(" ").as_str())).unwrap()
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn the_first_is_named_and_never_a_later_one() {
        let mut window = Window::default();
        window.put(id(3), 2, sketch(1, 0..400));
        window.put(id(7), 1, sketch(1, 0..300));
        window.put(id(5), 1, sketch(2, 0..300));
        let found = window.find(id(9), &sketch(1, 0..400), None, 0).unwrap();
        assert_eq!(found, Match { id: id(7), similarity: 1.0 });
        // A revision of the first is not a copy of those that came after it.
        assert_eq!(window.find(id(7), &sketch(1, 0..400), Some(1), 0), None);
        assert_eq!(window.find(id(3), &sketch(1, 0..400), Some(2), 0).map(|m| m.id), Some(id(7)));
        assert_eq!(window.find(id(9), &sketch(3, 0..400), None, 0), None);
    }

    #[test]
    fn what_has_left_the_window_is_not_found() {
        let mut window = Window::default();
        window.put(id(1), 0, sketch(1, 0..100));
        window.put(id(2), DAY, sketch(2, 0..100));
        assert_eq!(window.find(id(3), &sketch(1, 0..100), None, 1), None);
        assert_eq!(window.remove(id(1)), Some(sketch(1, 0..100)));
        assert_eq!((window.len(), window.remove(id(1))), (1, None));
        assert_eq!(window.find(id(3), &sketch(1, 0..100), None, 0), None);
        window.put(id(3), 2 * DAY, sketch(3, 0..100));
        assert_eq!(window.entries.len(), 2, "the place is taken again");
        assert_eq!(window.find(id(9), &sketch(2, 0..100), None, 0).map(|m| m.id), Some(id(2)));
    }

    #[test]
    fn a_long_work_that_holds_a_short_notice_is_not_its_copy() {
        let mut window = Window::default();
        window.put(id(1), 0, sketch(1, 0..60));
        assert_eq!(window.find(id(2), &sketch(1, 0..600), None, 0), None);
        assert!(window.find(id(2), &sketch(1, 0..300), None, 0).is_some());
        window.put(id(2), 1, sketch(2, 0..600));
        assert!(window.find(id(3), &sketch(2, 0..60), None, 0).is_some(), "but the notice is a copy of the work");
    }

    #[test]
    fn a_phrase_that_all_know_finds_few() {
        let mut window = Window::default();
        for n in 0..500 {
            window.put(id(n), i64::try_from(n).unwrap(), sketch(1, 0..100));
        }
        assert_eq!(window.index.len(), INDEXED * FOUND_BY_ONE);
        assert_eq!(window.find(id(1_000), &sketch(1, 0..100), None, 0).map(|m| m.id), Some(id(0)));
        for n in 0..500 {
            window.remove(id(n));
        }
        assert!(window.is_empty() && window.index.is_empty());
    }

    #[test]
    fn a_copy_stays_one_until_its_text_has_changed_away() {
        let mut window = Window::default();
        let known = Match { id: id(1), similarity: 1.0 };
        window.put(id(1), 0, sketch(1, 0..100));
        window.put(id(2), 1, sketch(1, 0..100));
        let again = window.find_again(id(2), &sketch(1, 0..90), known).unwrap();
        assert_eq!((again.id, again.similarity), (id(1), 1.0));
        assert_eq!(window.find_again(id(2), &sketch(2, 0..90), known), None);
        window.remove(id(1));
        assert_eq!(window.find_again(id(2), &sketch(1, 0..90), known), Some(known));
        assert_eq!(window.find_again(id(2), &sketch(2, 0..90), known), None);
        window.remove(id(2));
        assert_eq!(window.find_again(id(2), &sketch(2, 0..90), known), Some(known));
    }
}
