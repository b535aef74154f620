//! Feed documents: decode, repair, parse.
//!
//! A plain function of its input: no clock, network or disk.

mod decode;
pub mod discover;
mod extras;
mod map;
mod mend;
mod plain;
mod sitemap;
mod types;

use url::Url;

pub use types::{Entry, Feed, Image, Link, MediaLink, Person, Source};

/// The largest document read, in bytes.
pub const MAX_BODY: usize = 64 << 20;
/// The most entries kept of one document, the first ones.
pub const MAX_ENTRIES: usize = 10_000;

/// What is known of a document from outside it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Where it was got from; relative links are resolved against it.
    pub url: Option<&'a str>,
    /// The HTTP `Content-Type`; only its charset is used, since the kind is told from the content.
    pub content_type: Option<&'a str>,
}

/// A feed document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What the feed says of itself.
    pub feed: Feed,
    /// Its entries, in document order.
    pub entries: Vec<Entry>,
}

/// Why a document could not be read as a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// A page.
    #[error("this is an HTML page, not a feed")]
    Html,
    /// Neither XML nor JSON of any feed format.
    #[error("this is not a feed: neither RSS, Atom, JSON Feed nor a sitemap begins here")]
    NotAFeed,
    /// XML of another kind.
    #[error("this is not a feed: its first element is <{0}>")]
    UnknownRoot(String),
    /// Over [`MAX_BODY`].
    #[error("the document has {0} bytes; at most {MAX_BODY} are read")]
    TooLarge(usize),
    /// Nested deeper, or with longer tags or more namespaces, than any feed needs.
    #[error("the document is nested too deeply or its tags are too long")]
    TooDeep,
    /// The format's parser refused it, mended as it was.
    #[error("unreadable: {0}")]
    Unreadable(String),
}

/// Reads a feed document of any kind.
pub fn parse(body: &[u8], hints: &Hints) -> Result<Document, FeedError> {
    if body.len() > MAX_BODY {
        return Err(FeedError::TooLarge(body.len()));
    }
    let decoded = decode::decode(body, hints.content_type);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
        return Err(FeedError::Empty);
    }
    let base = hints.url.and_then(|url| Url::parse(url).ok());
    let mut document = if text.starts_with('{') { json(text, base.as_ref())? } else { xml(text, base.as_ref())? };
    document.feed.encoding = decoded.encoding;
    if decoded.replaced {
        document.feed.repairs.push("undecodable bytes".into());
    }
    if document.entries.len() > MAX_ENTRIES {
        document.entries.truncate(MAX_ENTRIES);
        document.feed.repairs.push(format!("entries after the first {MAX_ENTRIES} left out"));
    }
    Ok(document)
}

fn parser(base: Option<&Url>) -> feed_rs::parser::Parser {
    feed_rs::parser::Builder::new()
        .base_uri(base)
        .sanitize_content(false)
        // An id that the document does not give is not invented.
        .id_generator(|_, _, _| String::new())
        .build()
}

fn json(text: &str, base: Option<&Url>) -> Result<Document, FeedError> {
    let parsed = parser(base).parse(text.as_bytes()).map_err(|error| FeedError::Unreadable(error.to_string()))?;
    let mut document = map::document(parsed, None, base);
    let version = text.split("jsonfeed.org/version/").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("1");
    document.feed.format = format!("json feed {}", if version == "1" { "1.0" } else { version });
    Ok(document)
}

fn xml(text: &str, base: Option<&Url>) -> Result<Document, FeedError> {
    let mended = mend::mend(text)?;
    let mut document = if matches!(mended.root, "urlset" | "sitemapindex") {
        sitemap::read(&mended.xml, mended.root)
    } else {
        let parsed = parser(base).parse(mended.xml.as_bytes());
        let parsed = parsed.map_err(|error| FeedError::Unreadable(error.to_string()))?;
        map::document(parsed, Some(extras::read(&mended.xml, mended.root)), base)
    };
    document.feed.repairs = mended.repairs;
    Ok(document)
}
