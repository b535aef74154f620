//! The normalised article.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Changes, Rights};

/// One revision of an article, as published on `dateline.articles`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// UUIDv5 of the canonical URL, or of feed id and guid if there is no URL; the same in all revisions of the article.
    pub id: Uuid,
    /// The number of the revision: 1, 2, …; a changed article gets the next number.
    pub revision: u32,
    /// Whether the article may be used, or was withdrawn.
    pub pubstatus: PubStatus,
    /// The feed that contains the article; `null` if a page is read by itself (`dateline article`).
    pub feed: Option<FeedRef>,
    /// The publisher, as the page or the feed names it.
    pub publisher: Option<String>,
    /// The guid of the feed entry, unchanged.
    pub guid: Option<String>,
    /// The canonical URL.
    pub url: Option<String>,
    /// The link of the feed entry, unchanged.
    pub link: Option<String>,
    /// The headline, without the site's name.
    pub headline: Option<String>,
    /// The publisher's summary, as plain text.
    pub summary: Option<String>,
    /// The byline as printed.
    pub byline: Option<String>,
    /// The news agency that supplied the text, if the byline or the dateline names one.
    #[serde(default)]
    pub agency: Option<String>,
    /// The authors.
    #[serde(default)]
    pub authors: Vec<Author>,
    /// The section of the site.
    pub section: Option<String>,
    /// The publisher's keywords and categories.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The language, as a BCP 47 tag.
    pub language: Option<String>,
    /// The dateline at the start of the text ("MOSCOW, April 25 (Reuters) —"), which is removed from the text.
    pub dateline: Option<Dateline>,
    /// When the article was first published (UTC).
    pub published: Option<DateTime<Utc>>,
    /// When the article was last modified (UTC), according to the publisher.
    pub modified: Option<DateTime<Utc>>,
    /// When `dateline` first saw the article (UTC); `null` if a page is read by itself.
    pub first_seen: Option<DateTime<Utc>>,
    /// The kind of article, unless it is a plain text.
    #[serde(default)]
    pub genre: Option<Genre>,
    /// The source of the text.
    pub content_source: ContentSource,
    /// Whether the text appears to be incomplete: behind a paywall, a teaser, or cut off.
    #[serde(default)]
    pub truncated: bool,
    /// The blocks in reading order, headline first, joined by a blank line (`"\n\n"`).
    pub text: String,
    /// The blocks of `text`.
    #[serde(default)]
    pub blocks: Vec<Block>,
    /// Images, audio and video that belong to the article.
    #[serde(default)]
    pub media: Vec<Media>,
    /// The number of words of the body: `text` without headline and captions.
    pub word_count: u32,
    /// The 64-bit SimHash of the body, in 16 hex digits; `null` if there is no body.
    pub fingerprint: Option<String>,
    /// The earlier article that this article repeats.
    pub duplicate_of: Option<Duplicate>,
    /// What this revision changed; `null` for a first or a canceled revision, and if the previous revision is not stored.
    #[serde(default)]
    pub changes: Option<Changes>,
    /// What the publisher says about the use of the article; omitted if nothing is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Rights>,
    /// For each field that a page or a feed states, the source of its value.
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
}

impl Article {
    /// Applies `change` to every URL, and to the guid, which may be a URL.
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

    /// Returns the feed as the article's entities and quotations name it; `None` if it has no labels.
    pub fn feed_labels(&self) -> Option<FeedLabels> {
        let feed = self.feed.as_ref()?;
        FeedLabels::new(&feed.id, feed.labels.clone())
    }

    /// Returns the blocks with their texts.
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

/// The source of a value, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The page's JSON-LD (schema.org).
    JsonLd,
    /// The page's OpenGraph tags, including `article:` tags.
    OpenGraph,
    /// Other tags in the page's head.
    Meta,
    /// The feed or its entry.
    Feed,
    /// A section page that is read as a feed.
    SectionPage,
    /// The visible page, or the text itself.
    Heuristics,
}

/// The kinds of articles that are not a plain text about one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Genre {
    /// A page to which dated posts are added.
    LiveBlog,
    /// A video with little text.
    Video,
}

/// Whether an article may be used; the names are those of ninjs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PubStatus {
    /// The article may be used.
    Usable,
    /// The publisher withdrew the article.
    Canceled,
}

/// The feed that contains an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedRef {
    /// The feed's id in the feed list.
    pub id: String,
    /// The feed's URL.
    pub url: String,
    /// The feed's own title.
    pub title: Option<String>,
    /// The registrable domain that the article's link leads to, if it is not one of the feed's own sites: a paid post, or an entry of a
    /// link blog. Omitted if the link leads to the feed's own sites, or if its target is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
    /// The labels that the feed list gives the feed, the names of its folders included.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// The feed of a record, and its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedLabels {
    /// The feed's id in the feed list.
    pub id: String,
    /// The labels that the feed list gives the feed, the names of its folders included.
    #[serde(default)]
    pub labels: Vec<String>,
}

impl FeedLabels {
    /// Returns `None` if there are no labels.
    pub fn new(id: &str, labels: Vec<String>) -> Option<Self> {
        (!labels.is_empty()).then(|| Self { id: id.to_owned(), labels })
    }
}

/// An author of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// The name as printed.
    pub name: String,
}

/// The place and the agency in the dateline of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// The place as printed, such as "MOSCOW".
    pub place: Option<String>,
    /// The agency, such as "Reuters".
    pub agency: Option<String>,
}

/// The source of an article's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentSource {
    /// The content or summary in the feed.
    Feed,
    /// The article's page.
    Page,
}

/// A block of an article's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// The kind of block.
    pub kind: BlockKind,
    /// The offset of the first code point.
    pub start: usize,
    /// The offset after the last code point.
    pub end: usize,
    /// The credit of a caption ("Reuters"), which is removed from the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
}

/// The kinds of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are self-explanatory")]
pub enum BlockKind {
    Headline,
    Paragraph,
    Subheading,
    ListItem,
    Blockquote,
    Caption,
}

/// An image, audio or video file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// The absolute URL.
    pub url: String,
    /// The media type ("image/jpeg"), if known.
    pub r#type: Option<String>,
    /// The caption, without the credit.
    pub caption: Option<String>,
    /// The credit: the photographer, agency or other author.
    pub credit: Option<String>,
}

/// An earlier article with the same or nearly the same text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// The id of the earlier article.
    pub id: Uuid,
    /// The estimated share (0–1) of the shorter text's four-word sequences that also occur in the longer text; 1 if the texts are equal
    /// or one contains the other.
    pub similarity: f64,
}
