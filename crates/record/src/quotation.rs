//! Quotations and their speakers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::article::FeedLabels;
use super::entity::ExtractorInfo;

/// One quotation, as published on `dateline.quotes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quotation {
    /// The id within the article; the same words have the same id in all revisions.
    pub id: String,
    /// The id of the article; omitted by `dateline extract` for a plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_id: Option<Uuid>,
    /// The revision of the article; omitted by `dateline extract` for a plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// Whether the quotation is direct, mixed or indirect.
    pub r#type: QuotationType,
    /// The quoted or reported words, in order and without overlaps: for a direct quotation the words without the outer quotation marks,
    /// otherwise the whole reported clause. There are several segments if the cue interrupts the quotation ("A," she said, "B.").
    pub segments: Vec<Span>,
    /// The words of the segments, joined by a space.
    pub text: String,
    /// The words in quotation marks, without the marks.
    pub quoted: Vec<Span>,
    /// The speaker; `null` if the text names none.
    pub speaker: Option<Speaker>,
    /// The words that introduce the quotation ("said", "according to"); `null` if there are none.
    pub cue: Option<Cue>,
    /// The index in the article's `blocks` of the block in which the quotation starts.
    pub block: usize,
    /// The confidence (0–1) that this is a quotation of this speaker.
    pub confidence: f64,
    /// The id of the quotation whose reported clause contains this one: words in quotation marks that are a direct quotation by
    /// themselves. Omitted for all others; without those that have it, the quotations of an article do not overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// The model that found the quotation; omitted by `dateline extract`, which prints it beside the quotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extractor: Option<ExtractorInfo>,
    /// The feed and its labels; omitted if the feed has no labels, and by `dateline extract`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedLabels>,
}

/// The types of quotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuotationType {
    /// All words are in quotation marks.
    Direct,
    /// A reported clause that contains words in quotation marks.
    Mixed,
    /// A reported clause without quotation marks.
    Indirect,
}

/// A range of the article's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The offset of the first code point.
    pub start: usize,
    /// The offset after the last code point.
    pub end: usize,
}

/// The speaker of a quotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// The longest name of the entity; `null` for an unnamed source ("a senior official").
    pub name: Option<String>,
    /// The id of the entity in the same article revision.
    pub entity_id: Option<String>,
    /// The offset of the first code point of the mention that names the speaker; `null` if the speaker is that of another quotation.
    pub start: Option<usize>,
    /// The offset after the last code point of the mention.
    pub end: Option<usize>,
    /// The words of the mention.
    pub text: Option<String>,
    /// The role that the text gives the speaker ("Foreign Ministry spokesman").
    pub role: Option<String>,
    /// The confidence (0–1) that this is the speaker.
    pub confidence: f64,
}

/// The words that introduce a quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cue {
    /// The offset of the first code point.
    pub start: usize,
    /// The offset after the last code point.
    pub end: usize,
    /// The words ("has said").
    pub text: String,
    /// The dictionary form of the head word ("say").
    pub lemma: String,
}
