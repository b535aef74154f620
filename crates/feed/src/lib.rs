//! Parses feed documents: bytes to text, text to a balanced tree, the tree to a feed and its entries. Parsing is a pure
//! function of the input: it uses no clock, network or disk.
//!
//! One parser reads RSS of every version, RDF, Atom, CDF and sitemaps, since feeds mix their vocabularies freely:
//! elements are recognized by namespace and name, and values that compete for a field are ranked (`context`). feed-rs
//! is not used because its values had to be replaced one by one until none were left; the tests compare this parser
//! with it (`differential`, docs/feeds.md).
//!
//! ```
//! let rss = b"<rss><channel><title>News</title></channel></rss>";
//! let document = dateline_feed::parse(rss, &dateline_feed::Hints::default())?;
//! assert_eq!(document.feed.title.as_deref(), Some("News"));
//! # Ok::<(), dateline_feed::FeedError>(())
//! ```

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod categories;
mod channel;
mod code_pages;
mod construct;
mod context;
mod dated;
mod dates;
mod decode;
mod decoded;
pub mod discover;
mod document;
mod entry;
mod escaped;
mod inflate;
mod json;
mod json_mend;
mod kind;
mod links;
mod media;
mod people;
mod plain;
mod repairs;
mod sitemap;
mod types;
mod update_hints;
mod urls;
mod xml;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod differential;

use chrono::{DateTime, Utc};
use url::Url;

pub use dates::{
    Customs as DateCustoms, DateReading, Style as DateStyle, is_between as is_date_filler, is_month, is_weekday,
    is_zone, read as read_date, western_digits,
};
use repairs::Repairs;
pub use types::{Deleted, Entry, Feed, Image, Link, MediaLink, Person, Source};

/// The maximum size of a document, in bytes, compressed or not.
pub const MAX_BODY: usize = 64 << 20;
/// The maximum number of entries read from one document; the first ones are kept.
pub const MAX_ENTRIES: usize = 10_000;

/// Information about a document from outside it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// The URL of the document; relative links are resolved against it.
    pub url: Option<&'a str>,
    /// The HTTP `Content-Type`; only its charset is used, since the format is recognized by the content.
    pub content_type: Option<&'a str>,
    /// The current time: dates more than a day after it are rejected. Without it only years after 2100 are rejected.
    pub now: Option<DateTime<Utc>>,
}

/// A feed document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The feed's own fields.
    pub feed: Feed,
    /// The entries, in document order.
    pub entries: Vec<Entry>,
    /// The entries that the feed reports as deleted.
    pub deleted: Vec<Deleted>,
}

/// The reason why a document cannot be read as a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The document contains only white space.
    #[error("the document is empty")]
    Empty,
    /// The document is an HTML page.
    #[error("this is an HTML page, not a feed; `dateline feeds discover` finds the feeds that a page names")]
    Html,
    /// The document is neither XML nor JSON of a feed format.
    #[error("this is not a feed: neither RSS, Atom, JSON Feed nor a sitemap begins here")]
    NotAFeed,
    /// The document is XML of another format.
    #[error("this is not a feed: its first element is <{0}>")]
    UnknownRoot(String),
    /// The document is larger than [`MAX_BODY`].
    #[error("the document has more than {MAX_BODY} bytes")]
    TooLarge,
    /// The document cannot be repaired.
    #[error("unreadable: {0}")]
    Unreadable(String),
}

/// Returns the JSON object or list at the start of a text, repaired to strict JSON, and the rest of the text; `None` if nothing can be
/// read. Of a truncated document every complete value is kept. The text is read once.
pub fn mend_json(text: &str) -> Option<(String, &str)> {
    json_mend::mend(text, json_mend::Keep::Values, &mut Repairs::default())
}

/// Returns the encoding with a label, including common variants ("latin-1", "cp1251").
pub fn encoding(label: &str) -> Option<&'static encoding_rs::Encoding> {
    decode::label(label)
}

/// Parses a feed document of any format, compressed with gzip or not.
pub fn parse(body: &[u8], hints: &Hints) -> Result<Document, FeedError> {
    let mut repairs = Repairs::default();
    let body = inflate::inflate(body, &mut repairs)?;
    if body.len() > MAX_BODY {
        return Err(FeedError::TooLarge);
    }
    let decoded = decode::decode(&body, hints.content_type);
    if decoded.replaced {
        repairs.note("undecodable bytes");
    }
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(FeedError::Empty);
    }
    let url = hints.url.and_then(|url| Url::parse(url).ok());
    let read = if text.starts_with(['{', '[']) { json::read } else { document::read };
    let mut document = read(text, url.as_ref(), &mut repairs)?.settle(url.as_ref(), hints.now);
    document.feed.encoding = decoded.encoding;
    document.feed.repairs = repairs.into_vec();
    Ok(document)
}
