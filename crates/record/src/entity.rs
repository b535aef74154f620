//! The entities of an article.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::article::FeedLabels;

/// The entities of one article revision, as published on `dateline.entities`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntitySet {
    /// The id of the article.
    pub article_id: Uuid,
    /// The revision of the article.
    pub revision: u32,
    /// The entities, in the order of their first mention.
    pub entities: Vec<Entity>,
    /// The model that found them; `null` if no model reads the article's language, and in records of earlier versions.
    #[serde(default)]
    pub extractor: Option<ExtractorInfo>,
    /// The feed and its labels; omitted if the feed has no labels, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedLabels>,
}

/// The model that found the entities or quotations of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtractorInfo {
    /// The name of the model, as `dateline models` lists it.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// The language as which the text was read (ISO 639-1).
    pub language: String,
}

/// A person, organisation, place or other named thing, with all its mentions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// The id, unique within the article revision: `e1`, `e2`, …
    pub id: String,
    /// The longest form of the name in the article.
    pub name: String,
    /// The type of entity.
    pub r#type: EntityType,
    /// The role that the text gives a person, such as "Foreign Ministry spokesman"; omitted if the text gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How central the entity is to the article (0–1).
    pub salience: f64,
    /// The Wikidata id ("Q649"); `null` unless the match is certain.
    pub wikidata: Option<String>,
    /// The mentions in the order of the text; those of one entity never overlap.
    pub mentions: Vec<Mention>,
}

/// The types of entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are self-explanatory")]
pub enum EntityType {
    Person,
    Organisation,
    Place,
    Event,
    Other,
}

/// A place in the text that refers to an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// The offset of the first code point.
    pub start: usize,
    /// The offset after the last code point.
    pub end: usize,
    /// The text from `start` to `end`.
    pub text: String,
    /// The kind of reference.
    pub kind: MentionKind,
}

/// The ways in which a mention refers to its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MentionKind {
    /// A name: "Steve Witkoff".
    Name,
    /// A description: "the envoy".
    Nominal,
    /// A pronoun: "he".
    Pronoun,
}
