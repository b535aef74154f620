//! The reasons for which the two parsers may differ on a field: which elements determine it, and whether both parsers
//! read them.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::Field;
use crate::context::Context;
use crate::xml::{Node, Ns};
use crate::{Entry, dates};

/// Why the two may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// feed-rs refuses the document: an element that is empty or of a type it does not know, a JSON value of another type.
    Refused,
    /// feed-rs panics: it cuts the words around a mail address between the bytes of a character.
    Panicked,
    /// The value is in an element or attribute that feed-rs does not read there.
    Unread,
    /// Several elements compete: feed-rs takes the last, this parser ranks them.
    Several,
    /// Unescaped markup: feed-rs takes the words before the first tag.
    Inline,
    /// One of the parsers fills a missing field from another one.
    Filled,
    /// A date that is rejected as implausible, or that the rest of the document decides.
    Date,
    /// A name and a mail address in one string, which the two split differently.
    TextMode,
    /// A mistyped URL, or a relative one in JSON, which this parser repairs.
    Mended,
}

/// Why the two may differ on a field of an XML entry.
pub(super) fn of_entry(
    field: Field,
    entry: Node,
    context: &Context,
    ours: &Entry,
    theirs: &BTreeSet<String>,
) -> Option<Reason> {
    let media = entry.descendants().filter(|node| node.ns() == Ns::Media);
    let speakers =
        entry.children().filter(|node| node.ns() != Ns::Media).chain(media).filter(|node| speaks(field, *node));
    let speakers: Vec<Node> = speakers.collect();
    let collects = matches!(field, Field::Categories | Field::Authors | Field::Media);
    if speakers.len() > 1 && !collects {
        return Some(Reason::Several);
    }
    if !speakers.iter().all(|node| is_read(field, *node, context)) {
        return Some(Reason::Unread);
    }
    let inline = |node: &Node| match field {
        Field::Authors if context.atom => node.children().any(Node::has_elements),
        _ => node.has_elements(),
    };
    if speakers.iter().any(inline) {
        return Some(Reason::Inline);
    }
    let Some(words) = speakers.first().and_then(|node| node.word().or_else(|| node.filled("href").map(str::to_owned)))
    else {
        return Some(Reason::Filled);
    };
    match field {
        Field::Published | Field::Updated if is_by_itself(&words, theirs) => Some(Reason::Date),
        Field::Updated if ours.updated.is_none() => Some(Reason::Filled),
        Field::Authors => {
            let mixed = |node: &Node| node.text().contains(['@', '/']) || node.children().count() > 3;
            speakers.iter().any(mixed).then_some(Reason::TextMode)
        }
        Field::Link => {
            let text = speakers.first().map(|node| node.text()).unwrap_or_default();
            let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}');
            let without_scheme = words.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
            (without_scheme || words.contains("&amp;") || text.trim_ascii().contains(odd)).then_some(Reason::Mended)
        }
        Field::Media if speakers.len() > 1 => Some(Reason::Several),
        _ => None,
    }
}

/// Returns whether a date is what its words say by themselves.
fn is_by_itself(words: &str, date: &BTreeSet<String>) -> bool {
    let by_itself = dates::parse(words).filter(|at| dates::believed(*at, None));
    by_itself.iter().map(DateTime::to_rfc3339).collect::<BTreeSet<_>>() == *date
}

/// Why the two may differ on a field of an item of a JSON Feed.
pub(super) fn of_item(field: Field, item: &Map<String, Value>, theirs: &BTreeSet<String>) -> Option<Reason> {
    let words = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    match field {
        // feed-rs lists attachments among the links.
        Field::Media => Some(Reason::Unread),
        Field::Link if words("url").is_empty() => Some(Reason::Filled),
        Field::Link => (!words("url").contains("://")).then_some(Reason::Mended),
        Field::Published => is_by_itself(words("date_published"), theirs).then_some(Reason::Date),
        Field::Updated => is_by_itself(words("date_modified"), theirs).then_some(Reason::Date),
        Field::Summary => (!words("content_text").is_empty()).then_some(Reason::Filled),
        Field::Content if item.contains_key("content_html") && item.contains_key("content_text") => {
            Some(Reason::Several)
        }
        Field::Authors if item.contains_key("author") && item.contains_key("authors") => Some(Reason::Several),
        _ => None,
    }
}

