//! Chooses the text of the article among several candidates from one page.
//!
//! The visible blocks come first. If they are missing, few, or of another article, the text may come from JSON-LD, from
//! data in scripts or from the feed, if it is plausible.

#![allow(clippy::cast_precision_loss, reason = "a share of two counts")]

use std::collections::HashSet;
use std::fmt;

use dateline_record::BlockKind;

use super::blocks::TextBlock;
use super::shingles;
use crate::fingerprint::word_count;

/// The factor by which a rival must be longer than the page's text to replace it.
const MORE: usize = 2;
/// A page with fewer words may be a shell that scripts fill.
const SHELL: usize = 80;
/// A rival with fewer words is not an article.
const LEAST: usize = 30;
/// Shorter words (bytes) say nothing about what a text is about; a sign of Chinese or Japanese has three bytes.
const SHORT: usize = 3;
/// The minimum number of characteristic words in headline and summary for doubting a text that has none of them.
const TELLING: usize = 4;
/// A reading less sure or shorter than this is believed only if headline or summary support it.
const UNSURE: f32 = 0.6;
const SHORT_STORY: usize = 150;

/// Where a text was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The blocks that the page shows.
    Blocks,
    /// The elements that the user's rules for the site name.
    Rules,
    /// The posts of a live blog.
    Live,
    /// JSON-LD's `articleBody`.
    JsonLd,
    /// Data in the page's scripts.
    Data,
    /// The feed's entry.
    Feed,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocks => "blocks of the page",
            Self::Rules => "rules of the site",
            Self::Live => "posts of the live blog",
            Self::JsonLd => "articleBody in JSON-LD",
            Self::Data => "data in scripts",
            Self::Feed => "text in the feed",
        })
    }
}

/// A candidate for the text of an article.
#[derive(Debug, Clone)]
pub(crate) struct TextCandidate {
    /// Where it comes from.
    pub origin: Origin,
    /// Its text.
    pub parts: Vec<TextBlock>,
    /// How sure the choice of blocks is, 0–1; 1 where nothing was chosen.
    pub confidence: f32,
}

/// The words of headline and summary, as evidence for a text.
pub(crate) struct Evidence(HashSet<u64>);

/// The quality of a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Worth {
    /// Words, captions left out.
    pub words: usize,
    /// Share of the telling words of headline and summary that the text has; `None` where there are too few of them.
    pub support: Option<f32>,
    /// See [`TextCandidate::confidence`].
    pub confidence: f32,
}

impl Evidence {
    /// From the headline and the summary of page or feed.
    pub(crate) fn new<'a>(told: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        Self(told.into_iter().flatten().flat_map(telling).collect())
    }

    /// Rates a candidate.
    pub(crate) fn weigh(&self, reading: &TextCandidate) -> Worth {
        let texts =
            || reading.parts.iter().filter(|part| part.kind != BlockKind::Caption).map(|part| part.text.as_str());
        let has: HashSet<u64> = texts().flat_map(telling).collect();
        let found = self.0.iter().filter(|word| has.contains(word)).count();
        let support = (self.0.len() >= TELLING).then(|| found as f32 / self.0.len() as f32);
        Worth { words: texts().map(word_count).sum(), support, confidence: reading.confidence }
    }
}

impl Worth {
    /// Returns whether the text may be the article: it has words, and where the choice is unsure, headline or summary speak of the same.
    pub(crate) fn is_believable(&self) -> bool {
        let is_supported = self.support.is_none_or(|support| support > 0.0);
        self.words > 0 && (is_supported || self.confidence >= UNSURE && self.words >= SHORT_STORY)
    }

    /// Returns whether so little is shown that the article may stand elsewhere.
    pub(crate) fn is_poor(&self) -> bool {
        self.words < SHELL || !self.is_believable()
    }

    /// Returns whether a rival takes the place of this one.
    pub(crate) fn gives_way_to(&self, rival: &Self) -> bool {
        if rival.words < LEAST.min(self.words.max(1)) || !rival.is_believable() {
            return false;
        }
        let is_of_story =
            rival.support.is_none_or(|support| support >= 0.2 && support >= self.support.unwrap_or(0.0) * 0.8);
        !self.is_believable() || is_of_story && rival.words > self.words * MORE
    }
}

/// The choice between the candidates of a page.
pub(crate) struct Contest<'a> {
    evidence: &'a Evidence,
    readings: Vec<(TextCandidate, Worth)>,
    best: usize,
}

impl<'a> Contest<'a> {
    /// Starts with what the page shows.
    pub(crate) fn new(evidence: &'a Evidence, first: TextCandidate) -> Self {
        let worth = evidence.weigh(&first);
        Self { evidence, readings: vec![(first, worth)], best: 0 }
    }

    /// Returns the blocks of the best candidate.
    pub(crate) fn parts(&self) -> &[TextBlock] {
        &self.readings[self.best].0.parts
    }

    /// Returns the number of words of the best candidate.
    pub(crate) fn words(&self) -> usize {
        self.readings[self.best].1.words
    }

