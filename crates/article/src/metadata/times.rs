//! The times of publication and modification, and the section.

use chrono::{DateTime, Utc};
use dateline_feed::{DateCustoms, DateReading};
use dateline_record::Source;
use url::Url;

use super::fields::MetadataSources;
use super::site::Site;
use super::sources::Sources;
use super::when::{self, When};
use super::{language, section};
use crate::html::clean;

/// OpenGraph's tags of publication and of modification.
const GRAPH_PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
    "article:post_date",
];
const GRAPH_MODIFIED: &[&str] =
    &["article:modified_time", "og:updated_time", "article:modified", "og:article:modified_time"];

/// Other tags of publication and of modification.
const PUBLISHED: &[&str] = &[
    "datepublished",
    "pubdate",
    "pub_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "datecreated",
    "date",
    "dc.date",
    "dcterms.date",
    "publish-date",
    "publishdate",
    "publish_date",
    "published_date",
    "publication_date",
    "published_at",
    "article.published",
    "article_date_original",
    "citation_publication_date",
    "citation_online_date",
    "cxenseparse:recs:publishtime",
];
/// Tags of the first publication, which the page's own date may be after: a review that is published every year.
const FIRST_PUBLISHED: &[&str] = &["dcsext.articlefirstpublished"];
const MODIFIED: &[&str] = &[
    "datemodified",
    "lastmod",
    "last-modified",
    "article.updated",
    "article_date_updated",
    "dc.date.modified",
    "dcterms.modified",
    "updated-date",
    "revised",
];

/// Tags of the section.
const SECTION: &[&str] = &[
    "parsely-section",
    "articlesection",
    "article.section",
    "section",
    "prism.section",
    "cxenseparse:recs:articlesection",
    "sailthru.section",
    "sailthru_section",
    "category",
    "dc.subject",
    "outbrainsection",
];

