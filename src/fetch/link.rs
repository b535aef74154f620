//! Reads `Link` headers (RFC 8288): a document's hubs and its canonical URL, as WebSub discovery needs them.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::Links;

/// The maximum bytes read of one header, and headers read of one answer.
const MAX_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 20;
/// The maximum number of hubs; no honest feed has more.
const MAX_HUBS: usize = 4;

/// Returns the hubs and the canonical URL in the headers of an answer from `base`.
pub(super) fn links(headers: &HeaderMap, base: &Url) -> Links {
    let mut found = Links::default();
    for value in headers.get_all(LINK).iter().take(MAX_HEADERS) {
        let bytes = value.as_bytes();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES)]);
        let mut rest = &*text;
        while let Some(link) = next(&mut rest) {
            let web = |url: &Url| matches!(url.scheme(), "http" | "https");
            let Some(url) = base.join(link.target).ok().filter(web) else { continue };
            let is = |wanted: &str| link.rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case(wanted));
            if is("hub") && found.hubs.len() < MAX_HUBS && !found.hubs.contains(&url) {
                found.hubs.push(url.clone());
            }
            if is("self") && found.own.is_none() {
                found.own = Some(url);
            }
        }
    }
    found
}

/// One link of a header.
struct Link<'a> {
    target: &'a str,
    /// The link's relation; empty if the link is about another document (`anchor`).
    rel: String,
}

/// Takes the next link off the header; skips anything that is not a link.
fn next<'a>(rest: &mut &'a str) -> Option<Link<'a>> {
    loop {
        *rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() {
            return None;
        }
        let Some((target, after)) = rest.strip_prefix('<').and_then(|inner| inner.split_once('>')) else {
            parameters(rest); // to the next comma
            continue;
        };
        *rest = after;
        let rel = parameters(rest);
        // If a bracket was never closed, the next link's address comes after it.
        let target = target.rsplit_once('<').map_or(target, |(_, last)| last).trim();
        return Some(Link { target, rel });
    }
}

/// Takes the parameters up to the comma that ends the link; returns the first `rel`, as only that one counts.
fn parameters(rest: &mut &str) -> String {
    let (mut rel, mut anchored) = (None, false);
    loop {
        let end = rest.find([';', ',', '=', '"']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        match rest[end..].chars().next() {
            Some(';') => *rest = &rest[end + 1..],
            Some('=') => {
                *rest = rest[end + 1..].trim_start();
                let value = value(rest);
                anchored |= name.eq_ignore_ascii_case("anchor");
                if name.eq_ignore_ascii_case("rel") && rel.is_none() {
                    rel = Some(value);
                }
            }
            Some('"') => {
                *rest = &rest[end..];
                value(rest); // a quoted text where none is allowed
            }
            _ => {
                *rest = &rest[end..];
                return if anchored { String::new() } else { rel.unwrap_or_default() };
            }
        }
    }
}

/// Takes a parameter's value, quoted or not.
fn value(rest: &mut &str) -> String {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([';', ',']).unwrap_or(rest.len());
        let value = rest[..end].trim().to_owned();
        *rest = &rest[end..];
        return value;
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    *rest = chars.as_str();
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the hubs, separated by spaces, and the canonical URL.
    fn named(values: &[&str]) -> (String, String) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, value.parse().unwrap());
        }
        let Links { hubs, own } = links(&headers, &Url::parse("https://a.example/news/feed.xml").unwrap());
        let hubs: Vec<String> = hubs.into_iter().map(String::from).collect();
        (hubs.join(" "), own.map(String::from).unwrap_or_default())
    }

    #[test]
    fn hubs_and_the_own_url_are_found_in_every_spelling() {
        const HUB: &str = "https://hub.example/";
        const OWN: &str = "https://a.example/feed";
        for (values, hub, own) in [
            (&["<https://hub.example/>; rel=\"hub\", <https://a.example/feed>; rel=\"self\""][..], HUB, OWN),
            (&["<https://hub.example/>; rel=hub", "<https://a.example/feed>;rel=self"], HUB, OWN),
            (&["<https://hub.example/>;REL=Hub,<https://a.example/feed>;Rel=SELF"], HUB, OWN),
            (&["  < https://hub.example/ > ; rel = \"hub\" , ,, <https://a.example/feed>; rel = self ;"], HUB, OWN),
            (&["<https://a.example/feed>; rel=\"alternate  self hub\""], OWN, OWN),
            (&["<https://hub.example/>; title=\"a, b; \\\"rel=self\\\"\"; rel=hub, </feed>; rel=self"], HUB, OWN),
            (&["<../feed>; rel=self, <//hub.example/>; rel=hub"], HUB, OWN),
            (&["<https://hub.example/>; rel=next; rel=hub"], "", ""), // only the first counts
            (&["<https://hub.example/>; rel=hub; anchor=\"/other\""], "", ""),
            (&["<https://hub.example/>; rel*=UTF-8''hub; rel"], "", ""),
            (&["<https://hub.example/?a=1,2;b>; rel=hub"], "https://hub.example/?a=1,2;b", ""),
            (&["<https://x.example/; rel=hub, <https://hub.example/>; rel=hub"], HUB, ""),
            (&["https://x.example/; rel=hub, <https://hub.example/>; rel=hub"], HUB, ""),
            (&["<https://hub.example/>; rel=hub junk, <https://a.example/feed>; rel=self \"a, b\""], HUB, OWN),
            (&["<mailto:hub@example.org>; rel=hub, <javascript:x>; rel=self"], "", ""),
            (&["<https://hub.example/>; rel=\"hub"], HUB, ""),
            (&["<https://hub.example/>; rel=\"hub\\"], HUB, ""),
            (&["<https://hub.example/>", "<>", "<", ";", "=", "\"", "rel=hub"], "", ""),
            (&["<https://hub.example/>; rel=hub, <https://hub.example>; rel=hub"], HUB, ""),
            (
                &["<https://a.example/1>; rel=hub, <https://a.example/2>; rel=hub"],
                "https://a.example/1 https://a.example/2",
                "",
            ),
        ] {
            assert_eq!(named(values), (hub.to_owned(), own.to_owned()), "{values:?}");
        }
    }

    #[test]
    fn a_flood_of_links_is_bounded() {
        let many: String = (0..1_000).map(|i| format!("<https://hub.example/{i}>; rel=hub, ")).collect();
        assert_eq!(named(&[&many]).0.split(' ').count(), MAX_HUBS);
        let started = std::time::Instant::now();
        for odd in ["<".repeat(60_000), "\"".repeat(60_000), ";=".repeat(30_000), "<a>;".repeat(15_000)] {
            assert_eq!(named(&[odd.as_str(); 30]), (String::new(), String::new()));
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
    }
}
