//! Where an entry's link leads: to one of its feed's own sites, or to another site, as in paid posts and link blogs.

use url::Url;

use crate::feed::{Entry, Feed};
use crate::fetch::registrable;

/// Services that serve other sites' feeds or count their readers: a link through them does not show where it leads.
const PROXIES: [&str; 11] = [
    "doubleclick.net",
    "feedblitz.com",
    "feedburner.com",
    "feedly.com",
    "feedsportal.com",
    "google.com",
    "inoreader.com",
    "pheedo.com",
    "rss.app",
    "t.co",
    "xiti.com",
];

/// Returns the registrable domain that the entry's link leads to, if that is not one of its feed's sites: those of the
/// feed's URL and of the site and feed that it names. A feed that names no site may serve any site, so nothing is said
/// of its links.
pub(in crate::pipeline) fn leads_to(entry: &Entry, feed_url: &str, about: &Feed) -> Option<String> {
    let domain = |url: &str| Url::parse(url).ok().filter(Url::has_host).map(|url| registrable(&url));
    about.link.as_deref().and_then(domain)?;
    let mut own = [Some(feed_url), about.link.as_deref(), about.self_link.as_deref()].into_iter().flatten();
    // If a proxy rewrote the link, the entry gives the original as `canonical`.
    let canonical = entry.links.iter().find(|link| link.rel.as_deref() == Some("canonical"));
    let link = canonical.map(|link| link.href.as_str()).or(entry.link.as_deref())?;
    let there = domain(link)?;
    let is_proxy = PROXIES.contains(&there.as_str());
    (!is_proxy && !own.any(|own| domain(own).as_ref() == Some(&there))).then_some(there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Link;

    #[test]
    fn links_off_the_feeds_sites_are_found() {
        let about = |link: Option<&str>| Feed { link: link.map(Into::into), ..Feed::default() };
        let site = Some("https://www.isles.example/");
        for (feed, site, link, canonical, wanted) in [
            ("https://feeds.isles.example/rss", site, "https://news.isles.example/a", None, None),
            ("https://feeds.isles.example/rss", site, "https://shop.example/a", None, Some("shop.example")),
            ("https://feeds.feedburner.com/isles", site, "https://isles.example/a", None, None),
            ("https://feeds.feedburner.com/isles", site, "https://feedproxy.google.com/~r/isles/1", None, None),
            ("https://isles.example/rss", site, "https://t.co/x", Some("https://shop.example/a"), Some("shop.example")),
            ("https://isles.example/rss", site, "https://t.co/x", Some("https://isles.example/a"), None),
            ("https://host.example/isles", None, "https://shop.example/a", None, None),
            ("https://isles.example/rss", site, "mailto:ann@isles.example", None, None),
            ("https://isles.example/rss", site, "not a url", None, None),
        ] {
            let canonical = canonical.map(|href: &str| Link {
                href: href.into(),
                rel: Some("canonical".into()),
                ..Link::default()
            });
            let entry = Entry { link: Some(link.into()), links: canonical.into_iter().collect(), ..Entry::default() };
            assert_eq!(leads_to(&entry, feed, &about(site)).as_deref(), wanted, "{link}");
        }
    }
}
