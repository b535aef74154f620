//! Feed documents: bytes to text, text to a balanced tree, the tree to a feed and its entries.
//!
//! A plain function of its input: no clock, network or disk.
//!
//! One reading serves RSS of every version, RDF, Atom, CDF and sitemaps, since feeds mix the vocabularies freely: each element is
//! recognized by its namespace and name, and what competes for a field is ranked (`context`). feed-rs is not the reader because
//! its values had to be replaced one by one until it had nothing left to do; it reads beside ours in the tests (`differential`,
//! docs/feeds.md).

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

/// The largest document read, in bytes, packed or not.
pub const MAX_BODY: usize = 64 << 20;
/// The most entries kept of one document, the first ones.
pub const MAX_ENTRIES: usize = 10_000;

/// What is known of a document from outside it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Where it was got from; relative links are resolved against it.
    pub url: Option<&'a str>,
    /// The HTTP `Content-Type`; only its charset is used, since the content shows the kind.
    pub content_type: Option<&'a str>,
    /// The present: a date more than a day ahead of it is not believed. Without it only years after 2100 are refused.
    pub now: Option<DateTime<Utc>>,
}

/// A feed document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What the feed says of itself.
    pub feed: Feed,
    /// Its entries, in document order.
    pub entries: Vec<Entry>,
    /// Entries it says were deleted.
    pub deleted: Vec<Deleted>,
}

/// Why a document could not be read as a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// A page.
    #[error("this is an HTML page, not a feed; `dateline feeds discover` finds the feeds that a page names")]
    Html,
    /// Neither XML nor JSON of any feed format.
    #[error("this is not a feed: neither RSS, Atom, JSON Feed nor a sitemap begins here")]
    NotAFeed,
    /// XML of another kind.
    #[error("this is not a feed: its first element is <{0}>")]
    UnknownRoot(String),
    /// Over [`MAX_BODY`].
    #[error("the document has more than {MAX_BODY} bytes")]
    TooLarge,
    /// Broken beyond mending.
    #[error("unreadable: {0}")]
    Unreadable(String),
}

/// Returns the object or list at the beginning of a text as strict JSON, and what follows it; `None` if nothing can be kept of
/// it. Of a document that is cut off every whole value is kept. One pass over the text.
pub fn mend_json(text: &str) -> Option<(String, &str)> {
    json_mend::mend(text, json_mend::Keep::Values, &mut Repairs::default())
}

/// Returns the encoding that a label names, also as some write it ("latin-1", "cp1251").
pub fn encoding(label: &str) -> Option<&'static encoding_rs::Encoding> {
    decode::label(label)
}

/// Reads a feed document of any kind, packed with gzip or not.
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
