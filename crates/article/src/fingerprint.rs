//! Hashes that tell whether two texts are equal or nearly equal.

use dateline_record::{Article, BlockKind};
use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Returns a hash of what makes a new revision: the headline, and the kinds and words of the blocks. Times, media, keywords and
/// white space are ignored.
pub fn content_hash(article: &Article) -> u64 {
    let mut hash = Xxh3::new();
    if !article.blocks.iter().any(|b| b.kind == BlockKind::Headline) {
        feed_words(&mut hash, article.headline.as_deref().unwrap_or_default());
    }
    let mut blocks = article.blocks.iter();
    let mut rest = article.text.as_str();
    let mut at = 0;
    // One walk over the text: blocks are in order and do not overlap.
    for block in &mut blocks {
        let words;
        (words, rest) = split(split(rest, block.start.saturating_sub(at)).1, block.end.saturating_sub(block.start));
        at = block.end;
        hash.update(&[0xff, block.kind as u8]);
        feed_words(&mut hash, words);
    }
    hash.digest()
}

/// Splits a text after a number of code points, or at its end.
fn split(text: &str, length: usize) -> (&str, &str) {
    let mut chars = text.chars();
    if let Some(before) = length.checked_sub(1) {
        chars.nth(before);
    }
    text.split_at(text.len() - chars.as_str().len())
}

fn feed_words(hash: &mut Xxh3, text: &str) {
    for word in text.split_whitespace() {
        hash.update(word.as_bytes());
        hash.update(b" ");
    }
}

/// Returns words of a text (UAX 29).
pub(crate) fn word_count(text: &str) -> usize {
    words(text).count()
}

/// No word spans white space, and a run of ASCII is cut faster by itself.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(str::unicode_words)
}

/// 64-bit SimHash (Charikar 2002) over lower-cased 3-word shingles, 16 hex digits; `None` for a text without words. Texts
/// that differ in few words differ in few bits.
pub(crate) fn fingerprint(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = words(&lower).collect();
    if words.is_empty() {
        return None;
    }
    let mut votes = Votes::default();
    let mut joined = String::new();
    for shingle in words.windows(words.len().min(3)) {
        joined.clear();
        for word in shingle {
            joined.push_str(if joined.is_empty() { "" } else { " " });
            joined.push_str(word);
        }
        votes.add(xxh3_64(joined.as_bytes()));
    }
    Some(format!("{:016x}", votes.majority()))
}

/// Counts how often each bit is set.
#[derive(Default)]
struct Votes {
    all: usize,
    /// Of hashes that are not in `counts` yet, eight counts of a byte: the first word has those of the lowest bit of each byte.
    recent: [u64; 8],
    counts: [[usize; 8]; 8],
}

impl Votes {
    fn add(&mut self, hash: u64) {
        const LOWEST: u64 = 0x0101_0101_0101_0101;
        self.all += 1;
        for (bit, counts) in self.recent.iter_mut().enumerate() {
            *counts += hash >> bit & LOWEST;
        }
        if self.all.is_multiple_of(usize::from(u8::MAX)) {
            self.gather();
        }
    }

    fn gather(&mut self) {
        for (counts, recent) in self.counts.iter_mut().zip(&mut self.recent) {
            for (count, recent) in counts.iter_mut().zip(std::mem::take(recent).to_le_bytes()) {
                *count += usize::from(recent);
            }
        }
    }

    /// Returns the bits that more than half of the hashes have.
    fn majority(mut self) -> u64 {
        self.gather();
        let mut hash = 0;
        for (bit, counts) in self.counts.iter().enumerate() {
            for (byte, &count) in counts.iter().enumerate() {
                hash |= u64::from(count * 2 > self.all) << (byte * 8 + bit);
            }
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_have_near_fingerprints() {
        let story = (0..300).map(|i| format!("word{} said", i * 7 % 101)).collect::<Vec<_>>().join(" ");
        let bits = |text: &str| u64::from_str_radix(&fingerprint(text).unwrap(), 16).unwrap();
        let near = (bits(&story) ^ bits(&format!("{story} and one more thing"))).count_ones();
        let far =
            (bits(&story) ^ bits("Ministers met in the capital to discuss the budget for next year.")).count_ones();
        assert!(near < 6 && far > 15, "{near} {far}");
        assert_eq!(fingerprint(" … "), None);
        assert_eq!(fingerprint("One").map(|f| f.len()), Some(16));
    }
}
