//! One URL for one story.

use std::sync::LazyLock;

use url::{Host, Url};

/// The longest URL that is believed, in bytes.
const MAX_URL: usize = 4096;

/// What a line of the list of tracking parameters names: the start of a name, or the whole.
static TRACKING: LazyLock<Vec<(&str, bool)>> = LazyLock::new(|| {
    include_str!("data/tracking-parameters.txt")
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| l.strip_suffix('*').map_or((l, false), |start| (start, true)))
        .collect()
});

/// The form of an http(s) URL that is the same however a reader came to it: tracking parameters, fragment, user info and
/// default port dropped, host in lower case, the remaining query in its order. `None` for anything else.
pub fn canonical_url(url: &str) -> Option<String> {
    canonical(Url::parse(url.trim()).ok()?)
}

fn canonical(mut url: Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > MAX_URL {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let query =
        url.query().map(|q| q.split('&').filter(|p| !p.is_empty() && !is_tracking(p)).collect::<Vec<_>>().join("&"));
    url.set_query(query.as_deref().filter(|q| !q.is_empty()));
    Some(url.into())
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.iter().any(|&(known, start)| if start { name.starts_with(known) } else { name == known })
}

/// The canonical URL that a page claims, where it is believable: http(s), on the page's own registrable domain (the
/// same host and port for addresses and bare names), and not the site's front page unless the page itself is.
/// Without the page's own address only an absolute claim counts.
pub fn believed(claim: &str, page: Option<&Url>) -> Option<String> {
    let claim = claim.trim();
    if claim.is_empty() || claim.len() > MAX_URL {
        return None;
    }
    let Some(page) = page else { return canonical_url(claim) };
    let url = page.join(claim).ok()?;
    let is_root = |u: &Url| u.path() == "/" && u.query().is_none();
    (same_site(&url, page) && (!is_root(&url) || is_root(page))).then(|| canonical(url))?
}

/// Whether both are of one registrable domain (Public Suffix List), or one host and port where there is none.
fn same_site(a: &Url, b: &Url) -> bool {
    match (a.host(), b.host()) {
        (Some(Host::Domain(x)), Some(Host::Domain(y))) => match (psl::domain_str(x), psl::domain_str(y)) {
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
    fn urls_lose_what_does_not_name_the_story() {
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
        let local = Url::parse("http://127.0.0.1:8099/a").unwrap();
        assert_eq!(believed("http://127.0.0.1:1/a", Some(&local)), None);
        assert_eq!(believed("http://127.0.0.1:8099/b", Some(&local)).as_deref(), Some("http://127.0.0.1:8099/b"));
    }
}
