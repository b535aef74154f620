//! A feed document's values, as `dateline parse` prints them (see the interface's "Feed and entry").

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a feed says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feed {
    /// `rss 2.0`, `rss 1.0`, `atom 1.0`, `json feed 1.1`, `sitemap`, …
    pub format: String,
    /// The character encoding it was read in (WHATWG name, lower case).
    pub encoding: String,
    /// Title as text.
    pub title: Option<String>,
    /// Description or subtitle as text.
    pub description: Option<String>,
    /// The site, absolute.
    pub link: Option<String>,
    /// The feed's own URL as it states it.
    #[serde(rename = "self")]
    pub self_link: Option<String>,
    /// WebSub hub.
    pub hub: Option<String>,
    /// Language tag.
    pub language: Option<String>,
    /// When it was published (UTC).
    pub published: Option<DateTime<Utc>>,
    /// When it last changed (UTC).
    pub updated: Option<DateTime<Utc>>,
    /// Authors of the whole feed.
    pub authors: Vec<Person>,
    /// Categories as text.
    pub categories: Vec<String>,
    /// Logo or icon.
    pub image: Option<Image>,
    /// Copyright notice.
    pub copyright: Option<String>,
    /// The program that made it.
    pub generator: Option<String>,
    /// Minutes it may be cached.
    pub ttl: Option<u32>,
    /// Hours of the day (UTC, 0–23) in which it need not be read.
    pub skip_hours: Vec<u8>,
    /// Days (`Monday`, …) on which it need not be read.
    pub skip_days: Vec<String>,
    /// `sy:updatePeriod` over `sy:updateFrequency`, in seconds.
    pub update_period: Option<u64>,
    /// What had to be mended to read it.
    pub repairs: Vec<String>,
    /// Who helped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// All links, those to the feed's other pages (RFC 5005) among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// `sy:updateBase`: the instant from which updates are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_base: Option<DateTime<Utc>>,
    /// Whether it holds all there is (RFC 5005).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Whether it is a page of an archive (RFC 5005).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archive: bool,
}

/// An entry that a feed says was deleted (RFC 6721).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The entry's id.
    pub guid: String,
    /// When.
    pub when: Option<DateTime<Utc>>,
    /// Why.
    pub comment: Option<String>,
}

/// A feed's image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Absolute URL.
    pub url: String,
}

/// One item of a feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Its id as given.
    pub guid: Option<String>,
    /// Whether the guid is its link (RSS).
    pub guid_is_permalink: Option<bool>,
    /// Title as text, without markup.
    pub title: Option<String>,
    /// The story's page, absolute.
    pub link: Option<String>,
    /// All links.
    pub links: Vec<Link>,
    /// When it was published (UTC); `null` when not understood.
    pub published: Option<DateTime<Utc>>,
    /// The words of a publication date that was not understood or not believed.
    pub published_raw: Option<String>,
    /// When it last changed (UTC); `null` when not understood.
    pub updated: Option<DateTime<Utc>>,
    /// The words of an update date that was not understood or not believed.
    pub updated_raw: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// Categories as text.
    pub categories: Vec<String>,
    /// Summary: HTML or text as the feed gave it, entities decoded once.
    pub summary: Option<String>,
    /// Full content: HTML or text as the feed gave it, entities decoded once.
    pub content: Option<String>,
    /// Media type of `content` (`text/html`, `application/xhtml+xml`, `text/plain`).
    pub content_type: Option<String>,
    /// Language tag.
    pub language: Option<String>,
    /// Enclosures and media:content.
    pub media: Vec<MediaLink>,
    /// Main image, absolute.
    pub image: Option<String>,
    /// Page with comments.
    pub comments: Option<String>,
    /// The feed it was taken from.
    pub source: Option<Source>,
    /// Rights.
    pub rights: Option<String>,
    /// Who helped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// What relative links in summary and content are relative to, where the document states it (`xml:base`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// A person as a feed names one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Home page.
    pub url: Option<String>,
}

/// A link of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// Absolute URL.
    pub href: String,
    /// Relation (`alternate`, `enclosure`, …).
    pub rel: Option<String>,
    /// Media type.
    pub r#type: Option<String>,
    /// Title.
    pub title: Option<String>,
}

/// An enclosure or media:content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaLink {
    /// Absolute URL.
    pub url: String,
    /// Media type.
    pub r#type: Option<String>,
    /// Size in bytes.
    pub length: Option<u64>,
    /// Title.
    pub title: Option<String>,
    /// Who made it.
    pub credit: Option<String>,
}

/// The feed that an aggregated entry came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Title.
    pub title: Option<String>,
    /// URL.
    pub url: Option<String>,
}
