//! Links: resolves them, and chooses the one that leads to the page.

use std::borrow::Cow;

use url::Url;

use super::Link;
use super::context::Context;
use super::kind::Kind;
use super::plain::collapse;
use super::xml::Node;

/// The maximum number of links of one entry or feed.
const MAX_LINKS: usize = 500;

/// Returns an absolute URL; a relative one without a base stays as it is. An `&amp;` that is left was escaped twice.
pub(super) fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'));
    if href.is_empty() {
        return None;
    }
    let href: &str = &if href.contains("&amp;") { Cow::Owned(href.replace("&amp;", "&")) } else { Cow::Borrowed(href) };
    if href.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        return Some(format!("http://{href}"));
    }
    Some(match (Url::parse(href), base) {
        // Blanks and line breaks within are written as URLs have them.
        (Ok(url), _) if href.contains(|c: char| c.is_ascii_whitespace() || c.is_control()) => url.into(),
        (Ok(_), _) | (_, None) => href.to_owned(),
        (_, Some(base)) => base.join(href).map_or_else(|_| href.to_owned(), String::from),
    })
}

/// Returns whether an id is the address of a page.
pub(super) fn is_page(id: &str) -> bool {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    !id.contains(char::is_whitespace) && Url::parse(id).is_ok_and(is_web)
}

/// Returns the relation in short form.
fn relation(rel: &str) -> String {
    let rel = rel.trim().to_ascii_lowercase();
    rel.rsplit_once("/relation/").map_or(rel.clone(), |(_, short)| short.to_owned())
}

/// The links of an entry or feed.
#[derive(Debug, Default)]
pub(super) struct Links {
    all: Vec<Link>,
    /// The links of RSS; if there are several, the last one is the article's, as in other parsers.
    rss: Option<String>,
}

impl Links {
    /// Reads `<link>`: Atom's with `href`, RSS' with text.
    pub(crate) fn read(&mut self, node: Node, context: &Context) {
        let base = context.base(node);
        let text = node.text();
        let words = Some(text.trim()).filter(|text| !text.is_empty());
        let named = ["href", "rdf:resource"].iter().find_map(|name| node.filled(name));
        // Found where neither is: `<link url="…">`.
        let href = named.or(words).or_else(|| ["url", "uri", "src"].iter().find_map(|name| node.filled(name)));
        // What HTML's writers make of RSS' link: an empty element, its words after it.
        let href = href.or_else(|| node.tail().map(str::trim).filter(|tail| tail.starts_with("http")));
        let Some(href) = href.and_then(|href| absolute(href, base)) else { return };
        let rel = node.filled("rel").map(relation);
        if context.unsaid(node, Kind::Html) == Kind::Html && rel.is_none() {
            self.rss = Some(href.clone());
        }
        let (r#type, title) = (node.filled("type").map(str::to_owned), node.filled("title").map(collapse));
        self.add(Link { href, rel, r#type, title });
    }

    /// Adds a link.
    pub(crate) fn add(&mut self, link: Link) {
        if self.all.len() < MAX_LINKS {
            self.all.push(link);
        }
    }

    /// Returns the link to the page: that of RSS, else `alternate` or no relation, HTML before other types.
    pub(crate) fn page(&self) -> Option<String> {
        self.rss.clone().or_else(|| self.first_page(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate")))
    }

    /// Returns the page with comments: HTML before feeds of them.
    pub(crate) fn replies(&self) -> Option<String> {
        self.first_page(|link| link.rel.as_deref() == Some("replies"))
    }

    fn first_page(&self, wanted: impl Fn(&Link) -> bool) -> Option<String> {
        let html =
            |link: &&Link| link.r#type.as_deref().is_none_or(|kind| kind.contains("html") || kind == "text/plain");
        let mut pages = self.all.iter().filter(|link| wanted(link));
        let first = pages.clone().next();
        pages.find(html).or(first).map(|link| link.href.clone())
    }

    /// Returns the first link with this relation.
    pub(crate) fn by_relation(&self, rel: &str) -> Option<String> {
        self.all.iter().find(|link| link.rel.as_deref() == Some(rel)).map(|link| link.href.clone())
    }

    /// Returns the links with this relation.
    pub(crate) fn with_relation<'a>(&'a self, rel: &'a str) -> impl Iterator<Item = &'a Link> {
        self.all.iter().filter(move |link| link.rel.as_deref() == Some(rel))
    }

    /// Returns all of them, in document order.
    pub(crate) fn into_vec(self) -> Vec<Link> {
        self.all
    }
}
