//! Namespaces: recognized by their URI or, if it is wrong or missing, by the usual prefix.

/// A vocabulary that feeds use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ns {
    /// RSS of any version, CDF, sitemaps: names without a prefix.
    Plain,
    /// Atom 0.3 and 1.0.
    Atom,
    /// Dublin Core elements.
    Dc,
    /// Dublin Core terms.
    DcTerms,
    /// RSS 1.0 content module.
    Content,
    /// Media RSS.
    Media,
    /// Apple's podcasts.
    Itunes,
    /// RSS 1.0 syndication module.
    Syndication,
    /// RDF.
    Rdf,
    /// HTML inline.
    Xhtml,
    /// Tombstones (RFC 6721).
    Tombstones,
    /// Feed history (RFC 5005).
    History,
    /// Administrative metadata (generator).
    Admin,
    /// `FeedBurner` and kin, for the original link.
    Feedburner,
    /// Google News sitemaps.
    News,
    /// Image sitemaps.
    Image,
    /// Video sitemaps.
    Video,
    /// Feedly's icons and covers.
    Webfeeds,
    /// Anything else.
    Other,
}

impl Ns {
    /// Returns whether the namespace is that of RSS or Atom, which feeds mix freely.
    pub(crate) fn is_core(self) -> bool {
        matches!(self, Self::Plain | Self::Atom)
    }
}

/// Returns the namespace with this URI; case, scheme, `www.` and a slash or hash at the end make no difference.
pub(super) fn by_uri(uri: &str) -> Option<Ns> {
    let uri = uri.trim().to_ascii_lowercase();
    let uri = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or(&uri);
    let uri = uri.strip_prefix("www.").unwrap_or(uri).trim_end_matches(['/', '#']);
    Some(match uri {
        "w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/pie" | "purl.org/echo" => Ns::Atom,
        "backend.userland.com/rss"
        | "blogs.law.harvard.edu/tech/rss"
        | "purl.org/rss/1.0"
        | "purl.org/rss/1.0/modules/rss091"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "sitemaps.org/schemas/sitemap/0.9"
        | "google.com/schemas/sitemap/0.84"
        | "google.com/schemas/sitemap/0.9" => Ns::Plain,
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => Ns::Dc,
        "purl.org/dc/terms" => Ns::DcTerms,
        "purl.org/rss/1.0/modules/content" | "turbo.yandex.ru" => Ns::Content,
        "search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" => Ns::Media,
        "itunes.com/dtds/podcast-1.0.dtd"
        | "example.com/dtds/podcast-1.0.dtd"
        | "google.com/schemas/play-podcasts/1.0" => Ns::Itunes,
        "purl.org/rss/1.0/modules/syndication" => Ns::Syndication,
        "w3.org/1999/02/22-rdf-syntax-ns" => Ns::Rdf,
        "w3.org/1999/xhtml" => Ns::Xhtml,
        "purl.org/atompub/tombstones/1.0" => Ns::Tombstones,
        "purl.org/syndication/history/1.0" => Ns::History,
        "webns.net/mvcb" => Ns::Admin,
        "rssnamespace.org/feedburner/ext/1.0" | "pheedo.com/namespace/pheedo" => Ns::Feedburner,
        "google.com/schemas/sitemap-news/0.9" => Ns::News,
        "google.com/schemas/sitemap-image/1.1" => Ns::Image,
        "google.com/schemas/sitemap-video/1.1" => Ns::Video,
        "webfeeds.org/rss/1.0" => Ns::Webfeeds,
        // Every version of userland's namespaces for RSS itself.
        _ if uri.starts_with("backend.userland.com/rss") => Ns::Plain,
        // MathML, SVG and the like are known not to be a feed's.
        "w3.org/2000/svg" | "w3.org/1998/math/mathml" | "w3.org/xml/1998/namespace" => Ns::Other,
        _ => return None,
    })
}

/// Returns the namespace that a prefix usually stands for.
pub(super) fn by_prefix(prefix: &str) -> Ns {
    match prefix {
        "" | "rss" | "rss10" | "rss091" => Ns::Plain,
        "atom" | "atom10" | "atom03" | "a10" => Ns::Atom,
        "dc" => Ns::Dc,
        "dcterms" | "dct" => Ns::DcTerms,
        "content" | "turbo" => Ns::Content,
        "media" => Ns::Media,
        "itunes" | "googleplay" => Ns::Itunes,
        "sy" | "syn" => Ns::Syndication,
        "rdf" => Ns::Rdf,
        "xhtml" | "html" => Ns::Xhtml,
        "at" => Ns::Tombstones,
        "fh" => Ns::History,
        "admin" => Ns::Admin,
        "feedburner" | "pheedo" => Ns::Feedburner,
        "news" => Ns::News,
        "image" => Ns::Image,
        "video" => Ns::Video,
        "webfeeds" => Ns::Webfeeds,
        _ => Ns::Other,
    }
}
