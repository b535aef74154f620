//! A feed's entry to an article.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::blocks::{self, Part};
use super::media::Gallery;
use super::pointer::Pointer;
use super::site::Site;
use super::walk::{self, Piece};
use super::{agency, byline, canonical, clean, dom, fingerprint, furniture, language, page, tidy};
use crate::address::without_user_info;
use crate::feed::{Entry, Feed};
use crate::record::{self, Article, BlockKind, ContentSource, PubStatus, Source};

/// A story of this many words is whole without other signs.
const WHOLE: usize = 120;

/// The article that an entry gives by itself: its content, else its summary. `revision` is 1, `feed` and `first_seen` are empty. The
/// id is of the canonical link, else of `feed_id` and guid (or, without a guid, of the words).
pub fn from_entry(entry: &Entry, feed: &Feed, feed_id: &str) -> Article {
    let mut gallery = Gallery::default();
    let mut parts = parts(entry, &mut gallery);
    let dateline = page::cut_dateline(&mut parts);
    let headline = entry.title.as_deref().and_then(clean::non_empty);
    if let Some(text) = &headline {
        parts.insert(0, Part { kind: BlockKind::Headline, text: text.clone(), credit: None });
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
        publisher: entry.source.as_ref().and_then(|s| s.title.clone()).or_else(|| feed.title.clone()),
        guid: entry.guid.clone(),
        link: entry.link.clone(),
        headline,
        summary: summary(entry),
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
        truncated: !has_full_text(entry),
        text: String::new(),
        blocks: Vec::new(),
        media: gallery.into_media(),
        word_count: 0,
        fingerprint: None,
        duplicate_of: None,
        changes: None,
        url,
        sources: BTreeMap::new(),
    };
    blocks::fill(&mut article, &parts);
    let stated = [entry.language.as_deref(), feed.language.as_deref()].into_iter().flatten().find_map(language::tag);
    article.language = language::language(stated.as_deref(), &article.text);
    article.sources = sources(&article, stated.is_some());
    article.id = match (&article.url, &entry.guid) {
        (Some(url), _) => record::article_id(url),
        (None, Some(guid)) => record::content_id(feed_id, guid),
        (None, None) => record::content_id(feed_id, &article.text),
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

/// Whether the feed carries the whole story, so that its page need not be fetched: enough words, clearly more than the
/// summary, and no sign that it was cut.
pub fn has_full_text(entry: &Entry) -> bool {
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:…|\.\.\.|\[(?:…|\.\.\.)\]|\[\+?\d+ chars\]|(?:read|see) (?:more|on|the (?:full|rest|whole)[^.]{0,40})|read full (?:article|story)|continue(?:d)? (?:reading|on)[^.]{0,80}|the post .{1,200} appeared first on .{1,100}|view (?:full|entire) (?:article|post))\W*$")
            .expect("a fixed pattern")
    });
    let Some(content) = &entry.content else { return false };
    let parts = html_parts(content, None, &mut Gallery::default());
    let body: Vec<&Part> = parts.iter().filter(|p| p.kind != BlockKind::Caption).collect();
    let words: usize = body.iter().map(|p| fingerprint::word_count(&p.text)).sum();
    let paragraphs = body.iter().filter(|p| fingerprint::word_count(&p.text) >= 12).count();
    let summary_words = summary(entry).map_or(0, |s| fingerprint::word_count(&s));
    let last = body.last().map(|p| p.text.as_str()).unwrap_or_default();
    let tail = &last[last.ceil_char_boundary(last.len().saturating_sub(400))..];
    let enough = words >= WHOLE || paragraphs >= 3 && words >= WHOLE / 2;
    let more = entry.summary.as_deref() == entry.content.as_deref() || words * 10 >= summary_words * 15;
    enough && more && !CUT.is_match(tail)
}