impl MetadataSources<'_> {
    /// When the article was published and last modified. `place` is where the headline stands.
    pub(crate) fn times(
        self,
        place: Option<usize>,
        sources: &mut Sources,
    ) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let Self { said, url, entry, .. } = self;
        let stated = |keys: &[&str]| -> Vec<(Source, DateReading)> {
            keys.iter().flat_map(|k| said.stated.of_story_and_page(k)).filter_map(of(Source::JsonLd)).collect()
        };
        let tags = |source: Source, names: &[&str]| -> Vec<(Source, DateReading)> {
            names.iter().flat_map(|n| said.all(n)).filter_map(|t| of(source)(t)).collect()
        };
        let in_feed = |at: Option<DateTime<Utc>>| at.map(|at| (Source::Feed, DateReading::exact(at)));
        let mut published = stated(&["datePublished", "uploadDate", "dateCreated"]);
        published.extend(tags(Source::OpenGraph, GRAPH_PUBLISHED));
        published.extend(tags(Source::Meta, PUBLISHED));
        published.extend(in_feed(entry.and_then(|e| e.published)));
        published.extend(said.visible.times(place, false));
        published.extend(tags(Source::Meta, FIRST_PUBLISHED));
        published.extend(url.and_then(in_address).map(|w| (Source::Heuristics, w)));
        let mut modified = stated(&["dateModified"]);
        modified.extend(tags(Source::OpenGraph, GRAPH_MODIFIED));
        modified.extend(tags(Source::Meta, MODIFIED));
        modified.extend(in_feed(entry.and_then(|e| e.updated)));
        modified.extend(said.visible.times(place, true));
        let mut customs = self.customs();
        customs.learn(&[published.iter().chain(&modified).map(|(_, said)| Some(said)).collect()], None);
        let settled = |said: &[(Source, DateReading)]| -> Vec<(Source, When)> {
            said.iter().filter_map(|(source, said)| Some((*source, When::settle(said, &customs)?))).collect()
        };
        let published = when::believed(&settled(&published));
        let modified =
            when::believed(&settled(&modified)).filter(|(_, at)| published.is_none_or(|(_, first)| *at >= first));
        for (field, told) in [("published", published), ("modified", modified)] {
            if let Some((source, _)) = told {
                sources.note(field, source);
            }
        }
        (published.map(|(_, at)| at), modified.map(|(_, at)| at))
    }

    /// Returns the customs of the page's language and country.
    fn customs(self) -> DateCustoms {
        let Self { said, url, entry, feed } = self;
        let stated = [
            said.language.as_deref(),
            said.meta(&["og:locale"]),
            said.meta(&["content-language", "dc.language", "language"]),
            entry.and_then(|entry| entry.language.as_deref()),
            feed.and_then(|feed| feed.language.as_deref()),
        ];
        let tags: Vec<String> = stated.into_iter().flatten().filter_map(language::tag).collect();
        let primary = |tag: &String| tag.split('-').next().map(str::to_owned);
        // "en" and "en_GB" are one statement; the longer says more.
        let same = |tag: &&String| primary(tag) == tags.first().and_then(primary) && tag.contains('-');
        let tag = tags.iter().find(same).or_else(|| tags.first());
        DateCustoms::new(tag.map(String::as_str), url.and_then(Url::host_str))
    }

    /// Returns the site's section. `place` is where the headline stands.
    pub(crate) fn section(
        self,
        headline: Option<&str>,
        place: Option<usize>,
        site: &Site,
        sources: &mut Sources,
    ) -> Option<String> {
        let said = self.said;
        let believed = |value: &str| section::believed(value, headline, site);
        let tag = |names: &[&str]| names.iter().flat_map(|n| said.all(n)).find_map(|v| believed(v));
        let trail = |names: &[String]| section::of_trail(names.iter().map(String::as_str), headline, site);
        let is_section = |name: &String| section::is_section(name, headline, site);
        let [marked, category] = said.visible.stated_sections.each_ref().map(|text| text.as_deref().and_then(believed));
        let near = said.visible.sections(place);
        let near = near.iter().filter_map(|s| s.split('\n').find_map(clean::non_empty)).find(is_section);
        let mut folders: Vec<&(usize, String)> = said.visible.folders.iter().collect();
        folders.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
        let folder = folders.iter().map(|(_, name)| name).find(|n| n.split(' ').count() < 4 && is_section(n)).cloned();
        sources.first(
            "section",
            [
                (Source::JsonLd, said.stated.list("articleSection").iter().find_map(|v| believed(v))),
                (Source::OpenGraph, tag(&["article:section", "og:section"])),
                (Source::JsonLd, trail(&said.stated.breadcrumbs)),
                (Source::Meta, tag(SECTION)),
                (Source::Heuristics, marked),
                (Source::Heuristics, trail(&said.visible.breadcrumbs)),
                (Source::Heuristics, near),
                (Source::Heuristics, category),
                (Source::Heuristics, folder),
            ],
        )
    }
}

fn of(source: Source) -> impl Fn(&str) -> Option<(Source, DateReading)> {
    move |text| Some((source, when::read(text)?))
}

/// Returns the day in a page's address: `/2019/03/12/`.
fn in_address(url: &Url) -> Option<DateReading> {
    let parts: Vec<&str> = url.path_segments()?.take(12).collect();
    let digits =
        |s: &str, least: usize, most: usize| (least..=most).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    let day = parts.windows(3).find(|p| digits(p[0], 4, 4) && digits(p[1], 1, 2) && digits(p[2], 1, 2))?;
    // The reader of dates would take a month of 13 for a day.
    day[1].parse().ok().filter(|month: &u8| (1..=12).contains(month))?;
    when::read(&format!("{}-{:0>2}-{:0>2}", day[0], day[1], day[2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_tell_the_day() {
        for (url, day) in [
            ("https://example.org/2019/03/12/harbour", Some("2019-03-12")),
            ("https://example.org/news/2019/3/2/harbour.html", Some("2019-03-02")),
            ("https://example.org/2019/13/12/harbour", None),
            ("https://example.org/story/4246736002/", None),
        ] {
            let found =
                in_address(&Url::parse(url).unwrap()).and_then(|said| When::settle(&said, &DateCustoms::default()));
            let found = found.map(|when| when.at.format("%Y-%m-%d").to_string());
            assert_eq!(found.as_deref(), day, "{url}");
        }
    }
}