/// Returns whether we may take an element for a field.
fn speaks(field: Field, node: Node) -> bool {
    let (core, itunes, media) = (node.ns().is_core(), node.ns() == Ns::Itunes, node.ns() == Ns::Media);
    let dc = matches!(node.ns(), Ns::Dc | Ns::DcTerms);
    let named = |names: &[&str]| names.contains(&node.local());
    match field {
        Field::Id => core && named(&["guid", "id"]) || dc && named(&["identifier"]),
        Field::Title => (core || dc || itunes || media) && named(&["title"]),
        Field::Link => core && named(&["link", "a", "url"]),
        Field::Published => {
            core && named(&["pubdate", "published", "issued", "created", "date"])
                || dc && named(&["date", "issued", "created", "available"])
        }
        Field::Updated => {
            core && named(&["updated", "modified", "lastbuilddate", "date"]) || dc && named(&["date", "modified"])
        }
        Field::Authors => {
            core && named(&["author", "managingeditor", "source"])
                || dc && named(&["creator", "author"])
                || itunes && named(&["author"])
        }
        Field::Categories => {
            core && named(&["category", "keywords", "tags"])
                || dc && named(&["subject"])
                || (itunes || media) && named(&["keywords", "category"])
        }
        Field::Summary => {
            (core || dc || itunes || media) && named(&["description", "summary", "abstract"])
                || itunes && named(&["subtitle"])
        }
        Field::Content => {
            core && named(&["content", "encoded", "body", "fullitem"])
                || matches!(node.ns(), Ns::Content | Ns::Xhtml) && named(&["encoded", "content", "body", "div"])
                || node.ns() == Ns::Other && named(&["full-text", "fulltext"])
        }
        Field::Media => core && named(&["enclosure", "content", "link"]) || media && named(&["content"]),
    }
}

/// Returns whether feed-rs reads such an element for the field as well, and all that we read of it.
fn is_read(field: Field, node: Node, context: &Context) -> bool {
    let (atom, local) = (context.atom, node.local());
    let core = if atom { node.ns().is_core() } else { node.ns() == Ns::Plain };
    let without = |names: &[&str]| names.iter().all(|name| node.filled(name).is_none());
    let one_of = |name, values: &[&str]| node.filled(name).is_none_or(|value| values.contains(&value));
    let is_text = without(&["mode"]) && (atom || without(&["type"]));
    match field {
        Field::Id => core && local == if atom { "id" } else { "guid" } && node.stated_base().is_none(),
        Field::Title => core && is_text,
        Field::Link if atom => local == "link" && node.word().is_none() && one_of("rel", &["alternate"]),
        Field::Link => core && local == "link" && node.word().is_some() && without(&["href", "rdf:resource", "rel"]),
        Field::Published => {
            core && (local == "pubdate" || atom && local == "published")
                || !atom && node.ns() == Ns::Dc && local == "date"
        }
        Field::Updated => local == "updated",
        Field::Authors if atom => {
            core && local == "author" && node.children().any(|child| matches!(child.local(), "name" | "email"))
        }
        Field::Authors => core && local == "author" || node.ns() == Ns::Dc && local == "creator",
        Field::Categories if atom => core && local == "category" && node.filled("term").is_some(),
        Field::Categories => core && local == "category" && without(&["term", "label"]),
        Field::Summary => core && is_text && local == if atom { "summary" } else { "description" },
        Field::Content if atom => {
            core && local == "content"
                && without(&["mode", "src"])
                && one_of("type", &["text", "html", "xhtml", "text/html"])
        }
        Field::Content => node.ns() == Ns::Content && local == "encoded" && is_text,
        Field::Media => !atom && local == "enclosure" && node.filled("url").is_some(),
    }
}
