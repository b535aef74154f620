//! Canonical URLs.

use std::sync::LazyLock;

use dateline_address::registrable_domain;
use url::{Host, Url};

use super::variants;

/// The longest URL that is believed, in bytes.
const MAX_URL: usize = 4096;

/// The tracking parameters, and whether each entry is the start of a name or the whole name.
static TRACKING: LazyLock<Vec<(&str, bool)>> = LazyLock::new(|| {
    include_str!("../data/tracking-parameters.txt")
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| l.strip_suffix('*').map_or((l, false), |start| (start, true)))
        .collect()
});

/// Returns the form of an http(s) URL that is the same however a reader came to it: tracking parameters, fragment, user info and
/// default port dropped, host in lower case, the remaining query in its order; a copy in an AMP cache is the page it was made
/// of. `None` for anything else. Host and path stay: whether `m.` or `/amp` names the same article only the page can say.
pub fn canonical_url(url: &str) -> Option<String> {
    canonical(Url::parse(url.trim()).ok()?)
}

fn canonical(url: Url) -> Option<String> {
    let mut url = variants::cached(&url).unwrap_or(url);
    if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > MAX_URL {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let query = url.query().map(|q| {
        q.split('&').filter(|p| !p.is_empty() && !is_tracking(p) && !variants::is_amp(p)).collect::<Vec<_>>().join("&")
    });
    url.set_query(query.as_deref().filter(|q| !q.is_empty()));
    Some(url.into())
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.iter().any(|&(known, start)| if start { name.starts_with(known) } else { name == known })
}

/// Returns the canonical URL that a page claims, where it is believable: http(s), on the page's own registrable domain (the
/// same host and port for addresses and bare names), and neither the site's front page nor a section above the page. A claim
/// that is the page's own address except for `http:` keeps the page's `https:`. Without the page's own address only an absolute
/// claim counts.
pub(crate) fn believed(claim: &str, page: Option<&Url>) -> Option<String> {
    let claim = claim.trim();
    if claim.is_empty() || claim.len() > MAX_URL {
        return None;
    }
    let Some(page) = page else { return canonical_url(claim) };
    let url = page.join(claim).ok()?;
    let page = &variants::cached(page).unwrap_or_else(|| page.clone());
    let is_root = |u: &Url| u.path() == "/" && u.query().is_none();
    if !same_site(&url, page) || is_root(&url) && !is_root(page) || is_section_above(&url, page) {
        return None;
    }
    let (url, page) = (canonical(url)?, canonical(page.clone())?);
    let is_page = url.strip_prefix("http:").is_some_and(|rest| page.strip_prefix("https:") == Some(rest));
    Some(if is_page { page } else { url })
}

/// Returns the first of the claims, unless it names a mobile or AMP variant and another names the same article without.
pub(crate) fn choose<T>(claims: Vec<(T, String)>) -> Option<(T, String)> {
    let (story, is_variant) = variants::bare(&claims.first()?.1);
    let better = claims.iter().position(|(_, claim)| is_variant && variants::bare(claim) == (story.clone(), false));
    claims.into_iter().nth(better.unwrap_or(0))
}

/// Returns whether a claim is but the section that the page stands in: an address above the page's that is words alone, no article's.
fn is_section_above(claim: &Url, page: &Url) -> bool {
    let path = |url: &Url| -> Vec<String> {
        url.path().split('/').filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect()
    };
    let (above, below) = (path(claim), path(page));
    claim.host() == page.host()
        && claim.query().is_none()
        && below.len() > above.len()
        && below.starts_with(&above)
        && !below[above.len()..].iter().all(|part| variants::is_mark(part))
        && above.iter().all(|part| part.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Returns whether both are of one registrable domain (Public Suffix List), or one host and port where there is none.
pub(crate) fn same_site(a: &Url, b: &Url) -> bool {
    match (a.host(), b.host()) {
        (Some(Host::Domain(x)), Some(Host::Domain(y))) => match (registrable_domain(x), registrable_domain(y)) {
            (Some(x), Some(y)) if x.contains('.') && y.contains('.') => x == y,
            _ => x == y && a.port_or_known_default() == b.port_or_known_default(),
        },
        (Some(x), Some(y)) => x == y && a.port_or_known_default() == b.port_or_known_default(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_what_does_not_name_the_article() {
        for (url, canonical) in [
            (
                "HTTPS://News.Example.ORG:443/A/b?utm_source=rss&id=7&fbclid=x#top",
                Some("https://news.example.org/A/b?id=7"),
            ),
            ("http://example.org:8099/x?utm_medium=feed", Some("http://example.org:8099/x")),
            ("https://example.org/?b=2&a=1", Some("https://example.org/?b=2&a=1")),
            ("https://example.org/s?q=caf%C3%A9&&gclid=1", Some("https://example.org/s?q=caf%C3%A9")),
            ("https://me:secret@example.org/x", Some("https://example.org/x")),
            ("https://example.org/x?", Some("https://example.org/x")),
            // Parameters that ask for another form of the same page.
            ("https://example.org/x?amp=1&id=7", Some("https://example.org/x?id=7")),
            ("https://example.org/x?amp", Some("https://example.org/x")),
            ("https://example.org/x?outputType=amp", Some("https://example.org/x")),
            ("https://example.org/x?amp=12", Some("https://example.org/x?amp=12")),
            ("https://example.org/x?output=print", Some("https://example.org/x?output=print")),
            // Host and path may be the only ones there are.
            ("https://m.example.org/x", Some("https://m.example.org/x")),
            ("https://example.org/glossary/amp", Some("https://example.org/glossary/amp")),
            // Copies in caches are of the page in their address.
            (
                "https://example-org.cdn.ampproject.org/c/s/example.org/x?usqp=1&utm_source=y",
                Some("https://example.org/x"),
            ),
            ("https://example-org.cdn.ampproject.org/v/example.org/x/amp", Some("http://example.org/x/amp")),
            ("https://www.google.com/amp/s/www.example.org/x.amp.html", Some("https://www.example.org/x.amp.html")),
            ("https://www.google.com/amp/s/", Some("https://www.google.com/amp/s/")),
            ("https://news.example.org/amp/s/other.example/x", Some("https://news.example.org/amp/s/other.example/x")),
            ("mailto:desk@example.org", None),
            ("javascript:alert(1)", None),
            ("/relative", None),
        ] {
            assert_eq!(canonical_url(url).as_deref(), canonical, "{url}");
        }
    }

    #[test]
    fn a_claim_is_believed_only_from_the_same_site() {
        let page = Url::parse("https://m.example.co.uk/world/story?x=1").unwrap();
        for (claim, believed_as) in [
            ("https://www.example.co.uk/world/story", Some("https://www.example.co.uk/world/story")),
            ("/world/story", Some("https://m.example.co.uk/world/story")),
            ("https://other.co.uk/world/story", None),
            ("https://www.example.co.uk/", None),
            ("", None),
            ("ftp://www.example.co.uk/a", None),
        ] {
            assert_eq!(believed(claim, Some(&page)).as_deref(), believed_as, "{claim}");
        }
        let page = Url::parse("https://example.org/world/europe/ferry-is-late/amp").unwrap();
        for (claim, believed_as) in [
            ("/world/europe/ferry-is-late", Some("https://example.org/world/europe/ferry-is-late")),
            ("/world/europe/", None),
            ("/world", None),
            ("/world/2024-isles", Some("https://example.org/world/2024-isles")),
            (
                "http://example.org/world/europe/ferry-is-late/amp",
                Some("https://example.org/world/europe/ferry-is-late/amp"),
            ),
            ("http://example.org/ferry", Some("http://example.org/ferry")),
            ("?id=7", Some("https://example.org/world/europe/ferry-is-late/amp?id=7")),
        ] {
            assert_eq!(believed(claim, Some(&page)).as_deref(), believed_as, "{claim}");
        }
        let cached = Url::parse("https://example-org.cdn.ampproject.org/c/s/example.org/ferry/amp").unwrap();
        assert_eq!(believed("https://example.org/ferry", Some(&cached)).as_deref(), Some("https://example.org/ferry"));
        let local = Url::parse("http://127.0.0.1:8099/a").unwrap();
        assert_eq!(believed("http://127.0.0.1:1/a", Some(&local)), None);
        assert_eq!(believed("http://127.0.0.1:8099/b", Some(&local)).as_deref(), Some("http://127.0.0.1:8099/b"));
    }

    #[test]
    fn a_variant_gives_way_to_the_same_article_without_its_mark() {
        for (claims, chosen) in [
            (&["https://m.example.org/ferry", "https://www.example.org/ferry"][..], 1),
            (&["https://mobile.example.org/ferry/", "https://example.org/ferry"], 1),
            (&["https://amp.example.org/a/ferry", "https://example.org/b", "https://www.example.org/a/ferry"], 2),
            (&["https://example.org/ferry/amp/", "https://example.org/ferry/"], 1),
            (&["https://example.org/amp/ferry", "https://example.org/ferry"], 1),
            (&["https://example.org/ferry.amp.html", "https://example.org/ferry.html"], 1),
            // Another article, another site, or no other: the first stays.
            (&["https://m.example.org/ferry", "https://www.example.org/bridge"], 0),
            (&["https://m.example.org/ferry", "https://m.example.org/ferry?id=1"], 0),
            (&["https://m.example.org/ferry"], 0),
            (&["https://example.org/ferry", "https://m.example.org/ferry"], 0),
        ] {
            let all = claims.iter().enumerate().map(|(at, claim)| (at, (*claim).to_owned())).collect();
            assert_eq!(choose(all), Some((chosen, claims[chosen].to_owned())), "{claims:?}");
        }
        assert_eq!(choose(Vec::<((), String)>::new()), None);
    }
}
