//! Splits words into the pieces of a Unigram vocabulary: of all ways to split a word, the likeliest.
//! `training/accurate/e5.py` does the same.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::vocabulary::{Vocabulary, VocabularyPiece, WORD_PIECES};

/// Of a longer word only the beginning is read.
const WORD_CHARS: usize = 64;
/// The pieces with a meaning of their own, which come first: the opening mark, the filling, the closing mark, the unknown.
const OWN: usize = 4;
const OPEN: u16 = 0;
const CLOSE: u16 = 2;
const UNKNOWN: u16 = 3;
/// Begins the pieces that begin a word.
const SPACE: char = '\u{2581}';
/// An unknown character costs this much more than the rarest piece.
const UNKNOWN_COST: f32 = 10.0;

/// The vocabulary.
pub(super) struct Unigram {
    ids: HashMap<&'static str, u16>,
    /// The logarithm of each piece's probability.
    scores: Vec<f32>,
    unknown: f32,
    /// Bytes of the longest piece.
    longest: usize,
}

/// The best way to a place in a word.
#[derive(Clone, Copy)]
struct Step {
    score: f32,
    from: usize,
    id: u16,
}

impl Unigram {
    /// Reads a vocabulary, one piece a line, with the pieces' scores.
    pub(super) fn new(vocabulary: &'static str, scores: Vec<f32>) -> Self {
        let ids: HashMap<_, _> = vocabulary.lines().zip(0..).skip(OWN).collect();
        let longest = ids.keys().map(|piece| piece.len()).max().unwrap_or(0);
        let unknown = scores.iter().fold(0.0, |low: f32, &score| low.min(score)) - UNKNOWN_COST;
        Self { ids, scores, unknown, longest }
    }

    /// Returns the pieces of a text, the last one first.
    fn split(&self, text: &str) -> Vec<u16> {
        const NONE: Step = Step { score: f32::NEG_INFINITY, from: 0, id: UNKNOWN };
        let mut steps = vec![NONE; text.len() + 1];
        steps[0].score = 0.0;
        for (start, first) in text.char_indices() {
            let score = steps[start].score;
            let mut reach = |end: usize, id: u16, cost: f32| {
                if score + cost > steps[end].score {
                    steps[end] = Step { score: score + cost, from: start, id };
                }
            };
            for (at, c) in text[start..].char_indices() {
                let end = start + at + c.len_utf8();
                if end - start > self.longest {
                    break;
                }
                if let Some(&id) = self.ids.get(&text[start..end]) {
                    reach(end, id, self.scores[usize::from(id)]);
                }
            }
            reach(start + first.len_utf8(), UNKNOWN, self.unknown);
        }
        let mut at = text.len();
        let mut out = Vec::new();
        while at > 0 {
            out.push(steps[at].id);
            at = steps[at].from;
        }
        out
    }
}

impl Vocabulary for Unigram {
    fn len(&self) -> usize {
        self.scores.len()
    }

    fn marks(&self) -> [VocabularyPiece; 2] {
        [OPEN, CLOSE].map(|id| VocabularyPiece { id, shape: 0 })
    }

    fn is_cased(&self) -> bool {
        true
    }

    fn word(&self, word: &str, out: &mut Vec<VocabularyPiece>) {
        let ids = self.split(&marked(word));
        let pieces = ids.iter().rev().take(WORD_PIECES);
        out.extend(pieces.map(|&id| VocabularyPiece { id, shape: 0 }));
        if ids.is_empty() {
            out.push(VocabularyPiece { id: UNKNOWN, shape: 0 });
        }
    }
}

/// Returns a word as the vocabulary has it: a space before letters and digits, whatever is written before it, and none
/// before other signs, so a word has the same pieces wherever it is.
fn marked(word: &str) -> String {
    let plain: String = word.chars().take(WORD_CHARS).nfkc().filter(|&c| !is_invisible(c)).collect();
    match plain.chars().next() {
        Some(first) if first.is_alphanumeric() => format!("{SPACE}{plain}"),
        _ => plain,
    }
}

/// Returns whether a character is white space, a control or a mark that no letter took in.
fn is_invisible(c: char) -> bool {
    static INVISIBLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[\s\p{Cc}\p{Cf}\p{M}]").expect("a pattern"));
    if c.is_ascii() { !c.is_ascii_graphic() } else { INVISIBLE.is_match(c.encode_utf8(&mut [0; 4])) }
}

#[cfg(test)]
mod tests {
    use super::super::tensors::Tensors;
    use super::*;
    use crate::weights::NAMES_EUROPEAN_ACCURATE;

    fn embedded() -> (Vec<&'static str>, Unigram) {
        let tensors = Tensors::new(NAMES_EUROPEAN_ACCURATE);
        let vocabulary = tensors.text("vocabulary");
        let pieces: Vec<_> = vocabulary.lines().collect();
        let scores = tensors.floats("scores", pieces.len());
        (pieces, Unigram::new(vocabulary, scores))
    }

    /// Cases that `training/accurate/e5.py` splits alike. So does the published tokenizer, but for those marked, of which not
    /// all pieces are kept.
    #[test]
    fn words_are_split_as_in_training() {
        let (pieces, vocabulary) = embedded();
        for (word, want) in [
            ("Z\u{fc}rich", "\u{2581}Z\u{fc}rich"),
            ("Zu\u{308}rich", "\u{2581}Z\u{fc}rich"),
            ("Bundeskanzlerin", "\u{2581}Bundes kan z lerin"),
            ("WITKOFF", "\u{2581}WI TK OFF"),
            ("l'", "\u{2581}l '"),
            ("d\u{2019}", "\u{2581}d \u{2019}"),
            ("\u{201e}", "\u{201e}"),
            (",", ","),
            ("M\u{fc}ller-L\u{fc}denscheidt", "\u{2581}M\u{fc}ller - L \u{fc} den scheid t"),
            ("'s-Hertogenbosch", "' s - Her to gen bo sch"),
            ("Przewalski", "\u{2581}Prze wal ski"),
            ("1990", "\u{2581}1990"),
            ("S\u{e3}o", "\u{2581}S\u{e3}o"),
            ("\u{fb01}nance", "\u{2581}finance"),
            ("\u{ad}Auf\u{ad}sicht", "\u{2581}Auf sicht"),
            ("EE.UU.", "\u{2581}EE . U U ."), // kept by the published one: UU
            ("\u{65e5}\u{672c}", "\u{2581} <unk> <unk>"), // 日本
            ("\u{301}", "<unk>"),
            ("", "<unk>"),
        ] {
            let mut out = Vec::new();
            vocabulary.word(word, &mut out);
            let found: Vec<&str> = out.iter().map(|piece| pieces[usize::from(piece.id)]).collect();
            assert_eq!(found.join(" "), want, "{word}");
        }
    }

    #[test]
    fn a_word_gives_few_pieces_whatever_it_is() {
        let (_, vocabulary) = embedded();
        for word in ["a-b-".repeat(50_000), "z".repeat(100_000), "\u{65e5}".repeat(50_000), "\u{fdfa}".repeat(5000)] {
            let mut out = Vec::new();
            vocabulary.word(&word, &mut out);
            assert!((1..=WORD_PIECES).contains(&out.len()));
        }
    }
}
