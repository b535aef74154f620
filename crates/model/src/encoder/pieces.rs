//! Splits English words into uncased word pieces, and notes how the letters of each piece are written.
//! `training/accurate/data.py` does the same.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::vocabulary::{Vocabulary, VocabularyPiece, WORD_PIECES};

/// A run longer than this is not a word.
const MAX_RUN: usize = 100;
const UNKNOWN: u16 = 100;
const OPEN: u16 = 101;
const CLOSE: u16 = 102;

/// How a run of letters and digits is written. The shape of a piece is its run's number × 2, one more for the first piece of
/// a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub(super) enum Shape {
    Other,
    Lower,
    Title,
    /// One capital letter.
    Single,
    Upper,
    /// A capital first, and others later: `McDonald`.
    Camel,
    /// A small letter first: `iPhone`.
    Mixed,
    Digit,
    /// Letters and digits.
    Alnum,
}

/// The vocabulary.
pub(super) struct Pieces {
    ids: HashMap<&'static str, u16>,
    longest: usize,
}

impl Pieces {
    /// Reads a vocabulary: one piece a line; `##` marks those that continue a word.
    pub(super) fn new(vocabulary: &'static str) -> Self {
        let ids: HashMap<_, _> = vocabulary.lines().zip(0..).collect();
        let longest = ids.keys().map(|piece| piece.chars().count()).max().unwrap_or(0);
        Self { ids, longest }
    }

    /// The longest pieces from the left; a run that they do not cover is unknown as a whole.
    fn run(&self, run: &str, out: &mut Vec<VocabularyPiece>) {
        if run.is_empty() {
            return;
        }
        let shape = shape(run) as u8 * 2;
        let plain: Vec<char> = run.to_lowercase().nfd().filter(|&c| !is_combining_mark(c)).collect();
        let first = out.len();
        let unknown = VocabularyPiece { id: UNKNOWN, shape };
        if plain.len() > MAX_RUN {
            out.push(unknown);
            return;
        }
        let (mut at, mut piece) = (0, String::new());
        while at < plain.len() {
            piece.clear();
            piece.push_str(if at == 0 { "" } else { "##" });
            let mark = piece.len();
            piece.extend(&plain[at..plain.len().min(at + self.longest)]);
            let found = loop {
                match self.ids.get(piece.as_str()) {
                    Some(&id) => break Some(id),
                    None => drop(piece.pop()),
                }
                if piece.len() <= mark {
                    break None;
                }
            };
            let Some(id) = found else {
                out.truncate(first);
                out.push(unknown);
                return;
            };
            out.push(VocabularyPiece { id, shape });
            at += piece[mark..].chars().count();
        }
    }
}

impl Vocabulary for Pieces {
    fn len(&self) -> usize {
        self.ids.len()
    }

    fn marks(&self) -> [VocabularyPiece; 2] {
        [OPEN, CLOSE].map(|id| VocabularyPiece { id, shape: 0 })
    }

    fn is_cased(&self) -> bool {
        false
    }

    fn word(&self, word: &str, out: &mut Vec<VocabularyPiece>) {
        let start = out.len();
        let mut run = String::new();
        for c in word.chars() {
            let alone = is_punctuation(c) || is_ideograph(c);
            if alone {
                self.run(&run, out);
                run.clear();
            }
            run.push(c);
            if alone {
                self.run(&run, out);
                run.clear();
            }
            if out.len() >= start + WORD_PIECES {
                break;
            }
        }
        self.run(&run, out);
        out.truncate(start + WORD_PIECES);
        if out.len() == start {
            out.push(VocabularyPiece { id: UNKNOWN, shape: 0 });
        }
        out[start].shape += 1;
    }
}

/// Returns how a run is written, which the uncased pieces do not tell.
pub(super) fn shape(run: &str) -> Shape {
    let (mut letters, mut upper, mut cased, mut digits, mut first_upper) = (0, 0, false, false, false);
    for c in run.chars() {
        digits |= c.is_numeric();
        if c.is_alphabetic() {
            if letters == 0 {
                first_upper = c.is_uppercase();
            }
            letters += 1;
            upper += usize::from(c.is_uppercase());
            cased |= c.is_uppercase() || c.is_lowercase();
        }
    }
    match (letters, upper) {
        (0, _) if digits => Shape::Digit,
        (0, _) => Shape::Other,
        _ if digits => Shape::Alnum,
        _ if !cased => Shape::Other,
        (_, 0) => Shape::Lower,
        (1, 1) => Shape::Single,
        _ if upper == letters => Shape::Upper,
        (_, 1) if first_upper => Shape::Title,
        _ if first_upper => Shape::Camel,
        _ => Shape::Mixed,
    }
}

fn is_punctuation(c: char) -> bool {
    static MARKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{P}").expect("a pattern"));
    if c.is_ascii() { c.is_ascii_punctuation() } else { MARKS.is_match(c.encode_utf8(&mut [0; 4])) }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCABULARY: &str = "z\nzurich\nwit\n##koff\nmcdonald\niphone\nu\ns\n.\nal\n-\nza\n##man\n'\n16\nf\n\u{65e5}\n\u{672c}\n\u{201c}\nyes\na\nb";

    /// Cases that `training/accurate/data.py` cuts alike.
    #[test]
    fn words_are_cut_as_in_training() {
        let pieces = Pieces::new(VOCABULARY);
        for (word, want) in [
            ("WITKOFF", &[("wit", 9), ("##koff", 8)][..]),
            ("Z\u{fc}rich", &[("zurich", 5)]),
            ("McDonald", &[("mcdonald", 11)]),
            ("iPhone", &[("iphone", 13)]),
            ("U.S.", &[("u", 7), (".", 0), ("s", 6), (".", 0)]),
            ("al-Zaman's", &[("al", 3), ("-", 0), ("za", 4), ("##man", 4), ("'", 0), ("s", 2)]),
            ("F-16", &[("f", 7), ("-", 0), ("16", 14)]),
            ("\u{65e5}\u{672c}", &[("\u{65e5}", 1), ("\u{672c}", 0)]),
            ("\u{201c}Yes", &[("\u{201c}", 1), ("yes", 4)]),
            ("yesx", &[("", 3)]),
            ("\u{301}", &[("", 1)]),
        ] {
            let mut out = Vec::new();
            pieces.word(word, &mut out);
            let id = |piece: &str| pieces.ids.get(piece).copied().unwrap_or(UNKNOWN);
            let want: Vec<VocabularyPiece> =
                want.iter().map(|&(piece, shape)| VocabularyPiece { id: id(piece), shape }).collect();
            assert_eq!(out, want, "{word}");
        }
    }

    #[test]
    fn a_word_gives_few_pieces_whatever_it_is() {
        let pieces = Pieces::new(VOCABULARY);
        for word in ["a-b-".repeat(50_000), "z".repeat(100_000), "\u{65e5}".repeat(50_000)] {
            let mut out = Vec::new();
            pieces.word(&word, &mut out);
            assert!((1..=WORD_PIECES).contains(&out.len()));
        }
    }
}
