//! feed-rs, given one entry at a time.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use feed_rs::model;
use feed_rs::parser::{Builder, ParseFeedError};
use serde_json::{Map, Value, json};
use url::Url;

use super::reasons::Reason;
use crate::context::Context;
use crate::dates;
use crate::xml::{Node, Ns};

const NAMESPACES: &str = "xmlns:a='http://www.w3.org/2005/Atom' xmlns:c='http://purl.org/rss/1.0/modules/content/' \
    xmlns:d='http://purl.org/dc/elements/1.1/' xmlns:m='http://search.yahoo.com/mrss/' xmlns:o='urn:other'";

/// Reads one `<item>` or `<entry>`, written as a well-formed document.
pub(super) fn entry(entry: Node, context: &Context, url: Option<&Url>) -> Result<model::Entry, Reason> {
    let (open, close, name) = if context.atom {
        (r#"<feed xmlns="http://www.w3.org/2005/Atom""#, "</feed>", "entry")
    } else {
        (r#"<rss version="2.0""#, "</channel></rss>", "item")
    };
    let mut out = format!("{open} {NAMESPACES}>");
    if !context.atom {
        out.push_str("<channel>");
    }
    let _ = write!(out, "<{name}>");
    entry.children().for_each(|child| element(&mut out, child, context));
    let _ = write!(out, "</{name}>{close}");
    parse(&out, url)
}

/// Reads one item of a JSON Feed.
pub(super) fn item(item: &Map<String, Value>) -> Result<model::Entry, Reason> {
    parse(&json!({ "version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [item] }).to_string(), None)
}

fn parse(text: &str, url: Option<&Url>) -> Result<model::Entry, Reason> {
    let dated = |words: &str| dates::parse(words).filter(|at: &DateTime<Utc>| dates::believed(*at, None));
    let parser = Builder::new().base_uri(url).sanitize_content(false).timestamp_parser(dated);
    let parser = parser.id_generator(|_, _, _| String::new()).build();
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes()))).map_err(|_| Reason::Panicked)?;
    match parsed {
        Ok(feed) => feed.entries.into_iter().next().ok_or(Reason::Refused),
        Err(ParseFeedError::ParseError(_) | ParseFeedError::JsonSerde(_)) => Err(Reason::Refused),
        Err(error) => panic!("feed-rs cannot read what was written: {error}\n{text}"),
    }
}

/// Writes an element and all in it, under the names that feed-rs knows.
fn element(out: &mut String, node: Node, context: &Context) {
    const ATTRIBUTES: [&str; 12] =
        ["href", "rel", "type", "title", "length", "url", "fileSize", "medium", "term", "label", "isPermaLink", "src"];
    let local = match node.local() {
        "pubdate" => "pubDate",
        "lastbuilddate" => "lastBuildDate",
        other => other,
    };
    let prefix = match node.ns() {
        Ns::Plain => "",
        Ns::Atom | Ns::Xhtml if context.atom => "",
        Ns::Atom => "a:",
        Ns::Content => "c:",
        Ns::Dc => "d:",
        Ns::Media => "m:",
        _ => "o:",
    };
    let is_name = local.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_name = is_name && local.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let local = if is_name { local } else { "unnamed" };
    let _ = write!(out, "<{prefix}{local}");
    for name in ATTRIBUTES {
        if let Some(value) = node.filled(name) {
            let _ = write!(out, " {name}=\"{}\"", html_escape::encode_double_quoted_attribute(value));
        }
    }
    if let Some(base) = node.stated_base() {
        let _ = write!(out, " xml:base=\"{}\"", html_escape::encode_double_quoted_attribute(base.as_str()));
    }
    out.push('>');
    for part in node.parts() {
        match part {
            Ok(child) => element(out, child, context),
            Err(text) => out.push_str(&html_escape::encode_text(text)),
        }
    }
    let _ = write!(out, "</{prefix}{local}>");
}
