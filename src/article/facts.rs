//! What page, entry and feed state of a story besides its words.

use chrono::{DateTime, Utc};
use url::Url;

use super::meta::{Statements, decoded, instant};
use super::sources::Sources;
use super::{byline, canonical, clean, entry as entries, headline};
use crate::feed::{Entry, Feed};
use crate::record::{Author, Genre, Source};

/// The most keywords of a story.
const MOST_KEYWORDS: usize = 50;

/// Whom to ask.
#[derive(Clone, Copy)]
pub struct Witnesses<'a> {
    /// The page.
    pub said: &'a Statements,
    /// Where the page is from.
    pub url: Option<&'a Url>,
    /// The entry that led to it.
    pub entry: Option<&'a Entry>,
    /// The entry's feed.
    pub feed: Option<&'a Feed>,
}

impl Witnesses<'_> {
    /// Who publishes the story.
    pub fn publisher(self, sources: &mut Sources) -> Option<String> {
        let Self { said, feed, .. } = self;
        sources.first(
            "publisher",
            [
                (Source::JsonLd, said.stated_text("publisher")),
                (Source::OpenGraph, said.meta(&["og:site_name"]).and_then(decoded)),
                (Source::Meta, said.meta(&["application-name", "publisher", "dc.publisher"]).and_then(decoded)),
                (Source::Feed, feed.and_then(|f| f.title.clone())),
            ],
        )
    }

    /// The headline without the site's name.
    pub fn headline(self, publisher: Option<&str>, sources: &mut Sources) -> Option<String> {
        let Self { said, url, entry, .. } = self;
        let host = url.and_then(Url::host_str).unwrap_or_default();
        let site: Vec<&str> = [publisher, said.meta(&["og:site_name"]), Some(host), psl::domain_str(host)]
            .into_iter()
            .flatten()
            .collect();
        let only_h1 = (said.h1.len() == 1).then(|| said.h1[0].clone());
        let title = said.title.as_deref().map(|t| headline::title_stem(t, &said.h1).to_owned());
        let told = [
            (Source::JsonLd, said.stated_text("headline")),
            (Source::OpenGraph, said.meta(&["og:title"]).and_then(decoded)),
            (Source::Meta, said.meta(&["twitter:title"]).and_then(decoded)),
            (Source::Heuristics, only_h1),
            (Source::Heuristics, said.h1.first().cloned()),
            (Source::Meta, title),
            (Source::Feed, entry.and_then(|e| e.title.clone())),
        ];
        let (at, headline) = headline::headline(told.iter().map(|(_, text)| text.as_deref()), &site)?;
        sources.note("headline", told[at].0);
        Some(headline)
    }

    /// The publisher's summary.
    pub fn summary(self, sources: &mut Sources) -> Option<String> {
        let Self { said, entry, .. } = self;
        sources.first(
            "summary",
            [
                (Source::JsonLd, said.stated_text("description")),
                (Source::OpenGraph, said.meta(&["og:description"]).and_then(decoded)),
                (Source::Meta, said.meta(&["description", "twitter:description"]).and_then(decoded)),
                (Source::Feed, entry.and_then(entries::summary)),
            ],
        )
    }

    /// The byline as printed, and the people it or a statement names. `credits` are lines under the text that say who reported.
    pub fn authorship(self, credits: &[String], sources: &mut Sources) -> (Option<String>, Vec<Author>) {
        const META: &[&str] = &["author", "byl", "parsely-author", "dc.creator", "sailthru.author", "article_author"];
        let Self { said, entry, feed, .. } = self;
        let stated = said.stated.people("author");
        let graph = said.all("article:author");
        let meta: Vec<&String> = META.iter().flat_map(|n| said.all(n)).collect();
        let in_entry: Vec<&str> =
            entry.into_iter().flat_map(|e| &e.authors).filter_map(|p| p.name.as_deref()).collect();
        let in_feed = feed.into_iter().flat_map(|f| &f.authors).filter_map(|p| p.name.as_deref());
        let some = |people: Vec<Author>| Some(people).filter(|p| !p.is_empty());
        let authors = sources.first(
            "authors",
            [
                (Source::JsonLd, some(byline::people(stated.iter().map(String::as_str)))),
                (Source::OpenGraph, some(byline::people(graph.iter().map(String::as_str)))),
                (Source::Meta, some(byline::people(meta.iter().map(|s| s.as_str())))),
                (Source::Feed, some(byline::people(in_entry.iter().copied()))),
                (Source::Heuristics, some(byline::people(said.authors.iter().map(String::as_str)))),
                (Source::Heuristics, some(byline::people(said.byline.as_deref()))),
                (Source::Heuristics, some(byline::people(credits.iter().filter_map(|c| byline::reporters(c))))),
                (Source::Feed, some(byline::people(in_feed))),
            ],
        );
        let printed = sources.first(
            "byline",
            [
                (Source::Heuristics, said.byline.clone()),
                (Source::Meta, said.meta(&["byl", "author"]).filter(|b| !b.contains("://")).and_then(decoded)),
                (Source::JsonLd, clean::non_empty(&stated.join(", "))),
                (Source::Feed, clean::non_empty(&in_entry.join(", "))),
                (Source::Heuristics, credits.first().cloned()),
            ],
        );
        (printed, authors.unwrap_or_default())
    }

    /// The agency that an author field, the byline or a line under the text names.
    pub fn agency(self, byline: Option<&str>, credits: &[String], sources: &mut Sources) -> Option<String> {
        let stated = self.said.stated.names("author");
        sources.first(
            "agency",
            [
                (Source::JsonLd, stated.iter().find_map(|s| byline::agency(s))),
                (Source::Meta, self.said.meta(&["author", "byl", "article:author"]).and_then(byline::agency)),
                (
                    Source::Heuristics,
                    byline.into_iter().chain(credits.iter().map(String::as_str)).find_map(byline::agency),
                ),
            ],
        )
    }

    /// When the story was published and last modified.
    pub fn times(self, sources: &mut Sources) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        const PUBLISHED: &[&str] = &[
            "datepublished",
            "pubdate",
            "parsely-pub-date",
            "sailthru.date",
            "dc.date.issued",
            "date",
            "dc.date",
            "publish-date",
            "publishdate",
            "publication_date",
            "article.published",
            "cxenseparse:recs:publishtime",
        ];
        const MODIFIED: &[&str] = &["datemodified", "lastmod", "last-modified", "article.updated", "dc.date.modified"];
        let Self { said, entry, .. } = self;
        let first = |names: &[&str]| names.iter().flat_map(|n| said.all(n)).find_map(|t| instant(t));
        let published = sources.first(
            "published",
            [
                (Source::JsonLd, said.stated.text("datePublished").and_then(instant)),
                (Source::JsonLd, said.stated.text("dateCreated").and_then(instant)),
                (
                    Source::OpenGraph,
                    first(&["article:published_time", "og:article:published_time", "article:published"]),
                ),
                (Source::Meta, first(PUBLISHED)),
                (Source::Feed, entry.and_then(|e| e.published)),
                (Source::Heuristics, said.times.iter().find_map(|t| instant(t))),
            ],
        );
        let modified = sources.first(
            "modified",
            [
                (Source::JsonLd, said.stated.text("dateModified").and_then(instant)),
                (Source::OpenGraph, first(&["article:modified_time", "og:updated_time", "article:modified"])),
                (Source::Meta, first(MODIFIED)),
                (Source::Feed, entry.and_then(|e| e.updated)),
            ],
        );
        if modified < published {
            sources.forget("modified");
            return (published, None);
        }
        (published, modified)
    }

    /// The site's section.
    pub fn section(self, headline: Option<&str>, sources: &mut Sources) -> Option<String> {
        let said = self.said;
        let is_name = |s: &String| s.len() <= 60 && !s.contains("://") && Some(s.as_str()) != headline;
        let home = |c: &&String| {
            !["home", "homepage", "news home"].contains(&c.to_lowercase().as_str()) && Some(c.as_str()) != headline
        };
        sources.first(
            "section",
            [
                (Source::JsonLd, said.stated_text("articleSection").filter(is_name)),
                (Source::OpenGraph, said.meta(&["article:section", "og:section"]).and_then(decoded).filter(is_name)),
                (
                    Source::Meta,
                    said.meta(&["parsely-section", "section", "category", "dc.subject"])
                        .and_then(decoded)
                        .filter(is_name),
                ),
                (Source::Heuristics, said.breadcrumbs.iter().rev().find(home).cloned().filter(is_name)),
            ],
        )
    }

    /// Keywords of page and entry, each once.
    pub fn keywords(self, sources: &mut Sources) -> Vec<String> {
        let Self { said, entry, .. } = self;
        let told = [
            (Source::JsonLd, said.stated.list("keywords")),
            (Source::OpenGraph, said.all("article:tag").to_vec()),
            (
                Source::Meta,
                said.meta(&["news_keywords", "keywords"])
                    .into_iter()
                    .flat_map(|k| k.split(','))
                    .map(str::to_owned)
                    .collect(),
            ),
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

    /// The canonical URL.
    pub fn canonical(self, sources: &mut Sources) -> Option<String> {
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
    pub fn genre(self, words: usize, sources: &mut Sources) -> Option<Genre> {
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
