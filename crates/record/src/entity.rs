//! Who and what a story names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The entities of one article revision, as published on `dateline.entities`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntitySet {
    /// The article.
    pub article_id: Uuid,
    /// Its revision.
    pub revision: u32,
    /// In order of first mention.
    pub entities: Vec<Entity>,
}

/// One person, organisation, place or other named thing, with all its mentions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// `e1`, `e2`, …: unique within the article revision.
    pub id: String,
    /// The fullest form that the story uses.
    pub name: String,
    /// What it is.
    pub r#type: EntityType,
    /// What the text says that a person is: "Foreign Ministry spokesman". Told only where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// 0–1: how central it is to the story.
    pub salience: f64,
    /// Wikidata id ("Q649") where it is known for sure.
    pub wikidata: Option<String>,
    /// In order of their place; never overlapping within one entity.
    pub mentions: Vec<Mention>,
}

/// The kinds of entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum EntityType {
    Person,
    Organisation,
    Place,
    Event,
    Other,
}

/// A place in the text where an entity is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// First code point.
    pub start: usize,
    /// Past the last code point.
    pub end: usize,
    /// The words at `start..end`.
    pub text: String,
    /// How it is meant.
    pub kind: MentionKind,
}

/// How a mention points to its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MentionKind {
    /// "Steve Witkoff"
    Name,
    /// "the envoy"
    Nominal,
    /// "he"
    Pronoun,
}
