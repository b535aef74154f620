//! The values of a feed document, as `dateline parse` prints them.

use chrono::{DateTime, Utc};
use dateline_record::TdmReservation;
use serde::{Deserialize, Serialize};

/// The feed's own fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feed {
    /// The format: `rss 2.0`, `rss 1.0`, `atom 1.0`, `json feed 1.1`, `sitemap`, …
    pub format: String,
    /// The character encoding that was used (WHATWG name, lower case).
    pub encoding: String,
    /// The title as text.
    pub title: Option<String>,
    /// The description or subtitle as text.
    pub description: Option<String>,
    /// The URL of the site, absolute.
    pub link: Option<String>,
    /// The feed's own URL, as the feed states it.
    #[serde(rename = "self")]
    pub self_link: Option<String>,
    /// The WebSub hub.
    pub hub: Option<String>,
    /// The language tag.
    pub language: Option<String>,
    /// The time of publication (UTC).
    pub published: Option<DateTime<Utc>>,
    /// The time of the last change (UTC).
    pub updated: Option<DateTime<Utc>>,
    /// The authors of the whole feed.
    pub authors: Vec<Person>,
    /// The categories as text.
    pub categories: Vec<String>,
    /// The logo or icon.
    pub image: Option<Image>,
    /// The copyright notice.
    pub copyright: Option<String>,
    /// The program that generated the feed.
    pub generator: Option<String>,
    /// The number of minutes for which the feed may be cached.
    pub ttl: Option<u32>,
    /// The hours of the day (UTC, 0–23) in which the feed need not be polled.
    pub skip_hours: Vec<u8>,
    /// The days (`Monday`, …) on which the feed need not be polled.
    pub skip_days: Vec<String>,
    /// `sy:updatePeriod` over `sy:updateFrequency`, in seconds.
    pub update_period: Option<u64>,
    /// The repairs that were needed to read the feed.
    pub repairs: Vec<String>,
    /// The contributors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// All links, including those to the feed's other pages (RFC 5005).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// `sy:updateBase`: the instant from which updates are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_base: Option<DateTime<Utc>>,
    /// Whether the document contains all entries of the feed (RFC 5005).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Whether the document is a page of an archive (RFC 5005).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archive: bool,
    /// The reservation of text and data mining that its server states; the document itself has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tdm: Option<TdmReservation>,
}

/// An entry that the feed reports as deleted (RFC 6721).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The id of the entry.
    pub guid: String,
    /// The time of the deletion.
    pub when: Option<DateTime<Utc>>,
    /// The reason.
    pub comment: Option<String>,
}

/// A feed's image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The absolute URL.
    pub url: String,
}

/// An entry (item) of a feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The id, unchanged.
    pub guid: Option<String>,
    /// Whether the guid is also the link (RSS).
    pub guid_is_permalink: Option<bool>,
    /// The title as text, without markup.
    pub title: Option<String>,
    /// The URL of the article's page, absolute.
    pub link: Option<String>,
    /// All links.
    pub links: Vec<Link>,
    /// The time of publication (UTC); `null` if the date could not be parsed.
    pub published: Option<DateTime<Utc>>,
    /// The text of a publication date that could not be parsed or is implausible.
    pub published_raw: Option<String>,
    /// The time of the last change (UTC); `null` if the date could not be parsed.
    pub updated: Option<DateTime<Utc>>,
    /// The text of an update date that could not be parsed or is implausible.
    pub updated_raw: Option<String>,
    /// The authors.
    pub authors: Vec<Person>,
    /// The categories as text.
    pub categories: Vec<String>,
    /// The summary: HTML or text as in the feed, with entities decoded once.
    pub summary: Option<String>,
    /// The full content: HTML or text as in the feed, with entities decoded once.
    pub content: Option<String>,
    /// The media type of `content` (`text/html`, `application/xhtml+xml`, `text/plain`).
    pub content_type: Option<String>,
    /// The language tag.
    pub language: Option<String>,
    /// The enclosures and `media:content`.
    pub media: Vec<MediaLink>,
    /// The URL of the main image, absolute.
    pub image: Option<String>,
    /// The page with comments.
    pub comments: Option<String>,
    /// The feed that the entry was copied from.
    pub source: Option<Source>,
    /// The rights.
    pub rights: Option<String>,
    /// The contributors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// The base of relative links in summary and content, if the document states one (`xml:base`).
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
    /// The absolute URL.
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
    /// The absolute URL.
    pub url: String,
    /// Media type.
    pub r#type: Option<String>,
    /// Size in bytes.
    pub length: Option<u64>,
    /// Title.
    pub title: Option<String>,
    /// The credit.
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