    /// See [`Worth::is_poor`].
    pub(crate) fn is_poor(&self) -> bool {
        self.readings[self.best].1.is_poor()
    }

    /// See [`Worth::is_believable`].
    pub(crate) fn is_believable(&self) -> bool {
        self.readings[self.best].1.is_believable()
    }

    /// Adds a candidate that is known to be better.
    pub(crate) fn prefer(&mut self, reading: TextCandidate) {
        let worth = self.evidence.weigh(&reading);
        self.best = self.readings.len();
        self.readings.push((reading, worth));
    }

    /// Adds a candidate that is used if no other is plausible.
    pub(crate) fn fall_back_on(&mut self, reading: TextCandidate) {
        let worth = self.evidence.weigh(&reading);
        if !self.is_believable() && worth.words > 0 {
            self.best = self.readings.len();
        }
        self.readings.push((reading, worth));
    }

    /// Returns the best candidate, and the quality of all.
    pub(crate) fn finish(mut self) -> (TextCandidate, Vec<(Origin, Worth, bool)>) {
        let all = self.readings.iter().enumerate();
        let worths = all.map(|(i, (reading, worth))| (reading.origin, *worth, i == self.best)).collect();
        (self.readings.swap_remove(self.best).0, worths)
    }
}

impl Extend<TextCandidate> for Contest<'_> {
    /// Adds candidates that are used only if they are better than the best one so far.
    fn extend<T: IntoIterator<Item = TextCandidate>>(&mut self, readings: T) {
        for reading in readings {
            let worth = self.evidence.weigh(&reading);
            if self.readings[self.best].1.gives_way_to(&worth) {
                self.best = self.readings.len();
            }
            self.readings.push((reading, worth));
        }
    }
}

/// Hashes of the words of a text that say what it is about; pairs of neighbours where words are single signs.
fn telling(text: &str) -> impl Iterator<Item = u64> {
    let long: HashSet<u64> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > SHORT)
        .flat_map(|word| {
            let signs: Vec<char> = word.chars().take(60).collect();
            let is_unspaced = signs.iter().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'));
            if is_unspaced {
                signs.windows(2).map(|pair| shingles::words(&String::from_iter(pair))).collect::<Vec<_>>()
            } else {
                vec![shingles::words(word)]
            }
        })
        .flatten()
        .collect();
    long.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FERRY: &str = "The ferry to the outer isles stays in harbour until its broken crankshaft is replaced";
    const BAKER: &str = "A bakery on Mill Lane sold its last loaf after ninety years and neighbours queued since dawn";

    fn reading(text: &str, times: usize, confidence: f32) -> TextCandidate {
        let part = TextBlock { kind: BlockKind::Paragraph, text: text.into(), credit: None };
        TextCandidate { origin: Origin::Blocks, parts: vec![part; times], confidence }
    }

    #[test]
    fn what_is_missing_or_of_another_article_gives_way() {
        let evidence = Evidence::new([Some("Ferry waits for crankshaft"), Some("Isles without a ferry until spring")]);
        let weigh = |text, times, confidence| evidence.weigh(&reading(text, times, confidence));
        for (shown, rival, gives_way) in [
            // Nothing, against something.
            (weigh("", 0, 0.0), weigh(FERRY, 3, 1.0), true),
            (weigh("", 0, 0.0), weigh("Ferry waits.", 1, 1.0), true),
            // A teaser, against the whole.
            (weigh(FERRY, 2, 0.9), weigh(FERRY, 5, 1.0), true),
            (weigh(FERRY, 2, 0.9), weigh(FERRY, 3, 1.0), false),
            // A long text of another article.
            (weigh(FERRY, 2, 0.9), weigh(BAKER, 9, 1.0), false),
            // Another article in place of this one.
            (weigh(BAKER, 9, 0.4), weigh(FERRY, 2, 1.0), true),
            (weigh(BAKER, 9, 0.9), weigh(FERRY, 2, 1.0), false),
            // A short text of another article is none, however sure the choice.
            (weigh(BAKER, 2, 0.9), weigh(FERRY, 2, 1.0), true),
        ] {
            assert_eq!(shown.gives_way_to(&rival), gives_way, "{shown:?} {rival:?}");
        }
    }

    #[test]
    fn without_headline_and_summary_words_alone_decide() {
        let evidence = Evidence::new([Some("Ferry")]);
        let shown = evidence.weigh(&reading(BAKER, 1, 0.3));
        assert_eq!((shown.support, shown.is_believable()), (None, true));
        assert!(shown.gives_way_to(&evidence.weigh(&reading(FERRY, 3, 1.0))));
    }

    #[test]
    fn signs_without_spaces_support_in_pairs() {
        let evidence = Evidence::new([Some("離島フェリーは修理のため運休"), None]);
        let worth = |text| evidence.weigh(&reading(text, 1, 1.0)).support.unwrap();
        assert!(worth("離島フェリーの運休は修理が終わるまで続く。") > 0.4);
        assert!(worth("老舗のパン屋が閉店した。") < 0.1);
    }
}
