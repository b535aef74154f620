//! The changes that a revision makes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The changes of a revision, compared with the previous revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The significance of the changes.
    pub grade: Grade,
    /// The changed parts.
    pub what: Vec<What>,
    /// A new correction notice, in the publisher's words.
    pub notice: Option<String>,
}

/// The significance of a change, the least significant first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Times, authors, keywords and similar; these alone do not make a revision.
    Metadata,
    /// The page is unchanged, but was read in a different way; the publisher changed nothing.
    Extraction,
    /// Spelling, punctuation or a small word; the meaning is the same.
    Typo,
    /// A new headline for the same text.
    Headline,
    /// The meaning: words, numbers, names, paragraphs.
    Substance,
    /// The publisher informs readers of a correction.
    Correction,
}

/// A part of an article that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The headline.
    Headline,
    /// The text.
    Text,
    /// A correction notice appeared.
    Correction,
    /// The source of the text: now the page instead of the feed, or the reverse.
    Source,
    /// Byline, authors, section, keywords, summary, media.
    Metadata,
    /// The time of publication or modification.
    Time,
}
