//! XML documents of any feed format: recognizes the format and finds the channel and the entries.

use url::Url;

use super::construct;
use super::context::Context;
use super::dated::{Dated, Dates, Draft};
use super::kind::Kind;
use super::repairs::Repairs;
use super::xml::{self, Node, Ns};
use super::{Deleted, FeedError, MAX_ENTRIES, channel, entry, sitemap};

/// Reads an XML document.
pub(super) fn read(text: &str, url: Option<&Url>, repairs: &mut Repairs) -> Result<Draft, FeedError> {
    let tree = xml::build(text, url.cloned(), repairs)?;
    let root = tree.root();
    let mut context = Context::default();
    let mut document = if matches!(root.local(), "urlset" | "sitemapindex") {
        sitemap::read(root, &context)
    } else {
        let head = root.descendants().find(|node| node.is_core("channel")).unwrap_or(root);
        context.atom = matches!(root.local(), "feed" | "entry");
        if root.base().is_none() {
            context.site = channel::site(head);
        }
        let parts: &[Node] = if head.local() == root.local() { &[root] } else { &[head, root] };
        let mut document = Draft { feed: channel::read(parts, &context), ..Draft::default() };
        document.feed.0.format = format(root, head);
        for found in entries(root) {
            if document.entries.len() >= MAX_ENTRIES {
                repairs.note(&format!("entries after the first {MAX_ENTRIES} left out"));
                break;
            }
            document.entries.push(entry::read(found, &context));
        }
        document.deleted = deleted(root);
        document
    };
    if root.local() == "item" || root.local() == "entry" {
        // A single entry's title is not its feed's.
        let format = std::mem::take(&mut document.feed.0.format);
        document.feed = (super::Feed { format, ..super::Feed::default() }, Dates::default());
    }
    Ok(document)
}

/// Returns the entries in document order, wherever a format or a mistake has put them.
pub(super) fn entries<'t, 'a>(root: Node<'t, 'a>) -> impl Iterator<Item = Node<'t, 'a>> {
    let is_entry = |node: &Node| node.is_core("item") || node.is_core("entry");
    let only = is_entry(&root).then_some(root);
    // Elements whose insides are not a part of the list.
    let closed = |node: &Node| {
        matches!(node.local(), "content" | "summary" | "description" | "image" | "textinput" | "source" | "encoded")
    };
    let mut skip_to = 0;
    let below = root.descendants().filter(move |node| {
        if node.index() < skip_to || only.is_some() {
            return false;
        }
        if is_entry(node) || closed(node) {
            skip_to = node.end();
        }
        is_entry(node)
    });
    only.into_iter().chain(below)
}

/// Tombstones (RFC 6721).
fn deleted(root: Node) -> Vec<(Deleted, Dated)> {
    let tombs = root.descendants().filter(|node| node.ns() == Ns::Tombstones && node.local() == "deleted-entry");
    let read = |node: Node| {
        let mut when = Dated::default();
        when.offer(0, node.filled("when").map(str::to_owned));
        let comment = node.children().find(|child| child.local() == "comment");
        let comment = comment.and_then(|comment| construct::text(comment, Kind::Text));
        Some((Deleted { guid: node.filled("ref")?.to_owned(), when: None, comment }, when))
    };
    tombs.filter_map(read).take(MAX_ENTRIES).collect()
}

/// Returns the format's name.
fn format(root: Node, head: Node) -> String {
    let namespace = |wanted: &str| {
        let named = |name| root.attribute(name).is_some_and(|uri| uri.to_ascii_lowercase().contains(wanted));
        named("xmlns") || named("xmlns:rss") || named("xmlns:atom")
    };
    let version = root.filled("version");
    match root.local() {
        "rss" => version.map_or_else(|| "rss".into(), |version| format!("rss {version}")),
        "rdf" if namespace("/0.9") => "rss 0.90".into(),
        "rdf" => "rss 1.0".into(),
        "channel"
            if head.filled("href").is_some() || head.filled("base").is_some() || head.filled("lastmod").is_some() =>
        {
            "cdf".into()
        }
        "channel" if namespace("rss1.1") => "rss 1.1".into(),
        "channel" | "item" => "rss".into(),
        _ if root.ns() == Ns::Atom && !namespace("purl.org") && version.is_none_or(|version| version == "1.0") => {
            "atom 1.0".into()
        }
        _ => match version {
            Some(version) => format!("atom {version}"),
            None if namespace("purl.org") => "atom 0.3".into(),
            None => "atom 1.0".into(),
        },
    }
}
