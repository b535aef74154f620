//! Makes an article of a feed entry.

use std::collections::BTreeMap;

use dateline_address::without_user_info;
use dateline_feed::{Entry, Feed};
use dateline_record::{Article, BlockKind, ContentSource, PubStatus, Source};

use super::content::blocks::{self, TextBlock};
use super::content::entry_text::EntryText;
use super::content::parts;
use super::html::clean;
use super::listing;
use super::metadata::site::Site;
use super::metadata::{agency, byline, canonical, language};
use super::rights;

/// Returns the article of an entry without its page: its content, else its summary. `revision` is 1, `feed` and `first_seen` are empty. The
/// id is that of the canonical link, else of `feed_id` and guid (or, without a guid, of the text).
pub fn from_entry(entry: &Entry, feed: &Feed, feed_id: &str) -> Article {
    from_entry_text(entry, EntryText::read(entry), feed, feed_id)
}

/// Returns the same of an entry whose text was read before.
pub fn from_entry_text(entry: &Entry, text: EntryText, feed: &Feed, feed_id: &str) -> Article {
    let truncated = !text.is_whole();
    let EntryText { mut parts, mut gallery, summary, .. } = text;
    let dateline = parts::cut_dateline(&mut parts);
    let headline = entry.title.as_deref().and_then(clean::non_empty);
    if let Some(text) = &headline {
        parts.insert(0, TextBlock { kind: BlockKind::Headline, text: text.clone(), credit: None });
    }
    let url = entry.link.as_deref().and_then(canonical::canonical_url);
    gallery.add_entry(entry);
    let people = if entry.authors.is_empty() { &feed.authors } else { &entry.authors };
    let agency = dateline.as_ref().and_then(|d| d.agency.clone());
    let site = Site::new(feed.title.as_deref(), None);
    let names: Vec<&str> = people.iter().filter_map(|p| p.name.as_deref()).collect();
    let mut article = Article {
        id: uuid::Uuid::nil(),
        revision: 1,
        pubstatus: PubStatus::Usable,
        feed: None,
        publisher: entry.source.as_ref().and_then(|s| s.title.clone()).or_else(|| listing::publisher(feed)),
        guid: entry.guid.clone(),
        link: entry.link.clone(),
        headline,
        summary,
        byline: clean::non_empty(&names.join(", ")),
        agency: agency.or_else(|| names.iter().find_map(|n| agency::agency(n))),
        authors: byline::people(names, &site),
        section: None,
        keywords: entry.categories.iter().filter_map(|c| clean::non_empty(c)).collect(),
        language: None,
        dateline,
        published: entry.published,
        modified: entry.updated,
        first_seen: None,
        genre: None,
        content_source: ContentSource::Feed,
        truncated,
        text: String::new(),
        blocks: Vec::new(),
        media: gallery.into_media(),
        word_count: 0,
        fingerprint: None,
        duplicate_of: None,
        changes: None,
        rights: rights::of_entry(entry, feed),
        url,
        sources: BTreeMap::new(),
    };
    blocks::fill(&mut article, &parts);
    let stated = [entry.language.as_deref(), feed.language.as_deref()].into_iter().flatten().find_map(language::tag);
    article.language = language::language(stated.as_deref(), &article.text);
    article.sources = sources(&article, stated.is_some() && stated == article.language);
    listing::mark(&mut article.sources, Some(feed));
    article.id = match (&article.url, &entry.guid) {
        (Some(url), _) => dateline_record::article_id(url),
        (None, Some(guid)) => dateline_record::content_id(feed_id, guid),
        (None, None) => dateline_record::content_id(feed_id, &article.text),
    };
    article.map_urls(without_user_info);
    article
}

/// Everything is from the feed but what the text alone tells.
fn sources(article: &Article, language_stated: bool) -> BTreeMap<String, Source> {
    let from_feed = [
        ("publisher", article.publisher.is_some()),
        ("url", article.url.is_some()),
        ("headline", article.headline.is_some()),
        ("summary", article.summary.is_some()),
        ("byline", article.byline.is_some()),
        ("authors", !article.authors.is_empty()),
        ("keywords", !article.keywords.is_empty()),
        ("published", article.published.is_some()),
        ("modified", article.modified.is_some()),
        ("language", language_stated),
    ];
    let by_text = [("agency", article.agency.is_some()), ("language", article.language.is_some())];
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    for (source, fields) in [(Source::Feed, &from_feed[..]), (Source::Heuristics, &by_text[..])] {
        for (field, _) in fields.iter().filter(|(_, there)| *there) {
            sources.entry((*field).to_owned()).or_insert(source);
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::entry_text::tests::entry;

    #[test]
    fn an_entry_becomes_an_article() {
        let feed = Feed { language: Some("en".into()), title: Some("World Wire".into()), ..Feed::default() };
        let mut one = entry(
            "short",
            "<p>PARIS (AP) — Ministers <b>met</b>.<br><br>They left.</p><blockquote>We met.</blockquote><ul><li>One</li></ul>",
        );
        one.guid = Some("g1".into());
        let article = from_entry(&one, &feed, "wire");
        assert_eq!(EntryText::read(&one).words(), article.word_count, "without the dateline and the headline");
        assert_eq!(article.text, "Ministers meet\n\nMinisters met.\n\nThey left.\n\nWe met.\n\nOne");
        assert_eq!(article.dateline.unwrap().agency.as_deref(), Some("AP"));
        assert_eq!(article.id, dateline_record::content_id("wire", "g1"));
        assert_eq!((article.language.as_deref(), article.word_count), (Some("en"), 7));
        let kinds: Vec<_> = article.blocks.iter().map(|b| format!("{:?}", b.kind)).collect();
        assert_eq!(kinds, ["Headline", "Paragraph", "Paragraph", "Blockquote", "ListItem"]);
    }

    #[test]
    fn relative_pictures_are_found_where_the_feed_says() {
        let figure = "<p>They met.</p><figure><img src='a.jpg'><figcaption>The hall. – Reuters</figcaption></figure>";
        for (base, link, url) in [
            (Some("https://img.example/x/"), Some("https://isles.example/news/1"), Some("https://img.example/x/a.jpg")),
            (Some("/media/"), Some("https://isles.example/news/1"), Some("https://isles.example/media/a.jpg")),
            (None, Some("https://isles.example/news/1"), Some("https://isles.example/news/a.jpg")),
            (None, None, None),
        ] {
            let mut one = entry("short", figure);
            (one.base, one.link) = (base.map(str::to_owned), link.map(str::to_owned));
            let article = from_entry(&one, &Feed::default(), "wire");
            assert_eq!(article.text, "Ministers meet\n\nThey met.\n\nThe hall.");
            assert_eq!(article.media.first().map(|m| m.url.as_str()), url);
            assert!(article.media.iter().all(|m| m.credit.as_deref() == Some("Reuters")));
        }
    }
}
