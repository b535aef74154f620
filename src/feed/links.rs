//! Links: made absolute, and which of several is the page.

use url::Url;

use super::Link;
use super::construct::Kind;
use super::context::Context;
use super::plain::collapse;
use super::xml::Node;

/// Links kept of one entry or feed.
const MAX_LINKS: usize = 500;

/// An absolute URL; a relative one without a base stays as it is.
pub(super) fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    if href.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        return Some(format!("http://{href}"));
    }
    Some(match (Url::parse(href), base) {
        (Ok(_), _) | (_, None) => href.to_owned(),
        (_, Some(base)) => base.join(href).map_or_else(|_| href.to_owned(), String::from),
    })
}

/// The relation in short form.
fn relation(rel: &str) -> String {
    let rel = rel.trim().to_ascii_lowercase();
    rel.rsplit_once("/relation/").map_or(rel.clone(), |(_, short)| short.to_owned())
}

/// The links of an entry or feed.
#[derive(Debug, Default)]
pub(super) struct Links {
    all: Vec<Link>,
    /// RSS' own: where there are several, the last is the story's, as all readers have it.
    rss: Option<String>,
}

impl Links {
    /// Reads `<link>`: Atom's with `href`, RSS' with text.
    pub fn read(&mut self, node: Node, context: &Context) {
        let base = context.base(node);
        let text = node.text();
        let words = Some(text.trim()).filter(|text| !text.is_empty());
        let named = ["href", "rdf:resource"].iter().find_map(|name| node.filled(name));
        // Found where neither is: `<link url="…">`.
        let href = named.or(words).or_else(|| ["url", "uri", "src"].iter().find_map(|name| node.filled(name)));
        let Some(href) = href.and_then(|href| absolute(href, base)) else { return };
        let rel = node.filled("rel").map(relation);
        if context.unsaid(node, Kind::Html) == Kind::Html && rel.is_none() {
            self.rss = Some(href.clone());
        }
        let (r#type, title) = (node.filled("type").map(str::to_owned), node.filled("title").map(collapse));
        self.add(Link { href, rel, r#type, title });
    }

    /// Adds a link.
    pub fn add(&mut self, link: Link) {
        if self.all.len() < MAX_LINKS {
            self.all.push(link);
        }
    }

    /// The page it all stands for: RSS' own, else `alternate` or no relation, HTML before other types.
    pub fn page(&self) -> Option<String> {
        let pages = || self.all.iter().filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
        let html =
            |link: &&Link| link.r#type.as_deref().is_none_or(|kind| kind.contains("html") || kind == "text/plain");
        self.rss.clone().or_else(|| pages().find(html).or_else(|| pages().next()).map(|link| link.href.clone()))
    }

    /// The first link with this relation.
    pub fn by_relation(&self, rel: &str) -> Option<String> {
        self.all.iter().find(|link| link.rel.as_deref() == Some(rel)).map(|link| link.href.clone())
    }

    /// Those with this relation.
    pub fn with_relation<'a>(&'a self, rel: &'a str) -> impl Iterator<Item = &'a Link> {
        self.all.iter().filter(move |link| link.rel.as_deref() == Some(rel))
    }

    /// All of them, in document order.
    pub fn into_vec(self) -> Vec<Link> {
        self.all
    }
}
