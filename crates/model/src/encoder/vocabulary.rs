//! The pieces of a vocabulary into which words are split.

/// A word gives at most this many pieces; the rest of it says nothing new about its kind.
pub(super) const WORD_PIECES: usize = 12;

/// A piece of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VocabularyPiece {
    pub(super) id: u16,
    /// How the piece is written, where the vocabulary does not tell: see [`super::pieces`]. Else 0.
    pub(super) shape: u8,
}

/// Splits words into pieces.
pub(super) trait Vocabulary: Send + Sync {
    /// Returns how many pieces there are.
    fn len(&self) -> usize;

    /// Returns the pieces that open a window and that close a sentence.
    fn marks(&self) -> [VocabularyPiece; 2];

    /// Returns whether the pieces tell how a word is written; if not, features beside them do.
    fn is_cased(&self) -> bool;

    /// Appends a word's pieces: at least one, and at most [`WORD_PIECES`].
    fn word(&self, word: &str, out: &mut Vec<VocabularyPiece>);
}