/// The parts of an entry's own text: its content, else its summary; pictures with a caption go to the gallery.
pub(super) fn parts(entry: &Entry, gallery: &mut Gallery) -> Vec<Part> {
    let base = base(entry);
    [&entry.content, &entry.summary]
        .into_iter()
        .flatten()
        .map(|source| html_parts(source, base.as_ref(), gallery))
        .find(|parts| !parts.is_empty())
        .unwrap_or_default()
}

/// What relative links in the entry's HTML are relative to: what the feed states, else the story's page.
fn base(entry: &Entry) -> Option<Url> {
    let page = entry.link.as_deref().and_then(|link| Url::parse(link).ok());
    match (&entry.base, page) {
        (Some(base), Some(page)) => page.join(base).ok().or(Some(page)),
        (Some(base), None) => Url::parse(base).ok(),
        (None, page) => page,
    }
}

/// The summary as text.
pub(super) fn summary(entry: &Entry) -> Option<String> {
    let parts = html_parts(entry.summary.as_deref()?, None, &mut Gallery::default());
    clean::non_empty(&parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// HTML or plain text to parts, by the walker that pages use; plain text breaks at blank lines.
fn html_parts(source: &str, base: Option<&Url>, gallery: &mut Gallery) -> Vec<Part> {
    let is_html = source.contains("</")
        || source.contains("<br")
        || source.contains("<p")
        || source.contains("/>")
        || source.contains("<img");
    if !is_html {
        let source = &source[..source.floor_char_boundary(tidy::MAX_BYTES)];
        return source
            .replace("\r\n", "\n")
            .split("\n\n")
            .filter_map(|p| clean::non_empty(&html_escape::decode_html_entities(p)))
            .map(|text| Part { kind: BlockKind::Paragraph, text, credit: None })
            .collect();
    }
    let pieces = walk::pieces(&dom::parse(&tidy::tidy(source)), None);
    let story: Vec<&Piece> = pieces.iter().filter(|piece| is_of_text(piece)).collect();
    page::parts(&story, base, gallery)
}

/// Whether a piece of what is all text is no furniture of it.
pub(super) fn is_of_text(piece: &Piece) -> bool {
    !piece.furniture && !furniture::is_notice(&piece.text) && piece.pointer != Some(Pointer::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(summary: &str, content: &str) -> Entry {
        Entry {
            title: Some("Ministers meet".into()),
            summary: Some(summary.into()),
            content: Some(content.into()),
            ..Entry::default()
        }
    }

    #[test]
    fn only_whole_stories_count_as_full_text() {
        let paragraph = format!("<p>{}end.</p>", "The ministers met again on Monday to talk. ".repeat(6));
        let whole = paragraph.repeat(4);
        assert!(has_full_text(&entry("The ministers met.", &whole)));
        assert!(!has_full_text(&entry("The ministers met.", "<p>The ministers met.</p>")));
        for end in [
            "<p>They said …</p>",
            "<p>They […]</p>",
            "<p><a href=/x>Continue reading Ministers meet</a></p>",
            "<p>Read more</p>",
        ] {
            // A link line that is furniture by itself is cut; the text before it shows no sign then.
            let cut = entry("The ministers met.", &format!("{whole}{end}"));
            assert!(!has_full_text(&cut) || end.contains("Read more"), "{end}");
        }
        assert!(!has_full_text(&entry(&whole, &format!("{whole}<p>And more.</p>"))));
        assert!(!has_full_text(&Entry::default()));
    }

    #[test]
    fn an_entry_becomes_an_article() {
        let feed = Feed { language: Some("en".into()), title: Some("World Wire".into()), ..Feed::default() };
        let mut one = entry(
            "short",
            "<p>PARIS (AP) — Ministers <b>met</b>.<br><br>They left.</p><blockquote>We met.</blockquote><ul><li>One</li></ul>",
        );
        one.guid = Some("g1".into());
        let article = from_entry(&one, &feed, "wire");
        assert_eq!(article.text, "Ministers meet\n\nMinisters met.\n\nThey left.\n\nWe met.\n\nOne");
        assert_eq!(article.dateline.unwrap().agency.as_deref(), Some("AP"));
        assert_eq!(article.id, record::content_id("wire", "g1"));
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
