//! Sentences with the data for resolving their pronouns, and the speakers of each block.

use std::ops::Range;

use dateline_text::Document;

use super::NamedEntity;
use super::grammar::{PREPOSITIONS, is_mark};

/// The maximum number of speakers of one block.
const MAX_SPEAKERS: usize = 16;

/// A sentence with what its pronouns need.
pub(super) struct Sentence {
    pub(super) number: usize,
    pub(super) block: usize,
    pub(super) tokens: Range<usize>,
    /// For each token, whether it stands inside quotation marks.
    pub(super) quoted: Vec<bool>,
}

pub(super) fn sentences(document: &Document) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut block = 0;
    let mut inside = false;
    for (number, tokens) in document.sentences().iter().enumerate() {
        let before = block;
        while document.blocks().get(block).is_some_and(|range| range.end <= tokens.start) {
            block += 1;
        }
        inside &= block == before;
        let quoted = tokens.clone().map(|at| {
            match document.word(at) {
                "\u{201c}" => inside = true,
                "\u{201d}" => inside = false,
                "\"" => inside = !inside,
                _ => {}
            }
            inside
        });
        let quoted = quoted.collect();
        sentences.push(Sentence { number, block, tokens: tokens.clone(), quoted });
    }
    sentences
}

/// Returns who speaks in each block: named outside quotation marks beside a word of saying.
pub(super) fn speakers(document: &Document, names: &[NamedEntity], sentences: &[Sentence]) -> Vec<Vec<usize>> {
    let mut speakers = vec![Vec::new(); document.blocks().len()];
    let mut next = 0;
    for sentence in sentences {
        while next < names.len() && names[next].tokens.start < sentence.tokens.end {
            let name = &names[next];
            next += 1;
            if name.tokens.start < sentence.tokens.start || sentence.quoted[name.tokens.start - sentence.tokens.start] {
                continue;
            }
            let after = name.tokens.end..sentence.tokens.end.min(name.tokens.end + 12);
            let before = sentence.tokens.start.max(name.tokens.start.saturating_sub(5))..name.tokens.start;
            let mut after = after.map(|at| document.word(at)).take_while(|word| !is_mark(word));
            let mut before = before
                .rev()
                .map(|at| document.word(at))
                .take_while(|word| !is_mark(word) && !PREPOSITIONS.contains(word));
            if (after.any(says) || before.any(says))
                && let Some(all) = speakers.get_mut(sentence.block)
                && all.len() < MAX_SPEAKERS
                && !all.contains(&name.entity)
            {
                all.push(name.entity);
            }
        }
    }
    speakers
}

fn says(word: &str) -> bool {
    const SAYING: [&str; 16] = [
        "said",
        "says",
        "told",
        "wrote",
        "added",
        "asked",
        "replied",
        "tweeted",
        "argued",
        "noted",
        "continued",
        "explained",
        "insisted",
        "warned",
        "concluded",
        "recalled",
    ];
    SAYING.contains(&word)
}
