//! The feeds that a page names: `<link rel="alternate">`, and links whose address or words speak of a feed.

use scraper::{Html, Selector};
use url::Url;

use super::plain::plain;

/// Places where sites keep a feed that their pages do not name; tried in this order, and only when somebody asks.
pub const KNOWN_PATHS: [&str; 10] = [
    "/feed",
    "/rss",
    "/feed.xml",
    "/rss.xml",
    "/atom.xml",
    "/index.xml",
    "/feeds/posts/default",
    "/feed.json",
    "/news-sitemap.xml",
    "/sitemap-news.xml",
];
/// Places told of one page at most.
const MAX_FOUND: usize = 50;

/// A place where a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Absolute.
    pub url: Url,
    /// What the page calls it.
    pub title: Option<String>,
    /// Whether the page says that it is a feed; otherwise it only looks like one.
    pub stated: bool,
}

/// The feeds that the page names, stated ones first, each once.
pub fn discover(html: &str, page: &Url) -> Vec<Found> {
    let tree = Html::parse_document(html);
    let base = select("base[href]").and_then(|base| page.join(tree.select(&base).next()?.attr("href")?).ok());
    let base = base.unwrap_or_else(|| page.clone());
    let mut found: Vec<Found> = Vec::new();
    let mut add = |href: Option<&str>, title: Option<String>, stated: bool| {
        let Some(mut url) = href.and_then(|href| base.join(&href.trim().replacen("feed:", "", 1)).ok()) else { return };
        url.set_fragment(None);
        let fetched = matches!(url.scheme(), "http" | "https");
        if fetched && found.len() < MAX_FOUND && found.iter().all(|known| known.url != url) {
            found.push(Found { url, title: title.filter(|title| !title.is_empty()), stated });
        }
    };
    for link in select("link[href][rel]").iter().flat_map(|links| tree.select(links)) {
        let rel = link.attr("rel").unwrap_or_default().to_ascii_lowercase();
        let kind = link.attr("type").unwrap_or_default().to_ascii_lowercase();
        let rels: Vec<&str> = rel.split_whitespace().collect();
        let stated = rels.contains(&"feed") || rels.contains(&"alternate") && is_feed_type(&kind);
        if stated {
            add(link.attr("href"), link.attr("title").map(plain), true);
        }
    }
    for link in select("a[href]").iter().flat_map(|links| tree.select(links)) {
        let href = link.attr("href").unwrap_or_default();
        let words = plain(&link.text().take(20).collect::<String>());
        let stated = link.attr("type").is_some_and(|kind| is_feed_type(&kind.to_ascii_lowercase()));
        if stated || href.starts_with("feed:") || looks_like_feed(href) || speaks_of_feed(&words) {
            add(Some(href), Some(words), stated);
        }
    }
    found.sort_by_key(|found| !found.stated);
    found
}

/// The known paths on the page's site.
pub fn known_places(page: &Url) -> impl Iterator<Item = Url> {
    KNOWN_PATHS.iter().filter_map(|path| page.join(path).ok())
}

fn select(selector: &str) -> Option<Selector> {
    Selector::parse(selector).ok()
}

fn is_feed_type(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(
        kind,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "application/rss"
            | "application/atom"
            | "text/rss+xml"
            | "text/atom+xml"
    )
}

/// `/rss`, `/news.rss`, `/feed/`, `/atom.xml`, `?format=rss`: an address that speaks of a feed.
fn looks_like_feed(href: &str) -> bool {
    let href = href.split('#').next().unwrap_or_default().to_ascii_lowercase();
    let (path, query) = href.split_once('?').unwrap_or((&href, ""));
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let named = |word: &str| matches!(word, "feed" | "feeds" | "rss" | "rss2" | "atom" | "rdf");
    let ended = [".rss", ".atom", ".rdf"].iter().any(|end| last.ends_with(end));
    let file = last.strip_suffix(".xml").or_else(|| last.strip_suffix(".json"));
    let file = file.is_some_and(|stem| stem.split(['-', '_', '.']).any(named));
    named(last) || ended || file || query.split('&').any(|pair| pair.rsplit('=').next().is_some_and(named))
}

fn speaks_of_feed(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.len() < 60 && words.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "rss" | "atom"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<(String, bool)> {
        let page = Url::parse("https://example.org/world/").unwrap();
        discover(html, &page).into_iter().map(|found| (found.url.to_string(), found.stated)).collect()
    }

    #[test]
    fn what_the_head_states_comes_first_and_once() {
        let html = "<head><base href='/base/'><link rel='Alternate' type='application/rss+xml; charset=utf-8' href='a.xml' title='A &amp; B'>\
            <link rel=alternate type=application/atom+xml href='//cdn.example.org/atom#x'><link rel=alternate hreflang=de href='/de'>\
            <link rel='feed' href='feed:https://example.org/f'></head>\
            <a href='a.xml'>RSS</a><a href='/tags/news.rss'>news</a>";
        let wanted = [
            ("https://example.org/base/a.xml", true),
            ("https://cdn.example.org/atom", true),
            ("https://example.org/f", true),
            ("https://example.org/tags/news.rss", false),
        ];
        assert_eq!(found(html), wanted.map(|(url, stated)| (url.to_owned(), stated)));
    }

    #[test]
    fn anchors_speak_by_address_or_words() {
        for (link, is) in [
            ("<a href='/feed/'>x</a>", true),
            ("<a href='/x?format=rss'>x</a>", true),
            ("<a href='/world-feed.xml'>x</a>", true),
            ("<a href='/subscribe'>Our RSS</a>", true),
            ("<a href='/feedback'>Feedback</a>", false),
            ("<a href='/atomic-energy'>Atomic energy</a>", false),
            ("<a href='javascript:rss'>RSS</a>", false),
            ("<a href='mailto:rss@example.org'>RSS</a>", false),
        ] {
            assert_eq!(!found(link).is_empty(), is, "{link}");
        }
    }

    #[test]
    fn a_page_of_a_thousand_links_is_bounded() {
        let html: String = (0..1000).map(|i| format!("<a href='/{i}.rss'>x</a>")).collect();
        assert_eq!(found(&html).len(), MAX_FOUND);
    }
}
