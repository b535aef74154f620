//! The metadata that page, entry and feed state.

use dateline_feed::{Entry, Feed};
use dateline_record::{Genre, Source};
use url::Url;

use super::headline::{self, Heading, MARKED, PRINTED, UNPRINTED};
use super::meta::{Statements, decoded};
use super::site::Site;
use super::sources::Sources;
use super::{agency::agency, canonical};

/// The maximum number of keywords of an article.
const MOST_KEYWORDS: usize = 50;
/// Head tags of keywords.
const KEYWORDS: &[&str] =
    &["news_keywords", "keywords", "parsely-tags", "sailthru.tags", "citation_keywords", "article.keywords"];

/// The sources of an article's metadata.
#[derive(Clone, Copy)]
pub(crate) struct MetadataSources<'a> {
    /// The statements of the page.
    pub said: &'a Statements,
    /// The URL of the page.
    pub url: Option<&'a Url>,
    /// The feed entry.
    pub entry: Option<&'a Entry>,
    /// The feed of the entry.
    pub feed: Option<&'a Feed>,
}

impl MetadataSources<'_> {
    /// Returns the publisher.
    pub(crate) fn publisher(self, sources: &mut Sources) -> Option<String> {
        let Self { said, feed, .. } = self;
        // Some sites state an address or a handle as the name.
        let name = |text: String| {
            let text = text.trim_start_matches('@').trim().to_owned();
            (!text.is_empty() && !text.contains("://")).then_some(text)
        };
        let meta = |names: &[&str]| said.meta(names).and_then(decoded).and_then(name);
        sources.first(
            "publisher",
            [
                (Source::JsonLd, said.stated_text("publisher").and_then(name)),
                (Source::OpenGraph, meta(&["og:site_name"])),
                (Source::Meta, meta(&["application-name", "publisher", "dc.publisher", "citation_publisher"])),
                (Source::Feed, feed.and_then(crate::listing::publisher)),
            ],
        )
    }

    /// Returns the names of the site.
    pub(crate) fn site(self, publisher: Option<&str>) -> Site {
        let said = self.said;
        let meta = ["og:site_name", "application-name", "twitter:site"].map(|n| said.meta(&[n]));
        // Some sites state the headline as the name of the site.
        let is_headline = |name: &&str| [said.meta(&["og:title"]), said.title.as_deref()].contains(&Some(*name));
        let names = meta.into_iter().flatten().chain(publisher).filter(|name| !is_headline(name));
        Site::new(names, self.url.and_then(Url::host_str))
    }

    /// Returns the headline without the site's name.
    pub(crate) fn headline(self, site: &Site, sources: &mut Sources) -> Option<String> {
        let Self { said, entry, .. } = self;
        let title = said.title.as_deref();
        let is_of_title = |text: &String| headline::is_of_title(text, title);
        let headings: Vec<&Heading> = said.visible.own_headings().collect();
        let first_level = |listed: bool| {
            let of_level = headings.iter().filter(move |h| h.is_first_level && h.is_listed == listed);
            of_level.map(|h| h.text.clone()).filter(is_of_title).collect::<Vec<String>>()
        };
        let (mut h1, listed) = (first_level(false), first_level(true));
        h1.extend(listed);
        let only_h1 = (h1.len() == 1).then(|| h1[0].clone());
        let meta = |names: &[&str]| said.meta(names).and_then(decoded);
        let told = [
            (Source::JsonLd, PRINTED, said.stated_text("headline")),
            (Source::Meta, PRINTED, meta(&["headline"]).filter(is_of_title)),
            (Source::Meta, MARKED, said.visible.headline.clone().filter(is_of_title)),
            (Source::OpenGraph, PRINTED, meta(&["og:title"])),
            (Source::Meta, PRINTED, meta(&["twitter:title", "parsely-title", "citation_title", "dc.title"])),
            (Source::Heuristics, UNPRINTED, only_h1),
            (Source::Heuristics, UNPRINTED, h1.first().cloned()),
            // The document's title is written for search engines.
            (Source::Meta, UNPRINTED, title.map(str::to_owned)),
            (Source::Feed, UNPRINTED, entry.and_then(|e| e.title.clone())),
        ];
        let candidates = told.iter().map(|(_, best, text)| (*best, text.as_deref()));
        let (at, headline) = headline::headline(candidates, &headings, site)?;
        sources.note("headline", told[at].0);
        Some(headline)
    }

    /// Returns the publisher's summary; `of_entry` is the feed's.
    pub(crate) fn summary(self, of_entry: Option<String>, sources: &mut Sources) -> Option<String> {
        let said = self.said;
        sources.first(
            "summary",
            [
                (Source::JsonLd, said.stated_text("description")),
                (Source::OpenGraph, said.meta(&["og:description"]).and_then(decoded)),
                (Source::Meta, said.meta(&["description", "twitter:description"]).and_then(decoded)),
                (Source::Feed, of_entry),
            ],
        )
    }

    /// Returns the agency that an author field, the byline or a line under the text names.
    pub(crate) fn agency(self, byline: Option<&str>, credits: &[String], sources: &mut Sources) -> Option<String> {
        let stated = self.said.stated.names("author");
        sources.first(
            "agency",
            [
                (Source::JsonLd, stated.iter().find_map(|s| agency(s))),
                (Source::Meta, self.said.meta(&["author", "byl", "article:author"]).and_then(agency)),
                (Source::Heuristics, byline.into_iter().chain(credits.iter().map(String::as_str)).find_map(agency)),
            ],
        )
    }

    /// Keywords of page and entry, each once.
    pub(crate) fn keywords(self, sources: &mut Sources) -> Vec<String> {
        let Self { said, entry, .. } = self;
        let tags = KEYWORDS.iter().flat_map(|n| said.all(n)).filter_map(|k| decoded(k));
        let in_tags = tags.flat_map(|k| k.split([',', ';']).map(str::to_owned).collect::<Vec<_>>()).collect();
        let told = [
            (Source::JsonLd, said.stated.list("keywords")),
            (Source::OpenGraph, said.all("article:tag").to_vec()),
            (Source::Meta, in_tags),
            (Source::Feed, entry.into_iter().flat_map(|e| e.categories.iter().cloned()).collect()),
        ];
        let mut seen = std::collections::HashSet::new();
        let mut all = Vec::new();
        for (source, words) in told {
            let before = all.len();
            all.extend(
                words
                    .iter()
                    .filter_map(|k| decoded(k))
                    .filter(|k| k.len() <= 100 && seen.insert(k.to_lowercase()))
                    .take(MOST_KEYWORDS.saturating_sub(before)),
            );
            if before == 0 && !all.is_empty() {
                sources.note("keywords", source);
            }
        }
        all
    }

    /// Returns the canonical URL.
    pub(crate) fn canonical(self, sources: &mut Sources) -> Option<String> {
        let Self { said, url, entry, .. } = self;
        let believed = |claim: Option<&str>| claim.and_then(|c| canonical::believed(c, url));
        let claims = [
            (Source::Meta, believed(said.canonical.as_deref())),
            (Source::OpenGraph, believed(said.meta(&["og:url"]))),
            (Source::JsonLd, believed(said.stated.url("mainEntityOfPage"))),
            (Source::JsonLd, believed(said.stated.url("url"))),
            (Source::Heuristics, url.and_then(|u| canonical::canonical_url(u.as_str()))),
            (Source::Feed, entry.and_then(|e| e.link.as_deref()).and_then(canonical::canonical_url)),
        ];
        let told = claims.into_iter().filter_map(|(source, claim)| Some((source, claim?))).collect();
        let (source, claim) = canonical::choose(told)?;
        sources.note("url", source);
        Some(claim)
    }

    /// Live blogs and videos, by what the page says it is; a video only where little text stands with it.
    pub(crate) fn genre(self, words: usize, sources: &mut Sources) -> Option<Genre> {
        const LITTLE: usize = 120;
        let Self { said, url, .. } = self;
        let live = |yes: bool| yes.then_some(Genre::LiveBlog);
        let video = |yes: bool| (yes && words < LITTLE).then_some(Genre::Video);
        let path = url.map(|u| u.path().to_ascii_lowercase()).unwrap_or_default();
        let has = |word: &str| path.split(['/', '-', '_', '.']).any(|part| part == word);
        let kind = said.meta(&["og:type"]).unwrap_or_default();
        sources.first(
            "genre",
            [
                (Source::JsonLd, live(said.stated.is("LiveBlogPosting"))),
                (Source::JsonLd, video(said.stated.is("VideoObject"))),
                (Source::OpenGraph, video(kind.starts_with("video"))),
                (
                    Source::Heuristics,
                    live(has("liveblog") || ["live-blog", "/live/", "live-updates"].iter().any(|w| path.contains(w))),
                ),
                (Source::Heuristics, video(path.split('/').any(|part| matches!(part, "video" | "videos")))),
            ],
        )
    }
}
