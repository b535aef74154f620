//! Classes of words.

/// The word class, by a small list and by the ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Class {
    Other,
    Pronoun,
    Determiner,
    Preposition,
    Auxiliary,
    Conjunction,
    That,
    Question,
    Subordinator,
    Adverb,
    Comma,
    Stop,
    Colon,
    Dash,
    Opening,
    Closing,
    Possessive,
    Capital,
    Number,
    Past,
    Participle,
    Manner,
    Plural,
    /// Before the first or after the last token of a window.
    Beyond,
}
