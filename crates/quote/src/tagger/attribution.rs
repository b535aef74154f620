//! What the taggers find.

use std::ops::Range;

/// Speech with its cue and source, in tokens.
#[derive(Debug, Clone)]
pub struct Attribution {
    /// The head of the cue ("said", "according"); `None` for quoted words that continue a quotation or stand alone.
    pub cue: Option<usize>,
    /// The parts of the content.
    pub content: Vec<Range<usize>>,
    /// The words that name the speaker.
    pub source: Option<Range<usize>>,
    /// Whether the previous speaker continues, if there is no cue.
    pub flows: bool,
    /// The probability (0–1).
    pub likely: f32,
    /// Whether the content is verbatim even without quotation marks: a turn in a transcript.
    pub verbatim: bool,
    /// Whether the content lies within that of the attribution before it: words in marks in a clause that reports more.
    pub nested: bool,
}
