//! What a revision changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a revision changed against the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// How much it matters.
    pub grade: Grade,
    /// Where it changed.
    pub what: Vec<What>,
    /// The correction notice that was not there before, in the publisher's words.
    pub notice: Option<String>,
}

/// How much a change matters, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Times, authors, keywords and the like; no revision is made for these alone.
    Metadata,
    /// Nothing that the publisher did: the page is the same and is read differently.
    Extraction,
    /// Spelling, punctuation, a small word: nothing that is said.
    Typo,
    /// Another headline over the same text.
    Headline,
    /// What is said: words, numbers, names, paragraphs.
    Substance,
    /// The publisher tells readers of a correction.
    Correction,
}

/// Where a story changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The headline.
    Headline,
    /// The text.
    Text,
    /// A correction notice appeared.
    Correction,
    /// The text is now the page's instead of the feed's, or the other way round.
    Source,
    /// Byline, authors, section, keywords, summary, media.
    Metadata,
    /// When it was published or modified.
    Time,
}
