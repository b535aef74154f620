//! Splits sentences into windows of word pieces, with the writing of each word.

use std::ops::Range;

use dateline_text::Document;

use super::vocabulary::{Vocabulary, VocabularyPiece};
use super::writing::{Writing, is_headline};

/// The maximum number of pieces of a window, its opening and closing marks among them.
pub(super) const WINDOW: usize = 128;
/// How many numbers there are for a piece's shape, and for its word's writing elsewhere.
pub(super) const SHAPES: usize = 18;
pub(super) const OTHERS: usize = 8;
/// The maximum number of words that two parts of a long sentence share, so each word has company on both sides.
const OVERLAP: usize = 24;

/// A piece as the encoder reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InputPiece {
    pub(super) part: VocabularyPiece,
    /// [`Writing::of`] its word.
    pub(super) other: u8,
}

/// A window of the encoder: whole sentences, or a part of a long one.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) pieces: Vec<InputPiece>,
    /// The first piece of each token that this window labels, and the token.
    pub(super) words: Vec<(usize, usize)>,
}

impl Window {
    fn new(open: InputPiece) -> Self {
        Self { pieces: vec![open], words: Vec::new() }
    }
}

/// A sentence's pieces.
#[derive(Default)]
struct Sentence {
    pieces: Vec<InputPiece>,
    /// Where each token's pieces begin, and where the last one's end.
    starts: Vec<usize>,
}

/// Gives the windows of a document in turn. If a token is in two of them, the later one counts.
pub(super) fn windows(document: &Document, pieces: &dyn Vocabulary, mut give: impl FnMut(Window)) {
    let writing = (!pieces.is_cased()).then(|| Writing::new(document));
    let marks = pieces.marks().map(|part| InputPiece { part, other: 0 });
    let [open, close] = marks;
    let mut window = Window::new(open);
    for tokens in document.sentences() {
        let sentence = read(document, tokens, pieces, writing.as_ref());
        let size = sentence.pieces.len() + 1;
        if window.pieces.len() > 1 && window.pieces.len() + size > WINDOW {
            give(std::mem::replace(&mut window, Window::new(open)));
        }
        if size < WINDOW {
            let first = window.pieces.len();
            window.words.extend(sentence.starts.iter().zip(tokens.clone()).map(|(at, token)| (first + at, token)));
            window.pieces.extend(sentence.pieces);
            window.pieces.push(close);
        } else {
            parts(&sentence, tokens.start, marks, &mut give);
        }
    }
    if window.pieces.len() > 1 {
        give(window);
    }
}

fn read(document: &Document, tokens: &Range<usize>, pieces: &dyn Vocabulary, writing: Option<&Writing>) -> Sentence {
    let headline = writing.is_some() && is_headline(document, tokens);
    let mut sentence = Sentence::default();
    let mut parts = Vec::new();
    for token in tokens.clone() {
        let word = document.word(token);
        parts.clear();
        pieces.word(word, &mut parts);
        let other = writing.map_or(0, |writing| writing.of(word, headline));
        sentence.starts.push(sentence.pieces.len());
        sentence.pieces.extend(parts.iter().map(|&part| InputPiece { part, other }));
    }
    sentence.starts.push(sentence.pieces.len());
    sentence
}

/// Cuts a long sentence into windows that overlap.
fn parts(sentence: &Sentence, token: usize, [open, close]: [InputPiece; 2], give: &mut impl FnMut(Window)) {
    let starts = &sentence.starts;
    let count = starts.len() - 1;
    let (mut from, mut believed) = (0, 0);
    loop {
        let mut to = from + 1;
        while to < count && starts[to + 1] - starts[from] + 2 <= WINDOW {
            to += 1;
        }
        let mut window = Window::new(open);
        window.words.extend((believed..to).map(|word| (1 + starts[word] - starts[from], token + word)));
        window.pieces.extend(&sentence.pieces[starts[from]..starts[to]]);
        window.pieces.push(close);
        give(window);
        if to == count {
            return;
        }
        let shared = OVERLAP.min((to - from) / 3);
        from = to - shared;
        believed = to - shared / 2;
    }
}

#[cfg(test)]
mod tests {
    use super::super::pieces::Pieces;
    use super::*;
    use dateline_text::paragraphs;

    fn cut(text: &str) -> (usize, Vec<Window>) {
        let document = Document::new(text, &paragraphs(text));
        let pieces = Pieces::new("the\ncat\nsat");
        let mut out = Vec::new();
        windows(&document, &pieces, |window| out.push(window));
        (document.tokens().len(), out)
    }

    #[test]
    fn every_token_is_in_a_window_that_is_not_too_long() {
        for text in
            ["", "The cat sat.", &"The cat sat.\n".repeat(100), &"cat ".repeat(1000), &"a-b-c-d-e-f-g-h ".repeat(300)]
        {
            let (tokens, windows) = cut(text);
            let mut seen = vec![false; tokens];
            for window in &windows {
                assert!(window.pieces.len() <= WINDOW && window.pieces.len() > 2);
                let ends = [window.pieces[0], window.pieces[window.pieces.len() - 1]];
                assert_eq!(ends.map(|piece| piece.part.id), [101, 102]);
                for &(at, token) in &window.words {
                    seen[token] = true;
                    assert_eq!(window.pieces[at].part.shape % 2, 1, "a word's first piece");
                }
            }
            assert!(seen.iter().all(|&seen| seen), "{text:.20}");
        }
    }

    #[test]
    fn the_parts_of_a_long_sentence_share_words() {
        let (_, windows) = cut(&"cat ".repeat(300));
        let pieces: usize = windows.iter().map(|window| window.pieces.len() - 2).sum();
        assert!(windows.len() == 3 && pieces > 300 + OVERLAP);
    }
}
