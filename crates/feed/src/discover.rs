//! Finds the feeds that a page links to: `<link rel="alternate">`, and links whose address or text suggests a feed.
//!
//! Only three elements matter, and their position does not: the page is cut into short pieces at their tags and each
//! piece is parsed separately, so the time is linear in the size of the page whatever its nesting.

use dom_query::Document;
use url::Url;

use super::plain::collapse;

/// The elements that may link to a feed, and the one that sets the base of relative links.
const NAMES: [&str; 3] = ["base", "link", "a"];
/// Bytes parsed of a tag and the words after it.
const MAX_PIECE: usize = 2_048;
/// The maximum number of tags examined on one page.
const MAX_TAGS: usize = 20_000;

/// Paths at which sites often have a feed that their pages do not link to; tried in this order, and only on request.
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
/// The maximum number of feeds returned for one page.
const MAX_FOUND: usize = 50;

/// A possible feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredFeed {
    /// The absolute URL.
    pub url: Url,
    /// The title that the page gives it.
    pub title: Option<String>,
    /// Whether the page declares it as a feed; otherwise its address only looks like one.
    pub stated: bool,
}

/// Returns the feeds that the page links to, declared ones first, without duplicates.
pub fn discover(html: &str, page: &Url) -> Vec<DiscoveredFeed> {
    let html = without(&without(html, "<!--", "-->"), "<script", "</script");
    let mut base: Option<Url> = None;
    let mut found: Vec<DiscoveredFeed> = Vec::new();
    for piece in pieces(&html) {
        let piece = Document::fragment(piece);
        let root = piece.root();
        let Some(tag) = root.descendants_it().find(|node| NAMES.iter().any(|name| node.has_name(name))) else {
            continue;
        };
        let Some(stated_href) = tag.attr("href") else { continue };
        let href = stated_href.trim().replacen("feed:", "", 1);
        let get = |name: &str| tag.attr(name).map(|value| value.to_ascii_lowercase()).unwrap_or_default();
        let typed = is_feed_type(&get("type"));
        let (title, stated, wanted) = if tag.has_name("base") {
            base = base.or_else(|| page.join(&href).ok());
            continue;
        } else if tag.has_name("link") {
            let rel = get("rel");
            let mut rels = rel.split_whitespace();
            let stated = rels.clone().any(|rel| rel == "feed") || typed && rels.any(|rel| rel == "alternate");
            (tag.attr("title").unwrap_or_default(), stated, stated)
        } else {
            let words = tag.text();
            let wanted = typed || stated_href.trim().starts_with("feed:") || looks_like_feed(&href);
            let wanted = wanted || speaks_of_feed(words.trim());
            (words, typed, wanted)
        };
        let Some(mut url) = base.as_ref().unwrap_or(page).join(&href).ok().filter(|_| wanted) else { continue };
        url.set_fragment(None);
        let fetched = matches!(url.scheme(), "http" | "https");
        if fetched && found.len() < MAX_FOUND && found.iter().all(|known| known.url != url) {
            found.push(DiscoveredFeed { url, title: Some(collapse(&title)).filter(|title| !title.is_empty()), stated });
        }
    }
    found.sort_by_key(|found| !found.stated);
    found
}

/// Cuts the page at the tags of [`NAMES`]: each piece is a tag and what follows it, up to the next or to [`MAX_PIECE`].
fn pieces(html: &str) -> impl Iterator<Item = &str> {
    let is_wanted = |at: &usize| {
        let name = html[at + 1..].split([' ', '\t', '\n', '\r', '\x0c', '/', '<', '>']).next().unwrap_or_default();
        NAMES.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) && !html[at + 1 + name.len()..].starts_with('>')
    };
    let mut starts = html.match_indices('<').map(|(at, _)| at).filter(is_wanted).take(MAX_TAGS).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()?;
        let end = starts.peek().map_or(html.len(), |next| *next).min(start + MAX_PIECE);
        Some(&html[start..html.floor_char_boundary(end)])
    })
}

/// Returns the text without what stands between these words; from one that is never closed on, nothing is left.
fn without(html: &str, open: &str, close: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut kept = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(start) = lower[at..].find(open) {
        kept.push_str(&html[at..at + start]);
        let inside = at + start + open.len();
        let Some(end) = lower[inside..].find(close) else { return kept };
        at = inside + end + close.len();
    }
    kept.push_str(&html[at..]);
    kept
}

/// Returns the known paths on the page's site.
pub fn known_places(page: &Url) -> impl Iterator<Item = Url> {
    KNOWN_PATHS.iter().filter_map(|path| page.join(path).ok())
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

/// Returns whether an address looks like that of a feed: `/rss`, `/news.rss`, `/feed/`, `/atom.xml`, `?format=rss`.
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
    fn what_is_commented_out_or_a_script_is_not_seen() {
        assert!(
            found("<!-- <a href=/x.rss>x</a> --><SCRIPT>'<a href=/y.rss>'</script><script>'<a href=/z.rss>'")
                .is_empty()
        );
        assert_eq!(found("<A HREF='/x&amp;y.rss'>x</A>")[0].0, "https://example.org/x&y.rss");
    }

    #[test]
    fn hostile_pages_take_linear_time() {
        let started = std::time::Instant::now();
        for piece in ["<!--", "<a href=\"", "<a '", "<a <b>", "<script", "<div>", "<a href=x.rss>"] {
            found(&piece.repeat(1_000_000 / piece.len()));
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn a_page_of_a_thousand_links_is_bounded() {
        let html: String = (0..1000).map(|i| format!("<a href='/{i}.rss'>x</a>")).collect();
        assert_eq!(found(&html).len(), MAX_FOUND);
    }
}
