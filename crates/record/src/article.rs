//! One news story, normalised.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Changes;

/// One revision of one story, as published on `dateline.articles`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// UUIDv5 of the canonical URL, else of feed id + guid; the same story keeps it over its revisions.
    pub id: Uuid,
    /// 1, 2, … counted up each time the story is seen in a changed form.
    pub revision: u32,
    /// Whether the story may be used or was withdrawn.
    pub pubstatus: PubStatus,
    /// The feed that showed it; `null` when a page is read by itself (`dateline article`).
    pub feed: Option<FeedRef>,
    /// Who publishes it, as the page or the feed says.
    pub publisher: Option<String>,
    /// The entry's guid as the feed gave it.
    pub guid: Option<String>,
    /// The canonical URL.
    pub url: Option<String>,
    /// The link as the feed gave it.
    pub link: Option<String>,
    /// The headline, without the site's name.
    pub headline: Option<String>,
    /// The publisher's own summary, as text.
    pub summary: Option<String>,
    /// The byline as printed.
    pub byline: Option<String>,
    /// The news agency that the text is from, where byline or dateline name one.
    #[serde(default)]
    pub agency: Option<String>,
    /// The people who wrote it.
    #[serde(default)]
    pub authors: Vec<Author>,
    /// The site's section.
    pub section: Option<String>,
    /// The publisher's keywords and categories.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// The dateline that opened the text ("MOSCOW, April 25 (Reuters) —"), cut from it.
    pub dateline: Option<Dateline>,
    /// When it was first published (UTC).
    pub published: Option<DateTime<Utc>>,
    /// When it was last modified (UTC), as the publisher says.
    pub modified: Option<DateTime<Utc>>,
    /// When `dateline` first saw it (UTC); `null` when a page is read by itself.
    pub first_seen: Option<DateTime<Utc>>,
    /// What kind of story it is, where it is not a plain one.
    #[serde(default)]
    pub genre: Option<Genre>,
    /// Where the text came from.
    pub content_source: ContentSource,
    /// Whether the text is not the whole story as far as one can tell: behind a paywall, a teaser, cut.
    #[serde(default)]
    pub truncated: bool,
    /// The blocks in reading order, joined by a blank line (`"\n\n"`), headline first.
    pub text: String,
    /// The parts of `text`.
    #[serde(default)]
    pub blocks: Vec<Block>,
    /// Images, audio and video that belong to the story.
    #[serde(default)]
    pub media: Vec<Media>,
    /// Words of the body: `text` without headline and captions.
    pub word_count: u32,
    /// 64-bit SimHash of the body, 16 hex digits; `null` when there is no body.
    pub fingerprint: Option<String>,
    /// The earlier story that this one repeats.
    pub duplicate_of: Option<Duplicate>,
    /// What this revision changed; `null` for the first one, a canceled one, and where the one before is not remembered.
    #[serde(default)]
    pub changes: Option<Changes>,
    /// Who said so: for each field that a page or feed states, the source that was believed.
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
}

impl Article {
    /// Changes every URL, the guid among them where it is one.
    pub fn map_urls(&mut self, change: impl Fn(&str) -> Cow<'_, str>) {
        let own = [&mut self.guid, &mut self.url, &mut self.link].into_iter().flatten();
        let feed = self.feed.iter_mut().map(|feed| &mut feed.url);
        for url in own.chain(feed).chain(self.media.iter_mut().map(|media| &mut media.url)) {
            let changed = match change(url) {
                Cow::Owned(changed) => changed,
                Cow::Borrowed(_) => continue,
            };
            *url = changed;
        }
    }

    /// The blocks with their words.
    pub fn parts(&self) -> Vec<(&Block, &str)> {
        let mut places = self.text.char_indices().map(|(byte, _)| byte).chain(std::iter::once(self.text.len()));
        let mut next = 0;
        // One walk over the text: blocks are in order and do not overlap.
        let mut byte_of = |character: usize| {
            let byte = places.nth(character.checked_sub(next)?)?;
            next = character + 1;
            Some(byte)
        };
        let mut parts = Vec::with_capacity(self.blocks.len());
        for block in self.blocks.iter().filter(|block| block.start < block.end) {
            let (Some(start), Some(end)) = (byte_of(block.start), byte_of(block.end)) else { break };
            parts.push((block, &self.text[start..end]));
        }
        parts
    }
}

/// Who states a value, in order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The page's JSON-LD (schema.org).
    JsonLd,
    /// The page's OpenGraph tags, its `article:` tags among them.
    OpenGraph,
    /// Other tags of the page's head.
    Meta,
    /// The feed or its entry.
    Feed,
    /// What the page prints, or the text itself.
    Heuristics,
}

/// Kinds of stories that are not plain text on one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Genre {
    /// A page that grows by dated posts.
    LiveBlog,
    /// A video with little text beside it.
    Video,
}

/// Whether a story may be used (named as in ninjs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PubStatus {
    /// The story stands.
    Usable,
    /// The publisher withdrew it.
    Canceled,
}

/// The feed that showed a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedRef {
    /// The feed's id in the feed list.
    pub id: String,
    /// The feed's URL.
    pub url: String,
    /// The feed's own title.
    pub title: Option<String>,
    /// Where the story's link leads, as a registrable domain, if that is none of the feed's own sites: a paid post, an entry
    /// of a link blog. Left out where the link stays with the feed, or where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
}

/// A person who wrote the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// The name as printed.
    pub name: String,
}

/// Place and agency of the line that opens a wire story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// "MOSCOW", as printed.
    pub place: Option<String>,
    /// "Reuters".
    pub agency: Option<String>,
}

/// Where the text of an article came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentSource {
    /// The feed's own content or summary.
    Feed,
    /// The story's page.
    Page,
}

/// A part of an article's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// First code point.
    pub start: usize,
    /// Past the last code point.
    pub end: usize,
    /// A caption's credit ("Reuters"), cut off the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
}

/// The kinds of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum BlockKind {
    Headline,
    Paragraph,
    Subheading,
    ListItem,
    Blockquote,
    Caption,
}

/// An image, audio or video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// Absolute URL.
    pub url: String,
    /// Media type ("image/jpeg") where it is known.
    pub r#type: Option<String>,
    /// Caption without credit.
    pub caption: Option<String>,
    /// Who made it.
    pub credit: Option<String>,
}

/// An earlier story with (nearly) the same text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// Its article id.
    pub id: Uuid,
    /// The share of the shorter text's four-word sequences that stand in the longer text, estimated (0–1): 1 where the texts are
    /// the same, or one is a part of the other.
    pub similarity: f64,
}
