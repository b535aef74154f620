//! What was said, and by whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One quotation, as published on `dateline.quotes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quotation {
    /// Stable within the article: the same words keep it over the revisions ([`super::quotation_id`]).
    pub id: String,
    /// The article; left out by `dateline extract` on bare text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_id: Option<Uuid>,
    /// The article's revision; left out by `dateline extract` on bare text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// How the words are given.
    pub r#type: QuotationType,
    /// The content, in order, never overlapping: without outer quotation marks for a direct quotation, the whole
    /// reported clause for mixed and indirect ones. Two or more where the cue stands inside ("A," she said, "B.").
    pub segments: Vec<Span>,
    /// The segments' words joined by a space.
    pub text: String,
    /// What stands inside quotation marks, without them.
    pub quoted: Vec<Span>,
    /// Who said it; `null` when the text does not tell.
    pub speaker: Option<Speaker>,
    /// The words that announce it ("said", "according to"); `null` when there are none.
    pub cue: Option<Cue>,
    /// Index into the article's `blocks` of the block where it starts.
    pub block: usize,
    /// 0–1: how sure it is that this is speech with this speaker.
    pub confidence: f64,
}

/// How a quotation gives its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuotationType {
    /// All of it inside quotation marks.
    Direct,
    /// A reported clause with words inside quotation marks.
    Mixed,
    /// A reported clause without quotation marks.
    Indirect,
}

/// A stretch of the article's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First code point.
    pub start: usize,
    /// Past the last code point.
    pub end: usize,
}

/// Who said it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// The fullest name of the entity; `null` for an unnamed source ("a senior official").
    pub name: Option<String>,
    /// The entity's id in the same article revision.
    pub entity_id: Option<String>,
    /// First code point of the mention that names the speaker; `null` when carried over from another quotation.
    pub start: Option<usize>,
    /// Past its last code point.
    pub end: Option<usize>,
    /// The mention's words.
    pub text: Option<String>,
    /// The role the text gives ("Foreign Ministry spokesman").
    pub role: Option<String>,
    /// 0–1: how sure the speaker is.
    pub confidence: f64,
}

/// The words that announce a quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cue {
    /// First code point.
    pub start: usize,
    /// Past the last code point.
    pub end: usize,
    /// The words ("has said").
    pub text: String,
    /// The head word's dictionary form ("say").
    pub lemma: String,
}
